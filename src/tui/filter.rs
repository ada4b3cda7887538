//! What rows must be to be shown: words that they hold (`chat state:open !severity:note`), or an expression of the filter
//! language (`session.duration > 5s`).

use super::facts::{RowFacts, is_known};
use super::picks::{PickedRows, Picks};
use super::request::{FilteredList, RowKind};
use crate::filter::{FIELDS, Field, Filter as Expression, FilterError};
use crate::model::Zone;
use std::borrow::Cow;
use std::ops::Range;

/// The fields that a word can be asked of, each with what it is.
pub(super) const WORDS: [(&str, &str); 14] = [
    ("severity", "worst finding: error, warning, note or clean"),
    ("state", "open, closed 1000, rejected 401, …"),
    ("client", "address and port"),
    ("server", "address and port"),
    ("target", "what was asked for"),
    ("host", "whom it was asked of"),
    ("protocol", "subprotocol and compression"),
    ("outcome", "accepted, rejected, failed, unseen, not-websocket"),
    ("opcode", "text, binary, ping, pong, close, continuation"),
    ("end", "fin or rst: how a side ended TCP"),
    ("from", "client or server"),
    ("number", "of the frame or the message"),
    ("finding", "its id, as pong-mismatch"),
    ("says", "its sentence"),
];

/// A filter of a list.
#[derive(Clone, Debug)]
pub(super) enum ListFilter {
    /// Words that a row must all hold. `field:word` looks only into that field, and `!` wants a row without it.
    Words(Vec<Term>),
    /// An expression that must hold.
    Expression(Box<Expression>),
    /// One that another reading of the capture answered.
    Picked(PickedRows),
}

#[derive(Clone, Debug)]
pub(super) struct Term {
    /// The name of the field, or anywhere.
    field: Option<&'static str>,
    /// In small letters.
    word: String,
    is_unwanted: bool,
    /// The messages that say it, where that is of interest.
    said: PickedRows,
}

/// What a row says, by field, in small letters.
pub(super) type FieldTexts<'a> = [(&'static str, &'a str)];

/// Why a line is no expression although it looks like one, with times in this zone: where, and what is wrong.
pub(super) fn fault(line: &str, zone: &Zone) -> Option<(Range<usize>, String)> {
    if !is_expression(line) {
        return None;
    }
    match Expression::parse_in(line, zone) {
        Err(error) => Some((error.at().clone(), FilterError::message(&error).to_owned())),
        Ok(_) => None,
    }
}

/// The expressions for which the capture has to be read once more to filter this list, with times in this zone.
pub(super) fn readings(line: &str, zone: &Zone, list: FilteredList) -> Vec<(String, FilteredList)> {
    let line = &*meant(line);
    if is_expression(line) {
        let expression = Expression::parse_in(line, zone).ok();
        let asks = |expression: Expression| expression.fields().iter().any(|field| !is_known(field, list));
        return if expression.is_some_and(asks) { vec![(line.to_owned(), list)] } else { Vec::new() };
    }
    match list {
        FilteredList::Messages(_) => {
            let terms = terms(line, &Picks::default(), list).into_iter();
            terms.filter(|term| term.field.is_none()).map(|term| (says(&term.word), list)).collect()
        }
        FilteredList::Sessions | FilteredList::Findings | FilteredList::Frames(_) => Vec::new(),
    }
}

/// The expression for messages that say a word.
fn says(word: &str) -> String {
    let pattern = regex::escape(word).replace('\\', "\\\\").replace('"', "\\\"");
    format!("message.text matches \"(?i){pattern}\"")
}

/// The words of a line.
fn terms(line: &str, picks: &Picks, list: FilteredList) -> Vec<Term> {
    let line = line.to_lowercase();
    let term = |word: &str| {
        let (is_unwanted, word) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
        // The beginning of a network, or of several addresses.
        let is_address = word.chars().all(|c| c.is_ascii_digit() || ".:,/".contains(c));
        let word = if is_address { word.trim_end_matches(['/', ',']) } else { word };
        // The beginning of an expression.
        let is_field = word.contains('.') && FIELDS.iter().any(|(path, ..)| path.starts_with(word));
        let word = if is_field { "" } else { word };
        let (field, word) = word
            .split_once(':')
            .and_then(|(name, rest)| Some((WORDS.iter().find(|(field, _)| *field == name)?.0, rest)))
            .map_or((None, word), |(field, rest)| (Some(field), rest));
        let said = match (field, list) {
            (None, FilteredList::Messages(_)) => picks.rows(&says(word), list),
            (Some(_), FilteredList::Messages(_))
            | (_, FilteredList::Sessions | FilteredList::Findings | FilteredList::Frames(_)) => {
                PickedRows::default()
            }
        };
        Term { field, word: word.to_owned(), is_unwanted, said }
    };
    // A word that is not typed to its end yet must not empty the list.
    line.split_whitespace().map(term).filter(|term| !term.word.is_empty()).collect()
}

/// The kind of rows of a session that an expression asks for; none where it asks for sessions, and none for words.
pub(super) fn kind_of_rows(line: &str, zone: &Zone) -> Option<RowKind> {
    let line = &*meant(line);
    let expression = Expression::parse_in(line, zone).ok().filter(|_| is_expression(line))?;
    let asks = |wanted: &[&str]| {
        let owner = |field: &Field| field.parts().0.map_or_else(|| field.path().to_owned(), str::to_owned);
        expression.fields().iter().any(|field| wanted.contains(&owner(field).as_str()))
    };
    if asks(&["frame"]) && !asks(&["message"]) {
        return Some(RowKind::Frames);
    }
    if asks(&["message", "from"]) {
        return Some(RowKind::Messages);
    }
    // Whatever it was that happened then.
    asks(&["time", "packet"]).then_some(RowKind::Frames)
}

/// The expression that a line stands for which has only addresses (`10.0.0.0/8`, `10.0.0.7,10.0.0.9`, `host 10.0.0.7`), or
/// only a time, as the list shows it (`14:02:30`, `2026-01-31 14:02`); any other line as it is.
fn meant(line: &str) -> Cow<'_, str> {
    let typed = line.trim();
    let time = format!("time == {typed}");
    if typed.len() >= 5 && typed.starts_with(|c: char| c.is_ascii_digit()) && Expression::parse(&time).is_ok()
    {
        return time.into();
    }
    let (hosts, is_host) = typed.strip_prefix("host ").map_or((typed, false), |rest| (rest.trim(), true));
    if !is_host && !typed.contains(['/', ',']) {
        return line.into();
    }
    let names: Vec<&str> = hosts.split([',', ' ']).filter(|name| !name.is_empty()).collect();
    let sides: Vec<String> =
        names.iter().map(|name| format!("client in {name} or server in {name}")).collect();
    let either = sides.join(" or ");
    if Expression::parse(&either).is_ok() {
        return either.into();
    }
    match names.as_slice() {
        [name] if is_host && name.chars().all(|c| c.is_alphanumeric() || ".-:".contains(c)) => {
            format!("session.host contains \"{name}\"").into()
        }
        _ => line.into(),
    }
}

/// Whether a line is an expression that is being typed: a field with a dot, or its beginning, and at most the beginning of
/// an operator.
fn is_half_typed(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let field = words.next().unwrap_or_default();
    let is_field = field.contains('.') && FIELDS.iter().any(|(path, ..)| path.starts_with(field));
    let operator = words.next().unwrap_or_default();
    is_field && OPERATORS.iter().any(|word| word.starts_with(operator)) && words.next().is_none()
}

/// The words of the filter language that stand between others.
const OPERATORS: [&str; 12] =
    ["contains", "matches", "in", "and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge"];

/// Whether a line is meant as an expression: words have no operators, and are no names of fields with a dot.
fn is_expression(line: &str) -> bool {
    line.contains(['=', '<', '>', '~', '"', '('])
        || line.split_whitespace().skip(1).any(|word| OPERATORS.contains(&word))
        || asks_whether_there(line)
}

/// Whether a line asks for a field to be there, or not to be: `session.close.by`, `not session.close.by`.
fn asks_whether_there(line: &str) -> bool {
    let line = line.trim();
    let negated = line.split_once(' ').filter(|(first, _)| first.eq_ignore_ascii_case("not"));
    let field = negated.map_or(line, |(_, rest)| rest).trim_start_matches(['!', ' ']);
    let is_one = field.contains('.') && !field.contains(' ');
    is_one && (negated.is_some() || Expression::parse(field).is_ok())
}

impl ListFilter {
    /// What was typed, with times in this zone. Any line is a filter: what stands before a colon and is no field is text like any other, and an
    /// expression that is not whole yet lets everything through.
    pub(super) fn parse(line: &str, zone: &Zone, list: FilteredList, picks: &Picks) -> Self {
        let line = &*meant(line);
        if !readings(line, zone, list).is_empty() && is_expression(line) {
            return Self::Picked(picks.rows(line, list));
        }
        if is_expression(line) {
            return match Expression::parse_in(line, zone) {
                Ok(expression) => Self::Expression(Box::new(expression)),
                Err(_) => Self::Words(Vec::new()),
            };
        }
        if is_half_typed(line) {
            return Self::Words(Vec::new());
        }
        Self::Words(terms(line, picks, list))
    }

    /// Whether it lets everything through.
    pub(super) const fn is_empty(&self) -> bool {
        matches!(self, Self::Words(terms) if terms.is_empty())
    }

    /// Whether rows that differ in nothing but their number and their time may be told apart.
    pub(super) fn looks_at_figures(&self) -> bool {
        match self {
            Self::Words(terms) => {
                terms.iter().any(|term| term.word.bytes().any(|byte| byte.is_ascii_digit()))
            }
            Self::Expression(_) | Self::Picked(_) => true,
        }
    }

    /// Whether it lets a row through that has these facts, or says this.
    pub(super) fn lets_through(
        &self,
        facts: RowFacts<'_>,
        says: impl FnOnce(&mut dyn FnMut(&FieldTexts<'_>)),
    ) -> bool {
        match self {
            Self::Expression(expression) => expression.matches(&facts),
            Self::Picked(rows) => facts.number().is_some_and(|number| rows.binary_search(&number).is_ok()),
            Self::Words(terms) => {
                let number = facts.number();
                let mut holds = true;
                says(&mut |row| holds = all_hold(terms, row, number));
                holds
            }
        }
    }
}

fn all_hold(terms: &[Term], row: &FieldTexts<'_>, number: Option<u64>) -> bool {
    terms.iter().all(|term| {
        let is_said = || number.is_some_and(|number| term.said.binary_search(&number).is_ok());
        let holds = row
            .iter()
            .filter(|(name, _)| term.field.is_none_or(|field| field == *name))
            .any(|(_, text)| text.contains(&term.word))
            || is_said();
        holds != term.is_unwanted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: [(&str, &str); 3] = [("target", "/chat/error"), ("state", "open"), ("severity", "clean")];

    fn parse(line: &str) -> ListFilter {
        ListFilter::parse(line, &Zone::UTC, FilteredList::Sessions, &Picks::default())
    }

    #[test]
    fn the_capture_is_read_once_more_for_what_no_row_has() {
        let readings = |line, list| {
            readings(line, &Zone::UTC, list).into_iter().map(|(line, _)| line).collect::<Vec<_>>()
        };
        let (sessions, messages) = (FilteredList::Sessions, FilteredList::Messages(0));
        assert!(
            readings("session.duration > 5s", sessions).is_empty() && readings("error", sessions).is_empty()
        );
        assert_eq!(readings("opcode == ping", sessions), ["opcode == ping"]);
        assert_eq!(readings("message.text ~ x", messages), ["message.text ~ x"]);
        assert_eq!(readings("from:client a.b", messages), [r#"message.text matches "(?i)a\\.b""#]);
        assert!(Expression::parse(&says("a.b\"\\c[")).is_ok());
    }

    fn holds(line: &str, row: &FieldTexts<'_>) -> bool {
        let ListFilter::Words(terms) = parse(line) else { panic!("{line} is an expression") };
        all_hold(&terms, row, None)
    }

    fn lets_through(line: &str) -> bool {
        holds(line, &ROW)
    }

    #[test]
    fn a_row_must_hold_every_word_and_none_behind_a_sign() {
        assert!(lets_through("") && lets_through("Chat OPEN") && lets_through("!closed"));
        assert!(!lets_through("chat closed") && !lets_through("chat !open"));
    }

    #[test]
    fn a_word_of_a_field_looks_nowhere_else() {
        assert!(lets_through("state:open target:chat"));
        assert!(lets_through("error") && !lets_through("severity:error"));
        assert!(lets_through("!severity:error") && !lets_through("!state:open"));
        // What has no such field does not hold it.
        assert!(!lets_through("opcode:ping") && lets_through("!opcode:ping"));
    }

    #[test]
    fn half_a_word_lets_everything_through_and_no_field_is_text() {
        assert!(lets_through("!") && lets_through("state:") && lets_through("!state:"));
        let row = [("server", "10.0.0.1:80")];
        assert!(holds("1:80", &row) && !holds("1:81", &row));
    }

    #[test]
    fn what_has_operators_is_an_expression_and_says_where_it_is_wrong() {
        let fault = |line| fault(line, &Zone::UTC);
        assert!(matches!(parse("session.duration > 5s"), ListFilter::Expression(_)));
        assert!(matches!(parse("client in 10.0.0.0/8"), ListFilter::Expression(_)));
        assert!(parse("session.duration >").is_empty());
        assert!(fault("chat state:open").is_none() && fault("from == client").is_none());
        let (at, words) = fault("session.durration > 5s").unwrap();
        assert_eq!(at, 0..17);
        assert!(words.contains("session.duration"), "{words}");
        assert!(fault("message.text contains \"x\"").is_none());
    }

    #[test]
    fn addresses_and_times_are_what_they_look_like() {
        for (typed, expected) in [
            ("10.0.0.0/16", "client in 10.0.0.0/16 or server in 10.0.0.0/16"),
            ("host 10.0.0.7", "client in 10.0.0.7 or server in 10.0.0.7"),
            ("host chat.example", "session.host contains \"chat.example\""),
            ("14:02", "time == 14:02"),
            ("14:02:30", "time == 14:02:30"),
            ("2026-01-31 14:02", "time == 2026-01-31 14:02"),
        ] {
            assert_eq!(meant(typed), expected);
        }
        assert_eq!(meant("10.0.0.7,10.0.0.9").matches("client in 10.0.0.").count(), 2);
        for words in ["10.0.0.7", "/chat", "/chat open", "1:80", "10.0.0.1:80", "40:80:90", "hosts", "a,b"] {
            assert_eq!(meant(words), words);
        }
        // What is not typed to its end leaves the list as it is.
        for half in ["session.", "session.clo", "message.text con", "frame.opcode"] {
            assert!(parse(half).is_empty() || is_expression(half), "{half}");
        }
        assert!(holds("10.0.0.0/", &[("client", "10.0.0.0:1")]) && !parse("session.example").is_empty());
    }
}
