//! Judges what HTTP/2 adds: requests for a WebSocket on a stream, streams that are reset, connections that end, windows
//! (RFC 8441, RFC 9113).

mod fields;

use super::catalog::{Id, Severity};
use super::close::ClosingPhase;
use super::field::FindingField;
use super::finding::Finding;
use super::likeness::Likeness;
use super::words::{bytes_of, millis, quoted};
use crate::http2::{
    ClosedBy, ErrorCode, FrameFault, FrameHeader, FrameType, GoAway, HeadFault, Reset, Scope, SettingFault,
    StreamFact,
};
use crate::model::{Count, Peer, Stamp, StreamId, in_words, phrase};
use crate::upgrade::{HeadPart, OverHttp2, Request, Response, Upgrade};
use crate::ws::looks_like;
pub(crate) use fields::is_malformed;
use fields::{judge_fields, judge_form, missing_fields};

/// What a GOAWAY names that only announces the next one (RFC 9113 §6.8).
const NONE_LEFT_OUT: StreamId = StreamId(u32::MAX >> 1);

/// Judges the request, as far as it differs from one of HTTP/1.1.
pub(super) fn judge_request(request: &Request, over: &OverHttp2, tell: &mut dyn FnMut(Finding)) {
    let (head, stamp) = (&request.head, request.head.first);
    let is_whole = over.is_certain();
    let mut invalid = |header: &str, summary: String| {
        let finding = Finding::new(Id::Http2ConnectInvalid, stamp, summary)
            .with(FindingField::Header, header.to_owned());
        tell(finding.from(Peer::Client));
    };
    if !is_whole {
        // Nothing can be missed in it.
    } else if head.value(":protocol").is_none() {
        invalid(
            ":protocol",
            "the client asks for a WebSocket as in HTTP/1.1: HTTP/2 wants an extended CONNECT with :protocol"
                .to_owned(),
        );
    } else {
        if let Some(method) = request.known_method().filter(|method| *method != "CONNECT") {
            let method = quoted(method.as_bytes());
            invalid(
                ":method",
                format!("the client's request has :protocol, and the method {method}: it has to be CONNECT"),
            );
        }
        for name in missing_fields(request) {
            invalid(name, format!("the client's extended CONNECT has no {name}"));
        }
    }
    if over.ends_stream && request.is_extended_connect() {
        let summary = "the client ends the stream with its extended CONNECT (END_STREAM): it can send nothing over the \
                       WebSocket, not even a Close frame";
        tell(Finding::new(Id::Http2ConnectInvalid, stamp, summary).from(Peer::Client));
    }
    if over.guessed_fields == 0 {
        judge_fields(head, Peer::Client, tell);
    }
    if is_whole {
        judge_form(head, Peer::Client, tell);
    }
    match head.value("sec-websocket-version").filter(|_| over.guessed_fields == 0) {
        Some(version) if version != b"13" => {
            let summary = format!(
                "the client asks for WebSocket version {}; the only one in use is 13 (RFC 6455)",
                quoted(version)
            );
            let version = String::from_utf8_lossy(version).into_owned();
            let finding = Finding::new(Id::UpgradeVersionUnsupported, stamp, summary)
                .with(FindingField::Version, version);
            tell(finding.from(Peer::Client));
        }
        // RFC 8441 §5: it is used as in HTTP/1.1. A field that is not known cannot be missed.
        None if request.is_extended_connect() && is_whole => {
            let summary = "the client's request has no Sec-WebSocket-Version header";
            let finding = Finding::new(Id::UpgradeHeaderMissing, stamp, summary);
            tell(finding.from(Peer::Client).with(FindingField::Header, "Sec-WebSocket-Version"));
        }
        Some(_) | None => {}
    }
    if over.enabled == Some(false) && request.is_extended_connect() {
        let summary = "the client asks for a WebSocket with an extended CONNECT, which the server has not announced to \
                       take (SETTINGS_ENABLE_CONNECT_PROTOCOL)";
        tell(Finding::new(Id::Http2ConnectNotEnabled, stamp, summary).from(Peer::Client));
    }
}

/// Judges an answer that grants the WebSocket.
pub(super) fn judge_grant(response: &Response, over: &OverHttp2, tell: &mut dyn FnMut(Finding)) {
    if response.status == 101 {
        let summary = "the server answers 101 over HTTP/2, which has no such status: an extended CONNECT is granted with \
                       200";
        let finding = Finding::new(Id::Http2ConnectInvalid, response.head.first, summary)
            .with(FindingField::Header, ":status");
        tell(finding.from(Peer::Server));
    }
    if over.guessed_fields == 0 {
        judge_fields(&response.head, Peer::Server, tell);
    }
    if over.is_certain() {
        judge_form(&response.head, Peer::Server, tell);
    }
}

/// The stream was reset before the request was answered.
pub(super) fn judge_reset(upgrade: &Upgrade, reset: &Reset, tell: &mut dyn FnMut(Finding)) {
    let Reset { from, code, stamp, .. } = *reset;
    let waited = phrase(" ", stamp.time.told_since(upgrade.requested.time), "");
    // The answer may be in what the capture misses.
    let is_lost = upgrade.response == HeadPart::Lost;
    let before = if is_lost { "" } else { ", before any answer" };
    let summary = format!(
        "the {from} reset the stream with {code}{waited} after the request{before}, {}",
        code.meaning()
    );
    let finding = stream_reset(reset, summary).tentative_if(is_lost);
    // A client that cancels its own request gets the catalog's severity; a server that does so failed it.
    let failed = from == Peer::Server && !is_lost;
    // A server has to reset the stream of a request that nobody may take, and of one with a field that it never announced to know.
    let is_owed = failed
        && code == ErrorCode::PROTOCOL_ERROR
        && upgrade.via.http2().zip(upgrade.request.whole()).is_some_and(|(over, request)| {
            let is_unannounced = over.enabled == Some(false) && request.is_extended_connect();
            let is_bad = over.is_certain() && is_malformed(request);
            is_bad || is_unannounced || (over.ends_stream && request.is_extended_connect())
        });
    tell(match (is_owed, failed) {
        (true, _) => finding.severity(Severity::Note),
        (false, true) => finding.severity(Severity::Error),
        (false, false) => finding,
    });
}

fn stream_reset(reset: &Reset, summary: String) -> Finding {
    let finding = Finding::new(Id::Http2StreamReset, reset.stamp, summary)
        .with(FindingField::Code, u64::from(reset.code.0))
        .from(reset.from);
    named(finding, reset.code)
}

/// Judges what happens to the stream of a session in this phase.
pub(super) fn judge_stream(fact: &StreamFact, phase: ClosingPhase, tell: &mut dyn FnMut(Finding)) {
    match fact {
        StreamFact::ConnectionEnds { .. } => {}
        StreamFact::Reset(reset) => {
            // Once a side has ended its session, a stream that is not needed any more may be reset.
            let in_order = matches!(reset.code, ErrorCode::NO_ERROR | ErrorCode::CANCEL);
            if phase == ClosingPhase::Open || !in_order {
                let Reset { from, code, .. } = reset;
                // Some libraries end a stream before they reset it: it is open to the other side until then.
                let (when, is_late) = match phase {
                    ClosingPhase::Open => ("while the session was open", false),
                    ClosingPhase::Ended(by) if by.peer() == Some(*from) => {
                        ("after it had ended it itself, without a Close frame", false)
                    }
                    ClosingPhase::Closing => ("after the first Close", false),
                    ClosingPhase::Closed => ("after both sides had sent Close", true),
                    ClosingPhase::Ended(_) => ("after its peer had ended it", true),
                };
                let summary = format!("the {from} reset the stream with {code} {when}, {}", code.meaning());
                let finding = stream_reset(reset, summary);
                tell(if is_late { finding.severity(Severity::Note) } else { finding });
            }
        }
        StreamFact::Stalled { from, scope, stall, wanted } => {
            let receiver = !*from;
            let whose = match scope {
                Scope::Stream => "window of the stream",
                Scope::Connection => "window of the HTTP/2 connection (which all streams share)",
            };
            let lasted = in_words(stall.lasted);
            let then = match stall.until {
                Some(_) if !wanted => {
                    format!("; what the {from} had to send on another stream came as soon as it opened")
                }
                Some(_) => format!("; what the {from} had to send came as soon as it opened"),
                None => ", to its end".to_owned(),
            };
            let summary = format!(
                "the {receiver} left its {whose} closed for {lasted}{then}: the {receiver} did not read"
            );
            let finding = Finding::new(Id::ReceiverStalled, stall.since, summary)
                .from(receiver)
                .with(FindingField::StalledMs, millis(stall.lasted))
                .with(FindingField::Scope, scope.name());
            // To the end nobody knows whether there was more to send; and what came as soon as a window opened that no bytes
            // had used up may have come by chance.
            tell(finding.tentative_if(stall.until.is_none() || stall.by != ClosedBy::Bytes || !wanted));
        }
        StreamFact::Exceeded { from, scope, beyond, stamp } => {
            let name = scope.name();
            let summary = format!(
                "the {from} sent {} more than the window of the {name} allowed: its peer may end the {name} with \
                 FLOW_CONTROL_ERROR",
                bytes_of(*beyond)
            );
            tell(
                Finding::new(Id::Http2WindowExceeded, *stamp, summary)
                    .from(*from)
                    .with(FindingField::Scope, scope.name())
                    .with(FindingField::Bytes, *beyond),
            );
        }
    }
}

/// A side sent a head on `stream` that nobody can read.
pub(crate) fn head_broken(from: Peer, stream: StreamId, fault: HeadFault, stamp: Stamp) -> Finding {
    let (what, error) = match fault {
        HeadFault::Interrupted(kind) => {
            let frame =
                kind.name().map_or("a frame of an extension".to_owned(), |name| format!("a {name} frame"));
            (
                format!("sent {frame} inside the head of stream {stream}, before its rest"),
                ErrorCode::PROTOCOL_ERROR,
            )
        }
        HeadFault::Headless => (
            format!("sent a CONTINUATION frame on stream {stream} that continues no head"),
            ErrorCode::PROTOCOL_ERROR,
        ),
        HeadFault::Hpack(fault) => (
            format!("sent a head on stream {stream} that has {}", fault.name()),
            ErrorCode::COMPRESSION_ERROR,
        ),
    };
    let summary = format!("the {from} {what}: its peer has to end the connection with {error}");
    let finding = Finding::new(Id::Http2HeadBroken, stamp, summary)
        .from(from)
        .with(FindingField::Stream, u64::from(stream.0))
        .with(FindingField::Fault, fault.name());
    match fault {
        HeadFault::Interrupted(kind) => match kind.name() {
            Some(name) => finding.with(FindingField::FrameType, name),
            None => finding,
        },
        HeadFault::Headless | HeadFault::Hpack(_) => finding,
    }
}

/// A side sent a frame with this header, which no peer may send.
pub(crate) fn frame_invalid(from: Peer, header: FrameHeader, fault: FrameFault, stamp: Stamp) -> Finding {
    let FrameHeader { kind, stream, length, .. } = header;
    let name = kind.name().map_or("a frame of another type".to_owned(), |name| format!("a {name} frame"));
    let (what, error) = match fault {
        FrameFault::NoStream => {
            ("on stream 0, which is the connection itself".to_owned(), ErrorCode::PROTOCOL_ERROR)
        }
        FrameFault::OnStream => (
            format!("on stream {stream}, although it is about the whole connection"),
            ErrorCode::PROTOCOL_ERROR,
        ),
        FrameFault::Size => (
            format!("with {}, which none has", Count(length.into(), "payload byte")),
            ErrorCode::FRAME_SIZE_ERROR,
        ),
        FrameFault::TooLarge => (
            format!(
                "of {}, more than its peer takes (SETTINGS_MAX_FRAME_SIZE)",
                Count(length.into(), "payload byte")
            ),
            ErrorCode::FRAME_SIZE_ERROR,
        ),
        FrameFault::Padding => {
            (format!("on stream {stream} whose padding is longer than the frame"), ErrorCode::PROTOCOL_ERROR)
        }
        FrameFault::NoIncrement => {
            (format!("on stream {stream} that adds 0 bytes to the window"), ErrorCode::PROTOCOL_ERROR)
        }
        FrameFault::WindowTooLarge => (
            format!("on stream {stream} that lets a window grow beyond 2,147,483,647 bytes"),
            ErrorCode::FLOW_CONTROL_ERROR,
        ),
        FrameFault::IdleStream => {
            (format!("on stream {stream}, which nobody has begun"), ErrorCode::PROTOCOL_ERROR)
        }
        FrameFault::Setting(fault) => (setting_fault(fault), ErrorCode::PROTOCOL_ERROR),
        FrameFault::EndedStream => {
            (format!("on stream {stream}, which it had ended before (END_STREAM)"), ErrorCode::STREAM_CLOSED)
        }
    };
    let owes = match fault {
        // RFC 8441 §3 forbids it, and does not say what its peer does.
        FrameFault::Setting(SettingFault::ConnectProtocolWithdrawn) => "may end the connection",
        FrameFault::Size if kind == FrameType::Priority => "has to reset the stream",
        FrameFault::NoStream
        | FrameFault::OnStream
        | FrameFault::Size
        | FrameFault::TooLarge
        | FrameFault::Padding
        | FrameFault::IdleStream
        | FrameFault::Setting(_) => "has to end the connection",
        // Of a stream alone, if it is not about the connection.
        FrameFault::NoIncrement | FrameFault::WindowTooLarge if stream == StreamId(0) => {
            "has to end the connection"
        }
        FrameFault::NoIncrement | FrameFault::WindowTooLarge | FrameFault::EndedStream => {
            "has to reset the stream"
        }
    };
    let summary = format!("the {from} sent {name} {what}: its peer {owes} with {error}");
    let finding = Finding::new(Id::Http2FrameInvalid, stamp, summary)
        .from(from)
        .with(FindingField::Stream, u64::from(stream.0))
        .with(FindingField::Fault, fault.name());
    let finding = match kind.name() {
        Some(name) => finding.with(FindingField::FrameType, name),
        None => finding,
    };
    let is_of_size = matches!(fault, FrameFault::Size | FrameFault::TooLarge);
    if is_of_size { finding.with(FindingField::Declared, u64::from(length)) } else { finding }
}

/// What a side announces that no peer may, in words that follow upon "sent a SETTINGS frame".
fn setting_fault(fault: SettingFault) -> String {
    match fault {
        SettingFault::EnablePush(value) => {
            format!("with SETTINGS_ENABLE_PUSH {value}, which is neither 0 nor 1")
        }
        SettingFault::PushOfServer => {
            "with SETTINGS_ENABLE_PUSH 1, although nobody can push to a server".to_owned()
        }
        SettingFault::MaxFrameSize(value) => {
            format!("with SETTINGS_MAX_FRAME_SIZE {value}, which is not between 16,384 and 16,777,215")
        }
        SettingFault::EnableConnectProtocol(value) => {
            format!("with SETTINGS_ENABLE_CONNECT_PROTOCOL {value}, which is neither 0 nor 1")
        }
        SettingFault::ConnectProtocolWithdrawn => {
            "with SETTINGS_ENABLE_CONNECT_PROTOCOL 0 after it had announced 1 (RFC 8441 §3)".to_owned()
        }
    }
}

/// Where a frame of HTTP/2 belongs a side sent something else, which begins so.
pub(crate) fn unframed(from: Peer, preview: &[u8], stamp: Stamp) -> Finding {
    let looks = looks_like(preview);
    let like = looks.map_or(String::new(), |like| format!("looks like {like} and "));
    let summary = format!(
        "the {from} sent something else where a frame of HTTP/2 belongs: it {like}begins {}, which declares more than \
         anybody takes: its peer has to end the connection with {}",
        quoted(preview),
        ErrorCode::FRAME_SIZE_ERROR
    );
    let finding = Finding::new(Id::Http2FrameInvalid, stamp, summary)
        .from(from)
        .with(FindingField::Fault, "no-frame")
        .with(FindingField::PreviewHex, hex::encode(preview));
    match looks {
        Some(like) => finding.with(FindingField::LooksLike, Likeness::Known(like)),
        None => finding,
    }
}

/// A request of this packet has no answer, as the server's GOAWAY leaves out its stream, or ends the connection with an error.
pub(super) fn unanswered(stream: StreamId, gone: GoAway, requested: Stamp) -> Finding {
    let GoAway { last, code, stamp, .. } = gone;
    if stream <= last {
        let waited = if stamp.packet > requested.packet {
            phrase(" ", stamp.time.told_since(requested.time), "") + " after"
        } else {
            " before".to_owned()
        };
        let summary = format!(
            "the server ended the connection with {code}{waited} the request on stream {stream}, which it did not answer, {}",
            code.meaning()
        );
        return named(of_goaway(Peer::Server, gone, summary), code).severity(Severity::Error);
    }
    let then = if code == ErrorCode::NO_ERROR {
        "and the request can be sent again on another connection"
    } else {
        code.meaning()
    };
    let summary = format!(
        "the server never looked at the request on stream {stream}: it takes no streams after {last} (GOAWAY with {code}), \
         {then}"
    );
    named(of_goaway(Peer::Server, gone, summary), code).severity(Severity::Error)
}

fn of_goaway(from: Peer, gone: GoAway, summary: String) -> Finding {
    Finding::new(Id::Http2Goaway, gone.stamp, summary)
        .from(from)
        .with(FindingField::Code, u64::from(gone.code.0))
        .with(FindingField::LastStream, u64::from(gone.last.0))
}

/// With the name of its error code, if that has one.
fn named(finding: Finding, code: ErrorCode) -> Finding {
    match code.name() {
        Some(name) => finding.with(FindingField::Name, name),
        None => finding,
    }
}

/// The sessions that are open on a connection when a side says that it takes no more streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenSessions {
    /// Nobody knows, as the capture holds one side alone.
    Unknown,
    /// So many.
    Known {
        /// Those that it goes on with.
        kept: u64,
        /// Those on later streams than the last one that it names.
        given_up: u64,
    },
}

impl OpenSessions {
    /// How many there are, if that is known.
    const fn count(self) -> Option<u64> {
        match self {
            Self::Unknown => None,
            Self::Known { kept, given_up } => Some(kept + given_up),
        }
    }

    /// How many of them the side gives up, as far as is known.
    const fn given_up(self) -> u64 {
        match self {
            Self::Unknown => 0,
            Self::Known { given_up, .. } => given_up,
        }
    }
}

/// Whether a side has said before that it takes no more streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Announced {
    /// It says so for the first time.
    Now,
    /// It has.
    Before,
}

/// One side of a connection takes no more streams, while these sessions are open.
pub(crate) fn goaway(
    from: Peer,
    gone: GoAway,
    debug: &[u8],
    open: OpenSessions,
    announced: Announced,
) -> Option<Finding> {
    let GoAway { last, code, .. } = gone;
    let in_order = code == ErrorCode::NO_ERROR;
    let is_new = open.given_up() > 0 || announced == Announced::Now;
    if in_order && !(is_new && open.count() != Some(0)) {
        return None;
    }
    let sessions = match open {
        OpenSessions::Unknown => {
            "how many WebSockets are open on it is not known, as the capture holds one side alone".to_owned()
        }
        OpenSessions::Known { kept, given_up } => {
            let open = match kept + given_up {
                0 => "no WebSocket is open on it".to_owned(),
                1 => "one WebSocket is open on it".to_owned(),
                open => format!("{} are open on it", Count(open, "WebSocket")),
            };
            let given_up = match (kept, given_up) {
                (_, 0) if in_order => ", and may continue until the connection ends".to_owned(),
                (_, 0) => String::new(),
                (0, 1) => ", on a later stream, which the server thereby gives up".to_owned(),
                (0, _) => ", on later streams, which the server thereby gives up".to_owned(),
                (_, 1) => ", one of them on a later stream, which the server thereby gives up".to_owned(),
                (_, given_up) => {
                    format!(", {given_up} of them on later streams, which the server thereby gives up")
                }
            };
            open + &given_up
        }
    };
    let said = if debug.is_empty() { String::new() } else { format!(", with the text {}", quoted(debug)) };
    let summary = if in_order {
        let refused = match from {
            // What a side counts are the streams of its peer (RFC 9113 §6.8), and a server opens none.
            Peer::Client => "announces the end of the connection".to_owned(),
            Peer::Server if last == NONE_LEFT_OUT => "is about to take no more streams".to_owned(),
            Peer::Server => format!("takes no more streams after {last}"),
        };
        format!("the {from} {refused}{said}; {sessions}")
    } else {
        format!("the {from} ends the connection with {code}{said}, {}; {sessions}", code.meaning())
    };
    let finding = of_goaway(from, gone, summary);
    let finding = match open.count() {
        Some(open) => finding.with(FindingField::Sessions, open),
        None => finding,
    };
    let finding = named(finding, code);
    Some(if in_order && open.given_up() == 0 { finding.severity(Severity::Note) } else { finding })
}
