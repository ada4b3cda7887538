//! All secrets there are, kept until a connection asks for them.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::secret::{DamagedLine, Label, LogLines, LoggedSecret, Origin, Random, Secret, add_line};

/// How many damaged lines are remembered.
const DAMAGED: usize = 1_024;

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
