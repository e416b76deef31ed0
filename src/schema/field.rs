//! Field types that say who decides, and how each becomes a [`Value`] and back.

use std::collections::BTreeMap;

use super::attribute::{Attribute, Decides, Kind, Nesting};
use super::row::{Mistake, Row};
use crate::lang::number::Number;
use crate::lang::types::Type;
use crate::lang::value::Value;

/// A field of a resource struct.
pub trait Field: Sized {
    /// Shape of its value.
    const KIND: Kind;
    /// Who decides it.
    const DECIDES: Decides = Decides::Required;
    /// Allowed texts; empty for any.
    const ONE_OF: &'static [&'static str] = &[];
    /// Never shown.
    const SENSITIVE: bool = false;
    /// Sent, never stored.
    const WRITE_ONLY: bool = false;

    /// Reads a value of that shape. Null and unknown are for the wrappers to accept.
    fn from_value(value: &Value) -> Result<Self, Mistake>;
    /// Writes it back; what is not set is null.
    fn to_value(&self) -> Value;
    /// What stands before anything is known: for reading an object that is being imported.
    fn blank() -> Self;
}

impl Field for String {
    const KIND: Kind = Kind::String;
    fn from_value(value: &Value) -> Result<Self, Mistake> {
        value.as_str().map(String::from).ok_or_else(|| Mistake::shape("a string", value))
    }
    fn to_value(&self) -> Value {
        self.as_str().into()
    }
    fn blank() -> Self {
        String::new()
    }
}

impl Field for bool {
    const KIND: Kind = Kind::Bool;
    fn from_value(value: &Value) -> Result<Self, Mistake> {
        value.as_bool().ok_or_else(|| Mistake::shape("a bool", value))
    }
    fn to_value(&self) -> Value {
        (*self).into()
    }
    fn blank() -> Self {
        false
    }
}

macro_rules! whole_numbers {
    ($($int:ty),*) => {$(
        impl Field for $int {
            const KIND: Kind = Kind::Int;
            fn from_value(value: &Value) -> Result<Self, Mistake> {
                let whole = value.as_number().and_then(Number::to_i64);
                whole
                    .and_then(|it| it.try_into().ok())
                    .ok_or_else(|| Mistake::shape("a whole number", value))
            }
            fn to_value(&self) -> Value {
                i64::from(*self).into()
            }
            fn blank() -> Self {
                0
            }
        }
    )*};
}
whole_numbers!(i32, i64);

impl Field for f64 {
    const KIND: Kind = Kind::Float;
    fn from_value(value: &Value) -> Result<Self, Mistake> {
        value.as_number().map(Number::to_f64).ok_or_else(|| Mistake::shape("a number", value))
    }
    fn to_value(&self) -> Value {
        Number::from_f64(*self).map_or(Value::NULL, Value::number)
    }
    fn blank() -> Self {
        0.0
    }
}

/// Any value at all.
impl Field for Value {
    const KIND: Kind = Kind::Any;
    const DECIDES: Decides = Decides::Optional;
    fn from_value(value: &Value) -> Result<Self, Mistake> {
        Ok(value.clone())
    }
    fn to_value(&self) -> Value {
        self.clone()
    }
    fn blank() -> Self {
        Value::NULL
    }
}

/// The user, maybe.
impl<T: Field> Field for Option<T> {
    const KIND: Kind = T::KIND;
    const DECIDES: Decides = Decides::Optional;
    const ONE_OF: &'static [&'static str] = T::ONE_OF;
    const SENSITIVE: bool = T::SENSITIVE;
    const WRITE_ONLY: bool = T::WRITE_ONLY;
    fn from_value(value: &Value) -> Result<Self, Mistake> {
        given(value)
    }
    fn to_value(&self) -> Value {
        self.as_ref().map_or_else(|| Value::null(T::KIND.ty()), T::to_value)
    }
    fn blank() -> Self {
        None
    }
}

/// What is set and known.
fn given<T: Field>(value: &Value) -> Result<Option<T>, Mistake> {
    match value.is_null() || !value.is_known() {
        true => Ok(None),
        false => T::from_value(value).map(Some),
    }
}

/// The user, else AWS.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Auto<T>(Option<T>);

impl<T: Clone> Auto<T> {
    /// What the user gave, or AWS chose before; none where AWS is to choose.
    pub fn given(&self) -> Option<T> {
        self.0.clone()
    }

    /// Borrows it.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }

    /// Sets what AWS tells.
    pub fn set(&mut self, value: impl Into<Option<T>>) {
        self.0 = value.into();
    }

    /// Whether this is wanted and the other has something else: what the user left open never is.
    pub fn differs(&self, have: &Auto<T>) -> bool
    where
        T: PartialEq,
    {
        self.0.is_some() && self.0 != have.0
    }
}

impl<T> From<T> for Auto<T> {
    fn from(it: T) -> Self {
        Auto(Some(it))
    }
}

impl<T> From<Option<T>> for Auto<T> {
    fn from(it: Option<T>) -> Self {
        Auto(it)
    }
}

impl<T: Field> Field for Auto<T> {
    const KIND: Kind = T::KIND;
    const DECIDES: Decides = Decides::Auto;
    const ONE_OF: &'static [&'static str] = T::ONE_OF;
    fn from_value(value: &Value) -> Result<Self, Mistake> {
        given(value).map(Auto)
    }
    fn to_value(&self) -> Value {
        self.0.to_value()
    }
    fn blank() -> Self {
        Auto(None)
    }
}

/// Only AWS.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Out<T>(Option<T>);

impl<T> Out<T> {
    /// Sets what AWS tells.
    pub fn set(&mut self, value: impl Into<Option<T>>) {
        self.0 = value.into();
    }

    /// Borrows what AWS told.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<T> From<Option<T>> for Out<T> {
    fn from(it: Option<T>) -> Self {
        Out(it)
    }
}

impl<T: Field> Field for Out<T> {
    const KIND: Kind = T::KIND;
    const DECIDES: Decides = Decides::Out;
    const SENSITIVE: bool = T::SENSITIVE;
    fn from_value(value: &Value) -> Result<Self, Mistake> {
        given(value).map(Out)
    }
    fn to_value(&self) -> Value {
        self.0.to_value()
    }
    fn blank() -> Self {
        Out(None)
    }
}

/// Never shown.
#[derive(Clone, Default, PartialEq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// The secret, for the one call that needs it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> From<T> for Secret<T> {
    fn from(it: T) -> Self {
        Secret(it)
    }
}

impl<T> std::fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(sensitive)")
    }
}

impl<T: Field> Field for Secret<T> {
    const KIND: Kind = T::KIND;
    const DECIDES: Decides = T::DECIDES;
    const SENSITIVE: bool = true;
    fn from_value(value: &Value) -> Result<Self, Mistake> {
        T::from_value(value).map(Secret)
    }
    fn to_value(&self) -> Value {
        self.0.to_value().sensitive()
    }
    fn blank() -> Self {
        Secret(T::blank())
    }
}

/// Sent, never stored: reads back as null.
#[derive(Clone, Default, PartialEq)]
pub struct WriteOnly<T>(Option<T>);

impl<T> WriteOnly<T> {
    /// What is to be sent.
    pub fn expose(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<T> std::fmt::Debug for WriteOnly<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(write-only)")
    }
}

impl<T: Field> Field for WriteOnly<T> {
    const KIND: Kind = T::KIND;
    const DECIDES: Decides = Decides::Optional;
    const SENSITIVE: bool = true;
    const WRITE_ONLY: bool = true;
    fn from_value(value: &Value) -> Result<Self, Mistake> {
        given(value).map(WriteOnly)
    }
    fn to_value(&self) -> Value {
        Value::null(T::KIND.ty())
    }
    fn blank() -> Self {
        WriteOnly(None)
    }
}

fn items<T: Field>(value: &Value) -> Result<Vec<T>, Mistake> {
    let Some(items) = value.as_slice() else {
        return match value.is_null() {
            true => Ok(Vec::new()),
            false => Err(Mistake::shape("a list or set", value)),
        };
    };
    let each = items.iter().enumerate();
    each.map(|(at, it)| T::from_value(it).map_err(|m| m.under(format!("[{at}]")))).collect()
}

impl<T: Field + 'static> Field for Vec<T> {
    const KIND: Kind = Kind::List(&T::KIND);
    const ONE_OF: &'static [&'static str] = T::ONE_OF;
    fn from_value(value: &Value) -> Result<Self, Mistake> {
        items(value)
    }
    fn to_value(&self) -> Value {
        Value::list(T::KIND.ty(), self.iter().map(T::to_value))
    }
    fn blank() -> Self {
        Vec::new()
    }
}

/// Elements without order, each once. Two sets are equal when they hold the same elements.
#[derive(Clone, Debug, Default)]
pub struct Set<T>(pub Vec<T>);

impl<T: PartialEq> PartialEq for Set<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().all(|it| other.0.contains(it))
    }
}

impl<T: PartialEq + Clone> Set<T> {
    /// Elements that this set has and the other has not.
    pub fn minus(&self, other: &Set<T>) -> Vec<T> {
        self.0.iter().filter(|it| !other.0.contains(it)).cloned().collect()
    }
}

impl<T> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Set(items.into_iter().collect())
    }
}

impl<T: Field + 'static> Field for Set<T> {
    const KIND: Kind = Kind::Set(&T::KIND);
    const ONE_OF: &'static [&'static str] = T::ONE_OF;
    fn from_value(value: &Value) -> Result<Self, Mistake> {
        items(value).map(Set)
    }
    fn to_value(&self) -> Value {
        Value::set(T::KIND.ty(), self.0.iter().map(T::to_value))
    }
    fn blank() -> Self {
        Set(Vec::new())
    }
}

impl<T: Field + 'static> Field for BTreeMap<String, T> {
    const KIND: Kind = Kind::Map(&T::KIND);
    fn from_value(value: &Value) -> Result<Self, Mistake> {
        let Some(entries) = value.as_entries() else {
            return match value.is_null() {
                true => Ok(BTreeMap::new()),
                false => Err(Mistake::shape("a map", value)),
            };
        };
        entries.iter().map(|(k, v)| Ok((k.to_string(), T::from_value(v)?))).collect()
    }
    fn to_value(&self) -> Value {
        Value::map(T::KIND.ty(), self.iter().map(|(k, v)| (k.as_str().into(), v.to_value())))
    }
    fn blank() -> Self {
        BTreeMap::new()
    }
}

/// At most one nested block of that struct: `versioning { … }`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block<T>(pub Option<T>);

impl<T> Block<T> {
    /// The block, where it is written.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

/// A struct of nested fields, written as a block or an object. Made by `#[derive(Nested)]`.
pub trait Nested: Row {
    /// Its fields.
    const ATTRIBUTES: &'static [Attribute];
}

/// A struct of nested fields as a value: an object, alone or in a list, set or map.
impl<T: Nested> Field for T {
    const KIND: Kind = Kind::Object(T::ATTRIBUTES);
    fn from_value(value: &Value) -> Result<Self, Mistake> {
        T::from_row(value)
    }
    fn to_value(&self) -> Value {
        self.to_row()
    }
    fn blank() -> Self {
        <T as Row>::blank()
    }
}

const fn block<T: Nested>(nesting: Nesting, count: (usize, usize)) -> Kind {
    Kind::Block { attributes: T::ATTRIBUTES, nesting, count, as_attribute: false }
}

/// The shape of nested blocks with another count, or writable as an attribute too.
pub const fn reshaped(kind: Kind, count: (usize, usize), as_attribute: bool) -> Kind {
    match kind {
        Kind::Block { attributes, nesting, .. } => {
            Kind::Block { attributes, nesting, count, as_attribute }
        }
        _ => panic!("`count` and `as_attribute` are for nested blocks"),
    }
}

impl<T: Nested> Field for Block<T> {
    const KIND: Kind = block::<T>(Nesting::List, (0, 1));
    const DECIDES: Decides = Decides::Optional;
    fn from_value(value: &Value) -> Result<Self, Mistake> {
        let first = value.as_slice().and_then(|it| it.first());
        first.map(T::from_row).transpose().map(Block)
    }
    fn to_value(&self) -> Value {
        Value::list(super::attribute::object_type(T::ATTRIBUTES), self.0.iter().map(T::to_row))
    }
    fn blank() -> Self {
        Block(None)
    }
}

/// Nested blocks in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blocks<T>(pub Vec<T>);

impl<T: Nested> Field for Blocks<T> {
    const KIND: Kind = block::<T>(Nesting::List, (0, usize::MAX));
    const DECIDES: Decides = Decides::Optional;
    fn from_value(value: &Value) -> Result<Self, Mistake> {
        let items = value.as_slice().unwrap_or_default();
        items.iter().map(T::from_row).collect::<Result<_, _>>().map(Blocks)
    }
    fn to_value(&self) -> Value {
        Value::list(super::attribute::object_type(T::ATTRIBUTES), self.0.iter().map(T::to_row))
    }
    fn blank() -> Self {
        Blocks(Vec::new())
    }
}

/// Nested blocks without order.
#[derive(Clone, Debug, Default)]
pub struct BlockSet<T>(pub Vec<T>);

impl<T: PartialEq> PartialEq for BlockSet<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().all(|it| other.0.contains(it))
    }
}

impl<T: Nested> Field for BlockSet<T> {
    const KIND: Kind = block::<T>(Nesting::Set, (0, usize::MAX));
    const DECIDES: Decides = Decides::Optional;
    fn from_value(value: &Value) -> Result<Self, Mistake> {
        let items = value.as_slice().unwrap_or_default();
        items.iter().map(T::from_row).collect::<Result<_, _>>().map(BlockSet)
    }
    fn to_value(&self) -> Value {
        Value::set(super::attribute::object_type(T::ATTRIBUTES), self.0.iter().map(T::to_row))
    }
    fn blank() -> Self {
        BlockSet(Vec::new())
    }
}

/// Brings `tags` and `tags_all`: what the user gave, and that merged over `default_tags`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tags {
    /// What the user gave on this resource.
    pub own: BTreeMap<String, String>,
    /// Those and the provider's `default_tags`: what AWS holds.
    pub all: BTreeMap<String, String>,
}

impl Tags {
    /// Sets what AWS tells. Names that AWS reserves (`aws:…`) are left out.
    ///
    /// Of those tags, the ones that differ from what this resource was known to have are its own.
    pub fn observe<K: Into<String>, V: Into<String>>(
        &mut self,
        seen: impl IntoIterator<Item = (K, V)>,
    ) {
        let seen = seen.into_iter().map(|(k, v)| (k.into(), v.into()));
        let seen: BTreeMap<String, String> = seen.filter(|(k, _)| !k.starts_with("aws:")).collect();
        let from_defaults = |k: &String, v: &String| {
            !self.own.contains_key(k) && self.all.get(k).is_some_and(|known| known == v)
        };
        self.own = seen
            .iter()
            .filter(|(k, v)| !from_defaults(k, v))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        self.all = seen;
    }
}

const TAG_KIND: Kind = Kind::Map(&Kind::String);

/// The attribute `tags`.
pub const TAGS: Attribute = Attribute {
    name: "tags",
    doc: "Tags of the resource; those of `default_tags` are added, and its own win.",
    kind: TAG_KIND,
    decides: Decides::Optional,
    ..Attribute::BLANK
};

/// The attribute `tags_all`.
pub const TAGS_ALL: Attribute = Attribute {
    name: "tags_all",
    doc: "Tags of the resource with those of `default_tags`.",
    kind: TAG_KIND,
    decides: Decides::Auto,
    ..Attribute::BLANK
};

impl Tags {
    /// Reads `tags` and `tags_all` of a row.
    pub fn from_values(own: &Value, all: &Value) -> Result<Self, Mistake> {
        let map = |it: &Value| match it.is_known() {
            true => BTreeMap::from_value(it),
            false => Ok(BTreeMap::new()),
        };
        Ok(Tags { own: map(own)?, all: map(all)? })
    }

    /// The values of `tags` and `tags_all`.
    pub fn to_values(&self) -> (Value, Value) {
        let own = match self.own.is_empty() {
            true => Value::null(Type::map(Type::String)),
            false => self.own.to_value(),
        };
        (own, self.all.to_value())
    }
}
