//! What AWS tells of an argument for which "unset" and "empty" are one.

use std::collections::BTreeMap;

use super::Set;

/// A value that may say nothing: an empty text, list or map, `false`, zero.
pub trait Void {
    /// Whether it says nothing.
    fn is_void(&self) -> bool;
}

impl Void for bool {
    fn is_void(&self) -> bool {
        !self
    }
}

impl Void for i32 {
    fn is_void(&self) -> bool {
        *self == 0
    }
}

impl Void for String {
    fn is_void(&self) -> bool {
        self.is_empty()
    }
}

impl<T> Void for Vec<T> {
    fn is_void(&self) -> bool {
        self.is_empty()
    }
}

impl<T> Void for Set<T> {
    fn is_void(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Void for BTreeMap<String, T> {
    fn is_void(&self) -> bool {
        self.is_empty()
    }
}

/// What was seen; what was known where both say nothing, so that `tags = {}` and no `tags` at all
/// are no change in either direction.
pub fn told<T: Void>(known: Option<T>, seen: impl Into<Option<T>>) -> Option<T> {
    let (seen, void) = (seen.into(), |it: &Option<T>| it.as_ref().is_none_or(T::is_void));
    if void(&known) && void(&seen) { known } else { seen }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays_as_it_is_written() {
        let text = |it: &str| Some(it.to_string());
        let cases = [
            (None, text(""), None),
            (text(""), None, text("")),
            (text(""), text(""), text("")),
            (None, text("a"), text("a")),
            (text("a"), None, None),
            (text("a"), text(""), text("")),
            (text("a"), text("b"), text("b")),
        ];
        for (known, seen, expected) in cases {
            assert_eq!(told(known.clone(), seen.clone()), expected, "{known:?} {seen:?}");
        }
        assert_eq!(told(None::<Set<String>>, Some(Set::<String>::default())), None);
        assert_eq!(told(None::<bool>, Some(false)), None);
        assert_eq!(told(Some(5), 0), Some(0));
    }
}
