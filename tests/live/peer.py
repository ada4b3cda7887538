"""Real peers for tests of live capture: python `websockets`, told by its arguments what to do.

    peer.py serve HOST PORT            echoes messages until standard input ends
    peer.py talk HOST PORT COUNT       sends so many messages and reads their echoes
    peer.py ping HOST PORT HEX         sends a ping and waits until standard input ends
"""

import asyncio
import ssl
import subprocess
import sys
import tempfile

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


async def secretly(host, port, keys):
    """Both ends inside TLS; what the client logs of its secrets goes to the file `keys`."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as both:
        make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout - -out -"
        both.write(subprocess.run(make.split(), check=True, capture_output=True).stdout)
        both.flush()
        server.load_cert_chain(both.name)
    client = ssl.create_default_context()
    client.check_hostname, client.verify_mode, client.keylog_filename = False, ssl.CERT_NONE, keys
    async with websockets.serve(echo, host, int(port), ssl=server):
        async with websockets.connect(f"wss://{host}:{port}/secret", ssl=client, compression=None) as socket:
            await socket.send("a secret")
            assert await socket.recv() == "a secret"


async def ping(host, port, payload):
    async with websockets.connect(f"ws://{host}:{port}/ping", compression=None, ping_interval=None, close_timeout=0) as socket:
        await socket.ping(bytes.fromhex(payload))
        print("ready", flush=True)
        await until_stdin_ends()


asyncio.run({"serve": serve, "talk": talk, "ping": ping, "secretly": secretly}[sys.argv[1]](*sys.argv[2:]))
