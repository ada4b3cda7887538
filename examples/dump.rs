//! dump
#![allow(clippy::all, clippy::pedantic, clippy::unwrap_used, clippy::panic, clippy::expect_used)]
use wsight::analyzer::*;
use wsight::capture::*;
fn main() {
    let only_findings = std::env::args().nth(2).is_some();
    let mut files =
        Files::new(vec![Input::from_argument(std::ffi::OsStr::new(&std::env::args().nth(1).unwrap()))]);
    let mut a = Analyzer::new(Config { keep: 64, ..Config::default() });
    let mut out = |o: &Output<'_>| match o {
        Output::Upgrade(p, u) => println!(
            "UP s{} c{} {:?} {} -> {} pkt {}",
            p.session, p.connection, u.outcome, p.addresses.client, p.addresses.server, u.first.packet
        ),
        Output::Frame(p, f) => {
            if !only_findings {
                println!(
                    "  FR s{} #{} {} {} len {} rx {} {:?} pkt {}-{} {:?}",
                    p.session,
                    f.number,
                    f.from,
                    f.header.opcode,
                    f.header.length,
                    f.received,
                    f.end,
                    f.first.packet,
                    f.last.packet,
                    String::from_utf8_lossy(f.payload)
                )
            }
        }
        Output::Message(p, m) => {
            if !only_findings {
                println!(
                    "  MS s{} {} {} {:?} len {} complete {} {:?} {:?}",
                    p.session,
                    m.number,
                    m.from,
                    m.kind,
                    m.length,
                    m.complete,
                    m.inflation,
                    String::from_utf8_lossy(m.payload)
                )
            }
        }
        Output::Finding(f) => println!(
            "  ** {} {} {} {:?} s{:?} fr{:?} pkt {}: {} {:?}",
            f.severity.name(),
            f.certainty.name(),
            f.id,
            f.from,
            f.session.map(|s| s.0),
            f.frame,
            f.stamp.packet,
            f.summary,
            f.fields
        ),
        Output::Session(s) => println!(
            "SE s{} frames {:?} end {:?} by {:?}: {}",
            s.place.session, s.frames, s.end, s.ended_by, s.close_story
        ),
        Output::Summary(s) => println!("SUM {s:?}"),
    };
    loop {
        match files.next() {
            Ok(None) => break,
            Ok(Some(Captured::Packet(p))) => a.push(&p, &mut out),
            Ok(Some(Captured::Drops(d))) => a.drops(d.interface.as_deref(), d.dropped, d.stamp, &mut out),
            Err(e) => {
                println!("ERR {e}");
            }
        }
    }
    a.finish(&mut out);
}
