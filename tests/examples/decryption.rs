//! What decryption takes by itself: opens as many records of TLS 1.3 with AES-128-GCM as it is told to, each of so many bytes.
//! `tests/bench/carriers` compares whole analyses with it.
#![allow(clippy::unwrap_used, missing_docs)]

use aes_gcm::Aes128Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit, Tag};
use std::hint::black_box;

fn main() {
    let mut numbers = std::env::args().skip(1).map(|word| word.parse::<usize>().unwrap());
    let (records, bytes) = (numbers.next().unwrap(), numbers.next().unwrap());
    let (cipher, nonce) = (Aes128Gcm::new(&[3; 16].into()), [7; 12].into());
    // With the byte for the content type.
    let mut sealed = vec![1; bytes + 1];
    let tag: Tag<Aes128Gcm> =
        cipher.encrypt_inout_detached(&nonce, b"12345", sealed.as_mut_slice().into()).unwrap();
    let mut text = vec![0; sealed.len()];
    for _ in 0..records {
        text.copy_from_slice(&sealed);
        cipher.decrypt_inout_detached(&nonce, b"12345", text.as_mut_slice().into(), &tag).unwrap();
        black_box(&text);
    }
}
