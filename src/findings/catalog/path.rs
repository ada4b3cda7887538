//! The causes that lie below WebSocket: dead paths, closed windows, boxes in between.

use super::{CatalogEntry, Id};
use crate::findings::field::FindingField;

pub(super) static DATA_UNACKNOWLEDGED: CatalogEntry = CatalogEntry {
    id: Id::DataUnacknowledged,
    rfc: "RFC 9293 §3.8.1",
    title: "Bytes were sent again and again and never acknowledged: a dead path or peer",
    meaning: "The path or the peer is dead: the same bytes were sent again at least 3 times, over at least \
              1 s, and nobody acknowledged them. Either the other host is gone (switched off, restarted, \
              moved to another network), or packets to it are lost. Where ICMP says why bytes do not arrive, and \
              nothing shows that they did after all, one transmission is enough; behind the place where they get lost the capture has \
              none of them: there the numbers of what their sender sent later show them, and the other side goes on to \
              acknowledge nothing of them for at least 1 s (`retransmissions` is 0 then). With `shape` `full-size`, small \
              packets still get through and large ones never do: that is an MTU black hole. No side is \
              blamed, and what follows from it (unanswered pings, missing Close frames) is tentative.",
    fields: &[
        (FindingField::Retransmissions, "how often the first of these bytes was retransmitted"),
        (
            FindingField::WaitedMs,
            "milliseconds from the first transmission, or from the first packet behind bytes that never came, to the last \
             packet that does not acknowledge them; absent if packets have no time",
        ),
        (FindingField::Bytes, "bytes that were not acknowledged; 0 for keep-alive probes and for a lone FIN"),
        (
            FindingField::Shape,
            "`full-size` where only large segments are lost while the other side is still heard of, or ICMP says \
             that they are too large, else `all`",
        ),
        (
            FindingField::Icmp,
            "what ICMP says about them, if anything: `too-big`, `no-route`, `no-port`, `prohibited`, `time-exceeded`",
        ),
        (FindingField::IcmpFrom, "the address that says so"),
        (FindingField::Mtu, "`too-big`: the largest packet that fits, in bytes, if that is said"),
    ],
    causes: &[
        "The peer vanished without a FIN: laptop asleep, phone changed its network, cable pulled, virtual \
         machine killed. TCP notices only when something is sent, and then takes up to 15 minutes.",
        "A firewall, NAT or load balancer forgot the connection and drops its packets silently.",
        "`full-size`: a tunnel, VPN, PPPoE or overlay network with a smaller MTU, and a filter that drops \
         the ICMP messages \"fragmentation needed\" or \"packet too big\", or a host that does not heed them: then \
         `icmp` is `too-big`.",
        "A route that is broken in one direction only.",
    ],
    advice: &[
        "Ping from both sides every 20 to 30 s and give up after one missed pong: python websockets \
         `ping_interval`, `ping_timeout`; Node ws: the heartbeat of its README.",
        "Linux: set `TCP_USER_TIMEOUT`, or lower `net.ipv4.tcp_retries2`, so that dead connections end \
         earlier.",
        "`full-size`: try `ping -M do -s 1472 HOST`, clamp the MSS (`iptables … -j TCPMSS \
         --clamp-mss-to-pmtu`), lower the interface's MTU, or allow ICMP type 3 code 4 (IPv6: type 2).",
        "Capture at the other end at the same time: it shows whether the packets arrive.",
    ],
    messages: &[
        ("Node", "read ETIMEDOUT"),
        ("Node", "write ETIMEDOUT"),
        ("Python", "[Errno 110] Connection timed out"),
        ("Rust std", "Connection timed out (os error 110)"),
        ("Go net", "read: connection timed out"),
        ("Go net", "write: connection timed out"),
        ("Java", "java.io.IOException: Connection timed out"),
        ("Java", "java.net.SocketException: Connection timed out"),
        ("Chrome", "net::ERR_TIMED_OUT"),
        ("Chrome", "net::ERR_NETWORK_CHANGED"),
        ("Chrome", "net::ERR_INTERNET_DISCONNECTED"),
        (
            ".NET",
            "A connection attempt failed because the connected party did not properly respond after a period of time, or established connection failed because connected host has failed to respond",
        ),
        ("Wireshark", "[TCP Retransmission]"),
        ("Wireshark", "[TCP Spurious Retransmission]"),
        ("what people call it", "half-open connection"),
        ("what people call it", "MTU black hole"),
        ("SignalR", "Server timeout elapsed without receiving a message from the server"),
    ],
};

pub(super) static RECEIVER_STALLED: CatalogEntry = CatalogEntry {
    id: Id::ReceiverStalled,
    rfc: "RFC 9293 §3.8.6.1",
    title: "A side did not read: its receive window stayed closed",
    meaning: "The host is there, but its program did not read its socket: it announced a receive window of \
              0, or of less than 256 bytes (a silly window), for more than 1 s while the other side had something \
              to send (it probed the window, filled it, or sent as soon as it opened). Frames, pongs and Close frames wait behind it, and the \
              sender is not to blame for that.",
    fields: &[
        (FindingField::StalledMs, "how long the window was closed, in milliseconds"),
        (
            FindingField::Scope,
            "whose window it was: `tcp`, or of HTTP/2 (RFC 9113 §5.2) `stream` or `connection`",
        ),
        (FindingField::WaitingBytes, "bytes in flight when it closed; absent if there were none"),
    ],
    causes: &[
        "A blocked event loop or handler: it computes, waits for a database, or is stopped at a breakpoint.",
        "A consumer that is slower than the producer, without flow control in the application.",
        "A client library that stops reading while its queue is full (python websockets `max_queue`, \
         `pause()` in Node).",
        "A proxy whose other side is slow: it stops reading from the fast side.",
        "A browser tab that was throttled or suspended.",
    ],
    advice: &[
        "Find out what the side named does at that time: its CPU, its locks, a profile.",
        "On Linux `ss -tmi` shows the receive queue (`Recv-Q`) of the socket that is not read.",
        "Sender: bound what you queue (`bufferedAmount`, `drain`), drop or merge old messages.",
        "Do not read a missing pong as a dead peer while the peer's window is closed.",
    ],
    messages: &[
        ("what people call it", "zero window"),
        ("Wireshark", "[TCP ZeroWindow]"),
        ("Wireshark", "[TCP ZeroWindowProbe]"),
        ("Wireshark", "[TCP Window Full]"),
        ("gorilla/websocket", "write: i/o timeout"),
        ("Go net", "write tcp …: i/o timeout"),
        ("Tomcat", "java.net.SocketTimeoutException: The blocking write timed out"),
        (
            "Spring",
            "The remote endpoint was in state [TEXT_FULL_WRITING] which is an invalid state for called method",
        ),
        ("Spring", "Buffer size … bytes for session … exceeds the allowed limit …"),
        ("Spring", "Send time … (ms) for session … exceeded the allowed limit …"),
        ("Jetty", "Write Idle Timeout"),
        ("Spring", "Failed to send message within the configured send limit"),
    ],
};

pub(super) static RESET_FOREIGN: CatalogEntry = CatalogEntry {
    id: Id::ResetForeign,
    rfc: "RFC 9293 §3.5.3",
    title: "A reset came from something in between, in a side's name",
    meaning: "Neither side ended this session, although each may believe that the other did. The RST names \
              one side as its sender, but its hop count (IPv4 time to live, IPv6 hop limit) differs from \
              that of every other packet of that side. Packets from one host start with one hop count and \
              mostly take one path, so another machine wrote the RST; where the difference is three hops or fewer, \
              another route may explain it, and the finding is tentative. Other marks show the same less surely, and the \
              finding is then tentative: the side went on sending (`went-on`), several RSTs guessed at sequence \
              numbers that the side had not reached (`sequence`), or one came in the name of each side \
              (`both-sides`). The IP identification, the window, the MAC address and a missing timestamp are no \
              marks: hosts write what they like into the RST of a connection that they no longer have (RFC 7323 \
              §3.2 allows it without a timestamp), and a route may change.",
    fields: &[
        (FindingField::Mark, "what gives it away: `hop-count`, `went-on`, `sequence` or `both-sides`"),
        (FindingField::Ttl, "`hop-count`: that of the RST"),
        (
            FindingField::UsualTtl,
            "`hop-count`: that of the side's own packets; of several, the nearest to it",
        ),
        (FindingField::SilenceMs, "milliseconds since the last packet of this side"),
    ],
    causes: &[
        "A load balancer or NAT whose idle timeout has passed answers the next packet with RST: AWS NLB \
         (350 s) and NAT gateway, Azure Load Balancer (4 min).",
        "A firewall that rejects packets of connections it no longer knows, after a failover or a change \
         of rules.",
        "An intrusion prevention system, a content filter or a censor that kills the connection.",
        "A container network or proxy that was restarted and resets on behalf of a dead backend.",
    ],
    advice: &[
        "See `silence_ms`: a round number (350 s, 240 s, 60 s) is an idle timeout; ping at less than half \
         of it.",
        "The starting values are 64, 128 and 255: `usual_ttl` and `ttl` tell how many hops away each \
         sender is. Match `ttl` with your load balancer or firewall.",
        "Capture at both ends: the RST that only one of them sees was not sent by the other.",
        "See `connection-reset` for the messages that programs print.",
    ],
    messages: &[],
};
