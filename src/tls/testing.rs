//! Peers for tests: they write what TLS peers write, as far as an observer reads it.

use aes::{Aes128, Aes256};
use aes_gcm::AesGcm;
use aes_gcm::aead::consts::{U8, U12, U16};
use aes_gcm::aead::{AeadInOut, KeyInit};
use aria::Aria128;
use camellia::Camellia128;
use cbc::Encryptor;
use cbc::cipher::{BlockCipherEncrypt, BlockModeEncrypt, BlockSizeUser, KeyIvInit};
use ccm::Ccm;
use chacha20poly1305::ChaCha20Poly1305;

use crate::model::{Chunk, Gap, GapCause, Missing, Peer, PerPeer, Stamp, StreamEvent};

use super::crypto::{self, Hidden, KeyLengths};
use super::suite::{Cipher, Suite};
use super::{Event, Expecting, Label, Origin, Random, Secret, Secrets, Tls, Version};

pub(super) const RANDOM: Random = Random([0x11; 32]);
pub(super) const SERVER_RANDOM: [u8; 32] = [0x22; 32];

/// What happens in a session, in the order of capture.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) from: Peer,
    pub(super) bytes: Vec<u8>,
}

/// Two peers that write records.
pub(super) struct Talk {
    pub(super) suite: &'static Suite,
    version: Version,
    etm: bool,
    pub(super) secrets: Secrets,
    /// The traffic secret that a side uses.
    traffic: PerPeer<Vec<u8>>,
    block: Hidden,
    number: PerPeer<u64>,
    chain: PerPeer<Vec<u8>>,
    pub(super) pieces: Vec<Piece>,
}

/// A handshake message.
pub(super) fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[kind, a, b, c], body].concat()
}

fn vector16(body: &[u8]) -> Vec<u8> {
    [&u16::try_from(body.len()).unwrap().to_be_bytes()[..], body].concat()
}

pub(super) fn extension(number: u16, body: &[u8]) -> Vec<u8> {
    [&number.to_be_bytes()[..], &vector16(body)].concat()
}

fn raw(kind: u8, version: Version, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &version.0.to_be_bytes(), &vector16(body)].concat()
}

/// The secret of `label` in all tests.
pub(super) fn secret_of(label: Label, length: usize) -> Vec<u8> {
    vec![0x40 + label as u8; length]
}

pub(super) fn client_hello(extensions: &[u8]) -> Vec<u8> {
    let sni = extension(0, &vector16(&[&[0][..], &vector16(b"example.org")].concat()));
    let alpn = extension(16, &vector16(b"\x08http/1.1"));
    let all = [sni, alpn, extensions.to_vec()].concat();
    let body = [&[3, 3][..], &RANDOM.0, &[0], &vector16(&[0x13, 1]), &[1, 0], &vector16(&all)].concat();
    handshake(1, &body)
}

pub(super) fn server_hello(suite: u16, extensions: &[u8], version: Version) -> Vec<u8> {
    let legacy = version.0.min(0x0303).to_be_bytes();
    let body =
        [&legacy[..], &SERVER_RANDOM, &[0], &suite.to_be_bytes(), &[0], &vector16(extensions)].concat();
    handshake(2, &body)
}

/// The extension by which a client offers early data, and by which a server takes it.
pub(super) fn early_data() -> Vec<u8> {
    extension(42, &[])
}

fn aead<A: AeadInOut<NonceSize = U12> + KeyInit>(
    key: &[u8],
    nonce: [u8; 12],
    aad: &[u8],
    text: &[u8],
) -> Vec<u8> {
    let mut sealed = text.to_vec();
    let cipher = A::new_from_slice(key).unwrap();
    let tag = cipher.encrypt_inout_detached((&nonce).into(), aad, sealed.as_mut_slice().into()).unwrap();
    sealed.extend_from_slice(&tag);
    sealed
}

fn encrypt(cipher: Cipher, key: &[u8], nonce: [u8; 12], aad: &[u8], text: &[u8]) -> Vec<u8> {
    match cipher {
        Cipher::Aes128Gcm => aead::<AesGcm<Aes128, U12, U16>>(key, nonce, aad, text),
        Cipher::Aes256Gcm => aead::<AesGcm<Aes256, U12, U16>>(key, nonce, aad, text),
        Cipher::Aria128Gcm => aead::<AesGcm<Aria128, U12, U16>>(key, nonce, aad, text),
        Cipher::Camellia128Gcm => aead::<AesGcm<Camellia128, U12, U16>>(key, nonce, aad, text),
        Cipher::ChaCha20Poly1305 => aead::<ChaCha20Poly1305>(key, nonce, aad, text),
        Cipher::Aes128Ccm => aead::<Ccm<Aes128, U16, U12>>(key, nonce, aad, text),
        Cipher::Aes256Ccm8 => aead::<Ccm<Aes256, U8, U12>>(key, nonce, aad, text),
        Cipher::Aes128Ccm8 => aead::<Ccm<Aes128, U8, U12>>(key, nonce, aad, text),
        other => panic!("{other:?} is not tested"),
    }
}

fn cbc_of<C>(key: &[u8], iv: &[u8], text: &[u8]) -> Vec<u8>
where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> + KeyInit,
{
    let mut sealed = text.to_vec();
    let mut mode = Encryptor::<C>::new_from_slices(key, iv).unwrap();
    let (blocks, rest) = cbc::cipher::Array::<u8, U16>::slice_as_chunks_mut(&mut sealed);
    assert!(rest.is_empty());
    mode.encrypt_blocks(blocks);
    sealed
}

fn cbc(cipher: Cipher, key: &[u8], iv: &[u8], text: &[u8]) -> Vec<u8> {
    match cipher {
        Cipher::Aes128Cbc => cbc_of::<Aes128>(key, iv, text),
        Cipher::Aes256Cbc => cbc_of::<Aes256>(key, iv, text),
        Cipher::Camellia128Cbc => cbc_of::<Camellia128>(key, iv, text),
        Cipher::Aria128Cbc => cbc_of::<Aria128>(key, iv, text),
        other => panic!("{other:?} is not tested"),
    }
}

impl Talk {
    /// Peers that have agreed on nothing yet.
    pub(super) fn new(suite: u16, version: Version, etm: bool) -> Self {
        Self::of_master(suite, version, etm, &secret_of(Label::ClientRandom, 48))
    }

    /// The same, of peers who have this master secret in TLS 1.2 and older.
    pub(super) fn of_master(suite: u16, version: Version, etm: bool, master: &[u8]) -> Self {
        let suite = Suite::of(suite).unwrap();
        let mut secrets = Secrets::default();
        for label in Label::ALL {
            let is_master = label == Label::ClientRandom;
            let length = if is_master { 48 } else { suite.derivation().length() };
            if is_master != (version == Version::TLS13) {
                secrets.add(RANDOM, label, Secret::new(&secret_of(label, length)), Origin::KeyLog);
            }
        }
        let lengths = KeyLengths::of(suite, version);
        let whole = 2 * (lengths.mac + lengths.key + lengths.iv);
        let seed: [&[u8]; 2] = [&SERVER_RANDOM, &RANDOM.0];
        let block = crypto::prf(version, suite.derivation(), master, "key expansion", &seed, whole);
        Self {
            suite,
            version,
            etm,
            secrets,
            traffic: PerPeer::default(),
            block,
            number: PerPeer::default(),
            chain: PerPeer::default(),
            pieces: Vec::new(),
        }
    }

    /// A whole handshake.
    pub(super) fn agreed(suite: u16, version: Version, etm: bool) -> Self {
        let mut talk = Self::new(suite, version, etm);
        talk.plain(Peer::Client, 22, &client_hello(&[]));
        if version == Version::TLS13 {
            talk.plain(Peer::Server, 22, &server_hello(suite, &extension(43, &[3, 4]), version));
            talk.finish_13(&[]);
        } else {
            let etm = if etm { extension(22, &[]) } else { Vec::new() };
            talk.plain(Peer::Server, 22, &server_hello(suite, &etm, version));
            talk.finish_12();
        }
        talk
    }

    /// What follows a `ServerHello` of TLS 1.2 or older.
    pub(super) fn finish_12(&mut self) {
        self.plain(Peer::Server, 22, &handshake(14, &[]));
        self.plain(Peer::Client, 22, &handshake(16, &[0; 66]));
        for peer in Peer::BOTH {
            self.plain(peer, 20, &[1]);
            self.seal(peer, 22, &handshake(20, &[7; 12]));
        }
    }

    /// What follows a `ServerHello` of TLS 1.3.
    pub(super) fn finish_13(&mut self, encrypted: &[u8]) {
        self.use_secret(Peer::Server, Label::ServerHandshakeTraffic);
        self.seal(Peer::Server, 22, &handshake(8, &vector16(encrypted)));
        self.seal(Peer::Server, 22, &[handshake(11, &[5; 900]), handshake(20, &[7; 32])].concat());
        self.use_secret(Peer::Server, Label::ServerTraffic);
        self.use_secret(Peer::Client, Label::ClientHandshakeTraffic);
        self.seal(Peer::Client, 22, &handshake(20, &[7; 32]));
        self.use_secret(Peer::Client, Label::ClientTraffic);
    }

    pub(super) fn use_secret(&mut self, from: Peer, label: Label) {
        *self.traffic.of_mut(from) = secret_of(label, self.suite.derivation().length());
        *self.number.of_mut(from) = 0;
    }

    pub(super) fn plain(&mut self, from: Peer, kind: u8, body: &[u8]) {
        let version = Version(self.version.0.min(0x0303));
        self.pieces.push(Piece { from, bytes: raw(kind, version, body) });
    }

    /// Whether the next record of this side is not padded.
    pub(super) const fn is_next_plain(&self, from: Peer) -> bool {
        self.number.of(from).is_multiple_of(3)
    }

    /// Data of the application.
    pub(super) fn say(&mut self, from: Peer, text: &[u8]) {
        self.seal(from, 23, text);
    }

    /// The sender changes its keys.
    pub(super) fn update(&mut self, from: Peer) {
        self.seal(from, 22, &handshake(24, &[0]));
        let hash = self.suite.derivation();
        let next = crypto::expand_label(hash, self.traffic.of(from), "traffic upd", hash.length());
        *self.traffic.of_mut(from) = next.to_vec();
        *self.number.of_mut(from) = 0;
    }

    /// An encrypted record.
    pub(super) fn seal(&mut self, from: Peer, kind: u8, text: &[u8]) {
        let number = *self.number.of(from);
        *self.number.of_mut(from) += 1;
        let bytes = if self.version == Version::TLS13 {
            self.sealed_13(from, number, kind, text)
        } else {
            self.sealed_12(from, number, kind, text)
        };
        self.pieces.push(Piece { from, bytes });
    }

    fn sealed_13(&self, from: Peer, number: u64, kind: u8, text: &[u8]) -> Vec<u8> {
        let hash = self.suite.derivation();
        let secret = self.traffic.of(from);
        let lengths = KeyLengths::of(self.suite, Version::TLS12);
        let key = crypto::expand_label(hash, secret, "key", lengths.key);
        let iv: [u8; 12] = crypto::expand_label(hash, secret, "iv", 12).as_slice().try_into().unwrap();
        // Padding, as long as the number says.
        let inner = [text, &[kind], &vec![0; usize::try_from(number % 3).unwrap()]].concat();
        let tag = if matches!(self.suite.cipher, Cipher::Aes128Ccm8) { 8 } else { 16 };
        let header = raw(23, Version::TLS12, &vec![0; inner.len() + tag])[..5].to_vec();
        let sealed = encrypt(self.suite.cipher, &key, mixed(iv, number), &header, &inner);
        [header, sealed].concat()
    }

    fn sealed_12(&mut self, from: Peer, number: u64, kind: u8, text: &[u8]) -> Vec<u8> {
        let lengths = KeyLengths::of(self.suite, self.version);
        let part = |begin: usize, length: usize| {
            let at = begin + if from == Peer::Server { length } else { 0 };
            self.block[at..at + length].to_vec()
        };
        let mac_key = part(0, lengths.mac);
        let key = part(2 * lengths.mac, lengths.key);
        let iv = part(2 * (lengths.mac + lengths.key), lengths.iv);
        let header = |length: usize| {
            [
                &number.to_be_bytes()[..],
                &[kind],
                &self.version.0.to_be_bytes(),
                &u16::try_from(length).unwrap().to_be_bytes(),
            ]
            .concat()
        };
        let mac =
            |text: &[u8]| crypto::hmac(self.suite.hash, &mac_key, &[&header(text.len()), text]).to_vec();
        let body = match self.suite.cipher {
            Cipher::Null => [text, &mac(text)].concat(),
            Cipher::ChaCha20Poly1305 => {
                let iv = iv.try_into().unwrap();
                encrypt(self.suite.cipher, &key, mixed(iv, number), &header(text.len()), text)
            }
            _ if lengths.mac == 0 => {
                let explicit = (number + 1_000).to_be_bytes();
                let nonce: [u8; 12] = [&iv[..], &explicit].concat().try_into().unwrap();
                [&explicit[..], &encrypt(self.suite.cipher, &key, nonce, &header(text.len()), text)].concat()
            }
            cipher => {
                let inside = if self.etm { text.to_vec() } else { [text, &mac(text)].concat() };
                let padding = 15 - inside.len() % 16;
                let padded = [inside, vec![u8::try_from(padding).unwrap(); padding + 1]].concat();
                let is_chained = self.version == Version::TLS10;
                let chain = self.chain.of(from);
                let first = match (is_chained, chain.is_empty()) {
                    (true, true) => iv,
                    (true, false) => chain.clone(),
                    (false, _) => vec![u8::try_from(number % 256).unwrap(); 16],
                };
                let sealed = cbc(cipher, &key, &first, &padded);
                let last = sealed[sealed.len() - 16..].to_vec();
                let mut body = if is_chained { sealed } else { [first, sealed].concat() };
                if self.etm {
                    let outside = mac(&body);
                    body.extend(outside);
                }
                *self.chain.of_mut(from) = last;
                body
            }
        };
        raw(kind, self.version, &body)
    }

    /// What an observer reads of it, with each side's text.
    pub(super) fn read(&self) -> (PerPeer<Vec<u8>>, Tls) {
        read(&self.pieces, &self.secrets, Expecting::Nothing)
    }
}

fn mixed(mut iv: [u8; 12], number: u64) -> [u8; 12] {
    iv.iter_mut().skip(4).zip(number.to_be_bytes()).for_each(|(byte, other)| *byte ^= other);
    iv
}

/// Reads pieces that follow each other.
pub(super) fn read(pieces: &[Piece], secrets: &Secrets, expecting: Expecting) -> (PerPeer<Vec<u8>>, Tls) {
    let mut tls = Tls::new(expecting);
    let mut texts = PerPeer::<Vec<u8>>::default();
    let mut ends = PerPeer::<u64>::default();
    for piece in pieces {
        let chunk = Chunk::plain(&piece.bytes, Stamp::default(), *ends.of(piece.from));
        *ends.of_mut(piece.from) += piece.bytes.len() as u64;
        tls.push(piece.from, StreamEvent::Data(chunk), secrets, &mut |event| keep(&mut texts, &event));
    }
    (texts, tls)
}

/// Puts what is told of a stream together: a gap is a `|`.
pub(super) fn keep(texts: &mut PerPeer<Vec<u8>>, event: &Event<'_>) {
    match event {
        Event::Stream(from, StreamEvent::Data(chunk)) => texts.of_mut(*from).extend_from_slice(chunk.bytes),
        Event::Stream(from, StreamEvent::Gap(_)) => texts.of_mut(*from).push(b'|'),
        _ => {}
    }
}

/// What is read of what is said, if these pieces are lost, and the session afterwards.
pub(super) fn read_with_loss(talk: &Talk, lost: &[usize]) -> (PerPeer<Vec<u8>>, Tls) {
    let mut tls = Tls::new(Expecting::Nothing);
    let mut texts = PerPeer::default();
    let mut at = PerPeer::<u64>::default();
    for (number, piece) in talk.pieces.iter().enumerate() {
        let start = *at.of(piece.from);
        let chunk = Chunk::plain(&piece.bytes, Stamp::default(), start);
        *at.of_mut(piece.from) = chunk.extent.end;
        let event = if lost.contains(&number) {
            let missing = Missing::Bytes(chunk.extent.length());
            StreamEvent::Gap(Gap { missing, cause: GapCause::Lost, stamp: chunk.stamp, extent: chunk.extent })
        } else {
            StreamEvent::Data(chunk)
        };
        tls.push(piece.from, event, &talk.secrets, &mut |event| keep(&mut texts, &event));
    }
    (texts, tls)
}
