//! The actions of HTTP/2.

use super::item::{edits, item as any};
use crate::scenario::Result;
use crate::scenario::step::{Edit, Http2, Item};
use crate::scenario::words::{Words, number};

/// Reads the action called `name`, if it is one of HTTP/2.
pub fn item(words: &mut Words, name: &str) -> Result<Option<Item>> {
    let is_target = |word: &str| word.starts_with('/').then(|| word.to_owned());
    Ok(Some(Item::Http2(match name {
        "preface" => Http2::Preface { settings: settings(words)? },
        "settings" => {
            let ack = words.take("ack");
            Http2::Settings { ack, settings: settings(words)? }
        }
        "connect" => {
            let stream = words.number("a stream")?;
            let target = words.next_if(is_target).unwrap_or_else(|| "/".to_owned());
            let fields = [
                (":method", "CONNECT"),
                (":protocol", "websocket"),
                (":scheme", "http"),
                (":path", &target),
                (":authority", "chat.test"),
                ("sec-websocket-version", "13"),
            ];
            head(words, stream, false, &fields)?
        }
        "request" => {
            let stream = words.number("a stream")?;
            let is_method =
                |word: &str| word.bytes().all(|byte| byte.is_ascii_uppercase()).then(|| word.to_owned());
            let method = words.next_if(is_method).unwrap_or_else(|| "GET".to_owned());
            let target = words.next_if(is_target).unwrap_or_else(|| "/".to_owned());
            let end = !words.take("open");
            let fields =
                [(":method", &*method), (":scheme", "http"), (":path", &target), (":authority", "chat.test")];
            head(words, stream, end, &fields)?
        }
        "answer" => {
            let stream = words.number("a stream")?;
            let status = words.next("a status")?;
            head(words, stream, false, &[(":status", &status)])?
        }
        "trailers" => {
            let stream = words.number("a stream")?;
            head(words, stream, true, &[])?
        }
        "on" => {
            let stream = words.number("a stream")?;
            let end = words.take("end");
            let padding = words.next_if(|word| word.strip_prefix("pad=")?.parse().ok());
            let size = words.next_if(|word| word.strip_prefix("size=")?.parse().ok());
            let is_over = words.done()
                || words
                    .peek()
                    .is_some_and(|word| ["|", "||", "]"].contains(&word) || super::marker(word).is_some());
            let content = if is_over { None } else { Some(Box::new(any(words)?)) };
            Http2::Data { stream, end, padding, size, content }
        }
        "reset" => Http2::Reset { stream: words.number("a stream")?, code: words.number("a code")? },
        "goaway" => {
            let (last, code) = (words.number("a stream")?, words.number("a code")?);
            Http2::GoAway { last, code, debug: words.payload() }
        }
        "window" => {
            Http2::Window { stream: words.number("a stream")?, bytes: words.number("a count of bytes")? }
        }
        "h2-frame" => Http2::Frame {
            kind: words.number("a type")?,
            flags: words.number("flags")?,
            stream: words.number("a stream")?,
            payload: words.payload(),
        },
        _ => return Ok(None),
    })))
}

/// The rest of a head: whether the stream ends with it, in how many frames it comes, and changes to its fields.
fn head(words: &mut Words, stream: u32, end: bool, fields: &[(&str, &str)]) -> Result<Http2> {
    let end = words.take("end") || end;
    let pieces = words.next_if(|word| word.strip_prefix("pieces=")?.parse().ok()).unwrap_or(1);
    let mut fields: Vec<(String, Vec<u8>)> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
    for edit in edits(words)? {
        match edit {
            Edit::Drop(name) => fields.retain(|(field, _)| *field != name.to_ascii_lowercase()),
            Edit::Add(name, value) => fields.push((name.to_ascii_lowercase(), value)),
            Edit::Replace(name, value) => {
                let found = fields.iter_mut().find(|(field, _)| *field == name.to_ascii_lowercase());
                found.ok_or_else(|| format!("there is no {name} to replace"))?.1 = value;
            }
        }
    }
    Ok(Http2::Head { stream, end, pieces, fields })
}

/// Settings by short names.
fn settings(words: &mut Words) -> Result<Vec<(u16, u32)>> {
    let mut settings = Vec::new();
    loop {
        if words.take("connect-protocol") {
            settings.push((8, 1));
            continue;
        }
        let option = |word: &str| word.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
        let Some((key, value)) = words.next_if(option) else { return Ok(settings) };
        let identifier = match key.as_str() {
            "table" => 1,
            "streams" => 3,
            "window" => 4,
            "frame" => 5,
            other => number(other)?,
        };
        settings.push((identifier, number(&value)?));
    }
}
