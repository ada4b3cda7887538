"""WebSockets inside TLS, one recording for each way to protect records and to agree on keys: OpenSSL at both ends, through
memory, as in tls.py.

    python3 captures/record/tls-suites.py FOLDER
"""

import os
import pathlib
import ssl
import subprocess
import sys
import tempfile

from tls import CLIENT, Peers, certify, contexts, write

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
# Of OpenSSL 3; Python has no names for them.
NO_EXTENDED_MASTER_SECRET, NO_ENCRYPT_THEN_MAC = 1 << 0, 1 << 19

# Python cannot choose among these: the configuration of OpenSSL does.
SUITES_13 = {
    "tls-1.3-aes-128-gcm": "TLS_AES_128_GCM_SHA256",
    "tls-1.3-chacha20": "TLS_CHACHA20_POLY1305_SHA256",
    "tls-1.3-aes-128-ccm": "TLS_AES_128_CCM_SHA256",
    "tls-1.3-aes-128-ccm-8": "TLS_AES_128_CCM_8_SHA256",
}
SUITES_12 = {
    "tls-1.2-aes-128-gcm": ("ECDHE-RSA-AES128-GCM-SHA256", 0),
    "tls-1.2-aes-256-gcm": ("ECDHE-RSA-AES256-GCM-SHA384", NO_EXTENDED_MASTER_SECRET),
    "tls-1.2-chacha20": ("ECDHE-RSA-CHACHA20-POLY1305", 0),
    "tls-1.2-rsa-ccm-8": ("AES256-CCM8", 0),
    "tls-1.2-cbc-sha": ("ECDHE-RSA-AES128-SHA", 0),
    "tls-1.2-cbc-sha-mac-inside": ("ECDHE-RSA-AES256-SHA", NO_ENCRYPT_THEN_MAC | NO_EXTENDED_MASTER_SECRET),
    "tls-1.2-cbc-sha384-mac-inside": ("ECDHE-RSA-AES256-SHA384", NO_ENCRYPT_THEN_MAC),
    "tls-1.2-camellia": ("ECDHE-RSA-CAMELLIA128-SHA256", 0),
    "tls-1.2-rsa-gcm": ("AES128-GCM-SHA256", 0),
    "tls-1.2-rsa-cbc": ("AES256-SHA", NO_EXTENDED_MASTER_SECRET),
}


def greeting(out, folder, name, client, server):
    peers = Peers(folder, client, server)
    assert not peers.failed, peers.failed
    peers.greet()
    write(out / f"{name}.pcapng", peers.wire, peers.secrets(), False)


def resumed(out, folder, name, client, server):
    """Two connections; the second one continues the session of the first."""
    peers = Peers(folder, client, server)
    peers.greet()
    session = peers.ends[CLIENT].session
    peers.wire.again()
    peers.meet(client, server, session)
    assert peers.ends[CLIENT].session_reused
    peers.greet()
    write(out / f"{name}.pcapng", peers.wire, peers.secrets(), False)


def other_group(client, server):
    """The server wants another group than the one that the client has a share for: HelloRetryRequest."""
    server.set_ecdh_curve("secp384r1")


def client_certificate(certificate):
    def change(client, server):
        client.load_cert_chain(certificate)
        server.verify_mode = ssl.CERT_REQUIRED
        server.load_verify_locations(certificate)

    return change


def main():
    out = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        certificate = certify(folder)
        if len(sys.argv) > 2:
            return greeting(out, folder, sys.argv[2], *contexts(folder, certificate, TLS13))
        for name, suite in SUITES_13.items():
            config = folder / "openssl.cnf"
            config.write_text(
                f"openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nCiphersuites = {suite}\n"
            )
            command = [sys.executable, __file__, out, name]
            subprocess.run(command, check=True, env=dict(os.environ, OPENSSL_CONF=str(config)))
        for name, (suite, options) in SUITES_12.items():
            both = contexts(folder, certificate, TLS12, ciphers=f"{suite}:@SECLEVEL=0", options=options)
            greeting(out, folder, name, *both)
        resumed(out, folder, "tls-1.2-resumed", *contexts(folder, certificate, TLS12))
        resumed(out, folder, "tls-1.3-resumed", *contexts(folder, certificate, TLS13))
        for name, version, change in [
            ("tls-1.3-retry", TLS13, other_group),
            ("tls-1.3-client-certificate", TLS13, client_certificate(certificate)),
            ("tls-1.2-client-certificate", TLS12, client_certificate(certificate)),
        ]:
            client, server = contexts(folder, certificate, version)
            change(client, server)
            greeting(out, folder, name, client, server)


if __name__ == "__main__":
    main()
