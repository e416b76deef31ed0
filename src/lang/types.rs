//! Types and type constraints: primitives, collections, structures, and `any`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::value::Str;

/// The type of a value, or a constraint on it: [`Type::Any`] stands for a type that is not known.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// `any` in a constraint; the type of an untyped null or unknown.
    Any,
    /// `bool`
    Bool,
    /// `number`
    Number,
    /// `string`
    String,
    /// `list(T)`
    List(Arc<Type>),
    /// `set(T)`
    Set(Arc<Type>),
    /// `map(T)`
    Map(Arc<Type>),
    /// `tuple([T, …])`
    Tuple(Arc<Vec<Type>>),
    /// `object({ name = T, … })`
    Object(Arc<ObjectType>),
}

/// Attributes of an object type, and which of them a constraint lets be absent.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectType {
    /// Every attribute, optional ones included.
    pub attributes: BTreeMap<Str, Type>,
    /// Those marked `optional(…)`. Only constraints have them, never the type of a value.
    pub optional: BTreeSet<Str>,
}

impl Type {
    /// `list(T)`
    pub fn list(of: Type) -> Type {
        Type::List(Arc::new(of))
    }

    /// `set(T)`
    pub fn set(of: Type) -> Type {
        Type::Set(Arc::new(of))
    }

    /// `map(T)`
    pub fn map(of: Type) -> Type {
        Type::Map(Arc::new(of))
    }

    /// `tuple([T, …])`
    pub fn tuple(of: impl IntoIterator<Item = Type>) -> Type {
        Type::Tuple(Arc::new(of.into_iter().collect()))
    }

    /// `object({ name = T, … })`, every attribute required.
    pub fn object<K: Into<Str>>(of: impl IntoIterator<Item = (K, Type)>) -> Type {
        let attributes = of.into_iter().map(|(name, ty)| (name.into(), ty)).collect();
        Type::Object(Arc::new(ObjectType { attributes, optional: BTreeSet::new() }))
    }

    /// Whether it is bool, number or string.
    pub fn is_primitive(&self) -> bool {
        matches!(self, Type::Bool | Type::Number | Type::String)
    }

    /// The element type of a list, set or map.
    pub fn element(&self) -> Option<&Type> {
        match self {
            Type::List(of) | Type::Set(of) | Type::Map(of) => Some(of),
            _ => None,
        }
    }

    /// Whether `any` occurs in it.
    pub fn has_any(&self) -> bool {
        match self {
            Type::Any => true,
            Type::Bool | Type::Number | Type::String => false,
            Type::List(of) | Type::Set(of) | Type::Map(of) => of.has_any(),
            Type::Tuple(of) => of.iter().any(Type::has_any),
            Type::Object(of) => of.attributes.values().any(Type::has_any),
        }
    }

    /// The type without `optional(…)`: what a value that fits the constraint has.
    pub fn without_optional(&self) -> Type {
        match self {
            Type::List(of) => Type::list(of.without_optional()),
            Type::Set(of) => Type::set(of.without_optional()),
            Type::Map(of) => Type::map(of.without_optional()),
            Type::Tuple(of) => Type::tuple(of.iter().map(Type::without_optional)),
            Type::Object(of) => {
                Type::object(of.attributes.iter().map(|(k, v)| (k.clone(), v.without_optional())))
            }
            other => other.clone(),
        }
    }

    /// The word for a message: `string`, `list of string`, `object`.
    pub fn friendly(&self) -> String {
        match self {
            Type::Any => "dynamic".into(),
            Type::Bool => "bool".into(),
            Type::Number => "number".into(),
            Type::String => "string".into(),
            Type::List(of) => format!("list of {}", of.friendly_element()),
            Type::Set(of) => format!("set of {}", of.friendly_element()),
            Type::Map(of) => format!("map of {}", of.friendly_element()),
            Type::Tuple(_) => "tuple".into(),
            Type::Object(_) => "object".into(),
        }
    }

    fn friendly_element(&self) -> String {
        match self {
            Type::Any => "any single type".into(),
            other => other.friendly(),
        }
    }

    /// As the state and plan formats write it: `"string"`, `["list","string"]`, `["object",{…}]`.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::{Value as Json, json};
        match self {
            Type::Any => json!("dynamic"),
            Type::Bool => json!("bool"),
            Type::Number => json!("number"),
            Type::String => json!("string"),
            Type::List(of) => json!(["list", of.to_json()]),
            Type::Set(of) => json!(["set", of.to_json()]),
            Type::Map(of) => json!(["map", of.to_json()]),
            Type::Tuple(of) => json!(["tuple", of.iter().map(Type::to_json).collect::<Vec<_>>()]),
            Type::Object(of) => {
                let attributes: serde_json::Map<String, Json> =
                    of.attributes.iter().map(|(k, v)| (k.to_string(), v.to_json())).collect();
                json!(["object", attributes])
            }
        }
    }

    /// Reads back what [`Type::to_json`] wrote.
    pub fn from_json(json: &serde_json::Value) -> Option<Type> {
        if let Some(word) = json.as_str() {
            return Some(match word {
                "dynamic" => Type::Any,
                "bool" => Type::Bool,
                "number" => Type::Number,
                "string" => Type::String,
                _ => return None,
            });
        }
        let [word, of, ..] = json.as_array()?.as_slice() else { return None };
        Some(match word.as_str()? {
            "list" => Type::list(Type::from_json(of)?),
            "set" => Type::set(Type::from_json(of)?),
            "map" => Type::map(Type::from_json(of)?),
            "tuple" => {
                let of: Option<Vec<Type>> = of.as_array()?.iter().map(Type::from_json).collect();
                Type::tuple(of?)
            }
            "object" => {
                let mut attributes = Vec::new();
                for (name, ty) in of.as_object()? {
                    attributes.push((name.as_str(), Type::from_json(ty)?));
                }
                Type::object(attributes)
            }
            _ => return None,
        })
    }
}

/// As a constraint is written on one line; `type()` of the console prints the same over many lines.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Any => f.write_str("any"),
            Type::Bool => f.write_str("bool"),
            Type::Number => f.write_str("number"),
            Type::String => f.write_str("string"),
            Type::List(of) => write!(f, "list({of})"),
            Type::Set(of) => write!(f, "set({of})"),
            Type::Map(of) => write!(f, "map({of})"),
            Type::Tuple(of) => {
                f.write_str("tuple([")?;
                for (index, ty) in of.iter().enumerate() {
                    write!(f, "{}{ty}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str("])")
            }
            Type::Object(of) => {
                f.write_str("object({")?;
                for (index, (name, ty)) in of.attributes.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    match of.optional.contains(name) {
                        true => write!(f, "{comma}{name}=optional({ty})")?,
                        false => write!(f, "{comma}{name}={ty}")?,
                    }
                }
                f.write_str("})")
            }
        }
    }
}

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
