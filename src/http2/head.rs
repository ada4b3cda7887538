//! Heads: a request, a response, trailers (RFC 9113 §8.2, §8.3).

use super::StreamId;
use super::hpack::{FieldLine, FieldSection};
use crate::model::{EndPlace, Peer, Said, Stamp};

/// What a head is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadKind {
    /// It begins a stream.
    Request,
    /// A response that another one follows (1xx).
    Interim,
    /// A response.
    Response,
    /// It ends a stream.
    Trailers,
}

/// A head.
#[derive(Clone, Debug)]
pub struct Head {
    /// What it is.
    pub kind: HeadKind,
    /// Its fields, as far as they are known.
    pub fields: FieldSection,
    /// The capture misses bytes of it, or it was too large: there are no fields.
    pub lost: bool,
    /// The packet with its first byte.
    pub first: Stamp,
    /// The packet with its last byte.
    pub last: Stamp,
    /// Where its last byte stands between the two streams of what carries the connection, if that is known.
    pub place: Option<EndPlace>,
    /// Nothing follows it in its direction.
    pub end_stream: bool,
}

impl Head {
    /// Since when it was being said, and where that ends.
    pub(crate) const fn said(&self) -> Said {
        Said { stamp: self.first, place: self.place }
    }
}

/// One head of one stream.
#[derive(Clone, Copy, Debug)]
pub struct Headed<'a> {
    /// The stream.
    pub stream: StreamId,
    /// Who sent it.
    pub from: Peer,
    /// The head.
    pub head: &'a Head,
}

/// The fields that stand for the first line of a request of HTTP/1.1.
const OF_REQUESTS: [&[u8]; 5] = [b":method", b":scheme", b":path", b":authority", b":protocol"];
/// Those that stand for the first line of a response.
const OF_RESPONSES: [&[u8]; 1] = [b":status"];

impl FieldSection {
    /// The value of the first field with this name, if both are known.
    pub fn value<'f>(&'f self, name: &'f str) -> Option<&'f [u8]> {
        self.values(name).next()
    }

    /// The values of all fields with this name, as far as they are known.
    pub fn values<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f [u8]> {
        let is_meant = |field: &&FieldLine| field.name.as_deref() == Some(name.as_bytes());
        self.list.iter().filter(is_meant).filter_map(|field| field.value.as_deref())
    }

    /// How many fields are not known, or only in part, because the capture lost what they refer to.
    pub fn unknown(&self) -> u64 {
        self.list.iter().filter(|field| field.name.is_none() || field.value.is_none()).count() as u64
    }

    /// Whether any field may be another one than it seems.
    pub fn is_guessed(&self) -> bool {
        self.list.iter().any(|field| field.guessed)
    }

    /// How many fields may be other ones than they seem, because the capture lost what came between them and what they refer to.
    pub fn guessed(&self) -> u64 {
        self.list.iter().filter(|field| field.guessed).count() as u64
    }

    /// The status of a response.
    pub fn status(&self) -> Option<u16> {
        let digits = <[u8; 3]>::try_from(self.value(":status")?).ok()?;
        std::str::from_utf8(&digits).ok()?.parse().ok().filter(|status| *status >= 100)
    }

    /// Whether the status of a response may be another one than it seems.
    pub fn is_status_guessed(&self) -> bool {
        self.list.iter().any(|field| field.guessed && field.name.as_deref() == Some(b":status"))
    }

    /// The status of a response, if it is not guessed.
    pub(crate) fn known_status(&self) -> Option<u16> {
        self.status().filter(|_| !self.is_status_guessed())
    }

    /// Whether all fields are known as they were sent.
    pub(crate) fn is_known(&self) -> bool {
        self.unknown() == 0 && self.left_out == 0 && !self.is_guessed() && self.fault.is_none()
    }

    /// Whether it is known what it says of this name: it says something, or nothing of it is missing.
    pub(crate) fn is_known_of(&self, name: &str) -> bool {
        let says = |field: &FieldLine| {
            !field.guessed && field.value.is_some() && field.name.as_deref() == Some(name.as_bytes())
        };
        self.is_known() || self.list.iter().any(says)
    }

    /// Whether there is a field of a WebSocket's handshake in it that is no guess.
    pub(crate) fn has_websocket_field(&self) -> bool {
        let is_one = |field: &FieldLine| {
            !field.guessed && field.name.as_deref().is_some_and(|name| name.starts_with(b"sec-websocket-"))
        };
        self.list.iter().any(is_one)
    }

    /// What kind of head this is if it is the first that `from` sent on its stream.
    pub(super) fn kind_of_first(&self, from: Peer) -> HeadKind {
        self.own_kind().unwrap_or(match from {
            Peer::Client => HeadKind::Request,
            Peer::Server => HeadKind::Response,
        })
    }

    /// What kind of head this is if its sender had sent one on the same stream before.
    pub(super) fn kind_of_later(&self) -> HeadKind {
        self.own_kind().unwrap_or(HeadKind::Trailers)
    }

    /// What kind of head this is, if its own fields say so.
    fn own_kind(&self) -> Option<HeadKind> {
        let has = |names: &[&[u8]]| {
            self.list.iter().any(|field| field.name.as_deref().is_some_and(|name| names.contains(&name)))
        };
        if has(&OF_REQUESTS) {
            Some(HeadKind::Request)
        } else if self.status().is_some_and(|status| status < 200 && status != 101) {
            Some(HeadKind::Interim)
        } else {
            has(&OF_RESPONSES).then_some(HeadKind::Response)
        }
    }

    /// Whether guessed fields fit where they stand: those that stand for the first line come first, each once, and with
    /// values that they can have.
    pub(super) fn guesses_fit(&self) -> bool {
        let mut seen: Vec<&[u8]> = Vec::new();
        let mut regular = false;
        for field in &self.list {
            let (Some(name), Some(value)) = (field.name.as_deref(), field.value.as_deref()) else {
                return false;
            };
            if !name.starts_with(b":") {
                regular = true;
                continue;
            }
            let fits = match name {
                b":method" => value.iter().all(u8::is_ascii_uppercase),
                b":scheme" => value.iter().all(u8::is_ascii_lowercase),
                b":path" => value.starts_with(b"/") || value == b"*",
                b":status" => value.len() == 3 && value.iter().all(u8::is_ascii_digit),
                b":authority" | b":protocol" => value.iter().all(u8::is_ascii_graphic),
                _ => false,
            };
            if regular || !fits || seen.contains(&name) {
                return false;
            }
            seen.push(name);
        }
        let has = |name: &[u8]| seen.contains(&name);
        let is_request = has(b":method") && (has(b":authority") || (has(b":scheme") && has(b":path")));
        // A response begins with its status and nothing else; trailers have no such field.
        let is_response = has(b":status") && seen.len() == 1;
        seen.is_empty() || is_response || (is_request && !has(b":status"))
    }
}
