//! Policy documents: read, merged, and written in the very notation of Terraform's data source, byte
//! for byte, so that a policy which moves over is not seen as changed.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

/// One text, or several in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Texts {
    /// Written as a string.
    One(String),
    /// Written as a list, even of one.
    Many(Vec<String>),
}

impl Texts {
    /// A set of texts: one is written as a string, several in falling order.
    pub fn set(mut texts: Vec<String>) -> Texts {
        if texts.len() == 1 {
            return Texts::One(texts.remove(0));
        }
        texts.sort_by(|a, b| b.cmp(a));
        Texts::Many(texts)
    }

    /// Each text changed, or the first refusal.
    pub fn try_map<E>(self, change: impl Fn(String) -> Result<String, E>) -> Result<Texts, E> {
        Ok(match self {
            Texts::One(it) => Texts::One(change(it)?),
            Texts::Many(them) => {
                Texts::Many(them.into_iter().map(change).collect::<Result<_, _>>()?)
            }
        })
    }

    fn json(&self) -> Json {
        match self {
            Texts::One(it) => it.as_str().into(),
            Texts::Many(them) => them.clone().into(),
        }
    }
}

/// Who a statement is about: of one kind, such as `AWS` or `Service`.
#[derive(Clone, Debug, PartialEq)]
pub struct Principal {
    /// Kind of them; `*` for everyone.
    pub kind: String,
    /// Their names.
    pub names: Texts,
}

/// When a statement holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Operator, such as `StringEquals`.
    pub test: String,
    /// Key that is tested.
    pub variable: String,
    /// Values, in order.
    pub values: Vec<String>,
}

/// One statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statement {
    /// Name inside the document; empty for none.
    pub sid: String,
    /// `Allow` or `Deny`.
    pub effect: String,
    /// What may be done, as it is written.
    pub action: Option<Json>,
    /// What may not.
    pub not_action: Option<Json>,
    /// With what.
    pub resource: Option<Json>,
    /// With anything but.
    pub not_resource: Option<Json>,
    /// By whom.
    pub principals: Vec<Principal>,
    /// By anyone but.
    pub not_principals: Vec<Principal>,
    /// When.
    pub conditions: Vec<Condition>,
}

/// A policy document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// Version of the policy language; empty for none.
    pub version: String,
    /// Name of the document; empty for none.
    pub id: String,
    /// Its statements.
    pub statements: Vec<Statement>,
}

impl Document {
    /// Reads JSON.
    pub fn read(text: &str) -> Result<Document, String> {
        let json: Json =
            serde_json::from_str(text).map_err(|it| format!("it is not JSON: {it}"))?;
        let Json::Object(document) = &json else { return Err("it is not an object".into()) };
        let statements = match document.get("Statement") {
            None | Some(Json::Null) => &[],
            Some(Json::Array(many)) => many.as_slice(),
            Some(one) => std::slice::from_ref(one),
        };
        Ok(Document {
            version: text_of(document, "Version")?,
            id: text_of(document, "Id")?,
            statements: statements.iter().map(Statement::read).collect::<Result<_, _>>()?,
        })
    }

    /// Adds another document: its statements take the place of those with the same name.
    pub fn merge(&mut self, other: Document) {
        if !other.id.is_empty() {
            self.id = other.id;
        }
        if other.version > self.version {
            self.version = other.version;
        }
        for it in other.statements {
            let same = |known: &&mut Statement| !it.sid.is_empty() && known.sid == it.sid;
            match self.statements.iter_mut().find(same) {
                Some(known) => *known = it,
                None => self.statements.push(it),
            }
        }
    }

    /// Indented by two.
    pub fn pretty(&self) -> String {
        escaped(format!("{:#}", self.json()))
    }

    /// Without a blank.
    pub fn minified(&self) -> String {
        escaped(self.json().to_string())
    }

    fn json(&self) -> Json {
        let mut out = Map::new();
        put_text(&mut out, "Version", &self.version);
        put_text(&mut out, "Id", &self.id);
        if !self.statements.is_empty() {
            let statements = self.statements.iter().map(Statement::json).collect();
            out.insert("Statement".into(), Json::Array(statements));
        }
        Json::Object(out)
    }
}

impl Statement {
    fn read(json: &Json) -> Result<Statement, String> {
        let Json::Object(it) = json else { return Err("a statement is not an object".into()) };
        let part = |name: &str| it.get(name).filter(|it| !it.is_null());
        Ok(Statement {
            sid: text_of(it, "Sid")?,
            effect: text_of(it, "Effect")?,
            action: part("Action").cloned(),
            not_action: part("NotAction").cloned(),
            resource: part("Resource").cloned(),
            not_resource: part("NotResource").cloned(),
            principals: part("Principal").map_or(Ok(Vec::new()), read_principals)?,
            not_principals: part("NotPrincipal").map_or(Ok(Vec::new()), read_principals)?,
            conditions: part("Condition").map_or(Ok(Vec::new()), read_conditions)?,
        })
    }

    fn json(&self) -> Json {
        let mut out = Map::new();
        put_text(&mut out, "Sid", &self.sid);
        put_text(&mut out, "Effect", &self.effect);
        let lists = [
            ("Action", &self.action),
            ("NotAction", &self.not_action),
            ("Resource", &self.resource),
            ("NotResource", &self.not_resource),
        ];
        for (name, list) in lists {
            if let Some(list) = list {
                out.insert(name.into(), list.clone());
            }
        }
        for (name, them) in
            [("Principal", &self.principals), ("NotPrincipal", &self.not_principals)]
        {
            if !them.is_empty() {
                out.insert(name.into(), principals_json(them));
            }
        }
        if !self.conditions.is_empty() {
            out.insert("Condition".into(), conditions_json(&self.conditions));
        }
        Json::Object(out)
    }
}

impl From<Texts> for Json {
    fn from(it: Texts) -> Json {
        it.json()
    }
}

/// Principals by kind. Several blocks of one kind are put together; a lone text stays a text.
fn principals_json(them: &[Principal]) -> Json {
    if let [Principal { kind, names }] = them {
        let everyone = match names {
            Texts::One(it) => it == "*",
            Texts::Many(them) => them.as_slice() == ["*"],
        };
        if kind == "*" && everyone {
            return "*".into();
        }
    }
    let mut by_kind: BTreeMap<&str, Texts> = BTreeMap::new();
    for it in them {
        let names = match &it.names {
            Texts::One(it) => Texts::One(it.clone()),
            Texts::Many(them) => {
                let mut them = them.clone();
                them.sort_by(|a, b| b.cmp(a));
                Texts::Many(them)
            }
        };
        let all = match by_kind.remove(it.kind.as_str()) {
            None => names,
            Some(known) => Texts::Many([known, names].into_iter().flat_map(several).collect()),
        };
        by_kind.insert(&it.kind, all);
    }
    Json::Object(by_kind.into_iter().map(|(k, v)| (k.to_string(), v.json())).collect())
}

fn several(texts: Texts) -> Vec<String> {
    match texts {
        Texts::One(it) => vec![it],
        Texts::Many(them) => them,
    }
}

/// Values by test and key. Several blocks about one key are put together.
fn conditions_json(them: &[Condition]) -> Json {
    let mut by_test: BTreeMap<&str, BTreeMap<&str, Vec<String>>> = BTreeMap::new();
    for it in them {
        let by_key = by_test.entry(&it.test).or_default();
        by_key.entry(&it.variable).or_default().extend(it.values.iter().cloned());
    }
    let values = |it: Vec<String>| match it.as_slice() {
        [one] => Json::from(one.as_str()),
        _ => Json::from(it),
    };
    let test = |it: BTreeMap<&str, Vec<String>>| {
        Json::Object(it.into_iter().map(|(k, v)| (k.to_string(), values(v))).collect())
    };
    Json::Object(by_test.into_iter().map(|(k, v)| (k.to_string(), test(v))).collect())
}

fn read_principals(json: &Json) -> Result<Vec<Principal>, String> {
    match json {
        Json::String(_) => {
            Ok(vec![Principal { kind: "*".into(), names: Texts::Many(vec!["*".into()]) }])
        }
        Json::Object(by_kind) => {
            let one = |(kind, names): (&String, &Json)| {
                let names = match names {
                    Json::String(it) => Texts::One(it.clone()),
                    Json::Array(them) => Texts::Many(texts(them, kind)?),
                    _ => return Err(format!("the principals of `{kind}` are not texts")),
                };
                Ok(Principal { kind: kind.clone(), names })
            };
            by_kind.iter().map(one).collect()
        }
        _ => Err("a principal is neither a text nor an object".into()),
    }
}

fn read_conditions(json: &Json) -> Result<Vec<Condition>, String> {
    let Json::Object(by_test) = json else { return Err("a condition is not an object".into()) };
    let mut found = Vec::new();
    for (test, by_key) in by_test {
        let Json::Object(by_key) = by_key else {
            return Err(format!("the condition `{test}` is not an object"));
        };
        for (variable, values) in by_key {
            let values = match values {
                Json::Array(them) => texts(them, variable)?,
                one => texts(std::slice::from_ref(one), variable)?,
            };
            found.push(Condition { test: test.clone(), variable: variable.clone(), values });
        }
    }
    Ok(found)
}

fn texts(items: &[Json], of: &str) -> Result<Vec<String>, String> {
    let text = |it: &Json| match it {
        Json::String(it) => Ok(it.clone()),
        Json::Bool(_) | Json::Number(_) => Ok(it.to_string()),
        _ => Err(format!("a value of `{of}` is not a text")),
    };
    items.iter().map(text).collect()
}

fn text_of(of: &Map<String, Json>, name: &str) -> Result<String, String> {
    match of.get(name) {
        None | Some(Json::Null) => Ok(String::new()),
        Some(Json::String(it)) => Ok(it.clone()),
        Some(_) => Err(format!("`{name}` is not a text")),
    }
}

fn put_text(out: &mut Map<String, Json>, name: &str, text: &str) {
    if !text.is_empty() {
        out.insert(name.into(), text.into());
    }
}

/// What Go's encoder escapes besides; outside of texts JSON has none of these.
fn escaped(json: String) -> String {
    const ESCAPES: [(char, &str); 5] = [
        ('<', "\\u003c"),
        ('>', "\\u003e"),
        ('&', "\\u0026"),
        ('\u{2028}', "\\u2028"),
        ('\u{2029}', "\\u2029"),
    ];
    ESCAPES.iter().fold(json, |json, (mark, escape)| json.replace(*mark, escape))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(text: &str) -> String {
        Document::read(text).unwrap().minified()
    }

    #[test]
    fn documents_are_read_and_written_in_one_notation() {
        let cases = [
            ("{}", "{}"),
            (r#"{"Statement":[],"Version":"2012-10-17"}"#, r#"{"Version":"2012-10-17"}"#),
            (
                r#"{"Statement":{"Effect":"Allow","Action":["a:b"],"Resource":"*","Extra":1}}"#,
                r#"{"Statement":[{"Effect":"Allow","Action":["a:b"],"Resource":"*"}]}"#,
            ),
            (r#"{"Statement":[{"Principal":"*"}]}"#, r#"{"Statement":[{"Principal":"*"}]}"#),
            (r#"{"Statement":[{"Principal":{"*":"*"}}]}"#, r#"{"Statement":[{"Principal":"*"}]}"#),
            (
                r#"{"Statement":[{"Principal":{"Service":["a","b"],"AWS":"*"}}]}"#,
                r#"{"Statement":[{"Principal":{"AWS":"*","Service":["b","a"]}}]}"#,
            ),
            (
                r#"{"Statement":[{"Condition":{"Bool":{"k":true},"Null":{"b":["x"],"a":["1","2"]}}}]}"#,
                r#"{"Statement":[{"Condition":{"Bool":{"k":"true"},"Null":{"a":["1","2"],"b":"x"}}}]}"#,
            ),
            (r#"{"Id":"a<b>&c"}"#, r#"{"Id":"a\u003cb\u003e\u0026c"}"#),
        ];
        for (text, expected) in cases {
            assert_eq!(through(text), expected, "{text}");
        }
        for wrong in ["", "[]", r#"{"Version":1}"#, r#"{"Statement":[1]}"#] {
            assert!(Document::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn merging_replaces_by_name_and_raises_the_version() {
        let mut all = Document::read(
            r#"{"Version":"2008-10-17","Id":"a","Statement":[{"Sid":"x","Effect":"Allow"},{"Effect":"Deny"}]}"#,
        )
        .unwrap();
        let other = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny"},{"Sid":"x","Effect":"Deny"}]}"#;
        all.merge(Document::read(other).unwrap());
        let expected = concat!(
            r#"{"Version":"2012-10-17","Id":"a","Statement":[{"Sid":"x","Effect":"Deny"},"#,
            r#"{"Effect":"Deny"},{"Effect":"Deny"}]}"#
        );
        assert_eq!(all.minified(), expected);
    }
}
