//! Masking (RFC 6455 §5.3).

/// Bytes unmasked at a time.
const WIDE: usize = 16;

/// Unmasks `bytes` with `key`; `position` is the first byte's place in its payload.
#[inline]
pub(super) fn unmask(key: [u8; 4], position: u64, bytes: &mut [u8]) {
    let turned = u32::from_le_bytes(key).rotate_right(8 * (position % 4) as u32);
    // Many bytes at a time: the compiler makes vectors of it.
    let key = u128::from(turned) * 0x0000_0001_0000_0001_0000_0001_0000_0001;
    let (words, rest) = bytes.as_chunks_mut::<WIDE>();
    for word in words {
        *word = (u128::from_le_bytes(*word) ^ key).to_le_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.to_le_bytes()) {
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
    // Whole words: nobody looks at what follows.
    let words = length.next_multiple_of(WIDE).min(SIZE);
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
            let mut block = [0; 128];
            assert_eq!(unmask_into(&mut block, key, &masked[..split]), &whole[..split], "only {split}");
        }
    }
}
