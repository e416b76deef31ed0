//! Values: null, known and unknown ones, of a type, with marks that travel along.
//!
//! A value is cheap to clone: what is large lies behind an [`Arc`]. Marks sit on every level of a
//! value: a list may hold one sensitive element and be public itself. A set has its elements' marks
//! itself, since an element has no place by which to find it again.

mod marks;
mod order;
mod parts;

use std::fmt;
use std::sync::Arc;

use self::parts::Whole;
use super::number::Number;
use super::types::Type;

pub use self::marks::{Marks, Origins};
pub use self::order::set_order;
pub use self::parts::{Entries, Items, Named, Parts};

/// Text that is shared.
pub type Str = Arc<str>;

/// A value with its marks.
#[derive(Clone)]
pub struct Value {
    kind: Kind,
    marks: Marks,
}

/// What a value is, marks aside.
#[derive(Clone)]
pub enum Kind {
    /// Null, of a type.
    Null(Type),
    /// Known only after apply.
    Unknown(Arc<Unknown>),
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text, in Unicode normal form C.
    String(Str),
    /// Elements of one type in order.
    List(Type, Items),
    /// Elements of one type, sorted, each once.
    Set(Type, Items),
    /// Elements of one type by name.
    Map(Type, Entries),
    /// Elements in order, each of its own type.
    Tuple(Items),
    /// Attributes by name, each of its own type.
    Object(Entries),
}

/// What is known about a value that is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Unknown {
    /// Its type; [`Type::Any`] where not even that is known.
    pub ty: Type,
    /// That it will not be null.
    pub not_null: bool,
    /// Text it will begin with, where that is known.
    pub prefix: Option<Str>,
}

impl From<Kind> for Value {
    fn from(kind: Kind) -> Self {
        Value { kind, marks: Marks::NONE }
    }
}

impl From<Unknown> for Value {
    fn from(it: Unknown) -> Self {
        Kind::Unknown(Arc::new(it)).into()
    }
}

impl Value {
    /// An untyped null.
    pub const NULL: Value = Value { kind: Kind::Null(Type::Any), marks: Marks::NONE };
    /// `true`
    pub const TRUE: Value = Value { kind: Kind::Bool(true), marks: Marks::NONE };
    /// `false`
    pub const FALSE: Value = Value { kind: Kind::Bool(false), marks: Marks::NONE };

    /// A null of that type.
    pub fn null(ty: Type) -> Value {
        Kind::Null(ty).into()
    }

    /// A value of that type that is not known.
    pub fn unknown(ty: Type) -> Value {
        Unknown { ty, not_null: false, prefix: None }.into()
    }

    /// A value of that type that is not known, but is not null.
    pub fn unknown_not_null(ty: Type) -> Value {
        Unknown { ty, not_null: true, prefix: None }.into()
    }

    /// A string; normalised to Unicode normal form C.
    pub fn string(text: impl AsRef<str> + Into<Str>) -> Value {
        use unicode_normalization::{UnicodeNormalization, is_nfc};
        let text: Str = match text.as_ref() {
            it if it.is_ascii() || is_nfc(it) => text.into(),
            it => it.nfc().collect::<String>().into(),
        };
        Kind::String(text).into()
    }

    /// A number.
    pub fn number(it: impl Into<Number>) -> Value {
        Kind::Number(it.into()).into()
    }

    /// A list; every element must be of type `of`.
    pub fn list(of: Type, items: impl IntoIterator<Item = Value>) -> Value {
        Kind::List(of, items.into_iter().collect()).into()
    }

    /// A set; every element must be of type `of`. Sorts, drops duplicates, takes over their marks.
    pub fn set(of: Type, items: impl IntoIterator<Item = Value>) -> Value {
        let mut marks = Marks::NONE;
        let mut items: Vec<Value> = items
            .into_iter()
            .map(|item| {
                let (item, deep) = item.without_marks();
                marks = marks.union(&deep);
                item
            })
            .collect();
        items.sort_by(set_order);
        // An unknown element may equal any other, so unknown ones are never dropped.
        items.dedup_by(|a, b| a.is_wholly_known() && a.same(b));
        Value { kind: Kind::Set(of, items.into()), marks }
    }

    /// A map; every element must be of type `of`.
    pub fn map(of: Type, items: impl IntoIterator<Item = (Str, Value)>) -> Value {
        Kind::Map(of, items.into_iter().collect()).into()
    }

    /// A tuple.
    pub fn tuple(items: impl IntoIterator<Item = Value>) -> Value {
        Kind::Tuple(items.into_iter().collect()).into()
    }

    /// An object.
    pub fn object<K: Into<Str>>(items: impl IntoIterator<Item = (K, Value)>) -> Value {
        Kind::Object(items.into_iter().map(|(k, v)| (k.into(), v)).collect()).into()
    }

    /// What it is, marks aside.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// What it is, taken out of its marks.
    pub fn into_kind(self) -> Kind {
        self.kind
    }

    /// Its own marks, those of its parts left out.
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Its own marks and those of all of its parts.
    pub fn deep_marks(&self) -> Marks {
        match self.whole() {
            Some(whole) => self.marks.union(&whole.marks),
            None => self.marks.clone(),
        }
    }

    /// What holds for all of its parts; none where it has no parts.
    fn whole(&self) -> Option<&Whole> {
        match &self.kind {
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => Some(items.whole()),
            Kind::Map(_, items) | Kind::Object(items) => Some(items.whole()),
            _ => None,
        }
    }

    /// The value with these marks added to its own.
    pub fn with_marks(mut self, marks: &Marks) -> Value {
        if !marks.is_empty() {
            self.marks = self.marks.union(marks);
        }
        self
    }

    /// The value with its own marks set to these.
    pub fn replace_marks(mut self, marks: Marks) -> Value {
        self.marks = marks;
        self
    }

    /// The value with all marks taken off, and what they were.
    pub fn without_marks(self) -> (Value, Marks) {
        let deep = self.deep_marks();
        if deep.is_empty() { (self, deep) } else { (self.unmarked(), deep) }
    }

    fn unmarked(&self) -> Value {
        match self.whole() {
            Some(whole) if !whole.marks.is_empty() => self.map_parts(&mut Value::unmarked),
            _ => self.clone(),
        }
        .replace_marks(Marks::NONE)
    }

    /// Marked as not to be shown.
    pub fn sensitive(self) -> Value {
        self.with_marks(&Marks::SENSITIVE)
    }

    /// Whether it or a part of it is not to be shown.
    pub fn has_sensitive(&self) -> bool {
        self.marks.sensitive || self.whole().is_some_and(|it| it.marks.sensitive)
    }

    /// Whether it or a part of it is not to be stored.
    pub fn has_ephemeral(&self) -> bool {
        self.marks.ephemeral || self.whole().is_some_and(|it| it.marks.ephemeral)
    }

    /// The type it has.
    pub fn ty(&self) -> Type {
        match &self.kind {
            Kind::Null(ty) => ty.clone(),
            Kind::Unknown(it) => it.ty.clone(),
            Kind::Bool(_) => Type::Bool,
            Kind::Number(_) => Type::Number,
            Kind::String(_) => Type::String,
            Kind::List(of, _) => Type::list(of.clone()),
            Kind::Set(of, _) => Type::set(of.clone()),
            Kind::Map(of, _) => Type::map(of.clone()),
            Kind::Tuple(items) => items.ty().clone(),
            Kind::Object(items) => items.ty().clone(),
        }
    }

    /// Whether nothing is known of its type: an untyped null or unknown.
    pub fn is_untyped(&self) -> bool {
        match &self.kind {
            Kind::Null(ty) => *ty == Type::Any,
            Kind::Unknown(it) => it.ty == Type::Any,
            _ => false,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null(_))
    }

    /// Whether it itself is known; parts of it may not be.
    pub fn is_known(&self) -> bool {
        !matches!(self.kind, Kind::Unknown(_))
    }

    /// Whether it and every part of it is known.
    pub fn is_wholly_known(&self) -> bool {
        self.is_known() && self.whole().is_none_or(|it| it.known)
    }

    /// How many parts it has at any depth: parts of parts are counted as well.
    pub fn part_count(&self) -> usize {
        self.whole().map_or(0, |it| it.count)
    }

    /// Whether it is sure not to be null: known and not null, or unknown but refined so.
    pub fn is_not_null(&self) -> bool {
        match &self.kind {
            Kind::Null(_) => false,
            Kind::Unknown(it) => it.not_null,
            _ => true,
        }
    }

    /// The text of a known string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(it) => Some(it),
            _ => None,
        }
    }

    /// What the text of a string begins with that is not known; empty where that is not known either.
    pub fn prefix(&self) -> &str {
        match &self.kind {
            Kind::Unknown(it) => it.prefix.as_deref().unwrap_or(""),
            _ => "",
        }
    }

    /// A known bool.
    pub fn as_bool(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(it) => Some(it),
            _ => None,
        }
    }

    /// A known number.
    pub fn as_number(&self) -> Option<&Number> {
        match &self.kind {
            Kind::Number(it) => Some(it),
            _ => None,
        }
    }

    /// The elements of a known list, set or tuple.
    pub fn as_slice(&self) -> Option<&[Value]> {
        match &self.kind {
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// The elements of a known map or object.
    pub fn as_entries(&self) -> Option<&Named> {
        match &self.kind {
            Kind::Map(_, items) | Kind::Object(items) => Some(items),
            _ => None,
        }
    }

    /// The part of that name of a known map or object, as it is: without the whole's marks.
    pub fn part(&self, name: &str) -> Option<&Value> {
        self.as_entries()?.get(name)
    }

    /// Calls `visit` for each direct part.
    pub fn each_part(&self, visit: &mut dyn FnMut(&Value)) {
        match &self.kind {
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
                items.iter().for_each(visit)
            }
            Kind::Map(_, items) | Kind::Object(items) => items.values().for_each(visit),
            _ => {}
        }
    }

    /// The same value with each direct part replaced; the parts' types must stay as they are.
    pub fn map_parts(&self, change: &mut dyn FnMut(&Value) -> Value) -> Value {
        let entries = |items: &Named, change: &mut dyn FnMut(&Value) -> Value| {
            items.iter().map(|(k, v)| (k.clone(), change(v))).collect()
        };
        let kind = match &self.kind {
            Kind::List(of, items) => Kind::List(of.clone(), items.iter().map(change).collect()),
            Kind::Set(of, items) => Kind::Set(of.clone(), items.iter().map(change).collect()),
            Kind::Tuple(items) => Kind::Tuple(items.iter().map(change).collect()),
            Kind::Map(of, items) => Kind::Map(of.clone(), entries(items, change)),
            Kind::Object(items) => Kind::Object(entries(items, change)),
            other => other.clone(),
        };
        Value { kind, marks: self.marks.clone() }
    }

    /// Whether both are the same in type and content, marks aside; unknown equals unknown.
    pub fn same(&self, other: &Value) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Null(a), Kind::Null(b)) => a == b,
            (Kind::Unknown(a), Kind::Unknown(b)) => a.ty == b.ty,
            (Kind::Bool(a), Kind::Bool(b)) => a == b,
            (Kind::Number(a), Kind::Number(b)) => a == b,
            (Kind::String(a), Kind::String(b)) => a == b,
            (Kind::List(t, a), Kind::List(u, b)) | (Kind::Set(t, a), Kind::Set(u, b)) => {
                t == u && same_items(a, b)
            }
            (Kind::Tuple(a), Kind::Tuple(b)) => same_items(a, b),
            (Kind::Map(t, a), Kind::Map(u, b)) => t == u && same_entries(a, b),
            (Kind::Object(a), Kind::Object(b)) => same_entries(a, b),
            _ => false,
        }
    }

    /// As JSON; none where a part is unknown or an infinity. Sensitive parts are written as they are.
    pub fn to_json(&self) -> Option<serde_json::Value> {
        use serde_json::Value as Json;
        Some(match &self.kind {
            Kind::Null(_) => Json::Null,
            Kind::Unknown(_) => return None,
            Kind::Bool(it) => Json::Bool(*it),
            Kind::Number(it) if it.is_infinite() => return None,
            Kind::Number(it) => Json::Number(it.to_string().parse().ok()?),
            Kind::String(it) => Json::String(it.to_string()),
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
                Json::Array(items.iter().map(Value::to_json).collect::<Option<_>>()?)
            }
            Kind::Map(_, items) | Kind::Object(items) => {
                let entry = |(k, v): (&Str, &Value)| Some((k.to_string(), v.to_json()?));
                Json::Object(items.iter().map(entry).collect::<Option<_>>()?)
            }
        })
    }

    /// From JSON, as `jsondecode` reads it: arrays are tuples, objects are objects.
    pub fn from_json(json: &serde_json::Value) -> Value {
        use serde_json::Value as Json;
        match json {
            Json::Null => Value::NULL,
            Json::Bool(it) => Value::from(*it),
            Json::Number(it) => Number::parse(&it.to_string()).map_or(Value::NULL, Value::number),
            Json::String(it) => Value::string(it.as_str()),
            Json::Array(items) => Value::tuple(items.iter().map(Value::from_json)),
            Json::Object(items) => {
                Value::object(items.iter().map(|(k, v)| (k.as_str(), Value::from_json(v))))
            }
        }
    }
}

fn same_items(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
}

fn same_entries(a: &Named, b: &Named) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && a.same(b))
}

impl From<bool> for Value {
    fn from(it: bool) -> Self {
        Kind::Bool(it).into()
    }
}

impl From<i64> for Value {
    fn from(it: i64) -> Self {
        Value::number(it)
    }
}

impl From<Number> for Value {
    fn from(it: Number) -> Self {
        Kind::Number(it).into()
    }
}

impl From<&str> for Value {
    fn from(it: &str) -> Self {
        Value::string(it)
    }
}

impl From<String> for Value {
    fn from(it: String) -> Self {
        Value::string(it)
    }
}

/// Never shows what is sensitive.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.marks.sensitive {
            return f.write_str("(sensitive)");
        }
        match &self.kind {
            Kind::Null(ty) => write!(f, "null({ty})"),
            Kind::Unknown(it) => write!(f, "unknown({})", it.ty),
            Kind::Bool(it) => write!(f, "{it}"),
            Kind::Number(it) => write!(f, "{it}"),
            Kind::String(it) => write!(f, "{it:?}"),
            Kind::List(_, items) | Kind::Tuple(items) => {
                f.debug_list().entries(items.iter()).finish()
            }
            Kind::Set(_, items) => f.debug_set().entries(items.iter()).finish(),
            Kind::Map(_, items) | Kind::Object(items) => {
                f.debug_map().entries(items.iter()).finish()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_sorted_and_take_their_elements_marks() {
        let set = Value::set(Type::String, ["b".into(), Value::from("a").sensitive(), "b".into()]);
        assert!(set.marks().sensitive);
        let texts: Vec<_> = set.as_slice().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(texts, ["a", "b"]);
    }

    #[test]
    fn debug_output_hides_sensitive_values() {
        let value = Value::object([("password", Value::from("hunter2").sensitive())]);
        assert!(!format!("{value:?}").contains("hunter2"));
    }

    #[test]
    fn strings_are_normalised() {
        assert!(Value::string("e\u{301}").same(&Value::string("\u{e9}")));
    }
}
