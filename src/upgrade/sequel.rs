//! Answers that invite the client to ask again in another way, and whether it did (RFC 9110 §11.3, §15.4; RFC 6455 §4.4).

use super::attempt::Upgrade;
use super::head::{Head, Request};

/// What an answer other than 101 invites the client to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Invitation {
    /// To bring credentials (401, 407).
    Credentials,
    /// To ask at another place (301, 302, 303, 307, 308).
    Redirect,
    /// To ask for another version of the protocol (400 or 426 with Sec-WebSocket-Version).
    Version,
}

impl Upgrade {
    /// What the answer to this attempt invites the client to, if to anything.
    pub fn invitation(&self) -> Option<Invitation> {
        let response = self.response.whole()?;
        match response.status {
            401 | 407 => Some(Invitation::Credentials),
            301..=303 | 307 | 308 => response.head.value("location").map(|_| Invitation::Redirect),
            400 | 426 => response.head.value("sec-websocket-version").map(|_| Invitation::Version),
            _ => None,
        }
    }

    /// Whether `next`, a later attempt of the same client, on the same connection or another one, takes the invitation up.
    pub fn is_taken_up_by(&self, next: &Self, on: SameConnection) -> bool {
        let Some((invitation, request)) = self.invitation().zip(self.request.whole()) else { return false };
        let Some(asked) = next.request.whole() else {
            // The request is lost, but it cannot have been the same again: this time the server accepted it.
            return on == SameConnection::Yes && invitation != Invitation::Redirect && next.is_switched();
        };
        let is_new =
            |name| asked.head.value(name).is_some_and(|value| request.head.value(name) != Some(value));
        match invitation {
            Invitation::Credentials => {
                Resource::of(request).is_same_resource(&Resource::of(asked))
                    && (is_new("authorization") || is_new("proxy-authorization"))
            }
            Invitation::Version => {
                Resource::of(request).is_same_resource(&Resource::of(asked))
                    && is_new("sec-websocket-version")
            }
            Invitation::Redirect => {
                let location = self.response.whole().and_then(|response| response.head.text("location"));
                location.is_some_and(|location| Resource::of(request).at(&location) == Resource::of(asked))
            }
        }
    }
}

/// What a client made of an answer other than 101.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sequel {
    /// Nothing that is known.
    #[default]
    None,
    /// What it was invited to.
    TakenUp,
}

/// Whether two attempts were made on the same connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameConnection {
    /// They were.
    Yes,
    /// They were not.
    No,
}

/// Where a request asks: host, with the port where that is no usual one, and target.
#[derive(Debug, PartialEq, Eq)]
struct Resource {
    host: String,
    target: String,
}

impl Resource {
    fn of(request: &Request) -> Self {
        let host = |head: &Head| head.text("host").unwrap_or_default();
        // A proxy is asked for the whole URL.
        match request.target.split_once("://") {
            Some((_, rest)) => Self::of_url(rest),
            None => Self { host: usual(&host(&request.head)), target: request.target.clone() },
        }
    }

    /// Of a URL without its scheme.
    fn of_url(rest: &str) -> Self {
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host, target) = rest.split_at(at);
        let slash = if target.starts_with('/') { "" } else { "/" };
        Self { host: usual(host), target: format!("{slash}{target}") }
    }

    /// Where `location` leads from here (RFC 3986 §5.2; `.` and `..` are left to the client).
    fn at(&self, location: &str) -> Self {
        let location = location.split('#').next().unwrap_or_default();
        if let Some(rest) = location.strip_prefix("//") {
            return Self::of_url(rest);
        }
        if let Some((scheme, rest)) = location.split_once("://")
            && scheme.chars().all(|c| c.is_ascii_alphanumeric())
        {
            return Self::of_url(rest);
        }
        let host = self.host.clone();
        if location.starts_with('/') {
            return Self { host, target: location.to_owned() };
        }
        let path = self.path();
        let folder = path.rfind('/').and_then(|slash| path.get(..=slash)).unwrap_or("/");
        Self { host, target: format!("{folder}{location}") }
    }

    fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    fn is_same_resource(&self, other: &Self) -> bool {
        self.host == other.host && self.path() == other.path()
    }
}

/// A host as it is compared: in lower case, without a port that goes without saying.
fn usual(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    let bare = host.strip_suffix(":80").or(host.strip_suffix(":443"));
    bare.map(str::to_owned).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::Resource;

    #[test]
    fn locations_lead_where_clients_go() {
        let here = Resource { host: "a.test".to_owned(), target: "/ws/chat?room=1".to_owned() };
        for (location, host, target) in [
            ("/login", "a.test", "/login"),
            ("https://b.test/ws", "b.test", "/ws"),
            ("wss://B.test:443", "b.test", "/"),
            ("http://b.test:8080?x=1", "b.test:8080", "/?x=1"),
            ("//b.test/ws#top", "b.test", "/ws"),
            ("chat/", "a.test", "/ws/chat/"),
            ("/ws?next=http://c.test/", "a.test", "/ws?next=http://c.test/"),
        ] {
            let place = here.at(location);
            assert_eq!((place.host.as_str(), place.target.as_str()), (host, target), "{location}");
        }
    }
}
