//! Display filters for Wireshark, to copy.

use crate::model::{PerPeer, Stamp};
use std::net::{IpAddr, SocketAddr};

/// Shows one packet.
pub(super) fn packet(stamp: Stamp) -> String {
    format!("frame.number == {}", stamp.packet)
}

/// Shows a connection, as Wireshark's own conversation filter does.
pub(super) fn conversation(addresses: &PerPeer<SocketAddr>) -> String {
    let (client, server) = (addresses.client, addresses.server);
    let version = match server.ip() {
        IpAddr::V4(_) => "ip",
        IpAddr::V6(_) => "ipv6",
    };
    format!(
        "({version}.addr == {} && {version}.addr == {}) && (tcp.port == {} && tcp.port == {})",
        client.ip(),
        server.ip(),
        client.port(),
        server.port()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_name_both_ends() {
        let addresses =
            PerPeer { client: "10.0.0.7:51234".parse().unwrap(), server: "10.0.0.1:80".parse().unwrap() };
        assert_eq!(
            conversation(&addresses),
            "(ip.addr == 10.0.0.7 && ip.addr == 10.0.0.1) && (tcp.port == 51234 && tcp.port == 80)"
        );
        let addresses = PerPeer { client: "[::1]:5".parse().unwrap(), server: "[::1]:80".parse().unwrap() };
        assert!(conversation(&addresses).starts_with("(ipv6.addr == ::1 && ipv6.addr == ::1)"));
    }
}
