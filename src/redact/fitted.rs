//! Pseudonyms as long as what they stand for, as they have to be in packets.

use super::known;
use super::names::{NameKind, Names};

/// What no length changes: a pseudonym with `x` behind it, or as much of its number as there is room for.
fn fit(name: &str, length: usize) -> String {
    if name.len() <= length {
        return format!("{name:x<length$}");
    }
    let number = name.rsplit_once('-').map_or(name, |(_, number)| number);
    if number.len() <= length { format!("{number:x>length$}") } else { "x".repeat(length) }
}

/// Gives pseudonyms of the length that texts have.
pub(super) struct Fitted<'n>(pub(super) &'n mut Names);

impl Fitted<'_> {
    /// A pseudonym.
    pub(super) fn name(&mut self, kind: NameKind, text: &str) -> String {
        fit(&self.0.name(kind, text), text.len())
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
        self.unless_known(NameKind::Method, method, known::is_method).to_ascii_uppercase()
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
            "host" => self.host(value),
            "origin" if value == "null" => value.to_owned(),
            "origin" | "referer" | "location" | "content-location" => self.url(value),
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
    fn no_length_changes() {
        let mut names = Names::new(100);
        let mut names = Fitted(&mut names);
        for (url, fitted) in [
            ("/chat/room?token=s3cret-token&x", "/xxx1/xxx2?key-1=value-1xxxxx&2"),
            ("wss://api.example.com:8443/chat", "wss://host-1xxxxxxxxx:8443/xxx1"),
            ("*", "*"),
            ("/a//b/", "/3//4/"),
        ] {
            assert_eq!(names.url(url), fitted);
            assert_eq!(url.len(), fitted.len());
        }
        assert_eq!(names.value("host", "api.example.com:80"), "host-1xxxxxxxxx:80");
        assert_eq!(names.value("sec-websocket-protocol", "mqtt, acme.v2"), "mqtt, xxxxxx1");
        assert_eq!(names.value("sec-websocket-extensions", "acme; max=3"), "xxx2; max=3");
        assert_eq!(names.value("cookie", "session=hunter2; on"), "key-3xx=value-2; x3");
        assert_eq!(names.method("FETCH"), "XXXX1");
    }
}
