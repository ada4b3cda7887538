"""A client whose SOCKS proxy opens no tunnel: nobody listens there, or its rules forbid it."""

from stage import FRONT, HOST, PORT, expecting, play, websockets

FORBIDDEN = 9766


async def client():
    for scheme, port, words in [
        ("socks5h", PORT, "Connection refused"),
        ("socks5h", FORBIDDEN, "not allowed by ruleset"),
        ("socks4a", PORT, "rejected or failed"),
    ]:
        with expecting(websockets.ProxyError, words):
            await websockets.connect(f"ws://localhost:{port}/", proxy=f"{scheme}://{HOST}:{FRONT}")


play(client)
