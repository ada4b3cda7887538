//! The first reading of a capture: what stands where in its connections.

use super::connection::{Opaque, OpenConnection, Unlike};
use super::names::SharedNames;
use super::stand_in::{Redactor, StandIn};
use crate::layers::TlsKeys;
use crate::model::{Decoded, Endpoints, Limits, Packet, PacketPlace, Peer, PerPeer};
use crate::net::Net;
use crate::tcp::{Connection, ConnectionEvent, ConnectionTable, Slot};
use crate::tls::Secrets;
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

/// Reads packets to know what takes the place of their payloads. Memory holds the payloads of all connections twice, up to
/// [`Limits::redact_bytes`]; of connections beyond that nothing is written but their headers.
pub struct Learning {
    net: Net,
    table: ConnectionTable,
    limits: Limits,
    names: SharedNames,
    secrets: Arc<Secrets>,
    open: HashMap<Slot, OpenConnection>,
    kept: u64,
    learned: Learned,
}

/// What takes the place of the bytes of connections.
#[derive(Default)]
pub struct Learned {
    /// Where each connection between two ends begins, its client, and what takes the place of its bytes.
    connections: HashMap<Endpoints, BTreeMap<PacketPlace, (SocketAddr, StandIn)>>,
    /// Connections in which something else is found afterwards, by the reason.
    pub(super) unlike: BTreeMap<Unlike, u64>,
}

impl Learning {
    /// Nothing was read yet; `server_ports` are those of servers whatever the capture shows, and `secrets` are all that there are:
    /// what they open is redacted, and sealed again with pseudonyms of them.
    pub fn new(limits: &Limits, server_ports: &[u16], names: SharedNames, secrets: Arc<Secrets>) -> Self {
        Self {
            net: Net::new(limits),
            table: ConnectionTable::new(limits, server_ports),
            limits: limits.clone(),
            names,
            secrets,
            open: HashMap::new(),
            kept: 0,
            learned: Learned::default(),
        }
    }

    /// Takes the next packet.
    pub fn push(&mut self, packet: &Packet<'_>) {
        let Self { net, table, limits, names, secrets, open, kept, learned } = self;
        net.push(packet, &mut |decoded| match decoded {
            Decoded::Segment(segment) => table.push(segment, &mut |slot, connection, event| {
                happen(limits, (names, secrets), (open, kept, learned), (slot, connection), event);
            }),
            Decoded::Notice(notice) => table.notice(notice),
            Decoded::Skipped(_) => {}
        });
    }

    /// Nothing follows.
    pub fn finish(mut self) -> Learned {
        let Self { table, limits, names, secrets, open, kept, learned, .. } = &mut self;
        table.finish(&mut |slot, connection, event| {
            happen(limits, (names, secrets), (open, kept, learned), (slot, connection), event);
        });
        self.learned
    }
}

/// What happens in a connection.
fn happen(
    limits: &Limits,
    (names, secrets): (&SharedNames, &Secrets),
    (open, kept, learned): (&mut HashMap<Slot, OpenConnection>, &mut u64, &mut Learned),
    (slot, connection): (Slot, &Connection),
    event: ConnectionEvent<'_>,
) {
    match event {
        ConnectionEvent::Stream { from, event } => {
            let seen = open.entry(slot).or_insert_with(|| OpenConnection::new(connection, limits));
            let stream = &mut seen.stream;
            let (before, room) = (stream.kept(), limits.redact_bytes.saturating_sub(*kept));
            let keys = TlsKeys { secrets: Some(secrets), ..TlsKeys::default() };
            stream.push(from, event, keys, room);
            *kept = (*kept + stream.kept()).saturating_sub(before);
        }
        ConnectionEvent::Closed { origins } => {
            if let Some(closed) = open.remove(&slot) {
                // What takes the place of its bytes is as long as those are; what else was kept of it is gone then.
                *kept = kept.saturating_sub(closed.stream.kept()) + closed.stream.seen.sent();
                if let Some(unlike) = closed.unlike(connection) {
                    *learned.unlike.entry(unlike).or_default() += 1;
                }
                let mut names = names.lend();
                let message_bytes = limits.message_bytes;
                let mut redactor = Redactor { names: &mut names, secrets, message_bytes };
                learned.add(closed, origins, &mut redactor);
            }
        }
        ConnectionEvent::Conflict(_)
        | ConnectionEvent::Doubtful { .. }
        | ConnectionEvent::Refused { .. }
        | ConnectionEvent::LimitReached { .. }
        | ConnectionEvent::Trouble { .. } => {}
    }
}

impl Learned {
    fn add(&mut self, closed: OpenConnection, origins: PerPeer<Option<u32>>, redactor: &mut Redactor<'_>) {
        let OpenConnection { addresses: PerPeer { client, server }, opened, stream } = closed;
        let stand_in = StandIn::new(origins, stream.seen, redactor);
        self.connections
            .entry(Endpoints::between(client, server))
            .or_default()
            .insert(opened, (client, stand_in));
    }

    /// The lines of a key log for what takes the place of TLS between these ends, if they were not given before.
    pub(super) fn take_key_lines(
        &mut self,
        (source, destination): (SocketAddr, SocketAddr),
        place: PacketPlace,
    ) -> String {
        let between = self.connections.get_mut(&Endpoints::between(source, destination));
        let connection = between.and_then(|between| between.range_mut(..=place).next_back());
        connection.map(|(_, (_, stand_in))| std::mem::take(&mut stand_in.key_lines)).unwrap_or_default()
    }

    /// What takes the place of the payload of a segment between these ends, in a packet at this place.
    pub(super) fn payload(
        &self,
        (source, destination): (SocketAddr, SocketAddr),
        place: PacketPlace,
        sequence: u32,
        payload: &[u8],
    ) -> Result<Vec<u8>, Opaque> {
        let between = self.connections.get(&Endpoints::between(source, destination));
        let connection = between.and_then(|between| between.range(..=place).next_back());
        let Some((_, (client, stand_in))) = connection else { return Ok(vec![b'x'; payload.len()]) };
        if let Some(opaque) = stand_in.opaque {
            return Err(opaque);
        }
        let from = if source == *client { Peer::Client } else { Peer::Server };
        Ok(stand_in.of_segment(from, sequence, payload))
    }
}
