//! The upgrade as it was on the wire: the request and the answer, line by line.

use super::super::model::Model;
use super::super::text::{shown, wrap};
use super::super::theme::Role;
use super::paint::{plain, span};
use crate::model::Peer;
use crate::upgrade::{Head, HeadPart, OverHttp2, Upgrade, Via};
use ratatui::text::Line;

/// The version of HTTP, and the stream where there is one.
fn version(upgrade: &Upgrade, head: &Head) -> String {
    match &upgrade.via {
        Via::Http1 => head.version.to_string(),
        Via::Http2(over) => format!("HTTP/2 stream {}", over.stream),
    }
}

/// Both heads, the client's first.
pub(super) fn lines(model: &Model, upgrade: &Upgrade, width: usize) -> Vec<Line<'static>> {
    let request = part(&upgrade.request, |request| {
        let version = version(upgrade, &request.head);
        let target = request.known_target().unwrap_or("(path not known)");
        let uncertainty = upgrade.via.http2().and_then(OverHttp2::uncertainty);
        let uncertainty = uncertainty.map(|words| format!(" ({words})")).unwrap_or_default();
        let method = request.known_method().unwrap_or("(no method)");
        (format!("{method} {target} {version}{uncertainty}"), &request.head)
    });
    let response = part(&upgrade.response, |response| {
        let version = version(upgrade, &response.head);
        (format!("{version} {} {}", response.status, response.reason), &response.head)
    });
    let mut lines = head(model, Peer::Client, "Request", request, width);
    lines.extend(head(model, Peer::Server, "Answer", response, width));
    lines
}

/// The first line and the rest of a head, or what became of it.
fn part<T>(part: &HeadPart<T>, whole: impl Fn(&T) -> (String, &Head)) -> Result<(String, &Head), String> {
    match part {
        HeadPart::Whole(head) => Ok(whole(head)),
        HeadPart::Absent => Err("none came".to_owned()),
        HeadPart::Partial { received, .. } => Err(format!("cut off after {received} bytes")),
        HeadPart::Malformed { preview, fault, .. } => Err(format!("not HTTP ({fault}): {}", shown(preview))),
        HeadPart::TooLarge { what, limit, .. } => Err(format!("more than {limit} {what}")),
        HeadPart::Lost => Err("the capture does not hold it".to_owned()),
    }
}

fn head(
    model: &Model,
    from: Peer,
    title: &str,
    part: Result<(String, &Head), String>,
    width: usize,
) -> Vec<Line<'static>> {
    let theme = model.theme;
    let arrow = super::super::words::arrow(from);
    let mut lines = vec![Line::from(span(theme, Role::Title, format!(" {arrow} {title}")))];
    let (first, head) = match part {
        Ok(whole) => whole,
        Err(words) => {
            lines.extend(
                wrap(&words, width.saturating_sub(3))
                    .into_iter()
                    .map(|line| Line::from(span(theme, Role::Faint, format!("  {line}")))),
            );
            return lines;
        }
    };
    let first = if model.is_hidden { "▒▒▒".to_owned() } else { shown(first.as_bytes()) };
    lines.extend(
        wrap(&first, width.saturating_sub(3))
            .into_iter()
            .map(|line| Line::from(span(theme, Role::Strong, format!("  {line}")))),
    );
    for header in head.headers.iter() {
        let name = format!("{}: ", shown(header.name));
        let value = if model.is_hidden { "▒▒▒".to_owned() } else { shown(header.value) };
        let text = format!("{name}{value}");
        for (at, line) in wrap(&text, width.saturating_sub(5)).into_iter().enumerate() {
            lines.push(match line.strip_prefix(&name).filter(|_| at == 0) {
                Some(value) => {
                    Line::from(vec![span(theme, Role::Faint, format!("  {name}")), plain(value.to_owned())])
                }
                None => Line::from(format!("    {line}")),
            });
        }
    }
    lines
}
