//! What holds for what records show without being opened, and for those that wait to be.

use crate::model::{Chunk, End, EndCause, Peer, PerPeer, Stamp, StreamEvent};

use super::laws::{KINDS, chat, expected, with_early_data};
use super::testing::{Talk, client_hello, extension, keep, read, server_hello};
use super::{
    AlertContext, ClientCertificate, EarlyData, EndNotice, Event, Expecting, HandshakeProgress, Reason,
    Secrets, Tls, Version,
};

/// What an alert in answer to these messages of a handshake in the clear means.
fn alert_after(messages: &[(Peer, Vec<u8>)], from: Peer) -> AlertContext {
    let mut talk = Talk::new(0xC02F, Version::TLS12, false);
    for (from, message) in messages {
        talk.plain(*from, 22, message);
    }
    talk.plain(from, 21, &[2, 40]);
    let (_, mut tls) = talk.read();
    tls.facts().alert.unwrap().context
}

#[test]
fn an_alert_means_what_the_handshake_had_come_to() {
    let hello = (Peer::Client, client_hello(&[]));
    let answer = (Peer::Server, server_hello(0xC02F, &[], Version::TLS12));
    let request = (Peer::Server, vec![13, 0, 0, 4, 1, 1, 0, 0]);
    let none = (Peer::Client, vec![11, 0, 0, 3, 0, 0, 0]);
    let some = (Peer::Client, vec![11, 0, 0, 7, 0, 0, 4, 0, 0, 1, 9]);
    let so_far = [hello, answer, request];
    let after = |count: usize| alert_after(&so_far[..count], Peer::Server);
    assert_eq!(after(0), AlertContext::Unknown);
    assert_eq!(after(1), AlertContext::Choosing);
    assert_eq!(after(2), AlertContext::Chosen);
    assert_eq!(after(3), AlertContext::CertificateWanted);
    let answered = |last: &(Peer, Vec<u8>)| {
        alert_after(&[&so_far[..], std::slice::from_ref(last)].concat(), Peer::Server)
    };
    assert_eq!(answered(&none), AlertContext::CertificateMissing);
    assert_eq!(answered(&some), AlertContext::CertificateSent);
}

/// A session of TLS 1.3 that no secret opens: the client finishes its handshake with records of these lengths, then the server
/// sends records of these. Lengths are of what is inside.
fn finish_in_the_dark(client: &[usize], server: &[usize]) -> Tls {
    let mut talk = Talk::new(0x1301, Version::TLS13, false);
    talk.plain(Peer::Client, 22, &client_hello(&[]));
    talk.plain(Peer::Server, 22, &server_hello(0x1301, &extension(43, &[3, 4]), Version::TLS13));
    let records = [(Peer::Server, 900)].into_iter();
    let records = records.chain(client.iter().map(|length| (Peer::Client, *length)));
    let records = records.chain(server.iter().map(|length| (Peer::Server, *length)));
    for (from, length) in records {
        // Type and tag.
        talk.plain(from, 23, &vec![7; length + 1 + 16]);
    }
    read(&talk.pieces, &Secrets::default(), Expecting::Nothing).1
}

#[test]
fn a_certificate_that_is_refused_in_the_dark_shows_by_sizes_alone() {
    const ALERT: usize = 2;
    let (none, finished) = (8, 4 + 32);
    let refused =
        |client: &[usize], server: &[usize]| finish_in_the_dark(client, server).facts().refused_certificate();
    let refused = |client: &[usize], server: &[usize]| refused(client, server).map(|(shown, _)| shown);
    for client in [&[none, finished][..], &[none, finished, 150], &[none + finished]] {
        assert_eq!(refused(client, &[ALERT]), Some(ClientCertificate::Missing), "{client:?}");
    }
    assert_eq!(refused(&[700, 264, finished], &[ALERT]), Some(ClientCertificate::Sent));
    // Nobody asked for one: whatever the record is, it says nothing of certificates.
    assert_eq!(refused(&[finished], &[ALERT]), None);
    assert_eq!(refused(&[finished, 150], &[ALERT]), None);
    // The server goes on, or has said something before its close_notify.
    assert_eq!(refused(&[none, finished], &[233, ALERT]), None);
    assert_eq!(refused(&[none, finished], &[ALERT, 233]), None);
    assert_eq!(refused(&[none, finished], &[233]), None);
    assert_eq!(refused(&[none, finished], &[]), None);
}

#[test]
fn whether_early_data_was_taken_is_known_only_where_the_answer_can_be_read() {
    for accepted in [true, false] {
        let talk = with_early_data(accepted);
        let (_, mut tls) = read(&talk.pieces, &Secrets::default(), Expecting::Nothing);
        assert_eq!(tls.facts().early_data, Some(EarlyData::Offered));
        let (_, mut tls) = talk.read();
        let decided = if accepted { EarlyData::Accepted } else { EarlyData::Rejected };
        assert_eq!(tls.facts().early_data, Some(decided));
    }
}

#[test]
fn what_a_side_said_of_its_end_is_known_as_far_as_records_show_it() {
    let notices = |talk: &Talk, secrets: &Secrets| {
        let (_, mut tls) = read(&talk.pieces, secrets, Expecting::Nothing);
        PerPeer::from_fn(|peer| tls.facts().end_notice(peer))
    };
    for kind in [KINDS[0], KINDS[5]] {
        let none = Secrets::default();
        let mut talk = chat(kind);
        let dark = notices(&talk, &none);
        let is_typed = kind.1 < Version::TLS13;
        assert_eq!(dark.server, if is_typed { EndNotice::Missing } else { EndNotice::Unlikely }, "{kind:X?}");
        assert_eq!(notices(&talk, &talk.secrets).server, EndNotice::Missing, "{kind:X?}");
        // Without padding.
        while !is_typed && !talk.is_next_plain(Peer::Server) {
            talk.say(Peer::Server, b"hello");
        }
        talk.seal(Peer::Server, 21, &[1, 0]);
        assert!(matches!(notices(&talk, &none).server, EndNotice::Likely(_)), "{kind:X?}");
        assert!(matches!(notices(&talk, &talk.secrets).server, EndNotice::Sent(_)), "{kind:X?}");
    }
}

#[test]
fn what_waits_when_both_sides_have_ended_waits_on_until_nothing_can_come() {
    let talk = chat(KINDS[0]);
    let none = Secrets::default();
    let expecting = Expecting::Secrets { held_bytes: 1 << 20 };
    for come in [true, false] {
        let (_, mut tls) = read(&talk.pieces, &none, expecting);
        let mut texts = PerPeer::<Vec<u8>>::default();
        for peer in Peer::BOTH {
            let end = StreamEvent::End(End::by_packet(EndCause::Fin, Stamp::default()));
            tls.push(peer, end, &none, &mut |event| keep(&mut texts, &event));
        }
        assert!(tls.is_waiting());
        if come {
            tls.unlock(&talk.secrets, &mut |event| keep(&mut texts, &event));
            assert_eq!(texts, expected());
        } else {
            tls.expect_no_more(&none, &mut |event| keep(&mut texts, &event));
            assert_eq!(tls.facts().reason, Some(Reason::NoSecrets { log: None }));
        }
        assert!(!tls.is_waiting());
    }
}

/// Whoever has finished its handshake and leaves has not broken it off.
#[test]
fn what_came_is_known_although_memory_was_short() {
    for kind in [KINDS[0], KINDS[5]] {
        let talk = Talk::agreed(kind.0, kind.1, kind.2);
        let none = Secrets::default();
        for leaves_before in [true, false] {
            let mut tls = Tls::new(Expecting::Secrets { held_bytes: 1 << 20 });
            let mut ends = PerPeer::<bool>::default();
            let push =
                |tls: &mut Tls, from, event: StreamEvent<'_>| tls.push(from, event, &none, &mut |_| {});
            for piece in &talk.pieces {
                let chunk = Chunk::plain(&piece.bytes, Stamp::default(), 0);
                push(&mut tls, piece.from, StreamEvent::Data(chunk));
            }
            assert!(tls.is_waiting());
            let end = StreamEvent::End(End::by_packet(EndCause::Fin, Stamp::default()));
            if leaves_before {
                push(&mut tls, Peer::Client, end);
            }
            tls.shed(&mut |event| {
                if let Event::Stream(from, StreamEvent::End(_)) = event {
                    *ends.of_mut(from) = true;
                }
            });
            assert_eq!((ends.client, tls.is_waiting()), (leaves_before, false));
            if !leaves_before {
                push(&mut tls, Peer::Client, end);
            }
            let facts = tls.facts();
            assert_eq!(facts.progress, HandshakeProgress::Finished, "{kind:X?}");
            assert_eq!(facts.reason, Some(Reason::NoSecrets { log: None }), "{kind:X?}");
        }
    }
}

/// What could not wait is not missing in the count of what follows.
#[test]
fn secrets_that_come_after_memory_was_short_open_what_follows() {
    for kind in [KINDS[0], KINDS[5]] {
        let talk = chat(kind);
        let none = Secrets::default();
        let mut tls = Tls::new(Expecting::Secrets { held_bytes: 1 << 20 });
        let mut texts = PerPeer::default();
        let last = talk.pieces.len() - 3;
        for (number, piece) in talk.pieces.iter().enumerate() {
            if number == last {
                tls.shed(&mut |event| keep(&mut texts, &event));
            }
            let secrets = if number < last { &none } else { &talk.secrets };
            let chunk = Chunk::plain(&piece.bytes, Stamp::default(), 0);
            tls.push(piece.from, StreamEvent::Data(chunk), secrets, &mut |event| keep(&mut texts, &event));
        }
        assert!(texts.client.ends_with(&expected().client[expected().client.len() - 25..]), "{kind:X?}");
        assert!(texts.server.ends_with(&expected().server[expected().server.len() - 230..]), "{kind:X?}");
        assert_eq!(tls.facts().reason, Some(Reason::SecretsTooLate), "{kind:X?}");
    }
}
