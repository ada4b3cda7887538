//! What no layer reads, and what may follow it: protocols that begin in the clear go over to TLS (RFC 3207 §4, and the
//! `SSLRequest` of databases).

use super::input::{begins_client_hello, begins_server_hello};
use crate::model::{Gap, Peer, StreamEvent};

/// Bytes of both sides in which TLS is looked for.
const LOOKED_THROUGH: usize = 16 << 10;

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PreludeEnd {
    /// TLS, with this event, and what is missing of the client in front of it.
    Tls(Option<Gap>),
    /// Nothing that concerns us.
    Nothing,
}

/// Something else than HTTP, with which the client began.
#[derive(Debug)]
pub(super) struct Prelude {
    seen: usize,
    /// Where the client's latest words are missing: a `ClientHello` may be among them.
    lost: Option<Gap>,
}

impl Prelude {
    /// Where nothing of the client is in the capture, `lost` is its first gap.
    pub(super) const fn new(lost: Option<Gap>) -> Self {
        Self { seen: 0, lost }
    }

    /// Takes what comes next. Returns what follows, once that is known.
    pub(super) fn push(&mut self, from: Peer, event: &StreamEvent<'_>) -> Option<PreludeEnd> {
        match event {
            _ if begins_client_hello(from, event) => return Some(PreludeEnd::Tls(None)),
            StreamEvent::Data(chunk) => {
                let begins = from == Peer::Server && begins_server_hello(event);
                if let Some(lost) = self.lost.filter(|_| begins) {
                    return Some(PreludeEnd::Tls(Some(lost)));
                }
                self.seen += chunk.bytes.len();
                self.lost = self.lost.filter(|_| from == Peer::Server);
            }
            StreamEvent::Gap(gap) if from == Peer::Client => self.lost = Some(*gap),
            StreamEvent::Gap(_) => {}
            StreamEvent::End(_) => return Some(PreludeEnd::Nothing),
        }
        (self.seen > LOOKED_THROUGH).then_some(PreludeEnd::Nothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Chunk, Stamp};

    fn push(prelude: &mut Prelude, from: Peer, bytes: &[u8]) -> Option<PreludeEnd> {
        prelude.push(from, &StreamEvent::Data(Chunk::plain(bytes, Stamp::default(), 0)))
    }

    #[test]
    fn tls_is_found_behind_a_dialogue_and_not_looked_for_for_ever() {
        let hello = [22, 3, 1, 0, 5, 1, 0, 0, 1, 3];
        let mut prelude = Prelude::new(None);
        assert_eq!(push(&mut prelude, Peer::Server, b"220 go ahead\r\n"), None);
        assert_eq!(push(&mut prelude, Peer::Server, &hello), None, "a server says no ClientHello");
        assert_eq!(push(&mut prelude, Peer::Client, &hello), Some(PreludeEnd::Tls(None)));
        assert_eq!(push(&mut prelude, Peer::Client, &vec![0; LOOKED_THROUGH]), Some(PreludeEnd::Nothing));
    }
}
