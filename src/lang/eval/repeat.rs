//! What is done for each element: `for` expressions and splats.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Bound, Evaluator};
use crate::diag::{At, Diagnostic, Result};
use crate::lang::ast::*;
use crate::lang::convert::{Mismatch, convert};
use crate::lang::types::Type;
use crate::lang::value::{Kind, Marks, Str, Value};

impl Evaluator<'_> {
    pub(super) fn for_expr(&self, it: &For, bound: &Bound<'_>) -> Result<Value> {
        let collection = self.expr(&it.collection, bound)?;
        let mut marks = collection.marks().clone();
        let items = iterate(&collection).at(it.collection.span)?;
        if let Some(condition) = it.condition.as_ref().filter(|_| !collection.is_untyped()) {
            // Told even where there is no element to which it could apply.
            let (any, names) =
                (Value::unknown(Type::Any), [it.key_name.as_ref(), Some(&it.value_name)]);
            let name = |at: usize| names[at].map_or("", |it| &*it.text);
            let outer = Bound::Name { name: name(0), value: &any, outer: bound };
            let bound = Bound::Name { name: name(1), value: &any, outer: &outer };
            self.for_condition(condition, &bound)?;
        }
        let Some(items) = items else {
            return Ok(Value::unknown(Type::Any).with_marks(&marks));
        };
        let mut result = ForResult::new(it);
        for (key, value) in items {
            let with_value = Bound::Name { name: &it.value_name.text, value: &value, outer: bound };
            match &it.key_name {
                Some(name) => {
                    let with_key =
                        Bound::Name { name: &name.text, value: &key, outer: &with_value };
                    self.for_item(it, &with_key, &mut result, &mut marks)?;
                }
                None => self.for_item(it, &with_value, &mut result, &mut marks)?,
            }
        }
        Ok(result.value().with_marks(&marks))
    }

    fn for_item(
        &self,
        it: &For,
        bound: &Bound<'_>,
        result: &mut ForResult,
        marks: &mut Marks,
    ) -> Result<()> {
        if let Some(condition) = &it.condition {
            let value = self.for_condition(condition, bound)?;
            *marks = marks.union(value.marks());
            match value.as_bool() {
                Some(true) => {}
                Some(false) => return Ok(()),
                None => {
                    result.known = false;
                    return Ok(());
                }
            }
        }
        let Some(key_expr) = &it.key else {
            let value = self.expr(&it.value, bound)?;
            self.budget.spend(&value, it.value.span)?;
            result.items.push(value);
            return Ok(());
        };
        let key = self.expr(key_expr, bound)?;
        *marks = marks.union(key.marks());
        let key = for_key(&key).at(key_expr.span)?;
        let value = self.expr(&it.value, bound)?;
        self.budget.spend(&value, it.value.span)?;
        let Some(key) = key else {
            result.known = false;
            return Ok(());
        };
        result.insert(key, value, it.group).at(key_expr.span)
    }

    /// The value of an `if` clause as a bool.
    fn for_condition(&self, condition: &Expr, bound: &Bound<'_>) -> Result<Value> {
        let value = self.expr(condition, bound)?;
        if value.is_null() {
            let it = Diagnostic::error("Condition is null", "the `if` clause is null");
            return Err(it.at(condition.span).into());
        }
        let wrong = |it: Mismatch| Diagnostic::error("Invalid 'for' condition", it.to_string());
        Ok(convert(&value, &Type::Bool).map_err(|it| wrong(it).at(condition.span))?)
    }

    pub(super) fn splat(&self, it: &Splat, bound: &Bound<'_>) -> Result<Value> {
        let (source, source_span) = (self.expr(&it.source, bound)?, it.source.span);
        let marks = source.marks().clone();
        let each = |item: &Value| {
            self.expr(&it.each, &Bound::Name { name: Splat::ELEMENT, value: item, outer: bound })
        };
        let result = match source.kind() {
            Kind::Null(Type::List(_) | Type::Set(_) | Type::Tuple(_)) => {
                let it = Diagnostic::error(
                    "Splat of null value",
                    "a null collection has no elements to take apart",
                );
                return Err(it.at(source_span).into());
            }
            Kind::Null(_) => Value::tuple([]),
            Kind::List(_, items) | Kind::Set(_, items) => {
                let values: Vec<Value> = items.iter().map(each).collect::<Result<_>>()?;
                let of = source.ty().element().cloned().unwrap_or(Type::Any);
                list_or_tuple(values, || Ok(each(&Value::unknown(of))?.ty()))?
            }
            Kind::Tuple(items) => Value::tuple(items.iter().map(each).collect::<Result<Vec<_>>>()?),
            Kind::Unknown(unknown) => match &unknown.ty {
                Type::Any => Value::unknown(Type::Any),
                Type::List(of) | Type::Set(of) => {
                    let item = each(&Value::unknown(of.as_ref().clone()))?;
                    Value::unknown_not_null(Type::list(item.ty()))
                }
                Type::Tuple(of) => {
                    let items: Result<Vec<Value>> =
                        of.iter().map(|ty| each(&Value::unknown(ty.clone()))).collect();
                    let items = items?;
                    Value::unknown(Type::tuple(items.iter().map(Value::ty)))
                }
                // Whether there is one element or, for null, none is not known.
                _ => {
                    let item = each(&source)?;
                    if unknown.not_null { Value::tuple([item]) } else { Value::unknown(Type::Any) }
                }
            },
            _ => Value::tuple([each(&source.clone().replace_marks(Marks::NONE))?]),
        };
        Ok(result.with_marks(&marks))
    }
}

/// The key of a `for` expression's item; none where it is not known.
fn for_key(key: &Value) -> Result<Option<Str>, Diagnostic> {
    let invalid = |detail: String| Diagnostic::error("Invalid object key", detail);
    if key.is_null() {
        return Err(invalid("a null value cannot be a key".into()));
    }
    let key =
        convert(key, &Type::String).map_err(|it| invalid(format!("cannot be a key: {it}")))?;
    Ok(key.as_str().map(Str::from))
}

/// Keys and values in order; what is there already is borrowed.
type Pairs<'v> = Box<dyn Iterator<Item = (Cow<'v, Value>, Cow<'v, Value>)> + 'v>;

/// Keys and values of a collection, in order; none where it is not known.
pub(super) fn iterate(collection: &Value) -> Result<Option<Pairs<'_>>, Diagnostic> {
    if collection.is_null() {
        return Err(Diagnostic::error(
            "Iteration over null value",
            "a null value has nothing to iterate over",
        ));
    }
    let index = |at: usize| Cow::Owned(Value::number(at));
    let name = |name: &Str| Cow::Owned(Kind::String(name.clone()).into());
    Ok(Some(match collection.kind() {
        Kind::List(_, items) | Kind::Tuple(items) => {
            let numbered = items.iter().enumerate();
            Box::new(numbered.map(move |(at, it)| (index(at), Cow::Borrowed(it))))
        }
        Kind::Set(_, items) => {
            Box::new(items.iter().map(|it| (Cow::Borrowed(it), Cow::Borrowed(it))))
        }
        Kind::Map(_, items) | Kind::Object(items) => {
            Box::new(items.iter().map(move |(k, it)| (name(k), Cow::Borrowed(it))))
        }
        Kind::Unknown(it) => match &it.ty {
            Type::Bool | Type::Number | Type::String => return Err(not_iterable(&it.ty)),
            // Even where the type tells how many there are.
            _ => return Ok(None),
        },
        _ => return Err(not_iterable(&collection.ty())),
    }))
}

fn not_iterable(ty: &Type) -> Diagnostic {
    Diagnostic::error(
        "Iteration over non-iterable value",
        format!(
            "a {} cannot be iterated over, only a list, set, map, tuple or object",
            ty.friendly()
        ),
    )
}

/// What a `for` expression has gathered.
struct ForResult {
    known: bool,
    object: bool,
    items: Vec<Value>,
    entries: BTreeMap<Str, Value>,
    groups: BTreeMap<Str, Vec<Value>>,
}

impl ForResult {
    fn new(it: &For) -> Self {
        let (items, entries, groups) = Default::default();
        ForResult { known: true, object: it.key.is_some(), items, entries, groups }
    }

    fn insert(&mut self, key: Str, value: Value, group: bool) -> Result<(), Diagnostic> {
        if group {
            self.groups.entry(key).or_default().push(value);
            return Ok(());
        }
        if self.entries.contains_key(&key) {
            return Err(Diagnostic::error(
                "Duplicate object key",
                format!("two items of this `for` expression have the key {:?}", &*key),
            )
            .hint("to gather the values of equal keys, write `...` after the value expression"));
        }
        self.entries.insert(key, value);
        Ok(())
    }

    fn value(self) -> Value {
        if !self.known {
            return Value::unknown(Type::Any);
        }
        match self.object {
            false => Value::tuple(self.items),
            true => {
                let groups = self.groups.into_iter().map(|(k, items)| (k, Value::tuple(items)));
                Value::object(self.entries.into_iter().chain(groups))
            }
        }
    }
}

/// A list where all items are of one type, else a tuple.
fn list_or_tuple(items: Vec<Value>, empty: impl FnOnce() -> Result<Type>) -> Result<Value> {
    let Some(first) = items.first().map(Value::ty) else {
        return Ok(Value::list(empty()?, []));
    };
    Ok(match items.iter().all(|it| it.ty() == first) {
        true => Value::list(first, items),
        false => Value::tuple(items),
    })
}
