//! Records of a session that the capture begins inside of, found by headers that lead from one to the next.

use super::record::{ContentType, HEADER, LONGEST, SHORTEST, is_plausible, length_of};
use super::version::Version;

/// Headers in a row that are enough. Each is right by chance once in 50 million times.
const ENOUGH: u8 = 3;
/// Chunks that they have to be spread over. Records that something else carries in one piece, such as a captured file or a
/// tunnel's message, are no session on this connection.
const SPREAD: u8 = 3;

/// Looks for records in what one side sends, from somewhere in its middle. It keeps no bytes but those of a header that is cut.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RecordSearch {
    /// Bytes until the next header.
    rest: usize,
    /// Its first bytes, if they have come.
    begun: [u8; HEADER],
    begun_length: usize,
    /// Headers in a row so far.
    headers: u8,
    /// Chunks since the first of them.
    chunks: u8,
}

impl RecordSearch {
    /// Takes the next bytes. Returns where in them a record begins, once that is beyond doubt.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut rest = bytes;
        self.chunks = self.chunks.saturating_add(1);
        loop {
            if self.headers == 0 {
                rest = rest.get(first_header(rest)?..)?;
                self.chunks = 1;
            }
            let Some(behind) = rest.get(self.rest..) else {
                self.rest -= rest.len();
                return None;
            };
            rest = behind;
            self.rest = 0;
            let wanted = HEADER - self.begun_length;
            let Some((new, behind)) = rest.split_at_checked(wanted) else {
                self.begin(rest);
                return None;
            };
            let is_whole = self.begun_length == 0;
            self.begin(new);
            let header = self.begun;
            self.begun_length = 0;
            if !is_data(header) {
                self.headers = 0;
                continue;
            }
            self.headers = self.headers.saturating_add(1);
            if is_whole && self.headers >= ENOUGH && self.chunks >= SPREAD {
                return Some(bytes.len() - rest.len());
            }
            self.rest = length_of(header);
            rest = behind;
        }
    }

    /// Keeps bytes of a header.
    fn begin(&mut self, bytes: &[u8]) {
        for (place, byte) in self.begun.iter_mut().skip(self.begun_length).zip(bytes) {
            *place = *byte;
        }
        self.begun_length += bytes.len();
    }
}

/// Where the first header stands.
fn first_header(bytes: &[u8]) -> Option<usize> {
    bytes.windows(HEADER).position(|window| window.first_chunk().is_some_and(|header| is_data(*header)))
}

/// Whether these bytes can be the header of a record with data: nearly all that peers send after a handshake.
fn is_data(header: [u8; HEADER]) -> bool {
    let [kind, ..] = header;
    let fits = (HEADER + length_of(header)) as u64 >= SHORTEST && length_of(header) <= LONGEST;
    kind == ContentType::APPLICATION_DATA.0 && is_plausible(header, Some(Version::TLS12)) && fits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records of these lengths, whose content looks like nothing.
    fn records(lengths: &[usize]) -> Vec<u8> {
        let record = |length: &usize| {
            let [high, low] = u16::try_from(*length).unwrap().to_be_bytes();
            [&[23, 3, 3, high, low][..], &vec![7; *length]].concat()
        };
        lengths.iter().flat_map(record).collect()
    }

    /// Where a record is found, and how many bytes had come by then.
    fn found(bytes: &[u8], size: usize) -> Option<usize> {
        let mut search = RecordSearch::default();
        let mut chunks = bytes.chunks(size).enumerate();
        chunks.find_map(|(index, chunk)| Some(index * size + search.push(chunk)?))
    }

    #[test]
    fn records_are_found_wherever_a_capture_begins() {
        let lengths = [300, 16_401, 60, 5_000, 16_401, 16_401, 40, 9_000, 8_000, 7_000];
        let stream = records(&lengths);
        let beginnings: Vec<usize> =
            (0..lengths.len()).map(|count| records(&lengths[..count]).len()).collect();
        for start in (1..12_000).step_by(97) {
            for size in [100, 536, 1_448, 9_000] {
                let at = found(&stream[start..], size).unwrap();
                assert!(beginnings.contains(&(start + at)), "from {start} on in {size}: {at}");
            }
        }
    }

    #[test]
    fn records_that_come_in_one_piece_are_no_session() {
        let message = [&b"\x82\x7e\x00\xd2"[..], &records(&[40, 50, 60, 40])].concat();
        assert_eq!(found(&message.repeat(50), message.len()), None);
        let broken = [records(&[40, 50]), b"something else".to_vec()].concat();
        assert_eq!(found(&broken.repeat(50), 30), None);
    }
}
