//! Defaults of `optional(…)` attributes.

use std::collections::BTreeMap;

use crate::lang::value::{Kind, Named, Str, Value};

/// What `optional(T, default)` says, in the shape of the type it stands in. Applied to a value
/// before that is converted to the type.
#[derive(Clone, Debug, Default)]
pub struct TypeDefaults {
    /// Default by attribute.
    pub values: BTreeMap<Str, Value>,
    /// Of the attributes' own types.
    pub attributes: BTreeMap<Str, TypeDefaults>,
    /// Of the elements of a tuple, by place.
    pub items: BTreeMap<usize, TypeDefaults>,
    /// Of the elements of a list, set or map.
    pub element: Option<Box<TypeDefaults>>,
}

impl TypeDefaults {
    /// Whether there are none at all.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
            && self.attributes.is_empty()
            && self.items.is_empty()
            && self.element.is_none()
    }

    /// The value with every default filled in; collections whose elements may differ afterwards
    /// become tuples and objects.
    pub fn apply(&self, value: &Value) -> Value {
        if self.is_empty() {
            return value.clone();
        }
        let filled = match value.kind() {
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
                let each = items.iter().enumerate().map(|(at, item)| {
                    let defaults = self.items.get(&at).or(self.element.as_deref());
                    defaults.map_or_else(|| item.clone(), |it| it.apply(item))
                });
                Value::tuple(each)
            }
            Kind::Map(_, items) | Kind::Object(items) => {
                if let Some(element) = &self.element {
                    Value::object(items.iter().map(|(k, v)| (k.clone(), element.apply(v))))
                } else {
                    self.fill(items)
                }
            }
            _ => return value.clone(),
        };
        filled.with_marks(value.marks())
    }

    fn fill(&self, items: &Named) -> Value {
        let mut out = items.clone();
        for (name, default) in &self.values {
            let missing = out.get(name).is_none_or(Value::is_null);
            if missing {
                out.insert(name.clone(), default.clone());
            }
        }
        for (name, defaults) in &self.attributes {
            if let Some(value) = out.get_mut(name) {
                *value = defaults.apply(value);
            }
        }
        Value::object(out)
    }
}
