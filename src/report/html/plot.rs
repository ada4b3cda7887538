//! Plots, as SVG to be: what the client sent above the axis, what the server sent below it.

use crate::index::{Stretches, Traffic};
use crate::model::{Count, Peer, Thousands, Timestamp, in_words};
use std::fmt::Write;
use std::time::Duration;

/// Units of the drawing.
const WIDTH: u64 = 340;
const HEIGHT: u64 = 180;
const LEFT: u64 = 52;
const RIGHT: u64 = 10;
const TOP: u64 = 10;
const BOTTOM: u64 = 22;

/// Bars in a plot over time.
const STRETCHES: usize = 92;

/// A plot.
#[derive(Debug)]
pub(super) struct Plot {
    /// For references inside the page.
    pub(super) name: &'static str,
    pub(super) title: String,
    /// The same in words.
    pub(super) words: String,
    /// `0 0 340 180`
    pub(super) view: String,
    pub(super) left: u64,
    pub(super) right: u64,
    pub(super) top: u64,
    pub(super) bottom: u64,
    /// The height of the axis.
    pub(super) axis: u64,
    pub(super) across: Vec<Tick>,
    pub(super) up: Vec<Tick>,
    /// The class and the outline of what is drawn.
    pub(super) shapes: Vec<(&'static str, String)>,
    /// Names of what stands above the axis and below it, and their heights.
    pub(super) names: Vec<(&'static str, u64)>,
}

/// A mark on an axis, and its words.
#[derive(Debug)]
pub(super) struct Tick {
    pub(super) at: u64,
    pub(super) words: String,
}

/// What numbers are.
#[derive(Clone, Copy, Debug)]
enum Unit {
    Bytes,
    Things,
    Nanos,
}

impl Unit {
    fn words(self, number: u64) -> String {
        match self {
            Self::Nanos if number == 0 => "0".to_owned(),
            Self::Nanos => shortly(Duration::from_nanos(number)).replacen(".0 ", " ", 1),
            Self::Bytes => match number {
                0..1_000 => format!("{number} B"),
                1_000..1_000_000 => format!("{} kB", tenths(number, 1_000)),
                1_000_000..1_000_000_000 => format!("{} MB", tenths(number, 1_000_000)),
                _ => format!("{} GB", tenths(number, 1_000_000_000)),
            },
            Self::Things => match number {
                0..10_000 => Thousands(number).to_string(),
                10_000..10_000_000 => format!("{} k", tenths(number, 1_000)),
                _ => format!("{} M", tenths(number, 1_000_000)),
            },
        }
    }
}

/// `number / unit` with one decimal where it has one.
fn tenths(number: u64, unit: u64) -> String {
    let tenths = number / (unit / 10);
    if tenths.is_multiple_of(10) {
        Thousands(tenths / 10).to_string()
    } else {
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}

/// All plots that there is something to draw in.
pub(super) fn plots(traffic: &Traffic) -> Vec<Plot> {
    let mut plots = Vec::new();
    if let Some((begin, end)) = traffic.span().filter(|(begin, end)| begin < end) {
        let stretches = Stretches { begin, end, count: STRETCHES };
        let time = OverTime { traffic, stretches };
        let bytes = Peer::BOTH.map(|peer| traffic.bytes(peer, stretches));
        plots.push(time.both("bytes", "Payload bytes", Unit::Bytes, &bytes));
        let frames = Peer::BOTH.map(|peer| traffic.frames(peer, stretches));
        plots.push(time.both("frames", "Frames", Unit::Things, &frames));
        let trips = traffic.round_trips(stretches);
        if trips.iter().any(|trip| *trip > 0) {
            plots.push(time.round_trips(&trips));
        }
    }
    plots.extend(sizes(traffic));
    plots
}

/// What is plotted over time.
#[derive(Clone, Copy)]
struct OverTime<'a> {
    traffic: &'a Traffic,
    stretches: Stretches,
}

impl OverTime<'_> {
    fn lasts(self) -> u64 {
        self.stretches.end.nanos_from(self.stretches.begin)
    }

    /// Ticks at round times since the beginning.
    fn across(self) -> Vec<Tick> {
        let lasts = self.lasts();
        let width = WIDTH - LEFT - RIGHT;
        let place = |nanos: u64| LEFT + scaled(nanos, width, lasts);
        steps(lasts, 4).map(|nanos| Tick { at: place(nanos), words: Unit::Nanos.words(nanos) }).collect()
    }

    /// How long a bar is, in words.
    fn each(self) -> String {
        let (from, to) = self.traffic.times_of(1, self.stretches);
        // What is shorter than the clock can tell has a bar of its own for each nanosecond.
        shortly(rounded(Duration::from_nanos(to.nanos_from(from).max(1))))
    }

    /// When something is, in words.
    fn since(self, time: Timestamp) -> String {
        let since = rounded(Duration::from_nanos(time.nanos_from(self.stretches.begin)));
        if since.is_zero() {
            "from the first frame on".to_owned()
        } else {
            format!("{} after the first frame", shortly(since))
        }
    }

    fn both(self, name: &'static str, title: &str, unit: Unit, values: &[Vec<u64>; 2]) -> Plot {
        let mut words = Vec::new();
        for (peer, values) in Peer::BOTH.into_iter().zip(values) {
            let all: u64 = values.iter().fold(0, |sum, value| sum.saturating_add(*value));
            let most = values.iter().copied().max().unwrap_or(0);
            let at = values.iter().position(|value| *value == most).unwrap_or(0);
            let (from, _) = self.traffic.times_of(at, self.stretches);
            let mut sentence = format!("{peer}: {}", unit.words(all));
            if most > 0 {
                // Writing to a String cannot fail.
                let _ = write!(
                    sentence,
                    ", at most {} in {}, {}",
                    unit.words(most),
                    self.each(),
                    self.since(from)
                );
            }
            words.push(sentence);
        }
        let title = format!("{title}, each {}", self.each());
        mirrored(name, title, words.join("; "), unit, values, self.across())
    }

    fn round_trips(self, trips: &[u64]) -> Plot {
        let most = trips.iter().copied().max().unwrap_or(1);
        let (axis, height) = (HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP);
        let mut dots = String::new();
        for (at, trip) in trips.iter().enumerate().filter(|(_, trip)| **trip > 0) {
            let (x, y) = (bar_at(at, trips.len()).0 + 1, axis - scaled(*trip, height, most));
            // A diamond. Writing to a String cannot fail.
            let _ = write!(dots, "M{x} {}l3 3l-3 3l-3-3z", y.saturating_sub(3));
        }
        let up = steps(most, 4)
            .map(|value| Tick { at: axis - scaled(value, height, most), words: Unit::Nanos.words(value) });
        Plot {
            axis,
            across: self.across(),
            up: up.collect(),
            shapes: vec![("trip", dots)],
            words: format!("at most {}", shortly(rounded(Duration::from_nanos(most)))),
            ..Plot::empty("trips", "Round trips of pings, the longest".to_owned())
        }
    }
}

/// How many messages there are of which size: a bar for each number of binary digits.
fn sizes(traffic: &Traffic) -> Option<Plot> {
    let sizes = Peer::BOTH.map(|peer| traffic.sizes(peer));
    let bins = sizes.iter().map(|sizes| sizes.len()).max().filter(|bins| *bins > 0)?;
    let values = sizes.map(|sizes| {
        let mut padded = sizes.to_vec();
        padded.resize(bins, 0);
        padded
    });
    let smallest =
        |digits: usize| 1_u64.checked_shl(u32::try_from(digits).unwrap_or(0).saturating_sub(1)).unwrap_or(0);
    let every = bins.div_ceil(5);
    let across = (0..bins).step_by(every).map(|digits| {
        let (from, width) = bar_at(digits, bins);
        let words = if digits == 0 { "0".to_owned() } else { Unit::Bytes.words(smallest(digits)) };
        Tick { at: from + width / 2, words }
    });
    let words = Peer::BOTH.into_iter().zip(&values).map(|(peer, values)| {
        let most = values.iter().copied().max().unwrap_or(0);
        let at = values.iter().position(|value| *value == most).unwrap_or(0);
        match values.iter().sum() {
            0 => format!("{peer}: none"),
            all => {
                let (from, to) = (if at == 0 { 0 } else { smallest(at) }, smallest(at + 1).saturating_sub(1));
                format!("{peer}: {}, most often of {from} to {to} bytes", Count(all, "message"))
            }
        }
    });
    let words = words.collect::<Vec<_>>().join("; ");
    Some(mirrored("sizes", "Messages by size".to_owned(), words, Unit::Things, &values, across.collect()))
}

impl Plot {
    fn empty(name: &'static str, title: String) -> Self {
        Self {
            name,
            title,
            words: String::new(),
            view: format!("0 0 {WIDTH} {HEIGHT}"),
            left: LEFT,
            right: WIDTH - RIGHT,
            top: TOP,
            bottom: HEIGHT - BOTTOM,
            axis: HEIGHT - BOTTOM,
            across: Vec::new(),
            up: Vec::new(),
            shapes: Vec::new(),
            names: Vec::new(),
        }
    }
}

/// Bars of the client above the axis, and of the server below it, to one scale.
fn mirrored(
    name: &'static str,
    title: String,
    words: String,
    unit: Unit,
    values: &[Vec<u64>; 2],
    across: Vec<Tick>,
) -> Plot {
    let height = HEIGHT - BOTTOM - TOP;
    let [above, below] = values.each_ref().map(|values| values.iter().copied().max().unwrap_or(0));
    let most = above.saturating_add(below).max(1);
    let axis = TOP + scaled(above, height, most);
    let outlines = values.each_ref().map(|values| outline(values));
    let [client, server] = outlines;
    let bars = |heights: Vec<(u64, u64, u64)>, top: fn(u64, u64) -> u64| {
        let mut path = String::new();
        for (x, width, value) in heights {
            let tall = scaled(value, height, most).max(1);
            let top = top(axis, tall);
            // Writing to a String cannot fail.
            let _ = write!(path, "M{x} {top}h{width}v{tall}h-{width}z");
        }
        path
    };
    let shapes =
        vec![("client", bars(client, u64::saturating_sub)), ("server", bars(server, |axis, _| axis))];
    let step = step(above.max(below), 3);
    let up = ticks(above, step)
        .map(|value| Tick { at: axis - scaled(value, height, most), words: unit.words(value) });
    let down = ticks(below, step)
        .skip(1)
        .map(|value| Tick { at: axis + scaled(value, height, most), words: unit.words(value) });
    let names = [("client", TOP + 9, above), ("server", HEIGHT - BOTTOM - 4, below)];
    let names = names.into_iter().filter(|(_, _, most)| *most > 0).map(|(name, at, _)| (name, at)).collect();
    Plot { axis, across, up: up.chain(down).collect(), shapes, names, words, ..Plot::empty(name, title) }
}

/// Place, width and value of each bar that is not empty.
fn outline(values: &[u64]) -> Vec<(u64, u64, u64)> {
    let bars = values.iter().enumerate().filter(|(_, value)| **value > 0);
    bars.map(|(at, value)| {
        let (x, width) = bar_at(at, values.len());
        (x, width, *value)
    })
    .collect()
}

/// Where a bar begins, and how wide it is.
fn bar_at(at: usize, of: usize) -> (u64, u64) {
    let (at, of) = (at as u64, (of as u64).max(1));
    let width = WIDTH - LEFT - RIGHT;
    let (from, to) = (at * width / of, (at + 1) * width / of);
    // Wide bars stand apart.
    let gap = if to - from > 6 { 2 } else { 0 };
    (LEFT + from, (to - from - gap).max(1))
}

/// `value` of `most`, in units of a drawing that has so many.
fn scaled(value: u64, units: u64, most: u64) -> u64 {
    u64::try_from(u128::from(value) * u128::from(units) / u128::from(most.max(1))).unwrap_or(units)
}

/// A round step, of which at most `count` fit into `most`.
fn step(most: u64, count: u64) -> u64 {
    let least = most.div_ceil(count.max(1)).max(1);
    let tens = 10_u64.saturating_pow(least.ilog10());
    [1, 2, 5, 10].map(|n| tens.saturating_mul(n)).into_iter().find(|step| *step >= least).unwrap_or(least)
}

/// Round numbers from 0 to `most`, at most `count` besides 0.
fn steps(most: u64, count: u64) -> impl Iterator<Item = u64> {
    ticks(most, step(most, count))
}

fn ticks(most: u64, step: u64) -> impl Iterator<Item = u64> {
    (0..=most / step.max(1)).map(move |n| n * step)
}

/// A duration as it is read off a plot: its first two digits.
fn rounded(duration: Duration) -> Duration {
    let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    let unit = 10_u64.saturating_pow(nanos.max(1).ilog10().saturating_sub(1));
    Duration::from_nanos(nanos / unit * unit)
}

/// A duration in words, in nanoseconds if it is shorter than a microsecond.
fn shortly(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos < 1_000 { format!("{nanos} ns") } else { in_words(duration) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_few() {
        assert_eq!(steps(1, 4).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(steps(7, 4).collect::<Vec<_>>(), [0, 2, 4, 6]);
        assert_eq!(steps(202, 4).collect::<Vec<_>>(), [0, 100, 200]);
        assert_eq!(steps(645_000, 4).collect::<Vec<_>>(), [0, 200_000, 400_000, 600_000]);
        assert!(steps(u64::MAX, 4).count() <= 5);
    }

    #[test]
    fn bars_stay_inside_and_stand_on_the_axis() {
        let mut traffic = Traffic::default();
        for n in 0..500_i64 {
            let from = if n % 3 == 0 { Peer::Client } else { Peer::Server };
            let trip = (n % 50 == 0).then_some(Duration::from_micros(300));
            traffic.add(from, Timestamp::from_nanos(n * 1_000_000), n.unsigned_abs(), trip);
            traffic.add_size(from, n.unsigned_abs());
        }
        let plots = plots(&traffic);
        let names: Vec<&str> = plots.iter().map(|plot| plot.name).collect();
        assert_eq!(names, ["bytes", "frames", "trips", "sizes"]);
        for plot in &plots {
            assert!(plot.across.len() > 1 && plot.up.len() > 1, "{plot:#?}");
            assert!(plot.across.iter().all(|tick| (LEFT..=WIDTH - RIGHT).contains(&tick.at)));
            assert!(plot.up.iter().all(|tick| (TOP..=HEIGHT - BOTTOM).contains(&tick.at)), "{plot:#?}");
            assert!(plot.shapes.iter().all(|(_, path)| path.starts_with('M')));
        }
        assert!(plots[0].words.starts_with("client: 41.5 kB, at most"), "{}", plots[0].words);
        assert!(
            plots[3].words.contains("server: 333 messages, most often of 256 to 511 bytes"),
            "{}",
            plots[3].words
        );
    }

    #[test]
    fn bars_of_a_short_capture_take_some_time() {
        // 184 ns are two for each of 92 bars; of 40 each has one. 2.4 µs are two in whole ones.
        for (lasts, each) in [(183, "2 ns"), (39, "1 ns"), (18_399, "200 ns"), (220_799, "2 µs")] {
            let mut traffic = Traffic::default();
            for time in 0..=lasts {
                traffic.add(Peer::Client, Timestamp::from_nanos(time), 1, Some(Duration::from_nanos(500)));
            }
            let plots = plots(&traffic);
            let found = plots[0].title.rsplit_once(", each ").unwrap().1;
            assert_eq!(found, each);
            assert_eq!(plots[2].words, "at most 500 ns");
            assert!(
                plots.iter().flat_map(|plot| &plot.across).all(|tick| tick.words != "0 µs"),
                "{plots:#?}"
            );
        }
    }

    #[test]
    fn one_moment_has_no_plot_over_time() {
        let mut traffic = Traffic::default();
        traffic.add(Peer::Client, Timestamp::from_nanos(5), 1, None);
        assert!(plots(&traffic).is_empty());
    }

    #[test]
    fn numbers_are_short() {
        let words: Vec<String> = [999, 1_000, 41_583, 2_000_000].map(|n| Unit::Bytes.words(n)).into();
        assert_eq!(words, ["999 B", "1 kB", "41.5 kB", "2 MB"]);
        assert_eq!(Unit::Things.words(12_345), "12.3 k");
    }
}
