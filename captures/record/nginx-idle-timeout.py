"""Neither side pings; the proxy between them ends the idle session without a Close."""

from session import echo
from stage import FRONT, HOST, expecting, play, serve, websockets


async def server():
    await serve(echo, compression=None, ping_interval=None)


async def client():
    url = f"ws://{HOST}:{FRONT}/"
    async with websockets.connect(url, compression=None, ping_interval=None) as connection:
        await connection.send("and now silence")
        await connection.recv()
        with expecting(websockets.ConnectionClosedError, "no close frame received or sent"):
            await connection.recv()


play(server, client)
