//! A file that is still being written: where it ends, more is waited for.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Time between two looks at its end.
const LOOK: Duration = Duration::from_millis(100);

/// Reads a file, and what is written to it later.
#[derive(Debug)]
pub(super) struct GrowingFile {
    file: File,
    /// Once it is set, the end is the end.
    is_over: Arc<AtomicBool>,
}

impl GrowingFile {
    pub(super) const fn new(file: File, is_over: Arc<AtomicBool>) -> Self {
        Self { file, is_over }
    }
}

impl Read for GrowingFile {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            // Asked first: what was written before it was set is still read.
            let is_over = self.is_over.load(Ordering::Relaxed);
            let read = self.file.read(out)?;
            if read > 0 || is_over || out.is_empty() {
                return Ok(read);
            }
            thread::sleep(LOOK);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn what_is_written_later_is_read_until_it_is_over() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"one").unwrap();
        let is_over = Arc::<AtomicBool>::default();
        let mut growing = GrowingFile::new(file.reopen().unwrap(), Arc::clone(&is_over));
        let mut read = [0; 3];
        growing.read_exact(&mut read).unwrap();
        assert_eq!(&read, b"one");
        // It waits, while another thread writes.
        let waiting = thread::spawn(move || {
            let mut rest = String::new();
            growing.read_to_string(&mut rest).map(|_| rest)
        });
        file.write_all(b"two").unwrap();
        is_over.store(true, Ordering::Relaxed);
        assert_eq!(waiting.join().unwrap().unwrap(), "two");
    }
}
