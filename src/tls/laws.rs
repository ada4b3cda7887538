//! What holds for sessions of every kind.

use crate::model::{Chunk, End, EndCause, Extent, Peer, PerPeer, Stamp, StreamEvent};

use super::crypto;
use super::suite::Suite;
use super::testing::{
    Piece, RANDOM, SERVER_RANDOM, Talk, client_hello, early_data, extension, handshake, keep, read,
    read_with_loss, secret_of, server_hello,
};
use super::{
    AlertPhase, Closure, EarlyData, Event, Expecting, KeyLog, Label, Origin, Readable, Reason, Secret,
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
            tls.push(piece.from, event, &talk.secrets, &mut |event| match event {
                Event::Protocol(name) => told.push(name.to_owned()),
                Event::Stream(from, _) => told.push(from.name().to_owned()),
                _ => {}
            });
        }
        assert_eq!(told, ["h2", "client", "server"], "{version:?}");
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

/// The client ends its early data with a message of its own only where the server took it (RFC 8446 §4.5).
#[test]
fn whether_early_data_was_taken_shows_in_what_the_client_sends_next() {
    for (accepted, told, said) in
        [(true, EarlyData::Accepted, "early late"), (false, EarlyData::Rejected, "late")]
    {
        let talk = with_early_data(accepted);
        let labels = [Label::ClientEarlyTraffic, Label::ClientTraffic, Label::ServerTraffic];
        for handshake in [None, Some(Label::ClientHandshakeTraffic)] {
            let mut secrets = Secrets::default();
            for label in labels.into_iter().chain(handshake) {
                secrets.add(RANDOM, label, Secret::new(&secret_of(label, 32)), Origin::KeyLog);
            }
            let (texts, mut tls) = read(&talk.pieces, &secrets, Expecting::Nothing);
            assert_eq!(String::from_utf8_lossy(&texts.client), said, "{handshake:?}");
            assert_eq!(texts.server, b"answer");
            assert_eq!(tls.facts().early_data, Some(told), "{handshake:?}");
        }
    }
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
                tls.push(piece.from, event, secrets, &mut |event| keep(&mut texts, &event));
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

/// Of such a line the master secret is computed, by the handshake's messages where it is the extended one (RFC 7627 §4).
#[test]
fn a_premaster_secret_opens_what_its_master_secret_does() {
    for (suite, extended) in
        [(0xC02F, false), (0xC02F, true), (0xC030, true), (0x003C, true), (0xC013, false)]
    {
        let version = Version::TLS12;
        let extension = if extended { extension(23, &[]) } else { Vec::new() };
        let hellos = [client_hello(&[]), server_hello(suite, &extension, version)];
        let messages = [&hellos[..], &[handshake(14, &[]), handshake(16, &[0; 66])]].concat().concat();
        let hash = Suite::of(suite).unwrap().derivation();
        let (label, seed) = if extended {
            ("extended master secret", crypto::session_hash(version, hash, &messages))
        } else {
            ("master secret", [RANDOM.0, SERVER_RANDOM].concat())
        };
        let premaster = [5; 66];
        let master = crypto::prf(version, hash, &premaster, label, &[&seed], 48);
        let mut talk = Talk::of_master(suite, version, false, &master);
        for (from, hello) in Peer::BOTH.into_iter().zip(&hellos) {
            talk.plain(from, 22, hello);
        }
        talk.finish_12();
        for peer in Peer::BOTH {
            talk.say(peer, b"hello");
        }
        let mut secrets = Secrets::default();
        let mut log = KeyLog::new(Origin::KeyLog);
        log.push(line(Label::ClientPremaster, &RANDOM.to_string(), &premaster).as_bytes(), &mut secrets);
        let (texts, mut tls) = read(&talk.pieces, &secrets, Expecting::Nothing);
        assert_eq!((texts.client.as_slice(), texts.server.as_slice()), (&b"hello"[..], &b"hello"[..]));
        assert_eq!((tls.facts().readable, tls.facts().reason), (Readable::All, None), "{suite:X}");
    }
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
        tls.push(from, event, &Secrets::default(), &mut |event| {
            if let Event::Foreign(from, chunk) = event {
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
        tls.push(piece.from, StreamEvent::Data(chunk), &talk.secrets, &mut |event| {
            if let Event::Stream(_, StreamEvent::Data(chunk)) = event {
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
            tls.push(piece.from, StreamEvent::Data(chunk), &talk.secrets, &mut |event| match event {
                Event::Secrets(log) => {
                    assert!(!data, "{kind:X?}");
                    lines += log.bytes().split(|byte| *byte == b'\n').count() - 1;
                    let mut reader = KeyLog::new(Origin::Capture);
                    reader.push(log.bytes(), &mut told);
                }
                Event::Stream(..) => data = true,
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
            tls.push(piece.from, StreamEvent::Data(chunk), secrets, &mut |event| keep(&mut texts, &event));
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
        tls.push(piece.from, StreamEvent::Data(chunk), &none, &mut |event| keep(&mut texts, &event));
    }
    assert!(texts.client.is_empty());
    tls.unlock(&talk.secrets, &mut |event| keep(&mut texts, &event));
    assert_eq!(texts, expected());
}
