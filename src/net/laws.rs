//! What holds for any packet whatever: nothing panics, nothing is said that the bytes do not show.

use super::testing::{Outcome, Tester, decode, decode_cut, ether, ip_v6, udp, v4, v6};
use crate::model::SkipReason;

/// xorshift64*, as good as needed and the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap() % bound
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }
}

const LINKS: [u32; 14] = [0, 1, 9, 12, 14, 50, 101, 108, 113, 228, 229, 276, 147, u32::MAX];

/// One packet of every kind, its link type, and how many bytes of headers it has.
fn specimens() -> Vec<(u32, Vec<u8>, usize)> {
    let body = b"a payload of some length";
    let with = |link, header: &[u8], ip: &[u8]| {
        let bytes = [header, ip].concat();
        let headers = bytes.len() - body.len();
        (link, bytes, headers)
    };
    let tcp = v4(body).split_off(20);
    let extended = [&[60, 0, 1, 4, 0, 0, 0, 0, 6, 1][..], &[0; 14], &tcp].concat();
    let gtp = [&[0x34, 255, 0, 92, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 9, 0][..], &v6(body)].concat();
    vec![
        with(0, &[2, 0, 0, 0], &v4(body)),
        with(1, &ether(0x0800), &v4(body)),
        with(1, &ether(0x86dd), &v6(body)),
        with(1, &ether(0x86dd), &ip_v6(0, &extended)),
        with(1, &[&ether(0x88a8)[..], &[0, 1, 0x81, 0, 0, 2, 0x88, 0x47, 0, 1, 1, 64]].concat(), &v4(body)),
        with(1, &[&ether(0x8864)[..], &[0x11, 0, 0, 9, 0, 66, 0, 0x21]].concat(), &v4(body)),
        with(1, &[&ether(72)[..], &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0]].concat(), &v4(body)),
        with(1, &ether(0x0800), &udp(2152, &gtp)),
        with(50, &[0xff, 3, 0, 0x57], &v6(body)),
        with(50, &[0x0f, 0, 8, 0], &v4(body)),
        with(101, &[], &v6(body)),
        with(113, &[0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 8, 0], &v4(body)),
        with(276, &[8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0], &v4(body)),
    ]
}

#[test]
fn a_snap_length_shortens_the_payload_and_changes_nothing_else() {
    for (link, bytes, headers) in specimens() {
        let Outcome::Segment(whole) = decode(link, &bytes) else { panic!("link type {link}") };
        assert_eq!((whole.payload.len(), whole.cut), (bytes.len() - headers, 0));
        for captured in 0..bytes.len() {
            match decode_cut(link, &bytes, captured) {
                Outcome::Notice(notice) => panic!("link type {link}: {notice:?}"),
                Outcome::Skipped(reason) => {
                    assert!(captured < headers, "link type {link}, {captured} bytes");
                    assert_eq!(reason, SkipReason::HeadersCut, "link type {link}, {captured} bytes");
                }
                Outcome::Segment(mut segment) => {
                    assert!(captured >= headers, "link type {link}, {captured} bytes");
                    assert_eq!(segment.payload, whole.payload[..captured - headers]);
                    assert_eq!(segment.cut as usize, bytes.len() - captured);
                    segment.payload.clone_from(&whole.payload);
                    segment.cut = 0;
                    segment.marks = whole.marks;
                    assert_eq!(segment, whole);
                }
            }
        }
    }
}

#[test]
fn random_bytes_give_one_outcome_and_no_payload_from_nowhere() {
    let mut random = Random(0x5eed);
    let mut tester = Tester::new(4);
    for _ in 0..200_000 {
        let bytes: Vec<u8> = (0..random.below(120)).map(|_| random.byte()).collect();
        let captured = random.below(bytes.len() + 1);
        let link = LINKS[random.below(LINKS.len())];
        if let Outcome::Segment(segment) = tester.push_cut(link, &bytes, captured) {
            assert!(segment.payload.len() <= captured);
        }
    }
}

#[test]
fn damaged_packets_give_one_outcome_each() {
    let mut random = Random(0x00da_3a6e);
    let mut tester = Tester::new(4);
    let specimens = specimens();
    let mut segments = 0;
    for _ in 0..200_000 {
        let (link, bytes, headers) = &specimens[random.below(specimens.len())];
        let mut bytes = bytes.clone();
        for _ in 0..=random.below(3) {
            bytes[random.below(*headers)] = random.byte();
        }
        let captured = if random.below(2) == 0 { bytes.len() } else { random.below(bytes.len() + 1) };
        if let Outcome::Segment(segment) = tester.push_cut(*link, &bytes, captured) {
            segments += 1;
            assert!(segment.payload.len() <= 65_535);
        }
    }
    assert!(segments > 10_000, "most damage leaves a segment, or this test reaches nothing");
    assert!(tester.at_once > 1_000, "some segments are read at once, or nothing is compared");
}
