//! Many scenarios in one capture.

use crate::scenario::program::analyze;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// An open WebSocket.
pub(super) const OPEN: &str = "C> upgrade /chat   S< 101\n";

/// One that compresses.
pub(super) const OPEN_DEFLATE: &str = "C> upgrade /chat deflate   S< 101 deflate\n";

/// How a side is called in a finding, and what its steps and those of the other side begin with.
pub(super) const SIDES: [(&str, &str, &str); 2] = [("client", "C>", "S<"), ("server", "S<", "C>")];

/// Findings about many attempts together: what they say is no matter of a single row.
const ACROSS_ROWS: &str = "upgrade-failures-repeated,idle-timeout,key-reused,lifetime-limit,probe";

/// Scenarios that become a connection each, and what has to be told of them.
pub(super) struct Batch {
    text: String,
    rows: Vec<(String, Vec<String>)>,
    fields: &'static [&'static str],
    notes: &'static [&'static str],
}

impl Batch {
    /// Compares these fields of findings besides the side and the frame.
    pub(super) fn new(fields: &'static [&'static str]) -> Self {
        // So fast that nobody's patience is part of the matter.
        Self { text: "step 1us\n".to_owned(), rows: Vec::new(), fields, notes: &[] }
    }

    /// Findings that count although they are notes.
    pub(super) fn with_notes(mut self, notes: &'static [&'static str]) -> Self {
        self.notes = notes;
        self
    }

    /// `script` has to get these findings and no others: `id side frame field=value …`.
    pub(super) fn row<T: Into<String>>(&mut self, script: &str, expected: impl IntoIterator<Item = T>) {
        let number = self.rows.len() + 1;
        let steps = script.replace("C> ", &format!("{number}C> ")).replace("S< ", &format!("{number}S< "));
        self.text.push_str(&steps);
        self.text.push('\n');
        let mut expected: Vec<String> = expected.into_iter().map(Into::into).collect();
        expected.sort();
        self.rows.push((script.to_owned(), expected));
    }

    /// A finding as the rows have it.
    fn line(&self, finding: &Value) -> String {
        let mut line = format!("{} {}", text(&finding["id"]), text(&finding["from"]));
        if let Some(frame) = finding.get("frame") {
            write!(line, " {frame}").unwrap();
        }
        for field in self.fields {
            if let Some(value) = finding.get(*field) {
                write!(line, " {field}={}", text(value)).unwrap();
            }
        }
        line
    }

    /// Analyzes the capture and compares. Returns the text of all messages, in order.
    ///
    /// # Panics
    /// Something else is reported.
    pub(super) fn check(&self) -> Vec<String> {
        let arguments = ["--ignore", ACROSS_ROWS, "--limit", "findings-per-session=1000000"];
        let lines = analyze(&self.text, &arguments);
        let mut told: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for finding in lines.iter().filter(|line| line["type"] == "finding") {
            if finding["severity"] != "note" || self.notes.contains(&text(&finding["id"]).as_str()) {
                let row = usize::try_from(finding["connection"].as_u64().unwrap()).unwrap();
                told.entry(row).or_default().push(self.line(finding));
            }
        }
        let mut wrong = Vec::new();
        for (number, (script, expected)) in (1..).zip(&self.rows) {
            let mut told = told.remove(&number).unwrap_or_default();
            told.sort();
            if told != *expected {
                wrong.push(format!("{script}\n  expected {expected:#?}\n  told {told:#?}"));
            }
        }
        assert!(told.is_empty(), "{told:?} belong to no row");
        let shown = wrong.len().min(20);
        assert!(
            wrong.is_empty(),
            "{} of {} rows, among them\n\n{}",
            wrong.len(),
            self.rows.len(),
            wrong[..shown].join("\n\n")
        );
        let messages = lines.iter().filter(|line| line["type"] == "message");
        messages.map(|message| text(&message["text"])).collect()
    }
}

/// A value without the quotes of JSON.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
