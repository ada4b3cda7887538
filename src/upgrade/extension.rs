//! Extensions offered and accepted (RFC 6455 §9.1), and permessage-deflate's parameters (RFC 7692 §7.1).

use super::head::Head;
use crate::ws::{Deflate, DeflateSide};
use std::fmt;

/// One element of a `Sec-WebSocket-Extensions` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Its name as sent.
    pub name: String,
    /// Its parameters in order.
    pub params: Vec<(String, Option<String>)>,
}

impl Extension {
    /// The name of the one registered extension.
    pub const DEFLATE: &'static str = "permessage-deflate";

    /// All extensions of a head's `Sec-WebSocket-Extensions` lines; elements that cannot be read are left out.
    pub fn list(head: &Head) -> Vec<Self> {
        let values = head.values("sec-websocket-extensions").map(String::from_utf8_lossy);
        values
            .flat_map(|value| split_outside_quotes(&value, ','))
            .filter_map(|text| Self::parse(&text))
            .collect()
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = split_outside_quotes(text, ';').into_iter();
        let name = parts.next().filter(|name| !name.is_empty())?;
        let params = parts
            .map(|part| match part.split_once('=') {
                None => (part, None),
                Some((name, value)) => {
                    (name.trim().to_owned(), Some(value.trim().trim_matches('"').to_owned()))
                }
            })
            .collect();
        Some(Self { name, params })
    }

    /// Whether this is permessage-deflate.
    pub fn is_deflate(&self) -> bool {
        self.name.eq_ignore_ascii_case(Self::DEFLATE)
    }

    /// The parameters of permessage-deflate that are in force where a server answers with this.
    pub fn deflate(&self) -> Deflate {
        let side = |no_takeover: &str, bits: &str| DeflateSide {
            takeover: !self.has(no_takeover),
            window_bits: self.window_bits(bits).unwrap_or(15),
        };
        Deflate {
            client: side("client_no_context_takeover", "client_max_window_bits"),
            server: side("server_no_context_takeover", "server_max_window_bits"),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.params.iter().any(|(param, _)| param.eq_ignore_ascii_case(name))
    }

    /// A window size parameter's value, where it is one.
    fn window_bits(&self, name: &str) -> Option<u8> {
        let (_, value) = self.params.iter().find(|(param, _)| param.eq_ignore_ascii_case(name))?;
        let value = value.as_ref()?;
        // "A decimal integer value without leading zeroes": what `parse` takes besides is not one.
        let bits = value.parse::<u8>().ok()?;
        ((8..=15).contains(&bits) && bits.to_string() == *value).then_some(bits)
    }
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (name, value) in &self.params {
            match value {
                None => write!(f, "; {name}")?,
                Some(value) => write!(f, "; {name}={value}")?,
            }
        }
        Ok(())
    }
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<String> {
    let mut quoted = false;
    text.split(|c| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
    .map(|part| part.trim().to_owned())
    .filter(|part| !part.is_empty())
    .collect()
}

/// What is wrong with a server's answer to an offer of permessage-deflate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OfferFault {
    /// A parameter that RFC 7692 does not define.
    UnknownParameter(String),
    /// The same parameter twice.
    Duplicate(String),
    /// A value that the parameter cannot have.
    Value(String, String),
    /// The offer itself is invalid, for this reason: a server has to decline it.
    Offer(Box<Self>),
    /// `client_max_window_bits` although the client did not offer it.
    WindowNotOffered,
    /// The client demanded this of the server, and the answer does not grant it.
    NotGranted(&'static str),
    /// The client named a window of so many bits for itself, and the answer a larger one.
    WindowWidened {
        /// What it named.
        offered: u8,
        /// What the answer has.
        granted: u8,
    },
}

impl fmt::Display for OfferFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownParameter(name) => write!(f, "the parameter '{name}' is not defined"),
            Self::Duplicate(name) => write!(f, "the parameter '{name}' stands twice"),
            Self::Value(name, value) => write!(f, "'{value}' is no value for '{name}'"),
            Self::Offer(fault) => write!(f, "it accepts an offer that has to be declined, as {fault}"),
            Self::WindowNotOffered => f.write_str("'client_max_window_bits' was not offered"),
            Self::NotGranted(name) => write!(f, "the client's '{name}' is not granted"),
            Self::WindowWidened { offered, granted } => write!(
                f,
                "'client_max_window_bits' is {granted}, more than the {offered} of the offer, which many clients refuse"
            ),
        }
    }
}

/// Whose turn it is in a negotiation: the client offers, the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Offer,
    Answer,
}

impl OfferFault {
    /// Everything wrong with `answer`, given the offers of permessage-deflate (RFC 7692 §7.1).
    pub fn all(offers: &[&Extension], answer: &Extension) -> Vec<Self> {
        let mut faults = Self::of_parameters(answer, Turn::Answer);
        // An answer has to fit one of the offers.
        let misfits = offers.iter().map(|offer| Self::misfit(offer, answer));
        let misfits: Vec<_> = misfits.collect();
        if !misfits.is_empty() && misfits.iter().all(Option::is_some) {
            faults.extend(misfits.into_iter().flatten().min_by_key(Self::must_be_refused));
        }
        faults
    }

    /// Whether a client must fail the connection because of it (RFC 7692 §7.1). The value of the offer is a hint, which a server may
    /// ignore; one that heeds it answers with no larger one (§7.1.2.2).
    pub const fn must_be_refused(&self) -> bool {
        !matches!(self, Self::WindowWidened { .. })
    }

    /// What is wrong with the parameters by themselves.
    fn of_parameters(extension: &Extension, turn: Turn) -> Vec<Self> {
        let mut faults = Vec::new();
        for (index, (name, value)) in extension.params.iter().enumerate() {
            let is_flag =
                matches!(name.as_str(), "server_no_context_takeover" | "client_no_context_takeover");
            let is_bits = matches!(name.as_str(), "server_max_window_bits" | "client_max_window_bits");
            // Only a client may leave the value out, of the window that the server may choose for it.
            let may_be_bare = turn == Turn::Offer && name == "client_max_window_bits" && value.is_none();
            if extension.params.iter().take(index).any(|(earlier, _)| earlier == name) {
                faults.push(Self::Duplicate(name.clone()));
            } else if !is_flag && !is_bits {
                faults.push(Self::UnknownParameter(name.clone()));
            } else if (is_flag && value.is_some())
                || (is_bits && !may_be_bare && extension.window_bits(name).is_none())
            {
                faults.push(Self::Value(name.clone(), value.clone().unwrap_or_default()));
            }
        }
        faults
    }

    fn misfit(offer: &Extension, answer: &Extension) -> Option<Self> {
        let bits = "server_max_window_bits";
        let too_wide = offer
            .window_bits(bits)
            .is_some_and(|most| answer.window_bits(bits).is_none_or(|granted| granted > most));
        let of_client = "client_max_window_bits";
        let widened = offer.window_bits(of_client).zip(answer.window_bits(of_client));
        if let Some(fault) = Self::of_parameters(offer, Turn::Offer).into_iter().next() {
            Some(Self::Offer(Box::new(fault)))
        } else if answer.has(of_client) && !offer.has(of_client) {
            Some(Self::WindowNotOffered)
        } else if offer.has("server_no_context_takeover") && !answer.has("server_no_context_takeover") {
            Some(Self::NotGranted("server_no_context_takeover"))
        } else if too_wide {
            Some(Self::NotGranted(bits))
        } else {
            let widened = widened.filter(|(offered, granted)| granted > offered);
            widened.map(|(offered, granted)| Self::WindowWidened { offered, granted })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::head::{Header, Headers};
    use super::*;

    fn list(value: &str) -> Vec<Extension> {
        let header = Header { name: b"Sec-WebSocket-Extensions", value: value.as_bytes() };
        Extension::list(&Head { headers: Headers::new([header].into_iter()), ..Head::default() })
    }

    fn faults(offer: &str, answer: &str) -> Vec<String> {
        let (offers, answers) = (list(offer), list(answer));
        OfferFault::all(&offers.iter().collect::<Vec<_>>(), &answers[0])
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn parameters_are_per_direction() {
        let answer =
            &list("permessage-deflate; server_no_context_takeover; client_max_window_bits=\"10\"")[0];
        let deflate = answer.deflate();
        assert_eq!(deflate.server, DeflateSide { takeover: false, window_bits: 15 });
        assert_eq!(deflate.client, DeflateSide { takeover: true, window_bits: 10 });
        assert_eq!(list("a; b=\"c,d\", e").len(), 2);
    }

    #[test]
    fn answers_have_to_fit_an_offer() {
        let none: [&str; 0] = [];
        assert_eq!(faults("permessage-deflate", "permessage-deflate; server_max_window_bits=9"), none);
        assert_eq!(
            faults("permessage-deflate", "permessage-deflate; client_max_window_bits=9"),
            ["'client_max_window_bits' was not offered"]
        );
        assert_eq!(
            faults("permessage-deflate; server_max_window_bits=9, permessage-deflate", "permessage-deflate"),
            none
        );
        assert_eq!(
            faults("permessage-deflate", "permessage-deflate; server_max_window_bits=16; x"),
            ["'16' is no value for 'server_max_window_bits'", "the parameter 'x' is not defined"]
        );
        let widened = "permessage-deflate; client_max_window_bits=15";
        assert_eq!(
            faults("permessage-deflate; client_max_window_bits=10", widened),
            ["'client_max_window_bits' is 15, more than the 10 of the offer, which many clients refuse"]
        );
        assert_eq!(faults("permessage-deflate; client_max_window_bits", widened), none);
        assert_eq!(
            faults(
                "permessage-deflate; client_max_window_bits=10, permessage-deflate; client_max_window_bits",
                widened
            ),
            none
        );
    }
}
