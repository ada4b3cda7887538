//! Texts as libraries print them, and the page that `wsight explain` shows first for each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use wsight::findings::catalog::search;

/// Who prints what, and what it is about.
const TEXTS: &[(&str, &str, &str)] = &[
    // Chrome.
    ("Chrome", "WebSocket connection to 'wss://a.example/ws' failed:", "connection-refused"),
    ("Chrome", "WebSocket connection to 'ws://localhost:8080/' failed: ", "connection-refused"),
    (
        "Chrome",
        "WebSocket connection to 'ws://127.0.0.1:8778/' failed: Error in connection establishment: net::ERR_CONNECTION_REFUSED",
        "connection-refused",
    ),
    (
        "Chrome",
        "WebSocket connection to 'wss://a.example/' failed: Error in connection establishment: net::ERR_CONNECTION_TIMED_OUT",
        "connect-unanswered",
    ),
    (
        "Chrome",
        "WebSocket connection to 'wss://a.example/' failed: Error in connection establishment: net::ERR_CERT_DATE_INVALID",
        "tls-alert",
    ),
    (
        "Chrome",
        "WebSocket connection to 'wss://a.example/' failed: Error in connection establishment: net::ERR_SSL_PROTOCOL_ERROR",
        "tls-alert",
    ),
    (
        "Chrome",
        "WebSocket connection to 'wss://a.example/' failed: Error in connection establishment: net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
        "tls-alert",
    ),
    (
        "Chrome",
        "WebSocket connection to 'wss://a.example/xmpp' failed: Error in connection establishment: net::ERR_CONNECTION_CLOSED",
        "upgrade-no-response",
    ),
    (
        "Chrome",
        "WebSocket connection to 'wss://a.example/' failed: Error in connection establishment: net::ERR_TUNNEL_CONNECTION_FAILED",
        "upgrade-rejected",
    ),
    (
        "Chrome",
        "WebSocket connection to 'ws://a.example/' failed: Connection closed before receiving a handshake response",
        "upgrade-no-response",
    ),
    (
        "Chrome",
        "WebSocket connection to 'ws://localhost/?' failed: Error during WebSocket handshake: Unexpected response code: 404",
        "upgrade-rejected",
    ),
    (
        "Chrome",
        "WebSocket connection to 'ws://a.example/' failed: HTTP Authentication failed; no valid credentials available",
        "upgrade-rejected",
    ),
    (
        "Chrome",
        "WebSocket connection to 'wss://a.example/' failed: WebSocket opening handshake was canceled",
        "upgrade-unanswered",
    ),
    (
        "Chrome",
        "WebSocket connection to 'wss://a.example/' failed: WebSocket is closed before the connection is established.",
        "upgrade-unanswered",
    ),
    (
        "Chrome",
        "Error during WebSocket handshake: Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received",
        "subprotocol-unchosen",
    ),
    (
        "Chrome",
        "WebSocket connection to 'ws://127.0.0.1:42617/ws/chat' failed: Error during WebSocket handshake: Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received",
        "subprotocol-unchosen",
    ),
    (
        "Chrome",
        "Error during WebSocket handshake: Response must not include 'Sec-WebSocket-Protocol' header if not present in request: chat",
        "upgrade-subprotocol-unoffered",
    ),
    (
        "Chrome",
        "Error during WebSocket handshake: 'Sec-WebSocket-Protocol' header value 'mqttv3.1' in response does not match any of sent values",
        "upgrade-subprotocol-unoffered",
    ),
    (
        "Chrome",
        "Error during WebSocket handshake: 'Sec-WebSocket-Protocol' header must not appear more than once in a response",
        "upgrade-header-duplicate",
    ),
    (
        "Chrome",
        "Error during WebSocket handshake: Found an unsupported extension 'x-webkit-deflate-frame' in 'Sec-WebSocket-Extensions' header",
        "upgrade-extension-unoffered",
    ),
    (
        "Chrome",
        "Error during WebSocket handshake: 'Sec-WebSocket-Extensions' header value is rejected by the parser: permessage-deflate;",
        "upgrade-extension-invalid",
    ),
    (
        "Chrome",
        "WebSocket connection to 'wss://localhost:7681/' failed: One or more reserved bits are on: reserved1 = 1, reserved2 = 1, reserved3 = 1",
        "frame-reserved-bits",
    ),
    (
        "Chrome",
        "WebSocket connection to 'ws://a.example/' failed: Invalid frame header",
        "stream-not-websocket",
    ),
    (
        "Chrome",
        "WebSocket connection to 'ws://a.example/' failed: Could not decode a text frame as UTF-8.",
        "message-invalid-utf8",
    ),
    (
        "Chrome",
        "WebSocket connection to 'ws://a.example/' failed: A server must not mask any frames that it sends to the client.",
        "frame-masked",
    ),
    (
        "Chrome",
        "WebSocket connection to 'ws://a.example/' failed: Unrecognized frame opcode: 11",
        "frame-reserved-opcode",
    ),
    (
        "Chrome",
        "WebSocket connection to 'ws://a.example/' failed: Data frame received after close",
        "data-after-close",
    ),
    // Firefox.
    (
        "Firefox",
        "Firefox can’t establish a connection to the server at wss://a.example/ws.",
        "connection-refused",
    ),
    (
        "Firefox",
        "The connection to wss://a.example/_blazor?id=MjfdvhG59S1 was interrupted while the page was loading.",
        "close-missing",
    ),
    ("Firefox", "CloseEvent { wasClean: false, code: 1006, reason: \"\" }", "close-missing"),
    // Safari.
    (
        "Safari",
        "WebSocket connection to 'wss://a.example/' failed: WebSocket is closed due to suspension.",
        "close-missing",
    ),
    (
        "Safari",
        "WebSocket connection to 'wss://a.example/' failed: The operation couldn’t be completed. Socket is not connected",
        "close-missing",
    ),
    (
        "Safari",
        "WebSocket network error: The operation couldn’t be completed. Connection refused",
        "connection-refused",
    ),
    (
        "Safari",
        "WebSocket network error: The operation couldn’t be completed. Connection reset by peer",
        "connection-reset",
    ),
    (
        "Safari",
        "WebSocket connection to 'wss://a.example/' failed: There was a bad response from the server.",
        "upgrade-rejected",
    ),
    (
        "Safari",
        "WebSocket connection to 'wss://a.example/' failed: The network connection was lost.",
        "close-missing",
    ),
    ("Safari", "Sec-WebSocket-Protocol mismatch", "subprotocol-unchosen"),
    // Node's ws.
    ("Node ws", "Error: Unexpected server response: 401", "upgrade-rejected"),
    ("Node ws", "Error: unexpected server response (404)", "upgrade-rejected"),
    ("Node ws", "Error: Server sent no subprotocol", "subprotocol-unchosen"),
    ("Node ws", "Error: Server sent an invalid subprotocol", "upgrade-subprotocol-unoffered"),
    ("Node ws", "Error: Opening handshake has timed out", "upgrade-unanswered"),
    ("Node ws", "Error: WebSocket was closed before the connection was established", "upgrade-unanswered"),
    ("Node ws", "RangeError: Invalid WebSocket frame: MASK must be set", "frame-unmasked"),
    ("Node ws", "RangeError: Max payload size exceeded", "close-abnormal"),
    ("Node ws", "Error: Invalid Sec-WebSocket-Accept header", "upgrade-accept-mismatch"),
    ("Node ws", "Error: Invalid WebSocket frame: invalid status code 1006", "close-code-invalid"),
    ("Node", "Error: connect ETIMEDOUT 203.0.113.7:443", "connect-unanswered"),
    ("Node", "Error: read ETIMEDOUT", "data-unacknowledged"),
    ("Node", "Error: read ECONNRESET", "connection-reset"),
    ("Node", "Error: write EPIPE", "connection-reset"),
    (
        "Node",
        "Error: Client network socket disconnected before secure TLS connection was established",
        "tls-handshake-broken",
    ),
    ("Node", "Error: connect ECONNREFUSED ::1:8080", "connection-refused"),
    // undici.
    ("undici", "Error: Received network error or non-101 status code.", "upgrade-rejected"),
    ("undici", "Protocol was not set in the opening handshake.", "upgrade-subprotocol-unoffered"),
    ("undici", "Server did not set Connection header to \"upgrade\".", "upgrade-header-invalid"),
    ("undici", "Server did not set Upgrade header to \"websocket\".", "upgrade-header-invalid"),
    ("undici", "Incorrect hash received in Sec-WebSocket-Accept header.", "upgrade-accept-mismatch"),
    (
        "undici",
        "ConnectTimeoutError: Connect Timeout Error (attempted address: a.example:443, timeout: 10000ms)",
        "connect-unanswered",
    ),
    ("undici", "Invalid frame encountered.", "frame-reserved-bits"),
    // Python.
    (
        "python websockets",
        "websockets.exceptions.InvalidStatus: server rejected WebSocket connection: HTTP 403",
        "upgrade-rejected",
    ),
    (
        "python websockets",
        "websockets.exceptions.InvalidStatusCode: server rejected WebSocket connection: HTTP 200",
        "upgrade-rejected",
    ),
    (
        "python websockets",
        "websockets.exceptions.InvalidMessage: did not receive a valid HTTP response",
        "upgrade-response-malformed",
    ),
    (
        "python websockets",
        "websockets.exceptions.ConnectionClosedError: no close frame received or sent",
        "close-missing",
    ),
    (
        "python websockets",
        "websockets.exceptions.ConnectionClosedError: received 4401 (private use) Unauthorized; then sent 4401 (private use) Unauthorized",
        "close-abnormal",
    ),
    (
        "python websockets",
        "websockets.exceptions.ConnectionClosedError: sent 1011 (internal error) keepalive ping timeout; no close frame received",
        "ping-unanswered",
    ),
    ("python websockets", "TimeoutError: timed out during opening handshake", "upgrade-unanswered"),
    (
        "python websockets",
        "websockets.exceptions.NegotiationError: missing subprotocol",
        "subprotocol-unchosen",
    ),
    ("python websockets", "websockets.exceptions.SecurityError: line too long", "upgrade-head-too-large"),
    (
        "python websockets",
        "websockets.exceptions.ConnectionClosedError: sent 1009 (message too big) frame with 1048577 bytes exceeds limit of 1048576 bytes; no close frame received",
        "close-abnormal",
    ),
    (
        "Python",
        "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:1006)",
        "tls-alert",
    ),
    ("Python", "ssl.SSLError: [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1000)", "tls-alert"),
    ("Python", "TimeoutError: [Errno 110] Connect call failed ('203.0.113.7', 443)", "connect-unanswered"),
    ("Python", "ConnectionResetError: [Errno 104] Connection reset by peer", "connection-reset"),
    (
        "websocket-client",
        "websocket._exceptions.WebSocketBadStatusException: Handshake status 403 Forbidden",
        "upgrade-rejected",
    ),
    (
        "websocket-client",
        "websocket._exceptions.WebSocketConnectionClosedException: Connection to remote host was lost.",
        "close-missing",
    ),
    ("websocket-client", "ping/pong timed out", "ping-unanswered"),
    (
        "aiohttp",
        "aiohttp.client_exceptions.WSServerHandshakeError: 400, message='Invalid response status', url='ws://a.example/'",
        "upgrade-rejected",
    ),
    ("Python", "Connection timed out", "connect-unanswered"),
    // Go.
    ("gorilla/websocket", "websocket: bad handshake", "upgrade-rejected"),
    ("gorilla/websocket", "websocket: close 1006 (abnormal closure): unexpected EOF", "close-missing"),
    ("gorilla/websocket", "websocket: close 4400", "close-abnormal"),
    ("gorilla/websocket", "websocket: close 1012 (service restart)", "close-abnormal"),
    ("gorilla/websocket", "websocket: close 1005 (no status)", "close-abnormal"),
    ("gorilla/websocket", "panic: concurrent write to websocket connection", "frame-interleaved"),
    (
        "gorilla/websocket",
        "websocket: the client is not using the websocket protocol: 'upgrade' token not found in 'Connection' header",
        "upgrade-header-stripped",
    ),
    ("Go net", "write tcp 10.0.0.1:8080->10.0.0.2:51234: i/o timeout", "receiver-stalled"),
    ("Go net", "read tcp 10.0.0.1:8080->10.0.0.2:51234: read: connection timed out", "data-unacknowledged"),
    ("Go net", "dial tcp 203.0.113.7:443: i/o timeout", "connect-unanswered"),
    ("Go net", "write tcp 10.0.0.1:8080->10.0.0.2:51234: write: broken pipe", "connection-reset"),
    ("Go", "x509: certificate signed by unknown authority", "tls-alert"),
    (
        "nhooyr.io/websocket",
        "failed to WebSocket dial: expected handshake response status code 101 but got 500",
        "upgrade-rejected",
    ),
    ("nhooyr.io/websocket", "failed to get reader: failed to read frame header: EOF", "close-missing"),
    (
        "nhooyr.io/websocket",
        "failed to get reader: received close frame: status = StatusPolicyViolation and reason = \"no\"",
        "close-abnormal",
    ),
    (
        "nhooyr.io/websocket",
        "failed to get reader: received header with unexpected rsv bits set: false:true:false",
        "frame-reserved-bits",
    ),
    ("nhooyr.io/websocket", "failed to read: read limited at 32769 bytes", "close-abnormal"),
    (
        "nhooyr.io/websocket",
        "failed to ping: failed to wait for pong: context deadline exceeded",
        "ping-unanswered",
    ),
    // Java.
    (
        "Tyrus",
        "jakarta.websocket.DeploymentException: Handshake response not received.",
        "upgrade-no-response",
    ),
    (
        "Tyrus",
        "org.glassfish.tyrus.core.HandshakeException: Response code was not 101: 404",
        "upgrade-rejected",
    ),
    (
        "Jetty",
        "org.eclipse.jetty.websocket.api.UpgradeException: Failed to upgrade to websocket: Unexpected HTTP Response Status Code: 502 Bad Gateway",
        "upgrade-rejected",
    ),
    (
        "Jetty",
        "org.eclipse.jetty.websocket.api.UpgradeException: Didn't switch protocols, expected status <101>, but got <200>",
        "upgrade-rejected",
    ),
    (
        "Jetty",
        "org.eclipse.jetty.websocket.api.MessageTooLargeException: Resulting message size [73728] is too large for configured max of [65536]",
        "close-abnormal",
    ),
    (
        "Jetty",
        "java.util.concurrent.TimeoutException: Idle timeout expired: 300001/300000 ms",
        "idle-timeout",
    ),
    (
        "Jetty",
        "org.eclipse.jetty.websocket.api.exceptions.WebSocketTimeoutException: Connection Idle Timeout",
        "idle-timeout",
    ),
    ("OkHttp", "java.net.ProtocolException: Expected HTTP 101 response but was '200 OK'", "upgrade-rejected"),
    (
        "OkHttp",
        "java.net.SocketTimeoutException: sent ping but didn't receive pong within 5000ms (after 0 successful ping/pongs)",
        "ping-unanswered",
    ),
    (
        "OkHttp",
        "java.net.ProtocolException: Expected 'Connection' header value 'Upgrade' but was 'null'",
        "upgrade-header-missing",
    ),
    (
        "OkHttp",
        "java.net.ProtocolException: Expected 'Connection' header value 'Upgrade' but was 'close'",
        "upgrade-header-invalid",
    ),
    (
        "Tyrus",
        "org.glassfish.tyrus.core.ProtocolException: RSV bit(s) incorrectly set.",
        "frame-reserved-bits",
    ),
    (
        "uvicorn",
        "RuntimeError: Unexpected ASGI message 'websocket.send', after sending 'websocket.close' or response already completed.",
        "close-missing",
    ),
    ("OkHttp", "java.io.EOFException at okhttp3.internal.ws.WebSocketReader.readHeader", "close-missing"),
    ("OkHttp", "java.net.ProtocolException: Control frames must be final.", "control-fragmented"),
    ("OkHttp", "java.net.ProtocolException: Server-sent frames must not be masked.", "frame-masked"),
    ("Java", "java.net.SocketException: Software caused connection abort", "connection-reset"),
    ("Java", "java.net.ConnectException: Connection refused: connect", "connection-refused"),
    (
        "Spring",
        "org.springframework.web.socket.handler.SessionLimitExceededException: Buffer size 524500 bytes for session '7a' exceeds the allowed limit 524288",
        "receiver-stalled",
    ),
    (
        "Spring",
        "java.lang.IllegalStateException: The remote endpoint was in state [TEXT_PARTIAL_WRITING] which is an invalid state for called method",
        "frame-interleaved",
    ),
    ("Spring", "Handshake failed due to invalid Upgrade header: null", "upgrade-header-missing"),
    (
        "Java",
        "javax.net.ssl.SSLHandshakeException: PKIX path building failed: unable to find valid certification path to requested target",
        "tls-alert",
    ),
    // .NET.
    (
        ".NET",
        "System.Net.WebSockets.WebSocketException (0x80004005): The remote party closed the WebSocket connection without completing the close handshake.",
        "close-missing",
    ),
    (
        ".NET",
        "The server returned status code '404' when status code '101' was expected.",
        "upgrade-rejected",
    ),
    (
        ".NET",
        "System.Net.WebSockets.WebSocketException: Unable to connect to the remote server",
        "connection-refused",
    ),
    (".NET", "The 'Sec-WebSocket-Accept' header value 'x' is invalid.", "upgrade-accept-mismatch"),
    (
        ".NET",
        "The WebSocket client request requested 'chat' protocol(s), but server is only accepting 'soap' protocol(s).",
        "upgrade-subprotocol-unoffered",
    ),
    (".NET", "The WebSocket received a frame with one or more reserved bits set.", "frame-reserved-bits"),
    (
        ".NET",
        "Unable to read data from the transport connection: An existing connection was forcibly closed by the remote host.",
        "connection-reset",
    ),
    (
        ".NET",
        "No connection could be made because the target machine actively refused it.",
        "connection-refused",
    ),
    (
        ".NET",
        "The remote certificate is invalid according to the validation procedure: RemoteCertificateNameMismatch",
        "tls-alert",
    ),
    // Rust.
    (
        "Rust tungstenite",
        "WebSocket protocol error: Connection reset without closing handshake",
        "close-missing",
    ),
    ("Rust tungstenite", "HTTP error: 403 Forbidden", "upgrade-rejected"),
    ("Rust tungstenite", "WebSocket protocol error: Handshake not finished", "upgrade-no-response"),
    (
        "Rust tungstenite",
        "WebSocket protocol error: SubProtocol error: Server sent no subprotocol",
        "subprotocol-unchosen",
    ),
    ("Rust tungstenite", "Space limit exceeded: Message too long: 67108865 > 67108864", "close-abnormal"),
    (
        "Rust tungstenite",
        "WebSocket protocol error: Sending after closing is not allowed",
        "data-after-close",
    ),
    ("Rust", "IO error: Connection timed out (os error 110)", "data-unacknowledged"),
    ("rustls", "invalid peer certificate: UnknownIssuer", "tls-alert"),
    ("rustls", "peer closed connection without sending TLS close_notify", "tls-closed-early"),
    // Proxies and tools.
    (
        "nginx",
        "upstream timed out (110: Connection timed out) while proxying upgraded connection",
        "idle-timeout",
    ),
    ("curl", "curl: (52) Empty reply from server", "upgrade-no-response"),
    (
        "Envoy",
        "upstream connect error or disconnect/reset before headers. reset reason: connection failure",
        "upgrade-rejected",
    ),
    ("AWS", "Endpoint request timed out", "upgrade-rejected"),
    ("Wireshark", "[TCP Keep-Alive] [TCP Retransmission]", "data-unacknowledged"),
    ("Wireshark", "[TCP ZeroWindow]", "receiver-stalled"),
    ("Linux", "No route to host", "connect-unanswered"),
    // A peer's own limit, and closes that are in order.
    ("Node ws", "Max payload size exceeded", "close-abnormal"),
    ("python websockets", "frame with 2097152 bytes exceeds limit of 1048576 bytes", "close-abnormal"),
    (
        "python websockets",
        "websockets.exceptions.PayloadTooBig: over size limit (5 > 4 bytes)",
        "close-abnormal",
    ),
    ("gorilla/websocket", "websocket: read limit exceeded", "close-abnormal"),
    ("undici", "Max decompressed message size exceeded", "close-abnormal"),
    ("Tyrus", "Buffer overflow.", "close-abnormal"),
    (
        "Tyrus",
        "Message too long; allowed message size is 4096 bytes. (Current message length is 5000 bytes).",
        "close-abnormal",
    ),
    (
        "Jetty",
        "Text message too large: (actual) 65536 > (configured max text message size) 65535",
        "close-abnormal",
    ),
    ("WebSocket-Node", "Frame size of 131000 bytes exceeds maximum accepted frame size", "close-abnormal"),
    ("uWebSockets", "Received too big message", "close-abnormal"),
    ("Netty", "Max frame length of 65536 has been exceeded", "close-abnormal"),
    (
        "Netty",
        "io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException: Max frame length of 65536 has been exceeded.",
        "close-abnormal",
    ),
    ("what people call it", "frame with 70000 octets exceeds limit", "close-abnormal"),
    ("a code", "close 1005", "close-abnormal"),
    ("a code", "1005 no status received", "close-abnormal"),
    ("a code", "1015 TLS handshake", "tls-alert"),
    ("python websockets", "received 1000 (OK); then sent 1000 (OK)", "close-abnormal"),
    ("python websockets", "sent 1001 (going away); then received 1001 (going away)", "close-abnormal"),
    ("nhooyr.io/websocket", "received close frame: status = StatusGoingAway", "close-abnormal"),
    (
        "nhooyr.io/websocket",
        "failed to get reader: received close frame: status = StatusGoingAway and reason = \"\"",
        "close-abnormal",
    ),
    ("browsers", "CloseEvent { wasClean: true, code: 1005, reason: \"\" }", "close-abnormal"),
    // States, timeouts and failures that say little.
    (".NET", "The WebSocket is in an invalid state ('Aborted') for this operation", "close-missing"),
    (
        ".NET",
        "System.Net.WebSockets.WebSocketException: The WebSocket is in an invalid state ('Aborted') for this operation. Valid states are: 'Open, CloseReceived'",
        "close-missing",
    ),
    ("a word", "pong timeout", "ping-unanswered"),
    ("Jetty", "CloseException: java.util.concurrent.TimeoutException: Idle Timeout", "idle-timeout"),
    (
        "Jetty",
        "org.eclipse.jetty.websocket.api.CloseException: java.util.concurrent.TimeoutException: Idle timeout expired: 300001/300000 ms",
        "idle-timeout",
    ),
    (
        "Tomcat",
        "javax.websocket.DeploymentException: The HTTP response from the server [200] did not permit the HTTP upgrade to WebSocket",
        "upgrade-rejected",
    ),
    (
        "Tomcat",
        "The HTTP response from the server [200] did not permit the HTTP upgrade to WebSocket",
        "upgrade-rejected",
    ),
    ("Tomcat", "The HTTP request to initiate the WebSocket connection failed", "connection-refused"),
    (
        "Tomcat",
        "The HTTP request to initiate the WebSocket connection to [ws://172.26.2.109:8088/ws-stomp/websocket] failed",
        "connection-refused",
    ),
    ("Spring", "SockJsTransportFailureException: Failed to send message", "connection-reset"),
    (
        "Spring",
        "org.springframework.web.socket.sockjs.SockJsTransportFailureException: Failed to send message; nested exception is java.io.IOException: Broken pipe",
        "connection-reset",
    ),
    // A code or a word alone.
    ("a code", "HTTP 431", "upgrade-head-too-large"),
    ("Node", "HTTP/1.1 431 Request Header Fields Too Large", "upgrade-head-too-large"),
    ("a code", "HTTP 404", "upgrade-rejected"),
    ("a code", "1000", "close-abnormal"),
    ("a code", "1015", "tls-alert"),
    ("a code", "1006", "close-missing"),
    ("a code", "1009", "close-abnormal"),
    ("a code", "4400", "close-abnormal"),
    ("a code", "close code 4001", "close-abnormal"),
    ("a code", "ECONNRESET", "connection-reset"),
    ("a word", "wss", "tls-alert"),
    ("a word", "zero window", "receiver-stalled"),
    ("a word", "half-open", "data-unacknowledged"),
    ("a word", "MTU", "data-unacknowledged"),
];

#[test]
fn real_texts_find_their_page_first() {
    assert!(TEXTS.len() >= 120);
    let mut wrong = Vec::new();
    for (source, text, page) in TEXTS {
        let found: Vec<&str> = search(text).iter().map(|entry| entry.id.name()).collect();
        if found.first() != Some(page) {
            wrong.push(format!("{source}: {text}\n    finds {found:?}, not {page}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), TEXTS.len(), wrong.join("\n"));
}
