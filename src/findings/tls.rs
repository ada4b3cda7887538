//! Judges how TLS sessions were refused, and how they ended.

use super::catalog::{Id, Severity};
use super::field::FindingField;
use super::finding::Finding;
use super::transport::Path;
use super::words::{quoted, times};
use crate::model::{EndCause, Peer, PerPeer, Stamp, phrase};
use crate::tls::{
    Alert, AlertContext, AlertDescription, AlertPhase, ClientCertificate, Closure, Complaint, EndNotice,
    Facts, HandshakeProgress, Reason, Version,
};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// What a TLS session is to its readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InsideTls {
    /// A WebSocket was seen in it, or it is told as a session that may be one.
    Session,
    /// Nothing of that kind.
    Other,
}

/// Judges a TLS session that is over.
pub(crate) fn judge_tls(facts: &Facts, roles: Roles, inside: InsideTls, out: &mut dyn FnMut(Finding)) {
    match &facts.alert {
        None => {
            let refused = encrypted(facts).or_else(|| encrypted_refusal(facts));
            refused.or_else(|| encrypted_complaint(facts)).into_iter().for_each(&mut *out);
        }
        Some(alert) => judge_complaint(alert, facts, roles.with(facts)).into_iter().for_each(&mut *out),
    }
    match inside {
        InsideTls::Session => {
            Peer::BOTH.into_iter().filter_map(|peer| closed_early(facts, peer)).for_each(out);
        }
        InsideTls::Other => {}
    }
}

/// What shows which side is the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Roles {
    /// A SYN.
    Shown,
    /// Nothing of TCP: the capture begins later, and the ports are all there is, unless a hello shows it.
    Guessed,
}

impl Roles {
    /// What shows it where TLS came to this.
    const fn with(self, facts: &Facts) -> Self {
        if facts.client_random.is_some() || facts.version.is_some() { Self::Shown } else { self }
    }
}

/// Judges an alert that ends a session.
pub(crate) fn judge_alert(alert: &Alert, roles: Roles) -> Finding {
    let Alert { from, description, phase, stamp, context, .. } = alert;
    // A client may have had an answer that was not captured, and a server something else than what is missing here.
    let is_of_unseen = *from == Peer::Client || *context == AlertContext::Unknown;
    let (severity, what) = match phase {
        AlertPhase::Handshake => (Severity::Error, "refused TLS"),
        AlertPhase::Data => (Severity::Warning, "ended TLS"),
    };
    if let Some(bytes) = alert.answers.filter(|_| is_about_framing(*description)) {
        let (other, name) = (!*from, description.name());
        let summary = format!(
            "the {other} sent bytes that are no record of TLS, beginning with {}, and the {from} ended TLS with the alert \
             {name} ({})",
            quoted(bytes.preview()),
            description.0
        );
        let finding = Finding::new(Id::TlsAlert, *stamp, summary).from(other).severity(severity);
        return finding.with(FindingField::Alert, name).with(FindingField::Code, u64::from(description.0));
    }
    if let Some(damaged) = alert.damaged.filter(|_| is_about_damage(*description)) {
        let (other, name) = (!*from, description.name());
        let summary = format!(
            "the {other}'s TLS record in packet {} does not authenticate, and the {from} ended TLS with the alert {name} ({}): the \
             record was wrong when it was sent, or damaged on the way to the capture",
            damaged.packet, description.0
        );
        let finding = Finding::new(Id::TlsAlert, *stamp, summary).from(other).severity(severity);
        return finding.with(FindingField::Alert, name).with(FindingField::Code, u64::from(description.0));
    }
    let (name, meaning) = (description.name(), alert.meaning());
    let said = format!("{what} with the alert {name} ({}): {meaning}", description.0);
    // Both sides send alerts alike.
    let is_nobodys = roles == Roles::Guessed && *context == AlertContext::Unknown;
    let summary = if is_nobodys {
        let said = format!("{what} with the alert {name} ({}): {}", description.0, description.meaning());
        format!("one side {said}; which one is the client is not known, as the capture began later")
    } else {
        format!("the {from} {said}")
    };
    let finding = Finding::new(Id::TlsAlert, *stamp, summary)
        .severity(severity)
        .with(FindingField::Alert, name)
        .with(FindingField::Code, u64::from(description.0));
    if is_nobodys {
        return finding.tentative();
    }
    let is_answer = is_of_unseen && *phase == AlertPhase::Handshake && is_about_framing(*description);
    finding.from(*from).tentative_if(is_answer)
}

/// Judges an alert that may complain about how the other side ended.
fn judge_complaint(alert: &Alert, facts: &Facts, roles: Roles) -> Option<Finding> {
    if !alert.may_be_about_end() {
        return None;
    }
    let has_left = facts.sides.of(!alert.from).end.is_some_and(|(cause, _)| cause == EndCause::Fin);
    match facts.complaint() {
        Complaint::No => Some(judge_alert(alert, roles)),
        Complaint::Perhaps if !has_left => {
            let mut finding = judge_alert(alert, roles).tentative();
            finding.summary.push_str("; some say so as well if TCP ends without close_notify");
            Some(finding)
        }
        Complaint::Perhaps | Complaint::Yes => None,
    }
}

/// Whether a peer says that it did not understand the TLS it received, in answer to bytes that the capture may not
/// hold.
const fn is_about_framing(description: AlertDescription) -> bool {
    // unexpected_message, bad_record_mac, record_overflow, decode_error, protocol_version
    matches!(description.0, 10 | 20 | 22 | 50 | 70)
}

/// Whether a peer says that a record does not authenticate.
const fn is_about_damage(description: AlertDescription) -> bool {
    // bad_record_mac, decryption_failed
    matches!(description.0, 20 | 21)
}

/// Whether a side refused the handshake with an alert that cannot be read, as far as sizes and order show.
pub(crate) fn is_refused_unread(facts: &Facts) -> bool {
    facts.alert.is_none() && encrypted(facts).or_else(|| encrypted_refusal(facts)).is_some()
}

/// An alert in place of the client's Finished message, by size and order alone.
fn encrypted(facts: &Facts) -> Option<Finding> {
    let side = &facts.sides.client;
    let (cause, end) = side.end?;
    // Where records are cut or missing, that may not be all the client said.
    if facts.progress != HandshakeProgress::Finished {
        return None;
    }
    let is_only_alert = facts.version == Some(Version::TLS13)
        && side.opened == 0
        && side.sealed == 1
        && side.last_sealed.is_some_and(|(length, _)| length == facts.alert_length())
        && cause.is_captured();
    let is_sealed_alert = side.sealed_alert.is_some() && side.sealed == 1 && side.opened == 0;
    if !is_only_alert && !is_sealed_alert {
        return None;
    }
    let stamp = side.sealed_alert.unwrap_or(end.stamp);
    let summary = "the client answered the server's handshake with an encrypted alert and left: most likely it does not \
                   accept the certificate";
    let finding =
        Finding::new(Id::TlsAlert, stamp, summary).from(Peer::Client).with(FindingField::Alert, "encrypted");
    Some(finding.tentative())
}

/// An alert in place of all that a server sends after the handshake of TLS 1.3, by size and order alone: it refuses the client's
/// certificate, or that there is none.
fn encrypted_refusal(facts: &Facts) -> Option<Finding> {
    let PerPeer { client, server } = &facts.sides;
    let (cause, _) = server.end?;
    let has_left = matches!(cause, EndCause::Fin | EndCause::Rst);
    if client.opened + server.opened > 0 || !has_left {
        return None;
    }
    let (certificate, stamp) = facts.refused_certificate()?;
    let (answered, likely) = match certificate {
        ClientCertificate::Missing => ("with an empty certificate", "it requires one"),
        ClientCertificate::Sent => ("with a certificate", "it does not accept it"),
    };
    let summary = format!(
        "the client answered the server's handshake {answered}, and the server left with nothing but an encrypted record of \
         the size of an alert: most likely {likely}"
    );
    let finding =
        Finding::new(Id::TlsAlert, stamp, summary).from(Peer::Server).with(FindingField::Alert, "encrypted");
    Some(finding.tentative())
}

/// An encrypted alert in answer to bytes that are no record of TLS: these are in the clear, and the alert is told by its type
/// (TLS 1.2 and older), or by size and order alone.
fn encrypted_complaint(facts: &Facts) -> Option<Finding> {
    let of_side = |from: Peer| {
        let (bytes, since) = facts.sides.of(from).no_record?;
        let EndNotice::Likely(stamp) = facts.end_notice(!from) else { return None };
        Some((from, bytes, stamp)).filter(|_| stamp >= since)
    };
    let (from, bytes, stamp) = Peer::BOTH.into_iter().find_map(of_side)?;
    let is_typed = facts.sides.of(!from).sealed_alert.is_some();
    let what = if is_typed { "an encrypted alert" } else { "an encrypted record of the size of an alert" };
    let summary = format!(
        "the {from} sent bytes that are no record of TLS, beginning with {}, and the {} answered with {what}",
        quoted(bytes.preview()),
        !from
    );
    // What the capture lacks makes it no worse.
    let severity = match facts.progress {
        HandshakeProgress::Finished | HandshakeProgress::Unknown => Severity::Warning,
        HandshakeProgress::ClientHello
        | HandshakeProgress::ServerHello
        | HandshakeProgress::ClientFinished => Severity::Error,
    };
    let finding = Finding::new(Id::TlsAlert, stamp, summary).from(from).severity(severity);
    Some(finding.with(FindingField::Alert, "encrypted").tentative_if(!is_typed))
}

/// What became of a client whose handshake was broken off, in its other connections to that server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aftermath {
    /// Nothing that concerns WebSockets.
    Nothing,
    /// It asked for a WebSocket, or its TLS got further.
    CameBack,
}

/// A handshake that was broken off without a fatal alert, or right behind which a side left.
#[derive(Clone, Debug)]
pub(crate) struct BrokenHandshake {
    sni: Option<String>,
    progress: HandshakeProgress,
    /// The side that ended it first.
    side: Peer,
    by: Closure,
    /// What a side had said before that is not fatal by itself.
    warning: Option<Alert>,
    /// What the handshake had come to.
    came_to: AlertContext,
    /// From the first packet of TLS to that.
    waited: Option<Duration>,
    /// Why neither side may be to blame.
    hindrance: Option<String>,
}

impl BrokenHandshake {
    /// The one that `facts` show, if nothing of it is missing, in a connection that took this path.
    pub(crate) fn of(facts: &Facts, path: Option<&Path>) -> Option<Self> {
        // What was let go while it waited for secrets may have been the rest of the handshake. Nothing waits any more.
        let is_let_go = facts.reason == Some(Reason::SecretsTooLate);
        let is_said = facts.alert.is_some() && facts.complaint() != Complaint::Yes;
        if is_said || is_let_go || facts.foreign.is_some() {
            return None;
        }
        let (side, by, stamp) = facts.broken_off().or_else(|| facts.left_behind_handshake())?;
        let waited = stamp.time.passed_since(facts.stamp.time);
        let (sni, progress, warning, came_to) =
            (facts.sni.clone(), facts.progress, facts.warning, facts.came_to);
        let is_reset = by == Closure::Transport(EndCause::Rst);
        let hindrance = path.filter(|_| is_reset).and_then(Path::interference);
        Some(Self { sni, progress, side, by, warning, came_to, waited, hindrance })
    }

    /// The client left when it had seen what the server is, as clients do that do not accept its certificate.
    pub(crate) const fn may_be_distrust(&self) -> bool {
        let is_by_client =
            matches!((self.side, self.progress), (Peer::Client, HandshakeProgress::ServerHello));
        is_by_client && self.hindrance.is_none()
    }

    /// Whether it is worth a note, whatever the server is: the server left, or was waited for in vain.
    pub(crate) fn is_failure(&self) -> bool {
        /// Scanners and health checks do not wait that long.
        const PATIENCE: Duration = Duration::from_secs(3);
        let is_left = self.side == Peer::Server || self.hindrance.is_some();
        let has_waited = self.waited.is_some_and(|waited| waited >= PATIENCE);
        self.progress != HandshakeProgress::Finished && (is_left || has_waited)
    }

    /// What it may mean, as an addition to a sentence.
    const fn likely(&self) -> &'static str {
        if self.hindrance.is_some() {
            return "";
        }
        match (self.side, self.progress) {
            (_, HandshakeProgress::Unknown | HandshakeProgress::ClientHello)
            | (Peer::Server, HandshakeProgress::ServerHello)
            | (Peer::Client, HandshakeProgress::ClientFinished) => "",
            (Peer::Client, HandshakeProgress::ServerHello) => {
                "; clients that do not accept the certificate may leave so"
            }
            (Peer::Client, HandshakeProgress::Finished) => {
                "; health checks leave so, and clients that look at the certificate only then, as Node.js does, and do not accept it"
            }
            (Peer::Server, HandshakeProgress::ClientFinished | HandshakeProgress::Finished) => {
                match self.came_to {
                    AlertContext::CertificateSent => {
                        "; it had asked for a client certificate, and servers that do not accept that may leave so"
                    }
                    AlertContext::CertificateMissing => {
                        "; it had asked for a client certificate, and the client sent none"
                    }
                    AlertContext::Choosing
                    | AlertContext::Chosen
                    | AlertContext::CertificateWanted
                    | AlertContext::Unknown => "",
                }
            }
        }
    }

    /// What is reported of those of one client at one server, of which this is the first. `sequel` is what else became of
    /// that client there.
    pub(crate) fn finding(
        &self,
        (client, server): (IpAddr, SocketAddr),
        count: u64,
        stamp: Stamp,
        sequel: Aftermath,
    ) -> Finding {
        let Self { sni, progress, side, by, warning, came_to: _, waited, hindrance } = self;
        let (got, after) = match progress {
            HandshakeProgress::Unknown | HandshakeProgress::ClientHello => {
                ("got no further than the ClientHello", "client-hello")
            }
            HandshakeProgress::ServerHello => ("got no further than the ServerHello", "server-hello"),
            HandshakeProgress::ClientFinished => {
                ("got no further than the client's Finished message", "client-finished")
            }
            HandshakeProgress::Finished => {
                ("was left right behind the handshake, before a word of its data", "finished")
            }
        };
        let name = sni.as_ref().map_or(String::new(), |sni| format!(" for {}", quoted(sni.as_bytes())));
        let ended = match by {
            Closure::Transport(EndCause::Rst) => format!("a reset in the name of the {side} ended TCP"),
            Closure::Transport(_) => format!("the {side} closed TCP"),
            Closure::CloseNotify | Closure::Alert => format!("the {side} ended TLS (close_notify)"),
        };
        let why = match warning {
            Some(alert) => {
                let Alert { from, description, .. } = alert;
                format!(
                    "the {from} had sent the alert {} ({}): {}",
                    description.name(),
                    description.0,
                    alert.meaning()
                )
            }
            None => "no alert says why".to_owned(),
        };
        let likely = self.likely();
        let summary = format!(
            "TLS from {client} to {server}{name} {got} ({}): {ended}{}, and {why}{likely}",
            times(count),
            phrase(" ", *waited, " after it began"),
        );
        let severity = match (sequel, side) {
            (Aftermath::Nothing, Peer::Server) => Severity::Error,
            // It may only have looked whether the server is there.
            (Aftermath::Nothing, Peer::Client) | (Aftermath::CameBack, Peer::Server) => Severity::Warning,
            // Browsers close TCP to ask their user about a certificate, and come back.
            (Aftermath::CameBack, Peer::Client) => Severity::Note,
        };
        let mut finding = Finding::new(Id::TlsHandshakeBroken, stamp, summary)
            .severity(severity)
            .because(hindrance.clone());
        if hindrance.is_none() {
            finding = finding.with(FindingField::Side, side.name());
        }
        finding = finding
            .with(FindingField::EndedBy, by.name())
            .with(FindingField::After, after)
            .lasting(FindingField::WaitedMs, *waited)
            .with(FindingField::Count, count);
        if let Some(sni) = sni {
            finding = finding.with(FindingField::Sni, sni.as_str());
        }
        finding.tentative_if(*progress == HandshakeProgress::Finished)
    }
}

/// A side closed TCP without a word: none that can be read, and nothing that may be one.
fn closed_early(facts: &Facts, peer: Peer) -> Option<Finding> {
    let (EndCause::Fin, end) = facts.sides.of(peer).end? else { return None };
    let stamp = end.stamp;
    let is_tentative = match facts.end_notice(peer) {
        EndNotice::Missing => false,
        EndNotice::Unlikely => true,
        // A server may wait after its close_notify before it ends TCP.
        EndNotice::Sent(_)
        | EndNotice::Alert(_)
        | EndNotice::Likely(_)
        | EndNotice::Perhaps(_)
        | EndNotice::Unknown => return None,
    };
    let other = facts.sides.of(!peer);
    // A side that only answers the other's end need not say more (RFC 8446 §6.1).
    let answers = facts.sides.of(peer).end_answers || !facts.end_notice(!peer).is_missing_before(stamp);
    // A side that ends after the other has ended cuts nothing off.
    let is_second = other
        .end
        .is_some_and(|(cause, said)| said.precedes(&end) && matches!(cause, EndCause::Fin | EndCause::Rst));
    if answers || is_second {
        return None;
    }
    let summary = format!(
        "the {peer} closed TCP without close_notify: its peer cannot tell that from a truncated stream"
    );
    Some(Finding::new(Id::TlsClosedEarly, stamp, summary).from(peer).tentative_if(is_tentative))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::catalog::Certainty;
    use crate::model::{PacketNumber, Said, Timestamp};
    use crate::tls::{AlertDescription, AlertLevel, NoRecord};

    fn judged(facts: &Facts) -> Vec<Finding> {
        let mut findings = Vec::new();
        judge_tls(facts, Roles::Shown, InsideTls::Session, &mut |finding| findings.push(finding));
        findings
    }

    #[test]
    fn an_alert_is_worse_before_the_handshake_is_over() {
        let alert = |phase| Alert {
            from: Peer::Client,
            level: AlertLevel::Fatal,
            description: AlertDescription(48),
            phase,
            context: AlertContext::Chosen,
            stamp: Stamp::default(),
            place: None,
            answers: None,
            damaged: None,
        };
        for (phase, severity) in
            [(AlertPhase::Handshake, Severity::Error), (AlertPhase::Data, Severity::Warning)]
        {
            let finding = judge_alert(&alert(phase), Roles::Shown);
            assert_eq!(finding.severity, severity);
            assert!(finding.summary.contains("unknown_ca (48)"), "{}", finding.summary);
        }
    }

    #[test]
    fn only_who_closes_first_without_a_word_is_named() {
        let mut facts = Facts::default();
        facts.sides.server.end = Some((EndCause::Fin, Said::default()));
        facts.sides.client.end = Some((EndCause::Rst, Said::default()));
        let findings = judged(&facts);
        assert_eq!(
            findings.iter().map(|finding| (finding.id, finding.from)).collect::<Vec<_>>(),
            [(Id::TlsClosedEarly, Some(Peer::Server))]
        );
        facts.sides.server.close_notify = Some(Said::default());
        assert!(judged(&facts).is_empty());
        facts.sides.server.close_notify = None;
        facts.sides.client.close_notify = Some(Said::default());
        assert!(judged(&facts).is_empty());
    }

    #[test]
    fn an_alert_in_place_of_a_finished_message_is_one_only_where_nothing_is_missing() {
        let mut facts = Facts {
            version: Some(Version::TLS12),
            progress: HandshakeProgress::Finished,
            ..Facts::default()
        };
        let client = &mut facts.sides.client;
        (client.sealed, client.sealed_alert) = (1, Some(Stamp::default()));
        client.end = Some((EndCause::Fin, Said::default()));
        let told = |facts: &Facts| judged(facts).iter().any(|finding| finding.id == Id::TlsAlert);
        assert!(told(&facts));
        facts.progress = HandshakeProgress::Unknown;
        assert!(!told(&facts), "records before it may be missing, or cut");
    }

    #[test]
    fn bytes_that_are_no_record_are_told_although_the_alert_in_answer_is_encrypted() {
        let at = |packet| Stamp { packet: PacketNumber(packet), ..Stamp::default() };
        let (version, progress) = (Some(Version::TLS13), HandshakeProgress::Finished);
        let reason = Some(Reason::NoSecrets { log: None });
        let mut facts = Facts { version, suite: Some(0x1301), progress, reason, ..Facts::default() };
        facts.sides.server.no_record = Some((NoRecord::of(b"hello"), at(8)));
        let client = &mut facts.sides.client;
        (client.sealed, client.last_sealed) = (7, Some((24, at(9))));
        let told = |facts: &Facts| {
            let findings = judged(facts);
            findings.into_iter().find(|finding| finding.id == Id::TlsAlert).map(|finding| {
                assert!(finding.summary.contains("'hello'"), "{}", finding.summary);
                (finding.from, finding.severity, finding.certainty)
            })
        };
        let [certain, tentative] = [Certainty::Certain, Certainty::Tentative]
            .map(|certainty| Some((Some(Peer::Server), Severity::Warning, certainty)));
        assert_eq!(told(&facts), tentative, "by its size");
        facts.version = Some(Version::TLS12);
        facts.sides.client.sealed_alert = Some(at(9));
        assert_eq!(told(&facts), certain, "by its type");
        facts.sides.client.sealed_alert = Some(at(7));
        assert_eq!(told(&facts), None, "it was sent before");
    }

    #[test]
    fn a_handshake_is_broken_only_where_nothing_else_is_known() {
        let mut facts = Facts { progress: HandshakeProgress::ClientHello, ..Facts::default() };
        facts.sides.client.end = Some((EndCause::Open, Said::default()));
        facts.sides.server.end = Some((EndCause::Rst, Said::default()));
        let broken = BrokenHandshake::of(&facts, None).unwrap();
        let severity = |broken: &BrokenHandshake, sequel| {
            let ends = ([10, 0, 0, 1].into(), ([10, 0, 0, 2], 443).into());
            broken.finding(ends, 1, Stamp::default(), sequel).severity
        };
        assert_eq!(severity(&broken, Aftermath::Nothing), Severity::Error);
        assert_eq!(severity(&broken, Aftermath::CameBack), Severity::Warning);
        let given_up = BrokenHandshake { side: Peer::Client, ..broken.clone() };
        assert_eq!(severity(&given_up, Aftermath::Nothing), Severity::Warning);
        assert_eq!(severity(&given_up, Aftermath::CameBack), Severity::Note);
        assert_eq!((broken.side, broken.progress), (Peer::Server, HandshakeProgress::ClientHello));
        let unless = |change: &dyn Fn(&mut Facts)| {
            let mut facts = facts.clone();
            change(&mut facts);
            BrokenHandshake::of(&facts, None).is_none()
        };
        assert!(unless(&|facts| facts.progress = HandshakeProgress::Finished));
        assert!(unless(&|facts| facts.progress = HandshakeProgress::Unknown));
        assert!(unless(&|facts| facts.sides.server.end = Some((EndCause::Open, Said::default()))));
        assert!(unless(&|facts| facts.foreign = Some(Peer::Server)));
        let alert = |seconds: i64| {
            let stamp = Stamp { time: Timestamp::from_nanos(seconds * 1_000_000_000), ..Stamp::default() };
            Alert {
                from: Peer::Client,
                level: AlertLevel::Fatal,
                description: AlertDescription(50),
                phase: AlertPhase::Handshake,
                context: AlertContext::Choosing,
                stamp,
                place: None,
                answers: None,
                damaged: None,
            }
        };
        let ended = |facts: &mut Facts| facts.sides.server.end = Some((EndCause::Fin, alert(1).said()));
        assert!(unless(&|facts| {
            ended(facts);
            facts.alert = Some(alert(0));
        }));
        assert!(
            !unless(&|facts| {
                ended(facts);
                facts.alert = Some(alert(2));
            }),
            "it complains about the end"
        );
        // A side that ends TLS before it has begun need not end TCP.
        let mut facts = Facts { progress: HandshakeProgress::ClientHello, ..Facts::default() };
        facts.sides.client.close_notify = Some(Said::default());
        let broken = BrokenHandshake::of(&facts, None).unwrap();
        assert_eq!((broken.side, broken.by), (Peer::Client, Closure::CloseNotify));
    }
}
