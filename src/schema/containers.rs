//! Container definitions of a task in one notation.
//!
//! ECS gives them back with its defaults filled in (`cpu` 0, `essential`, empty lists), variables and
//! secrets in another order. Two lists are the same when they run the same containers.

use serde_json::{Map, Value as Json};

use super::compare;

/// Whether the document is a list of containers.
pub(super) fn are(it: &Json) -> bool {
    let is_one = |it: &Json| it.get("name").is_some() && it.get("image").is_some();
    it.as_array().is_some_and(|items| !items.is_empty() && items.iter().all(is_one))
}

/// The containers in one notation: by name, without anything that ECS would fill in itself.
pub(super) fn plain(it: &Json) -> Json {
    let mut all: Vec<Json> = it.as_array().into_iter().flatten().map(entries).collect();
    all.sort_by_key(|it| name(it, "name"));
    Json::Array(all)
}

fn name(it: &Json, key: &str) -> String {
    it.get(key).map(Json::to_string).unwrap_or_default()
}

/// Lists in which order means nothing, each with what their elements are told apart by.
const UNORDERED: [(&str, &str); 5] = [
    ("dependsOn", "containerName"),
    ("environment", "name"),
    ("secretOptions", "name"),
    ("secrets", "name"),
    ("ulimits", "name"),
];

fn value(key: &str, it: &Json) -> Json {
    match it {
        // Keys and values of these are the user's own.
        Json::Object(_) if key == "dockerLabels" || key == "options" => compare::plain(it),
        Json::Object(_) => entries(it),
        Json::Array(items) => {
            let items = items.iter().filter(|it| !it.is_null());
            let mut items: Vec<Json> = items.map(|it| value(key, it)).collect();
            if let Some((_, by)) = UNORDERED.iter().find(|it| it.0 == key) {
                items.sort_by_key(|it| name(it, by));
            }
            Json::Array(items)
        }
        other => compare::plain(other),
    }
}

fn entries(it: &Json) -> Json {
    let all = it.as_object().into_iter().flatten();
    let said = all.filter(|(key, it)| !goes_without_saying(key, it));
    let said = said.map(|(key, it)| (key.clone(), value(key, it))).filter(|(_, it)| !is_void(it));
    Json::Object(said.collect::<Map<_, _>>())
}

fn is_void(it: &Json) -> bool {
    it.is_null()
        || it.as_array().is_some_and(Vec::is_empty)
        || it.as_object().is_some_and(Map::is_empty)
}

/// Whether it is what ECS takes where nothing is said.
fn goes_without_saying(key: &str, it: &Json) -> bool {
    let is = |number: i64| it.as_i64() == Some(number);
    match key {
        "essential" => *it == Json::Bool(true),
        "protocol" => it == "tcp",
        "cpu" | "hostPort" | "startPeriod" => is(0),
        "interval" => is(30),
        "retries" => is(3),
        "timeout" => is(5),
        "restartAttemptPeriod" => is(300),
        _ => *it == Json::Bool(false),
    }
}

#[cfg(test)]
mod tests {
    use super::compare::same_json;

    #[test]
    fn containers_are_the_same_when_they_run_the_same() {
        let one = |more: &str| format!(r#"[{{"name":"app","image":"app:1"{more}}}]"#);
        let cases = [
            ("", r#","cpu":0,"essential":true,"environment":[],"mountPoints":[]"#, true),
            ("", r#","essential":false"#, false),
            ("", r#","cpu":256"#, false),
            ("", r#","user":null,"privileged":false,"linuxParameters":{"devices":[]}"#, true),
            ("", r#","readonlyRootFilesystem":true"#, false),
            (
                r#","environment":[{"name":"B","value":"2"},{"name":"A","value":"1"}]"#,
                r#","environment":[{"name":"A","value":"1"},null,{"name":"B","value":"2"}]"#,
                true,
            ),
            (
                r#","environment":[{"name":"A","value":"1"}]"#,
                r#","environment":[{"name":"A","value":"0"}]"#,
                false,
            ),
            (r#","command":["a","b"]"#, r#","command":["b","a"]"#, false),
            (
                r#","portMappings":[{"containerPort":80}]"#,
                r#","portMappings":[{"containerPort":80.0,"hostPort":0,"protocol":"tcp"}]"#,
                true,
            ),
            (
                r#","healthCheck":{"command":["x"]}"#,
                r#","healthCheck":{"command":["x"],"interval":30,"retries":3,"timeout":5}"#,
                true,
            ),
            (
                r#","healthCheck":{"command":["x"]}"#,
                r#","healthCheck":{"command":["x"],"interval":10}"#,
                false,
            ),
            (r#","dockerLabels":{"a":"1","b":"2"}"#, r#","dockerLabels":{"b":"2","a":"1"}"#, true),
            (r#","dockerLabels":{"cpu":"1"}"#, r#","dockerLabels":{"cpu":"2"}"#, false),
        ];
        for (a, b, expected) in cases {
            assert_eq!(same_json(&one(a), &one(b)), expected, "{a} / {b}");
            assert_eq!(same_json(&one(b), &one(a)), expected, "{b} / {a}");
        }
        let two = r#"[{"name":"b","image":"b"},{"name":"a","image":"a"}]"#;
        assert!(same_json(two, r#"[{"name":"a","image":"a"},{"name":"b","image":"b"}]"#));
        assert!(!same_json(two, &one("")));
        assert!(!same_json("[]", &one("")));
    }
}
