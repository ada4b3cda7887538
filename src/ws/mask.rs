//! Masking (RFC 6455 §5.3).

/// Appends `bytes`, unmasked with `key`, to `out`; `position` is the first byte's place in its payload.
pub(super) fn unmask(key: [u8; 4], position: u64, bytes: &[u8], out: &mut Vec<u8>) {
    let mut key = key;
    key.rotate_left(usize::try_from(position % 4).unwrap_or(0));
    let [a, b, c, d] = key;
    // Eight bytes at a time: the compiler makes vectors of it.
    let wide = [a, b, c, d, a, b, c, d];
    let start = out.len();
    out.extend_from_slice(bytes);
    let Some(fresh) = out.get_mut(start..) else { return };
    let (words, rest) = fresh.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ u64::from_ne_bytes(wide)).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(wide) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rfc_example() {
        // RFC 6455 §5.7: a single-frame masked text message, contains "Hello".
        let mut out = Vec::new();
        unmask([0x37, 0xfa, 0x21, 0x3d], 0, &[0x7f, 0x9f, 0x4d, 0x51, 0x58], &mut out);
        assert_eq!(out, b"Hello");
    }

    #[test]
    fn any_split_gives_the_same_bytes() {
        let masked: Vec<u8> = (0..100).collect();
        let key = [1, 2, 3, 4];
        let whole: Vec<u8> = masked.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        for split in 0..=masked.len() {
            let mut out = Vec::new();
            unmask(key, 0, &masked[..split], &mut out);
            unmask(key, split as u64, &masked[split..], &mut out);
            assert_eq!(out, whole, "split at {split}");
        }
    }
}
