//! Plays the steps: every step becomes packets.

use super::Result;
use super::burst::Burst;
use super::capture::OwnedPacket;
use super::connection::{Connection, Opening, Plan};
use super::frame::Deflater;
use super::link::{Link, Outgoing, segment_size};
use super::step::{
    Acks, Action, Copies, Entry, Http2, Item, Loss, Order, Sending, Setting, Step, Transport, With,
};
use super::{frame, http, http2};
use std::collections::BTreeMap;
use std::ops::Range;
use wsight::model::{Flags, LinkType, Peer, PerPeer};

/// Whether the capture holds a packet, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Captured {
    Whole,
    Cut(u32),
    Missed,
}

/// The state of the world while a scenario is played.
pub struct Player {
    clock: i64,
    pace: i64,
    snaplen: Option<u32>,
    /// Whose packets are captured, if not both sides'.
    tap: Option<Peer>,
    /// How far ahead the clock is that stamps each side's packets.
    skew: PerPeer<i64>,
    link: Link,
    plan: Plan,
    plans: BTreeMap<u32, Plan>,
    connections: BTreeMap<u32, Connection>,
    masks: u32,
    attempts: u32,
    /// What the capture holds.
    packets: Vec<OwnedPacket>,
    /// How many packets the interface says it dropped.
    dropped: Option<u64>,
}

impl Player {
    /// The world before the first step: 2023-11-14T22:13:20Z.
    pub fn new() -> Self {
        Self {
            clock: 1_700_000_000_000_000_000,
            pace: 1_000_000,
            snaplen: None,
            tap: None,
            skew: PerPeer::default(),
            link: Link::default(),
            plan: Plan::default(),
            plans: BTreeMap::new(),
            connections: BTreeMap::new(),
            masks: 0,
            attempts: 0,
            packets: Vec::new(),
            dropped: None,
        }
    }

    /// Plays one entry.
    pub fn play(&mut self, entry: &Entry) -> Result<()> {
        match entry {
            Entry::Setting(setting) => self.set(setting),
            Entry::ConnectionSetting(number, _) if self.connections.contains_key(number) => {
                Err(format!("connection {number} has begun already"))
            }
            Entry::ConnectionSetting(number, setting) => {
                self.plans.entry(*number).or_insert_with(|| self.plan.clone()).set(setting)
            }
            Entry::Step(step) => (0..step.transport.times).try_for_each(|_| self.step(step)),
        }
    }

    fn set(&mut self, setting: &Setting) -> Result<()> {
        let nanos =
            |time: std::time::Duration| i64::try_from(time.as_nanos()).map_err(|error| error.to_string());
        match setting {
            Setting::Wait(time) => self.clock += nanos(*time)?,
            Setting::Back(time) => self.clock -= nanos(*time)?,
            Setting::Pace(time) => self.pace = nanos(*time)?,
            Setting::Hops(peer, hops) => *self.link.hops.of_mut(*peer) = *hops,
            Setting::Window(peer, window) => *self.link.window.of_mut(*peer) = *window,
            Setting::Vlan(tags) => self.link.vlan.clone_from(tags),
            Setting::Tap(side) => self.tap = Some(*side),
            Setting::Snaplen(length) => self.snaplen = Some(*length),
            Setting::Packet(bytes) => self.record(bytes.clone(), Captured::Whole),
            Setting::Skew(peer, time) => *self.skew.of_mut(*peer) = nanos(*time)?,
            Setting::SynOptions(options) => self.link.syn_options.clone_from(options),
            Setting::Drops(count) => self.dropped = Some(*count),
            _ => self.plan.set(setting)?,
        }
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Result<()> {
        let number = step.connection;
        let plan = self.plans.get(&number).unwrap_or(&self.plan);
        // Taken out while it is worked on, so that it and the rest of the world can both change.
        let mut connection = self.connections.remove(&number).unwrap_or_else(|| plan.begin(number));
        self.link.hops_of_step = step.transport.hops;
        let played = self.act(&mut connection, step);
        self.link.hops_of_step = None;
        self.connections.insert(number, connection);
        played
    }

    fn act(&mut self, connection: &mut Connection, step: &Step) -> Result<()> {
        let peer = step.peer;
        let seen = match (&step.transport.loss, step.transport.snap) {
            (Loss::Capture | Loss::Network, _) => Captured::Missed,
            (_, Some(length)) => Captured::Cut(length),
            _ => Captured::Whole,
        };
        match &step.action {
            Action::Syn => self.syn(connection, seen),
            Action::SynAck => {
                self.open(connection, Opening::SynSent);
                self.syn_ack(connection, seen);
            }
            Action::Rst if connection.opening == Opening::SynSent && peer == Peer::Server => {
                // Nobody listens: the reset acknowledges the SYN (RFC 9293 §3.10.7.1).
                connection.sides.server.first_sequence = 0;
                self.send(connection, peer, Flags::RST | Flags::ACK, 0..0, &[], seen);
                connection.opening = Opening::Done;
            }
            Action::Data(items)
                if step.transport.with == With::Syn && connection.opening == Opening::Unopened =>
            {
                let bytes = self.bytes(connection, peer, items)?.bytes;
                connection.sides.server.received.add(0, 1);
                connection.opening = Opening::SynSent;
                let end = 1 + bytes.len() as u64;
                connection.sides.client.next = end;
                connection.sides.server.received.add(1, end);
                self.send(connection, peer, Flags::SYN, 0..0, &bytes, seen);
                self.open(connection, Opening::Done);
            }
            action => {
                self.open(connection, Opening::Done);
                let next = connection.sides.of(peer).next;
                match action {
                    Action::KeepAlive => {
                        self.send(connection, peer, Flags::ACK, next - 1..next - 1, &[], seen);
                    }
                    Action::Rst => {
                        self.send(connection, peer, Flags::RST | Flags::ACK, next..next, &[], seen);
                    }
                    Action::BareRst => {
                        let place = connection.sides.of(!peer).received.contiguous;
                        self.send(connection, peer, Flags::RST, place..place, &[], seen);
                    }
                    Action::Data(items) => self.data(connection, peer, items, &step.transport)?,
                    Action::Ack | Action::Syn | Action::SynAck => {
                        self.send(connection, peer, Flags::ACK, next..next, &[], seen);
                    }
                }
            }
        }
        Ok(())
    }

    /// Does of the handshake what is still missing for `goal`.
    fn open(&mut self, connection: &mut Connection, goal: Opening) {
        if connection.opening == Opening::Unopened {
            self.syn(connection, Captured::Whole);
        }
        if goal == Opening::SynSent {
            return;
        }
        if connection.opening == Opening::SynSent {
            self.syn_ack(connection, Captured::Whole);
        }
        if connection.opening == Opening::SynAnswered {
            let next = connection.sides.client.next;
            self.send(connection, Peer::Client, Flags::ACK, next..next, &[], Captured::Whole);
            connection.opening = Opening::Done;
        }
    }

    fn syn(&mut self, connection: &mut Connection, seen: Captured) {
        connection.sides.client.next = 1;
        connection.sides.server.received.add(0, 1);
        connection.opening = Opening::SynSent;
        self.send(connection, Peer::Client, Flags::SYN, 0..0, &[], seen);
    }

    fn syn_ack(&mut self, connection: &mut Connection, seen: Captured) {
        connection.sides.server.next = 1;
        connection.sides.client.received.add(0, 1);
        connection.opening = Opening::SynAnswered;
        self.send(connection, Peer::Server, Flags::SYN | Flags::ACK, 0..0, &[], seen);
    }

    fn data(
        &mut self,
        connection: &mut Connection,
        peer: Peer,
        items: &[Item],
        transport: &Transport,
    ) -> Result<()> {
        let size = usize::from(segment_size(connection.endpoints.client.ip()));
        let mut burst = self.bytes(connection, peer, items)?;
        burst.cut(transport, size)?;
        let base = connection.sides.of(peer).next;
        connection.sides.of_mut(peer).next += burst.bytes.len() as u64 + u64::from(burst.fin);

        let each_once = (0..burst.segments.len()).map(|segment| Sending { segment, inverted: 0 });
        let mut sendings = each_once.collect::<Vec<_>>();
        match &transport.order {
            Order::InTurn => {}
            Order::Swapped if sendings.len() < 2 => return Err("one segment cannot be swapped".to_owned()),
            Order::Swapped => sendings.swap(0, 1),
            Order::Given(order) => sendings.clone_from(order),
        }
        sendings.extend(transport.again.map(|inverted| Sending { segment: 0, inverted }));
        let at_once = sendings.len();
        let (times, mut wait) = transport.resend.unwrap_or_default();
        sendings.extend((0..times).map(|_| Sending { segment: 0, inverted: 0 }));
        for (index, sending) in sendings.into_iter().enumerate() {
            if index >= at_once {
                self.clock += i64::try_from(wait.as_nanos()).map_err(|error| error.to_string())?;
                wait *= 2;
            }
            let segment = burst.segments.get(sending.segment).cloned();
            let segment = segment.ok_or_else(|| format!("there is no segment {}", sending.segment + 1))?;
            self.sending(connection, peer, &burst, base, segment, sending.inverted, transport);
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "one segment, and all that may happen to it")]
    fn sending(
        &mut self,
        connection: &mut Connection,
        peer: Peer,
        burst: &Burst,
        base: u64,
        segment: Range<usize>,
        inverted: usize,
        transport: &Transport,
    ) {
        let seen = match (&transport.loss, transport.snap) {
            (Loss::Capture | Loss::Network, _) => Captured::Missed,
            (Loss::CapturePart(part), _) if part.contains(&segment.start) => Captured::Missed,
            (_, Some(length)) => Captured::Cut(length),
            _ => Captured::Whole,
        };
        let mut payload = burst.bytes[segment.clone()].to_vec();
        payload.iter_mut().rev().take(inverted).for_each(|byte| *byte = !*byte);
        let last = segment.end == burst.bytes.len();
        let flags = Flags::FIN.when(burst.fin && last) | Flags::ACK;
        let places = base + segment.start as u64..base + segment.end as u64;
        if transport.copies == Copies::Damaged {
            self.send(connection, peer, flags, places.clone(), &payload, seen);
            if let Some(last) = self.packets.last_mut().and_then(|packet| packet.bytes.last_mut()) {
                *last = !*last;
            }
        }
        let captured_before = self.packets.len();
        self.send(connection, peer, flags, places.clone(), &payload, seen);
        if self.packets.len() > captured_before {
            self.capture_earlier(transport.early);
        }
        if transport.copies == Copies::Two && self.packets.len() > captured_before {
            let copy = OwnedPacket { time_ns: self.clock, ..self.packets[captured_before].clone() };
            self.packets.push(copy);
            self.clock += self.pace;
        }
        let arrives = match &transport.loss {
            Loss::Network | Loss::Behind => false,
            Loss::BehindPart(part) => !part.contains(&segment.start),
            Loss::Nothing | Loss::Capture | Loss::CapturePart(_) => true,
        };
        if arrives {
            let end = places.end + u64::from(flags.fin());
            connection.sides.of_mut(!peer).received.add(places.start, end);
        }
        let seen_ack = match transport.acks {
            Acks::Withheld => return,
            _ if !arrives => return,
            Acks::Lost => Captured::Missed,
            Acks::Captured | Acks::Early | Acks::Selective => Captured::Whole,
        };
        let (sender, receiver) = (connection.sides.of(peer), connection.sides.of(!peer));
        let ahead = receiver.received.first_ahead().filter(|_| transport.acks == Acks::Selective);
        if let Some((from, to)) = ahead {
            let [from, to] = [from, to].map(|place| sender.sequence(place).to_be_bytes());
            self.link.options_of_step = [&[1, 1, 5, 10], from.as_slice(), to.as_slice()].concat();
        }
        let next = connection.sides.of(!peer).next;
        self.send(connection, !peer, Flags::ACK, next..next, &[], seen_ack);
        if transport.acks == Acks::Early
            && self.packets.len() >= captured_before + 2
            && let [.., data, ack] = self.packets.as_mut_slice()
        {
            // The packets change places, the times stay: a capture file is in order of time.
            std::mem::swap(data, ack);
            std::mem::swap(&mut data.time_ns, &mut ack.time_ns);
        }
    }

    /// The latest packet is captured so many packets earlier; the times stay in order.
    fn capture_earlier(&mut self, places: usize) {
        let at = self.packets.len().saturating_sub(places + 1);
        let times: Vec<i64> = self.packets[at..].iter().map(|packet| packet.time_ns).collect();
        self.packets[at..].rotate_right(1);
        self.packets[at..].iter_mut().zip(times).for_each(|(packet, time)| packet.time_ns = time);
    }

    /// The capture is complete: two of different clocks were merged by time.
    pub fn finish(mut self) -> (Vec<OwnedPacket>, Option<u64>) {
        if self.skew.client != self.skew.server {
            self.packets.sort_by_key(|packet| packet.time_ns);
        }
        (self.packets, self.dropped)
    }

    /// Puts the bytes of a step together.
    fn bytes(&mut self, connection: &mut Connection, peer: Peer, items: &[Item]) -> Result<Burst> {
        let mut burst = Burst::default();
        for item in items {
            match item {
                Item::Raw(raw) => burst.bytes.extend(raw),
                Item::Head(head) => {
                    let head = http::bytes(head, &mut connection.key, &mut self.attempts)?;
                    burst.bytes.extend(head);
                }
                Item::Frame(frame) => {
                    let deflater = &mut connection.sides.of_mut(peer).deflater;
                    burst.bytes.extend(frame::bytes(frame, peer, deflater, &mut self.masks)?);
                }
                Item::Http2(sent) => {
                    let content = match sent {
                        Http2::Data { stream, content: Some(content), .. } => {
                            // What a stream carries is compressed for itself.
                            let swap = |connection: &mut Connection| {
                                let side = connection.sides.of_mut(peer);
                                let own = side.deflaters.entry(*stream).or_insert_with(Deflater::new);
                                std::mem::swap(&mut side.deflater, own);
                            };
                            swap(connection);
                            let content = self.bytes(connection, peer, std::slice::from_ref(content))?;
                            swap(connection);
                            content.bytes
                        }
                        _ => Vec::new(),
                    };
                    burst.bytes.extend(http2::bytes(
                        sent,
                        &content,
                        &mut connection.sides.of_mut(peer).heads,
                    ));
                }
                Item::Fin => burst.fin = true,
                Item::Border => {
                    burst.borders.insert(burst.bytes.len());
                }
            }
        }
        Ok(burst)
    }

    /// Sends one segment that begins at `places.start`.
    fn send(
        &mut self,
        connection: &Connection,
        from: Peer,
        flags: Flags,
        places: Range<u64>,
        payload: &[u8],
        seen: Captured,
    ) {
        let (sender, other) = (connection.sides.of(from), connection.sides.of(!from));
        let segment = Outgoing {
            from,
            source: *connection.endpoints.of(from),
            destination: *connection.endpoints.of(!from),
            sequence: sender.sequence(places.start),
            acknowledgment: other.sequence(sender.received.contiguous),
            flags,
            push: places.end + u64::from(flags.fin()) == sender.next,
            payload,
        };
        let bytes = self.link.bytes(&segment);
        let is_tapped = self.tap.is_none_or(|tap| tap == from);
        let before = self.packets.len();
        self.record(bytes, if is_tapped { seen } else { Captured::Missed });
        let skew = *self.skew.of(from);
        self.packets[before..].iter_mut().for_each(|packet| packet.time_ns += skew);
    }

    /// Puts a packet into the capture, or does not; time passes either way.
    fn record(&mut self, mut bytes: Vec<u8>, seen: Captured) {
        let wire_length = u32::try_from(bytes.len()).expect("a packet is small");
        let keep = match seen {
            Captured::Whole => self.snaplen,
            Captured::Cut(length) => Some(length),
            Captured::Missed => Some(0),
        };
        if let Some(keep) = keep {
            bytes.truncate(keep as usize);
        }
        if seen != Captured::Missed {
            self.packets.push(OwnedPacket { time_ns: self.clock, wire_length, link: LinkType(1), bytes });
        }
        self.clock += self.pace;
    }
}
