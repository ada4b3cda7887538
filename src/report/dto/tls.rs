//! A TLS session as a JSON object.

use super::value::{Displayed, LineContext};
use crate::analyzer::Place;
use crate::model::PerPeer;
use crate::report::times::Rfc3339;
use crate::tls::{Closure, EarlyData, Facts, Origin, Reason, Version};
use std::net::SocketAddr;

/// A TLS session; `packet` and `time` are those of the first packet that shows it.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "type", rename = "tls")]
pub(in crate::report) struct TlsLine<'a> {
    /// Only of one that still goes on, and is told as a dark session.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<u64>,
    connection: u64,
    client: Displayed<SocketAddr>,
    server: Displayed<SocketAddr>,
    time: Rfc3339<'a>,
    packet: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sni: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alpn: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    alpn_offered: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cipher: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resumed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    early_data: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_random: Option<String>,
    readable: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// The sentence for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dark_from: Option<DarkFrom>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secrets: Option<&'static str>,
    /// `true`: it still goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    running: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alert: Option<AlertFields>,
}

#[derive(Debug, serde::Serialize)]
struct AlertFields {
    from: &'static str,
    level: &'static str,
    description: &'static str,
    code: u8,
    packet: u64,
}

/// The packet from which on nothing more could be read of a side of which something had been.
#[derive(Debug, Default, serde::Serialize)]
struct DarkFrom {
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<u64>,
}

impl DarkFrom {
    fn of(facts: &Facts) -> Option<Self> {
        let mut packets = PerPeer::<Option<u64>>::default();
        for (peer, stamp) in facts.turned_dark() {
            *packets.of_mut(peer) = Some(stamp.packet.0);
        }
        let PerPeer { client, server } = packets;
        client.or(server).map(|_| Self { client, server })
    }
}

impl<'a> TlsLine<'a> {
    /// One that stays dark, while it goes on.
    pub(in crate::report) fn of_dark(place: &Place, facts: &'a Facts, context: &'a LineContext) -> Self {
        let known = Self::new(place, facts, context);
        Self { session: Some(place.session.0), running: Some(true), end: None, ..known }
    }

    pub(in crate::report) fn new(place: &Place, facts: &'a Facts, context: &'a LineContext) -> Self {
        Self {
            session: None,
            connection: place.connection.0,
            client: Displayed(place.addresses.client),
            server: Displayed(place.addresses.server),
            time: context.times.rfc3339(facts.stamp.time),
            packet: facts.stamp.packet.0,
            file: context.file(facts.stamp),
            sni: facts.sni.as_deref(),
            alpn: facts.alpn.as_deref(),
            alpn_offered: &facts.alpn_offered,
            version: facts.version.map(Version::name),
            cipher: facts.suite_in_words(),
            resumed: facts.resumed,
            early_data: facts.early_data.map(EarlyData::name),
            client_random: facts.client_random.map(|random| random.to_string()),
            readable: facts.readable.name(),
            reason: facts.reason.map(Reason::name),
            help: facts.darkness_in_words(),
            dark_from: DarkFrom::of(facts),
            secrets: facts.origin.map(Origin::name),
            running: None,
            end: facts.ending().map(Closure::name),
            alert: facts.alert.map(|alert| AlertFields {
                from: alert.from.name(),
                level: alert.level.name(),
                description: alert.description.name(),
                code: alert.description.0,
                packet: alert.stamp.packet.0,
            }),
        }
    }
}
