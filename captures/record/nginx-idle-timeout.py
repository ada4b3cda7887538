"""Three clients, and nobody pings; the proxy ends each idle session without a Close."""

import asyncio

from session import echo
from stage import FRONT, HOST, expecting, play, serve, websockets


async def server():
    await serve(echo, compression=None, ping_interval=None)


async def one_client(name):
    url = f"ws://{HOST}:{FRONT}/"
    async with websockets.connect(url, compression=None, ping_interval=None) as connection:
        await connection.send(f"{name}, and now silence")
        await connection.recv()
        with expecting(websockets.ConnectionClosedError, "no close frame received or sent"):
            await connection.recv()


async def client():
    await asyncio.gather(*(one_client(name) for name in ["Ada", "Grace", "Radia"]))


play(server, client)
