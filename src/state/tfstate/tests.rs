use super::*;

/// As Terraform 1.11.4 wrote it: count, for_each, a module, data, deposed, tainted, sensitive.
const WRITTEN: &str = include_str!("sample.json");

fn read(text: &str) -> Result<State> {
    decode("x.tfstate", text.as_bytes())
}

fn write(state: &State) -> String {
    String::from_utf8(encode(state)).unwrap()
}

#[test]
fn what_terraform_wrote_is_written_to_the_byte() {
    let state = read(WRITTEN).unwrap();
    assert_eq!(write(&state), WRITTEN);
    assert_eq!(decode("x", &encode(&state)).unwrap(), state);
}

#[test]
fn what_terraform_wrote_is_understood() {
    let state = read(WRITTEN).unwrap();
    let listed: Vec<String> = state.resources().iter().map(|it| it.to_string()).collect();
    // As `terraform state list` prints that file.
    let expect = [
        "data.aws_region.now",
        "aws_eip.only_deposed",
        "aws_vpc.main",
        "terraform_data.a[0]",
        "terraform_data.a[1]",
        "terraform_data.b[\"x\"]",
        "terraform_data.b[\"y\"]",
        "terraform_data.s",
        "module.m[\"k\"].aws_subnet.app[2]",
        "module.m[\"k\"].aws_subnet.app[10]",
        "module.m[\"k\"].terraform_data.q",
    ];
    assert_eq!(listed, expect);
    let current = |at: &str| state.current(&at.parse().unwrap()).unwrap();
    assert_eq!(current("terraform_data.a[1]").status, ObjectStatus::Tainted);
    assert_eq!(current("terraform_data.a[0]").status, ObjectStatus::Ready);
    assert_eq!(current("terraform_data.b[\"x\"]").provider, BUILTIN_PROVIDER);
    assert_eq!(current("aws_vpc.main").provider, AWS_PROVIDER);
    let dependencies = &current("module.m[\"k\"].aws_subnet.app[2]").dependencies;
    let dependencies: Vec<String> = dependencies.iter().map(Target::to_string).collect();
    assert_eq!(dependencies, ["aws_vpc.main", "data.aws_region.now"]);
    let deposed: Vec<String> =
        state.all_deposed().map(|(at, key, _)| format!("{at} {key}")).collect();
    assert_eq!(deposed, ["aws_eip.only_deposed 12345678", "terraform_data.b[\"x\"] 00c0ffee"]);
    assert!(state.outputs["s"].sensitive && !state.outputs["t"].sensitive);
    assert!(state.check_results.is_some());
}

#[test]
fn every_cut_is_refused() {
    for cut in 0..WRITTEN.len() - 2 {
        let error = read(&WRITTEN[..cut]).unwrap_err();
        let first = error.iter().next().unwrap();
        assert_eq!(first.summary, "the state file is cut off", "{cut}: {}", first.detail);
        assert!(first.detail.contains("`x.tfstate`"));
    }
}

#[test]
fn other_files_are_refused() {
    let state = |resources: &str| {
        format!(r#"{{"version": 4, "serial": 1, "lineage": "l", "resources": [{resources}]}}"#)
    };
    let vpc = |instances: &str| {
        state(&format!(
            r#"{{"mode": "managed", "type": "aws_vpc", "name": "a", "instances": [{instances}]}}"#
        ))
    };
    let deep = "[".repeat(100_000);
    let deep_inside = format!(
        r#"{{"version": 4, "lineage": "l", "check_results": {deep}{}}}"#,
        "]".repeat(100_000)
    );
    for (text, summary, detail) in [
        ("resource {}", "the state file is not JSON", "line 1"),
        ("\u{0}\u{0}", "the state file is not JSON", "line 1"),
        (&deep, "not a Terraform state", "no JSON object"),
        (&deep_inside, "the state file is damaged", "recursion"),
        ("[]", "not a Terraform state", "no JSON object"),
        (r#"{"name": "app", "version": "1.0.0"}"#, "not a Terraform state", "no format version"),
        (r#"{"version": 4}"#, "not a Terraform state", "no lineage"),
        (r#"{"version": 4, "lineage": 1}"#, "not a Terraform state", "no lineage"),
        (r#"{"version": 3, "lineage": "l"}"#, "the state file is too old", "version 3"),
        (r#"{"version": 5, "lineage": "l"}"#, "the state file is too new", "newer version"),
        (
            r#"{"version": 4, "lineage": "l", "serial": -1}"#,
            "the state file is damaged",
            "`serial`",
        ),
        (
            r#"{"version": 4, "lineage": "l", "outputs": 1}"#,
            "the state file is damaged",
            "`outputs`",
        ),
        (&state("{}"), "the state file is damaged", "`resources`"),
        (
            &state(r#"{"mode": "x", "type": "a", "name": "b"}"#),
            "the state file is damaged",
            "mode `x`",
        ),
        (
            &state(r#"{"mode": "managed", "type": "a b", "name": "c"}"#),
            "the state file is damaged",
            "`a b.c` is not the address",
        ),
        (
            &state(r#"{"mode": "managed", "type": "module", "name": "c"}"#),
            "the state file is damaged",
            "`module.c` is not the address",
        ),
        (
            &state(r#"{"module": "m", "mode": "managed", "type": "a", "name": "c"}"#),
            "the state file is damaged",
            "`m` is not",
        ),
        (&vpc("{}, {}"), "the state file is damaged", "`aws_vpc.a` is there twice"),
        (
            &vpc(r#"{"index_key": 0}, {"index_key": 0.0}"#),
            "the state file is damaged",
            "`aws_vpc.a[0]` is there twice",
        ),
        (
            &vpc(r#"{"deposed": "00c0ffee"}, {"deposed": "00c0ffee"}"#),
            "the state file is damaged",
            "`00c0ffee` is there twice",
        ),
        (&vpc(r#"{"deposed": "x"}"#), "the state file is damaged", "`x` is not the key"),
        (&vpc(r#"{"index_key": -1}"#), "the state file is damaged", "key `-1`"),
        (&vpc(r#"{"index_key": []}"#), "the state file is damaged", "key `[]`"),
        (&vpc(r#"{"status": "odd"}"#), "the state file is damaged", "status `odd`"),
        (&vpc(r#"{"attributes": 1}"#), "the state file is damaged", "no JSON object"),
        (&vpc(r#"{"attributes_flat": {}}"#), "the state file is damaged", "Terraform 0.11"),
        (&vpc(r#"{"dependencies": ["a["]}"#), "the state file is damaged", "`a[`"),
    ] {
        let error = read(text).expect_err(text);
        let first = error.iter().next().unwrap();
        assert_eq!(first.summary, summary, "{text:.60}");
        assert!(first.detail.contains(detail), "{text:.60}: {}", first.detail);
        assert!(first.detail.starts_with("`x.tfstate`: "), "{}", first.detail);
    }
}

#[test]
fn every_damage_is_told_at_once() {
    let text = r#"{"version": 4, "lineage": "l", "resources": [
        {"mode": "x", "type": "a", "name": "b"},
        {"mode": "managed", "type": "a", "name": "b", "instances": [{}, {}, {"status": "?"}]}]}"#;
    assert_eq!(read(text).unwrap_err().len(), 3);
}

#[test]
fn exact_dependencies_travel_in_private() {
    let exact = ["module.m[0].aws_subnet.app[\"b\"]", "aws_vpc.main"];
    let exact: Vec<Target> = exact.iter().map(|it| it.parse().unwrap()).collect();
    let theirs = BASE64.encode(r#"{"schema_version":"1"}"#);
    let foreign = BASE64.encode("not json");
    for (private, kept) in [(None, true), (Some(theirs), true), (Some(foreign), false)] {
        let mut state = State { serial: 1, ..State::new() };
        let mut object = Object::new(serde_json::json!({}));
        (object.private, object.dependencies) = (private.clone(), exact.clone());
        state.insert("aws_nat_gateway.n".parse().unwrap(), object);
        let text = write(&state);
        let json: Json = serde_json::from_str(&text).unwrap();
        let instance = &json["resources"][0]["instances"][0];
        let whole = serde_json::json!(["aws_vpc.main", "module.m.aws_subnet.app"]);
        assert_eq!(instance["dependencies"], whole);
        assert_eq!(read(&text).unwrap() == state, kept);
        let back = |text: &str| {
            let state = read(text).unwrap();
            let object = state.current(&"aws_nat_gateway.n".parse().unwrap()).unwrap();
            (object.private.clone(), object.dependencies.len())
        };
        assert_eq!(back(&text).0, private, "our entry is taken out again");
        // Terraform has found other dependencies: ours no longer count.
        let mut json = json;
        json["resources"][0]["instances"][0]["dependencies"] = serde_json::json!(["aws_vpc.main"]);
        assert_eq!(back(&json.to_string()), (private, 1));
    }
}

#[test]
fn unknown_keys_and_exact_numbers_stay() {
    let text = r#"{"version": 4, "lineage": "l", "serial": 18446744073709551615, "future": {"z": 1, "a": 2},
        "outputs": {"n": {"value": 0.10000000000000000000000000000000001, "type": "number"}}}"#;
    let written = write(&read(text).unwrap());
    for part in ["18446744073709551615", "0.10000000000000000000000000000000001"] {
        assert!(written.contains(part), "{part}");
    }
    assert!(written.find("\"z\"") < written.find("\"a\""), "as read");
}
