//! From a captured packet to a TCP segment, or to the reason why there is none.
//!
//! Every header is read by a function of the same shape: it takes what it needs from the front of a view and says
//! what comes next; the loop in `stack` follows. So tags, labels and tunnels nest in any order
//! without recursion. Where a header reaches beyond its bytes the view tells a snap length from a contradiction.
//!
//! | file | reads |
//! |---|---|
//! | `stack` | [`Net`], the stage; the loop over the headers of a packet |
//! | `next` | what a header says about the bytes behind it |
//! | `common` | the shapes that nearly all packets have, at once |
//! | `view` | the bytes still to be read, and how many there were on the wire |
//! | `link` | link types, one row each |
//! | `ether` | Ethernet and `EtherType`s: VLAN, MPLS, `PPPoE`, LLC/SNAP |
//! | `ppp` | PPP and Cisco HDLC |
//! | `ip` | IPv4, IPv6 and its extension headers |
//! | `fragments` | puts fragmented datagrams together |
//! | `icmp` | what routers say about segments that went no further |
//! | `tunnel` | GRE, VXLAN, Geneve, GTP-U |
//! | `wireless` | 802.11 and the headers of radios |
//! | `segment` | TCP |
//! | `checksum` | whether a segment's bytes are those that were sent |
//! | `anatomy` | where the headers stand, for whoever writes a packet anew |
//! | `parties` | between which addresses a packet goes, whatever it is |

mod anatomy;
mod checksum;
mod common;
mod ether;
mod fragments;
mod icmp;
mod ip;
mod link;
mod next;
mod parties;
mod ppp;
mod quic;
mod segment;
mod stack;
mod tunnel;
mod view;
mod wireless;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod testing;

pub use anatomy::{Anatomy, Prefix};
pub use stack::Net;
