//! What is remembered of each side of a connection.

use super::StreamId;
use super::frame::{FrameFault, FrameHeader};
use super::hpack::Decoder;
use super::reader::FrameReader;
use super::settings::Settings;
use super::window::Window;
use crate::model::{Chunk, EndPlace, Extent, Gap, Peer, Stamp};
use std::collections::VecDeque;

/// Announcements that may wait for their acknowledgment. Beyond those nobody knows which windows hold.
const UNACKNOWLEDGED: usize = 16;

/// One side of a connection.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) reader: FrameReader,
    /// The frame that is being read.
    pub(super) frame: OpenFrame,
    /// The head that is being read.
    pub(super) block: Option<FieldBlock>,
    /// What decompresses its heads.
    pub(super) decoder: Decoder,
    /// What it announced.
    pub(super) settings: Settings,
    /// The largest frame that it ever announced to take.
    largest_frame: u32,
    /// The largest frame that it takes as far as its peer has acknowledged.
    acknowledged_frame: u32,
    /// What it announced, each until it is acknowledged.
    announced: VecDeque<Announced>,
    /// What it may still send on the connection.
    pub(super) window: Window,
    /// How often its bytes were lost so that nobody knows which streams they belonged to.
    pub(super) losses: u32,
    /// The latest such loss.
    pub(super) loss: Option<Gap>,
    pub(super) ended: bool,
    /// Where the latest byte that was read of it stands between the two streams of what carries the connection.
    pub(super) reached: Option<EndPlace>,
    /// How far its bytes have come in the stream that carries the connection.
    pub(super) received: u64,
    /// What stood where a frame belongs, until another one is found.
    pub(super) unframed: Option<Gap>,
}

/// Settings that its peer has yet to acknowledge.
#[derive(Clone, Copy, Debug)]
struct Announced {
    /// What windows change by once they are, if they get smaller.
    shrinking: i64,
    max_frame_size: u32,
}

/// The frame that is being read.
#[derive(Debug)]
pub(super) struct OpenFrame {
    pub(super) header: FrameHeader,
    pub(super) first: Stamp,
    /// Its payload, where it is needed whole: of all but DATA.
    pub(super) payload: Vec<u8>,
    /// Bytes of content that are to come: of DATA, without padding. `None` while the length of the padding is.
    pub(super) content: Option<u32>,
    /// Bytes of it are missing, or were too many.
    pub(super) is_damaged: bool,
}

/// A head on its way (RFC 9113 §4.3).
#[derive(Debug)]
pub(super) struct FieldBlock {
    pub(super) stream: StreamId,
    pub(super) first: Stamp,
    pub(super) bytes: Vec<u8>,
    pub(super) end_stream: bool,
    /// It is that of a pushed request.
    pub(super) is_promise: bool,
    /// CONTINUATION frames so far.
    pub(super) pieces: usize,
    /// Bytes of it are missing, or were too many.
    pub(super) is_damaged: bool,
}

impl Side {
    pub(super) fn new(from: Peer, midstream: bool, table_bytes: usize, head_bytes: usize) -> Self {
        let mut decoder = Decoder::new(table_bytes, head_bytes);
        if midstream {
            decoder.forget();
        }
        Self {
            reader: if midstream { FrameReader::midstream(from) } else { FrameReader::new(from) },
            frame: OpenFrame::default(),
            block: None,
            decoder,
            settings: Settings::default(),
            largest_frame: Settings::default().max_frame_size,
            acknowledged_frame: Settings::default().max_frame_size,
            announced: VecDeque::new(),
            window: Window::new(Settings::default().initial_window_size),
            losses: 0,
            loss: None,
            ended: false,
            reached: None,
            received: 0,
            unframed: None,
        }
    }

    /// Everything before the `rest` of what came was read.
    pub(super) fn reaches(&mut self, rest: &Chunk<'_>) {
        let Extent { start, end, .. } = rest.extent;
        let is_plain = rest.extent.length() == rest.bytes.len() as u64;
        // Bytes of a carrier could not be read before all of it had come.
        self.reached = Extent { start: 0, end: if is_plain { start } else { end }, ..rest.extent }.place();
    }

    /// Bytes of memory it takes besides, roughly.
    pub(super) fn memory(&self) -> usize {
        let block = self.block.as_ref().map_or(0, |block| block.bytes.capacity());
        self.reader.memory() + self.frame.payload.capacity() + block + self.decoder.memory()
    }

    /// Whether it may have sent the head of this stream, which is not told yet.
    pub(super) fn may_hold_head(&self, stream: StreamId) -> bool {
        self.reader.is_searching() || self.block.as_ref().is_some_and(|block| block.stream == stream)
    }

    /// `from`, whose side this is, announces settings. Returns what is wrong with one of them.
    pub(super) fn announce(&mut self, from: Peer, payload: &[u8]) -> Option<FrameFault> {
        let fault = self.settings.read(from, payload);
        self.largest_frame = self.largest_frame.max(self.settings.max_frame_size);
        fault
    }

    /// What it announced in the request to go over to HTTP/2, which the answer to that acknowledges (RFC 7540 §3.2.1).
    pub(super) fn begin_with(&mut self, from: Peer, payload: &[u8]) {
        self.announce(from, payload);
        self.acknowledged_frame = self.settings.max_frame_size;
    }

    /// The largest frame that its peer may send: what it announced last of all that is acknowledged, or anything since.
    /// `in_order` says whether it is known which announcement each acknowledgment is for.
    pub(super) fn most_of_frame(&self, in_order: bool) -> u32 {
        let later = self.announced.iter().map(|announced| announced.max_frame_size);
        if in_order { later.fold(self.acknowledged_frame, u32::max) } else { self.largest_frame }
    }

    /// By how much windows will get smaller once its peer acknowledges what it announced.
    pub(super) fn unacknowledged(&self) -> i64 {
        self.announced.iter().fold(0, |sum, announced| sum.saturating_add(announced.shrinking))
    }

    /// It announces another size for new windows. Returns what windows change by at once; where they get smaller, its
    /// peer has to know first (RFC 9113 §6.9.2). `None` if too many announcements wait for that.
    pub(super) fn resize(&mut self, before: u32) -> Option<i64> {
        let change = i64::from(self.settings.initial_window_size) - i64::from(before);
        if self.announced.len() >= UNACKNOWLEDGED {
            return None;
        }
        let max_frame_size = self.settings.max_frame_size;
        self.announced.push_back(Announced { shrinking: change.min(0), max_frame_size });
        Some(change.max(0))
    }

    /// Its peer acknowledges the oldest settings that it has not yet. Returns what windows change by.
    pub(super) fn is_acknowledged(&mut self) -> Option<i64> {
        let Announced { shrinking, max_frame_size } = self.announced.pop_front()?;
        self.acknowledged_frame = max_frame_size;
        Some(shrinking)
    }
}

impl Default for OpenFrame {
    fn default() -> Self {
        Self {
            header: FrameHeader::parse(&[0; FrameHeader::SIZE]),
            first: Stamp::default(),
            payload: Vec::new(),
            content: None,
            is_damaged: false,
        }
    }
}
