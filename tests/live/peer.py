"""Real peers for tests of live capture: python `websockets`, told by its arguments what to do.

    peer.py serve HOST PORT            echoes messages until standard input ends
    peer.py talk HOST PORT COUNT       sends so many messages and reads their echoes
    peer.py ping HOST PORT HEX         sends a ping and waits until standard input ends
"""

import asyncio
import sys

import websockets


async def until_stdin_ends():
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def echo(socket, *_):
    try:
        async for message in socket:
            await socket.send(message)
    except websockets.ConnectionClosed:
        pass


async def serve(host, port):
    async with websockets.serve(echo, host, int(port)):
        print("ready", flush=True)
        await until_stdin_ends()


async def talk(host, port, count):
    async with websockets.connect(f"ws://{host}:{port}/talk", compression=None) as socket:
        for number in range(int(count)):
            await socket.send(f"message {number}")
            assert await socket.recv() == f"message {number}"


async def ping(host, port, payload):
    async with websockets.connect(f"ws://{host}:{port}/ping", compression=None, ping_interval=None, close_timeout=0) as socket:
        await socket.ping(bytes.fromhex(payload))
        print("ready", flush=True)
        await until_stdin_ends()


asyncio.run({"serve": serve, "talk": talk, "ping": ping}[sys.argv[1]](*sys.argv[2:]))
