"""The client pings with 0d 90 0f 00; the server treats the payload as a C string and answers
with 0d 90 0f, a pong to no ping. The session goes on, and the ping is never answered."""

import asyncio

from stage import URL, Peer, expecting, frame, play, websockets


def server():
    with Peer.accept() as peer:
        peer.open()
        while received := peer.receive():
            if received.opcode == 9:
                peer.send(frame(0x8A, bytes(received.data).split(b"\0")[0]))
            elif received.opcode == 1:
                peer.send(frame(0x81, received.data))
            else:
                peer.send(frame(0x88, received.data))
                break


async def client():
    async with websockets.connect(URL, compression=None) as connection:
        pong = await connection.ping(bytes.fromhex("0d900f00"))
        for text in ["one", "two", "three"]:
            await connection.send(text)
            assert await connection.recv() == text
        with expecting(asyncio.TimeoutError, ""):
            await asyncio.wait_for(asyncio.shield(pong), 0.5)


play(server, client)
