"""A client whose proxy answers with something else than 101."""

from stage import FRONT, HOST, expecting, play, websockets


async def client():
    with expecting(websockets.InvalidStatus, "server rejected WebSocket connection"):
        await websockets.connect(f"ws://{HOST}:{FRONT}/")


play(client)
