//! Single values of the command line, and what to say when they are wrong.

use crate::findings::{Id, Severity};
use crate::fleet::HostFrom;
use crate::model::{Limit, Limits, UnknownLimit};
use crate::report::{Kind, UnknownKind};
use std::fmt::Write;
#[cfg(feature = "live")]
use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

/// Where the name of a host is in the path of a capture.
pub(super) fn host_from(text: &str) -> Result<HostFrom, String> {
    HostFrom::parse(text)
}

/// A finding's name.
pub(super) fn id(name: &str) -> Result<Id, String> {
    Id::from_name(name).ok_or_else(|| {
        let near = near(name);
        if near.is_empty() {
            return "there is no such finding; `wsight explain` lists them all".to_owned();
        }
        let names: Vec<&str> = near.iter().map(|id| id.name()).collect();
        format!(
            "there is no such finding; did you mean {}? (`wsight explain` lists them all)",
            names.join(", ")
        )
    })
}

/// A severity's name.
pub(super) fn severity(name: &str) -> Result<Severity, String> {
    [Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .find(|severity| severity.name() == name)
        .ok_or_else(|| "expected error, warning or note".to_owned())
}

/// `ID=SEVERITY`.
pub(super) fn regrade(text: &str) -> Result<(Id, Severity), String> {
    let (name, level) = text.split_once('=').ok_or("expected ID=SEVERITY, such as pong-late=error")?;
    Ok((id(name)?, severity(level).map_err(|error| format!("a severity: {error}"))?))
}

/// A type of output.
pub(super) fn kind(name: &str) -> Result<Kind, UnknownKind> {
    name.parse()
}

/// `NAME=VALUE`.
pub(super) fn limit(text: &str) -> Result<(Limit, u64), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE, such as idle-seconds=60")?;
    let value = value.replace('_', "").parse().map_err(|_| "the value must be a whole number".to_owned())?;
    let limit = name.parse().map_err(|error: UnknownLimit| error.to_string())?;
    Ok((limit, value))
}

/// A time: seconds, or a number with a unit.
#[cfg(feature = "live")]
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let (number, factor) = match text.char_indices().next_back() {
        Some((at, 's')) => (text.get(..at).unwrap_or_default(), 1.0),
        Some((at, 'm')) => (text.get(..at).unwrap_or_default(), 60.0),
        Some((at, 'h')) => (text.get(..at).unwrap_or_default(), 3_600.0),
        _ => (text, 1.0),
    };
    let seconds = number.parse::<f64>().ok().map(|number| number * factor).filter(|seconds| *seconds > 0.0);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| "expected seconds, or a number with a unit, such as 90s, 15m or 2h".to_owned())
}

/// Where to listen: on the loopback address, unless told otherwise.
#[cfg(feature = "live")]
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.trim_start_matches(':').parse() {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    text.parse().map_err(|_| {
        "expected a port, or an address with a port, such as 9464, 0.0.0.0:9464 or [::1]:9464".to_owned()
    })
}

/// Every cap with its meaning and default.
pub(super) fn limits_help() -> String {
    let mut help =
        "Change a limit on memory or waiting time (repeatable). Reaching one is reported, never silent:"
            .to_owned();
    let defaults = Limits::default();
    for limit in Limit::ALL {
        // Writing to a String cannot fail.
        let _ = write!(help, "\n- {limit}={}: {}", defaults.of(*limit), limit.meaning().trim());
    }
    help
}

/// Findings whose names are like `name`: a typing error away, or sharing a rare word.
pub(super) fn near(name: &str) -> Vec<Id> {
    let name = name.to_lowercase().replace(['_', ' '], "-");
    let mut near: Vec<(usize, Id)> = Id::ALL
        .iter()
        .filter_map(|id| {
            let distance = crate::filter::distance(&name, id.name());
            let is_part = name.len() > 3 && (id.name().contains(&name) || name.contains(id.name()));
            let shares = name.split('-').filter(|word| word.len() > 3);
            let shares = shares.into_iter().any(|word| id.name().split('-').any(|other| other == word));
            let rank = if is_part { 0 } else { distance };
            (is_part || distance <= 3 || shares && distance <= 8).then_some((rank, *id))
        })
        .collect();
    near.sort();
    near.into_iter().take(4).map(|(_, id)| id).collect()
}

/// Sessions whose numbers follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SessionRange {
    pub(super) first: u64,
    pub(super) last: u64,
}

/// `3`, or `3-7`.
///
/// # Errors
/// It is neither: what is, in a sentence.
pub(super) fn sessions(text: &str) -> Result<SessionRange, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse(), last.parse()) {
        (Ok(0), _) => Err("sessions are numbered from 1".to_owned()),
        (Ok(first), Ok(last)) if first <= last => Ok(SessionRange { first, last }),
        _ => Err("sessions are chosen by a number such as 3, or several such as 3,5 or 3-7".to_owned()),
    }
}
