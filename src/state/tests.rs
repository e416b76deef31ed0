use super::*;
use serde_json::json;

fn at(text: &str) -> Address {
    text.parse().unwrap()
}

#[test]
fn a_deposed_object_is_put_aside_and_taken_back() {
    let mut state = State::new();
    state.insert(at("aws_vpc.a"), Object::new(json!({"id": "old"})));
    let key = state.depose(&at("aws_vpc.a")).unwrap();
    assert!(key.len() == 8 && key.chars().all(|c| c.is_ascii_hexdigit()));
    assert_eq!(state.current(&at("aws_vpc.a")), None);
    assert_eq!(state.depose(&at("aws_vpc.a")), None, "nothing in use");
    assert!(state.restore(&at("aws_vpc.a"), &key));
    assert_eq!(state.current(&at("aws_vpc.a")).unwrap().id(), Some("old"));

    let key = state.depose(&at("aws_vpc.a")).unwrap();
    state.insert(at("aws_vpc.a"), Object::new(json!({"id": "new"})));
    assert!(!state.restore(&at("aws_vpc.a"), &key), "another is in use");
    state.remove(&at("aws_vpc.a"));
    assert_eq!(state.all_deposed().count(), 1);
    state.remove_deposed(&at("aws_vpc.a"), &key);
    assert!(state.is_empty());
}

#[test]
fn dependencies_follow_a_move() {
    let mut state = State::new();
    let mut subnet = Object::new(json!({}));
    subnet.dependencies = vec!["aws_vpc.a".parse().unwrap(), "aws_vpc.b".parse().unwrap()];
    state.insert(at("aws_vpc.a"), Object::new(json!({})));
    state.insert(at("aws_subnet.s"), subnet);
    state.relocate(&at("aws_vpc.a"), at("module.m[0].aws_vpc.a[1]")).unwrap();
    let texts = &state.current(&at("aws_subnet.s")).unwrap().dependencies;
    let texts: Vec<String> = texts.iter().map(Target::to_string).collect();
    assert_eq!(texts, ["module.m[0].aws_vpc.a[1]", "aws_vpc.b"]);
    assert!(state.relocate(&at("aws_vpc.a"), at("aws_vpc.c")).is_err());
    let taken = state.relocate(&at("aws_subnet.s"), at("module.m[0].aws_vpc.a[1]"));
    assert!(taken.unwrap_err().to_string().starts_with("address taken"));
}

#[test]
fn secrets_stay_out_of_debug_output() {
    let mut state = State::new();
    state.insert(at("aws_db.a"), Object::new(json!({"id": "a", "password": "hunter2"})));
    let output = OutputState { value: json!("hunter2"), ty: json!("string"), sensitive: true };
    state.outputs.insert("o".into(), output);
    let shown = format!("{state:?}");
    assert!(shown.contains("aws_db") && !shown.contains("hunter2"), "{shown}");
}
