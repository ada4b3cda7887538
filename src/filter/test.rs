//! Comparing the value of a field with what the expression wants.

use super::fields::{Field, FieldType};
use super::literal::{self, Address, Moment};
use super::value::Value;
use crate::model::Zone;
use regex::Regex;
use std::cmp::Ordering;

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
}

impl Operator {
    /// As it is written.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Contains => "contains",
        }
    }

    const fn is_order(self) -> bool {
        matches!(self, Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual)
    }

    const fn allows(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Contains => false,
        }
    }
}

/// What a value has to be.
#[derive(Clone, Debug)]
pub(super) enum Test {
    /// It is there; of a flag, that it holds.
    Present,
    Number(Operator, f64),
    Moment(Operator, Moment),
    Address(Operator, Address),
    Text(Operator, String),
    Flag(Operator, bool),
    Pattern(Regex),
    /// One of these holds.
    Any(Vec<Test>),
    /// From the one to the other, both included.
    Range(Box<[Test; 2]>),
}

/// What is wrong with a value below zero.
fn negative(path: &str) -> String {
    format!("`{path}` is never negative")
}

impl Test {
    /// The test that `operator` and the value `written` make of a field, which is called `name` in the expression; a time
    /// is in `zone`.
    ///
    /// # Errors
    /// Why they do not fit, in a sentence.
    pub(super) fn new(
        field: &Field,
        name: &str,
        operator: Operator,
        written: &str,
        zone: &Zone,
    ) -> Result<Self, String> {
        let kind = field.kind;
        let misfit =
            || Err(format!("`{written}` is not a valid {}; write it like {}", kind.name(), kind.examples()));
        let unordered = || Err(format!("{} cannot be compared with `{}`", kind.name(), operator.name()));
        if operator == Operator::Contains && field.path.ends_with("message") && kind == FieldType::Number {
            return Err("`message` is the number of a message; what it says is `message.text`".to_owned());
        }
        if operator == Operator::Equal && field.path == "session.close.code" && written == "1006" {
            let why = "1006 is what libraries report where no Close frame came: write `finding.id == close-missing`; \
                where a frame says it, that is `close-code-invalid`";
            return Err(why.to_owned());
        }
        if matches!(written, "null" | "nil") && !matches!(kind, FieldType::Text | FieldType::Any) {
            let asked = if operator == Operator::NotEqual { "" } else { "not " };
            return Err(format!(
                "`{written}` is no value: `{asked}{path}` asks whether it is {there}",
                path = field.path,
                there = if asked.is_empty() { "there" } else { "absent" }
            ));
        }
        let has_parts = matches!(kind, FieldType::Text | FieldType::Word(_) | FieldType::Any);
        let has_order = match kind {
            FieldType::Address | FieldType::Flag | FieldType::Text => false,
            FieldType::Word(words) => words.is_ranked(),
            FieldType::Number | FieldType::Duration | FieldType::Time | FieldType::Any => true,
        };
        if operator == Operator::Contains && !has_parts || operator.is_order() && !has_order {
            return unordered();
        }
        match kind {
            FieldType::Number if written.parse().is_ok_and(|number: f64| number.fract() != 0.0) => {
                Err(format!("`{}` is a whole number, and never `{written}`", field.path))
            }
            FieldType::Number => match literal::number(written) {
                Some(0.0) if field.path == "session" && operator == Operator::Equal => {
                    Err("sessions are numbered from 1".to_owned())
                }
                Some(number) if number < 0.0 => Err(negative(&field.path)),
                Some(number) => match field.most() {
                    Some(most) if number > f64::from(most) => {
                        Err(format!("`{}` is never more than {most}", field.path))
                    }
                    Some(_) | None => Ok(Self::Number(operator, number)),
                },
                None => misfit(),
            },
            FieldType::Duration => match (literal::duration(written), written.parse::<f64>()) {
                (Some(millis), _) if millis < 0.0 => Err(negative(&field.path)),
                (Some(millis), _) => Ok(Self::Number(operator, millis)),
                (None, Ok(number)) if number < 0.0 => Err(negative(&field.path)),
                // None is as long in any unit.
                (None, Ok(millis)) if name.contains("_ms") || millis == 0.0 => {
                    Ok(Self::Number(operator, millis))
                }
                (None, Ok(_)) => Err(format!("`{written}` has no unit: write `{written}s` or `{written}ms`")),
                (None, Err(_)) => misfit(),
            },
            FieldType::Time => match Moment::parse(written, zone) {
                Some(moment) => Ok(Self::Moment(operator, moment)),
                None => misfit(),
            },
            FieldType::Address => match Address::parse(written) {
                Some(address) => Ok(Self::Address(operator, address)),
                None => misfit(),
            },
            FieldType::Flag => match written {
                "true" | "1" | "yes" => Ok(Self::Flag(operator, true)),
                "false" | "0" | "no" => Ok(Self::Flag(operator, false)),
                _ => misfit(),
            },
            FieldType::Word(words) if operator != Operator::Contains => {
                let rank = words.rank(&field.path, written)?;
                if !operator.is_order() {
                    return Ok(Self::Text(operator, written.to_owned()));
                }
                let ranked = (0..)
                    .zip(words.all())
                    .filter(|(other, _): &(usize, _)| operator.allows(other.cmp(&rank)));
                Ok(Self::Any(ranked.map(|(_, word)| Self::Text(Operator::Equal, word.to_owned())).collect()))
            }
            FieldType::Text | FieldType::Word(_) => Ok(Self::Text(operator, written.to_owned())),
            FieldType::Any => Ok(match (written, literal::number(written)) {
                ("true", _) => Self::Flag(operator, true),
                ("false", _) => Self::Flag(operator, false),
                (_, Some(number)) if operator != Operator::Contains => Self::Number(operator, number),
                _ if operator.is_order() => return misfit(),
                _ => Self::Text(operator, written.to_owned()),
            }),
        }
    }

    /// Whether `value` is what it has to be. Of a list, one element has to be; with `!=` none may be equal.
    pub(super) fn holds(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Present, Value::Flag(flag)) => *flag,
            (Self::Present, Value::List(list)) => !list.is_empty(),
            (Self::Present, _) => true,
            (Self::Any(tests), value) => tests.iter().any(|test| test.holds(value)),
            (Self::Range(ends), value) => ends.iter().all(|end| end.holds(value)),
            (Self::Text(Operator::NotEqual, _), Value::List(list)) => {
                list.iter().all(|text| self.holds_for(text))
            }
            (_, Value::List(list)) => list.iter().any(|text| self.holds_for(text)),
            (_, Value::Text(text)) => self.holds_for(text),
            (_, Value::Word(word)) => self.holds_for(word),
            (Self::Moment(operator, moment), Value::Time(time)) => match operator {
                Operator::Equal => moment.holds(*time),
                Operator::NotEqual => !moment.holds(*time),
                // What is equal is not left out.
                Operator::LessOrEqual => moment.compare(*time).is_lt() || moment.holds(*time),
                Operator::Less | Operator::Greater | Operator::GreaterOrEqual | Operator::Contains => {
                    operator.allows(moment.compare(*time))
                }
            },
            (Self::Number(operator, wanted), Value::Number(found)) => {
                found.partial_cmp(wanted).is_some_and(|order| operator.allows(order))
            }
            #[expect(clippy::cast_precision_loss, reason = "what people write has the same precision")]
            (Self::Number(operator, wanted), Value::Whole(found)) => {
                (*found as f64).partial_cmp(wanted).is_some_and(|order| operator.allows(order))
            }
            (Self::Flag(operator, wanted), Value::Flag(found)) => operator.allows(found.cmp(wanted)),
            (
                Self::Number(..)
                | Self::Moment(..)
                | Self::Flag(..)
                | Self::Address(..)
                | Self::Text(..)
                | Self::Pattern(_),
                Value::Number(_) | Value::Whole(_) | Value::Time(_) | Value::Flag(_),
            ) => false,
        }
    }

    fn holds_for(&self, text: &str) -> bool {
        match self {
            Self::Text(Operator::Contains, wanted) => text.contains(wanted.as_str()),
            Self::Text(operator, wanted) => operator.allows(text.cmp(wanted.as_str())),
            Self::Address(operator, address) => address.holds(text) == (*operator == Operator::Equal),
            Self::Pattern(pattern) => pattern.is_match(text),
            Self::Present
            | Self::Number(..)
            | Self::Moment(..)
            | Self::Flag(..)
            | Self::Any(_)
            | Self::Range(_) => false,
        }
    }
}
