//! Files that `w` writes: never over one that is there, unless the user says so, and never through a link.

use crate::model::SessionId;
use crate::replay::Replay;
use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes a new file with what `write` gives. With `replace`, one that is there goes when the new one is whole; a link
/// goes itself, not what it leads to.
pub(super) fn to(
    path: &Path,
    replace: bool,
    write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    if replace {
        name.push(format!(".{}.part", std::process::id()));
    }
    let target = path.with_file_name(name);
    // Neither follows a link nor opens what is there.
    let file = OpenOptions::new().write(true).create_new(true).open(&target)?;
    let mut out = BufWriter::new(file);
    let written = write(&mut out).and_then(|()| out.flush());
    drop(out);
    let written = written.and_then(|()| if replace { fs::rename(&target, path) } else { Ok(()) });
    if written.is_err() {
        // What is left of it is of no use, and the reason is told.
        let _ = fs::remove_file(&target);
    }
    written
}

/// Writes the packets of a session's connection as pcapng.
pub(super) fn packets(replay: &mut Replay, session: SessionId, out: &mut dyn Write) -> io::Result<()> {
    let mut links: Vec<u32> = Vec::new();
    let mut result = section(out);
    let read = replay.packets(session, &mut |packet| {
        if result.is_err() {
            return;
        }
        let link = packet.link.0;
        let interface = links.iter().position(|known| *known == link).unwrap_or(links.len());
        if interface == links.len() {
            links.push(link);
            result = interface_block(out, link);
        }
        if result.is_ok() {
            let time = packet.stamp.time.as_nanos().cast_unsigned();
            result = packet_block(out, interface, time, packet.wire_length, packet.bytes);
        }
    });
    read.map_err(io::Error::other)?;
    result
}

fn block(out: &mut dyn Write, kind: u32, body: &[&[u8]]) -> io::Result<()> {
    let length: usize = body.iter().map(|part| part.len()).sum();
    let padding = length.next_multiple_of(4) - length;
    let total = u32::try_from(length + padding + 12).map_err(io::Error::other)?.to_le_bytes();
    out.write_all(&kind.to_le_bytes())?;
    out.write_all(&total)?;
    body.iter().try_for_each(|part| out.write_all(part))?;
    out.write_all([0; 3].get(..padding).unwrap_or_default())?;
    out.write_all(&total)
}

/// Section header block: byte order, version 1.0, length unknown.
fn section(out: &mut dyn Write) -> io::Result<()> {
    block(out, 0x0a0d_0d0a, &[&0x1a2b_3c4d_u32.to_le_bytes(), &[1, 0, 0, 0], &[0xff; 8]])
}

/// Interface description block: link type, no snap length, `if_tsresol` 9 (nanoseconds).
fn interface_block(out: &mut dyn Write, link: u32) -> io::Result<()> {
    let link = u16::try_from(link).map_err(io::Error::other)?;
    block(out, 1, &[&link.to_le_bytes(), &[0; 6], &[9, 0, 1, 0, 9, 0, 0, 0], &[0; 4]])
}

/// Enhanced packet block.
fn packet_block(
    out: &mut dyn Write,
    interface: usize,
    time: u64,
    wire_length: u32,
    data: &[u8],
) -> io::Result<()> {
    let interface = u32::try_from(interface).map_err(io::Error::other)?.to_le_bytes();
    let high = u32::try_from(time >> 32).map_err(io::Error::other)?.to_le_bytes();
    let low = u32::try_from(time & 0xffff_ffff).map_err(io::Error::other)?.to_le_bytes();
    let captured = u32::try_from(data.len()).map_err(io::Error::other)?.to_le_bytes();
    block(out, 6, &[&interface, &high, &low, &captured, &wire_length.to_le_bytes(), data])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays_unless_it_may_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        to(&path, false, &mut |out| out.write_all(b"new")).unwrap();
        let error = to(&path, false, &mut |out| out.write_all(b"newer")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"new");
        to(&path, true, &mut |out| out.write_all(b"newer")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"newer");
        to(&path, true, &mut |_| Err(io::Error::other("no"))).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"newer");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, target) = (folder.path().join("link"), folder.path().join("target"));
        std::os::unix::fs::symlink(&target, &path).unwrap();
        assert!(to(&path, false, &mut |out| out.write_all(b"x")).is_err());
        to(&path, true, &mut |out| out.write_all(b"x")).unwrap();
        assert!(!target.exists());
        assert!(fs::symlink_metadata(&path).unwrap().is_file());
    }
}
