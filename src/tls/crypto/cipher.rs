//! Opening one record with the keys of one direction (RFC 8446 §5.2, RFC 5246 §6.2.3).

use std::fmt;
use std::ops::Range;

use aes::{Aes128, Aes256};
use aes_gcm::AesGcm;
use aes_gcm::aead::array::typenum::Unsigned;
use aes_gcm::aead::consts::{U8, U12, U16};
use aes_gcm::aead::{AeadInOut, KeyInit, Tag};
use aria::{Aria128, Aria256};
use camellia::{Camellia128, Camellia256};
use cbc::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, BlockSizeUser, InnerIvInit,
};
use cbc::{Decryptor, Encryptor};
use ccm::Ccm;
use chacha20poly1305::ChaCha20Poly1305;

use crate::model::Footprint;
use crate::tls::record::{ContentType, HEADER, Plaintext, Record};
use crate::tls::suite::{Cipher, Hash, Suite};
use crate::tls::version::Version;

use super::schedule::{self, Hidden};

/// Keys of one direction, until they change.
pub(in crate::tls) struct Opener(pub(super) Protection);

pub(super) enum Protection {
    Aead { aead: Box<dyn Aead>, iv: [u8; 12], tag: usize, form: Form },
    Cbc { cipher: Box<dyn Cbc>, iv: Iv, order: MacOrder, hash: Hash, key: Hidden },
    Null { hash: Hash, key: Option<Hidden> },
}

/// How an AEAD is used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The content type is inside, zeros may follow it (RFC 8446 §5.2).
    Tls13,
    /// Eight bytes of the nonce are in the record (RFC 5288 §3, RFC 6655 §3).
    Explicit,
    /// The nonce is made of the sequence number, as in TLS 1.3 (RFC 7905 §2).
    Implicit,
}

/// Where CBC begins.
pub(super) enum Iv {
    /// The record's first block (RFC 5246 §6.2.3.2).
    Explicit,
    /// A part of the key block (RFC 2246 §6.3): nothing but the first record begins with it.
    First([u8; 16]),
    /// The last block of the record before (RFC 2246 §6.2.3.2), where it is known.
    Chained(Option<[u8; 16]>),
}

/// What was done first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MacOrder {
    /// The MAC is inside (RFC 5246 §6.2.3.2).
    MacThenEncrypt,
    /// It is outside (RFC 7366).
    EncryptThenMac,
}

/// The two secrets-to-be of one direction of TLS 1.2 and older: parts of its key block (RFC 5246 §6.3).
pub(super) struct KeyParts<'a> {
    pub(super) mac: &'a [u8],
    pub(super) key: &'a [u8],
    pub(super) iv: &'a [u8],
}

/// How many bytes of each a suite takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tls) struct KeyLengths {
    pub(in crate::tls) mac: usize,
    pub(in crate::tls) key: usize,
    pub(in crate::tls) iv: usize,
}

/// Bytes of the key of `cipher`.
const fn key_length(cipher: Cipher) -> usize {
    match cipher {
        Cipher::Aes128Gcm
        | Cipher::Aes128Ccm
        | Cipher::Aes128Ccm8
        | Cipher::Aria128Gcm
        | Cipher::Camellia128Gcm
        | Cipher::Aes128Cbc
        | Cipher::Camellia128Cbc
        | Cipher::Aria128Cbc => 16,
        Cipher::Null | Cipher::Unsupported => 0,
        Cipher::Aes256Gcm
        | Cipher::ChaCha20Poly1305
        | Cipher::Aes256Ccm
        | Cipher::Aes256Ccm8
        | Cipher::Aria256Gcm
        | Cipher::Camellia256Gcm
        | Cipher::Aes256Cbc
        | Cipher::Camellia256Cbc
        | Cipher::Aria256Cbc => 32,
    }
}

impl KeyLengths {
    pub(in crate::tls) const fn of(suite: &Suite, version: Version) -> Self {
        let key = key_length(suite.cipher);
        match suite.cipher {
            Cipher::Null => Self { mac: suite.hash.length(), key, iv: 0 },
            Cipher::ChaCha20Poly1305 => Self { mac: 0, key, iv: 12 },
            Cipher::Aes128Cbc
            | Cipher::Aes256Cbc
            | Cipher::Camellia128Cbc
            | Cipher::Camellia256Cbc
            | Cipher::Aria128Cbc
            | Cipher::Aria256Cbc => {
                let iv = if version.0 <= Version::TLS10.0 { 16 } else { 0 };
                Self { mac: suite.hash.length(), key, iv }
            }
            Cipher::Aes128Gcm
            | Cipher::Aes256Gcm
            | Cipher::Aes128Ccm
            | Cipher::Aes256Ccm
            | Cipher::Aes128Ccm8
            | Cipher::Aes256Ccm8
            | Cipher::Aria128Gcm
            | Cipher::Aria256Gcm
            | Cipher::Camellia128Gcm
            | Cipher::Camellia256Gcm
            | Cipher::Unsupported => Self { mac: 0, key, iv: 4 },
        }
    }
}

impl Opener {
    /// With a traffic secret of TLS 1.3 (RFC 8446 §7.3).
    pub(in crate::tls) fn of_traffic_secret(suite: &Suite, secret: &[u8]) -> Option<Self> {
        let hash = suite.derivation();
        if secret.len() != hash.length() {
            return None;
        }
        let key = schedule::expand_label(hash, secret, "key", key_length(suite.cipher));
        let iv = schedule::expand_label(hash, secret, "iv", 12);
        let Keyed::Aead { aead, tag } = keyed(suite.cipher, &key)? else { return None };
        let iv = <[u8; 12]>::try_from(iv.as_slice()).ok()?;
        Some(Self(Protection::Aead { aead, iv, tag, form: Form::Tls13 }))
    }

    /// With parts of a key block of TLS 1.2 or older.
    pub(super) fn of_key_block(
        suite: &Suite,
        version: Version,
        order: MacOrder,
        parts: &KeyParts<'_>,
    ) -> Option<Self> {
        let mac = || Hidden::new(parts.mac.to_vec());
        if suite.cipher == Cipher::Null {
            return Some(Self(Protection::Null { hash: suite.hash, key: Some(mac()) }));
        }
        match keyed(suite.cipher, parts.key)? {
            Keyed::Cbc(cipher) => {
                let chained = version <= Version::TLS10;
                let iv = if chained { Iv::First(parts.iv.try_into().ok()?) } else { Iv::Explicit };
                Some(Self(Protection::Cbc { cipher, iv, order, hash: suite.hash, key: mac() }))
            }
            Keyed::Aead { aead, tag } => {
                let mut iv = [0; 12];
                iv.get_mut(..parts.iv.len())?.copy_from_slice(parts.iv);
                let is_implicit = suite.cipher == Cipher::ChaCha20Poly1305;
                let form = if is_implicit { Form::Implicit } else { Form::Explicit };
                Some(Self(Protection::Aead { aead, iv, tag, form }))
            }
        }
    }

    /// For a suite without encryption, where no key is known: what is read is not authenticated.
    pub(in crate::tls) fn without_key(suite: &Suite) -> Option<Self> {
        (suite.cipher == Cipher::Null).then(|| Self(Protection::Null { hash: suite.hash, key: None }))
    }

    /// Opens `record`, whose sequence number is one of `numbers`: the first one with which it authenticates. Unless it
    /// does, its bytes stay as they are.
    pub(in crate::tls) fn open(
        &mut self,
        record: &mut Record,
        numbers: Range<u64>,
    ) -> Option<(u64, Plaintext)> {
        let (kind, version) = (record.content, record.version);
        match &mut self.0 {
            Protection::Aead { aead, iv, tag, form } => {
                let bytes = &mut record.bytes;
                let explicit = if *form == Form::Explicit { 8 } else { 0 };
                let begin = HEADER + explicit;
                let length = bytes.len().checked_sub(begin + *tag)?;
                let (head, rest) = bytes.split_at_mut_checked(begin)?;
                let (text, tag) = rest.split_at_mut_checked(length)?;
                let mut nonce = *iv;
                if let (Some(last), Some(own)) = (nonce.last_chunk_mut::<8>(), head.last_chunk::<8>())
                    && explicit > 0
                {
                    *last = *own;
                }
                let number = numbers.into_iter().find(|number| match form {
                    Form::Tls13 => {
                        let aad = head.first_chunk::<HEADER>().copied().unwrap_or_default();
                        aead.open(&mixed(iv, *number), &aad, text, tag)
                    }
                    Form::Explicit => {
                        aead.open(&nonce, &pseudo_header(*number, kind, version, length), text, tag)
                    }
                    Form::Implicit => {
                        let aad = pseudo_header(*number, kind, version, length);
                        aead.open(&mixed(iv, *number), &aad, text, tag)
                    }
                })?;
                if *form != Form::Tls13 {
                    return Some((number, Plaintext { content: kind, range: begin..begin + length }));
                }
                // The last byte that is not zero is the content type. Without one there is nothing inside.
                let last = text.iter().rposition(|byte| *byte != 0);
                let content = last.and_then(|at| text.get(at)).copied().map_or(ContentType(0), ContentType);
                Some((number, Plaintext { content, range: begin..begin + last.unwrap_or(0) }))
            }
            Protection::Cbc { cipher, iv, order, hash, key } => {
                let begin = match iv {
                    Iv::Explicit => HEADER + 16,
                    Iv::First(_) | Iv::Chained(_) => HEADER,
                };
                // A MAC that is outside does not cover what the record before has left.
                let (chain, numbers) = match iv {
                    Iv::Explicit => {
                        (record.bytes.get(HEADER..begin).and_then(|iv| iv.try_into().ok()), numbers)
                    }
                    Iv::First(first) => (Some(*first), numbers.start..numbers.end.min(1)),
                    Iv::Chained(last) => (*last, numbers),
                };
                if let Iv::First(_) | Iv::Chained(_) = iv {
                    let sealed = match order {
                        MacOrder::MacThenEncrypt => record.bytes.len(),
                        MacOrder::EncryptThenMac => record.bytes.len().checked_sub(hash.length())?,
                    };
                    *iv = Iv::Chained(record.bytes.get(begin..sealed).and_then(<[u8]>::last_chunk).copied());
                }
                let layer = CbcLayer { hash: *hash, key, kind, version, begin };
                match order {
                    MacOrder::EncryptThenMac => {
                        layer.mac_outside(cipher.as_ref(), &chain?, &mut record.bytes, numbers)
                    }
                    MacOrder::MacThenEncrypt => {
                        layer.mac_inside(cipher.as_ref(), &chain?, &mut record.bytes, numbers)
                    }
                }
            }
            Protection::Null { hash, key } => {
                let end = record.bytes.len().checked_sub(hash.length())?;
                let (text, mac) = record.bytes.get(HEADER..)?.split_at_checked(end.checked_sub(HEADER)?)?;
                let number = match key {
                    None => numbers.start,
                    Some(key) => numbers.into_iter().find(|number| {
                        let header = pseudo_header(*number, kind, version, text.len());
                        schedule::hmac(*hash, key, &[&header, text]).as_slice() == mac
                    })?,
                };
                Some((number, Plaintext { content: kind, range: HEADER..end }))
            }
        }
    }

    /// Whether what it opens is known to be what was sent.
    pub(in crate::tls) const fn authenticates(&self) -> bool {
        !matches!(self.0, Protection::Null { key: None, .. })
    }

    /// What it takes of memory besides itself: key schedules.
    pub(in crate::tls) fn memory(&self) -> usize {
        let (schedule, key) = match &self.0 {
            Protection::Aead { aead, .. } => (size_of_val(&**aead), 0),
            Protection::Cbc { cipher, key, .. } => (size_of_val(&**cipher), key.len()),
            Protection::Null { key, .. } => (0, key.as_ref().map_or(0, |key| key.len())),
        };
        2 * Footprint::ALLOCATION + schedule + key
    }

    /// A record is missing: where CBC is chained, the next one has no beginning.
    pub(in crate::tls) fn lose(&mut self) {
        if let Protection::Cbc { iv: Iv::Chained(last), .. } = &mut self.0 {
            *last = None;
        }
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener")
    }
}

/// What the MAC and the additional data of TLS 1.2 cover besides the content (RFC 5246 §6.2.3).
pub(super) fn pseudo_header(number: u64, kind: ContentType, version: Version, length: usize) -> [u8; 13] {
    let mut header = [0; 13];
    let [v1, v2] = version.0.to_be_bytes();
    let [_, _, l1, l2] = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    let bytes = number.to_be_bytes().into_iter().chain([kind.0, v1, v2, l1, l2]);
    header.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    header
}

/// The nonce of a sequence number (RFC 8446 §5.3).
pub(super) fn mixed(iv: &[u8; 12], number: u64) -> [u8; 12] {
    let mut nonce = *iv;
    nonce.iter_mut().skip(4).zip(number.to_be_bytes()).for_each(|(byte, other)| *byte ^= other);
    nonce
}

/// A record in CBC mode.
struct CbcLayer<'a> {
    hash: Hash,
    key: &'a [u8],
    kind: ContentType,
    version: Version,
    /// Where the encrypted blocks begin.
    begin: usize,
}

impl CbcLayer<'_> {
    fn mac_outside(
        &self,
        cipher: &dyn Cbc,
        iv: &[u8; 16],
        bytes: &mut [u8],
        numbers: Range<u64>,
    ) -> Option<(u64, Plaintext)> {
        let sealed = bytes.len().checked_sub(self.hash.length())?;
        let covered = bytes.get(HEADER..sealed)?;
        let mac = bytes.get(sealed..)?;
        let number = numbers.into_iter().find(|number| {
            let header = pseudo_header(*number, self.kind, self.version, covered.len());
            schedule::hmac(self.hash, self.key, &[&header, covered]).as_slice() == mac
        })?;
        let text = bytes.get_mut(self.begin..sealed)?;
        if text.is_empty() || text.len() % 16 != 0 {
            return None;
        }
        cipher.decrypt(iv, text);
        let length = without_padding(text)?;
        Some((number, Plaintext { content: self.kind, range: self.begin..self.begin + length }))
    }

    fn mac_inside(
        &self,
        cipher: &dyn Cbc,
        iv: &[u8; 16],
        bytes: &mut [u8],
        numbers: Range<u64>,
    ) -> Option<(u64, Plaintext)> {
        let mut text = bytes.get(self.begin..)?.to_vec();
        if text.is_empty() || text.len() % 16 != 0 {
            return None;
        }
        cipher.decrypt(iv, &mut text);
        let length = without_padding(&text)?.checked_sub(self.hash.length())?;
        let (content, rest) = text.split_at_checked(length)?;
        let mac = rest.get(..self.hash.length())?;
        let number = numbers.into_iter().find(|number| {
            let header = pseudo_header(*number, self.kind, self.version, length);
            schedule::hmac(self.hash, self.key, &[&header, content]).as_slice() == mac
        })?;
        let range = self.begin..self.begin + length;
        bytes.get_mut(range.clone())?.copy_from_slice(content);
        Some((number, Plaintext { content: self.kind, range }))
    }
}

/// How long the text is without its padding, each byte of which says how many there are besides the last one.
fn without_padding(text: &[u8]) -> Option<usize> {
    let last = *text.last()?;
    let length = text.len().checked_sub(usize::from(last) + 1)?;
    text.get(length..)?.iter().all(|byte| *byte == last).then_some(length)
}

pub(super) trait Aead: Send + Sync {
    /// Decrypts `text` in place if it authenticates, and else leaves it as it is.
    fn open(&self, nonce: &[u8; 12], aad: &[u8], text: &mut [u8], tag: &[u8]) -> bool;

    /// Encrypts `text` in place, and fills `tag`. `None` where that has not its length.
    fn seal(&self, nonce: &[u8; 12], aad: &[u8], text: &mut [u8], tag: &mut [u8]) -> Option<()>;
}

/// Of GCM and ChaCha20-Poly1305, which authenticate before they decrypt.
impl<A: AeadInOut<NonceSize = U12> + Send + Sync> Aead for A {
    fn open(&self, nonce: &[u8; 12], aad: &[u8], text: &mut [u8], tag: &[u8]) -> bool {
        let Ok(tag) = Tag::<A>::try_from(tag) else { return false };
        self.decrypt_inout_detached(nonce.into(), aad, text.into(), &tag).is_ok()
    }

    fn seal(&self, nonce: &[u8; 12], aad: &[u8], text: &mut [u8], tag: &mut [u8]) -> Option<()> {
        let sealed = self.encrypt_inout_detached(nonce.into(), aad, text.into()).ok()?;
        (tag.len() == sealed.len()).then(|| tag.copy_from_slice(&sealed))
    }
}

/// Of CCM, which decrypts first and clears what does not authenticate: it is given a copy.
struct OnCopy<A>(A);

impl<A: AeadInOut<NonceSize = U12> + Send + Sync> Aead for OnCopy<A> {
    fn open(&self, nonce: &[u8; 12], aad: &[u8], text: &mut [u8], tag: &[u8]) -> bool {
        let mut copy = text.to_vec();
        let opened = Aead::open(&self.0, nonce, aad, &mut copy, tag);
        if opened {
            text.copy_from_slice(&copy);
        }
        opened
    }

    fn seal(&self, nonce: &[u8; 12], aad: &[u8], text: &mut [u8], tag: &mut [u8]) -> Option<()> {
        Aead::seal(&self.0, nonce, aad, text, tag)
    }
}

pub(super) trait Cbc: Send + Sync {
    /// Decrypts whole blocks in place.
    fn decrypt(&self, iv: &[u8; 16], blocks: &mut [u8]);

    /// Encrypts whole blocks in place.
    fn encrypt(&self, iv: &[u8; 16], blocks: &mut [u8]);
}

impl<C> Cbc for C
where
    C: BlockCipherDecrypt + BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> + Clone + Send + Sync,
{
    fn decrypt(&self, iv: &[u8; 16], blocks: &mut [u8]) {
        let mut mode = Decryptor::<C>::inner_iv_init(self.clone(), iv.into());
        let (blocks, _) = cbc::cipher::Array::<u8, U16>::slice_as_chunks_mut(blocks);
        mode.decrypt_blocks(blocks);
    }

    fn encrypt(&self, iv: &[u8; 16], blocks: &mut [u8]) {
        let mut mode = Encryptor::<C>::inner_iv_init(self.clone(), iv.into());
        let (blocks, _) = cbc::cipher::Array::<u8, U16>::slice_as_chunks_mut(blocks);
        mode.encrypt_blocks(blocks);
    }
}

/// A cipher with its key.
enum Keyed {
    /// It authenticates, with a tag of so many bytes.
    Aead {
        aead: Box<dyn Aead>,
        tag: usize,
    },
    Cbc(Box<dyn Cbc>),
}

fn aead<A>(key: &[u8]) -> Option<Keyed>
where
    A: AeadInOut<NonceSize = U12> + KeyInit + Send + Sync + 'static,
{
    Some(Keyed::Aead { aead: Box::new(A::new_from_slice(key).ok()?), tag: A::TagSize::USIZE })
}

fn aead_on_copy<A>(key: &[u8]) -> Option<Keyed>
where
    A: AeadInOut<NonceSize = U12> + KeyInit + Send + Sync + 'static,
{
    Some(Keyed::Aead { aead: Box::new(OnCopy(A::new_from_slice(key).ok()?)), tag: A::TagSize::USIZE })
}

fn cbc<C: Cbc + KeyInit + 'static>(key: &[u8]) -> Option<Keyed> {
    Some(Keyed::Cbc(Box::new(C::new_from_slice(key).ok()?)))
}

/// `None` where `cipher` is none, or the key has not its length.
fn keyed(cipher: Cipher, key: &[u8]) -> Option<Keyed> {
    match cipher {
        Cipher::Aes128Gcm => aead::<AesGcm<Aes128, U12, U16>>(key),
        Cipher::Aes256Gcm => aead::<AesGcm<Aes256, U12, U16>>(key),
        Cipher::Aria128Gcm => aead::<AesGcm<Aria128, U12, U16>>(key),
        Cipher::Aria256Gcm => aead::<AesGcm<Aria256, U12, U16>>(key),
        Cipher::Camellia128Gcm => aead::<AesGcm<Camellia128, U12, U16>>(key),
        Cipher::Camellia256Gcm => aead::<AesGcm<Camellia256, U12, U16>>(key),
        Cipher::ChaCha20Poly1305 => aead::<ChaCha20Poly1305>(key),
        Cipher::Aes128Ccm => aead_on_copy::<Ccm<Aes128, U16, U12>>(key),
        Cipher::Aes256Ccm => aead_on_copy::<Ccm<Aes256, U16, U12>>(key),
        Cipher::Aes128Ccm8 => aead_on_copy::<Ccm<Aes128, U8, U12>>(key),
        Cipher::Aes256Ccm8 => aead_on_copy::<Ccm<Aes256, U8, U12>>(key),
        Cipher::Aes128Cbc => cbc::<Aes128>(key),
        Cipher::Aes256Cbc => cbc::<Aes256>(key),
        Cipher::Camellia128Cbc => cbc::<Camellia128>(key),
        Cipher::Camellia256Cbc => cbc::<Camellia256>(key),
        Cipher::Aria128Cbc => cbc::<Aria128>(key),
        Cipher::Aria256Cbc => cbc::<Aria256>(key),
        Cipher::Null | Cipher::Unsupported => None,
    }
}
