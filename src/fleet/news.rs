//! Since when: kinds of findings that appeared when captures had been going on for a while, as after a deploy.
//!
//! A kind that is rare appears late by chance. So it has to be frequent enough since: at that rate, several of the attempts
//! before would have had it.

use super::counts::Share;
use super::tally::{HOUR, Tally};
use crate::findings::{Class, Id};
use crate::model::Timestamp;
use crate::report::{Capped, HostShare, NewOn, NewsOverview};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// How many of the attempts before would have had it. That none had it is then chance in one of 150 cases.
const EXPECTED: u64 = 5;

/// How many have to have it since.
const LEAST: u64 = 5;

/// Hours that a capture goes on before anything is new.
const WHILE: i64 = 1;

/// Hosts that are named.
const NAMED: usize = 5;

/// Attempts of a host, or of all, by hour.
#[derive(Clone, Debug, Default)]
struct Attempts {
    /// Hours since 1970, each with the attempts up to its end.
    up_to: Vec<(i64, u64)>,
}

impl Attempts {
    fn of(hours: BTreeMap<i64, u64>) -> Self {
        let mut sum = 0;
        let up_to = hours.into_iter().map(|(hour, count)| {
            sum += count;
            (hour, sum)
        });
        Self { up_to: up_to.collect() }
    }

    /// Attempts before this hour, and since.
    fn around(&self, hour: i64) -> (u64, u64) {
        let all = self.up_to.last().map_or(0, |(_, sum)| *sum);
        let at = self.up_to.partition_point(|(other, _)| *other < hour);
        let before = at.checked_sub(1).and_then(|at| self.up_to.get(at)).map_or(0, |(_, sum)| *sum);
        (before, all - before)
    }
}

/// Kinds that are new on all hosts, or on some of them: the worst and latest first.
pub(super) fn news(tally: &Tally) -> Vec<NewsOverview> {
    if tally.reached.hours || tally.reached.pairs {
        return Vec::new();
    }
    let mut by_host: HashMap<u32, BTreeMap<i64, u64>> = HashMap::new();
    let mut of_all: BTreeMap<i64, u64> = BTreeMap::new();
    for ((host, hour), count) in &tally.hours {
        *by_host.entry(*host).or_default().entry(*hour).or_default() += count;
        *of_all.entry(*hour).or_default() += count;
    }
    let by_host: HashMap<u32, Attempts> =
        by_host.into_iter().map(|(host, hours)| (host, Attempts::of(hours))).collect();
    let of_all = Attempts::of(of_all);
    let begins: Vec<Option<i64>> = tally.hosts.iter().map(|host| host.span.first().map(hour)).collect();
    let begin_of_all = begins.iter().flatten().min().copied();

    let mut shares: BTreeMap<Id, Vec<(u32, Share)>> = BTreeMap::new();
    for ((id, host), share) in &tally.on_hosts {
        let is_judged = match id.class() {
            Class::Violation | Class::Failure | Class::Anomaly => true,
            Class::Capture | Class::Noise => false,
        };
        if is_judged {
            shares.entry(*id).or_default().push((*host, *share));
        }
    }
    let mut news = Vec::new();
    for (id, mut shares) in shares {
        shares.sort_unstable_by_key(|(host, share)| (share.span.first(), *host));
        let affected = shares.iter().map(|(_, share)| share.affected).sum();
        let first = shares.iter().find_map(|(_, share)| share.span.first()).map(hour);
        if let Some(turn) = turn(begin_of_all, first, &of_all, affected) {
            news.extend(told(tally, id, NewOn::AllHosts, &turn, &shares));
            continue;
        }
        // Hosts on which it appeared in the same hour belong together.
        let mut turns: BTreeMap<i64, (Turn, Vec<(u32, Share)>)> = BTreeMap::new();
        for (host, share) in shares {
            let begin = begins.get(host as usize).copied().flatten();
            let first = share.span.first().map(hour);
            let attempts = by_host.get(&host);
            let turn = attempts.and_then(|attempts| turn(begin, first, attempts, share.affected));
            let Some(Turn { hour, before, after }) = turn else { continue };
            let (sum, shares) = turns.entry(hour).or_insert((Turn { hour, before: 0, after: 0 }, Vec::new()));
            sum.before += before;
            sum.after += after;
            shares.push((host, share));
        }
        news.extend(
            turns.values().filter_map(|(turn, shares)| told(tally, id, NewOn::TheseHosts, turn, shares)),
        );
    }
    news.sort_by_key(|news| (Reverse(news.severity), Reverse(news.since), Reverse(news.affected), news.id));
    news
}

/// The hour in which something appeared, and the attempts before and since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Turn {
    hour: i64,
    before: u64,
    after: u64,
}

/// When something is new that was seen `first` in some hour, where rows begin in another.
fn turn(begin: Option<i64>, first: Option<i64>, attempts: &Attempts, affected: u64) -> Option<Turn> {
    let hour = first?;
    let (before, after) = attempts.around(hour);
    let is_late = hour > begin? + WHILE;
    let expected = u128::from(before) * u128::from(affected) / u128::from(after.max(affected).max(1));
    let is_new = is_late && affected >= LEAST && expected >= u128::from(EXPECTED);
    is_new.then_some(Turn { hour, before, after })
}

fn told(tally: &Tally, id: Id, new_on: NewOn, turn: &Turn, shares: &[(u32, Share)]) -> Option<NewsOverview> {
    let since = Timestamp::from_nanos(turn.hour.saturating_mul(HOUR));
    let host = |(host, share): &(u32, Share)| HostShare {
        host: tally.hosts.get(*host as usize).map(|host| host.name.clone()).unwrap_or_default(),
        count: share.affected,
        first: share.span.first(),
    };
    Some(NewsOverview {
        id,
        severity: tally.kinds.get(&id)?.severity,
        since,
        last: shares.iter().filter_map(|(_, share)| share.span.0).map(|(_, last)| last).max()?,
        new_on,
        hosts: Capped::first(shares.iter().map(host).collect(), NAMED),
        before: turn.before,
        after: turn.after,
        affected: shares.iter().map(|(_, share)| share.affected).sum(),
    })
}

const fn hour(time: Timestamp) -> i64 {
    time.as_nanos().div_euclid(HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hundred attempts in each of ten hours.
    fn steady() -> Attempts {
        Attempts::of((100..110).map(|hour| (hour, 100)).collect())
    }

    fn news_of(first: i64, affected: u64) -> Option<(u64, u64)> {
        turn(Some(100), Some(first), &steady(), affected).map(|turn| {
            assert_eq!(turn.hour, first);
            (turn.before, turn.after)
        })
    }

    #[test]
    fn what_appears_late_is_new_if_it_is_frequent_since() {
        // One in ten since the seventh hour.
        assert_eq!(news_of(106, 40), Some((600, 400)));
        // 600 / 400 * 4 attempts before would have had it, but four are too few to say so.
        assert_eq!(news_of(106, 4), None);
        // Rare things appear late by chance: one in a hundred, and only 200 attempts before.
        assert_eq!(news_of(102, 8), None);
        assert_eq!(news_of(102, 20), Some((200, 800)));
        // The capture had just begun.
        assert_eq!(news_of(100, 1_000), None);
        assert_eq!(news_of(101, 900), None);
        // Nothing comes to an attempt any more.
        assert_eq!(news_of(110, 7), Some((1_000, 0)));
        assert_eq!(turn(None, Some(106), &steady(), 40), None);
    }
}
