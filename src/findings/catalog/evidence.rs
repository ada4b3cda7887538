//! What an accusation rests on: what has to be in the capture for it to be certain, and what makes it tentative.
//!
//! Only kinds that accuse a peer have it: those of class violation and failure.

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

/// What each kind that accuses a peer rests on, in the order of the catalog.
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
            "It is always certain that no answer got as far as the capture. Who lost it cannot be known, \
             and no side is named.",
        ),
    ),
    (
        &[Id::Http2ConnectRefused],
        of(
            "The extended CONNECT and the head that answers it are in the capture, on the same stream.",
            "Heads before it were lost: fields may be other ones than they seem.",
        ),
    ),
    (
        &[Id::Http2ConnectNotEnabled],
        of(
            "The server's settings came before the request in the capture, from the connection's first byte on, and the \
             setting is not among them.",
            "Heads before it were lost. Nothing is said where the connection's beginning is not in the capture.",
        ),
    ),
    (
        &[Id::Http2ConnectInvalid],
        of(
            "All fields of the head are known.",
            "Fields refer to heads that the capture lost: one that seems missing may be among them.",
        ),
    ),
    (
        &[Id::Http2StreamReset],
        of("The RST_STREAM is in the capture.", "Frames of the session had to be guessed."),
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
    (&[Id::Http2Goaway], of("The GOAWAY is in the capture.", "It is always certain.")),
    (
        &[Id::Http2WindowExceeded],
        of(
            "Every byte of the connection is in the capture, from the first on.",
            "Nothing is said once anything is missing.",
        ),
    ),
    (
        &[Id::UpgradeNoResponse],
        of(
            "The whole request and the server's FIN or RST are in the capture; the end comes directly \
             after the last byte that the server is known to have sent, and before the client's own end.",
            "The HTTP part has a hole. Nothing is said about a server if the capture holds none of its \
            packets.",
        ),
    ),
    (
        &[Id::UpgradeUnanswered],
        of(
            "The whole request and the client's FIN or RST are in the capture, and nothing that the client \
             acknowledged is missing in between.",
            "The capture ended before the client gave up, or the HTTP part has a hole.",
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
            "The client's FIN or RST is in the capture, directly after the bytes of the head, and no \
             answer came before it.",
            "The HTTP part has a hole, or copies of these bytes differ.",
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
             head is not judged.",
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
            "It is always certain: of requests that were open at the same time, one may be a copy of the \
             other and is not counted.",
        ),
    ),
    (
        &[Id::DataUnacknowledged],
        of(
            "It is never certain: an acknowledgment may have been lost in the capture, or come after its end.",
            "The sender sent the same bytes again at least 3 times in at least 1 s, packets of both sides were captured, and the \
             receiver's window was open. No side is named.",
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
            "Frames of that side were found again by searching, or copies of these bytes differ. If the \
             capture lost the rest, cut it off or ended before it, the class is `capture` and nobody is \
             blamed.",
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
            "Frames of that side were found again by searching. A side that only responds to the other's \
             end need not finish its message, and is not blamed.",
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
        &[Id::FrameInterleaved, Id::StreamNotWebsocket],
        of(
            "Every byte that side sent, from its first frame up to this point, is in the capture.",
            "The frame before was found again by searching, the capture misses bytes of it, or copies of these \
             bytes differ.",
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
             afterwards is there, and neither side had begun to close.",
            "Frames of one of the two sides were found again by searching. If a pong may be in a hole, \
             nothing is reported.",
        ),
    ),
    (
        &[Id::CloseMissing],
        of(
            "All bytes of both sides up to the first FIN or RST are in the capture. What each FIN \
             acknowledges shows which side ended first.",
            "Frames of one of the two sides were found again by searching. If a Close may be in a hole, \
             nothing is reported.",
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
             them.",
            "Frames of one of the two sides were found again by searching. If a Close may be in a hole, \
             nothing is reported.",
        ),
    ),
    (
        &[Id::TlsAlert],
        of(
            "The alert is in the capture, in the clear or decrypted and authenticated.",
            "The alert is encrypted, and only its size and position show what it is.",
        ),
    ),
];

impl Id {
    /// What the kind rests on, where it accuses a peer.
    pub fn evidence(self) -> Option<&'static Evidence> {
        EVIDENCE.iter().find(|(ids, _)| ids.contains(&self)).map(|(_, evidence)| evidence)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Class;
    use super::{EVIDENCE, Id};

    #[test]
    fn every_accusation_says_what_it_rests_on() {
        for &id in Id::ALL {
            let accuses = matches!(id.class(), Class::Violation | Class::Failure);
            let said = EVIDENCE.iter().filter(|(ids, _)| ids.contains(&id)).count();
            assert_eq!(said, usize::from(accuses), "{id}");
        }
    }

    #[test]
    fn evidence_is_told_in_sentences() {
        for text in EVIDENCE.iter().flat_map(|(_, evidence)| [evidence.certain, evidence.tentative]) {
            assert!(text.ends_with('.') && !text.contains("  ") && !text.contains('\n'), "{text}");
        }
    }
}
