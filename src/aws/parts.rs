//! Nested blocks that stand for parts of an object: how they are sent and seen.

use crate::schema::Block;

/// A nested block that stands for a part of an object.
pub(crate) trait Part: Clone {
    /// The same as AWS has it.
    type Of;
    /// As it is sent; none where it says nothing.
    fn sent(&self) -> Option<Self::Of>;
    /// What AWS tells, in the words of what was known; none where it says nothing.
    fn seen(known: Option<&Self>, it: Self::Of) -> Option<Self>;
}

/// Blocks of at most one part.
pub(crate) trait PartBlock<P: Part> {
    /// As it is sent.
    fn sent(&self) -> Option<P::Of>;
    /// Sets what AWS tells.
    fn observe(&mut self, seen: Option<P::Of>);
}

impl<P: Part> PartBlock<P> for Block<P> {
    fn sent(&self) -> Option<P::Of> {
        self.0.as_ref().and_then(P::sent)
    }

    fn observe(&mut self, seen: Option<P::Of>) {
        let known = self.0.take();
        let seen = seen.and_then(|it| P::seen(known.as_ref(), it));
        // Of a block that says nothing AWS tells nothing.
        self.0 = seen.or_else(|| known.filter(|it| it.sent().is_none()));
    }
}
