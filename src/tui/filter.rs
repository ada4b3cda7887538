//! What rows must hold to be shown: `chat state:open !severity:note`.

/// The fields that a word can be asked of, each with what it is.
pub(super) const FIELDS: [(&str, &str); 13] = [
    ("severity", "worst finding: error, warning, note or clean"),
    ("state", "open, closed 1000, rejected 401, …"),
    ("client", "address and port"),
    ("server", "address and port"),
    ("target", "what was asked for"),
    ("host", "whom it was asked of"),
    ("protocol", "subprotocol and compression"),
    ("outcome", "accepted, rejected, failed, unseen, not-websocket"),
    ("opcode", "text, binary, ping, pong, close, continuation"),
    ("from", "client or server"),
    ("number", "of the frame or the message"),
    ("finding", "its id, as pong-mismatch"),
    ("says", "its sentence"),
];

/// Words that a row must all hold. `field:word` looks only into that field, and `!` wants a row without it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter(Vec<Term>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    /// The name of the field, or anywhere.
    field: Option<&'static str>,
    /// In small letters.
    word: String,
    is_unwanted: bool,
}

/// What a row says, by field, in small letters.
pub(super) type Fields<'a> = [(&'static str, &'a str)];

impl Filter {
    /// What was typed. Any line is a filter: a word before a colon that is not a field is text like any other.
    pub(super) fn parse(line: &str) -> Self {
        let line = line.to_lowercase();
        let term = |word: &str| {
            let (is_unwanted, word) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
            let (field, word) = word
                .split_once(':')
                .and_then(|(name, rest)| Some((FIELDS.iter().find(|(field, _)| *field == name)?.0, rest)))
                .map_or((None, word), |(field, rest)| (Some(field), rest));
            Term { field, word: word.to_owned(), is_unwanted }
        };
        // A word that is not typed to its end yet must not empty the list.
        Self(line.split_whitespace().map(term).filter(|term| !term.word.is_empty()).collect())
    }

    /// Whether it lets everything through.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a word could be, or be part of, a number.
    pub(super) fn has_digits(&self) -> bool {
        self.0.iter().any(|term| term.word.bytes().any(|byte| byte.is_ascii_digit()))
    }

    /// Whether it lets a row through that says this.
    pub(super) fn lets_through(&self, row: &Fields<'_>) -> bool {
        self.0.iter().all(|term| {
            let holds = row
                .iter()
                .filter(|(name, _)| term.field.is_none_or(|field| field == *name))
                .any(|(_, text)| text.contains(&term.word));
            holds != term.is_unwanted
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: [(&str, &str); 3] = [("target", "/chat/error"), ("state", "open"), ("severity", "clean")];

    fn lets_through(line: &str) -> bool {
        Filter::parse(line).lets_through(&ROW)
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
        assert!(Filter::parse("1:80").lets_through(&row) && !Filter::parse("1:81").lets_through(&row));
    }
}
