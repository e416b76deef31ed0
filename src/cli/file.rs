//! Files that the binary writes: whole or not at all.

use std::io::{Error, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// Who may read a file.
#[derive(Clone, Copy)]
pub enum Readers {
    /// Only its owner: it may hold secrets.
    Owner,
    /// Whoever may read other files here.
    Everyone,
}

/// Replaces the file whole, so that a reader sees the old content or the new one.
pub fn replace(path: &Path, content: &[u8], readers: Readers) -> Result<(), Error> {
    written(path, content, readers)?.persist(path)?;
    Ok(())
}

/// Writes a file that must not exist.
pub fn create(path: &Path, content: &[u8], readers: Readers) -> Result<(), Error> {
    written(path, content, readers)?.persist_noclobber(path)?;
    Ok(())
}

/// The content on disk, beside the path where it is to be.
fn written(path: &Path, content: &[u8], readers: Readers) -> Result<NamedTempFile, Error> {
    let dir = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".fastcart-hcl").tempfile_in(dir)?;
    file.write_all(content)?;
    #[cfg(unix)]
    if let Readers::Everyone = readers {
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_replaced_or_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        create(&path, b"1", Readers::Everyone).unwrap();
        assert!(create(&path, b"2", Readers::Everyone).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"1");
        replace(&path, b"3", Readers::Owner).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"3");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
