//! What holds for sessions of every kind.

use crate::model::{Chunk, End, EndCause, Extent, Gap, GapCause, Missing, Peer, PerPeer, Stamp, StreamEvent};

use super::testing::{
    Piece, RANDOM, Talk, client_hello, early_data, extension, keep, read, secret_of, server_hello,
};
use super::{
    AlertPhase, Closure, EarlyData, Expecting, KeyLog, Label, Origin, Output, Readable, Reason, Secret,
    Secrets, Tls, Version,
};

/// Every way of sealing a record: suite, version, whether the MAC is outside.
pub(super) const KINDS: [(u16, Version, bool); 23] = [
    (0x1301, Version::TLS13, false),
    (0x1302, Version::TLS13, false),
    (0x1303, Version::TLS13, false),
    (0x1304, Version::TLS13, false),
    (0x1305, Version::TLS13, false),
    (0xC02F, Version::TLS12, false),
    (0xC030, Version::TLS12, false),
    (0xCCA8, Version::TLS12, false),
    (0xC09E, Version::TLS12, false),
    (0xC0A3, Version::TLS12, false),
    (0xC060, Version::TLS12, false),
    (0xC08A, Version::TLS12, false),
    (0xC013, Version::TLS12, false),
    (0xC013, Version::TLS12, true),
    (0xC027, Version::TLS12, false),
    (0xC028, Version::TLS12, true),
    (0xC076, Version::TLS12, false),
    (0xC04C, Version::TLS12, true),
    (0x003B, Version::TLS12, false),
    (0xC013, Version::TLS11, false),
    (0xC014, Version::TLS10, false),
    (0xC013, Version::TLS10, true),
    (0xC013, Version::TLS11, true),
];

pub(super) fn chat(kind: (u16, Version, bool)) -> Talk {
    let mut talk = Talk::agreed(kind.0, kind.1, kind.2);
    for number in 0..6_u8 {
        talk.say(Peer::Client, &vec![b'a' + number; 20 + usize::from(number)]);
        talk.say(Peer::Server, &vec![b'A' + number; 30 + 40 * usize::from(number)]);
    }
    talk
}

pub(super) fn expected() -> PerPeer<Vec<u8>> {
    let said = |first: u8, length: fn(usize) -> usize| {
        (0..6).flat_map(|number: u8| vec![first + number; length(usize::from(number))]).collect()
    };
    PerPeer { client: said(b'a', |number| 20 + number), server: said(b'A', |number| 30 + 40 * number) }
}

#[test]
fn every_kind_of_record_is_read() {
    for kind in KINDS {
        let (texts, mut tls) = chat(kind).read();
        assert_eq!(texts, expected(), "{kind:X?}");
        let facts = tls.facts();
        assert_eq!((facts.readable, facts.reason), (Readable::All, None), "{kind:X?}");
        assert_eq!(facts.sni.as_deref(), Some("example.org"));
        assert_eq!((facts.version, facts.suite), (Some(kind.1), Some(kind.0)));
    }
}

#[test]
fn it_does_not_matter_how_bytes_are_cut() {
    for kind in KINDS {
        let talk = chat(kind);
        for length in [1, 3, 17, 1_000] {
            let pieces: Vec<_> = talk
                .pieces
                .iter()
                .flat_map(|piece| {
                    piece.bytes.chunks(length).map(|bytes| Piece { from: piece.from, bytes: bytes.to_vec() })
                })
                .collect();
            assert_eq!(
                read(&pieces, &talk.secrets, Expecting::Nothing).0,
                expected(),
                "{kind:X?} in {length}"
            );
        }
    }
}

/// Pushes pieces, and those of `lost` as gaps.
fn read_with_loss(talk: &Talk, lost: &[usize]) -> (PerPeer<Vec<u8>>, Tls) {
    let mut tls = Tls::new(Expecting::Nothing);
    let mut texts = PerPeer::default();
    let mut at = PerPeer::<u64>::default();
    for (number, piece) in talk.pieces.iter().enumerate() {
        let start = *at.of(piece.from);
        let chunk = Chunk::plain(&piece.bytes, Stamp::default(), start);
        *at.of_mut(piece.from) = chunk.extent.end;
        let event = if lost.contains(&number) {
            let missing = Missing::Bytes(chunk.extent.length());
            StreamEvent::Gap(Gap { missing, cause: GapCause::Lost, stamp: chunk.stamp, extent: chunk.extent })
        } else {
            StreamEvent::Data(chunk)
        };
        tls.push(piece.from, event, &talk.secrets, &mut |output| keep(&mut texts, &output));
    }
    (texts, tls)
}

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
        tls.push(Peer::Client, event, &talk.secrets, &mut |output| {
            keep(&mut texts, &output);
            if matches!(output, Output::Stream(Peer::Server, StreamEvent::Gap(_))) {
                told_before.get_or_insert(texts.client.clone());
            }
        });
        if number == 0 {
            let (missing, cause) = (Missing::Bytes(1_000), GapCause::Unseen);
            let (stamp, extent) = (Stamp::default(), Extent::new(0, 1_000));
            let event = StreamEvent::Gap(Gap { missing, cause, stamp, extent });
            tls.push(Peer::Server, event, &talk.secrets, &mut |output| keep(&mut texts, &output));
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
            tls.push(piece.from, event, &talk.secrets, &mut |output| match output {
                Output::Stream(Peer::Client, StreamEvent::Gap(_)) => told.push(b'|'),
                Output::Stream(_, StreamEvent::Data(chunk)) => told.extend(chunk.bytes.first()),
                _ => {}
            });
        }
        let until_then: String = String::from_utf8_lossy(&told).chars().take(6).collect();
        assert_eq!(until_then, "aAbB|C", "{kind:X?}");
    }
}

#[test]
fn what_is_spoken_inside_is_told_before_anything_of_it() {
    let alpn = extension(16, &[0, 3, 2, b'h', b'2']);
    for version in [Version::TLS12, Version::TLS13] {
        let suite = if version == Version::TLS13 { 0x1301 } else { 0xC02F };
        let mut talk = Talk::new(suite, version, false);
        talk.plain(Peer::Client, 22, &client_hello(&[]));
        if version == Version::TLS13 {
            talk.plain(Peer::Server, 22, &server_hello(suite, &extension(43, &[3, 4]), version));
            talk.finish_13(&alpn);
        } else {
            talk.plain(Peer::Server, 22, &server_hello(suite, &alpn, version));
            talk.finish_12();
        }
        for peer in Peer::BOTH {
            talk.say(peer, b"hello");
        }
        let (mut told, mut tls) = (Vec::new(), Tls::new(Expecting::Nothing));
        for piece in &talk.pieces {
            let event = StreamEvent::Data(Chunk::plain(&piece.bytes, Stamp::default(), 0));
            tls.push(piece.from, event, &talk.secrets, &mut |output| match output {
                Output::Protocol(name) => told.push(name.to_owned()),
                Output::Stream(from, _) => told.push(from.name().to_owned()),
                _ => {}
            });
        }
        assert_eq!(told, ["h2", "client", "server"], "{version:?}");
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
fn keys_are_updated_by_either_side() {
    let mut talk = Talk::agreed(0x1302, Version::TLS13, false);
    for peer in Peer::BOTH {
        talk.say(peer, b"before ");
        talk.update(peer);
        talk.say(peer, b"after ");
        talk.update(peer);
        talk.say(peer, b"twice");
    }
    let (texts, mut tls) = talk.read();
    assert_eq!(texts.client, b"before after twice");
    assert_eq!(texts.server, b"before after twice");
    assert_eq!(tls.facts().readable, Readable::All);
    // Without the packet of the first update, what follows it is read all the same.
    let first_update = talk.pieces.len() - 9;
    let (texts, _) = read_with_loss(&talk, &[first_update]);
    assert_eq!(texts.client, b"before |after twice");
}

pub(super) fn with_early_data(accepted: bool) -> Talk {
    let mut talk = Talk::new(0x1301, Version::TLS13, false);
    talk.plain(Peer::Client, 22, &client_hello(&early_data()));
    talk.use_secret(Peer::Client, Label::ClientEarlyTraffic);
    talk.say(Peer::Client, b"early ");
    let extensions = [&[0, 43, 0, 2, 3, 4][..], &[0, 41, 0, 2, 0, 0]].concat();
    talk.plain(Peer::Server, 22, &server_hello(0x1301, &extensions, Version::TLS13));
    talk.use_secret(Peer::Server, Label::ServerHandshakeTraffic);
    if accepted {
        talk.seal(Peer::Client, 22, &[5, 0, 0, 0]);
        talk.finish_13(&early_data());
    } else {
        talk.finish_13(&[]);
    }
    talk.say(Peer::Client, b"late");
    talk.say(Peer::Server, b"answer");
    talk
}

#[test]
fn early_data_counts_where_the_server_takes_it() {
    let (texts, mut tls) = with_early_data(true).read();
    assert_eq!((texts.client.as_slice(), texts.server.as_slice()), (&b"early late"[..], &b"answer"[..]));
    assert_eq!(tls.facts().early_data, Some(EarlyData::Accepted));
    let (texts, mut tls) = with_early_data(false).read();
    assert_eq!((texts.client.as_slice(), texts.server.as_slice()), (&b"late"[..], &b"answer"[..]));
    assert_eq!((tls.facts().early_data, tls.facts().readable), (Some(EarlyData::Rejected), Readable::All));
    assert_eq!(tls.facts().resumed, Some(true));
}

#[test]
fn secrets_that_come_late_are_waited_for() {
    for kind in [KINDS[0], KINDS[5]] {
        let talk = chat(kind);
        for held_bytes in [1 << 20, 900] {
            let mut tls = Tls::new(Expecting::Secrets { held_bytes });
            let mut texts = PerPeer::default();
            let (nothing, half) = (Secrets::default(), talk.pieces.len() - 5);
            for (number, piece) in talk.pieces.iter().enumerate() {
                let secrets = if number < half { &nothing } else { &talk.secrets };
                let event = StreamEvent::Data(Chunk::plain(&piece.bytes, Stamp::default(), 0));
                tls.push(piece.from, event, secrets, &mut |output| keep(&mut texts, &output));
            }
            if held_bytes == 900 {
                assert_eq!(tls.facts().reason, Some(Reason::SecretsTooLate), "{kind:X?}");
            } else {
                assert_eq!(texts, expected(), "{kind:X?}");
            }
        }
    }
}

/// Why a session stays dark with what a key log holds.
fn reason(kind: (u16, Version, bool), log: &str) -> (Readable, Option<Reason>) {
    let talk = chat(kind);
    let mut secrets = Secrets::default();
    let mut reader = KeyLog::new(Origin::KeyLog);
    reader.push(log.as_bytes(), &mut secrets);
    reader.finish(&mut secrets);
    let (texts, mut tls) = read(&talk.pieces, &secrets, Expecting::Nothing);
    let facts = tls.facts();
    let whole = expected();
    assert_eq!(
        facts.readable == Readable::Client,
        texts.client == whole.client && texts.server != whole.server
    );
    assert_eq!(facts.readable == Readable::Nothing, texts.client.is_empty() && texts.server.is_empty());
    (facts.readable, facts.reason)
}

fn line(label: Label, random: &str, secret: &[u8]) -> String {
    format!("{} {random} {}\n", label.name(), hex::encode(secret))
}

#[test]
fn why_it_stays_dark() {
    let own = RANDOM.to_string();
    let other = "33".repeat(32);
    let dark = |reason| (Readable::Nothing, Some(reason));
    let [tls13, .., tls12] = [KINDS[0], KINDS[5]];
    let secret = |label| line(label, &own, &secret_of(label, 32));
    let handshake = [Label::ClientHandshakeTraffic, Label::ServerHandshakeTraffic].map(secret).concat();
    let client = secret(Label::ClientTraffic);
    assert_eq!(reason(tls13, "# nothing\n"), dark(Reason::NoSecrets { log: None }));
    for kind in [tls13, tls12] {
        let random = RANDOM;
        let found = reason(kind, &line(Label::ClientRandom, &other, &[1; 48]));
        assert_eq!(found, dark(Reason::NoSecretForThisClientRandom { random, others: 1, opened: None }));
    }
    let (Readable::Nothing, Some(Reason::LabelMissing { label })) = reason(tls13, &handshake) else {
        panic!()
    };
    assert!([Label::ClientTraffic, Label::ServerTraffic].iter().all(|wanted| label.contains(wanted.name())));
    let one_side = Reason::SecretsOnlyForOneSide { side: Peer::Client };
    assert_eq!(reason(tls13, &(handshake.clone() + &client)), (Readable::Client, Some(one_side)));
    assert_eq!(reason(tls13, &client), (Readable::Client, Some(one_side)));
    let cut = secret(Label::ServerTraffic);
    let damaged = reason(tls13, &(client + &cut[..cut.len() - 9]));
    assert_eq!(damaged, (Readable::Client, Some(Reason::LineDamaged { line: 2 })));
    let wrong =
        [Label::ClientTraffic, Label::ServerTraffic].map(|label| line(label, &own, &[9; 32])).concat();
    assert_eq!(reason(tls13, &wrong), dark(Reason::SecretDoesNotFit));
    assert_eq!(reason(tls13, &(handshake.clone() + &wrong)), dark(Reason::SecretDoesNotFit));
    assert_eq!(reason(tls12, &line(Label::ClientRandom, &own, &[9; 48])), dark(Reason::SecretDoesNotFit));
    let encrypted = format!("ECH_SECRET {own} 00\n{}", line(Label::ClientTraffic, &other, &[1; 32]));
    assert_eq!(reason(tls13, &encrypted), dark(Reason::EncryptedClientHello));
}

#[test]
fn traffic_secrets_alone_open_the_data() {
    let own = RANDOM.to_string();
    let both = [Label::ClientTraffic, Label::ServerTraffic]
        .map(|label| line(label, &own, &secret_of(label, 32)))
        .concat();
    assert_eq!(reason(KINDS[0], &both), (Readable::All, None));
}

#[test]
fn a_wrong_secret_beside_the_right_one_does_no_harm() {
    for kind in [KINDS[0], KINDS[5]] {
        let mut talk = chat(kind);
        let mut secrets = Secrets::default();
        for label in Label::ALL {
            let length = if label == Label::ClientRandom { 48 } else { 32 };
            secrets.add(RANDOM, label, Secret::new(&vec![9; length]), Origin::Capture);
        }
        secrets.merge(std::mem::take(&mut talk.secrets));
        let (texts, _) = read(&talk.pieces, &secrets, Expecting::Nothing);
        assert_eq!(texts, expected(), "{kind:X?}");
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
        if is_tls13 {
            assert_eq!(client, (expected().client, None), "{kind:X?}");
        } else {
            assert_eq!(client, (Vec::new(), Some(Reason::ServerHelloLost)), "{kind:X?}");
        }
        let server = of_one_side(&talk, Peer::Server, &talk.secrets);
        if is_tls13 {
            assert_eq!(server, (expected().server, None), "{kind:X?}");
        } else {
            assert_eq!(server, (Vec::new(), Some(Reason::ClientHelloLost)), "{kind:X?}");
        }
        // Where secrets alone would do, that they are missing is what counts.
        for (side, lost) in [(Peer::Client, Reason::ServerHelloLost), (Peer::Server, Reason::ClientHelloLost)]
        {
            let without = of_one_side(&talk, side, &Secrets::default());
            let expected = if is_tls13 { Reason::NoSecrets { log: None } } else { lost };
            assert_eq!(without, (Vec::new(), Some(expected)), "{kind:X?}");
        }
    }
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

#[test]
fn what_cannot_be_decrypted_is_named() {
    let mut talk = Talk::new(0x000A, Version::TLS12, false);
    talk.plain(Peer::Client, 22, &client_hello(&[]));
    talk.plain(Peer::Server, 22, &server_hello(0x000A, &[], Version::TLS12));
    talk.plain(Peer::Server, 20, &[1]);
    talk.plain(Peer::Server, 22, &[1; 40]);
    let (_, mut tls) = talk.read();
    assert_eq!(tls.facts().reason, Some(Reason::CipherNotSupported { number: 10 }));
    assert!(tls.facts().reason.unwrap().to_string().contains("TLS_RSA_WITH_3DES_EDE_CBC_SHA"));
}

#[test]
fn alerts_and_ends() {
    let mut talk = Talk::agreed(0x1301, Version::TLS13, false);
    talk.say(Peer::Server, b"hello");
    talk.seal(Peer::Server, 21, &[1, 0]);
    let (_, mut tls) = talk.read();
    assert_eq!(tls.facts().ending(), Some(Closure::CloseNotify));
    talk.seal(Peer::Client, 21, &[2, 48]);
    let (_, mut tls) = talk.read();
    let alert = tls.facts().alert.unwrap();
    assert_eq!(
        (alert.from, alert.description.name(), alert.phase),
        (Peer::Client, "unknown_ca", AlertPhase::Data)
    );
    assert_eq!(tls.facts().ending(), Some(Closure::Alert));
}

#[test]
fn what_answers_a_client_hello_may_be_something_else() {
    let mut tls = Tls::new(Expecting::Nothing);
    let mut foreign = Vec::new();
    let mut push = |from, bytes: &[u8]| {
        let event = StreamEvent::Data(Chunk::plain(bytes, Stamp::default(), 0));
        tls.push(from, event, &Secrets::default(), &mut |output| {
            if let Output::Foreign(from, chunk) = output {
                foreign.push((from, chunk.bytes.to_vec()));
            }
        });
    };
    push(Peer::Client, &[&[22, 3, 1, 0, 90][..], &client_hello(&[])].concat());
    push(Peer::Server, b"HTTP/1.1 400 Bad Request\r\n\r\n");
    push(Peer::Server, b"more");
    assert_eq!(foreign, [(Peer::Server, b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())]);
    let end = End::by_packet(EndCause::Fin, Stamp::default());
    tls.push(Peer::Server, StreamEvent::End(end), &Secrets::default(), &mut |_| ());
    assert_eq!(tls.facts().foreign, Some(Peer::Server));
}

#[test]
fn bytes_bear_the_extent_of_their_record() {
    let talk = chat(KINDS[0]);
    let mut tls = Tls::new(Expecting::Nothing);
    let mut extents = Vec::new();
    let mut at = PerPeer::<u64>::default();
    let mut records = Vec::new();
    for piece in &talk.pieces {
        let chunk = Chunk::plain(&piece.bytes, Stamp::default(), *at.of(piece.from));
        *at.of_mut(piece.from) = chunk.extent.end;
        records.push(chunk.extent);
        tls.push(piece.from, StreamEvent::Data(chunk), &talk.secrets, &mut |output| {
            if let Output::Stream(_, StreamEvent::Data(chunk)) = output {
                extents.push(chunk.extent);
            }
        });
    }
    let data: Vec<Extent> = records.split_off(records.len() - 12);
    assert_eq!(extents, data);
}

#[test]
fn secrets_are_told_once_and_before_what_they_open() {
    for kind in [KINDS[0], KINDS[5], KINDS[12]] {
        let talk = chat(kind);
        let mut tls = Tls::new(Expecting::Nothing);
        let (mut told, mut data) = (Secrets::default(), false);
        let mut lines = 0;
        for piece in &talk.pieces {
            let chunk = Chunk::plain(&piece.bytes, Stamp::default(), 0);
            tls.push(piece.from, StreamEvent::Data(chunk), &talk.secrets, &mut |output| match output {
                Output::Secrets(log) => {
                    assert!(!data, "{kind:X?}");
                    lines += log.bytes().split(|byte| *byte == b'\n').count() - 1;
                    let mut reader = KeyLog::new(Origin::Capture);
                    reader.push(log.bytes(), &mut told);
                }
                Output::Stream(..) => data = true,
                _ => {}
            });
        }
        assert_eq!(lines, talk.secrets.about(&RANDOM).entries.len(), "{kind:X?}");
        assert!(told.covers(&talk.secrets), "{kind:X?}");
    }
}

#[test]
fn secrets_that_come_behind_the_limit_open_what_follows() {
    for kind in [KINDS[0], KINDS[5]] {
        let talk = chat(kind);
        let none = Secrets::default();
        let mut tls = Tls::new(Expecting::Secrets { held_bytes: 200 });
        let mut texts = PerPeer::default();
        let last = talk.pieces.len() - 3;
        for (number, piece) in talk.pieces.iter().enumerate() {
            let secrets = if number < last { &none } else { &talk.secrets };
            let chunk = Chunk::plain(&piece.bytes, Stamp::default(), 0);
            tls.push(piece.from, StreamEvent::Data(chunk), secrets, &mut |output| keep(&mut texts, &output));
        }
        let whole = expected();
        assert_eq!(texts.client, [b"|", &whole.client[whole.client.len() - 25..]].concat(), "{kind:X?}");
        assert_eq!(
            (tls.facts().readable, tls.facts().reason),
            (Readable::Part, Some(Reason::SecretsTooLate))
        );
    }
}

#[test]
fn what_waits_for_secrets_in_vain_is_told_with_the_reason_that_there_are_none() {
    let talk = chat(KINDS[0]);
    let mut tls = Tls::new(Expecting::Secrets { held_bytes: 1 << 20 });
    let none = Secrets::default();
    for piece in &talk.pieces {
        let chunk = Chunk::plain(&piece.bytes, Stamp::default(), 0);
        tls.push(piece.from, StreamEvent::Data(chunk), &none, &mut |_| {});
    }
    for peer in Peer::BOTH {
        let end = End::by_packet(EndCause::Fin, Stamp::default());
        tls.push(peer, StreamEvent::End(end), &none, &mut |_| {});
    }
    assert_eq!(tls.facts().reason, Some(Reason::NoSecrets { log: None }));
}

#[test]
fn secrets_open_what_waits_without_another_byte() {
    let talk = chat(KINDS[0]);
    let mut tls = Tls::new(Expecting::Secrets { held_bytes: 1 << 20 });
    let (none, mut texts) = (Secrets::default(), PerPeer::default());
    for piece in &talk.pieces {
        let chunk = Chunk::plain(&piece.bytes, Stamp::default(), 0);
        tls.push(piece.from, StreamEvent::Data(chunk), &none, &mut |output| keep(&mut texts, &output));
    }
    assert!(texts.client.is_empty());
    tls.unlock(&talk.secrets, &mut |output| keep(&mut texts, &output));
    assert_eq!(texts, expected());
}
