//! What holds where records are lost, damaged, or of one side alone.

use crate::model::{Chunk, End, EndCause, Extent, Gap, GapCause, Missing, Peer, PerPeer, Stamp, StreamEvent};

use super::laws::{KINDS, chat, expected, with_early_data};
use super::testing::{Piece, RANDOM, Talk, keep, read, read_with_loss};
use super::{EarlyData, Event, Expecting, Label, Origin, Readable, Reason, Secret, Secrets, Tls, Version};

/// `TLS_RSA_WITH_NULL_SHA256`, which encrypts nothing.
const NULL: u16 = 0x003B;

#[test]
fn a_lost_record_costs_that_record() {
    for kind in KINDS {
        let talk = chat(kind);
        // The client's third and fourth record of data; the server's last ones are not touched.
        let first = talk.pieces.len() - 12;
        let (texts, mut tls) = read_with_loss(&talk, &[first + 4, first + 6]);
        let whole = expected();
        // Each is told where it is, between answers of the server.
        let mut client = [&whole.client[..41], b"||", &whole.client[41 + 45..]].concat();
        if kind.1 == Version::TLS10 {
            // Its first block depends on the one before, which is lost: so is the record.
            client = [&whole.client[..41], b"||", &whole.client[41 + 45 + 24..]].concat();
        }
        assert_eq!(texts.client, client, "{kind:X?}");
        assert_eq!(texts.server, whole.server, "{kind:X?}");
        assert_eq!((tls.facts().readable, tls.facts().reason), (Readable::Part, Some(Reason::RecordsLost)));
    }
}

#[test]
fn whatever_is_lost_nothing_is_read_that_was_not_sent() {
    for kind in KINDS {
        let talk = chat(kind);
        let whole = expected();
        for first in 0..talk.pieces.len() {
            let of_side = (first..talk.pieces.len())
                .filter(|number| talk.pieces[*number].from == talk.pieces[first].from);
            let of_side: Vec<usize> = of_side.take(4).collect();
            for lost in 1..=of_side.len() {
                let (texts, _) = read_with_loss(&talk, &of_side[..lost]);
                for peer in Peer::BOTH {
                    for text in texts.of(peer).split(|byte| *byte == b'|').filter(|text| !text.is_empty()) {
                        let was_sent = whole.of(peer).windows(text.len()).any(|sent| sent == text);
                        assert!(was_sent, "{kind:X?} without {:?}: {text:?}", &of_side[..lost]);
                    }
                }
            }
        }
    }
}

/// Renegotiated keys that cannot be known look like this.
#[test]
fn where_a_side_turned_dark_is_told() {
    for kind in [KINDS[0], KINDS[5], KINDS[12]] {
        let mut talk = chat(kind);
        let first = talk.pieces.len() - 12;
        for piece in talk.pieces.iter_mut().skip(first + 4).filter(|piece| piece.from == Peer::Client) {
            let last = piece.bytes.len() - 1;
            piece.bytes[last] ^= 1;
        }
        let (_, mut tls) = talk.read();
        let dark: Vec<Peer> = tls.facts().turned_dark().map(|(peer, _)| peer).collect();
        assert_eq!(dark, [Peer::Client], "{kind:X?}");
        let (_, mut whole) = chat(kind).read();
        assert_eq!(whole.facts().turned_dark().count(), 0, "{kind:X?}");
    }
}

/// Whoever reads the client's side knows from the first word on that nothing of the server's will come.
#[test]
fn a_side_that_was_not_captured_is_told_while_the_other_speaks() {
    let talk = chat(KINDS[0]);
    let (mut tls, mut texts) = (Tls::new(Expecting::Nothing), PerPeer::<Vec<u8>>::default());
    let of_client: Vec<&Piece> = talk.pieces.iter().filter(|piece| piece.from == Peer::Client).collect();
    let mut told_before = None;
    for (number, piece) in of_client.iter().enumerate() {
        let event = StreamEvent::Data(Chunk::plain(&piece.bytes, Stamp::default(), 0));
        tls.push(Peer::Client, event, &talk.secrets, &mut |event| {
            keep(&mut texts, &event);
            if matches!(event, Event::Stream(Peer::Server, StreamEvent::Gap(_))) {
                told_before.get_or_insert(texts.client.clone());
            }
        });
        if number == 0 {
            let (missing, cause) = (Missing::Bytes(1_000), GapCause::Unseen);
            let (stamp, extent) = (Stamp::default(), Extent::new(0, 1_000));
            let event = StreamEvent::Gap(Gap { missing, cause, stamp, extent });
            tls.push(Peer::Server, event, &talk.secrets, &mut |event| keep(&mut texts, &event));
        }
    }
    assert_eq!(texts.client, expected().client);
    assert_eq!((texts.server, told_before), (b"|".to_vec(), Some(Vec::new())));
}

/// What the other side says next may be an answer to what is lost.
#[test]
fn a_lost_record_is_told_before_what_follows_it() {
    for kind in KINDS {
        let talk = chat(kind);
        let (lost, mut at, mut told) = (talk.pieces.len() - 8, PerPeer::<u64>::default(), Vec::new());
        let mut tls = Tls::new(Expecting::Nothing);
        for (number, piece) in talk.pieces.iter().enumerate() {
            let chunk = Chunk::plain(&piece.bytes, Stamp::default(), *at.of(piece.from));
            *at.of_mut(piece.from) = chunk.extent.end;
            let gap = Gap::plain(GapCause::Lost, chunk.stamp, chunk.extent);
            let event = if number == lost { StreamEvent::Gap(gap) } else { StreamEvent::Data(chunk) };
            tls.push(piece.from, event, &talk.secrets, &mut |event| match event {
                Event::Stream(Peer::Client, StreamEvent::Gap(_)) => told.push(b'|'),
                Event::Stream(_, StreamEvent::Data(chunk)) => told.extend(chunk.bytes.first()),
                _ => {}
            });
        }
        let until_then: String = String::from_utf8_lossy(&told).chars().take(6).collect();
        assert_eq!(until_then, "aAbB|C", "{kind:X?}");
    }
}

#[test]
fn no_flipped_bit_shows_what_was_not_sent() {
    for kind in [KINDS[0], KINDS[5], KINDS[12]] {
        let talk = chat(kind);
        let whole = expected();
        let first = talk.pieces.len() - 6;
        for number in [first, first + 3] {
            // Each byte of the header and the first ones after it, then some.
            let length = talk.pieces[number].bytes.len();
            for at in (0..24).chain((24..length).step_by(7)) {
                let mut pieces = talk.pieces.clone();
                pieces[number].bytes[at] ^= 1 << (at % 8);
                let (texts, _) = read(&pieces, &talk.secrets, Expecting::Nothing);
                for peer in Peer::BOTH {
                    let sent = whole.of(peer);
                    let all_sent = texts
                        .of(peer)
                        .split(|byte| *byte == b'|')
                        .all(|part| part.is_empty() || sent.windows(part.len()).any(|window| window == part));
                    assert!(all_sent, "{kind:X?} record {number} byte {at}");
                }
            }
        }
    }
}

#[test]
fn a_damaged_record_is_told_and_not_shown() {
    for kind in KINDS {
        let mut talk = chat(kind);
        let at = talk.pieces.len() - 4;
        let middle = talk.pieces[at].bytes.len() / 2;
        talk.pieces[at].bytes[middle] ^= 1;
        let (texts, mut tls) = talk.read();
        let whole = expected();
        let damaged = &whole.client[..whole.client.len() - 49];
        assert!(texts.client.starts_with(&[damaged, b"|"].concat()), "{kind:X?}");
        assert_eq!(texts.server, whole.server);
        assert_eq!(tls.facts().reason, Some(Reason::RecordDamaged), "{kind:X?}");
    }
}

#[test]
fn hellos_that_are_missing_are_named() {
    for kind in [KINDS[0], KINDS[5]] {
        let talk = chat(kind);
        let facts = |lost: &[usize]| {
            let (texts, mut tls) = read_with_loss(&talk, lost);
            assert!(texts.client.is_empty() && texts.server.is_empty());
            tls.facts().reason
        };
        if kind.1 != Version::TLS13 {
            assert_eq!(facts(&[0]), Some(Reason::ClientHelloLost));
            assert_eq!(facts(&[1]), Some(Reason::ServerHelloLost));
        }
        let late: Vec<_> = talk.pieces[talk.pieces.len() - 8..].to_vec();
        let (_, mut tls) = read(&late, &talk.secrets, Expecting::Nothing);
        assert_eq!(tls.facts().reason, Some(Reason::HandshakeNotCaptured));
    }
}

#[test]
fn what_a_lost_server_hello_chose_is_found_out_in_tls_1_3() {
    for kind in KINDS.into_iter().filter(|kind| kind.1 == Version::TLS13) {
        let talk = chat(kind);
        let (texts, mut tls) = read_with_loss(&talk, &[1]);
        assert_eq!(texts, expected(), "{kind:X?}");
        let facts = tls.facts();
        assert_eq!((facts.version, facts.suite, facts.reason), (Some(kind.1), Some(kind.0), None));
    }
}

#[test]
fn whose_client_hello_was_lost_is_found_out_in_tls_1_3() {
    for kind in KINDS.into_iter().filter(|kind| kind.1 == Version::TLS13) {
        let mut talk = chat(kind);
        let others = |secrets: &mut Secrets, count: u16| {
            for number in 0..count {
                let mut random = super::Random([0x77; 32]);
                random.0[..2].copy_from_slice(&number.to_be_bytes());
                let secret = Secret::new(&vec![3; talk.suite.derivation().length()]);
                secrets.add(random, Label::ServerTraffic, secret.clone(), Origin::KeyLog);
                secrets.add(random, Label::ServerHandshakeTraffic, secret, Origin::KeyLog);
            }
        };
        let mut among_few = talk.secrets.clone();
        others(&mut among_few, 100);
        let mut among_many = talk.secrets.clone();
        others(&mut among_many, 1_100);
        talk.secrets = among_few;
        let (texts, mut tls) = read_with_loss(&talk, &[0]);
        assert_eq!(texts, expected(), "{kind:X?}");
        let facts = tls.facts();
        assert_eq!((facts.client_random, facts.reason), (Some(RANDOM), None));
        // Not all of a long key log is tried for one connection.
        talk.secrets = among_many;
        let (texts, mut tls) = read_with_loss(&talk, &[0]);
        assert_eq!(texts, PerPeer::default(), "{kind:X?}");
        assert_eq!(tls.facts().reason, Some(Reason::ClientHelloLost));
    }
}

/// What is read of one side's packets alone, and why not more.
fn of_one_side(talk: &Talk, side: Peer, secrets: &Secrets) -> (Vec<u8>, Option<Reason>) {
    let pieces: Vec<_> = talk.pieces.iter().filter(|piece| piece.from == side).cloned().collect();
    let (texts, mut tls) = read(&pieces, secrets, Expecting::Nothing);
    assert!(texts.of(!side).is_empty());
    (texts.of(side).clone(), tls.facts().reason)
}

#[test]
fn either_peer_of_tls_1_3_is_read_without_the_other() {
    for kind in KINDS {
        let talk = chat(kind);
        let is_tls13 = kind.1 == Version::TLS13;
        let client = of_one_side(&talk, Peer::Client, &talk.secrets);
        // What is not encrypted needs no key, once it is known that it is not.
        if is_tls13 || kind.0 == NULL {
            assert_eq!(client, (expected().client, None), "{kind:X?}");
        } else {
            assert_eq!(client, (Vec::new(), Some(Reason::ServerHelloLost)), "{kind:X?}");
        }
        let server = of_one_side(&talk, Peer::Server, &talk.secrets);
        if is_tls13 || kind.0 == NULL {
            assert_eq!(server, (expected().server, None), "{kind:X?}");
        } else {
            assert_eq!(server, (Vec::new(), Some(Reason::ClientHelloLost)), "{kind:X?}");
        }
        // Where secrets alone would do, that they are missing is what counts.
        for (side, lost) in [(Peer::Client, Reason::ServerHelloLost), (Peer::Server, Reason::ClientHelloLost)]
        {
            if kind.0 == NULL {
                continue;
            }
            let without = of_one_side(&talk, side, &Secrets::default());
            let expected = if is_tls13 { Reason::NoSecrets { log: None } } else { lost };
            assert_eq!(without, (Vec::new(), Some(expected)), "{kind:X?}");
        }
    }
}

#[test]
fn what_is_not_encrypted_is_read_without_the_client_hello_and_without_secrets() {
    let mut talk = chat((NULL, Version::TLS12, false));
    talk.secrets = Secrets::default();
    let (texts, mut tls) = read_with_loss(&talk, &[0]);
    // That the ClientHello is missing is told first.
    let whole = expected();
    assert_eq!(texts, PerPeer { client: [b"|", &whole.client[..]].concat(), server: whole.server });
    assert_ne!(tls.facts().readable, Readable::Nothing);
}

/// A Finished message that can be read shows that nothing is encrypted.
#[test]
fn what_is_not_encrypted_is_read_of_either_side_alone_and_without_secrets() {
    for suite in [0x0001, 0x0002, NULL, 0xC03B] {
        let talk = chat((suite, Version::TLS12, false));
        for side in Peer::BOTH {
            let (text, reason) = of_one_side(&talk, side, &Secrets::default());
            assert_eq!((text, reason), (expected().of(side).clone(), None), "{suite:X} {side}");
        }
    }
}

#[test]
fn a_wrong_secret_of_a_suite_without_encryption_does_no_harm() {
    let mut talk = chat((NULL, Version::TLS12, false));
    talk.secrets = Secrets::default();
    talk.secrets.add(RANDOM, Label::ClientRandom, Secret::new(&[9; 48]), Origin::KeyLog);
    let (texts, mut tls) = talk.read();
    assert_eq!(texts, expected());
    let facts = tls.facts();
    assert_eq!((facts.readable, facts.reason, facts.origin), (Readable::All, None, None));
}

#[test]
fn early_data_is_read_of_a_client_alone_if_it_was_taken() {
    for (accepted, told, said) in
        [(true, EarlyData::Accepted, "early late"), (false, EarlyData::Rejected, "late")]
    {
        let talk = with_early_data(accepted);
        let of_client = talk.pieces.iter().filter(|piece| piece.from == Peer::Client);
        let (mut tls, mut texts) = (Tls::new(Expecting::Nothing), PerPeer::default());
        for piece in of_client {
            let event = StreamEvent::Data(Chunk::plain(&piece.bytes, Stamp::default(), 0));
            tls.push(Peer::Client, event, &talk.secrets, &mut |event| keep(&mut texts, &event));
        }
        for (peer, cause) in [(Peer::Client, EndCause::Fin), (Peer::Server, EndCause::Unseen)] {
            let end = StreamEvent::End(End::by_packet(cause, Stamp::default()));
            tls.push(peer, end, &talk.secrets, &mut |event| keep(&mut texts, &event));
        }
        assert_eq!(String::from_utf8_lossy(&texts.client), said);
        assert_eq!(tls.facts().early_data, Some(told));
    }
}

#[test]
fn one_gap_may_hide_several_key_updates() {
    let talk = |updates: usize| {
        let mut talk = chat(KINDS[0]);
        let first = talk.pieces.len();
        for _ in 0..updates {
            talk.update(Peer::Client);
        }
        let lost: Vec<usize> = (first..talk.pieces.len()).collect();
        talk.say(Peer::Client, b"behind them");
        read_with_loss(&talk, &lost).0.client.ends_with(b"behind them")
    };
    assert!([1, 3, 4, 8].into_iter().all(talk));
}

#[test]
fn wrong_secrets_of_one_side_open_nothing() {
    let talk = chat(KINDS[0]);
    let mut secrets = Secrets::default();
    for label in Label::ALL {
        secrets.add(RANDOM, label, Secret::new(&[9; 32]), Origin::Capture);
    }
    let (text, reason) = of_one_side(&talk, Peer::Client, &secrets);
    assert_eq!((text, reason), (Vec::new(), Some(Reason::ServerHelloLost)));
}
