//! HTTP/2 as an observer sees it: bytes of both sides in, facts out (RFC 9113, RFC 7541).
//!
//! [`Demultiplexer`] follows one connection from its first byte, or from the middle: frames, heads, streams, windows. It
//! does no I/O and never fails: whatever the bytes are, it says what it saw as [`Event`]s and continues. It does not
//! judge, and knows nothing of what streams carry: each gives [`StreamEvent`](crate::model::StreamEvent)s as a TCP
//! connection does.
//!
//! ```
//! use wsight::http2::{Demultiplexer, Event, Options};
//! use wsight::model::{Chunk, Peer, Stamp, StreamEvent};
//!
//! let mut demultiplexer = Demultiplexer::new(&Options::default());
//! let mut seen = Vec::new();
//! let mut push = |from, bytes: &[u8]| {
//!     let chunk = Chunk::plain(bytes, Stamp::default(), 0);
//!     demultiplexer.push(from, StreamEvent::Data(chunk), &mut |event| match event {
//!         Event::Head(headed) => seen.push(format!("{}: {:?}", headed.stream, headed.head.kind)),
//!         Event::Stream { stream, event: StreamEvent::Data(chunk), .. } => {
//!             seen.push(format!("{stream}: {}", String::from_utf8_lossy(chunk.bytes)));
//!         }
//!         _ => {}
//!     });
//! };
//! push(Peer::Client, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
//! push(Peer::Client, b"\0\0\x03\x01\x05\0\0\0\x01\x82\x84\x86");
//! push(Peer::Server, b"\0\0\x01\x01\x04\0\0\0\x01\x88\0\0\x05\0\x01\0\0\0\x01Hello");
//! assert_eq!(seen, ["1: Request", "1: Response", "1: Hello"]);
//! ```

mod demultiplexer;
mod error;
mod event;
mod frame;
mod head;
mod hpack;
mod huffman;
mod reader;
mod receive;
mod rules;
mod search;
mod settings;
mod side;
mod static_table;
mod stream;
mod window;

pub use demultiplexer::{Demultiplexer, DemultiplexerLimits, Options};
pub use error::ErrorCode;
pub use event::{Event, GoAway, HeadFault, Placed, Reset, Scope, StreamFact};
pub(crate) use frame::may_begin_with_settings;
pub use frame::{DataFrame, FrameFault, FrameHeader, FrameType, SettingFault};
pub use head::{Head, HeadKind, Headed};
pub use hpack::{FieldLine, FieldSection, HeadString, HeadStrings, HpackFault, StringCoding, StringRole};
#[cfg(feature = "report")]
pub(crate) use huffman::{code_length, encode};
pub use reader::PREFACE;
pub(crate) use search::may_begin;
pub use settings::Settings;
pub use window::{ClosedBy, Stall};

pub use crate::model::StreamId;
