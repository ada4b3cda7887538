//! The figures that findings have.

/// What a figure of a finding is. What it means for each kind of finding, the catalog says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FindingField {
    /// Whether TCP acknowledged the bytes it is about.
    Acked,
    /// A length as it must have been.
    Actual,
    /// How far a handshake got.
    After,
    /// Milliseconds from one event to another.
    AfterMs,
    /// An age in milliseconds.
    AgeMs,
    /// The name of a TLS alert.
    Alert,
    /// The packet of the request that an answer belongs to.
    AnswerOf,
    /// Milliseconds between two ends.
    ApartMs,
    /// A number of bytes.
    Bytes,
    /// Who or what it comes from.
    Cause,
    /// A number of clients.
    Clients,
    /// A close code, an error code or the number of an alert.
    Code,
    /// A number of connections.
    Connections,
    /// How often, or how many.
    Count,
    /// A length that a header declares, in bytes.
    Declared,
    /// The session between client and proxy.
    Downstream,
    /// Packets that the capture dropped.
    Dropped,
    /// How long it took, in milliseconds.
    DurationMs,
    /// How TCP, or a session, ended.
    EndedBy,
    /// The session on which messages went into a proxy.
    Entry,
    /// The session on which messages came out of a proxy, or should have.
    Exit,
    /// The value that was expected.
    Expected,
    /// The bytes that were expected, in hexadecimal.
    ExpectedHex,
    /// Which fault of a kind it is.
    Fault,
    /// What is wrong with a message.
    Flaw,
    /// The value that was found, or how much.
    Found,
    /// The bytes that were found, in hexadecimal.
    FoundHex,
    /// The type of an HTTP/2 frame, as RFC 9113 spells it.
    FrameType,
    /// Names of header lines.
    Header,
    /// Bytes of a frame header that arrived.
    HeaderBytes,
    /// These bytes in hexadecimal.
    HeaderHex,
    /// What ICMP says.
    Icmp,
    /// The address that says so.
    IcmpFrom,
    /// Milliseconds of silence.
    IdleMs,
    /// The name of an interface.
    Interface,
    /// Milliseconds from one to the next.
    IntervalMs,
    /// A masking key in hexadecimal.
    KeyHex,
    /// What was sent instead of an upgrade.
    Kind,
    /// The last stream that a side may have looked at.
    LastStream,
    /// The limit that was reached, or the name of one.
    Limit,
    /// The longest time, in milliseconds.
    LongestMs,
    /// What bytes look like.
    LooksLike,
    /// What gives something away.
    Mark,
    /// The number of a message in its session.
    Message,
    /// A method as sent.
    Method,
    /// Bytes that are missing.
    Missing,
    /// The largest packet that fits, in bytes.
    Mtu,
    /// The name of a code or an alert.
    Name,
    /// The subprotocols that the client offered.
    Offered,
    /// The offset of a byte in a payload or a message, from 0.
    Offset,
    /// The number of an opcode.
    Opcode,
    /// Another address of the client.
    OtherClient,
    /// Another address of the server.
    OtherServer,
    /// A number of packets.
    Packets,
    /// A payload in hexadecimal.
    PayloadHex,
    /// The number of a ping's frame.
    PingFrame,
    /// First bytes of something, in hexadecimal.
    PreviewHex,
    /// The reason of a Close or GOAWAY.
    Reason,
    /// Bytes that arrived.
    Received,
    /// How often something was retransmitted.
    Retransmissions,
    /// Reserved bits as a number.
    Rsv,
    /// Milliseconds from ping to pong.
    RttMs,
    /// Whose flow-control window it is.
    Scope,
    /// A number of sessions.
    Sessions,
    /// How a pong differs from its ping.
    Shape,
    /// A side: `client` or `server`.
    Side,
    /// Milliseconds without a packet or a frame.
    SilenceMs,
    /// Bytes up to where frames go on.
    Skipped,
    /// The name of the server that TLS asked for.
    Sni,
    /// How far a connection had come.
    Stage,
    /// How long a window was closed, in milliseconds.
    StalledMs,
    /// An HTTP status code.
    Status,
    /// The number of an HTTP/2 stream.
    Stream,
    /// How often a SYN was sent.
    Syns,
    /// Whether the client did what an answer asks for.
    TakenUp,
    /// The host and port that a tunnel was to lead to.
    Target,
    /// The hop count of a packet.
    Ttl,
    /// The session between proxy and server.
    Upstream,
    /// The hop count of a side's other packets.
    UsualTtl,
    /// The value of a header line as sent.
    Value,
    /// The version as sent.
    Version,
    /// How long something was waited for, in milliseconds.
    WaitedMs,
    /// Bytes in flight.
    WaitingBytes,
    /// Whether it is whole.
    Whole,
}

impl FindingField {
    /// Its name in JSON and in the filter language.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Acked => "acked",
            Self::Actual => "actual",
            Self::After => "after",
            Self::AfterMs => "after_ms",
            Self::AgeMs => "age_ms",
            Self::Alert => "alert",
            Self::AnswerOf => "answer_of",
            Self::ApartMs => "apart_ms",
            Self::Bytes => "bytes",
            Self::Cause => "cause",
            Self::Clients => "clients",
            Self::Code => "code",
            Self::Connections => "connections",
            Self::Count => "count",
            Self::Declared => "declared",
            Self::Downstream => "downstream",
            Self::Dropped => "dropped",
            Self::DurationMs => "duration_ms",
            Self::EndedBy => "ended_by",
            Self::Entry => "entry",
            Self::Exit => "exit",
            Self::Expected => "expected",
            Self::ExpectedHex => "expected_hex",
            Self::Fault => "fault",
            Self::Flaw => "flaw",
            Self::Found => "found",
            Self::FoundHex => "found_hex",
            Self::FrameType => "frame_type",
            Self::Header => "header",
            Self::HeaderBytes => "header_bytes",
            Self::HeaderHex => "header_hex",
            Self::Icmp => "icmp",
            Self::IcmpFrom => "icmp_from",
            Self::IdleMs => "idle_ms",
            Self::Interface => "interface",
            Self::IntervalMs => "interval_ms",
            Self::KeyHex => "key_hex",
            Self::Kind => "kind",
            Self::LastStream => "last_stream",
            Self::Limit => "limit",
            Self::LongestMs => "longest_ms",
            Self::LooksLike => "looks_like",
            Self::Mark => "mark",
            Self::Message => "message",
            Self::Method => "method",
            Self::Missing => "missing",
            Self::Mtu => "mtu",
            Self::Name => "name",
            Self::Offered => "offered",
            Self::Offset => "offset",
            Self::Opcode => "opcode",
            Self::OtherClient => "other_client",
            Self::OtherServer => "other_server",
            Self::Packets => "packets",
            Self::PayloadHex => "payload_hex",
            Self::PingFrame => "ping_frame",
            Self::PreviewHex => "preview_hex",
            Self::Reason => "reason",
            Self::Received => "received",
            Self::Retransmissions => "retransmissions",
            Self::Rsv => "rsv",
            Self::RttMs => "rtt_ms",
            Self::Scope => "scope",
            Self::Sessions => "sessions",
            Self::Shape => "shape",
            Self::Side => "side",
            Self::SilenceMs => "silence_ms",
            Self::Skipped => "skipped",
            Self::Sni => "sni",
            Self::Stage => "stage",
            Self::StalledMs => "stalled_ms",
            Self::Status => "status",
            Self::Stream => "stream",
            Self::Syns => "syns",
            Self::TakenUp => "taken_up",
            Self::Target => "target",
            Self::Ttl => "ttl",
            Self::Upstream => "upstream",
            Self::UsualTtl => "usual_ttl",
            Self::Value => "value",
            Self::Version => "version",
            Self::WaitedMs => "waited_ms",
            Self::WaitingBytes => "waiting_bytes",
            Self::Whole => "whole",
        }
    }

    /// Whether it is bytes in hexadecimal.
    pub const fn is_hex(self) -> bool {
        matches!(
            self,
            Self::ExpectedHex
                | Self::FoundHex
                | Self::HeaderHex
                | Self::KeyHex
                | Self::PayloadHex
                | Self::PreviewHex
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::findings::Id;

    #[test]
    fn names_say_what_is_hexadecimal() {
        for (field, _) in Id::ALL.iter().flat_map(|id| id.entry().fields) {
            assert_eq!(field.is_hex(), field.name().ends_with("_hex"), "{}", field.name());
        }
    }
}
