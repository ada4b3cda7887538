//! How an expression that is being typed goes on: with a part of a field's name, an operator, or a value.

use super::fields::{self, FIELDS, FieldType};
use super::lexer::{Sign, Token, tokens};

/// How the last word of an expression can go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Continuation<'a> {
    /// What stands before the last word.
    pub before: &'a str,
    /// The last word, as far as it is typed.
    pub word: &'a str,
    /// The words that begin with it. Names of fields go on by one part at a time: `session.close.` stands for all that
    /// begin so.
    pub words: Vec<&'static str>,
    /// The type of the value that belongs here, if it is one.
    pub value: Option<FieldType>,
}

impl<'a> Continuation<'a> {
    /// How `text` can go on; `None` where it ends inside of quotes, or where any word could stand.
    pub fn of(text: &'a str) -> Option<Self> {
        let tokens = tokens(text).ok()?;
        let (rest, start) = match tokens.split_last() {
            Some(((Token::Word(_), place), rest)) if place.end == text.len() => (rest, place.start),
            Some(((Token::Quoted(_) | Token::Pattern(_), place), _)) if place.end == text.len() => {
                return None;
            }
            Some(_) | None => (tokens.as_slice(), text.len()),
        };
        let (before, word) = text.split_at_checked(start)?;
        let (words, value) = match place(rest)? {
            Place::Field => (names(word), None),
            Place::Operator(kind) => (kind.operators().to_vec(), None),
            Place::Value(kind) => (kind.values(), Some(kind)),
        };
        let words = words.into_iter().filter(|other| other.starts_with(word) && *other != word).collect();
        Some(Self { before, word, words, value })
    }

    /// The expression with its last word continued as far as all words agree.
    pub fn agreed(&self) -> Option<String> {
        let first = self.words.first()?;
        let ends = first.char_indices().map(|(at, c)| at + c.len_utf8());
        let agree = |end: &usize| self.words.iter().all(|word| word.get(..*end) == first.get(..*end));
        let common = ends.take_while(agree).last().and_then(|end| first.get(..end)).unwrap_or_default();
        (common.len() > self.word.len()).then(|| format!("{}{common}", self.before))
    }
}

/// What may stand somewhere.
enum Place {
    Field,
    /// One that fits a field of this type.
    Operator(FieldType),
    Value(FieldType),
}

/// What may stand behind these tokens.
fn place(tokens: &[(Token, std::ops::Range<usize>)]) -> Option<Place> {
    let kind_of = |before: &[(Token, _)]| {
        let name = before.last()?.0.word()?;
        fields::find(name).ok().map(|field| field.kind)
    };
    let Some(((last, _), before)) = tokens.split_last() else { return Some(Place::Field) };
    let set = tokens.iter().rposition(|(token, _)| *token == Token::Sign(Sign::OpenSet));
    if let Some(set) =
        set.filter(|set| !tokens.iter().skip(*set).any(|(token, _)| *token == Token::Sign(Sign::CloseSet)))
    {
        // In front of the set stands `in`, and in front of that the field.
        return kind_of(tokens.get(..set.checked_sub(1)?)?).map(Place::Value);
    }
    match last {
        Token::Sign(Sign::Open | Sign::And | Sign::Or | Sign::Not) => Some(Place::Field),
        Token::Sign(
            Sign::Equal
            | Sign::NotEqual
            | Sign::Less
            | Sign::LessOrEqual
            | Sign::Greater
            | Sign::GreaterOrEqual
            | Sign::Matches
            | Sign::MatchesNot,
        ) => kind_of(before).map(Place::Value),
        Token::Sign(Sign::Close | Sign::OpenSet | Sign::CloseSet | Sign::Comma)
        | Token::Quoted(_)
        | Token::Pattern(_) => None,
        Token::Word(word) => match word.to_lowercase().as_str() {
            "and" | "or" | "not" => Some(Place::Field),
            "eq" | "is" | "ne" | "lt" | "le" | "gt" | "ge" | "contains" | "matches" => {
                kind_of(before).map(Place::Value)
            }
            // Networks need no braces.
            "in" => kind_of(before).filter(|kind| *kind == FieldType::Address).map(Place::Value),
            _ => {
                let is_field = matches!(place(before), Some(Place::Field));
                kind_of(tokens).filter(|_| is_field).map(Place::Operator)
            }
        },
    }
}

/// The names of fields that begin with `word`, as far as the end of their next part.
fn names(word: &str) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    for (path, ..) in FIELDS.iter().filter(|(path, ..)| path.starts_with(word)) {
        let dot = path.get(word.len()..).and_then(|rest| rest.find('.'));
        let name = dot.and_then(|dot| path.get(..=word.len() + dot)).unwrap_or(path);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&'static str> {
        Continuation::of(text).map(|found| found.words).unwrap_or_default()
    }

    #[test]
    fn names_go_on_part_by_part() {
        assert_eq!(
            words("session.close."),
            ["session.close.by", "session.close.code", "session.close.reason", "session.close.answered"]
        );
        assert!(
            words("session.").contains(&"session.target") && words("session.").contains(&"session.pings.")
        );
        assert!(words("").contains(&"session.") && words("").len() < 20);
        assert_eq!(words("from == client and frame.op"), ["frame.opcode"]);
        assert_eq!(words("frame.fin and not (cl"), ["client", "client."]);
        assert_eq!(words("zzz"), [""; 0]);
    }

    #[test]
    fn operators_and_values_fit_the_field() {
        assert_eq!(words("from == "), ["client", "server"]);
        assert_eq!(words("frame.opcode in {pi"), ["ping"]);
        assert!(words("frame.opcode in {ping, ").contains(&"pong"));
        assert_eq!(words("finding.severity >= w"), ["warning"]);
        assert_eq!(words("frame.fin is "), ["true", "false"]);
        assert!(words("finding.id == close-m").contains(&"close-missing"));
        assert!(words("message.text ").contains(&"contains") && words("message.text co") == ["contains"]);
        let duration = Continuation::of("session.duration > ").unwrap();
        assert_eq!((duration.words.len(), duration.value), (0, Some(FieldType::Duration)));
        for none in ["message.text contains \"fr", "chat open", "frame.fin) ", "frame.opcode == \"ping\""] {
            assert_eq!(words(none), [""; 0], "{none}");
        }
    }

    #[test]
    fn words_go_on_as_far_as_they_agree() {
        let agreed = |text| Continuation::of(text).and_then(|found| found.agreed());
        assert_eq!(agreed("session.dur").as_deref(), Some("session.duration_ms"));
        assert_eq!(agreed("not frame.op").as_deref(), Some("not frame.opcode"));
        assert_eq!(agreed("sess").as_deref(), Some("session"));
        assert_eq!(agreed("session.close."), None);
        assert_eq!(agreed("zzz"), None);
    }
}
