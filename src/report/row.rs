//! A frame as one line of a session's story.

use super::sink::Payload;
use super::style::{FAINT, Look, cut};
use crate::model::{Count, Escaped, Peer, Stamp, Thousands, Timestamp, in_words, text_so_far};
use crate::ws::{ClosePayload, Frame, FrameHeader, Inflation, LengthForm, Message, MessageKind, Opcode};
use std::fmt::{self, Write};
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

/// Columns in front of the arrow: packet, time and the space around them.
pub(super) const MARGIN: usize = 19;

/// Bytes of a message that the story keeps when payload is asked for in full: enough for a screen. JSON has all.
const FULL: usize = 4096;

/// What is kept of a frame until its session's story is told.
#[derive(Debug)]
pub(super) struct Row {
    /// Its place among the frames of the session as they ended, from 0.
    pub(super) index: u64,
    /// Its number.
    pub(super) number: u64,
    first: Stamp,
    pub(super) from: Peer,
    /// Its header; of a message that is told in the place of its frames, the one that a single frame would have.
    pub(super) header: FrameHeader,
    pub(super) received: u64,
    /// The first bytes of its payload, or of the message it holds.
    pub(super) payload: Box<[u8]>,
    /// There is more payload than that.
    more: bool,
    /// The message that it completes, where that says more than the frame does.
    message: Option<WholeMessage>,
    /// The message is UTF-8 text, or the frame is.
    text: bool,
    /// A message in the place of its frames: no header of it is known.
    #[cfg_attr(not(feature = "html"), expect(dead_code, reason = "pages alone ask for it"))]
    pub(super) is_message: bool,
    /// For a pong: how long its ping waited.
    pub(super) round_trip: Option<Duration>,
}

/// A message of several frames, or a compressed one.
#[derive(Debug)]
struct WholeMessage {
    frames: u64,
    length: u64,
    compressed: bool,
}

impl WholeMessage {
    fn write(&self, out: &mut String) -> fmt::Result {
        let length = Thousands(self.length);
        match (self.frames, self.compressed) {
            (0 | 1, true) => write!(out, "  inflates to {length} B"),
            (frames, true) => {
                write!(out, "  ends a message of {}, {length} B inflated", Count(frames, "frame"))
            }
            (frames, false) => write!(out, "  ends a message of {}, {length} B", Count(frames, "frame")),
        }
    }
}

impl Row {
    pub(super) fn new(index: u64, frame: &Frame<'_>, payload: Payload) -> Self {
        let kept = frame.payload.get(..frame.payload.len().min(kept(payload))).unwrap_or_default();
        let header = &frame.header;
        Self {
            index,
            number: frame.number,
            first: frame.first,
            from: frame.from,
            header: *header,
            received: frame.received,
            // A compressed payload tells nothing; its message will.
            payload: if header.rsv == 0 { kept.into() } else { Box::default() },
            more: (kept.len() as u64) < frame.received,
            message: None,
            text: header.opcode == Opcode::Text,
            is_message: false,
            round_trip: None,
        }
    }

    /// A message in the place of its frames. Its number is that of its last frame.
    pub(super) fn of_message(index: u64, message: &Message<'_>, payload: Payload) -> Self {
        let header = FrameHeader {
            fin: true,
            rsv: 0,
            opcode: match message.kind {
                MessageKind::Text => Opcode::Text,
                MessageKind::Binary => Opcode::Binary,
            },
            mask: None,
            length: message.wire_length,
            form: LengthForm::Bits7,
        };
        let mut row = Self {
            index,
            number: message.last_frame,
            first: message.first,
            from: message.from,
            header,
            received: message.wire_length,
            payload: Box::default(),
            more: false,
            message: None,
            text: message.kind == MessageKind::Text,
            is_message: true,
            round_trip: None,
        };
        row.complete(message, payload);
        row
    }

    /// The message that this frame completes.
    pub(super) fn complete(&mut self, message: &Message<'_>, payload: Payload) {
        let compressed = message.inflation == Inflation::Whole;
        let kept = message.payload.get(..message.payload.len().min(kept(payload))).unwrap_or_default();
        if compressed || message.frames > 1 {
            self.message = Some(WholeMessage { frames: message.frames, length: message.length, compressed });
        }
        if message.complete {
            self.payload = kept.into();
            self.more = (kept.len() as u64) < message.length;
            self.text = message.kind == MessageKind::Text;
        }
    }

    /// The packet with its first byte.
    pub(super) const fn stamp(&self) -> Stamp {
        self.first
    }

    /// Writes the line.
    pub(super) fn write(
        &self,
        out: &mut String,
        clock: ShownTime,
        look: Look,
        payload: Payload,
    ) -> fmt::Result {
        write_margin(out, self.first, clock, look)?;
        self.write_behind(out, MARGIN, look, payload)
    }

    /// Writes what stands behind packet and time, which take `margin` columns.
    pub(super) fn write_behind(
        &self,
        out: &mut String,
        margin: usize,
        look: Look,
        payload: Payload,
    ) -> fmt::Result {
        write!(out, "{} ", look.arrow(self.from))?;
        let begin = out.len();
        write!(out, "{:<6} ", self.name())?;
        let size = self.size();
        if self.received < self.header.length {
            out.push_str(&size);
        } else {
            write!(out, "{size:>11}")?;
        }
        self.write_more(out)?;
        let used = margin + 2 + out.get(begin..).unwrap_or_default().width() + 2;
        let preview = if payload == Payload::None { String::new() } else { self.preview() };
        if !preview.is_empty() {
            let room = look.columns().saturating_sub(used).max(16);
            let shown = if payload == Payload::Full { preview.as_str().into() } else { cut(&preview, room) };
            write!(out, "  {}", look.paint(FAINT, shown))?;
        }
        out.push('\n');
        Ok(())
    }

    /// What it is.
    pub(super) fn name(&self) -> String {
        match self.header.opcode {
            Opcode::Continuation => "cont.".to_owned(),
            opcode @ (Opcode::Text
            | Opcode::Binary
            | Opcode::Close
            | Opcode::Ping
            | Opcode::Pong
            | Opcode::Reserved(_)) => opcode.to_string(),
        }
    }

    /// Its length, and how much of it there is.
    pub(super) fn size(&self) -> String {
        let length = Thousands(self.header.length);
        if self.received < self.header.length {
            format!("{} of {length} B", Thousands(self.received))
        } else {
            format!("{length} B")
        }
    }

    /// Writes what there is to say of it besides, with blanks in front.
    pub(super) fn write_more(&self, out: &mut String) -> fmt::Result {
        if !self.header.fin && !self.header.opcode.is_control() {
            out.push_str("  (more follows)");
        }
        if let Some(message) = &self.message {
            message.write(out)?;
        }
        if let Some(time) = self.round_trip {
            write!(out, "  after {}", in_words(time))?;
        }
        Ok(())
    }

    /// Its payload, as far as that is kept, for people.
    pub(super) fn preview(&self) -> String {
        let bytes = &*self.payload;
        if self.header.opcode == Opcode::Close {
            return match ClosePayload::parse(bytes) {
                ClosePayload::Empty => String::new(),
                ClosePayload::TooShort(byte) => format!("{byte:02x}"),
                ClosePayload::Code(code, []) => format!("{code} {}", code.meaning()),
                ClosePayload::Code(code, reason) => {
                    format!("{code} {} \"{}\"", code.meaning(), Escaped(reason))
                }
            };
        }
        if self.text || is_plain(bytes) {
            // A character that the preview cuts is not shown as broken bytes.
            let cut = text_so_far(bytes).filter(|_| self.more);
            let whole = cut.map_or(bytes.len(), str::len);
            let text = Escaped(bytes.get(..whole).unwrap_or_default());
            // Quoted, because blanks at either end matter; what the row cuts loses its closing quote.
            if bytes.is_empty() {
                String::new()
            } else {
                format!("\"{text}{}\"", if self.more { "…" } else { "" })
            }
        } else {
            let mut preview = String::with_capacity(bytes.len() * 3);
            for (index, byte) in bytes.iter().enumerate() {
                let space = if index == 0 { "" } else { " " };
                // Writing to a String cannot fail.
                let _ = write!(preview, "{space}{byte:02x}");
            }
            if self.more {
                preview.push('…');
            }
            preview
        }
    }
}

/// Counts the time of a story.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShownTime {
    start: Timestamp,
    /// Everything happens within a second: milliseconds would not tell one thing from the next.
    is_fine: bool,
}

impl ShownTime {
    pub(super) fn new(start: Timestamp, end: Timestamp) -> Self {
        Self { start, is_fine: end.since(start) < Duration::from_secs(1) }
    }

    /// The time of a packet, in seconds, if that is known.
    pub(super) fn since(self, stamp: Stamp) -> String {
        let Some((apart, is_before)) = stamp.time.offset_from(self.start) else { return "-".to_owned() };
        let sign = if is_before { "-" } else { "" };
        if self.is_fine {
            format!("{sign}{}.{:06}", apart.as_secs(), apart.subsec_micros())
        } else {
            format!("{sign}{}.{:03}", apart.as_secs(), apart.subsec_millis())
        }
    }
}

/// Writes packet and time, in front of a line.
pub(super) fn write_margin(out: &mut String, stamp: Stamp, clock: ShownTime, look: Look) -> fmt::Result {
    let time = clock.since(stamp);
    write!(out, "{:>7} ", stamp.packet.0)?;
    write!(out, "{}  ", look.paint(FAINT, format_args!("{time:>9}")))
}

fn kept(payload: Payload) -> usize {
    payload.bytes().min(FULL)
}

/// Whether bytes that need not be text are: then they are easier to read so.
fn is_plain(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
}
