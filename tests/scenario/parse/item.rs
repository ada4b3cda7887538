//! The actions with data: frames, HTTP heads, raw bytes.

use super::{http2, marker};
use crate::scenario::Result;
use crate::scenario::step::{Deflate, Edit, Form, Frame, Head, Item, Mask, Start};
use crate::scenario::words::{Words, length, number};

/// Reads one action with data.
pub fn item(words: &mut Words) -> Result<Item> {
    let name = words.next("an action")?;
    Ok(match name.as_str() {
        "fin" => Item::Fin,
        "raw" => Item::Raw(words.payload()),
        "upgrade" => {
            let (method, target, version) = request_line(words);
            head(words, Start::Upgrade { method, target }, version)?
        }
        "101" => {
            let version = words.next_if(version);
            head(words, Start::Switching, version)?
        }
        "http" => {
            if let Some(status) = words.next_if(|word| word.parse().ok()) {
                let version = words.next_if(version);
                head(words, Start::Response { status }, version)?
            } else {
                let (method, target, version) = request_line(words);
                head(words, Start::Request { method, target }, version)?
            }
        }
        _ => match http2::item(words, &name)? {
            Some(item) => item,
            None => Item::Frame(frame(words, &name)?),
        },
    })
}

fn version(word: &str) -> Option<String> {
    word.starts_with("HTTP/").then(|| word.to_owned())
}

/// `[METHOD] [/target] [HTTP/1.0]`.
fn request_line(words: &mut Words) -> (String, String, Option<String>) {
    let is_method = |word: &str| word.bytes().all(|byte| byte.is_ascii_uppercase());
    let method = words.next_if(|word| is_method(word).then(|| word.to_owned()));
    let is_target = |word: &str| word.starts_with('/') || word.starts_with("http://");
    let target = words.next_if(|word| is_target(word).then(|| word.to_owned()));
    let version = words.next_if(version);
    (method.unwrap_or_else(|| "GET".to_owned()), target.unwrap_or_else(|| "/".to_owned()), version)
}

/// The body and the changes to the headers, after what starts the head.
fn head(words: &mut Words, start: Start, version: Option<String>) -> Result<Item> {
    let body = words.payload();
    let edits = edits(words)?;
    Ok(Item::Head(Head { start, version: version.unwrap_or_else(|| "HTTP/1.1".to_owned()), edits, body }))
}

/// Changes to the headers.
pub fn edits(words: &mut Words) -> Result<Vec<Edit>> {
    let mut edits = Vec::new();
    loop {
        if words.take("deflate") {
            edits.push(Edit::Add("Sec-WebSocket-Extensions".to_owned(), b"permessage-deflate".to_vec()));
            continue;
        }
        let sign = |word: &str| word.len() > 1 && word.starts_with(['+', '=', '-']);
        let Some(word) = words.next_if(|word| sign(word).then(|| word.to_owned())) else { break };
        let (kind, name) = word.split_at(1);
        if kind == "-" {
            edits.push(Edit::Drop(name.to_owned()));
            continue;
        }
        let name = name.strip_suffix(':').ok_or_else(|| format!("{word} lacks its colon"))?.to_owned();
        let value = match words.quoted() {
            Some(value) => value,
            None => plain_value(words),
        };
        edits.push(if kind == "+" { Edit::Add(name, value) } else { Edit::Replace(name, value) });
    }
    Ok(edits)
}

/// A header's value without quotes: all words up to the next change, border or step.
fn plain_value(words: &mut Words) -> Vec<u8> {
    let ends = |word: &str| {
        word.starts_with(['+', '=', '-'])
            || ["|", "||", "]", "deflate"].contains(&word)
            || marker(word).is_some()
    };
    let mut value = Vec::new();
    while let Some(word) = words.next_if(|word| (!ends(word)).then(|| word.to_owned())) {
        value.push(word);
    }
    value.join(" ").into_bytes()
}

fn frame(words: &mut Words, name: &str) -> Result<Frame> {
    let (rest, fin) = name.strip_suffix("-part").map_or((name, true), |rest| (rest, false));
    let (kind, deflate) =
        rest.strip_suffix("-deflate").map_or((rest, Deflate::Off), |rest| (rest, Deflate::Continued));
    let opcode = match kind {
        "continuation" => 0,
        "text" | "frame" => 1,
        "binary" => 2,
        "close" => 8,
        "ping" => 9,
        "pong" => 10,
        _ => return Err(format!("there is no action {name:?}")),
    };
    // RSV1 marks the first frame of a compressed message only (RFC 7692 §6).
    let rsv = if deflate != Deflate::Off && opcode != 0 { 4 } else { 0 };
    let mut frame = Frame {
        fin,
        rsv,
        opcode,
        mask: Mask::BySide,
        declared: None,
        form: None,
        deflate,
        payload: Vec::new(),
    };
    if deflate != Deflate::Off && words.take("fresh") {
        frame.deflate = Deflate::Fresh;
    }
    let option = |word: &str| word.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    while let Some((key, value)) = words.next_if(option) {
        match key.as_str() {
            "fin" => frame.fin = value == "1",
            "rsv" => frame.rsv = number(&value)?,
            "opcode" => frame.opcode = number(&value)?,
            "mask" => frame.mask = mask(&value)?,
            "len" => frame.declared = Some(length(&value)?),
            "form" => frame.form = Some(form(&value)?),
            _ => return Err(format!("a frame has no {key:?}")),
        }
    }
    if frame.rsv > 7 || frame.opcode > 15 {
        return Err("rsv is 0 to 7, opcode 0 to 15".to_owned());
    }
    if opcode == 8 {
        let is_code =
            |word: &str| (3..=5).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(code) = words.next_if(|word| is_code(word).then(|| word.to_owned())) {
            frame.payload.extend(number::<u16>(&code)?.to_be_bytes());
        }
    }
    frame.payload.extend(words.payload());
    Ok(frame)
}

fn mask(value: &str) -> Result<Mask> {
    match value {
        "none" => Ok(Mask::Absent),
        "auto" => Ok(Mask::Auto),
        _ => {
            let mut key = [0; 4];
            hex::decode_to_slice(value, &mut key).map_err(|error| format!("mask {value}: {error}"))?;
            Ok(Mask::Key(key))
        }
    }
}

fn form(value: &str) -> Result<Form> {
    match value {
        "7" => Ok(Form::Short),
        "16" => Ok(Form::Bits16),
        "64" => Ok(Form::Bits64),
        _ => Err(format!("the length has the forms 7, 16 and 64, not {value}")),
    }
}
