//! json for the corpus check
#![allow(clippy::all, clippy::pedantic, clippy::unwrap_used, clippy::panic, clippy::expect_used)]
use base64::Engine;
use wsight::analyzer::*;
use wsight::capture::*;
fn main() {
    let mut files =
        Files::new(vec![Input::from_argument(std::ffi::OsStr::new(&std::env::args().nth(1).unwrap()))]);
    let mut a = Analyzer::new(Config { keep: 64 << 20, ..Config::default() });
    let mut out = |o: &Output<'_>| match o {
        Output::Frame(_, f) => println!(
            r#"{{"type":"frame","last_packet":{},"opcode":"{}","fin":{},"rsv":{},"masked":{},"length":{},"complete":{}}}"#,
            f.last.packet,
            f.header.opcode,
            f.header.fin,
            f.header.rsv,
            f.header.mask.is_some(),
            f.header.length,
            f.is_complete()
        ),
        Output::Message(_, m) => println!(
            r#"{{"type":"message","complete":{},"data_base64":"{}"}}"#,
            m.complete,
            base64::prelude::BASE64_STANDARD.encode(m.payload)
        ),
        Output::Finding(f) => eprintln!("  ** {} {} {}", f.severity.name(), f.certainty.name(), f.id),
        _ => {}
    };
    loop {
        match files.next() {
            Ok(None) => break,
            Ok(Some(Captured::Packet(p))) => a.push(&p, &mut out),
            Ok(Some(Captured::Drops(_))) => {}
            Err(e) => {
                eprintln!("ERR {e}");
            }
        }
    }
    a.finish(&mut out);
}
