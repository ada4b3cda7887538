//! A session as the page shows it: a line in the list, and behind it the ladder and the findings.

use super::card::{Card, anchor, mark};
use super::ladder::{self, At, Block, ROW, Rung, RungContent, Scale};
use super::prose::Prose;
use super::wireshark;
use crate::analyzer::SessionSummary;
use crate::findings::{Finding, Id, Severity};
use crate::model::{Count, Peer, Stamp, Thousands, Timestamp, Zone, in_words, phrase};
use crate::report::kinds::Kinds;
use crate::report::row::{Row, ShownTime};
use crate::report::sink::{InputNames, Payload};
use crate::report::story::{FoldedRows, Story, StoryPart, ending, figures};
use crate::report::style::sentence;
use askama::Template;
use std::collections::BTreeMap;
use std::fmt;

/// Findings of one kind that have a card each; more of them have a line.
const CARDS: usize = 3;

/// Where the lifelines are, and where the words begin, in units of the drawing.
const CLIENT: u64 = 34;
const SERVER: u64 = 126;
const EDGE: u64 = 160;

/// A session on the page.
#[derive(Debug, Template)]
#[template(path = "session.html")]
pub(super) struct SessionView {
    number: u64,
    /// `error`, `warning`, `note`, `fine` or `dark`.
    class: &'static str,
    mark: &'static str,
    client: String,
    server: String,
    target: String,
    failure: String,
    secured: String,
    unread: &'static str,
    begun: String,
    took: String,
    frames: String,
    /// The worst finding, and how many more there are.
    found: &'static str,
    others: u64,
    /// For the search: what is found, by name.
    names: String,
    file: Option<String>,
    /// For Wireshark.
    filter: String,
    ladder: Option<Ladder>,
    /// Why there is none.
    why: &'static str,
    cards: Vec<Card>,
    briefs: Vec<FindingLine>,
    more: u64,
    ending: Vec<Prose>,
    figures: String,
}

/// A finding in one line.
#[derive(Debug)]
struct FindingLine {
    anchor: String,
    severity: &'static str,
    mark: &'static str,
    id: &'static str,
    summary: Prose,
    packet: u64,
}

/// A ladder, in blocks.
#[derive(Debug)]
struct Ladder {
    blocks: Vec<DrawnBlock>,
    /// How long the bar is that shows the scale, in words and in units.
    bar: String,
    bar_height: u64,
}

/// A block, with its drawing.
#[derive(Debug)]
struct DrawnBlock {
    height: u64,
    lines: Vec<Arrow>,
    /// What is drawn of the lifelines, and where they are cut: from and to.
    life: Vec<(u64, u64)>,
    cuts: Vec<(u64, u64)>,
    rungs: Vec<RungView>,
}

/// An arrow, or a mark where there is none, and the line to its words.
#[derive(Debug)]
struct Arrow {
    class: String,
    /// The shaft of the arrow, and its tip; a mark has no tip.
    path: String,
    tip: String,
    /// From the arrow to the words; empty where they are level.
    leader: String,
}

/// How a row looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum RungClass {
    #[default]
    Frame,
    /// Of the upgrade.
    Head,
    Finding(Severity),
    /// Where the ladder leaves something out.
    Cut,
}

/// The class in the style sheet.
impl fmt::Display for RungClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Frame => "",
            Self::Head => "head",
            Self::Finding(severity) => severity.name(),
            Self::Cut => "cut",
        })
    }
}

/// A row of words.
#[derive(Debug, Default)]
struct RungView {
    class: RungClass,
    /// Rows that it takes.
    high: u64,
    packet: String,
    time: String,
    from: &'static str,
    arrow: &'static str,
    name: String,
    size: String,
    text: String,
    /// Leads to the finding.
    link: String,
}

/// What is shown of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// All of it.
    Drawn,
    /// What was found, in a line each, and why there is not more.
    Brief(&'static str),
}

/// What a session's view is made of.
#[derive(Debug)]
pub(super) struct ToldSession<'a> {
    pub(super) number: u64,
    pub(super) story: &'a Story,
    pub(super) findings: &'a [Finding],
    /// Findings that were only counted.
    pub(super) more: u64,
    pub(super) summary: Option<&'a SessionSummary>,
    /// What is known of the TLS that it was inside of.
    pub(super) secured: Option<&'a str>,
    pub(super) shown: Shown,
}

impl SessionView {
    const CLIENT: u64 = CLIENT;
    const SERVER: u64 = SERVER;
    const EDGE: u64 = EDGE;

    pub(super) fn new(
        told: &ToldSession<'_>,
        payload: Payload,
        (inputs, zone): (&InputNames, &Zone),
    ) -> Result<Self, fmt::Error> {
        let ToldSession { number, story, findings, more, summary, secured, shown } = *told;
        let start = story.start(summary);
        let worst = findings.iter().map(|finding| finding.severity).max();
        let worst = worst.max(summary.and_then(|summary| summary.worst));
        let worst = if story.failure().is_some() { worst.max(Some(Severity::Note)) } else { worst };
        let (class, mark) = match worst {
            Some(severity) => (severity.name(), mark(severity)),
            None if story.is_dark() => ("dark", "🔒"),
            None => ("fine", "✓"),
        };
        let addresses = story.addresses().or(summary.map(|summary| summary.place.addresses));
        let address = |peer: Peer| addresses.map(|both| both.of(peer).to_string()).unwrap_or_default();
        let frames = |summary: &SessionSummary| {
            if summary.sealed.is_some() {
                return String::new();
            }
            let [client, server] = Peer::BOTH.map(|peer| Thousands(*summary.frames.of(peer)));
            format!("→ {client}  ← {server}")
        };
        let mut names: Vec<&str> = findings.iter().map(|finding| finding.id.name()).collect();
        names.sort_unstable();
        names.dedup();
        let (mut view_cards, mut briefs) = (Vec::new(), Vec::new());
        let mut alike: BTreeMap<Id, usize> = BTreeMap::new();
        for (at, finding) in findings.iter().enumerate() {
            let before = alike.entry(finding.id).or_default();
            *before += 1;
            match shown {
                Shown::Drawn if *before <= CARDS => {
                    let row = finding.frame.and_then(|frame| story.row(frame));
                    view_cards.push(Card::new(finding, row, at, inputs));
                }
                Shown::Drawn | Shown::Brief(_) => briefs.push(FindingLine::new(finding, at)),
            }
        }
        let (ladder, why) = match shown {
            Shown::Drawn => (Ladder::of(story, number, payload, start)?, ""),
            Shown::Brief(why) => (None, why),
        };
        Ok(Self {
            number,
            class,
            mark,
            client: address(Peer::Client),
            server: address(Peer::Server),
            target: story.target().unwrap_or_default().to_owned(),
            failure: story.failure().unwrap_or_default().to_owned(),
            secured: secured.map(sentence).unwrap_or_default(),
            unread: story.unread().unwrap_or_default(),
            begun: zone.spoken(start),
            took: summary.map(|summary| phrase("", summary.duration(), "")).unwrap_or_default(),
            frames: summary.map(frames).unwrap_or_default(),
            found: findings
                .iter()
                .rev()
                .max_by_key(|finding| finding.severity)
                .map_or("", |worst| worst.id.name()),
            others: (findings.len() as u64 + more).saturating_sub(1),
            names: names.join(" "),
            file: story.first().and_then(|first| inputs.file(first)).map(str::to_owned),
            filter: addresses.as_ref().map(wireshark::conversation).unwrap_or_default(),
            ladder,
            why,
            cards: view_cards,
            briefs,
            more,
            ending: summary.into_iter().flat_map(ending).map(|words| Prose::new(&words)).collect(),
            figures: summary.map(figures).transpose()?.map(|figures| sentence(&figures)).unwrap_or_default(),
        })
    }
}

impl FindingLine {
    fn new(finding: &Finding, at: usize) -> Self {
        Self {
            anchor: anchor(finding.session, at),
            severity: finding.severity.name(),
            mark: mark(finding.severity),
            id: finding.id.name(),
            summary: Prose::new(&sentence(&finding.summary)),
            packet: finding.stamp.packet.0,
        }
    }
}

/// What a rung shows before it has its place.
struct UnplacedRung {
    words: RungView,
    /// Who sent it, what it is, and whether all of it came.
    drawn: Option<(Option<Peer>, &'static str, Came)>,
}

/// How much of a frame came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    All,
    Part,
}

impl Ladder {
    fn of(
        story: &Story,
        number: u64,
        payload: Payload,
        start: Timestamp,
    ) -> Result<Option<Self>, fmt::Error> {
        let parts = story.parts(Kinds::ALL, payload);
        if parts.is_empty() {
            return Ok(None);
        }
        let times: Vec<Timestamp> =
            parts.iter().filter_map(|part| stamp(part)).map(|stamp| stamp.time).collect();
        let clock = ShownTime::new(start, times.iter().copied().max().unwrap_or(start));
        // Findings have the times of frames, or come much later: what is sent makes the scale.
        let sent = parts.iter().filter(|part| matches!(part, StoryPart::Opening(_) | StoryPart::Row(_)));
        let scale = Scale::of(sent.filter_map(|part| stamp(part)).map(|stamp| stamp.time));
        let mut steps = Vec::with_capacity(parts.len());
        let mut above = None;
        for part in &parts {
            let stamp = stamp(part);
            let at = match (part, stamp) {
                (StoryPart::Alone(_), stamp) if stamp == above && stamp.is_some() => At::Beneath,
                (StoryPart::Beneath(_), _) | (_, None) => match part {
                    StoryPart::Folded(..) | StoryPart::Alike(_) => At::Fold,
                    StoryPart::Opening(_)
                    | StoryPart::Row(_)
                    | StoryPart::Beneath(_)
                    | StoryPart::Alone(_) => At::Beneath,
                },
                (_, Some(stamp)) => At::Time(stamp.time),
            };
            above = stamp.or(above);
            steps.push((at, UnplacedRung::new(part, number, payload, clock)?));
        }
        let blocks = ladder::blocks(steps, scale).into_iter().map(DrawnBlock::new).collect();
        let (bar, bar_height) = scale.bar();
        Ok(Some(Self { blocks, bar: in_words(bar).replacen(".0 ", " ", 1), bar_height }))
    }
}

/// The packet of a part, and its time.
fn stamp(part: &StoryPart<'_>) -> Option<Stamp> {
    match part {
        StoryPart::Opening(line) => Some(line.stamp()),
        StoryPart::Row(row) => Some(row.stamp()),
        StoryPart::Alone(noted) => Some(noted.remark.stamp()),
        StoryPart::Beneath(_) | StoryPart::Folded(..) | StoryPart::Alike(_) => None,
    }
}

impl UnplacedRung {
    fn new(
        part: &StoryPart<'_>,
        number: u64,
        payload: Payload,
        clock: ShownTime,
    ) -> Result<Self, fmt::Error> {
        let mut words = RungView::default();
        if let Some(stamp) = stamp(part) {
            words.packet = stamp.packet.to_string();
            words.time = clock.since(stamp);
        }
        let drawn = match part {
            StoryPart::Opening(line) => {
                words.by(line.from());
                words.class = RungClass::Head;
                line.text().clone_into(&mut words.text);
                Some((Some(line.from()), "head", Came::All))
            }
            StoryPart::Row(row) => {
                words.frame(row, payload)?;
                let kind = if row.header.opcode.is_control() { "control" } else { "data" };
                let came = if row.received < row.header.length { Came::Part } else { Came::All };
                Some((Some(row.from), kind, came))
            }
            StoryPart::Beneath(noted) | StoryPart::Alone(noted) => {
                let remark = noted.remark;
                words.class = RungClass::Finding(remark.severity());
                words.arrow = mark(remark.severity());
                words.text = format!("{}: {}", remark.id(), remark.summary());
                words.link = format!("f{number}-{}", noted.at);
                Some((None, remark.severity().name(), Came::All))
                    .filter(|_| matches!(part, StoryPart::Alone(_)))
            }
            StoryPart::Folded(count, what) => {
                let quiet = if *what == FoldedRows::Quiet { " without findings" } else { "" };
                words.class = RungClass::Cut;
                words.text = format!("{}{quiet}", Count(*count, "more frame"));
                None
            }
            StoryPart::Alike(count) => {
                words.class = RungClass::Cut;
                words.text = format!("the same of {}", Count(*count, "more frame"));
                None
            }
        };
        Ok(Self { words, drawn })
    }
}

impl RungView {
    fn by(&mut self, from: Peer) {
        (self.from, self.arrow) = (from.name(), if from == Peer::Client { "→" } else { "←" });
    }

    fn frame(&mut self, row: &Row, payload: Payload) -> fmt::Result {
        self.by(row.from);
        self.name = row.name();
        self.size = row.size();
        row.write_more(&mut self.text)?;
        if payload != Payload::None {
            self.text.push_str("  ");
            self.text.push_str(&row.preview());
        }
        self.text = self.text.trim().to_owned();
        Ok(())
    }
}

impl DrawnBlock {
    fn new(block: Block<UnplacedRung>) -> Self {
        let Block { rungs, height } = block;
        let (mut lines, mut life, mut cuts, mut views) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut from = 0;
        for Rung { space, words, arrow, what } in rungs {
            let (mut view, drawn) = match what {
                RungContent::Told(UnplacedRung { words, drawn }) => (words, drawn),
                RungContent::Silence(long) => {
                    let text = format!("{} of silence", in_words(long));
                    (RungView { class: RungClass::Cut, text, ..RungView::default() }, None)
                }
            };
            view.high = space + 1;
            if view.class == RungClass::Cut {
                let to = (words - ROW / 2).max(from);
                life.push((from, to));
                from = words + ROW / 2;
                cuts.push((to, from));
            }
            if let (Some(y), Some((peer, kind, came))) = (arrow, drawn) {
                lines.push(Arrow::new(peer, kind, came, y, words));
            }
            views.push(view);
        }
        life.push((from, height.max(from)));
        Self { height, lines, life, cuts, rungs: views }
    }
}

impl Arrow {
    fn new(peer: Option<Peer>, kind: &str, came: Came, y: u64, words: u64) -> Self {
        let leader =
            if y == words { String::new() } else { format!("M{} {y}L{} {words}", SERVER + 4, EDGE - 2) };
        let (class, from, to) = match peer {
            Some(Peer::Client) => ("client", CLIENT, SERVER),
            Some(Peer::Server) => ("server", SERVER, CLIENT),
            None => {
                let path = format!("M{} {y}l5 -5l5 5l-5 5z", CLIENT.midpoint(SERVER) - 5);
                return Self { class: format!("point {kind}"), path, tip: String::new(), leader };
            }
        };
        let (path, tip) = match came {
            Came::All => {
                let back = if to > from { to - 7 } else { to + 7 };
                (format!("M{from} {y}H{to}"), format!("M{back} {}L{to} {y}L{back} {}", y - 4, y + 4))
            }
            // It does not arrive: a cross where it ends.
            Came::Part => {
                let end = if to > from { to - 24 } else { to + 24 };
                (format!("M{from} {y}H{end}"), format!("M{} {}l8 8m0 -8l-8 8", end - 4, y - 4))
            }
        };
        Self { class: format!("{class} {kind}"), path, tip, leader }
    }
}
