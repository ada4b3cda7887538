//! Every finding there is: its name, whose matter it is, how bad it is, and what it means.

mod attempts;
mod close;
mod entry;
mod evidence;
mod frames;
mod hop;
mod http;
mod http2;
mod markdown;
mod messages;
mod negotiation;
mod path;
mod ping_pong;
mod search;
mod subjects;
mod tls;
mod transport;
mod weight;

pub use entry::{CatalogEntry, Evidence};
pub use evidence::evidence_of;
pub use markdown::markdown;
pub use search::{Found, Likeness, search};
pub use weight::Explains;
pub(crate) use weight::TimeBasis;

use std::fmt;

/// Whose matter a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A peer broke a MUST.
    Violation,
    /// An upgrade or a session failed.
    Failure,
    /// Legal, yet suspicious.
    Anomaly,
    /// Bytes that the capture lost: never a peer's fault.
    Capture,
    /// Never a WebSocket client.
    Noise,
}

impl Class {
    /// The name JSON prints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Violation => "violation",
            Self::Failure => "failure",
            Self::Anomaly => "anomaly",
            Self::Capture => "capture",
            Self::Noise => "noise",
        }
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably wrong.
    Warning,
    /// Wrong.
    Error,
}

impl Severity {
    /// The name JSON prints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// The bytes that show it are all in the capture.
    Certain,
    /// The capture misses bytes, or the upgrade, and it could be otherwise.
    Tentative,
}

impl Certainty {
    /// The name JSON prints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Tentative => "tentative",
        }
    }
}

macro_rules! ids {
    ($($name:literal $id:ident: $class:ident, $severity:ident;)*) => {
        /// A kind of finding, in the order of the catalog.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Id {
            $(#[doc = concat!("`", $name, "`")] $id,)*
        }

        impl Id {
            /// Every kind, in the order of the catalog.
            pub const ALL: &'static [Self] = &[$(Self::$id,)*];

            /// Its public name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$id => $name,)* }
            }

            /// Whose matter it is.
            pub const fn class(self) -> Class {
                match self { $(Self::$id => Class::$class,)* }
            }

            /// How bad it is, unless the finding itself or the user says otherwise.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$id => Severity::$severity,)* }
            }
        }
    };
}

ids! {
    "connection-refused" ConnectionRefused: Failure, Warning;
    "connect-unanswered" ConnectUnanswered: Failure, Warning;
    "upgrade-no-response" UpgradeNoResponse: Failure, Error;
    "upgrade-unanswered" UpgradeUnanswered: Failure, Warning;
    "upgrade-response-truncated" UpgradeResponseTruncated: Failure, Error;
    "upgrade-request-truncated" UpgradeRequestTruncated: Failure, Warning;
    "upgrade-response-malformed" UpgradeResponseMalformed: Violation, Error;
    "upgrade-request-malformed" UpgradeRequestMalformed: Violation, Error;
    "upgrade-head-too-large" UpgradeHeadTooLarge: Violation, Error;
    "upgrade-rejected" UpgradeRejected: Failure, Error;
    "upgrade-method-invalid" UpgradeMethodInvalid: Violation, Error;
    "upgrade-http-version" UpgradeHttpVersion: Violation, Error;
    "upgrade-header-missing" UpgradeHeaderMissing: Violation, Error;
    "upgrade-header-invalid" UpgradeHeaderInvalid: Violation, Error;
    "upgrade-header-duplicate" UpgradeHeaderDuplicate: Violation, Error;
    "upgrade-header-stripped" UpgradeHeaderStripped: Failure, Error;
    "upgrade-version-unsupported" UpgradeVersionUnsupported: Violation, Error;
    "upgrade-key-invalid" UpgradeKeyInvalid: Violation, Error;
    "upgrade-accept-mismatch" UpgradeAcceptMismatch: Violation, Error;
    "upgrade-subprotocol-unoffered" UpgradeSubprotocolUnoffered: Violation, Error;
    "upgrade-extension-unoffered" UpgradeExtensionUnoffered: Violation, Error;
    "upgrade-extension-invalid" UpgradeExtensionInvalid: Violation, Error;
    "subprotocol-unchosen" SubprotocolUnchosen: Anomaly, Note;
    "key-reused" KeyReused: Violation, Warning;
    "upgrade-data-early" UpgradeDataEarly: Anomaly, Warning;
    "upgrade-slow" UpgradeSlow: Anomaly, Note;
    "http2-connect-refused" Http2ConnectRefused: Failure, Error;
    "http2-connect-not-enabled" Http2ConnectNotEnabled: Violation, Error;
    "http2-connect-invalid" Http2ConnectInvalid: Violation, Error;
    "http2-stream-reset" Http2StreamReset: Failure, Warning;
    "http2-goaway" Http2Goaway: Failure, Warning;
    "http2-window-exceeded" Http2WindowExceeded: Violation, Error;
    "http2-head-broken" Http2HeadBroken: Violation, Error;
    "http2-frame-invalid" Http2FrameInvalid: Violation, Error;
    "tls-on-plain-port" TlsOnPlainPort: Failure, Warning;
    "tunnel-refused" TunnelRefused: Failure, Warning;
    "upgrade-failures-repeated" UpgradeFailuresRepeated: Failure, Warning;
    "reconnect-loop" ReconnectLoop: Failure, Error;
    "probe" Probe: Noise, Note;
    "frame-incomplete" FrameIncomplete: Failure, Error;
    "frame-stalled" FrameStalled: Anomaly, Warning;
    "frame-reserved-bits" FrameReservedBits: Violation, Error;
    "frame-reserved-opcode" FrameReservedOpcode: Violation, Error;
    "frame-unmasked" FrameUnmasked: Violation, Error;
    "frame-masked" FrameMasked: Violation, Error;
    "frame-mask-weak" FrameMaskWeak: Anomaly, Warning;
    "frame-length-not-minimal" FrameLengthNotMinimal: Violation, Error;
    "frame-length-invalid" FrameLengthInvalid: Violation, Error;
    "control-fragmented" ControlFragmented: Violation, Error;
    "control-too-long" ControlTooLong: Violation, Error;
    "message-continuation-unexpected" MessageContinuationUnexpected: Violation, Error;
    "message-interrupted" MessageInterrupted: Violation, Error;
    "message-unfinished" MessageUnfinished: Failure, Error;
    "message-invalid-utf8" MessageInvalidUtf8: Violation, Error;
    "message-inflate-failed" MessageInflateFailed: Violation, Error;
    "message-compressed-unmarked" MessageCompressedUnmarked: Anomaly, Warning;
    "message-too-large" MessageTooLarge: Anomaly, Warning;
    "frame-interleaved" FrameInterleaved: Violation, Error;
    "stream-not-websocket" StreamNotWebsocket: Violation, Error;
    "stream-resynchronized" StreamResynchronized: Capture, Note;
    "pong-mismatch" PongMismatch: Violation, Error;
    "pong-unsolicited" PongUnsolicited: Anomaly, Note;
    "ping-unanswered" PingUnanswered: Failure, Warning;
    "pong-late" PongLate: Anomaly, Note;
    "close-missing" CloseMissing: Failure, Warning;
    "close-unanswered" CloseUnanswered: Anomaly, Warning;
    "close-code-invalid" CloseCodeInvalid: Violation, Error;
    "close-payload-invalid" ClosePayloadInvalid: Violation, Error;
    "close-reason-invalid-utf8" CloseReasonInvalidUtf8: Violation, Error;
    "close-abnormal" CloseAbnormal: Anomaly, Note;
    "close-right-after-data" CloseRightAfterData: Anomaly, Note;
    "reset-after-close" ResetAfterClose: Anomaly, Warning;
    "data-after-close" DataAfterClose: Violation, Error;
    "connection-reset" ConnectionReset: Failure, Warning;
    "idle-timeout" IdleTimeout: Anomaly, Note;
    "lifetime-limit" LifetimeLimit: Anomaly, Note;
    "hop-lost-message" HopLostMessage: Failure, Error;
    "hop-changed-message" HopChangedMessage: Failure, Error;
    "hop-added-message" HopAddedMessage: Anomaly, Warning;
    "hop-delayed-message" HopDelayedMessage: Anomaly, Note;
    "hop-closed" HopClosed: Anomaly, Note;
    "data-unacknowledged" DataUnacknowledged: Failure, Warning;
    "receiver-stalled" ReceiverStalled: Anomaly, Warning;
    "reset-foreign" ResetForeign: Anomaly, Warning;
    "tls-alert" TlsAlert: Failure, Error;
    "tls-handshake-broken" TlsHandshakeBroken: Failure, Error;
    "tls-closed-early" TlsClosedEarly: Anomaly, Note;
    "tcp-gap" TcpGap: Capture, Warning;
    "direction-missing" DirectionMissing: Capture, Warning;
    "address-translated" AddressTranslated: Capture, Note;
    "tcp-overlap-conflict" TcpOverlapConflict: Anomaly, Warning;
    "packet-truncated" PacketTruncated: Capture, Warning;
    "capture-drops" CaptureDrops: Capture, Warning;
    "limit-reached" LimitReached: Capture, Warning;
}

impl Id {
    /// The kind with this public name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|id| id.name() == name)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
