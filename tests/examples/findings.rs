//! What is wrong in a capture, in twenty lines. Needs the feature `capture`.
//!
//! `cargo run --example findings -- captures/pong-nul-cut.pcap`

use std::io::{Error, Result};
use wsight::analyzer::{Config, Output};
use wsight::capture::{Files, Input};
use wsight::pipeline::Pipeline;

fn main() -> Result<()> {
    let inputs = std::env::args_os().skip(1).map(|file| Input::from_argument(&file)).collect();
    let mut pipeline = Pipeline::new(Files::new(inputs), Config::default(), None)?;
    let mut out = |output: &Output<'_>| {
        if let Output::Finding(finding) = output {
            println!("packet {}: {}: {}", finding.stamp.packet, finding.id.name(), finding.summary);
        }
    };
    while let Some(step) = pipeline.step(&mut out) {
        step.fault.map_or(Ok(()), |fault| Err(Error::other(fault)))?;
    }
    pipeline.finish(&mut out);
    Ok(())
}
