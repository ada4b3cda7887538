//! Masking (RFC 6455 §5.3).

/// Unmasks `bytes` with `key`; `position` is the first byte's place in its payload.
pub(super) fn unmask(key: [u8; 4], position: u64, bytes: &mut [u8]) {
    let mut key = key;
    key.rotate_left(usize::try_from(position % 4).unwrap_or(0));
    let [a, b, c, d] = key;
    // Eight bytes at a time: the compiler makes vectors of it.
    let wide = [a, b, c, d, a, b, c, d];
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ u64::from_ne_bytes(wide)).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(wide) {
        *byte ^= key;
    }
}

/// Unmasks a whole payload into the beginning of `block`, which has room for it.
pub(super) fn unmask_into<'b, const SIZE: usize>(
    block: &'b mut [u8; SIZE],
    key: [u8; 4],
    payload: &[u8],
) -> &'b [u8] {
    let length = payload.len().min(SIZE);
    let plain = block.get_mut(..length).unwrap_or_default();
    plain.copy_from_slice(payload.get(..length).unwrap_or_default());
    // Whole words: nobody looks at what is behind.
    let words = length.next_multiple_of(8).min(SIZE);
    unmask(key, 0, block.get_mut(..words).unwrap_or_default());
    block.get(..length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rfc_example() {
        // RFC 6455 §5.7: a single-frame masked text message, contains "Hello".
        let mut bytes = [0x7f, 0x9f, 0x4d, 0x51, 0x58];
        unmask([0x37, 0xfa, 0x21, 0x3d], 0, &mut bytes);
        assert_eq!(&bytes, b"Hello");
    }

    #[test]
    fn any_split_gives_the_same_bytes() {
        let masked: Vec<u8> = (0..100).collect();
        let key = [1, 2, 3, 4];
        let whole: Vec<u8> = masked.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        for split in 0..=masked.len() {
            let mut bytes = masked.clone();
            let (first, second) = bytes.split_at_mut(split);
            unmask(key, 0, first);
            unmask(key, split as u64, second);
            assert_eq!(bytes, whole, "split at {split}");
        }
    }
}
