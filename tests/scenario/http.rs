//! The bytes of HTTP heads.

use super::Result;
use super::step::{Edit, Head, Start};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};
use std::fmt::Write as _;

/// The key of the `attempt`-th upgrade of a scenario, from 0; the first is the one of RFC 6455 §1.3.
pub fn key(attempt: u32) -> String {
    let mut nonce = *b"the sample nonce";
    if attempt > 0 {
        nonce[12..].copy_from_slice(&attempt.to_be_bytes());
    }
    STANDARD.encode(nonce)
}

/// The only right answer to a key (RFC 6455 §4.2.2).
pub fn accept(key: &str) -> String {
    STANDARD.encode(Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")))
}

/// The bytes of `head`; an upgrade changes `last_key`, the answer to one uses it.
pub fn bytes(head: &Head, last_key: &mut String, attempts: &mut u32) -> Result<Vec<u8>> {
    let version = &head.version;
    let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.as_bytes().to_vec()));
    let mut text = String::new();
    match &head.start {
        Start::Upgrade { method, target } => {
            *last_key = key(*attempts);
            *attempts += 1;
            let _ = write!(text, "{method} {target} {version}\r\n");
            add("Host", "chat.test");
            add("Upgrade", "websocket");
            add("Connection", "Upgrade");
            add("Sec-WebSocket-Key", last_key);
            add("Sec-WebSocket-Version", "13");
        }
        Start::Request { method, target } => {
            let _ = write!(text, "{method} {target} {version}\r\n");
            add("Host", "chat.test");
            if !head.body.is_empty() {
                add("Content-Length", &head.body.len().to_string());
            }
        }
        Start::Switching => {
            let _ = write!(text, "{version} 101 Switching Protocols\r\n");
            add("Upgrade", "websocket");
            add("Connection", "Upgrade");
            add("Sec-WebSocket-Accept", &accept(last_key));
        }
        Start::Response { status } => {
            let _ = write!(text, "{version} {status} {}\r\n", reason(*status));
            add("Content-Length", &head.body.len().to_string());
        }
    }
    for edit in &head.edits {
        match edit {
            Edit::Drop(name) => headers.retain(|(header, _)| !header.eq_ignore_ascii_case(name)),
            Edit::Add(name, value) => headers.push((name.clone(), value.clone())),
            Edit::Replace(name, value) => {
                let found = headers.iter_mut().find(|(header, _)| header.eq_ignore_ascii_case(name));
                found.ok_or_else(|| format!("there is no {name} to replace"))?.1.clone_from(value);
            }
        }
    }
    if matches!(head.start, Start::Upgrade { .. })
        && let Some((_, value)) =
            headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"))
    {
        String::from_utf8_lossy(value).trim().clone_into(last_key);
    }
    let mut bytes = text.into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(&value);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&head.body);
    Ok(bytes)
}

fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Other",
    }
}
