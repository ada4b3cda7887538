//! What takes the place of heads of HTTP, and of the bodies behind them: lines of the same length.

use super::fitted::Fitted;
use super::http2::settings_header;
use super::known;
use super::mask;
use super::names::{NameKind, Names};
use super::strange::{self, NOTHING, proxy_header, strange};
use crate::http2::PREFACE;
use crate::layers::proxy::{self, ProxyHeader};
use crate::upgrade::{BYTE_ORDER_MARK, accept_for};
use crate::ws::{Looks, looks_like};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::collections::HashMap;

/// The answers to the keys of a connection, and what takes their place.
#[derive(Debug, Default)]
pub(super) struct Accepts(HashMap<String, String>);

/// What takes the place of `bytes`, which are heads and bodies as far as they look like it.
pub(super) fn http(bytes: &[u8], names: &mut Names, accepts: &mut Accepts) -> Vec<u8> {
    let mut redacted = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let ProxyHeader::Whole(length) = proxy::header(rest) {
        let (header, behind) = rest.split_at(length.min(rest.len()));
        redacted.extend(proxy_header(header));
        rest = behind;
    }
    while !rest.is_empty() {
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let mark = rest.get(blank..).unwrap_or_default().strip_prefix(BYTE_ORDER_MARK);
        let mark = if mark.is_some_and(begins_head) { BYTE_ORDER_MARK.len() } else { 0 };
        let (before, behind) = rest.split_at(blank + mark);
        redacted.extend_from_slice(before);
        if let Some(preface) = http2_preface(behind) {
            redacted.extend_from_slice(preface);
            rest = behind.get(preface.len()..).unwrap_or_default();
            continue;
        }
        if !begins_head(behind) {
            let (unknown, behind) = behind.split_at(next_head(behind));
            redacted.extend(strange::only_frames(unknown).unwrap_or_else(|| strange(unknown)));
            rest = behind;
            continue;
        }
        let (head, behind) = behind.split_at(end_of_head(behind));
        let (lines, body) = self::head(head, names, accepts);
        redacted.extend(lines);
        let body = match body {
            BodyLength::Length(length) => {
                let (body, behind) = behind.split_at(length.min(behind.len()));
                redacted.extend(mask::any(body));
                rest = behind;
                continue;
            }
            BodyLength::Chunks => chunks(behind, &mut redacted),
            BodyLength::ToTheEnd if begins_head(behind) => 0,
            BodyLength::ToTheEnd => {
                redacted.extend(strange(behind));
                behind.len()
            }
        };
        rest = behind.get(body..).unwrap_or_default();
    }
    redacted
}

/// How long a body is.
enum BodyLength {
    Length(usize),
    Chunks,
    /// As long as nothing else begins.
    ToTheEnd,
}

/// What a client of HTTP/2 sends first, or the beginning of it, if `bytes` begin with that.
fn http2_preface(bytes: &[u8]) -> Option<&[u8]> {
    /// What no other head begins with.
    const METHOD: usize = b"PRI ".len();
    let same = bytes.iter().zip(PREFACE).take_while(|(byte, expected)| byte == expected).count();
    let is_preface = same >= METHOD || same == bytes.len();
    bytes.get(..same).filter(|preface| is_preface && !preface.is_empty())
}

/// Whether a head begins here, or the beginning of one is all there is.
pub(super) fn begins_head(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    matches!(looks_like(bytes), Some(Looks::HttpRequest | Looks::HttpResponse))
        || line.trim_ascii_end().rsplit(|byte| *byte == b' ').next().is_some_and(|last| {
            let is_line = last.len() < line.len() && line.len() < 64 << 10;
            // It may stand behind something else, of which nobody knows the end.
            last.starts_with(b"HTTP/") && is_line && line.first().is_some_and(u8::is_ascii_graphic)
        })
        || bytes.starts_with(b"HTTP/")
        || (!bytes.is_empty() && b"HTTP/1.".starts_with(bytes))
}

/// Where the next head begins, behind bytes that are none: the capture may begin in a body.
fn next_head(bytes: &[u8]) -> usize {
    let begins = |at: &usize| {
        let rest = bytes.get(*at..).unwrap_or_default();
        rest.first().is_some_and(u8::is_ascii_uppercase)
            && matches!(looks_like(rest), Some(Looks::HttpRequest | Looks::HttpResponse))
    };
    (1..bytes.len()).find(begins).unwrap_or(bytes.len())
}

/// Where a head ends: behind an empty line.
fn end_of_head(bytes: &[u8]) -> usize {
    let mut end = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        end += line.len();
        if line.trim_ascii().is_empty() {
            return end;
        }
    }
    bytes.len()
}

/// Bytes of the body in chunks with which `bytes` begin; what takes their place is added to `redacted`.
fn chunks(bytes: &[u8], redacted: &mut Vec<u8>) -> usize {
    let mut rest = bytes;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, behind) = rest.split_at(end + 1);
        let digits = line.trim_ascii();
        let size = std::str::from_utf8(digits).ok().and_then(|digits| usize::from_str_radix(digits, 16).ok());
        let Some(size) = size else { break };
        redacted.extend_from_slice(line);
        let (chunk, behind) = behind.split_at(size.min(behind.len()));
        redacted.extend(mask::any(chunk));
        let line_end = behind.iter().take(2).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let (line_end, behind) = behind.split_at(line_end);
        redacted.extend_from_slice(line_end);
        rest = behind;
        if size == 0 {
            break;
        }
    }
    bytes.len() - rest.len()
}

/// What takes the place of a head, and how long the body behind it is.
fn head(head: &[u8], names: &mut Names, accepts: &mut Accepts) -> (Vec<u8>, BodyLength) {
    let mut redacted = Vec::with_capacity(head.len());
    let mut lines = head.split_inclusive(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let is_answer = first.starts_with(b"HTTP/");
    let mut body = if is_answer { body_of(first) } else { BodyLength::Length(0) };
    let has_body = !is_answer || matches!(body, BodyLength::ToTheEnd);
    let (text, end) = without_end(first);
    redacted.extend(same_controls(text, &first_line(text, names)));
    redacted.extend_from_slice(end);
    for line in lines {
        let (text, end) = without_end(line);
        let header = if end.is_empty() { cut_line(text) } else { None };
        let header = header.unwrap_or_else(|| header_line(text, names, accepts, (&mut body, has_body)));
        redacted.extend(same_controls(text, &header));
        redacted.extend_from_slice(end);
    }
    (redacted, body)
}

/// How long the body of a response with this first line is, if no header says it.
fn body_of(first: &[u8]) -> BodyLength {
    match first.split(|byte| *byte == b' ').nth(1) {
        Some([b'1', ..] | b"204" | b"304") => BodyLength::Length(0),
        Some(_) | None => BodyLength::ToTheEnd,
    }
}

/// A line and its end.
fn without_end(line: &[u8]) -> (&[u8], &[u8]) {
    let length = line.len() - line.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    line.split_at(length)
}

/// Control characters, which no line should have, stay where they are.
fn same_controls(text: &[u8], redacted: &[u8]) -> Vec<u8> {
    let kept = |(byte, redacted): (&u8, &u8)| if byte.is_ascii_control() { *byte } else { *redacted };
    text.iter().zip(redacted.iter().chain(std::iter::repeat(&b'x'))).map(kept).collect()
}

fn first_line(line: &[u8], names: &mut Names) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(line) else { return mask::text(line) };
    if let Some((version, rest)) = text.split_once(' ').filter(|(version, _)| is_version(version)) {
        let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let gap = if rest.len() > status.len() { " " } else { "" };
        let status = if status.bytes().all(|byte| byte.is_ascii_digit()) && status.len() <= 3 {
            status.to_owned()
        } else {
            mask::line(status)
        };
        let reason = if known::is_reason(reason) { reason.to_owned() } else { mask::line(reason) };
        return format!("{version} {status}{gap}{reason}").into_bytes();
    }
    if "HTTP/1.1".starts_with(text) {
        return text.into();
    }
    let Some((method, rest)) = text.split_once(' ') else { return Fitted(names).method(text).into_bytes() };
    let method = Fitted(names).method(method);
    let (target, version) = match rest.rsplit_once(' ') {
        Some((target, version)) if is_version(version) => (target, format!(" {version}")),
        _ => (rest, String::new()),
    };
    let target = if target.contains(' ') { mask::line(target) } else { Fitted(names).url(target) };
    format!("{method} {target}{version}").into_bytes()
}

fn is_version(text: &str) -> bool {
    text.strip_prefix("HTTP/").is_some_and(|number| {
        number.len() <= 3 && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    })
}

/// A line whose end did not come, if the protocol's words are all that can be there.
fn cut_line(line: &[u8]) -> Option<Vec<u8>> {
    let (name, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
    (known::is_public(&name.to_ascii_lowercase()) && known::may_be_plain(value)).then(|| line.to_vec())
}

fn header_line(
    line: &[u8],
    names: &mut Names,
    accepts: &mut Accepts,
    (body, has_body): (&mut BodyLength, bool),
) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(line) else { return odd_header_line(line, names) };
    // A line that goes on in the next one (RFC 9112 §5.2).
    let indent = text.len() - text.trim_ascii_start().len();
    let Some((name, value)) = text.split_once(':').filter(|_| indent == 0) else {
        let (indent, rest) = text.split_at(indent);
        return format!("{indent}{}", mask::line(rest)).into_bytes();
    };
    let bare = name.trim_ascii_end();
    let odd = bare.bytes().any(|byte| !byte.is_ascii_alphanumeric() && byte != b'-' && byte != b'_');
    let shown = if odd { mask::line(bare) } else { Fitted(names).header(bare) };
    let (before, rest) = value.split_at(value.len() - value.trim_ascii_start().len());
    let trimmed = rest.trim_ascii_end();
    let header = bare.to_ascii_lowercase();
    let redacted = match header.as_str() {
        "sec-websocket-key" => accepts.key(trimmed, names),
        "sec-websocket-accept" => accepts.answer(trimmed, names),
        "http2-settings" => {
            settings_header(trimmed).unwrap_or_else(|| Fitted(names).name(NameKind::Value, trimmed))
        }
        header => Fitted(names).value(header, trimmed),
    };
    match header.as_str() {
        "content-length" => {
            // Some answers have none, whatever they say (RFC 9112 §6.3).
            if let (Ok(length), true) = (trimmed.parse(), has_body) {
                *body = BodyLength::Length(length);
            }
        }
        "transfer-encoding" if has_body && trimmed.to_ascii_lowercase().contains("chunked") => {
            *body = BodyLength::Chunks;
        }
        _ => {}
    }
    let gap = name.strip_prefix(bare).unwrap_or_default();
    let after = rest.strip_prefix(trimmed).unwrap_or_default();
    format!("{shown}{gap}:{before}{redacted}{after}").into_bytes()
}

/// What takes the place of a line that is not UTF-8, which values need not be (RFC 9110 §5.5).
fn odd_header_line(line: &[u8], names: &mut Names) -> Vec<u8> {
    let colon = line.iter().position(|byte| *byte == b':').unwrap_or_default();
    let (name, value) = line.split_at(colon);
    let is_name =
        |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    match std::str::from_utf8(name).ok().filter(is_name) {
        Some(name) => [Fitted(names).header(name).as_bytes(), &mask::text(value)].concat(),
        None => vec![NOTHING; line.len()],
    }
}

impl Accepts {
    /// What takes the place of a key.
    fn key(&mut self, key: &str, names: &mut Names) -> String {
        let pseudonym = Fitted(names).key(key);
        self.0.insert(accept_for(key.as_bytes()), accept_for(pseudonym.as_bytes()));
        pseudonym
    }

    /// What takes the place of an answer to one: the right one only where it was right.
    fn answer(&self, accept: &str, names: &mut Names) -> String {
        if let Some(right) = self.0.get(accept) {
            return right.clone();
        }
        let name = names.name(NameKind::Value, accept);
        let encoded = BASE64_STANDARD.encode(format!("{name:x<20.20}"));
        if encoded.len() == accept.len() { encoded } else { Fitted(names).name(NameKind::Value, accept) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(bytes: &str) -> String {
        let shown = http(bytes.as_bytes(), &mut Names::new(100), &mut Accepts::default());
        assert_eq!(shown.len(), bytes.len());
        String::from_utf8(shown).unwrap()
    }

    #[test]
    fn heads_keep_their_lines_alone() {
        assert_eq!(
            redacted(
                "GET /chat?token=hunter22 HTTP/1.1\r\nHost: api.example.com\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Version: 13\r\nX-Tenant: acme\r\n folded line\r\nno colon\r\n\r\n"
            ),
            "GET /noo1?nnno1=nnnnooo1 HTTP/1.1\r\nHost: host-1nnnnnnnoo\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nxnnnnnn1: noo2\r\n xxxxxx xxxx\r\nxx xxxxx\r\n\r\n"
        );
        let refused = "HTTP/1.1 403 Go away\r\nContent-Length: 9\r\n\r\nnot todayHTTP/1.1 200 OK\r\n\r\nyes";
        let left = "HTTP/1.1 403 Xx xxxx\r\nContent-Length: 9\r\n\r\nxxx xxxxxHTTP/1.1 200 OK\r\n\r\nxxx";
        assert_eq!(redacted(refused), left);
        let cut = "GET / HTTP/1.1\r\nUpgrade: websoc";
        assert_eq!(redacted(cut), cut);
    }

    #[test]
    fn a_value_that_is_no_utf8_stays_one() {
        let asked = b"GET / HTTP/1.1\r\nHost: a\r\nX-Who: Z\xf6e\r\n\r\n";
        let shown = http(asked, &mut Names::new(100), &mut Accepts::default());
        assert!(shown.ends_with(b": X\xffx\r\n\r\n") && shown.len() == asked.len(), "{shown:02x?}");
        // Frames of a client that was refused.
        let sent = b"GET / HTTP/1.1\r\n\r\n\x81\x85\x01\x02\x03\x04igoho";
        let shown = http(sent, &mut Names::new(100), &mut Accepts::default());
        assert_eq!(shown[18..], *b"\x81\x85\x01\x02\x03\x04yz{|y");
    }

    #[test]
    fn the_way_to_http2_stays() {
        let asked = "GET * HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\
                     HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        for end in asked.find("PRI").unwrap()..=asked.len() {
            assert_eq!(redacted(&asked[..end]), asked[..end]);
        }
    }

    #[test]
    fn bodies_in_chunks_keep_their_chunks() {
        let said = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(redacted(said), said.replace("hello", "xxxxx"));
    }

    #[test]
    fn the_answer_to_a_key_stays_the_right_one() {
        let (mut names, mut accepts) = (Names::new(100), Accepts::default());
        let key = accepts.key("dGhlIHNhbXBsZSBub25jZQ==", &mut names);
        let accept = accepts.answer("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", &mut names);
        assert_eq!(accept, accept_for(key.as_bytes()));
        assert_ne!(key, "dGhlIHNhbXBsZSBub25jZQ==");
        let wrong = accepts.answer("S3pPLMBiTxaQ9kYGzzhZRbK+xOo=", &mut names);
        assert!(wrong != accept && wrong.len() == 28, "{wrong}");
    }

    #[test]
    fn what_is_cut_off_anywhere_keeps_its_length() {
        let whole = "GET /chat HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 101 Switching Protocols\r\n\r\n";
        for end in 0..whole.len() {
            redacted(&whole[..end]);
        }
    }
}
