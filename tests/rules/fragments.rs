//! RFC 6455 §5.4: in what order frames may follow one another.

use super::{Batch, OPEN, SIDES};

const FRAMES: [&str; 7] =
    ["text", "text-part", "binary", "binary-part", "continuation", "continuation-part", "pong"];

/// Whether a message is open after the frame, or what is wrong with it: "An unfragmented message consists of a single
/// frame with the FIN bit set and an opcode other than 0", a fragmented one of "a single frame with the FIN bit clear
/// and an opcode other than 0, followed by zero or more frames with the FIN bit clear and the opcode set to 0, and
/// terminated by a single frame with the FIN bit set and an opcode of 0"; "control frames MAY be injected".
fn follow(open: bool, frame: &str) -> Result<bool, &'static str> {
    match (frame, open) {
        ("pong", open) => Ok(open),
        ("continuation", true) => Ok(false),
        ("continuation-part", true) => Ok(true),
        ("continuation" | "continuation-part", false) => Err("message-continuation-unexpected"),
        (_, true) => Err("message-interrupted"),
        (frame, false) => Ok(frame.ends_with("-part")),
    }
}

/// Adds `frames` and every way to continue, up to the first fault: what follows one is not defined.
fn grow(
    batch: &mut Batch,
    side: (&str, &str, &str),
    frames: &mut Vec<&'static str>,
    open: bool,
    most: usize,
) {
    let (name, step, other) = side;
    for frame in FRAMES {
        let after = follow(open, frame);
        frames.push(frame);
        let told: Vec<String> = frames.iter().map(|frame| format!("{frame} \"a\"")).collect();
        let script = format!("{OPEN}{step} [ {} ]", told.join(" | "));
        match after {
            Err(fault) => batch.row(&script, [format!("{fault} {name} {}", frames.len())]),
            Ok(open) => {
                batch.row(&script, [""; 0]);
                // §5.4 and §7.1.1: a message that the end of the session leaves open has no end.
                let first =
                    frames.iter().rposition(|frame| frame.starts_with(['t', 'b'])).map_or(0, |at| at + 1);
                let unfinished = open.then(|| format!("message-unfinished {name} {first}"));
                batch.row(
                    &format!("{script}\n{step} close 1000   {other} close 1000   S< fin   C> fin"),
                    unfinished,
                );
                if frames.len() < most {
                    grow(batch, side, frames, open, most);
                }
            }
        }
        frames.pop();
    }
}

#[test]
fn every_order_of_three_frames() {
    let mut batch = Batch::new(&[]);
    for side in SIDES {
        grow(&mut batch, side, &mut Vec::new(), false, 3);
    }
    batch.check();
}

/// The two directions have nothing to do with each other.
#[test]
fn both_sides_send_fragments_at_once() {
    let mut batch = Batch::new(&[]);
    batch.row(
        &format!(
            "{OPEN}C> text-part \"a\"\nS< binary-part 01\nC> continuation-part \"b\"\nS< continuation 02\n\
             C> continuation \"c\"\nS< text \"d\""
        ),
        [""; 0],
    );
    batch.row(
        &format!("{OPEN}C> text-part \"a\"\nS< continuation \"b\""),
        ["message-continuation-unexpected server 2"],
    );
    batch.check();
}
