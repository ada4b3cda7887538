//! What holds for how sessions end, and for handshakes of which a secret is missing.

use crate::model::{
    Chunk, End, EndCause, EndPlace, Extent, PacketNumber, Peer, Said, Stamp, StreamEvent, Timestamp,
};

use super::facts::Complaint;
use super::laws::{KINDS, chat};
use super::testing::{RANDOM, Talk, client_hello, read, secret_of};
use super::{
    AlertPhase, Closure, EndNotice, Event, Expecting, HandshakeProgress, Label, Origin, Readable, Reason,
    Secret, Secrets, Tls, Version,
};

fn at(packet: u64) -> Stamp {
    Stamp { packet: PacketNumber(packet), ..Stamp::default() }
}

/// A client that has spoken ends TLS with this alert, in packet 5; with the alerts that are told at once.
fn ended_with(code: u8) -> (Tls, Vec<u8>) {
    let mut talk = chat(KINDS[0]);
    talk.seal(Peer::Client, 21, &[2, code]);
    let (_, mut tls) = read(&talk.pieces[..talk.pieces.len() - 1], &talk.secrets, Expecting::Nothing);
    let mut told = Vec::new();
    let last = StreamEvent::Data(Chunk::plain(&talk.pieces.last().unwrap().bytes, at(5), 5_000));
    tls.push(Peer::Client, last, &talk.secrets, &mut |output| {
        if let Event::Alert(alert) = output {
            told.push(alert.description.0);
        }
    });
    (tls, told)
}

/// OpenSSL says `decode_error`, Java `internal_error`, where TCP ends without `close_notify`.
#[test]
fn an_alert_that_may_complain_about_an_end_is_understood_by_that_end() {
    let fin = |packet, acknowledged| {
        let place = EndPlace { at: 2_000, acknowledged };
        Some(End::at_place(EndCause::Fin, at(packet), Some(place)))
    };
    for code in [50, 80] {
        let mut facts = ended_with(code).0;
        // A record of an alert, behind 5,000 bytes of its sender, that acknowledges nothing.
        let place = Some(EndPlace { at: 5_000 + facts.facts().alert_length() - 1, acknowledged: None });
        let alert = EndNotice::Alert(Said { stamp: at(5), place });
        for (end, complaint, notice) in [
            // The server had seen the alert.
            (fin(6, Some(1 << 20)), Complaint::No, alert),
            // It had not: its end may have come before.
            (fin(6, Some(10)), Complaint::Perhaps, EndNotice::Unknown),
            (fin(6, None), Complaint::Perhaps, EndNotice::Unknown),
            (None, Complaint::Perhaps, EndNotice::Unknown),
            (fin(4, Some(10)), Complaint::Yes, alert),
        ] {
            let (mut tls, told) = ended_with(code);
            assert_eq!(told, [0; 0]);
            if let Some(end) = end {
                tls.push(Peer::Server, StreamEvent::End(end), &Secrets::default(), &mut |_| {});
            }
            let facts = tls.facts();
            assert_eq!(facts.alert.unwrap().phase, AlertPhase::Data);
            assert_eq!((facts.complaint(), facts.end_notice(Peer::Client)), (complaint, notice), "{end:?}");
        }
    }
    let (_, told) = ended_with(20);
    assert_eq!(told, [20], "bad_record_mac has nothing to do with ends");
}

#[test]
fn a_handshake_may_end_without_an_alert_that_is_fatal() {
    let ended = |alerts: &[u8]| {
        let mut talk = Talk::new(0x1301, Version::TLS13, false);
        talk.plain(Peer::Client, 22, &client_hello(&[]));
        for pair in alerts.chunks(2) {
            talk.plain(Peer::Server, 21, pair);
        }
        let (_, mut tls) = talk.read();
        let facts = tls.facts();
        let by = facts.broken_off().map(|(side, how, _)| (side, how));
        (by, facts.warning.map(|alert| alert.description.0), facts.alert.map(|alert| alert.description.0))
    };
    let notified = Some((Peer::Server, Closure::CloseNotify));
    assert_eq!(ended(&[1, 0]), (notified, None, None));
    assert_eq!(ended(&[1, 90, 1, 0]), (notified, Some(90), None));
    assert_eq!(ended(&[2, 100]), (None, Some(100), None));
    // A number that no RFC has.
    assert_eq!(ended(&[2, 201]), (None, None, Some(201)));
}

/// What the client says last in the handshake is sealed with a secret of its own.
#[test]
fn a_missing_secret_of_the_handshake_is_named_where_nothing_else_was_said() {
    let mut secrets = Secrets::default();
    for label in [Label::ClientTraffic, Label::ServerTraffic, Label::ServerHandshakeTraffic] {
        secrets.add(RANDOM, label, Secret::new(&secret_of(label, 32)), Origin::KeyLog);
    }
    let silent = Talk::agreed(0x1301, Version::TLS13, false);
    let (_, mut tls) = read(&silent.pieces, &secrets, Expecting::Nothing);
    assert_eq!(tls.facts().reason, Some(Reason::LabelMissing { label: "CLIENT_HANDSHAKE_TRAFFIC_SECRET" }));
    let (_, mut tls) = read(&chat(KINDS[0]).pieces, &secrets, Expecting::Nothing);
    assert_eq!((tls.facts().reason, tls.facts().readable), (None, Readable::All));
}

/// Whether the server's FIN was captured before the alert or after it: who acknowledges it answers it.
#[test]
fn an_alert_answers_the_end_that_it_acknowledges() {
    let mut talk = chat(KINDS[0]);
    talk.seal(Peer::Client, 21, &[2, 50]);
    let (last, before) = talk.pieces.split_last().unwrap();
    for (acknowledged, complaint) in [(2_001, Complaint::Yes), (2_000, Complaint::Perhaps)] {
        let (_, mut tls) = read(before, &talk.secrets, Expecting::Nothing);
        let extent = Extent::new(5_000, last.bytes.len() as u64).acknowledging(acknowledged);
        let alert = StreamEvent::Data(Chunk { bytes: &last.bytes, stamp: at(5), extent });
        tls.push(Peer::Client, alert, &talk.secrets, &mut |_| {});
        let place = Some(EndPlace { at: 2_000, acknowledged: Some(5_000) });
        let fin = StreamEvent::End(End::at_place(EndCause::Fin, at(6), place));
        tls.push(Peer::Server, fin, &Secrets::default(), &mut |_| {});
        assert_eq!(tls.facts().complaint(), complaint, "acknowledges {acknowledged}");
    }
}

#[test]
fn what_a_peer_writes_past_its_tls_is_kept_for_the_alert_that_answers_it() {
    let answered = |plain: &[u8]| {
        let mut talk = chat(KINDS[0]);
        let server = super::testing::Piece { from: Peer::Server, bytes: plain.to_vec() };
        talk.pieces.push(server);
        talk.seal(Peer::Client, 21, &[2, 70]);
        let (_, mut tls) = talk.read();
        let alert = tls.facts().alert.unwrap();
        (alert.answers.map(|bytes| bytes.preview().to_vec()), alert.meaning())
    };
    assert_eq!(answered(b"\x81\x05hello, you").0.as_deref(), Some(&b"\x81\x05hello,"[..]));
    let (bytes, meaning) = answered(b"");
    assert_eq!(bytes, None);
    assert!(!meaning.contains("share no version"), "they had agreed on one: {meaning}");
}

#[test]
fn what_a_peer_writes_past_its_tls_is_seen_without_secrets() {
    for kind in [KINDS[0], KINDS[5]] {
        let mut talk = chat(kind);
        talk.pieces.push(super::testing::Piece { from: Peer::Server, bytes: b"HTTP/1.1 400".to_vec() });
        let (_, mut tls) = read(&talk.pieces, &Secrets::default(), Expecting::Nothing);
        let sides = tls.facts().sides;
        let (bytes, _) = sides.server.no_record.unwrap();
        assert_eq!((bytes.preview(), sides.client.no_record), (&b"HTTP/1.1"[..], None), "{kind:X?}");
    }
}

#[test]
fn a_handshake_that_both_went_on_from_is_not_broken() {
    let talk = chat(KINDS[5]);
    let ended = |pieces: &[super::testing::Piece]| {
        let (_, mut tls) = read(pieces, &talk.secrets, Expecting::Nothing);
        let fin = StreamEvent::End(End::by_packet(EndCause::Fin, at(90)));
        tls.push(Peer::Client, fin, &talk.secrets, &mut |_| {});
        tls.facts().broken_off().is_some()
    };
    let of_client: Vec<_> = talk.pieces.iter().filter(|piece| piece.from == Peer::Client).cloned().collect();
    assert!(!ended(&of_client), "its data needs a handshake that is over");
    assert!(ended(&of_client[..1]), "its ClientHello alone does not");
}

/// What a session is that ends with these pieces, after which the server ends TCP.
fn ended_by_server(talk: &Talk, pieces: &[super::testing::Piece]) -> Tls {
    let (_, mut tls) = read(pieces, &talk.secrets, Expecting::Nothing);
    let fin = StreamEvent::End(End::by_packet(EndCause::Fin, at(90)));
    tls.push(Peer::Server, fin, &talk.secrets, &mut |_| {});
    tls
}

#[test]
fn a_record_that_its_side_ends_inside_of_is_told_and_not_read() {
    for kind in KINDS {
        let mut talk = chat(kind);
        talk.say(Peer::Server, &[b'x'; 500]);
        let whole = talk.pieces.last().unwrap().bytes.clone();
        let mut tls = ended_by_server(&talk, &talk.pieces);
        let facts = tls.facts();
        assert_eq!((facts.readable, facts.reason), (Readable::All, None), "{kind:X?}");
        assert_eq!(facts.sides.server.unfinished, None);
        for came in [1, 4, 5, 100, whole.len() - 1] {
            let mut pieces = talk.pieces.clone();
            pieces.last_mut().unwrap().bytes.truncate(came);
            let mut tls = ended_by_server(&talk, &pieces);
            let facts = tls.facts();
            assert_eq!((facts.readable, facts.reason), (Readable::Part, Some(Reason::RecordUnfinished)));
            let record = facts.sides.server.unfinished.unwrap();
            let (declared, received) =
                if came < 5 { (None, came) } else { (Some(whole.len() as u64 - 5), came - 5) };
            assert_eq!((record.declared, record.received), (declared, received as u64), "{kind:X?}");
            // That its end was announced is as certain as before.
            assert_eq!(facts.end_notice(Peer::Server), EndNotice::Missing);
        }
    }
}

/// A reset that stands behind bytes that had not come shows that more of the record was sent.
#[test]
fn a_record_is_cut_by_a_reset_that_directly_follows_it() {
    let mut talk = chat(KINDS[0]);
    talk.say(Peer::Server, &[b'x'; 500]);
    talk.pieces.last_mut().unwrap().bytes.truncate(100);
    let of_server = talk.pieces.iter().filter(|piece| piece.from == Peer::Server);
    let came: usize = of_server.map(|piece| piece.bytes.len()).sum();
    for (unseen, is_told) in [(0, true), (1, false)] {
        let (_, mut tls) = talk.read();
        let place = EndPlace { at: came as u64 + unseen, acknowledged: None };
        let reset = StreamEvent::End(End::at_place(EndCause::Rst, at(90), Some(place)));
        tls.push(Peer::Server, reset, &talk.secrets, &mut |_| {});
        assert_eq!(tls.facts().sides.server.unfinished.is_some(), is_told, "{unseen}");
    }
}

#[test]
fn bytes_that_begin_no_record_are_no_record_that_is_cut() {
    let mut talk = chat(KINDS[0]);
    talk.pieces.push(super::testing::Piece { from: Peer::Server, bytes: b"HT".to_vec() });
    assert_eq!(ended_by_server(&talk, &talk.pieces).facts().sides.server.unfinished, None);
}

/// A server that does not like the client's certificate may leave without its Finished message.
#[test]
fn a_handshake_of_tls_1_2_needs_the_servers_finished_message() {
    let talk = Talk::agreed(0xC02F, Version::TLS12, false);
    let broken = |kept: usize, secrets: &Secrets| {
        let (_, mut tls) = read(&talk.pieces[..kept], secrets, Expecting::Nothing);
        let fin = StreamEvent::End(End::by_packet(EndCause::Fin, at(90)));
        tls.push(Peer::Server, fin, secrets, &mut |_| {});
        let facts = tls.facts();
        (facts.progress, facts.broken_off().is_some(), facts.left_behind_handshake().is_some())
    };
    // The server's are ChangeCipherSpec and Finished.
    let all = talk.pieces.len();
    for secrets in [&talk.secrets, &Secrets::default()] {
        assert_eq!(broken(all - 2, secrets), (HandshakeProgress::ClientFinished, true, false));
        assert_eq!(broken(all, secrets), (HandshakeProgress::Finished, false, false));
    }
}

/// A client that checks the certificate behind the handshake leaves without a word then.
#[test]
fn who_leaves_behind_the_handshake_without_a_word_is_known() {
    let left = |talk: &Talk, secrets: &Secrets, seconds: i64| {
        let (_, mut tls) = read(&talk.pieces, secrets, Expecting::Nothing);
        let stamp = Stamp { time: Timestamp::from_nanos(seconds * 1_000_000_000), ..at(90) };
        let fin = StreamEvent::End(End::by_packet(EndCause::Fin, stamp));
        tls.push(Peer::Client, fin, secrets, &mut |_| {});
        tls.facts().left_behind_handshake().map(|(side, ..)| side)
    };
    let silent = Talk::agreed(0xC02F, Version::TLS12, false);
    let spoken = chat((0xC02F, Version::TLS12, false));
    for secrets in [&silent.secrets, &Secrets::default()] {
        assert_eq!(left(&silent, secrets, 0), Some(Peer::Client));
        assert_eq!(left(&silent, secrets, 2), None, "nobody needed the connection");
        assert_eq!(left(&spoken, secrets, 0), None);
    }
    let mut notified = Talk::agreed(0xC02F, Version::TLS12, false);
    notified.seal(Peer::Client, 21, &[1, 0]);
    assert_eq!(left(&notified, &notified.secrets, 0), None, "it said that it ends");
}

#[test]
fn an_alert_about_a_record_that_does_not_authenticate_names_that_record() {
    let answered = |is_damaged: bool| {
        let mut talk = chat(KINDS[0]);
        talk.say(Peer::Client, b"damaged");
        if is_damaged {
            *talk.pieces.last_mut().unwrap().bytes.last_mut().unwrap() ^= 1;
        }
        talk.seal(Peer::Server, 21, &[2, 20]);
        let (_, mut tls) = talk.read();
        tls.facts().alert.unwrap().damaged.is_some()
    };
    assert!(answered(true));
    assert!(!answered(false), "the server alone could not read it");
}
