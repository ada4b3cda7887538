//! Any bytes as a capture file: whatever size the pieces have in which they are read, the packets are the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::io::{self, Read};
use wsight::capture::{Reader, Source};
use wsight::model::{Captured, FileId};
use wsight_fuzz::Input;

/// Reads at most `size` bytes at once.
struct Bites<'a> {
    bytes: &'a [u8],
    size: usize,
}

impl Read for Bites<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let size = into.len().min(self.size);
        self.bytes.read(into.get_mut(..size).unwrap_or_default())
    }
}

/// Everything the capture says, and how reading it ended.
fn told(bytes: &[u8], size: usize) -> Vec<String> {
    let mut reader = Reader::new(Bites { bytes, size }, FileId(0));
    let mut told = Vec::new();
    let mut number = 0;
    loop {
        match reader.next() {
            Ok(Some(Captured::Packet(packet))) => {
                assert!(packet.wire_length as usize >= packet.bytes.len());
                assert!(packet.stamp.packet.0 > number, "packets are numbered upwards");
                number = packet.stamp.packet.0;
                told.push(format!(
                    "{:?} {:?} {} {:?}",
                    packet.stamp, packet.link, packet.wire_length, packet.bytes
                ));
            }
            Ok(Some(other)) => told.push(format!("{other:?}")),
            Ok(None) => break,
            Err(error) => {
                let message = error.to_string();
                assert!(
                    message.chars().all(wsight::model::is_visible),
                    "a message is fit for a terminal: {message:?}"
                );
                told.push(message);
                assert!(matches!(reader.next(), Ok(None)), "after an error the input is done with");
                break;
            }
        }
        assert!(reader.progress().read <= bytes.len() as u64);
    }
    told
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let size = usize::from(input.byte()) + 1;
    assert_eq!(told(input.0, usize::MAX), told(input.0, size));
});
