//! A block's body under a schema: arguments evaluated and converted, nested and `dynamic` blocks
//! gathered, wrong ones refused with what was probably meant.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::diag::{Diagnostic, Diagnostics, Result, Span};
use crate::lang::ast::{Block, Body, Expr, Reference};
use crate::lang::convert::convert;
use crate::lang::eval::{Environment, Scope, evaluate};
use crate::lang::json;
use crate::lang::types::Type;
use crate::lang::value::{Kind as ValueKind, Marks, Str, Value};
use crate::schema::attribute::object_type;
use crate::schema::{Attribute, Decides, Kind, Nesting};

/// Where each argument and block stands, by its path: `rule[0].port`. The empty path is the resource.
pub type PlacesMap = BTreeMap<String, Span>;

/// Where an argument stands, or the innermost block that it is missing from.
pub fn place(places: &PlacesMap, path: &str) -> Option<Span> {
    let mut path = path;
    loop {
        match (places.get(path), path.rfind(['.', '['])) {
            (Some(span), _) => return Some(*span),
            (None, Some(end)) => path = &path[..end],
            (None, None) => return places.get("").copied(),
        }
    }
}

/// The object that a body describes, and where its arguments stand.
pub fn read(
    scope: &dyn Scope,
    body: &Body,
    attributes: &[Attribute],
    what: &str,
) -> (Value, PlacesMap, Diagnostics) {
    let places = PlacesMap::from([(String::new(), body.missing())]);
    let mut reader = Reader { places, diagnostics: Diagnostics::new(), what };
    let value = reader.body(scope, body, attributes, "");
    (value, reader.places, reader.diagnostics)
}

struct Reader<'a> {
    places: PlacesMap,
    diagnostics: Diagnostics,
    what: &'a str,
}

impl Reader<'_> {
    fn body(
        &mut self,
        scope: &dyn Scope,
        body: &Body,
        attributes: &[Attribute],
        at: &str,
    ) -> Value {
        let body = &self.native(body, attributes);
        self.refuse_strangers(body, attributes);
        let entries: Vec<(&str, Value)> = attributes
            .iter()
            .map(|it| {
                let path = if at.is_empty() { it.name.into() } else { format!("{at}.{}", it.name) };
                let value = match &it.kind {
                    Kind::Block { .. } => self.blocks(scope, body, it, &path),
                    _ => self.argument(scope, body, it, &path),
                };
                (it.name, value)
            })
            .collect();
        Value::object(entries)
    }

    /// The body with its blocks as such: in JSON syntax they look like arguments.
    fn native<'b>(&mut self, body: &'b Body, attributes: &[Attribute]) -> Cow<'b, Body> {
        if !body.json {
            return Cow::Borrowed(body);
        }
        let mut out = Body { attributes: Vec::new(), ..body.clone() };
        for it in &body.attributes {
            let name = &*it.name.text;
            let known = attributes.iter().find(|known| known.name == name);
            let labels: &[&str] = match known.map(|known| &known.kind) {
                Some(Kind::Block { as_attribute: false, .. }) => &[],
                None if name == "dynamic" => &["type"],
                _ => {
                    out.attributes.push(it.clone());
                    continue;
                }
            };
            out.blocks.extend(json::as_blocks(it, labels, &mut self.diagnostics));
        }
        Cow::Owned(out)
    }

    fn argument(&mut self, scope: &dyn Scope, body: &Body, it: &Attribute, path: &str) -> Value {
        let ty = it.kind.ty();
        let Some(attribute) = body.attribute(it.name) else {
            if it.decides == Decides::Required {
                self.missing(body, it.name);
                // Unknown instead of null, so that nothing further is said about it.
                return Value::unknown(ty);
            }
            return Value::null(ty);
        };
        self.places.insert(path.to_string(), attribute.value.span);
        let value = self.value(scope, &attribute.value, &ty, it.name);
        if value.is_null() && it.decides == Decides::Required {
            self.missing(body, it.name);
        }
        value
    }

    fn value(&mut self, scope: &dyn Scope, expr: &Expr, ty: &Type, name: &str) -> Value {
        let Some(value) = self.diagnostics.keep(evaluate(scope, expr)) else {
            return Value::unknown(ty.clone());
        };
        convert(&value, ty).unwrap_or_else(|mismatch| {
            let detail = format!("inappropriate value for `{name}`: {mismatch}");
            let wrong = Diagnostic::error("Incorrect attribute value type", detail);
            self.diagnostics.push(wrong.at(expr.span));
            Value::unknown(ty.clone())
        })
    }

    fn missing(&mut self, body: &Body, name: &str) {
        let detail = format!("the argument `{name}` is required, but it is not set");
        let it = Diagnostic::error("Missing required argument", detail);
        self.diagnostics.push(it.at(body.missing()));
    }

    fn blocks(&mut self, scope: &dyn Scope, body: &Body, it: &Attribute, path: &str) -> Value {
        let Kind::Block { attributes, nesting, count, as_attribute } = &it.kind else {
            return Value::NULL;
        };
        let of = object_type(attributes);
        if let (true, Some(attribute)) = (*as_attribute, body.attribute(it.name)) {
            self.places.insert(path.to_string(), attribute.value.span);
            return self.value(scope, &attribute.value, &it.kind.ty(), it.name);
        }
        let mut items = Vec::new();
        let mut known = true;
        let mut marks = Marks::NONE;
        for block in &body.blocks {
            if &*block.kind.text == it.name {
                let at = format!("{path}[{}]", items.len());
                self.places.entry(path.to_string()).or_insert(block.header);
                self.places.insert(at.clone(), block.header);
                items.push(self.body(scope, &block.body, attributes, &at));
            } else if &*block.kind.text == "dynamic"
                && block.labels.first().is_some_and(|label| &*label.text == it.name)
            {
                self.places.entry(path.to_string()).or_insert(block.header);
                match self.dynamic(scope, block, attributes, path, &mut items, &mut marks) {
                    Ok(all) => known = known && all,
                    Err(those) => self.diagnostics.extend(those),
                }
            }
        }
        let (least, most) = *count;
        if known && items.len() < least {
            let detail = format!("at least {least} block(s) of kind `{}` are required", it.name);
            let few = Diagnostic::error(format!("Insufficient {} blocks", it.name), detail);
            self.diagnostics.push(few.at(body.end));
        }
        if items.len() > most {
            let detail = format!("no more than {most} block(s) of kind `{}` are allowed", it.name);
            let many = Diagnostic::error(format!("Too many {} blocks", it.name), detail);
            let place = body.blocks(it.name).nth(most).map_or(body.end, |block| block.header);
            self.diagnostics.push(many.at(place));
        }
        let value = match (known, nesting) {
            (false, _) => Value::unknown(it.kind.ty()),
            // No block leaves it to AWS; `name = []` asks for none.
            (true, _) if items.is_empty() && it.decides == Decides::Auto => {
                Value::null(it.kind.ty())
            }
            (true, Nesting::List) => Value::list(of, items),
            (true, Nesting::Set) => Value::set(of, items),
        };
        value.with_marks(&marks)
    }

    /// Adds the blocks that a `dynamic` block makes; false where how many is not known.
    fn dynamic(
        &mut self,
        scope: &dyn Scope,
        block: &Block,
        attributes: &[Attribute],
        path: &str,
        items: &mut Vec<Value>,
        marks: &mut Marks,
    ) -> Result<bool> {
        let label = block.labels.first().map(|it| it.text.clone()).unwrap_or_default();
        let iterator = match block.body.attribute("iterator") {
            Some(it) => word(&it.value).ok_or_else(|| {
                let detail = "`iterator` must be a single name";
                Diagnostic::error("Invalid expression", detail).at(it.value.span)
            })?,
            None => label,
        };
        let Some(each) = block.body.attribute("for_each") else {
            self.missing(&block.body, "for_each");
            return Ok(false);
        };
        let content = match block.body.attribute("content").filter(|_| block.body.json) {
            Some(it) => json::as_blocks(it, &[], &mut self.diagnostics).into_iter().next(),
            None => block.body.blocks("content").next().cloned(),
        };
        let Some(content) = content else {
            let detail = "a `dynamic` block needs a `content` block";
            return Err(Diagnostic::error("Missing content block", detail)
                .at(block.body.end)
                .into());
        };
        let collection = evaluate(scope, &each.value)?;
        *marks = marks.union(collection.marks());
        let Some(pairs) = pairs(&collection).map_err(|it| it.at(each.value.span))? else {
            return Ok(false);
        };
        for (key, value) in pairs {
            let element = Value::object([("key", key), ("value", value)]);
            let inner = With { name: &iterator, value: &element, outer: scope };
            let at = format!("{path}[{}]", items.len());
            self.places.insert(at.clone(), block.header);
            items.push(self.body(&inner, &content.body, attributes, &at));
        }
        Ok(true)
    }

    fn refuse_strangers(&mut self, body: &Body, attributes: &[Attribute]) {
        let known = |name: &str| attributes.iter().find(|it| it.name == name);
        for attribute in &body.attributes {
            let name = &*attribute.name.text;
            let it = match known(name) {
                Some(it) if it.is_block() => match &it.kind {
                    Kind::Block { as_attribute: true, .. } => continue,
                    _ => Diagnostic::error(
                        "Unsupported argument",
                        format!("`{name}` is not an argument, but a block"),
                    )
                    .hint(format!("write `{name} {{ … }}` without an equals sign")),
                },
                Some(it) if !it.is_argument() => Diagnostic::error(
                    "Invalid or unknown key",
                    format!("`{name}` is decided by the provider and cannot be set"),
                ),
                Some(_) => continue,
                None => {
                    let detail = format!("{} has no argument named `{name}`", self.what);
                    let names = attributes.iter().filter(|it| it.is_argument()).map(|it| it.name);
                    let summary = match body.json {
                        true => "Extraneous JSON object property",
                        false => "Unsupported argument",
                    };
                    Diagnostic::error(summary, detail).did_you_mean(name, names)
                }
            };
            self.diagnostics.push(it.at(attribute.name.span));
        }
        for block in &body.blocks {
            let dynamic = &*block.kind.text == "dynamic";
            let name = match block.labels.first() {
                Some(label) if dynamic => label,
                _ => &block.kind,
            };
            let it = match known(&name.text) {
                Some(it) if it.is_block() => continue,
                Some(_) => Diagnostic::error(
                    "Unsupported block type",
                    format!("`{}` is an argument, not a block", name.text),
                )
                .hint(format!("write `{} = …`", name.text)),
                None => {
                    let detail = format!("{} has no block named `{}`", self.what, name.text);
                    let names = attributes.iter().filter(|it| it.is_block()).map(|it| it.name);
                    Diagnostic::error("Unsupported block type", detail)
                        .did_you_mean(&name.text, names)
                }
            };
            self.diagnostics.push(it.at(name.span));
        }
    }
}

/// Keys and values that a `dynamic` block goes through; none where they are not known.
fn pairs(collection: &Value) -> Result<Option<Vec<(Value, Value)>>, Diagnostic> {
    let refused = |why: &str| Diagnostic::error("Invalid dynamic for_each value", why);
    match collection.kind() {
        ValueKind::Null(_) => Err(refused("cannot use a null value in `for_each`")),
        ValueKind::Unknown(_) => Ok(None),
        ValueKind::List(_, items) | ValueKind::Tuple(items) => {
            let numbered = items.iter().enumerate();
            Ok(Some(numbered.map(|(at, it)| (Value::number(at), it.clone())).collect()))
        }
        ValueKind::Set(_, items) => {
            Ok(Some(items.iter().map(|it| (it.clone(), it.clone())).collect()))
        }
        ValueKind::Map(_, items) | ValueKind::Object(items) => {
            let named = items.iter().map(|(k, v)| (ValueKind::String(k.clone()).into(), v.clone()));
            Ok(Some(named.collect()))
        }
        _ => Err(refused("it must be a collection, such as a list or a map")),
    }
}

/// A scope with one more name.
pub struct With<'a> {
    /// The name.
    pub name: &'a str,
    /// What it stands for.
    pub value: &'a Value,
    /// Everything else.
    pub outer: &'a dyn Scope,
}

impl Scope for With<'_> {
    fn resolve(&self, reference: &Reference) -> Result<(Value, usize)> {
        match &*reference.root.text == self.name {
            true => Ok((self.value.clone(), 0)),
            false => self.outer.resolve(reference),
        }
    }

    fn environment(&self) -> &Environment {
        self.outer.environment()
    }
}

/// The name of a block's iterator and the like, as text.
pub fn word(expr: &Expr) -> Option<Str> {
    match &expr.kind {
        crate::lang::ast::ExprKind::Reference(it) if it.steps.is_empty() => {
            Some(it.root.text.clone())
        }
        crate::lang::ast::ExprKind::Literal(value) => value.as_str().map(Str::from),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Sources;
    use crate::lang::eval::Names;
    use crate::lang::files::MemoryFiles;
    use crate::lang::parse;

    const RULE: &[Attribute] = &[Attribute { name: "port", kind: Kind::Int, ..Attribute::BLANK }];
    const TABLE: &[Attribute] = &[
        Attribute { name: "name", kind: Kind::String, ..Attribute::BLANK },
        Attribute {
            name: "rule",
            kind: Kind::Block {
                attributes: RULE,
                nesting: Nesting::List,
                count: (0, usize::MAX),
                as_attribute: false,
            },
            ..Attribute::BLANK
        },
    ];

    #[test]
    fn both_syntaxes_say_the_same() {
        let native = r#"
            name = "n"
            rule {
              port = 1
            }
            dynamic "rule" {
              for_each = [2, 3]
              iterator = it
              content {
                port = it.value
              }
            }
        "#;
        let json = r#"{
            "name": "n",
            "rule": [{"port": 1}],
            "dynamic": {"rule": {"for_each": [2, 3], "iterator": "it", "content": {"port": "${it.value}"}}}
        }"#;
        let sources = Sources::default();
        let environment = Environment {
            files: std::sync::Arc::new(MemoryFiles::new()),
            dir: std::path::Path::new("").into(),
            now: None,
            apply: false,
            sources: sources.clone(),
        };
        let scope = Names { values: &BTreeMap::new(), environment: &environment };
        let (native, _) = parse::parse(&sources, sources.add("a.tf", native));
        let (json, _) = json::parse(&sources, sources.add("a.tf.json", json));
        let rows = [native, json].map(|body| {
            let (row, _, found) = read(&scope, &body, TABLE, "it");
            assert!(found.is_empty(), "{found}");
            row.to_json().unwrap().to_string()
        });
        let want = r#"{"name":"n","rule":[{"port":1},{"port":2},{"port":3}]}"#;
        assert_eq!(rows, [want, want]);
    }
}
