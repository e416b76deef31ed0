//! Container definitions: JSON to the SDK's types and back, by the SDK's own reading and writing.

use aws_smithy_json::codec::{JsonCodec, JsonCodecSettings};
use aws_smithy_schema::codec::Codec;
use aws_smithy_schema::serde::ShapeSerializer;
use serde_json::{Map, Value as Json};

use super::prelude::types::ContainerDefinition;

/// The containers that the document describes, or what is wrong with it.
pub(super) fn read(text: &str) -> Result<Vec<ContainerDefinition>, Vec<String>> {
    let document: Json = match serde_json::from_str(text) {
        Ok(it) => it,
        Err(it) => return Err(vec![format!("it is not JSON: {it}")]),
    };
    let Some(items) = document.as_array().filter(|it| !it.is_empty()) else {
        return Err(vec!["it is a list of at least one container".into()]);
    };
    let (mut containers, mut wrong) = (Vec::new(), Vec::new());
    for (at, item) in items.iter().enumerate() {
        let item = without_null(item);
        let called = match item.get("name").and_then(Json::as_str) {
            Some(name) => format!("container `{name}`"),
            None => format!("container {at}"),
        };
        match one(&item) {
            Ok(it) => containers.push(it),
            Err(those) => wrong.extend(those.into_iter().map(|it| format!("{called}: {it}"))),
        }
    }
    let essential = |it: &ContainerDefinition| it.essential().unwrap_or(true);
    if wrong.is_empty() && !containers.iter().any(essential) {
        wrong.push("at least one container is essential".into());
    }
    if wrong.is_empty() { Ok(containers) } else { Err(wrong) }
}

/// The containers as a document.
pub(super) fn write(containers: &[ContainerDefinition]) -> String {
    Json::Array(containers.iter().filter_map(written).collect()).to_string()
}

/// The SDK's way to read and write JSON.
pub(super) fn codec() -> JsonCodec {
    JsonCodec::new(JsonCodecSettings::default())
}

fn parsed(item: &Json) -> Result<ContainerDefinition, String> {
    let text = item.to_string();
    let mut reading = codec().create_deserializer(text.as_bytes());
    ContainerDefinition::deserialize(&mut reading).map_err(|it| it.to_string())
}

fn written(it: &ContainerDefinition) -> Option<Json> {
    let mut writing = codec().create_serializer();
    writing.write_struct(ContainerDefinition::SCHEMA, it).ok()?;
    serde_json::from_slice(&writing.finish()).ok()
}

fn one(item: &Json) -> Result<ContainerDefinition, Vec<String>> {
    let Some(entries) = item.as_object() else { return Err(vec!["it is an object".into()]) };
    let container = match parsed(item) {
        Ok(it) => it,
        Err(why) => return Err(misread(entries).unwrap_or_else(|| vec![why])),
    };
    let mut wrong = Vec::new();
    for name in ["name", "image"] {
        if entries.get(name).and_then(Json::as_str).is_none_or(str::is_empty) {
            wrong.push(format!("it has no `{name}`"));
        }
    }
    // What ECS does not know it would leave out without a word.
    let known = written(&container).unwrap_or_default();
    left_out(item, &known, "", &mut wrong);
    if wrong.is_empty() { Ok(container) } else { Err(wrong) }
}

/// Which entries cannot be read: the reading itself does not tell.
fn misread(entries: &Map<String, Json>) -> Option<Vec<String>> {
    let alone = |(key, it): (&String, &Json)| {
        let why = parsed(&Json::Object([(key.clone(), it.clone())].into_iter().collect())).err()?;
        Some(format!("`{key}`: {why}"))
    };
    Some(entries.iter().filter_map(alone).collect::<Vec<_>>()).filter(|it| !it.is_empty())
}

/// Names that are in what was given, but not in what was understood.
fn left_out(given: &Json, known: &Json, path: &str, wrong: &mut Vec<String>) {
    match (given, known) {
        (Json::Object(given), Json::Object(known)) => {
            for (name, it) in given {
                let path = format!("{path}{name}");
                match known.get(name) {
                    Some(known) => left_out(it, known, &format!("{path}."), wrong),
                    None => wrong.push(match near(name, known) {
                        Some(near) => format!("there is no `{path}`; did you mean `{near}`?"),
                        None => format!("there is no `{path}`"),
                    }),
                }
            }
        }
        (Json::Array(given), Json::Array(known)) => {
            for (given, known) in given.iter().zip(known) {
                left_out(given, known, path, wrong);
            }
        }
        _ => {}
    }
}

/// What was probably meant: a name of a container's own, or one beside it.
fn near(name: &str, beside: &Map<String, Json>) -> Option<String> {
    let own = ContainerDefinition::SCHEMA.members().iter().filter_map(|it| it.member_name());
    let beside = beside.keys().map(String::as_str);
    let distance =
        |it: &&str| strsim::damerau_levenshtein(&name.to_lowercase(), &it.to_lowercase());
    own.chain(beside).min_by_key(distance).filter(|it| distance(it) <= 2).map(String::from)
}

/// The document without what is null, which says nothing.
fn without_null(it: &Json) -> Json {
    match it {
        Json::Object(entries) => {
            let some = entries.iter().filter(|(_, it)| !it.is_null());
            Json::Object(some.map(|(key, it)| (key.clone(), without_null(it))).collect())
        }
        Json::Array(items) => {
            Json::Array(items.iter().filter(|it| !it.is_null()).map(without_null).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::compare::same_json;

    const FULL: &str = r#"[{
        "name": "app", "image": "app:1", "cpu": 256, "memory": 512, "essential": true,
        "command": ["serve"], "user": "1000", "readonlyRootFilesystem": true,
        "environment": [{ "name": "A", "value": "1" }],
        "secrets": [{ "name": "P", "valueFrom": "arn:aws:secretsmanager:eu-central-1:1:secret:p" }],
        "portMappings": [{ "containerPort": 80, "protocol": "tcp", "appProtocol": "http" }],
        "logConfiguration": { "logDriver": "awslogs", "options": { "awslogs-group": "g" } },
        "healthCheck": { "command": ["CMD", "true"], "interval": 10, "startPeriod": 5 },
        "linuxParameters": { "initProcessEnabled": true, "capabilities": { "drop": ["ALL"] } },
        "mountPoints": [{ "sourceVolume": "tmp", "containerPath": "/tmp", "readOnly": false }],
        "ulimits": [{ "name": "nofile", "softLimit": 1024, "hardLimit": 2048 }],
        "dependsOn": [{ "containerName": "log", "condition": "START" }],
        "dockerLabels": { "any": "thing" }, "stopTimeout": null
    }]"#;

    #[test]
    fn what_is_read_is_written_again() {
        let containers = read(FULL).unwrap();
        assert_eq!(containers[0].cpu(), 256);
        assert!(same_json(FULL, &write(&containers)), "{}", write(&containers));
    }

    #[test]
    fn what_ecs_would_not_understand_is_refused() {
        let cases = [
            ("{", "it is not JSON: EOF while parsing an object at line 1 column 1"),
            ("[]", "it is a list of at least one container"),
            (r#"{"name":"a"}"#, "it is a list of at least one container"),
            (r#"[{"image":"i"}]"#, "container 0: it has no `name`"),
            (r#"[{"name":"a"}]"#, "container `a`: it has no `image`"),
            (
                r#"[{"name":"a","image":"i","enviroment":[]}]"#,
                "container `a`: there is no `enviroment`; did you mean `environment`?",
            ),
            (
                r#"[{"name":"a","image":"i","Cpu":1}]"#,
                "container `a`: there is no `Cpu`; did you mean `cpu`?",
            ),
            (
                r#"[{"name":"a","image":"i","portMappings":[{"port":1}]}]"#,
                "container `a`: there is no `portMappings.port`",
            ),
            (
                r#"[{"name":"a","image":"i","essential":false}]"#,
                "at least one container is essential",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).unwrap_err(), [expected], "{text}");
        }
        let text = r#"[{"name":"a","image":"i","environment":[{"name":"A","value":1}]}]"#;
        let wrong = read(text).unwrap_err();
        assert!(wrong[0].starts_with("container `a`: `environment`: "), "{wrong:?}");
    }
}
