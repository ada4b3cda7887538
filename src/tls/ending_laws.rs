//! What holds for how sessions end, and for handshakes of which a secret is missing.

use crate::model::{Chunk, End, EndCause, EndPlace, PacketNumber, Peer, Stamp, StreamEvent};

use super::facts::Complaint;
use super::laws::{KINDS, chat};
use super::testing::{RANDOM, Talk, client_hello, read, secret_of};
use super::{
    AlertPhase, Closure, EndNotice, Event, Expecting, Label, Origin, Readable, Reason, Secret, Secrets, Tls,
    Version,
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
        for (end, complaint, notice) in [
            // The server had seen the alert.
            (fin(6, Some(1 << 20)), Complaint::No, EndNotice::Alert(at(5))),
            // It had not: its end may have come before.
            (fin(6, Some(10)), Complaint::Perhaps, EndNotice::Unknown),
            (fin(6, None), Complaint::Perhaps, EndNotice::Unknown),
            (None, Complaint::Perhaps, EndNotice::Unknown),
            (fin(4, Some(10)), Complaint::Yes, EndNotice::Alert(at(5))),
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
