"""Sessions without a fault, of which the recording misses packets: see the filters in `run`.

A sender which writes a frame piece by piece, two peers of the library, and one of them while the
recording program is stopped."""

import asyncio
import sys

from session import echo
from stage import URL, Peer, frame, play, serve, websockets


def piecemeal_server():
    """Sends a text of 1000 bytes in pieces of 300, 400 and 304 bytes (4 are the header)."""
    with Peer.accept() as peer:
        peer.open()
        data = frame(0x81, b"".join(b"line %3d\r\n" % n for n in range(100)))
        for piece in [data[:300], data[300:700], data[700:]]:
            peer.send(piece)
        assert peer.receive().data == b"1000 bytes"
        peer.send(frame(0x81, b"thank you"))
        assert peer.receive().opcode == 8
        peer.send(peer.prepared())


async def counting_client():
    async with websockets.connect(URL, compression=None) as connection:
        await connection.send(f"{len(await connection.recv())} bytes")
        assert await connection.recv() == "thank you"


async def server():
    await serve(echo, compression=None)


async def client():
    """Binary messages of 200 bytes, among them one of 600 which the recording does not hold."""
    async with websockets.connect(URL, compression=None) as connection:
        for number, size in enumerate([200, 200, 600, 200, 200, 200]):
            message = bytes([number]) * size
            await connection.send(message)
            assert await connection.recv() == message


async def patient_client():
    """Says "ready" when the recording is to be stopped, and when it is to go on. In between the
    kernel hands a block of its buffer to dumpcap each 250 ms; it has eight of them."""

    def ready():
        print("ready", flush=True)
        sys.stdin.readline()

    async with websockets.connect(URL, compression=None) as connection:

        async def exchange(text):
            await connection.send(text)
            assert await connection.recv() == text

        await exchange("before")
        ready()
        for number in range(16):
            await exchange(f"meanwhile {number}")
            await asyncio.sleep(0.3)
        ready()
        for number in range(4):
            await exchange(f"afterwards {number}")


play(piecemeal_server, counting_client, server, client, patient_client)
