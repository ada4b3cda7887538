"""A session of two peers of the library ends without a Close: the server aborts the
connection with a reset, or its process dies and the kernel sends FIN."""

import os
import socket
import struct

from stage import URL, expecting, play, serve, websockets


async def resetting_server():
    async def handler(connection):
        await connection.send(await connection.recv())
        await connection.recv()
        sock = connection.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.transport.abort()

    await serve(handler, compression=None)


async def dying_server():
    async def handler(connection):
        await connection.send(await connection.recv())
        await connection.recv()
        os._exit(0)

    await serve(handler, compression=None)


async def client():
    async with websockets.connect(URL, compression=None) as connection:
        await connection.send("are you there?")
        await connection.recv()
        await connection.send("still there?")
        with expecting(websockets.ConnectionClosedError, "no close frame received or sent"):
            await connection.recv()


play(resetting_server, dying_server, client)
