//! What findings about what lies below WebSocket and between the peers: proxies, TLS, TCP rest on.

use crate::findings::catalog::Id;
use crate::findings::catalog::entry::Evidence;

/// Those that accuse a peer in the order of the catalog, then those that do not.
pub(super) const PATH: &[(&[Id], Evidence)] = &[
    (
        &[Id::HopLostMessage],
        Evidence::of(
            "Both legs are proved to carry one WebSocket, by the handshake's key or by masking keys; the message is \
             whole on the one, the other has no gap; of the same side something came out after it, and something \
             unchanged before it, or both legs were seen from their first message on.",
            "What stands before it on the legs is not known, or nothing came out after it, so that it may have been on \
             its way when the leg ended; the next message is the same, so that it may be that one which is lost; or \
             only what was said shows that the legs belong together. Nothing is said where the \
             capture misses bytes of the leg on which it should come out. Of what was on its way nothing is said \
             either if that leg's path was dead or its receiver did not read, nor if the receiver ended the leg \
             within 1 s. What went in 1 s or more after the end of that leg is always tentative, and nothing is said \
             of it if the proxy was about to end the other leg, if the answers went on, or if the proxy \
             had another session on that side.",
        ),
    ),
    (
        &[Id::HopChangedMessage],
        Evidence::of(
            "Both legs are proved to carry one WebSocket; of the same side something came out unchanged before the \
             message, or both legs were seen from their first message on; what stands behind it is the same on both, \
             and neither has a gap.",
            "What stands before it on the legs is not known, or only what was said shows that the legs \
             belong together. Nothing is said where the capture misses bytes of either leg.",
        ),
    ),
    (
        &[Id::HopAddedMessage],
        Evidence::of(
            "Both legs are proved to carry one WebSocket; of the same side something came out unchanged before the \
             message, or both legs were seen from their first message on; something that went in came out after it, \
             and neither leg has a gap. That the message is once more what came out before is known by kind, length and \
             first 64 bytes.",
            "What stands before it on the legs is not known, or nothing came out after it; the proxy has other sessions from \
             which it may come (then it is a note); or only what was said shows that the legs belong together. Nothing is said where the capture misses \
             bytes of either leg, nor of what came out after the end of the leg on which it should have gone in.",
        ),
    ),
    (
        &[Id::DataUnacknowledged],
        Evidence::of(
            "It is never certain: an acknowledgment may have been lost in the capture, or come after its end.",
            "The sender sent the same bytes again at least 3 times in at least 1 s, packets of both sides were captured, and the \
             receiver's window was open. No side is named. What ICMP says about these bytes is reported with it.",
        ),
    ),
    (
        &[Id::TlsAlert],
        Evidence::of(
            "The alert is in the capture, in the clear or decrypted and authenticated. Or it is encrypted, has the type of one (TLS 1.2 \
             and older), and follows bytes of the other side, in the clear, that are no record of TLS.",
            "The alert is encrypted, and only its size and position show what it is: it is all that the client \
             sends after the server's handshake, or all that the server sends within a second of a client's \
             certificate, or of an empty one, or the last that a side sends behind bytes of the other one that are no record of TLS. \
             Or it says during the handshake that its sender did not understand \
             what it received (`unexpected_message`, `bad_record_mac`, `record_overflow`, `decode_error`, \
             `protocol_version`), and the capture may lack that: always where the client says so, and where the \
             server does if a part of the handshake is missing. Or it may only complain about an end of the other \
             side that the capture does not show. Or the capture has neither a SYN nor a hello: then which side is the client is a \
             guess, and the finding names none.",
        ),
    ),
    (
        &[Id::TlsHandshakeBroken],
        Evidence::of(
            "The whole ClientHello and the close_notify, FIN or RST are in the capture, nothing of either side is missing between them, \
            and no fatal alert stands before it. Anything on the way can send a reset in a peer's name, so no side is accused.",
            "The capture misses bytes of any connection of that server, in which the client may have come back, or \
             a limit was reached. Or the handshake was complete, and a side left within a second of the client's Finished message, \
             without a word: the client (TLS 1.2 and older), or the server after it had asked for a certificate (TLS 1.3). \
             Nothing is reported of a connection of which any byte is missing, nor of one that \
             waited for secrets until its records were let go.",
        ),
    ),
    (
        &[Id::ReceiverStalled],
        Evidence::of(
            "The packets that announce the window are in the capture, and the other side shows that it had \
            something to send: it probed the window, filled it, or, without being asked, sent as soon as it opened. Of a small \
            window the scale is known from both SYNs, unless the snap length cut their options.",
            "Over HTTP/2 the settings that rule the window may have been lost; and where settings closed it, rather than \
            bytes that used it up, what came as soon as it opened may have come by chance. A sender that sends more than \
            a small window has room for knows its scale better: nothing is said then.",
        ),
    ),
    (
        &[Id::ResetForeign],
        Evidence::of(
            "The RST and other packets of the side that it names are in the capture, and none of them has its \
            hop count.",
            "The hop count is off by a few only, as on another route, or is the usual one and another mark gives the RST \
             away: see `mark`.",
        ),
    ),
    (
        &[Id::TlsClosedEarly],
        Evidence::of(
            "Every record of that side up to its FIN is in the capture, and none is a close_notify: all were \
             decrypted, or none was, in TLS 1.2 or older, and none has the type of an alert, which stands there in the clear.",
            "No secret opens TLS 1.3: no record of that side comes last that has the size of an alert. Nothing is \
             said of a side that ends TCP after the other one, or after the other one's close_notify.",
        ),
    ),
    (
        &[Id::TcpOverlapConflict],
        Evidence::of(
            "Both versions of the bytes are in the capture, and both have right checksums or none.",
            "It is always certain that they differ. Which version the receiver has is known only where one \
            was acknowledged before the other came; otherwise everything that rests on these bytes is \
            tentative.",
        ),
    ),
    (
        &[Id::HopDelayedMessage, Id::HopClosed],
        Evidence::of(
            "Both legs are proved to carry one WebSocket, by the handshake's key or by masking keys, and the packets of \
             both are in one capture.",
            "Only what was said shows that the legs belong together, or the capture misses bytes in which the other \
             side of a leg may have left before, or a Close that the proxy passed on. Legs whose two sides bear the times of different clocks are not \
             compared. Where a leg's path was dead or its receiver did not read, it is not said that the proxy held \
             messages back.",
        ),
    ),
];
