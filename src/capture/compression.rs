//! Which compression the first bytes speak of.

use std::fmt;

/// A compression that wsight undoes itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// The LZ4 frame format.
    Lz4,
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
        })
    }
}

/// A compression that wsight leaves to other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// `.xz`.
    Xz,
    /// `.bz2`.
    Bzip2,
    /// `.lz`.
    Lzip,
    /// `.Z`.
    Compress,
    /// zstd with a window that takes more memory than wsight gives it.
    ZstdLong,
}

impl Foreign {
    /// The program that undoes it to standard output.
    pub const fn command(self) -> &'static str {
        match self {
            Self::Xz => "xz -dc",
            Self::Bzip2 => "bzip2 -dc",
            Self::Lzip => "lzip -dc",
            Self::Compress => "gzip -dc",
            Self::ZstdLong => "zstd -dc --long=31",
        }
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
            Self::Lzip => "lzip",
            Self::Compress => "compress (.Z)",
            Self::ZstdLong => "zstd and a window over 128 MiB",
        })
    }
}

/// What a compressed stream continues with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameFormat {
    /// A gzip member.
    Gzip,
    /// A zstd frame.
    Zstd,
    /// An lz4 frame, which ends with a mark.
    Lz4,
    /// An lz4 frame as `lz4 -l` writes it: it ends where the file ends.
    Lz4Legacy,
    /// A frame of zstd or lz4 that decoders pass over; it has this many bytes with its header.
    Skippable(u64),
}

/// Bytes needed to tell a [`FrameFormat`].
pub(super) const FRAME_HEAD: usize = 8;

impl FrameFormat {
    /// The frame that begins with `head`, if it is one.
    pub(super) fn detect(head: &[u8]) -> Option<Self> {
        match *head {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            [0x04, 0x22, 0x4d, 0x18, ..] => Some(Self::Lz4),
            [0x02, 0x21, 0x4c, 0x18, ..] => Some(Self::Lz4Legacy),
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d, ..] => {
                Some(Self::Skippable(8 + u64::from(u32::from_le_bytes([a, b, c, d]))))
            }
            _ => None,
        }
    }

    /// What to call it.
    pub(super) const fn compression(self) -> Compression {
        match self {
            Self::Gzip => Compression::Gzip,
            Self::Zstd | Self::Skippable(_) => Compression::Zstd,
            Self::Lz4 | Self::Lz4Legacy => Compression::Lz4,
        }
    }
}

impl Foreign {
    /// The compression of a file that begins with `head`, if it is one of these.
    pub(super) fn detect(head: &[u8]) -> Option<Self> {
        match *head {
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Self::Bzip2),
            [b'L', b'Z', b'I', b'P', ..] => Some(Self::Lzip),
            [0x1f, 0x9d, ..] => Some(Self::Compress),
            _ => None,
        }
    }
}
