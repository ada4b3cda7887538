"""The server's answer to the upgrade request is wrong, each time in another way:
the scenario's second argument names the way."""

from stage import URL, Peer, expecting, play, websockets


def wrong_accept(response):
    del response.headers["Sec-WebSocket-Accept"]  # else there would be two
    response.headers["Sec-WebSocket-Accept"] = "Oy4NRAQ13jhfONC7bP8dTKb4PTU="


def subprotocol_unoffered(response):
    response.headers["Sec-WebSocket-Protocol"] = "mqtt"


def extension_unoffered(response):
    response.headers["Sec-WebSocket-Extensions"] = "permessage-deflate"


def extension_invalid(response):
    """The smallest window is 8 bits."""
    response.headers["Sec-WebSocket-Extensions"] = "permessage-deflate; server_max_window_bits=7"


CHANGES = {
    "wrong-accept": wrong_accept,
    "subprotocol-unoffered": subprotocol_unoffered,
    "extension-unoffered": extension_unoffered,
    "extension-invalid": extension_invalid,
}

COMPLAINTS = {
    "wrong-accept": "invalid Sec-WebSocket-Accept header",
    "subprotocol-unoffered": "no subprotocols supported",
    "extension-unoffered": "no extensions supported",
    "extension-invalid": "Unsupported extension: name = permessage-deflate",
    "response-cut-in-head": "connection closed while reading HTTP headers",
    "not-http": "did not receive a valid HTTP response",
}


def server(fault):
    with Peer.accept() as peer:
        if fault == "not-http":
            peer.send(b"SSH-2.0-OpenSSH_9.2p1\r\n")
        else:
            response = peer.answer()
            if fault in CHANGES:
                CHANGES[fault](response)
                peer.send(response.serialize())
            else:
                peer.send(response.serialize()[:75])
                return
        peer.until_end()


async def client(fault):
    compression = "deflate" if fault == "extension-invalid" else None
    with expecting(websockets.InvalidHandshake, COMPLAINTS[fault]):
        await websockets.connect(URL, compression=compression)


play(server, client)
