//! RFC 6455 §5.5.1 and §7.4: the body of a Close, and frames after it.

use super::{Batch, OPEN, SIDES};

/// §7.4.1, §7.4.2 and the IANA registry of §11.7 (1012 to 1014 were registered later): whether a Close may carry it.
/// 1004 is "Reserved"; 1005, 1006 and 1015 "MUST NOT be set as a status code in a Close control frame by an
/// endpoint"; "0-999 are not used"; 1016 to 2999 wait for a revision; 3000 to 3999 are for registration, 4000 to 4999
/// private. Beyond, nothing is defined.
const ALLOWED: [(u16, u16); 3] = [(1000, 1003), (1007, 1014), (3000, 4999)];

/// Of these, the ones that report a failure, and those whose meaning only the application knows: it may be one.
const FAILURES: [(u16, u16); 3] = [(1002, 1003), (1007, 1014), (3000, 4999)];

fn lies_in(ranges: &[(u16, u16)], code: u16) -> bool {
    ranges.iter().any(|(from, to)| (*from..=*to).contains(&code))
}

#[test]
fn codes() {
    let mut batch = Batch::new(&["code"]).with_notes(&["close-abnormal"]);
    let borders = [0, 1, 999, 1000, 1016, 1999, 2000, 2999, 3000, 3999, 4000, 4999, 5000, 5001, 32768, 65535];
    let mut codes: Vec<u16> = (0..=5000).step_by(13).chain(995..1020).chain(borders).collect();
    codes.sort_unstable();
    codes.dedup();
    for code in codes {
        for (side, step, other) in SIDES {
            let expected = if !lies_in(&ALLOWED, code) {
                Some(format!("close-code-invalid {side} 1 code={code}"))
            } else if lies_in(&FAILURES, code) {
                Some(format!("close-abnormal {side} 1 code={code}"))
            } else {
                None
            };
            batch.row(&format!("{OPEN}{step} close {code:03} \"why\"   {other} close"), expected);
        }
    }
    batch.check();
}

/// §5.5.1: "If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer"; the rest is
/// "UTF-8-encoded data".
#[test]
fn bodies() {
    let mut batch = Batch::new(&["code"]);
    for (side, step, other) in SIDES {
        let mut row = |body: &str, expected: Option<&str>| {
            let expected = expected.map(|text| text.replace("SIDE", side));
            batch.row(&format!("{OPEN}{step} close {body}   {other} close"), expected);
        };
        row("", None);
        for byte in ["00", "03", "e8", "ff"] {
            row(byte, Some("close-payload-invalid SIDE 1"));
        }
        row("1000", None);
        row("1000 \"\\0\"", None);
        row("1000 \"κόσμε\"", None);
        row("1000 123*61", None);
        // The longest reason that UTF-8 of three and four bytes a character can fill.
        row("1000 41*e282ac", None);
        row("1000 30*f09f9880 616161", None);
        for reason in ["ff", "61 80", "c3", "eda080", "f4908080", "c080", "40*e282ac e282", "61 ff 61"] {
            row(&format!("1000 {reason}"), Some("close-reason-invalid-utf8 SIDE 1 code=1000"));
        }
    }
    batch.check();
}

/// What is wrong with a Close that is too long is its length: its reason is UTF-8 wherever it is looked at.
#[test]
fn a_long_reason() {
    let mut batch = Batch::new(&[]);
    for (side, step, other) in SIDES {
        for (count, character) in [(42, "e282ac"), (1365, "e282ac"), (5000, "e282ac"), (5000, "f09f9880")] {
            batch.row(
                &format!("{OPEN}{step} close 1000 {count}*{character}   {other} close"),
                [format!("control-too-long {side} 1")],
            );
        }
        batch.row(
            &format!("{OPEN}{step} close 1000 5000*e282ac   {other} close 1000 ff"),
            [
                format!("control-too-long {side} 1"),
                format!("close-reason-invalid-utf8 {} 2", if side == "client" { "server" } else { "client" }),
            ],
        );
    }
    batch.check();
}

/// §5.5.1: "The application MUST NOT send any more data frames after sending a Close frame."
#[test]
fn frames_after_a_close() {
    let mut batch = Batch::new(&[]);
    for (side, step, other) in SIDES {
        for frame in ["text \"a\"", "binary 01", "text-part \"a\""] {
            batch.row(
                &format!("{OPEN}{step} close 1000   {step} {frame}   {other} close 1000"),
                [format!("data-after-close {side} 2")],
            );
            // The other side may still send until it answers.
            batch.row(&format!("{OPEN}{step} close 1000   {other} {frame}   {other} close 1000"), [""; 0]);
        }
        for frame in ["ping", "pong", "close 1000"] {
            batch.row(&format!("{OPEN}{step} close 1000   {step} {frame}   {other} close 1000"), [""; 0]);
        }
        // A message may be cut by it; its rest is data all the same.
        batch.row(
            &format!(
                "{OPEN}{step} text-part \"a\"   {step} close 1000   {step} continuation \"b\"   {other} close"
            ),
            [format!("data-after-close {side} 3")],
        );
    }
    batch.check();
}
