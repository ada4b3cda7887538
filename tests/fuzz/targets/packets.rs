//! Any bytes as packets of any link type: each is exactly one segment or one skip, and no payload is longer than it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsight::model::{Decoded, Limits, LinkType, Packet};
use wsight::net::Net;
use wsight_fuzz::{Input, stamp};

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let link = LinkType(u32::from(input.short()));
    let mut net = Net::new(&Limits { fragment_datagrams: 4, ..Limits::default() });
    let (mut number, mut bytes_so_far) = (0, 0);
    while !input.is_over() {
        let length = input.short();
        // Every fourth packet was longer on the wire.
        let bytes = input.take(usize::from(length & 0x3fff));
        let more = if length & 0xc000 == 0xc000 { u32::from(input.short()) } else { 0 };
        number += 1;
        bytes_so_far += bytes.len();
        let packet = Packet { stamp: stamp(number), link, wire_length: bytes.len() as u32 + more, bytes };
        let mut decoded = 0;
        net.push(&packet, &mut |out| {
            decoded += 1;
            if let Decoded::Segment(segment) = out {
                assert_eq!(segment.header.stamp, packet.stamp);
                assert!(segment.payload.len() <= bytes_so_far, "no payload is invented");
                assert!(segment.payload.len() + segment.header.cut as usize <= 0xffff_ffff);
            }
        });
        assert_eq!(decoded, 1, "every packet is a segment or a counted skip");
    }
});
