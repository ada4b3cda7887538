"""A message in three fragments, with a ping and its pong between them: all as it should be."""

from session import echo
from stage import URL, play, serve, websockets


async def server():
    await serve(echo, compression=None)


async def client():
    async with websockets.connect(URL, compression=None) as connection:

        async def fragments():
            yield "a beginning, "
            await (await connection.ping(b"in between"))
            yield "a middle, "
            yield "an end"

        await connection.send(fragments())
        assert await connection.recv() == "a beginning, a middle, an end"


play(server, client)
