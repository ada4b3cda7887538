//! Recognizes files that are not captures: the user has named the wrong file, or one to convert first.

use crate::model::text_so_far;
use std::fmt;

/// What the first bytes of something that is not a capture look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Appearance {
    /// A capture in a format that Wireshark's `editcap` converts.
    Convertible(&'static str),
    /// An event trace of Windows, which has a converter of its own.
    WindowsTrace,
    /// A compressed or archived file, and how to unpack it; inside another compression too.
    Archive(&'static str, &'static str),
    /// Text of some kind.
    Text(&'static str),
    /// A file that has nothing to do with captures.
    Other(&'static str),
    /// Nothing known.
    Unknown,
}

/// How many bytes [`Appearance::of`] looks at: the mark of a tar archive stands at byte 257.
pub(super) const HEAD: usize = 512;

/// The formats, by their first bytes.
const MAGICS: &[(&[u8], Appearance)] = &[
    (b"snoop\0\0\0", Appearance::Convertible("a snoop capture")),
    (b"btsnoop\0", Appearance::Convertible("a Bluetooth snoop capture")),
    (b"GMBU", Appearance::Convertible("a Microsoft Network Monitor capture")),
    (b"RTSS", Appearance::Convertible("a Microsoft Network Monitor capture")),
    (b"XCP\0", Appearance::Convertible("a NetXRay capture")),
    (b"TRSNIFF data", Appearance::Convertible("a Sniffer capture")),
    (b"iptrace ", Appearance::Convertible("an iptrace capture")),
    (b"\x7fver", Appearance::Convertible("an EtherPeek capture")),
    (b"\0\0\x02\0\x12\x05\0\x10", Appearance::Convertible("a K12 capture")),
    (&[0xac, 0x01, 0x00, 0x1c], Appearance::Convertible("an IxVeriWave or IXIA capture")),
    (&[0x00, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00], Appearance::WindowsTrace),
    (&[0x1f, 0x8b], Appearance::Archive("gzip data", "gzip -dc FILE | wsight -")),
    (&[0x28, 0xb5, 0x2f, 0xfd], Appearance::Archive("zstd data", "zstd -dc FILE | wsight -")),
    (&[0x04, 0x22, 0x4d, 0x18], Appearance::Archive("lz4 data", "lz4 -dc FILE | wsight -")),
    (&[0xfd, b'7', b'z', b'X', b'Z', 0], Appearance::Archive("xz data", "xz -dc FILE | wsight -")),
    (b"BZh", Appearance::Archive("bzip2 data", "bzip2 -dc FILE | wsight -")),
    (b"PK\x03\x04", Appearance::Archive("a zip archive", "unzip -p FILE | wsight -")),
    (b"7z\xbc\xaf\x27\x1c", Appearance::Archive("a 7z archive", "7z x -so FILE | wsight -")),
    (b"\x7fELF", Appearance::Other("an ELF program")),
    (b"MZ", Appearance::Other("a Windows program")),
    (b"\x89PNG\r\n\x1a\n", Appearance::Other("a PNG image")),
    (&[0xff, 0xd8, 0xff], Appearance::Other("a JPEG image")),
    (b"GIF8", Appearance::Other("a GIF image")),
    (b"%PDF-", Appearance::Other("a PDF document")),
    (b"SQLite format 3\0", Appearance::Other("an SQLite database")),
];

impl Appearance {
    /// What a file that begins with `head` looks like.
    pub(super) fn of(head: &[u8]) -> Self {
        let by_magic = MAGICS.iter().find(|(magic, _)| head.starts_with(magic));
        if let Some((_, appearance)) = by_magic {
            return *appearance;
        }
        if head.get(257..262) == Some(b"ustar") {
            return Self::Archive("a tar archive", "tar -xOf FILE | wsight -");
        }
        text(head).map_or(Self::Unknown, Self::Text)
    }

    /// What to do about it.
    pub const fn advice(self) -> Advice {
        Advice(self)
    }
}

/// The kind of text `head` is, if it is text.
fn text(head: &[u8]) -> Option<&'static str> {
    let valid = text_so_far(head)?;
    if valid.is_empty() || valid.chars().any(|c| c.is_control() && !c.is_ascii_whitespace()) {
        return None;
    }
    let start = valid.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').to_ascii_lowercase();
    Some(if start.starts_with(['{', '[']) {
        "JSON text"
    } else if start.starts_with("<!doctype html") || start.starts_with("<html") {
        "an HTML page"
    } else if start.starts_with('<') {
        "XML text"
    } else {
        "plain text"
    })
}

impl fmt::Display for Appearance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Convertible(what) | Self::Archive(what, _) | Self::Text(what) | Self::Other(what) => {
                f.write_str(what)
            }
            Self::WindowsTrace => f.write_str("a Windows event trace"),
            Self::Unknown => f.write_str("something unknown"),
        }
    }
}

/// What to do with a file that is not a capture, as the end of a sentence.
#[derive(Clone, Copy, Debug)]
pub struct Advice(Appearance);

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Appearance::Convertible(_) => {
                f.write_str("convert it with `editcap -F pcapng IN OUT.pcapng` and read that")
            }
            Appearance::WindowsTrace => {
                f.write_str("convert it with `etl2pcapng IN.etl OUT.pcapng` and read that")
            }
            Appearance::Archive(_, command) => write!(f, "unpack it with `{command}`"),
            Appearance::Text(_) | Appearance::Other(_) | Appearance::Unknown => {
                f.write_str("wsight reads pcap and pcapng files, also compressed with gzip, zstd or lz4")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_mistakes_are_recognized() {
        let looks = |head: &[u8]| Appearance::of(head).to_string();
        assert_eq!(looks(b"snoop\0\0\0\0\0\0\x02"), "a snoop capture");
        assert_eq!(looks(b"\n {\"log\": {}}"), "JSON text");
        assert_eq!(looks(b"<!DOCTYPE html><html>"), "an HTML page");
        assert_eq!(looks(b"<?xml version=\"1.0\"?><pdml>"), "XML text");
        assert_eq!(looks("12:00 IP a > b: café".as_bytes()), "plain text");
        assert_eq!(looks(b"\x7fELF\x02\x01"), "an ELF program");
        assert_eq!(looks(b"\x89PNG\r\n\x1a\n\0"), "a PNG image");
        assert_eq!(looks(b"\x01\x02\x03"), "something unknown");
        assert_eq!(looks(b"text with an escape \x1b[2J"), "something unknown");
        let mut tar = vec![b'x'; 512];
        tar[257..262].copy_from_slice(b"ustar");
        assert_eq!(looks(&tar), "a tar archive");
    }
}
