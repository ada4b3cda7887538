//! TLS sessions that no secret opens, and that may carry a WebSocket: what is listed of them.

use super::config::Config;
use super::output::Place;
use crate::findings::{Farewell, Path, SessionEnd, is_refused_unread};
use crate::model::{ConnectionId, End, EndCause, Extent, Gap, GapCause, Missing, Peer, PerPeer, Said, Stamp};
use crate::tls::{Burst, Facts, OpenedConnection, Readable, Reason, Rhythm, Version};
use crate::upgrade::{Outcome, Upgrade};
use crate::ws;
use std::borrow::Cow;
use std::time::Duration;

/// This many turns that begin with text too short for a request or a response make HTTP unlikely. An alert of each side may
/// be among them.
const BRIEF_TURNS: u64 = 3;

/// Records of each side, handshake included, of a conversation that went on.
const TALKING: u64 = 4;

/// How long secrets may come late: until then nobody is told that there are none.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether so many records of both sides are a conversation that went on.
pub(super) fn goes_on(records: &PerPeer<u64>) -> bool {
    Peer::BOTH.into_iter().all(|peer| *records.of(peer) >= TALKING)
}

/// The attempt to stand for a TLS session, if it may carry a WebSocket as far as the packet at `stamp` shows.
pub(super) fn attempt(facts: &Facts, stamp: Stamp, place: &Place, config: &Config) -> Option<Upgrade> {
    let talks = goes_on(&facts.rhythm.records);
    let is_early = facts.is_waiting && stamp.time.since(facts.stamp.time) < PATIENCE;
    if facts.readable != Readable::Nothing || !talks || is_early {
        return None;
    }
    let is_chosen = is_chosen(facts, place, config);
    if !is_chosen && !is_alike(facts) {
        return None;
    }
    Some(Upgrade { doubtful: !is_chosen, ..unread(facts, stamp) })
}

/// The same of a TLS session that is over, of a server that the user named: there the client need have said no more than one thing
/// after its handshake.
pub(super) fn attempt_at_end(facts: &Facts, place: &Place, config: &Config) -> Option<Upgrade> {
    let is_told = facts.readable == Readable::Nothing && is_chosen(facts, place, config);
    let has_asked = facts.client_has_spoken() && !is_refused_unread(facts) && facts.alert.is_none();
    let ends = Peer::BOTH.into_iter().filter_map(|peer| facts.sides.of(peer).end);
    let last = ends.map(|(_, said)| said.stamp).min().unwrap_or(facts.stamp);
    (is_told && has_asked).then(|| unread(facts, last))
}

/// An attempt of which nothing can be read, as the packet at `stamp` shows.
fn unread(facts: &Facts, stamp: Stamp) -> Upgrade {
    Upgrade {
        searching: PerPeer { client: true, server: true },
        first: facts.stamp,
        ..Upgrade::unread(Outcome::Dark, stamp)
    }
}

/// What is known about a session, with what only more of the capture shows: whose packets are `missing`, which other connection the
/// secrets `opened`, and how its `path` was.
pub(super) fn in_context<'a>(
    facts: &'a Facts,
    missing: Option<Peer>,
    (own, opened): (ConnectionId, Option<ConnectionId>),
    path: Option<&Path>,
) -> Cow<'a, Facts> {
    let is_cut_off = facts.progress.is_under_way() && path.is_some_and(Path::is_dead);
    let (readable, reason) = match facts.reason {
        Some(reason) if reason.is_lack() && facts.readable == Readable::Nothing && is_cut_off => {
            (facts.readable, Reason::HandshakeCutOff)
        }
        Some(reason)
            if reason.is_lack() && facts.readable == Readable::Nothing && is_refused_unread(facts) =>
        {
            (facts.readable, Reason::HandshakeBroken)
        }
        Some(Reason::ClientHelloLost) if missing == Some(Peer::Client) => {
            (facts.readable, Reason::DirectionMissing { side: Peer::Client })
        }
        Some(Reason::ServerHelloLost) if missing == Some(Peer::Server) => {
            (facts.readable, Reason::DirectionMissing { side: Peer::Server })
        }
        Some(Reason::NoSecretForThisClientRandom { random, others, opened: None }) if opened.is_some() => {
            let opened = opened.map(|opened| opened_beside(facts, own, opened));
            (facts.readable, Reason::NoSecretForThisClientRandom { random, others, opened })
        }
        None | Some(Reason::RecordUnfinished) => match missing {
            Some(side) if facts.sides.of(!side).opened > 0 => {
                let readable = if side == Peer::Client { Readable::Server } else { Readable::Client };
                (readable, Reason::DirectionMissing { side })
            }
            Some(_) | None => return Cow::Borrowed(facts),
        },
        // More of the capture says no more about these.
        Some(
            Reason::NoSecrets { .. }
            | Reason::NoSecretForThisClientRandom { .. }
            | Reason::LabelMissing { .. }
            | Reason::SecretsOnlyForOneSide { .. }
            | Reason::LineDamaged { .. }
            | Reason::SecretDoesNotFit
            | Reason::ClientHelloLost
            | Reason::ServerHelloLost
            | Reason::DirectionMissing { .. }
            | Reason::HandshakeNotCaptured
            | Reason::PacketsCut
            | Reason::RecordsLost
            | Reason::RecordDamaged
            | Reason::RenegotiationUnread { .. }
            | Reason::CipherNotSupported { .. }
            | Reason::VersionNotSupported { .. }
            | Reason::EncryptedClientHello
            | Reason::SecretsTooLate
            | Reason::HandshakeBroken
            | Reason::HandshakeCutOff
            | Reason::ServerSpeaksNoTls
            | Reason::DecryptionLeftOut,
        ) => return Cow::Borrowed(facts),
    };
    Cow::Owned(Facts { readable, reason: Some(reason), ..facts.clone() })
}

/// A connection that secrets open, as `own` sees it, of which these are the facts.
pub(super) fn opened_beside(facts: &Facts, own: ConnectionId, opened: ConnectionId) -> OpenedConnection {
    let is_complete = facts.sides.client.sealed > 1;
    let is_older = facts.version.is_some_and(|version| version < Version::TLS13);
    let is_resumption = is_older && facts.resumed == Some(true);
    OpenedConnection { connection: opened, is_earlier: opened < own, is_complete, is_resumption }
}

/// Whether the user named this server.
pub(super) fn is_chosen(facts: &Facts, place: &Place, config: &Config) -> bool {
    let server = place.addresses.server;
    let is_name = |name: &String| {
        let is_asked_for = facts.sni.as_deref().is_some_and(|sni| sni.eq_ignore_ascii_case(name));
        is_asked_for || name.parse() == Ok(server.ip())
    };
    config.server_ports.contains(&server.port()) || config.server_names.iter().any(is_name)
}

/// Whether it looks like one: over HTTP/1.1 (other protocols have short messages, too), and with turns that begin with neither
/// a request nor an answer.
fn is_alike(facts: &Facts) -> bool {
    let is_http = |protocols: &[String]| matches!(protocols, [only] if only == "http/1.1");
    let chose_http = facts.alpn.as_deref() == Some("http/1.1");
    let turns = facts.rhythm.brief_turns;
    (chose_http || is_http(&facts.alpn_offered)) && turns.client + turns.server >= BRIEF_TURNS
}

/// What the judge of the session has to know first: nothing can be read.
pub(super) fn gaps(facts: &Facts, out: &mut dyn FnMut(&ws::Event<'_>)) {
    for from in Peer::BOTH {
        let gap = Gap {
            missing: Missing::Unknown,
            cause: GapCause::Sealed,
            stamp: facts.stamp,
            extent: Extent::default(),
        };
        out(&ws::Event::Gap { from, gap, sync_lost: true });
    }
}

/// How long before the end of TCP the last words were that may have to do with it.
const GOODBYE: Duration = Duration::from_secs(1);

/// How a session ended that TCP shows to have `ended` so, as far as its records tell a goodbye from what was said before. What may be
/// the client's goodbye is no timer's work.
pub(super) fn ended(ended: SessionEnd, rhythm: &Rhythm) -> SessionEnd {
    let Rhythm { burst, before, longest_pause, .. } = *rhythm;
    let ended = SessionEnd { doubtful: true, ..ended };
    let Some(burst) = burst else { return SessionEnd { last_word: None, ..ended } };
    let Burst { by, first, last, words, is_brief } = burst;
    let last_pause = before.map_or(Duration::ZERO, |before| first.time.since(before));
    let silent = SessionEnd {
        last_word: Some(last),
        last_pause,
        longest_pause: longest_pause.max(last_pause),
        ..ended
    };
    // A side may wait after its close_notify, and something in between says no goodbye.
    let is_said = words.client + words.server > 0;
    if is_said && ended.at.time.since(last) > GOODBYE || ended.by.is_none() {
        return silent;
    }
    let leaves =
        SessionEnd { by: Some(by), at: first, last_word: before, last_pause, longest_pause, ..ended };
    let is_left_by_server = by == Peer::Server && ended.by == Some(Peer::Server);
    match (words.client, words.server) {
        (0, 0) => leaves,
        // A Close of the server, and at most the answer to it.
        (0, 1) | (1, 0 | 1) if is_brief && is_left_by_server => leaves,
        // What it said last may have been a Close.
        (0, _) if ended.by == Some(Peer::Server) => SessionEnd { farewell: Farewell::Close, ..silent },
        _ => SessionEnd { farewell: Farewell::Explained, ..silent },
    }
}

/// How it ended.
pub(super) fn ends(facts: &Facts, out: &mut dyn FnMut(&ws::Event<'_>)) {
    let mut ends: Vec<(Peer, (EndCause, Said))> =
        Peer::BOTH.into_iter().filter_map(|peer| Some((peer, facts.sides.of(peer).end?))).collect();
    ends.sort_by_key(|(_, (cause, said))| (*cause == EndCause::Open, said.stamp));
    for (from, (cause, said)) in ends {
        out(&ws::Event::End { from, end: End::at_place(cause, said.stamp, said.place) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Attempt, SessionId, Timestamp};
    use crate::tls::Random;

    fn facts(brief_turns: u64) -> Facts {
        let mut facts = Facts {
            sni: Some("chat.example".to_owned()),
            alpn_offered: vec!["http/1.1".to_owned()],
            readable: Readable::Nothing,
            ..Facts::default()
        };
        facts.rhythm.records = PerPeer { client: 9, server: 9 };
        facts.rhythm.brief_turns.client = brief_turns;
        facts
    }

    /// Whether it is told as a guess, after so many seconds.
    fn told_after(seconds: i64, facts: &Facts, config: &Config) -> Option<bool> {
        let place = Place {
            session: SessionId(0),
            connection: ConnectionId(1),
            opened: Stamp::default(),
            attempt: Attempt::Ordinal(0),
            is_secure: true,
            addresses: PerPeer {
                client: "10.0.0.1:4000".parse().unwrap(),
                server: "10.0.0.2:443".parse().unwrap(),
            },
        };
        let stamp = Stamp { time: Timestamp::from_nanos(seconds * 1_000_000_000), ..Stamp::default() };
        attempt(facts, stamp, &place, config).map(|attempt| attempt.doubtful)
    }

    fn told(facts: &Facts, config: &Config) -> Option<bool> {
        told_after(0, facts, config)
    }

    #[test]
    fn short_turns_over_http_are_a_guess_and_what_the_user_names_is_none() {
        let config = Config::default();
        assert_eq!(told(&facts(3), &config), Some(true));
        assert_eq!(told(&facts(2), &config), None, "they may be alerts");
        let mut other = facts(9);
        other.alpn_offered.push("h2".to_owned());
        assert_eq!(told(&other, &config), None, "HTTP/2 has short frames");
        let named = |name: &str| Config { server_names: vec![name.to_owned()], ..Config::default() };
        assert_eq!(told(&facts(0), &named("Chat.example")), Some(false));
        assert_eq!(told(&facts(0), &named("10.0.0.2")), Some(false));
        assert_eq!(told(&facts(0), &named("10.0.0.1")), None);
        assert_eq!(told(&facts(0), &Config { server_ports: vec![443], ..Config::default() }), Some(false));
        let readable = Facts { readable: Readable::All, ..facts(9) };
        assert_eq!(told(&readable, &named("chat.example")), None);
    }

    #[test]
    fn a_missing_side_explains_what_it_would_have_shown() {
        let told = |reason, missing| {
            let facts = Facts { reason, readable: Readable::Nothing, ..Facts::default() };
            in_context(&facts, missing, (ConnectionId(1), None), None).reason
        };
        let side = Peer::Server;
        assert_eq!(told(Some(Reason::ServerHelloLost), Some(side)), Some(Reason::DirectionMissing { side }));
        assert_eq!(told(Some(Reason::ServerHelloLost), None), Some(Reason::ServerHelloLost));
        let late = Some(Reason::HandshakeNotCaptured);
        assert_eq!(told(late, Some(side)), late, "both directions would not help");
        let mut read = Facts::default();
        read.sides.client.opened = 3;
        let told = in_context(&read, Some(side), (ConnectionId(1), None), None);
        assert_eq!((told.readable, told.reason), (Readable::Client, Some(Reason::DirectionMissing { side })));
        assert_eq!(in_context(&read, None, (ConnectionId(1), None), None).readable, Readable::All);
    }

    #[test]
    fn secrets_that_open_another_connection_are_of_the_same_process() {
        let reason = Reason::NoSecretForThisClientRandom { random: Random([7; 32]), others: 2, opened: None };
        let mut facts = Facts { reason: Some(reason), ..facts(0) };
        let told = |facts: &Facts, own, opened: Option<u64>| {
            let beside = (ConnectionId(own), opened.map(ConnectionId));
            in_context(facts, None, beside, None).reason.unwrap().to_string()
        };
        assert!(told(&facts, 1, None).ends_with("they are another process's, or logging began later"));
        let later = told(&facts, 1, Some(3));
        assert!(later.contains("they open connection 3 of this capture"), "{later}");
        assert!(later.contains("came before logging began") && later.contains("broken off"), "{later}");
        // What cannot have been the reason is none.
        facts.sides.client.sealed = 2;
        let earlier = told(&facts, 4, Some(3));
        assert!(earlier.contains("they open connection 3 of this capture"), "{earlier}");
        assert!(!earlier.contains("before logging began") && !earlier.contains("broken off"), "{earlier}");
        // Its secret is that of the session which it continues.
        (facts.version, facts.resumed) = (Some(Version::TLS12), Some(true));
        let resumed = told(&facts, 4, Some(3));
        assert!(resumed.contains("resumes") && !resumed.contains("another process"), "{resumed}");
        facts.version = Some(Version::TLS13);
        assert_eq!(told(&facts, 4, Some(3)), earlier, "each session of TLS 1.3 has secrets of its own");
    }

    /// What a session is told to have been ended like, and how long it was silent before: of records at these times in milliseconds
    /// (`c` and `s` are short ones of a side, `C` and `S` long ones), and TCP's end 10 ms after the last, or after 7 s.
    fn left(records: &[(char, i64)], by: Peer, after: i64) -> (Option<Peer>, Farewell, u64) {
        let mut rhythm = Rhythm::default();
        let stamp =
            |millis: i64| Stamp { time: Timestamp::from_nanos(millis * 1_000_000), ..Stamp::default() };
        let mut last = 0;
        for (kind, millis) in records {
            let from = if kind.eq_ignore_ascii_case(&'c') { Peer::Client } else { Peer::Server };
            let length = if kind.is_lowercase() { 30 } else { 900 };
            rhythm.observe_word(from, length, stamp(*millis));
            last = *millis;
        }
        let tcp = SessionEnd {
            connection: ConnectionId(1),
            by: Some(by),
            doubtful: false,
            farewell: Farewell::None,
            at: stamp(last + after),
            opened: None,
            last_word: None,
            last_pause: Duration::ZERO,
            longest_pause: Duration::ZERO,
        };
        let left = ended(tcp, &rhythm);
        assert!(left.doubtful, "who said what is encrypted");
        let silence = left.last_word.map_or(Duration::ZERO, |word| left.at.time.since(word));
        (left.by, left.farewell, u64::try_from(silence.as_millis()).unwrap())
    }

    #[test]
    fn what_may_be_a_goodbye_is_told_from_what_was_said_before() {
        let (client, server) = (Peer::Client, Peer::Server);
        let talk = [('C', 0), ('S', 10), ('c', 3_000), ('s', 3_010)];
        let then = |more: &[(char, i64)]| [&talk, more].concat();
        assert_eq!(left(&talk, server, 7_000), (Some(server), Farewell::None, 7_000));
        assert_eq!(left(&talk, client, 7_000), (Some(client), Farewell::None, 7_000));
        // The server's Close, and the client's answer.
        assert_eq!(left(&then(&[('s', 9_010)]), server, 10), (Some(server), Farewell::None, 6_000));
        let closed = then(&[('s', 9_010), ('c', 9_020)]);
        assert_eq!(left(&closed, server, 10), (Some(server), Farewell::None, 6_000));
        // The client's, or nobody knows whose.
        let goodbye = then(&[('c', 9_010), ('s', 9_020)]);
        assert_eq!(left(&goodbye, server, 10).1, Farewell::Explained);
        assert_eq!(left(&closed, client, 10).1, Farewell::Explained);
        let busy = then(&[('s', 9_010), ('c', 9_020), ('C', 9_030)]);
        assert_eq!(left(&busy, server, 10).1, Farewell::Explained);
        // It went on speaking to the end.
        assert_eq!(
            left(&then(&[('S', 9_010), ('s', 9_020)]), server, 10),
            (Some(server), Farewell::Close, 10)
        );
    }

    #[test]
    fn whoever_waits_for_secrets_is_not_told_at_once_that_there_are_none() {
        let waiting = Facts { is_waiting: true, ..facts(9) };
        assert_eq!(told_after(2, &waiting, &Config::default()), None);
        assert_eq!(told_after(3, &waiting, &Config::default()), Some(true));
    }
}
