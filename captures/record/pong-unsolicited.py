"""A client which sends pongs as its heartbeat, as RFC 6455 5.5.3 allows."""

import asyncio

from stage import URL, play, websockets


async def client():
    async with websockets.connect(URL, compression=None) as connection:
        for _ in range(3):
            await connection.pong(b"heartbeat")
            await asyncio.sleep(0.2)  # the rhythm of the heart
        await connection.send("one message")
        await connection.recv()


play(client)
