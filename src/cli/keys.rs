//! TLS secrets that are known before the first packet: key logs, and what the captures themselves hold.

use super::args::Analyze;
use super::complain;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wsight::capture::{Input, secrets_in};
use wsight::model::Escaped;
use wsight::tls::{KeyLog, Origin, Secrets};

/// Where many programs write their secrets, and where they are looked for when nothing else is said.
const VARIABLE: &str = "SSLKEYLOGFILE";

/// Bytes read at a time.
const PIECE: usize = 1 << 18;

/// All secrets that are there before the first packet; `None` where a key log that was named cannot be read, which is said.
pub(super) fn secrets(args: &Analyze, inputs: &[Input]) -> Option<Arc<Secrets>> {
    let mut secrets = Secrets::default();
    for path in &args.keys {
        if let Err(error) = read(path, &mut secrets) {
            complain(format_args!("{}: {error}", name(path)));
            return None;
        }
    }
    if args.keys.is_empty()
        && let Some(path) = std::env::var_os(VARIABLE).map(PathBuf::from)
        && path.is_file()
        && read(&path, &mut secrets).is_ok()
        && secrets.connections() > 0
    {
        complain(format_args!("using the TLS secrets in {} ({VARIABLE})", name(&path)));
    }
    for input in inputs {
        if let Input::File(path) = input {
            let mut log = KeyLog::new(Origin::Capture);
            // What is wrong with the file is reported when it is read.
            let _ = secrets_in(path, &mut |bytes| {
                log.push(bytes, &mut secrets);
                log.finish(&mut secrets);
            });
        }
    }
    Some(Arc::new(secrets))
}

fn read(path: &Path, secrets: &mut Secrets) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut log = KeyLog::new(Origin::KeyLog);
    let mut piece = zeroize::Zeroizing::new(vec![0; PIECE]);
    loop {
        match file.read(&mut piece)? {
            0 => break,
            count => log.push(piece.get(..count).unwrap_or_default(), secrets),
        }
    }
    log.finish(secrets);
    Ok(())
}

fn name(path: &Path) -> Escaped<'_> {
    Escaped(path.as_os_str().as_encoded_bytes())
}
