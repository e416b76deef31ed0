//! Which attributes of each type a configuration looks at.
//!
//! Some attributes cost a call of their own. One that no expression looks at cannot change a plan, so a
//! provider may leave it as it was last known. What is found here errs on the side of looking: an
//! object that is used as a whole is looked at in all its attributes.

use std::collections::{BTreeMap, BTreeSet};

use super::{Condition, Module, Resource, ResourceKey};
use crate::address::Mode;
use crate::lang::ast::{Body, Expr, ExprKind, ObjectKey, Part, Splat, Step, StepKind};
use crate::lang::value::{Kind, Str};

/// Attributes that are looked at, by type; managed and data alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LookedAt(BTreeMap<Str, Parts>);

/// What of a type is looked at.
#[derive(Clone, Debug, PartialEq)]
enum Parts {
    All,
    These(BTreeSet<Str>),
}

impl LookedAt {
    /// What any expression of the module looks at, and of those that it calls. An argument or block
    /// that is written counts, too.
    pub fn of(root: &Module) -> Self {
        let mut found = LookedAt::default();
        found.module(root);
        found
    }

    /// Whether that attribute of any object of that type is looked at.
    pub fn has(&self, kind: &str, attribute: &str) -> bool {
        match self.0.get(kind) {
            Some(Parts::All) => true,
            Some(Parts::These(names)) => names.contains(attribute),
            None => false,
        }
    }

    fn add(&mut self, kind: &Str, attribute: &Str) {
        let parts = self.0.entry(kind.clone()).or_insert(Parts::These(BTreeSet::new()));
        if let Parts::These(names) = parts {
            names.insert(attribute.clone());
        }
    }

    fn add_all(&mut self, kind: &Str) {
        self.0.insert(kind.clone(), Parts::All);
    }

    fn module(&mut self, module: &Module) {
        let mut within = Within { found: self, module, own: None, bound: Vec::new() };
        for resource in module.resources.values() {
            within.resource(resource);
        }
        within.own = None;
        module.locals.values().for_each(|it| within.expr(&it.expr, &[]));
        for output in module.outputs.values() {
            within.expr(&output.value, &[]);
            within.conditions(&output.preconditions);
        }
        module.variables.values().for_each(|it| within.conditions(&it.validations));
        module.providers.iter().for_each(|it| within.body(&it.body));
        module.checks.iter().for_each(|it| within.conditions(&it.asserts));
        for import in &module.imports {
            let parts = [import.id.as_ref(), import.identity.as_ref(), import.for_each.as_ref()];
            parts.into_iter().flatten().for_each(|it| within.expr(it, &[]));
        }
        for call in module.calls.values() {
            call.inputs.values().for_each(|it| within.expr(&it.value, &[]));
            let repeats = [call.count.as_ref(), call.for_each.as_ref()];
            repeats.into_iter().flatten().for_each(|it| within.expr(it, &[]));
        }
        module.calls.values().for_each(|it| self.module(&it.module));
    }
}

/// What is done to a value, from the inside out.
#[derive(Clone, Copy)]
enum Then<'a> {
    Attribute(&'a Str),
    /// An index; its text where it is constant.
    Index(Option<&'a Str>),
    /// Nothing of it is looked at: it is only counted.
    Nothing,
}

fn then(step: &Step) -> Then<'_> {
    match &step.kind {
        StepKind::Attribute(name) => Then::Attribute(name),
        StepKind::Index(value) => Then::Index(match value.kind() {
            Kind::String(text) => Some(text),
            _ => None,
        }),
    }
}

/// A name of `for`, with the path to the collection whose element it stands for; none for keys, and
/// for elements of what is no path to an object.
struct Bound<'a> {
    name: &'a str,
    collection: Option<&'a Expr>,
}

/// A module that is being looked through.
struct Within<'a, 'm> {
    found: &'a mut LookedAt,
    module: &'m Module,
    /// The type that `self` is of.
    own: Option<&'m Str>,
    bound: Vec<Bound<'m>>,
}

impl<'m> Within<'_, 'm> {
    fn resource(&mut self, it: &'m Resource) {
        self.own = Some(&it.kind);
        self.written(&it.kind, &it.body);
        self.body(&it.body);
        let repeats = [it.count.as_ref(), it.for_each.as_ref()];
        repeats.into_iter().flatten().for_each(|it| self.expr(it, &[]));
        it.lifecycle.replace_triggered_by.iter().for_each(|it| self.expr(it, &[]));
        self.conditions(&it.lifecycle.preconditions);
        self.conditions(&it.lifecycle.postconditions);
    }

    /// Arguments and blocks that are given.
    fn written(&mut self, kind: &Str, body: &Body) {
        body.attributes.iter().for_each(|it| self.found.add(kind, &it.name.text));
        for block in &body.blocks {
            self.found.add(kind, &block.kind.text);
            block.labels.iter().for_each(|it| self.found.add(kind, &it.text));
        }
    }

    fn conditions(&mut self, all: &'m [Condition]) {
        for it in all {
            self.expr(&it.condition, &[]);
            self.expr(&it.error_message, &[]);
        }
    }

    fn body(&mut self, body: &'m Body) {
        body.attributes.iter().for_each(|it| self.expr(&it.value, &[]));
        body.blocks.iter().for_each(|it| self.body(&it.body));
    }

    /// Looks through an expression, to whose value the steps are applied.
    fn expr(&mut self, expr: &'m Expr, steps: &[Then<'m>]) {
        let with = |first: &[Then<'m>]| [first, steps].concat();
        match &expr.kind {
            ExprKind::Literal(_) => {}
            ExprKind::Reference(it) => {
                let own: Vec<Then<'m>> = it.steps.iter().map(then).collect();
                self.reference(&it.root.text, &with(&own));
            }
            ExprKind::Access(it, own) => {
                let own: Vec<Then<'m>> = own.iter().map(then).collect();
                self.expr(it, &with(&own));
            }
            ExprKind::Index(it, key) => {
                self.expr(it, &with(&[Then::Index(None)]));
                self.expr(key, &[]);
            }
            ExprKind::Splat(it) => {
                let depth = self.bind(None, Splat::ELEMENT, &it.source);
                self.expr(&it.each, steps);
                self.bound.truncate(depth);
            }
            ExprKind::Wrap(it) | ExprKind::Paren(it) => self.expr(it, steps),
            ExprKind::Unary(_, it) => self.expr(it, &[]),
            ExprKind::Binary(_, a, b) => {
                self.expr(a, &[]);
                self.expr(b, &[]);
            }
            ExprKind::Conditional(condition, a, b) => {
                self.expr(condition, &[]);
                self.expr(a, steps);
                self.expr(b, steps);
            }
            ExprKind::Call(it) => it.args.iter().for_each(|it| self.expr(it, &[])),
            ExprKind::Tuple(items) => items.iter().for_each(|it| self.expr(it, &[])),
            ExprKind::Object(items) => {
                for (key, value) in items {
                    if let ObjectKey::Expr(key) = key {
                        self.expr(key, &[]);
                    }
                    self.expr(value, &[]);
                }
            }
            ExprKind::For(it) => {
                let key = it.key_name.as_ref().map(|it| &*it.text);
                let depth = self.bind(key, &it.value_name.text, &it.collection);
                let parts = [it.key.as_ref(), Some(&it.value), it.condition.as_ref()];
                parts.into_iter().flatten().for_each(|it| self.expr(it, &[]));
                self.bound.truncate(depth);
            }
            ExprKind::Template(parts) => self.parts(parts),
        }
    }

    fn parts(&mut self, parts: &'m [Part]) {
        for part in parts {
            match part {
                Part::Text(_) => {}
                Part::Interpolation(it) => self.expr(it, &[]),
                Part::If(condition, yes, no) => {
                    self.expr(condition, &[]);
                    self.parts(yes);
                    self.parts(no);
                }
                Part::For(it) => {
                    let key = it.key_name.as_ref().map(|it| &*it.text);
                    let depth = self.bind(key, &it.value_name.text, &it.collection);
                    self.parts(&it.body);
                    self.bound.truncate(depth);
                }
            }
        }
    }

    /// Binds the names of a repetition; how many there were before. What is no path is looked at as
    /// a whole, once, instead of once for every use of its elements.
    fn bind(&mut self, key: Option<&'m str>, value: &'m str, collection: &'m Expr) -> usize {
        let depth = self.bound.len();
        let path = is_path(collection);
        self.expr(collection, if path { &[Then::Index(None), Then::Nothing] } else { &[] });
        self.bound.extend(key.map(|name| Bound { name, collection: None }));
        self.bound.push(Bound { name: value, collection: path.then_some(collection) });
        depth
    }

    fn reference(&mut self, root: &'m Str, steps: &[Then<'m>]) {
        if let Some(at) = self.bound.iter().rposition(|it| it.name == &**root) {
            if let Some(collection) = self.bound[at].collection {
                // Names that were bound later are not seen from there.
                let later = self.bound.split_off(at);
                self.expr(collection, &[&[Then::Index(None)], steps].concat());
                self.bound.extend(later);
            }
            return;
        }
        match (&**root, steps) {
            ("self", rest) => {
                if let Some(kind) = self.own {
                    self.attribute(kind, rest);
                }
            }
            ("data", [Then::Attribute(kind), Then::Attribute(name), rest @ ..]) => {
                self.object(Mode::Data, kind, name, rest);
            }
            ("resource", [Then::Attribute(kind), Then::Attribute(name), rest @ ..]) => {
                self.object(Mode::Managed, kind, name, rest);
            }
            (_, [Then::Attribute(name), rest @ ..]) => {
                self.object(Mode::Managed, root, name, rest);
            }
            _ => {}
        }
    }

    fn object(&mut self, mode: Mode, kind: &Str, name: &Str, rest: &[Then<'_>]) {
        let key = ResourceKey { mode, kind: kind.clone(), name: name.clone() };
        let Some(resource) = self.module.resources.get(&key) else { return };
        let repeats = resource.count.is_some() || resource.for_each.is_some();
        match rest {
            [Then::Index(_), rest @ ..] if repeats => self.attribute(kind, rest),
            _ => self.attribute(kind, rest),
        }
    }

    fn attribute(&mut self, kind: &Str, steps: &[Then<'_>]) {
        match steps.first() {
            Some(Then::Attribute(name) | Then::Index(Some(name))) => self.found.add(kind, name),
            Some(Then::Nothing) => {}
            Some(Then::Index(None)) | None => self.found.add_all(kind),
        }
    }
}

/// Whether it is a reference and what is picked of it, nothing else.
fn is_path(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Reference(_) => true,
        ExprKind::Access(it, _) | ExprKind::Wrap(it) | ExprKind::Paren(it) => is_path(it),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::lang::files::MemoryFiles;
    use crate::lang::load::load;

    const STACK: &str = r#"
resource "a_one" "x" {
  given = 1
  nested {
    inside = 2
  }
  dynamic "made" {
    for_each = []
    content {}
  }
}
data "a_many" "x" {
  for_each = toset(["k"])
}
"#;

    /// What of `a_one` and of `a_many` an expression looks at.
    fn looked_at(expression: &str) -> [String; 2] {
        let text = format!("{STACK}\nlocals {{\n  it = {expression}\n}}\n");
        let files = MemoryFiles::new().with("main.tf", text.as_str());
        let (config, found) = load(&files, Path::new("main.tf"));
        assert!(!found.has_errors(), "{expression}: {found:?}");
        let it = LookedAt::of(&config.unwrap().root);
        ["a_one", "a_many"].map(|kind| match it.0.get(kind) {
            None => String::new(),
            Some(Parts::All) => "all".into(),
            Some(Parts::These(names)) => {
                let names = names.iter().map(|it| &**it);
                let new = names.filter(|it| !["given", "nested", "made", "dynamic"].contains(it));
                new.filter(|it| *it != "for_each").collect::<Vec<_>>().join(" ")
            }
        })
    }

    #[test]
    fn paths_name_what_they_look_at() {
        for (expression, one, many) in [
            ("1", "", ""),
            ("a_one.x.id", "id", ""),
            ("a_one.x[\"id\"]", "id", ""),
            ("a_one.x.list[0].deep", "list", ""),
            ("data.a_many.x[\"k\"].arn", "", "arn"),
            ("data.a_many.x[upper(a_one.x.id)].arn", "id", "arn"),
            ("[for it in data.a_many.x : it.arn]", "", "arn"),
            ("[for k, it in data.a_many.x : k]", "", ""),
            ("{ for k, it in data.a_many.x : k => upper(it.arn) if it.on }", "", "arn on"),
            ("\"%{ for it in data.a_many.x }${it.arn}%{ endfor }\"", "", "arn"),
            ("[for it in data.a_many.x : [for it in [1] : it]]", "", ""),
            ("values(data.a_many.x)[*].arn", "", "all"),
            ("data.a_many.x", "", "all"),
            ("[for it in data.a_many.x : it]", "", "all"),
            ("a_one.x", "all", ""),
            ("a_one.x[local.name]", "all", ""),
            ("[for k, v in a_one.x : k]", "all", ""),
            ("(true ? a_one.x : null).id", "id", ""),
        ] {
            let expression = expression.replace("local.name", "tostring(1)");
            assert_eq!(looked_at(&expression), [one, many], "{expression}");
        }
    }

    #[test]
    fn what_is_written_is_looked_at() {
        let files = MemoryFiles::new().with("main.tf", STACK);
        let it = LookedAt::of(&load(&files, Path::new("main.tf")).0.unwrap().root);
        for name in ["given", "nested", "made"] {
            assert!(it.has("a_one", name), "{name}");
        }
        assert!(!it.has("a_one", "inside") && !it.has("a_one", "id") && !it.has("a_two", "id"));
    }
}
