"""A long text in 65 fragments, and the same back: version 8.1 compresses each of them and sets RSV1
on each of them, which it may on the first only. So one session has more than a hundred faults."""

from session import pieces
from stage import URL, play, websockets


async def client():
    async with websockets.connect(URL) as connection:
        text = "the same words again; " * 47
        await connection.send(pieces(text))
        assert await connection.recv() == text


play(client)
