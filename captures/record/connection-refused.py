"""Nothing listens on the port; the client tries three times."""

from stage import URL, expecting, play, websockets


async def client():
    for _ in range(3):
        with expecting(ConnectionRefusedError, ""):
            await websockets.connect(URL)


play(client)
