//! Finds the entries that a pasted error text, or a few words, are about.

use super::{CatalogEntry, Id};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// What a text has in common with the entries that were found for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// It is the name of one, or has names in it, or a code that says which it is.
    Name,
    /// It contains a message that a library prints for it, or is a part of one.
    Message,
    /// No more than rare words: a guess.
    Words,
}

/// The entries that a text is about.
#[derive(Clone, Debug)]
pub struct Found {
    /// What speaks for them.
    pub by: Likeness,
    /// The best comes first; there are none when nothing fits.
    pub entries: Vec<&'static CatalogEntry>,
}

/// The entry of an exact id; else the entries one of whose messages is in `text` or has `text` in it; else those that
/// share rare words with it.
pub fn search(text: &str) -> Found {
    let named = |entries| Found { by: Likeness::Name, entries };
    let name = text.trim().to_lowercase().replace([' ', '_'], "-");
    if let Some(id) = Id::from_name(&name) {
        return named(vec![id.entry()]);
    }
    let pasted: Vec<TextToken> =
        tokens(unwrapped(text)).into_iter().filter(|token| *token != TextToken::Any).collect();
    if let Some(entry) = by_code(&pasted) {
        return named(vec![entry]);
    }
    let mut entries = by_name(text);
    let by = if entries.is_empty() { Likeness::Message } else { Likeness::Name };
    let reason = closed_because(text).map(tokens).unwrap_or_default();
    for entry in by_message(&reason).into_iter().chain(by_message(&pasted)) {
        if !entries.iter().any(|other| other.id == entry.id) {
            entries.push(entry);
        }
    }
    if entries.is_empty() {
        return by_words(&pasted);
    }
    Found { by, entries }
}

/// What a browser says behind the address that it failed to reach, if it says anything there: the address is the user's.
fn unwrapped(text: &str) -> &str {
    let said = text.split_once("WebSocket connection to").and_then(|(_, rest)| rest.split_once("failed:"));
    said.map(|(_, said)| said.trim()).filter(|said| said.contains(char::is_alphanumeric)).unwrap_or(text)
}

/// The reason of a Close that reports a violation, if the text has one: what a library says behind 1002 or 1007 is what
/// it found wrong.
fn closed_because(text: &str) -> Option<&str> {
    let (_, code) = ["1002 (", "1007 ("].iter().find_map(|code| text.split_once(code))?;
    let (_, reason) = code.split_once(')')?;
    reason.split(';').next().filter(|reason| reason.contains(char::is_alphabetic))
}

/// The entry about a number that is all the text says, besides what it is: a close code (RFC 6455 §7.4.2: from 3000 on
/// they are the applications'), or the status of an HTTP response.
fn by_code(pasted: &[TextToken]) -> Option<&'static CatalogEntry> {
    let mut code = None;
    for token in pasted {
        match token {
            TextToken::Word(word)
                if matches!(
                    word.as_str(),
                    "websocket" | "close" | "closed" | "code" | "with" | "http" | "status" | "null"
                ) => {}
            TextToken::Number(number) if code.is_none() => code = Some(number.parse::<u16>().ok()?),
            TextToken::Word(_) | TextToken::Number(_) | TextToken::Any => return None,
        }
    }
    let id = match code? {
        // A client that has no answer prints it as the status 0 with no reason.
        0 => Id::UpgradeNoResponse,
        431 => Id::UpgradeHeadTooLarge,
        200..=599 => Id::UpgradeRejected,
        1000..=1003 | 1005 | 1007..=1014 | 3000..=4999 => Id::CloseAbnormal,
        1006 => Id::CloseMissing,
        1015 => Id::TlsAlert,
        _ => return None,
    };
    Some(id.entry())
}

/// A piece of a text that is worth comparing. White space, quotes, punctuation and letter case are not.
#[derive(Clone, Debug, PartialEq, Eq)]
enum TextToken {
    /// A word in lower case.
    Word(String),
    /// A number in decimal or hexadecimal: where one stands, another may.
    Number(String),
    /// Anything, or nothing.
    Any,
}

impl TextToken {
    fn new(text: String) -> Self {
        let digit = text.chars().any(|c| c.is_ascii_digit());
        let number = text.starts_with(|c: char| c.is_ascii_digit())
            || (digit && text.chars().all(|c| c.is_ascii_hexdigit()));
        if number { Self::Number(text) } else { Self::Word(text) }
    }

    fn fits(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Word(one), Self::Word(two)) => one == two,
            (Self::Number(_), Self::Number(_)) => true,
            (Self::Word(_), Self::Number(_) | Self::Any)
            | (Self::Number(_), Self::Word(_) | Self::Any)
            | (Self::Any, _) => false,
        }
    }

    /// What it is worth that this one fits `other`.
    fn worth(&self, other: &Self) -> i64 {
        match (self, other) {
            (Self::Word(_), Self::Word(_)) => 10,
            (Self::Number(one), Self::Number(two)) if one == two => 2,
            (Self::Word(_) | Self::Number(_) | Self::Any, _) => -1,
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Word(text) | Self::Number(text) => Some(text),
            Self::Any => None,
        }
    }
}

fn tokens(text: &str) -> Vec<TextToken> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        match c {
            '\'' | '"' | '`' | '‘' | '’' | '“' | '”' => {}
            _ if c.is_alphanumeric() || c == '_' => word.extend(c.to_lowercase()),
            _ => {
                if !word.is_empty() {
                    tokens.push(TextToken::new(std::mem::take(&mut word)));
                }
                if c == '…' {
                    tokens.push(TextToken::Any);
                }
            }
        }
    }
    if !word.is_empty() {
        tokens.push(TextToken::new(word));
    }
    tokens
}

/// Entries whose public name stands in the text, as in a line that wsight printed.
fn by_name(text: &str) -> Vec<&'static CatalogEntry> {
    let text = text.to_lowercase();
    let names: BTreeSet<&str> = text.split(|c: char| !(c.is_alphanumeric() || c == '-')).collect();
    let spelled = Id::ALL.iter().filter(|id| id.name().contains('-') && names.contains(id.name()));
    spelled.map(|id| id.entry()).collect()
}

/// Entries with a message that is in the text, or has the text in it.
fn by_message(pasted: &[TextToken]) -> Vec<&'static CatalogEntry> {
    let mut found: Vec<(Reverse<i64>, usize, usize, &'static CatalogEntry)> = Vec::new();
    for entry in Id::ALL.iter().map(|id| id.entry()) {
        let ranks = entry.messages.iter().enumerate().filter_map(|(index, (_, message))| {
            let message = tokens(message);
            let score = contained(&message, pasted).max(containing(&message, pasted))?;
            let vague = message.iter().filter(|token| **token == TextToken::Any).count();
            Some((Reverse(score), vague, index))
        });
        if let Some((score, vague, index)) = ranks.min() {
            found.push((score, vague, index, entry));
        }
    }
    found.sort_by_key(|(score, vague, index, _)| (*score, *vague, *index));
    found.into_iter().map(|(_, _, _, entry)| entry).collect()
}

/// How well the text contains the message, if it does.
fn contained(message: &[TextToken], pasted: &[TextToken]) -> Option<i64> {
    if !is_telling(message) {
        return None;
    }
    let (mut rest, mut score) = (pasted, 0);
    for piece in message.split(|token| *token == TextToken::Any).filter(|piece| !piece.is_empty()) {
        let at = rest.windows(piece.len()).position(|window| fits(window, piece))?;
        let (here, after) = rest.get(at..)?.split_at_checked(piece.len())?;
        // More than a few words where the message has a `…` may be what the text is really about; numbers are addresses.
        let between = words(rest.get(..at).unwrap_or_default());
        let more = if score == 0 { 0 } else { between.saturating_sub(3) };
        let skipped = i64::try_from(more).unwrap_or(i64::MAX);
        score = worth(here, piece).saturating_sub(skipped.saturating_mul(5)).saturating_add(score);
        rest = after;
    }
    Some(score)
}

/// How well the message contains the text, if it does.
fn containing(message: &[TextToken], pasted: &[TextToken]) -> Option<i64> {
    if !is_telling(pasted) || words(pasted) < 2 {
        return None;
    }
    let windows = message.windows(pasted.len()).filter(|window| fits(window, pasted));
    let score = windows.map(|window| worth(window, pasted)).max()?;
    let more = i64::try_from(message.len() - pasted.len()).unwrap_or(i64::MAX);
    Some(score.saturating_sub(more))
}

fn fits(one: &[TextToken], two: &[TextToken]) -> bool {
    one.len() == two.len() && one.iter().zip(two).all(|(one, two)| one.fits(two))
}

fn worth(one: &[TextToken], two: &[TextToken]) -> i64 {
    one.iter().zip(two).map(|(one, two)| one.worth(two)).sum()
}

fn words(tokens: &[TextToken]) -> usize {
    tokens.iter().filter(|token| matches!(token, TextToken::Word(_))).count()
}

/// Whether the words say enough to tell one text from another: two of them, or a long one such as `ECONNRESET`.
fn is_telling(tokens: &[TextToken]) -> bool {
    let long = |token: &TextToken| matches!(token, TextToken::Word(word) if word.len() >= 10);
    words(tokens) >= 2 || tokens.iter().any(long)
}

/// Entries that share words with the text, weighted by how few entries have them. If one message of the best has them all, it fits.
fn by_words(pasted: &[TextToken]) -> Found {
    let wanted = stems(pasted);
    let known: Vec<_> = Id::ALL.iter().map(|id| IndexedEntry::new(id.entry())).collect();
    let mut found: Vec<(usize, &'static CatalogEntry)> = Vec::new();
    for candidate in &known {
        let shared: Vec<&String> = wanted.iter().filter(|word| candidate.has(word)).collect();
        if shared.is_empty() || shared.len() * 2 < wanted.len() {
            continue;
        }
        let score = shared.iter().map(|word| {
            let holders = known.iter().filter(|other| other.has(word)).count();
            let factor = if candidate.title.contains(*word) { 2 } else { 1 };
            factor * 1_000 / holders.max(1)
        });
        found.push((score.sum(), candidate.entry));
    }
    let best = found.iter().map(|(score, _)| *score).max().unwrap_or(0);
    found.retain(|(score, _)| score * 2 > best);
    found.sort_by_key(|(score, _)| Reverse(*score));
    let entries: Vec<_> = found.into_iter().map(|(_, entry)| entry).collect();
    let has_all = |message: &str| wanted.is_subset(&stems(&tokens(message)));
    let is_message =
        entries.first().is_some_and(|entry| entry.messages.iter().any(|(_, message)| has_all(message)));
    Found { by: if is_message { Likeness::Message } else { Likeness::Words }, entries }
}

/// An entry and its words.
struct IndexedEntry {
    entry: &'static CatalogEntry,
    title: BTreeSet<String>,
    messages: BTreeSet<String>,
}

impl IndexedEntry {
    fn new(entry: &'static CatalogEntry) -> Self {
        let mut title = stems(&tokens(entry.id.name()));
        title.extend(stems(&tokens(entry.title)));
        let messages = entry.messages.iter().flat_map(|(_, message)| stems(&tokens(message))).collect();
        Self { entry, title, messages }
    }

    fn has(&self, word: &String) -> bool {
        self.title.contains(word) || self.messages.contains(word)
    }
}

/// The words that say something, without the plural's s.
fn stems(tokens: &[TextToken]) -> BTreeSet<String> {
    const EMPTY: [&str; 24] = [
        "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "has", "in", "is", "it", "no", "not",
        "of", "on", "or", "that", "the", "to", "was", "with",
    ];
    let texts = tokens.iter().filter_map(TextToken::text).filter(|text| !EMPTY.contains(text));
    texts
        .map(|text| if text.len() > 3 { text.strip_suffix('s').unwrap_or(text) } else { text }.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(text: &str) -> &'static str {
        search(text).entries.first().map_or("nothing", |entry| entry.id.name())
    }

    fn found(text: &str) -> Vec<&'static str> {
        search(text).entries.iter().map(|entry| entry.id.name()).collect()
    }

    #[test]
    fn an_id_finds_itself_alone() {
        for id in Id::ALL {
            assert_eq!(found(id.name()), [id.name()]);
        }
        assert_eq!(found(" Pong mismatch\n"), ["pong-mismatch"]);
    }

    #[test]
    fn every_message_finds_its_finding() {
        for id in Id::ALL {
            for (_, message) in id.entry().messages {
                for text in
                    [(*message).to_owned(), message.replace('…', "4711"), format!("ERROR: x.y: {message}!")]
                {
                    assert!(found(&text).contains(&id.name()), "{text} finds {:?}, not {id}", found(&text));
                }
            }
        }
    }

    #[test]
    fn pasted_errors_find_their_finding_first() {
        for (text, id) in [
            ("RSV1 must be clear", "frame-reserved-bits"),
            ("RangeError: Invalid WebSocket frame: RSV1 must be clear", "frame-reserved-bits"),
            ("connection closed while reading HTTP status line", "upgrade-no-response"),
            ("code = 1006 (connection closed abnormally [internal])", "close-missing"),
            ("code = 1006 (connection closed abnormally [internal]), no reason", "close-missing"),
            ("websockets.exceptions.ConnectionClosedError: no close frame received or sent", "close-missing"),
            ("websocket: close 1006 (abnormal closure): unexpected EOF", "close-missing"),
            (
                "asyncio.exceptions.IncompleteReadError: 0 bytes read on a total of 2 expected bytes",
                "close-missing",
            ),
            ("IncompleteReadError: 57 bytes read on a total of 202 expected bytes", "frame-incomplete"),
            ("EOFError: stream ends after 199 bytes, expected 202 bytes", "frame-incomplete"),
            ("server rejected WebSocket connection: HTTP 403", "upgrade-rejected"),
            (
                "WebSocket connection to 'wss://a.example/' failed: Error during WebSocket handshake: \
                 Unexpected response code: 502",
                "upgrade-rejected",
            ),
            (
                "websocket: the client is not using the websocket protocol: 'upgrade' token not found in \
                 'Connection' header",
                "upgrade-header-stripped",
            ),
            ("sent 1011 (internal error) keepalive ping timeout; no close frame received", "ping-unanswered"),
            ("keepalive ping timeout", "ping-unanswered"),
            ("received 1009 (message too big); then sent 1009 (message too big)", "close-abnormal"),
            (
                "sent 1002 (protocol error) reserved bits must be 0; no close frame received",
                "frame-reserved-bits",
            ),
            ("WebSocket protocol error: Connection reset without closing handshake", "close-missing"),
            ("Protocol(ResetWithoutClosingHandshake)", "close-missing"),
            ("EOFError: stream ends after 0 bytes, expected 2 bytes", "close-missing"),
            ("1009", "close-abnormal"),
            ("websocket: close 1009 (message too big)", "close-abnormal"),
            ("Invalid WebSocket frame: invalid UTF-8 sequence", "message-invalid-utf8"),
            (
                "2026/11/21 02:55:47 [error] 7#7: *9 upstream prematurely closed connection while reading response \
                 header from upstream, client: 10.0.0.1, server: x, request: \"GET /ws HTTP/1.1\"",
                "upgrade-no-response",
            ),
            ("*4 no live upstreams while connecting to upstream, client: 10.0.0.1", "connection-refused"),
            ("Error: connect ECONNREFUSED 127.0.0.1:8080", "connection-refused"),
            ("ECONNRESET", "connection-reset"),
            ("Error: socket hang up", "upgrade-no-response"),
            ("incorrect masking", "frame-unmasked"),
            (
                "One or more reserved bits are on: reserved1 = 1, reserved2 = 0, reserved3 = 0",
                "frame-reserved-bits",
            ),
            (
                "Firefox can't establish a connection to the server at ws://localhost:1/.",
                "connection-refused",
            ),
            ("sent 1001 (going away); no close frame received", "close-unanswered"),
            ("WebSocket protocol error: Encountered invalid opcode: 4", "frame-reserved-opcode"),
            ("1006", "close-missing"),
            ("websockets.exceptions.InvalidUpgrade: missing Connection header", "upgrade-header-missing"),
            ("error frame-incomplete: the client's text frame declares 202 bytes", "frame-incomplete"),
        ] {
            assert_eq!(best(text), id, "{text}: {:?}", found(text));
        }
    }

    #[test]
    fn words_are_enough() {
        assert!(
            found("pong").iter().all(|id| id.starts_with("pong") || id.starts_with("ping")),
            "{:?}",
            found("pong")
        );
        assert_eq!(best("masked frame from the server"), "frame-masked");
        assert_eq!(best("accept header wrong"), "upgrade-accept-mismatch");
        assert_eq!(best("subprotocols"), "upgrade-subprotocol-unoffered");
    }

    #[test]
    fn what_fits_nothing_finds_nothing() {
        for text in ["", "  ", "…", "zebra", "the", "42 4711"] {
            assert!(search(text).entries.is_empty(), "{text}: {:?}", found(text));
        }
    }
}
