//! The terminal UI in a real terminal: the program in tmux, with the keys of a person.
#![cfg(all(unix, feature = "tui"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

static PANES: AtomicU32 = AtomicU32::new(0);

/// A shell in a tmux server of its own.
struct Pane {
    socket: String,
}

impl Pane {
    /// A pane of this size; nothing where tmux is missing.
    fn open(columns: u16, rows: u16) -> Option<Self> {
        if Command::new("tmux").arg("-V").output().is_err() {
            eprintln!("skipped: there is no tmux");
            return None;
        }
        let number = PANES.fetch_add(1, Ordering::Relaxed);
        let pane = Self { socket: format!("wsight-test-{}-{number}", std::process::id()) };
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let shell = "env PS1='ready> ' sh";
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
        let capture = format!("{}/captures/{capture}", env!("CARGO_MANIFEST_DIR"));
        self.run(&format!("clear; '{}' '{capture}'; echo status=$?", env!("CARGO_BIN_EXE_wsight")));
        self.wait_for("list of sessions", |screen| {
            screen.contains(" 1 Sessions ") && screen.contains("Q quit")
        });
        self.wait_for("row", |screen| screen.contains("closed 1000"));
    }

    /// The shell has the terminal again, as it was.
    fn is_restored(&self) {
        let deadline = Instant::now() + PATIENCE;
        while self.modes() != "0 0 1" {
            assert!(Instant::now() < deadline, "{}", self.modes());
        }
        // Typed letters are echoed and lines are edited again.
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
    pane.wait_for("findings", |screen| screen.contains(">✗ pong-mismatch"));
    pane.keys(&["Q"]);
    pane.wait_for("end", |screen| screen.contains("status=0"));
    pane.is_restored();
}

#[test]
fn a_signal_ends_it_and_the_terminal_is_restored() {
    let Some(pane) = Pane::open(80, 24) else { return };
    pane.start("pong-nul-cut.pcap");
    let shell = String::from_utf8(pane.tmux(&["display-message", "-p", "#{pane_pid}"]).stdout).unwrap();
    let children = Command::new("ps").args(["-o", "pid=", "--ppid", shell.trim()]).output().unwrap().stdout;
    let children = String::from_utf8(children).unwrap();
    let child = children.split_whitespace().next().unwrap();
    assert!(Command::new("kill").args(["-TERM", child]).status().unwrap().success());
    // 128 and the number of SIGTERM: it ended by that signal.
    pane.wait_for("end", |screen| screen.contains("status=143"));
    pane.is_restored();
}

#[test]
fn a_capture_on_standard_input_leaves_the_keys_to_the_terminal() {
    let Some(pane) = Pane::open(80, 24) else { return };
    let capture = format!("{}/captures/pong-nul-cut.pcap", env!("CARGO_MANIFEST_DIR"));
    pane.run(&format!("clear; cat '{capture}' | '{}' -; echo status=$?", env!("CARGO_BIN_EXE_wsight")));
    pane.wait_for("row", |screen| screen.contains("closed 1000"));
    pane.keys(&["n"]);
    pane.wait_for("differing byte", |screen| screen.contains(DIFFERENCE));
    pane.keys(&["Q"]);
    pane.wait_for("end", |screen| screen.contains("status=0"));
    pane.is_restored();
}
