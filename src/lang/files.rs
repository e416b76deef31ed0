//! Files as the language sees them: on disk, or in memory for tests and embedders.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path, PathBuf};

/// Reads what configuration and the file functions need. All paths are as the user wrote them,
/// relative to the working directory or absolute.
pub trait Files: Send + Sync {
    /// Whole content of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Names of what a directory holds, sorted.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Whether there is a directory, symbolic links followed.
    fn is_dir(&self, path: &Path) -> bool;
    /// Whether there is a regular file, symbolic links followed.
    fn is_file(&self, path: &Path) -> bool;
    /// The one absolute path of a file or directory, symbolic links resolved; fails where it does
    /// not exist or where links form a loop.
    fn canonical(&self, path: &Path) -> io::Result<PathBuf>;

    /// Whether there is anything at that path.
    fn exists(&self, path: &Path) -> bool {
        self.is_file(path) || self.is_dir(path)
    }
    /// The user's home directory, for paths that begin with `~`.
    fn home(&self) -> Option<PathBuf> {
        None
    }
    /// Content of a file read in one go, unless it is larger than `limit` bytes.
    fn read_up_to(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        let bytes = self.read(path)?;
        if bytes.len() > limit { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
    }
}

/// The file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskFiles;

impl Files for DiskFiles {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(dir)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    fn is_dir(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn is_file(&self, path: &Path) -> bool {
        path.is_file()
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        path.canonicalize()
    }

    fn home(&self) -> Option<PathBuf> {
        std::env::home_dir()
    }

    fn read_up_to(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        use std::io::Read;
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() > limit { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
    }
}

/// Files in memory; directories are those that hold a file.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles(BTreeMap<PathBuf, Vec<u8>>);

impl MemoryFiles {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same files with one more.
    pub fn with(mut self, path: impl AsRef<Path>, content: impl Into<Vec<u8>>) -> Self {
        self.add(path, content);
        self
    }

    /// Adds or replaces a file.
    pub fn add(&mut self, path: impl AsRef<Path>, content: impl Into<Vec<u8>>) {
        self.0.insert(normal(path.as_ref()), content.into());
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.0.get(&normal(path)).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let dir = normal(dir);
        let under = self.0.keys().filter_map(|path| path.strip_prefix(&dir).ok());
        let names: BTreeSet<String> = under
            .filter_map(|rest| rest.components().next())
            .map(|it| it.as_os_str().to_string_lossy().into_owned())
            .collect();
        if names.is_empty() && !dir.as_os_str().is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(names.into_iter().collect())
    }

    fn is_dir(&self, path: &Path) -> bool {
        let path = normal(path);
        path.as_os_str().is_empty()
            || self.0.keys().any(|file| *file != path && file.starts_with(&path))
    }

    fn is_file(&self, path: &Path) -> bool {
        self.0.contains_key(&normal(path))
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        if self.exists(path) { Ok(normal(path)) } else { Err(io::ErrorKind::NotFound.into()) }
    }
}

/// The path without `.` and, as far as it goes, without `..`: `./a/../b` is `b`.
pub fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => match out.components().next_back() {
                Some(Component::Normal(_)) => {
                    out.pop();
                }
                Some(Component::RootDir) => {}
                _ => out.push(".."),
            },
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_files_have_directories() {
        let files = MemoryFiles::new().with("main.tf", "").with("./net/main.tf", "x");
        assert_eq!(files.list(Path::new(".")).unwrap(), ["main.tf", "net"]);
        assert_eq!(files.list(Path::new("net")).unwrap(), ["main.tf"]);
        assert!(files.is_dir(Path::new("./net")) && !files.is_file(Path::new("net")));
        assert_eq!(files.read(Path::new("net/../net/main.tf")).unwrap(), b"x");
        assert!(files.read(Path::new("nothing")).is_err() && files.list(Path::new("no")).is_err());
    }

    #[test]
    fn paths_are_normalised() {
        for (path, want) in [("./a/../b", "b"), ("../x", "../x"), ("/a/../../b", "/b"), (".", "")] {
            assert_eq!(normal(Path::new(path)), Path::new(want), "{path}");
        }
    }
}
