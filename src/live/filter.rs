//! Where a capture filter is wrong. libpcap says what, but not where.

use super::error::LiveError;
use crate::model::escape;

/// What may follow the beginning of an expression: a beginning after which none of them makes a whole is wrong.
const CONTINUED: [&str; 14] = [
    "",
    " 1",
    " 1-2",
    " tcp",
    " host 127.0.0.1",
    " 127.0.0.1",
    " 127.0.0.0/8",
    " ::1",
    " 00:00:00:00:00:00",
    " port 1",
    " proto 1",
    "] = 1",
    ":1] = 1",
    " = 1",
];

/// The error for a filter that libpcap refuses for this reason. `compiles` says whether it takes another one.
pub(super) fn wrong(filter: &str, reason: &str, compiles: &dyn Fn(&str) -> bool) -> LiveError {
    let column = named(filter, reason).unwrap_or_else(|| first_wrong_word(filter, compiles));
    // As many columns as are in front of it where it is printed.
    let column = escape(filter.get(..column).unwrap_or_default().as_bytes()).chars().count();
    let reason = reason.strip_prefix("libpcap error: ").unwrap_or(reason);
    let filter = escape(filter.as_bytes());
    LiveError::Filter { filter, column, reason: escape(reason.as_bytes()) }
}

/// Where the word is that libpcap quotes.
fn named(filter: &str, reason: &str) -> Option<usize> {
    reason
        .split(['\'', '"'])
        .skip(1)
        .step_by(2)
        .filter(|quoted| !quoted.is_empty())
        .find_map(|quoted| filter.find(quoted))
}

/// Where the first word begins after which nothing makes a whole; if there is none, the end.
fn first_wrong_word(filter: &str, compiles: &dyn Fn(&str) -> bool) -> usize {
    let can_go_on = |beginning: &str| {
        let open = beginning.matches('(').count().saturating_sub(beginning.matches(')').count());
        let close = ")".repeat(open);
        CONTINUED.iter().any(|rest| compiles(&format!("{beginning}{rest}{close}")))
    };
    words(filter)
        .find(|(_, end)| !filter.get(..*end).is_some_and(can_go_on))
        .map_or(filter.len(), |(start, _)| start)
}

/// Where words begin and end.
fn words(filter: &str) -> impl Iterator<Item = (usize, usize)> {
    filter.split_whitespace().map(move |word| {
        // Both lie in `filter`.
        let start = word.as_ptr().addr() - filter.as_ptr().addr();
        (start, start + word.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pcap::{Capture, Linktype};

    /// The two lines below the message: the filter, and what stands under it.
    fn told(filter: &str) -> Option<String> {
        let capture = Capture::dead(Linktype::ETHERNET).unwrap();
        let error = capture.compile(filter, true).err()?;
        Some(wrong(filter, &error.to_string(), &|other| capture.compile(other, true).is_ok()).to_string())
    }

    #[test]
    fn a_caret_stands_under_the_word_that_is_wrong() {
        assert_eq!(told("tcp port 8080 and (host 127.0.0.1 or port 443)"), None);
        for (filter, caret) in [
            ("tcp prot 8080", "    ^"),
            ("tcp port", "        ^"),
            ("port 80 adn port 443", "        ^"),
            ("tcp port 8080 and (host 127.0.0.1", "                                 ^"),
            ("host 127.0.0.1 )", "               ^"),
            ("port 99999", "     ^"),
            ("port a\x1bb", "     ^"),
        ] {
            let told = told(filter).unwrap();
            assert_eq!(told.lines().last().unwrap(), format!("  {caret}"), "{told}");
            assert!(!told.contains('\x1b'));
        }
    }
}
