//! Secrets and where they are kept until a connection asks for them.

use std::collections::{HashMap, HashSet};
use std::fmt;

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
}

impl Secrets {
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

    /// Whether a key log says that this `ClientHello` had an encrypted one inside.
    pub fn has_encrypted_hello(&self, random: &Random) -> bool {
        self.encrypted.contains(random)
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
    }

    /// Remembers a line that holds no secret although it begins like one.
    pub fn add_damaged(&mut self, line: DamagedLine) {
        if self.damaged.len() < DAMAGED {
            self.damaged.push(line);
        }
    }

    /// All secrets of a connection.
    pub fn of(&self, random: &Random) -> &[LoggedSecret] {
        self.by_random.get(random).map_or(&[], Vec::as_slice)
    }

    /// The premaster secret whose encrypted form begins like this.
    pub fn premaster(&self, encrypted: [u8; 8]) -> Option<&(Origin, Secret)> {
        self.by_premaster.get(&encrypted)
    }

    /// The damaged line that would have had a secret of this connection.
    pub fn damaged(&self, random: &Random, label: Label) -> Option<DamagedLine> {
        self.damaged.iter().copied().find(|line| line.random == Some(*random) && line.label == label)
    }

    /// How many connections there are secrets for.
    pub fn connections(&self) -> u64 {
        (self.by_random.len() + self.by_premaster.len()) as u64
    }

    /// Rises with every secret.
    pub const fn revision(&self) -> u64 {
        self.revision
    }
}
