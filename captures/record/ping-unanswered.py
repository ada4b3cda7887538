"""The server answers no ping. The client pings twice, waits in vain, and closes."""

import asyncio

from stage import URL, Peer, expecting, play, websockets


def server():
    with Peer.accept() as peer:
        peer.open()
        received = [peer.receive().opcode for _ in range(4)]
        assert received == [1, 9, 9, 8], received
        peer.protocol.data_to_send()  # the library's pongs and its answer to the Close
        peer.send(b"\x88\x02\x03\xe8")


async def client():
    async with websockets.connect(URL, compression=None) as connection:
        await connection.send("listen")
        for payload in [b"first", b"second"]:
            pong = await connection.ping(payload)
            with expecting(asyncio.TimeoutError, ""):
                await asyncio.wait_for(asyncio.shield(pong), 1)


play(server, client)
