"""A small HTTP proxy which knows CONNECT and nothing else."""

import asyncio
import signal

from stage import FRONT, HOST, play


async def copy(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
    writer.write_eof()


async def tunnel(reader, writer):
    head = await reader.readuntil(b"\r\n\r\n")
    method, target, _ = head.decode().split(" ", 2)
    assert method == "CONNECT", head
    host, port = target.rsplit(":", 1)
    far_reader, far_writer = await asyncio.open_connection(host, int(port))
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))
    far_writer.close()
    writer.close()


async def server():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with await asyncio.start_server(tunnel, HOST, FRONT):
        await stop.wait()


play(server)
