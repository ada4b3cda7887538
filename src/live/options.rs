//! What to capture, and how.

/// How to capture. The defaults are those of tcpdump, with a larger buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The interfaces; `any` is all of them, where the system has that.
    pub interfaces: Vec<String>,
    /// Which packets to take, in libpcap's filter language; all where it is empty.
    pub filter: String,
    /// The most bytes to capture of a packet.
    pub snaplen: u32,
    /// The kernel's buffer for each interface, in bytes.
    pub buffer: u32,
    /// Take packets that are for other machines, too.
    pub promiscuous: bool,
    /// Have every packet at once: less delay, and more work.
    pub immediate: bool,
}

impl Options {
    /// As much as libpcap takes at most, and tcpdump by default.
    pub const SNAPLEN: u32 = 262_144;

    /// The kernel's buffer, in bytes: at 100 MB/s it bridges a third of a second.
    pub const BUFFER: u32 = 32 << 20;
}

impl Default for Options {
    fn default() -> Self {
        Self {
            interfaces: Vec::new(),
            filter: String::new(),
            snaplen: Self::SNAPLEN,
            buffer: Self::BUFFER,
            promiscuous: true,
            immediate: false,
        }
    }
}
