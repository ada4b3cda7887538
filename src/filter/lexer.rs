//! From text to words, signs and quoted strings.

use super::error::FilterError;
use std::ops::Range;

/// A piece of the expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name, a number, a word, an address: whatever is neither quoted nor a sign.
    Word(String),
    /// In double or single quotes, unescaped.
    Quoted(String),
    /// Between slashes, with its flags.
    Pattern(String),
    Sign(Sign),
}

impl Token {
    /// The word that it is, without quotes.
    pub(super) fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            Self::Quoted(_) | Self::Pattern(_) | Self::Sign(_) => None,
        }
    }
}

/// A sign. Words that mean the same as one are found by the parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Open,
    Close,
    OpenSet,
    CloseSet,
    Comma,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    MatchesNot,
    And,
    Or,
    Not,
}

/// Signs by how they are written, longer ones first.
const SIGNS: [(&str, Sign); 20] = [
    ("==", Sign::Equal),
    ("!=", Sign::NotEqual),
    ("<=", Sign::LessOrEqual),
    (">=", Sign::GreaterOrEqual),
    ("!~", Sign::MatchesNot),
    ("=~", Sign::Matches),
    ("&&", Sign::And),
    ("||", Sign::Or),
    ("=", Sign::Equal),
    ("<", Sign::Less),
    (">", Sign::Greater),
    ("~", Sign::Matches),
    ("!", Sign::Not),
    ("(", Sign::Open),
    (")", Sign::Close),
    ("{", Sign::OpenSet),
    ("}", Sign::CloseSet),
    (",", Sign::Comma),
    ("|", Sign::Or),
    ("&", Sign::And),
];

/// The pieces of `text` and where they stand.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Range<usize>)>, FilterError> {
    let mut found: Vec<(Token, Range<usize>)> = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(first) = rest.chars().next() else { break };
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        // A slash divides nothing in this language, so where a value belongs it begins a pattern.
        let wants_pattern = matches!(found.last(), Some((Token::Sign(Sign::Matches | Sign::MatchesNot), _)))
            || matches!(found.last(), Some((Token::Word(word), _)) if word == "matches");
        let (token, length) = match first {
            '"' | '\'' => {
                let (quoted, length) = delimited(text, at, first)?;
                (Token::Quoted(quoted), length)
            }
            '/' if wants_pattern => pattern(text, at)?,
            _ => {
                let sign = SIGNS.iter().find(|(written, _)| rest.starts_with(written));
                sign.map_or_else(|| word(rest), |(written, sign)| (Token::Sign(*sign), written.len()))
            }
        };
        found.push((token, at..at + length));
        at += length;
    }
    Ok(found)
}

fn word(rest: &str) -> (Token, usize) {
    let length = rest.find(ends_word).unwrap_or(rest.len());
    (Token::Word(rest.get(..length).unwrap_or_default().to_owned()), length)
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || "=!<>~&|(){},\"'".contains(c)
}

/// What stands between two of `quote`, with `\` in front of characters that are meant as they are.
fn delimited(text: &str, at: usize, quote: char) -> Result<(String, usize), FilterError> {
    let mut quoted = String::new();
    let mut escaped = false;
    for (offset, c) in text.get(at + 1..).unwrap_or_default().char_indices() {
        match (escaped, c) {
            (false, '\\') => escaped = true,
            (false, c) if c == quote => return Ok((quoted, offset + 2)),
            (true, c) if c != quote && c != '\\' => {
                quoted.extend(['\\', c]);
                escaped = false;
            }
            (_, c) => {
                quoted.push(c);
                escaped = false;
            }
        }
    }
    let what = if quote == '/' { "the pattern" } else { "the text" };
    Err(FilterError::new(text, at..text.len(), format!("{what} has no closing {quote}")))
}

/// `/pattern/`, or `/pattern/i` in any case.
fn pattern(text: &str, at: usize) -> Result<(Token, usize), FilterError> {
    let (pattern, length) = delimited(text, at, '/')?;
    if text.get(at + length..).is_some_and(|rest| rest.starts_with('i')) {
        return Ok((Token::Pattern(format!("(?i){pattern}")), length + 1));
    }
    Ok((Token::Pattern(pattern), length))
}
