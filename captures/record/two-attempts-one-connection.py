"""One keep-alive connection: a first upgrade request is answered 401 with a body,
a second one, with credentials, 101; then a short session on the same connection."""

from http.server import BaseHTTPRequestHandler, HTTPServer

from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from stage import HOST, PORT, URL, Peer, play


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if "Authorization" not in self.headers:
            body = b"Who are you?\n"
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="stage"')
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        peer = Peer(self.connection, ServerProtocol())
        peer.protocol.receive_data(Request(self.path, Headers(self.headers.items())).serialize())
        peer.events += peer.protocol.events_received()
        peer.protocol.send_response(peer.answer())
        peer.protocol.send_text(b"hello Ada")
        peer.send(peer.prepared())
        assert peer.receive().opcode == 8
        peer.send(peer.prepared())
        self.close_connection = True

    def log_message(self, *_):
        pass


def server():
    with HTTPServer((HOST, PORT), Handler) as listener:
        listener.handle_request()


def client():
    with Peer.connect() as peer:
        peer.protocol.send_request(peer.protocol.connect())
        peer.send(peer.prepared())
        refusal = b""
        while not refusal.endswith(b"Who are you?\n"):
            refusal += peer.sock.recv(65536)

        peer.protocol = ClientProtocol(parse_uri(URL))
        request = peer.protocol.connect()
        request.headers["Authorization"] = "Basic QWRhOkNvdW50ZXNz"
        peer.protocol.send_request(request)
        peer.send(peer.prepared())
        assert peer.receive().status_code == 101
        assert peer.receive().data == b"hello Ada"
        peer.protocol.send_close(1000)
        peer.send(peer.prepared())
        peer.until_end()


play(server, client)
