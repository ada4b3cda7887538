//! The closed list of facts that a connection can give.

use crate::http1::{Stranger, Undeterred};
use crate::http2::{DataFrame, FrameFault, FrameHeader, GoAway, HeadFault, Placed, StreamFact};
use crate::model::{Attempt, Gap, LayerShortage, Peer, SocksRefusal, Stamp, StreamEvent, StreamId};
use crate::tls::{Alert, Facts, Random, Secret, SeenRecord};
use crate::upgrade::{Request, Upgrade};
use crate::ws;

/// A fact about one connection, in the order in which the peers saw it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The client turns out to be the side that was taken for the server: from here on events name the right one.
    Flipped,
    /// The connection carries, or carried, nothing that is HTTP or WebSocket.
    Stranger(Stranger<'a>),
    /// Bytes of the HTTP that leads to a WebSocket, or may, are not in the capture.
    Gap {
        /// Whose bytes.
        from: Peer,
        /// How many, and why.
        gap: Gap,
    },
    /// The client sends WebSocket frames, although its upgrade was refused or will be.
    Undeterred(Undeterred<'a>),
    /// A proxy opened a tunnel to this `host:port` (CONNECT or SOCKS).
    Tunnel(&'a str),
    /// A SOCKS proxy opens no tunnel.
    SocksRefused {
        /// The `host:port` that the client asked for, if the proxy let it come so far.
        target: Option<&'a str>,
        /// What the proxy answered.
        refusal: SocksRefusal,
        /// The packet with that answer.
        stamp: Stamp,
    },
    /// It carries TLS: from here on facts come from inside.
    Secured,
    /// The name of the server that the client asks for in TLS (RFC 6066 §3).
    ServerName(&'a str),
    /// A record of TLS, before what it carries; only with [`Options::tls_content`](super::Options::tls_content), as the next two.
    Record(&'a SeenRecord<'a>),
    /// What comes next inside TLS, in what this side sends.
    Carried(Peer, StreamEvent<'a>),
    /// What both sides agreed to speak inside TLS (ALPN).
    Agreed(&'a str),
    /// The lines of a key log that open what follows in it.
    Secrets(&'a Secret),
    /// A record of TLS stays closed, or waits for a secret: what is known up to this packet.
    Sealed(&'a Facts, Stamp),
    /// With this packet more records of TLS wait for secrets than the limit: they wait no longer. The
    /// random names the connection.
    SecretsGivenUp(Random, Stamp),
    /// A peer ended TLS with an alert.
    Alert(Alert),
    /// An attempt to upgrade ended; where it was accepted, or lies before the capture, its WebSocket follows.
    Upgrade(Attempt, &'a Upgrade),
    /// A fact about the WebSocket that this attempt began.
    WebSocket(Attempt, &'a ws::Event<'a>),
    /// A fact about the HTTP/2 stream that carries this WebSocket.
    Stream(Attempt, StreamFact),
    /// A DATA frame on the stream of this attempt begins; only with [`Options::data_frames`](super::Options::data_frames).
    Data(Attempt, Peer, DataFrame),
    /// What stands where in the bytes of a side that speaks HTTP/2; only with
    /// [`Options::http2_places`](super::Options::http2_places).
    Placed(Peer, Placed<'a>),
    /// One side of an HTTP/2 connection takes no more streams.
    GoAway {
        /// The side that sent the GOAWAY.
        from: Peer,
        /// The first stream that it does not take, and why.
        gone: GoAway,
        /// What it says besides, at most 256 bytes.
        debug: &'a [u8],
        /// What the capture holds of the connection, so that it is known which of its streams are open.
        coverage: Coverage,
    },
    /// A request on a stream of HTTP/2, which waits for its answer.
    Asked {
        /// The request.
        request: &'a Request,
        /// Whether its head is known as it was sent.
        is_known: bool,
    },
    /// The client begins HTTP/2, the preface of which ends in this packet, and asks for nothing; the server never answers in
    /// HTTP/2, so that nobody may ask it for a WebSocket (RFC 8441 §3).
    SettingsAwaited(Stamp),
    /// A side of an HTTP/2 connection sent a frame that no peer may send.
    FrameInvalid {
        /// The side that sent it.
        from: Peer,
        /// Its header.
        header: FrameHeader,
        /// What is wrong with that.
        fault: FrameFault,
        /// The packet with its first byte.
        stamp: Stamp,
    },
    /// A side of an HTTP/2 connection sent something else where a frame belongs.
    Unframed {
        /// The side that sent it.
        from: Peer,
        /// Its first bytes, at most 64.
        preview: &'a [u8],
        /// The packet with the first one.
        stamp: Stamp,
    },
    /// A side of an HTTP/2 connection sent a head that nobody can read.
    HeadBroken {
        /// The side that sent it.
        from: Peer,
        /// Its stream.
        stream: StreamId,
        /// What is wrong with it.
        fault: HeadFault,
        /// The packet that shows it.
        stamp: Stamp,
    },
    /// The stream of a session is over, with this packet, before its connection is.
    Over(Attempt, Stamp),
    /// A cap was reached; what it concerns is no longer told.
    LimitReached {
        /// In HTTP/2, who began the stream or sent the head, and the stream with which it was reached.
        on: Option<(Peer, StreamId)>,
        /// What there was too much of.
        shortage: LayerShortage,
        /// The packet that reached it.
        stamp: Stamp,
    },
}

/// What a capture holds of an HTTP/2 connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// Every byte, as far as is known.
    Whole,
    /// Not all: streams may be over that seem to be open.
    Lossy,
    /// One side at most: which streams are open is not known.
    OneSided,
}

/// Something that waits for its rest: no fact yet, as the rest may still come.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Wait<'a> {
    /// A request to upgrade, for its answer; the packet with its last byte.
    Answer(Stamp),
    /// A frame of the WebSocket that this attempt began, for the rest of its payload.
    Payload(Attempt, &'a ws::Frame<'a>),
}
