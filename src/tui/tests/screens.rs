//! Every screen in four sizes, beside what it should look like: `WSIGHT_REWRITE=1 cargo test --lib tui` writes
//! tests/tui/ anew.

use super::*;

const SIZES: [(u16, u16); 4] = [(60, 15), (80, 24), (120, 40), (200, 50)];

/// Name, capture, keys.
const SCREENS: [(&str, &str, &str); 48] = [
    ("sessions", "bots-and-bad-clients.pcap", ""),
    ("sessions-filter-typed", "afternoon.pcap", "fsession.du"),
    ("sessions-filter-wrong", "afternoon.pcap", "fsession.durration > 5s"),
    ("sessions-filtered", "afternoon.pcap", "fmessage.text contains \"error\"⏎"),
    ("sessions-filtered-empty", "afternoon.pcap", "fno-such-word⏎"),
    ("sessions-marked", "afternoon.pcap", " j "),
    ("sessions-save", "afternoon.pcap", "w"),
    ("sessions-go-to", "afternoon.pcap", ":23"),
    ("sessions-open", "afternoon.pcap", "Ocap"),
    ("sessions-search", "afternoon.pcap", "/err"),
    ("session-save", "afternoon.pcap", "⏎w"),
    ("session-copy", "afternoon.pcap", "⏎y"),
    ("session-filtered", "afternoon.pcap", "⏎fwelcome⏎"),
    ("session-tree", "afternoon.pcap", "↓⏎↓↓o↓"),
    ("session-folded", "afternoon.pcap", "↓⏎↓↓oo"),
    ("sessions-noise", "bots-and-bad-clients.pcap", "o>G"),
    ("session-pong", "pong-nul-cut.pcap", "⏎"),
    ("session-pong-hex", "pong-nul-cut.pcap", "⏎vv⏎"),
    ("session-masked", "pong-nul-cut.pcap", "⏎↑vvv⏎"),
    ("session-whole", "pong-nul-cut.pcap", "⏎g"),
    ("session-header", "pong-nul-cut.pcap", "⏎↑⏎⇟"),
    ("session-http2", "http2-node.pcap", "⏎mjjjjjjj⏎G"),
    ("session-incomplete", "frame-202-of-199.pcap", "n"),
    ("session-deflate", "deflate-node-ws.pcap", "⏎m↓"),
    ("session-rejected", "upgrade-rejected.pcap", "⏎"),
    ("session-utf8", "violation-message-invalid-utf8.pcap", "nvv"),
    ("ladder", "pong-nul-cut.pcap", "⏎l"),
    ("ladder-pings", "fragmented-with-ping.pcap", "⏎l"),
    ("session-messages", "fragmented-with-ping.pcap", "⏎m↓vv"),
    ("session-json", "deflate-node-ws.pcap", "⏎m↓↓v⏎"),
    ("session-hidden", "pong-nul-cut.pcap", "⏎xg"),
    ("session-searched", "fragmented-with-ping.pcap", "/e⏎"),
    ("session-full", "pong-nul-cut.pcap", "⏎⏎F"),
    ("ladder-full", "fragmented-with-ping.pcap", "⏎lF"),
    ("compared-frames", "pong-nul-cut.pcap", "⏎ kkc"),
    ("compared-messages", "deflate-node-ws.pcap", "⏎gj jc"),
    ("compared-sessions", "bots-and-bad-clients.pcap", " jc"),
    ("ladder-silence", "nginx-idle-timeout.pcap", "⏎l"),
    ("ladder-end", "close-missing.pcap", "nl"),
    ("session-end", "reset-foreign.pcap", "nn"),
    ("findings", "bots-and-bad-clients.pcap", "2"),
    ("findings-unfolded", "bots-and-bad-clients.pcap", "2⏎jj"),
    ("columns", "bots-and-bad-clients.pcap", "Cj> "),
    ("sessions-columns", "bots-and-bad-clients.pcap", "C  j  GG k ⎋"),
    ("explain", "pong-nul-cut.pcap", "⏎e"),
    ("help", "pong-nul-cut.pcap", "?"),
    ("plots", "deflate-node-ws.pcap", "3"),
    ("plots-zoomed", "pong-nul-cut.pcap", "3G+++hhh"),
];

#[test]
fn every_screen_looks_as_it_should() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tui");
    let is_rewriting = std::env::var_os("WSIGHT_REWRITE").is_some();
    let mut differing = Vec::new();
    for (name, capture, keys) in SCREENS {
        for size in SIZES {
            let screen = Desk::new(capture, size).press(keys).screen();
            let path = folder.join(format!("{name}-{}x{}.txt", size.0, size.1));
            if is_rewriting {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(path, screen).unwrap();
            } else if std::fs::read_to_string(&path).unwrap_or_default() != screen {
                differing.push(format!("{}:\n{screen}", path.display()));
            }
        }
    }
    assert!(differing.is_empty(), "{}\nWSIGHT_REWRITE=1 writes them anew", differing.join("\n"));
}

#[test]
fn starts_have_their_day_where_there_are_several() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, &made::two_days()).unwrap();
    let screen = Desk::of(file.path(), (120, 20)).screen();
    assert!(screen.contains(" 11-14 22:13 ") && screen.contains(" 11-15 22:13 "), "{screen}");
    // The session that was recognized last need not be the latest one.
    std::fs::write(file.path(), made::three_years()).unwrap();
    let mut desk = Desk::of(file.path(), (120, 20));
    let screen = desk.screen();
    assert!(screen.contains(" 2023-11-14 22:13 ") && screen.contains(" 2025-11-13 22:13 "), "{screen}");
    assert!(desk.press("3").screen().contains("▼ 2023-11-14 22:13:2"), "{}", desk.screen());
    let screen = Desk::new("pong-nul-cut.pcap", (120, 20)).screen();
    assert!(screen.contains(" 01:18:04 "), "{screen}");
}

#[test]
fn findings_of_one_kind_are_one_row_until_they_are_unfolded() {
    let mut desk = Desk::new("bots-and-bad-clients.pcap", (120, 40));
    let folded = desk.press("2").screen();
    let kinds: Vec<(String, usize)> = folded
        .lines()
        .filter_map(|line| {
            let (_, kind) = line.split_once('▸')?;
            let (id, count) = kind.split_once(" ×")?;
            Some((id.to_owned(), count.split_whitespace().next()?.parse().ok()?))
        })
        .collect();
    assert!(kinds.len() > 2 && kinds.iter().all(|(_, count)| *count > 1), "{folded}");
    let rows = desk.model.findings.rows.len();
    // Both keys unfold, and fold again; the cursor stays at the kind.
    for keys in ["o", "⏎"] {
        let (id, count) = &kinds[0];
        let screen = desk.press(keys).screen();
        assert!(screen.lines().any(|line| line.starts_with(">✗ ▾") && line.contains(id)), "{screen}");
        assert_eq!(desk.model.findings.rows.len(), rows + count);
        desk.press(keys);
        assert_eq!(desk.screen(), folded);
    }
    // `n` goes through all of them, folded or not, and the way back leads to where they stand.
    desk.press("nnnn⎋2");
    assert!(desk.screen().contains("finding 1/29"), "{}", desk.screen());
    let listed: usize = kinds.iter().map(|(_, count)| count).sum();
    let alone = rows - kinds.len();
    assert_eq!(listed + alone, desk.model.findings.all.len());
}

#[test]
fn while_it_loads_there_is_a_gauge() {
    let mut desk = Desk::new("pong-nul-cut.pcap", (80, 24));
    let remaining = Some(std::time::Duration::from_secs(4));
    let loading = Loading {
        is_over: false,
        done: Some(370),
        read: 37,
        remaining,
        held: 0,
        errors: Vec::new(),
        dropped: None,
        ..Loading::default()
    };
    desk.happen(Happening::Loaded(loading));
    let screen = desk.screen();
    assert!(screen.starts_with(" wsight  1 Sessions  2 Findings  3 Plots"), "{screen}");
    assert!(screen.contains("reading ███░░░░░░░ 37 %, 4.0 s left"), "{screen}");
}

#[test]
fn what_inputs_have_in_common_is_told_until_a_key_is_pressed_and_then_in_the_help() {
    let mut desk = Desk::new("pong-nul-cut.pcap", (80, 24));
    let said = "b.pcap repeats 20 packets of a.pcap, counted once";
    let loading = Loading { is_over: true, remarks: vec![said.to_owned()], ..Loading::default() };
    desk.happen(Happening::Loaded(loading.clone()));
    assert!(desk.screen().contains(said), "{}", desk.screen());
    desk.press("↓").happen(Happening::Loaded(loading));
    assert!(!desk.screen().contains(said), "{}", desk.screen());
    assert!(desk.screen().contains("! ? says more"), "{}", desk.screen());
    assert!(desk.press("?").screen().contains(said), "{}", desk.screen());
}

#[test]
fn what_could_not_be_read_is_told() {
    let mut desk = Desk::new("pong-nul-cut.pcap", (80, 24));
    let errors = vec!["x.pcap: packet 7 is cut off".to_owned()];
    desk.happen(Happening::Loaded(Loading { is_over: true, errors, ..Loading::default() }));
    assert!(desk.screen().contains("! x.pcap: packet 7 is cut off"));
}

#[test]
fn what_could_not_be_read_is_no_praise() {
    let mut desk = Desk::new("tls-no-secrets.pcapng", (100, 20));
    desk.press("2");
    let screen = desk.screen();
    assert!(!screen.contains("neither side did anything wrong"), "{screen}");
    assert!(
        screen.contains("nothing could be read") && screen.contains("1 TLS session could not be read"),
        "{screen}"
    );
}

#[test]
fn the_alert_that_ended_tls_comes_before_advice() {
    let screen = Desk::new("tls-alert.pcapng", (120, 24)).screen();
    let alert = screen.find("refused TLS with the alert").unwrap_or_else(|| panic!("{screen}"));
    let advice = screen.find("No WebSocket in this capture").unwrap_or_else(|| panic!("{screen}"));
    assert!(alert < advice, "{screen}");
}

/// What is sorted under the page of columns is in view when it goes.
#[test]
fn sorting_in_the_page_of_columns_leaves_all_rows_in_view() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = Desk::new("afternoon.pcap", size);
        let rows = desk.model.sessions.rows.len();
        desk.press("jjjjCjjj⏎⎋");
        assert!(rows > 3 && desk.model.sessions.list.top == 0, "{}", desk.screen());
        assert!(desk.screen().lines().nth(2).unwrap().contains("! 1"), "{}", desk.screen());
    }
}

#[test]
fn the_arrow_of_a_column_says_whether_its_values_grow() {
    let mut desk = Desk::new("afternoon.pcap", (200, 50));
    assert!(desk.screen().contains("start▲"), "{}", desk.screen());
    // Only by what is on the screen.
    for size in [(80, 24), (120, 40), (200, 50)] {
        desk.happen(Happening::Resize(size.0, size.1));
        for _ in 0..10 {
            let screen = desk.press(">").screen();
            let arrows = screen.lines().nth(1).unwrap().matches(['▲', '▼']).count();
            assert_eq!(arrows, 1, "{screen}");
        }
    }
}

#[test]
fn the_help_goes_with_the_key_that_brought_it_and_says_that_there_is_more() {
    let mut desk = Desk::new("pong-nul-cut.pcap", (80, 24));
    assert!(desk.press("?").screen().lines().last().unwrap().contains("more"), "{}", desk.screen());
    assert!(!desk.press("G").screen().lines().last().unwrap().contains("more"), "{}", desk.screen());
    assert!(desk.press("?").model.page.is_none(), "{}", desk.screen());
}

/// Where there is no session, the finding that says why comes before what to try.
#[test]
fn why_there_is_no_websocket_is_on_the_screen() {
    for size in SIZES {
        let screen = Desk::new("connection-refused.pcap", size).screen();
        assert!(screen.contains("refused connections") && screen.contains("connection-refused"), "{screen}");
    }
}

/// A session that was closed does not look like one that was not, and pings between messages are no silence.
#[test]
fn messages_tell_of_the_close_and_of_no_silence_that_was_none() {
    let mut desk = Desk::new("afternoon.pcap", (80, 24));
    let show = |desk: &mut Desk, keys: &str| {
        desk.press(keys);
        if desk.model.open.as_ref().unwrap().kind == crate::tui::model::RowKind::Frames {
            desk.press("m");
        }
        desk.press("G").screen()
    };
    let screen = show(&mut desk, "⏎");
    assert!(screen.contains("FIN    closed 1000; the server ended TCP"), "{screen}");
    // From the pong that is not listed, and not from the message before it.
    let ladder = desk.press("lg").screen();
    assert!(ladder.contains("⋮ 3 min 7 s") && !ladder.contains("⋮ 3 min 32 s"), "{ladder}");
    // The fourth session ends without a Close.
    let screen = show(&mut desk, "⎋⎋jjj⏎");
    assert!(screen.contains("the server ended TCP") && !screen.contains("closed 1"), "{screen}");
}
