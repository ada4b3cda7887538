//! TLS sessions that no secret opens, and that may carry a WebSocket: what is listed of them.

use super::config::Config;
use super::output::Place;
use crate::http1::{HeadPart, Outcome, Upgrade, Via};
use crate::model::{End, EndCause, Gap, GapCause, Missing, Peer, PerPeer, Stamp};
use crate::tls::{Facts, Readable};
use crate::ws;

/// This many turns that begin with a record too short for a request or a response make HTTP unlikely.
const SHORT_TURNS: u64 = 3;

/// Records of each side, handshake included, of a conversation that went on.
const TALKING: u64 = 4;

/// The attempt to stand for a TLS session, if it may carry a WebSocket.
pub(super) fn attempt(facts: &Facts, place: &Place, config: &Config) -> Option<Upgrade> {
    let talks = Peer::BOTH.into_iter().all(|peer| facts.sides.of(peer).sealed >= TALKING);
    if facts.readable != Readable::Nothing || !talks {
        return None;
    }
    let is_chosen = is_chosen(facts, place, config);
    if !is_chosen && !is_alike(facts) {
        return None;
    }
    Some(Upgrade {
        outcome: Outcome::Dark,
        via: Via::Http1,
        request: HeadPart::Lost,
        response: HeadPart::Lost,
        interim: Vec::new(),
        early_bytes: 0,
        early: None,
        ends: PerPeer::default(),
        ended_first: None,
        doubtful: !is_chosen,
        searching: PerPeer { client: true, server: true },
        first: facts.stamp,
        requested: facts.stamp,
        last: facts.stamp,
        tunnel: None,
    })
}

/// Whether the user named this server.
fn is_chosen(facts: &Facts, place: &Place, config: &Config) -> bool {
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
    // An alert of each side may be among them.
    let turns = facts.sides.client.short_turns + facts.sides.server.short_turns;
    (chose_http || is_http(&facts.alpn_offered)) && turns >= SHORT_TURNS
}

/// What the judge of the session has to know: nothing can be read, and how it ended.
pub(super) fn events(facts: &Facts, out: &mut dyn FnMut(&ws::Event<'_>)) {
    for from in Peer::BOTH {
        let gap = Gap {
            missing: Missing::Unknown,
            cause: GapCause::Sealed,
            stamp: facts.stamp,
            extent: crate::model::Extent::default(),
        };
        out(&ws::Event::Gap { from, gap, sync_lost: true });
    }
    let mut ends: Vec<(Peer, (EndCause, Stamp))> =
        Peer::BOTH.into_iter().filter_map(|peer| Some((peer, facts.sides.of(peer).end?))).collect();
    ends.sort_by_key(|(_, (cause, stamp))| (*cause == EndCause::Open, *stamp));
    for (from, (cause, stamp)) in ends {
        out(&ws::Event::End { from, end: End::by_packet(cause, stamp) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Attempt, ConnectionId, SessionId};
    use crate::tls::SideFacts;

    fn facts(short_turns: u64) -> Facts {
        let side = SideFacts { sealed: 9, short_turns, ..SideFacts::default() };
        Facts {
            sni: Some("chat.example".to_owned()),
            alpn_offered: vec!["http/1.1".to_owned()],
            readable: Readable::Nothing,
            sides: PerPeer { client: side, server: side },
            ..Facts::default()
        }
    }

    fn told(facts: &Facts, config: &Config) -> Option<bool> {
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
        attempt(facts, &place, config).map(|attempt| attempt.doubtful)
    }

    #[test]
    fn short_turns_over_http_are_a_guess_and_what_the_user_names_is_none() {
        let config = Config::default();
        assert_eq!(told(&facts(2), &config), Some(true));
        assert_eq!(told(&facts(1), &config), None, "they may be alerts");
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
}
