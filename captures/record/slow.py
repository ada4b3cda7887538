"""Sessions in which one side takes its time: the 101, a pong, or the rest of a frame."""

import asyncio
import time

from stage import URL, Peer, frame, play, serve, websockets


async def slow_to_upgrade():
    async def process_request(connection, request):
        await asyncio.sleep(1.5)  # a look into a slow database, say

    async def greet(connection):
        await connection.send("welcome")
        await connection.wait_closed()

    await serve(greet, process_request=process_request, compression=None)


def slow_to_pong():
    with Peer.accept() as peer:
        peer.open()
        assert peer.receive().opcode == 9
        time.sleep(5.2)
        peer.send(peer.prepared())  # the library's pong
        peer.send(frame(0x81, b"sorry, I was busy"))
        assert peer.receive().opcode == 8
        peer.send(peer.prepared())


def slow_to_send():
    with Peer.accept() as peer:
        peer.open()
        data = frame(0x81, b"a text which gets stuck " * 20)
        peer.send(data[:200])
        time.sleep(5.2)
        peer.send(data[200:])
        assert peer.receive().opcode == 8
        peer.send(peer.prepared())


async def client():
    async with websockets.connect(URL, compression=None, ping_interval=None) as connection:
        await connection.recv()


async def pinging_client():
    async with websockets.connect(URL, compression=None, ping_interval=None) as connection:
        await (await connection.ping(b"are you there?"))
        assert await connection.recv() == "sorry, I was busy"


play(slow_to_upgrade, slow_to_pong, slow_to_send, client, pinging_client)
