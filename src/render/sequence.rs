//! Which elements of two sequences belong together.

use std::cmp::Ordering;
use std::hash::Hash;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::lang::value::{Kind, Value, set_order};

/// An element of the old sequence, of the new one, or of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Position in the old sequence.
    pub before: Option<usize>,
    /// Position in the new sequence.
    pub after: Option<usize>,
}

impl Pair {
    /// The same position in both.
    pub fn both(index: usize) -> Self {
        Pair { before: Some(index), after: Some(index) }
    }
}

/// Beyond this many, what lies between a common beginning and a common end is not compared further.
const LARGE: usize = 2_000;

/// Lists: what is equal stays, and an object in the place of another is a change of it.
pub fn in_order(before: &[Value], after: &[Value]) -> Vec<Pair> {
    let objects = |b: usize, a: usize| {
        let is = |it: Option<&Value>| it.is_some_and(|it| matches!(it.kind(), Kind::Object(_)));
        is(before.get(b)) && is(after.get(a))
    };
    let (old, new) = numbered(before, after);
    pairs(&old, &new, &objects)
}

/// Lines of text.
pub fn lines(before: &[&str], after: &[&str]) -> Vec<Pair> {
    pairs(before, after, &|_, _| false)
}

/// Sets, which hold their elements sorted.
pub fn without_order(before: &[Value], after: &[Value]) -> Vec<Pair> {
    let mut out = Vec::with_capacity(before.len().max(after.len()));
    let (mut b, mut a) = (0, 0);
    loop {
        let order = match (before.get(b), after.get(a)) {
            (None, None) => return out,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => match set_order(old, new) {
                // An unknown element equals no other.
                Ordering::Equal if !(new.is_wholly_known() && old.same(new)) => Ordering::Less,
                order => order,
            },
        };
        let old = order.is_le().then_some(b);
        let new = order.is_ge().then_some(a);
        out.push(Pair { before: old, after: new });
        b += usize::from(old.is_some());
        a += usize::from(new.is_some());
    }
}

fn pairs<T: Eq + Hash + Ord>(
    before: &[T],
    after: &[T],
    become_each_other: &dyn Fn(usize, usize) -> bool,
) -> Vec<Pair> {
    let first = before.iter().zip(after).take_while(|(b, a)| b == a).count();
    let (old, new) = (&before[first..], &after[first..]);
    let last = old.iter().rev().zip(new.iter().rev()).take_while(|(b, a)| b == a).count();
    let (old, new) = (&old[..old.len() - last], &new[..new.len() - last]);
    let mut out: Vec<Pair> = (0..first).map(Pair::both).collect();
    let replace = |old: Range<usize>, new: Range<usize>, out: &mut Vec<Pair>| {
        let both = |(b, a): (usize, usize)| (first + b, first + a);
        let each = old.clone().zip(new.clone()).map(both);
        let changed = each.take_while(|(b, a)| become_each_other(*b, *a)).count();
        let each = old.clone().zip(new.clone()).map(both).take(changed);
        out.extend(each.map(|(b, a)| Pair { before: Some(b), after: Some(a) }));
        out.extend(old.skip(changed).map(|it| Pair { before: Some(first + it), after: None }));
        out.extend(new.skip(changed).map(|it| Pair { before: None, after: Some(first + it) }));
    };
    if old.len().max(new.len()) > LARGE {
        replace(0..old.len(), 0..new.len(), &mut out);
    } else {
        for op in capture_diff_slices(Algorithm::Myers, old, new) {
            let (old, new) = (op.old_range(), op.new_range());
            match op {
                DiffOp::Equal { .. } => out.extend(
                    old.zip(new)
                        .map(|(b, a)| Pair { before: Some(first + b), after: Some(first + a) }),
                ),
                _ => replace(old, new, &mut out),
            }
        }
    }
    let ends = (before.len() - last..before.len()).zip(after.len() - last..after.len());
    out.extend(ends.map(|(b, a)| Pair { before: Some(b), after: Some(a) }));
    out
}

/// Equal values get equal numbers; an unknown one equals no other.
fn numbered(before: &[Value], after: &[Value]) -> (Vec<usize>, Vec<usize>) {
    if before.len().max(after.len()) > LARGE {
        // By position only.
        let differs = |at: usize| match (before.get(at), after.get(at)) {
            (Some(b), Some(a)) => !(a.is_wholly_known() && b.same(a)),
            _ => true,
        };
        let old = (0..before.len()).map(|at| 3 * at + usize::from(differs(at)));
        let new = (0..after.len()).map(|at| 3 * at + 2 * usize::from(differs(at)));
        return (old.collect(), new.collect());
    }
    let mut known: Vec<&Value> = Vec::new();
    let mut old = Vec::with_capacity(before.len());
    let mut new = Vec::with_capacity(after.len());
    for (from, to) in [(before, &mut old), (after, &mut new)] {
        for it in from {
            let found = known.iter().position(|other| it.is_wholly_known() && it.same(other));
            to.push(found.unwrap_or_else(|| {
                known.push(it);
                known.len() - 1
            }));
        }
    }
    (old, new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::types::Type;

    fn strings(text: &str) -> Vec<Value> {
        text.chars().map(|it| Value::from(it.to_string())).collect()
    }

    #[test]
    fn lists_keep_what_is_equal() {
        let (old, new) = (strings("abc"), strings("axcd"));
        let found: Vec<_> = in_order(&old, &new).iter().map(|it| (it.before, it.after)).collect();
        let want = [
            (Some(0), Some(0)),
            (Some(1), None),
            (None, Some(1)),
            (Some(2), Some(2)),
            (None, Some(3)),
        ];
        assert_eq!(found, want);
    }

    #[test]
    fn sets_know_no_order() {
        let set = |text| Value::set(Type::String, strings(text)).as_slice().unwrap().to_vec();
        let found = without_order(&set("ab"), &set("ca"));
        let found: Vec<_> = found.iter().map(|it| (it.before, it.after)).collect();
        assert_eq!(found, [(Some(0), Some(0)), (Some(1), None), (None, Some(1))]);
    }

    #[test]
    fn large_lists_take_linear_time() {
        let many: Vec<Value> = (0..100_000).map(Value::from).collect();
        assert!(in_order(&many, &many[1..]).len() >= 100_000);
    }
}
