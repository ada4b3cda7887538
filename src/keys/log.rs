//! A key log of any length: where the lines of each connection stand in it.

use crate::capture::{PositionedFile, is_same_file};
use crate::tls::{KeyLog, LineOwner, LogLines, Origin, Random, Secret, Secrets, Vault};
use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;
use zeroize::Zeroizing;

/// Bytes read at a time.
const PIECE: usize = 1 << 18;

/// Lines of one connection that follow each other are remembered as one stretch, up to this many bytes.
const STRETCH: u32 = 1 << 16;

/// Reads a whole key log that cannot be read again, such as a pipe.
///
/// # Errors
/// It cannot be read.
pub fn read_key_log(mut file: impl Read, secrets: &mut Secrets) -> io::Result<()> {
    let mut log = KeyLog::new(Origin::KeyLog);
    let mut piece = Zeroizing::new(vec![0; PIECE]);
    loop {
        match file.read(&mut piece)? {
            0 => break,
            count => log.push(piece.get(..count).unwrap_or_default(), secrets),
        }
    }
    log.finish(secrets);
    secrets.add_log(log.lines());
    Ok(())
}

/// Bytes in front of what was not read yet that show whether a file is still the one that was read.
const TAIL: usize = 128;

/// A key log in a file, open as long as this lives: it is read where it is, also while it grows.
#[derive(Debug)]
pub struct KeyLogFile {
    path: PathBuf,
    contents: Mutex<LogContents>,
    /// Lines that may help, so far.
    revision: AtomicU64,
}

/// What became of a key log since it was looked at last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogChange {
    /// Nothing, or lines were added.
    Grown,
    /// Another file has its name, or its lines were replaced: it is read from the start.
    Replaced,
    /// Another file has its name and may not be opened: nothing more comes from it. This is told once.
    Lost,
}

/// Whether a key log still has its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Named {
    #[default]
    Own,
    /// Another file has it, which cannot be opened.
    Other,
}

/// Where everything stands.
#[derive(Debug)]
struct LogContents {
    file: Arc<File>,
    named: Named,
    /// When it was changed, as of the last look.
    changed: Option<SystemTime>,
    /// The bytes in front of `end`.
    tail: Secret,
    stretches: Vec<ConnectionLines>,
    /// The stretches are in the order of their connections.
    is_sorted: bool,
    connections: u64,
    premasters: Vec<([u8; 8], ConnectionLines)>,
    /// The last line, as long as it has no end: more of it may come.
    unfinished: Option<(LineOwner, ConnectionLines)>,
    /// Behind the last line that has one.
    end: u64,
    lines: u64,
    /// What they are.
    counted: LogLines,
    /// What the unfinished one is.
    begun: LogLines,
}

/// Lines of one connection that follow each other.
#[derive(Clone, Copy, Debug)]
struct ConnectionLines {
    /// The first bytes of what names the connection: another one hardly begins alike, and would be told apart.
    connection: u64,
    start: u64,
    length: u32,
    /// Lines before it.
    lines: u64,
}

impl KeyLogFile {
    /// The key log at `path`, if that is a file that can be read anywhere; else what there is to read.
    ///
    /// # Errors
    /// It cannot be opened or read.
    pub fn open(path: &Path) -> io::Result<Result<Self, File>> {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Ok(Err(file));
        }
        let contents = Mutex::new(LogContents::new(Arc::new(file)));
        let log = Self { path: path.to_owned(), contents, revision: AtomicU64::default() };
        log.look()?;
        Ok(Ok(log))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes notice of lines that were added. Where other lines stand in their place, and where another file has the name of
    /// this one, that is read from its start.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn look(&self) -> io::Result<LogChange> {
        let mut contents = self.contents();
        let mut change = contents.follow_name(&self.path)?;
        let about = contents.file.metadata()?;
        let (length, changed) = (about.len(), about.modified().ok());
        let is_touched = contents.changed != changed || length != contents.end;
        contents.changed = changed;
        if is_touched && (length < contents.end || contents.has_other_tail()?) {
            *contents = LogContents::new(Arc::clone(&contents.file));
            contents.changed = changed;
            change = LogChange::Replaced;
        }
        let had = contents.unfinished.map(|(_, stretch)| stretch.length);
        let before = contents.lines;
        if length != contents.end {
            contents.scan()?;
        }
        let has_more =
            contents.lines != before || contents.unfinished.map(|(_, stretch)| stretch.length) != had;
        if has_more || change == LogChange::Replaced {
            self.revision.fetch_add(1, Ordering::Release);
        }
        Ok(change)
    }

    fn contents(&self) -> MutexGuard<'_, LogContents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogContents {
    /// A file of which nothing was read yet.
    fn new(file: Arc<File>) -> Self {
        Self {
            file,
            named: Named::Own,
            changed: None,
            tail: Secret::new(&[]),
            stretches: Vec::new(),
            is_sorted: false,
            connections: 0,
            premasters: Vec::new(),
            unfinished: None,
            end: 0,
            lines: 0,
            counted: LogLines::default(),
            begun: LogLines::default(),
        }
    }

    /// Goes over to the file that has the name by now. A name that is gone may come back.
    fn follow_name(&mut self, path: &Path) -> io::Result<LogChange> {
        let Ok(named) = path.metadata() else { return Ok(LogChange::Grown) };
        if is_same_file(&self.file.metadata()?, &named) {
            self.named = Named::Own;
            return Ok(LogChange::Grown);
        }
        match File::open(path) {
            Ok(file) if named.is_file() => {
                *self = Self::new(Arc::new(file));
                Ok(LogChange::Replaced)
            }
            Ok(_) | Err(_) => Ok(match std::mem::replace(&mut self.named, Named::Other) {
                Named::Own => LogChange::Lost,
                Named::Other => LogChange::Grown,
            }),
        }
    }

    /// The bytes in front of what was not read yet, as they are in the file now.
    fn tail_now(&self) -> io::Result<Secret> {
        let begin = self.end.saturating_sub(TAIL as u64);
        let mut tail = Zeroizing::new(Vec::with_capacity(TAIL));
        let part = PositionedFile::new(Arc::clone(&self.file), begin).take(self.end - begin);
        { part }.read_to_end(&mut tail)?;
        Ok(Secret::new(&tail))
    }

    /// Whether other bytes stand where lines were read.
    fn has_other_tail(&self) -> io::Result<bool> {
        Ok(self.tail_now()? != self.tail)
    }

    /// Finds the lines behind the last end of one.
    fn scan(&mut self) -> io::Result<()> {
        let found = self.find_lines();
        self.tail = self.tail_now()?;
        found
    }

    fn find_lines(&mut self) -> io::Result<()> {
        let contents = self;
        let mut file = PositionedFile::new(Arc::clone(&contents.file), contents.end);
        let mut piece = Zeroizing::new(vec![0; PIECE]);
        let mut filled = 0;
        contents.unfinished = None;
        loop {
            let room = piece.get_mut(filled..).unwrap_or_default();
            let count = file.read(room)?;
            filled += count;
            let bytes = piece.get(..filled).unwrap_or_default();
            if count == 0 {
                contents.begun = LogLines::default();
                contents.begun.count(bytes);
                contents.unfinished =
                    LineOwner::of(bytes).map(|name| (name, contents.stretch(name, bytes.len())));
                return Ok(());
            }
            let mut used = 0;
            for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                if line.last() == Some(&b'\n') {
                    contents.add(line);
                    used += line.len();
                }
            }
            if used == 0 && filled == piece.len() {
                // No line with a secret is so long: its beginning is passed over, and its end is a line by itself.
                contents.end += filled as u64;
                used = filled;
            }
            piece.copy_within(used..filled, 0);
            filled -= used;
        }
    }

    /// A stretch at the end.
    fn stretch(&self, name: LineOwner, length: usize) -> ConnectionLines {
        let first = match &name {
            LineOwner::Connection(Random(random)) => random.first_chunk(),
            LineOwner::Premaster(encrypted) => Some(encrypted),
        };
        let connection = u64::from_be_bytes(first.copied().unwrap_or_default());
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        ConnectionLines { connection, start: self.end, length, lines: self.lines }
    }

    /// A line, with its end.
    fn add(&mut self, line: &[u8]) {
        if let Some(name) = LineOwner::of(line) {
            let new = self.stretch(name, line.len());
            match (name, self.stretches.last_mut()) {
                (LineOwner::Premaster(encrypted), _) => self.premasters.push((encrypted, new)),
                (_, Some(last)) if last.is_followed_by(&new) => last.length += new.length,
                _ => {
                    self.stretches.push(new);
                    self.is_sorted = false;
                }
            }
        }
        self.end += line.len() as u64;
        self.lines += 1;
        self.counted.count(line);
    }

    fn sort(&mut self) {
        if !self.is_sorted {
            // A stable sort leaves what is already in order unchanged.
            self.stretches.sort_by_key(|stretch| stretch.connection);
            let mut connections = self.stretches.chunk_by(|a, b| a.connection == b.connection);
            self.connections = connections.by_ref().count() as u64;
            self.is_sorted = true;
        }
    }

    /// Calls `visit` with each stretch of a connection.
    fn each(&mut self, connection: u64, visit: &mut dyn FnMut(ConnectionLines) -> ControlFlow<()>) {
        self.sort();
        let first = self.stretches.partition_point(|stretch| stretch.connection < connection);
        let own = self.stretches.get(first..).unwrap_or_default();
        let own = own.iter().take_while(|stretch| stretch.connection == connection);
        let _ = own.copied().try_for_each(visit);
    }
}

/// What the lines of a stretch say.
fn read(file: &Arc<File>, stretch: ConnectionLines, secrets: &mut Secrets) {
    let mut bytes = Zeroizing::new(Vec::with_capacity(stretch.length as usize));
    let part = PositionedFile::new(Arc::clone(file), stretch.start).take(u64::from(stretch.length));
    // A file that cannot be read any more has no secrets any more.
    if { part }.read_to_end(&mut bytes).is_ok() {
        let mut log = KeyLog::behind(stretch.lines, Origin::KeyLog);
        log.push(&bytes, secrets);
        log.finish(secrets);
    }
}

impl ConnectionLines {
    fn is_followed_by(&self, next: &Self) -> bool {
        let is_next = self.start + u64::from(self.length) == next.start;
        self.connection == next.connection && is_next && self.length.saturating_add(next.length) <= STRETCH
    }
}

impl Vault for KeyLogFile {
    fn about(&self, random: &Random) -> Secrets {
        let mut secrets = Secrets::default();
        let mut contents = self.contents();
        let file = Arc::clone(&contents.file);
        let connection = contents.stretch(LineOwner::Connection(*random), 0).connection;
        contents.each(connection, &mut |stretch| {
            read(&file, stretch, &mut secrets);
            ControlFlow::Continue(())
        });
        if let Some((LineOwner::Connection(name), stretch)) = contents.unfinished
            && name == *random
        {
            read(&file, stretch, &mut secrets);
        }
        secrets
    }

    fn all(&self, most: u64) -> Secrets {
        let mut secrets = Secrets::default();
        if self.connections() <= most {
            let contents = self.contents();
            let unfinished = contents.unfinished.map(|(_, stretch)| stretch);
            let stretches = contents.stretches.iter().copied().chain(unfinished);
            stretches.for_each(|stretch| read(&contents.file, stretch, &mut secrets));
        }
        secrets
    }

    fn premaster(&self, encrypted: [u8; 8]) -> Option<(Origin, Secret)> {
        let (file, stretch) = {
            let contents = self.contents();
            let unfinished = contents.unfinished.and_then(|(name, stretch)| match name {
                LineOwner::Premaster(encrypted) => Some((encrypted, stretch)),
                LineOwner::Connection(_) => None,
            });
            let mut all = contents.premasters.iter().copied().chain(unfinished);
            let stretch = all.find(|(other, _)| *other == encrypted)?.1;
            (Arc::clone(&contents.file), stretch)
        };
        let mut secrets = Secrets::default();
        read(&file, stretch, &mut secrets);
        secrets.premaster(encrypted)
    }

    fn connections(&self) -> u64 {
        let mut contents = self.contents();
        contents.sort();
        let is_new = contents.unfinished.is_some_and(|(_, unfinished)| {
            let connection = |stretch: &ConnectionLines| stretch.connection;
            contents.stretches.binary_search_by_key(&unfinished.connection, connection).is_err()
        });
        contents.connections + contents.premasters.len() as u64 + u64::from(is_new)
    }

    fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    fn lines(&self) -> Option<LogLines> {
        let contents = self.contents();
        Some(contents.counted.and(contents.begun))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::Label;
    use std::io::Write;

    fn line(label: &str, random: u8, secret: u8) -> String {
        format!("{label} {} {}\n", hex::encode([random; 32]), hex::encode([secret; 32]))
    }

    fn log(text: &str) -> (tempfile::NamedTempFile, KeyLogFile) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let log = KeyLogFile::open(file.path()).unwrap().unwrap();
        (file, log)
    }

    fn secrets_of(log: &KeyLogFile, random: u8) -> Vec<(Label, u8)> {
        let random = Random([random; 32]);
        let known = log.about(&random).about(&random);
        known.entries.iter().map(|entry| (entry.label, entry.secret.bytes()[0])).collect()
    }

    #[test]
    fn lines_are_found_wherever_they_stand() {
        let mut text = String::from("# a comment\r\n");
        text += &line("CLIENT_TRAFFIC_SECRET_0", 7, 1);
        text += &line("SERVER_TRAFFIC_SECRET_0", 7, 2);
        text += &"x".repeat(3 * PIECE);
        text.push('\n');
        (0..200).for_each(|other| text += &line("CLIENT_TRAFFIC_SECRET_0", other % 5, other));
        text += &line("CLIENT_HANDSHAKE_TRAFFIC_SECRET", 7, 3);
        let (_file, log) = log(&text);
        assert_eq!(
            secrets_of(&log, 7),
            [(Label::ClientTraffic, 1), (Label::ServerTraffic, 2), (Label::ClientHandshakeTraffic, 3)]
        );
        assert_eq!(secrets_of(&log, 4).len(), 40);
        assert!(secrets_of(&log, 9).is_empty());
        assert_eq!(log.connections(), 6);
    }

    #[test]
    fn a_line_counts_before_its_end_comes_and_once_it_is_whole() {
        let whole = line("CLIENT_TRAFFIC_SECRET_0", 1, 9);
        let (begun, rest) = whole.split_at(whole.len() - 10);
        let (mut file, log) = log(&(line("SERVER_TRAFFIC_SECRET_0", 1, 8) + begun));
        let random = Random([1; 32]);
        let damaged = log.about(&random).about(&random).damaged(Label::ClientTraffic);
        assert_eq!(damaged.map(|damaged| damaged.line), Some(2));
        let revision = log.revision();
        log.look().unwrap();
        assert_eq!(log.revision(), revision, "nothing was added");
        file.write_all(rest.trim_end().as_bytes()).unwrap();
        log.look().unwrap();
        assert_ne!(log.revision(), revision);
        assert_eq!(secrets_of(&log, 1), [(Label::ServerTraffic, 8), (Label::ClientTraffic, 9)]);
        file.write_all(b"\n").unwrap();
        file.write_all(line("CLIENT_RANDOM", 2, 1).as_bytes()).unwrap();
        log.look().unwrap();
        assert_eq!(secrets_of(&log, 1).len(), 2);
        assert_eq!(log.connections(), 2);
    }

    #[test]
    fn a_log_that_is_begun_anew_is_read_anew() {
        let (file, log) =
            log(&(line("CLIENT_TRAFFIC_SECRET_0", 1, 1) + &line("SERVER_TRAFFIC_SECRET_0", 1, 1)));
        std::fs::write(file.path(), line("CLIENT_TRAFFIC_SECRET_0", 2, 5)).unwrap();
        log.look().unwrap();
        assert!(secrets_of(&log, 1).is_empty());
        assert_eq!(secrets_of(&log, 2), [(Label::ClientTraffic, 5)]);
    }

    #[test]
    fn lines_that_replace_others_of_the_same_length_are_read() {
        let (file, log) = log(&line("CLIENT_TRAFFIC_SECRET_0", 1, 1));
        assert_eq!(secrets_of(&log, 1), [(Label::ClientTraffic, 1)]);
        std::fs::write(file.path(), line("CLIENT_TRAFFIC_SECRET_0", 2, 5)).unwrap();
        let later = SystemTime::now() + std::time::Duration::from_secs(5);
        file.as_file().set_modified(later).unwrap();
        let revision = log.revision();
        assert_eq!(log.look().unwrap(), LogChange::Replaced);
        assert_ne!(log.revision(), revision);
        assert!(secrets_of(&log, 1).is_empty());
        assert_eq!(secrets_of(&log, 2), [(Label::ClientTraffic, 5)]);
        // With more lines than there were, too.
        let more = line("CLIENT_TRAFFIC_SECRET_0", 3, 6) + &line("SERVER_TRAFFIC_SECRET_0", 3, 7);
        std::fs::write(file.path(), more).unwrap();
        assert_eq!(log.look().unwrap(), LogChange::Replaced);
        assert_eq!(secrets_of(&log, 3).len(), 2);
        assert!(secrets_of(&log, 2).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_log_that_is_deleted_and_made_anew_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.log");
        std::fs::write(&path, line("CLIENT_TRAFFIC_SECRET_0", 1, 1)).unwrap();
        let log = KeyLogFile::open(&path).unwrap().unwrap();
        std::fs::rename(&path, folder.path().join("old.log")).unwrap();
        assert_eq!(log.look().unwrap(), LogChange::Grown, "the name may come back");
        assert_eq!(secrets_of(&log, 1), [(Label::ClientTraffic, 1)], "the old file is still there");
        std::fs::write(&path, line("CLIENT_TRAFFIC_SECRET_0", 2, 2)).unwrap();
        assert_eq!(log.look().unwrap(), LogChange::Replaced);
        assert_eq!(secrets_of(&log, 2), [(Label::ClientTraffic, 2)]);
        // What cannot be opened is told once.
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert_eq!(log.look().unwrap(), LogChange::Lost);
        assert_eq!(log.look().unwrap(), LogChange::Grown);
        assert_eq!(secrets_of(&log, 2).len(), 1);
    }

    #[test]
    fn what_is_in_a_log_without_secrets_is_known() {
        let lines = |text: &str| log(text).1.lines();
        let counted = |comments, others| Some(LogLines { comments, others });
        assert_eq!(lines(""), counted(0, 0));
        assert_eq!(lines("# SSL/TLS secrets log file\r\n\r\n"), counted(1, 0));
        assert_eq!(lines("# one\nGET / HTTP/1.1\nHost: h"), counted(1, 2));
    }

    #[test]
    fn all_of_a_log_is_there_at_once_unless_it_is_too_much() {
        let mut text = line("CLIENT_TRAFFIC_SECRET_0", 1, 1);
        text += &line("SERVER_TRAFFIC_SECRET_0", 2, 2);
        text += line("CLIENT_TRAFFIC_SECRET_0", 3, 3).trim_end();
        let (_file, log) = log(&text);
        let all = log.all(3);
        assert_eq!(all.connections(), 3);
        assert_eq!(all.about(&Random([3; 32])).entries.len(), 1);
        assert_eq!(log.all(2).connections(), 0);
    }

    #[test]
    fn premaster_secrets_are_found() {
        let (_file, log) = log(&format!("RSA 0102030405060708 {}\n", hex::encode([9; 48])));
        assert_eq!(log.premaster([1, 2, 3, 4, 5, 6, 7, 8]).unwrap().1.bytes(), [9; 48]);
        assert_eq!(log.premaster([0; 8]), None);
    }
}
