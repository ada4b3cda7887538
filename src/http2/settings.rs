//! What a peer announces about itself (RFC 9113 §6.5.2, RFC 8441 §3).

/// The settings of one side, as announced so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Bytes that the table of its peer's head compression may take.
    pub header_table_size: u32,
    /// Whether it takes pushed requests.
    pub enable_push: bool,
    /// Streams of its peer that it takes at once.
    pub max_concurrent_streams: Option<u32>,
    /// Bytes that it takes on a new stream.
    pub initial_window_size: u32,
    /// Bytes of payload in a frame that it takes.
    pub max_frame_size: u32,
    /// Bytes of a head that it takes.
    pub max_header_list_size: Option<u32>,
    /// Whether it takes extended CONNECT, and with it WebSockets (RFC 8441 §3).
    pub enable_connect_protocol: bool,
}

/// What holds before anything is announced.
impl Default for Settings {
    fn default() -> Self {
        Self {
            header_table_size: 4096,
            enable_push: true,
            max_concurrent_streams: None,
            initial_window_size: 65_535,
            max_frame_size: 16_384,
            max_header_list_size: None,
            enable_connect_protocol: false,
        }
    }
}

impl Settings {
    /// Bytes of one setting.
    const SIZE: usize = 6;

    /// Takes the payload of a SETTINGS frame. The last of several values counts. Returns whether one of them is a window of more
    /// than 2³¹-1 bytes, which is an error.
    pub(super) fn read(&mut self, payload: &[u8]) -> bool {
        let mut is_too_large = false;
        for setting in payload.chunks_exact(Self::SIZE) {
            let Ok([high, low, value @ ..]) = <[u8; Self::SIZE]>::try_from(setting) else { continue };
            let value = u32::from_be_bytes(value);
            match u16::from_be_bytes([high, low]) {
                1 => self.header_table_size = value,
                2 => self.enable_push = value != 0,
                3 => self.max_concurrent_streams = Some(value),
                4 => {
                    is_too_large |= value > i32::MAX.cast_unsigned();
                    self.initial_window_size = value.min(i32::MAX.cast_unsigned());
                }
                5 => self.max_frame_size = value.clamp(16_384, (1 << 24) - 1),
                6 => self.max_header_list_size = Some(value),
                8 => self.enable_connect_protocol = value == 1,
                _ => {}
            }
        }
        is_too_large
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_settings_are_taken_and_others_ignored() {
        let mut settings = Settings::default();
        assert!(!settings.read(&[0, 8, 0, 0, 0, 1, 0, 4, 0, 0, 0, 9, 0x0a, 0x0a, 1, 2, 3, 4, 0, 1, 0]));
        let expected =
            Settings { enable_connect_protocol: true, initial_window_size: 9, ..Settings::default() };
        assert_eq!(settings, expected);
    }
}
