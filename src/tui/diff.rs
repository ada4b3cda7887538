//! Which lines of two texts belong together.

/// Lines of both, as their numbers from 0: the same in both, different, or in one of them only.
pub(super) type LinePair = (Option<usize>, Option<usize>);

/// As many comparisons as a key may wait for.
const COMPARED: usize = 250_000;

/// Pairs the lines of two texts so that as many as possible stand beside their like; what differs in between stands side by
/// side. Where that would take too long, lines stand beside those of their number.
pub(super) fn pairs(one: &[&str], other: &[&str]) -> Vec<LinePair> {
    let same = |(a, b): &(&&str, &&str)| a == b;
    let head = one.iter().zip(other).take_while(same).count();
    let (rest, other_rest) = (one.get(head..).unwrap_or_default(), other.get(head..).unwrap_or_default());
    let tail = rest.iter().rev().zip(other_rest.iter().rev()).take_while(same).count();
    let middle = |lines: &[&str]| head..lines.len() - tail;
    let mut found: Vec<LinePair> = (0..head).map(|at| (Some(at), Some(at))).collect();
    let like = common(one.get(middle(one)).unwrap_or_default(), other.get(middle(other)).unwrap_or_default());
    let (mut at, mut other_at) = (head, head);
    let ends = (one.len() - tail, other.len() - tail);
    for (a, b) in like.into_iter().map(|(a, b)| (a + head, b + head)).chain([ends]) {
        let apart = (a - at).max(b - other_at);
        found.extend(
            (0..apart)
                .map(|by| (Some(at + by).filter(|at| *at < a), Some(other_at + by).filter(|at| *at < b))),
        );
        if (a, b) != ends {
            found.push((Some(a), Some(b)));
        }
        (at, other_at) = (a + 1, b + 1);
    }
    found.extend((0..tail).map(|by| (Some(ends.0 + by), Some(ends.1 + by))));
    found
}

/// A longest common subsequence.
fn common(one: &[&str], other: &[&str]) -> Vec<(usize, usize)> {
    let width = other.len() + 1;
    if one.is_empty() || other.is_empty() || one.len() * other.len() > COMPARED {
        return Vec::new();
    }
    // How long the longest one is of what follows these lines.
    let mut longest = vec![0_u32; (one.len() + 1) * width];
    let of = |longest: &[u32], a: usize, b: usize| longest.get(a * width + b).copied().unwrap_or(0);
    for (a, line) in one.iter().enumerate().rev() {
        for (b, other_line) in other.iter().enumerate().rev() {
            let best = if line == other_line {
                of(&longest, a + 1, b + 1) + 1
            } else {
                of(&longest, a + 1, b).max(of(&longest, a, b + 1))
            };
            if let Some(cell) = longest.get_mut(a * width + b) {
                *cell = best;
            }
        }
    }
    let (mut a, mut b, mut found) = (0, 0, Vec::new());
    while let (Some(line), Some(other_line)) = (one.get(a), other.get(b)) {
        if line == other_line {
            found.push((a, b));
            (a, b) = (a + 1, b + 1);
        } else if of(&longest, a + 1, b) >= of(&longest, a, b + 1) {
            a += 1;
        } else {
            b += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(one: &str, other: &str) -> Vec<String> {
        let (one, other): (Vec<&str>, Vec<&str>) =
            (one.split_whitespace().collect(), other.split_whitespace().collect());
        let text = |lines: &[&str], at: Option<usize>| at.map_or("-".to_owned(), |at| lines[at].to_owned());
        pairs(&one, &other).into_iter().map(|(a, b)| text(&one, a) + &text(&other, b)).collect()
    }

    #[test]
    fn lines_stand_beside_their_like() {
        assert_eq!(drawn("a b c", "a b c"), ["aa", "bb", "cc"]);
        assert_eq!(drawn("a b c", "a x c"), ["aa", "bx", "cc"]);
        assert_eq!(drawn("a c", "a b c"), ["aa", "-b", "cc"]);
        assert_eq!(drawn("a b c d", "b d e"), ["a-", "bb", "c-", "dd", "-e"]);
        assert_eq!(drawn("", "a"), ["-a"]);
        assert_eq!(drawn("a", ""), ["a-"]);
        assert_eq!(drawn("a a", "a"), ["aa", "a-"]);
        assert!(drawn("", "").is_empty());
    }

    #[test]
    fn every_line_is_there_once_and_in_order() {
        let text = |seed: usize, count: usize| {
            (0..count).map(|at| ["a", "b", "c"][(at * at * seed + at / 3) % 3]).collect::<Vec<_>>()
        };
        for (count, other_count) in [(0, 5), (7, 7), (30, 20), (600, 600)] {
            for seed in 1..6 {
                let (one, other) = (text(seed, count), text(seed + 1, other_count));
                let pairs = pairs(&one, &other);
                assert!(pairs.iter().filter_map(|(a, _)| *a).eq(0..count));
                assert!(pairs.iter().filter_map(|(_, b)| *b).eq(0..other_count));
            }
        }
    }
}
