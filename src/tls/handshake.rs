//! Handshake messages as an observer needs them (RFC 8446 §4, RFC 5246 §7.4).

use crate::model::Footprint;

use super::bytes::ByteReader;
use super::secret::Random;
use super::suite::{Cipher, Suite};
use super::version::Version;

/// The longest message that is kept; longer ones (certificates) are passed over.
const LONGEST: usize = 64 << 10;

/// The type of a handshake message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MessageType(pub(super) u8);

impl MessageType {
    pub(super) const CLIENT_HELLO: Self = Self(1);
    pub(super) const SERVER_HELLO: Self = Self(2);
    pub(super) const END_OF_EARLY_DATA: Self = Self(5);
    pub(super) const ENCRYPTED_EXTENSIONS: Self = Self(8);
    pub(super) const CERTIFICATE: Self = Self(11);
    pub(super) const CERTIFICATE_REQUEST: Self = Self(13);
    pub(super) const SERVER_HELLO_DONE: Self = Self(14);
    pub(super) const CLIENT_KEY_EXCHANGE: Self = Self(16);
    pub(super) const FINISHED: Self = Self(20);
    pub(super) const KEY_UPDATE: Self = Self(24);
}

/// Puts the handshake messages of one direction together, whatever records they come in.
#[derive(Debug, Default)]
pub(super) struct HandshakeMessages {
    buffer: Vec<u8>,
    /// Bytes still to come of a message that is too long to keep.
    passing: usize,
}

impl HandshakeMessages {
    /// Takes the next bytes and gives each message with its type, header included.
    pub(super) fn push(&mut self, mut bytes: &[u8], mut out: impl FnMut(MessageType, &[u8])) {
        loop {
            let passed = self.passing.min(bytes.len());
            self.passing -= passed;
            bytes = bytes.get(passed..).unwrap_or_default();
            let wanted = match self.buffer.first_chunk::<4>() {
                None => 4,
                Some([_, high, middle, low]) => 4 + u32::from_be_bytes([0, *high, *middle, *low]) as usize,
            };
            if wanted > LONGEST {
                if let Some(kind) = self.buffer.first() {
                    out(MessageType(*kind), &[]);
                }
                self.passing = wanted - self.buffer.len();
                self.buffer = Vec::new();
                continue;
            }
            let (head, rest) = bytes.split_at(wanted.saturating_sub(self.buffer.len()).min(bytes.len()));
            self.buffer.extend_from_slice(head);
            bytes = rest;
            if self.buffer.len() < wanted {
                return;
            }
            if let Some([kind, high, middle, low]) = self.buffer.first_chunk::<4>()
                && (wanted > 4 || (*high, *middle, *low) == (0, 0, 0))
            {
                out(MessageType(*kind), &self.buffer);
                self.buffer = Vec::new();
            }
        }
    }

    /// Bytes are missing: what follows begins a message, if a record does.
    pub(super) fn lose(&mut self) {
        *self = Self::default();
    }

    /// Bytes held.
    pub(super) fn held(&self) -> usize {
        self.buffer.capacity()
    }
}

/// What matters of a `ClientHello`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClientHello {
    pub(super) random: Random,
    pub(super) sni: Option<String>,
    pub(super) alpn: Vec<String>,
    /// It sends data before the handshake is over (RFC 8446 §4.2.10).
    pub(super) early_data: bool,
    /// A part of it is encrypted, or looks as if it were (RFC 9849).
    pub(super) encrypted: bool,
    /// The suites without encryption that it offers.
    pub(super) unencrypted: Vec<&'static Suite>,
}

impl ClientHello {
    /// What it takes of memory, in an allocation of its own.
    pub(super) fn memory(&self) -> usize {
        let suites = self.unencrypted.capacity() * size_of::<&Suite>();
        size_of::<Self>()
            + Footprint::ALLOCATION
            + memory_of(self.sni.iter())
            + memory_of(&self.alpn)
            + suites
    }
}

/// What texts take of memory besides themselves.
pub(super) fn memory_of<'a>(texts: impl IntoIterator<Item = &'a String>) -> usize {
    texts.into_iter().map(|text| size_of::<String>() + Footprint::ALLOCATION + text.capacity()).sum()
}

/// What matters of a `ServerHello`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ServerHello {
    pub(super) random: [u8; 32],
    pub(super) version: Version,
    pub(super) suite: u16,
    pub(super) compression: u8,
    /// A pre-shared key was chosen (TLS 1.3).
    pub(super) psk: bool,
    pub(super) extended_master_secret: bool,
    pub(super) encrypt_then_mac: bool,
}

/// Whether a `Certificate` message of a client, header included, holds no certificate: an empty list (RFC 5246 §7.4.6), in
/// TLS 1.3 behind an empty context, or behind that of a request after the handshake (RFC 8446 §4.4.2).
pub(super) fn is_certificate_missing(message: &[u8]) -> bool {
    match message.get(4..) {
        Some([0, 0, 0]) => true,
        Some([context, list @ ..]) => list.get(usize::from(*context)..) == Some(&[0, 0, 0]),
        _ => false,
    }
}

/// What a `HelloRetryRequest` has in place of a random (RFC 8446 §4.1.3).
const RETRY: [u8; 32] = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2,
    0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
];

impl ServerHello {
    /// Whether it asks for another `ClientHello`.
    pub(super) fn is_retry(&self) -> bool {
        self.random == RETRY
    }
}

/// Numbers of extensions (IANA registry).
mod extension {
    pub(super) const SERVER_NAME: u16 = 0;
    pub(super) const ALPN: u16 = 16;
    pub(super) const ENCRYPT_THEN_MAC: u16 = 22;
    pub(super) const EXTENDED_MASTER_SECRET: u16 = 23;
    pub(super) const PRE_SHARED_KEY: u16 = 41;
    pub(super) const EARLY_DATA: u16 = 42;
    pub(super) const SUPPORTED_VERSIONS: u16 = 43;
    pub(super) const ENCRYPTED_CLIENT_HELLO: u16 = 0xFE0D;
}

/// Each extension of a block with its body. What is cut off is not given.
fn extensions(mut block: ByteReader<'_>) -> impl Iterator<Item = (u16, ByteReader<'_>)> {
    std::iter::from_fn(move || Some((block.u16()?, block.vector16()?)))
}

/// The longest name of a host (RFC 1035 §2.3.4): of what is longer, and no name, this much is kept.
const HOST_NAME: usize = 255;
/// Protocols of a list that are kept: browsers offer two.
const PROTOCOLS: usize = 16;

/// Text of a name on the wire: what is no ASCII stays visible as such.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The first of the protocols in a list.
fn protocols(mut body: ByteReader<'_>) -> Vec<String> {
    let Some(mut list) = body.vector16() else { return Vec::new() };
    std::iter::from_fn(|| list.vector8().map(|name| text(name.0))).take(PROTOCOLS).collect()
}

/// Those in a list of suites, each once.
fn suites_without_encryption(mut list: ByteReader<'_>) -> Vec<&'static Suite> {
    let mut found: Vec<_> = std::iter::from_fn(|| list.u16())
        .filter_map(Suite::of)
        .filter(|suite| suite.cipher == Cipher::Null)
        .collect();
    found.sort_unstable_by_key(|suite| suite.number);
    found.dedup();
    found.shrink_to_fit();
    found
}

/// Reads a `ClientHello` (RFC 8446 §4.1.2), given with the message's header.
pub(super) fn client_hello(message: &[u8]) -> Option<ClientHello> {
    let mut bytes = ByteReader(message.get(4..)?);
    bytes.u16()?;
    let random = Random(bytes.take(32)?.try_into().ok()?);
    bytes.vector8()?;
    let unencrypted = suites_without_encryption(bytes.vector16()?);
    bytes.vector8()?;
    let (sni, alpn) = (None, Vec::new());
    let mut hello = ClientHello { random, sni, alpn, early_data: false, encrypted: false, unencrypted };
    // SSL 3.0 and plain TLS 1.0 have no extensions.
    for (number, mut body) in extensions(bytes.vector16().unwrap_or(ByteReader(&[]))) {
        match number {
            extension::SERVER_NAME => {
                if let Some(mut list) = body.vector16()
                    && list.u8() == Some(0)
                {
                    hello.sni = list.vector16().map(|name| text(name.0.get(..HOST_NAME).unwrap_or(name.0)));
                }
            }
            extension::ALPN => hello.alpn = protocols(body),
            extension::EARLY_DATA => hello.early_data = true,
            extension::ENCRYPTED_CLIENT_HELLO => hello.encrypted = true,
            _ => {}
        }
    }
    Some(hello)
}

/// Reads a `ServerHello` or `HelloRetryRequest` (RFC 8446 §4.1.3), with the protocol it names (RFC 7301 §3.1).
pub(super) fn server_hello(message: &[u8]) -> Option<(ServerHello, Option<String>)> {
    let mut bytes = ByteReader(message.get(4..)?);
    let version = Version(bytes.u16()?);
    let random = bytes.take(32)?.try_into().ok()?;
    bytes.vector8()?;
    let suite = bytes.u16()?;
    let compression = bytes.u8()?;
    let mut hello = ServerHello {
        random,
        version,
        suite,
        compression,
        psk: false,
        extended_master_secret: false,
        encrypt_then_mac: false,
    };
    let mut alpn = None;
    for (number, mut body) in extensions(bytes.vector16().unwrap_or(ByteReader(&[]))) {
        match number {
            extension::SUPPORTED_VERSIONS => hello.version = Version(body.u16()?),
            extension::PRE_SHARED_KEY => hello.psk = true,
            extension::EXTENDED_MASTER_SECRET => hello.extended_master_secret = true,
            extension::ENCRYPT_THEN_MAC => hello.encrypt_then_mac = true,
            extension::ALPN => alpn = protocols(body).into_iter().next(),
            _ => {}
        }
    }
    Some((hello, alpn))
}

/// What matters of `EncryptedExtensions` (RFC 8446 §4.3.1): the chosen protocol, and whether early data is accepted.
pub(super) fn encrypted_extensions(message: &[u8]) -> (Option<String>, bool) {
    let mut bytes = ByteReader(message.get(4..).unwrap_or_default());
    let mut found = (None, false);
    for (number, body) in extensions(bytes.vector16().unwrap_or(ByteReader(&[]))) {
        match number {
            extension::ALPN => found.0 = protocols(body).into_iter().next(),
            extension::EARLY_DATA => found.1 = true,
            _ => {}
        }
    }
    found
}

/// The first bytes of the encrypted premaster secret in a `ClientKeyExchange` (RFC 5246 §7.4.7.1): the length that
/// SSL 3.0 lacks precedes it.
pub(super) fn encrypted_premaster(message: &[u8], version: Version) -> Option<[u8; 8]> {
    let begin = if version > Version::SSL30 { 6 } else { 4 };
    message.get(begin..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_put_together_from_any_pieces() {
        let stream = [
            &[1, 0, 0, 3, 7, 7, 7][..],
            &[14, 0, 0, 0],
            &[11, 1, 0x50, 0],
            &vec![9; 0x1_5000],
            &[20, 0, 0, 1, 5],
        ]
        .concat();
        for piece in [1, 3, 4, 9, 200_000] {
            let mut messages = HandshakeMessages::default();
            let mut found = Vec::new();
            for bytes in stream.chunks(piece) {
                messages.push(bytes, |kind, message| found.push((kind.0, message.len())));
            }
            assert_eq!(found, [(1, 7), (14, 4), (11, 0), (20, 5)], "pieces of {piece}");
        }
    }

    #[test]
    fn a_hello_that_is_cut_is_none() {
        assert_eq!(client_hello(&[1, 0, 0, 2, 3, 3]), None);
        assert_eq!(server_hello(&[2, 0, 0, 2, 3, 3]), None);
    }
}
