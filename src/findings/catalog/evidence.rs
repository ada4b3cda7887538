//! What an accusation rests on: what has to be in the capture for it to be certain, and what makes it tentative.
//!
//! All kinds have it that are about peers and what lies between them: those of class violation, failure and anomaly.

use super::Id;

/// What a kind of finding rests on, in whole sentences.
#[derive(Debug)]
pub struct Evidence {
    /// What the capture shows where the finding is certain.
    pub certain: &'static str,
    /// What makes it tentative, or keeps it from being reported.
    pub tentative: &'static str,
}

const fn of(certain: &'static str, tentative: &'static str) -> Evidence {
    Evidence { certain, tentative }
}

/// What each kind rests on: those that accuse a peer in the order of the catalog, then those that do not.
const EVIDENCE: &[(&[Id], Evidence)] = &[
    (
        &[Id::ConnectionRefused],
        of(
            "A SYN and the RST that acknowledges it are in the capture.",
            "It is always certain that something at the server's address refused; the capture cannot show \
            what.",
        ),
    ),
    (
        &[Id::ConnectUnanswered],
        of(
            "The SYNs are in the capture and no packet from the server is, and either the capture went on \
            for 3 s or the client tried again.",
            "Answers of the same server to others were not captured either, so this one may have come. Who lost \
             the packets cannot be known, and no side is named. What ICMP says about a SYN is reported with it, \
             and then one SYN is enough.",
        ),
    ),
    (
        &[Id::Http2ConnectRefused],
        of(
            "The extended CONNECT and the head that answers it are in the capture, on the same stream.",
            "Heads before it were lost: the fields may not be what they seem.",
        ),
    ),
    (
        &[Id::Http2ConnectNotEnabled],
        of(
            "The server's settings up to its answer are in the capture, from its first byte on, and the setting is not among \
             them.",
            "Heads before it were lost. Nothing is said where any byte of the server may be missing.",
        ),
    ),
    (
        &[Id::Http2ConnectInvalid],
        of(
            "What is wrong stands in the head; where something is missing in it, all of its fields are known.",
            "Fields of the head, or of the answer to it, refer to heads that the capture lost. Nothing is said of what is missing \
             then, nor of fields that were guessed.",
        ),
    ),
    (
        &[Id::Http2StreamReset],
        of(
            "The RST_STREAM is in the capture, and so is every byte of both sides before it.",
            "Frames of the session had to be guessed, the capture misses bytes in which a Close may have come, or the answer to \
             the request. Nothing is said of a client that resets the stream because it has to refuse the answer.",
        ),
    ),
    (
        &[Id::HopLostMessage],
        of(
            "Both legs are proved to carry one WebSocket, by the handshake's key or by masking keys; the message is whole \
             on the one, the other has no gap, and a later message or Close frame of the same side came out.",
            "Nothing came out after it, so that it may have been on its way when the leg ended; or only what was said shows \
             that the legs belong together. Nothing is said where the capture misses bytes of the leg on which it should \
             come out, or where the receiver did not read.",
        ),
    ),
    (
        &[Id::HopChangedMessage],
        of(
            "Both legs are proved to carry one WebSocket; what stands before and behind the message is the same on both, and \
             neither has a gap.",
            "Nothing of the same side came out unchanged before it, or only what was said shows that the legs belong \
             together.",
        ),
    ),
    (
        &[Id::Http2Goaway],
        of(
            "The GOAWAY is in the capture.",
            "The capture misses bytes in which the sessions may have ended that seem to be open.",
        ),
    ),
    (
        &[Id::Http2HeadBroken],
        of(
            "Every byte of the connection up to there is in the capture, from the first one on.",
            "There are several versions of the side's bytes. Nothing is said once any of either side are missing.",
        ),
    ),
    (
        &[Id::Http2FrameInvalid],
        of(
            "Every byte of the connection up to there is in the capture, from the first one on.",
            "There are several versions of the side's bytes. Nothing is said once any of either side are missing.",
        ),
    ),
    (
        &[Id::Http2WindowExceeded],
        of(
            "Every frame that rules the windows, or counts for them, is in the capture, from the connection's first byte on.",
            "Frames of the session had to be guessed. Nothing is said once a frame's place is lost.",
        ),
    ),
    (
        &[Id::UpgradeNoResponse],
        of(
            "The whole request and the server's FIN or RST are in the capture; the end comes directly \
             after the last byte that the server is known to have sent, and before the client's own end.",
            "It is not known which side ended first, the server's FIN does not acknowledge all of the request, or the HTTP \
             part has a hole. Nothing is said about a server if the capture holds none of its packets.",
        ),
    ),
    (
        &[Id::UpgradeUnanswered],
        of(
            "The whole request and the client's FIN or RST are in the capture, and nothing that the client \
             acknowledged is missing in between.",
            "The capture ended before the client gave up, TCP shows a dead path, a closed window or a foreign reset, or \
             the HTTP part has a hole.",
        ),
    ),
    (
        &[Id::UpgradeResponseTruncated],
        of(
            "The server's FIN or RST is in the capture, directly after the bytes of the head.",
            "The HTTP part has a hole, or copies of these bytes differ.",
        ),
    ),
    (
        &[Id::UpgradeRequestTruncated],
        of(
            "The FIN or RST of the side named is in the capture, before that of the other one and after the bytes of the head, and no \
             answer came before it.",
            "The FINs of both sides crossed on their way, and none is named; the HTTP part has a hole, or copies of these bytes differ.",
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
        of(
            "The head is in the capture from its first line to its empty line.",
            "The connection's HTTP part has a hole, or copies of these bytes differ. An incomplete \
             head is not judged, except for its size, as long as nobody has answered it. A refusal is tentative if the server had not \
             acknowledged all of the request by then.",
        ),
    ),
    (
        &[Id::UpgradeHeaderStripped],
        of(
            "The whole head is in the capture, and a proxy's header or a replaced Connection header shows \
             that something in between rewrote it.",
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
        of(
            "The whole request and the whole answer to it are in the capture.",
            "The connection's HTTP part has a hole, or copies of these bytes differ. Without the whole \
             request the answer is not judged.",
        ),
    ),
    (
        &[Id::KeyReused],
        of(
            "The requests are in the capture with their keys, on three connections none of which was open \
            during another.",
            "It is always certain: of requests that were open at the same time, one may be a copy of the other, or what a \
             proxy made of it, and is not counted; nor is one that was sent as it was after it had failed, or one that was \
             redirected, as proxies and clients try again with the same key.",
        ),
    ),
    (
        &[Id::DataUnacknowledged],
        of(
            "It is never certain: an acknowledgment may have been lost in the capture, or come after its end.",
            "The sender sent the same bytes again at least 3 times in at least 1 s, packets of both sides were captured, and the \
             receiver's window was open. No side is named. What ICMP says about these bytes is reported with it.",
        ),
    ),
    (
        &[Id::TlsOnPlainPort],
        of(
            "The client's ClientHello is in the capture, and so are the server's first bytes, which are not a TLS record.",
            "Others asked the server for a WebSocket, or the capture misses bytes of it, so that it may speak WebSocket \
             to others: then it is a note. Whether the URL or the port is wrong cannot be known.",
        ),
    ),
    (
        &[Id::TunnelRefused],
        of(
            "The CONNECT request and its answer, or the SOCKS handshake up to the code that refuses, are in the capture, and \
             no later request of the same client for the same target was granted.",
            "The capture misses bytes between the two: the tunnel may have been opened after all. A refusal that is followed \
             by a tunnel is not reported.",
        ),
    ),
    (
        &[Id::ReconnectLoop],
        of(
            "The 101 and the end of each of these sessions are in the capture, and each began after the one before had \
             ended. A side is named only if it ended all of them with nothing to object to: not with a code that blames the \
             other side, nor after that side had broken the protocol.",
            "Sessions whose two sides bear the times of different clocks are not counted.",
        ),
    ),
    (
        &[Id::UpgradeFailuresRepeated],
        of(
            "Every one of the failed attempts is in the capture.",
            "It is as certain as the findings of the individual attempts.",
        ),
    ),
    (
        &[Id::FrameIncomplete],
        of(
            "The frame's header is in the capture, and so is its sender's FIN or RST, directly after the \
             bytes that arrived.",
            "Frames of that side were found again by searching, copies of these bytes differ, the capture misses bytes of \
             the receiver in which a Close may have refused the frame, TCP shows why the rest could not come (a dead path, a \
             closed window, a foreign reset), or all that follows the client's request is one byte that may be a stray line \
             end. Where the receiver left first, it is an anomaly of the receiver; where both left at once, or no packet of the \
             receiver was captured, no side is named. If the capture lost the rest, cut it off or ended before it, the class \
             is `capture` and nobody is blamed.",
        ),
    ),
    (
        &[Id::FrameReservedBits],
        of(
            "The frame's header is in the capture with every byte of that side before it, and so is what \
             the 101 agreed on.",
            "The frame was found again by searching, or copies of these bytes differ. Where the upgrade is \
             not in the capture, or an unknown extension was agreed on, the bits are not judged.",
        ),
    ),
    (
        &[
            Id::FrameReservedOpcode,
            Id::FrameUnmasked,
            Id::FrameMasked,
            Id::FrameLengthNotMinimal,
            Id::FrameLengthInvalid,
            Id::ControlFragmented,
            Id::ControlTooLong,
        ],
        of(
            "The frame's header is in the capture with every byte of that side before it.",
            "The frame was found again by searching, or copies of these bytes differ.",
        ),
    ),
    (
        &[Id::MessageContinuationUnexpected, Id::MessageInterrupted],
        of(
            "The headers of this frame and of all frames of that side before it are in the capture.",
            "Frames of that side were found again by searching, so one may be missing in between; or copies \
             of these bytes differ.",
        ),
    ),
    (
        &[Id::MessageUnfinished],
        of(
            "All frames of that side up to its own FIN or RST are in the capture, and it was the first to \
             end the session.",
            "Frames of that side were found again by searching, or TCP shows a dead path, a closed window or a foreign \
             reset. A side that only responds to the other's end need not finish its message, and is not blamed.",
        ),
    ),
    (
        &[Id::MessageInvalidUtf8, Id::ClosePayloadInvalid, Id::CloseCodeInvalid, Id::CloseReasonInvalidUtf8],
        of(
            "Every byte of the frames is in the capture. Anything cut off or lost is not judged.",
            "Frames of that side were found again by searching, or copies of these bytes differ.",
        ),
    ),
    (
        &[Id::MessageInflateFailed],
        of(
            "Every byte of the message is in the capture, and so is every earlier message that it may \
             refer to.",
            "Frames of that side were found again by searching, or copies of these bytes differ. Where an \
             earlier message is missing, the class is `capture` and nobody is blamed.",
        ),
    ),
    (
        &[Id::MessageCompressedUnmarked],
        of(
            "It is never certain.",
            "A binary message may hold anything, and an application may compress by itself. Nothing is said unless the \
             beginning of the data inflates to readable text of at least 24 bytes and is no last block, as \
             permessage-deflate writes it.",
        ),
    ),
    (
        &[Id::FrameInterleaved, Id::StreamNotWebsocket],
        of(
            "Every byte that side sent, from its first frame up to this point, is in the capture.",
            "The frame before was found again by searching, the capture misses bytes of it, copies of these bytes differ, or \
             nothing but frames in what came of a binary frame that was cut off speaks for it.",
        ),
    ),
    (
        &[Id::PongMismatch],
        of(
            "The ping and the pong are whole in the capture, no ping can be missing between them, and the \
             right pong did not come later either.",
            "Frames of one of the two sides were found again by searching, or copies of these bytes differ.",
        ),
    ),
    (
        &[Id::PingUnanswered],
        of(
            "The ping is in the capture, the other side acknowledged it, every byte which that side sent \
             afterwards is there, and neither side began to close within 1 s of it. Either the other side ended TCP \
             itself, or it had 5 s.",
            "Frames of one of the two sides were found again by searching. If a pong may be in a hole, or TCP shows a dead \
             path or a closed window at that time, nothing is reported.",
        ),
    ),
    (
        &[Id::CloseMissing],
        of(
            "All bytes of both sides up to the first FIN or RST are in the capture. What each FIN \
             acknowledges shows which side ended first, or that neither did.",
            "Frames of one of the two sides were found again by searching, TCP shows a dead path, a closed window or \
             a foreign reset, or TCP ended with a reset that acknowledges nothing, as where a host no longer knows the \
             connection. If a Close may be in a hole, nothing is reported.",
        ),
    ),
    (
        &[Id::DataAfterClose],
        of(
            "The Close frame and the later frame are in the capture with every byte between them.",
            "Frames of that side were found again by searching, or copies of these bytes differ.",
        ),
    ),
    (
        &[Id::ConnectionReset],
        of(
            "The RST is in the capture, and so are all bytes of both sides before it, without a Close among \
             them, and without a close_notify inside TLS.",
            "The RST acknowledges nothing, as where a host no longer knows the connection; frames of one of the two \
             sides were found again by searching; TCP shows a dead path, a closed window or a foreign reset; or no secret \
             opens TLS, and no record shows that a side had announced its end. If a Close or such a record may be in a hole, \
             nothing is reported.",
        ),
    ),
    (
        &[Id::TlsAlert],
        of(
            "The alert is in the capture, in the clear or decrypted and authenticated.",
            "The alert is encrypted, and only its size and position show what it is: it is all that the client sends after the \
             server's handshake, or all that the server sends within a second of a client's certificate, or of an empty one.",
        ),
    ),
    (
        &[Id::TlsHandshakeBroken],
        of(
            "The whole ClientHello and the FIN or RST are in the capture, nothing of either side is missing between them, \
            and no alert is there. Anything on the way can send a reset in a peer's name, so no side is accused.",
            "There are several versions of bytes before it. Nothing is reported where the capture has a hole.",
        ),
    ),
    (
        &[Id::SubprotocolUnchosen],
        of(
            "The whole request and the whole answer to it are in the capture. That the client left because of \
            it is only said if nothing of it came but a Close, within 1 s.",
            "The connection's HTTP part has a hole, or the capture ended before the client did anything.",
        ),
    ),
    (
        &[Id::UpgradeDataEarly],
        of(
            "The client had not seen the server's answer when it sent these bytes: they come before that in the capture, or \
            do not acknowledge it.",
            "The connection's HTTP part has a hole. Nothing is said of line ends behind the request.",
        ),
    ),
    (
        &[Id::UpgradeSlow],
        of(
            "The last byte of the request and the last one of the answer are in the capture, with times of \
            one clock, and the request was not sent again in between.",
            "The times of the two sides are those of different clocks, or the request was retransmitted: then \
            only the verdict tells how long it took.",
        ),
    ),
    (
        &[Id::FrameStalled],
        of(
            "Bytes of the frame before and after the pause are in the capture, or the capture went on without \
            any, and no byte between them is missing.",
            "Where the receiver's window was closed, the sender is not said to have stalled. A frame that \
            still waits may yet be completed.",
        ),
    ),
    (
        &[Id::FrameMaskWeak],
        of(
            "The headers of the frames are in the capture with every byte of that side before them.",
            "The frames were found again by searching.",
        ),
    ),
    (
        &[Id::MessageTooLarge],
        of(
            "Every byte of the message up to the limit is in the capture.",
            "The limit is that of wsight, so it is always certain that it was reached, and never that the \
            peer did wrong.",
        ),
    ),
    (
        &[Id::PongUnsolicited],
        of(
            "Every byte of both sides up to the pong is in the capture, from the 101 on, and no ping waits \
            for a pong.",
            "Where a ping may be in a hole, nothing is reported.",
        ),
    ),
    (
        &[Id::PongLate],
        of(
            "The ping and the pong that echoes it are in the capture, with times of one clock.",
            "The times of the two sides are those of different clocks.",
        ),
    ),
    (
        &[Id::CloseUnanswered],
        of(
            "The Close was acknowledged, every byte that the other side sent afterwards is in the capture, \
            and so is how it ended, or the capture went on for 5 s.",
            "Frames of the other side were found again by searching, or TCP shows a dead path or a closed window. If an \
             answer may be in a hole, or a reset from something in between or from the closing side may have cut it off, \
             nothing is reported.",
        ),
    ),
    (
        &[Id::CloseAbnormal],
        of(
            "The Close frame is whole in the capture. The code is what its sender says, not what happened.",
            "Frames of that side were found again by searching.",
        ),
    ),
    (
        &[Id::CloseRightAfterData],
        of(
            "The message and the Close are in the capture, in one packet or with timestamps finer than a \
            millisecond. TCP alone shows what was acknowledged.",
            "Frames of that side were found again by searching. Times in whole milliseconds tell nothing.",
        ),
    ),
    (
        &[Id::ResetAfterClose],
        of(
            "The Close is in the capture, the RST within 1 s of it, and so are the bytes that were unread, or the missing \
             acknowledgment; over HTTP/2 it is enough that the other side had not answered.",
            "Frames of one of the two sides were found again by searching. That the other side lost the Close \
             is never certain. Nothing is said where bytes of the other side are missing: they may be its Close.",
        ),
    ),
    (
        &[Id::IdleTimeout],
        of(
            "The last frames and the ends of at least 3 sessions are in the capture, and the silences before \
            those ends are equal.",
            "Times are missing, or as coarse as the silences.",
        ),
    ),
    (
        &[Id::LifetimeLimit],
        of(
            "The upgrades and the ends of at least 3 sessions of the server are in the capture, and their \
            ages are equal.",
            "Times are missing, or as coarse as the ages.",
        ),
    ),
    (
        &[Id::ReceiverStalled],
        of(
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
        of(
            "The RST and other packets of the side that it names are in the capture, and none of them has its \
            hop count.",
            "The hop count is off by a few only, as on another route, or is the usual one and another mark gives the RST \
             away: see `mark`.",
        ),
    ),
    (
        &[Id::TlsClosedEarly],
        of(
            "Every record of that side up to its FIN is in the capture, and none is a close_notify: all could be decrypted, or \
            none bears the type of an alert, which is in the clear up to TLS 1.2.",
            "No secret opens TLS 1.3: no record of that side comes last that has the size of an alert.",
        ),
    ),
    (
        &[Id::TcpOverlapConflict],
        of(
            "Both versions of the bytes are in the capture, and both have right checksums or none.",
            "It is always certain that they differ. Which version the receiver has is known only where one \
            was acknowledged before the other came; otherwise everything that rests on these bytes is \
            tentative.",
        ),
    ),
    (
        &[Id::HopDelayedMessage, Id::HopClosed],
        of(
            "Both legs are proved to carry one WebSocket, by the handshake's key or by masking keys, and the packets of \
             both are in one capture.",
            "Only what was said shows that the legs belong together, or the times of the legs are those of different clocks.",
        ),
    ),
];

impl Id {
    /// What the kind rests on, where it is about peers or what lies between them.
    pub fn evidence(self) -> Option<&'static Evidence> {
        EVIDENCE.iter().find(|(ids, _)| ids.contains(&self)).map(|(_, evidence)| evidence)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Class;
    use super::{EVIDENCE, Id};

    #[test]
    fn every_judgement_says_what_it_rests_on() {
        for &id in Id::ALL {
            let is_judgement = matches!(id.class(), Class::Violation | Class::Failure | Class::Anomaly);
            let said = EVIDENCE.iter().filter(|(ids, _)| ids.contains(&id)).count();
            assert_eq!(said, usize::from(is_judgement), "{id}");
        }
    }

    #[test]
    fn evidence_is_told_in_sentences() {
        for text in EVIDENCE.iter().flat_map(|(_, evidence)| [evidence.certain, evidence.tentative]) {
            assert!(text.ends_with('.') && !text.contains("  ") && !text.contains('\n'), "{text}");
        }
    }
}
