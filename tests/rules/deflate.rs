//! RFC 7692 §6 and §7.2: compressed messages.

use super::{Batch, OPEN_DEFLATE};

/// "Hello" as in the examples of §7.2.3, from the server and, where a mask does not hide it, in the RFC's own bytes.
#[test]
fn the_examples_of_the_rfc() {
    let mut batch = Batch::new(&[]);
    let rows = [
        "S< raw c107 f248cdc9c90700",
        // Fragmented.
        "S< raw 4103 f248cd   S< raw 8004 c9c90700",
        // The second refers to the first.
        "S< raw c107 f248cdc9c90700   S< raw c105 f200110000",
        // Not compressed, in a stored block.
        "S< raw c10b 000500faff48656c6c6f00",
        // With BFINAL.
        "S< raw c108 f348cdc9c9070000",
        // Two blocks.
        "S< raw c10d f248050000 00ffffcac9c90700",
        // Not compressed at all, which is anybody's choice (§6).
        "S< raw 8105 \"Hello\"   C> text \"Hello\"",
        "C> text-deflate \"Hello\"   C> text-deflate \"Hello\"",
        "C> text-deflate-part \"Hel\"   S< ping   C> pong   C> continuation-deflate \"lo\"",
    ];
    for row in rows {
        batch.row(&format!("{OPEN_DEFLATE}{row}"), [""; 0]);
    }
    let texts = batch.check();
    assert_eq!(texts.len(), rows.len() + 3);
    assert!(texts.iter().all(|text| text == "Hello"), "{texts:?}");
}

/// §7.2.3.6: an empty message is one byte of zeros.
#[test]
fn empty_messages() {
    let mut batch = Batch::new(&[]);
    batch.row(&format!("{OPEN_DEFLATE}S< raw c101 00   S< raw c107 f248cdc9c90700"), [""; 0]);
    batch.row(&format!("{OPEN_DEFLATE}S< raw 4100   S< raw 8001 00"), [""; 0]);
    assert_eq!(batch.check(), ["", "Hello", ""]);
}

/// §7.1.1: without context takeover a message must not refer to the one before, in that direction alone.
#[test]
fn references_to_an_earlier_message() {
    let mut batch = Batch::new(&[]);
    let hello = "rsv=4 f248cdc9c90700";
    let again = "rsv=4 f200110000";
    for (parameter, server_may, client_may) in [
        ("", true, true),
        ("; server_no_context_takeover", false, true),
        ("; client_no_context_takeover", true, false),
        ("; server_no_context_takeover; client_no_context_takeover", false, false),
    ] {
        let open = format!(
            "C> upgrade /chat deflate   S< 101 +Sec-WebSocket-Extensions: permessage-deflate{parameter}\n"
        );
        for (side, step, may) in [("server", "S<", server_may), ("client", "C>", client_may)] {
            batch.row(
                &format!("{open}{step} text {hello}   {step} text {again}"),
                (!may).then(|| format!("message-inflate-failed {side} 2")),
            );
            batch.row(&format!("{open}{step} text {hello}   {step} text {hello}"), [""; 0]);
        }
    }
    batch.check();
}

/// §7.2.2 with RFC 1951: what is not DEFLATE.
#[test]
fn data_that_is_no_deflate() {
    let mut batch = Batch::new(&[]);
    for (side, step) in [("server", "S<"), ("client", "C>")] {
        for data in [
            // The reserved block type.
            "07",
            "06 00 00",
            // A stored block whose length and its complement differ.
            "00 0500 0000 48656c6c6f",
            // A distance that reaches before the beginning.
            "f200110000",
            // Text as it is.
            "\"{ \\\"json\\\": 1 }\"",
            // zlib and gzip instead of raw DEFLATE.
            "789c f348cdc9c9070000",
            "1f8b0800000000000003f348cdc9c9070000",
        ] {
            batch.row(
                &format!("{OPEN_DEFLATE}{step} binary rsv=4 {data}"),
                [format!("message-inflate-failed {side} 1")],
            );
        }
    }
    batch.check();
}
