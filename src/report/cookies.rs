//! The cookies of a head, as an HTTP archive has them.

use crate::upgrade::Head;
use serde::Serialize;

/// A cookie.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cookie {
    name: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    http_only: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    secure: bool,
}

impl Cookie {
    /// Without a name it is all value (RFC 6265 §5.2, as browsers read it).
    fn of(pair: &str) -> Self {
        let (name, value) = pair.split_once('=').unwrap_or(("", pair));
        Self { name: name.trim().to_owned(), value: value.trim().to_owned(), ..Self::default() }
    }
}

/// Those that a client sends (RFC 6265 §4.2).
pub(super) fn sent(head: &Head) -> Vec<Cookie> {
    let values = values(head, "cookie");
    let pairs = values.iter().flat_map(|value| value.split(';')).map(str::trim);
    pairs.filter(|pair| !pair.is_empty()).map(Cookie::of).collect()
}

/// Those that a server sets (RFC 6265 §4.1).
pub(super) fn set(head: &Head) -> Vec<Cookie> {
    values(head, "set-cookie").iter().map(|value| set_by(value)).collect()
}

fn values(head: &Head, name: &str) -> Vec<String> {
    let found = head.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name.as_bytes()));
    found.map(|header| String::from_utf8_lossy(header.value).into_owned()).collect()
}

fn set_by(value: &str) -> Cookie {
    let mut parts = value.split(';');
    let mut cookie = Cookie::of(parts.next().unwrap_or_default());
    for attribute in parts {
        let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        let value = || Some(value.trim().to_owned());
        match name.trim().to_ascii_lowercase().as_str() {
            "path" => cookie.path = value(),
            "domain" => cookie.domain = value(),
            "httponly" => cookie.http_only = true,
            "secure" => cookie.secure = true,
            // An archive has no place for others; the header has them.
            _ => {}
        }
    }
    cookie
}
