//! The page of jobs is right: its commands print what stands beneath them, and its keys lead there.
//!
//! `WSIGHT_REWRITE=1 cargo test --test jobs` writes what the commands print.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(feature = "tui")]
#[path = "common/skipping.rs"]
mod skipping;

#[cfg(feature = "tui")]
use skipping::skip;
use std::path::Path;
use std::process::Command;
#[cfg(feature = "tui")]
use std::process::Output;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The ten jobs, each from its title on.
fn jobs(page: &str) -> Vec<&str> {
    page.split("\n## ").skip(1).collect()
}

fn page() -> String {
    std::fs::read_to_string(Path::new(ROOT).join("docs/JOBS.md")).unwrap()
}

/// A folder from which the commands can be run, as from a clone of this repository.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(Path::new(ROOT).join("captures"), folder.path().join("captures")).unwrap();
    folder
}

/// The text between two marks, and where it stands.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("no {begin} in {text}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end} in {rest}")).0
}

#[test]
fn every_command_prints_what_the_page_promises() {
    let mut page = page();
    let built = Path::new(env!("CARGO_BIN_EXE_wsight")).parent().unwrap().display().to_string();
    let path = format!("{built}:{}", std::env::var("PATH").unwrap());
    let mut commands = 0;
    for job in jobs(&page.clone()) {
        let folder = folder();
        let command = between(job, "```sh\n", "```\n");
        let mut shell = Command::new("sh");
        shell.args(["-ec", command]).env("PATH", &path).current_dir(folder.path());
        let output = shell.env_remove("CLICOLOR_FORCE").output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        let printed = String::from_utf8(output.stdout).unwrap();
        let promised = between(job, "```text\n", "```\n");
        if std::env::var_os("WSIGHT_REWRITE").is_some() {
            let shown = |text: &str| format!("{command}```\n\n```text\n{text}```\n");
            page = page.replacen(&shown(promised), &shown(&printed), 1);
        } else {
            assert_eq!(
                printed, promised,
                "{command}`WSIGHT_REWRITE=1 cargo test --test jobs` writes it anew"
            );
        }
        commands += 1;
    }
    assert_eq!(commands, 10);
    if std::env::var_os("WSIGHT_REWRITE").is_some() {
        std::fs::write(Path::new(ROOT).join("docs/JOBS.md"), page).unwrap();
    }
}

/// The words in backquotes.
#[cfg(feature = "tui")]
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
#[cfg(feature = "tui")]
fn at_most_six_keys_lead_to_the_same_in_the_terminal_ui() {
    if Command::new("tmux").arg("-V").output().is_err() {
        skip("there is no tmux");
        return;
    }
    let sizes = [("80", "24"), ("120", "40")];
    let page = page();
    for ((columns, rows), (number, job)) in
        sizes.into_iter().flat_map(|size| (1..).zip(jobs(&page)).map(move |job| (size, job)))
    {
        let way = between(job, "In the terminal UI, ", "\n");
        let (keys, seen) = way.split_once(" shows ").expect(way);
        let (keys, seen) = (quoted(keys), quoted(seen).first().copied().expect(way));
        assert!(keys.len() <= 6, "{way}");
        let folder = folder();
        let screen = Screen { socket: format!("wsight-jobs-{}-{number}-{columns}", std::process::id()) };
        // Nobody's own configuration.
        let program = format!(
            "XDG_CONFIG_HOME=/nonexistent '{}' captures/afternoon.pcap",
            env!("CARGO_BIN_EXE_wsight")
        );
        let start = ["-f", "/dev/null", "new-session", "-d", "-x", columns, "-y", rows, "-c"];
        let opened = screen.tmux(&[&start[..], &[folder.path().to_str().unwrap(), &program]].concat());
        assert!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
        screen.wait_for("session 1/5");
        for key in keys {
            // Whatever is typed for a prompt is text; keys have names.
            let is_key = key.len() == 1 || ["Enter", "Space", "Down"].contains(&key);
            let how: &[&str] =
                if is_key { &["send-keys", "--", key] } else { &["send-keys", "-l", "--", key] };
            assert!(screen.tmux(how).status.success());
        }
        screen.wait_for(seen);
    }
}

/// The program on a terminal of its own.
#[cfg(feature = "tui")]
struct Screen {
    socket: String,
}

#[cfg(feature = "tui")]
impl Screen {
    fn tmux(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.args(["-L", &self.socket]).args(arguments).env_remove("TMUX").output().unwrap()
    }

    fn wait_for(&self, seen: &str) {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        loop {
            let screen = String::from_utf8(self.tmux(&["capture-pane", "-p"]).stdout).unwrap();
            if screen.contains(seen) {
                return;
            }
            assert!(std::time::Instant::now() < deadline, "no `{seen}`:\n{screen}");
        }
    }
}

#[cfg(feature = "tui")]
impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.tmux(&["kill-server"]);
    }
}
