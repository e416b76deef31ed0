//! When two values count as the same: exactly, upper and lower case aside, as JSON, as versions.
//!
//! AWS gives policies back in other words: lists of one as a text, an account's number as an ARN,
//! statements in another order. Two policies are the same when they allow and deny the same; two
//! lists of containers, when they run the same; two lists of rules by priority, in any order.

use serde_json::{Map, Value as Json};

use super::attribute::Compare;
use super::containers;
use crate::lang::number::Number;
use crate::lang::value::{Kind, Value};

/// Whether both count as the same, the first as it is asked for and the second as it is. What is
/// not known is the same as nothing but the unknown.
pub fn same(compare: Compare, a: &Value, b: &Value) -> bool {
    match compare {
        Compare::Exact => a.same(b),
        Compare::Version => match (a.as_str(), b.as_str()) {
            (Some(asked), Some(actual)) => is_version(asked, actual),
            _ => a.same(b),
        },
        Compare::FoldCase => a.same(b) || folded(a).same(&folded(b)),
        Compare::Json => match (a.as_str(), b.as_str()) {
            (Some(a), Some(b)) => same_json(a, b),
            _ => a.same(b),
        },
    }
}

/// Whether a version is the one asked for by its beginning: `16` is `16.4`, and `6.x` is `6.2.6`.
pub fn is_version(asked: &str, actual: &str) -> bool {
    let asked = asked.strip_suffix(".x").unwrap_or(asked);
    actual.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
}

/// Whether two texts are the same as JSON documents; policies and containers by what they mean.
pub fn same_json(a: &str, b: &str) -> bool {
    if a == b || (is_void(a) && is_void(b)) {
        return true;
    }
    match (serde_json::from_str::<Json>(a), serde_json::from_str::<Json>(b)) {
        (Ok(a), Ok(b)) => match (a.get("Statement"), b.get("Statement")) {
            (Some(_), Some(_)) => policy(&a) == policy(&b),
            _ if containers::are(&a) && containers::are(&b) => {
                containers::plain(&a) == containers::plain(&b)
            }
            _ => plain(&a) == plain(&b),
        },
        _ => false,
    }
}

/// What was known, where what was seen means the same in other words.
pub fn settled(known: Option<&String>, seen: String) -> String {
    match known {
        Some(known) if same_json(known, &seen) => known.clone(),
        _ => seen,
    }
}

/// The same, where the service tells nothing of what is empty: an empty document that was asked for
/// stands as long as nothing is seen.
pub fn agreed(known: Option<&String>, seen: Option<String>) -> Option<String> {
    match (known, seen.filter(|it| !is_void(it))) {
        (Some(known), Some(seen)) => Some(settled(Some(known), seen)),
        (Some(known), None) if is_void(known) => Some(known.clone()),
        (_, seen) => seen,
    }
}

/// An empty text and an empty object both say nothing.
fn is_void(text: &str) -> bool {
    matches!(text.split_whitespace().collect::<String>().as_str(), "" | "{}")
}

/// The value with every text in lower case.
fn folded(it: &Value) -> Value {
    match it.kind() {
        Kind::String(text) => Value::string(text.to_lowercase()),
        Kind::Set(of, items) => Value::set(of.clone(), items.iter().map(folded)),
        _ => it.map_parts(&mut folded),
    }
}

/// The document with numbers in one notation, and rules by their priority.
pub(super) fn plain(it: &Json) -> Json {
    match it {
        Json::Number(number) => match Number::parse(&number.to_string()) {
            Some(number) => Json::String(format!("number {number}")),
            None => it.clone(),
        },
        // A text that reads like a number in this notation must stay apart from it.
        Json::String(text) => Json::String(format!("text {text}")),
        Json::Array(items) => {
            let mut items: Vec<&Json> = items.iter().collect();
            if items.iter().all(|it| it.get("rulePriority").is_some()) {
                items.sort_by_key(|it| it["rulePriority"].as_i64());
            }
            Json::Array(items.into_iter().map(plain).collect())
        }
        Json::Object(entries) => {
            Json::Object(entries.iter().map(|(k, v)| (k.clone(), plain(v))).collect())
        }
        other => other.clone(),
    }
}

/// The policy in one notation.
fn policy(it: &Json) -> Json {
    let mut out = Map::new();
    for (key, value) in it.as_object().into_iter().flatten() {
        match key.as_str() {
            "Statement" => {
                out.insert(key.clone(), sorted(many(value).iter().map(statement)));
            }
            "Version" if value == "2008-10-17" => {}
            _ if value == "" => {}
            _ => {
                out.insert(key.clone(), plain(value));
            }
        }
    }
    Json::Object(out)
}

fn statement(it: &Json) -> Json {
    let Json::Object(entries) = it else { return plain(it) };
    let mut out = Map::new();
    for (key, value) in entries {
        let value = match key.as_str() {
            "Sid" if value == "" => continue,
            "Action" | "NotAction" => texts(value, str::to_lowercase),
            "Resource" | "NotResource" => texts(value, str::to_string),
            "Principal" | "NotPrincipal" => match principals(value) {
                Json::Object(none) if none.is_empty() => continue,
                them => them,
            },
            "Condition" => match conditions(value) {
                Json::Object(none) if none.is_empty() => continue,
                them => them,
            },
            _ => plain(value),
        };
        out.insert(key.clone(), value);
    }
    Json::Object(out)
}

/// `"*"` is `{"AWS": "*"}`, and an account's number is the ARN of its root.
fn principals(it: &Json) -> Json {
    match it {
        Json::Object(by_type) => {
            let each = by_type.iter().map(|(k, v)| (k.clone(), texts(v, account)));
            Json::Object(each.filter(|(_, ids)| *ids != Json::Array(Vec::new())).collect())
        }
        Json::String(all) if all == "*" => {
            Json::Object([("AWS".to_string(), texts(it, account))].into_iter().collect())
        }
        other => plain(other),
    }
}

/// The account's number, where the text is the ARN of an account's root.
fn account(text: &str) -> String {
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "iam", "", account, "root"] => account.to_string(),
        _ => text.to_string(),
    }
}

/// Names of condition keys are read in either case; values are texts, whatever they are written as.
fn conditions(it: &Json) -> Json {
    let Json::Object(by_test) = it else { return plain(it) };
    let test = |by_key: &Json| match by_key {
        Json::Object(by_key) => Json::Object(
            by_key.iter().map(|(k, v)| (k.to_lowercase(), texts(v, str::to_string))).collect(),
        ),
        other => plain(other),
    };
    Json::Object(by_test.iter().map(|(k, v)| (k.clone(), test(v))).collect())
}

/// One text or several, sorted, each once.
fn texts(it: &Json, change: fn(&str) -> String) -> Json {
    let text = |it: &Json| match it {
        Json::String(it) => Json::String(change(it)),
        Json::Bool(_) | Json::Number(_) => Json::String(it.to_string()),
        other => plain(other),
    };
    sorted(many(it).iter().map(text))
}

fn many(it: &Json) -> &[Json] {
    match it {
        Json::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

/// The elements in one order, each once.
fn sorted(items: impl Iterator<Item = Json>) -> Json {
    let mut items: Vec<(String, Json)> = items.map(|it| (ordered_text(&it), it)).collect();
    items.sort_by(|(a, _), (b, _)| a.cmp(b));
    items.dedup_by(|(a, _), (b, _)| a == b);
    Json::Array(items.into_iter().map(|(_, it)| it).collect())
}

/// Text in which the order of an object's keys makes no difference.
fn ordered_text(it: &Json) -> String {
    match it {
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(ordered_text).collect();
            format!("[{}]", items.join(","))
        }
        Json::Object(entries) => {
            let each = entries.iter().map(|(k, v)| format!("{k:?}:{}", ordered_text(v)));
            let mut entries: Vec<String> = each.collect();
            entries.sort();
            format!("{{{}}}", entries.join(","))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::types::Type;

    #[test]
    fn json_is_the_same_in_any_notation() {
        let cases: &[(&str, &str, bool)] = &[
            ("", "{}", true),
            (" { } ", "", true),
            (r#"{"a":1,"b":[1,2]}"#, r#"{ "b": [1, 2.0], "a": 1.0 }"#, true),
            (r#"{"b":[1,2]}"#, r#"{"b":[2,1]}"#, false),
            (r#"{"a":"1"}"#, r#"{"a":1}"#, false),
            (r#"{"a":null}"#, r#"{}"#, false),
            (
                r#"{"r":[{"rulePriority":2},{"rulePriority":1}]}"#,
                r#"{"r":[{"rulePriority":1},{"rulePriority":2}]}"#,
                true,
            ),
            (r#"{"r":[{"rulePriority":2}]}"#, r#"{"r":[{"rulePriority":1}]}"#, false),
            ("not json", "not json", true),
            ("not json", "not  json", false),
        ];
        for (a, b, expected) in cases {
            assert_eq!(same_json(a, b), *expected, "{a} / {b}");
        }
    }

    #[test]
    fn policies_are_the_same_when_they_mean_the_same() {
        let policy =
            |statements: &str| format!(r#"{{"Version":"2012-10-17","Statement":{statements}}}"#);
        let cases: &[(&str, &str, bool)] = &[
            (r#"[{"Action":"s3:Get*"}]"#, r#"{"Action":["s3:get*"]}"#, true),
            (r#"{"Action":["a:x","a:y"]}"#, r#"{"Action":["a:y","a:x","a:x"]}"#, true),
            (r#"{"Action":["a:x","a:y"]}"#, r#"{"Action":["a:y"]}"#, false),
            (r#"{"Resource":"a"}"#, r#"{"Resource":"A"}"#, false),
            (r#"[{"Sid":"a"},{"Sid":"b"}]"#, r#"[{"Sid":"b"},{"Sid":"a"}]"#, true),
            (r#"{"Sid":"","Effect":"Allow"}"#, r#"{"Effect":"Allow"}"#, true),
            (r#"{"Effect":"Allow"}"#, r#"{"Effect":"Deny"}"#, false),
            (r#"{"Principal":"*"}"#, r#"{"Principal":{"AWS":["*"]}}"#, true),
            (
                r#"{"Principal":{"AWS":"123456789012"}}"#,
                r#"{"Principal":{"AWS":"arn:aws:iam::123456789012:root"}}"#,
                true,
            ),
            (
                r#"{"Principal":{"AWS":"123456789012"}}"#,
                r#"{"Principal":{"AWS":"arn:aws:iam::123456789012:role/root"}}"#,
                false,
            ),
            (
                r#"{"Condition":{"Bool":{"aws:SecureTransport":false}}}"#,
                r#"{"Condition":{"Bool":{"AWS:secureTransport":["false"]}}}"#,
                true,
            ),
            (
                r#"{"Condition":{"StringLike":{"k":"a"}}}"#,
                r#"{"Condition":{"StringEquals":{"k":"a"}}}"#,
                false,
            ),
            (r#"{"Effect":"Allow","Condition":{}}"#, r#"{"Effect":"Allow"}"#, true),
        ];
        for (a, b, expected) in cases {
            assert_eq!(same_json(&policy(a), &policy(b)), *expected, "{a} / {b}");
            assert_eq!(same_json(&policy(b), &policy(a)), *expected, "{b} / {a}");
        }
        let old = r#"{"Version":"2008-10-17","Id":"","Statement":[]}"#;
        assert!(same_json(old, r#"{"Statement":[]}"#));
        assert!(!same_json(old, &policy("[]")));
    }

    #[test]
    fn an_empty_document_is_the_same_as_none() {
        let text = |it: &str| Some(it.to_string());
        let cases = [
            (text(""), None, text("")),
            (text("{}"), text(""), text("{}")),
            (None, text("{}"), None),
            (text(r#"{"a": 1}"#), text(r#"{"a":1}"#), text(r#"{"a": 1}"#)),
            (text(r#"{"a": 1}"#), None, None),
            (text(""), text(r#"{"a":1}"#), text(r#"{"a":1}"#)),
        ];
        for (known, seen, expected) in cases {
            assert_eq!(agreed(known.as_ref(), seen.clone()), expected, "{known:?} {seen:?}");
        }
    }

    #[test]
    fn versions_are_named_by_their_beginning() {
        let cases = [
            ("16", "16.4", true),
            ("16.4", "16.4", true),
            ("16.4", "16.40", false),
            ("16.4", "16", false),
            ("1", "16.4", false),
            ("6.x", "6.2.6", true),
            ("7.1", "7.1.0", true),
            ("10.11", "10.11-rds.1", true),
        ];
        for (asked, actual, expected) in cases {
            assert_eq!(is_version(asked, actual), expected, "{asked} {actual}");
            let it = same(Compare::Version, &asked.into(), &actual.into());
            assert_eq!(it, expected, "{asked} {actual}");
        }
    }

    #[test]
    fn values_are_compared_as_their_attribute_says() {
        let (upper, lower) = (Value::from("KMS"), Value::from("kms"));
        assert!(same(Compare::FoldCase, &upper, &lower));
        assert!(!same(Compare::Exact, &upper, &lower));
        let set = |items: [&str; 2]| Value::set(Type::String, items.map(Value::from));
        assert!(same(Compare::FoldCase, &set(["a", "B"]), &set(["A", "b"])));
        assert!(same(Compare::Json, &"{}".into(), &"{ }".into()));
        assert!(!same(Compare::Json, &"{}".into(), &Value::unknown(Type::String)));
        assert!(!same(Compare::Json, &"{}".into(), &Value::null(Type::String)));
    }
}
