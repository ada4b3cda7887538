//! A finding beside what it is about: what was expected, what was found, and where the two part.

use super::super::model::Model;
use super::super::text::{shown, wrap};
use super::super::theme::{Role, mark, of_severity};
use super::findings::summary;
use super::paint::{plain, span};
use crate::findings::{Certainty, Finding, FindingField};
use ratatui::text::{Line, Span};

/// Columns in front of the bytes.
const LABEL: usize = 11;

/// What a finding says.
pub(super) fn lines(model: &Model, finding: &Finding, width: usize) -> Vec<Line<'static>> {
    let theme = model.theme;
    let role = of_severity(finding.severity);
    let doubt = if finding.certainty == Certainty::Tentative { " (tentative)" } else { "" };
    let name = format!("{} {} {}{doubt}: ", mark(finding.severity), finding.severity.name(), finding.id);
    let bytes = |field| finding.decoded(field);
    let compared = match (bytes(FindingField::ExpectedHex), bytes(FindingField::FoundHex)) {
        (Some(expected), Some(found)) if !model.is_hidden => compare(model, &expected, &found, width),
        _ => Vec::new(),
    };
    // Where the bytes stand beneath it, the sentence need not tell them once more.
    let sentence = match summary(model, finding) {
        sentence if compared.is_empty() => sentence,
        _ => shown(finding.outline().as_bytes()),
    };
    let mut lines = Vec::new();
    for (at, line) in wrap(&format!("{name}{sentence}"), width.saturating_sub(4)).into_iter().enumerate() {
        let indent = if at == 0 { " " } else { "   " };
        match line.strip_prefix(&name).filter(|_| at == 0) {
            Some(rest) => {
                lines.push(Line::from(vec![
                    span(theme, role, format!("{indent}{name}")),
                    plain(rest.to_owned()),
                ]));
            }
            None => lines.push(Line::from(format!("{indent}{line}"))),
        }
    }
    lines.extend(compared);
    if let (Some(expected), Some(found)) =
        (finding.text(FindingField::Expected), finding.text(FindingField::Found))
        && !model.is_hidden
    {
        lines.push(labelled(model, "expected", vec![plain(shown(expected.as_bytes()))]));
        lines.push(labelled(model, "found", vec![plain(shown(found.as_bytes()))]));
    }
    let entry = finding.id.entry();
    let rfc = if entry.rfc.is_empty() { String::new() } else { format!("{}; ", entry.rfc) };
    lines.push(Line::from(span(theme, Role::Faint, format!("   {rfc}e explains"))));
    lines
}

fn labelled(model: &Model, label: &str, rest: Vec<Span<'static>>) -> Line<'static> {
    let mut line = vec![span(model.theme, Role::Faint, format!("   {label:<LABEL$}"))];
    line.extend(rest);
    Line::from(line)
}

/// Two rows of bytes, and an arrow at the first that differs.
fn compare(model: &Model, expected: &[u8], found: &[u8], width: usize) -> Vec<Line<'static>> {
    let theme = model.theme;
    let same = expected.iter().zip(found).take_while(|(a, b)| a == b).count();
    let fit = (width.saturating_sub(LABEL + 8) / 3).max(4);
    // As many bytes as fit, with some of what is equal in front of the difference.
    let from = if same < fit { 0 } else { same.saturating_sub(fit / 2) };
    let row = |bytes: &[u8]| {
        let mut spans = Vec::new();
        if from > 0 {
            spans.push(span(theme, Role::Faint, "… "));
        }
        for (at, byte) in bytes.iter().enumerate().skip(from).take(fit) {
            let differs = at >= same && (expected.get(at) != found.get(at));
            let role = if differs { Role::Differs } else { Role::Plain };
            spans.push(span(theme, role, format!("{byte:02x}")));
            spans.push(plain(" "));
        }
        if bytes.len() <= from.max(same) {
            spans.push(span(theme, Role::Differs, "--"));
        } else if bytes.len() > from + fit {
            spans.push(span(theme, Role::Faint, "…"));
        }
        spans
    };
    let column = 3 * (same - from) + if from > 0 { 2 } else { 0 };
    let name = |byte: Option<&u8>| byte.map_or_else(|| "nothing".to_owned(), |byte| format!("{byte:02x}"));
    let words =
        format!("byte {same}: expected {}, found {}", name(expected.get(same)), name(found.get(same)));
    let pointer =
        vec![plain(" ".repeat(column)), span(theme, Role::Error, "^^ "), span(theme, Role::Strong, words)];
    vec![
        labelled(model, "expected", row(expected)),
        labelled(model, "found", row(found)),
        labelled(model, "", pointer),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(expected: &[u8], found: &[u8], width: usize) -> Vec<String> {
        compare(&Model::default(), expected, found, width).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_pointer_stands_at_the_first_byte_that_differs() {
        assert_eq!(
            drawn(&[0x0d, 0x90, 0x0f, 0], &[0x0d, 0x90, 0x0f], 60),
            [
                "   expected   0d 90 0f 00 ",
                "   found      0d 90 0f --",
                "                       ^^ byte 3: expected 00, found nothing",
            ]
        );
        assert_eq!(drawn(&[1, 2], &[], 60)[1], "   found      --");
        assert_eq!(drawn(&[1, 2], &[3, 2], 60)[2], "              ^^ byte 0: expected 01, found 03");
    }

    #[test]
    fn a_late_difference_is_brought_into_view() {
        let long: Vec<u8> = (0..100).collect();
        let mut other = long.clone();
        other[90] = 0xff;
        let lines = drawn(&long, &other, 43);
        assert_eq!(lines[0], "   expected   … 56 57 58 59 5a 5b 5c 5d …");
        assert_eq!(lines[2].find("^^"), lines[0].find("5a").map(|at| at - 2), "{lines:#?}");
    }
}
