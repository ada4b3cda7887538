//! What carries a session, and how its end is put into words.

use super::words::tcp_end;
use crate::model::{EndCause, Peer};
use crate::upgrade::Via;

/// What carries a session, and ends with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// A TCP connection, with whatever lies between.
    #[default]
    Tcp,
    /// A stream of an HTTP/2 connection: `END_STREAM` is its FIN, `RST_STREAM` its RST (RFC 8441 §5).
    Stream,
}

impl Carrier {
    /// What carries a session that came of this.
    pub(crate) fn of(via: &Via) -> Self {
        if via.http2().is_some() { Self::Stream } else { Self::Tcp }
    }

    /// The status with which a server grants a session (RFC 6455 §4.2.2, RFC 8441 §5).
    pub(super) const fn granted_by(self) -> &'static str {
        match self {
            Self::Tcp => "101",
            Self::Stream => "200",
        }
    }

    /// The end of what carried the session, in words.
    pub(super) fn ended(self, cause: EndCause) -> String {
        match (self, cause) {
            (Self::Tcp, cause) => format!("ended TCP ({})", tcp_end(cause)),
            (Self::Stream, EndCause::Rst | EndCause::RstByPeer) => "reset the HTTP/2 stream".to_owned(),
            (Self::Stream, EndCause::Fin | EndCause::Open | EndCause::Unseen) => {
                "ended the HTTP/2 stream".to_owned()
            }
        }
    }

    /// The same of a side, inside something that was not complete.
    pub(super) fn cut(self, who: Peer, cause: EndCause) -> String {
        match (self, cause) {
            (Self::Tcp, EndCause::Fin) => format!("the {who} closed the connection (FIN)"),
            (Self::Tcp, EndCause::Rst | EndCause::RstByPeer | EndCause::Open | EndCause::Unseen) => {
                format!("the {who} reset the connection")
            }
            (Self::Stream, cause) => format!("the {who} {}", self.ended(cause)),
        }
    }
}

/// Who ended what carries a session first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndedFirst {
    /// Nobody has.
    Nobody,
    /// This side.
    Peer(Peer),
    /// Neither: their FINs crossed.
    Both,
    /// That cannot be known: the capture has no packet of one side.
    Unknown,
}

impl EndedFirst {
    /// The one side that did.
    pub(super) const fn peer(self) -> Option<Peer> {
        match self {
            Self::Peer(peer) => Some(peer),
            Self::Nobody | Self::Both | Self::Unknown => None,
        }
    }
}
