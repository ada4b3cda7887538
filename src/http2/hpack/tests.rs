//! What holds for compressed heads.

use super::*;
use proptest::prelude::*;

fn decoder() -> Decoder {
    Decoder::new(64 << 10, 64 << 10)
}

/// The fields as `name: value`, with a question mark for what is not known.
fn decode(decoder: &mut Decoder, hex: &str) -> Vec<String> {
    let fields = decoder.decode(&hex::decode(hex.replace(' ', "")).unwrap());
    assert_eq!(fields.fault, None);
    texts(&fields)
}

fn texts(fields: &FieldSection) -> Vec<String> {
    let text = |part: &KnownText| {
        part.as_ref().map_or("?".into(), |bytes| String::from_utf8_lossy(bytes).into_owned())
    };
    fields.list.iter().map(|field| format!("{}: {}", text(&field.name), text(&field.value))).collect()
}

#[test]
fn requests_of_one_connection() {
    // RFC 7541 Appendix C.4.
    let mut decoder = decoder();
    let first = [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"];
    assert_eq!(decode(&mut decoder, "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff"), first);
    let second = decode(&mut decoder, "8286 84be 5886 a8eb 1064 9cbf");
    assert_eq!(second[..4], first);
    assert_eq!(second[4..], ["cache-control: no-cache"]);
    let third = decode(&mut decoder, "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf");
    assert_eq!(third[3..], [":authority: www.example.com", "custom-key: custom-value"]);
}

#[test]
fn old_fields_leave_a_full_table() {
    // RFC 7541 Appendix C.6: a table of 256 bytes.
    let mut decoder = decoder();
    assert!(decode(&mut decoder, "3fe101").is_empty());
    decode(
        &mut decoder,
        "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 \
         63c7 8f0b 97c8 e9ae 82ae 43d3",
    );
    assert_eq!(decode(&mut decoder, "4883 640e ffc1 c0bf")[0], ":status: 307");
    assert_eq!(decoder.table.size, 222);
    assert_eq!(decoder.decode(&[0xc2]).fault, Some(HpackFault::Index));
}

#[test]
fn what_was_lost_is_unknown_and_what_comes_later_is_known() {
    let mut decoder = decoder();
    decode(&mut decoder, "4002 6161 0131");
    decoder.doubt();
    let guess = decoder.decode(&[0xbe]);
    assert_eq!((texts(&guess), guess.list[0].guessed), (vec!["aa: 1".into()], true));
    decode(&mut decoder, "4002 6262 0132");
    assert!(!decoder.decode(&[0xbe]).list[0].guessed);
    decoder.drop_guesses();
    assert_eq!(decode(&mut decoder, "be bf 7f00 0133"), ["bb: 2", "?: ?", "?: 3"]);
}

#[test]
fn a_table_larger_than_the_cap_is_known_as_far_as_it_is_kept() {
    let mut decoder = Decoder::new(80, 64 << 10);
    decode(&mut decoder, "4002 6161 0131");
    decode(&mut decoder, "4002 6262 0132");
    decode(&mut decoder, "4002 6363 0133");
    assert_eq!(decode(&mut decoder, "be bf c0"), ["cc: 3", "bb: 2", "?: ?"]);
}

#[test]
fn a_bomb_costs_no_more_than_the_cap() {
    // A field of 4000 bytes, and a thousand references to it.
    let mut decoder = Decoder::new(64 << 10, 16 << 10);
    let mut block = vec![0x40, 1, b'a', 0x7f, 0xa1, 0x1e];
    block.extend([b'x'; 4000]);
    block.extend([0xbe; 1000]);
    let fields = decoder.decode(&block);
    assert_eq!((fields.list.len(), fields.left_out, fields.fault), (4, 997, None));
}

#[test]
fn numbers_end() {
    for block in [&[0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80][..], &[0xff], &[0x40, 5, b'a'], &[0x80]] {
        assert!(decoder().decode(block).fault.is_some(), "{block:?}");
    }
    assert_eq!(decoder().decode(&[0x3f, 0xe2, 0x1f]).fault, Some(HpackFault::TableSize));
}

proptest! {
    /// Whatever comes, it ends, and the table keeps to its size.
    #[test]
    fn any_bytes_will_do(blocks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..16)) {
        let mut decoder = Decoder::new(256, 1024);
        for block in blocks {
            decoder.decode(&block);
            let size: usize = decoder.table.fields.iter().map(FieldLine::size).sum();
            prop_assert_eq!(size, decoder.table.size);
            prop_assert!(size <= 256);
        }
    }
}

/// Fields as another implementation has them.
fn peers(fields: Vec<(Vec<u8>, Vec<u8>)>) -> Vec<FieldLine> {
    let known = |bytes: Vec<u8>| Some(bytes.into());
    fields
        .into_iter()
        .map(|(name, value)| FieldLine { name: known(name), value: known(value), guessed: false })
        .collect()
}

proptest! {
    /// Heads that another implementation compressed.
    #[test]
    fn what_others_compress_is_read(
        heads in prop::collection::vec(prop::collection::vec(("[a-c:]{1,3}", "[ -~]{0,40}"), 0..8), 1..8)
    ) {
        let (mut encoder, mut decoder) = (loona_hpack::Encoder::new(), decoder());
        for head in heads {
            let head: Vec<_> = head.into_iter().map(|(name, value)| (name.into_bytes(), value.into_bytes())).collect();
            let block = encoder.encode(head.iter().map(|(name, value)| (&name[..], &value[..])));
            let fields = decoder.decode(&block);
            prop_assert_eq!(fields.fault, None);
            prop_assert_eq!(fields.list, peers(head));
        }
    }

    /// Any bytes mean the same to another implementation, as long as it finds nothing wrong.
    #[test]
    fn any_bytes_mean_what_they_mean_to_others(
        blocks in prop::collection::vec(prop::collection::vec(prop_oneof![0x80..0xc8u8, 0..8u8, 0x40..0x44u8, any::<u8>()], 0..24), 1..6)
    ) {
        let (mut other, mut decoder) = (loona_hpack::Decoder::new(), decoder());
        for block in blocks {
            let Ok(expected) = other.decode(&block) else { break };
            let fields = decoder.decode(&block);
            prop_assert_eq!(fields.fault, None);
            prop_assert_eq!(fields.list, peers(expected));
        }
    }
}
