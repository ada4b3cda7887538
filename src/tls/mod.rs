//! TLS as an observer sees it: bytes of both sides and secrets in, plaintext and facts out (RFC 8446, RFC 5246).
//!
//! [`Tls`] follows one session. It speaks to nobody, validates no certificate and never fails: it reads what the secrets
//! open, and [`Facts`] say what is known of the session and why not all could be read. What it needs it is given:
//! [`Secrets`] come from a [`KeyLog`], whoever read that.
//!
//! Without the feature `tls` no cipher is linked. Handshakes, server names and alerts are read all the same; what is
//! encrypted stays closed, with [`Reason::DecryptionLeftOut`].
//!
//! ```
//! use wsight::model::{Chunk, Peer, Stamp, StreamEvent};
//! use wsight::tls::{Event, Expecting, KeyLog, Origin, Secrets, Tls};
//!
//! let mut secrets = Secrets::default();
//! let mut log = KeyLog::new(Origin::KeyLog);
//! log.push(b"# nothing logged yet\n", &mut secrets);
//! log.finish(&mut secrets);
//!
//! let mut tls = Tls::new(Expecting::Nothing);
//! // The server refuses: fatal, handshake_failure.
//! let refusal = Chunk::plain(&[21, 3, 3, 0, 2, 2, 40], Stamp::default(), 0);
//! let mut told = Vec::new();
//! tls.push(Peer::Server, StreamEvent::Data(refusal), &secrets, &mut |event| {
//!     if let Event::Alert(alert) = event {
//!         told.push(alert.description.name());
//!     }
//! });
//! assert_eq!(told, ["handshake_failure"]);
//! ```

#![cfg_attr(
    not(feature = "tls"),
    allow(dead_code, reason = "what only decryption asks for is read all the same")
)]

mod agreement;
mod alert;
mod bytes;
// The one seam of the feature: with it ciphers are linked, and without it nothing is opened.
#[cfg_attr(not(feature = "tls"), path = "crypto_left_out.rs")]
mod crypto;
#[cfg(test)]
#[cfg(feature = "tls")]
mod dark_laws;
mod direction_keys;
mod early;
#[cfg(test)]
#[cfg(feature = "tls")]
mod early_laws;
mod early_trial;
mod ending;
#[cfg(test)]
#[cfg(feature = "tls")]
mod ending_laws;
mod epoch;
mod facts;
mod handshake;
mod inference;
mod keylog;
#[cfg(test)]
#[cfg(feature = "tls")]
mod laws;
#[cfg(test)]
#[cfg(feature = "tls")]
mod loss_laws;
mod midway;
mod opening;
mod reason;
mod record;
mod rhythm;
#[cfg(test)]
#[cfg(feature = "tls")]
mod seal_laws;
mod sealed_finish;
mod secret;
mod secrets;
mod seen;
mod session;
mod shed;
mod suite;
#[cfg(test)]
#[cfg(feature = "tls")]
mod testing;
mod version;
mod waiting;
mod why;

pub use alert::{Alert, AlertContext, AlertDescription, AlertLevel, AlertPhase, NoRecord};
pub use crypto::{Sealer, Sealing};
pub(crate) use facts::Complaint;
pub use facts::{Closure, EarlyData, EndNotice, Facts, HandshakeProgress, Readable, SideFacts};
pub use keylog::{KeyLog, LineOwner};
pub(crate) use midway::RecordSearch;
pub use reason::{OpenedConnection, Reason};
pub use record::{Beginning, ContentType, UnfinishedRecord, beginning, told_length};
pub use rhythm::{Burst, Rhythm};
pub use sealed_finish::{ClientCertificate, SealedFinish};
pub use secret::{DamagedLine, Label, LogLines, LoggedSecret, Origin, Random, Secret};
pub use secrets::{ConnectionSecrets, Secrets, Vault};
pub use seen::{OpenedRecord, RecordReading, Seal, SeenRecord};
pub use session::{Event, Expecting, Tls};
pub use suite::{Cipher, Hash, KeyExchange, Suite};
pub use version::Version;
