//! Opens interfaces: what needs privileges.

use super::error::LiveError;
use super::filter;
use super::interfaces::interfaces;
use super::options::Options;
use crate::model::{LinkType, escape};
use pcap::{Activated, Active, Capture, Linktype, Precision};
use std::time::Duration;

/// How long the kernel gathers packets before it hands them on.
pub(super) const GATHER: Duration = Duration::from_millis(20);

/// The interface that is all of them.
const ALL: &str = "any";

/// Linux's cooked capture, version 2: of all interfaces it says which one a packet was on.
const LINUX_SLL2: Linktype = Linktype(276);

/// Interfaces that are open, and capture nothing yet.
pub struct OpenInterfaces {
    pub(super) devices: Vec<Device>,
    pub(super) filter: String,
}

/// An open interface.
pub(super) struct Device {
    pub(super) name: String,
    pub(super) capture: Capture<Active>,
    pub(super) link: LinkType,
    pub(super) snaplen: u32,
}

/// Opens the interfaces.
///
/// # Errors
/// One of them cannot be opened, or libpcap does not understand the filter.
pub fn open(options: &Options) -> Result<OpenInterfaces, LiveError> {
    let devices = options.interfaces.iter().map(|name| open_one(name, options)).collect::<Result<_, _>>()?;
    Ok(OpenInterfaces { devices, filter: options.filter.clone() })
}

impl OpenInterfaces {
    /// The names of the interfaces.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.devices.iter().map(|device| device.name.as_str())
    }
}

fn open_one(name: &str, options: &Options) -> Result<Device, LiveError> {
    let limit = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let open = |promiscuous| {
        Capture::from_device(name).and_then(|capture| {
            capture
                .snaplen(limit(options.snaplen))
                .buffer_size(limit(options.buffer))
                .promisc(promiscuous)
                .immediate_mode(options.immediate)
                .timeout(limit(u32::try_from(GATHER.as_millis()).unwrap_or(u32::MAX)))
                .precision(Precision::Nano)
                .open()
        })
    };
    let explain = |error: pcap::Error| explain(name, &error);
    let mut capture = open(options.promiscuous && name != ALL).map_err(explain)?;
    if name == ALL && capture.list_datalinks().is_ok_and(|links| links.contains(&LINUX_SLL2)) {
        capture.set_datalink(LINUX_SLL2).map_err(explain)?;
    }
    if !options.filter.is_empty() {
        capture
            .filter(&options.filter, true)
            .map_err(|error| wrong_filter(&capture, &options.filter, &error))?;
    }
    let capture = capture.setnonblock().map_err(explain)?;
    let link = link_type(capture.get_datalink());
    Ok(Device { name: name.to_owned(), capture, link, snaplen: options.snaplen })
}

fn wrong_filter<T: Activated + ?Sized>(
    capture: &Capture<T>,
    expression: &str,
    error: &pcap::Error,
) -> LiveError {
    filter::wrong(expression, &error.to_string(), &|other| capture.compile(other, true).is_ok())
}

/// The number in files for what libpcap numbers by system: <https://www.tcpdump.org/linktypes.html>.
fn link_type(link: Linktype) -> LinkType {
    const RAW: u32 = 101;
    LinkType(match u32::try_from(link.0).unwrap_or(u32::MAX) {
        // DLT_RAW, on OpenBSD and elsewhere
        12 | 14 => RAW,
        number => number,
    })
}

/// Why an interface cannot be opened, in words that help.
fn explain(name: &str, error: &pcap::Error) -> LiveError {
    let interface = escape(name.as_bytes());
    let reason = error.to_string();
    let reason = reason.strip_prefix("libpcap error: ").unwrap_or(&reason);
    let known = interfaces().unwrap_or_default();
    if !known.is_empty() && !known.iter().any(|other| other.name == name) {
        let known: Vec<String> = known.iter().map(|other| escape(other.name.as_bytes())).collect();
        return LiveError::Unknown { interface, known: known.join(", ") };
    }
    // libpcap tells its kinds of errors apart, but its binding gives the words only.
    let says = |words: &str| reason.to_lowercase().contains(words);
    if says("permi") || says("cap_net_raw") {
        let program = std::env::current_exe().unwrap_or_default();
        let program = escape(program.as_os_str().as_encoded_bytes());
        let is_plain = program.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte));
        let program = if is_plain { program } else { format!("'{program}'") };
        return LiveError::Permission { interface, capability: "CAP_NET_RAW", program };
    }
    if says("is not up") || says("network is down") {
        return LiveError::Down { interface };
    }
    LiveError::Open { interface, reason: escape(reason.as_bytes()) }
}
