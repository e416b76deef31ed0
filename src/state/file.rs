//! Where state and journal are kept.
//!
//! [`Store`] is the seam: an embedder brings its own, [`FileStore`] is the one for files. Its writes
//! replace the file whole: a temporary file in the same folder, fsync, rename, fsync of the folder;
//! whoever reads sees the old state or the new one. The journal is appended to in one write and one
//! fsync a call. See [`super`] for the table of files.
//!
//! A write is refused when the file is no longer the one that was read, to the byte, or when it has
//! another lineage or serial than the state to be written: then somebody else has been here.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::journal::{self, Event, Header, Journal};
use super::lock::{self, Guard, LockError, LockInfo};
use super::{State, tfstate};
use crate::diag::{Diagnostic, Result};

/// Keeps a state, its journal and its lock.
pub trait Store: Send + Sync {
    /// Where that is, for messages.
    fn place(&self) -> String;

    /// The state; none where nothing was ever written.
    fn read(&self) -> Result<Option<State>>;

    /// Replaces the state and sets the new serial in `state`; does nothing where no difference is
    /// to be written. Refuses when what is kept has changed since `state` was read.
    fn write(&self, state: &mut State) -> Result<()>;

    /// Locks the state, or says at once who does.
    fn lock(&self, info: &LockInfo) -> Result<Box<dyn Guard>, LockError>;

    /// Adds events to the journal, which begins with `header` where there is none. When this
    /// returns they are on disk, all of them; when it fails nothing may be sent to AWS any more.
    fn append(&self, header: &Header, events: &[Event]) -> Result<()>;

    /// The journal; none where there is none.
    fn journal(&self) -> Result<Option<Journal>>;

    /// Removes the journal: every operation has ended, and every end is in the state.
    fn clear_journal(&self) -> Result<()>;
}

/// A state in a file, with its companions beside it.
#[derive(Debug)]
pub struct FileStore {
    path: PathBuf,
    run: Mutex<Run>,
    journal: Mutex<Tail>,
}

#[derive(Default)]
struct Run {
    seen: Option<Seen>,
    backed_up: bool,
}

/// What the file held when it was last read or written.
struct Seen {
    bytes: Vec<u8>,
    /// Whether we wrote them ourselves just now.
    own: bool,
    lineage: String,
    serial: u64,
}

impl Seen {
    fn new(bytes: Vec<u8>, state: &State) -> Self {
        Seen { bytes, own: false, lineage: state.lineage.clone(), serial: state.serial }
    }

    /// Whether it holds that state. Another may have written the same in other words: most runs that
    /// read never ask, so that is found out only here.
    fn holds(&self, state: &State) -> bool {
        let wanted = tfstate::encode(state);
        let as_ours = |it: &State| tfstate::encode(it) == wanted;
        wanted == self.bytes
            || (!self.own && tfstate::decode("", &self.bytes).is_ok_and(|it| as_ours(&it)))
    }
}

/// Bytes stay out: they hold secrets.
impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("backed_up", &self.backed_up).finish_non_exhaustive()
    }
}

/// The end of the journal, where the next line goes.
#[derive(Debug, Default)]
enum Tail {
    #[default]
    Closed,
    Open(File),
    /// A write failed: what is on disk is unknown, so no more is written in this run.
    Broken,
}

impl FileStore {
    /// The state at that path; no file is touched yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        FileStore { path: path.into(), run: Mutex::default(), journal: Mutex::default() }
    }

    /// Path of the state file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Path of the journal.
    pub fn journal_path(&self) -> PathBuf {
        with_suffix(&self.path, ".journal")
    }

    fn open_journal(&self, header: &Header) -> Result<(File, bool)> {
        let path = self.journal_path();
        let failed = |error| unwritable(&path, error);
        make_folder(folder(&path)).map_err(failed)?;
        let known = self.journal()?;
        if let Some(journal) = known.as_ref().filter(|it| it.header.lineage != header.lineage) {
            let (theirs, ours) = (&journal.header.lineage, &header.lineage);
            let detail = format!("`{}` is of lineage `{theirs}`, not `{ours}`", path.display());
            return Err(Diagnostic::error("the journal goes with another state", detail).into());
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let mut file = private(&mut options).open(&path).map_err(failed)?;
        let sound = known.as_ref().map_or(0, |it| it.sound as u64);
        file.set_len(sound).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok((file, known.is_none()))
    }
}

impl Store for FileStore {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn read(&self) -> Result<Option<State>> {
        let mut run = held(&self.run);
        run.seen = None;
        let Some(bytes) = bytes(&self.path)? else { return Ok(None) };
        let state = tfstate::decode(&self.place(), &bytes)?;
        run.seen = Some(Seen::new(bytes, &state));
        Ok(Some(state))
    }

    fn write(&self, state: &mut State) -> Result<()> {
        let mut run = held(&self.run);
        let disk = bytes(&self.path)?;
        match (&disk, &run.seen) {
            (None, None) => {}
            (None, Some(_)) => return Err(changed(&self.place(), "it was deleted").into()),
            (Some(disk), Some(seen)) if *disk == seen.bytes => {}
            (Some(_), Some(_)) => {
                return Err(changed(&self.place(), "another has written it").into());
            }
            (Some(disk), None) => {
                let there = tfstate::decode(&self.place(), disk)?;
                run.seen = Some(Seen::new(disk.clone(), &there));
            }
        }
        if let Some(seen) = &run.seen {
            if (&seen.lineage, seen.serial) != (&state.lineage, state.serial) {
                let why = format!(
                    "it has lineage `{}` and serial {}, not `{}` and {}",
                    seen.lineage, seen.serial, state.lineage, state.serial
                );
                return Err(changed(&self.place(), &why).into());
            }
            if seen.holds(state) {
                return Ok(());
            }
        }
        let before = (state.lineage.clone(), state.serial);
        if state.lineage.is_empty() {
            state.lineage = State::new().lineage;
        }
        state.serial += 1;
        let bytes = tfstate::encode(state);
        let backup = with_suffix(&self.path, ".backup");
        let written = match disk.as_ref().filter(|_| !run.backed_up) {
            Some(disk) => replace(&backup, disk).map_err(|it| (backup, it)),
            None => Ok(()),
        };
        let written = written
            .and_then(|()| replace(&self.path, &bytes).map_err(|it| (self.path.clone(), it)));
        if let Err((path, error)) = written {
            (state.lineage, state.serial) = before;
            return Err(unwritable(&path, error).into());
        }
        run.backed_up = true;
        let (lineage, serial) = (state.lineage.clone(), state.serial);
        run.seen = Some(Seen { bytes, own: true, lineage, serial });
        Ok(())
    }

    fn lock(&self, info: &LockInfo) -> Result<Box<dyn Guard>, LockError> {
        lock::lock_file(&self.path, info)
    }

    fn append(&self, header: &Header, events: &[Event]) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let mut tail = held(&self.journal);
        let (mut file, fresh) = match std::mem::take(&mut *tail) {
            Tail::Open(file) => (file, false),
            Tail::Closed => self.open_journal(header)?,
            Tail::Broken => {
                *tail = Tail::Broken;
                let error = io::Error::other("an earlier write to it failed");
                return Err(unwritable(&self.journal_path(), error).into());
            }
        };
        let mut lines = if fresh { header.line() } else { Vec::new() };
        lines.extend(journal::events_line(events));
        let written = file.write_all(&lines).and_then(|()| file.sync_data());
        let written = written.and_then(|()| if fresh { sync(folder(&self.path)) } else { Ok(()) });
        *tail = match &written {
            Ok(()) => Tail::Open(file),
            Err(_) => Tail::Broken,
        };
        written.map_err(|it| unwritable(&self.journal_path(), it).into())
    }

    fn journal(&self) -> Result<Option<Journal>> {
        let path = self.journal_path();
        let Some(bytes) = bytes(&path)? else { return Ok(None) };
        journal::decode(&path.display().to_string(), &bytes)
    }

    fn clear_journal(&self) -> Result<()> {
        let mut tail = held(&self.journal);
        let path = self.journal_path();
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => {
                other.and_then(|()| sync(folder(&path))).map_err(|it| unwritable(&path, it))?
            }
        }
        *tail = Tail::Closed;
        Ok(())
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why a write over `place` is refused.
pub(super) fn changed(place: &str, why: &str) -> Diagnostic {
    let detail = format!("`{place}` is not what was read: {why}");
    Diagnostic::error("the state changed in the meantime", detail)
        .hint("find out who else writes it, then plan again")
}

fn unwritable(path: &Path, error: io::Error) -> Diagnostic {
    Diagnostic::error("cannot write a file", format!("`{}`: {error}", path.display()))
}

fn bytes(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let detail = format!("`{}`: {error}", path.display());
            Err(Diagnostic::error("cannot read a file", detail).into())
        }
    }
}

/// Folder that a file is in.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(suffix);
    name.into()
}

/// Makes a folder and those above it, each durable in the one above.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    make_folder(folder(path))?;
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other.and_then(|()| sync(folder(path))),
    }
}

/// Makes new files readable by their owner only.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Replaces a file whole and durably; a symbolic link stays one.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = folder(&path);
    make_folder(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!(".{}.", name.trim_start_matches('.'));
    let mut file = tempfile::Builder::new().prefix(&prefix).suffix(".tmp").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|it| it.error)?;
    sync(folder)
}

/// Makes new and renamed entries of a folder durable.
fn sync(folder: &Path) -> io::Result<()> {
    // Elsewhere a folder cannot be opened like this.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests;
