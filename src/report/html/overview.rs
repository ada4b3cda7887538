//! A page about many hosts: figures that were counted elsewhere, each with what to ask to see the rows behind it.

use super::bars::{Bars, moment};
use super::card::{Clause, mark};
use super::grid::{Ask, Cell, Grid};
use super::page;
use super::prose::Prose;
use super::questions::Questions;
use crate::findings::Severity;
use crate::model::{Count, Thousands, in_words};
use crate::report::overview::{
    AnswersOverview, Capped, Cause, CauseOverview, EndOverview, Example, HostOverview, HostShare,
    KindOverview, NewOn, NewsOverview, Overview, PartyOverview, SessionEnding, UnreadOverview,
};
use crate::report::style::sentence;
use crate::ws::CloseCode;
use askama::Template;
use std::io::{self, Write};
use std::time::Duration;

/// Writes the page about `overview`.
///
/// # Errors
/// It cannot be written to `out`.
pub fn write_overview(overview: &Overview, out: &mut impl Write) -> io::Result<()> {
    OverviewPage::new(overview).write_into(out)?;
    // Templates end without a line feed.
    out.write_all(b"\n")?;
    out.flush()
}

#[derive(Debug, Template)]
#[template(path = "fleet.html")]
struct OverviewPage<'a> {
    policy: String,
    style: &'static str,
    version: &'static str,
    name: &'a str,
    begun: Option<(String, String)>,
    class: &'static str,
    mark: &'static str,
    verdict: Prose,
    remarks: Vec<Prose>,
    figures: Vec<(&'static str, String)>,
    doubts: Doubts<'a>,
    kinds: Vec<KindRow<'a>>,
    grids: Vec<Grid>,
}

/// Why figures may not be the whole truth.
#[derive(Debug)]
struct Doubts<'a> {
    faults: &'a Capped<UnreadOverview>,
    left_out: &'a Capped<UnreadOverview>,
    remarks: &'a [String],
    absent: Vec<&'static str>,
    /// Kinds of findings about what captures lost.
    losses: Vec<KindRow<'a>>,
}

impl Doubts<'_> {
    fn is_empty(&self) -> bool {
        let unread = [self.faults, self.left_out].iter().all(|list| list.shown.is_empty());
        unread && self.remarks.is_empty() && self.absent.is_empty() && self.losses.is_empty()
    }
}

/// A kind of finding.
#[derive(Debug)]
struct KindRow<'a> {
    id: &'static str,
    severity: &'static str,
    mark: &'static str,
    class: &'static str,
    title: &'static str,
    /// `1,204 on 3 hosts`
    count: String,
    /// The same in a sentence, with when it was seen.
    words: String,
    meaning: Prose,
    advice: Vec<Prose>,
    clause: Option<Clause>,
    bars: Option<Bars>,
    hosts: String,
    examples: Vec<ExampleRow<'a>>,
    ask: Ask,
}

#[derive(Debug)]
struct ExampleRow<'a> {
    /// `web1, 2026-11-27 14:02, packet 10 of a.pcap, session 3`
    place: String,
    words: Prose,
    command: Option<&'a str>,
}

impl<'a> OverviewPage<'a> {
    fn new(overview: &'a Overview) -> Self {
        let ask = Questions::new(&overview.folder, overview.format);
        let kind = |kind: &'a KindOverview| KindRow::new(kind, overview, &ask);
        let kinds = overview.kinds.iter().filter(|kind| !kind.is_of_capture()).map(kind).collect();
        let doubts = Doubts {
            faults: &overview.faults,
            left_out: &overview.left_out,
            remarks: &overview.remarks,
            absent: overview.absent.iter().map(|table| table.name()).collect(),
            losses: overview.kinds.iter().filter(|kind| kind.is_of_capture()).map(kind).collect(),
        };
        let Verdict { severity, sentence, remarks } = verdict(overview, !doubts.is_empty());
        let (class, sign) = match severity {
            Some(severity) => (severity.name(), mark(severity)),
            None => ("fine", "✓"),
        };
        let grids = [
            news(overview, &ask),
            hosts(overview, &ask),
            causes(overview, &ask),
            ends(overview, &ask),
            answers(overview, &ask),
            parties(("clients", "Clients with the most faults", "client"), &overview.clients, ask.clients()),
            parties(("servers", "Servers with the most faults", "server"), &overview.servers, ask.servers()),
        ];
        Self {
            policy: page::policy_without_script(),
            style: page::style(),
            version: env!("CARGO_PKG_VERSION"),
            name: &overview.folder,
            begun: overview.span.map(|(first, last)| (moment(first), moment(last))),
            class,
            mark: sign,
            verdict: Prose::new(&sentence),
            remarks: remarks.iter().map(|remark| Prose::new(remark)).collect(),
            figures: figures(overview),
            doubts,
            kinds,
            grids: grids.into_iter().flatten().collect(),
        }
    }
}

fn figures(overview: &Overview) -> Vec<(&'static str, String)> {
    let totals = &overview.totals;
    let [notes, warnings, errors] = totals.findings;
    let number = page::figure;
    vec![
        number("hosts", totals.hosts),
        number("captures", totals.captures),
        ("bytes captured", bytes(totals.file_bytes)),
        number("attempts", totals.attempts),
        ("failed", with_share(totals.failed, totals.attempts)),
        ("with a fault", with_share(totals.faulty, totals.attempts)),
        number("sessions", totals.sessions),
        ("bytes of payload", bytes(totals.payload_bytes)),
        number("errors", errors),
        number("warnings", warnings),
        number("notes", notes),
    ]
}

struct Verdict {
    /// `None` where nothing is wrong.
    severity: Option<Severity>,
    sentence: String,
    remarks: Vec<String>,
}

fn verdict(overview: &Overview, is_doubtful: bool) -> Verdict {
    let totals = &overview.totals;
    let faults = overview.kinds.iter().filter(|kind| KindOverview::is_fault(kind.id, kind.severity));
    let severity = faults.clone().map(|kind| kind.severity).max();
    let attempts = Count(totals.attempts, "attempt");
    let hosts = Count(totals.hosts, "host");
    let mut remarks = Vec::new();
    let sentence = if totals.faulty > 0 {
        let verb = if totals.faulty == 1 { "has" } else { "have" };
        format!(
            "{} of {attempts} {verb} a fault, in the upgrade or in the session that followed ({}).",
            Thousands(totals.faulty),
            share(totals.faulty, totals.attempts)
        )
    } else if severity.is_some() {
        format!("Connections have faults, but none of {attempts} has.")
    } else if totals.attempts + totals.sessions == 0 && overview.kinds.is_empty() {
        "There is no WebSocket in these tables.".to_owned()
    } else {
        format!("No fault was found in {attempts} on {hosts}.")
    };
    if let Some(kind) = faults.max_by_key(|kind| (kind.severity, kind.affected)) {
        let since = kind.span.map(|(first, _)| format!(", first seen {}", moment(first))).unwrap_or_default();
        let hosts = kind.hosts.shown.len() as u64 + kind.hosts.more;
        remarks.push(format!(
            "Most frequent among the {}s: `{}` ({}), {} on {}{since}.",
            kind.severity.name(),
            kind.id.name(),
            kind.id.entry().title,
            Thousands(kind.count),
            Count(hosts, "host")
        ));
    }
    if let Some(news) = overview.news.first() {
        remarks.push(format!(
            "New since {}: `{}`, in {} of {}, and in none of {} before. It was last seen {}.",
            moment(news.since),
            news.id.name(),
            Thousands(news.affected),
            Count(news.after.max(news.affected), "attempt"),
            Thousands(news.before),
            moment(news.last)
        ));
    }
    let is_fine = severity.is_none() && !is_doubtful && totals.attempts + totals.sessions > 0;
    Verdict {
        severity: if is_fine { None } else { Some(severity.unwrap_or(Severity::Note)) },
        sentence,
        remarks,
    }
}

impl<'a> KindRow<'a> {
    fn new(kind: &'a KindOverview, overview: &'a Overview, ask: &Questions) -> Self {
        let KindOverview { id, severity, count, affected, .. } = *kind;
        let entry = id.entry();
        let hosts = Count(kind.hosts.shown.len() as u64 + kind.hosts.more, "host");
        let at_least = if kind.at_least { "at least " } else { "" };
        let span = kind
            .span
            .map(|(first, last)| format!(", seen first {} and last {} (UTC)", moment(first), moment(last)));
        Self {
            id: id.name(),
            severity: severity.name(),
            mark: mark(severity),
            class: id.class().name(),
            title: entry.title,
            count: format!("{} on {hosts}", Thousands(count)),
            words: format!(
                "{} on {hosts}, about {at_least}{}{}.",
                Count(count, "finding"),
                match affected {
                    1 => "one session, attempt or connection".to_owned(),
                    _ => format!("{} sessions, attempts or connections", Thousands(affected)),
                },
                span.unwrap_or_default()
            ),
            meaning: Prose::new(entry.meaning),
            advice: entry.advice.iter().map(|point| Prose::new(point)).collect(),
            clause: Clause::of(id),
            bars: Bars::new(&kind.counts, overview.timeline),
            hosts: shares_since(&kind.hosts),
            examples: kind.examples.iter().map(ExampleRow::new).collect(),
            ask: ask.kind(id),
        }
    }
}

impl<'a> ExampleRow<'a> {
    fn new(example: &'a Example) -> Self {
        let Example { host, file, packet, time, words, command } = example;
        let time = time.map(|time| format!(", {}", moment(time))).unwrap_or_default();
        let packet = packet.map(|packet| format!("packet {packet} of ")).unwrap_or_default();
        Self {
            place: format!("{host}{time}, {packet}{file}"),
            words: Prose::new(&sentence(words)),
            command: command.as_deref(),
        }
    }
}

/// `web1: 900 since 2026-11-27 14:02; web2: 4 since …; and 3 more`
fn shares_since(hosts: &Capped<HostShare>) -> String {
    let host = |HostShare { host, count, first }: &HostShare| {
        let since = first.map(|first| format!(" since {}", moment(first))).unwrap_or_default();
        format!("{host}: {}{since}", Thousands(*count))
    };
    listed(hosts, host)
}

/// `web1: 900; web2: 4; and 3 more`
fn shares(hosts: &Capped<HostShare>) -> String {
    listed(hosts, |HostShare { host, count, .. }| format!("{host}: {}", Thousands(*count)))
}

fn listed(hosts: &Capped<HostShare>, host: impl Fn(&HostShare) -> String) -> String {
    let mut words: Vec<String> = hosts.shown.iter().map(host).collect();
    words.extend((hosts.more > 0).then(|| format!("and {} more", Thousands(hosts.more))));
    words.join("; ")
}

fn news(overview: &Overview, ask: &Questions) -> Option<Grid> {
    let row = |news: &NewsOverview| {
        let before = match news.new_on {
            NewOn::AllHosts => "nowhere before",
            NewOn::TheseHosts => "not on these hosts before",
        };
        vec![
            Cell::kind(news.id, news.severity),
            Cell::time(moment(news.since)),
            Cell::time(moment(news.last)),
            Cell::number(format!("0 of {}", Thousands(news.before))),
            Cell::number(format!(
                "{} of {}",
                Thousands(news.affected),
                Thousands(news.after.max(news.affected))
            )),
            Cell::text(shares_since(&news.hosts)).and(before),
        ]
    };
    (!overview.news.is_empty()).then(|| Grid {
        name: "news",
        title: "Since when",
        intro: "Kinds of findings that appeared when the captures had been going on for more than an hour, as after a deploy. \
                Those are listed that are so frequent since that at least five attempts before would have had them.",
        heads: vec![
            "finding",
            "since the hour (UTC)",
            "last seen",
            "attempts before",
            "attempts since",
            "hosts, in order",
        ],
        rows: overview.news.iter().map(row).collect(),
        more: 0,
        ask: vec![ask.news(overview.news.first().map(|news| news.id))],
    })
}

fn hosts(overview: &Overview, ask: &Questions) -> Option<Grid> {
    let row = |host: &HostOverview| {
        let [fin, rst, open] = host.ends;
        vec![
            Cell::name(host.host.clone()).and(
                &host
                    .span
                    .map(|(first, last)| format!("{} to {}", moment(first), moment(last)))
                    .unwrap_or_default(),
            ),
            Cell::number(Thousands(host.attempts).to_string()),
            Cell::number(with_share(host.failed, host.attempts)),
            Cell::number(with_share(host.faulty, host.attempts)),
            Cell::number(Thousands(host.sessions).to_string()),
            Cell::number(format!("{} / {} / {}", Thousands(fin), Thousands(rst), Thousands(open))),
            Cell::number(Thousands(host.lost).to_string()),
            host.main.map_or_else(|| Cell::text(String::new()), Cell::id),
        ]
    };
    let Capped { shown, more } = &overview.hosts;
    (!shown.is_empty()).then(|| Grid {
        name: "hosts",
        title: "Hosts",
        intro: "Those with the most faults first. An attempt has a fault if there is a warning or an error about it or its \
                session, other than about the capture.",
        heads: vec![
            "host",
            "attempts",
            "failed",
            "with a fault",
            "sessions",
            "ended by FIN / RST / not",
            "capture losses",
            "most frequent fault",
        ],
        rows: shown.iter().map(row).collect(),
        more: *more,
        ask: vec![ask.hosts(), ask.faulty_hosts()],
    })
}

fn causes(overview: &Overview, ask: &Questions) -> Option<Grid> {
    let row = |cause: &CauseOverview| {
        let what = match cause.cause {
            Cause::Status(status) => Cell::text(format!("refused with {status}")),
            Cause::Finding(id) => Cell::id(id).and(id.entry().title),
            Cause::Connection(id) => Cell::id(id).and("before any request"),
            Cause::Unknown => Cell::text("no finding says why".to_owned()),
        };
        let (first, last) = cause.span.map(|(first, last)| (moment(first), moment(last))).unwrap_or_default();
        vec![
            what,
            Cell::number(Thousands(cause.count).to_string()),
            Cell::text(shares(&cause.hosts)),
            Cell::time(first),
            Cell::time(last),
            example(cause.example.as_ref()),
        ]
    };
    let Capped { shown, more } = &overview.causes;
    (!shown.is_empty()).then(|| Grid {
        name: "causes",
        title: "Handshakes that failed, by cause",
        intro: "Attempts that were refused, by status; others by the worst finding about them; and connections that never came \
                to a request.",
        heads: vec!["cause", "how many", "hosts", "first (UTC)", "last", "for example"],
        rows: shown.iter().map(row).collect(),
        more: *more,
        ask: vec![ask.refused(), ask.failed()],
    })
}

fn ends(overview: &Overview, ask: &Questions) -> Option<Grid> {
    let all = overview.totals.sessions;
    let row = |end: &EndOverview| {
        vec![
            Cell::text(ending(end.ending)),
            Cell::number(with_share(end.count, all)),
            Cell::number(in_words(Duration::from_micros(end.median_us))),
            example(end.example.as_ref()),
        ]
    };
    let Capped { shown, more } = &overview.ends;
    (!shown.is_empty()).then(|| Grid {
        name: "ends",
        title: "How sessions ended",
        intro: "By the first Close frame and its status code; without one, by what ended TCP.",
        heads: vec!["end", "sessions", "half lasted at most", "for example"],
        rows: shown.iter().map(row).collect(),
        more: *more,
        ask: vec![ask.ends()],
    })
}

fn ending(ending: SessionEnding) -> String {
    use crate::model::EndCause;
    match ending {
        SessionEnding::Close { by, code: Some(code) } => {
            format!("Close {code} ({}) by the {by}", CloseCode(code).meaning())
        }
        SessionEnding::Close { by, code: None } => format!("Close without a code by the {by}"),
        SessionEnding::Tcp { end, by, is_sealed } => {
            let how = match end {
                EndCause::Fin => "FIN",
                EndCause::Rst | EndCause::RstByPeer => "RST",
                EndCause::Open | EndCause::Unseen => "still open",
            };
            let by = by.map(|by| format!(" by the {by}")).unwrap_or_default();
            let close = if is_sealed { "inside TLS that was not opened" } else { "no Close" };
            format!("{close}, {how}{by}")
        }
        SessionEnding::Other => "in other ways".to_owned(),
    }
}

fn answers(overview: &Overview, ask: &Questions) -> Option<Grid> {
    let row = |answers: &AnswersOverview| {
        let mut row = vec![
            match &answers.host {
                Some(host) => Cell::name(host.clone()),
                None => Cell::text("all hosts".to_owned()),
            },
            Cell::number(Thousands(answers.count).to_string()),
        ];
        let times = answers.within_us.iter().chain([&answers.longest_us]);
        row.extend(times.map(|micros| Cell::number(in_words(Duration::from_micros(*micros)))));
        row
    };
    (!overview.answers.is_empty()).then(|| Grid {
        name: "answers",
        title: "How long answers to upgrades took",
        intro: "From the request's last packet to the answer's; the hosts where one in a hundred took longest. Percentiles are at \
                most 6 % too high.",
        heads: vec!["host", "answers", "half within", "90 % within", "99 % within", "99.9 % within", "longest"],
        rows: overview.answers.iter().map(row).collect(),
        more: 0,
        ask: overview.slowest.as_ref().and_then(|slowest| slowest.command.clone()).map(|command| Ask {
            what: "The longest".to_owned(),
            text: command,
        }).into_iter().chain([ask.answers()]).collect(),
    })
}

fn parties(
    (name, title, head): (&'static str, &'static str, &'static str),
    parties: &Capped<PartyOverview>,
    ask: Ask,
) -> Option<Grid> {
    let row = |party: &PartyOverview| {
        vec![
            Cell::code(party.address.clone()),
            Cell::number(with_share(party.faulty, party.attempts)),
            Cell::number(with_share(party.failed, party.attempts)),
            Cell::number(Thousands(party.attempts).to_string()),
        ]
    };
    (!parties.shown.is_empty()).then(|| Grid {
        name,
        title,
        intro: "On all hosts together. Behind a proxy, its address stands for whoever is behind it.",
        heads: vec![head, "attempts with a fault", "failed", "attempts"],
        rows: parties.shown.iter().map(row).collect(),
        more: parties.more,
        ask: vec![ask],
    })
}

/// An example in a cell: what it says, and the command that shows it.
fn example(example: Option<&Example>) -> Cell {
    let Some(example) = example else { return Cell::text(String::new()) };
    let ExampleRow { place, command, .. } = ExampleRow::new(example);
    let cell = Cell::example(if example.words.is_empty() { place.clone() } else { example.words.clone() });
    match command {
        Some(command) => cell.with_command(command.to_owned()),
        None => cell.and(&place),
    }
}

/// `1,204 (2.7 %)`
fn with_share(count: u64, of: u64) -> String {
    if count == 0 { "0".to_owned() } else { format!("{} ({})", Thousands(count), share(count, of)) }
}

/// A share with one decimal.
fn share(count: u64, of: u64) -> String {
    let thousandths = u128::from(count) * 1_000 / u128::from(of.max(1));
    match thousandths {
        0 if count > 0 => "below 0.1 %".to_owned(),
        _ => format!("{}.{} %", thousandths / 10, thousandths % 10),
    }
}

fn bytes(count: u64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let mut unit = 0;
    let mut tenths = u128::from(count) * 10;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1_000;
        unit += 1;
    }
    let decimal = if unit == 0 || tenths >= 1_000 { String::new() } else { format!(".{}", tenths % 10) };
    format!("{}{decimal} {}", tenths / 10, UNITS.get(unit).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_bytes_are_short() {
        let shares = [(0, 0), (1, 3), (1, 10_000), (3, 3)].map(|(count, of)| with_share(count, of));
        assert_eq!(shares, ["0", "1 (33.3 %)", "1 (below 0.1 %)", "3 (100.0 %)"]);
        let told = [0, 999, 1_000, 41_583, 999_999, 123_456_789, u64::MAX].map(bytes);
        assert_eq!(told, ["0 B", "999 B", "1.0 kB", "41.5 kB", "999 kB", "123 MB", "18.4 EB"]);
    }
}
