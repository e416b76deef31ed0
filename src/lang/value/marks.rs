//! Marks: what is to be kept of a value wherever it goes, and the instances that it came from.

use std::sync::Arc;

/// Marks of a value: they go wherever it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Not to be shown.
    pub sensitive: bool,
    /// Not to be stored.
    pub ephemeral: bool,
    /// The resource instances that it came from.
    pub from: Origins,
}

/// Resource instances that a value came from, by number, sorted. What numbers stand for is known to
/// whoever marked the values: [`Evaluation`](crate::plan::evaluation::Evaluation).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Option<Arc<Vec<u32>>>);

impl Origins {
    /// One instance.
    pub fn one(instance: u32) -> Self {
        Origins(Some(Arc::new(vec![instance])))
    }

    /// The instances, sorted.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().flat_map(|it| it.iter().copied())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether both are one and the same list.
    fn is_shared(&self, other: &Origins) -> bool {
        matches!((&self.0, &other.0), (Some(a), Some(b)) if Arc::ptr_eq(a, b))
    }

    /// Those of both.
    pub fn union(&self, other: &Origins) -> Origins {
        match (&self.0, &other.0) {
            (None, _) => other.clone(),
            (_, None) => self.clone(),
            (Some(a), Some(b)) if Arc::ptr_eq(a, b) => self.clone(),
            (Some(a), Some(b)) if b.iter().all(|it| a.binary_search(it).is_ok()) => self.clone(),
            (Some(a), Some(b)) => a.iter().chain(b.iter()).copied().collect(),
        }
    }
}

impl FromIterator<u32> for Origins {
    fn from_iter<I: IntoIterator<Item = u32>>(them: I) -> Self {
        let mut all: Vec<u32> = them.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        Origins((!all.is_empty()).then(|| Arc::new(all)))
    }
}

impl Marks {
    /// No marks.
    pub const NONE: Marks = Marks { sensitive: false, ephemeral: false, from: Origins(None) };

    /// Sensitive and nothing else.
    pub const SENSITIVE: Marks = Marks { sensitive: true, ephemeral: false, from: Origins(None) };

    /// Ephemeral and nothing else.
    pub const EPHEMERAL: Marks = Marks { sensitive: false, ephemeral: true, from: Origins(None) };

    /// Those of an instance's values.
    pub fn from_instance(instance: u32) -> Marks {
        Marks { from: Origins::one(instance), ..Marks::NONE }
    }

    /// Without the instances: who may see it, and where it may go.
    pub fn shown(&self) -> Marks {
        Marks { from: Origins::default(), ..*self }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        !self.sensitive && !self.ephemeral && self.from.is_empty()
    }

    /// Those of both.
    pub fn union(&self, other: &Marks) -> Marks {
        if other.is_empty() {
            return self.clone();
        }
        Marks {
            sensitive: self.sensitive || other.sensitive,
            ephemeral: self.ephemeral || other.ephemeral,
            from: self.from.union(&other.from),
        }
    }
}

/// Those of all.
impl<'m> FromIterator<&'m Marks> for Marks {
    fn from_iter<I: IntoIterator<Item = &'m Marks>>(them: I) -> Self {
        let mut all = Marks::NONE;
        // United at the end, all at once: there may be thousands.
        let mut origins: Vec<&Origins> = Vec::new();
        for it in them {
            all.sensitive |= it.sensitive;
            all.ephemeral |= it.ephemeral;
            if !it.from.is_empty() && !origins.last().is_some_and(|last| last.is_shared(&it.from)) {
                origins.push(&it.from);
            }
        }
        all.from = match origins.as_slice() {
            [] => Origins::default(),
            [one] => (*one).clone(),
            many => many.iter().flat_map(|it| it.iter()).collect(),
        };
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_united() {
        let (a, b) = (Origins::one(3), Origins::one(1));
        assert_eq!(a.union(&b).iter().collect::<Vec<_>>(), [1, 3]);
        assert_eq!(a.union(&Origins::default()), a);
    }

    #[test]
    fn marks_of_many_are_those_of_each() {
        let [a, b] = [5, 2].map(Marks::from_instance);
        let all: Marks = [&a, &Marks::SENSITIVE, &a, &b, &Marks::NONE].into_iter().collect();
        assert_eq!(all, a.union(&b).union(&Marks::SENSITIVE));
    }
}
