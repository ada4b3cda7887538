//! The interfaces there are.

use super::error::LiveError;
use std::net::IpAddr;

/// What libpcap lists besides network interfaces: no TCP comes from there.
const OTHERS: [&str; 5] = ["bluetooth", "dbus", "nflog", "nfqueue", "usbmon"];

/// An interface to capture on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name, as the system has it: not escaped.
    pub name: String,
    /// What the system says about it, if anything.
    pub description: Option<String>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Whether it is switched on.
    pub is_up: bool,
    /// Whether packets can come: a cable is in, a peer is there.
    pub is_running: bool,
    /// What its packets begin with, by the name that libpcap has for it; only who may capture knows.
    pub link: Option<String>,
}

/// Lists the network interfaces.
///
/// # Errors
/// The system does not tell.
pub fn interfaces() -> Result<Vec<Interface>, LiveError> {
    let devices = pcap::Device::list().map_err(|error| LiveError::List(error.to_string()))?;
    let is_network = |device: &pcap::Device| !OTHERS.iter().any(|other| device.name.starts_with(other));
    Ok(devices.into_iter().filter(is_network).map(describe).collect())
}

fn describe(device: pcap::Device) -> Interface {
    let opened = pcap::Capture::from_device(device.name.as_str()).and_then(pcap::Capture::open);
    let link = opened.ok().map(|capture| capture.get_datalink());
    let name = |link: pcap::Linktype| {
        link.get_description().or_else(|_| link.get_name()).unwrap_or_else(|_| format!("number {}", link.0))
    };
    Interface {
        description: device.desc,
        addresses: device.addresses.iter().map(|address| address.addr).collect(),
        is_up: device.flags.is_up(),
        is_running: device.flags.is_running(),
        link: link.map(name),
        name: device.name,
    }
}
