//! What is known about a TLS session when it is over.

use std::time::Duration;

use crate::model::{EndCause, Peer, PerPeer, Said, Stamp, escape};

use super::alert::{Alert, AlertContext, NoRecord};
use super::handshake::memory_of;
use super::reason::Reason;
use super::record::{HEADER, UnfinishedRecord};
use super::rhythm::Rhythm;
use super::sealed_finish::{ClientCertificate, SealedFinish};
use super::secret::{Origin, Random};
use super::suite::{Cipher, Suite};
use super::version::Version;

/// What became of data that the client sent before the handshake was over (RFC 8446 §4.2.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EarlyData {
    /// The client offered it, and nothing shows the server's decision.
    Offered,
    /// The server took it.
    Accepted,
    /// The server passed it over; the client sends it again, if at all.
    Rejected,
}

impl EarlyData {
    /// `offered`, `accepted` or `rejected`, as JSON prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }
}

/// How much could be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Readable {
    /// All that the capture holds of it.
    #[default]
    All,
    /// All of the client's side, and nothing of the server's.
    Client,
    /// All of the server's side, and nothing of the client's.
    Server,
    /// Something.
    Part,
    /// Nothing that was encrypted.
    Nothing,
}

impl Readable {
    /// As JSON prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Client => "client",
            Self::Server => "server",
            Self::Part => "part",
            Self::Nothing => "none",
        }
    }
}

/// How far a handshake got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandshakeProgress {
    /// Something is missing from the capture.
    #[default]
    Unknown,
    /// There is a `ClientHello`, and no answer.
    ClientHello,
    /// The server has answered, and the client not finished.
    ServerHello,
    /// The client's Finished message came, or something encrypted in its place, and that of the server, whose turn it is (TLS 1.2 and
    /// older), did not.
    ClientFinished,
    /// The client's Finished message was read, or something encrypted stands in its place, and the server owes none.
    Finished,
}

impl HandshakeProgress {
    /// Whether a handshake began of which more has to come.
    pub(crate) const fn is_under_way(self) -> bool {
        match self {
            Self::ClientHello | Self::ServerHello | Self::ClientFinished => true,
            Self::Unknown | Self::Finished => false,
        }
    }
}

/// How a TLS session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Closure {
    /// A peer said that it sends nothing more.
    CloseNotify,
    /// A peer gave up with a fatal alert.
    Alert,
    /// What carried it ended.
    Transport(EndCause),
}

impl Closure {
    /// `close-notify`, `alert`, `fin`, `rst` or `open`, as JSON prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CloseNotify => "close-notify",
            Self::Alert => "alert",
            Self::Transport(cause) => cause.name(),
        }
    }
}

/// What a side said of its end, before TCP's (RFC 8446 §6.1): its `close_notify`, or a fatal alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndNotice {
    /// Its `close_notify`.
    Sent(Said),
    /// A fatal alert.
    Alert(Said),
    /// This packet has a record that cannot be read, with the type or the size of an alert, and most likely is one.
    Likely(Stamp),
    /// The same, but TCP went on for long, no Close can have come before it, and the other side said nothing of an end: as likely it is an
    /// empty ping or pong.
    Perhaps(Stamp),
    /// It sent none: every record shows that.
    Missing,
    /// No record has the size of one, and none can be read. Only padding could hide it.
    Unlikely,
    /// Bytes are missing that may have been it.
    Unknown,
}

impl EndNotice {
    /// Whether the side had, as far as anybody can tell, said nothing of its end before the packet at `stamp`.
    pub fn is_missing_before(self, stamp: Stamp) -> bool {
        match self {
            Self::Sent(said) | Self::Alert(said) => said.stamp > stamp,
            Self::Likely(at) => at > stamp,
            Self::Perhaps(_) | Self::Missing | Self::Unlikely => true,
            Self::Unknown => false,
        }
    }
}

/// Whether an alert does no more than complain that the other side ended without a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Complaint {
    /// It has a reason of its own, or there is none.
    No,
    /// That end may have come before it: the capture does not show which came first.
    Perhaps,
    /// It does.
    Yes,
}

/// What one side did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about what came")]
pub struct SideFacts {
    /// Encrypted records, but for those that are known to belong to a handshake of TLS 1.3.
    pub sealed: u64,
    /// Those of them that were opened.
    pub opened: u64,
    /// Those that keys were there for and that did not authenticate.
    pub damaged: u64,
    /// The packet with the first of those, if the capture lacks nothing of this side before it.
    pub damaged_at: Option<Stamp>,
    /// Its `close_notify`.
    pub close_notify: Option<Said>,
    /// The packet with an alert that is encrypted and could not be read (TLS 1.2 and older).
    pub sealed_alert: Option<Stamp>,
    /// How long its last record was if it was encrypted, in bytes, and its packet.
    pub last_sealed: Option<(u64, Stamp)>,
    /// The capture lacks some of what it sent.
    pub lost: bool,
    /// Whether it sent application data: certain where that could be read.
    pub data: bool,
    /// What ended it below, and where.
    pub end: Option<(EndCause, Said)>,
    /// Whether the other side had said of its own end, or ended, before this one did: wherever the packets stand in the capture,
    /// what this one acknowledges was there before.
    pub end_answers: bool,
    /// Whether it ended inside a record.
    pub cut: bool,
    /// That record, where nothing of what was sent of it is missing.
    pub unfinished: Option<UnfinishedRecord>,
    /// Whether the capture lacks what it sent last.
    pub lost_last: bool,
    /// The packet with the first record of those at its end that stayed closed, or could not be found.
    pub dark_since: Option<Stamp>,
    /// What it first sent where a record should begin, behind others, and the packet with that.
    pub no_record: Option<(NoRecord, Stamp)>,
}

/// All that is known about a TLS session.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The first packet that shows it.
    pub stamp: Stamp,
    /// The name that the client asked for (RFC 6066 §3).
    pub sni: Option<String>,
    /// The application protocols that it offered (RFC 7301).
    pub alpn_offered: Vec<String>,
    /// The one that the server chose, where that can be read.
    pub alpn: Option<String>,
    /// The version, where the server's choice is known.
    pub version: Option<Version>,
    /// The number of the cipher suite.
    pub suite: Option<u16>,
    /// Whether it continues an earlier session, where that is known.
    pub resumed: Option<bool>,
    /// How far the handshake got.
    pub progress: HandshakeProgress,
    /// What it had come to, on which depends what an end means.
    pub came_to: AlertContext,
    /// Early data.
    pub early_data: Option<EarlyData>,
    /// What names it in a key log.
    pub client_random: Option<Random>,
    /// Where the secrets came from with which something was opened.
    pub origin: Option<Origin>,
    /// The alert that ended it.
    pub alert: Option<Alert>,
    /// The side that did not send that alert went on after it, or acknowledged it with its end.
    pub is_alert_first: bool,
    /// The first alert that ended nothing by itself, `close_notify` apart.
    pub warning: Option<Alert>,
    /// What each side did.
    pub sides: PerPeer<SideFacts>,
    /// Encrypted records as they came, as long as none was opened.
    pub rhythm: Rhythm,
    /// How the client finished a handshake of TLS 1.3 that no secret opens, and what came of it.
    pub sealed_finish: SealedFinish,
    /// Records are held for a secret that may still come.
    pub is_waiting: bool,
    /// The side that sent something else where TLS belongs.
    pub foreign: Option<Peer>,
    /// How much could be read.
    pub readable: Readable,
    /// Why not all.
    pub reason: Option<Reason>,
}

impl Facts {
    /// What it takes of memory besides itself.
    pub(super) fn memory(&self) -> usize {
        memory_of(self.sni.iter().chain(&self.alpn_offered).chain(&self.alpn))
    }

    /// The name of the cipher suite, where it has one.
    pub fn suite_name(&self) -> Option<&'static str> {
        self.suite.and_then(Suite::of).map(|suite| suite.name)
    }

    /// The cipher suite by its name, or else by its number.
    pub fn suite_in_words(&self) -> Option<String> {
        let number = self.suite?;
        Some(self.suite_name().map_or_else(|| format!("0x{number:04X}"), str::to_owned))
    }

    /// What is known of it in one line for people: `TLS 1.3 to example.org, TLS_AES_128_GCM_SHA256`.
    pub fn in_words(&self) -> String {
        let mut words = self.version.map_or("TLS", Version::name).to_owned();
        let mut add = |before: &str, what: &str| {
            words.push_str(before);
            words.push_str(what);
        };
        if let Some(name) = &self.sni {
            add(" to ", &escape(name.as_bytes()));
        }
        if let Some(suite) = self.suite_in_words() {
            add(", ", &suite);
        }
        if self.resumed == Some(true) {
            add(", ", "resumed");
        }
        if let Some(early) = self.early_data {
            add(", early data ", early.name());
        }
        if let Some(protocol) = &self.alpn {
            add(", ", &escape(protocol.as_bytes()));
        }
        words
    }

    /// How long a record with an alert is, in bytes: with a type inside (TLS 1.3), and without padding.
    pub(crate) fn alert_length(&self) -> u64 {
        let tag = match self.suite.and_then(Suite::of).map(|suite| suite.cipher) {
            Some(Cipher::Aes128Ccm8 | Cipher::Aes256Ccm8) => 8,
            // All others of TLS 1.3.
            Some(_) | None => 16,
        };
        HEADER as u64 + 2 + 1 + tag
    }

    /// Where a server refused the client's certificate, or that there was none, as far as the sizes of records show it: what the
    /// client showed, and the packet with the alert.
    pub fn refused_certificate(&self) -> Option<(ClientCertificate, Stamp)> {
        let is_whole = !self.sides.client.lost && !self.sides.server.lost;
        let hash = self.suite.and_then(Suite::of)?.derivation().length() as u64;
        // Early data would come before the certificate.
        let is_first = self.early_data.is_none();
        self.sealed_finish.refused(self.alert_length(), hash).filter(|_| is_whole && is_first)
    }

    /// Whether the client said something after a handshake that came to its end, as far as the number and the sizes of its records show
    /// it.
    pub fn client_has_spoken(&self) -> bool {
        /// Its last ones of a handshake of TLS 1.3 in which it shows a certificate (RFC 8446 §2).
        const WITH_CERTIFICATE: u64 = 3;
        let hash = self.suite.and_then(Suite::of).map(|suite| suite.derivation().length() as u64);
        let is_older = self.version.is_some_and(|version| version < Version::TLS13);
        let begins_finished =
            hash.is_some_and(|hash| self.sealed_finish.begins_with_finished(self.alert_length(), hash));
        let handshake = if is_older || begins_finished { 1 } else { WITH_CERTIFICATE };
        self.progress == HandshakeProgress::Finished && self.rhythm.words.client > handshake
    }

    /// What this side said of its end.
    pub fn end_notice(&self, peer: Peer) -> EndNotice {
        let side = self.sides.of(peer);
        if let Some(said) = side.close_notify {
            return EndNotice::Sent(said);
        }
        if let Some(alert) = self.alert.filter(|alert| alert.from == peer) {
            let is_open = self.complaint() == Complaint::Perhaps;
            return if is_open { EndNotice::Unknown } else { EndNotice::Alert(alert.said()) };
        }
        if let Some(stamp) = side.sealed_alert {
            return EndNotice::Likely(stamp);
        }
        let is_read =
            side.sealed == side.opened && self.reason.is_none_or(|reason| reason == Reason::RecordUnfinished);
        let is_dark = self.sides.client.opened + self.sides.server.opened == 0;
        // Up to TLS 1.2 the type of a record is not encrypted.
        let is_typed = self.version.is_some_and(|version| version < Version::TLS13);
        match side.last_sealed {
            _ if is_read && !side.lost_last => EndNotice::Missing,
            _ if side.lost || side.cut || !is_dark => EndNotice::Unknown,
            _ if is_typed => EndNotice::Missing,
            Some((length, _)) if length != self.alert_length() => EndNotice::Unlikely,
            Some((_, stamp)) if peer == Peer::Server && self.goes_on_after(stamp) => {
                EndNotice::Perhaps(stamp)
            }
            Some((_, stamp)) => EndNotice::Likely(stamp),
            None => EndNotice::Unlikely,
        }
    }

    /// Whether nothing ends for a while after the server's last record, at `stamp`, that has the size of an alert, no Close frames can have
    /// come right before it, and nothing of the client's has that size. Of its frames, which are masked, none is as short
    /// (RFC 6455 §5.3).
    fn goes_on_after(&self, stamp: Stamp) -> bool {
        /// Who announces an end ends TCP with it.
        const AT_ONCE: Duration = Duration::from_secs(1);
        let ends = Peer::BOTH.into_iter().filter_map(|peer| self.sides.of(peer).end);
        let first = ends.filter(|(cause, _)| cause.is_captured()).map(|(_, said)| said.stamp).min();
        let is_answered =
            self.sides.client.last_sealed.is_some_and(|(length, _)| length == self.alert_length());
        let goes_on = first.is_some_and(|end| end.time.since(stamp.time) > AT_ONCE);
        goes_on && !is_answered && self.rhythm.is_no_goodbye()
    }

    /// Whether the alert that ended it complains about the other side's end.
    pub(crate) fn complaint(&self) -> Complaint {
        let Some(alert) = self.alert else { return Complaint::No };
        // A side that resets ends the other one as well, and does not complain about that.
        let is_its_own = |cause: EndCause| cause.is_captured() && cause != EndCause::RstByPeer;
        let end = self.sides.of(!alert.from).end.filter(|(cause, _)| is_its_own(*cause));
        match end {
            // What the end acknowledges says more than the order in which they were captured.
            Some((EndCause::Fin | EndCause::Rst, end)) if alert.said().answers(&end) => Complaint::Yes,
            _ if self.is_alert_first => Complaint::No,
            Some((_, end)) if !alert.said().precedes(&end) => Complaint::Yes,
            _ if !alert.may_be_about_end() => Complaint::No,
            // Nothing shows that the other side had seen the alert when it ended, or how it did.
            Some(_) | None => Complaint::Perhaps,
        }
    }

    /// Who broke the handshake off first, and how, as far as Finished messages are concerned.
    pub(crate) fn broken_off(&self) -> Option<(Peer, Closure, Stamp)> {
        let of_side = |peer: Peer| {
            let side = self.sides.of(peer);
            let end = side.end.filter(|(cause, _)| matches!(cause, EndCause::Fin | EndCause::Rst));
            let transport = end.map(|(cause, said)| (peer, Closure::Transport(cause), said.stamp));
            side.close_notify.map(|said| (peer, Closure::CloseNotify, said.stamp)).or(transport)
        };
        let ends = Peer::BOTH.into_iter().filter_map(of_side);
        ends.filter(|_| self.progress.is_under_way()).min_by_key(|(_, _, stamp)| *stamp)
    }

    /// Who left, and how, where the handshake was complete and that side did so at once, without a word: programs that judge the
    /// other's certificate only then leave so.
    pub(crate) fn left_behind_handshake(&self) -> Option<(Peer, Closure, Stamp)> {
        /// What comes later may be a connection that nobody needed.
        const AT_ONCE: Duration = Duration::from_secs(1);
        let PerPeer { client, server } = &self.sides;
        if self.progress != HandshakeProgress::Finished || client.lost || server.lost {
            return None;
        }
        let is_older = self.version.is_some_and(|version| version < Version::TLS13);
        let shows_certificate =
            matches!(self.came_to, AlertContext::CertificateMissing | AlertContext::CertificateSent);
        let side = match () {
            // Its Finished message is all that it encrypted.
            () if is_older && client.sealed == 1 && client.sealed_alert.is_none() => Peer::Client,
            // Of TLS 1.3 that shows where it can be read.
            () if !is_older && shows_certificate && server.sealed == 0 => Peer::Server,
            () => return None,
        };
        let (cause, said) = self.sides.of(side).end?;
        let (_, finished) = client.last_sealed?;
        let has_left = matches!(cause, EndCause::Fin | EndCause::Rst);
        let is_first = self.sides.of(!side).end.is_none_or(|(_, other)| other.stamp > said.stamp)
            && Peer::BOTH.into_iter().all(|peer| self.sides.of(peer).close_notify.is_none());
        let is_at_once = said.stamp.time.since(finished.time) <= AT_ONCE;
        (has_left && is_first && is_at_once).then_some((side, Closure::Transport(cause), said.stamp))
    }

    /// Whether the client left without having said anything.
    pub(crate) fn is_client_silent(&self) -> bool {
        let side = &self.sides.client;
        let has_left = side.end.is_some_and(|(cause, _)| matches!(cause, EndCause::Fin | EndCause::Rst));
        let is_silent =
            self.client_random.is_none() && side.last_sealed.is_none() && side.close_notify.is_none();
        has_left && is_silent && !side.lost && !side.cut
    }

    /// From which packet on nothing of a side could be read of which something had been: who that is, and the packet.
    pub fn turned_dark(&self) -> impl Iterator<Item = (Peer, Stamp)> {
        let of_side = |peer: Peer| {
            let side = self.sides.of(peer);
            side.dark_since.filter(|_| side.opened > 0).map(|stamp| (peer, stamp))
        };
        Peer::BOTH.into_iter().filter_map(of_side)
    }

    /// Why not all of it could be read, and from where on nothing: a sentence without its full stop.
    pub fn darkness_in_words(&self) -> Option<String> {
        let reason = self.reason?;
        let of_side = |(peer, stamp): (Peer, Stamp)| format!("the {peer} from packet {}", stamp.packet);
        let dark: Vec<String> = self.turned_dark().map(of_side).collect();
        Some(if dark.is_empty() {
            reason.to_string()
        } else {
            format!("{reason}; nothing more was read of {} on", dark.join(" on, of "))
        })
    }

    /// How it ended.
    pub fn ending(&self) -> Option<Closure> {
        if self.alert.is_some() && self.complaint() != Complaint::Yes {
            return Some(Closure::Alert);
        }
        let notified = Peer::BOTH.into_iter().any(|peer| self.sides.of(peer).close_notify.is_some());
        if notified {
            return Some(Closure::CloseNotify);
        }
        // What ended first counts.
        let ends = Peer::BOTH.into_iter().filter_map(|peer| self.sides.of(peer).end);
        let by_packet = ends.clone().filter(|end| end.0.is_captured());
        by_packet
            .min_by_key(|end| end.1.stamp)
            .or_else(|| ends.min_by_key(|end| end.1.stamp))
            .map(|end| Closure::Transport(end.0))
    }
}
