//! Whom an analysis accuses, and what an altered capture may not add to that.

use super::original::Original;
use crate::scenario::OwnedPacket;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::findings::{Certainty, Class, Finding, FindingField, Id, Severity};
use wsight::model::Peer;

/// One accusation: a certain error or warning about a violation, a failure, or something strange that a side does.
#[derive(Clone, Debug)]
pub struct Told {
    /// Of what.
    pub id: Id,
    /// Whom.
    pub from: Option<Peer>,
    /// The two ends of the connection.
    pub ends: Option<[SocketAddr; 2]>,
    /// The packet that shows it, as the original numbers it.
    pub packet: usize,
    /// In which words.
    pub summary: String,
}

/// Of what whom on which connection.
type Accusation = (Id, Option<Peer>, Option<[SocketAddr; 2]>);

impl Told {
    fn accusation(&self) -> Accusation {
        (self.id, self.from, self.ends)
    }
}

/// What an altered capture may not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breach {
    /// A connection is accused that was clean.
    Clean,
    /// The fault is laid at the other side.
    OtherSide,
    /// A connection with a fault is accused of one more.
    More,
}

/// Whom `packets` accuse; each comes with its index in the original.
pub fn accusations(original: &Original, packets: &[(usize, OwnedPacket)]) -> Vec<Told> {
    let mut told = Vec::new();
    let mut take = |output: &Output<'_>| {
        if let Output::Finding(finding) = output
            && is_accusation(finding)
        {
            let number = usize::try_from(finding.stamp.packet.0).unwrap();
            let index = packets.get(number - 1).map(|(index, _)| *index);
            let sent = index.and_then(|index| original.segments[index]);
            told.push(Told {
                id: finding.id,
                from: finding.from,
                // What several connections show together may be shown by others of them.
                ends: sent.filter(|_| finding.field(FindingField::Count).is_none()).map(|sent| sent.ends),
                packet: index.map_or(0, |index| index + 1),
                summary: finding.summary.clone(),
            });
        }
    };
    let mut analyzer = Analyzer::new(Config::default());
    for (number, (_, packet)) in (1..).zip(packets) {
        analyzer.push(&packet.borrowed(number, 0), &mut take);
    }
    analyzer.finish(&mut take);
    told
}

fn is_accusation(finding: &Finding) -> bool {
    finding.certainty == Certainty::Certain
        && finding.severity > Severity::Note
        && match finding.class {
            Class::Violation | Class::Failure => true,
            Class::Anomaly => finding.from.is_some(),
            Class::Capture | Class::Noise => false,
        }
}

/// What `altered` says and may not.
///
/// An accusation of the original allows one of the same kind, of the same side of the same connection, and it allows
/// the same side to be accused of what the same packet shows: that is the same fault by another name. A fault that is
/// repeated may be reported any number of times, as of very many the last are only counted.
pub fn breaches(original: &Original, altered: Vec<Told>) -> Vec<(Breach, Told)> {
    let mut said: BTreeMap<Accusation, usize> = BTreeMap::new();
    let mut breaches = Vec::new();
    for told in altered {
        let times = original.told.iter().filter(|old| old.accusation() == told.accusation()).count();
        let said = said.entry(told.accusation()).or_default();
        *said += 1;
        // Who left without a word, or inside a frame, left: which of these is told depends on what explains it.
        let leaves = |id: Id| {
            matches!(id, Id::CloseMissing | Id::CloseAbnormal | Id::ConnectionReset | Id::FrameIncomplete)
        };
        let is_renamed = |old: &Told| {
            let is_leaving = leaves(old.id) && leaves(told.id) && old.ends == told.ends;
            old.from == told.from && (old.packet == told.packet || is_leaving)
        };
        if times > 1 || times == *said || original.told.iter().any(is_renamed) {
            continue;
        }
        let same = |old: &&Told| old.id == told.id && old.ends == told.ends;
        let breach = if original.told.iter().all(|old| old.ends != told.ends) {
            Breach::Clean
        } else if original.told.iter().any(|old| same(&old) && old.from != told.from) {
            Breach::OtherSide
        } else {
            Breach::More
        };
        breaches.push((breach, told));
    }
    breaches
}
