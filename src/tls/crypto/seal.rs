//! Sealing records anew: the other way round than `cipher`, for records whose lengths are given.

use crate::model::Peer;
use crate::tls::epoch::Epoch;
use crate::tls::record::{ContentType, HEADER};
use crate::tls::suite::{Hash, Suite};
use crate::tls::version::Version;
use std::ops::Range;

use super::cipher::{Cbc, Form, Iv, MacOrder, Opener, Protection, mixed, pseudo_header};
use super::schedule;

/// How long a block is.
const BLOCK: usize = 16;

/// Seals records in the way in which they are opened.
pub struct Sealer(Opener);

/// Where a record's plaintext stands in it, and how it was numbered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealing {
    /// What the plaintext is.
    pub content: ContentType,
    /// Where it stands in the record.
    pub text: Range<usize>,
    /// The sequence number.
    pub number: u64,
}

impl Sealer {
    /// With a traffic secret of TLS 1.3.
    pub(in crate::tls) fn of_traffic_secret(suite: &Suite, secret: &[u8]) -> Option<Self> {
        Opener::of_traffic_secret(suite, secret).map(Self)
    }

    /// With a master secret of TLS 1.2 or older.
    pub(in crate::tls) fn of_master(epoch: &Epoch, from: Peer, master: &[u8]) -> Option<Self> {
        Opener::of_master(epoch, from, master).map(Self)
    }

    /// For a suite without encryption whose key nobody knows.
    pub(in crate::tls) fn without_key(suite: &Suite) -> Option<Self> {
        Opener::without_key(suite).map(Self)
    }

    /// Seals `record`, which has its header and its plaintext where they belong. The rest of it becomes what it has to be; what
    /// nobody can check stays as it is. `before` is what the same side sent before it. `None` where the record has not the form
    /// that the suite gives it.
    pub fn seal(&self, before: &[u8], record: &mut [u8], sealing: &Sealing) -> Option<()> {
        let Sealing { content, text, number } = sealing;
        let version = Version(u16::from_be_bytes(*record.get(1..3)?.first_chunk()?));
        match &self.0.0 {
            Protection::Aead { aead, iv, tag, form } => {
                let end = record.len().checked_sub(*tag)?;
                let (record, tag) = record.split_at_mut_checked(end)?;
                let head = record.first_chunk::<HEADER>().copied()?;
                let aad = pseudo_header(*number, *content, version, text.len());
                let (nonce, aad, begin): (_, &[u8], _) = match form {
                    Form::Tls13 => {
                        // The content type, and zeros (RFC 8446 §5.2).
                        let (kind, zeros) = record.get_mut(text.end..)?.split_first_mut()?;
                        *kind = content.0;
                        zeros.fill(0);
                        (mixed(iv, *number), &head, HEADER)
                    }
                    Form::Explicit => {
                        let mut nonce = *iv;
                        *nonce.last_chunk_mut()? = number.to_be_bytes();
                        record.get_mut(HEADER..HEADER + 8)?.copy_from_slice(&number.to_be_bytes());
                        (nonce, &aad, HEADER + 8)
                    }
                    Form::Implicit => (mixed(iv, *number), &aad, HEADER),
                };
                aead.seal(&nonce, aad, record.get_mut(begin..)?, tag)
            }
            Protection::Cbc { cipher, iv, order, hash, key } => {
                let mac = |covered: &[u8]| {
                    let header = pseudo_header(*number, *content, version, covered.len());
                    schedule::hmac(*hash, key, &[&header, covered])
                };
                let outside = if *order == MacOrder::EncryptThenMac { hash.length() } else { 0 };
                let end = record.len().checked_sub(outside)?;
                let first = match iv {
                    Iv::Explicit => {
                        let chosen = number_block(*number);
                        record.get_mut(HEADER..HEADER + BLOCK)?.copy_from_slice(&chosen);
                        chosen
                    }
                    Iv::First(first) if *number == 0 => *first,
                    Iv::First(_) | Iv::Chained(_) => {
                        *before.get(..before.len().checked_sub(outside)?)?.last_chunk()?
                    }
                };
                let sealed = record.get_mut(..end)?;
                let rest = match order {
                    MacOrder::EncryptThenMac => text.end,
                    MacOrder::MacThenEncrypt => {
                        let mac = mac(sealed.get(text.clone())?);
                        let behind = text.end + mac.len();
                        sealed.get_mut(text.end..behind)?.copy_from_slice(&mac);
                        behind
                    }
                };
                pad(sealed.get_mut(rest..)?)?;
                encrypt(cipher.as_ref(), &first, sealed.get_mut(text.start..)?)?;
                if *order == MacOrder::EncryptThenMac {
                    let mac = mac(record.get(HEADER..end)?);
                    record.get_mut(end..)?.copy_from_slice(&mac);
                }
                Some(())
            }
            Protection::Null { hash, key } => {
                let Some(key) = key else { return Some(()) };
                put_mac(*hash, key, record, sealing, version)
            }
        }
    }
}

/// An initialization vector that no two records of a key have in common.
fn number_block(number: u64) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block.iter_mut().zip(number.to_be_bytes()).for_each(|(to, from)| *to = from);
    block
}

/// Padding, each byte of which says how many there are besides the last one (RFC 5246 §6.2.3.2).
fn pad(padding: &mut [u8]) -> Option<()> {
    let count = u8::try_from(padding.len().checked_sub(1)?).ok()?;
    padding.fill(count);
    Some(())
}

fn encrypt(cipher: &dyn Cbc, iv: &[u8; BLOCK], blocks: &mut [u8]) -> Option<()> {
    blocks.len().is_multiple_of(BLOCK).then(|| cipher.encrypt(iv, blocks))
}

/// The MAC of a record without encryption.
fn put_mac(hash: Hash, key: &[u8], record: &mut [u8], sealing: &Sealing, version: Version) -> Option<()> {
    let text = record.get(sealing.text.clone())?;
    let header = pseudo_header(sealing.number, sealing.content, version, text.len());
    let mac = schedule::hmac(hash, key, &[&header, text]);
    record.get_mut(sealing.text.end..)?.get_mut(..mac.len())?.copy_from_slice(&mac);
    Some(())
}
