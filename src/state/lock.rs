//! One run at a time.
//!
//! Two files beside the state. `.terraform.tfstate.lock` carries the lock of the operating system:
//! it vanishes with the process that holds it, so a killed run leaves no stale lock, and the empty
//! file stays because deleting it would let two runs lock two files of the same name.
//! `.terraform.tfstate.lock.info` says who holds it, in Terraform's words; it is written after the
//! lock is taken and removed before it is released, and one that a crash left over is overwritten.
//!
//! Nothing here waits: [`LockError::Held`] tells the caller to try again until its patience ends.
//! Terraform itself locks the state file in a way that this lock does not see, nor it ours.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::file;
use crate::diag::{Diagnostic, Diagnostics, Result};

/// Who holds a lock. The caller says so: the library reads neither environment nor clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LockInfo {
    /// Names this lock.
    #[serde(rename = "ID")]
    pub id: String,
    /// What it is held for, such as `apply`.
    pub operation: String,
    /// Anything more to say.
    pub info: String,
    /// `user@host`.
    pub who: String,
    /// Version of the program.
    pub version: String,
    /// Since when, as RFC 3339.
    pub created: String,
    /// What is locked; set by the store.
    pub path: String,
}

impl LockInfo {
    /// A lock to ask for, with an id of its own.
    pub fn new(
        operation: impl Into<String>,
        who: impl Into<String>,
        created: impl Into<String>,
    ) -> Self {
        LockInfo {
            id: Uuid::new_v4().to_string(),
            operation: operation.into(),
            who: who.into(),
            version: env!("CARGO_PKG_VERSION").to_string(),
            created: created.into(),
            ..LockInfo::default()
        }
    }
}

/// Holds a lock until it is dropped.
pub trait Guard: Send {
    /// Who holds it: the caller, as it introduced itself.
    fn info(&self) -> &LockInfo;
}

/// Why there is no lock.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LockError {
    /// Another holds it; trying again later may help.
    #[error("{} is locked by {}", .0.path, .0.who)]
    Held(Box<LockInfo>),
    /// It cannot be taken at all.
    #[error("{0}")]
    Failed(Box<Diagnostic>),
}

impl From<LockError> for Diagnostics {
    fn from(error: LockError) -> Self {
        let held = match error {
            LockError::Failed(it) => return (*it).into(),
            LockError::Held(it) => it,
        };
        let known = |text: &str| match text {
            "" => "unknown".to_string(),
            text => text.to_string(),
        };
        let (who, what, since) = (known(&held.who), known(&held.operation), known(&held.created));
        Diagnostic::error(
            "the state is locked",
            format!("`{}` is in use by {who} for `{what}` since {since}", held.path),
        )
        .hint("wait for it with `--lock-timeout=5m`")
        .into()
    }
}

/// Locks the state at that path, or says who does.
pub fn lock_file(state: &Path, info: &LockInfo) -> Result<Box<dyn Guard>, LockError> {
    let failed = |error: std::io::Error| {
        let detail = format!("`{}`: {error}", state.display());
        let it = Diagnostic::error("the state cannot be locked", detail);
        LockError::Failed(Box::new(it.hint("`plan --lock=false` looks without a lock")))
    };
    file::make_folder(file::folder(state)).map_err(failed)?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    let lock = file::private(&mut options).open(beside(state, "lock")).map_err(failed)?;
    let note = beside(state, "lock.info");
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(error)) => return Err(failed(error)),
        Err(TryLockError::WouldBlock) => {
            let holder = fs::read(&note).ok().and_then(|it| serde_json::from_slice(&it).ok());
            let holder: LockInfo = holder.unwrap_or_default();
            let path = state.display().to_string();
            return Err(LockError::Held(Box::new(LockInfo { path, ..holder })));
        }
    }
    let info = LockInfo { path: state.display().to_string(), ..info.clone() };
    let text = serde_json::to_vec(&info).map_err(|it| failed(it.into()))?;
    file::replace(&note, &text).map_err(failed)?;
    Ok(Box::new(FileGuard { info, note, _lock: lock }))
}

/// `.terraform.tfstate.lock` for `terraform.tfstate`.
fn beside(state: &Path, what: &str) -> PathBuf {
    let name = state.file_name().unwrap_or_default().to_string_lossy();
    state.with_file_name(format!(".{name}.{what}"))
}

struct FileGuard {
    info: LockInfo,
    note: PathBuf,
    _lock: File,
}

impl Guard for FileGuard {
    fn info(&self) -> &LockInfo {
        &self.info
    }
}

impl Drop for FileGuard {
    fn drop(&mut self) {
        // The next holder overwrites one that stays; nothing to tell anybody.
        let _ = fs::remove_file(&self.note);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("new/terraform.tfstate");
        let mine = LockInfo::new("apply", "ann@laptop", "2026-11-22T18:43:14Z");
        let guard = lock_file(&state, &mine).unwrap();
        assert_eq!(guard.info().id, mine.id);
        let note = state.with_file_name(".terraform.tfstate.lock.info");
        let written: serde_json::Value = serde_json::from_slice(&fs::read(&note).unwrap()).unwrap();
        assert_eq!(written["Who"], "ann@laptop");
        assert_eq!(written["Operation"], "apply");

        let Err(error) = lock_file(&state, &LockInfo::new("plan", "bob@ci", "later")) else {
            panic!("locked twice")
        };
        assert!(matches!(&error, LockError::Held(by) if by.id == mine.id));
        let shown = Diagnostics::from(error);
        let shown = shown.iter().next().unwrap();
        for part in ["ann@laptop", "`apply`", "2026-11-22T18:43:14Z", "terraform.tfstate"] {
            assert!(shown.detail.contains(part), "{part} in {}", shown.detail);
        }
        assert!(shown.hints[0].contains("--lock-timeout"));

        drop(guard);
        assert!(!note.exists());
        lock_file(&state, &mine).unwrap();
    }

    #[test]
    fn a_note_left_by_a_killed_run_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("terraform.tfstate");
        fs::write(beside(&state, "lock.info"), "{ torn").unwrap();
        fs::write(beside(&state, "lock"), "").unwrap();
        lock_file(&state, &LockInfo::new("apply", "ann@laptop", "now")).unwrap();
    }
}
