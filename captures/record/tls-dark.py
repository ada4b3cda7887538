"""One recording for each reason why TLS cannot be read, or not all of it, and one of a session that is known by its records
alone: OpenSSL at both ends, through memory, as in tls.py. Then the key log is spoiled, or packets are left out, cut or altered; what is altered is said below.

    python3 captures/record/tls-dark.py FOLDER
"""

import pathlib
import ssl
import sys
import tempfile

from tls import ANSWER, CLIENT, REQUEST, SERVER, Peers, certify, contexts, frame, write

OTHER = b"ab" * 32


def lines(log, keep):
    """The lines of a key log that `keep` chooses, or what it makes of them."""
    kept = [keep(line) for line in log.splitlines(keepends=True)]
    return b"".join(line for line in kept if line)


def without(*labels):
    return lambda log: lines(log, lambda line: b"" if line.split(b" ")[0].decode() in labels else line)


def of_other(log):
    """Another connection's secrets."""
    return lines(log, lambda line: b" ".join([line.split(b" ")[0], OTHER, line.split(b" ")[2]]))


def cut(log):
    """The server's secret is being written still."""
    rest = without("SERVER_TRAFFIC_SECRET_0")(log)
    return rest + lines(log, lambda line: line[:120] if line.startswith(b"SERVER_TRAFFIC_SECRET_0") else b"")


def wrong(log):
    """Each secret with its last digit replaced."""
    return lines(log, lambda line: line[:-2] + (b"0\n" if line[-2:-1] != b"0" else b"1\n"))


def encrypted_hello(log):
    """As a client logs that offered an encrypted ClientHello, which the server took: its secrets bear the inner random."""
    random = log.split(b" ")[1]
    return b"ECH_SECRET " + random + b" " + b"00" * 32 + b"\n" + of_other(log)


def only(side):
    """The packets of one side alone."""
    address = bytes(map(int, side[0].split(".")))
    return lambda packets: [(time, data) for time, data in packets if data[12:16] == address]


def without_client_hello(packets):
    """The first three packets are TCP's handshake, the fourth is the ClientHello."""
    return packets[:3] + packets[4:]


def truncated(packets):
    return [(time, data[:96]) for time, data in packets]


def altered(packets, number, old, new):
    """Replaces bytes in one packet."""
    time, data = packets[number]
    assert data.count(old) == 1
    return packets[:number] + [(time, data.replace(old, new))] + packets[number + 1 :]


def with_suite(number):
    """The ServerHello names another cipher suite: the only bytes of the recording that nobody sent."""
    return lambda packets: altered(packets, 5, b"\x00\x9c\x00", number.to_bytes(2, "big") + b"\x00")


def with_version_ssl3(packets):
    """The ServerHello names SSL 3.0: the only bytes of the recording that nobody sent."""
    time, data = packets[5]
    at = data.index(b"\x16\x03\x03", 40)
    data = data[: at + 9] + b"\x03\x00" + data[at + 11 :]
    return packets[:5] + [(time, data)] + packets[6:]


def flipped(packets):
    """A bit of the client's first frame is another one."""
    at = next(at for at, (_, data) in enumerate(packets) if at > 14 and data[12:16] == bytes([10, 0, 0, 1]) and len(data) > 40)
    time, data = packets[at]
    return packets[:at] + [(time, data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])] + packets[at + 1 :]


def main():
    out = pathlib.Path(sys.argv[1])
    TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
    handshake_only = without("CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET")
    rsa = {"ciphers": "AES128-GCM-SHA256:@SECLEVEL=0"}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        certificate = certify(folder)
        # A guess: the records of a session with pings look like those of a WebSocket.
        peers = Peers(folder, *contexts(folder, certificate, TLS13, alpn=True))
        peers.say(CLIENT, REQUEST)
        peers.say(SERVER, ANSWER)
        for number in range(4):
            peers.wire.time += 5_000_000
            peers.say(SERVER, frame(9, bytes([number]), False))
            peers.say(CLIENT, frame(10, bytes([number]), True))
        peers.bid_farewell()
        write(out / "tls-dark-heartbeat.pcapng", peers.wire, b"", False)

        # The client starts to log after its first connection.
        peers = Peers(folder, *contexts(folder, certificate, TLS13))
        peers.greet()
        peers.wire.again()
        later = Peers(folder, *contexts(folder, certificate, TLS13), peers.wire)
        later.greet()
        first, _, rest = later.secrets().partition(b"\n")
        random = first.split(b" ")[1]
        write(
            out / "tls-dark-logging-began-later.pcapng",
            later.wire,
            lines(later.secrets(), lambda line: line if line.split(b" ")[1] != random else b""),
            False,
        )

        # What one peer of TLS 1.3 says is read without the other, and a lost ClientHello can be done without.
        for name, change in [
            ("client-only", only(CLIENT)),
            ("server-only", only(SERVER)),
            ("client-hello-lost", without_client_hello),
        ]:
            peers = Peers(folder, *contexts(folder, certificate, TLS13))
            peers.greet()
            peers.wire.packets = change(peers.wire.packets)
            write(out / f"tls-1.3-{name}.pcapng", peers.wire, peers.secrets(), False)

        for name, version, options, spoil, change in [
            ("no-secret-for-this-client-random", TLS13, {}, of_other, None),
            ("label-missing", TLS13, {}, handshake_only, None),
            ("secrets-only-for-one-side", TLS13, {}, without("SERVER_TRAFFIC_SECRET_0"), None),
            ("line-damaged", TLS13, {}, cut, None),
            ("secret-does-not-fit", TLS12, {}, wrong, None),
            ("encrypted-client-hello", TLS13, {}, encrypted_hello, None),
            ("client-hello-lost", TLS12, {}, None, without_client_hello),
            ("server-hello-lost", TLS12, {}, None, lambda packets: packets[:5] + packets[6:]),
            ("direction-missing", TLS12, {}, None, only(CLIENT)),
            ("handshake-not-captured", TLS12, {}, None, lambda packets: packets[14:]),
            ("packets-cut", TLS12, {}, None, truncated),
            ("records-lost", TLS13, {}, None, lambda packets: packets[:15] + packets[16:]),
            ("record-damaged", TLS13, {}, None, flipped),
            ("cipher-not-supported", TLS12, rsa, None, with_suite(0x0005)),
            ("version-not-supported", TLS12, rsa, None, with_version_ssl3),
        ]:
            peers = Peers(folder, *contexts(folder, certificate, version, **options))
            peers.greet()
            # The sixth packet is the ServerHello.
            if change:
                peers.wire.packets = change(peers.wire.packets)
            secrets = peers.secrets()
            write(out / f"tls-dark-{name}.pcapng", peers.wire, spoil(secrets) if spoil else secrets, False)


if __name__ == "__main__":
    main()
