//! The catalog as a page: `docs/FINDINGS.md`.

use super::entry::CatalogEntry;
use super::evidence::evidence_of;
use super::subjects::SUBJECTS;
use std::fmt::Write;

const INTRODUCTION: &str = "\
# Findings

<!-- Made from src/findings/catalog. Do not edit: `WSIGHT_REWRITE=1 cargo test --test docs` writes it anew. -->

A finding is something worth telling about the traffic. `wsight explain ID` prints the part of this page about one; \
`wsight explain 'TEXT'` finds the one that belongs to a library's error message.

- **Class** says whose matter it is: `violation` (a peer broke a MUST), `failure` (an upgrade or session failed), \
`anomaly` (legal, yet suspicious), `capture` (bytes the capture lost, never a peer's fault), `noise` (never a \
WebSocket client).
- **Severity** is `error`, `warning` or `note`. `--severity ID=LEVEL` changes it, `--ignore ID` silences a finding.
- **Fields** are those that a finding has in JSON besides the fields of all findings (see OUTPUT.md). Numbers are \
integers.
- **Certain** is a finding where the capture proves it; **tentative** where it could be otherwise. What each \
judgement rests on is told with it. CONFORMANCE.md has the rules that all of them follow.
- **Likely causes** and **what to do** are experience, not evidence: the capture shows what happened, seldom why.
- **Messages** are what libraries print when it happens to them. `…` stands for what varies. The same fault is \
told differently by the two sides, and several findings can share a text.
";

/// The catalog in Markdown.
#[doc(hidden)]
pub fn markdown() -> String {
    let mut page = Page(INTRODUCTION.to_owned());
    page.contents();
    for (subject, ids) in SUBJECTS {
        page.line(format_args!("\n## {subject}"));
        for id in *ids {
            page.entry(id.entry());
        }
    }
    page.0
}

struct Page(String);

impl Page {
    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{text}");
    }

    fn contents(&mut self) {
        self.line(format_args!("\n## Contents"));
        for (subject, ids) in SUBJECTS {
            self.line(format_args!("\n[{subject}](#{})\n", anchor(subject)));
            for id in *ids {
                self.line(format_args!("- [`{id}`](#{id}): {}", id.entry().title));
            }
        }
    }

    fn entry(&mut self, entry: &CatalogEntry) {
        let CatalogEntry { id, rfc, title, meaning, fields, causes, advice, messages } = *entry;
        self.line(format_args!("\n### `{id}`\n\n**{title}.**\n"));
        let clause = if rfc.is_empty() { String::new() } else { format!(" · {rfc}") };
        self.line(format_args!(
            "Class `{}` · severity `{}`{clause}\n",
            id.class().name(),
            id.severity().name()
        ));
        self.line(format_args!("{meaning}"));
        if let Some(evidence) = evidence_of(id) {
            self.line(format_args!("\n- **Certain:** {}", evidence.certain));
            self.line(format_args!("- **Tentative:** {}", evidence.tentative));
        }
        if !fields.is_empty() {
            self.line(format_args!("\n| field | meaning |\n|---|---|"));
            for (field, meaning) in fields {
                self.line(format_args!("| `{}` | {} |", field.name(), cell(meaning)));
            }
        }
        self.line(format_args!("\nLikely causes:\n"));
        for (cause, number) in causes.iter().zip(1..) {
            self.line(format_args!("{number}. {cause}"));
        }
        self.line(format_args!("\nWhat to do:\n"));
        for step in advice {
            self.line(format_args!("- {step}"));
        }
        if !messages.is_empty() {
            self.line(format_args!("\n| library | message |\n|---|---|"));
            for (library, message) in messages {
                self.line(format_args!("| {library} | {} |", code(&cell(message))));
            }
        }
    }
}

/// The name GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// As the text of a table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// As code, whatever is in it.
fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}
