//! RFC 6455 §5.6 and §8.1: a text message is UTF-8 as a whole, wherever it is cut.

use super::{Batch, OPEN, OPEN_DEFLATE, SIDES};

/// Where `bytes` stop being UTF-8, by the grammar of RFC 3629 §4.
fn first_fault(bytes: &[u8]) -> Option<usize> {
    const TAIL: (u8, u8) = (0x80, 0xbf);
    let mut at = 0;
    while at < bytes.len() {
        let tails: &[(u8, u8)] = match bytes[at] {
            0x00..=0x7f => &[],
            0xc2..=0xdf => &[TAIL],
            0xe0 => &[(0xa0, 0xbf), TAIL],
            0xe1..=0xec | 0xee..=0xef => &[TAIL, TAIL],
            0xed => &[(0x80, 0x9f), TAIL],
            0xf0 => &[(0x90, 0xbf), TAIL, TAIL],
            0xf1..=0xf3 => &[TAIL, TAIL, TAIL],
            0xf4 => &[(0x80, 0x8f), TAIL, TAIL],
            _ => return Some(at),
        };
        for (index, (from, to)) in tails.iter().enumerate() {
            if !bytes.get(at + 1 + index).is_some_and(|byte| (from..=to).contains(&byte)) {
                return Some(at);
            }
        }
        at += 1 + tails.len();
    }
    None
}

fn fault(side: &str, bytes: &[u8]) -> Option<String> {
    first_fault(bytes).map(|offset| format!("message-invalid-utf8 {side} 1 offset={offset}"))
}

/// The borders of every length of character, and characters that are odd but allowed.
const VALID: [&str; 9] = [
    "c280",
    "dfbf",
    "e0a080",
    "ed9fbf",
    "ee8080 efbfbf",
    "efbbbf 61",
    "f0908080",
    "f48fbfbf 00",
    "61 f09f9880 e282ac c3a9",
];

/// What lies just beyond, with the place of the fault.
const INVALID: [(&str, usize); 23] = [
    ("80", 0),
    ("bf", 0),
    ("c0 80", 0),
    ("c1 bf", 0),
    ("61 c2", 1),
    ("61 c2 41", 1),
    ("e0 80 80", 0),
    ("e0 9f bf", 0),
    ("61 61 ed a0 80", 2),
    ("ed bf bf 61", 0),
    ("ed a0 bd ed b8 80", 0),
    ("f0 80 80 80", 0),
    ("f0 8f bf bf", 0),
    ("61 f4 90 80 80", 1),
    ("f5 80 80 80", 0),
    ("f8 88 80 80 80", 0),
    ("fe", 0),
    ("ff 61", 0),
    ("61 e2 82", 1),
    ("c3 a9 e2 82 41", 2),
    ("f0 9f 98", 0),
    ("e2 82 ac f0 9f 98 41", 3),
    ("f0 9f 98 80 f0", 4),
];

fn bytes_of(text: &str) -> Vec<u8> {
    hex::decode(text.replace(' ', "")).unwrap()
}

fn samples() -> impl Iterator<Item = Vec<u8>> {
    let invalid = INVALID.iter().map(|(text, offset)| {
        let bytes = bytes_of(text);
        assert_eq!(first_fault(&bytes), Some(*offset), "{text}: the two tables of this test agree");
        bytes
    });
    let valid = VALID.iter().map(|text| {
        let bytes = bytes_of(text);
        assert_eq!(first_fault(&bytes), None, "{text}: the two tables of this test agree");
        bytes
    });
    valid.chain(invalid)
}

#[test]
fn cut_into_fragments_at_every_place() {
    let mut batch = Batch::new(&["offset"]);
    for bytes in samples() {
        for (side, step, other) in SIDES {
            for (open, ending) in [(OPEN, ""), (OPEN_DEFLATE, "-deflate")] {
                for at in 0..=bytes.len() {
                    let (before, after) = (hex::encode(&bytes[..at]), hex::encode(&bytes[at..]));
                    // A ping between them changes nothing.
                    batch.row(
                        &format!(
                            "{open}{step} text{ending}-part {before}   {step} ping \"x\"   {other} pong \"x\"\n\
                             {step} continuation{ending} {after}"
                        ),
                        fault(side, &bytes),
                    );
                }
            }
            let pieces: Vec<String> =
                bytes.iter().map(|byte| format!("| continuation-part {byte:02x}")).collect();
            batch.row(
                &format!("{OPEN}{step} [ text-part {} | continuation ]", pieces.join(" ")),
                fault(side, &bytes),
            );
        }
    }
    batch.check();
}

#[test]
fn cut_into_segments_at_every_place() {
    let mut batch = Batch::new(&["offset"]);
    for bytes in samples() {
        for (side, step, header) in [("client", "C>", 6), ("server", "S<", 2)] {
            let payload = hex::encode(&bytes);
            for at in 1..header + bytes.len() {
                batch.row(&format!("{OPEN}{step} split-at {at} text {payload}"), fault(side, &bytes));
            }
            batch.row(&format!("{OPEN}{step} split 1 text {payload}"), fault(side, &bytes));
        }
    }
    batch.check();
}

/// Every sequence of up to three bytes, and those of four that begin like a character of four, from the bytes at which
/// the grammar changes its mind.
#[test]
fn every_sequence_of_telling_bytes() {
    const TELLING: [u8; 22] = [
        0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
        0xf0, 0xf3, 0xf4, 0xf5, 0xff,
    ];
    let mut sequences: Vec<Vec<u8>> = TELLING.iter().map(|byte| vec![*byte]).collect();
    for two in 0..TELLING.len().pow(2) {
        let (a, b) = (TELLING[two / TELLING.len()], TELLING[two % TELLING.len()]);
        sequences.push(vec![a, b]);
        sequences.extend(TELLING.iter().map(|c| vec![a, b, *c]));
        if a >= 0xf0 {
            for c in [0x7f, 0x80, 0xbf, 0xc0] {
                sequences.extend([0x7f, 0x80, 0xbf, 0xc0].map(|d| vec![a, b, c, d]));
            }
        }
    }
    let mut batch = Batch::new(&["offset", "message"]);
    for messages in sequences.chunks(200) {
        let frames: Vec<String> =
            messages.iter().map(|bytes| format!("text {}", hex::encode(bytes))).collect();
        let expected = (1..).zip(messages).filter_map(|(number, bytes)| {
            let offset = first_fault(bytes)?;
            Some(format!("message-invalid-utf8 server {number} offset={offset} message={number}"))
        });
        batch.row(&format!("{OPEN}S< [ {} ]", frames.join(" | ")), expected);
    }
    batch.check();
}

/// §5.6: binary is "arbitrary"; §5.5.2: so is what a ping carries.
#[test]
fn only_texts_have_to_be_utf8() {
    let mut batch = Batch::new(&[]);
    for bytes in samples() {
        let payload = hex::encode(&bytes);
        batch.row(
            &format!(
                "{OPEN}S< binary {payload}   S< ping {payload}   C> pong {payload}   C> binary {payload}"
            ),
            [""; 0],
        );
    }
    batch.check();
}
