//! From words and signs to an expression.
//!
//! ```text
//! or    = and { ("or" | "||") and }
//! and   = not { ("and" | "&&") not }
//! not   = ("not" | "!") not | "(" or ")" | test
//! test  = field [ operator value | ("~" | "matches") pattern | "in" set ]
//! set   = "{" item { "," item } "}" | network
//! item  = value | value ".." value
//! ```

use super::error::FilterError;
use super::expression::Expression;
use super::fields::{self, Field, FieldType};
use super::lexer::{Sign, Token, tokens};
use super::literal::{self, Address, Moment};
use super::test::{Operator, Test};
use crate::model::Zone;
use regex::Regex;
use std::ops::Range;

/// How deeply parentheses and negations may be nested: the expression may come from a stranger's bookmark.
const DEEPEST: usize = 64;

/// Reads an expression whose times are in `zone`.
pub(super) fn parse(text: &str, zone: &Zone) -> Result<Expression, FilterError> {
    let mut parser = Parser { text, zone, tokens: tokens(text)?, at: 0, depth: 0 };
    if parser.tokens.is_empty() {
        return Err(parser.wrong("the expression is empty; try `frame.opcode == ping`"));
    }
    let expression = parser.or()?;
    match parser.peek() {
        None => Ok(expression),
        Some(Token::Sign(Sign::Close)) => Err(parser.wrong("there is no ( for this )")),
        Some(_) => Err(parser.wrong("`and` or `or` is missing before this")),
    }
}

/// What to write in the place of a function of jq.
fn instead_of(function: &str) -> Option<&'static str> {
    Some(match function {
        "select" | "map" | "any" | "all" => "write the condition alone, as in `frame.opcode == ping`",
        "test" | "match" | "contains" | "startswith" | "endswith" => {
            "write `message.text ~ \"^error\"`, or `message.text contains \"error\"`"
        }
        "has" => "the name of a field alone asks whether it is there, as in `session.close.code`",
        "length" => "write `message.length > 64k`",
        _ => return None,
    })
}

struct Parser<'a> {
    text: &'a str,
    zone: &'a Zone,
    tokens: Vec<(Token, Range<usize>)>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += usize::from(token.is_some());
        token
    }

    /// Where the token stands that comes next, or the end.
    fn place(&self) -> Range<usize> {
        self.tokens.get(self.at).map_or(self.text.len()..self.text.len(), |(_, place)| place.clone())
    }

    fn wrong(&self, message: impl Into<String>) -> FilterError {
        FilterError::new(self.text, self.place(), message)
    }

    /// The same about the token that was taken last.
    fn was_wrong(&self, message: impl Into<String>) -> FilterError {
        let place = self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map(|(_, place)| place.clone());
        FilterError::new(self.text, place.unwrap_or_default(), message)
    }

    fn take(&mut self, sign: Sign, word: &str) -> bool {
        let is_there = match self.peek() {
            Some(Token::Sign(found)) => *found == sign,
            Some(Token::Word(found)) => found.eq_ignore_ascii_case(word),
            _ => false,
        };
        self.at += usize::from(is_there);
        is_there
    }

    fn or(&mut self) -> Result<Expression, FilterError> {
        let mut left = self.and()?;
        while self.take(Sign::Or, "or") {
            left = Expression::Or(Box::new([left, self.and()?]));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expression, FilterError> {
        let mut left = self.not()?;
        while self.take(Sign::And, "and") {
            left = Expression::And(Box::new([left, self.not()?]));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Expression, FilterError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong("the expression is nested too deeply"));
        }
        let expression = if self.take(Sign::Not, "not") {
            Expression::Not(Box::new(self.not()?))
        } else if self.take(Sign::Open, "(") {
            let inner = self.or()?;
            if !self.take(Sign::Close, ")") {
                return Err(self.wrong("a ) is missing here"));
            }
            inner
        } else {
            self.test()?
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn test(&mut self) -> Result<Expression, FilterError> {
        let (field, name) = match self.next() {
            Some(Token::Word(name)) => {
                if self.peek() == Some(&Token::Sign(Sign::Open))
                    && let Some(ours) = instead_of(&name)
                {
                    return Err(self.was_wrong(format!("`{name}(…)` is jq, and not this language; {ours}")));
                }
                (fields::find(&name).map_err(|message| self.was_wrong(message))?, name)
            }
            None => return Err(self.wrong("a field is missing here")),
            Some(_) => return Err(self.was_wrong("a field belongs here, such as `frame.opcode`")),
        };
        let Some(operator) = self.peek().cloned() else { return Ok(Expression::Test(field, Test::Present)) };
        let word = match &operator {
            Token::Word(word) => word.to_lowercase(),
            Token::Quoted(_) | Token::Pattern(_) | Token::Sign(_) => String::new(),
        };
        let operator = match (operator, word.as_str()) {
            (Token::Sign(Sign::Equal), _) | (_, "eq" | "is") => Operator::Equal,
            (Token::Sign(Sign::NotEqual), _) | (_, "ne") => Operator::NotEqual,
            (Token::Sign(Sign::Less), _) | (_, "lt") => Operator::Less,
            (Token::Sign(Sign::LessOrEqual), _) | (_, "le") => Operator::LessOrEqual,
            (Token::Sign(Sign::Greater), _) | (_, "gt") => Operator::Greater,
            (Token::Sign(Sign::GreaterOrEqual), _) | (_, "ge") => Operator::GreaterOrEqual,
            (_, "contains") => Operator::Contains,
            (Token::Sign(Sign::Matches), _) | (_, "matches") => return self.pattern(field),
            (Token::Sign(Sign::MatchesNot), _) => {
                return Ok(Expression::Not(Box::new(self.pattern(field)?)));
            }
            (_, "in") => return self.set(field, &name),
            (Token::Word(_), "and" | "or") | (Token::Sign(Sign::And | Sign::Or | Sign::Close), _) => {
                return Ok(Expression::Test(field, Test::Present));
            }
            _ => {
                let message = "an operator belongs here: == != < > <= >= ~ contains in";
                return Err(self.wrong(message));
            }
        };
        self.at += 1;
        self.join(field.kind);
        let test = self.value(&field, &name, operator)?;
        Ok(Expression::Test(field, test))
    }

    /// Makes one word of several that are one value of this type: `5 s`, `2026-01-31 14:02:05.250 UTC`, as text output has
    /// it.
    fn join(&mut self, kind: FieldType) {
        let between = match kind {
            FieldType::Number | FieldType::Duration => "",
            FieldType::Time => " ",
            FieldType::Address | FieldType::Text | FieldType::Word(_) | FieldType::Flag | FieldType::Any => {
                return;
            }
        };
        let is_one = |text: &str| match kind {
            FieldType::Number => literal::number(text).is_some(),
            FieldType::Duration => literal::duration(text).is_some(),
            FieldType::Time => Moment::parse(text, self.zone).is_some(),
            FieldType::Address | FieldType::Text | FieldType::Word(_) | FieldType::Flag | FieldType::Any => {
                false
            }
        };
        for several in [3, 2] {
            let Some(pieces) = self.tokens.get(self.at..self.at + several) else { continue };
            let words: Option<Vec<&str>> = pieces.iter().map(|(token, _)| token.word()).collect();
            let Some(joined) = words.map(|words| words.join(between)).filter(|text| is_one(text)) else {
                continue;
            };
            let place =
                pieces.first().zip(pieces.last()).map(|((_, first), (_, last))| first.start..last.end);
            let one = (Token::Word(joined), place.unwrap_or_default());
            self.tokens.splice(self.at..self.at + several, [one]);
            return;
        }
    }

    fn value(&mut self, field: &Field, name: &str, operator: Operator) -> Result<Test, FilterError> {
        let written = match self.next() {
            Some(Token::Word(written) | Token::Quoted(written)) => written,
            None => return Err(self.wrong("a value is missing here")),
            Some(_) => {
                return Err(self.was_wrong(
                    "a value belongs here; text with special characters needs \
                quotes",
                ));
            }
        };
        Test::new(field, name, operator, &written, self.zone).map_err(|message| self.was_wrong(message))
    }

    fn pattern(&mut self, field: Field) -> Result<Expression, FilterError> {
        self.at += 1;
        let pattern = match self.next() {
            Some(Token::Pattern(pattern) | Token::Quoted(pattern) | Token::Word(pattern)) => pattern,
            None => return Err(self.wrong("a pattern is missing here, such as /error/i")),
            Some(_) => return Err(self.was_wrong("a pattern belongs here, such as /error/i")),
        };
        if !matches!(field.kind, FieldType::Text | FieldType::Word(_) | FieldType::Address | FieldType::Any) {
            let message = format!("`{}` is a {} and has no text to match", field.path, field.kind.name());
            return Err(self.was_wrong(message));
        }
        match Regex::new(&pattern) {
            Ok(regex) => Ok(Expression::Test(field, Test::Pattern(regex))),
            Err(error) => {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
                Err(self.was_wrong(format!("the pattern cannot be read: {reason}")))
            }
        }
    }

    fn set(&mut self, field: Field, name: &str) -> Result<Expression, FilterError> {
        self.at += 1;
        if !self.take(Sign::OpenSet, "{") {
            let is_list = match self.peek() {
                Some(Token::Sign(Sign::Open)) => true,
                // Of an address, brackets may be a part.
                Some(Token::Word(word)) => {
                    word.starts_with('[')
                        && (field.kind != FieldType::Address || Address::parse(word).is_none())
                }
                Some(Token::Quoted(_) | Token::Pattern(_) | Token::Sign(_)) | None => false,
            };
            if is_list {
                return Err(self.wrong("a set stands in braces, such as {1000, 1001}"));
            }
            // A network is a set by itself.
            if field.kind == FieldType::Address {
                let test = self.value(&field, name, Operator::Equal)?;
                return Ok(Expression::Test(field, test));
            }
            return Err(self.wrong("a set belongs here, such as {ping, pong}"));
        }
        let mut tests = Vec::new();
        loop {
            tests.push(self.item(&field, name)?);
            if self.take(Sign::CloseSet, "}") {
                return Ok(Expression::Test(field, Test::Any(tests)));
            }
            // As Wireshark has it, a space is enough.
            if !self.take(Sign::Comma, ",") && self.peek().is_none() {
                return Err(self.wrong("a } is missing here"));
            }
        }
    }

    fn item(&mut self, field: &Field, name: &str) -> Result<Test, FilterError> {
        if let Some(Token::Word(word)) = self.peek()
            && let Some((from, to)) = word.split_once("..")
            && !from.is_empty()
            && !to.is_empty()
        {
            let (from, to) = (from.to_owned(), to.to_owned());
            self.at += 1;
            let end = |operator, written: &str| Test::new(field, name, operator, written, self.zone);
            let ends = end(Operator::GreaterOrEqual, &from)
                .and_then(|from| Ok([from, end(Operator::LessOrEqual, &to)?]));
            return ends.map(|ends| Test::Range(Box::new(ends))).map_err(|message| self.was_wrong(message));
        }
        self.value(field, name, Operator::Equal)
    }
}
