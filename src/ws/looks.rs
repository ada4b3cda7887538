//! What bytes look like that are not what belongs in their place.

/// Names what `bytes` begin with, where that can be told from a few bytes.
pub fn looks_like(bytes: &[u8]) -> Option<&'static str> {
    const METHODS: [&[u8]; 9] =
        [b"GET ", b"POST ", b"PUT ", b"HEAD ", b"DELETE ", b"OPTIONS ", b"PATCH ", b"CONNECT ", b"TRACE "];
    let starts = |prefix: &[u8]| bytes.starts_with(prefix);
    Some(match bytes {
        _ if starts(b"HTTP/1.") || starts(b"HTTP/2") => "an HTTP response",
        _ if starts(b"PRI * HTTP/2.0") => "an HTTP/2 connection preface",
        _ if METHODS.iter().any(|method| starts(method)) => "an HTTP request",
        [0x14..=0x17, 0x03, 0x00..=0x04, ..] => "TLS",
        _ if starts(b"SSH-") => "SSH",
        _ if starts(b"PROXY ") || starts(b"\r\n\r\n\0\r\nQUIT\n") => "a PROXY protocol line",
        _ if starts(b"0\r\n\r\n") => "the last chunk of a chunked HTTP body",
        [b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F', ..] if is_chunk_line(bytes) => "a chunked HTTP body",
        _ if starts(b"<!DOCTYPE") || starts(b"<!doctype") || starts(b"<html") => "an HTML page",
        _ if is_json(bytes) => "JSON without a frame around it",
        _ if starts(b"220 ") || starts(b"220-") => "an FTP or SMTP greeting",
        _ => return None,
    })
}

/// A chunk size in hexadecimal and its line end (RFC 9112 §7.1).
fn is_chunk_line(bytes: &[u8]) -> bool {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    digits <= 8 && bytes.get(digits..).is_some_and(|rest| rest.starts_with(b"\r\n"))
}

/// The beginning of a JSON object or array that could go on.
fn is_json(bytes: &[u8]) -> bool {
    match bytes {
        [b'{', rest @ ..] => matches!(rest.trim_ascii_start().first(), Some(b'"' | b'}')),
        [b'[', rest @ ..] => {
            matches!(rest.trim_ascii_start().first(), Some(b'"' | b'{' | b'[' | b']' | b'0'..=b'9'))
                && rest.iter().take(16).all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::looks_like;

    #[test]
    fn names_what_it_knows() {
        assert_eq!(looks_like(b"HTTP/1.1 400 Bad Request\r\n"), Some("an HTTP response"));
        assert_eq!(looks_like(&[0x16, 0x03, 0x01, 0x02, 0x00]), Some("TLS"));
        assert_eq!(looks_like(b"SSH-2.0-OpenSSH_9.2p1\r\n"), Some("SSH"));
        assert_eq!(looks_like(b"0\r\n\r\n"), Some("the last chunk of a chunked HTTP body"));
        assert_eq!(looks_like(b"1f4\r\n{"), Some("a chunked HTTP body"));
        assert_eq!(looks_like(b"{\"a\":1}"), Some("JSON without a frame around it"));
    }

    #[test]
    fn says_nothing_of_what_it_does_not_know() {
        assert_eq!(looks_like(&[0x81, 0x05, b'H']), None);
        assert_eq!(looks_like(b"{\x05abc"), None);
        assert_eq!(looks_like(b""), None);
    }
}
