//! Compressed captures.

use super::samples::{last, pcap, read};
use flate2::write::GzEncoder;
use lz4_flex::frame::FrameEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use std::io::Write;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = FrameEncoder::new(Vec::new());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A frame that decoders of zstd and lz4 pass over.
fn skippable() -> Vec<u8> {
    [&[0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0][..], b"aside"].concat()
}

const PACKETS: [&[u8]; 3] = [b"one", b"two", b"three"];

#[test]
fn a_compressed_capture_reads_like_a_plain_one() {
    let plain = pcap(&PACKETS);
    let packets = read(&plain);
    assert_eq!(packets.len(), PACKETS.len());
    let (head, tail) = plain.split_at(50);
    for pack in [gzip, zstd, lz4] {
        assert_eq!(read(&pack(&plain)), packets);
        let frames = [pack(head), pack(b""), pack(tail)].concat();
        assert_eq!(read(&frames), packets, "several frames");
    }
    let with_asides = [skippable(), zstd(head), skippable(), zstd(tail)].concat();
    assert_eq!(read(&with_asides), packets);
    let with_asides = [skippable(), lz4(head), skippable(), lz4(tail), skippable()].concat();
    assert_eq!(read(&with_asides), packets);
    let padded = [gzip(&plain), vec![0; 10_000]].concat();
    assert_eq!(read(&padded), packets);
}

#[test]
fn compressed_data_that_is_cut_off_is_told_even_between_packets() {
    let plain = pcap(&PACKETS);
    let two = pcap(&PACKETS[..2]).len();
    for (name, pack) in [("gzip", gzip as fn(&[u8]) -> Vec<u8>), ("zstd", zstd), ("lz4", lz4)] {
        // The first frame ends after packet 2, the second is cut off before it gives a byte.
        let first = pack(&plain[..two]);
        let cut = [&first[..], &pack(&plain[two..])[..9]].concat();
        let lines = read(&cut);
        assert_eq!(lines[..2], read(&plain)[..2]);
        assert_eq!(
            lines[2],
            format!(
                "capture: the {name} data ends early, at byte {two} of the decompressed data (the file was cut off); \
                 the 2 packets before it were analyzed"
            )
        );
    }
}

#[test]
fn a_capture_cut_off_before_it_was_compressed_is_told_as_such() {
    let plain = pcap(&PACKETS);
    let cut = plain.len() - 1;
    assert_eq!(
        last(&gzip(&plain[..cut])),
        format!(
            "capture: the file ends inside packet 3 at byte {cut} of the decompressed data \
             (the capture was cut off); the 2 packets before it were analyzed"
        )
    );
}

#[test]
fn a_zstd_frame_that_is_cut_off_gives_all_it_holds() {
    // Random bytes do not compress, so the cut falls into the last of many blocks; the window is far larger.
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(1_000_000)
    .collect();
    let packets: Vec<&[u8]> = noise.chunks(1_000).collect();
    let packed = zstd(&pcap(&packets));
    let blocks = packed.len() / (128 << 10) * (128 << 10);
    let lines = read(&packed[..packed.len() - 10]);
    let (error, read) = lines.split_last().unwrap();
    assert!(read.len() >= blocks / 1_016 - 1, "{}", read.len());
    assert!(error.contains("the zstd data ends early"), "{error}");
    assert!(error.ends_with(&format!("the {} packets before it were analyzed", read.len())), "{error}");
}

#[test]
fn all_that_is_good_before_damaged_gzip_is_read() {
    let plain = pcap(&PACKETS);
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&plain).unwrap();
    encoder.flush().unwrap();
    // No block of deflate begins like this.
    let damaged = [encoder.get_ref().as_slice(), &[0xff; 4]].concat();
    let lines = read(&damaged);
    assert_eq!(lines[..3], read(&plain));
    assert_eq!(
        lines[3],
        format!(
            "capture: the gzip data is damaged at byte {} of the decompressed data (the deflate data is invalid); \
             the 3 packets before it were analyzed: if there is another copy of the file, read that",
            plain.len()
        )
    );
}

#[test]
fn corrupt_compressed_data_is_told() {
    let plain = pcap(&PACKETS);
    let mut packed = gzip(&plain);
    let checksum = packed.len() - 8;
    packed[checksum] ^= 1;
    assert_eq!(
        last(&packed),
        format!(
            "capture: the gzip data is damaged at byte {} of the decompressed data \
             (the checksum is wrong); the 3 packets before it were analyzed: \
             if there is another copy of the file, read that",
            plain.len()
        )
    );
    let followed = [lz4(&plain), b"something else".to_vec()].concat();
    assert!(last(&followed).contains("something that is not lz4 follows its end"));
}

#[test]
fn one_compression_is_undone_and_others_are_named() {
    let plain = pcap(&PACKETS);
    assert_eq!(
        last(&gzip(&zstd(&plain))),
        "capture: it is not a packet capture but zstd data inside its gzip compression \
         (its first bytes are 28 b5 2f fd 00 40 d9 00); unpack it with `zstd -dc FILE | wsight -`"
            .replace("00 40 d9 00", &hex(&zstd(&plain)[4..8]))
    );
    assert_eq!(
        last(b"\xfd7zXZ\0\0\x04"),
        "capture: it is compressed with xz, which wsight does not read; run `xz -dc FILE | wsight -`"
    );
    assert_eq!(
        last(b"BZh91AY&SY"),
        "capture: it is compressed with bzip2, which wsight does not read; run `bzip2 -dc FILE | wsight -`"
    );
    assert_eq!(
        last(&gzip(b"")),
        "capture: it is empty inside its gzip compression; \
         was the capture stopped before its first packet was written?"
    );
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
