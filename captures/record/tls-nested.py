"""TLS inside something else, and something else inside TLS: OpenSSL at both ends, through memory, as in tls.py. HTTP/2 is
written by python h2.

    python3 captures/record/tls-nested.py FOLDER
"""

import pathlib
import ssl
import struct
import sys
import tempfile

import h2.config
import h2.connection
import h2.settings

from tls import CLIENT, SERVER, Peers, Wire, certify, contexts, frame, write

TLS13 = ssl.TLSVersion.TLSv1_3
ADDRESSES = bytes([192, 0, 2, 1, 10, 0, 0, 2]) + struct.pack(">HH", 40001, 443)
# What passes before TLS begins.
PRELUDES = {
    "proxy-line": [(CLIENT, b"PROXY TCP4 192.0.2.1 10.0.0.2 40001 443\r\n")],
    "proxy-header": [(CLIENT, b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack(">H", len(ADDRESSES)) + ADDRESSES)],
    "socks": [
        (CLIENT, b"\x05\x01\x00"),
        (SERVER, b"\x05\x00"),
        (CLIENT, b"\x05\x01\x00\x03\x0bexample.org\x01\xbb"),
        (SERVER, b"\x05\x00\x00\x01" + bytes(6)),
    ],
    "connect": [
        (CLIENT, b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n"),
        (SERVER, b"HTTP/1.1 200 Connection established\r\n\r\n"),
    ],
}


def in_tls(out, folder, both):
    """A proxy that is spoken to in TLS opens a tunnel, and in that TLS begins again."""
    outer = Peers(folder, *both)
    for end, data in PRELUDES["connect"]:
        outer.say(end, data)
    inner = Peers(folder, *both, carrier=outer)
    inner.greet()
    outer.leave()
    write(out / "tls-in-tls.pcapng", outer.wire, inner.secrets(), False)


def http2(out, folder, both):
    """A WebSocket on a stream of HTTP/2 (RFC 8441)."""
    for context in both:
        context.set_alpn_protocols(["h2"])
    peers = Peers(folder, *both)
    ends = {
        end: h2.connection.H2Connection(h2.config.H2Configuration(client_side=end == CLIENT)) for end in (CLIENT, SERVER)
    }
    ends[SERVER].local_settings = h2.settings.Settings(
        client=False, initial_values={h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL: 1}
    )

    def flush(end):
        data = ends[end].data_to_send()
        if data:
            peers.say(end, data)
            ends[SERVER if end == CLIENT else CLIENT].receive_data(data)

    def send(end, data, last=False):
        ends[end].send_data(1, data, end_stream=last)
        flush(end)

    for end in (CLIENT, SERVER):
        ends[end].initiate_connection()
    for end in (CLIENT, SERVER, CLIENT, SERVER):
        flush(end)
    request = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", "/chat"),
               (":authority", "example.org"), ("sec-websocket-version", "13")]  # fmt: skip
    ends[CLIENT].send_headers(1, request)
    flush(CLIENT)
    ends[SERVER].send_headers(1, [(":status", "200")])
    flush(SERVER)
    send(CLIENT, frame(1, b"hello", True))
    send(SERVER, frame(1, b"hello back", False))
    send(CLIENT, frame(8, struct.pack(">H", 1000), True), last=True)
    send(SERVER, frame(8, struct.pack(">H", 1000), False), last=True)
    peers.leave()
    write(out / "tls-http2.pcapng", peers.wire, peers.secrets(), False)


def main():
    out = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        certificate = certify(folder)
        for name, prelude in PRELUDES.items():
            wire = Wire()
            for end, data in prelude:
                wire.data(end, data)
            (folder / "keys.log").write_bytes(b"")
            peers = Peers(folder, *contexts(folder, certificate, TLS13), carrier=wire)
            peers.greet()
            write(out / f"tls-after-{name}.pcapng", peers.wire, peers.secrets(), False)
        in_tls(out, folder, contexts(folder, certificate, TLS13))
        http2(out, folder, contexts(folder, certificate, TLS13))


if __name__ == "__main__":
    main()
