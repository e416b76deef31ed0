use super::*;
use serde_json::json;

pub(crate) fn create(op: u64, address: &str) -> Intent {
    Intent {
        op: OpId(op),
        address: address.parse().unwrap(),
        deposed: None,
        action: Action::Create,
        kind: "aws_vpc".into(),
        token: format!("token-{op}"),
        id: None,
        inputs: json!({"cidr_block": "10.0.0.0/16", "big": 12345678901234567890u64, "key": "hunter2"}),
        prior: Some(json!({"key": "hunter2"})),
        dependencies: vec!["module.m[0].aws_kms_key.k[\"a\"]".parse().unwrap()],
        create_before_destroy: true,
        provider: crate::state::tfstate::AWS_PROVIDER.into(),
        sensitive_attributes: vec![json!([{"type": "get_attr", "value": "key"}])],
    }
}

pub(crate) fn created(op: u64, id: &str) -> Event {
    Event::Finished { op: OpId(op), object: Some(Object::new(json!({"id": id, "n": 1.50}))) }
}

pub(crate) fn deleted(op: u64) -> Event {
    Event::Finished { op: OpId(op), object: None }
}

fn all() -> Vec<Event> {
    vec![
        Event::Intended(Box::new(create(7, "module.a[\"x\\n\"].aws_vpc.main[1]"))),
        Event::Identified { op: OpId(7), id: "vpc-1".into() },
        Event::Failed { op: OpId(7), error: "no\nanswer".into(), sent: true },
        created(7, "vpc-1"),
        Event::Saved { serial: 4, ops: vec![OpId(7)] },
    ]
}

fn header() -> Header {
    Header { format: FORMAT, lineage: "l".into(), serial: 3 }
}

fn written() -> Vec<Vec<u8>> {
    let mut lines = vec![header().line()];
    lines.extend(all().chunks(2).map(events_line));
    lines
}

fn read(bytes: &[u8]) -> Result<Option<Journal>> {
    decode("x.journal", bytes)
}

#[test]
fn every_event_reads_back() {
    let journal = read(&written().concat()).unwrap().unwrap();
    assert_eq!((journal.header, journal.events, journal.torn), (header(), all(), false));
}

#[test]
fn a_cut_after_every_byte_keeps_whole_batches() {
    let lines = written();
    let bytes = lines.concat();
    for cut in 0..=bytes.len() {
        let mut sound = 0;
        let whole = lines
            .iter()
            .take_while(|it| {
                sound += it.len();
                sound <= cut
            })
            .count();
        let journal = read(&bytes[..cut]).unwrap();
        let events = journal.as_ref().map_or(0, |it| it.events.len());
        assert_eq!((journal.is_some(), events), (whole > 0, [0, 0, 2, 4, 5][whole]), "{cut}");
        if let Some(journal) = journal {
            assert_eq!(journal.sound, lines[..whole].concat().len());
            assert_eq!(journal.torn, journal.sound < cut);
        }
    }
}

#[test]
fn damage_before_the_last_line_is_an_error() {
    let lines = written();
    let bytes = lines.concat();
    let last = bytes.len() - lines[3].len();
    for at in (0..bytes.len()).step_by(3) {
        let mut bad = bytes.clone();
        bad[at] ^= 0x10;
        match read(&bad) {
            Err(error) => assert!(at < last, "{at}: {error}"),
            Ok(journal) => assert!(at >= last && journal.unwrap().torn, "{at}"),
        }
    }
}

#[test]
fn foreign_and_newer_journals_are_refused() {
    let newer = line("journal", &json!({"format": 2, "what": "ever"}));
    for (bytes, expect) in [
        (&b"hello"[..], "not a journal"),
        (b"hello\nworld\n", "not a journal"),
        (b"{}\n", "not a journal"),
        (&newer, "the journal is too new"),
    ] {
        let error = read(bytes).unwrap_err().to_string();
        assert!(error.starts_with(expect) && error.contains("`x.journal`"), "{error}");
    }
    for torn in [&b""[..], b"{\"cr", b"\0\0\0\0"] {
        assert_eq!(read(torn).unwrap(), None);
    }
}

#[test]
fn every_pair_of_status_and_event() {
    use OpStatus::*;
    let events = || {
        let failed = |sent| Event::Failed { op: OpId(0), error: String::new(), sent };
        [
            Event::Intended(Box::new(create(0, "aws_vpc.a"))),
            Event::Identified { op: OpId(0), id: "i".into() },
            created(0, "i"),
            failed(true),
            failed(false),
            Event::Saved { serial: 1, ops: vec![OpId(0)] },
        ]
    };
    let no = Absent;
    // Intended, identified, finished, failed (sent), failed (not sent), saved.
    for (status, expect) in [
        (Absent, [Intended, no, no, no, no, no]),
        (Intended, [no, Identified, Finished, Doubtful, Failed, no]),
        (Identified, [no, no, Finished, Doubtful, Failed, no]),
        (Doubtful, [no, Identified, Finished, Doubtful, Failed, no]),
        (Finished, [no, no, no, no, no, Saved]),
        (Failed, [no, no, no, no, no, Saved]),
        (Saved, [no, no, no, no, no, no]),
    ] {
        for (event, expect) in events().iter().zip(expect) {
            let next = next_status(status, event);
            assert_eq!(next.unwrap_or(no), expect, "{status:?} {}", event.name());
        }
    }
}

#[test]
fn secrets_stay_out_of_debug_output() {
    let shown = format!("{:?}", all());
    assert!(shown.contains("vpc-1") && !shown.contains("hunter2"), "{shown}");
}
