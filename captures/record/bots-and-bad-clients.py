"""A server on a public port: two good clients, and around them what else comes along:
a browser's GET, a health check, a TLS handshake, and upgrade requests with something wrong."""

import socket
import ssl
import urllib.error
import urllib.request

from stage import HOST, PORT, URL, play, serve, websockets

ORIGIN = "https://app.example.org"

UPGRADE = {
    "Host": f"{HOST}:{PORT}",
    "Origin": ORIGIN,
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


async def server():
    async def greet(connection):
        async for name in connection:
            await connection.send(f"hello {name}")

    await serve(greet, origins=[ORIGIN], compression=None)


def plain_get():
    try:
        urllib.request.urlopen(f"http://{HOST}:{PORT}/", timeout=5)
    except urllib.error.HTTPError as error:
        assert error.code == 426, error


def health_check():
    socket.create_connection((HOST, PORT)).close()


def tls():
    context = ssl.create_default_context()
    with socket.create_connection((HOST, PORT)) as sock:
        try:
            context.wrap_socket(sock, server_hostname="app.example.org")
        except (ssl.SSLError, ConnectionError):
            pass


def request(status, line="GET / HTTP/1.1", **changes):
    """An upgrade request with headers changed (by value) or left out (None)."""
    headers = UPGRADE | {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [line] + [f"{name}: {value}" for name, value in headers.items() if value is not None]
    with socket.create_connection((HOST, PORT)) as sock:
        sock.sendall("\r\n".join(lines + ["", ""]).encode())
        answer = b"".join(iter(lambda: sock.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 %d " % status), answer


def half_a_request():
    with socket.create_connection((HOST, PORT)) as sock:
        sock.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}:{PORT}\r\nUpgrade: webso".encode())


async def good_client(name):
    async with websockets.connect(URL, origin=ORIGIN, compression=None) as connection:
        await connection.send(name)
        assert await connection.recv() == f"hello {name}"


async def clients():
    plain_get()
    health_check()
    await good_client("Ada")
    tls()
    request(426, Connection=None)
    request(426, Upgrade=None)
    request(426, Upgrade=None, Connection="close")
    request(400, Sec_WebSocket_Version="8")
    request(400, Sec_WebSocket_Key=None)
    request(400, Sec_WebSocket_Key="c2hvcnQ=")
    request(403, Origin="https://elsewhere.example.com")
    await good_client("Grace")
    request(405, line="POST / HTTP/1.1")
    request(505, line="GET / HTTP/1.0")
    half_a_request()


play(server, clients)
