//! The subjects of the catalog: which kinds of findings belong together, and where each one is explained.

use super::entry::CatalogEntry;
use super::{
    Id, attempts, close, frames, hop, http, http2, messages, negotiation, path, ping_pong, tls, transport,
};

macro_rules! subjects {
    ($($title:literal $module:ident { $($id:ident $entry:ident,)* })*) => {
        /// The subjects of the catalog with their kinds, in reading order.
        pub(super) const SUBJECTS: &[(&str, &[Id])] = &[$(($title, &[$(Id::$id,)*]),)*];

        impl Id {
            /// Its explanation.
            pub const fn entry(self) -> &'static CatalogEntry {
                match self { $($(Self::$id => &$module::$entry,)*)* }
            }
        }
    };
}

subjects! {
    "Upgrade attempts" attempts {
        ConnectionRefused CONNECTION_REFUSED,
        ConnectUnanswered CONNECT_UNANSWERED,
        UpgradeNoResponse UPGRADE_NO_RESPONSE,
        UpgradeUnanswered UPGRADE_UNANSWERED,
        UpgradeResponseTruncated UPGRADE_RESPONSE_TRUNCATED,
        UpgradeRequestTruncated UPGRADE_REQUEST_TRUNCATED,
        UpgradeDataEarly UPGRADE_DATA_EARLY,
        UpgradeSlow UPGRADE_SLOW,
        TlsOnPlainPort TLS_ON_PLAIN_PORT,
        TunnelRefused TUNNEL_REFUSED,
        UpgradeFailuresRepeated UPGRADE_FAILURES_REPEATED,
        ReconnectLoop RECONNECT_LOOP,
        Probe PROBE,
    }
    "Upgrades: HTTP" http {
        UpgradeResponseMalformed UPGRADE_RESPONSE_MALFORMED,
        UpgradeRequestMalformed UPGRADE_REQUEST_MALFORMED,
        UpgradeHeadTooLarge UPGRADE_HEAD_TOO_LARGE,
        UpgradeRejected UPGRADE_REJECTED,
        UpgradeMethodInvalid UPGRADE_METHOD_INVALID,
        UpgradeHttpVersion UPGRADE_HTTP_VERSION,
    }
    "Upgrades: headers and negotiation" negotiation {
        UpgradeHeaderMissing UPGRADE_HEADER_MISSING,
        UpgradeHeaderInvalid UPGRADE_HEADER_INVALID,
        UpgradeHeaderDuplicate UPGRADE_HEADER_DUPLICATE,
        UpgradeHeaderStripped UPGRADE_HEADER_STRIPPED,
        UpgradeVersionUnsupported UPGRADE_VERSION_UNSUPPORTED,
        UpgradeKeyInvalid UPGRADE_KEY_INVALID,
        UpgradeAcceptMismatch UPGRADE_ACCEPT_MISMATCH,
        UpgradeSubprotocolUnoffered UPGRADE_SUBPROTOCOL_UNOFFERED,
        UpgradeExtensionUnoffered UPGRADE_EXTENSION_UNOFFERED,
        UpgradeExtensionInvalid UPGRADE_EXTENSION_INVALID,
        SubprotocolUnchosen SUBPROTOCOL_UNCHOSEN,
        KeyReused KEY_REUSED,
    }
    "HTTP/2" http2 {
        Http2ConnectRefused HTTP2_CONNECT_REFUSED,
        Http2ConnectNotEnabled HTTP2_CONNECT_NOT_ENABLED,
        Http2ConnectInvalid HTTP2_CONNECT_INVALID,
        Http2StreamReset HTTP2_STREAM_RESET,
        Http2Goaway HTTP2_GOAWAY,
        Http2WindowExceeded HTTP2_WINDOW_EXCEEDED,
        Http2HeadBroken HTTP2_HEAD_BROKEN,
        Http2FrameInvalid HTTP2_FRAME_INVALID,
    }
    "Frames" frames {
        FrameIncomplete FRAME_INCOMPLETE,
        FrameStalled FRAME_STALLED,
        FrameReservedBits FRAME_RESERVED_BITS,
        FrameReservedOpcode FRAME_RESERVED_OPCODE,
        FrameUnmasked FRAME_UNMASKED,
        FrameMasked FRAME_MASKED,
        FrameMaskWeak FRAME_MASK_WEAK,
        FrameLengthNotMinimal FRAME_LENGTH_NOT_MINIMAL,
        FrameLengthInvalid FRAME_LENGTH_INVALID,
        ControlFragmented CONTROL_FRAGMENTED,
        ControlTooLong CONTROL_TOO_LONG,
    }
    "Messages and the stream" messages {
        MessageContinuationUnexpected MESSAGE_CONTINUATION_UNEXPECTED,
        MessageInterrupted MESSAGE_INTERRUPTED,
        MessageUnfinished MESSAGE_UNFINISHED,
        MessageInvalidUtf8 MESSAGE_INVALID_UTF8,
        MessageInflateFailed MESSAGE_INFLATE_FAILED,
        MessageCompressedUnmarked MESSAGE_COMPRESSED_UNMARKED,
        MessageTooLarge MESSAGE_TOO_LARGE,
        FrameInterleaved FRAME_INTERLEAVED,
        StreamNotWebsocket STREAM_NOT_WEBSOCKET,
        StreamResynchronized STREAM_RESYNCHRONIZED,
    }
    "Ping and pong" ping_pong {
        PongMismatch PONG_MISMATCH,
        PongUnsolicited PONG_UNSOLICITED,
        PingUnanswered PING_UNANSWERED,
        PongLate PONG_LATE,
    }
    "Close and the end of a session" close {
        CloseMissing CLOSE_MISSING,
        CloseUnanswered CLOSE_UNANSWERED,
        CloseCodeInvalid CLOSE_CODE_INVALID,
        ClosePayloadInvalid CLOSE_PAYLOAD_INVALID,
        CloseReasonInvalidUtf8 CLOSE_REASON_INVALID_UTF8,
        CloseAbnormal CLOSE_ABNORMAL,
        CloseRightAfterData CLOSE_RIGHT_AFTER_DATA,
        ResetAfterClose RESET_AFTER_CLOSE,
        DataAfterClose DATA_AFTER_CLOSE,
        ConnectionReset CONNECTION_RESET,
        IdleTimeout IDLE_TIMEOUT,
        LifetimeLimit LIFETIME_LIMIT,
    }
    "Proxies" hop {
        HopLostMessage HOP_LOST_MESSAGE,
        HopChangedMessage HOP_CHANGED_MESSAGE,
        HopAddedMessage HOP_ADDED_MESSAGE,
        HopDelayedMessage HOP_DELAYED_MESSAGE,
        HopClosed HOP_CLOSED,
    }
    "The path below" path {
        DataUnacknowledged DATA_UNACKNOWLEDGED,
        ReceiverStalled RECEIVER_STALLED,
        ResetForeign RESET_FOREIGN,
    }
    "TLS" tls {
        TlsAlert TLS_ALERT,
        TlsHandshakeBroken TLS_HANDSHAKE_BROKEN,
        TlsClosedEarly TLS_CLOSED_EARLY,
    }
    "Transport and capture" transport {
        TcpGap TCP_GAP,
        DirectionMissing DIRECTION_MISSING,
        AddressTranslated ADDRESS_TRANSLATED,
        TcpOverlapConflict TCP_OVERLAP_CONFLICT,
        PacketTruncated PACKET_TRUNCATED,
        CaptureDrops CAPTURE_DROPS,
        LimitReached LIMIT_REACHED,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Class, Id};
    use super::SUBJECTS;

    /// Kinds of class failure or violation that only an onlooker can tell: no library has a text for them.
    const UNREPORTED: [Id; 3] = [Id::UpgradeFailuresRepeated, Id::KeyReused, Id::ReconnectLoop];

    #[test]
    fn every_kind_has_its_own_entry() {
        for &id in Id::ALL {
            assert_eq!(id.entry().id, id);
        }
    }

    #[test]
    fn every_kind_has_one_subject() {
        let mut ids: Vec<Id> = SUBJECTS.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
        ids.sort();
        assert_eq!(ids, Id::ALL);
    }

    #[test]
    fn every_entry_says_what_there_is_to_say() {
        for entry in Id::ALL.iter().map(|id| id.entry()) {
            let id = entry.id;
            assert!(!entry.title.is_empty() && !entry.title.ends_with('.'), "{id}");
            assert!(entry.title.len() <= 90, "{id}: the title is one line");
            assert!((2..=5).contains(&sentences(entry.meaning)), "{id}: {}", entry.meaning);
            assert!(!entry.causes.is_empty(), "{id}");
            assert!(!entry.advice.is_empty(), "{id}");
            let reported = matches!(id.class(), Class::Failure | Class::Violation);
            if reported && !UNREPORTED.contains(&id) {
                assert!(!entry.messages.is_empty(), "{id}: what do libraries print?");
            }
            if matches!(id.class(), Class::Violation) {
                assert!(entry.rfc.starts_with("RFC "), "{id}: which clause is violated?");
            }
        }
    }

    #[test]
    fn texts_are_clean() {
        for entry in Id::ALL.iter().map(|id| id.entry()) {
            let texts = [entry.title, entry.meaning, entry.rfc].into_iter();
            let texts = texts.chain(entry.causes.iter().copied()).chain(entry.advice.iter().copied());
            let texts =
                texts.chain(entry.fields.iter().flat_map(|&(field, meaning)| [field.name(), meaning]));
            let texts = texts.chain(entry.messages.iter().flat_map(|&(library, text)| [library, text]));
            for text in texts {
                assert_eq!(text, text.trim(), "{}", entry.id);
                assert!(!text.contains("  ") && !text.contains('\n'), "{}: {text}", entry.id);
            }
        }
    }

    fn sentences(text: &str) -> usize {
        let ends = text.match_indices(". ").filter(|&(at, _)| {
            let next = text[at + 2..].chars().next();
            next.is_some_and(|c| c.is_uppercase() || c == '`')
        });
        ends.count() + usize::from(text.ends_with('.'))
    }
}
