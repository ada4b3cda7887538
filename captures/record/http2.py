"""WebSockets over HTTP/2 (RFC 8441), in the clear by prior knowledge unless it says otherwise.

    http2.py inside                     an echo server that speaks HTTP/1.1, for a proxy
    http2.py hypercorn [CERT KEY]       an echo server by the library hypercorn, inside TLS if there is a certificate
    http2.py chromium PROFILE LOG       Chromium loads the page of that, whose script opens a WebSocket; its secrets go to LOG
    http2.py server SUBJECT             an echo server by the library h2 that does what SUBJECT says
    http2.py client [deflate] [front]   three sessions on one connection beside an ordinary request
    http2.py secured LOG                the same through a proxy, inside TLS; the secrets go to the file LOG
    http2.py silent                     a session through a proxy, in which nothing is said until somebody ends it
    http2.py faced SUBJECT              a client that sees what SUBJECT says

Subjects: `refused` (the first request is answered with 403, the second one accepted), `not-enabled` (no
SETTINGS_ENABLE_CONNECT_PROTOCOL; the request is reset), `reset` (a session ends with RST_STREAM), `goaway` (the
connection ends with GOAWAY and an error), `stalled` (the client takes nothing for 1.5 seconds), `invalid` (the request
is one of HTTP/1.1), `exceeded` (the server sends more than the window allows)."""

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import time

import h2.config
import h2.connection
import h2.events
import h2.settings
from h2.errors import ErrorCodes
from hyperframe.frame import DataFrame
from stage import FRONT, HOST, PORT, play, serve
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage
from wsproto.extensions import PerMessageDeflate

PAGE = b"""<!DOCTYPE html><title>WebSocket over HTTP/2</title><script>
const socket = new WebSocket(`wss://${location.host}/chat`);
const messages = ["hello", "gr\\u00fc\\u00dfe", "again and ".repeat(100), new Uint8Array(1000)];
const next = () => messages.length ? socket.send(messages.shift()) : socket.close(1000, "that is all");
socket.onopen = socket.onmessage = next;
socket.onclose = ({code}) => console.log(`closed with ${code}`);
</script>
"""
CONNECT_PROTOCOL = h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL


class Peer:
    """One side of a connection: the frames are those of h2, what streams carry is wsproto's."""

    def __init__(self, sock, client, settings=None):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(20)
        self.sock, self.sessions, self.events = sock, {}, []
        config = h2.config.H2Configuration(client_side=client, header_encoding="utf-8", validate_outbound_headers=False,
                                           normalize_outbound_headers=False, validate_inbound_headers=False)
        self.h2 = h2.connection.H2Connection(config)
        self.client = client
        if settings is not None:
            self.h2.local_settings = h2.settings.Settings(client=client, initial_values=settings)
        self.h2.initiate_connection()
        self.flush()

    @classmethod
    def connect(cls, settings=None, port=PORT):
        return cls(socket.create_connection((HOST, port)), client=True, settings=settings)

    def flush(self):
        self.sock.sendall(self.h2.data_to_send())

    def pump(self, take=True):
        """Wait for bytes and turn them into events; take the content, so that windows stay open."""
        data = self.sock.recv(65536)
        if not data:
            self.events.append(None)
            return
        for event in self.h2.receive_data(data):
            if isinstance(event, h2.events.DataReceived) and take and event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            if isinstance(event, h2.events.DataReceived) and event.stream_id in self.sessions:
                session = self.sessions[event.stream_id]
                if event.data:
                    session.receive_data(event.data)
                    self.events += [(event.stream_id, message) for message in session.events()]
            else:
                self.events.append(event)
        self.flush()

    def next(self, kind):
        """The next event of this kind, or message of a session."""
        while True:
            for place, event in enumerate(self.events):
                if isinstance(event[1] if isinstance(event, tuple) else event, kind):
                    return self.events.pop(place)
            assert None not in self.events, "the connection ended"
            self.pump()

    def begin(self, stream, extensions=()):
        kind = ConnectionType.CLIENT if self.client else ConnectionType.SERVER
        self.sessions[stream] = Connection(kind, list(extensions))

    def send(self, stream, event, end=False):
        self.h2.send_data(stream, self.sessions[stream].send(event), end_stream=end)
        self.flush()

    def ask(self, path, deflate=None):
        """Ask for a WebSocket; return its stream and the answer's status."""
        stream = self.h2.get_next_available_stream_id()
        fields = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", path)]
        fields += [(":authority", f"{HOST}:{PORT}"), ("sec-websocket-version", "13")]
        if deflate:
            fields.append(("sec-websocket-extensions", f"permessage-deflate; {deflate.offer()}"))
        self.h2.send_headers(stream, fields)
        self.flush()
        return stream

    def answer(self):
        return dict(self.next(h2.events.ResponseReceived).headers)

    def exchange(self, stream, data):
        self.send(stream, TextMessage(data) if isinstance(data, str) else BytesMessage(data))
        assert self.next((TextMessage, BytesMessage)) == (stream, type(self).like(data))

    @staticmethod
    def like(data):
        return TextMessage(data) if isinstance(data, str) else BytesMessage(data)

    def close(self, stream):
        self.send(stream, CloseConnection(1000, "that is all"), end=True)
        self.next(CloseConnection)

    def leave(self):
        self.h2.close_connection()
        self.flush()
        self.sock.shutdown(socket.SHUT_WR)
        while self.sock.recv(65536):
            pass
        self.sock.close()


async def inside():
    async def echo(connection):
        async for message in connection:
            await connection.send(message)

    await serve(echo, compression=None, ping_interval=None)


async def hypercorn(certificate=None, key=None):
    import hypercorn.asyncio
    from hypercorn.config import Config

    async def echo(scope, receive, send):
        if scope["type"] == "lifespan":
            return
        if scope["type"] == "http":
            kind, page = ("text/html", PAGE) if scope["path"] == "/" else ("text/plain", b"a page\n" * 200)
            headers = [(b"content-type", kind.encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": page})
            return
        await receive()
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] == "websocket.receive":
            kind = "text" if event.get("text") is not None else "bytes"
            await send({"type": "websocket.send", kind: event[kind]})

    config, stop = Config(), asyncio.Event()
    config.errorlog, config.certfile, config.keyfile = None, certificate, key
    config.bind, config.accesslog = [f"{HOST}:{PORT}"], None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await hypercorn.asyncio.serve(echo, config, shutdown_trigger=stop.wait)


def chromium(profile, log):
    switches = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    switches += ["--ignore-certificate-errors", "--enable-logging=stderr", "--disable-quic", f"--user-data-dir={profile}"]
    switches += [f"--host-resolver-rules=MAP example.test {HOST}", "--window-size=800,600"]
    command = ["chromium", *switches, f"https://example.test:{PORT}/"]
    surroundings = {**os.environ, "SSLKEYLOGFILE": log}
    browser = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=surroundings, text=True)
    said = next((line for line in browser.stderr if "closed with" in line), "")
    browser.terminate()
    browser.communicate()
    assert "closed with 1000" in said, said


def client(*options):
    deflates = [PerMessageDeflate() if "deflate" in options else None for _ in range(3)]
    converse(Peer.connect(port=FRONT if "front" in options else PORT), deflates)


def secured(log):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.keylog_filename = log
    context.set_alpn_protocols(["h2"])
    converse(Peer(context.wrap_socket(socket.create_connection((HOST, FRONT))), client=True), [None] * 3)


def silent():
    peer = Peer.connect(port=FRONT)
    peer.next(h2.events.RemoteSettingsChanged)
    stream = peer.ask("/chat")
    assert peer.answer()[":status"] == "200"
    peer.begin(stream)
    peer.exchange(stream, "hello, and now silence")
    peer.next((h2.events.StreamEnded, h2.events.StreamReset))
    peer.leave()


def converse(peer, deflates):
    peer.next(h2.events.RemoteSettingsChanged)
    streams = []
    for number, deflate in enumerate(deflates):
        stream = peer.ask(f"/chat/{number}", deflate)
        answer = peer.answer()
        assert answer[":status"] == "200", answer
        if deflate:
            deflate.finalize(answer["sec-websocket-extensions"].split(";", 1)[-1])
        peer.begin(stream, [deflate] if deflate else [])
        streams.append(stream)
    page = peer.h2.get_next_available_stream_id()
    fields = [(":method", "GET"), (":scheme", "http"), (":path", "/page"), (":authority", f"{HOST}:{PORT}")]
    peer.h2.send_headers(page, fields, end_stream=True)
    peer.flush()
    for round in range(3):
        for stream in streams:
            peer.exchange(stream, f"round {round}, " * 5)
    peer.exchange(streams[0], bytes(range(256)))
    peer.send(streams[1], Ping(b"from the client"))
    peer.next(Pong)
    for stream in streams:
        peer.close(stream)
    peer.leave()


def server(subject):
    with socket.create_server((HOST, PORT)) as listener:
        sock = listener.accept()[0]
    settings = {} if subject == "not-enabled" else {CONNECT_PROTOCOL: 1}
    peer = Peer(sock, client=False, settings=settings)
    refused = subject != "refused"
    while not any(event is None or isinstance(event, h2.events.ConnectionTerminated) for event in peer.events):
        while peer.events:
            event = peer.events.pop(0)
            if isinstance(event, h2.events.RequestReceived):
                if subject == "not-enabled":
                    peer.h2.reset_stream(event.stream_id, ErrorCodes.PROTOCOL_ERROR)
                elif subject == "invalid":
                    peer.h2.send_headers(event.stream_id, [(":status", "400")], end_stream=True)
                elif not refused:
                    refused = True
                    peer.h2.send_headers(event.stream_id, [(":status", "403"), ("server", "script")], end_stream=True)
                else:
                    peer.h2.send_headers(event.stream_id, [(":status", "200")])
                    peer.begin(event.stream_id)
                peer.flush()
            elif isinstance(event, h2.events.PingReceived) and subject == "exceeded":
                sock.sendall(DataFrame(1, peer.sessions[1].send(TextMessage("more than ten bytes"))).serialize())
            elif isinstance(event, tuple):
                stream, message = event
                if isinstance(message, TextMessage) and subject == "reset" and message.data == "last":
                    peer.h2.reset_stream(stream, ErrorCodes.INTERNAL_ERROR)
                    peer.flush()
                elif isinstance(message, TextMessage) and subject == "goaway" and message.data == "last":
                    peer.h2.close_connection(ErrorCodes.ENHANCE_YOUR_CALM, b"too_many_pings")
                    peer.flush()
                    sock.shutdown(socket.SHUT_WR)
                    while sock.recv(65536):
                        pass
                    return
                elif isinstance(message, TextMessage) and subject == "stalled" and message.data == "flood":
                    # As much as the window allows, and then as much as it allows again.
                    flood = peer.sessions[stream].send(BytesMessage(bytes(80000)))
                    while flood:
                        room = min(peer.h2.local_flow_control_window(stream), 16384)
                        if room:
                            peer.h2.send_data(stream, flood[:room])
                            peer.flush()
                            flood = flood[room:]
                        else:
                            peer.pump()
                elif isinstance(message, (TextMessage, BytesMessage)):
                    peer.send(stream, peer.like(message.data))
                elif isinstance(message, CloseConnection):
                    peer.send(stream, message.response(), end=True)
        if not any(event is None or isinstance(event, h2.events.ConnectionTerminated) for event in peer.events):
            peer.pump()
    sock.close()


def faced(subject):
    small = {h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 10} if subject == "exceeded" else None
    peer = Peer.connect(small)
    peer.next(h2.events.RemoteSettingsChanged)
    if subject == "invalid":
        fields = [(":method", "GET"), (":scheme", "http"), (":path", "/chat"), (":authority", f"{HOST}:{PORT}")]
        fields += [("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-version", "13")]
        peer.h2.send_headers(1, fields, end_stream=True)
        peer.flush()
        assert peer.answer()[":status"] == "400"
        return peer.leave()
    stream = peer.ask("/chat")
    if subject == "not-enabled":
        assert peer.next(h2.events.StreamReset).error_code == ErrorCodes.PROTOCOL_ERROR
        return peer.leave()
    if subject == "refused":
        assert peer.answer()[":status"] == "403"
        stream = peer.ask("/chat")
    assert peer.answer()[":status"] == "200"
    peer.begin(stream)
    if subject == "exceeded":
        peer.h2.ping(b"go ahead")
        peer.flush()
        received = b""
        while b"more than ten bytes" not in received:
            received += peer.sock.recv(65536)
        return peer.sock.close()
    peer.exchange(stream, "first")
    if subject == "reset":
        peer.send(stream, TextMessage("last"))
        assert peer.next(h2.events.StreamReset).error_code == ErrorCodes.INTERNAL_ERROR
    elif subject == "goaway":
        peer.send(stream, TextMessage("last"))
        assert peer.next(h2.events.ConnectionTerminated).error_code == ErrorCodes.ENHANCE_YOUR_CALM
        peer.sock.close()
        return
    elif subject == "stalled":
        peer.send(stream, TextMessage("flood"))
        received = 0
        while received < 65535:
            peer.pump(take=False)
            received = 65535 - peer.h2.remote_flow_control_window(stream)
        time.sleep(1.5)
        peer.h2.increment_flow_control_window(65535)
        peer.h2.increment_flow_control_window(65535, stream)
        peer.flush()
        length, finished = 0, False
        while not finished:
            message = peer.next(BytesMessage)[1]
            length, finished = length + len(message.data), message.message_finished
        assert length == 80000
        peer.close(stream)
    else:
        peer.close(stream)
    peer.leave()


if __name__ == "__main__":
    play(inside, hypercorn, chromium, server, client, secured, silent, faced)
