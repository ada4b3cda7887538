//! Files that `w` writes: never over one that is there, unless the user says so, and never through a link.

use super::request::Existing;
use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes a new file with what `write` gives. A link that is replaced goes itself, not what it leads to.
pub(super) fn to(
    path: &Path,
    existing: Existing,
    write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    if existing == Existing::Replaced {
        name.push(format!(".{}.part", std::process::id()));
    }
    let target = path.with_file_name(name);
    // Neither follows a link nor opens what is there.
    let file = OpenOptions::new().write(true).create_new(true).open(&target)?;
    let mut out = BufWriter::new(file);
    let written = write(&mut out).and_then(|()| out.flush());
    drop(out);
    let written = written.and_then(|()| match existing {
        Existing::Stays => Ok(()),
        Existing::Replaced => fs::rename(&target, path),
    });
    if written.is_err() {
        // What is left of it is of no use, and the reason is reported.
        let _ = fs::remove_file(&target);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays_unless_it_may_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        to(&path, Existing::Stays, &mut |out| out.write_all(b"new")).unwrap();
        let error = to(&path, Existing::Stays, &mut |out| out.write_all(b"newer")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"new");
        to(&path, Existing::Replaced, &mut |out| out.write_all(b"newer")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"newer");
        to(&path, Existing::Replaced, &mut |_| Err(io::Error::other("no"))).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"newer");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, target) = (folder.path().join("link"), folder.path().join("target"));
        std::os::unix::fs::symlink(&target, &path).unwrap();
        assert!(to(&path, Existing::Stays, &mut |out| out.write_all(b"x")).is_err());
        to(&path, Existing::Replaced, &mut |out| out.write_all(b"x")).unwrap();
        assert!(!target.exists());
        assert!(fs::symlink_metadata(&path).unwrap().is_file());
    }
}
