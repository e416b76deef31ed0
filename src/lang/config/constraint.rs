//! Type constraints: `list(object({ name = optional(string, "x") }))`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::constant::constant;
use super::defaults::TypeDefaults;
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::lang::ast::{Call, Expr, ExprKind, ObjectKey};
use crate::lang::convert::convert;
use crate::lang::parse;
use crate::lang::types::{ObjectType, Type};
use crate::lang::value::Str;

/// The type that a constraint names, and the defaults of its optional attributes. In JSON syntax the
/// constraint is a string.
pub fn type_constraint(
    expr: &Expr,
    json: bool,
    found: &mut Diagnostics,
) -> Option<(Type, TypeDefaults)> {
    let text = match &expr.kind {
        ExprKind::Literal(value) => value.as_str(),
        _ => None,
    };
    if let Some(text) = text.filter(|_| json) {
        let (parsed, errors) = parse::parse_expression_in(text, expr.span);
        found.extend(errors);
        return type_constraint(&parsed?, false, found);
    }
    if let Some(text) = text {
        // Only these were ever written in quotes.
        let summary = match text {
            "string" | "list" | "map" => "Invalid quoted type constraints",
            _ => "Invalid legacy variable type hint",
        };
        let one = Diagnostic::error(summary, "a type is written without quotes");
        found.push(one.at(expr.span).hint(format!("write `type = {text}`")));
        return None;
    }
    let mut reader = Reader { found };
    match &expr.kind {
        // Both are legacy, and only alone: without an element type, any one will do.
        ExprKind::Reference(it) if it.steps.is_empty() && &*it.root.text == "list" => {
            Some((Type::list(Type::Any), TypeDefaults::default()))
        }
        ExprKind::Reference(it) if it.steps.is_empty() && &*it.root.text == "map" => {
            Some((Type::map(Type::Any), TypeDefaults::default()))
        }
        _ => reader.constraint(expr),
    }
}

struct Reader<'a> {
    found: &'a mut Diagnostics,
}

type Constraint = Option<(Type, TypeDefaults)>;

impl Reader<'_> {
    fn error<T>(&mut self, at: Span, detail: impl Into<String>) -> Option<T> {
        self.found.push(Diagnostic::error("Invalid type specification", detail).at(at));
        None
    }

    fn constraint(&mut self, expr: &Expr) -> Constraint {
        match &expr.kind {
            ExprKind::Reference(it) if it.steps.is_empty() => {
                self.keyword(&it.root.text, expr.span)
            }
            ExprKind::Call(call) => self.call(call, expr.span),
            _ => self.error(
                expr.span,
                "a type is `string`, `number`, `bool`, `any`, or one of `list(…)`, `set(…)`, \
                 `map(…)`, `object({…})`, `tuple([…])`",
            ),
        }
    }

    fn keyword(&mut self, word: &str, at: Span) -> Constraint {
        let ty = match word {
            "string" => Type::String,
            "number" => Type::Number,
            "bool" => Type::Bool,
            "any" => Type::Any,
            "list" | "set" | "map" => {
                let detail = format!("`{word}` takes the type of its elements: `{word}(string)`");
                return self.error(at, detail);
            }
            "object" => {
                return self
                    .error(at, "`object` takes its attributes: `object({ name = string })`");
            }
            "tuple" => {
                return self.error(at, "`tuple` takes the types of its items: `tuple([string])`");
            }
            "optional" => return self.optional_elsewhere(at),
            _ => {
                const KNOWN: [&str; 9] =
                    ["string", "number", "bool", "any", "list", "map", "set", "object", "tuple"];
                let one = Diagnostic::error(
                    "Invalid type specification",
                    format!("there is no type `{word}`"),
                );
                self.found.push(one.at(at).did_you_mean(word, KNOWN));
                return None;
            }
        };
        Some((ty, TypeDefaults::default()))
    }

    fn optional_elsewhere<T>(&mut self, at: Span) -> Option<T> {
        self.error(at, "`optional` is only for the attributes of an `object({…})`")
    }

    fn call(&mut self, call: &Call, at: Span) -> Constraint {
        let name = &*call.name.text;
        match name {
            "list" | "set" | "map" => {
                let [element] = call.args.as_slice() else {
                    return self.error(
                        at,
                        format!("`{name}` takes one argument, the type of its elements"),
                    );
                };
                let (of, inner) = self.constraint(element)?;
                let element = (!inner.is_empty()).then(|| Box::new(inner));
                let ty = match name {
                    "list" => Type::list(of),
                    "set" => Type::set(of),
                    _ => Type::map(of),
                };
                Some((ty, TypeDefaults { element, ..Default::default() }))
            }
            "tuple" => {
                let [Expr { kind: ExprKind::Tuple(items), .. }] = call.args.as_slice() else {
                    return self
                        .error(at, "`tuple` takes one argument, a list of types in brackets");
                };
                let (mut types, mut defaults) = (Vec::new(), TypeDefaults::default());
                for (index, item) in items.iter().enumerate() {
                    let (ty, inner) = self.constraint(item)?;
                    types.push(ty);
                    if !inner.is_empty() {
                        defaults.items.insert(index, inner);
                    }
                }
                Some((Type::tuple(types), defaults))
            }
            "object" => self.object(call, at),
            "optional" => self.optional_elsewhere(at),
            "string" | "number" | "bool" | "any" => {
                self.error(at, format!("`{name}` takes no arguments"))
            }
            _ => self.error(call.name.span, format!("there is no type constructor `{name}`")),
        }
    }

    fn object(&mut self, call: &Call, at: Span) -> Constraint {
        let [Expr { kind: ExprKind::Object(items), .. }] = call.args.as_slice() else {
            return self.error(at, "`object` takes one argument, its attributes in braces");
        };
        let mut attributes = BTreeMap::new();
        let mut optional = BTreeSet::new();
        let mut defaults = TypeDefaults::default();
        for (key, value) in items {
            let name: Str = match key {
                ObjectKey::Word(name) => name.text.clone(),
                ObjectKey::Expr(Expr { kind: ExprKind::Literal(text), .. })
                    if text.as_str().is_some() =>
                {
                    text.as_str().unwrap_or("").into()
                }
                ObjectKey::Expr(it) => {
                    return self.error(it.span, "the name of an attribute is a fixed word");
                }
            };
            if attributes.contains_key(&name) {
                let place = match key {
                    ObjectKey::Word(word) => word.span,
                    ObjectKey::Expr(it) => it.span,
                };
                return self.error(place, format!("`{name}` is there twice"));
            }
            let (ty, inner) = match &value.kind {
                ExprKind::Call(call) if &*call.name.text == "optional" => {
                    optional.insert(name.clone());
                    self.optional(&name, call, value.span, &mut defaults)?
                }
                _ => self.constraint(value)?,
            };
            attributes.insert(name.clone(), ty);
            if !inner.is_empty() {
                defaults.attributes.insert(name, inner);
            }
        }
        Some((Type::Object(Arc::new(ObjectType { attributes, optional })), defaults))
    }

    fn optional(
        &mut self,
        name: &Str,
        call: &Call,
        at: Span,
        defaults: &mut TypeDefaults,
    ) -> Constraint {
        let (ty, default) = match call.args.as_slice() {
            [ty] => (ty, None),
            [ty, default] => (ty, Some(default)),
            _ => return self.error(at, "`optional` takes a type and perhaps a default"),
        };
        let (ty, inner) = self.constraint(ty)?;
        if let Some(default) = default {
            let value = inner.apply(&constant(default, self.found)?);
            match convert(&value, &ty) {
                Ok(value) if value.is_null() => {}
                Ok(value) => {
                    defaults.values.insert(name.clone(), value);
                }
                Err(why) => {
                    let one = Diagnostic::error(
                        "Invalid default value for optional attribute",
                        format!("the default of `{name}` does not fit its type: {why}"),
                    );
                    self.found.push(one.at(default.span));
                    return None;
                }
            }
        }
        Some((ty, inner))
    }
}
