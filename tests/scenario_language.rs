//! The scenario language itself: what it sends, byte by byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod scenario;

use etherparse::{SlicedPacket, TcpSlice, TransportSlice};
use scenario::{OwnedPacket, Scenario};

/// The TCP layer of a packet that was captured whole, its checksum verified.
fn tcp(packet: &OwnedPacket) -> TcpSlice<'_> {
    let sliced = SlicedPacket::from_ethernet(&packet.bytes).unwrap();
    let Some(TransportSlice::Tcp(tcp)) = sliced.transport else { panic!("not TCP: {sliced:?}") };
    let checksum = match sliced.net.unwrap() {
        etherparse::NetSlice::Ipv4(ip) => {
            let ip = ip.header();
            tcp.calc_checksum_ipv4(ip.source(), ip.destination())
        }
        etherparse::NetSlice::Ipv6(ip) => {
            let ip = ip.header();
            tcp.calc_checksum_ipv6(ip.source(), ip.destination())
        }
        other @ etherparse::NetSlice::Arp(_) => panic!("not IP: {other:?}"),
    };
    assert_eq!(tcp.checksum(), checksum.unwrap());
    tcp
}

/// A packet in a few words: client or server, flags, relative sequence and acknowledgment numbers, payload length.
fn sketch(packet: &OwnedPacket) -> String {
    let tcp = tcp(packet);
    let from_client = tcp.source_port() > 30_000;
    let (own, other) = if from_client { (1_010_000, 5_010_000) } else { (5_010_000, 1_010_000) };
    let side = if from_client { 'C' } else { 'S' };
    let flags: String = [(tcp.syn(), 'S'), (tcp.fin(), 'F'), (tcp.rst(), 'R'), (tcp.psh(), 'P')]
        .into_iter()
        .filter_map(|(set, letter)| set.then_some(letter))
        .collect();
    let sequence = tcp.sequence_number().wrapping_sub(own);
    let acknowledged =
        if tcp.ack() { tcp.acknowledgment_number().wrapping_sub(other).to_string() } else { "-".to_owned() };
    format!("{side}{flags} {sequence}/{acknowledged} +{}", tcp.payload().len())
}

fn sketches(text: &str) -> Vec<String> {
    Scenario::parse(text).packets().iter().map(sketch).collect()
}

/// The payloads of all packets that have one.
fn payloads(text: &str) -> Vec<Vec<u8>> {
    let scenario = Scenario::parse(text);
    let payloads = scenario.packets().iter().map(|packet| tcp(packet).payload().to_vec());
    payloads.filter(|payload| !payload.is_empty()).collect()
}

/// The payload of the one packet that has one, as hex.
fn bytes(step: &str) -> String {
    let payloads = payloads(step);
    assert_eq!(payloads.len(), 1, "{step}");
    hex::encode(&payloads[0])
}

#[test]
fn a_connection_opens_by_itself_and_every_packet_is_acknowledged() {
    let expected = ["CS 0/- +0", "SS 0/1 +0", "C 1/1 +0", "CP 1/1 +8", "S 1/9 +0", "SP 1/9 +4", "C 9/5 +0"];
    assert_eq!(sketches("C> ping 01 02\nS< pong 01 03"), expected);
}

#[test]
fn fin_takes_a_place_and_rst_none() {
    let expected = ["CFP 1/1 +6", "S 1/8 +0", "SR 1/8 +0"];
    assert_eq!(sketches("C> [ close | fin ]   S< rst")[3..], expected);
}

#[test]
fn a_refused_connection_is_a_syn_and_a_reset() {
    let scenario = Scenario::parse("C> syn   S< rst");
    let [syn, rst] = scenario.packets() else { panic!() };
    assert_eq!(sketch(syn), "CS 0/- +0");
    let rst = tcp(rst);
    assert!(rst.rst() && rst.ack());
    assert_eq!((rst.sequence_number(), rst.acknowledgment_number()), (0, 1_010_001));
}

#[test]
fn an_explicit_handshake_is_not_repeated() {
    let expected = ["CS 0/- +0", "CS 0/- +0", "SS 0/1 +0", "C 1/1 +0", "CP 1/1 +1"];
    assert_eq!(sketches("C> syn   C> syn   S< synack   C> noack raw 00"), expected);
    assert_eq!(sketches("no-handshake\nC> raw 00"), ["CP 1/1 +1", "S 1/2 +0"]);
}

#[test]
fn frames_of_the_rfc() {
    // RFC 6455 §5.7.
    assert_eq!(bytes("S< text \"Hello\""), "810548656c6c6f");
    assert_eq!(bytes("C> text mask=37fa213d \"Hello\""), "818537fa213d7f9f4d5158");
    assert_eq!(payloads("S< text-part \"Hel\"   S< continuation \"lo\"").concat(), *b"\x01\x03Hel\x80\x02lo");
    assert_eq!(bytes("S< binary 256*00")[..8], *"827e0100");
    assert_eq!(payloads("S< binary 65536*00").concat()[..10], *b"\x82\x7f\0\0\0\0\0\x01\0\0");
}

#[test]
fn the_clients_frames_are_masked_with_new_keys() {
    // 0x9e3779b9, and twice that modulo 2^32.
    assert_eq!(payloads("C> ping   C> ping"), [b"\x89\x80\x9e\x37\x79\xb9", b"\x89\x80\x3c\x6e\xf3\x72"]);
    assert_eq!(bytes("S< ping mask=auto 9e"), "89819e3779b900");
    assert_eq!(bytes("C> ping mask=none"), "8900");
}

#[test]
fn frames_can_be_wrong_in_every_field() {
    assert_eq!(bytes("S< frame fin=0 rsv=4 opcode=3 mask=00000000 len=202 \"ab\""), "43fe00ca000000006162");
    assert_eq!(bytes("S< frame form=64 01"), "817f000000000000000101");
    assert_eq!(bytes("S< binary len=0x8000000000000001 ff"), "827f8000000000000001ff");
    assert_eq!(bytes("S< text len=1 \"abc\""), "8101616263");
}

#[test]
fn close_frames() {
    assert_eq!(bytes("S< close"), "8800");
    assert_eq!(bytes("S< close 1000 \"bye\""), "880503e8627965");
    assert_eq!(bytes("S< close 03"), "880103");
}

#[test]
fn payloads_in_every_notation() {
    assert_eq!(
        bytes(r#"S< raw "\n\r\t\0\\\"\xff\u{e9}" 00ff 3*ab 2*"ha""#),
        "0a0d09005c22ffc3a900ffababab68616861"
    );
    assert_eq!(bytes("S< raw \"# no comment\" # a comment"), hex::encode("# no comment"));
}

#[test]
fn deflated_messages_of_the_rfc() {
    // RFC 7692 §7.2.3.1 and §7.2.3.2: the same message twice, the second with the first as context.
    assert_eq!(bytes("S< text-deflate \"Hello\""), "c107f248cdc9c90700");
    let twice = payloads("S< text-deflate \"Hello\"   S< text-deflate \"Hello\"");
    assert_eq!(hex::encode(&twice[1]), "c105f200110000");
    let fresh = payloads("S< text-deflate \"Hello\"   S< text-deflate fresh \"Hello\"");
    assert_eq!(fresh[0], fresh[1]);
    // A piece that is not the last keeps its tail.
    assert_eq!(
        payloads("S< text-deflate-part \"Hello\"   S< continuation-deflate").concat(),
        hex::decode("410bf248cdc9c907000000ffff800100").unwrap()
    );
}

#[test]
fn the_upgrade_of_the_rfc() {
    let both = payloads("C> upgrade /chat\nS< 101");
    assert_eq!(
        String::from_utf8_lossy(&both[0]),
        "GET /chat HTTP/1.1\r\nHost: chat.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    assert_eq!(
        String::from_utf8_lossy(&both[1]),
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    );
}

#[test]
fn headers_can_be_dropped_replaced_and_added() {
    let request = payloads(
        "C> upgrade POST / HTTP/1.0 -connection =Upgrade: h2c, websocket +Origin: http://evil -Host deflate",
    );
    assert_eq!(
        String::from_utf8_lossy(&request[0]),
        "POST / HTTP/1.0\r\nUpgrade: h2c, websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Version: 13\r\nOrigin: http://evil\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    );
    let answer = payloads("S< http 401 \"no\" +WWW-Authenticate: \"Basic  realm=-x\"");
    assert_eq!(
        String::from_utf8_lossy(&answer[0]),
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nWWW-Authenticate: Basic  realm=-x\r\n\r\nno"
    );
    assert_eq!(payloads("C> http HEAD /x")[0], *b"HEAD /x HTTP/1.1\r\nHost: chat.test\r\n\r\n");
}

#[test]
fn several_actions_share_a_segment_or_follow_in_the_next() {
    let expected = ["SP 1/1 +6", "C 1/7 +0", "SP 7/1 +4"];
    assert_eq!(sketches("S< noack [ text \"hi\" | ping ]")[3..], expected[..1]);
    assert_eq!(
        sketches("S< [ text \"hi\" | ping || pong 01 02 ]")[3..6],
        ["S 1/1 +6", expected[1], expected[2]]
    );
}

#[test]
fn steps_are_split() {
    assert_eq!(sketches("S< noack split 3 raw 7*00")[3..], ["S 1/1 +3", "S 4/1 +3", "SP 7/1 +1"]);
    assert_eq!(sketches("S< noack split-at 1,5 raw 7*00")[3..], ["S 1/1 +1", "S 2/1 +4", "SP 6/1 +2"]);
    assert_eq!(sketches("S< noack raw 3000*00")[3..], ["S 1/1 +1460", "S 1461/1 +1460", "SP 2921/1 +80"]);
}

#[test]
fn what_is_lost_is_acknowledged_all_the_same() {
    assert_eq!(sketches("S< lose raw 7*00   S< raw 00")[3..], ["C 1/8 +0", "SP 8/1 +1", "C 1/9 +0"]);
    let part = ["S 1/1 +2", "C 1/3 +0", "C 1/6 +0", "SP 6/1 +2", "C 1/8 +0"];
    assert_eq!(sketches("S< lose-part 2..5 raw 7*00")[3..], part);
    assert_eq!(sketches("S< drop raw 7*00   S< raw 00")[3..], ["SP 8/1 +1", "C 1/1 +0"]);
    assert_eq!(sketches("S< lose-ack raw 00")[3..], ["SP 1/1 +1"]);
}

#[test]
fn segments_out_of_order_and_twice() {
    let swapped = ["SP 5/1 +4", "C 1/1 +0", "S 1/1 +4", "C 1/9 +0"];
    assert_eq!(sketches("S< swap split 4 raw 8*00")[3..], swapped);
    assert_eq!(sketches("S< late raw 00")[3..], ["C 1/2 +0", "SP 1/1 +1"]);
    assert_eq!(sketches("S< dup raw 00")[3..], ["SP 1/1 +1", "SP 1/1 +1", "C 1/2 +0"]);
    assert_eq!(sketches("S< retransmit raw 00")[3..], ["SP 1/1 +1", "C 1/2 +0", "SP 1/1 +1", "C 1/2 +0"]);
    assert_eq!(payloads("S< overlap-conflict 2 raw 000000"), [[0, 0, 0], [0, 0xff, 0xff]]);
    let orders = [[2, 2], [2, 0xfd], [1, 1]];
    assert_eq!(payloads("S< order 2 2~1 1 split 2 raw 01 01 02 02"), orders);
}

#[test]
fn numbers_wrap_around() {
    let scenario = Scenario::parse("isn 4294967290\nC> raw 10*00\nC> raw 00");
    let sequence = |at: usize| tcp(&scenario.packets()[at]).sequence_number();
    assert_eq!((sequence(0), sequence(3), sequence(5)), (4_294_967_290, 4_294_967_291, 5));
    assert_eq!(tcp(&scenario.packets()[4]).acknowledgment_number(), 5);
}

#[test]
fn every_packet_takes_its_time() {
    let text = "C> raw 00\nwait 5.5s\nstep 10us\nC> lose raw 00\nwait -1ms\nC> raw 00";
    let scenario = Scenario::parse(text);
    let start = scenario.packets()[0].time_ns;
    assert_eq!(start, 1_700_000_000_000_000_000);
    let micros: Vec<i64> = scenario.packets().iter().map(|packet| (packet.time_ns - start) / 1000).collect();
    // Handshake, data, acknowledgment; then the lost packet's time and its acknowledgment; then a step back.
    assert_eq!(micros, [0, 1000, 2000, 3000, 4000, 5_505_010, 5_504_020, 5_504_030]);
}

#[test]
fn connections_have_places_of_their_own() {
    let text = "server 9000\n3: client 10.0.0.7:5\n3: server 10.0.0.9\nC> syn   2C> syn   3C> syn";
    let scenario = Scenario::parse(text);
    let ends = |packet: &OwnedPacket| {
        let sliced = SlicedPacket::from_ethernet(&packet.bytes).unwrap();
        let ip = sliced.net.unwrap().ipv4_ref().unwrap().header().to_header();
        (ip.source[3], tcp(packet).source_port(), ip.destination[3], tcp(packet).destination_port())
    };
    let found: Vec<_> = scenario.packets().iter().map(ends).collect();
    assert_eq!(found, [(1, 40_001, 2, 9000), (1, 40_002, 2, 9000), (7, 5, 9, 9000)]);
}

#[test]
fn links_of_other_kinds() {
    for (settings, headers) in [("", 54), ("vlan 7", 58), ("vlan 7 8", 62), ("ipv6", 74)] {
        let scenario = Scenario::parse(&format!("{settings}\nC> raw 00"));
        assert_eq!(scenario.packets()[3].bytes.len(), headers + 1, "{settings}");
        assert_eq!(sketch(&scenario.packets()[3]), "CP 1/1 +1");
    }
}

#[test]
fn hops_and_windows_are_those_of_the_side_or_of_the_step() {
    let scenario = Scenario::parse("ttl server 57\nwindow client 0\nC> raw 00   S< raw 00   S< ttl 255 rst");
    let marks = |packet: &OwnedPacket| {
        let sliced = SlicedPacket::from_ethernet(&packet.bytes).unwrap();
        (sliced.net.unwrap().ipv4_ref().unwrap().header().ttl(), tcp(packet).window_size())
    };
    let found: Vec<_> = scenario.packets().iter().map(marks).collect();
    let (client, server) = ((64, 0), (57, 65_535));
    let reset = (255, 65_535);
    assert_eq!(found, [(64, 65_535), server, client, client, server, server, client, reset]);
}

#[test]
fn what_vanishes_is_captured_and_sent_again_after_growing_waits() {
    let text = "C> vanish resend 2 100ms raw 2*00   S< raw 00";
    assert_eq!(sketches(text)[3..], ["CP 1/1 +2", "CP 1/1 +2", "CP 1/1 +2", "SP 1/1 +1", "C 3/2 +0"]);
    let scenario = Scenario::parse(text);
    let times: Vec<i64> = scenario.packets().iter().map(|packet| packet.time_ns / 1_000_000).collect();
    assert_eq!(times.windows(2).map(|pair| pair[1] - pair[0]).skip(3).collect::<Vec<_>>(), [101, 201, 1, 1]);
}

#[test]
fn what_is_damaged_is_sent_again_and_not_acknowledged_before() {
    let scenario = Scenario::parse("S< damage ping 01 02");
    let [damaged, whole, ack] = &scenario.packets()[3..] else { panic!("three packets") };
    assert_eq!((sketch(whole), sketch(ack)), ("SP 1/1 +4".to_owned(), "C 1/5 +0".to_owned()));
    let differing = damaged.bytes.iter().zip(&whole.bytes).rev();
    assert!(differing.take(4).map(|(a, b)| a != b).eq([true, false, false, false]));
    assert!(std::panic::catch_unwind(|| tcp(damaged).payload().len()).is_err(), "its checksum is wrong");
}

#[test]
fn a_packet_may_be_captured_early_and_bytes_go_with_the_syn() {
    let expected = ["SP 1/9 +4", "CP 1/1 +8", "S 1/9 +0", "C 9/5 +0"];
    assert_eq!(sketches("C> ping 01 02\nS< early 2 pong 01 03")[3..], expected);
    let expected = ["CS 0/- +8", "SS 0/9 +0", "C 9/1 +0", "SP 1/9 +4", "C 9/5 +0"];
    assert_eq!(sketches("C> on-syn ping 01 02\nS< pong 01 03"), expected);
}

#[test]
fn two_clocks_are_merged_by_time() {
    let scenario = Scenario::parse("skew server 2.5ms\nC> ping 01 02");
    let told: Vec<(i64, String)> =
        scenario.packets().iter().map(|packet| (packet.time_ns % 1_000_000_000, sketch(packet))).collect();
    let order: Vec<&str> = told.iter().map(|(_, sketch)| sketch.as_str()).collect();
    assert_eq!(order, ["CS 0/- +0", "C 1/1 +0", "CP 1/1 +8", "SS 0/1 +0", "S 1/9 +0"]);
    assert_eq!([told[3].0, told[4].0], [3_500_000, 6_500_000]);
}

#[test]
fn syns_have_the_options_that_are_asked_for() {
    let scenario = Scenario::parse("syn-options 01030307\nC> ping 01");
    let options: Vec<usize> = scenario.packets().iter().map(|packet| tcp(packet).options().len()).collect();
    assert_eq!(options, [8, 8, 0, 0, 0]);
}

#[test]
fn the_capture_may_keep_less_than_was_sent() {
    let scenario = Scenario::parse("C> cut 60 raw 10*00\nsnaplen 50\nS< raw 00\npacket 100*ff");
    let lengths: Vec<_> =
        scenario.packets().iter().map(|packet| (packet.bytes.len(), packet.wire_length)).collect();
    assert_eq!(lengths[3..], [(60, 64), (54, 54), (50, 55), (50, 54), (50, 100)]);
}

#[test]
fn a_pcap_file_in_nanoseconds() {
    let file = Scenario::parse("packet 01 02 03").to_pcap();
    let expected = "4d3cb2a1 0200 0400 00000000 00000000 00000400 01000000 \
                    00f15365 00000000 03000000 03000000 010203";
    assert_eq!(hex::encode(file), expected.replace(' ', ""));
}

#[test]
fn a_pcapng_file_that_tells_of_drops() {
    let file = Scenario::parse("drops 17\npacket 01 02 03").to_pcapng();
    let blocks = [
        "0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000",
        "01000000 20000000 01000000 00000400 09000100 09000000 00000000 20000000",
        "06000000 24000000 00000000 fe9c9717 00002a36 03000000 03000000 01020300 24000000",
        "05000000 28000000 00000000 fe9c9717 00002a36 05000800 1100000000000000 00000000 28000000",
    ];
    // 1700000000000000000 is 0x17979cfe362a0000: high half first, each little-endian.
    let expected = blocks.concat().replace(' ', "");
    assert_eq!(hex::encode(file), expected);
}

#[test]
#[should_panic(expected = "scenario line 2: there is no action \"pign\": C> pign 01")]
fn a_mistake_panics_with_its_line() {
    Scenario::parse("C> ping\n  C> pign 01");
}

#[test]
fn every_case_compiles_and_differs_from_its_clean_twin() {
    for case in scenario::cases::all() {
        let (faulty, clean) = (Scenario::parse(case.faulty), Scenario::parse(case.clean));
        assert_ne!(faulty.to_pcapng(), clean.to_pcapng(), "{case:?}");
        for (field, value) in case.expect {
            serde_json::from_str::<serde_json::Value>(value)
                .unwrap_or_else(|error| panic!("{field}: {error}"));
        }
    }
}
