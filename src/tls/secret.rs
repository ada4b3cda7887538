//! A secret: what it is for, which connection it opens, and where it came from.

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
    /// What the master secret of TLS 1.2 and older is made of. No TLS library logs it; people who have computed one pass it to
    /// Wireshark so.
    ClientPremaster,
}

impl Label {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::ClientRandom,
        Self::ClientEarlyTraffic,
        Self::ClientHandshakeTraffic,
        Self::ServerHandshakeTraffic,
        Self::ClientTraffic,
        Self::ServerTraffic,
        Self::ClientPremaster,
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
            Self::ClientPremaster => "PMS_CLIENT_RANDOM",
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
    let line = label.len() + 2 * (1 + name.len() + secret.bytes().len()) + 1;
    let mut longer = Zeroizing::new(String::with_capacity(log.len() + line));
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
