//! The frame of the page: what stands before the sessions and behind them.

use super::card::{Card, Clause};
use super::plot::Plot;
use super::prose::Prose;
use crate::model::Thousands;
use askama::Template;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// The style sheet of the page.
const STYLE: &str = include_str!("../../../templates/style.css");

/// Its script. Without it everything can be read; with it sessions come in pages and can be searched.
const SCRIPT: &str = include_str!("../../../templates/script.js");

/// What stands before the sessions.
#[derive(Debug, Template)]
#[template(path = "begin.html")]
pub(super) struct PageBegin {
    pub(super) policy: String,
    pub(super) style: &'static str,
    /// What was read.
    pub(super) name: String,
    /// All of it, where that is much.
    pub(super) names: Vec<String>,
    pub(super) version: &'static str,
    pub(super) class: &'static str,
    pub(super) mark: &'static str,
    /// The verdict, and what follows it: a line each.
    pub(super) verdict: Prose,
    pub(super) remarks: Vec<Prose>,
    pub(super) about: Option<VerdictLink>,
    pub(super) begun: Option<(String, String)>,
    pub(super) figures: Vec<(&'static str, String)>,
    pub(super) kinds: Vec<KindView>,
    pub(super) plots: Vec<Plot>,
    pub(super) sessions: u64,
}

/// What the verdict is about.
#[derive(Debug)]
pub(super) struct VerdictLink {
    /// Packet and session.
    pub(super) place: String,
    /// The kind of finding.
    pub(super) id: Option<&'static str>,
    pub(super) session: Option<u64>,
}

/// What stands behind the sessions.
#[derive(Debug, Template)]
#[template(path = "end.html")]
pub(super) struct PageEnd {
    pub(super) sessions: u64,
    pub(super) elsewhere: Vec<Card>,
    /// Kinds of findings outside of sessions of which there are more.
    pub(super) untold: Vec<(&'static str, u64)>,
    /// TLS that could not be read: each in two lines.
    pub(super) dark: Vec<String>,
    pub(super) dark_more: u64,
    pub(super) version: &'static str,
    pub(super) script: &'static str,
}

/// A kind of finding, explained.
#[derive(Debug)]
pub(super) struct KindView {
    pub(super) severity: &'static str,
    pub(super) mark: &'static str,
    pub(super) id: &'static str,
    pub(super) class: &'static str,
    pub(super) title: &'static str,
    pub(super) count: String,
    pub(super) meaning: Prose,
    pub(super) causes: Vec<Prose>,
    pub(super) advice: Vec<Prose>,
    pub(super) messages: &'static [(&'static str, &'static str)],
    /// When it is certain, and when tentative.
    pub(super) evidence: Option<(Prose, Prose)>,
    pub(super) clause: Option<Clause>,
    pub(super) places: Vec<PlaceView>,
    pub(super) more: u64,
}

/// Where a finding of a kind is.
#[derive(Clone, Debug)]
pub(super) struct PlaceView {
    pub(super) anchor: String,
    pub(super) summary: Prose,
    /// `packet 10, session 1`
    pub(super) words: String,
}

/// A count, and what it is of: `names` in the plural.
pub(super) fn figure(names: &'static str, count: u64) -> (&'static str, String) {
    let name = names.strip_suffix('s').filter(|_| count == 1).unwrap_or(names);
    (name, Thousands(count).to_string())
}

/// What the page may do: apply its own style and run its own script, which are known by what they are.
pub(super) fn policy() -> String {
    let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
    )
}

/// The same for a page without a script.
#[cfg(feature = "parquet")]
pub(super) fn policy_without_script() -> String {
    let style = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'")
}

/// The style sheet.
pub(super) const fn style() -> &'static str {
    STYLE
}

/// The script.
pub(super) const fn script() -> &'static str {
    SCRIPT
}
