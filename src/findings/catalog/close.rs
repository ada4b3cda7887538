//! How sessions end: Close frames, and connections that end without one.

use super::{CatalogEntry, Id};
use crate::findings::field::FindingField;

pub(super) static CLOSE_MISSING: CatalogEntry = CatalogEntry {
    id: Id::CloseMissing,
    rfc: "RFC 6455 §7.1.5",
    title: "TCP ended without a Close frame: what libraries call 1006",
    meaning: "Libraries report code 1006 here, which never appears on the wire: the connection ended, and \
              neither side had sent a Close frame. The finding says how TCP ended and which side began, \
              or that both ended at once (neither FIN acknowledges the other), or that the other side, whose host is there, never ended \
              its own direction, as a program does that leaks sockets. The cause usually lies outside the WebSocket layer. \
              A side that leaves because the other one has just violated the protocol may do so without a Close: then it is a note. \
              If at least 3 sessions of a server end so within 100 ms, a note about all of them says that it was one event, and \
              no idle timeout.",
    fields: &[
        (FindingField::EndedBy, "how TCP ended: `fin` or `rst`; absent in the note about several sessions"),
        (
            FindingField::SilenceMs,
            "milliseconds since the last frame of either side, if they are 5 s or more",
        ),
        (FindingField::Sessions, "how many sessions ended at once; only in the note about them"),
    ],
    causes: &[
        "A proxy or load balancer closed an idle connection (nginx `proxy_read_timeout` 60 s, AWS ALB 60 \
         s, Cloudflare 100 s). See `idle-timeout`.",
        "The process crashed, was killed, or was redeployed; a proxy reloaded its configuration (nginx \
         `worker_shutdown_timeout`).",
        "The application closed the socket instead of the WebSocket (`socket.destroy()`, `conn.Close()` in \
         Go, process exit).",
        "The browser tab was closed, the device slept or changed its network.",
    ],
    advice: &[
        "See who sent the first FIN or RST, and what came before it.",
        "If silence came before: ping every 20 to 30 s, and raise the proxy's timeout (nginx \
         `proxy_read_timeout 3600s;`).",
        "On shutdown, send Close with 1001 and wait for the echo.",
        "In clients, treat 1006 as a lost connection and reconnect with a growing, random delay.",
    ],
    messages: &[
        ("websocket-client", "Connection to remote host was lost."),
        ("Rust tungstenite", "Connection reset without closing handshake"),
        ("python websockets", "no close frame received or sent"),
        ("python websockets 8.1", "code = 1006 (connection closed abnormally [internal]), no reason"),
        ("Python asyncio", "0 bytes read on a total of 2 expected bytes"),
        ("Rust tungstenite", "ResetWithoutClosingHandshake"),
        ("gorilla/websocket", "websocket: close 1006 (abnormal closure): unexpected EOF"),
        ("browsers", "wasClean: false, code: 1006"),
        ("Firefox", "The connection to … was interrupted while the page was loading."),
        ("python websockets", "received … no close frame sent"),
        ("python websockets", "stream ends after 0 bytes, expected 2 bytes"),
        (".NET", "The remote party closed the WebSocket connection without completing the close handshake."),
        ("Safari", "WebSocket is closed due to suspension."),
        ("Safari", "The network connection was lost."),
        ("Safari", "Socket is not connected"),
        ("nhooyr.io/websocket", "failed to read frame header: EOF"),
        ("OkHttp", "java.io.EOFException at okhttp3.internal.ws.WebSocketReader.readHeader"),
        (".NET", "The WebSocket is in an invalid state ('Aborted') for this operation."),
        (
            "uvicorn",
            "Unexpected ASGI message 'websocket.send', after sending 'websocket.close' or response already completed.",
        ),
        ("Node ws", "WebSocket is not open: readyState 3 (CLOSED)"),
        ("socket.io", "transport close"),
        ("Spring", "CloseStatus[code=1006, reason=null]"),
        ("gorilla/websocket", "repeated read on failed websocket connection"),
        ("Rust tungstenite", "Trying to work with closed connection"),
        ("Qt", "RemoteHostClosedError"),
        ("Qt", "The remote host closed the connection"),
        (
            "SignalR",
            "Connection disconnected with error 'Error: Websocket closed with status code: 1006 ().'",
        ),
        ("Go", "use of closed network connection"),
        ("browsers", "{\"isTrusted\":true}"),
    ],
};

pub(super) static CLOSE_UNANSWERED: CatalogEntry = CatalogEntry {
    id: Id::CloseUnanswered,
    rfc: "RFC 6455 §5.5.1",
    title: "A Close frame was not answered",
    meaning: "The closing handshake is incomplete, and data on its way may be lost: one side sent Close, \
              and the other ended the connection, or let it end, without sending a Close of its own. A side \
              that ends TCP right after its Close leaves no time for an answer: then it is a note about that \
              side. A Close that is never acknowledged is nobody's fault that the capture could show. If it was the capture that ended, the Close may have come later.",
    fields: &[],
    causes: &[
        "The receiver closes TCP at once when it sees a Close.",
        "The sender does not wait: it sends Close and closes the socket.",
        "The receiver is blocked, and the sender's close timeout ran out (10 s in python websockets, 30 s \
         in Node ws).",
        "The peer was already gone.",
    ],
    advice: &[
        "See who ended TCP first, and how long after the Close.",
        "Receiver: let the library answer the Close. Sender: wait for the echo before closing the socket.",
    ],
    messages: &[
        ("python websockets", "sent 1000 (OK); no close frame received"),
        ("python websockets", "sent … no close frame received"),
        ("python websockets", "timed out while closing connection"),
        ("python websockets 8.1", "code = 1006 (connection closed abnormally [internal]), no reason"),
    ],
};

pub(super) static CLOSE_CODE_INVALID: CatalogEntry = CatalogEntry {
    id: Id::CloseCodeInvalid,
    rfc: "RFC 6455 §7.4",
    title: "A Close frame has a code that is not allowed on the wire",
    meaning: "The receiver fails the connection with 1002 instead of learning why the sender closed. \
              Allowed are 1000 to 1003, 1007 to 1014 and 3000 to 4999. 1005, 1006 and 1015 exist only in \
              what an endpoint reports to its own application; 1004 and 1016 to 2999 are reserved; \
              nothing below 1000 or above 4999 is a code.",
    fields: &[(FindingField::Code, "the code as sent")],
    causes: &[
        "A proxy or relay that passes on the code its library reported (1005 or 1006) as if it had been \
         received.",
        "An application that closes with 0, an HTTP status or an errno.",
        "Payload bytes in the wrong order, or a Close whose body is only a text.",
    ],
    advice: &[
        "Relays: map 1005 to an empty Close, and 1006 and 1015 to 1011 or 1014.",
        "Applications: use 1000, 1001, 1011 or a code of your own from 4000 to 4999.",
    ],
    messages: &[
        ("python websockets", "invalid status code"),
        ("Node ws", "Invalid WebSocket frame: invalid status code …"),
        ("Node ws", "WS_ERR_INVALID_CLOSE_CODE"),
        ("Chrome", "Received a broken close frame containing a reserved status code."),
        ("wsproto", "CLOSE with invalid code"),
        ("wsproto", "remote CLOSE with local-only reason"),
        ("wsproto", "CLOSE with unknown reserved code"),
        ("Rust tungstenite", "Invalid close sequence"),
        ("gorilla/websocket", "websocket: bad close code …"),
        ("gorilla/websocket", "websocket: invalid close code"),
        ("aiohttp", "Invalid close code: …"),
        ("websocket-client", "Invalid close opcode …"),
        ("OkHttp", "Code … is reserved and may not be used."),
        ("OkHttp", "Code must be in range [1000,5000): …"),
    ],
};

pub(super) static CLOSE_PAYLOAD_INVALID: CatalogEntry = CatalogEntry {
    id: Id::ClosePayloadInvalid,
    rfc: "RFC 6455 §5.5.1",
    title: "A Close frame has a body of 1 byte",
    meaning: "The receiver fails the connection with 1002. The body of a Close is either empty or begins \
              with a code of two bytes; one byte is neither.",
    fields: &[],
    causes: &[
        "A hand-written sender that writes the code as one byte.",
        "A body that was cut, or a stray NUL.",
        "An earlier frame with a wrong length, so payload is read as a Close.",
    ],
    advice: &["Write the code as two bytes, the high one first: 1000 is `03 e8`."],
    messages: &[
        ("Tomcat", "The client sent a close frame with a single byte payload which is not valid"),
        ("python websockets", "close frame too short"),
        ("Node ws", "Invalid WebSocket frame: invalid payload length 1"),
        ("Chrome", "Received a broken close frame with an invalid size of 1 byte."),
        ("WebKit", "Received a broken close frame containing an invalid size body."),
        ("wsproto", "CLOSE with 1 byte payload"),
        ("Rust tungstenite", "Invalid close sequence"),
        ("gorilla/websocket", "websocket: invalid close payload"),
        ("aiohttp", "Invalid close frame: …"),
        ("websocket-client", "Invalid close frame."),
    ],
};

pub(super) static CLOSE_REASON_INVALID_UTF8: CatalogEntry = CatalogEntry {
    id: Id::CloseReasonInvalidUtf8,
    rfc: "RFC 6455 §5.5.1",
    title: "A Close frame's reason is not UTF-8",
    meaning: "The real reason may be lost on the receiver's side. What follows the code in a Close has to \
              be UTF-8, and the receiver may fail the connection with 1007 instead of reporting the code \
              that was sent.",
    fields: &[(FindingField::Code, "the close code")],
    causes: &[
        "A reason cut to 123 bytes in the middle of a character.",
        "A reason in Latin-1 or another encoding, often a system error text.",
        "Binary data as a reason.",
    ],
    advice: &["Cut the reason at a character's boundary, or keep it in ASCII."],
    messages: &[
        ("Chrome", "Received a broken close frame containing invalid UTF-8."),
        ("Node ws", "Invalid WebSocket frame: invalid UTF-8 sequence"),
        ("gorilla/websocket", "websocket: invalid utf8 payload in close frame"),
        ("wsproto", "Error decoding CLOSE reason: …"),
        ("python websockets", "invalid continuation byte at position …"),
        ("aiohttp", "Invalid UTF-8 text message"),
        ("Rust tungstenite", "UTF-8 encoding error: …"),
    ],
};

pub(super) static CLOSE_ABNORMAL: CatalogEntry = CatalogEntry {
    id: Id::CloseAbnormal,
    rfc: "RFC 6455 §7.4.1",
    title: "A Close whose code reports a failure (1000, 1001 and 1005 do not)",
    meaning: "1000 (normal closure), 1001 (going away) and 1005 (a library's word for a Close without a code) are ordinary \
              ends: where a log or an exception has one of these, nothing failed, and nothing is reported. With any other \
              code a peer says that something went wrong: 1002, 1003, 1007 to 1014, or one from 3000 to 4999. With 1002, \
              1003 and 1007 to 1010 it complains about the other side, with 1011 to 1014 about itself or what is behind it. \
              3000 (unauthorized), 3003 (forbidden) and 3008 (timeout) are in the IANA registry; what 4000 to 4999 mean is \
              up to the application, and many use them for errors such as a missing login. The complaint may be wrong; see \
              whether another finding confirms it. It is a warning if it comes while the other side is still sending a \
              frame, the rest of which then never comes, unless the length of that frame is what is wrong.",
    fields: &[
        (FindingField::Code, "the close code"),
        (FindingField::Reason, "the reason text, if there is one"),
    ],
    causes: &[
        "1002 or 1007: the sender saw a broken frame or text. The other side's finding, if any, names it.",
        "1009: a message was larger than the sender's limit (1 MiB in python websockets, 100 MiB in Node ws, 64 KiB a \
         frame in Netty).",
        "1011: an exception in the handler, or a keepalive timeout (python websockets: `keepalive ping \
         timeout`).",
        "1008 or 1003: a policy or type that the application refuses, such as an expired token.",
        "1012 to 1014: restart, overload, or a bad gateway behind the server.",
        "3000, 3003: the client is not logged in, or may not do this. 3008: it did not answer, or not in time.",
        "4000 to 4999: see the application's documentation (graphql-ws: 4400 bad request, 4401 unauthorized, 4403 \
         forbidden, 4408 no init in time, 4409 subscriber exists, 4429 too many; Pusher: 4000 to 4299; Discord: 4000 to 4014).",
    ],
    advice: &[
        "Look at the log of the side that sent the Close, at that time: it knows the cause.",
        "For 1009: raise the limit there (python websockets `max_size`, Node ws `maxPayload`, Netty \
         `maxFramePayloadLength`) or send smaller messages.",
        "For 1011 with `keepalive ping timeout`: see `ping-unanswered` and `pong-mismatch`.",
    ],
    messages: &[
        ("Spring", "CloseStatus[code=1011, reason=null]"),
        ("python websockets", "received 1011 (internal error)"),
        ("python websockets 10.4", "received 1011 (unexpected error)"),
        ("python websockets", "received 1002 (protocol error)"),
        ("python websockets", "received 1009 (message too big)"),
        ("python websockets", "received 1008 (policy violation)"),
        ("python websockets", "received 1012 (service restart)"),
        ("python websockets 8.1", "code = 1011 (unexpected error), no reason"),
        ("python websockets 8.1", "code = 1002 (protocol error)"),
        ("python websockets 8.1", "code = 1009 (message too big)"),
        ("python websockets 8.1", "code = 1008 (policy violation)"),
        ("gorilla/websocket", "websocket: close 1011 (internal server error)"),
        ("gorilla/websocket", "websocket: close 1008 (policy violation)"),
        ("gorilla/websocket", "websocket: close 1009 (message too big)"),
        ("gorilla/websocket", "websocket: close 1002 (protocol error)"),
        ("python websockets", "received … (private use)"),
        ("python websockets", "received 1003 (unsupported data)"),
        ("gorilla/websocket", "websocket: close 1012 (service restart)"),
        ("gorilla/websocket", "websocket: close 1013 (try again later)"),
        ("nhooyr.io/websocket", "received close frame: status = StatusInternalError"),
        ("nhooyr.io/websocket", "received close frame: status = StatusPolicyViolation"),
        ("nhooyr.io/websocket", "received close frame: status = StatusMessageTooBig"),
        ("nhooyr.io/websocket", "received close frame: status = StatusProtocolError"),
        ("Node ws", "Max payload size exceeded"),
        ("Node ws", "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"),
        ("Netty", "Max frame length of … has been exceeded"),
        ("gorilla/websocket", "websocket: read limit exceeded"),
        ("aiohttp", "Message size … exceeds limit …"),
        ("aiohttp", "Decompressed message exceeds size limit …"),
        ("Chrome", "Message size is too large."),
        ("Tomcat", "The decoded text message was too big for the output buffer"),
        ("what people call it", "frame with … octets exceeds limit"),
        ("python websockets", "frame with … bytes exceeds limit of … bytes"),
        ("Rust tungstenite", "Space limit exceeded: Message too long: … > …"),
        ("Jetty", "Resulting message size … is too large for configured max of …"),
        ("nhooyr.io/websocket", "read limited at … bytes"),
        ("python websockets", "frame exceeds limit of … bytes"),
        ("python websockets 8.1", "payload length exceeds size limit (… > … bytes)"),
        ("python websockets", "over size limit (… > … bytes)"),
        ("python websockets", "message too big"),
        ("python websockets", "fragmented message exceeds limit of … frames"),
        ("Tyrus", "Message too long; allowed message size is … bytes. (Current message length is … bytes)."),
        ("Tyrus", "Buffer overflow."),
        ("Tyrus", "Partial message could not be delivered due to buffer overflow."),
        ("Jetty", "message too large: (actual) … > (configured max … message size) …"),
        ("WebSocket-Node", "Frame size of … bytes exceeds maximum accepted frame size"),
        ("uWebSockets", "Received too big message"),
        ("undici", "Max decompressed message size exceeded"),
        ("undici", "UND_ERR_WS_MESSAGE_SIZE_EXCEEDED"),
        ("undici", "Received payload length > 2^31 bytes."),
        ("actix", "A payload reached size limit."),
        ("what people call it", "message size exceeds limit"),
        ("python websockets, of an ordinary end", "received 1000 (OK); then sent 1000 (OK)"),
        ("python websockets, of an ordinary end", "sent 1000 (OK); then received 1000 (OK)"),
        ("python websockets, of an ordinary end", "received 1001 (going away); then sent 1001 (going away)"),
        ("python websockets, of an ordinary end", "sent 1001 (going away); then received 1001 (going away)"),
        ("python websockets, of an ordinary end", "1005 (no status received [internal])"),
        ("gorilla/websocket, of an ordinary end", "websocket: close 1000 (normal)"),
        ("gorilla/websocket, of an ordinary end", "websocket: close 1001 (going away)"),
        ("gorilla/websocket, of an ordinary end", "websocket: close 1005 (no status)"),
        ("nhooyr.io/websocket, of an ordinary end", "received close frame: status = StatusNormalClosure"),
        ("nhooyr.io/websocket, of an ordinary end", "received close frame: status = StatusGoingAway"),
        ("nhooyr.io/websocket, of an ordinary end", "received close frame: status = StatusNoStatusRcvd"),
        ("browsers, of an ordinary end", "wasClean: true, code: 1005"),
        ("Boost.Beast, of an ordinary end", "The WebSocket stream was gracefully closed at both endpoints"),
        ("Rust tungstenite, of an ordinary end", "Connection closed normally"),
        ("Jetty", "MessageTooLargeException: Text message too large: …"),
        ("Jetty", "MessageTooLargeException: Binary message too large: …"),
        ("SignalR", "Server returned handshake error: Handshake was canceled."),
    ],
};

pub(super) static CLOSE_RIGHT_AFTER_DATA: CatalogEntry = CatalogEntry {
    id: Id::CloseRightAfterData,
    rfc: "RFC 6455 §5.5.1",
    title: "A message and the Close reached the peer together",
    meaning: "A receiver that drops its queue on close loses the last message, although its bytes were \
              delivered: the message and the sender's Close are in one packet, or less than 1 ms apart. \
              `acked` says whether TCP acknowledged them; it cannot say whether the application read them.",
    fields: &[
        (FindingField::Message, "the number of the message"),
        (FindingField::Acked, "whether the peer's TCP acknowledged its bytes: `true` or `false`"),
    ],
    causes: &[
        "The sender calls `send()` and `close()` directly after each other, which is legal.",
        "The receiver stops its read loop at the Close and discards what is queued.",
        "An application that handles messages in other tasks and cancels them on close.",
    ],
    advice: &[
        "Receiver: drain the queue before acting on the close (python websockets: iterate with `async \
         for`, do not cancel the reader).",
        "Sender: for data that must arrive, wait for an answer from the application before closing.",
    ],
    messages: &[],
};

pub(super) static RESET_AFTER_CLOSE: CatalogEntry = CatalogEntry {
    id: Id::ResetAfterClose,
    rfc: "RFC 6455 §7.1.1",
    title: "A reset followed the Close so soon that the peer may not see the Close",
    meaning: "The peer may report a lost connection (1006) instead of the code and reason that were sent. \
              One side sent Close and, within 1 s, a reset without waiting for the answer, while the \
              Close was not yet acknowledged or a message, or a part of a frame, from the other side had not been read. A reset \
              makes the receiver's TCP discard what the program has not read yet. It is a note if the side ended TCP (FIN) without \
              waiting, and the other side's Close met the reset: both have the Close, but some libraries report the reset.",
    fields: &[(FindingField::AfterMs, "milliseconds from the Close to the reset")],
    causes: &[
        "The program closes the socket right after sending Close: with unread data in its buffer, TCP \
         sends a reset instead of a FIN.",
        "`SO_LINGER` with 0 seconds, or `socket.destroy()` or `terminate()` after `close()`.",
        "The process exits without waiting for the closing handshake.",
    ],
    advice: &[
        "After sending Close, read on until the answer comes or a few seconds have passed, then close TCP.",
        "On shutdown wait for all closing handshakes: python websockets `await server.wait_closed()`, Go \
         `http.Server.RegisterOnShutdown`.",
        "Do not set `SO_LINGER` to 0 on WebSocket sockets.",
    ],
    messages: &[],
};

pub(super) static DATA_AFTER_CLOSE: CatalogEntry = CatalogEntry {
    id: Id::DataAfterClose,
    rfc: "RFC 6455 §5.5.1",
    title: "A side sent a frame after its own Close",
    meaning: "What this side sent after its own Close is lost: receivers ignore or refuse it, and a side \
              must not send any more frames after a Close. Frames that the other side sends before its \
              own Close are legal and not meant here.",
    fields: &[],
    causes: &[
        "A send task that runs on after close was called.",
        "Two writers on one socket without a common lock.",
        "A hand-written peer that answers a ping after its Close.",
        "A relay that forwards queued messages after forwarding the Close.",
    ],
    advice: &[
        "Stop or cancel the senders before closing, or check the state before each send.",
        "Guard the socket with one lock or one writer task.",
    ],
    messages: &[
        ("Tomcat", "New frame received after a close control frame"),
        ("Rust tungstenite", "Remote sent after having closed"),
        ("Chrome", "Data frame received after close"),
        ("Chrome", "Ping received after close"),
        ("Chrome", "Pong received after close"),
        ("Rust tungstenite", "Sending after closing is not allowed"),
        ("gorilla/websocket", "websocket: close sent"),
    ],
};

pub(super) static CONNECTION_RESET: CatalogEntry = CatalogEntry {
    id: Id::ConnectionReset,
    rfc: "RFC 9293 §3.5.3",
    title: "The connection was reset while the session was open",
    meaning: "Data that was on its way is lost on both sides: an RST ended the connection before the \
              closing handshake was complete, or, in TLS that no secret opens, before either side had announced \
              an end. The side named sent the RST as captured; a firewall or load balancer can send one in its \
              name.",
    fields: &[(
        FindingField::SilenceMs,
        "milliseconds since the last frame of either side, if they are 5 s or more",
    )],
    causes: &[
        "The process ended, or closed the socket with unread data in its buffer: TCP then sends a reset.",
        "A load balancer or firewall whose idle timeout passed answers the next packet with RST.",
        "`SO_LINGER` with 0 seconds, or a connection killed by an administrator.",
        "The machine was restarted and no longer knows the connection.",
    ],
    advice: &[
        "Compare the RST's IP TTL with that of the side's other packets: a difference points to a box in \
         between.",
        "See how long the silence before it lasted: `idle-timeout` next to it points to a middlebox.",
        "Look for a crash or a restart at that time.",
    ],
    messages: &[
        ("Python", "[Errno 104] Connection reset by peer"),
        ("Python", "[WinError 10054] An existing connection was forcibly closed by the remote host"),
        ("Node", "read ECONNRESET"),
        ("Rust std", "Connection reset by peer (os error 104)"),
        ("Go net", "read: connection reset by peer"),
        ("Chrome", "net::ERR_CONNECTION_RESET"),
        ("Rust tungstenite", "IO error: Connection reset by peer (os error 104)"),
        ("aiohttp", "Cannot write to closing transport"),
        ("gorilla/websocket", "connection reset by peer"),
        ("Linux", "Connection reset by peer"),
        ("Linux", "Broken pipe"),
        ("Java", "Software caused connection abort"),
        ("Node", "write EPIPE"),
        ("Spring", "SockJsTransportFailureException: Failed to send message"),
        ("Spring", "SockJsTransportFailureException: Failed to write …"),
        (
            ".NET",
            "Unable to read data from the transport connection: An existing connection was forcibly closed by the remote host.",
        ),
        ("Java", "java.net.SocketException: Connection reset"),
        (".NET", "An established connection was aborted by the software in your host machine"),
    ],
};

pub(super) static IDLE_TIMEOUT: CatalogEntry = CatalogEntry {
    id: Id::IdleTimeout,
    rfc: "RFC 6455 §5.5.2",
    title: "Sessions of this server end after the same silence",
    meaning: "Something ends these sessions because they are idle: at least 3 sessions of this server were \
              ended by the same side after a silence of the same length, within 5 %, and longer than any \
              pause before. It may be a timeout of that side or of something in front of it: the capture \
              does not show which. Captures whose times are missing or in whole seconds are not judged. \
              Where TLS cannot be read, records take the place of frames: then it is tentative, and \
              sessions in which the client may have said goodbye right before their end do not count.",
    fields: &[
        (FindingField::IdleMs, "the length of the silence before the end, in milliseconds"),
        (FindingField::Sessions, "sessions that ended so"),
    ],
    causes: &[
        "60 s: nginx `proxy_read_timeout`, AWS ALB.",
        "100 s: Cloudflare. 55 s: Heroku. 30 s: Google Cloud backend service. 240 s: Azure Load Balancer. \
         350 s: AWS NLB and NAT gateway. 300 s: Envoy.",
        "The server's own idle timeout, or the HTTP server's keep-alive timeout that goes on after the \
         upgrade.",
    ],
    advice: &[
        "Ping at less than half of `idle_ms`: python websockets `ping_interval=20`, Node ws \
         `setInterval(() => ws.ping(), 25000)`.",
        "Raise the box's timeout: nginx `proxy_read_timeout 3600s;`, HAProxy `timeout tunnel 1h`.",
        "Capture on both sides of the proxy: whichever side the FIN or RST appears on first, it comes from \
        there.",
    ],
    messages: &[
        ("Jetty", "Socket Closed: CloseReason[1001,Idle Timeout]"),
        ("nginx", "upstream timed out (110: Connection timed out) while proxying upgraded connection"),
        ("nginx", "upstream timed out (110: Connection timed out) while reading upstream"),
        ("Jetty", "Idle timeout expired: … ms"),
        ("Jetty", "Connection Idle Timeout"),
        ("Jetty", "CloseException: java.util.concurrent.TimeoutException: Idle Timeout"),
        ("Apache", "(70007)The timeout specified has expired"),
    ],
};

pub(super) static LIFETIME_LIMIT: CatalogEntry = CatalogEntry {
    id: Id::LifetimeLimit,
    rfc: "RFC 6455 §7.2.3",
    title: "Sessions of this server end at the same age",
    meaning: "Something ends these sessions at a fixed age, and heartbeats do not help: at least 3 \
              sessions of this server were ended by the same side at the same age, within 2 %, counted \
              from the 101. Sessions that a client ended with a Close frame are not counted; clients have \
              reasons of their own. Where TLS cannot be read, the age counts from the ClientHello: then \
              it is tentative, and sessions in which the client may have said goodbye right before their \
              end do not count.",
    fields: &[
        (FindingField::AgeMs, "the age at which they ended, in milliseconds, the middle one"),
        (FindingField::Sessions, "sessions that ended so"),
    ],
    causes: &[
        "A request timeout of a proxy that counts the WebSocket as one long request: Envoy and Istio 15 s, \
         Google Cloud load balancer 30 s, Cloud Run 5 to 60 min, Kong 60 s.",
        "A limit of the platform: AWS API Gateway 2 h, Azure App Service, Heroku's daily restart.",
        "A token or login that expires, and a server that then closes.",
        "A load test or script with a fixed duration.",
    ],
    advice: &[
        "Look for `age_ms` among the timeouts of everything in front of the server: Envoy `timeout: 0s` and \
         `upgrade_configs`, Google Cloud `timeoutSec`.",
        "If the limit has to stay: let clients reconnect and resume, and close a little earlier with 1001 \
         or 1012.",
        "Do not rely on heartbeats: they do not help.",
    ],
    messages: &[],
};
