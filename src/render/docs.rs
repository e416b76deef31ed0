//! The reference manual: a schema as Markdown.

use std::fmt::Write;

use crate::lang::types::Type;
use crate::schema::attribute::Default;
use crate::schema::{Attribute, Decides, Kind, Schema, allowed};

/// What a type is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// `resource "…" "…" { … }`
    Resource,
    /// `data "…" "…" { … }`
    Data,
    /// `ephemeral "…" "…" { … }`
    Ephemeral,
}

impl Written {
    /// Folder that its pages are in.
    pub fn folder(self) -> &'static str {
        match self {
            Written::Resource => "resources",
            Written::Data => "data-sources",
            Written::Ephemeral => "ephemeral-resources",
        }
    }

    /// Heading over a list of them.
    pub fn title(self) -> &'static str {
        match self {
            Written::Resource => "Resources",
            Written::Data => "Data sources",
            Written::Ephemeral => "Ephemeral resources",
        }
    }
}

/// One type.
pub fn page(schema: &Schema, written: Written) -> String {
    let what = match written {
        Written::Resource => "resource",
        Written::Data => "data source",
        Written::Ephemeral => "ephemeral resource",
    };
    let (text, example) = (text(schema), example(schema));
    let mut out = format!("# `{}` ({what})\n\n{text}\n", schema.kind);
    if let Some(example) = example {
        let _ = write!(out, "\n```hcl\n{example}```\n");
    }
    section(&mut out, "Arguments", schema.attributes, &Attribute::is_argument, 2);
    section(&mut out, "Attributes", schema.attributes, &|it| !it.is_argument(), 2);
    blocks(&mut out, schema.attributes, "", 0);
    let limits = [
        ("create", schema.timeouts.create),
        ("update", schema.timeouts.update),
        ("delete", schema.timeouts.delete),
        ("read", schema.timeouts.read),
    ];
    if limits.iter().any(|(_, it)| it.is_some()) {
        out.push_str("\n## Timeouts\n\n");
        for (name, limit) in limits {
            if let Some(limit) = limit {
                let _ = writeln!(out, "- `{name}` (default {})", super::events_text::time(limit));
            }
        }
    }
    out
}

/// The overview: every type with its first sentence, and a link to its page.
pub fn index(all: &[(Written, &'static Schema)]) -> String {
    let mut out = String::from(
        "# Reference\n\nEvery type there is a driver for. Written by `fastcart-hcl docs --out docs` from the drivers.\n",
    );
    for written in [Written::Resource, Written::Data, Written::Ephemeral] {
        let mut own = all.iter().filter(|(it, _)| *it == written).map(|(_, it)| it).peekable();
        if own.peek().is_some() {
            let _ = writeln!(out, "\n## {}\n", written.title());
        }
        for it in own {
            let (kind, folder) = (it.kind, written.folder());
            let _ = writeln!(out, "- [`{kind}`]({folder}/{kind}.md): {}", summary(it));
        }
    }
    out
}

/// The example in a type's documentation: a stack that can be planned.
pub fn example(schema: &Schema) -> Option<&'static str> {
    schema.doc.split_once("```hcl\n")?.1.split_once("```").map(|(example, _)| example)
}

/// What the documentation says before its example.
fn text(schema: &Schema) -> String {
    let doc = schema.doc;
    trimmed(doc.split_once("```hcl\n").map_or(doc, |(text, _)| text))
}

/// The first sentence, for a list of types.
pub fn summary(schema: &Schema) -> String {
    let text = text(schema).replace('\n', " ");
    match text.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => text,
    }
}

fn section(
    out: &mut String,
    title: &str,
    attributes: &[Attribute],
    belongs: &dyn Fn(&Attribute) -> bool,
    level: usize,
) {
    let mut own: Vec<&Attribute> = attributes.iter().filter(|it| belongs(it)).collect();
    own.sort_by_key(|it| (it.decides != Decides::Required, it.name));
    if own.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{} {title}\n", "#".repeat(level));
    for it in own {
        let doc = trimmed(it.doc).replace('\n', " ");
        let _ = writeln!(
            out,
            "- `{}` ({}){}",
            it.name,
            facts(it, attributes),
            match doc.is_empty() {
                true => String::new(),
                false => format!(": {doc}"),
            }
        );
    }
}

/// A section for each kind of nested block and object, the outer ones first.
fn blocks(out: &mut String, attributes: &[Attribute], path: &str, depth: usize) {
    for it in attributes.iter().filter(|it| !it.nested().is_empty()) {
        let name =
            if path.is_empty() { it.name.to_string() } else { format!("{path}.{}", it.name) };
        section(out, &format!("`{name}`"), it.nested(), &|_| true, 2);
        if depth < 16 {
            blocks(out, it.nested(), &name, depth + 1);
        }
    }
}

fn facts(it: &Attribute, all: &[Attribute]) -> String {
    let mut facts = vec![shape(&it.kind)];
    match it.decides {
        Decides::Required => facts.push("required".into()),
        Decides::Auto => facts.push("AWS decides where unset".into()),
        Decides::Optional | Decides::Out => {}
    }
    if let Some(default) = it.default {
        let text = match default {
            Default::Bool(it) => it.to_string(),
            Default::Int(it) => it.to_string(),
            Default::Float(it) => it.to_string(),
            Default::String(it) => format!("{it:?}"),
        };
        facts.push(format!("default `{text}`"));
    }
    facts.extend(values(it));
    facts.extend(beside(it, all));
    let marks = [
        (it.replace && it.is_argument(), "a change replaces the object"),
        (it.may_replace, "some changes replace the object"),
        (it.sensitive, "sensitive"),
        (it.write_only, "sent, never stored"),
    ];
    facts.extend(marks.iter().filter(|(holds, _)| *holds).map(|(_, text)| text.to_string()));
    facts.join("; ")
}

/// What a value, or each element, may be.
fn values(it: &Attribute) -> Vec<String> {
    let mut facts = Vec::new();
    if !it.one_of.is_empty() {
        let names: Vec<String> = it.one_of.iter().map(|it| format!("`{it}`")).collect();
        facts.push(format!("one of {}", names.join(", ")));
    }
    facts.extend(allowed::numbers(it));
    if let Some((least, most)) = it.length {
        facts.push(format!("{} characters", allowed::extent(least, most)));
    }
    if !it.characters.is_empty() {
        facts.push(format!("made of {}", allowed::characters(it.characters)));
    }
    facts.extend(it.format.map(|it| it.expected().to_string()));
    facts.extend(it.prefix.map(|(shortest, longest)| allowed::prefix(shortest, longest)));
    if let Some((least, most)) = it.items {
        facts.push(format!("{} elements", allowed::extent(least, most)));
    }
    if let Kind::Block { count, .. } = it.kind
        && count != (0, usize::MAX)
    {
        facts.push(allowed::extent(count.0, count.1));
    }
    facts
}

/// Which other arguments of its block must, or must not, stand beside it.
fn beside(it: &Attribute, all: &[Attribute]) -> Vec<String> {
    let excludes = |other: &&Attribute| {
        it.conflicts.contains(&other.name) || other.conflicts.contains(&it.name)
    };
    let excluded: Vec<&str> = all.iter().filter(excludes).map(|it| it.name).collect();
    // One of a group says it for all.
    let group = |of: fn(&Attribute) -> &'static [&'static str]| {
        all.iter().map(of).find(|names| names.contains(&it.name)).unwrap_or_default().to_vec()
    };
    let rules = [
        ("not beside", excluded),
        ("exactly one of", group(|it| it.exactly_one_of)),
        ("at least one of", group(|it| it.at_least_one_of)),
        ("only beside", it.required_with.to_vec()),
    ];
    let rules = rules.into_iter().filter(|(_, names)| !names.is_empty());
    rules.map(|(what, names)| format!("{what} `{}`", names.join("`, `"))).collect()
}

fn shape(kind: &Kind) -> String {
    match kind {
        Kind::Block { .. } => "block".into(),
        Kind::Any => "any type".into(),
        Kind::Object(_) => "object".into(),
        Kind::List(of) => format!("list of {}", shape(of)),
        Kind::Set(of) => format!("set of {}", shape(of)),
        Kind::Map(of) => format!("map of {}", shape(of)),
        other => match other.ty() {
            Type::Any => "any type".into(),
            ty => ty.friendly(),
        },
    }
}

/// Doc comments come with the blank that follows the slashes.
fn trimmed(doc: &str) -> String {
    doc.lines().map(str::trim).collect::<Vec<_>>().join("\n").trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Nesting, Timeouts};

    const SCHEMA: Schema = Schema {
        kind: "aws_thing",
        doc: "Does things. And more.\n\n```hcl\nresource \"aws_thing\" \"it\" {\n  mode = \"a\"\n}\n```",
        attributes: &[
            Attribute { name: "id", kind: Kind::String, decides: Decides::Out, ..Attribute::BLANK },
            Attribute {
                name: "mode",
                doc: " How.",
                kind: Kind::String,
                default: Some(Default::String("a")),
                one_of: &["a", "b"],
                replace: true,
                ..Attribute::BLANK
            },
            Attribute {
                name: "rule",
                kind: Kind::Block {
                    attributes: &[Attribute {
                        name: "port",
                        kind: Kind::Int,
                        decides: Decides::Required,
                        range: Some((0.0, 65535.0)),
                        ..Attribute::BLANK
                    }],
                    nesting: Nesting::List,
                    count: (0, 1),
                    as_attribute: false,
                },
                ..Attribute::BLANK
            },
        ],
        timeouts: Timeouts {
            create: Some(std::time::Duration::from_secs(600)),
            update: None,
            delete: None,
            read: None,
        },
        tags: None,
    };

    #[test]
    fn a_page_says_what_the_table_says() {
        let text = page(&SCHEMA, Written::Resource);
        for want in [
            "# `aws_thing` (resource)\n\nDoes things. And more.\n\n```hcl\nresource \"aws_thing\" \"it\" {\n  mode = \"a\"\n}\n```\n",
            "- `mode` (string; default `\"a\"`; one of `a`, `b`; a change replaces the object): How.",
            "## Attributes\n\n- `id` (string)\n",
            "## `rule`\n\n- `port` (number; required; between 0 and 65535)\n",
            "- `rule` (block; at most 1)",
            "- `create` (default 10m0s)",
        ] {
            assert!(text.contains(want), "{want}\n---\n{text}");
        }
        assert_eq!(summary(&SCHEMA), "Does things.");
        let index = index(&[(Written::Resource, &SCHEMA)]);
        assert!(
            index.contains(
                "\n## Resources\n\n- [`aws_thing`](resources/aws_thing.md): Does things.\n"
            )
        );
        assert!(!index.contains("Data sources"));
    }
}
