"""A session as it should be: texts and binary both ways, pings from both sides, fragmented
messages, a Close and its answer. The server sends every message back.

Options: `deflate` (the library's default compression), `host=`, `port=`, `proxy=`."""

from stage import HOST, PORT, play, serve, websockets


def pieces(text):
    return [text[i : i + 16] for i in range(0, len(text), 16)]


async def echo(connection):
    await (await connection.ping(b"from the server"))
    async for message in connection:
        long = isinstance(message, str) and len(message) > 32
        await connection.send(pieces(message) if long else message)


async def server(*options):
    host = dict(option.split("=") for option in options if "=" in option).get("host", HOST)
    await serve(echo, host, compression="deflate" if "deflate" in options else None)


async def client(*options):
    settings = dict(option.split("=", 1) for option in options if "=" in option)
    host, port = settings.get("host", HOST), settings.get("port", PORT)
    arguments = {"compression": "deflate" if "deflate" in options else None}
    if "proxy" in settings:
        arguments["proxy"] = settings["proxy"]
    url = f"ws://[{host}]:{port}/" if ":" in host else f"ws://{host}:{port}/"

    async with websockets.connect(url, **arguments) as connection:

        async def exchange(message, sent=None):
            await connection.send(sent or message)
            assert await connection.recv() == message

        await exchange("Guten Morgen, schöne Grüße")
        await exchange(bytes(range(256)))
        await (await connection.ping(b"from the client"))
        text = "the same words again, " * 4
        await exchange(text, sent=pieces(text))
        await exchange("")
        await exchange("Guten Morgen, schöne Grüße")
        await connection.close(1000, "that is all")


if __name__ == "__main__":
    play(server, client)
