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

/// The commands of the help that need no network interface, nothing but captures.
fn examples() -> Vec<String> {
    let help = Command::new(env!("CARGO_BIN_EXE_wsight")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let (_, examples) = help.split_once("\nExamples:\n").unwrap();
    let mut commands: Vec<String> = Vec::new();
    for line in examples.lines().filter_map(|line| line.strip_prefix("      ")) {
        match commands.last_mut() {
            // A long one goes on in the next line.
            Some(last) if last.matches('\'').count() % 2 == 1 => *last = format!("{last} {line}"),
            _ => commands.push(line.to_owned()),
        }
    }
    commands.retain(|command| command.starts_with("wsight ") && !command.contains(" -i "));
    commands
}

#[test]
#[cfg(all(feature = "live", feature = "html", feature = "parquet"))]
fn every_example_of_the_help_does_what_it_says() {
    let built = Path::new(env!("CARGO_BIN_EXE_wsight")).parent().unwrap().display().to_string();
    let path = format!("{built}:{}", std::env::var("PATH").unwrap());
    let has_jq = Command::new("jq").arg("--version").output().is_ok();
    let capture = std::fs::read(Path::new(ROOT).join("captures/afternoon.pcap")).unwrap();
    let mut run = 0;
    for example in examples() {
        if example.contains("| jq") && !has_jq {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("captures/web1")).unwrap();
        for name in
            ["trace.pcapng", "trace.pcap", "late.pcap", "monday.pcap", "captures/web1/ring_1.pcapng.gz"]
        {
            std::fs::write(folder.path().join(name), &capture).unwrap();
        }
        // Packets given twice are an error of the caller: the next day has another session.
        let other = Path::new(ROOT).join("captures/pong-nul-cut.pcap");
        std::fs::copy(other, folder.path().join("tuesday.pcap")).unwrap();
        let before =
            if example.contains("--tables") { "wsight -f parquet -o tables captures/\n" } else { "" };
        let mut shell = Command::new("sh");
        shell.args(["-ec", &format!("{before}{example}")]).env("PATH", &path).current_dir(folder.path());
        let output = shell.env_remove("CLICOLOR_FORCE").output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        let expected = i32::from(example.contains("--fail-on"));
        assert_eq!(output.status.code(), Some(expected), "{example}: {told}");
        let printed = String::from_utf8(output.stdout).unwrap();
        let has_file = example.contains(" -o ");
        assert!(has_file || printed.lines().count() > 0, "{example}: {told}");
        if example.contains("--grep") {
            assert!(printed.contains("error: nobody else is here"), "{example}: {printed}");
        }
        run += 1;
    }
    assert!(run > 20, "{run}");
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
