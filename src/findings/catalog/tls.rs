//! What TLS itself says: why it was refused or broken off, and how it ended.

use super::{CatalogEntry, Id};
use crate::findings::field::FindingField;

pub(super) static TLS_ALERT: CatalogEntry = CatalogEntry {
    id: Id::TlsAlert,
    rfc: "RFC 8446 §6.2",
    title: "A peer ended TLS with a fatal alert",
    meaning: "TLS failed, and the peer says why: the alert is its own word, in the clear or decrypted. \
              Until the handshake is complete no WebSocket has been requested, so libraries report a \
              connection error and no status. If the alert is encrypted and its secret is missing, size \
              and order still show that there was one, and the finding is tentative. So it is where the alert may only complain \
              that the other side closed TCP without `close_notify`, which OpenSSL calls `decode_error` and Java \
              `internal_error`, and the capture does not show which came first. Where the alert answers bytes that are no record of TLS, \
              or a record that does not authenticate in the capture either, \
              the finding is about the side that sent those: the former it wrote into the socket past its TLS, where they can be read \
              without any secret.",
    fields: &[
        (FindingField::Alert, "the name of the alert in RFC 8446, or `encrypted`"),
        (FindingField::Code, "its number; absent if it is encrypted"),
    ],
    causes: &[
        "The client does not trust the certificate: it is self-signed, an intermediate certificate is \
         missing, or a company's proxy is in between (`unknown_ca`).",
        "The certificate has expired, or the clock is wrong (`certificate_expired`).",
        "The name in the URL is not in the certificate (`bad_certificate` of OpenSSL, `certificate_unknown` of browsers and \
         Java; `unrecognized_name` if the server says so).",
        "The certificate is refused, and the alert does not tell why: GnuTLS says `bad_certificate` of every certificate \
         that it does not trust, Java and Chrome `certificate_unknown`. The client's own log has the reason.",
        "The two share no version, cipher suite or group (`protocol_version`, `handshake_failure`).",
        "The server wants a client certificate (`certificate_required`, `bad_certificate`).",
    ],
    advice: &[
        "Ask the server what it sends: `openssl s_client -connect HOST:443 -servername HOST -showcerts`.",
        "For `unknown_ca`, install the whole chain on the server, or the authority on the client.",
        "For `protocol_version` and `handshake_failure`, compare what the two sides allow; old clients \
        often lack TLS 1.2.",
    ],
    messages: &[
        ("ws (Node.js)", "Error: self-signed certificate"),
        ("ws (Node.js)", "Error: unable to verify the first certificate"),
        ("python websockets", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: …"),
        ("OpenSSL", "error:0A000410:SSL routines::sslv3 alert handshake failure"),
        ("OpenSSL", "error:0A00045C:SSL routines::tlsv13 alert certificate required"),
        ("Go", "remote error: tls: unknown certificate authority"),
        ("Go", "tls: handshake failure"),
        ("Java", "javax.net.ssl.SSLHandshakeException: Received fatal alert: handshake_failure"),
        (
            "Chrome",
            "WebSocket connection to 'wss://…' failed: Error in connection establishment: net::ERR_CERT_AUTHORITY_INVALID",
        ),
        ("Chrome", "Error in connection establishment: net::ERR_CERT_DATE_INVALID"),
        ("Chrome", "Error in connection establishment: net::ERR_CERT_COMMON_NAME_INVALID"),
        ("Chrome", "Error in connection establishment: net::ERR_SSL_PROTOCOL_ERROR"),
        ("Chrome", "Error in connection establishment: net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH"),
        ("Python", "[SSL: WRONG_VERSION_NUMBER] wrong version number"),
        ("Go", "x509: certificate signed by unknown authority"),
        ("Java", "PKIX path building failed: unable to find valid certification path to requested target"),
        (".NET", "The remote certificate is invalid according to the validation procedure: …"),
        ("rustls", "invalid peer certificate: …"),
        ("python websockets", "1015 (TLS handshake failure [internal])"),
        ("Chrome", "net::ERR_SSL_CLIENT_AUTH_CERT_NEEDED"),
        ("Safari", "OSStatus error -9807"),
        ("OkHttp", "javax.net.ssl.SSLPeerUnverifiedException: Hostname … not verified"),
        (".NET", "The SSL connection could not be established, see inner exception"),
        ("Firefox", "SEC_ERROR_UNKNOWN_ISSUER"),
        ("Node", "CERT_HAS_EXPIRED"),
    ],
};

pub(super) static TLS_HANDSHAKE_BROKEN: CatalogEntry = CatalogEntry {
    id: Id::TlsHandshakeBroken,
    rfc: "RFC 8446 §6.2",
    title: "TLS or TCP ended before the TLS handshake was complete, or right behind it",
    meaning: "The client began TLS, and a side ended TCP, or TLS with `close_notify`, before both had agreed on anything. Whoever \
              refuses TLS should say why with a fatal alert; here there is none, so only the order of packets shows how far it got; a side may also leave right behind the handshake, as Node.js does. No WebSocket was \
              requested yet: libraries report a connection error and no status. It is reported for servers that speak \
              WebSocket in this capture, or that --port or --host names, and of any server if the client left when it had \
              seen the certificate, before the handshake was complete; once for each client: as a warning if the client closed TCP itself, or asks for a \
              WebSocket there in another connection, and as a note if it did both. Of other servers it is a note if the \
              server left, or the client had waited for 3 s, or something in between reset TCP: that blames nobody, and is tentative.",
    fields: &[
        (
            FindingField::Side,
            "the side whose `close_notify`, FIN or RST came first: `client` or `server`; absent where something in between reset TCP",
        ),
        (FindingField::EndedBy, "how it ended: `close-notify`, `fin` or `rst`"),
        (
            FindingField::After,
            "how far the handshake got: `client-hello`, `server-hello`, `client-finished` (TLS 1.2, where the server's Finished message \
            comes last), or `finished`",
        ),
        (FindingField::Sni, "the name that the client asked for, if it named one"),
        (FindingField::WaitedMs, "milliseconds from the first packet of TLS to the end"),
        (FindingField::Count, "how many connections ended like this"),
    ],
    causes: &[
        "A firewall that reads the server's name in the ClientHello and does not allow it resets both sides.",
        "The server has no certificate for that name, or does not speak TLS on this port, and closes without a word.",
        "A load balancer has no healthy server behind it, or more connections than it takes.",
        "The client lost patience with a slow handshake: then the client ends it, after a round number of seconds.",
        "The client does not like the certificate and closes without an alert (after `server-hello`), as ws of Node.js and \
        Python's asyncio do; Chrome does so, and asks its user.",
        "The server does not accept the client's certificate and closes without an alert (`side` is the server, after \
        `client-finished` or `finished`), as Node.js with `rejectUnauthorized` does.",
        "A health check that only looks whether the server answers (`side` is the client, with a high `count`).",
    ],
    advice: &[
        "Try it by hand from both sides of the firewall: `openssl s_client -connect HOST:443 -servername HOST`.",
        "If `side` is the server and it ended by `rst` at once, look for `reset-foreign`, and compare with another \
        `-servername`.",
        "Look into the log of the server or load balancer at this time: many log handshakes that fail.",
    ],
    messages: &[
        ("OpenSSL", "error:0A000126:SSL routines::unexpected eof while reading (during the handshake)"),
        ("curl", "OpenSSL SSL_connect: Connection reset by peer in connection to …"),
        (
            "ws (Node.js)",
            "Error: Client network socket disconnected before secure TLS connection was established",
        ),
        ("Java", "javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake"),
        ("Go", "net/http: TLS handshake timeout"),
        ("Chrome", "Error in connection establishment: net::ERR_CONNECTION_RESET"),
        ("python", "ssl.SSLZeroReturnError: TLS/SSL connection has been closed (EOF)"),
    ],
};

pub(super) static TLS_CLOSED_EARLY: CatalogEntry = CatalogEntry {
    id: Id::TlsClosedEarly,
    rfc: "RFC 8446 §6.1",
    title: "TCP ended without close_notify",
    meaning: "After a complete WebSocket close this does no harm; without one it is what a crash or a box \
              in between looks like. Whoever closes a TLS connection has to say so first, so that the \
              other side can tell an end from a truncated stream. This side closed TCP without doing so.",
    fields: &[],
    causes: &[
        "A program that closes the socket without shutting down TLS: many do.",
        "A process that was killed.",
        "A proxy or load balancer that cut the connection.",
    ],
    advice: &[
        "Look at `close-missing` of the same session first.",
        "Shut down TLS before closing the socket: `SSL_shutdown`, `tls.Conn.CloseWrite`, `socket.end()`.",
    ],
    messages: &[
        ("OpenSSL", "error:0A000126:SSL routines::unexpected eof while reading"),
        ("python", "ssl.SSLEOFError: EOF occurred in violation of protocol"),
        ("rustls", "peer closed connection without sending TLS close_notify"),
        ("Boost.Asio", "stream truncated"),
    ],
};
