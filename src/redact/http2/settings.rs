//! What is left of settings of HTTP/2: those that everybody knows (RFC 9113 §6.5.2, RFC 8441 §3, RFC 9218 §2.1).

use crate::redact::strange::NOTHING;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Bytes of one setting.
const SIZE: usize = 6;

/// What takes the place of the payload of a SETTINGS frame.
pub(in crate::redact) fn settings(payload: &[u8]) -> Vec<u8> {
    let is_known = |setting: &[u8]| setting.len() == SIZE && matches!(setting, [0, 1..=6 | 8 | 9, ..]);
    let left =
        |setting: &[u8]| if is_known(setting) { setting.to_vec() } else { vec![NOTHING; setting.len()] };
    payload.chunks(SIZE).flat_map(left).collect()
}

/// The same for the header `HTTP2-Settings` of a request to continue with HTTP/2 (RFC 7540 §3.2.1); `None` if its value is none.
pub(in crate::redact) fn settings_header(value: &str) -> Option<String> {
    let payload = BASE64_URL_SAFE_NO_PAD.decode(value).ok()?;
    Some(BASE64_URL_SAFE_NO_PAD.encode(settings(&payload)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_settings_that_everybody_knows_stay() {
        let sent = b"\0\x04\0\0\xff\xff\x0a\x0asecr\0\x08\0\0\0\x01\0\x04and";
        assert_eq!(settings(sent), b"\0\x04\0\0\xff\xffxxxxxx\0\x08\0\0\0\x01xxxxx");
        assert_eq!(settings_header("AAMAAABkAAQAAP__").as_deref(), Some("AAMAAABkAAQAAP__"));
        assert_eq!(settings_header("not base64"), None);
    }
}
