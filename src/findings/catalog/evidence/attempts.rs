//! What findings about attempts to get a WebSocket rest on.

use crate::findings::catalog::Id;
use crate::findings::catalog::entry::Evidence;

/// Those that accuse a peer in the order of the catalog, then those that do not.
pub(super) const ATTEMPTS: &[(&[Id], Evidence)] = &[
    (
        &[Id::ConnectionRefused],
        Evidence::of(
            "A SYN and the RST that acknowledges it are in the capture.",
            "It is always certain that something at the server's address refused; the capture cannot show what. A \
             SYN that was accepted when it was sent again is a note.",
        ),
    ),
    (
        &[Id::ConnectUnanswered],
        Evidence::of(
            "The SYNs are in the capture and no packet from the server is, and either the capture went on \
            for 3 s or the client tried again; or several SYNs and several SYN-ACKs are, and nothing else of the client in \
            at least 3 s.",
            "Answers of the same server to others were not captured either, or no SYN was sent again, as TCP does after a \
             second: an answer may have come. Who lost \
             the packets cannot be known, and no side is named. What ICMP says about a SYN is reported with it, \
             and then one SYN is enough.",
        ),
    ),
    (
        &[Id::Http2ConnectRefused],
        Evidence::of(
            "The extended CONNECT and the head that answers it are in the capture, on the same stream.",
            "Heads before it were lost: the fields may not be what they seem.",
        ),
    ),
    (
        &[Id::Http2ConnectNotEnabled],
        Evidence::of(
            "The server's settings up to its answer are in the capture, from its first byte on, and the setting is not among \
             them.",
            "Heads before it were lost. Nothing is said where any byte of the server may be missing.",
        ),
    ),
    (
        &[Id::Http2ConnectInvalid],
        Evidence::of(
            "What is wrong stands in the head; where something is missing in it, all of its fields are known.",
            "Fields of the head, or of the answer to it, refer to heads that the capture lost. Nothing is said of what is missing \
             then, nor of fields that were guessed.",
        ),
    ),
    (
        &[Id::Http2StreamReset],
        Evidence::of(
            "The RST_STREAM is in the capture, and so is every byte of both sides before it.",
            "Frames of the session had to be guessed, the capture misses bytes in which a Close may have come, or \
             the answer to the request, or TCP shows a dead path or a closed window. Nothing is said of a client \
             that resets the stream because it has to refuse the answer, nor of an orderly reset after the first \
             Close.",
        ),
    ),
    (
        &[Id::Http2Goaway],
        Evidence::of(
            "The GOAWAY is in the capture.",
            "The capture misses bytes in which the sessions may have ended that seem to be open.",
        ),
    ),
    (
        &[Id::Http2HeadBroken],
        Evidence::of(
            "Every byte of the connection up to there is in the capture, from the first one on.",
            "There are several versions of the side's bytes. Nothing is said once any of either side are missing.",
        ),
    ),
    (
        &[Id::Http2FrameInvalid],
        Evidence::of(
            "Every byte of the connection up to there is in the capture, from the first one on.",
            "There are several versions of the side's bytes. Nothing is said once any of either side are missing.",
        ),
    ),
    (
        &[Id::Http2WindowExceeded],
        Evidence::of(
            "Every frame that rules the windows, or counts for them, is in the capture, from the connection's first byte on.",
            "Frames of the session had to be guessed, or the capture misses bytes of it. Nothing is said once a \
             frame's place in HTTP/2 is lost.",
        ),
    ),
    (
        &[Id::UpgradeNoResponse],
        Evidence::of(
            "The whole request and the server's FIN or RST are in the capture; the end comes directly \
             after the last byte that the server is known to have sent, and before the client's own end.",
            "It is not known which side ended first, the server's FIN does not acknowledge all of the request, or the HTTP \
             part has a hole. Nothing is said about a server if the capture holds none of its packets.",
        ),
    ),
    (
        &[Id::UpgradeUnanswered],
        Evidence::of(
            "The whole request and the client's FIN or RST are in the capture, the server acknowledged the request, and nothing \
             that the client acknowledged is missing in between.",
            "The capture ended before the client gave up, the server did not acknowledge all of the request, TCP shows a dead \
             path, a closed window or a foreign reset, or the HTTP part has a hole.",
        ),
    ),
    (
        &[Id::UpgradeResponseTruncated],
        Evidence::of(
            "The server's FIN or RST is in the capture, directly after the bytes of the head.",
            "Nobody ended the connection, and the capture went on for 5 s without a packet of it; the HTTP part has a \
             hole, or copies of these bytes differ.",
        ),
    ),
    (
        &[Id::UpgradeRequestTruncated],
        Evidence::of(
            "The FIN or RST of the side named is in the capture, before that of the other one and after the bytes of the head, and no \
             answer came before it.",
            "The FINs of both sides crossed on their way, and none is named; nobody ended the connection, and the capture went on for 5 s \
             without a packet of it; the HTTP part has a hole, or copies of these bytes differ.",
        ),
    ),
    (
        &[
            Id::UpgradeRequestMalformed,
            Id::UpgradeResponseMalformed,
            Id::UpgradeHeadTooLarge,
            Id::UpgradeRejected,
            Id::UpgradeMethodInvalid,
            Id::UpgradeHttpVersion,
            Id::UpgradeHeaderMissing,
            Id::UpgradeHeaderInvalid,
            Id::UpgradeHeaderDuplicate,
            Id::UpgradeVersionUnsupported,
            Id::UpgradeKeyInvalid,
        ],
        Evidence::of(
            "The head is in the capture from its first line to its empty line.",
            "The connection's HTTP part has a hole, or copies of these bytes differ. An incomplete \
             head is not judged, except for its size, as long as nobody has answered it. A refusal is tentative if the server had not \
             acknowledged all of the request by then, if a PROXY protocol header stands in front of it, or if it came with another \
             hop count than all packets of the server before it: something in between may have written it. So is a missing \
             Upgrade that Connection still names: something in between may have removed it.",
        ),
    ),
    (
        &[Id::UpgradeHeaderStripped],
        Evidence::of(
            "The whole head is in the capture, and a proxy's header or a replaced Connection header shows \
             that something in between rewrote it; or both legs of a proxy are captured, with the same key, and compressed \
             messages come out of it whose extension only the server's own answer has.",
            "Only the missing header points to something in between: the sender may have left it out.",
        ),
    ),
    (
        &[
            Id::UpgradeAcceptMismatch,
            Id::UpgradeSubprotocolUnoffered,
            Id::UpgradeExtensionUnoffered,
            Id::UpgradeExtensionInvalid,
        ],
        Evidence::of(
            "The whole request and the whole answer to it are in the capture.",
            "The connection's HTTP part has a hole, or copies of these bytes differ. Without the whole \
             request the answer is not judged. A larger `client_max_window_bits` than offered is always tentative.",
        ),
    ),
    (
        &[Id::KeyReused],
        Evidence::of(
            "The requests are in the capture with their keys, on three connections none of which was open \
            during another.",
            "Several clients have the key, none of them on three connections, and their requests and answers are alike or \
             lead to different servers: they may be copies of one attempt, made by address translation or by a proxy and \
             captured with different clocks. Of requests that were open at the same time, one may be such a copy, too, and \
             is not counted; nor is one that was sent as it was after it had failed, or one that was redirected, as proxies \
             and clients try again with the same key. Connections in a chain, where one's server is the next one's client, and \
             connections with the same initial sequence numbers are one attempt, whatever the clocks say.",
        ),
    ),
    (
        &[Id::TlsOnPlainPort],
        Evidence::of(
            "The client's ClientHello is in the capture, and so are the server's first bytes, which are not a TLS record.",
            "Others asked the server for a WebSocket, or the capture misses bytes of it, so that it may speak WebSocket \
             to others: then it is a note. Whether the URL or the port is wrong cannot be known.",
        ),
    ),
    (
        &[Id::TunnelRefused],
        Evidence::of(
            "The CONNECT request and its answer, or the SOCKS handshake up to the code that refuses, are in the capture, and \
             no later request of the same client for the same target was granted.",
            "The capture misses bytes between the two: the tunnel may have been opened after all. A refusal that is followed \
             by a tunnel is not reported.",
        ),
    ),
    (
        &[Id::ReconnectLoop],
        Evidence::of(
            "The 101 and the end of each of these sessions are in the capture, and each began after the one before had \
             ended. A side is named only if it ended all of them with nothing to object to: not with a code that blames the \
             other side, nor after that side had broken the protocol.",
            "Sessions whose two sides bear the times of different clocks are not counted.",
        ),
    ),
    (
        &[Id::UpgradeFailuresRepeated],
        Evidence::of(
            "Every one of the failed attempts is in the capture.",
            "It is as certain as the findings of the individual attempts.",
        ),
    ),
    (
        &[Id::SubprotocolUnchosen],
        Evidence::of(
            "The whole request and the whole answer to it are in the capture. That the client left because of \
            it is only said if nothing of it came but a Close, within 1 s.",
            "The connection's HTTP part has a hole, or the capture ended before the client did anything.",
        ),
    ),
    (
        &[Id::UpgradeDataEarly],
        Evidence::of(
            "The client had not seen the server's answer when it sent these bytes: they come before that in the capture, or \
            do not acknowledge it.",
            "The connection's HTTP part has a hole. Nothing is said of line ends behind the request.",
        ),
    ),
    (
        &[Id::UpgradeSlow],
        Evidence::of(
            "The last byte of the request and the last one of the answer are in the capture, with times of \
            one clock, and the request was not sent again in between.",
            "The times of the two sides are those of different clocks, or the request was retransmitted: then \
            only the verdict tells how long it took.",
        ),
    ),
];
