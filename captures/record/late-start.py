"""The recording starts when the session is open already: the client exchanges a message,
says that it is ready, and goes on when told to."""

import sys

from stage import URL, play, websockets


async def client():
    async with websockets.connect(URL, compression=None) as connection:

        async def exchange(text):
            await connection.send(text)
            assert await connection.recv() == text

        await exchange("unheard")
        print("ready", flush=True)
        sys.stdin.readline()
        await exchange("heard")
        await (await connection.ping(b"heard, too"))
        await exchange("a longer message, " * 20)


play(client)
