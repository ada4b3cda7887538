//! QUIC: only whether a datagram begins a connection, as far as its first bytes show. wsight reads no further.

/// The longest connection ID of versions 1 and 2 (RFC 9000 §17.2).
const LONGEST_ID: u8 = 20;

/// Whether the payload of a UDP datagram begins with a long header (RFC 9000 §17.2) of version 1 or 2 (RFC 9369 §3.1).
///
/// The version makes it next to impossible that something else looks the same: DNS would have to ask hundreds of
/// questions at once, and STUN, DTLS and RTP begin with other bits.
pub(super) fn has_long_header(payload: &[u8]) -> bool {
    const LONG_AND_FIXED: u8 = 0xc0;
    let ([first, 0, 0, 0, 1, rest @ ..] | [first, 0x6b, 0x33, 0x43, 0xcf, rest @ ..]) = payload else {
        return false;
    };
    let Some((destination, rest)) = rest.split_first() else { return false };
    // A snap length may cut the rest.
    let source = rest.get(usize::from(*destination)).copied().unwrap_or_default();
    first & LONG_AND_FIXED == LONG_AND_FIXED
        && *destination <= LONGEST_ID
        && source <= LONGEST_ID
        && !rest.is_empty()
}
