//! What TCP and the capture did to the bytes; never a peer's fault.

use super::{CatalogEntry, Id};
use crate::findings::field::FindingField;

pub(super) static TCP_GAP: CatalogEntry = CatalogEntry {
    id: Id::TcpGap,
    rfc: "RFC 9293 §3.4",
    title: "Bytes are missing from the capture that the receiver acknowledged",
    meaning: "Do not blame a peer for what is missing here: the receiver acknowledged bytes that the \
              capture does not hold, so they were delivered, and only the capture missed them. Frames and \
              messages across the gap are incomplete or tentative. Where nothing acknowledges them, the finding is tentative and \
              says so: they may have been lost on the way. Where the receiver goes on to say that it lacks them, it is \
              `data-unacknowledged` that tells. Where the capture has bytes in a packet with a wrong checksum only, their receiver \
              dropped that and acknowledged another, which is what is missing: these are not counted.",
    fields: &[(FindingField::Missing, "missing bytes")],
    causes: &[
        "The capturing program was too slow and packets were dropped: see `capture-drops`.",
        "A mirror port or tap was overloaded, or sees one direction or one of several paths only.",
        "The capture was filtered, split or sampled afterwards.",
        "Of a packet that arrived damaged, as its checksum shows, the capture lacks the good copy: the damaged one is shown.",
    ],
    advice: &[
        "Capture on the host itself, with a filter and a large buffer: `tcpdump -B 65536 -s 0 -w out.pcap \
         'tcp port PORT'`.",
        "Check that both directions and all paths (bonding, ECMP) are captured.",
        "Do not draw conclusions about frames next to the gap.",
    ],
    messages: &[
        ("Wireshark", "[TCP Previous segment not captured]"),
        ("Wireshark", "[TCP ACKed unseen segment]"),
    ],
};

pub(super) static DIRECTION_MISSING: CatalogEntry = CatalogEntry {
    id: Id::DirectionMissing,
    rfc: "",
    title: "Only one side's packets of this connection were captured",
    meaning: "wsight can judge only half of this connection: the capture holds no packet of one side, not \
              even its acknowledgments. The frames of the other side are read. What the missing side did \
              is known only as far as the other side acknowledged it, so nothing that needs both is \
              judged: answers, pongs, who closed first.",
    fields: &[
        (FindingField::Side, "`client` or `server`: whose packets are missing"),
        (
            FindingField::Count,
            "where TLS hides what they carry: how many connections of that client to that server this is about",
        ),
    ],
    causes: &[
        "The two directions take different paths (asymmetric routing, ECMP, direct server return), and \
         only one of them was captured.",
        "A tap or mirror port for one direction only, or a filter such as `src host`.",
        "One of two captures, of one direction each, was analyzed without the other.",
    ],
    advice: &[
        "Capture on one of the two hosts, or mirror both directions.",
        "Merge the captures of both directions first: `mergecap -w both.pcapng a.pcap b.pcap`. Their clocks \
         may differ by some seconds.",
    ],
    messages: &[("Wireshark", "[TCP ACKed unseen segment]")],
};

pub(super) static ADDRESS_TRANSLATED: CatalogEntry = CatalogEntry {
    id: Id::AddressTranslated,
    rfc: "RFC 3022 §2.2",
    title: "The same connection was captured with other addresses as well",
    meaning: "The capture holds each packet of this connection more than once, before and behind address translation (NAT). It \
              is shown once, with the addresses under which it was captured first. That it is one connection is \
              proved by its SYNs: both sides' sequence numbers and clocks are the same, and those are random. Without clocks (TCP \
              timestamps) the client's address and port have to be the same, too.",
    fields: &[
        (FindingField::OtherClient, "the address of the client in the other packets"),
        (FindingField::OtherServer, "the address of the server in the other packets"),
        (FindingField::Count, "with how many other pairs of addresses it was captured"),
    ],
    causes: &[
        "A capture on all interfaces (`-i any`) of a host that translates addresses: Docker, Kubernetes, a router, a firewall.",
        "Captures from both sides of a NAT gateway or load balancer that were merged.",
    ],
    advice: &[
        "Nothing is wrong. To see one side only, capture on one interface, or filter by its address: `--host ADDRESS`.",
        "To see what the device in between did, capture on each side of it and use `wsight compare`.",
    ],
    messages: &[],
};

pub(super) static TCP_OVERLAP_CONFLICT: CatalogEntry = CatalogEntry {
    id: Id::TcpOverlapConflict,
    rfc: "RFC 9293 §3.4",
    title: "A retransmission carries other bytes than the first transmission",
    meaning: "It is not always known which bytes the receiver got: the same sequence numbers were sent \
              twice with different content. wsight uses the first version. If the receiver had \
              acknowledged that before the other one came, it is the one that was received; otherwise \
              everything found in these bytes, and in this connection afterwards, is tentative. It is rare, and hardly ever \
              caused by the WebSocket software. Copies with a wrong checksum do not count, as receivers \
              drop them, unless all checksums of their sender are wrong; of packets that the snap length cut the checksum is \
              not known: the finding is then a tentative note, and about nobody.",
    fields: &[(FindingField::Bytes, "bytes that differ")],
    causes: &[
        "A middlebox that rewrites traffic, and did so for only one of the two.",
        "Two connections with the same addresses and ports that look like one, as in captures merged from \
         two places.",
        "Broken offloading or memory on a host.",
        "An attempt to evade inspection.",
    ],
    advice: &[
        "Compare the two packets in Wireshark: `tcp.analysis.retransmission` on this stream, and their IP \
         TTL and MAC addresses.",
        "If the file was merged from several captures, analyze them one by one.",
    ],
    messages: &[],
};

pub(super) static PACKET_TRUNCATED: CatalogEntry = CatalogEntry {
    id: Id::PacketTruncated,
    rfc: "",
    title: "The capture cut packets of this connection",
    meaning: "Nothing was lost on the wire: the snap length was shorter than the packets, so their ends \
              are missing from the file. Frames across the cut are incomplete in the capture only.",
    fields: &[
        (FindingField::Packets, "packets that were cut"),
        (FindingField::Bytes, "bytes that were cut off"),
    ],
    causes: &[
        "tcpdump or dumpcap with `-s 64`, `-s 96` or another small snap length.",
        "An old tcpdump with its default of 68 or 96 bytes.",
        "A capture appliance that stores headers only, for privacy or space.",
        "Large segments from segmentation offload that exceed the snap length.",
    ],
    advice: &[
        "Capture again with whole packets: `tcpdump -s 0 …`.",
        "`capinfos FILE` shows the snap length.",
    ],
    messages: &[("Wireshark", "[Packet size limited during capture]")],
};

pub(super) static CAPTURE_DROPS: CatalogEntry = CatalogEntry {
    id: Id::CaptureDrops,
    rfc: "",
    title: "The kernel or the interface dropped packets while capturing",
    meaning: "Any gap in this capture may come from here: its own statistics count packets that were never \
              stored. The count is for the whole capture, not for one connection.",
    fields: &[
        (FindingField::Dropped, "packets dropped"),
        (FindingField::Interface, "the name of the interface; absent if the capture does not say"),
    ],
    causes: &[
        "Too much traffic for the capturing program, often without a filter.",
        "A slow disk, or a terminal that the output is written to.",
        "A capture buffer that is too small.",
    ],
    advice: &[
        "Filter: `tcpdump -B 65536 -w out.pcap 'tcp port 8080'`.",
        "Write to a fast disk first, and analyze the file afterwards.",
    ],
    messages: &[("tcpdump", "… packets dropped by kernel"), ("tcpdump", "… packets dropped by interface")],
};

pub(super) static LIMIT_REACHED: CatalogEntry = CatalogEntry {
    id: Id::LimitReached,
    rfc: "",
    title: "wsight reached one of its own caps",
    meaning: "Something is no longer shown or followed, and the summary says what; nothing is wrong with \
              the traffic. To keep memory bounded, every collection in wsight has a cap, and one of them \
              was reached.",
    fields: &[(FindingField::Limit, "the cap's name, as `--limit` takes it")],
    causes: &[
        "A capture with very many connections, pings or findings.",
        "A session that had no packet for longer than `idle-seconds`: it is forgotten, and another one if it continues.",
        "Messages larger than `message-bytes` with `--payload full`.",
        "A session with the same fault in every frame (`findings-per-session`).",
    ],
    advice: &[
        "Raise the cap: `--limit NAME=VALUE`; `wsight --help` lists names and defaults.",
        "Filter the capture to the connection in question: `tcpdump -r in.pcap -w out.pcap 'tcp port PORT \
         and host ADDRESS'`.",
    ],
    messages: &[],
};
