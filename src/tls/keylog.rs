//! Key logs: `SSLKEYLOGFILE`, as NSS began it and draft-ietf-tls-keylogfile describes it.
//!
//! A line has a label, the client random that names a connection, and the secret, both in hexadecimal. Real files have
//! comments, empty lines, other line ends, lines of other tools, labels that lead to no record, and a last line that is
//! still being written.

use zeroize::{Zeroize, Zeroizing};

use super::secret::{DamagedLine, Label, LogLines, Origin, Random, Secret, add_line};
use super::secrets::Secrets;

/// No line with a secret is longer: a label, 64 digits, and 2,048 of a premaster secret, if a group of 8,192 bits agreed on it
/// (RFC 7919).
const LINE: usize = 2_304;

/// Reads a key log in pieces of any length.
#[derive(Debug)]
pub struct KeyLog {
    origin: Origin,
    /// The beginning of a line whose end has not come.
    line: Zeroizing<Vec<u8>>,
    /// That line is too long to have a secret, and the rest of it is passed over.
    passing: bool,
    /// Lines that are over.
    lines: u64,
    /// What they are.
    counted: LogLines,
}

impl KeyLog {
    /// One from `origin`.
    pub fn new(origin: Origin) -> Self {
        Self {
            origin,
            line: Zeroizing::new(Vec::with_capacity(LINE)),
            passing: false,
            lines: 0,
            counted: LogLines::default(),
        }
    }

    /// The rest of one, of which `lines` lines came before.
    pub fn behind(lines: u64, origin: Origin) -> Self {
        Self { lines, ..Self::new(origin) }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, mut bytes: &[u8], secrets: &mut Secrets) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = bytes.split_at(end);
            bytes = rest.get(1..).unwrap_or_default();
            if self.line.is_empty() && !self.passing {
                self.lines += 1;
                self.read(line, secrets);
            } else {
                self.keep(line);
                self.end_line(secrets);
            }
        }
        self.keep(bytes);
    }

    /// Nothing follows: what is there of the last line counts.
    pub fn finish(&mut self, secrets: &mut Secrets) {
        if !self.line.is_empty() {
            self.end_line(secrets);
        }
    }

    /// How many lines of each kind have come.
    pub const fn lines(&self) -> LogLines {
        self.counted
    }

    fn keep(&mut self, bytes: &[u8]) {
        // The line never grows beyond its capacity, so it never moves and leaves no copy of a secret behind.
        if self.line.len() + bytes.len() > LINE {
            self.line.zeroize();
            self.passing = true;
        }
        if !self.passing {
            self.line.extend_from_slice(bytes);
        }
    }

    fn end_line(&mut self, secrets: &mut Secrets) {
        self.lines += 1;
        if self.passing {
            self.counted.others += 1;
        } else {
            let line = Zeroizing::new(self.line.to_vec());
            self.read(&line, secrets);
        }
        self.passing = false;
        self.line.zeroize();
    }

    fn read(&mut self, line: &[u8], secrets: &mut Secrets) {
        self.counted.count(line);
        let mut words = words(line);
        let (Some(label), name, secret) = (words.next(), words.next(), words.next()) else { return };
        if label == b"RSA" {
            if let (Some(encrypted), Some(secret)) = (name.and_then(digits::<8>), secret.and_then(hidden)) {
                secrets.add_premaster(encrypted, Secret::new(&secret), self.origin);
            }
            return;
        }
        if label == b"ECH_SECRET" {
            name.and_then(digits::<32>)
                .into_iter()
                .for_each(|name| secrets.add_encrypted_hello(Random(name)));
            return;
        }
        let Some(label) = label_of(label) else { return };
        let random = name.and_then(digits::<32>).map(Random);
        let secret = secret.and_then(hidden).filter(|secret| fits(label, secret.len()));
        match (random, secret) {
            (Some(random), Some(secret)) => secrets.add(random, label, Secret::new(&secret), self.origin),
            (random, _) => secrets.add_damaged(DamagedLine { line: self.lines, label, random }),
        }
    }
}

/// What a line of a key log belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineOwner {
    /// To a connection.
    Connection(Random),
    /// To a premaster secret whose encrypted form begins so.
    Premaster([u8; 8]),
}

impl LineOwner {
    /// Of a line that may help to open something, whether or not its secret is whole.
    pub fn of(line: &[u8]) -> Option<Self> {
        let mut words = words(line);
        let (label, name) = (words.next()?, words.next()?);
        match label {
            b"RSA" => digits(name).map(Self::Premaster),
            b"ECH_SECRET" => digits(name).map(Random).map(Self::Connection),
            _ => label_of(label).and_then(|_| digits(name)).map(Random).map(Self::Connection),
        }
    }
}

impl Secrets {
    /// The lines of a key log that have the secrets of this name.
    pub fn lines(&self, name: &LineOwner) -> Zeroizing<String> {
        match name {
            LineOwner::Connection(random) => self.about(random).lines(random, 0),
            LineOwner::Premaster(encrypted) => {
                let mut lines = Zeroizing::default();
                if let Some((_, secret)) = self.premaster(*encrypted) {
                    add_line(&mut lines, "RSA", encrypted, &secret);
                }
                lines
            }
        }
    }
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    // A log that was emptied while it was being written begins with a hole, which reads as zeros.
    line.split(|byte| byte.is_ascii_whitespace() || *byte == 0).filter(|word| !word.is_empty())
}

fn label_of(word: &[u8]) -> Option<Label> {
    Label::ALL.into_iter().find(|known| known.name().as_bytes() == word)
}

/// Master secrets have 48 bytes (RFC 5246 §8.1), those of TLS 1.3 as many as the hash.
const fn fits(label: Label, length: usize) -> bool {
    match label {
        Label::ClientRandom => length == 48,
        // What the peers agreed on is as long as the group has it (RFC 5246 §8.1).
        Label::ClientPremaster => length > 0,
        Label::ClientEarlyTraffic
        | Label::ClientHandshakeTraffic
        | Label::ServerHandshakeTraffic
        | Label::ClientTraffic
        | Label::ServerTraffic => length == 32 || length == 48,
    }
}

fn digits<const N: usize>(word: &[u8]) -> Option<[u8; N]> {
    let mut out = [0; N];
    hex::decode_to_slice(word, &mut out).ok()?;
    Some(out)
}

fn hidden(word: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    hex::decode(word).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::super::secret::add_line;
    use super::*;

    fn read(text: &[u8], piece: usize) -> Secrets {
        let mut secrets = Secrets::default();
        let mut log = KeyLog::new(Origin::KeyLog);
        text.chunks(piece).for_each(|bytes| log.push(bytes, &mut secrets));
        log.finish(&mut secrets);
        secrets
    }

    fn line(label: &str, random: u8, secret: u8, length: usize) -> String {
        format!("{label} {} {}\n", hex::encode([random; 32]), hex::encode(vec![secret; length]))
    }

    #[test]
    fn lines_as_they_come() {
        let master = line("CLIENT_RANDOM", 1, 0xAB, 48);
        let traffic = line("SERVER_TRAFFIC_SECRET_0", 2, 0xCD, 32).to_uppercase();
        let text = format!(
            "# a comment\r\n\r\n{}{master}\0\0{master}EXPORTER_SECRET 00 11\nnonsense\n{}",
            "x".repeat(5_000) + "\n",
            traffic.trim_end()
        );
        for piece in [1, 7, 100, 10_000] {
            let secrets = read(text.as_bytes(), piece);
            assert_eq!(secrets.connections(), 2);
            assert_eq!(secrets.revision(), 2, "the second copy of a line counts for nothing");
            assert_eq!(secrets.about(&Random([1; 32])).entries[0].secret.bytes(), [0xAB; 48]);
            assert_eq!(secrets.about(&Random([2; 32])).entries[0].label, Label::ServerTraffic);
        }
    }

    #[test]
    fn a_cut_line_is_remembered_by_its_number() {
        let whole = line("CLIENT_TRAFFIC_SECRET_0", 3, 1, 48);
        let text = format!("# begun\n{}", whole.get(..whole.len() - 20).unwrap());
        let secrets = read(text.as_bytes(), 50);
        let random = Random([3; 32]);
        let known = secrets.about(&random);
        assert!(known.entries.is_empty());
        let damaged = known.damaged(Label::ClientTraffic).unwrap();
        assert_eq!(damaged.line, 2);
    }

    #[test]
    fn premaster_lines_are_found_by_the_encrypted_secret() {
        let text = format!("RSA 0102030405060708 {}\n", hex::encode([9; 48]));
        let secrets = read(text.as_bytes(), 5);
        assert_eq!(secrets.premaster([1, 2, 3, 4, 5, 6, 7, 8]).unwrap().1.bytes(), [9; 48]);
    }

    #[test]
    fn a_line_that_is_written_can_be_read() {
        let mut text = Zeroizing::new(String::new());
        add_line(&mut text, Label::ClientTraffic.name(), &[5; 32], &Secret::new(&[6; 32]));
        add_line(&mut text, "RSA", &[7; 8], &Secret::new(&[8; 48]));
        assert_eq!(
            text.lines().map(|line| LineOwner::of(line.as_bytes())).collect::<Vec<_>>(),
            [Some(LineOwner::Connection(Random([5; 32]))), Some(LineOwner::Premaster([7; 8])),]
        );
        let secrets = read(text.as_bytes(), 100);
        assert_eq!(secrets.about(&Random([5; 32])).entries[0].secret.bytes(), [6; 32]);
        assert_eq!(secrets.premaster([7; 8]).unwrap().1.bytes(), [8; 48]);
    }

    #[test]
    fn nothing_prints_a_secret() {
        let secrets = read(line("CLIENT_RANDOM", 0x11, 0xAB, 48).as_bytes(), 100);
        let printed = format!("{secrets:?}");
        assert!(!printed.contains("171") && !printed.to_lowercase().contains("abab"), "{printed}");
    }
}
