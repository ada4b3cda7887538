//! A format of one's own: a line of CSV for each session, with the round trips of its pings. Needs the features `capture` and `report`.
//!
//! `cargo run --example sink -- captures/clean-python-newest.pcap`

use std::io::{self, Error, Write};
use wsight::analyzer::{Config, Output};
use wsight::capture::{Files, Input};
use wsight::pipeline::Pipeline;
use wsight::report::Sink;

/// Round trips of the pings of each session, in milliseconds.
struct RoundTrips<W> {
    out: W,
}

impl<W: Write> Sink for RoundTrips<W> {
    fn output(&mut self, output: &Output<'_>) -> io::Result<()> {
        let Output::Session(session) = output else { return Ok(()) };
        let Some(trips) = session.round_trips else { return Ok(()) };
        let millis = [trips.min, trips.median, trips.max].map(|trip| trip.as_secs_f64() * 1e3);
        let [min, median, max] = millis;
        writeln!(self.out, "{},{min:.3},{median:.3},{max:.3}", session.place.session)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn main() -> io::Result<()> {
    let inputs = std::env::args_os().skip(1).map(|file| Input::from_argument(&file)).collect();
    let mut pipeline = Pipeline::new(Files::new(inputs), Config::default(), None)?;
    let mut sink = RoundTrips { out: io::stdout().lock() };
    let mut result = Ok(());
    let mut out = |output: &Output<'_>| {
        if result.is_ok() {
            result = sink.output(output);
        }
    };
    while let Some(step) = pipeline.step(&mut out) {
        step.fault.map_or(Ok(()), |fault| Err(Error::other(fault)))?;
    }
    pipeline.finish(&mut out);
    result.and_then(|()| sink.finish())
}
