//! Secrets and where they are kept until a connection asks for them.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// A secret. It is overwritten when it is dropped, and nothing prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Box<[u8]>>);

impl Secret {
    /// A copy of `bytes`.
    pub fn new(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Says only that there is one.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The 32 random bytes of a `ClientHello`, by which a key log names a connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Random(pub [u8; 32]);

impl fmt::Display for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a secret is for: the labels of the key log format that lead to the bytes of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Label {
    /// The master secret of TLS 1.2 and older.
    ClientRandom,
    /// Early data of the client.
    ClientEarlyTraffic,
    /// The client's handshake messages.
    ClientHandshakeTraffic,
    /// The server's handshake messages.
    ServerHandshakeTraffic,
    /// What the client sends after the handshake.
    ClientTraffic,
    /// What the server sends after the handshake.
    ServerTraffic,
}

impl Label {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::ClientRandom,
        Self::ClientEarlyTraffic,
        Self::ClientHandshakeTraffic,
        Self::ServerHandshakeTraffic,
        Self::ClientTraffic,
        Self::ServerTraffic,
    ];

    /// As key logs spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientRandom => "CLIENT_RANDOM",
            Self::ClientEarlyTraffic => "CLIENT_EARLY_TRAFFIC_SECRET",
            Self::ClientHandshakeTraffic => "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
            Self::ServerHandshakeTraffic => "SERVER_HANDSHAKE_TRAFFIC_SECRET",
            Self::ClientTraffic => "CLIENT_TRAFFIC_SECRET_0",
            Self::ServerTraffic => "SERVER_TRAFFIC_SECRET_0",
        }
    }
}

/// Where a secret came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A key log.
    KeyLog,
    /// The capture itself.
    Capture,
}

impl Origin {
    /// `keylog` or `pcapng`, as JSON prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::KeyLog => "keylog",
            Self::Capture => "pcapng",
        }
    }
}

/// A secret with its label and origin.
#[derive(Clone, Debug)]
pub struct LoggedSecret {
    /// What it is for.
    pub label: Label,
    /// Where it came from.
    pub origin: Origin,
    /// The secret.
    pub secret: Secret,
}

/// Adds a line to a key log.
pub(super) fn add_line(log: &mut Zeroizing<String>, label: &str, name: &[u8], secret: &Secret) {
    // Room for all of it, so that no copy of the secret stays behind.
    let mut longer = Zeroizing::new(String::with_capacity(log.len() + 512));
    longer.push_str(log);
    longer.push_str(label);
    for bytes in [name, secret.bytes()] {
        longer.push(' ');
        let digits = Zeroizing::new(hex::encode(bytes));
        longer.push_str(&digits);
    }
    longer.push('\n');
    *log = longer;
}

/// A line of a key log that begins like one with a secret and holds none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DamagedLine {
    /// Its number in its key log, from 1.
    pub line: u64,
    /// What the secret would have been for.
    pub label: Label,
    /// The connection it would have been for, where that can still be read.
    pub random: Option<Random>,
}

/// How many damaged lines are remembered.
const DAMAGED: usize = 1_024;

/// What there is in key logs besides secrets: lines that are not empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogLines {
    /// Those that begin with `#`.
    pub comments: u64,
    /// The others.
    pub others: u64,
}

impl LogLines {
    /// Counts a line.
    pub(crate) fn count(&mut self, line: &[u8]) {
        match line.trim_ascii().first() {
            None => {}
            Some(b'#') => self.comments += 1,
            Some(_) => self.others += 1,
        }
    }

    /// Those of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self { comments: self.comments + other.comments, others: self.others + other.others }
    }
}

/// A place where secrets are looked up only when a connection asks for them, such as a key log that does not fit into memory.
///
/// What it does to find them is its own affair: the answer is the same for the same question, until
/// [`revision`](Self::revision) rises.
pub trait Vault: fmt::Debug + Send + Sync {
    /// All that it has about the connection that `random` names.
    fn about(&self, random: &Random) -> Secrets;

    /// All that it has about any connection, unless it knows more than `most` of them.
    fn all(&self, most: u64) -> Secrets;

    /// The premaster secret whose encrypted form begins like this.
    fn premaster(&self, encrypted: [u8; 8]) -> Option<(Origin, Secret)>;

    /// How many connections it has secrets for.
    fn connections(&self) -> u64;

    /// Rises when it may have more.
    fn revision(&self) -> u64;

    /// The lines that it has read, if it is a key log.
    fn lines(&self) -> Option<LogLines> {
        None
    }
}

/// All secrets there are.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    by_random: HashMap<Random, Vec<LoggedSecret>>,
    /// Premaster secrets by the first eight bytes of the encrypted one (`RSA` lines).
    by_premaster: HashMap<[u8; 8], (Origin, Secret)>,
    /// Connections whose `ClientHello` was encrypted: they bear another name (`ECH_SECRET` lines).
    encrypted: HashSet<Random>,
    damaged: Vec<DamagedLine>,
    revision: u64,
    /// The lines of the key logs that were read into it.
    lines: Option<LogLines>,
    vaults: Vec<Arc<dyn Vault>>,
}

/// What there is about one connection.
#[derive(Clone, Debug, Default)]
pub struct ConnectionSecrets {
    /// Its secrets, in the order in which they came.
    pub entries: Vec<LoggedSecret>,
    /// A key log says that its `ClientHello` had an encrypted one inside.
    pub has_encrypted_hello: bool,
    damaged: Vec<DamagedLine>,
}

impl ConnectionSecrets {
    /// The damaged line that would have had a secret with this label.
    pub fn damaged(&self, label: Label) -> Option<DamagedLine> {
        self.damaged.iter().copied().find(|line| line.label == label)
    }

    /// The secrets with this label.
    pub fn with(&self, label: Label) -> impl Iterator<Item = &LoggedSecret> {
        self.entries.iter().filter(move |entry| entry.label == label)
    }

    /// The lines of a key log that have its secrets but for the first `skipped` ones; `random` names it.
    pub fn lines(&self, random: &Random, skipped: usize) -> Zeroizing<String> {
        let mut lines = Zeroizing::new(String::new());
        for LoggedSecret { label, secret, .. } in self.entries.iter().skip(skipped) {
            add_line(&mut lines, label.name(), &random.0, secret);
        }
        lines
    }

    fn add(&mut self, entry: &LoggedSecret) {
        let is_new = |known: &LoggedSecret| known.label != entry.label || known.secret != entry.secret;
        if self.entries.iter().all(is_new) {
            self.entries.push(entry.clone());
        }
    }
}

impl Secrets {
    /// Has `vault` asked as well, from now on.
    pub fn ask(&mut self, vault: Arc<dyn Vault>) {
        self.vaults.push(vault);
    }

    /// Takes a secret of the connection that `random` names. What is there already is not taken twice.
    pub fn add(&mut self, random: Random, label: Label, secret: Secret, origin: Origin) {
        let entries = self.by_random.entry(random).or_default();
        if !entries.iter().any(|entry| entry.label == label && entry.secret == secret) {
            entries.push(LoggedSecret { label, origin, secret });
            self.revision += 1;
        }
    }

    /// Takes a premaster secret.
    pub fn add_premaster(&mut self, encrypted: [u8; 8], secret: Secret, origin: Origin) {
        self.by_premaster.insert(encrypted, (origin, secret));
        self.revision += 1;
    }

    /// Notes that what `random` names is the outer `ClientHello` of an encrypted one.
    pub fn add_encrypted_hello(&mut self, random: Random) {
        self.encrypted.insert(random);
    }

    /// Takes all that `other` has.
    pub fn merge(&mut self, other: Self) {
        for (random, entries) in other.by_random {
            for entry in entries {
                self.add(random, entry.label, entry.secret, entry.origin);
            }
        }
        for (encrypted, (origin, secret)) in other.by_premaster {
            self.add_premaster(encrypted, secret, origin);
        }
        self.encrypted.extend(other.encrypted);
        other.damaged.into_iter().for_each(|line| self.add_damaged(line));
        other.lines.into_iter().for_each(|lines| self.add_log(lines));
        self.vaults.extend(other.vaults);
    }

    /// Whether all secrets that `other` has are there.
    pub fn covers(&self, other: &Self) -> bool {
        let has_entries = |(random, entries): (&Random, &Vec<LoggedSecret>)| {
            let known = self.about(random);
            let is_there =
                |entry: &LoggedSecret| known.with(entry.label).any(|own| own.secret == entry.secret);
            entries.iter().all(is_there)
        };
        other.by_random.iter().all(has_entries)
            && other.by_premaster.keys().all(|encrypted| self.premaster(*encrypted).is_some())
    }

    /// Remembers a line that holds no secret although it begins like one.
    pub fn add_damaged(&mut self, line: DamagedLine) {
        if self.damaged.len() < DAMAGED {
            self.damaged.push(line);
        }
    }

    /// All that there is about a connection.
    pub fn about(&self, random: &Random) -> ConnectionSecrets {
        let mut known = ConnectionSecrets::default();
        self.tell_about(random, &mut known);
        for vault in &self.vaults {
            vault.about(random).tell_about(random, &mut known);
        }
        known
    }

    /// The names of all connections, in the order of their bytes; none if there are more than `most`.
    pub(super) fn names(&self, most: u64) -> Vec<Random> {
        if self.connections() > most {
            return Vec::new();
        }
        let of_vaults = self.vaults.iter().flat_map(|vault| vault.all(most).by_random.into_keys());
        let mut names: Vec<_> = self.by_random.keys().copied().chain(of_vaults).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What of it is about one connection, by itself.
    #[must_use]
    pub fn part(&self, random: &Random) -> Self {
        let mut part = Self::default();
        for LoggedSecret { label, origin, secret } in self.about(random).entries {
            part.add(*random, label, secret, origin);
        }
        part.encrypted.extend(self.encrypted.get(random));
        part.damaged.extend(self.damaged.iter().filter(|line| line.random == Some(*random)));
        part
    }

    fn tell_about(&self, random: &Random, known: &mut ConnectionSecrets) {
        self.by_random.get(random).into_iter().flatten().for_each(|entry| known.add(entry));
        known.has_encrypted_hello |= self.encrypted.contains(random);
        known.damaged.extend(self.damaged.iter().filter(|line| line.random == Some(*random)));
    }

    /// The premaster secret whose encrypted form begins like this.
    pub fn premaster(&self, encrypted: [u8; 8]) -> Option<(Origin, Secret)> {
        let own = self.by_premaster.get(&encrypted).cloned();
        own.or_else(|| self.vaults.iter().find_map(|vault| vault.premaster(encrypted)))
    }

    /// How many connections there are secrets for.
    pub fn connections(&self) -> u64 {
        let own = (self.by_random.len() + self.by_premaster.len()) as u64;
        own + self.vaults.iter().map(|vault| vault.connections()).sum::<u64>()
    }

    /// Notes that a key log was read into it.
    pub fn add_log(&mut self, lines: LogLines) {
        self.lines = Some(self.lines.unwrap_or_default().and(lines));
    }

    /// The lines of all key logs; `None` if there is no key log.
    pub fn log_lines(&self) -> Option<LogLines> {
        let of_vaults = self.vaults.iter().filter_map(|vault| vault.lines());
        self.lines.into_iter().chain(of_vaults).reduce(LogLines::and)
    }

    /// Rises with every secret.
    pub fn revision(&self) -> u64 {
        self.vaults.iter().fold(self.revision, |sum, vault| sum.wrapping_add(vault.revision()))
    }
}
