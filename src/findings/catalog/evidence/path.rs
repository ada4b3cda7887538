//! What findings about what lies below WebSocket and between the peers: proxies, TLS, TCP rest on.

use crate::findings::catalog::Id;
use crate::findings::catalog::entry::Evidence;

/// Those that accuse a peer in the order of the catalog, then those that do not.
pub(super) const PATH: &[(&[Id], Evidence)] = &[
    (
        &[Id::HopLostMessage],
        Evidence::of(
            "Both legs are proved to carry one WebSocket, by the handshake's key or by masking keys; the message is whole \
             on the one, the other has no gap, and a later message or Close frame of the same side came out.",
            "Nothing came out after it, so that it may have been on its way when the leg ended; or only what was said shows \
             that the legs belong together. Nothing is said where the capture misses bytes of the leg on which it should \
             come out, or where the receiver did not read.",
        ),
    ),
    (
        &[Id::HopChangedMessage],
        Evidence::of(
            "Both legs are proved to carry one WebSocket; what stands before and behind the message is the same on both, and \
             neither has a gap.",
            "Nothing of the same side came out unchanged before it, or only what was said shows that the legs belong \
             together.",
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
            "The alert is in the capture, in the clear or decrypted and authenticated.",
            "The alert is encrypted, and only its size and position show what it is: it is all that the client sends after the \
             server's handshake, or all that the server sends within a second of a client's certificate, or of an empty one.",
        ),
    ),
    (
        &[Id::TlsHandshakeBroken],
        Evidence::of(
            "The whole ClientHello and the FIN or RST are in the capture, nothing of either side is missing between them, \
            and no alert is there. Anything on the way can send a reset in a peer's name, so no side is accused.",
            "There are several versions of bytes before it. Nothing is reported where the capture has a hole.",
        ),
    ),
    (
        &[Id::ReceiverStalled],
        Evidence::of(
            "The packets that announce the window are in the capture, and the other side shows that it had \
            something to send: it probed the window, filled it, or sent as soon as it opened. Of a small \
            window the scale is known from both SYNs.",
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
            "Every record of that side up to its FIN is in the capture, and none is a close_notify: all could be decrypted, or \
            none bears the type of an alert, which is in the clear up to TLS 1.2.",
            "No secret opens TLS 1.3: no record of that side comes last that has the size of an alert.",
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
            "Only what was said shows that the legs belong together, or the times of the legs are those of different clocks.",
        ),
    ),
];
