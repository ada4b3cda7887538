"""A message of 65 MiB of zeros, which permessage-deflate makes about 66 kB of. The server takes
messages up to 1 MiB, stops inflating there and closes with 1009."""

from stage import URL, play, serve, websockets


async def server():
    async def echo(connection):
        async for message in connection:
            await connection.send(message)

    await serve(echo, max_size=2**20)


async def client():
    async with websockets.connect(URL) as connection:
        await connection.send(bytes(65 << 20))
        await connection.wait_closed()
    assert connection.close_code == 1009, connection.close_code


play(server, client)
