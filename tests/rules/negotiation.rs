//! RFC 6455 §9.1 and RFC 7692 §5, §7.1: what a server may answer to an offer.

use super::Batch;

/// Adds the answer to the offer; `wrong` is the finding it deserves.
fn row(batch: &mut Batch, offer: &str, answer: &str, wrong: Option<&str>) {
    let quoted = |value: &str| value.replace('"', "\\\"");
    batch.row(
        &format!(
            "C> upgrade /chat +Sec-WebSocket-Extensions: \"{}\"\nS< 101 +Sec-WebSocket-Extensions: \"{}\"",
            quoted(offer),
            quoted(answer)
        ),
        wrong.map(|id| format!("{id} server")),
    );
}

const INVALID: Option<&str> = Some("upgrade-extension-invalid");

/// What each offer allows and does not allow as an answer.
#[test]
fn answers_to_permessage_deflate() {
    let mut batch = Batch::new(&[]);
    let mut offer = |offered: &str, fine: &[&str], wrong: &[&str]| {
        let name = "permessage-deflate";
        for parameters in fine {
            row(&mut batch, &format!("{name}{offered}"), &format!("{name}{parameters}"), None);
        }
        for parameters in wrong {
            row(&mut batch, &format!("{name}{offered}"), &format!("{name}{parameters}"), INVALID);
        }
    };
    offer(
        "",
        &[
            "",
            "; server_no_context_takeover",
            "; client_no_context_takeover",
            "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12",
            "; server_max_window_bits=8",
            "; server_max_window_bits=9",
            "; server_max_window_bits=10",
            "; server_max_window_bits=15",
            "; server_max_window_bits=\"10\"",
        ],
        &[
            // §7.1.2.1: "a decimal integer value without leading zeroes between 8 to 15 inclusive".
            "; server_max_window_bits",
            "; server_max_window_bits=",
            "; server_max_window_bits=0",
            "; server_max_window_bits=7",
            "; server_max_window_bits=16",
            "; server_max_window_bits=08",
            "; server_max_window_bits=010",
            "; server_max_window_bits=+9",
            "; server_max_window_bits=-9",
            "; server_max_window_bits=9.0",
            "; server_max_window_bits=0x9",
            "; server_max_window_bits=300",
            "; server_max_window_bits=nine",
            // §7.1.2.2: not without having been offered.
            "; client_max_window_bits=15",
            // §7.1.1: no value.
            "; server_no_context_takeover=true",
            "; client_no_context_takeover=1",
            "; client_no_context_takeover=",
            // §7.1: "multiple extension parameters with the same name", "not defined for use in a response".
            "; server_no_context_takeover; server_no_context_takeover",
            "; server_max_window_bits=9; server_max_window_bits=10",
            "; max_window_bits=9",
            "; x",
        ],
    );
    offer(
        "; client_max_window_bits",
        &["", "; client_max_window_bits=8", "; client_max_window_bits=15"],
        &[
            "; client_max_window_bits",
            "; client_max_window_bits=7",
            "; client_max_window_bits=16",
            "; client_max_window_bits=09",
        ],
    );
    offer(
        "; client_max_window_bits=10",
        &["", "; client_max_window_bits=9", "; client_max_window_bits=10"],
        &[],
    );
    // §7.1.2.1: accepted "by including the parameter with the same or smaller value".
    offer(
        "; server_max_window_bits=10",
        &["; server_max_window_bits=10", "; server_max_window_bits=8"],
        &["", "; server_max_window_bits=11", "; server_max_window_bits=15", "; client_no_context_takeover"],
    );
    // §7.1.1.1: accepted "by including the parameter"; §7.1.1.2: a hint, which may be ignored.
    offer(
        "; server_no_context_takeover",
        &["; server_no_context_takeover"],
        &["", "; client_no_context_takeover"],
    );
    offer("; client_no_context_takeover", &["", "; client_no_context_takeover"], &[]);
    batch.check();
}

/// §7: a server "MUST decline an extension negotiation offer" that is not well formed.
#[test]
fn offers_that_have_to_be_declined() {
    let mut batch = Batch::new(&[]);
    for offered in [
        "; server_max_window_bits",
        "; server_max_window_bits=7",
        "; server_max_window_bits=16",
        "; server_max_window_bits=010",
        "; client_max_window_bits=16",
        "; client_max_window_bits=08",
        "; server_no_context_takeover=1",
        "; client_no_context_takeover=x",
        "; client_no_context_takeover; client_no_context_takeover",
        "; x",
    ] {
        let offer = format!("permessage-deflate{offered}");
        let answer = "permessage-deflate; server_no_context_takeover; server_max_window_bits=8";
        row(&mut batch, &offer, answer, INVALID);
        // With a good one beside it, that may be the one that was accepted.
        row(&mut batch, &format!("{offer}, permessage-deflate"), answer, None);
        batch.row(&format!("C> upgrade /chat +Sec-WebSocket-Extensions: \"{offer}\"   S< 101"), [""; 0]);
    }
    batch.check();
}

/// RFC 6455 §4.1 and §9.1: an answer names what was offered.
#[test]
fn extensions_by_name() {
    let mut batch = Batch::new(&[]);
    let unoffered = Some("upgrade-extension-unoffered");
    row(&mut batch, "x-a, permessage-deflate", "x-a", None);
    row(&mut batch, "x-a, x-b", "x-b, x-a", None);
    row(&mut batch, "x-a; p=1, x-a; p=2", "x-a; p=2", None);
    row(&mut batch, "x-a; p=\"1,2;3\"", "x-a", None);
    row(&mut batch, "x-a", "x-b", unoffered);
    row(&mut batch, "x-a", "permessage-deflate", unoffered);
    row(&mut batch, "x-a; permessage-deflate", "permessage-deflate", unoffered);
    row(&mut batch, "x-webkit-deflate-frame", "deflate-frame", unoffered);
    row(&mut batch, "permessage-deflate", "permessage-deflate, permessage-deflate", INVALID);
    batch.check();
}

/// §7.1: several offers, "in order of preference": the answer has to fit one of them, not all.
#[test]
fn several_offers() {
    let mut batch = Batch::new(&[]);
    let offers = "permessage-deflate; server_max_window_bits=10, \
                  permessage-deflate; server_no_context_takeover; client_max_window_bits";
    for (parameters, wrong) in [
        ("; server_max_window_bits=10", None),
        ("; server_no_context_takeover", None),
        ("; server_no_context_takeover; client_max_window_bits=9", None),
        ("", INVALID),
        ("; server_max_window_bits=11", INVALID),
        // Half of one and half of the other.
        ("; server_max_window_bits=10; client_max_window_bits=9", INVALID),
    ] {
        row(&mut batch, offers, &format!("permessage-deflate{parameters}"), wrong);
    }
    batch.check();
}
