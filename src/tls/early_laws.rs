//! What holds for early data for which there is no secret.

use crate::model::{Chunk, End, EndCause, Peer, PerPeer, Stamp, StreamEvent};

use super::laws::with_early_data;
use super::testing::{
    RANDOM, Talk, client_hello, early_data, extension, keep, read, secret_of, server_hello,
};
use super::{
    DamagedLine, EarlyData, Event, Expecting, Label, Origin, Readable, Reason, Secret, Secrets, Tls, Version,
};

const NO_EARLY: Reason = Reason::LabelMissing { label: "CLIENT_EARLY_TRAFFIC_SECRET" };

fn with(labels: &[Label]) -> Secrets {
    let mut secrets = Secrets::default();
    for label in labels {
        secrets.add(RANDOM, *label, Secret::new(&secret_of(*label, 32)), Origin::KeyLog);
    }
    secrets
}

#[test]
fn what_follows_early_data_without_a_secret_is_read_as_behind_a_gap() {
    let handshake = [Label::ClientHandshakeTraffic, Label::ServerHandshakeTraffic];
    let data = [Label::ClientTraffic, Label::ServerTraffic];
    for (labels, accepted, told) in [
        (data.to_vec(), true, EarlyData::Offered),
        (data.to_vec(), false, EarlyData::Offered),
        ([&data[..], &handshake[1..]].concat(), true, EarlyData::Accepted),
        ([&data[..], &handshake[..1]].concat(), true, EarlyData::Offered),
        ([data, handshake].concat(), true, EarlyData::Accepted),
    ] {
        let talk = with_early_data(accepted);
        let (texts, mut tls) = read(&talk.pieces, &with(&labels), Expecting::Nothing);
        assert_eq!(String::from_utf8_lossy(&texts.client), "|late", "{labels:?}");
        assert_eq!(texts.server, b"answer", "{labels:?}");
        let facts = tls.facts();
        assert_eq!(facts.early_data, Some(told), "{labels:?}");
        assert_eq!((facts.readable, facts.reason), (Readable::Part, Some(NO_EARLY)), "{labels:?}");
    }
}

/// What the server threw away is missing in nothing.
#[test]
fn early_data_that_the_server_threw_away_needs_no_secret() {
    let talk = with_early_data(false);
    let labels = [Label::ClientTraffic, Label::ServerTraffic, Label::ServerHandshakeTraffic];
    let (texts, mut tls) = read(&talk.pieces, &with(&labels), Expecting::Nothing);
    assert_eq!((texts.client.as_slice(), texts.server.as_slice()), (&b"late"[..], &b"answer"[..]));
    assert_eq!((tls.facts().readable, tls.facts().reason), (Readable::All, None));
}

#[test]
fn the_secret_of_a_whole_side_is_worth_more_than_that_of_early_data() {
    let talk = with_early_data(true);
    let (texts, mut tls) = read(&talk.pieces, &with(&[Label::ClientTraffic]), Expecting::Nothing);
    assert_eq!(texts.client, b"|late");
    assert_eq!(tls.facts().reason, Some(Reason::SecretsOnlyForOneSide { side: Peer::Client }));
}

/// Without the server's answer the client's own records show the suite.
#[test]
fn a_client_alone_is_read_behind_early_data_without_a_secret() {
    let mut talk = with_early_data(true);
    talk.pieces.retain(|piece| piece.from == Peer::Client);
    let (texts, mut tls) = read(&talk.pieces, &with(&[Label::ClientTraffic]), Expecting::Nothing);
    // What waits for the server's answer is told when none can come.
    assert!(texts.client.is_empty());
    let end = End::by_packet(EndCause::Fin, Stamp::default());
    let mut texts = PerPeer::default();
    for peer in Peer::BOTH {
        let event = StreamEvent::End(end);
        tls.push(peer, event, &with(&[Label::ClientTraffic]), &mut |event| {
            keep(&mut texts, &event);
        });
    }
    assert_eq!(String::from_utf8_lossy(&texts.client), "|late");
}

/// A server may answer early data before the client has finished its handshake (RFC 8446 §4.2.10).
#[test]
fn that_early_data_is_missing_is_told_before_the_answer_to_it() {
    let mut talk = Talk::new(0x1301, Version::TLS13, false);
    talk.plain(Peer::Client, 22, &client_hello(&early_data()));
    talk.use_secret(Peer::Client, Label::ClientEarlyTraffic);
    talk.say(Peer::Client, b"question");
    let extensions = [extension(43, &[3, 4]), extension(41, &[0, 0])].concat();
    talk.plain(Peer::Server, 22, &server_hello(0x1301, &extensions, Version::TLS13));
    talk.use_secret(Peer::Server, Label::ServerTraffic);
    for answer in [&b"an "[..], b"answer"] {
        talk.say(Peer::Server, answer);
    }
    let mut told = String::new();
    let mut tls = Tls::new(Expecting::Nothing);
    let secrets = with(&[Label::ClientTraffic, Label::ServerTraffic]);
    for piece in &talk.pieces {
        let chunk = Chunk::plain(&piece.bytes, Stamp::default(), 0);
        tls.push(piece.from, StreamEvent::Data(chunk), &secrets, &mut |event| {
            if let Event::Stream(from, event) = event {
                match event {
                    StreamEvent::Data(chunk) => told.push_str(&String::from_utf8_lossy(chunk.bytes)),
                    StreamEvent::Gap(_) => told.extend(["| of ", from.name(), ": "]),
                    StreamEvent::End(_) => {}
                }
            }
        });
    }
    assert_eq!(told, "| of client: an answer");
}

#[test]
fn a_damaged_line_of_early_data_is_named() {
    let talk = with_early_data(true);
    let mut secrets = with(&[Label::ClientTraffic, Label::ServerTraffic]);
    let line = DamagedLine { line: 7, label: Label::ClientEarlyTraffic, random: Some(RANDOM) };
    secrets.add_damaged(line);
    let (_, mut tls) = read(&talk.pieces, &secrets, Expecting::Nothing);
    assert_eq!(tls.facts().reason, Some(Reason::LineDamaged { line: 7 }));
    let mut secrets = with(&[Label::ClientTraffic, Label::ServerTraffic]);
    secrets.add(RANDOM, Label::ClientEarlyTraffic, Secret::new(&[9; 32]), Origin::KeyLog);
    let (texts, mut tls) = read(&talk.pieces, &secrets, Expecting::Nothing);
    assert_eq!(texts.client, b"|late");
    assert_eq!(tls.facts().reason, Some(Reason::SecretDoesNotFit));
}
