//! The pcapng format.

use super::samples::{Endian, block, enhanced, interface, last, option, read, section};
use Endian::{Big, Little};

/// `if_tsresol`.
const TSRESOL: u16 = 9;
/// `if_tsoffset`.
const TSOFFSET: u16 = 14;

#[test]
fn sections_have_their_own_byte_order_and_interfaces() {
    let nanos_and_an_hour = [option(Big, TSRESOL, &[9]), option(Big, TSOFFSET, &Big.long(3_600))].concat();
    let file = [
        section(Big),
        interface(Big, 113, 0, &nanos_and_an_hour),
        enhanced(Big, 0, 7, b"big", &[]),
        section(Little),
        interface(Little, 101, 0, &[]),
        interface(Little, 1, 0, &option(Little, TSRESOL, &[0x8a])),
        enhanced(Little, 1, 512, b"two", &[]),
        enhanced(Little, 0, 3, b"one", &[]),
    ];
    let start = |blocks: usize| 28 + file[..blocks].concat().len();
    assert_eq!(
        read(&file.concat()),
        [
            format!("1@3600000000007 113/103 {}:big", start(2)),
            format!("2@500000000 1/103 {}:two", start(6)),
            format!("3@3000 101/103 {}:one", start(7)),
        ]
    );
}

#[test]
fn a_simple_packet_takes_the_snap_length_and_the_time_before() {
    let file = [
        section(Little),
        interface(Little, 1, 4, &[]),
        enhanced(Little, 0, 9, b"four", &[]),
        block(Little, 3, &[&Little.word(60)[..], b"abcd"].concat()),
        block(Little, 3, &[&Little.word(2)[..], b"ab"].concat()),
    ];
    let start = |blocks: usize| 12 + file[..blocks].concat().len();
    assert_eq!(
        read(&file.concat())[1..],
        [format!("2@9000 1/60 {}:abcd", start(3)), format!("3@9000 1/2 {}:ab", start(4))]
    );
}

#[test]
fn the_old_packet_block_is_read_with_its_drop_count() {
    for endian in [Little, Big] {
        let old = |drops: u16, bytes: &[u8]| {
            let head = [endian.short(0), endian.short(drops)].concat();
            let length = u32::try_from(bytes.len()).unwrap();
            block(endian, 2, &[&head[..], &endian.words(&[0, 5, length, 60]), bytes].concat())
        };
        // All ones: the writer does not know how many were dropped.
        let file = [section(endian), interface(endian, 1, 0, &[]), old(0xffff, b"a"), old(4, b"b")];
        let start = |blocks: usize| 28 + file[..blocks].concat().len();
        assert_eq!(
            read(&file.concat()),
            [
                format!("1@5000 1/60 {}:a", start(2)),
                "drops 4 on \"\" after 1".to_owned(),
                format!("2@5000 1/60 {}:b", start(3)),
            ]
        );
    }
}

#[test]
fn secrets_of_tls_come_where_they_stand_and_others_are_skipped() {
    for endian in [Little, Big] {
        let secrets = |kind: u32, length: u32, text: &[u8]| {
            block(endian, 10, &[&endian.words(&[kind, length])[..], text].concat())
        };
        let file = [
            section(endian),
            secrets(0x544c_534b, 5, b"first"),
            interface(endian, 1, 0, &[]),
            enhanced(endian, 0, 5, b"a", &[]),
            secrets(0x544c_534b, 0, b""),
            // A WireGuard key log; a length that leads out of the block.
            secrets(0x5747_4b4c, 5, b"other"),
            secrets(0x544c_534b, 9, b"short"),
            enhanced(endian, 0, 6, b"b", &[]),
        ];
        let start = |blocks: usize| 28 + file[..blocks].concat().len();
        assert_eq!(
            read(&file.concat()),
            [
                "secrets first after 0".to_owned(),
                format!("1@5000 1/101 {}:a", start(3)),
                "secrets  after 1".to_owned(),
                format!("2@6000 1/101 {}:b", start(7)),
            ]
        );
    }
}

#[test]
fn other_blocks_are_skipped_and_those_wireshark_lists_take_a_number() {
    let packet = enhanced(Little, 0, 0, b"p", &[]);
    let file = [
        section(Little),
        interface(Little, 1, 0, &[]),
        block(Little, 4, b"names"),
        block(Little, 10, b"secrets"),
        block(Little, 0x7777_7777, b"unknown"),
        packet.clone(),
        block(Little, 0xbad, b"custom"),
        block(Little, 0x4000_0bad, b"custom, not to be copied"),
        block(Little, 9, b"__REALTIME_TIMESTAMP=1\n"),
        packet,
    ];
    let lines = read(&file.concat());
    // Wireshark 4 shows the two custom blocks and the journal entry as packets 2 to 4.
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("1@") && lines[1].starts_with("5@"), "{lines:?}");
}

#[test]
fn every_dropped_packet_is_told_once() {
    for endian in [Little, Big] {
        let statistics = |interface: u32, drops: u64, by_system: u64| {
            let counts = [
                option(endian, 5, &endian.long(drops)),
                option(endian, 7, &endian.long(by_system)),
                option(endian, 0, &[]),
            ];
            block(endian, 5, &[endian.words(&[interface, 0, 0]), counts.concat()].concat())
        };
        let after_drops = |drops| enhanced(endian, 0, 0, b"p", &option(endian, 4, &endian.long(drops)));
        let file = [
            section(endian),
            interface(endian, 1, 0, &option(endian, 2, b"eth0")),
            interface(endian, 1, 0, &option(endian, 2, b"eth1")),
            after_drops(3),
            // 3 of these 10 have been reported already.
            statistics(0, 8, 2),
            statistics(0, 8, 2),
            statistics(1, 0, 0),
            after_drops(0),
            statistics(0, 9, 2),
            statistics(1, 5, 0),
            // An interface nobody described.
            statistics(7, 5, 0),
        ];
        let lines = read(&file.concat());
        let drops: Vec<_> = lines.iter().filter(|line| line.starts_with("drops")).collect();
        assert_eq!(
            drops,
            [
                // The first packet is there to be named.
                "drops 3 on \"eth0\" after 1",
                "drops 7 on \"eth0\" after 1",
                "drops 1 on \"eth0\" after 2",
                "drops 5 on \"eth1\" after 2",
            ]
        );
    }
}

#[test]
fn what_was_dropped_before_the_first_packet_is_told_with_it() {
    let endian = Little;
    let old = |drops: u16, bytes: &[u8]| {
        let head = [endian.short(0), endian.short(drops)].concat();
        let length = u32::try_from(bytes.len()).unwrap();
        block(endian, 2, &[&head[..], &endian.words(&[0, 5, length, 60]), bytes].concat())
    };
    let statistics = |interface: u32, drops: u64| {
        let counts = [option(endian, 5, &endian.long(drops)), option(endian, 0, &[])].concat();
        block(endian, 5, &[endian.words(&[interface, 0, 0]), counts].concat())
    };
    let head = [
        section(endian),
        interface(endian, 1, 0, &option(endian, 2, b"eth0")),
        interface(endian, 1, 0, &option(endian, 2, b"eth1")),
    ]
    .concat();
    let told = |blocks: &[Vec<u8>]| -> Vec<String> {
        let lines = read(&[&head[..], &blocks.concat()].concat());
        lines.iter().map(|line| line.split(" 1/60").next().unwrap().to_owned()).collect()
    };
    let (one, other) = ("1@5000", "2@5000");
    assert_eq!(told(&[old(4, b"a"), old(0, b"b")]), [one, "drops 4 on \"eth0\" after 1", other]);
    assert_eq!(
        told(&[statistics(0, 3), old(4, b"a"), old(0, b"b")]),
        [one, "drops 7 on \"eth0\" after 1", other]
    );
    assert_eq!(
        told(&[statistics(1, 3), old(4, b"a"), old(2, b"b")]),
        [one, "drops 7 on \"\" after 1", "drops 2 on \"eth0\" after 1", other,]
    );
    assert_eq!(told(&[statistics(1, 3)]), ["drops 3 on \"eth1\" after 0"], "there is no packet");
}

#[test]
fn the_statistics_tell_how_late_it_was_when_the_capture_ended() {
    for endian in [Little, Big] {
        let statistics = |written: u32, end: &[u8]| {
            let options = [end, &option(endian, 0, &[])].concat();
            block(endian, 5, &[endian.words(&[0, 0, written]), options].concat())
        };
        let file = [
            section(endian),
            interface(endian, 1, 0, &[]),
            enhanced(endian, 0, 1_000_000, b"p", &[]),
            statistics(3_000_000, &[]),
            statistics(3_000_001, &option(endian, 3, &endian.words(&[0, 2_000_000]))),
            // Before the last packet, and longer after it than one can believe.
            statistics(999_999, &[]),
            statistics(0, &option(endian, 3, &endian.words(&[0x7fff, 0]))),
        ];
        let lines = read(&file.concat());
        assert_eq!(lines.get(1..), Some(&["clock 3000000000".to_owned(), "clock 2000000000".to_owned()][..]));
    }
}

/// A file of one good packet and then `broken`: what its error says is wrong, after the place was checked.
fn damage(broken: &[u8]) -> String {
    let good = [section(Little), interface(Little, 1, 0, &[]), enhanced(Little, 0, 0, b"good", &[])].concat();
    let message = last(&[&good, broken, &section(Little)].concat());
    let before = format!("capture: it is damaged at byte {}: ", good.len());
    let after = "; the 1 packet before it was analyzed, and what follows cannot be trusted: \
        if there is another copy of the file, read that";
    message
        .strip_prefix(&before)
        .and_then(|rest| rest.strip_suffix(after))
        .unwrap_or_else(|| panic!("{message}"))
        .to_owned()
}

#[test]
fn damage_is_told_with_its_place() {
    let packet = enhanced(Little, 0, 0, b"x", &[]);
    for length in [8, 33, (64 << 20) + 4] {
        let mut broken = packet.clone();
        broken[4..8].copy_from_slice(&Little.word(length));
        assert_eq!(
            damage(&broken),
            format!(
                "a block claims a length of {length} bytes, which is not a multiple of 4 between 12 and 67108864"
            )
        );
    }

    let mut broken = packet.clone();
    let end = broken.len() - 4;
    broken[end..].copy_from_slice(&Little.word(40));
    assert_eq!(damage(&broken), "a block's length is 36 at its start and 40 at its end");

    assert_eq!(
        damage(&enhanced(Little, 1, 0, b"x", &[])),
        "packet 2 names interface 1 (from 0), but its section has described only 1"
    );

    let mut broken = packet;
    broken[20..24].copy_from_slice(&Little.word(5));
    assert_eq!(damage(&broken), "the contents of an enhanced packet block do not fit its length");
    let old = block(Little, 2, &Little.words(&[0, 0, 0, 5, 5, 0]));
    assert_eq!(damage(&old), "the contents of a packet block do not fit its length");
    let simple = block(Little, 3, &Little.words(&[5, 0]));
    assert_eq!(damage(&simple), "the contents of a simple packet block do not fit its length");

    let mut broken = section(Little);
    broken[8..12].copy_from_slice(b"oops");
    assert_eq!(damage(&broken), "a section's byte-order mark is 6f6f7073, neither 1a2b3c4d nor 4d3c2b1a");
    let mut broken = section(Little);
    broken[12] = 2;
    assert_eq!(damage(&broken), "a section has pcapng version 2.0, of which wsight knows only 1");
}

#[test]
fn a_simple_packet_needs_an_interface() {
    let file = [section(Little), block(Little, 3, &Little.word(0))].concat();
    assert!(
        last(&file).contains("packet 1 names interface 0 (from 0), but its section has described only 0")
    );
}

#[test]
fn a_capture_that_is_cut_off_tells_where() {
    let head = [section(Little), interface(Little, 1, 0, &[])].concat();
    let file = [head.clone(), enhanced(Little, 0, 0, b"x", &[])].concat();
    let cut = |at: usize| last(&file[..at]);
    let message = |inside: &str, at: usize| {
        format!(
            "capture: the file ends inside {inside} at byte {at} (the capture was cut off); \
             there is no packet before it"
        )
    };
    assert_eq!(cut(file.len() - 1), message("packet 1", file.len() - 1));
    assert_eq!(cut(head.len() + 4), message("packet 1", head.len() + 4));
    assert_eq!(cut(head.len() + 3), message("a block", head.len() + 3));
    assert_eq!(cut(head.len() - 1), message("a block", head.len() - 1));
    assert_eq!(cut(20), message("its header", 20));
}

#[test]
fn a_block_larger_than_any_buffer_is_read_or_skipped() {
    let large = vec![b'x'; 3 << 20];
    let file = [
        section(Little),
        interface(Little, 1, 0, &[]),
        block(Little, 10, &large),
        enhanced(Little, 0, 0, &large, &[]),
        enhanced(Little, 0, 0, b"small", &[]),
    ];
    let start = 28 + file[..4].concat().len();
    let lines = read(&file.concat());
    assert_eq!(lines[0].matches('x').count(), large.len());
    assert_eq!(lines[1], format!("2@0 1/105 {start}:small"));
}
