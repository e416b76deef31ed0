//! The parts of a value, with what is often asked of all of them.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use litemap::LiteMap;

use super::{Marks, Str, Value};
use crate::lang::types::Type;

/// Elements in order.
pub type Items = Parts<Vec<Value>>;

/// Attributes or elements by name.
pub type Entries = Parts<Named>;

/// Values by name, sorted, side by side: most objects have a handful of attributes.
pub type Named = LiteMap<Str, Value>;

/// Parts that are shared. What holds for all of them, at any depth, is found out when they are put
/// together, so that nobody has to go through them again to ask.
pub struct Parts<T>(Arc<Shared<T>>);

struct Shared<T> {
    parts: T,
    whole: Whole,
    /// The type of a tuple or object of them, once somebody has asked.
    ty: OnceLock<Type>,
}

/// What holds for all parts of a value, at any depth.
pub(super) struct Whole {
    /// The marks of all of them.
    pub marks: Marks,
    /// Whether all of them are known.
    pub known: bool,
    /// How many there are.
    pub count: usize,
}

impl Whole {
    fn of<'v>(parts: impl Iterator<Item = &'v Value> + Clone) -> Whole {
        let mut all = Whole { marks: Marks::NONE, known: true, count: 0 };
        let mut marked = false;
        for part in parts.clone() {
            let inner = part.whole();
            marked |= !part.marks.is_empty() || inner.is_some_and(|it| !it.marks.is_empty());
            all.known &= part.is_known() && inner.is_none_or(|it| it.known);
            all.count = all.count.saturating_add(1).saturating_add(inner.map_or(0, |it| it.count));
        }
        if marked {
            let marks = |it: &'v Value| [Some(&it.marks), it.whole().map(|it| &it.marks)];
            all.marks = parts.flat_map(marks).flatten().collect();
        }
        all
    }
}

impl<T> Parts<T> {
    fn new(parts: T, whole: Whole) -> Self {
        Parts(Arc::new(Shared { parts, whole, ty: OnceLock::new() }))
    }

    pub(super) fn whole(&self) -> &Whole {
        &self.0.whole
    }
}

impl Items {
    /// The type of a tuple of them.
    pub(super) fn ty(&self) -> &Type {
        self.0.ty.get_or_init(|| Type::tuple(self.iter().map(Value::ty)))
    }
}

impl Entries {
    /// The type of an object of them.
    pub(super) fn ty(&self) -> &Type {
        self.0.ty.get_or_init(|| Type::object(self.iter().map(|(k, v)| (k.clone(), v.ty()))))
    }
}

impl From<Vec<Value>> for Items {
    fn from(parts: Vec<Value>) -> Self {
        let whole = Whole::of(parts.iter());
        Parts::new(parts, whole)
    }
}

impl From<Named> for Entries {
    fn from(parts: Named) -> Self {
        let whole = Whole::of(parts.iter().map(|(_, part)| part));
        Parts::new(parts, whole)
    }
}

impl FromIterator<Value> for Items {
    fn from_iter<I: IntoIterator<Item = Value>>(parts: I) -> Self {
        Vec::from_iter(parts).into()
    }
}

impl FromIterator<(Str, Value)> for Entries {
    fn from_iter<I: IntoIterator<Item = (Str, Value)>>(parts: I) -> Self {
        Named::from_iter(parts).into()
    }
}

impl<T> Clone for Parts<T> {
    fn clone(&self) -> Self {
        Parts(self.0.clone())
    }
}

impl<T> Deref for Parts<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_for_parts_at_any_depth_is_known_of_the_whole() {
        let inner = Value::tuple([Value::from("x").sensitive(), Value::unknown(Type::String)]);
        let outer = Value::object([("a", inner), ("b", 1.into())]);
        assert!(outer.marks().is_empty() && outer.deep_marks().sensitive);
        assert!(outer.is_known() && !outer.is_wholly_known());
        assert_eq!(outer.part_count(), 4);
        let (bare, marks) = outer.without_marks();
        assert!(marks.sensitive && bare.deep_marks().is_empty() && bare.part_count() == 4);
    }

    #[test]
    fn the_count_of_parts_never_overflows() {
        let doubled = |it: Value, _| Value::tuple([it.clone(), it]);
        assert_eq!((0..200).fold(Value::TRUE, doubled).part_count(), usize::MAX);
    }
}
