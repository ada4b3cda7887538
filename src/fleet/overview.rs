//! What was counted, in the order in which the page shows it, and as much of it as the page has room for.

use super::counts::{CauseTally, EndTally, HostTally, KindTally, Seen, Share};
use super::news;
use super::tally::{HOUR, Map, Tally};
use crate::findings::Id;
use crate::model::{Count, Thousands, Timestamp};
use crate::report::{
    AnswersOverview, Capped, Cause, CauseOverview, EndOverview, Example, HostOverview, HostShare,
    KindOverview, Overview, SessionEnding, Timeline, Totals,
};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Rows that a list of the page has.
const LISTED: usize = 20;

/// Hosts of which the page has a row each.
const HOSTS: usize = 200;

/// Hosts that are named with a kind of finding, or a cause.
const NAMED: usize = 5;

/// Hosts whose answers are compared.
const SLOW: usize = 10;

/// Bars of a plot.
const STRETCHES: i64 = 100;

/// Hours that have a bar each, if there are no more.
const BY_HOUR: i64 = 72;

/// Fills `overview` with what was counted; `show` looks up what examples say.
pub(super) fn fill(overview: &mut Overview, tally: &Tally, show: &mut dyn FnMut(&Seen) -> Example) {
    let spans = tally.hosts.iter().filter_map(|host| host.span.0);
    overview.span = spans.reduce(|(first, last), (begin, end)| (first.min(begin), last.max(end)));
    overview.timeline = overview.span.map(timeline).unwrap_or_default();
    let sum = |of: fn(&HostTally) -> u64| tally.hosts.iter().map(of).sum();
    overview.totals = Totals {
        attempts: sum(|host| host.attempts),
        failed: sum(|host| host.failed),
        faulty: sum(|host| host.faulty),
        sessions: sum(|host| host.sessions),
        payload_bytes: tally.payload_bytes,
        findings: tally.findings,
        ..overview.totals
    };
    overview.remarks.extend(remarks(tally));
    overview.kinds = kinds(tally, overview.timeline, show);
    overview.news = news::news(tally);
    overview.hosts = hosts(tally);
    overview.causes = causes(tally, show);
    overview.ends = ends(tally, show);
    overview.answers = answers(tally);
    overview.slowest = tally.slowest.as_ref().map(&mut *show);
    overview.clients = tally.clients.first(LISTED);
    overview.servers = tally.servers.first(LISTED);
}

/// Stretches of hours, of days, or of several days, that begin at full ones of UTC.
fn timeline((first, last): (Timestamp, Timestamp)) -> Timeline {
    let hour = |time: Timestamp| time.as_nanos().div_euclid(HOUR);
    let (first, last) = (hour(first), hour(last));
    let hours = if last - first < BY_HOUR { 1 } else { 24 * (((last - first) / 24 + 1) / STRETCHES + 1) };
    let (begin, end) = (first.div_euclid(hours), last.div_euclid(hours));
    Timeline {
        begin: Timestamp::from_nanos((begin * hours).saturating_mul(HOUR)),
        hours: u32::try_from(hours).unwrap_or(u32::MAX),
        count: usize::try_from(end - begin + 1).unwrap_or_default(),
    }
}

fn remarks(tally: &Tally) -> Vec<String> {
    let reached = tally.reached;
    let party = |missing: Option<u64>, who: &str| {
        let missing = missing?;
        Some(format!(
            "There are more {who} than are counted at once: their attempts with a fault may be up to {} too few, and other \
             figures of {who} are too low.",
            Thousands(missing)
        ))
    };
    let strange = |(name, count): (&String, &u64)| {
        format!(
            "{} of the kind {name}, which this version of wsight does not know.",
            Count(*count, "finding")
        )
    };
    let reached = [
        (
            reached.hosts,
            "There are more hosts than are counted by themselves: the rest stands as “other hosts”.",
        ),
        (
            reached.pairs,
            "There are more pairs of a host and a kind than are counted: hosts of a kind may be missing.",
        ),
        (
            reached.hours,
            "Attempts are of more hours than are counted by themselves, so what is new is not told.",
        ),
        (
            reached.kind_hours,
            "Findings are of more hours than are counted by themselves: plots lack some of them.",
        ),
        (
            reached.sessions,
            "A capture has more sessions with findings than are remembered: figures of sessions with a fault are too low, and \
             some causes are not known.",
        ),
        (reached.endings, "Sessions ended in more ways than are counted by themselves."),
    ];
    let reached =
        reached.into_iter().filter(|(is_reached, _)| *is_reached).map(|(_, words)| words.to_owned());
    let timeless = (tally.timeless > 0).then(|| {
        format!(
            "{} without a time: in the totals, but neither in plots nor in first and last times.",
            Count(tally.timeless, "row")
        )
    });
    let parties = [party(tally.clients.missing(), "clients"), party(tally.servers.missing(), "servers")];
    let parties = parties.into_iter().flatten();
    timeless.into_iter().chain(tally.strange.iter().map(strange)).chain(reached).chain(parties).collect()
}

fn host_name(tally: &Tally, number: u32) -> String {
    tally.hosts.get(number as usize).map(|host| host.name.clone()).unwrap_or_default()
}

/// The hosts of each key, those with the most first.
fn by_key<K: Copy + Eq + std::hash::Hash>(
    tally: &Tally,
    shares: &Map<(K, u32), Share>,
) -> HashMap<K, Vec<HostShare>> {
    let mut hosts: HashMap<K, Vec<HostShare>> = HashMap::new();
    for ((key, number), share) in shares {
        let host = host_name(tally, *number);
        hosts.entry(*key).or_default().push(HostShare {
            host,
            count: share.count,
            first: share.span.first(),
        });
    }
    for hosts in hosts.values_mut() {
        hosts.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.host.cmp(&b.host)));
    }
    hosts
}

fn kinds(tally: &Tally, timeline: Timeline, show: &mut dyn FnMut(&Seen) -> Example) -> Vec<KindOverview> {
    let mut hosts = by_key(tally, &tally.on_hosts);
    let kind = |(id, kind): (&Id, &KindTally)| KindOverview {
        id: *id,
        severity: kind.severity,
        count: kind.count,
        affected: kind.affected,
        at_least: kind.at_least,
        hosts: Capped::first(hosts.remove(id).unwrap_or_default(), NAMED),
        span: kind.span.0,
        counts: counts(kind, timeline),
        examples: kind.examples.iter().map(&mut *show).collect(),
    };
    let mut kinds: Vec<KindOverview> = tally.kinds.iter().map(kind).collect();
    kinds.sort_by_key(|kind| (Reverse(kind.severity), Reverse(kind.affected), kind.id));
    kinds
}

fn counts(kind: &KindTally, timeline: Timeline) -> Vec<u64> {
    let mut counts = vec![0; timeline.count];
    let begin = timeline.begin.as_nanos().div_euclid(HOUR);
    for (hour, count) in &kind.hours {
        let at = usize::try_from((hour - begin) / i64::from(timeline.hours.max(1))).unwrap_or_default();
        if let Some(sum) = counts.get_mut(at) {
            *sum += count;
        }
    }
    counts
}

fn hosts(tally: &Tally) -> Capped<HostOverview> {
    let mut main: HashMap<u32, (u64, Reverse<Id>)> = HashMap::new();
    for ((id, host), share) in &tally.on_hosts {
        let is_fault = tally.kinds.get(id).is_some_and(|kind| KindOverview::is_fault(*id, kind.severity));
        if is_fault {
            let most = main.entry(*host).or_insert((0, Reverse(*id)));
            *most = (*most).max((share.count, Reverse(*id)));
        }
    }
    let host = |(number, host): (u32, &HostTally)| HostOverview {
        host: host.name.clone(),
        captures: host.captures,
        attempts: host.attempts,
        failed: host.failed,
        faulty: host.faulty,
        sessions: host.sessions,
        ends: host.ends,
        lost: host.lost,
        main: main.get(&number).map(|(_, id)| id.0),
        span: host.span.0,
    };
    let mut hosts: Vec<HostOverview> = (0..).zip(&tally.hosts).map(host).collect();
    hosts.sort_by(|a, b| {
        b.faulty.cmp(&a.faulty).then(b.failed.cmp(&a.failed)).then_with(|| a.host.cmp(&b.host))
    });
    Capped::first(hosts, HOSTS)
}

fn causes(tally: &Tally, show: &mut dyn FnMut(&Seen) -> Example) -> Capped<CauseOverview> {
    let mut causes: Vec<(&Cause, &CauseTally)> = tally.causes.iter().collect();
    causes.sort_by_key(|(cause, tally)| (Reverse(tally.count), **cause));
    let mut hosts = by_key(tally, &tally.cause_hosts);
    let Capped { shown, more } = Capped::first(causes, LISTED);
    let cause = |(cause, tally): (&Cause, &CauseTally)| CauseOverview {
        cause: *cause,
        count: tally.count,
        hosts: Capped::first(hosts.remove(cause).unwrap_or_default(), NAMED),
        span: tally.span.0,
        example: tally.example.as_ref().map(&mut *show),
    };
    Capped { shown: shown.into_iter().map(cause).collect(), more }
}

fn ends(tally: &Tally, show: &mut dyn FnMut(&Seen) -> Example) -> Capped<EndOverview> {
    let mut ends: Vec<(&SessionEnding, &EndTally)> = tally.ends.iter().collect();
    ends.sort_by_key(|(_, tally)| (Reverse(tally.count), tally.example.as_ref().and_then(|seen| seen.time)));
    let Capped { shown, more } = Capped::first(ends, LISTED);
    let end = |(ending, tally): (&SessionEnding, &EndTally)| EndOverview {
        ending: *ending,
        count: tally.count,
        median_us: tally.lasted.within(500),
        example: tally.example.as_ref().map(&mut *show),
    };
    Capped { shown: shown.into_iter().map(end).collect(), more }
}

/// Of all hosts, and of those where one in a hundred took longest.
fn answers(tally: &Tally) -> Vec<AnswersOverview> {
    let row = |host: Option<&HostTally>| {
        let answers = host.map_or(&tally.answers, |host| &host.answers);
        AnswersOverview {
            host: host.map(|host| host.name.clone()),
            count: answers.count(),
            within_us: AnswersOverview::SHARES.map(|share| answers.within(share)),
            longest_us: answers.longest(),
        }
    };
    let all = row(None);
    if all.count == 0 {
        return Vec::new();
    }
    let mut hosts: Vec<AnswersOverview> =
        tally.hosts.iter().filter(|host| host.answers.count() > 0).map(|host| row(Some(host))).collect();
    hosts.sort_by(|a, b| {
        let [_, _, one, _] = a.within_us;
        let [_, _, other, _] = b.within_us;
        other.cmp(&one).then_with(|| a.host.cmp(&b.host))
    });
    hosts.truncate(SLOW);
    if hosts.len() == 1 { vec![all] } else { [vec![all], hosts].concat() }
}
