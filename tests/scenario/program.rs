//! The program itself, given a scenario.

use super::Scenario;
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The program in a folder, with nothing to read on standard input, and no TLS secrets of whoever runs the tests.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wsight"));
    command.args(arguments).current_dir(folder).env_remove("SSLKEYLOGFILE");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs it to its end: status, standard output and standard error.
pub fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command(folder, arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// What the program prints for a scenario, a value a line.
pub fn analyze(text: &str, arguments: &[&str]) -> Vec<Value> {
    values(&report(text, "json", arguments))
}

/// The lines of a report in JSON.
pub fn values(report: &str) -> Vec<Value> {
    report.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What the program prints for a scenario in this format.
pub fn report(text: &str, format: &str, arguments: &[&str]) -> String {
    let pcap = Scenario::parse(text).to_pcapng();
    let mut program = Command::new(env!("CARGO_BIN_EXE_wsight"))
        .args(["-", "--format", format])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Beside reading the output: each of the two pipes may be full while the other is not emptied.
    let mut stdin = program.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&pcap).unwrap());
    let output = program.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "status {}", output.status);
    String::from_utf8(output.stdout).unwrap()
}
