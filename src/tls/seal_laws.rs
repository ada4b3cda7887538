//! What holds for records that are sealed anew.

use crate::model::{Chunk, Peer, PerPeer, Stamp, StreamEvent};

use super::laws::{KINDS, chat, expected};
use super::record::HEADER;
use super::testing::{Piece, Talk, read};
use super::{Event, Expecting, Origin, RecordReading, Sealing, Secret, Secrets, Tls, Version};

/// What is said, with each record that can be opened sealed anew where it stands: with other secrets, which are returned.
fn sealed_anew(talk: &Talk) -> (Vec<Piece>, Secrets) {
    let (mut tls, mut secrets) = (Tls::new(Expecting::Nothing), Secrets::default());
    let mut sent = PerPeer::<Vec<u8>>::default();
    let mut pieces = Vec::new();
    for Piece { from, bytes } in &talk.pieces {
        let mut made = bytes.clone();
        let start = sent.of(*from).len() as u64;
        let event = StreamEvent::Data(Chunk::plain(bytes, Stamp::default(), start));
        tls.push(*from, event, &talk.secrets, &mut |event| {
            let Event::Record(record) = event else { return };
            assert_eq!((record.extent.start, record.extent.length()), (start, bytes.len() as u64));
            let RecordReading::Opened(opened) = record.reading else { return };
            let seal = opened.seal;
            let secret = seal.secret(&talk.secrets).unwrap();
            let other: Vec<u8> = secret.bytes().iter().map(|byte| byte ^ 0x5a).collect();
            let other = Secret::new(&other);
            secrets.add(seal.random().unwrap(), seal.label().unwrap(), other.clone(), Origin::Capture);
            let other = (0..seal.generation()).fold(other, |secret, _| seal.successor(&secret));
            made[HEADER..].fill(0);
            let text = opened.start..opened.start + opened.text.len();
            made[text.clone()].copy_from_slice(opened.text);
            let sealer = seal.sealer(Some(&other), &mut |random| random).unwrap();
            let sealing = Sealing { content: opened.content, text, number: opened.number };
            sealer.seal(sent.of(*from), &mut made, &sealing).unwrap();
            assert_ne!(made, *bytes);
        });
        sent.of_mut(*from).extend_from_slice(&made);
        pieces.push(Piece { from: *from, bytes: made });
    }
    (pieces, secrets)
}

#[test]
fn every_kind_of_record_can_be_sealed_anew_with_other_secrets() {
    for kind in KINDS {
        let (pieces, secrets) = sealed_anew(&chat(kind));
        assert_eq!(read(&pieces, &secrets, Expecting::Nothing).0, expected(), "{kind:X?}");
    }
}

#[test]
fn a_key_update_leads_to_the_successor_of_the_other_secret() {
    let mut talk = Talk::agreed(0x1302, Version::TLS13, false);
    for text in [&b"before"[..], b"between", b"after"] {
        talk.say(Peer::Server, text);
        talk.update(Peer::Server);
    }
    let (pieces, secrets) = sealed_anew(&talk);
    assert_eq!(read(&pieces, &secrets, Expecting::Nothing).0.server, b"beforebetweenafter");
}

#[test]
fn a_record_without_the_form_of_its_suite_is_not_sealed() {
    let talk = Talk::agreed(0xC013, Version::TLS12, false);
    let mut tls = Tls::new(Expecting::Nothing);
    let mut refused = 0;
    for Piece { from, bytes } in &talk.pieces {
        let event = StreamEvent::Data(Chunk::plain(bytes, Stamp::default(), 0));
        tls.push(*from, event, &talk.secrets, &mut |event| {
            let Event::Record(record) = event else { return };
            let RecordReading::Opened(opened) = record.reading else { return };
            let sealer = opened.seal.sealer(Some(&Secret::new(&[7; 48])), &mut |random| random).unwrap();
            for length in 0..bytes.len() {
                let mut made = bytes[..length].to_vec();
                let text = opened.start..opened.start + opened.text.len();
                let sealing = Sealing { content: opened.content, text, number: opened.number };
                refused += usize::from(sealer.seal(&[], &mut made, &sealing).is_none());
            }
        });
    }
    assert!(refused > 100, "{refused}");
}
