//! Keys from secrets: HKDF-Expand-Label of TLS 1.3 (RFC 8446 §7.1) and the PRF of older versions (RFC 5246 §5, RFC 2246 §5).

use hmac::digest::InvalidLength;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384};
use zeroize::Zeroizing;

use crate::tls::secret::Secret;
use crate::tls::suite::{Hash, Suite};
use crate::tls::version::Version;

/// Bytes that are overwritten when they are dropped.
pub(in crate::tls) type Hidden = Zeroizing<Vec<u8>>;

/// HMAC (RFC 2104) over `parts`, one after the other.
pub(in crate::tls) fn hmac(hash: Hash, key: &[u8], parts: &[&[u8]]) -> Hidden {
    match hash {
        Hash::Md5 => keyed(Hmac::<Md5>::new_from_slice(key), parts),
        Hash::Sha1 => keyed(Hmac::<Sha1>::new_from_slice(key), parts),
        Hash::Sha256 => keyed(Hmac::<Sha256>::new_from_slice(key), parts),
        Hash::Sha384 => keyed(Hmac::<Sha384>::new_from_slice(key), parts),
    }
}

/// HMAC takes keys of any length, so that there is no error.
fn keyed<M: Mac>(mac: Result<M, InvalidLength>, parts: &[&[u8]]) -> Hidden {
    let Ok(mut mac) = mac else { return Hidden::default() };
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().to_vec())
}

/// HKDF-Expand-Label with an empty context (RFC 8446 §7.1), for at most as many bytes as the hash has: one block.
pub(in crate::tls) fn expand_label(hash: Hash, secret: &[u8], label: &str, length: usize) -> Hidden {
    let [_, _, high, low] = u32::try_from(length).unwrap_or(0).to_be_bytes();
    let full = u8::try_from("tls13 ".len() + label.len()).unwrap_or(0);
    let mut block = hmac(hash, secret, &[&[high, low, full], b"tls13 ", label.as_bytes(), &[0], &[1]]);
    block.truncate(length);
    block
}

/// The traffic secret after a `KeyUpdate` (RFC 8446 §7.2).
pub(in crate::tls) fn next_traffic_secret(suite: &Suite, secret: &Secret) -> Secret {
    let hash = suite.derivation();
    Secret::new(&expand_label(hash, secret.bytes(), "traffic upd", hash.length()))
}

/// `P_hash` (RFC 5246 §5).
fn expand(hash: Hash, secret: &[u8], seed: &[&[u8]], length: usize) -> Hidden {
    let mut out = Hidden::new(Vec::with_capacity(length + hash.length()));
    let mut a = hmac(hash, secret, seed);
    while out.len() < length {
        let mut parts = vec![a.as_slice()];
        parts.extend_from_slice(seed);
        out.extend_from_slice(&hmac(hash, secret, &parts));
        a = hmac(hash, secret, &[&a]);
    }
    out.truncate(length);
    out
}

/// The pseudorandom function of TLS 1.2 with the suite's hash, and of TLS 1.0 and 1.1 with MD5 and SHA-1 (RFC 2246 §5).
pub(in crate::tls) fn prf(
    version: Version,
    hash: Hash,
    secret: &[u8],
    label: &str,
    seed: &[&[u8]],
    length: usize,
) -> Hidden {
    let mut labelled = vec![label.as_bytes()];
    labelled.extend_from_slice(seed);
    if version >= Version::TLS12 {
        return expand(hash, secret, &labelled, length);
    }
    // Each half has the byte in the middle when their number is odd.
    let half = secret.len().div_ceil(2);
    let first = secret.get(..half).unwrap_or_default();
    let second = secret.get(secret.len() - half..).unwrap_or_default();
    let mut out = expand(Hash::Md5, first, &labelled, length);
    let sha = expand(Hash::Sha1, second, &labelled, length);
    out.iter_mut().zip(sha.iter()).for_each(|(byte, other)| *byte ^= other);
    out
}

/// The hash over handshake messages that the extended master secret is made of (RFC 7627 §3).
pub(in crate::tls) fn session_hash(version: Version, hash: Hash, messages: &[u8]) -> Vec<u8> {
    match hash {
        _ if version < Version::TLS12 => {
            let mut both = Md5::digest(messages).to_vec();
            both.extend_from_slice(&Sha1::digest(messages));
            both
        }
        Hash::Sha384 => Sha384::digest(messages).to_vec(),
        Hash::Md5 | Hash::Sha1 | Hash::Sha256 => Sha256::digest(messages).to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8448 §3: the server's handshake traffic secret and its keys.
    #[test]
    fn keys_of_rfc_8448() {
        let secret = hex::decode("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38").unwrap();
        let key = expand_label(Hash::Sha256, &secret, "key", 16);
        let iv = expand_label(Hash::Sha256, &secret, "iv", 12);
        assert_eq!(hex::encode(&*key), "3fce516009c21727d0f2e4e86ee403bc");
        assert_eq!(hex::encode(&*iv), "5d313eb2671276ee13000b30");
    }

    /// The test vector for `P_SHA256` that the TLS working group's list has for the PRF of TLS 1.2.
    #[test]
    fn prf_of_tls_12() {
        let secret = hex::decode("9bbe436ba940f017b17652849a71db35").unwrap();
        let seed = hex::decode("a0ba9f936cda311827a6f796ffd5198c").unwrap();
        let out = prf(Version::TLS12, Hash::Sha256, &secret, "test label", &[&seed], 100);
        let expected = "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af\
                        0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701\
                        87347b66";
        assert_eq!(hex::encode(&*out), expected);
    }

    #[test]
    fn prf_of_tls_10_mixes_both_hashes() {
        let out = prf(Version::TLS10, Hash::Sha256, b"abc", "label", &[b"seed"], 30);
        let md5 = expand(Hash::Md5, b"ab", &[b"label", b"seed"], 30);
        let sha = expand(Hash::Sha1, b"bc", &[b"label", b"seed"], 30);
        assert!(out.iter().zip(md5.iter().zip(sha.iter())).all(|(a, (b, c))| *a == b ^ c));
    }
}
