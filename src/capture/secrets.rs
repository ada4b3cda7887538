//! TLS secrets that a pcapng file holds, wherever in it: a pass over its blocks that reads nothing else.
//!
//! A Decryption Secrets Block may stand after the packets that it opens (specification, section 4.7). Whoever reads
//! the file from its beginning would need it before.

use super::compression::{FRAME_HEAD, FrameFormat};
use super::order::ByteOrder;
use pcap_parser::{BOM_MAGIC, DSB_MAGIC, SHB_MAGIC};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// A key log in a Decryption Secrets Block: `TLSK`.
pub(super) const TLS_KEY_LOG: u32 = 0x544c_534b;

/// The longest block of secrets believed.
const LONGEST: u32 = 64 << 20;

/// Whether [`secrets_in`] finds all secrets that the file at `path` may hold: not where it is compressed, or can be read
/// only once.
pub fn can_be_looked_through(path: &Path) -> bool {
    let mut head = Vec::new();
    // Of a FIFO, what is read is gone.
    let is_file = std::fs::metadata(path).is_ok_and(|data| data.is_file());
    is_file
        && File::open(path).and_then(|file| file.take(FRAME_HEAD as u64).read_to_end(&mut head)).is_ok()
        && FrameFormat::detect(&head).is_none()
}

/// Gives each key log in the file at `path`, if that is a plain pcapng file; what is damaged in it ends the pass.
///
/// # Errors
/// The file cannot be read.
pub fn secrets_in(path: &Path, out: &mut dyn FnMut(&[u8])) -> io::Result<()> {
    // Of anything else than a file, what is read is gone; a FIFO would notice that it was opened.
    if !std::fs::metadata(path)?.is_file() {
        return Ok(());
    }
    let file = File::open(path)?;
    let mut reader = BufReader::with_capacity(1 << 18, file);
    let mut order = ByteOrder::default();
    let mut head = [0; 12];
    let mut is_first = true;
    while reader.read_exact(&mut head).is_ok() {
        let Some([kind, mut length, third]) = order.words(&head) else { break };
        if kind == SHB_MAGIC {
            let Some([_, _, found]) = ByteOrder::Little.words(&head) else { break };
            order = match found {
                BOM_MAGIC => ByteOrder::Little,
                _ if found == BOM_MAGIC.swap_bytes() => ByteOrder::Big,
                _ => break,
            };
            let Some([_, own, _]) = order.words(&head) else { break };
            length = own;
        } else if is_first {
            break;
        }
        is_first = false;
        let Some(rest) = length.checked_sub(12) else { break };
        if kind == DSB_MAGIC && third == TLS_KEY_LOG && rest <= LONGEST {
            let mut block = vec![0; rest as usize];
            reader.read_exact(&mut block)?;
            if let Some(secrets) =
                order.words(&block).and_then(|[length]| block.get(4..)?.get(..length as usize))
            {
                out(secrets);
            }
        } else {
            reader.seek_relative(i64::from(rest))?;
        }
    }
    Ok(())
}
