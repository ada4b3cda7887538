//! What is left of captured things when anybody may see them: pseudonyms, payloads of the same length and shape, and
//! packets with these in them, in which the same is wrong as before.
//!
//! | file | is about |
//! |---|---|
//! | `names` | pseudonyms; `fitted` are those of the same size, with a `filler` |
//! | `known` | words that say nothing about anybody |
//! | `mask` | what is left of payloads |
//! | `learning` | the first reading of a capture: what stands where in its connections |
//! | `connection` | what is known of one while it is open |
//! | `stand_in` | the bytes that take the place of a connection's |
//! | `heads` | those of HTTP/1.1 |
//! | `http2` | those of HTTP/2, and what stands where in it: `frames`, `header_blocks`, `settings`, and the `pieces` of streams |
//! | `strange` | those of bytes that belong to no frame and to no head |
//! | `compressed` | those of compressed messages |
//! | `echoes` | those of pings and pongs |
//! | `records` | those of TLS, with what stands in for its content sealed anew |
//! | `handshake` | the messages in them |
//! | `pseudonymous_keys` | the secrets that open them |
//! | `packets` | the second reading: packets with other bytes |

mod compressed;
mod connection;
mod echoes;
mod filler;
mod fitted;
mod handshake;
mod heads;
mod http2;
pub(crate) mod known;
mod learning;
pub(crate) mod mask;
mod names;
mod packets;
mod pseudonymous_keys;
mod records;
mod stand_in;
mod strange;

pub use connection::{Opaque, Unlike};
pub use learning::{Learned, Learning};
pub use names::SharedNames;
pub(crate) use names::{NameKind, Names};
pub use packets::{Omitted, RedactedPacket, Redaction};
