//! What can be told wrong without evaluating anything: references to what is not there, names out
//! of their place, arguments that a module does not take.

use std::cell::LazyCell;
use std::collections::HashSet;

use super::kinds::unknown_kind;
pub use super::kinds::{FixedTypes, Types};
use super::*;
use crate::diag::{Diagnostic, Diagnostics};
use crate::lang::ast::{ExprKind, ObjectKey, Part, StepKind};
use crate::lang::json;

/// Checks a module and every module that it calls.
pub fn validate(module: &Module, types: &dyn Types) -> Diagnostics {
    let mut found = Diagnostics::new();
    for it in module.outputs.values().filter(|it| it.ephemeral) {
        let detail = "what the root module puts out is stored, so it cannot be ephemeral";
        found.push(Diagnostic::error("Ephemeral output not allowed", detail).at(it.span));
    }
    found.extend(within(module, types, None));
    found
}

/// `repeated` is where it is said that the module is called more than once or late.
fn within(module: &Module, types: &dyn Types, repeated: Option<Span>) -> Diagnostics {
    let mut check = Checker { module, types, found: Diagnostics::new() };
    check.module();
    let mut found = check.found;
    for call in module.calls.values() {
        for import in &call.module.imports {
            let it = Diagnostic::error(
                "Invalid import configuration",
                "an `import` block stands in the root module only",
            );
            found.push(it.at(import.span));
        }
        let repeated = requirements::repeats(call).or(repeated);
        found.extend(requirements::handed_in(call, repeated));
        found.extend(within(&call.module, types, repeated));
    }
    found
}

/// Only the assertions of a check see what it reads, so that failing to read it stops nothing else.
fn out_of_scope(resource: &Resource, at: Span) -> Diagnostic {
    let (key, check) = (ResourceKey::from(resource), resource.in_check.as_deref());
    let detail = format!("`{key}` is for the check `{}` alone", check.unwrap_or_default());
    Diagnostic::error("Reference to scoped resource", detail)
        .at(at)
        .hint("move the data source out of the check")
}

/// What an expression may refer to beside the objects of its module.
#[derive(Clone, Copy, Default)]
struct Place<'a> {
    count: bool,
    each: bool,
    own: bool,
    /// The local value that the expression is.
    local: Option<&'a str>,
    /// The check that asserts it.
    check: Option<&'a str>,
}

struct Checker<'a> {
    module: &'a Module,
    types: &'a dyn Types,
    found: Diagnostics,
}

impl<'a> Checker<'a> {
    fn error(&mut self, at: Span, summary: impl Into<String>, detail: impl Into<String>) {
        self.found.push(Diagnostic::error(summary, detail).at(at));
    }

    fn module(&mut self) {
        let module = self.module;
        for it in module.variables.values() {
            self.variable(it);
        }
        for (name, it) in &module.locals {
            self.expr(&it.expr, Place { local: Some(name), ..Default::default() });
        }
        for it in module.resources.values() {
            self.resource(it);
        }
        for it in module.calls.values() {
            self.call(it);
        }
        for it in &module.providers {
            self.body(&it.body, Place::default(), &mut Vec::new());
        }
        for it in &module.checks {
            self.conditions(&it.asserts, Place { check: Some(&it.name), ..Default::default() });
        }
        for it in &module.imports {
            self.found.extend(addresses::import(module, it));
            let place = Place { each: it.for_each.is_some(), ..Default::default() };
            for expr in [&it.id, &it.identity].into_iter().flatten() {
                self.expr(expr, place);
            }
            if let Some(Expr { kind: ExprKind::Literal(id), span }) = it.id.as_deref()
                && (id.is_null() || id.as_str() == Some(""))
            {
                let detail = "the id must be a string that is not empty";
                self.error(*span, "Invalid import id argument", detail);
            }
            if let Some(expr) = &it.for_each {
                self.expr(expr, Place::default());
            }
        }
        for it in module.outputs.values() {
            self.expr(&it.value, Place::default());
            self.depends_on(&it.depends_on);
            self.conditions(&it.preconditions, Place::default());
        }
    }

    fn variable(&mut self, it: &Variable) {
        for rule in &it.validations {
            let mut own = false;
            rule.condition.references(&mut |reference| {
                own |= &*reference.root.text == "var"
                    && matches!(reference.steps.first().map(|it| &it.kind),
                        Some(StepKind::Attribute(name)) if *name == it.name);
            });
            if !own {
                self.error(
                    rule.condition.span,
                    "Invalid variable validation condition",
                    format!(
                        "the condition does not look at `var.{}`, which it is to validate",
                        it.name
                    ),
                );
            }
        }
        self.conditions(&it.validations, Place::default());
    }

    fn conditions(&mut self, rules: &[Condition], place: Place<'_>) {
        for rule in rules {
            self.expr(&rule.condition, place);
            self.expr(&rule.error_message, place);
        }
    }

    fn resource(&mut self, it: &Resource) {
        let attributes = self.types.attributes(it.mode, &it.kind);
        if attributes.is_none() {
            self.found.push(unknown_kind(self.types, it));
        }
        for expr in [&it.count, &it.for_each].into_iter().flatten() {
            self.expr(expr, Place::default());
        }
        let place =
            Place { count: it.count.is_some(), each: it.for_each.is_some(), ..Default::default() };
        self.body(&it.body, place, &mut Vec::new());
        self.depends_on(&it.depends_on);
        let after = Place { own: true, ..place };
        self.conditions(&it.lifecycle.preconditions, place);
        self.conditions(&it.lifecycle.postconditions, after);
        for expr in &it.lifecycle.replace_triggered_by {
            self.found.extend(addresses::trigger(expr));
        }
        if let (IgnoreChanges::Paths(paths), Some(known)) =
            (&it.lifecycle.ignore_changes, attributes)
        {
            let decided = self.types.decided(it.mode, &it.kind);
            for path in paths {
                let Some(Step { kind: StepKind::Attribute(name), span }) = path.first() else {
                    continue;
                };
                if !known.contains(name) {
                    self.unsupported_attribute(*span, name, &known);
                } else if path.len() == 1 && decided.contains(name) {
                    let detail = format!(
                        "the provider alone decides `{name}`, so there is no change to ignore"
                    );
                    let one = Diagnostic::warning("Redundant ignore_changes element", detail);
                    self.found.push(one.at(it.kind_span));
                }
            }
        }
    }

    fn unsupported_attribute(&mut self, at: Span, name: &str, known: &[Str]) {
        let one =
            Diagnostic::error("Unsupported attribute", format!("it has no attribute `{name}`"));
        self.found.push(one.at(at).did_you_mean(name, known.iter().map(|it| &**it)));
    }

    fn call(&mut self, it: &ModuleCall) {
        for expr in [&it.count, &it.for_each].into_iter().flatten() {
            self.expr(expr, Place::default());
        }
        // Whether there are several instances is looked at when it is planned.
        let place = Place { count: true, each: true, ..Default::default() };
        let known = &it.module.variables;
        for (name, input) in &it.inputs {
            self.expr(&input.value, place);
            if !known.contains_key(name) {
                let one = Diagnostic::error(
                    "Unsupported argument",
                    format!("the module has no variable `{name}`"),
                );
                let names = known.keys().map(|it| &**it);
                self.found.push(one.at(input.name.span).did_you_mean(name, names));
            }
        }
        for (name, variable) in known {
            if variable.default.is_none() && !it.inputs.contains_key(name) {
                let one = super::content::missing_argument(name, it.missing);
                self.found.push(one.label(variable.span, "the module asks for it here"));
            }
        }
        self.depends_on(&it.depends_on);
    }

    fn depends_on(&mut self, them: &[Reference]) {
        for it in them {
            let skip = match &*it.root.text {
                "var" | "local" | "each" | "count" | "self" | "path" | "terraform" => usize::MAX,
                "data" | "ephemeral" | "resource" => 2,
                _ => 1,
            };
            let index =
                |at: usize| matches!(it.steps.get(at), Some(Step { kind: StepKind::Index(_), .. }));
            if let Some(rest) = skip.checked_add(usize::from(index(skip)))
                && let Some(step) = it.steps.get(rest)
            {
                let detail = "it depends on a whole object or module, not on one of its attributes";
                self.error(step.span, "Invalid depends_on reference", detail);
                continue;
            }
            self.reference(
                it,
                Place { own: true, count: true, each: true, ..Default::default() },
                &|| true,
            );
        }
    }

    fn body(&mut self, body: &Body, place: Place<'_>, bound: &mut Vec<Str>) {
        let mut blocks = Vec::new();
        for it in &body.attributes {
            // In JSON syntax these blocks look like arguments.
            let labels: &[&str] = match &*it.name.text {
                "dynamic" if body.json => &["type"],
                "content" if body.json && !bound.is_empty() => &[],
                _ => {
                    self.bound_expr(&it.value, place, bound);
                    continue;
                }
            };
            blocks.extend(json::as_blocks(it, labels, &mut Diagnostics::new()));
        }
        for it in body.blocks.iter().chain(&blocks) {
            let depth = bound.len();
            if &*it.kind.text == "dynamic" {
                // Its iterator is a name within.
                let named = it.body.attribute("iterator").and_then(|it| match &it.value.kind {
                    ExprKind::Reference(it) => Some(it.root.text.clone()),
                    ExprKind::Literal(it) => it.as_str().map(Str::from),
                    _ => None,
                });
                bound.extend(named.clone());
                bound.extend(it.labels.first().map(|it| it.text.clone()));
            }
            self.body(&it.body, place, bound);
            bound.truncate(depth);
        }
    }

    fn expr(&mut self, expr: &Expr, place: Place<'_>) {
        self.bound_expr(expr, place, &[]);
    }

    fn bound_expr(&mut self, expr: &Expr, place: Place<'_>, bound: &[Str]) {
        // An index that is not constant may follow the reference, which then is not all there is.
        let indexed = LazyCell::new(|| {
            let mut indexed = HashSet::new();
            indexed_references(expr, &mut indexed);
            indexed
        });
        expr.references(&mut |it| {
            if !bound.contains(&it.root.text) {
                self.reference(it, place, &|| !indexed.contains(&it.root.span));
            }
        });
    }

    /// `whole` tells whether nothing but its own steps is applied to the reference.
    fn reference(&mut self, it: &Reference, place: Place<'_>, whole: &dyn Fn() -> bool) {
        let at = it.span();
        let root = &*it.root.text;
        let first = it.steps.first().and_then(|step| match &step.kind {
            StepKind::Attribute(name) => Some(name.clone()),
            StepKind::Index(_) => None,
        });
        let module = self.module;
        match (root, first) {
            ("var" | "local" | "module" | "each" | "count" | "path" | "terraform", None) => {
                let detail = format!("`{root}` is followed by a dot and a name: `{root}.name`");
                self.error(at, "Invalid reference", detail);
            }
            ("var", Some(name)) => {
                if !module.variables.contains_key(&name) {
                    self.undeclared(at, "input variable", &name, module.variables.keys());
                }
            }
            ("local", Some(name)) => {
                if place.local == Some(&*name) {
                    let detail = format!("`local.{name}` cannot be computed from itself");
                    self.error(at, "Self-referencing local value", detail);
                } else if !module.locals.contains_key(&name) {
                    self.undeclared(at, "local value", &name, module.locals.keys());
                }
            }
            ("module", Some(name)) => self.module_reference(it, &name),
            ("count", Some(name)) => match &*name {
                "index" if place.count => {}
                "index" => self.error(
                    at,
                    "Reference to \"count\" in non-counted context",
                    "`count.index` is only there where `count` is set",
                ),
                _ => self.error(at, "Invalid \"count\" attribute", "`count` has only `index`"),
            },
            ("each", Some(name)) => match &*name {
                "key" | "value" if place.each => {}
                "key" => self.error(
                    at,
                    "Reference to \"each\" in context without for_each",
                    "`each` is only there where `for_each` is set",
                ),
                "value" => self.error(
                    at,
                    "each.value cannot be used in this context",
                    "`each` is only there where `for_each` is set",
                ),
                _ => self.error(at, "Invalid \"each\" attribute", "`each` has `key` and `value`"),
            },
            ("path", Some(name)) => {
                if !["module", "root", "cwd"].contains(&&*name) {
                    let detail = "`path` has `module`, `root` and `cwd`";
                    self.error(at, "Invalid \"path\" attribute", detail);
                }
            }
            ("terraform", Some(name)) => {
                if !["workspace", "applying"].contains(&&*name) {
                    self.error(
                        at,
                        "Invalid \"terraform\" attribute",
                        "`terraform` has `workspace`",
                    );
                }
            }
            ("self", _) => {
                if !place.own {
                    let detail =
                        "`self` is only there in a postcondition, for the object just seen";
                    self.error(at, "Invalid \"self\" reference", detail);
                }
            }
            ("data", _) => self.resource_reference(it, Mode::Data, 1, whole, place),
            ("ephemeral", _) => self.resource_reference(it, Mode::Ephemeral, 1, whole, place),
            ("resource", _) => self.resource_reference(it, Mode::Managed, 1, whole, place),
            _ => self.resource_reference(it, Mode::Managed, 0, whole, place),
        }
    }

    fn undeclared<'n>(
        &mut self,
        at: Span,
        what: &str,
        name: &str,
        names: impl Iterator<Item = &'n Str>,
    ) {
        let one = Diagnostic::error(
            format!("Reference to undeclared {what}"),
            format!("no {what} `{name}` is declared in this module"),
        );
        self.found.push(one.at(at).did_you_mean(name, names.map(|it| &**it)));
    }

    fn module_reference(&mut self, it: &Reference, name: &Str) {
        let at = it.span();
        let module = self.module;
        let Some(call) = module.calls.get(name) else {
            return self.undeclared(at, "module", name, module.calls.keys());
        };
        let many = call.count.is_some() || call.for_each.is_some();
        if let (true, Some(Step { kind: StepKind::Attribute(output), span })) =
            (many, it.steps.get(1))
        {
            let detail = format!(
                "`module.{name}` has several instances, so `{output}` is that of one of them"
            );
            let one = Diagnostic::error("Unsupported attribute", detail).at(*span);
            self.found.push(one.hint(format!("write `module.{name}[…].{output}`")));
            return;
        }
        let output = match it.steps.get(1..) {
            Some([step, ..]) if !many => Some(step),
            Some([Step { kind: StepKind::Index(_), .. }, step, ..]) => Some(step),
            _ => None,
        };
        if let Some(Step { kind: StepKind::Attribute(output), span }) = output
            && !call.module.outputs.contains_key(output)
        {
            let known: Vec<Str> = call.module.outputs.keys().cloned().collect();
            self.unsupported_attribute(*span, output, &known);
        }
    }

    fn resource_reference(
        &mut self,
        it: &Reference,
        mode: Mode,
        skip: usize,
        whole: &dyn Fn() -> bool,
        place: Place<'_>,
    ) {
        let at = it.span();
        let words: Vec<&Str> = it
            .steps
            .iter()
            .map_while(|step| match &step.kind {
                StepKind::Attribute(name) => Some(name),
                StepKind::Index(_) => None,
            })
            .take(skip + 1)
            .collect();
        let (kind, name) = match (skip, words.as_slice()) {
            (0, [name, ..]) => (&it.root.text, *name),
            (1, [kind, name, ..]) => (*kind, *name),
            _ => {
                let detail = match skip {
                    0 => format!(
                        "`{}` stands alone; a reference to a resource is its type and its name",
                        it.root.text
                    ),
                    _ => format!("`{}` is followed by a type and a name", it.root.text),
                };
                // An index where a name is needed is what is wrong.
                let at = it.steps.get(words.len()).map_or(at, |it| it.span);
                return self.error(at, "Invalid reference", detail);
            }
        };
        let key = ResourceKey { mode, kind: kind.clone(), name: name.clone() };
        let Some(resource) = self.module.resources.get(&key) else {
            return self.undeclared_resource(at, &key);
        };
        if resource.in_check.is_some() && resource.in_check.as_deref() != place.check {
            return self.found.push(out_of_scope(resource, at));
        }
        self.resource_steps(it, resource, it.steps.get(skip + 1..).unwrap_or(&[]), whole);
    }

    fn undeclared_resource(&mut self, at: Span, key: &ResourceKey) {
        let one = Diagnostic::error(
            "Reference to undeclared resource",
            format!("no resource `{key}` is declared in this module"),
        )
        .at(at);
        let other = |mode| ResourceKey { mode, ..key.clone() };
        let one = match key.mode {
            Mode::Managed if self.module.resources.contains_key(&other(Mode::Data)) => {
                one.hint(format!("did you mean the data source, `data.{key}`?"))
            }
            _ => {
                let alike = self.module.resources.keys().filter(|it| it.mode == key.mode);
                let names: Vec<String> = alike.map(|it| it.to_string()).collect();
                one.did_you_mean(&key.to_string(), names.iter().map(|it| &**it))
            }
        };
        self.found.push(one);
    }

    fn resource_steps(
        &mut self,
        it: &Reference,
        resource: &Resource,
        steps: &[Step],
        whole: &dyn Fn() -> bool,
    ) {
        let many = resource.count.is_some() || resource.for_each.is_some();
        let attribute = match steps {
            [Step { kind: StepKind::Attribute(_), .. }, ..] if many => {
                let key = match resource.count {
                    Some(_) => "[count.index]",
                    None => "[each.key]",
                };
                let one = Diagnostic::error(
                    "Missing resource instance key",
                    format!("`{}.{}` has several instances", resource.kind, resource.name),
                );
                let hint = format!("say which one: `{}.{}{key}`", resource.kind, resource.name);
                self.found.push(one.at(it.span()).hint(hint));
                return;
            }
            [Step { kind: StepKind::Index(_), span }, ..] if !many && whole() => {
                let one = Diagnostic::error(
                    "Unexpected resource instance key",
                    format!(
                        "`{}.{}` has one instance, without a key",
                        resource.kind, resource.name
                    ),
                );
                self.found.push(one.at(*span));
                return;
            }
            [Step { kind: StepKind::Index(_), .. }, step, ..] => step,
            [step, ..] => step,
            [] => return,
        };
        let StepKind::Attribute(name) = &attribute.kind else { return };
        if let Some(known) = self.types.attributes(resource.mode, &resource.kind)
            && !known.contains(name)
        {
            self.unsupported_attribute(attribute.span, name, &known);
        }
    }
}

/// Places of the roots of references that an index or splat is applied to.
fn indexed_references(expr: &Expr, out: &mut HashSet<Span>) {
    if let ExprKind::Index(source, _) = &expr.kind
        && let ExprKind::Reference(it) = &source.kind
    {
        out.insert(it.root.span);
    }
    if let ExprKind::Splat(it) = &expr.kind
        && let ExprKind::Reference(it) = &it.source.kind
    {
        out.insert(it.root.span);
    }
    each_child(expr, &mut |child| indexed_references(child, out));
}

fn each_child(expr: &Expr, visit: &mut dyn FnMut(&Expr)) {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Reference(_) => {}
        ExprKind::Template(parts) => each_in_parts(parts, visit),
        ExprKind::Wrap(it) | ExprKind::Paren(it) | ExprKind::Access(it, _) => visit(it),
        ExprKind::Unary(_, it) => visit(it),
        ExprKind::Index(a, b) | ExprKind::Binary(_, a, b) => {
            [a, b].into_iter().for_each(|it| visit(it))
        }
        ExprKind::Splat(it) => [&it.source, &it.each].into_iter().for_each(|it| visit(it)),
        ExprKind::Call(it) => it.args.iter().for_each(visit),
        ExprKind::Conditional(a, b, c) => [a, b, c].into_iter().for_each(|it| visit(it)),
        ExprKind::For(it) => {
            let parts =
                [Some(&it.collection), it.key.as_ref(), Some(&it.value), it.condition.as_ref()];
            parts.into_iter().flatten().for_each(visit);
        }
        ExprKind::Tuple(items) => items.iter().for_each(visit),
        ExprKind::Object(items) => {
            for (key, value) in items {
                if let ObjectKey::Expr(key) = key {
                    visit(key);
                }
                visit(value);
            }
        }
    }
}

fn each_in_parts(parts: &[Part], visit: &mut dyn FnMut(&Expr)) {
    for part in parts {
        match part {
            Part::Text(_) => {}
            Part::Interpolation(it) => visit(it),
            Part::If(condition, yes, no) => {
                visit(condition);
                each_in_parts(yes, visit);
                each_in_parts(no, visit);
            }
            Part::For(it) => {
                visit(&it.collection);
                each_in_parts(&it.body, visit);
            }
        }
    }
}
