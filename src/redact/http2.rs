//! What stands where in a connection of HTTP/2, whatever carries it: its frames, the strings in its heads, and the content of its
//! streams, each of which is a two-way stream again.

mod frames;
mod header_blocks;
mod pieces;
mod settings;

pub(super) use frames::{body, stand_in};
pub(super) use pieces::Pieces;
pub(super) use settings::settings_header;

use crate::http2::{FrameHeader, FrameType, HeadString, HeadStrings, PREFACE, Placed, may_begin};
use crate::model::{Peer, PerPeer, StreamId};
use std::collections::BTreeMap;
use std::ops::Range;

/// What stands where in both sides' bytes.
#[derive(Debug, Default)]
pub(super) struct Http2Places {
    sides: PerPeer<SidePlaces>,
    /// The content of each stream that has some.
    pub(super) streams: BTreeMap<StreamId, PerPeer<Pieces>>,
    /// Bytes of memory that all of this takes, roughly.
    size: u64,
}

/// What stands where in the bytes of one side.
#[derive(Debug, Default)]
struct SidePlaces {
    /// In order.
    frames: Vec<FrameAt>,
    /// How often frames may have been lost so far.
    losses: u32,
}

/// A frame in the bytes of one side.
#[derive(Debug)]
struct FrameAt {
    header: FrameHeader,
    payload: Range<usize>,
    /// What it completes, if that is a head that was read.
    head: Option<Box<HeadStrings>>,
}

impl FrameAt {
    /// Where its header begins.
    const fn start(&self) -> usize {
        self.payload.start.saturating_sub(FrameHeader::SIZE)
    }
}

impl Http2Places {
    /// Takes what stands in the bytes of `side`.
    pub(super) fn take(&mut self, side: Peer, placed: Placed<'_>) {
        match placed {
            Placed::Frame { header, payload } => self.take_frame(side, header, payload),
            Placed::Head(strings) => {
                if let Some(latest) = self.sides.of_mut(side).frames.last_mut() {
                    let text = |string: &HeadString| string.text.as_ref().map_or(0, |text| text.len());
                    let texts: usize = strings.list.iter().map(text).sum();
                    let memory = size_of_val(strings) + size_of_val(&*strings.list) + texts;
                    self.size += memory as u64;
                    latest.head = Some(Box::new(strings.clone()));
                }
            }
        }
    }

    fn take_frame(&mut self, side: Peer, header: FrameHeader, payload: u64) {
        let Ok(start) = usize::try_from(payload) else { return };
        let frame =
            FrameAt { header, payload: start..start.saturating_add(header.length as usize), head: None };
        let SidePlaces { frames, losses } = self.sides.of_mut(side);
        if let Some(before) = frames.last_mut() {
            *losses += u32::from(before.payload.end != frame.start());
            // Where more was lost than the rest of a payload, another frame may stand where it would have been.
            before.payload.end = before.payload.end.min(frame.start()).max(before.payload.start);
            if before.header.kind == FrameType::Data
                && let Some(pieces) = self.streams.get_mut(&before.header.stream)
            {
                pieces.of_mut(side).cut(frame.start());
            }
        }
        if header.kind == FrameType::Data {
            let pieces = self.streams.entry(header.stream).or_insert_with(|| {
                self.size += size_of::<PerPeer<Pieces>>() as u64;
                PerPeer::default()
            });
            let is_padded = header.has(FrameHeader::PADDED);
            pieces.of_mut(side).push(frame.payload.clone(), is_padded, *losses);
            self.size += Pieces::SIZE as u64;
        }
        self.size += size_of::<FrameAt>() as u64;
        frames.push(frame);
    }

    /// Takes frames in front of the first one that was found, which nobody tells: where the capture begins inside of the connection,
    /// they may be what showed that it is HTTP/2. `bytes` are what `side` sent, which has `holes`.
    pub(super) fn look_in_front(&mut self, side: Peer, (bytes, holes): (&[u8], &[Range<usize>])) {
        if Peer::BOTH.into_iter().all(|side| self.begin(side).is_none()) {
            return;
        }
        let end = self.begin(side).unwrap_or(bytes.len());
        let starts = std::iter::once(0).chain(holes.iter().map(|hole| hole.end));
        let ends = holes.iter().map(|hole| hole.start).chain([end]);
        let stretches = starts.zip(ends).take_while(|(start, _)| *start < end);
        let found = stretches.flat_map(|(start, next)| frames_in_a_row(bytes, start..next.min(end)));
        let frames = &mut self.sides.of_mut(side).frames;
        frames.splice(0..0, found.collect::<Vec<_>>());
    }

    /// Where the first frame of `side` begins; `None` if there is none.
    pub(super) fn begin(&self, side: Peer) -> Option<usize> {
        self.sides.of(side).frames.first().map(FrameAt::start)
    }

    /// So many bytes more of streams' contents are kept.
    pub(super) const fn keep(&mut self, bytes: u64) {
        self.size = self.size.saturating_add(bytes);
    }

    /// Bytes of memory that all of this takes, roughly.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }
}

/// The frames that follow one another in a stretch of what a side sent, from its beginning to its end; none if anything else does.
/// The last one may go on behind it.
fn frames_in_a_row(bytes: &[u8], stretch: Range<usize>) -> Vec<FrameAt> {
    let mut frames = Vec::new();
    let begins = bytes.get(stretch.clone()).unwrap_or_default();
    let mut at = stretch.start + if begins.starts_with(PREFACE) { PREFACE.len() } else { 0 };
    while let Some(rest) = bytes.get(at..stretch.end).filter(|rest| !rest.is_empty()) {
        let Some(header) = rest.first_chunk().filter(|_| may_begin(rest)).map(FrameHeader::parse) else {
            return Vec::new();
        };
        let start = at + FrameHeader::SIZE;
        let end = start + header.length as usize;
        frames.push(FrameAt { header, payload: start..end.min(stretch.end), head: None });
        at = end;
    }
    frames
}
