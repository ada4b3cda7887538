//! Secrets that captures hold, also behind the packets that they open.

use crate::capture::secrets_in;
use crate::tls::{KeyLog, Origin, Random, Secret, Secrets, Vault};
use std::path::PathBuf;
use std::sync::OnceLock;

/// What is in the Decryption Secrets Blocks of plain pcapng files.
///
/// The files are looked through when the first TLS session asks: where there is none, it costs nothing.
#[derive(Debug)]
pub struct Ahead {
    files: Vec<PathBuf>,
    found: OnceLock<Secrets>,
}

impl Ahead {
    /// In these files.
    pub const fn new(files: Vec<PathBuf>) -> Self {
        Self { files, found: OnceLock::new() }
    }

    fn found(&self) -> &Secrets {
        self.found.get_or_init(|| {
            let mut found = Secrets::default();
            for file in &self.files {
                // What is wrong with the file is told when it is read.
                let _ = secrets_in(file, &mut |bytes| {
                    let mut log = KeyLog::new(Origin::Capture);
                    log.push(bytes, &mut found);
                    log.finish(&mut found);
                });
            }
            found
        })
    }
}

impl Vault for Ahead {
    fn about(&self, random: &Random) -> Secrets {
        self.found().part(random)
    }

    fn all(&self, most: u64) -> Secrets {
        let found = self.found();
        if found.connections() > most { Secrets::default() } else { found.clone() }
    }

    fn premaster(&self, encrypted: [u8; 8]) -> Option<(Origin, Secret)> {
        self.found().premaster(encrypted)
    }

    fn connections(&self) -> u64 {
        self.found().connections()
    }

    fn revision(&self) -> u64 {
        0
    }
}
