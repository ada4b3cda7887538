//! Outputs that can be shown to anybody: addresses, names, values and payloads are replaced before a format sees them.

use super::sink::{Relay, Sink};
use crate::analyzer::{Output, Place, SessionSummary, UpgradeDigest};
use crate::findings::{Finding, FindingField, FindingValue, Id};
use crate::model::PerPeer;
use crate::redact::{NameKind, Names, SharedNames, known, mask};
use crate::tls::{Facts, Random, Reason};
use crate::upgrade::{Head, HeadPart, Header, Headers, Upgrade, accept_for};
use crate::ws::{Frame, Inflation, Message, MessageKind, Opcode};
use std::io;
use std::net::SocketAddr;

/// Hands on outputs without what was captured of anybody: addresses and names become numbered pseudonyms, payloads keep
/// their length and shape alone. What remains is said in docs/OUTPUT.md.
#[derive(Debug)]
pub struct Redacted<S> {
    names: SharedNames,
    inner: S,
}

impl<S: Sink> Redacted<S> {
    /// Hands everything on to `inner`, with the pseudonyms of `names`.
    pub const fn new(names: SharedNames, inner: S) -> Self {
        Self { names, inner }
    }
}

impl<S: Sink> Relay for Redacted<S> {
    fn behind(&mut self) -> &mut dyn Sink {
        &mut self.inner
    }

    fn relay(&mut self, output: &Output<'_>) -> io::Result<()> {
        let Self { names, inner } = self;
        let names = &mut *names.lend();
        match output {
            Output::Upgrade(at, attempt) => {
                inner.output(&Output::Upgrade(&place(names, at), &upgrade(names, attempt)))
            }
            Output::Frame(at, frame) => {
                let payload = frame_payload(frame);
                inner.output(&Output::Frame(&place(names, at), &Frame { payload: &payload, ..**frame }))
            }
            Output::Message(at, message) => {
                let (payload, last_payload) = message_payloads(message);
                let message = Message { payload: &payload, last_payload: &last_payload, ..**message };
                inner.output(&Output::Message(&place(names, at), &message))
            }
            Output::Finding(told) => inner.output(&Output::Finding(&finding(names, told))),
            Output::Counted(told) => inner.output(&Output::Counted(&finding(names, told))),
            Output::Waiting(told) => inner.output(&Output::Waiting(&finding(names, told))),
            Output::Dark(at, known) => inner.output(&Output::Dark(&place(names, at), &facts(names, known))),
            Output::Tls(at, known) => inner.output(&Output::Tls(&place(names, at), &facts(names, known))),
            Output::Session(summary) => inner.output(&Output::Session(&session(names, summary))),
            // Figures alone.
            Output::Summary(_) | Output::Data(..) => inner.output(output),
            // Whoever chooses stands in front of this.
            Output::ServerName(..) | Output::Secrets(..) => Ok(()),
        }
    }
}

/// Gives a pseudonym to everything that comes by, and hands it on as it is. In front of a filter it gives pseudonyms to what
/// that leaves out as well, so that they are the same whatever is chosen.
#[derive(Debug)]
pub struct Named<S> {
    naming: Redacted<Nowhere>,
    inner: S,
}

impl<S: Sink> Named<S> {
    /// Hands everything on to `inner`; `names` learn what is in it.
    pub const fn new(names: SharedNames, inner: S) -> Self {
        Self { naming: Redacted::new(names, Nowhere), inner }
    }
}

impl<S: Sink> Relay for Named<S> {
    fn behind(&mut self) -> &mut dyn Sink {
        &mut self.inner
    }

    fn relay(&mut self, output: &Output<'_>) -> io::Result<()> {
        self.naming.output(output)?;
        self.inner.output(output)
    }
}

/// Where what was redacted goes if only the pseudonyms matter.
#[derive(Debug)]
struct Nowhere;

impl Sink for Nowhere {
    fn output(&mut self, _: &Output<'_>) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn place(names: &mut Names, place: &Place) -> Place {
    let PerPeer { client, server } = place.addresses;
    let addresses = PerPeer { client: names.address(client), server: names.address(server) };
    Place { addresses, ..*place }
}

fn upgrade(names: &mut Names, upgrade: &Upgrade) -> Upgrade {
    let mut redacted = upgrade.clone();
    // The answer to a key is the right one to its pseudonym, where it was the right one.
    let accepts = upgrade.expected_accept().map(|accept| {
        let key = upgrade.request.whole().and_then(|request| request.head.value("sec-websocket-key"));
        (accept, accept_for(&names.key(key.unwrap_or_default())))
    });
    match &mut redacted.request {
        HeadPart::Whole(request) => {
            request.method = names.method(&request.method);
            request.target = names.url(&request.target);
            request.head = head(names, &request.head, accepts.as_ref());
        }
        HeadPart::Malformed { preview, .. } => *preview = mask::any(preview),
        HeadPart::Absent | HeadPart::Partial { .. } | HeadPart::TooLarge { .. } | HeadPart::Lost => {}
    }
    match &mut redacted.response {
        HeadPart::Whole(response) => {
            response.reason = names.reason(&response.reason);
            response.head = head(names, &response.head, accepts.as_ref());
        }
        HeadPart::Malformed { preview, .. } => *preview = mask::any(preview),
        HeadPart::Absent | HeadPart::Partial { .. } | HeadPart::TooLarge { .. } | HeadPart::Lost => {}
    }
    redacted.body = mask::text(&redacted.body);
    redacted.tunnel = upgrade.tunnel.as_deref().map(|target| names.host(target));
    redacted
}

fn head(names: &mut Names, head: &Head, accepts: Option<&(String, String)>) -> Head {
    let mut lines: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for Header { name, value } in head.headers.iter() {
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
        let redacted = match accepts {
            Some((right, pseudonym))
                if is("sec-websocket-accept") && value.trim_ascii() == right.as_bytes() =>
            {
                pseudonym.clone().into_bytes()
            }
            _ if is("sec-websocket-key") => names.key(value),
            _ => {
                let (name, value) = (String::from_utf8_lossy(name), String::from_utf8_lossy(value));
                names.value(&name, &value).into_bytes()
            }
        };
        lines.push((names.header(&String::from_utf8_lossy(name)).into_bytes(), redacted));
    }
    let headers = Headers::new(lines.iter().map(|(name, value)| Header { name, value }));
    Head { headers, flaws: head.flaws.clone(), ..*head }
}

fn frame_payload(frame: &Frame<'_>) -> Vec<u8> {
    let (header, payload) = (&frame.header, frame.payload);
    match header.opcode {
        _ if header.rsv != 0 => mask::binary(payload),
        Opcode::Close => {
            let (code, reason) = payload.split_at_checked(2).unwrap_or((payload, &[]));
            [code, &mask::reason(reason)].concat()
        }
        Opcode::Text => mask::text(payload),
        Opcode::Continuation | Opcode::Ping | Opcode::Pong => mask::any(payload),
        Opcode::Binary | Opcode::Reserved(_) => mask::binary(payload),
    }
}

fn message_payloads(message: &Message<'_>) -> (Vec<u8>, Vec<u8>) {
    let masked = match message.kind {
        MessageKind::Text => mask::text(message.payload),
        MessageKind::Binary => mask::binary(message.payload),
    };
    let last = match message.inflation {
        Inflation::None => mask::any(message.last_payload),
        Inflation::Whole
        | Inflation::Failed
        | Inflation::TooLarge
        | Inflation::Foreign
        | Inflation::NoContext => mask::binary(message.last_payload),
    };
    (masked, last)
}

fn facts(names: &mut Names, facts: &Facts) -> Facts {
    let mut redacted = facts.clone();
    redacted.sni = facts.sni.as_deref().map(|name| names.host(name));
    redacted.alpn = facts.alpn.as_deref().map(|name| names.protocol(name));
    redacted.alpn_offered = facts.alpn_offered.iter().map(|name| names.protocol(name)).collect();
    // It would find the connection in a key log.
    redacted.client_random = None;
    if let Some(
        Reason::NoSecretForThisClientRandom { random, .. }
        | Reason::RenegotiationUnread { random: Some(random) },
    ) = &mut redacted.reason
    {
        *random = Random([0; 32]);
    }
    redacted
}

fn session(names: &mut Names, summary: &SessionSummary) -> SessionSummary {
    let mut redacted = summary.clone();
    redacted.place = place(names, &summary.place);
    if let Some(close) = &mut redacted.close {
        close.reason = mask::reason(&close.reason);
    }
    redacted.close_story = redacted.close_story.with_reasons(mask::reason);
    redacted.asked = summary.asked.as_ref().map(|asked| {
        let mut text = |text: &Option<Box<str>>, redact: fn(&mut Names, &str) -> String| {
            text.as_deref().map(|text| redact(names, text).into())
        };
        Box::new(UpgradeDigest {
            target: text(&asked.target, Names::url),
            host: text(&asked.host, Names::host),
            subprotocol: text(&asked.subprotocol, Names::protocol),
        })
    });
    redacted
}

fn finding(names: &mut Names, finding: &Finding) -> Finding {
    let mut redacted = finding.clone();
    // Names of parameters may have quotes in them.
    redacted.summary = if finding.id == Id::UpgradeExtensionInvalid {
        finding.id.entry().title.to_owned()
    } else {
        sentence(names, &finding.summary)
    };
    for (field, value) in &mut redacted.fields {
        let FindingValue::Text(text) = value else { continue };
        *text = figure(names, *field, text);
    }
    redacted
}

/// A figure of a finding that is text.
fn figure(names: &mut Names, field: FindingField, text: &str) -> String {
    match field {
        // Words of wsight's own, or of a frame's header.
        FindingField::After
        | FindingField::Alert
        | FindingField::Cause
        | FindingField::EndedBy
        | FindingField::Fault
        | FindingField::Flaw
        | FindingField::FrameType
        | FindingField::HeaderHex
        | FindingField::Icmp
        | FindingField::KeyHex
        | FindingField::Kind
        | FindingField::Limit
        | FindingField::LooksLike
        | FindingField::Mark
        | FindingField::Name
        | FindingField::Scope
        | FindingField::Shape
        | FindingField::Side
        | FindingField::Stage => text.to_owned(),
        FindingField::Header => {
            let headers: Vec<String> = text.split(", ").map(|name| names.header(name)).collect();
            headers.join(", ")
        }
        FindingField::IcmpFrom => {
            text.parse().map_or_else(|_| mask::line(text), |ip| names.ip(ip).to_string())
        }
        FindingField::Interface => names.name(NameKind::Interface, text),
        FindingField::Sni | FindingField::Target => names.host(text),
        FindingField::ExpectedHex
        | FindingField::FoundHex
        | FindingField::PayloadHex
        | FindingField::PreviewHex => hex::encode(mask::any(&hex::decode(text).unwrap_or_default())),
        // Captured, or a number.
        FindingField::Acked
        | FindingField::Actual
        | FindingField::AfterMs
        | FindingField::AgeMs
        | FindingField::AnswerOf
        | FindingField::ApartMs
        | FindingField::Bytes
        | FindingField::Clients
        | FindingField::Code
        | FindingField::Connections
        | FindingField::Count
        | FindingField::Declared
        | FindingField::Downstream
        | FindingField::Dropped
        | FindingField::DurationMs
        | FindingField::Entry
        | FindingField::Exit
        | FindingField::Expected
        | FindingField::Found
        | FindingField::HeaderBytes
        | FindingField::IdleMs
        | FindingField::IntervalMs
        | FindingField::LastStream
        | FindingField::LongestMs
        | FindingField::Message
        | FindingField::Method
        | FindingField::Missing
        | FindingField::Mtu
        | FindingField::Offered
        | FindingField::Offset
        | FindingField::Opcode
        | FindingField::OtherClient
        | FindingField::OtherServer
        | FindingField::Packets
        | FindingField::PingFrame
        | FindingField::Reason
        | FindingField::Received
        | FindingField::Retransmissions
        | FindingField::Rsv
        | FindingField::RttMs
        | FindingField::Sessions
        | FindingField::SilenceMs
        | FindingField::Skipped
        | FindingField::StalledMs
        | FindingField::Status
        | FindingField::Stream
        | FindingField::Syns
        | FindingField::TakenUp
        | FindingField::Ttl
        | FindingField::Upstream
        | FindingField::UsualTtl
        | FindingField::Value
        | FindingField::Version
        | FindingField::WaitedMs
        | FindingField::WaitingBytes
        | FindingField::Whole => quoted(names, text),
    }
}

/// A sentence of a finding: what is captured in it stands in quotes, in which no quote stands, or is an address.
fn sentence(names: &mut Names, text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = opening_quote(rest) {
        let (words, from_quote) = rest.split_at(at);
        let (quote, inside) = from_quote.split_at(1);
        let (captured, behind) = inside.split_once(quote).unwrap_or((inside, ""));
        redacted.push_str(&addresses(names, words));
        redacted.push_str(quote);
        redacted.push_str(&match quote {
            "`" => captured.chars().map(|c| if c.is_ascii_hexdigit() { '0' } else { c }).collect(),
            _ => quoted(names, captured),
        });
        redacted.push_str(quote);
        rest = behind;
    }
    redacted.push_str(&addresses(names, rest));
    redacted
}

/// Where a quote opens: an apostrophe stands behind a letter.
fn opening_quote(text: &str) -> Option<usize> {
    let mut before = ' ';
    text.char_indices().find_map(|(at, c)| {
        let opens = matches!(c, '\'' | '`') && !before.is_alphanumeric();
        before = c;
        opens.then_some(at)
    })
}

/// What stands in quotes.
fn quoted(names: &mut Names, text: &str) -> String {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return names.address(address).to_string();
    }
    let (text, more) = text.strip_suffix('…').map_or((text, ""), |text| (text, "…"));
    if known::is_plain(text) || known::is_protocol(text) || known::is_header(text) || known::is_method(text) {
        return format!("{text}{more}");
    }
    format!("{}{more}", mask::escaped(text))
}

/// Words between quotes, with addresses replaced.
fn addresses(names: &mut Names, words: &str) -> String {
    let mut redacted = String::with_capacity(words.len());
    for word in words.split_inclusive(' ') {
        let bare = word.trim_start_matches('(').trim_end_matches([' ', ',', ';', ':', ')', '.']);
        let pseudonym = match (bare.parse::<SocketAddr>(), bare.parse()) {
            (Ok(address), _) => names.address(address).to_string(),
            (_, Ok(ip)) => names.ip(ip).to_string(),
            _ => {
                redacted.push_str(word);
                continue;
            }
        };
        redacted.push_str(&word.replacen(bare, &pseudonym, 1));
    }
    redacted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_wherever_they_appear() {
        let mut names = Names::new(100);
        assert_eq!(names.url("/chat/room?token=s3cret&x"), "/path-1/path-2?key-1=value-1&key-2");
        assert_eq!(names.url("wss://user@api.example.com:8443/chat"), "wss://host-1:8443/path-1");
        assert_eq!(names.host("api.example.com"), "host-2");
        assert_eq!(names.host("192.168.7.9:80"), "240.0.0.1:80");
        assert_eq!(names.value("Origin", "https://api.example.com"), "https://host-2");
        assert_eq!(names.value("Cookie", "s3cret"), "value-1");
        assert_eq!(names.value("Cookie", "sid=s3cret; theme=dark"), "key-3=value-1; key-4=value-2");
        assert_eq!(
            names.value("Set-Cookie", "sid=new; Path=/chat; Domain=api.example.com; HttpOnly; Max-Age=7"),
            "key-3=value-3; Path=/path-1; Domain=host-2; HttpOnly; key-5=value-4"
        );
        assert_eq!(names.value("Connection", "keep-alive, Upgrade"), "keep-alive, Upgrade");
        assert_eq!(names.value("Upgrade", "acme"), "value-5");
        assert_eq!(names.value("Sec-WebSocket-Protocol", "mqtt, acme"), "mqtt, protocol-1");
        assert_eq!(names.address("[2001:db8::7]:443".parse().unwrap()).to_string(), "[3fff::2]:443");
        let mut few = Names::new(1);
        assert_eq!(["a", "b", "c", "a"].map(|host| few.host(host)), ["host-1", "host-0", "host-0", "host-1"]);
    }

    #[test]
    fn sentences_keep_their_words_alone() {
        let mut names = Names::new(100);
        let mut told = |text: &str| sentence(&mut names, text);
        assert_eq!(
            told("the server's frame of 192.168.0.1:80: 'Hi Zoë!' came, not 'websocket' (to 192.168.0.1)"),
            "the server's frame of 240.0.0.1:80: 'Xx Xxé!' came, not 'websocket' (to 240.0.0.1)"
        );
        assert_eq!(
            told("`0d 90 0f` is no echo, the sides' bytes"),
            "`00 00 00` is no echo, the sides' bytes"
        );
        assert_eq!(told("it begins 'GET /se"), "it begins 'XXX /xx'");
        assert_eq!(
            told(r"the reason 'kaputt\xff\xfe' and '\x88\x12\x0f\xa0go a\n'"),
            r"the reason 'xxxxxx\xff\xff' and '\xff??\xffxx x\n'"
        );
    }
}
