//! seed
#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]
#[path = "../tests/common/mod.rs"]
mod common;
use common::*;
fn main() {
    let name = std::env::args().nth(1).unwrap();
    let seed: u64 = std::env::args().nth(2).unwrap().parse().unwrap();
    let p = std::path::PathBuf::from(name);
    let segs = segments(&p);
    let mut dice = Dice(seed);
    let mut rest = segs.clone();
    match seed % 5 {
        0 => rest.retain(|_| dice.roll(50) != 0),
        1 => rest.retain(|_| dice.roll(8) != 0),
        2 => {
            rest.drain(..dice.roll(rest.len()));
        }
        3 => {
            let from = dice.roll(rest.len());
            let to = (from + dice.roll(8)).min(rest.len());
            rest.drain(from..to);
        }
        _ => {
            let snap = 20 + dice.roll(100);
            for s in &mut rest {
                let k = s.payload.len().min(snap);
                s.cut += (s.payload.len() - k) as u32;
                s.payload.truncate(k);
            }
        }
    }
    rest.truncate(rest.len() - dice.roll(3).min(rest.len()));
    for i in 1..rest.len() {
        if dice.roll(20) == 0 {
            rest.swap(i - 1, i);
        } else if dice.roll(20) == 0 {
            let t = rest[i].clone();
            rest[i - 1] = t;
        }
    }
    for s in &rest {
        println!(
            "{} {} seq {} ack {} {:?} len {}",
            s.stamp.packet,
            s.source.port(),
            s.sequence,
            s.acknowledgment,
            (s.flags.syn, s.flags.fin, s.flags.rst),
            s.payload.len()
        );
    }
    println!(
        "missing: {:?}",
        segs.iter()
            .filter(|s| !rest.iter().any(|r| r.stamp == s.stamp))
            .map(|s| (s.stamp.packet.0, s.source.port(), s.payload.len()))
            .collect::<Vec<_>>()
    );
    println!("{:#?}", analyze(&rest).findings);
}
