//! Where the output goes: standard output, a file, or a folder with a file for each table. Files come into being whole
//! or not at all: they are written under another name beside their place, and get their own at the end.

use super::args::{Analyze, Format, STDOUT};
use super::inputs::{is_read, is_same};
use super::keys::key_logs;
use crate::capture::{Input, Replace};
use crate::model::Escaped;
use crate::report::{self, Kinds, PlacedWriter, Table};
use std::fs::{self, File};
use std::io::{self, IsTerminal, Write as _};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// What a folder of tables says of inputs that were not read to their end.
const UNREAD: &str = "unread_inputs.txt";

/// Where the output goes.
pub(super) enum Destination {
    Stdout,
    File(OutputFile),
    /// A file for each table.
    Folder(OutputFolder),
}

/// A folder with a file for each table.
pub(super) struct OutputFolder {
    files: Vec<(Table, OutputFile)>,
    /// Says that inputs were not read to their end. It is there only then.
    unread: OutputFile,
    // Behind the files, so that it is dropped after them.
    made: MadeFolders,
}

/// Folders that were made for files, each inside the one before it. Those in which nothing came into being go again.
struct MadeFolders(Vec<PathBuf>);

impl MadeFolders {
    /// Makes the folder `path`, and those around it that are not there.
    fn make(path: &Path) -> io::Result<Self> {
        let around = path.ancestors().filter(|folder| !folder.as_os_str().is_empty());
        let mut new: Vec<PathBuf> =
            around.take_while(|folder| !folder.exists()).map(Path::to_owned).collect();
        new.reverse();
        let made = Self(new);
        fs::create_dir_all(path)?;
        Ok(made)
    }
}

impl Drop for MadeFolders {
    fn drop(&mut self) {
        for folder in self.0.iter().rev() {
            // It stays where something is in it.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// What has to go if the program ends before the output is whole.
#[derive(Debug, Default)]
pub(super) struct Unfinished {
    pub(super) files: Vec<PathBuf>,
    /// Folders that were made for the files, innermost first; they stay where something else is in them.
    pub(super) folders: Vec<PathBuf>,
}

/// A file to write.
pub(super) enum OutputFile {
    /// It gets its name when it is whole.
    Whole { file: NamedTempFile, path: PathBuf, option: WriteOption, replace: Replace },
    /// A device, a named pipe, or standard output, under its name.
    Direct { file: File, path: PathBuf, option: WriteOption },
}

/// The options that name a file to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WriteOption {
    /// `-o`
    Output,
    /// `-w`
    Packets,
}

impl WriteOption {
    const fn name(self) -> &'static str {
        match self {
            Self::Output => "-o",
            Self::Packets => "-w",
        }
    }

    /// What cannot be done if its file cannot be written.
    const fn failure(self) -> &'static str {
        match self {
            Self::Output => "the output cannot be written there",
            Self::Packets => "packets cannot be saved there",
        }
    }
}

/// Files that a command line names besides the one to write: none of them may be written over.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OtherFiles<'a> {
    /// Captures to read.
    pub(super) captures: &'a [Input],
    /// Key logs to read.
    pub(super) keys: &'a [PathBuf],
    /// Where packets are saved.
    pub(super) packets: Option<&'a Path>,
}

impl OtherFiles<'_> {
    /// What the file at `path` is besides the one that `option` names.
    ///
    /// # Errors
    /// It is one of them: the sentence is for the user.
    pub(super) fn keep_from(self, path: &Path, option: WriteOption) -> Result<(), String> {
        let what = if is_read(path, self.captures) {
            "one of the captures to read"
        } else if self.keys.iter().any(|log| is_same(path, log)) {
            "the key log to read"
        } else if self.packets.is_some_and(|packets| is_one_place(path, packets)) {
            "the file in which -w saves packets"
        } else {
            return Ok(());
        };
        let name = Escaped(path.as_os_str().as_encoded_bytes());
        Err(format!("{name}: it is {what}; name another file for {}", option.name()))
    }
}

/// Whether two paths lead to one file, which may not be there yet.
fn is_one_place(path: &Path, other: &Path) -> bool {
    let place = |path: &Path| Some(folder_of(path).canonicalize().ok()?.join(path.file_name()?));
    is_same(path, other) || place(path).is_some_and(|there| place(other) == Some(there))
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

impl Destination {
    /// Where the output of this command line goes. Whatever is wrong with the place is found before anything is read.
    ///
    /// # Errors
    /// It cannot be written there, or something else is there: the sentence is for the user.
    pub(super) fn create(args: &Analyze, kinds: Kinds, inputs: &[Input]) -> Result<Self, String> {
        let keys = key_logs(args);
        let packets = args.write.as_deref().filter(|path| *path != Path::new(STDOUT));
        let others = OtherFiles { captures: inputs, keys: &keys, packets };
        let open = |path: &Path| OutputFile::create(path, WriteOption::Output, args.replace(), others);
        let is_once = |input: &Input| *input == Input::Stdin || input.is_pipe();
        if args.format() == Some(Format::Pcapng) && (inputs.is_empty() || inputs.iter().any(is_once)) {
            let reason = "-f pcapng reads the capture twice, which an interface, standard input or a pipe cannot be; \
                          save it to a file first";
            return Err(reason.to_owned());
        }
        let extension = args.format().and_then(Format::of_tables);
        match (args.output.as_deref().filter(|path| *path != Path::new(STDOUT)), extension) {
            // Tables have a folder, or were refused.
            (None, _) => Ok(Self::Stdout),
            (Some(folder), Some(extension)) => {
                let made = MadeFolders::make(folder)
                    .map_err(|error| unwritable(folder, WriteOption::Output, &error))?;
                let path = |table: Table| folder.join(format!("{}.{extension}", table.name()));
                let (wanted, others): (Vec<Table>, Vec<Table>) =
                    Table::ALL.into_iter().partition(|table| kinds.contains(table.kind()));
                if let Some(left) = others.into_iter().map(path).find(|path| path.exists()) {
                    return Err(format!(
                        "{}: it would stay beside new tables that may be about another capture, as --only leaves it out; \
                         name another folder",
                        Escaped(left.as_os_str().as_encoded_bytes())
                    ));
                }
                let open_table = |table: Table| Ok((table, open(&path(table))?));
                let files = wanted.into_iter().map(open_table).collect::<Result<_, String>>()?;
                let unread = open(&folder.join(UNREAD))?;
                Ok(Self::Folder(OutputFolder { files, unread, made }))
            }
            (Some(path), None) => Ok(Self::File(open(path)?)),
        }
    }

    /// The file for a table: of a folder, which has all that are wanted.
    ///
    /// # Errors
    /// The system has no handle left, or this is no folder.
    pub(super) fn table(&self, table: Table) -> io::Result<PlacedWriter<File>> {
        match self {
            Self::Folder(folder) => {
                let file = folder.files.iter().find(|(known, _)| *known == table);
                file.ok_or(io::ErrorKind::NotFound)?.1.placed_writer()
            }
            Self::Stdout | Self::File(_) => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// Everything was written: the files get their names. So many inputs could not be read to their end, which formats for one
    /// file say themselves.
    ///
    /// # Errors
    /// One of them cannot: the sentence is for the user.
    pub(super) fn keep(self, unread_inputs: u64) -> Result<(), String> {
        match self {
            Self::Stdout => Ok(()),
            Self::File(file) => file.keep(),
            Self::Folder(OutputFolder { files, unread, made: _made }) => {
                files.into_iter().try_for_each(|(_, file)| file.keep())?;
                match unread_inputs {
                    0 => unread.leave_none(),
                    inputs => unread.keep_words(&report::unread(inputs)),
                }
            }
        }
    }

    /// Nothing could be read: no file comes into being, and those that are there stay. Returns what there is to say.
    pub(super) fn discard(self) -> Option<String> {
        let path = match &self {
            Self::Stdout => None,
            Self::File(file) => file.path(),
            Self::Folder(folder) => folder.files.first().and_then(|(_, file)| file.path()?.parent()),
        };
        let name = Escaped(path?.as_os_str().as_encoded_bytes());
        Some(format!("{name}: not written, as nothing could be read"))
    }

    /// The folder in which files come into being.
    #[cfg(feature = "live")]
    pub(super) fn folder(&self) -> Option<&Path> {
        let path = match self {
            Self::Stdout => None,
            Self::File(file) => file.path(),
            Self::Folder(folder) => folder.files.first().and_then(|(_, file)| file.path()),
        };
        path.map(folder_of)
    }

    /// What is there until the files get their names.
    pub(super) fn unfinished(&self) -> Unfinished {
        match self {
            Self::Stdout => Unfinished::default(),
            Self::File(file) => {
                Unfinished { files: file.unfinished().into_iter().collect(), folders: Vec::new() }
            }
            Self::Folder(OutputFolder { files, unread, made }) => Unfinished {
                files: files
                    .iter()
                    .map(|(_, file)| file)
                    .chain([unread])
                    .filter_map(OutputFile::unfinished)
                    .collect(),
                folders: made.0.iter().rev().cloned().collect(),
            },
        }
    }
}

impl OutputFile {
    /// Where the file goes that `option` names.
    ///
    /// # Errors
    /// It cannot be written there, or something else is there: the sentence is for the user.
    pub(super) fn create(
        path: &Path,
        option: WriteOption,
        replace: Replace,
        others: OtherFiles<'_>,
    ) -> Result<Self, String> {
        let name = Escaped(path.as_os_str().as_encoded_bytes());
        let direct = |file: File| Self::Direct { file, path: path.to_owned(), option };
        if path == Path::new(STDOUT) {
            if io::stdout().is_terminal() {
                return Err(format!(
                    "{} - writes packets, which no terminal can show; pass them on with |",
                    option.name()
                ));
            }
            return stdout()
                .map(direct)
                .map_err(|error| format!("standard output: {}: {error}", option.failure()));
        }
        others.keep_from(path, option)?;
        match fs::metadata(path) {
            Ok(there) if there.is_dir() => {
                Err(format!("{name}: it is a folder; name a file for {}", option.name()))
            }
            Ok(there) if !there.is_file() => File::options()
                .write(true)
                .open(path)
                .map(direct)
                .map_err(|error| unwritable(path, option, &error)),
            Ok(_) if replace == Replace::Never => Err(format!("{name}: it exists; --force replaces it")),
            Ok(_) | Err(_) => {
                let mut new = Builder::new();
                new.prefix(".wsight-");
                #[cfg(unix)]
                {
                    use std::os::unix::fs::PermissionsExt;
                    // As for any new file: the umask takes away what it should.
                    new.permissions(fs::Permissions::from_mode(0o666));
                }
                let file =
                    new.tempfile_in(folder_of(path)).map_err(|error| unwritable(path, option, &error))?;
                Ok(Self::Whole { file, path: path.to_owned(), option, replace })
            }
        }
    }

    /// The name that it gets.
    fn path(&self) -> Option<&Path> {
        match self {
            Self::Whole { path, .. } => Some(path),
            Self::Direct { .. } => None,
        }
    }

    /// Where it is until then.
    pub(super) fn unfinished(&self) -> Option<PathBuf> {
        match self {
            Self::Whole { file, .. } => Some(file.path().to_owned()),
            Self::Direct { .. } => None,
        }
    }

    /// Another handle to write with.
    ///
    /// # Errors
    /// The system has none left.
    pub(super) fn writer(&self) -> io::Result<File> {
        match self {
            Self::Whole { file, .. } => file.as_file().try_clone(),
            Self::Direct { file, .. } => file.try_clone(),
        }
    }

    /// It holds these words alone, and gets its name.
    ///
    /// # Errors
    /// It cannot: the sentence is for the user.
    fn keep_words(self, words: &str) -> Result<(), String> {
        match &self {
            Self::Whole { file, path, option, .. } => {
                writeln!(file.as_file(), "{words}").map_err(|error| unwritable(path, *option, &error))?;
                self.keep()
            }
            // A name of its own was chosen for it.
            Self::Direct { .. } => Ok(()),
        }
    }

    /// There is nothing to say in it: it does not come into being, and one that was there goes.
    ///
    /// # Errors
    /// It cannot go: the sentence is for the user.
    fn leave_none(self) -> Result<(), String> {
        match self {
            Self::Whole { file: _, path, option, replace: Replace::Always } => match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(unwritable(&path, option, &error))
                }
                Ok(()) | Err(_) => Ok(()),
            },
            Self::Whole { replace: Replace::Never, .. } | Self::Direct { .. } => Ok(()),
        }
    }

    /// Another handle to write with, whose errors say where the file is.
    ///
    /// # Errors
    /// The system has no handle left.
    pub(super) fn placed_writer(&self) -> io::Result<PlacedWriter<File>> {
        let (Self::Whole { path, option, .. } | Self::Direct { path, option, .. }) = self;
        Ok(PlacedWriter::new(self.writer()?, failure(path, *option)))
    }

    /// Everything was written: it gets its name. Otherwise nothing is left of it.
    ///
    /// # Errors
    /// It cannot: the sentence is for the user.
    pub(super) fn keep(self) -> Result<(), String> {
        match self {
            Self::Direct { .. } => Ok(()),
            Self::Whole { file, path, option, replace } => {
                let kept = match replace {
                    Replace::Always => file.persist(&path),
                    Replace::Never => file.persist_noclobber(&path),
                };
                kept.map(drop).map_err(|error| unwritable(&path, option, &error.error))
            }
        }
    }
}

/// Another handle of standard output.
fn stdout() -> io::Result<File> {
    #[cfg(unix)]
    let handle = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned();
    #[cfg(windows)]
    let handle = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned();
    handle.map(File::from)
}

fn unwritable(path: &Path, option: WriteOption, error: &io::Error) -> String {
    format!("{}: {error}", failure(path, option))
}

/// What cannot be done with the file at `path`.
fn failure(path: &Path, option: WriteOption) -> String {
    format!("{}: {}", Escaped(path.as_os_str().as_encoded_bytes()), option.failure())
}
