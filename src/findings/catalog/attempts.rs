//! Attempts that got no proper answer, or came too often.

use super::{CatalogEntry, Id};
use crate::findings::field::FindingField;

pub(super) static CONNECTION_REFUSED: CatalogEntry = CatalogEntry {
    id: Id::ConnectionRefused,
    rfc: "RFC 9293 §3.5.2",
    title: "The TCP connection was refused",
    meaning: "The client could not connect at all: its SYN was answered with RST, so no WebSocket was ever \
              requested. Attempts by one client at one server are folded into one finding. It is a \
              warning if that server speaks WebSocket elsewhere in the capture or its port was given with \
              `--port`, otherwise a note. A SYN that was accepted when the client's TCP sent it again, as \
              Windows does after half a second, is reported apart, as a note. The capture cannot show who sent the RST: a \
              firewall can answer in the server's name; where its hop count (IPv4 time to live) is none of those with which \
              the server opened WebSockets, the finding is tentative and about nobody.",
    fields: &[(
        FindingField::Count,
        "refused attempts by this client at this server; a SYN that is sent again is the same attempt",
    )],
    causes: &[
        "The server process is not running, is restarting, or listens on another port.",
        "It listens on 127.0.0.1 or on IPv6 only, and the client connects to another address.",
        "A firewall, security group or container port mapping rejects the port.",
        "The accept queue is full and the system is set to answer with RST \
         (`net.ipv4.tcp_abort_on_overflow=1`).",
    ],
    advice: &[
        "On the server: `ss -ltnp 'sport = :PORT'` shows whether anything listens, and on which address.",
        "Compare the times of the refusals with the restarts in the server's log.",
        "Let clients retry with a growing, random delay (RFC 6455 §7.2.3).",
    ],
    messages: &[
        ("Node", "connect ECONNREFUSED …"),
        ("nginx", "connect() failed (111: Connection refused) while connecting to upstream"),
        ("nginx", "no live upstreams while connecting to upstream"),
        ("Chrome", "Error in connection establishment: net::ERR_CONNECTION_REFUSED"),
        ("Python", "[Errno 111] Connect call failed …"),
        ("Python", "[Errno 111] Connection refused"),
        ("Rust std", "Connection refused (os error 111)"),
        ("Go net", "connect: connection refused"),
        ("Firefox", "Firefox can’t establish a connection to the server at …"),
        ("aiohttp", "Cannot connect to host …"),
        ("Chrome", "WebSocket connection to … failed:"),
        ("Safari", "The operation couldn’t be completed. Connection refused"),
        ("Java", "java.net.ConnectException: Connection refused"),
        (".NET", "Unable to connect to the remote server"),
        (".NET", "No connection could be made because the target machine actively refused it."),
        ("Tomcat", "The HTTP request to initiate the WebSocket connection … failed"),
        ("OS", "Connection refused"),
        ("URLSession", "Could not connect to the server"),
        ("Tyrus", "jakarta.websocket.DeploymentException: Connection failed."),
        ("curl", "Failed to connect to … port … after … ms: Couldn't connect to server"),
    ],
};

pub(super) static CONNECT_UNANSWERED: CatalogEntry = CatalogEntry {
    id: Id::ConnectUnanswered,
    rfc: "RFC 9293 §3.5",
    title: "The client's SYNs were never answered",
    meaning: "The client could not connect at all: neither a SYN-ACK nor a reset came back, and the client \
              tried again or kept waiting for more than 3 s. If the capture has SYN-ACKs and the client goes on sending \
              SYNs, the answers get lost behind the place where it was taken; the summary says so. Attempts by one \
              client at one server are folded into one finding. It is a warning if that server speaks WebSocket elsewhere in the \
              capture or its port was given with `--port`, otherwise a note. A capture taken in one place \
              cannot show whether the SYNs or the answers were lost.",
    fields: &[
        (FindingField::Count, "SYNs that this client sent to this server"),
        (FindingField::Connections, "connections that they tried to open"),
        (
            FindingField::Icmp,
            "what ICMP says about them, if anything: `no-route`, `no-port`, `prohibited`, `time-exceeded`, `too-big`",
        ),
        (FindingField::IcmpFrom, "the address that says so"),
        (FindingField::Mtu, "`too-big`: the largest packet that fits, in bytes, if that is said"),
    ],
    causes: &[
        "A firewall or security group that drops the port silently.",
        "A wrong or outdated address: the host is off, or moved.",
        "No route back: the server's answer takes another way, or is filtered.",
        "A server whose accept queue is full drops SYNs (`net.core.somaxconn`, a blocked accept loop).",
    ],
    advice: &[
        "Capture on the server: if the SYNs arrive, the answer is lost; if not, something in front drops \
         them.",
        "Try `nc -vz HOST PORT` from the client's network and from the server's.",
        "On the server, `nstat -az TcpExtListenDrops TcpExtListenOverflows` shows a full accept queue.",
        "Give the client a connect timeout of a few seconds, and let it retry with a growing delay.",
    ],
    messages: &[
        ("OS", "Connection timed out"),
        ("OS", "No route to host"),
        ("Node", "connect ETIMEDOUT …"),
        ("Node ws", "Opening handshake has timed out"),
        ("undici", "Connect Timeout Error"),
        ("Python", "[Errno 110] Connect call failed …"),
        ("python websockets", "timed out during opening handshake"),
        ("Go net", "dial tcp …: i/o timeout"),
        ("Go net", "dial tcp …: connect: connection timed out"),
        ("Chrome", "Error in connection establishment: net::ERR_CONNECTION_TIMED_OUT"),
        ("Java", "java.net.SocketTimeoutException: failed to connect to … after …ms"),
        ("Java", "java.net.ConnectException: Connection timed out"),
        ("OkHttp", "java.net.SocketTimeoutException: connect timed out"),
        ("nginx", "upstream timed out (110: Connection timed out) while connecting to upstream"),
        ("Wireshark", "[TCP Retransmission] … [SYN]"),
        ("Chrome", "net::ERR_ADDRESS_UNREACHABLE"),
        ("OkHttp", "failed to connect to … (port …) after …"),
        ("Node", "connect EHOSTUNREACH …"),
        ("Node", "connect ENETUNREACH …"),
        ("Firefox", "NS_ERROR_NET_TIMEOUT"),
        ("undici", "UND_ERR_CONNECT_TIMEOUT"),
    ],
};

pub(super) static UPGRADE_NO_RESPONSE: CatalogEntry = CatalogEntry {
    id: Id::UpgradeNoResponse,
    rfc: "RFC 6455 §4.2.2",
    title: "The server closed without answering the upgrade request",
    meaning: "The client gets a connection error and no reason: the whole upgrade request arrived, and the \
              server side closed the connection without sending a single byte. A server that does not \
              want the connection should say so with an HTTP status. The capture shows that no answer \
              came, not why. A FIN that does not acknowledge all of the request comes of a server that never had it.",
    fields: &[
        (FindingField::EndedBy, "how the server closed: `fin` or `rst`"),
        (FindingField::WaitedMs, "milliseconds from the request's last byte to the close"),
    ],
    causes: &[
        "The server process crashed or was killed while it handled the request.",
        "The client spoke plain HTTP to a TLS port, or TLS to a plain one.",
        "A proxy or load balancer accepted the connection but has no healthy server behind it.",
        "A connection limit, rate limit or address filter closes connections silently.",
        "The port speaks another protocol and does not understand HTTP.",
    ],
    advice: &[
        "Look at the server's log at the time of the packet.",
        "Ask by hand: `curl -v --http1.1 -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H \
         'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' \
         http://HOST:PORT/PATH`.",
        "Try `wss://` instead of `ws://`, or the other way round.",
        "Capture on both sides of the proxy to see which hop closes first.",
    ],
    messages: &[
        ("Node", "socket hang up"),
        ("Rust tungstenite", "Handshake not finished"),
        ("python websockets", "connection closed while reading HTTP status line"),
        ("python websockets", "did not receive a valid HTTP response"),
        ("Chrome", "Connection closed before receiving a handshake response"),
        ("aiohttp", "Server disconnected"),
        ("nginx", "upstream prematurely closed connection while reading response header from upstream"),
        ("curl", "Empty reply from server"),
        ("websocket-client", "Connection to remote host was lost."),
        ("Firefox", "Firefox can’t establish a connection to the server at …"),
        ("Chrome", "Error during WebSocket handshake: net::ERR_CONNECTION_CLOSED"),
        ("Chrome", "Error during WebSocket handshake: net::ERR_CONNECTION_RESET"),
        ("Tyrus", "Handshake response not received."),
        ("Chrome", "Error in connection establishment: net::ERR_CONNECTION_CLOSED"),
        ("Chrome", "Error in connection establishment: net::ERR_EMPTY_RESPONSE"),
        ("Tomcat", "The HTTP request to initiate the WebSocket connection … failed"),
        ("Jetty", "UpgradeException: Unexpected HTTP Response Status Code: 0 null"),
        ("OkHttp", "java.io.IOException: unexpected end of stream on …"),
        ("undici", "UND_ERR_SOCKET: other side closed"),
    ],
};

pub(super) static UPGRADE_UNANSWERED: CatalogEntry = CatalogEntry {
    id: Id::UpgradeUnanswered,
    rfc: "RFC 6455 §4.2.2",
    title: "The upgrade request got no answer",
    meaning: "The client waited in vain: the whole upgrade request is in the capture, and no byte of a \
              response follows before the client gives up or the capture ends. An answer that comes after the client \
              has left is too late, and no session begins. If it was the capture that \
              ended, the answer may simply have come later, so the finding is tentative. wsight does not \
              claim that the server received the request unless the server acknowledged it.",
    fields: &[
        (FindingField::WaitedMs, "milliseconds from the request to the client's close or the capture's end"),
        (
            FindingField::DurationMs,
            "milliseconds from the request to the answer, if it came after the client had given up",
        ),
    ],
    causes: &[
        "The server's event loop or thread pool is blocked, so it accepts connections but does not serve \
         them.",
        "Authentication or another call behind the upgrade hangs.",
        "A proxy waits for a server that does not answer.",
        "The request went out as early data of TLS 1.3 (0-RTT). The server refused that, as it may after a restart or with a \
         new ticket key, and the client did not send the request again after the handshake (RFC 8446 §4.2.10).",
        "The capture was stopped too early.",
    ],
    advice: &[
        "See whether the server acknowledged the request (TCP ACK). If it did, the request is in its \
         process or in the socket's buffer.",
        "Look for blocking calls in the server's event loop; for python: `PYTHONASYNCIODEBUG=1`.",
        "Compare `waited_ms` with the client's open timeout (10 s in python websockets) and the proxy's \
         timeouts.",
    ],
    messages: &[
        ("Node ws", "Opening handshake has timed out"),
        ("python websockets", "timed out during opening handshake"),
        ("python websockets 14.0", "timed out during handshake"),
        ("python websockets", "timed out while waiting for handshake response"),
        ("Chrome", "WebSocket opening handshake timed out"),
        ("Chrome", "WebSocket is closed before the connection is established."),
        ("Node ws", "WebSocket was closed before the connection was established"),
        ("websocket-client", "WebSocketTimeoutException: Connection timed out"),
        ("Go net", "i/o timeout"),
        ("Chrome", "WebSocket opening handshake was canceled"),
        ("OkHttp", "java.net.SocketTimeoutException: timeout"),
        ("Node ws", "WebSocket is not open: readyState 0 (CONNECTING)"),
        ("URLSession", "The request timed out"),
        (
            "nginx",
            "upstream timed out (110: Connection timed out) while reading response header from upstream",
        ),
    ],
};

pub(super) static UPGRADE_RESPONSE_TRUNCATED: CatalogEntry = CatalogEntry {
    id: Id::UpgradeResponseTruncated,
    rfc: "RFC 9112 §8",
    title: "The connection ended inside the server's response head",
    meaning: "The client cannot use this response: it began, and the connection ended before the empty \
              line that closes its headers. The summary says which side closed. If none did, nothing more came for at \
              least 5 s, and the finding is a tentative warning.",
    fields: &[
        (FindingField::Received, "bytes of the response head that arrived"),
        (
            FindingField::WaitedMs,
            "if nobody closed: milliseconds from the connection's last packet to the end of the capture",
        ),
    ],
    causes: &[
        "The server or a proxy crashed or was restarted while it wrote the response.",
        "Server code writes its own 101 and forgets the last empty line (`\\r\\n\\r\\n`), then closes.",
        "The client gave up while a slow response was still coming.",
    ],
    advice: &[
        "Look at the bytes: `wsight FILE --format json --only finding`, and the packet in Wireshark.",
        "In hand-written servers, check that the head ends with `\\r\\n\\r\\n` and not with `\\n\\n` or \
         `\\r\\n`.",
        "Look for a crash in the server's log.",
    ],
    messages: &[
        ("python websockets", "connection closed while reading HTTP headers"),
        ("python websockets", "stream ends after … bytes, before end of line"),
        ("Rust tungstenite", "Handshake not finished"),
        ("Node", "socket hang up"),
        ("Chrome", "net::ERR_RESPONSE_HEADERS_TRUNCATED"),
    ],
};

pub(super) static UPGRADE_REQUEST_TRUNCATED: CatalogEntry = CatalogEntry {
    id: Id::UpgradeRequestTruncated,
    rfc: "RFC 9112 §8",
    title: "TCP was closed inside the upgrade request",
    meaning: "The server had nothing it could answer: TCP was closed before the empty line that ends \
              the headers of the client's request. If the server closed first, it had waited long enough for the rest; the \
              finding names it and is no accusation. If nobody closed, nothing more came for at least 5 s, and the finding is \
              a tentative warning, as it is where the server answered 408 first. It is about one attempt, and does not say that anybody did so on purpose.",
    fields: &[
        (FindingField::Received, "bytes of the request head that arrived"),
        (
            FindingField::WaitedMs,
            "if nobody closed: milliseconds from the connection's last packet to the end of the capture; if the server \
             answered 408: from the first packet of the request to that answer",
        ),
    ],
    causes: &[
        "The client was stopped, or its page was left, while it connected.",
        "The client's connect timeout is shorter than the path needs.",
        "A hand-written client forgets the last empty line (`\\r\\n\\r\\n`), and one of the two gives up waiting.",
        "A health check or scanner sends a piece of a request.",
    ],
    advice: &[
        "Check the client's log for a timeout or cancellation at this time.",
        "In hand-written clients, check that the request ends with `\\r\\n\\r\\n`.",
    ],
    messages: &[
        ("python websockets", "connection closed while reading HTTP request line"),
        ("python websockets", "connection closed while reading HTTP headers"),
        ("python websockets", "did not receive a valid HTTP request"),
        ("Rust tungstenite", "Handshake not finished"),
    ],
};

pub(super) static UPGRADE_DATA_EARLY: CatalogEntry = CatalogEntry {
    id: Id::UpgradeDataEarly,
    rfc: "RFC 6455 §4.1",
    title: "The client sent data before the 101",
    meaning: "These bytes may never reach the application: the client has to wait for the server's 101 \
              before it sends anything else. A server may drop early bytes, take them for a request body, \
              or refuse the upgrade because of them. wsight counts them; it does not claim that the \
              server lost them. If the answer was no 101, only frames are reported: anything else may be the next request.",
    fields: &[
        (
            FindingField::Bytes,
            "bytes the client sent after its request and before the 101; absent if the server refused",
        ),
        (
            FindingField::PreviewHex,
            "the header of the first frame in hexadecimal; only if the server refused",
        ),
        (FindingField::LooksLike, "what they look like; only if the server refused"),
    ],
    causes: &[
        "A client library writes as soon as the request is out, to save a round trip.",
        "A tunnel or proxy forwards the client's first frame without waiting for the server.",
        "The request carries a body (Content-Length) that the server does not expect.",
    ],
    advice: &[
        "Send the first message from the library's `open` event.",
        "If a proxy is in between, capture on the client's side too: the order may be right there.",
    ],
    messages: &[
        ("gorilla/websocket", "websocket: client sent data before handshake is complete"),
        ("Rust tungstenite", "Junk after client request"),
        ("python websockets", "unsupported request body"),
    ],
};

pub(super) static UPGRADE_SLOW: CatalogEntry = CatalogEntry {
    id: Id::UpgradeSlow,
    rfc: "",
    title: "The 101, or the TCP connection for it, took longer than 1 s",
    meaning: "Users see a slow start: the upgrade succeeded, but more than 1 s passed between the request \
              and the 101. If the request had to be retransmitted, the time counts from the last \
              transmission. It is measured where the capture was taken, so near the client it includes \
              the network's round trip. With `syns`, it was TCP that took so long: the SYN or the answer \
              to it had to be sent again, because packets were lost or the server's queue of new \
              connections was full.",
    fields: &[
        (
            FindingField::DurationMs,
            "milliseconds from the request to the 101; with `syns`, from the first SYN to the open connection",
        ),
        (FindingField::Syns, "how often the client's SYN was sent, if TCP took so long"),
    ],
    causes: &[
        "Authentication, session lookup or another backend call inside the upgrade handler.",
        "A cold start: a container, a function, or an empty connection pool.",
        "An event loop that is busy with other connections.",
        "Retransmissions on a bad path.",
        "`syns`: a firewall that drops packets at first, or a server that accepts connections too slowly.",
    ],
    advice: &[
        "`syns`: look for overflows of the listen queue (`nstat -az TcpExtListenOverflows`), and raise the \
         backlog of `listen`.",
        "Compare with the TCP round trip (SYN to SYN/ACK): the rest is spent on the server side.",
        "Accept first, then do slow work after the 101 where security allows it.",
        "Log the handler's time in the server.",
    ],
    messages: &[],
};

pub(super) static TLS_ON_PLAIN_PORT: CatalogEntry = CatalogEntry {
    id: Id::TlsOnPlainPort,
    rfc: "RFC 6455 §3",
    title: "The client began TLS, and the server answered in plain text",
    meaning: "The client's URL is wss://, and the port serves ws://: the client began with a TLS ClientHello, and what \
              came back is not TLS, usually 400 Bad Request from an HTTP server that could not read it. No \
              connection can come of that. Connections of one client to one server are folded into one \
              finding. It is a note if other clients speak plain WebSocket with that server and this one \
              never asked for one.",
    fields: &[(FindingField::Count, "connections of this client to this server that failed this way")],
    causes: &[
        "`wss://` in the client's URL instead of `ws://`, or the wrong port of the two.",
        "TLS is to end at a proxy, and the client bypasses it.",
        "The server's TLS is switched off, or its certificate could not be loaded and it fell back to plain HTTP.",
    ],
    advice: &[
        "Try the other scheme: `curl -v http://HOST:PORT/` answers if the port is a plain one.",
        "Pages that are loaded over https may only open wss://: give the server TLS, or put a proxy with TLS in front.",
    ],
    messages: &[
        ("Node", "write EPROTO … SSL routines:ssl3_get_record:wrong version number"),
        ("Node", "write EPROTO … SSL routines::wrong version number"),
        ("Go net", "tls: first record does not look like a TLS handshake"),
        ("Java", "javax.net.ssl.SSLException: Unsupported or unrecognized SSL message"),
        ("OkHttp", "javax.net.ssl.SSLException: Unable to parse TLS packet header"),
        ("Rust rustls", "received corrupt message of type InvalidContentType"),
        (".NET", "Cannot determine the frame size or a corrupted frame was received."),
    ],
};

pub(super) static TUNNEL_REFUSED: CatalogEntry = CatalogEntry {
    id: Id::TunnelRefused,
    rfc: "RFC 9110 §9.3.6",
    title: "A proxy refused to open a tunnel",
    meaning: "No WebSocket got through: a proxy refused the client's CONNECT with a status other than 2xx, or a SOCKS proxy \
              its handshake (RFC 1928, RFC 1929; SOCKS 4 and 4a have no RFC). Clients that use a \
              proxy ask it for a tunnel before the upgrade (RFC 6455 §4.1). Refusals to one \
              client are folded by target; one that is followed by a tunnel to the same target, as after 407, \
              is not reported, nor is one from before the client named a target, if a tunnel follows. The side called \
              the server is the proxy. With a status that comes from a \
              server that is not a proxy (400, 404, 405, 501) it is a note.",
    fields: &[
        (FindingField::Status, "the HTTP status of the first refusal; absent with SOCKS"),
        (
            FindingField::Stage,
            "what a SOCKS proxy refused first: `socks4-request`, `socks5-methods` (of authentication), \
             `socks5-password` or `socks5-request`",
        ),
        (FindingField::Code, "the byte by which a SOCKS proxy said so"),
        (
            FindingField::Target,
            "the requested host and port; absent if a SOCKS proxy refused before the client named them",
        ),
        (FindingField::Count, "refusals"),
    ],
    causes: &[
        "407: the proxy wants credentials, and the client has none or not the right ones.",
        "403: the proxy's rules do not allow this host, or this port: many allow CONNECT to port 443 only.",
        "502 to 504: the proxy could not reach the target, or could not resolve its name.",
        "400, 404, 405, 501: it is no proxy. Something looks for open proxies, or the proxy's address is wrong.",
        "SOCKS 5, `socks5-methods`, `socks5-password`: the proxy wants credentials, and the client offers none or the wrong ones.",
        "SOCKS 5, a reply to a request (RFC 1928 §6): 2 the proxy's rules, 3 and 4 no way to the target, 5 nothing listens \
         there, 6 the way is too long or takes too long, 8 the proxy knows no addresses of this kind, as of IPv6; 1 anything else, often a \
         name that could not be resolved.",
        "SOCKS 4: 91 says no more than that it failed; 92 and 93 that the proxy asks the client's host who its user is (identd).",
    ],
    advice: &[
        "Give the client the proxy's credentials (`http://USER:PASSWORD@PROXY:PORT`), or a rule in the proxy for the target.",
        "Use wss:// on port 443, which proxies allow.",
        "Try `curl -v -x http://PROXY:PORT --proxytunnel https://HOST/` by hand, or `curl -v -x socks5h://PROXY:PORT https://HOST/`.",
    ],
    messages: &[
        ("Chrome", "net::ERR_PROXY_AUTH_REQUESTED"),
        ("curl", "CONNECT tunnel failed, response 407"),
        ("curl", "Received HTTP code 403 from proxy after CONNECT"),
        ("Node https-proxy-agent", "Proxy connection ended before receiving CONNECT response"),
        ("Go net", "proxyconnect tcp: …"),
        (
            "Java",
            "java.io.IOException: Unable to tunnel through proxy. Proxy returns \"HTTP/1.1 407 Proxy Authentication Required\"",
        ),
        ("python websockets", "failed to connect to HTTP proxy: HTTP 407"),
        ("Chrome", "net::ERR_SOCKS_CONNECTION_FAILED"),
        ("curl", "cannot complete SOCKS5 connection to HOST. (5)"),
        ("Node socks", "Socks5 proxy rejected connection - ConnectionRefused"),
        ("Chrome", "net::ERR_TUNNEL_CONNECTION_FAILED"),
    ],
};

pub(super) static RECONNECT_LOOP: CatalogEntry = CatalogEntry {
    id: Id::ReconnectLoop,
    rfc: "RFC 6455 §7.2.3",
    title: "Sessions of one client end as soon as they have begun, again and again",
    meaning: "The upgrade succeeds, but the session ends at once: at least 5 sessions of one client at one server, one after the \
              other, ended in the same way within 1 s of their 101, and more of its sessions ended this way than in \
              any other. Sessions that were closed in order (1000, 1001) are not counted, nor are those that a client left \
              after an answer, as a health check does. The side named is the one that ended them.",
    fields: &[
        (FindingField::Count, "sessions that ended like that"),
        (
            FindingField::IntervalMs,
            "median time from the beginning of one to that of the next, in milliseconds",
        ),
        (FindingField::LongestMs, "milliseconds from the 101 to the end of the one that lasted longest"),
        (FindingField::EndedBy, "how they ended: `close`, `fin` or `rst`"),
        (FindingField::Code, "the close code, if there was one"),
    ],
    causes: &[
        "The server's handler fails at once: an exception (1011), a dependency that is down, a missing route behind the upgrade.",
        "Credentials are checked after the upgrade and refused (1008, 3000, 4001, 4401), and the client does not look at the code.",
        "The client's first message is one that the server does not understand.",
        "A proxy accepts the upgrade and has nothing behind it.",
    ],
    advice: &[
        "Look at the server's log at the time of the first of them.",
        "Read the close code and the findings of one of these sessions.",
        "Let the client back off: first after a random 0 to 5 s, then growing, and start over only after a session has lasted.",
    ],
    messages: &[],
};

pub(super) static UPGRADE_FAILURES_REPEATED: CatalogEntry = CatalogEntry {
    id: Id::UpgradeFailuresRepeated,
    rfc: "RFC 6455 §7.2.3",
    title: "One client fails again and again at the same server",
    meaning: "This client cannot get through: at least 5 of its upgrade attempts at one server failed, each \
              begun after the one before had failed (several at once, as a page opens them, are one). The \
              finding counts all that failed and gives the typical interval. It is not a fault of its own: the \
              findings of the individual attempts say why each one failed.",
    fields: &[
        (FindingField::Count, "failed attempts"),
        (
            FindingField::IntervalMs,
            "median time between two attempts, in \
        milliseconds",
        ),
    ],
    causes: &[
        "A client that reconnects in a loop without handling the reason, such as expired credentials or a \
         wrong path.",
        "The server or its proxy is down or misconfigured for this client only.",
        "A short, fixed retry delay.",
    ],
    advice: &[
        "Read the findings of the individual attempts first.",
        "Let the client back off: first after a random 0 to 5 s, then growing, up to a minute.",
        "Do not retry on 401, 403 and 404 without changing anything.",
    ],
    messages: &[],
};

pub(super) static PROBE: CatalogEntry = CatalogEntry {
    id: Id::Probe,
    rfc: "",
    title: "A connection to a WebSocket server that never asked for a WebSocket",
    meaning: "Nothing is wrong with the server: something connected to it and did not ask for a WebSocket, \
              which is ordinary life on a network. Connections from one client are folded into one \
              finding. It is reported only for servers that speak WebSocket elsewhere in this capture.",
    fields: &[
        (FindingField::Kind, "what it sent: `empty`, `http`, `tls`, `http2` or `other`"),
        (FindingField::Count, "connections from this client"),
    ],
    causes: &[
        "A load balancer's or orchestrator's health check (TCP connect, or GET /).",
        "A monitoring system or port scanner.",
        "A browser that opens connections ahead of need.",
        "A client that speaks TLS to a plain port (`kind` is `tls`).",
        "A client that speaks HTTP/2 by prior knowledge, or agreed on it, and waits for the SETTINGS of a server that speaks \
         HTTP/1.1 alone (`kind` is `http2`).",
    ],
    advice: &[
        "Nothing, if the address is your load balancer.",
        "If it fills the server's log, give the health check its own path or port.",
        "For `tls`: use `ws://` instead of `wss://`, or terminate TLS in front of the server.",
        "For `http2`: let the client use HTTP/1.1 there, or switch HTTP/2 on at the server, without TLS as well (h2c).",
    ],
    messages: &[
        ("python websockets", "connection closed while reading HTTP request line"),
        ("python websockets", "connection rejected (426 Upgrade Required)"),
        ("python websockets", "missing Connection header"),
    ],
};
