//! Sentences in few bytes: hundreds of thousands of sessions end alike, but for figures.

/// What many sentences have in common; of two that begin alike, the longer one first. A byte below a blank stands for each,
/// which escaped text does not contain.
const PHRASES: [&str; 27] = [
    "the client closed with ",
    "the server closed with ",
    "1000 (normal closure)",
    "1001 (going away)",
    " (normal closure)",
    " closed without a code (1005)",
    ", the server answered ",
    ", the client answered ",
    " did not answer",
    "; the client's message was delivered and acknowledged before",
    "; the server's message was delivered and acknowledged before",
    "; both messages of the ",
    " were delivered and acknowledged before",
    "; all ",
    "; the server ended TCP (FIN)",
    "; the client ended TCP (FIN)",
    "; the server ended TCP (RST)",
    "; the client ended TCP (RST)",
    "no Close frame",
    " with its Close",
    " at once",
    " later",
    " messages of the ",
    "; the ",
    "client",
    "server",
    " ms",
];

/// Stands in front of a text that contains what stands for phrases.
const PLAIN: u8 = 31;

/// A sentence, packed.
#[derive(Clone, Debug)]
pub(super) struct Sentence(Box<[u8]>);

impl Sentence {
    pub(super) fn new(text: &str) -> Self {
        if text.bytes().any(|byte| byte < b' ') {
            return Self(std::iter::once(PLAIN).chain(text.bytes()).collect());
        }
        let mut packed = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let known = (0_u8..).zip(PHRASES).find(|(_, phrase)| rest.starts_with(phrase));
            let length = if let Some((place, phrase)) = known {
                packed.push(place);
                phrase.len()
            } else {
                packed.extend(c.encode_utf8(&mut [0; 4]).bytes());
                c.len_utf8()
            };
            rest = rest.get(length..).unwrap_or_default();
        }
        Self(packed.into())
    }

    /// The sentence as it was.
    pub(super) fn text(&self) -> String {
        if let Some((&PLAIN, plain)) = self.0.split_first() {
            return String::from_utf8_lossy(plain).into_owned();
        }
        let mut text = Vec::with_capacity(self.0.len() * 4);
        for byte in &self.0 {
            match PHRASES.get(usize::from(*byte)) {
                Some(phrase) => text.extend(phrase.bytes()),
                None => text.push(*byte),
            }
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Bytes allocated.
    pub(super) const fn bytes_held(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_sentence_comes_back() {
        for text in [
            "",
            "the client closed with 1000 (normal closure), the server answered 2.0 ms later; both messages of the client \
             were delivered and acknowledged before; the server ended TCP (FIN) 4.0 ms later",
            "no Close frame; the server ended TCP (RST) after 12 µs of silence",
            "the server closed with 1011 (internal error) 'schöne Grüße, \\x1b', the client did not answer",
            "\u{1}\n and what else \u{1f} there may be",
        ] {
            assert_eq!(Sentence::new(text).text(), text);
        }
        for phrase in PHRASES {
            assert_eq!(Sentence::new(phrase).bytes_held(), 1, "{phrase} is hidden by another one");
        }
    }

    #[test]
    fn a_usual_end_takes_few_bytes() {
        let usual = "the client closed with 1000 (normal closure), the server answered 2.0 ms later; the client's message was \
                     delivered and acknowledged before; the server ended TCP (FIN) 4.0 ms later";
        assert!(Sentence::new(usual).bytes_held() <= 16);
    }
}
