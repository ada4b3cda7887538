//! The pcap format.

use super::samples::{Endian, last, pcap, pcap_header, read, told};
use crate::capture::Reader;
use crate::model::FileId;
use std::io::{self, Read};

#[test]
fn every_variant_gives_the_same_packet() {
    for endian in [Endian::Little, Endian::Big] {
        for (magic, fraction) in [(0xa1b2_c3d4, 5_000), (0xa1b2_3c4d, 5_000_000)] {
            let mut file = pcap_header(endian, magic, 65_535, 1);
            file.extend(endian.words(&[1_700_000_000, fraction, 3, 60]));
            file.extend(b"abc");
            assert_eq!(read(&file), ["1@1700000000005000000 1/60 40:abc"], "{endian:?} {magic:x}");
        }
    }
    // The modified format has 8 more bytes before the data.
    let mut file = pcap_header(Endian::Little, 0xa1b2_cd34, 65_535, 1);
    file.extend(Endian::Little.words(&[1, 2, 3, 60, 0, 0]));
    file.extend(b"abc");
    assert_eq!(read(&file), ["1@1000002000 1/60 48:abc"]);
}

#[test]
fn the_upper_bits_of_the_link_type_are_not_part_of_it() {
    // A frame check sequence of 2 × 16 bits is announced (0x2400_0000).
    let mut file = pcap_header(Endian::Little, 0xa1b2_c3d4, 65_535, 0x2400_0071);
    file.extend(Endian::Little.words(&[0, 0, 0, 0]));
    assert_eq!(read(&file), ["1@0 113/0 40:"]);
}

#[test]
fn a_capture_without_packets_is_fine() {
    assert_eq!(read(&pcap(&[])), [""; 0]);
}

#[test]
fn a_capture_that_is_cut_off_tells_where_and_what_was_read() {
    let file = pcap(&[b"one", b"two", b"three"]);
    let cut = &file[..file.len() - 2];
    assert_eq!(
        read(cut),
        [
            "1@1000000000 1/3 40:one".to_owned(),
            "2@2000000000 1/3 59:two".to_owned(),
            format!(
                "capture: the file ends inside packet 3 at byte {} (the capture was cut off); \
                 the 2 packets before it were analyzed",
                cut.len()
            ),
        ]
    );
    // Inside the packet's header, and inside the file's.
    let two = pcap(&[b"one", b"two"]).len();
    assert_eq!(
        last(&file[..two + 5]),
        format!(
            "capture: the file ends inside packet 3 at byte {} (the capture was cut off); \
             the 2 packets before it were analyzed",
            two + 5
        )
    );
    assert_eq!(
        last(&file[..20]),
        "capture: the file ends inside its header at byte 20 (the capture was cut off); there is no packet before it"
    );
    // Between packets there is nothing to say.
    assert_eq!(read(&file[..two]).len(), 2);
}

#[test]
fn an_absurd_captured_length_is_damage() {
    let mut file = pcap(&[b"one"]);
    let at = file.len();
    file.extend(Endian::Little.words(&[2, 0, 0x0100_0000, 60]));
    file.extend([0; 100]);
    assert_eq!(
        last(&file),
        format!(
            "capture: it is damaged at byte {at}: packet 2 claims 16777216 captured bytes, where at most 262144 are \
             possible; the 1 packet before it was analyzed, and what follows cannot be trusted: if there is another \
             copy of the file, read that"
        )
    );
}

#[test]
fn a_packet_was_at_least_as_long_as_what_was_captured_of_it() {
    let mut file = pcap_header(Endian::Little, 0xa1b2_c3d4, 65_535, 1);
    file.extend(Endian::Little.words(&[0, 0, 3, 0]));
    file.extend(b"abc");
    assert_eq!(read(&file), ["1@0 1/3 40:abc"]);
}

#[test]
fn a_packet_as_long_as_the_snap_length_allows_is_read() {
    let mut file = pcap_header(Endian::Little, 0xa1b2_c3d4, 1 << 20, 1);
    file.extend(Endian::Little.words(&[0, 0, 1 << 20, 1 << 20]));
    file.resize(file.len() + (1 << 20), b'x');
    assert!(read(&file).concat().starts_with("1@0 1/1048576 40:xxx"));
}

#[test]
fn a_length_beyond_the_end_is_a_capture_cut_off() {
    // 64 MiB are claimed and allowed, yet only a few bytes come.
    let mut file = pcap_header(Endian::Little, 0xa1b2_c3d4, u32::MAX, 1);
    file.extend(Endian::Little.words(&[0, 0, 64 << 20, 64 << 20]));
    file.extend(b"few");
    assert_eq!(
        last(&file),
        "capture: the file ends inside packet 1 at byte 43 (the capture was cut off); there is no packet before it"
    );
}

#[test]
fn a_read_error_half_way_tells_the_place() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let file = pcap(&[b"one", b"two"]);
    let half = &file[..file.len() - 1];
    assert_eq!(
        told(&mut Reader::new(half.chain(Failing), FileId(0))),
        [
            "1@1000000000 1/3 40:one".to_owned(),
            format!(
                "capture: reading stopped at byte {}: the disk is gone; the 1 packet before it was analyzed",
                half.len()
            ),
        ]
    );
}
