//! What a peer announces about itself (RFC 9113 §6.5.2, RFC 8441 §3).

use super::frame::{FrameFault, SettingFault};
use crate::model::Peer;
use std::ops::RangeInclusive;

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

    /// The sizes that the largest frame may have.
    const FRAME_SIZES: RangeInclusive<u32> = 16_384..=(1 << 24) - 1;

    /// Takes the payload of a SETTINGS frame of `from`. The last of several values counts. Returns what is wrong with the first
    /// of them that is wrong.
    pub(super) fn read(&mut self, from: Peer, payload: &[u8]) -> Option<FrameFault> {
        let mut found = None;
        for setting in payload.chunks_exact(Self::SIZE) {
            let Ok([high, low, value @ ..]) = <[u8; Self::SIZE]>::try_from(setting) else { continue };
            let fault = self.set(from, u16::from_be_bytes([high, low]), u32::from_be_bytes(value));
            found = found.or(fault);
        }
        found
    }

    /// Takes one setting of `from`.
    fn set(&mut self, from: Peer, identifier: u16, value: u32) -> Option<FrameFault> {
        let wrong = |is_wrong: bool, fault| is_wrong.then_some(FrameFault::Setting(fault));
        match identifier {
            1 => self.header_table_size = value,
            2 => {
                self.enable_push = value != 0;
                return wrong(value > 1, SettingFault::EnablePush(value))
                    .or(wrong(value == 1 && from == Peer::Server, SettingFault::PushOfServer));
            }
            3 => self.max_concurrent_streams = Some(value),
            4 => {
                let most = i32::MAX.cast_unsigned();
                self.initial_window_size = value.min(most);
                return (value > most).then_some(FrameFault::WindowTooLarge);
            }
            5 => {
                self.max_frame_size = value.clamp(*Self::FRAME_SIZES.start(), *Self::FRAME_SIZES.end());
                return wrong(!Self::FRAME_SIZES.contains(&value), SettingFault::MaxFrameSize(value));
            }
            6 => self.max_header_list_size = Some(value),
            8 => {
                let before = std::mem::replace(&mut self.enable_connect_protocol, value == 1);
                // What a client announces of it has no meaning.
                let is_withdrawn = before && value == 0 && from == Peer::Server;
                return wrong(value > 1, SettingFault::EnableConnectProtocol(value))
                    .or(wrong(is_withdrawn, SettingFault::ConnectProtocolWithdrawn));
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_settings_are_taken_and_others_ignored() {
        let mut settings = Settings::default();
        let payload = [0, 8, 0, 0, 0, 1, 0, 4, 0, 0, 0, 9, 0x0a, 0x0a, 1, 2, 3, 4, 0, 1, 0];
        assert_eq!(settings.read(Peer::Server, &payload), None);
        let expected =
            Settings { enable_connect_protocol: true, initial_window_size: 9, ..Settings::default() };
        assert_eq!(settings, expected);
    }

    /// What the settings of one frame, each an identifier and a value, have wrong.
    fn fault(from: Peer, list: &[(u16, u32)]) -> Option<FrameFault> {
        let bytes = list.iter().map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat());
        Settings::default().read(from, &bytes.collect::<Vec<_>>().concat())
    }

    #[test]
    fn values_have_their_bounds() {
        let of_client = |list: &[(u16, u32)]| fault(Peer::Client, list);
        let setting = |fault| Some(FrameFault::Setting(fault));
        assert_eq!(of_client(&[(2, 0), (2, 1), (4, (1 << 31) - 1), (5, 16_384), (5, (1 << 24) - 1)]), None);
        assert_eq!(of_client(&[(2, 2)]), setting(SettingFault::EnablePush(2)));
        assert_eq!(of_client(&[(4, 1 << 31)]), Some(FrameFault::WindowTooLarge));
        assert_eq!(of_client(&[(5, 16_383)]), setting(SettingFault::MaxFrameSize(16_383)));
        assert_eq!(of_client(&[(5, 1 << 24), (2, 2)]), setting(SettingFault::MaxFrameSize(1 << 24)));
        assert_eq!(of_client(&[(8, 2)]), setting(SettingFault::EnableConnectProtocol(2)));
    }

    #[test]
    fn a_server_takes_no_pushes_and_takes_nothing_back() {
        let of_server = |list: &[(u16, u32)]| fault(Peer::Server, list);
        let withdrawn = Some(FrameFault::Setting(SettingFault::ConnectProtocolWithdrawn));
        assert_eq!(of_server(&[(2, 0), (8, 0), (8, 1), (8, 1)]), None);
        assert_eq!(of_server(&[(2, 1)]), Some(FrameFault::Setting(SettingFault::PushOfServer)));
        assert_eq!(of_server(&[(8, 1), (8, 0)]), withdrawn);
        assert_eq!(fault(Peer::Client, &[(8, 1), (8, 0)]), None);
    }
}
