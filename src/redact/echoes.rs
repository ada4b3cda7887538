//! What takes the place of the payloads of pings and pongs: numbers, so that an echo stays one, and what is wrong with one
//! stays wrong in the same way.

use std::collections::HashMap;

/// The latest pings that a pong may be meant for.
const LATEST: usize = 64;

/// What became of the pings of one connection.
#[derive(Debug, Default)]
pub(super) struct Echoes {
    numbers: HashMap<Box<[u8]>, usize>,
    /// The latest pings: as they are without the mask, and its key.
    pings: Vec<(Box<[u8]>, [u8; 4])>,
}

impl Echoes {
    /// What takes the place of a ping's payload, which was masked with `key`.
    pub(super) fn ping(&mut self, payload: &[u8], key: [u8; 4]) -> Vec<u8> {
        if self.pings.len() == LATEST {
            self.pings.remove(0);
        }
        self.pings.push((payload.into(), key));
        self.number(payload)
    }

    /// The same for a pong's.
    pub(super) fn pong(&mut self, payload: &[u8]) -> Vec<u8> {
        let Self { pings, .. } = self;
        let is_echo = |ping: &&(Box<[u8]>, [u8; 4])| *ping.0 == *payload;
        let latest = || pings.iter().rev();
        if payload.is_empty() || latest().any(|ping| is_echo(&ping)) {
            return self.number(payload);
        }
        // Still masked, cut off, or longer than it should be.
        let masked = latest().find(|(ping, key)| xor(ping, *key) == payload).cloned();
        if let Some((ping, key)) = masked {
            return xor(&self.number(&ping), key);
        }
        let cut = latest().find(|(ping, _)| ping.starts_with(payload)).cloned();
        if let Some((ping, _)) = cut {
            let mut echo = self.number(&ping);
            echo.truncate(payload.len());
            return echo;
        }
        let longer = latest().find(|(ping, _)| !ping.is_empty() && payload.starts_with(ping)).cloned();
        if let Some((ping, _)) = longer {
            let mut echo = self.number(&ping);
            echo.resize(payload.len(), b'x');
            return echo;
        }
        self.number(payload)
    }

    /// A number for each payload, as long as it is, with NULs where it has them.
    fn number(&mut self, payload: &[u8]) -> Vec<u8> {
        let next = self.numbers.len() + 1;
        let mut number = *self.numbers.entry(payload.into()).or_insert(next);
        let mut digit = || {
            if number == 0 {
                return b'x';
            }
            let digit = b"0123456789".get(number % 10).copied().unwrap_or(b'0');
            number /= 10;
            digit
        };
        payload.iter().map(|byte| if *byte == 0 { 0 } else { digit() }).collect()
    }
}

/// `bytes` with a masking key over them, or without it.
pub(super) fn xor(bytes: &[u8], key: [u8; 4]) -> Vec<u8> {
    bytes.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_stays_an_echo_and_what_is_wrong_with_it_stays_wrong() {
        let (mut echoes, key) = (Echoes::default(), [1, 2, 3, 4]);
        let (first, second) = (echoes.ping(b"ping one\0more", key), echoes.ping(b"other", key));
        assert_eq!((&first[..], &second[..]), (&b"1xxxxxxx\0xxxx"[..], &b"2xxxx"[..]));
        assert_eq!(echoes.pong(b"ping one\0more"), first);
        assert_eq!(echoes.pong(b"ping one"), first[..8]);
        assert_eq!(echoes.pong(&xor(b"other", key)), xor(&second, key));
        assert_eq!(echoes.pong(b"other and more"), b"2xxxxxxxxxxxxx");
        assert_eq!(echoes.pong(b"third"), b"3xxxx");
        assert_eq!(echoes.pong(b""), b"");
    }
}
