//! Pseudonyms that take as much room as what they stand for, as they have to in packets: as many bytes, and as many bits in the
//! Huffman code of HTTP/2's heads. So a text has the same pseudonym over every version of HTTP, however it is written.

use super::filler::{Filler, bits_of};
use super::known;
use super::names::{NameKind, Names};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// The number of a pseudonym.
fn number_of(name: &str) -> &str {
    name.rsplit_once('-').map_or(name, |(_, number)| number)
}

/// The same in digits whose codes are the shortest.
fn short_number_of(name: &str) -> String {
    const SHORT_DIGITS: [char; 10] = ['0', '1', '2', 'a', 'c', 'e', 'i', 'o', 's', 't'];
    let short_digit = |digit: char| digit.to_digit(10).and_then(|digit| SHORT_DIGITS.get(digit as usize));
    number_of(name).chars().filter_map(short_digit).collect()
}

/// A key of a request (RFC 6455 §4.1, item 7) that takes as much room as `key`, if that is one: base64 of 16 bytes.
fn fit_key(name: &str, key: &str) -> Option<String> {
    /// Characters in front of the last one, which stands for two bits.
    const FREE: usize = 21;
    let (free, last) = key.split_at_checked(FREE)?;
    BASE64_STANDARD.decode(format!("{free}A==")).ok()?;
    let last = match last {
        // Their codes have six bits and seven, as those of the other two do.
        "A==" | "g==" => "A==",
        "Q==" | "w==" => "Q==",
        // The bits that it does not need are set, which is told of the copy as well.
        unused if unused.len() == 3 && unused.ends_with("==") => unused,
        _ => return None,
    };
    let number = short_number_of(name);
    let room = bits_of(free.as_bytes()).checked_sub(bits_of(number.as_bytes()))?;
    let before = Filler::base64(FREE.checked_sub(number.len())?, room)?;
    Some(format!("{before}{number}{last}"))
}

/// What takes as much room as `text`: the pseudonym with something behind it, or as much of its number as there is room for.
fn fit(name: &str, text: &[u8]) -> String {
    let (length, bits) = (text.len(), bits_of(text));
    let room_beside = |kept: &str, filler: Filler| {
        filler.fill(length.checked_sub(kept.len())?, bits.checked_sub(bits_of(kept.as_bytes()))?)
    };
    let filler = Filler::like(text);
    let (number, short_number) = (number_of(name), short_number_of(name));
    if let Some(behind) = room_beside(name, filler) {
        format!("{name}{behind}")
    } else if let Some(before) = room_beside(number, filler) {
        format!("{before}{number}")
    } else if let Some(before) = room_beside(&short_number, Filler::ZERO) {
        format!("{before}{short_number}")
    } else {
        filler.fill(length, bits).unwrap_or_else(|| "x".repeat(length))
    }
}

/// Gives pseudonyms of the size that texts have.
pub(super) struct Fitted<'n>(pub(super) &'n mut Names);

impl Fitted<'_> {
    /// A pseudonym.
    pub(super) fn name(&mut self, kind: NameKind, text: &str) -> String {
        fit(&self.0.name(kind, text), text.as_bytes())
    }

    /// The pseudonym of a key that a client sends with its request, of the same form.
    pub(super) fn key(&mut self, key: &str) -> String {
        let name = self.0.name(NameKind::Value, key);
        fit_key(&name, key).unwrap_or_else(|| fit(&name, key.as_bytes()))
    }

    /// The pseudonym of a value that may be no text.
    pub(super) fn bytes(&mut self, value: &[u8]) -> String {
        fit(&self.0.name(NameKind::Value, &String::from_utf8_lossy(value)), value)
    }

    fn unless_known(&mut self, kind: NameKind, text: &str, is_known: fn(&str) -> bool) -> String {
        if text.is_empty() || is_known(text) { text.to_owned() } else { self.name(kind, text) }
    }

    fn host(&mut self, host: &str) -> String {
        match host.rsplit_once(':') {
            Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("{}:{port}", self.unless_known(NameKind::Host, name, str::is_empty))
            }
            _ => self.unless_known(NameKind::Host, host, str::is_empty),
        }
    }

    /// A target, a path, or a whole URL.
    pub(super) fn url(&mut self, url: &str) -> String {
        if let Some((scheme, rest)) = url.split_once("://")
            && known::is_scheme(scheme)
        {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let (host, path) = rest.split_at(end);
            return format!("{scheme}://{}{}", self.host(host), self.url(path));
        }
        let mut fitted = String::with_capacity(url.len());
        let mut kind = NameKind::Path;
        for part in url.split_inclusive(['/', '?', '&', '=']) {
            let bare = part.trim_end_matches(['/', '?', '&', '=']);
            fitted.push_str(&self.unless_known(kind, bare, |part| part == "*"));
            let end = part.strip_prefix(bare).unwrap_or_default();
            fitted.push_str(end);
            kind = match (end, kind) {
                ("?" | "&", _) => NameKind::Key,
                ("=", NameKind::Key) => NameKind::Value,
                (_, kind) => kind,
            };
        }
        fitted
    }

    pub(super) fn method(&mut self, method: &str) -> String {
        self.unless_known(NameKind::Method, method, known::is_method)
    }

    pub(super) fn header(&mut self, name: &str) -> String {
        self.unless_known(NameKind::Header, name, known::is_header)
    }

    pub(super) fn protocol(&mut self, name: &str) -> String {
        self.unless_known(NameKind::Protocol, name, known::is_protocol)
    }

    /// `name=value` of a cookie, or a value alone.
    fn cookie(&mut self, pair: &str) -> String {
        let Some((name, value)) = pair.split_once('=') else {
            return self.unless_known(NameKind::Value, pair, str::is_empty);
        };
        let name = self.unless_known(NameKind::Key, name, str::is_empty);
        format!("{name}={}", self.unless_known(NameKind::Value, value, str::is_empty))
    }

    /// The value of a header of this name, which is in lower case.
    pub(super) fn value(&mut self, header: &str, value: &str) -> String {
        match header {
            "host" | ":authority" => self.host(value),
            "sec-websocket-key" => self.key(value),
            "origin" if value == "null" => value.to_owned(),
            "origin" | "referer" | "location" | "content-location" | ":path" => self.url(value),
            ":method" => self.method(value),
            ":scheme" => self.unless_known(NameKind::Value, value, known::is_scheme),
            "sec-websocket-protocol" => each_part(value, &[',', ' ', '\t'], |name| self.protocol(name)),
            "sec-websocket-extensions" => each_part(value, &[',', ';', '=', ' ', '\t', '"'], |word| {
                self.unless_known(NameKind::Protocol, word, known::is_plain)
            }),
            "cookie" => each_part(value, &[';', ' ', '\t'], |pair| self.cookie(pair)),
            _ if known::is_public(header) && known::is_plain(value) => value.to_owned(),
            _ => self.unless_known(NameKind::Value, value, str::is_empty),
        }
    }
}

/// What `change` makes of each part of a list. What stands between them stays.
fn each_part(list: &str, between: &[char], mut change: impl FnMut(&str) -> String) -> String {
    let mut changed = String::with_capacity(list.len());
    for part in list.split_inclusive(between) {
        let bare = part.trim_end_matches(between);
        changed.push_str(&change(bare));
        changed.push_str(part.strip_prefix(bare).unwrap_or_default());
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_size_changes() {
        let mut names = Names::new(100);
        let mut names = Fitted(&mut names);
        let check = |text: &str, fitted: String, expected: &str| {
            assert_eq!(fitted, expected);
            assert_eq!(fitted.len(), text.len());
            assert_eq!(bits_of(fitted.as_bytes()), bits_of(text.as_bytes()), "{text}");
        };
        for (url, fitted) in [
            ("/chat/room?token=s3cret-token&x", "/noo1/nno2?nnno1=value-1noooo&x"),
            ("wss://api.example.com:8443/chat", "wss://host-1nnnnnnnoo:8443/noo1"),
            ("*", "*"),
            ("/d//b/", "/3//4/"),
        ] {
            check(url, names.url(url), fitted);
        }
        for (header, value, fitted) in [
            ("host", "api.example.com:80", "host-1nnnnnnnoo:80"),
            (":authority", "api.example.com", "host-1nnnnnnnoo"),
            ("sec-websocket-protocol", "mqtt, acme.v2", "mqtt, nnnnoo1"),
            ("sec-websocket-extensions", "acme; max=3", "noo2; max=3"),
            ("cookie", "session=hunter2; on", "oooooo3=nnnnoo2; o3"),
            (":scheme", "wss", "wss"),
            ("x-json", "\"{<>}\"", "^^^^^4"),
            // RFC 6455 §1.3.
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==", "xxxxxxxxxxxxxnnnnnnneQ=="),
            ("sec-websocket-key", "none", "noo6"),
        ] {
            check(value, names.value(header, value), fitted);
        }
        check("FETCH", names.method("FETCH"), "XXRR1");
    }

    #[test]
    fn other_texts_of_the_same_size_are_others_while_there_is_room() {
        let mut names = Names::new(100_000);
        let mut names = Fitted(&mut names);
        // All digits of five bits, so that every text has the same size.
        let texts = (0..1_000).map(|number: u32| {
            let digits = format!("{number:03}");
            digits
                .bytes()
                .map(|digit| char::from(b"012aceiost"[usize::from(digit - b'0')]))
                .collect::<String>()
        });
        let fitted: std::collections::BTreeSet<String> =
            texts.map(|text| names.name(NameKind::Host, &format!("000{text}"))).collect();
        assert_eq!(fitted.len(), 1_000);
    }

    #[test]
    fn a_key_stays_one() {
        let mut names = Names::new(100_000);
        for seed in 0_u32..2_000 {
            let mixed = seed.wrapping_mul(2_654_435_761);
            let bytes: Vec<u8> = (0..16).map(|at| mixed.rotate_left(at).to_be_bytes()[0]).collect();
            let key = BASE64_STANDARD.encode(&bytes);
            let fitted = Fitted(&mut names).key(&key);
            assert_eq!(BASE64_STANDARD.decode(&fitted).map(|bytes| bytes.len()), Ok(16), "{key} {fitted}");
            assert_eq!(
                (fitted.len(), bits_of(fitted.as_bytes())),
                (key.len(), bits_of(key.as_bytes())),
                "{key}"
            );
        }
    }
}
