//! Pseudonyms: numbers in the order in which things appear, so that the same capture gives the same ones, and nothing
//! but the order can be learned from them.

use super::known;
use crate::model::Limits;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha1::{Digest, Sha1};
use std::cell::{RefCell, RefMut};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;

/// Pseudonyms that reports and packets have in common.
#[derive(Clone, Debug)]
pub struct SharedNames(Rc<RefCell<Names>>);

impl SharedNames {
    /// Nothing has one yet.
    pub fn new(limits: &Limits) -> Self {
        Self(Rc::new(RefCell::new(Names::new(limits.pseudonyms))))
    }

    /// The pseudonyms, for one thing to be redacted.
    pub(crate) fn lend(&self) -> RefMut<'_, Names> {
        self.0.borrow_mut()
    }
}

/// What a pseudonym stands for, and what it begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum NameKind {
    Host,
    Path,
    Key,
    Value,
    Header,
    Method,
    Protocol,
    Reason,
    Interface,
}

impl NameKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Path => "path",
            Self::Key => "key",
            Self::Value => "value",
            Self::Header => "header",
            Self::Method => "METHOD",
            Self::Protocol => "protocol",
            Self::Reason => "reason",
            Self::Interface => "interface",
        }
    }
}

/// Knows the pseudonym of everything that had one.
#[derive(Debug)]
pub(crate) struct Names {
    addresses: HashMap<IpAddr, u32>,
    texts: HashMap<NameKind, HashMap<Box<str>, u32>>,
    /// By what is left of them in a hash.
    values: HashMap<[u8; 20], u32>,
    /// How many of each kind are remembered; those that come later share one.
    cap: usize,
}

impl Names {
    pub(crate) fn new(cap: u64) -> Self {
        let cap = usize::try_from(cap).unwrap_or(usize::MAX);
        Self { addresses: HashMap::new(), texts: HashMap::new(), values: HashMap::new(), cap }
    }

    /// An address that nobody has: in 240.0.0.0/4, which was never assigned (RFC 1112 §4), or `3fff::/20`, which is for
    /// documentation (RFC 9637).
    pub(crate) fn ip(&mut self, ip: IpAddr) -> IpAddr {
        let next = self.addresses.len();
        let number = match self.addresses.get(&ip) {
            Some(number) => *number,
            None if next >= self.cap => 0,
            None => {
                let number = u32::try_from(next + 1).unwrap_or(0) & 0x0fff_ffff;
                self.addresses.insert(ip, number);
                number
            }
        };
        match ip {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits(0xf000_0000 | number)),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(0x3fff << 112 | u128::from(number))),
        }
    }

    pub(crate) fn address(&mut self, address: SocketAddr) -> SocketAddr {
        SocketAddr::new(self.ip(address.ip()), address.port())
    }

    /// What stands for `text`.
    pub(crate) fn name(&mut self, kind: NameKind, text: &str) -> String {
        let known = self.texts.entry(kind).or_default();
        let next = known.len();
        let number = match known.get(text) {
            Some(number) => *number,
            None if next >= self.cap => 0,
            None => {
                let number = u32::try_from(next + 1).unwrap_or(0);
                known.insert(text.into(), number);
                number
            }
        };
        format!("{}-{number}", kind.word())
    }

    /// As many bytes that look like chance, for a value that should.
    pub(super) fn bytes(&mut self, value: &[u8]) -> Vec<u8> {
        let next = self.values.len();
        let hash = Sha1::digest(value).into();
        let number = match self.values.get(&hash) {
            Some(number) => *number,
            None if next >= self.cap => 0,
            None => {
                let number = u32::try_from(next + 1).unwrap_or(0);
                self.values.insert(hash, number);
                number
            }
        };
        // They are made of the number alone, as every pseudonym is.
        let blocks = (0_u32..).flat_map(|block| {
            let made = [&number.to_be_bytes()[..], &block.to_be_bytes(), b"wsight"].concat();
            <[u8; 20]>::from(Sha1::digest(made))
        });
        blocks.take(value.len()).collect()
    }

    /// The same of something that may be empty, or one of the words that say nothing about anybody.
    fn unless_known(&mut self, kind: NameKind, text: &str, is_known: fn(&str) -> bool) -> String {
        if text.is_empty() || is_known(text) { text.to_owned() } else { self.name(kind, text) }
    }

    /// A key of the same form for each value that a client sent as one.
    pub(crate) fn key(&mut self, key: &[u8]) -> Vec<u8> {
        let name = self.name(NameKind::Value, &String::from_utf8_lossy(key));
        if BASE64_STANDARD.decode(key).is_ok_and(|key| key.len() == 16) {
            BASE64_STANDARD.encode(format!("{name:>16.16}")).into_bytes()
        } else {
            name.into_bytes()
        }
    }

    /// `host`, `host:port`, or an address with or without a port.
    pub(crate) fn host(&mut self, host: &str) -> String {
        if let Ok(address) = host.parse() {
            return self.address(address).to_string();
        }
        if let Ok(ip) = host.trim_start_matches('[').trim_end_matches(']').parse() {
            return match self.ip(ip) {
                IpAddr::V6(ip) if host.starts_with('[') => format!("[{ip}]"),
                ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip.to_string(),
            };
        }
        match host.rsplit_once(':') {
            Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("{}:{port}", self.host(name))
            }
            _ => self.unless_known(NameKind::Host, host, |_| false),
        }
    }

    /// A target, a path, or a whole URL.
    pub(crate) fn url(&mut self, url: &str) -> String {
        if let Some((scheme, rest)) = url.split_once("://")
            && known::is_scheme(scheme)
        {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let (host, path) = rest.split_at(end);
            return format!("{scheme}://{}{}", self.host(host), self.url(path));
        }
        let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
        let path: Vec<String> =
            path.split('/').map(|part| self.unless_known(NameKind::Path, part, |part| part == "*")).collect();
        let mut redacted = path.join("/");
        if let Some(query) = query {
            let pairs: Vec<String> = query.split('&').map(|pair| self.pair(pair)).collect();
            redacted.push('?');
            redacted.push_str(&pairs.join("&"));
        }
        redacted
    }

    fn pair(&mut self, pair: &str) -> String {
        let mut part = |kind, text: &str| self.unless_known(kind, text, |_| false);
        match pair.split_once('=') {
            Some((key, value)) => format!("{}={}", part(NameKind::Key, key), part(NameKind::Value, value)),
            None => part(NameKind::Key, pair),
        }
    }

    /// `name=value` of a cookie, or a value alone.
    fn cookie(&mut self, pair: &str) -> String {
        let mut part = |kind, text: &str| self.unless_known(kind, text, |_| false);
        match pair.split_once('=') {
            Some((key, value)) => format!("{}={}", part(NameKind::Key, key), part(NameKind::Value, value)),
            None => part(NameKind::Value, pair),
        }
    }

    /// An attribute of a cookie (RFC 6265 §4.1).
    fn attribute(&mut self, attribute: &str) -> String {
        let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        match name.to_ascii_lowercase().as_str() {
            "path" => format!("{name}={}", self.url(value)),
            "domain" => format!("{name}={}", self.host(value)),
            "secure" | "httponly" if value.is_empty() => attribute.to_owned(),
            _ => self.cookie(attribute),
        }
    }

    pub(crate) fn method(&mut self, method: &str) -> String {
        self.unless_known(NameKind::Method, method, known::is_method)
    }

    pub(crate) fn reason(&mut self, reason: &str) -> String {
        self.unless_known(NameKind::Reason, reason, known::is_reason)
    }

    pub(crate) fn header(&mut self, name: &str) -> String {
        self.unless_known(NameKind::Header, name, known::is_header)
    }

    pub(crate) fn protocol(&mut self, name: &str) -> String {
        self.unless_known(NameKind::Protocol, name, known::is_protocol)
    }

    /// The value of a header.
    pub(crate) fn value(&mut self, header: &str, value: &str) -> String {
        let header = header.to_ascii_lowercase();
        match header.as_str() {
            "host" | ":authority" => self.host(value),
            "origin" if value == "null" => value.to_owned(),
            "origin" | "referer" | "location" | "content-location" | ":path" => self.url(value),
            ":method" => self.method(value),
            "sec-websocket-protocol" => {
                let names: Vec<String> = value.split(',').map(|name| self.protocol(name.trim())).collect();
                names.join(", ")
            }
            "cookie" => {
                let cookies: Vec<String> = value.split(';').map(|pair| self.cookie(pair.trim())).collect();
                cookies.join("; ")
            }
            "set-cookie" => {
                let (cookie, attributes) = value.split_once(';').unwrap_or((value, ""));
                let attributes = attributes.split(';').map(str::trim).filter(|text| !text.is_empty());
                attributes.fold(self.cookie(cookie.trim()), |set, text| set + "; " + &self.attribute(text))
            }
            _ if known::is_public(&header) && known::is_plain(value) => value.to_owned(),
            _ => self.unless_known(NameKind::Value, value, |_| false),
        }
    }
}
