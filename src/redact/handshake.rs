//! What takes the place of TLS handshakes: messages of the same types, lengths and choices, in which nothing tells who spoke.
//!
//! Whatever has a known place and says only how TLS is used stays. Names become pseudonyms, and everything else bytes of no
//! meaning: randoms, keys, certificates, signatures, tickets, and what nobody knows.

use super::fitted::Fitted;
use super::names::{NameKind, Names};
use crate::tls::Random;

/// Of which versions a handshake message may be, as far as it says how the message is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// TLS 1.3 (RFC 8446 §4).
    Tls13,
    /// Older versions (RFC 5246 §7.4), or a hello of any.
    Older,
}

/// What takes the place of handshake messages, which may end inside of one. The randoms of clients in them are added to
/// `randoms`.
pub(super) fn messages(
    bytes: &[u8],
    layout: Layout,
    names: &mut Names,
    randoms: &mut Vec<Random>,
) -> Vec<u8> {
    let mut shape = Shape { rest: bytes, behind: 0, made: Vec::with_capacity(bytes.len()), names, randoms };
    while !shape.rest().is_empty() {
        if shape.message(layout).is_none() {
            shape.hide_rest();
        }
    }
    shape.made
}

/// What a `HelloRetryRequest` has in place of a random: the SHA-256 of these words (RFC 8446 §4.1.3).
fn is_retry(random: &[u8]) -> bool {
    random.starts_with(&[0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11])
}

/// Goes through bytes by their structure, and makes others of the same length.
struct Shape<'a> {
    /// What comes next.
    rest: &'a [u8],
    /// How much of that stands behind the vector that it goes through.
    behind: usize,
    made: Vec<u8>,
    names: &'a mut Names,
    randoms: &'a mut Vec<Random>,
}

impl<'a> Shape<'a> {
    /// What comes next, up to the end of the vector.
    fn rest(&self) -> &'a [u8] {
        self.rest.get(..self.rest.len().saturating_sub(self.behind)).unwrap_or_default()
    }

    /// Takes the next bytes.
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.rest().get(..count)?;
        self.rest = self.rest.get(count..)?;
        Some(taken)
    }

    /// The next bytes stay.
    fn keep(&mut self, count: usize) -> Option<()> {
        let kept = self.take(count)?;
        self.made.extend_from_slice(kept);
        Some(())
    }

    fn keep_rest(&mut self) -> Option<()> {
        self.keep(self.rest().len())
    }

    /// Nothing of the next bytes stays.
    fn hide(&mut self, count: usize) -> Option<()> {
        let hidden = self.take(count)?;
        self.made.extend(self.names.bytes(hidden));
        Some(())
    }

    fn hide_rest(&mut self) -> Option<()> {
        self.hide(self.rest().len())
    }

    /// A number of so many bytes, which stays.
    fn number(&mut self, width: usize) -> Option<usize> {
        let bytes = self.take(width)?;
        self.made.extend_from_slice(bytes);
        Some(bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    /// What is behind its length, in so many bytes: what `inside` leaves of it is hidden.
    fn vector(&mut self, width: usize, inside: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        let length = self.number(width)?;
        let behind = self.rest().len().checked_sub(length)?;
        self.within(behind, inside)
    }

    /// Has `inside` go through all but what is `behind`, and hides what it leaves of it.
    fn within(&mut self, behind: usize, inside: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        let outer = self.behind;
        self.behind += behind;
        // Where the known structure ends, something may be left.
        let _ = inside(self);
        self.hide_rest()?;
        self.behind = outer;
        Some(())
    }

    /// One after another, up to the end.
    fn each(&mut self, one: impl Fn(&mut Self) -> Option<()>) -> Option<()> {
        while !self.rest().is_empty() {
            one(self)?;
        }
        Some(())
    }

    /// A list behind its length, of values behind theirs.
    fn list(&mut self, width: usize, of: usize, one: fn(&mut Self) -> Option<()>) -> Option<()> {
        self.vector(width, |list| list.each(|list| list.vector(of, one)))
    }

    /// Whether all that comes next is behind its length, in so many bytes.
    fn is_vector(&self, width: usize) -> bool {
        let length = self.rest().get(..width).unwrap_or_default();
        let length = length.iter().fold(0, |number, byte| number << 8 | usize::from(*byte));
        self.rest().len().checked_sub(width) == Some(length)
    }

    /// Something in DER, of which stays that it is a sequence: of one string of bytes (X.690 §8). What is shorter than their
    /// headers, or longer than 64 KiB, is no certificate.
    fn der(&mut self) -> Option<()> {
        const SEQUENCE: u8 = 0x30;
        const OCTET_STRING: u8 = 0x04;
        for kind in [SEQUENCE, OCTET_STRING] {
            let length = u16::try_from(self.rest().len().checked_sub(4)?).ok()?;
            let [high, low] = length.to_be_bytes();
            self.take(4)?;
            self.made.extend([kind, 0x82, high, low]);
        }
        self.hide_rest()
    }

    /// A message, or as much of it as there is.
    fn message(&mut self, layout: Layout) -> Option<()> {
        let kind = self.number(1)?;
        let length = self.number(3)?;
        let behind = self.rest().len().saturating_sub(length);
        self.within(behind, |shape| match kind {
            1 => shape.client_hello(),
            2 => shape.server_hello(),
            4 => shape.ticket(layout),
            8 => shape.vector(2, |list| list.each(Self::extension)),
            11 => shape.certificate(layout),
            12 => shape.server_key_exchange(),
            13 => shape.certificate_request(layout),
            15 => shape.signature(),
            16 => shape.client_key_exchange(),
            22 => shape.certificate_status(),
            // What a KeyUpdate asks for.
            24 if shape.rest().len() == 1 => shape.keep_rest(),
            _ => None,
        })
    }

    /// RFC 8446 §4.1.2.
    fn client_hello(&mut self) -> Option<()> {
        self.keep(2)?;
        let random = Random(*self.rest().first_chunk()?);
        if !self.randoms.contains(&random) {
            self.randoms.push(random);
        }
        self.hide(32)?;
        self.vector(1, Self::hide_rest)?;
        self.vector(2, Self::keep_rest)?;
        self.vector(1, Self::keep_rest)?;
        self.vector(2, |list| list.each(Self::extension))
    }

    /// RFC 8446 §4.1.3.
    fn server_hello(&mut self) -> Option<()> {
        self.keep(2)?;
        if is_retry(self.rest()) {
            self.keep(32)?;
        } else {
            self.hide(32)?;
        }
        self.vector(1, Self::hide_rest)?;
        self.keep(3)?;
        self.vector(2, |list| list.each(Self::extension))
    }

    /// RFC 8446 §4.6.1, RFC 5077 §3.3: how long it lasts stays.
    fn ticket(&mut self, layout: Layout) -> Option<()> {
        self.keep(4)?;
        if layout == Layout::Tls13 {
            self.hide(4)?;
            self.vector(1, Self::hide_rest)?;
            self.vector(2, Self::hide_rest)?;
            return self.vector(2, |list| list.each(Self::extension));
        }
        self.vector(2, Self::hide_rest)
    }

    /// RFC 8446 §4.4.2, RFC 5246 §7.4.2.
    fn certificate(&mut self, layout: Layout) -> Option<()> {
        if layout == Layout::Tls13 {
            self.vector(1, Self::hide_rest)?;
            return self.vector(3, |list| {
                list.each(|list| {
                    list.vector(3, Self::der)?;
                    list.vector(2, |list| list.each(Self::extension))
                })
            });
        }
        self.list(3, 3, Self::der)
    }

    /// RFC 6066 §8.
    fn certificate_status(&mut self) -> Option<()> {
        self.keep(1)?;
        self.vector(3, Self::der)
    }

    /// With a named curve (RFC 8422 §5.4), or else with a group of its own, of which nothing stays.
    fn server_key_exchange(&mut self) -> Option<()> {
        const NAMED_CURVE: u8 = 3;
        if self.rest().first() == Some(&NAMED_CURVE) {
            self.keep(3)?;
            self.vector(1, Self::hide_rest)?;
        } else {
            for _ in 0..3 {
                self.vector(2, Self::hide_rest)?;
            }
        }
        if self.is_vector(2) { self.vector(2, Self::hide_rest) } else { self.signature() }
    }

    /// A key, or what only the server's opens (RFC 5246 §7.4.7, RFC 8422 §5.7).
    fn client_key_exchange(&mut self) -> Option<()> {
        let width = if self.is_vector(2) { 2 } else { 1 };
        self.vector(width, Self::hide_rest)
    }

    /// An algorithm, and a signature (RFC 5246 §4.7).
    fn signature(&mut self) -> Option<()> {
        self.keep(2)?;
        self.vector(2, Self::hide_rest)
    }

    /// RFC 8446 §4.3.2, RFC 5246 §7.4.4: which certificates will do stays, and who may have issued them does not.
    fn certificate_request(&mut self, layout: Layout) -> Option<()> {
        if layout == Layout::Tls13 {
            self.vector(1, Self::hide_rest)?;
            return self.vector(2, |list| list.each(Self::extension));
        }
        self.vector(1, Self::keep_rest)?;
        self.vector(2, Self::keep_rest)?;
        self.list(2, 2, Self::der)
    }

    /// An extension of any message (IANA registry), whose lengths tell which message that is.
    fn extension(&mut self) -> Option<()> {
        let kind = self.number(2)?;
        self.vector(2, |body| match kind {
            // server_name (RFC 6066 §3)
            0 => body.vector(2, |list| {
                list.each(|list| {
                    list.keep(1)?;
                    list.vector(2, |name| name.text(|names, text| Fitted(names).name(NameKind::Host, text)))
                })
            }),
            // status_request: of whom an answer is taken, or the answer
            5 if body.rest().len() > 5 => body.certificate_status(),
            5 => {
                body.keep(1)?;
                body.vector(2, Self::hide_rest)?;
                body.vector(2, Self::hide_rest)
            }
            // application_layer_protocol_negotiation
            16 => body.vector(2, |list| {
                list.each(|list| list.vector(1, |name| name.text(|names, text| Fitted(names).protocol(text))))
            }),
            // max_fragment_length, supported_groups, ec_point_formats, signature_algorithms, heartbeat, encrypt_then_mac,
            // extended_master_secret, compress_certificate, record_size_limit, early_data, supported_versions,
            // psk_key_exchange_modes, post_handshake_auth, signature_algorithms_cert
            1 | 10 | 11 | 13 | 15 | 22 | 23 | 27 | 28 | 42 | 43 | 45 | 49 | 50 => body.keep_rest(),
            // signed_certificate_timestamp
            18 => body.list(2, 2, Self::hide_rest),
            // pre_shared_key and key_share, where they are the number of a key, or of a group
            41 | 51 if body.rest().len() == 2 => body.keep_rest(),
            // pre_shared_key: those that are offered, and what proves them
            41 => {
                body.vector(2, |list| {
                    list.each(|list| {
                        list.vector(2, Self::hide_rest)?;
                        list.hide(4)
                    })
                })?;
                body.list(2, 1, Self::hide_rest)
            }
            // cookie
            44 => body.vector(2, Self::hide_rest),
            // key_share: those that are offered, or the one that was chosen
            51 if body.is_vector(2) => body.vector(2, |list| list.each(Self::key)),
            51 => body.key(),
            // renegotiation_info
            0xff01 => body.vector(1, Self::hide_rest),
            // encrypted_client_hello (RFC 9849 §5): the outer one has algorithms, a configuration, a key and the rest
            0xfe0d if body.rest().len() > 10 => {
                body.keep(5)?;
                body.hide(1)?;
                body.vector(2, Self::hide_rest)?;
                body.vector(2, Self::hide_rest)
            }
            _ => None,
        })
    }

    /// A group, and a key of it.
    fn key(&mut self) -> Option<()> {
        self.keep(2)?;
        self.vector(2, Self::hide_rest)
    }

    /// A text, in whose place `pseudonym` gives one of the same length.
    fn text(&mut self, pseudonym: impl FnOnce(&mut Names, &str) -> String) -> Option<()> {
        let text = std::str::from_utf8(self.rest()).ok()?;
        let pseudonym = pseudonym(self.names, text);
        if pseudonym.len() == text.len() {
            self.take(text.len())?;
            self.made.extend_from_slice(pseudonym.as_bytes());
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::Version;
    use proptest::prelude::*;

    fn vector(width: usize, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        [&length[4 - width..], body].concat()
    }

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind][..], &vector(3, body)].concat()
    }

    fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
        [&kind.to_be_bytes()[..], &vector(2, body)].concat()
    }

    fn redacted(bytes: &[u8], layout: Layout) -> (Vec<u8>, Vec<Random>) {
        let (mut names, mut randoms) = (Names::new(100), Vec::new());
        (messages(bytes, layout, &mut names, &mut randoms), randoms)
    }

    #[test]
    fn a_hello_keeps_its_choices_and_nothing_that_tells_who_says_it() {
        let name = [&[0][..], &vector(2, b"chat.acme.example")].concat();
        let protocols = [vector(1, b"acme/2"), vector(1, b"http/1.1")].concat();
        let key = [&[0, 0x1d][..], &vector(2, &[0xaa; 32])].concat();
        let extensions = [
            extension(0, &vector(2, &name)),
            extension(16, &vector(2, &protocols)),
            extension(43, &vector(1, &[3, 4, 3, 3])),
            extension(51, &vector(2, &key)),
            extension(0x4a4a, b"what nobody knows"),
        ]
        .concat();
        let body = [
            &Version::TLS12.0.to_be_bytes()[..],
            &[0xbb; 32],
            &vector(1, &[0xcc; 32]),
            &vector(2, &[0x13, 1, 0x13, 2]),
            &vector(1, &[0]),
            &vector(2, &extensions),
        ]
        .concat();
        let hello = message(1, &body);
        let (made, randoms) = redacted(&hello, Layout::Older);
        assert_eq!(made.len(), hello.len());
        assert_eq!(randoms, [Random([0xbb; 32])]);
        let has = |bytes: &[u8]| made.windows(bytes.len()).any(|window| window == bytes);
        // As many bits in the Huffman code of HTTP/2 as the captured names have.
        for kept in [
            &b"host-1nnnnnnnoooo"[..],
            b"nnooo1",
            b"http/1.1",
            &[0x13, 1, 0x13, 2],
            &[0, 43, 0, 5, 4, 3, 4, 3, 3],
            &[0, 51, 0, 38, 0, 36, 0, 0x1d, 0, 32],
        ] {
            assert!(has(kept), "{kept:?} in {made:?}");
        }
        for gone in [&b"acme"[..], b"nobody", &[0xaa; 3], &[0xbb; 3], &[0xcc; 3]] {
            assert!(!has(gone), "{gone:?} in {made:?}");
        }
        // As far as it came it is the same.
        let cut = hello.len() - 20;
        assert_eq!(redacted(&hello[..40], Layout::Older).0, made[..40]);
        assert_eq!(redacted(&hello[..cut], Layout::Older).0.len(), cut);
    }

    #[test]
    fn a_request_for_another_hello_stays_one() {
        let retry = hex::decode("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c").unwrap();
        let rest = [&vector(1, &[])[..], &[0x13, 1, 0], &vector(2, &extension(51, &[0, 0x17]))].concat();
        let hello = message(2, &[&[3, 3][..], &retry, &rest].concat());
        assert_eq!(redacted(&hello, Layout::Older).0, hello);
        let other = message(2, &[&[3, 3][..], &[7; 32], &rest].concat());
        assert_ne!(redacted(&other, Layout::Older).0, other);
    }

    #[test]
    fn whether_there_is_a_certificate_stays() {
        for (layout, empty) in [(Layout::Older, &[0, 0, 0][..]), (Layout::Tls13, &[0, 0, 0, 0])] {
            let missing = message(11, empty);
            assert_eq!(redacted(&missing, layout).0, missing);
        }
        let sent = message(11, &vector(3, &vector(3, &[0xdd; 40])));
        let (made, _) = redacted(&sent, Layout::Older);
        assert_eq!(made[..14], [&sent[..10], &[0x30, 0x82, 0, 36]].concat());
        assert!(!made.contains(&0xdd) || !made.windows(2).any(|pair| pair == [0xdd; 2]));
    }

    #[test]
    fn what_keys_are_for_stays_and_they_do_not() {
        let update = message(24, &[1]);
        let verify = message(15, &[&[8, 4][..], &vector(2, &[0xee; 64])].concat());
        let exchange = message(16, &vector(1, &[0xee; 65]));
        let both = [&update[..], &verify, &exchange].concat();
        let (made, _) = redacted(&both, Layout::Tls13);
        assert_eq!(made[..5], update);
        assert_eq!(made[5..13], verify[..8]);
        assert_eq!(made[77..82], exchange[..5]);
        assert!(!made.windows(3).any(|window| window == [0xee; 3]));
    }

    proptest! {
        #[test]
        fn any_bytes_keep_their_length(bytes in proptest::collection::vec(any::<u8>(), 0..300), kind in 0..26_u8) {
            for layout in [Layout::Older, Layout::Tls13] {
                prop_assert_eq!(redacted(&bytes, layout).0.len(), bytes.len());
                let message = message(kind, &bytes);
                prop_assert_eq!(redacted(&message, layout).0.len(), message.len());
            }
        }
    }
}
