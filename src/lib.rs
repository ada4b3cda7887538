//! wsight reads packet captures and tells which side of a WebSocket did what wrong.
//!
//! Without default features this is the core: packets in, facts and findings out, with no I/O and no C compiler. It is
//! put together in [`analyzer`], and its parsers can be used alone: [`ws`] for what follows a handshake, [`http1`] and
//! [`tls`], [`layers`] for a connection of which nothing is known. [`upgrade`] is what an attempt to get a WebSocket was.
//!
//! | feature | adds |
//! |---|---|
//! | `tls` | decryption of TLS, for those who have its secrets; without it handshakes and alerts are read |
//! | `capture` | reading pcap and pcapng files, compressed ones too, and analyzing them on two threads; TLS secrets from key logs |
//! | `report` | what the analyzer tells as text, JSON lines, CSV tables, `JUnit` and HAR, and filters for it |
//! | `html` | the same as a page of HTML |
//! | `parquet` | the same as Parquet tables |
//! | `fleet` | captures of many hosts, analyzed side by side into tables that are read as one, and the page about them |
//! | `replay` | an index of a capture without payloads, and payloads read again by their address |
//! | `tui` | the terminal UI |
//! | `live` | capturing from interfaces, through the system's libpcap |
//! | `otlp` | its figures and sessions, pushed to a collector of OpenTelemetry; with `live` |
//! | `cli` | the program, with `tls`, `capture`, `report`, `html`, `parquet`, `fleet` and `replay` |
//!
//! `cli`, `live`, `otlp`, `tls` and `tui` are the default.
#![forbid(unsafe_code)]
// Clippy refuses a `_` that stands for variants, so a new one is not forgotten where a `match` asks for it. It does not
// look at `_` over an `Option` or a tuple with one, nor at `matches!` and `if let`: there reviews do. Tests may look at
// one variant alone.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub mod analyzer;
#[cfg(feature = "capture")]
pub mod capture;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[cfg(feature = "report")]
pub mod filter;
pub mod findings;
#[cfg(feature = "fleet")]
pub mod fleet;
pub mod http1;
pub mod http2;
#[cfg(feature = "replay")]
pub mod index;
#[cfg(feature = "capture")]
pub mod keys;
pub mod layers;
#[cfg(feature = "live")]
pub mod live;
pub mod model;
pub mod net;
#[cfg(feature = "capture")]
pub mod pipeline;
#[cfg(feature = "report")]
pub mod redact;
#[cfg(feature = "replay")]
pub mod replay;
#[cfg(feature = "report")]
pub mod report;
pub mod tcp;
#[cfg(feature = "live")]
pub mod telemetry;
pub mod tls;
#[cfg(feature = "tui")]
#[doc(hidden)]
pub mod tui;
pub mod upgrade;
pub mod ws;
