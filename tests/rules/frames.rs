//! RFC 6455 §5.1, §5.2 and §5.5: masks, reserved bits, opcodes, lengths, control frames.

use super::{Batch, OPEN, OPEN_DEFLATE, SIDES};

/// §5.2: "defines a continuation / text / binary frame, connection close, ping, pong".
const DEFINED: [u8; 6] = [0, 1, 2, 8, 9, 10];

/// §5.2: "reserved for further non-control frames", "reserved for further control frames".
const RESERVED: [u8; 10] = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];

/// §5.5: "opcodes where the most significant bit of the opcode is 1".
const fn is_control(opcode: u8) -> bool {
    opcode >= 8
}

/// What a frame needs before it, and a payload that is right for it.
fn surroundings(opcode: u8, step: &str) -> (String, &'static str, u32) {
    match opcode {
        0 => (format!("{step} text-part \"a\"\n"), "\"b\"", 2),
        8 => (String::new(), "03e8", 1),
        _ => (String::new(), "\"hi\"", 1),
    }
}

/// §5.2: "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values";
/// RFC 7692 §6: RSV1 on the first frame of a message alone, §6.1: "MUST NOT set RSV1 of control frames".
#[test]
fn reserved_bits() {
    let mut batch = Batch::new(&["rsv"]);
    for (side, step, _) in SIDES {
        for deflate in [false, true] {
            for opcode in DEFINED {
                for rsv in 0..8_u8 {
                    let (before, plain, number) = surroundings(opcode, step);
                    let first_of_message = matches!(opcode, 1 | 2);
                    let compressed = deflate && first_of_message && rsv & 4 != 0;
                    let payload = if compressed { "f2 48 cd c9 c9 07 00" } else { plain };
                    let open = if deflate { OPEN_DEFLATE } else { OPEN };
                    let allowed = if deflate && first_of_message { 4 } else { 0 };
                    let wrong = (rsv & !allowed != 0)
                        .then(|| format!("frame-reserved-bits {side} {number} rsv={rsv}"));
                    batch.row(
                        &format!("{open}{before}{step} frame opcode={opcode} rsv={rsv} {payload}"),
                        wrong,
                    );
                }
            }
        }
    }
    batch.check();
}

/// The bits are another extension's matter where one was agreed on (§5.2, §9).
#[test]
fn reserved_bits_of_another_extension() {
    let mut batch = Batch::new(&["rsv"]);
    let open = "C> upgrade /chat +Sec-WebSocket-Extensions: x-three-bits
                S< 101 +Sec-WebSocket-Extensions: x-three-bits\n";
    for (_, step, _) in SIDES {
        for rsv in 0..8 {
            batch.row(&format!("{open}{step} binary rsv={rsv} 01 02"), [""; 0]);
        }
    }
    batch.check();
}

/// §5.2: "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_".
#[test]
fn reserved_opcodes() {
    let mut batch = Batch::new(&["opcode"]);
    for (side, step, _) in SIDES {
        for opcode in RESERVED {
            for fin in [0, 1] {
                for length in [0, 1, 5, 125, 126] {
                    let mut expected = vec![format!("frame-reserved-opcode {side} 1 opcode={opcode}")];
                    if is_control(opcode) && fin == 0 {
                        expected.push(format!("control-fragmented {side} 1"));
                    }
                    if is_control(opcode) && length > 125 {
                        expected.push(format!("control-too-long {side} 1"));
                    }
                    let frame = format!("frame opcode={opcode} fin={fin} {length}*78");
                    batch.row(&format!("{OPEN}{step} {frame}"), expected);
                }
            }
            // It neither continues nor interrupts what is being sent.
            batch.row(
                &format!(
                    "{OPEN}{step} [ text-part \"a\" | frame opcode={opcode} 7878 | continuation \"b\" ]"
                ),
                [format!("frame-reserved-opcode {side} 2 opcode={opcode}")],
            );
        }
    }
    batch.check();
}

/// §5.1: "a client MUST mask all frames", "A server MUST NOT mask any frames".
#[test]
fn masks() {
    let mut batch = Batch::new(&[]);
    for opcode in DEFINED {
        for mask in ["none", "auto"] {
            for (side, step, _) in SIDES {
                let (before, payload, number) = surroundings(opcode, step);
                let wrong = match (side, mask) {
                    ("client", "none") => Some(format!("frame-unmasked client {number}")),
                    ("server", "auto") => Some(format!("frame-masked server {number}")),
                    _ => None,
                };
                batch
                    .row(&format!("{OPEN}{before}{step} frame opcode={opcode} mask={mask} {payload}"), wrong);
            }
        }
    }
    batch.check();
}

/// §5.2: "in all cases, the minimal number of bytes MUST be used to encode the length".
#[test]
fn lengths() {
    let mut batch = Batch::new(&["declared"]);
    for (side, step, _) in SIDES {
        for length in [0_u32, 1, 124, 125, 126, 127, 65534, 65535, 65536, 65537] {
            for (form, from, to) in [(7, 0, 125), (16, 126, 0xffff), (64, 0x1_0000, u32::MAX)] {
                if length > to {
                    continue;
                }
                let wrong =
                    (length < from).then(|| format!("frame-length-not-minimal {side} 1 declared={length}"));
                batch.row(&format!("{OPEN}{step} binary form={form} {length}*2e"), wrong);
            }
        }
        // The rest of the frame is not in the capture, which is nobody's fault.
        for length in [u64::from(u32::MAX) + 1, (1 << 63) - 1] {
            batch.row(
                &format!("{OPEN}{step} binary len={length:#x} ff"),
                [format!("frame-incomplete {side} 1 declared={length}")],
            );
        }
    }
    batch.check();
}

/// §5.2: "the most significant bit MUST be 0".
#[test]
fn the_top_bit_of_a_length() {
    let mut batch = Batch::new(&["declared"]);
    for (side, step, _) in SIDES {
        for length in [1 << 63, (1 << 63) | 5, (1 << 63) | 65536, u64::MAX] {
            for kind in ["text", "binary", "ping"] {
                // That such a frame stays incomplete follows from its length.
                let mut expected = vec![format!("frame-length-invalid {side} 1 declared={length}")];
                if kind == "ping" {
                    expected.push(format!("control-too-long {side} 1 declared={length}"));
                }
                batch.row(&format!("{OPEN}{step} {kind} len={length:#x} 3*61"), expected);
            }
        }
    }
    batch.check();
}

/// §5.5: "MUST have a payload length of 125 bytes or less and MUST NOT be fragmented"; §5.4: they "MAY be injected in
/// the middle of a fragmented message".
#[test]
fn control_frames() {
    let mut batch = Batch::new(&[]);
    for (side, step, _) in SIDES {
        for kind in ["close", "ping", "pong"] {
            for fin in [0, 1] {
                for length in [0, 2, 124, 125, 126, 127, 65535, 65536] {
                    // A Close needs a code before it has room for a reason.
                    let payload = match (kind, length) {
                        (_, 0) => String::new(),
                        ("close", _) => format!("03e8 {}*61", length - 2),
                        _ => format!("{length}*61"),
                    };
                    let payload = payload.trim_end_matches(" 0*61");
                    for inside in [false, true] {
                        // After a Close there is nothing to continue with.
                        let (before, after, number) = match (inside, kind) {
                            (false, _) => ("", "", 1),
                            (true, "close") => ("text-part \"a\" |", "", 2),
                            (true, _) => ("text-part \"a\" |", "| continuation \"b\"", 2),
                        };
                        let mut expected = Vec::new();
                        if fin == 0 {
                            expected.push(format!("control-fragmented {side} {number}"));
                        }
                        if length > 125 {
                            expected.push(format!("control-too-long {side} {number}"));
                        }
                        batch.row(
                            &format!("{OPEN}{step} [ {before} {kind} fin={fin} {payload} {after} ]"),
                            expected,
                        );
                    }
                }
            }
        }
    }
    batch.check();
}

/// §5.7.
#[test]
fn the_examples_of_the_rfc() {
    let mut batch = Batch::new(&[]);
    batch.row(&format!("{OPEN}S< raw 81 05 48 65 6c 6c 6f"), [""; 0]);
    batch.row(&format!("{OPEN}C> raw 81 85 37 fa 21 3d 7f 9f 4d 51 58"), [""; 0]);
    batch.row(&format!("{OPEN}S< raw 01 03 48 65 6c   S< raw 80 02 6c 6f"), [""; 0]);
    batch.row(
        &format!("{OPEN}S< raw 89 05 48 65 6c 6c 6f   C> raw 8a 85 37 fa 21 3d 7f 9f 4d 51 58"),
        [""; 0],
    );
    assert_eq!(batch.check(), ["Hello"; 3]);
    let mut batch = Batch::new(&[]);
    batch.row(&format!("{OPEN}S< raw 82 7e 01 00 256*00"), [""; 0]);
    batch.row(&format!("{OPEN}S< raw 82 7f 00 00 00 00 00 01 00 00 65536*00"), [""; 0]);
    batch.check();
}
