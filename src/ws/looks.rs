//! What bytes look like that are not what belongs in their place.

use std::fmt;

/// What bytes that are not what belongs in their place are known as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Looks {
    /// A response of HTTP/1.x.
    HttpResponse,
    /// The connection preface of HTTP/2 (RFC 9113 §3.4).
    Http2Preface,
    /// The SETTINGS with which a server of HTTP/2 begins (RFC 9113 §3.4).
    Http2Settings,
    /// A request of HTTP/1.x.
    HttpRequest,
    /// A record of TLS.
    Tls,
    /// The identification of SSH (RFC 4253 §4.2).
    Ssh,
    /// The header of the PROXY protocol, in either version.
    ProxyLine,
    /// The end of a body in chunks (RFC 9112 §7.1).
    LastChunk,
    /// A body in chunks.
    Chunk,
    /// An HTML page.
    Html,
    /// A JSON object or array.
    Json,
    /// What FTP and SMTP servers say first.
    Greeting,
    /// A frame of STOMP.
    Stomp,
    /// The packet that opens an MQTT connection.
    Mqtt,
}

impl Looks {
    /// What to call it, with its article: `an HTTP response`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HttpResponse => "an HTTP response",
            Self::Http2Preface => "an HTTP/2 connection preface",
            Self::Http2Settings => "the beginning of HTTP/2 (SETTINGS)",
            Self::HttpRequest => "an HTTP request",
            Self::Tls => "TLS",
            Self::Ssh => "SSH",
            Self::ProxyLine => "a PROXY protocol line",
            Self::LastChunk => "the last chunk of a chunked HTTP body",
            Self::Chunk => "a chunked HTTP body",
            Self::Html => "an HTML page",
            Self::Json => "JSON without a frame around it",
            Self::Greeting => "an FTP or SMTP greeting",
            Self::Stomp => "STOMP without a frame around it",
            Self::Mqtt => "MQTT without a frame around it",
        }
    }

    /// Whether frames may follow it, as a body of text ends; a protocol with a state of its own does not.
    pub(super) const fn may_end(self) -> bool {
        match self {
            Self::HttpResponse
            | Self::HttpRequest
            | Self::ProxyLine
            | Self::LastChunk
            | Self::Chunk
            | Self::Html
            | Self::Json
            | Self::Stomp
            | Self::Mqtt => true,
            Self::Http2Preface | Self::Http2Settings | Self::Tls | Self::Ssh | Self::Greeting => false,
        }
    }
}

impl fmt::Display for Looks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What `bytes` begin with, where that can be told from a few bytes.
pub fn looks_like(bytes: &[u8]) -> Option<Looks> {
    const METHODS: [&[u8]; 9] =
        [b"GET ", b"POST ", b"PUT ", b"HEAD ", b"DELETE ", b"OPTIONS ", b"PATCH ", b"CONNECT ", b"TRACE "];
    const COMMANDS: [&[u8]; 10] = [
        b"CONNECT\n",
        b"CONNECTED\n",
        b"STOMP\n",
        b"SEND\n",
        b"SUBSCRIBE\n",
        b"MESSAGE\n",
        b"RECEIPT\n",
        b"ERROR\n",
        b"ACK\n",
        b"DISCONNECT\n",
    ];
    let starts = |prefix: &[u8]| bytes.starts_with(prefix);
    Some(match bytes {
        _ if starts(b"HTTP/1.") || starts(b"HTTP/2") => Looks::HttpResponse,
        _ if starts(b"PRI * HTTP/2.0") => Looks::Http2Preface,
        _ if METHODS.iter().any(|method| starts(method)) => Looks::HttpRequest,
        [0, 0, length, 4, 0, 0, 0, 0, 0, ..] if length % 6 == 0 => Looks::Http2Settings,
        [0x14..=0x17, 0x03, 0x00..=0x04, ..] => Looks::Tls,
        _ if starts(b"SSH-") => Looks::Ssh,
        _ if starts(b"PROXY ") || starts(b"\r\n\r\n\0\r\nQUIT\n") => Looks::ProxyLine,
        _ if starts(b"0\r\n\r\n") => Looks::LastChunk,
        [b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F', ..] if is_chunk_line(bytes) => Looks::Chunk,
        _ if starts(b"<!DOCTYPE") || starts(b"<!doctype") || starts(b"<html") => Looks::Html,
        _ if is_json(bytes) => Looks::Json,
        _ if starts(b"220 ") || starts(b"220-") => Looks::Greeting,
        _ if COMMANDS.iter().any(|command| starts(command)) => Looks::Stomp,
        [0x10, _, 0, 4, b'M', b'Q', b'T', b'T', ..] => Looks::Mqtt,
        _ => return None,
    })
}

/// A chunk size in hexadecimal and its line end (RFC 9112 §7.1).
fn is_chunk_line(bytes: &[u8]) -> bool {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    digits <= 8 && bytes.get(digits..).is_some_and(|rest| rest.starts_with(b"\r\n"))
}

/// The beginning of a JSON object or array that could continue.
fn is_json(bytes: &[u8]) -> bool {
    match bytes {
        [b'{', rest @ ..] => matches!(rest.trim_ascii_start().first(), Some(b'"' | b'}')),
        [b'[', rest @ ..] => {
            let rest = rest.trim_ascii_start();
            // Times of log lines stand in brackets as well.
            let behind_digits = rest.iter().find(|byte| !byte.is_ascii_digit());
            let is_number = matches!(behind_digits, None | Some(b',' | b']' | b'.' | b' '));
            let begins = matches!(rest.first(), Some(b'"' | b'{' | b'[' | b']'))
                || matches!(rest.first(), Some(b'0'..=b'9')) && is_number;
            begins && rest.iter().take(16).all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Looks, looks_like};

    #[test]
    fn names_what_it_knows() {
        assert_eq!(looks_like(b"HTTP/1.1 400 Bad Request\r\n"), Some(Looks::HttpResponse));
        assert_eq!(looks_like(&[0x16, 0x03, 0x01, 0x02, 0x00]), Some(Looks::Tls));
        assert_eq!(looks_like(&[0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 8]), Some(Looks::Http2Settings));
        assert_eq!(looks_like(b"SSH-2.0-OpenSSH_9.2p1\r\n"), Some(Looks::Ssh));
        assert_eq!(looks_like(b"0\r\n\r\n"), Some(Looks::LastChunk));
        assert_eq!(looks_like(b"1f4\r\n{"), Some(Looks::Chunk));
        assert_eq!(looks_like(b"{\"a\":1}"), Some(Looks::Json));
        assert_eq!(looks_like(b"[1, 2]"), Some(Looks::Json));
        assert_eq!(looks_like(b"MESSAGE\ndestination:/a\n\nhello\0"), Some(Looks::Stomp));
        assert_eq!(looks_like(b"\x10\x10\0\x04MQTT\x04"), Some(Looks::Mqtt));
    }

    #[test]
    fn says_nothing_of_what_it_does_not_know() {
        assert_eq!(looks_like(&[0x81, 0x05, b'H']), None);
        assert_eq!(looks_like(b"{\x05abc"), None);
        assert_eq!(looks_like(b"[2023-11-14 22:13:20] listening"), None);
        assert_eq!(looks_like(b""), None);
    }
}
