use super::super::journal::tests::{create, created};
use super::*;
use crate::state::Object;
use serde_json::json;

fn with(id: &str, state: &mut State) {
    state.insert("aws_vpc.a".parse().unwrap(), Object::new(json!({"id": id})));
}

fn store() -> (tempfile::TempDir, FileStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("terraform.tfstate.d/prod/terraform.tfstate"));
    (folder, store)
}

fn names(store: &FileStore) -> Vec<String> {
    let entries = fs::read_dir(folder(store.path())).unwrap();
    let mut names: Vec<_> =
        entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn serial_and_lineage() {
    let (_folder, store) = store();
    assert_eq!(store.read().unwrap(), None);
    let mut state = State::new();
    with("a", &mut state);
    store.write(&mut state).unwrap();
    assert_eq!(state.serial, 1);
    let lineage = state.lineage.clone();
    store.write(&mut state).unwrap();
    assert_eq!(state.serial, 1, "no difference, no write");
    with("b", &mut state);
    store.write(&mut state).unwrap();
    assert_eq!((state.serial, &state.lineage), (2, &lineage));
    assert_eq!(FileStore::new(store.path()).read().unwrap(), Some(state));
}

#[cfg(unix)]
#[test]
fn files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, store) = store();
    let mut state = State::new();
    store.write(&mut state).unwrap();
    store.append(&Header::of(&state), &[created(0, "a")]).unwrap();
    let _guard = store.lock(&LockInfo::new("apply", "ann@laptop", "now")).unwrap();
    for name in names(&store) {
        let mode = fs::metadata(store.path().with_file_name(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn the_backup_is_the_state_before_the_run() {
    let (_folder, store) = store();
    let mut state = State::new();
    for id in ["a", "b"] {
        with(id, &mut state);
        store.write(&mut state).unwrap();
    }
    assert_eq!(names(&store), ["terraform.tfstate"], "there was nothing before");
    let before = fs::read(store.path()).unwrap();

    let run = FileStore::new(store.path());
    let mut state = run.read().unwrap().unwrap();
    for id in ["c", "d"] {
        with(id, &mut state);
        run.write(&mut state).unwrap();
    }
    assert_eq!(names(&store), ["terraform.tfstate", "terraform.tfstate.backup"]);
    assert_eq!(fs::read(with_suffix(store.path(), ".backup")).unwrap(), before);
}

#[test]
fn a_file_that_changed_in_the_meantime_is_kept() {
    type Change = fn(&FileStore);
    let cases: [(&str, Change); 4] = [
        ("another run", |it| {
            let other = FileStore::new(it.path());
            let mut state = other.read().unwrap().unwrap();
            with("theirs", &mut state);
            other.write(&mut state).unwrap();
        }),
        ("an editor", |it| {
            let text = fs::read_to_string(it.path()).unwrap().replace("\"a\"", "\"edited\"");
            fs::write(it.path(), text).unwrap();
        }),
        ("a deletion", |it| fs::remove_file(it.path()).unwrap()),
        ("garbage", |it| fs::write(it.path(), "garbage").unwrap()),
    ];
    for (name, change) in cases {
        let (_folder, store) = store();
        let mut state = State::new();
        with("a", &mut state);
        store.write(&mut state).unwrap();
        change(&store);
        let there = fs::read(store.path()).ok();
        with("mine", &mut state);
        let error = store.write(&mut state).expect_err(name);
        assert!(error.to_string().contains("changed in the meantime"), "{name}: {error}");
        assert_eq!((fs::read(store.path()).ok(), state.serial), (there, 1), "{name}");

        // Nor does a store that never read overwrite it unseen.
        if store.path().exists() {
            assert!(FileStore::new(store.path()).write(&mut State::new()).is_err(), "{name}");
        }
    }
}

#[test]
fn a_failed_write_leaves_the_serial() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let store = FileStore::new(folder.path().join("file/terraform.tfstate"));
    let mut state = State::new();
    assert!(store.write(&mut state).is_err());
    assert_eq!(state.serial, 0);
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_stays_one() {
    let (folder, store) = store();
    let link = folder.path().join("link.tfstate");
    store.write(&mut State::new()).unwrap();
    std::os::unix::fs::symlink(store.path(), &link).unwrap();
    let through = FileStore::new(&link);
    let mut state = through.read().unwrap().unwrap();
    with("a", &mut state);
    through.write(&mut state).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(store.read().unwrap(), Some(state));
}

#[test]
fn a_torn_line_is_cut_off_before_the_next() {
    let (_folder, store) = store();
    let header = Header::of(&State::new());
    let intended = |op| Event::Intended(Box::new(create(op, "aws_vpc.a")));
    assert_eq!(store.journal().unwrap(), None);
    store.append(&header, &[intended(0)]).unwrap();
    store.append(&header, &[created(0, "a")]).unwrap();
    let whole = fs::read(store.journal_path()).unwrap();
    for cut in 0..whole.len() {
        fs::write(store.journal_path(), &whole[..cut]).unwrap();
        let next = FileStore::new(store.path());
        let kept = next.journal().unwrap().map_or(Vec::new(), |it| it.events);
        next.append(&header, &[intended(1)]).unwrap();
        let journal = next.journal().unwrap().unwrap();
        assert_eq!((journal.events.len(), journal.torn), (kept.len() + 1, false), "{cut}");
        assert_eq!(journal.events[..kept.len()], kept);
    }
    store.clear_journal().unwrap();
    store.clear_journal().unwrap();
    assert_eq!(store.journal().unwrap(), None);
}

#[test]
fn a_journal_that_is_not_ours_is_not_appended_to() {
    let (_folder, store) = store();
    let ours = Header::of(&State::new());
    store.append(&ours, &[created(0, "a")]).unwrap();
    let other = FileStore::new(store.path());
    assert!(other.append(&Header::of(&State::new()), &[created(0, "b")]).is_err());
    fs::write(store.journal_path(), "my diary\nday one\n").unwrap();
    assert!(other.append(&ours, &[created(0, "b")]).is_err());
    assert_eq!(fs::read(store.journal_path()).unwrap(), b"my diary\nday one\n");
}
