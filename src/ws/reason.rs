//! What the reason of a Close frame says (RFC 6455 §7.1.6), as far as its words show that.

use std::ops::Range;

/// Words that say no more than that something ends, and whose.
const OF_AN_END: [&[u8]; 44] = [
    b"a",
    b"an",
    b"and",
    b"the",
    b"is",
    b"was",
    b"has",
    b"been",
    b"by",
    b"of",
    b"to",
    b"from",
    b"for",
    b"with",
    b"on",
    b"at",
    b"ok",
    b"normal",
    b"normally",
    b"closure",
    b"close",
    b"closed",
    b"closes",
    b"closing",
    b"connection",
    b"session",
    b"stream",
    b"socket",
    b"websocket",
    b"channel",
    b"endpoint",
    b"server",
    b"client",
    b"peer",
    b"remote",
    b"end",
    b"ended",
    b"ending",
    b"terminated",
    b"going",
    b"gone",
    b"away",
    b"bye",
    b"goodbye",
];

/// What words about time begin with.
const OF_TIME: [&[u8]; 13] = [
    b"ping",
    b"pong",
    b"heartbeat",
    b"keepalive",
    b"alive",
    b"idle",
    b"inactiv",
    b"activity",
    b"timeout",
    b"timed",
    b"expir",
    b"lifetime",
    b"duration",
];

/// What words of a failure begin with: no more than tells them, as a redacted copy keeps that.
const OF_FAILURE: [&[u8]; 28] = [
    b"error",
    b"fail",
    b"exception",
    b"crash",
    b"panic",
    b"abort",
    b"unexp",
    b"inval",
    b"malfor",
    b"illega",
    b"violat",
    b"unauth",
    b"forbid",
    b"denied",
    b"refuse",
    b"reject",
    b"kicked",
    b"banned",
    b"overlo",
    b"exceed",
    b"quota",
    b"unavai",
    b"unable",
    b"cannot",
    b"unheal",
    b"unsupp",
    b"missed",
    b"lost",
];

/// Words before one of those that say the opposite.
const OPPOSITE: [&[u8]; 3] = [b"no", b"without", b"not"];

/// Words that name pings, by which a reason says which limit was reached.
const PING_WORDS: [&[u8]; 4] = [b"ping", b"pong", b"heartbeat", b"alive"];

/// Other words that say that time was up.
const TIME_WORDS: [&[u8]; 8] =
    [b"idle", b"inactiv", b"timeout", b"timed out", b"time out", b"expire", b"lifetime", b"duration"];

/// Where the reason of a Close frame has a word that says that time was up, if it has one; those that name pings come first.
fn time_word(reason: &[u8]) -> Option<Range<usize>> {
    find_word(reason, &PING_WORDS).or_else(|| find_word(reason, &TIME_WORDS))
}

/// Whether the reason of a Close frame is that a ping got no pong in time.
pub(crate) fn names_ping(reason: &[u8]) -> bool {
    find_word(reason, &PING_WORDS).is_some()
}

/// Where the first of these `words` stands that is in `reason`, in capitals or not.
fn find_word(reason: &[u8], words: &[&[u8]]) -> Option<Range<usize>> {
    let reason = reason.to_ascii_lowercase();
    words.iter().find_map(|word| {
        let start = reason.windows(word.len()).position(|found| found == *word)?;
        Some(start..start + word.len())
    })
}

/// Whether it says no more than a Close without a reason: that something ends.
pub(crate) fn says_nothing(reason: &[u8]) -> bool {
    reason.is_ascii() && words(reason).all(|word| is_one_of(at(reason, word), &OF_AN_END))
}

/// Whether it says that time was up.
pub(crate) fn names_time(reason: &[u8]) -> bool {
    time_word(reason).is_some() || words(reason).any(|word| beginning(at(reason, word), &OF_TIME).is_some())
}

/// Whether it says that something went wrong, or did not come in time.
pub(crate) fn names_trouble(reason: &[u8]) -> bool {
    trouble(reason).is_some()
}

/// Where the known beginning of the first word stands that says so.
fn trouble(reason: &[u8]) -> Option<Range<usize>> {
    let mut before: &[u8] = b"";
    words(reason).find_map(|range| {
        let word = at(reason, range.clone());
        let is_opposite = is_one_of(std::mem::replace(&mut before, word), &OPPOSITE);
        let failure = beginning(word, &OF_FAILURE).filter(|_| !is_opposite);
        let known = beginning(word, &OF_TIME).or(failure)?;
        Some(range.start..range.start + known.len())
    })
}

/// Where the word stands on which that rests, or all of it if it says nothing.
#[cfg(feature = "report")]
pub(crate) fn telling_word(reason: &[u8]) -> Option<Range<usize>> {
    if says_nothing(reason) {
        return Some(0..reason.len());
    }
    let time = time_word(reason);
    let begins_word = |word: &Range<usize>| words(reason).any(|other| other.start == word.start);
    time.clone().filter(begins_word).or_else(|| trouble(reason)).or(time)
}

fn words(reason: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut end = 0;
    reason.split(|byte| !byte.is_ascii_alphabetic()).filter_map(move |word| {
        let start = end;
        end = start + word.len() + 1;
        (!word.is_empty()).then_some(start..start + word.len())
    })
}

fn at(reason: &[u8], word: Range<usize>) -> &[u8] {
    reason.get(word).unwrap_or_default()
}

fn is_one_of(word: &[u8], words: &[&[u8]]) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Which of these `words` this one begins with.
fn beginning<'a>(word: &[u8], words: &[&'a [u8]]) -> Option<&'a [u8]> {
    let begins =
        |known: &&[u8]| word.get(..known.len()).is_some_and(|start| start.eq_ignore_ascii_case(known));
    words.iter().copied().find(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_repeats_its_code_says_nothing() {
        for reason in
            ["", "Going away", "Normal Closure", "Stream ended", "connection closed by server", "Bye!"]
        {
            assert!(says_nothing(reason.as_bytes()), "{reason}");
        }
        for reason in ["user logged out", "done", "до свидания", "no activity for 60 seconds"] {
            assert!(!says_nothing(reason.as_bytes()), "{reason}");
        }
    }

    #[test]
    fn words_count_and_not_parts_of_them() {
        for reason in
            ["no activity for 60 seconds", "Idle for 300241ms > 300000ms", "keep-alive", "Ping timed out"]
        {
            assert!(names_time(reason.as_bytes()) && names_trouble(reason.as_bytes()), "{reason}");
        }
        for reason in ["internal ERROR", "token rejected", "missed pong", "failed to write"] {
            assert!(names_trouble(reason.as_bytes()), "{reason}");
        }
        for reason in
            ["", "shopping done", "server stopping", "closed without error", "no errors", "logout", "mapped"]
        {
            assert!(!names_trouble(reason.as_bytes()), "{reason}");
        }
    }

    #[test]
    #[cfg(feature = "report")]
    fn what_is_told_of_a_reason_rests_on_one_word() {
        let found = |reason: &'static str| reason.get(telling_word(reason.as_bytes())?);
        for (reason, word) in [
            ("Alice was Idle", Some("Idle")),
            ("Going away", Some("Going away")),
            ("no reason but a rejected token", Some("reject")),
            ("shopping done with errors", Some("error")),
            ("Bob left", None),
        ] {
            assert_eq!(found(reason), word);
        }
    }
}
