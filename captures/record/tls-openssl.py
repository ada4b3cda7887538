"""WebSockets inside TLS, with what Python has no words for: early data, KeyUpdate, renegotiation. `openssl s_client` talks to
`openssl s_server` by way of a relay that notes what passes.

    python3 captures/record/tls-openssl.py FOLDER
"""

import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from tls import ANSWER, CLIENT, REQUEST, SERVER, Wire, certify, frame, write

QUIET = 0.2
PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class Relay:
    """Two programs, and the packets between them."""

    def __init__(self, folder, server, client):
        self.log = folder / "keys.log"
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        certificate = folder / "certificate.pem"
        command = ["openssl", "s_server", "-accept", str(self.port), "-cert", certificate, "-key", certificate, *server]
        self.server = subprocess.Popen(command, **PIPES)
        self.connect(client)

    def connect(self, client):
        """A client connects."""
        self.log.unlink(missing_ok=True)
        self.wire, self.heard, self.lock = Wire(), time.monotonic(), threading.Lock()
        listener = socket.create_server(("127.0.0.1", 0))
        connect = f"127.0.0.1:{listener.getsockname()[1]}"
        command = ["openssl", "s_client", "-connect", connect, "-servername", "example.org", "-keylogfile", self.log, *client]
        self.client = subprocess.Popen(command, **PIPES)
        one, two = listener.accept()[0], self.reach(self.port)
        for source, target, end in ((one, two, CLIENT), (two, one, SERVER)):
            threading.Thread(target=self.pump, args=(source, target, end, self.wire), daemon=True).start()
        self.settle()

    @staticmethod
    def reach(port):
        for _ in range(500):
            try:
                return socket.create_connection(("127.0.0.1", port))
            except ConnectionRefusedError:
                time.sleep(0.01)
        raise TimeoutError("the server does not listen")

    def pump(self, source, target, end, wire):
        try:
            while data := source.recv(1 << 16):
                with self.lock:
                    wire.data(end, data)
                    self.heard = time.monotonic()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            # A program has ended.
            pass

    def settle(self):
        """Waits until nothing has passed for a while."""
        self.heard = time.monotonic()
        while time.monotonic() - self.heard < QUIET:
            time.sleep(0.01)

    def say(self, end, data):
        stdin = (self.client if end == CLIENT else self.server).stdin
        stdin.write(data)
        stdin.flush()
        self.settle()

    def hang_up(self):
        """The client goes; the server stays."""
        self.client.terminate()
        self.client.wait()
        self.settle()

    def finish(self, path, secrets=bytes):
        """The session ends, and is written with these secrets of the key log."""
        self.say(CLIENT, frame(8, struct.pack(">H", 1000), True))
        self.say(SERVER, frame(8, struct.pack(">H", 1000), False))
        self.say(CLIENT, b"Q\n")
        self.server.terminate()
        self.client.wait()
        self.server.wait()
        with self.lock:
            self.wire.end(CLIENT)
            write(path, self.wire, secrets(self.log.read_bytes()), False)


def of_first_handshake(log):
    return next(line for line in log.splitlines(keepends=True) if line.startswith(b"CLIENT_RANDOM"))


def main():
    out = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        certify(folder)
        ticket, request = folder / "session.pem", folder / "request"
        request.write_bytes(REQUEST)

        relay = Relay(folder, ["-tls1_3"], ["-tls1_3"])
        relay.say(CLIENT, REQUEST)
        relay.say(SERVER, ANSWER)
        # Either side asks the other one to update as well.
        for end, masked in ((CLIENT, True), (SERVER, False)):
            relay.say(end, b"K\n")
            relay.say(CLIENT, frame(1, b"new keys", True))
            relay.say(SERVER, frame(1, b"new keys here, too", False))
        relay.finish(out / "tls-1.3-key-update.pcapng")

        # The first connection only has to leave a ticket.
        relay = Relay(folder, ["-tls1_3", "-early_data", "-no_anti_replay"], ["-tls1_3", "-sess_out", ticket])
        relay.say(CLIENT, REQUEST)
        relay.say(SERVER, ANSWER)
        relay.hang_up()
        early = ["-tls1_3", "-sess_in", ticket, "-early_data", request]
        relay.connect(early)
        relay.say(SERVER, ANSWER)
        relay.say(CLIENT, frame(1, b"later than early", True))
        relay.finish(out / "tls-1.3-early-data.pcapng")

        # Another server does not know the ticket.
        relay = Relay(folder, ["-tls1_3", "-early_data"], early)
        relay.say(CLIENT, REQUEST)
        relay.say(SERVER, ANSWER)
        relay.say(CLIENT, frame(1, b"the request came twice", True))
        relay.finish(out / "tls-1.3-early-data-rejected.pcapng")

        # The client does not ask again, and begins to talk.
        relay = Relay(folder, ["-tls1_3", "-early_data"], early)
        relay.say(CLIENT, frame(1, b"hello", True))
        relay.say(SERVER, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        relay.finish(out / "tls-1.3-early-data-not-repeated.pcapng")

        for name, secrets in (("tls-1.2-renegotiation", bytes), ("tls-dark-renegotiation-unread", of_first_handshake)):
            relay = Relay(folder, ["-tls1_2", "-client_renegotiation"], ["-tls1_2"])
            relay.say(CLIENT, REQUEST)
            relay.say(SERVER, ANSWER)
            relay.say(CLIENT, frame(1, b"before", True))
            relay.say(CLIENT, b"R\n")
            relay.say(CLIENT, frame(1, b"after", True))
            relay.say(SERVER, frame(1, b"the same", False))
            relay.finish(out / f"{name}.pcapng", secrets)


if __name__ == "__main__":
    main()
