//! The terminal UI in a real terminal: the program in tmux, with the keys of a person.
#![cfg(all(unix, feature = "tui"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;
#[path = "../src/tui/tests/made.rs"]
mod made;
#[cfg(all(target_os = "linux", feature = "live"))]
#[path = "live/stage.rs"]
mod stage;

use common::skip;
use std::io::Write;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

static PANES: AtomicU32 = AtomicU32::new(0);

/// The path of a capture of this repository.
fn captured(name: &str) -> String {
    common::capture(name).display().to_string()
}

/// A shell in a tmux server of its own.
struct Pane {
    socket: String,
}

impl Pane {
    /// A pane of this size; nothing where tmux is missing.
    fn open(columns: u16, rows: u16) -> Option<Self> {
        if Command::new("tmux").arg("-V").output().is_err() {
            skip("there is no tmux");
            return None;
        }
        let number = PANES.fetch_add(1, Ordering::Relaxed);
        let pane = Self { socket: format!("wsight-test-{}-{number}", std::process::id()) };
        let (columns, rows) = (columns.to_string(), rows.to_string());
        // Nobody's own configuration.
        let shell = "env PS1='ready> ' XDG_CONFIG_HOME=/nonexistent sh";
        let opened = pane.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", &columns, "-y", &rows, shell]);
        assert!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
        pane.wait_for("the shell", |screen| screen.contains("ready>"));
        Some(pane)
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.args(["-L", &self.socket]).args(arguments).env_remove("TMUX");
        command.output().unwrap()
    }

    fn screen(&self) -> String {
        String::from_utf8(self.tmux(&["capture-pane", "-p"]).stdout).unwrap()
    }

    /// What tmux knows of the terminal: alternate screen, mouse, cursor.
    fn modes(&self) -> String {
        let format = "#{alternate_on} #{mouse_any_flag} #{cursor_flag}";
        let modes = self.tmux(&["display-message", "-p", format]).stdout;
        String::from_utf8(modes).unwrap().trim().to_owned()
    }

    fn wait_for(&self, what: &str, is_there: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let screen = self.screen();
            if is_there(&screen) {
                return screen;
            }
            assert!(Instant::now() < deadline, "no {what}:\n{screen}");
        }
    }

    fn keys(&self, keys: &[&str]) {
        let mut arguments = vec!["send-keys"];
        arguments.extend(keys);
        assert!(self.tmux(&arguments).status.success());
    }

    /// Types a line for the shell.
    fn run(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.keys(&["Enter"]);
    }

    fn start(&self, capture: &str) {
        let capture = captured(capture);
        self.run(&format!("clear; '{}' '{capture}'; echo status=$?", env!("CARGO_BIN_EXE_wsight")));
        self.wait_for("list of sessions", |screen| {
            screen.contains(" 1 Sessions ") && screen.contains("Q quit")
        });
        self.wait_for("row", |screen| screen.contains("closed 1000"));
    }

    /// The process that the shell runs.
    fn child(&self) -> String {
        let shell = String::from_utf8(self.tmux(&["display-message", "-p", "#{pane_pid}"]).stdout).unwrap();
        let children =
            Command::new("ps").args(["-o", "pid=", "--ppid", shell.trim()]).output().unwrap().stdout;
        let children = String::from_utf8(children).unwrap();
        children.split_whitespace().next().unwrap().to_owned()
    }

    /// The shell has the terminal again, as it was.
    fn is_restored(&self) {
        let deadline = Instant::now() + PATIENCE;
        while self.modes() != "0 0 1" {
            assert!(Instant::now() < deadline, "{}", self.modes());
        }
        // Typed letters are echoed and lines are edited again.
        self.wait_for("the shell", |screen| screen.trim_end().ends_with("ready>"));
        self.run("stty -a | grep -cE -- '-icanon|-echo ' ; echo restored");
        let screen = self.wait_for("echo", |screen| screen.lines().any(|line| line == "restored"));
        assert!(screen.lines().any(|line| line == "0"), "{screen}");
    }
}

impl Drop for Pane {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

#[test]
fn options_that_choose_are_the_filter_that_the_ui_begins_with() {
    let Some(pane) = Pane::open(80, 24) else { return };
    let program = env!("CARGO_BIN_EXE_wsight");
    let capture = captured("afternoon.pcap");
    pane.run(&format!("clear; '{program}' -f tui --host 10.0.0.7 --grep 'welcome Ada' '{capture}'"));
    pane.wait_for("filter", |screen| {
        screen.contains("session 1/1 of 5") && screen.contains("filter: (client in")
    });
    pane.keys(&["Escape"]);
    pane.wait_for("all sessions", |screen| screen.contains("session 1/5") && !screen.contains("filter: ("));
    pane.keys(&["Q"]);
    pane.wait_for("the shell", |screen| screen.trim_end().ends_with("ready>"));
    pane.run(&format!("clear; '{program}' -f tui --since noon '{capture}'; echo status=$?"));
    pane.wait_for("error", |screen| {
        screen.contains("`noon` is not a valid time") && screen.contains("status=")
    });
}

const DIFFERENCE: &str = "^^ byte 3: expected 00, found nothing";

#[test]
fn from_the_capture_to_the_byte_and_out_again() {
    let Some(pane) = Pane::open(80, 24) else { return };
    pane.start("pong-nul-cut.pcap");
    assert_eq!(pane.modes(), "1 1 0");
    pane.keys(&["Enter"]);
    pane.wait_for("differing byte", |screen| screen.contains(DIFFERENCE));
    pane.keys(&["v", "v"]);
    pane.wait_for("hex", |screen| screen.contains("[hex]") && screen.contains("0d 90 0f>--"));
    pane.keys(&["l"]);
    pane.wait_for("ladder", |screen| screen.contains("◀─") && screen.contains("✗ pong-mis"));
    pane.keys(&["l", "/"]);
    pane.wait_for("question", |screen| screen.contains("search (text"));
    pane.keys(&["t", "w", "o", "Enter"]);
    pane.wait_for("hit", |screen| screen.contains("two: 1 of 2") && screen.contains("text of 3 bytes"));
    pane.tmux(&["resize-window", "-x", "60", "-y", "15"]);
    pane.wait_for("smaller screen", |screen| {
        screen.lines().count() == 15 && screen.contains("Q quit") && screen.contains("two: 1 of 2")
    });
    pane.tmux(&["resize-window", "-x", "140", "-y", "40"]);
    pane.wait_for("larger screen", |screen| screen.contains("│ → client"));
    pane.keys(&["q"]);
    pane.wait_for("list of sessions", |screen| screen.contains("client → server"));
    pane.keys(&["Q"]);
    pane.wait_for("end", |screen| screen.contains("status=0"));
    pane.is_restored();
}

#[test]
fn a_stopped_program_gives_the_terminal_back_and_comes_again() {
    let Some(pane) = Pane::open(80, 24) else { return };
    pane.start("pong-nul-cut.pcap");
    pane.keys(&["n"]);
    pane.wait_for("differing byte", |screen| screen.contains(DIFFERENCE));
    pane.keys(&["C-z"]);
    pane.wait_for("shell", |screen| screen.contains("ready>") && !screen.contains(DIFFERENCE));
    pane.is_restored();
    pane.run("fg; echo status=$?");
    pane.wait_for("screen", |screen| screen.contains(DIFFERENCE) && screen.contains("Q quit"));
    pane.keys(&["2"]);
    pane.wait_for("findings", |screen| screen.contains(">✗  pong-mismatch"));
    pane.keys(&["Q"]);
    pane.wait_for("end", |screen| screen.contains("status=0"));
    pane.is_restored();
}

#[test]
fn a_panic_gives_the_terminal_back_and_tells_why() {
    let Some(pane) = Pane::open(80, 24) else { return };
    let folder = tempfile::tempdir().unwrap();
    let pipe = fifo(folder.path());
    // This very program, with nothing to do but the test below.
    let program = std::env::current_exe().unwrap();
    let (program, name) = (program.display(), "panics_while_the_screen_is_up");
    pane.run(&format!(
        "clear; PIPE='{}' '{program}' --ignored --exact {name} --nocapture 2>&1; echo ended",
        pipe.display()
    ));
    pane.wait_for("row", |screen| screen.contains("closed 1000") && screen.contains("Q quit"));
    assert_eq!(pane.modes(), "1 1 0");
    std::fs::write(&pipe, "now").unwrap();
    let screen = pane.wait_for("end", |screen| screen.lines().any(|line| line == "ended"));
    assert!(screen.contains("a panic for the test"), "{screen}");
    assert!(screen.contains("a thread ended unexpectedly"), "{screen}");
    pane.is_restored();
}

/// Shows the terminal UI, and panics on another thread when it is told to. Only the test above runs it.
#[test]
#[ignore = "it takes a terminal, and panics"]
#[allow(clippy::print_stdout)]
fn panics_while_the_screen_is_up() {
    let pipe = std::env::var("PIPE").unwrap();
    let thread = std::thread::spawn(move || {
        std::fs::read(pipe).unwrap();
        panic!("a panic for the test");
    });
    let capture = captured("pong-nul-cut.pcap");
    let ended = wsight::tui::run(wsight::tui::Options {
        opened: wsight::tui::Opened {
            load: wsight::replay::Load::start(
                vec![wsight::capture::Input::File(capture.into())],
                wsight::analyzer::Config::default(),
            ),
            name: "pong-nul-cut.pcap".to_owned(),
            inputs: wsight::report::InputNames::default(),
            key_log: None,
            remarks: Box::new(Vec::new),
        },
        opening: None,
        last: wsight::capture::LastInput::Complete,
        is_unsaved: false,
        dropped: None,
        secrets: wsight::capture::SavedSecrets::Kept,
        filter: String::new(),
        user_config: wsight::tui::UserConfig::default(),
    });
    println!("{}", ended.unwrap_err());
    assert!(thread.join().is_err());
}

/// A pipe with a name.
fn fifo(folder: &std::path::Path) -> std::path::PathBuf {
    let path = folder.join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    let Some(pane) = Pane::open(80, 24) else { return };
    pane.start("pong-nul-cut.pcap");
    let child = pane.child();
    assert!(is_running(&child));
    pane.tmux(&["kill-server"]);
    let deadline = Instant::now() + PATIENCE;
    while is_running(&child) {
        assert!(Instant::now() < deadline, "{child} goes on without a terminal");
    }
}

fn is_running(process: &str) -> bool {
    Command::new("kill").args(["-0", process]).output().unwrap().status.success()
}

#[test]
fn a_pause_holds_rows_back_until_it_ends() {
    let Some(pane) = Pane::open(80, 24) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = fifo(folder.path());
    pane.run(&format!("clear; '{}' '{}'; echo status=$?", env!("CARGO_BIN_EXE_wsight"), path.display()));
    let bytes = std::fs::read(captured("pong-nul-cut.pcap")).unwrap();
    let (first, rest) = bytes.split_at(bytes.len() / 2);
    let mut pipe = std::fs::File::options().write(true).open(&path).unwrap();
    pipe.write_all(first).unwrap();
    pane.wait_for("row", |screen| screen.contains("127.0.0.1:42536"));
    pane.keys(&["Enter", "m", "p"]);
    let before = pane.wait_for("pause", |screen| {
        screen.contains("paused: p continues") && screen.contains("upgrade accepted")
    });
    pipe.write_all(rest).unwrap();
    drop(pipe);
    let after =
        pane.wait_for("word of what came", |screen| screen.contains("frames arrived since; p continues"));
    // Without the first bytes of payloads, which are read again when there is time.
    let row = |line: &str| line.chars().take(44).collect::<String>();
    let rows = |screen: &str| screen.lines().skip(3).take(8).map(row).collect::<Vec<_>>();
    assert_eq!(rows(&before), rows(&after));
    // While it continues, the last row stays in view.
    pane.keys(&["A", "p"]);
    pane.wait_for("new rows, and the last of them", |screen| {
        let is_last = |line: &str| line.starts_with('>') && line.contains("ended TCP");
        screen.contains("closed 1000") && screen.lines().any(is_last)
    });
    pane.keys(&["Q"]);
    pane.wait_for("end", |screen| screen.contains("status=0"));
}

#[test]
fn what_a_peer_sends_does_nothing_to_the_terminal() {
    let Some(pane) = Pane::open(80, 24) else { return };
    let title = |pane: &Pane| pane.tmux(&["display-message", "-p", "#{pane_title}"]).stdout;
    let before = title(&pane);
    let folder = tempfile::tempdir().unwrap();
    let hostile = b"\x1b]0;title\x07\x1b[2J\x1b[H\x1b[?1049l\x1b[?1000l\x1b[?25h\x1bc\x9b2J\xc2\x9b2J\r\n\x0e\xe2\x80\xae";
    // Its name is from others as well; the shell writes it.
    let path = folder.path().join("\x1b]0;title\x07\x1b[?1049l\u{9b}2J\u{202e}\u{200b}");
    std::fs::write(path, made::session_of(hostile)).unwrap();
    pane.run(&format!(
        "clear; '{}' '{}'/*; echo status=$?",
        env!("CARGO_BIN_EXE_wsight"),
        folder.path().display()
    ));
    pane.wait_for("row", |screen| screen.contains("closed 1000"));
    for keys in ["Enter", "j", "j", "v", "v", "v", "l", "l", "m", "2", "3"] {
        pane.keys(&[keys]);
        pane.wait_for("whole screen", |screen| {
            screen.starts_with(" wsight  1 Sessions") && screen.trim_end().ends_with("Q quit")
        });
    }
    assert_eq!((pane.modes().as_str(), title(&pane)), ("1 1 0", before));
    pane.keys(&["Q"]);
    pane.wait_for("end", |screen| screen.contains("status=0"));
}

#[test]
fn a_signal_ends_it_and_the_terminal_is_restored() {
    let Some(pane) = Pane::open(80, 24) else { return };
    pane.start("pong-nul-cut.pcap");
    assert!(Command::new("kill").args(["-TERM", &pane.child()]).status().unwrap().success());
    // 128 and the number of SIGTERM: it ended by that signal.
    pane.wait_for("end", |screen| screen.contains("status=143"));
    pane.is_restored();
}

#[test]
fn a_pipe_that_never_delivers_can_be_left() {
    let Some(pane) = Pane::open(80, 24) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = fifo(folder.path());
    pane.run(&format!("clear; '{}' '{}'; echo status=$?", env!("CARGO_BIN_EXE_wsight"), path.display()));
    pane.wait_for("screen", |screen| screen.contains(" 1 Sessions ") && screen.contains("Q quit"));
    pane.keys(&["Q"]);
    pane.wait_for("end", |screen| screen.contains("status=0"));
    pane.is_restored();
}

#[test]
fn what_cannot_be_read_is_told_on_the_screen_and_behind_it() {
    let Some(pane) = Pane::open(160, 24) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.pcap");
    let bytes = std::fs::read(captured("pong-nul-cut.pcap")).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 10]).unwrap();
    let program = env!("CARGO_BIN_EXE_wsight");
    pane.run(&format!("clear; cd '{}'; '{program}' cut.pcap; echo status=$?", folder.path().display()));
    pane.wait_for("reason on the screen", |screen| {
        screen.contains("cut.pcap: the file ends inside packet") && screen.contains("127.0.0.1:42536")
    });
    pane.keys(&["Q"]);
    pane.wait_for("reason behind it", |screen| {
        screen.contains("status=2") && screen.contains("wsight: cut.pcap: the file ends inside packet")
    });
    pane.is_restored();
}

#[test]
fn columns_stay_as_they_were_chosen_and_a_wrong_configuration_is_told() {
    let Some(pane) = Pane::open(120, 24) else { return };
    let folder = tempfile::tempdir().unwrap();
    let program = format!("XDG_CONFIG_HOME='{}' '{}'", folder.path().display(), env!("CARGO_BIN_EXE_wsight"));
    let capture = captured("pong-nul-cut.pcap");
    pane.run(&format!("clear; {program} '{capture}'; echo status=$?"));
    pane.wait_for("row", |screen| screen.contains("closed 1000") && !screen.contains(" host"));
    // The last column is shown as well, and the first one goes.
    pane.keys(&["C", "Space", "G", "Space", "Escape"]);
    pane.wait_for("columns", |screen| screen.contains(" host") && !screen.contains(" found "));
    pane.keys(&["Q"]);
    pane.wait_for("end", |screen| screen.contains("status=0"));
    pane.run(&format!("clear; {program} '{capture}'; echo status=$?"));
    pane.wait_for("the same columns", |screen| screen.contains(" host") && !screen.contains(" found "));
    pane.keys(&["Q"]);
    pane.wait_for("end", |screen| screen.contains("status=0"));
    let path = folder.path().join("wsight/config.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}\n[keys]\nview = 'n'\n")).unwrap();
    pane.run(&format!("clear; {program} '{capture}'; echo status=$?"));
    let screen = pane.wait_for("reason", |screen| screen.contains("status=2"));
    let flat = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("n would mean both `next-finding` and `view` in session"), "{screen}");
}

#[test]
fn a_growing_file_is_followed_and_others_are_opened() {
    let Some(pane) = Pane::open(100, 24) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("growing.pcap");
    let bytes = std::fs::read(captured("pong-nul-cut.pcap")).unwrap();
    let (first, rest) = bytes.split_at(bytes.len() / 2 + 3);
    std::fs::write(&path, first).unwrap();
    let program = env!("CARGO_BIN_EXE_wsight");
    pane.run(&format!(
        "clear; cd '{}'; '{program}' --follow growing.pcap; echo status=$?",
        folder.path().display()
    ));
    pane.wait_for("first row", |screen| {
        screen.contains("following growing.pcap") && screen.contains(" open ")
    });
    let mut file = std::fs::File::options().append(true).open(&path).unwrap();
    file.write_all(rest).unwrap();
    pane.wait_for("the rest", |screen| screen.contains("closed 1000"));
    // Reading it again gives the same, and another file comes in its place; Tab completes its name.
    pane.keys(&["R"]);
    pane.wait_for("the same again", |screen| {
        screen.contains("is shown now") && screen.contains("closed 1000")
    });
    std::fs::copy(captured("upgrade-rejected.pcap"), folder.path().join("rejected.pcap")).unwrap();
    pane.keys(&["O", "r", "e", "Tab"]);
    pane.wait_for("whole name", |screen| screen.contains("rejected.pcap"));
    pane.keys(&["Enter"]);
    pane.wait_for("other rows", |screen| {
        screen.contains("following rejected.pcap") && screen.contains("rejected 4")
    });
    pane.keys(&["Enter"]);
    pane.wait_for("its session", |screen| screen.contains("upgrade-rejected: the server refused"));
    pane.keys(&["Q"]);
    pane.wait_for("end", |screen| screen.contains("status=0"));
    // The same without the terminal UI: Ctrl-C ends it with the verdict.
    pane.run(&format!("clear; '{program}' --follow -f text growing.pcap; echo status=$?"));
    pane.wait_for("finding", |screen| screen.contains("pong-mismatch"));
    pane.keys(&["C-c"]);
    pane.wait_for("verdict", |screen| screen.contains("status=0"));
    pane.is_restored();
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_no_half_file_and_the_screen_goes_on() {
    let Some(pane) = Pane::open(160, 24) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (folder, program) = (folder.path(), env!("CARGO_BIN_EXE_wsight"));
    let capture = captured("pong-nul-cut.pcap");
    // One file takes all the room there is.
    let script = format!(
        "cd '{}'; yes | head -c 8192 >full; '{program}' '{capture}'; echo status=\\$?; ls",
        folder.display()
    );
    let Some(line) = common::on_a_small_disk(folder, &script) else { return };
    pane.run(&format!("clear; {line}"));
    pane.wait_for("row", |screen| screen.contains("closed 1000"));
    pane.keys(&["Enter", "w", "s"]);
    pane.wait_for("question", |screen| screen.contains("session-1.pcapng"));
    pane.keys(&["Enter"]);
    pane.wait_for("reason", |screen| screen.contains("not saved: session-1.pcapng: No space left on device"));
    pane.keys(&["n"]);
    pane.wait_for("differing byte", |screen| screen.contains(DIFFERENCE));
    pane.keys(&["Q"]);
    let screen = pane.wait_for("end", |screen| screen.contains("status=0") && screen.contains("full"));
    assert!(!screen.contains("session-1"), "{screen}");
    pane.is_restored();
}

#[cfg(target_os = "linux")]
#[test]
fn without_room_for_a_copy_payloads_are_missing_and_nothing_else() {
    let Some(pane) = Pane::open(160, 24) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (folder, program) = (folder.path(), env!("CARGO_BIN_EXE_wsight"));
    let capture = captured("pong-nul-cut.pcap");
    let script = format!(
        "cd '{}'; yes | head -c 8192 >full; cat '{capture}' | TMPDIR=. '{program}' -; echo status=\\$?",
        folder.display()
    );
    let Some(line) = common::on_a_small_disk(folder, &script) else { return };
    pane.run(&format!("clear; {line}"));
    pane.wait_for("row", |screen| screen.contains("closed 1000"));
    pane.keys(&["n"]);
    pane.wait_for("finding and reason", |screen| {
        screen.contains("pong-mismatch") && screen.contains("its temporary copy could not be written")
    });
    pane.keys(&["Q"]);
    pane.wait_for("end", |screen| screen.contains("status=0"));
    pane.is_restored();
}

#[test]
fn a_capture_on_standard_input_leaves_the_keys_to_the_terminal() {
    let Some(pane) = Pane::open(80, 24) else { return };
    let capture = captured("pong-nul-cut.pcap");
    pane.run(&format!("clear; cat '{capture}' | '{}' -; echo status=$?", env!("CARGO_BIN_EXE_wsight")));
    pane.wait_for("row", |screen| screen.contains("closed 1000"));
    pane.keys(&["n"]);
    pane.wait_for("differing byte", |screen| screen.contains(DIFFERENCE));
    pane.keys(&["Q"]);
    pane.wait_for("end", |screen| screen.contains("status=0"));
    pane.is_restored();
}

#[cfg(all(target_os = "linux", feature = "live"))]
#[test]
fn live_rows_arrive_and_ctrl_c_ends_with_the_figures() {
    if !stage::may_capture() {
        return;
    }
    let Some(pane) = Pane::open(110, 30) else { return };
    let port = stage::free_port();
    let program = env!("CARGO_BIN_EXE_wsight");
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved.pcapng");
    let save = saved.display();
    pane.run(&format!("clear; '{program}' -i lo --light -w '{save}' tcp port {port}; echo status=$?"));
    pane.wait_for("empty list", |screen| screen.contains("live on lo, "));
    let mut raw = stage::Raw::open(port);
    pane.wait_for("row", |screen| screen.contains("/raw") && screen.contains("open"));
    // Ping 0d 90 0f 00, masked; pong 0d 90 0f.
    raw.client.write_all(b"\x89\x84\x01\x02\x03\x04\x0c\x92\x0c\x04").unwrap();
    pane.wait_for("ping", |screen| screen.contains("→1 "));
    raw.server.write_all(b"\x8a\x03\x0d\x90\x0f").unwrap();
    pane.wait_for("finding", |screen| screen.lines().any(|line| line.contains('✗') && line.contains("/raw")));
    pane.keys(&["n"]);
    pane.wait_for("differing byte", |screen| screen.contains(DIFFERENCE));
    // While it is paused rows stay, and what comes is counted.
    pane.keys(&["p"]);
    pane.wait_for("pause", |screen| screen.contains("paused"));
    raw.server.write_all(b"\x81\x04late").unwrap();
    pane.wait_for("what is held", |screen| screen.contains("1 frame"));
    assert!(!pane.screen().contains("\"late\""));
    pane.keys(&["p"]);
    pane.wait_for("new row", |screen| screen.contains("\"late\""));
    // With autoscroll the last row is looked at, whatever comes.
    pane.keys(&["A"]);
    raw.server.write_all(b"\x81\x05later").unwrap();
    pane.wait_for("last row", |screen| {
        screen.lines().any(|line| line.starts_with('>') && line.contains("\"later\""))
    });
    pane.keys(&["C-c"]);
    pane.wait_for("figures", |screen| {
        screen.contains("1 session, 0 failed upgrades") && screen.contains("status=0")
    });
    pane.is_restored();
    // What was saved has its end: an interface statistics block.
    let saved = std::fs::read(saved).unwrap();
    let word = |at: usize| u32::from_le_bytes(saved[at..at + 4].try_into().unwrap());
    let last = saved.len() - word(saved.len() - 4) as usize;
    assert_eq!(word(last), 5);
}

#[test]
fn a_file_that_is_none_leaves_what_is_shown() {
    let Some(pane) = Pane::open(60, 15) else { return };
    let (program, capture) = (env!("CARGO_BIN_EXE_wsight"), captured("afternoon.pcap"));
    pane.run(&format!("clear; '{program}' '{capture}'; echo status=$?"));
    pane.wait_for("the sessions", |screen| screen.contains("session 1/5"));
    for (path, reason) in [
        ("/no/such.pcap", "/no/such.pcap: it cannot be opened"),
        ("/usr", "/usr: it is a directory"),
        ("/etc/passwd", "/etc/passwd: it is not a packet capture"),
    ] {
        pane.keys(&["O"]);
        pane.tmux(&["send-keys", "-l", path]);
        pane.keys(&["Enter"]);
        pane.wait_for(path, |screen| screen.contains(reason) && screen.contains("10.0.0.7:40001"));
    }
    // It is not only on the screen: it can still be read.
    pane.keys(&["Enter"]);
    pane.wait_for("its session", |screen| screen.contains("Session 1") && screen.contains("welcome"));
    pane.keys(&["Q"]);
    pane.wait_for("the end", |screen| screen.contains("status=0"));
}
