//! The loader: many reads of single objects, few Describe calls.
//!
//! Whoever asks first opens a round, which stays open for a few milliseconds. What is asked for
//! meanwhile joins it; then every object is asked for once, in chunks as large as the service takes.

use std::any::{Any, TypeId};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use futures_util::stream::{self, StreamExt};
use tokio::sync::oneshot;

use super::Aws;
use crate::driver::{Failure, FailureKind, Result};

/// Objects by identifier. What does not exist is absent.
pub type Keyed<T> = HashMap<String, T>;

/// A way to read many objects of one type at once.
pub trait Batch: Send + Sync + 'static {
    /// What one object reads as.
    type Item: Clone + Send + Sync + 'static;
    /// Most identifiers in one call; `1` for what AWS reads one at a time.
    const MAX: usize;

    /// Reads them: all pages, and unknown ones left out instead of refused.
    fn fetch(ids: Vec<String>, aws: &Aws)
    -> impl Future<Output = Result<Keyed<Self::Item>>> + Send;
}

/// Most chunks of one type that are read at the same time.
const CHUNKS_AT_ONCE: usize = 16;

type Waiting<T> = Vec<(String, oneshot::Sender<Result<Option<T>>>)>;

/// What waits to be read, by type of batch.
#[derive(Default)]
pub(super) struct Loaders(Mutex<HashMap<TypeId, Box<dyn Any + Send>>>);

impl Loaders {
    /// Joins the open round; true when that opened it.
    fn join<B: Batch>(&self, id: &str, to: oneshot::Sender<Result<Option<B::Item>>>) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let empty = || Box::new(Waiting::<B::Item>::new()) as Box<dyn Any + Send>;
        let waiting = all.entry(TypeId::of::<B>()).or_insert_with(empty);
        let Some(waiting) = waiting.downcast_mut::<Waiting<B::Item>>() else { return false };
        waiting.push((id.to_string(), to));
        waiting.len() == 1
    }

    /// Closes the round.
    fn close<B: Batch>(&self) -> Waiting<B::Item> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = all.get_mut(&TypeId::of::<B>());
        let waiting = waiting.and_then(|it| it.downcast_mut::<Waiting<B::Item>>());
        waiting.map(std::mem::take).unwrap_or_default()
    }
}

impl Aws {
    /// Reads one object together with all others of that type that are asked for now.
    pub async fn load<B: Batch>(&self, id: &str) -> Result<Option<B::Item>> {
        let (to, from) = oneshot::channel();
        if self.0.loaders.join::<B>(id, to) {
            // A task of its own: the others in the round must not fail with whoever opened it.
            tokio::spawn(round::<B>(self.clone()));
        }
        from.await.unwrap_or_else(|_| Err(Failure::fatal("the batched read was given up")))
    }

    /// Reads many objects; those that do not exist are absent.
    pub async fn load_all<B: Batch>(&self, ids: &[String]) -> Result<Keyed<B::Item>> {
        let reads = ids.iter().map(|id| self.load::<B>(id));
        let found = futures_util::future::try_join_all(reads).await?;
        Ok(ids.iter().cloned().zip(found).filter_map(|(id, it)| Some((id, it?))).collect())
    }
}

async fn round<B: Batch>(aws: Aws) {
    tokio::time::sleep(aws.0.batch_window).await;
    let waiting = aws.0.loaders.close::<B>();
    let ids: BTreeSet<&String> = waiting.iter().map(|(id, _)| id).collect();
    let ids: Vec<String> = ids.into_iter().cloned().collect();
    let chunks = ids.chunks(B::MAX.max(1)).map(|chunk| {
        let aws = &aws;
        let chunk = chunk.to_vec();
        async move { (chunk.clone(), fetch::<B>(chunk, aws).await) }
    });
    let chunks: Vec<_> = chunks.collect();
    let mut results = stream::iter(chunks).buffer_unordered(CHUNKS_AT_ONCE);
    let mut asked: HashMap<String, Vec<oneshot::Sender<_>>> = HashMap::new();
    for (id, to) in waiting {
        asked.entry(id).or_default().push(to);
    }
    while let Some((chunk, result)) = results.next().await {
        for id in chunk {
            let found = match &result {
                Ok(keyed) => Ok(keyed.get(&id).cloned()),
                Err(failure) => Err(failure.clone()),
            };
            for to in asked.remove(&id).into_iter().flatten() {
                // Whoever asked may have gone; nobody is left to tell.
                to.send(found.clone()).ok();
            }
        }
    }
}

/// One chunk. A service that refuses it because one identifier is unknown is asked for each alone:
/// what is gone must not make the others seem gone.
async fn fetch<B: Batch>(chunk: Vec<String>, aws: &Aws) -> Result<Keyed<B::Item>> {
    match B::fetch(chunk.clone(), aws).await {
        Err(it) if it.kind == FailureKind::NotFound => {}
        other => return other,
    }
    let mut found = Keyed::new();
    for id in chunk.iter().filter(|_| chunk.len() > 1) {
        match B::fetch(vec![id.clone()], aws).await {
            Err(it) if it.kind == FailureKind::NotFound => {}
            other => found.extend(other?),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use aws_types::SdkConfig;
    use aws_types::region::Region;

    use super::*;
    use crate::aws::calls::Calls;

    static FETCHES: AtomicUsize = AtomicUsize::new(0);

    struct Evens;

    impl Batch for Evens {
        type Item = usize;
        const MAX: usize = 4;
        async fn fetch(ids: Vec<String>, _: &Aws) -> Result<Keyed<usize>> {
            FETCHES.fetch_add(1, Ordering::SeqCst);
            assert!(ids.len() <= 4);
            if ids.iter().any(|it| it == "bad") {
                return Err(Failure::fatal("bad"));
            }
            if ids.iter().any(|it| it == "gone") {
                return Err(Failure::new(FailureKind::NotFound, "gone"));
            }
            let numbers = ids.into_iter().filter_map(|it| Some((it.clone(), it.parse().ok()?)));
            Ok(numbers.filter(|(_, it)| it % 2 == 0).collect())
        }
    }

    fn nowhere() -> Aws {
        let config = SdkConfig::builder().region(Region::new("eu-central-1")).build();
        Aws::new(config, Duration::from_millis(2), Arc::new(Calls::default()), None).unwrap()
    }

    #[tokio::test]
    async fn reads_are_joined_deduplicated_and_chunked() {
        let aws = nowhere();
        let ids: Vec<String> = (0..10).chain(0..10).map(|it| it.to_string()).collect();
        let found = aws.load_all::<Evens>(&ids).await.unwrap();
        assert_eq!(found.len(), 5);
        assert_eq!(FETCHES.swap(0, Ordering::SeqCst), 3, "ten identifiers in chunks of four");
        assert_eq!(aws.load::<Evens>("3").await, Ok(None));
        assert_eq!(aws.load::<Evens>("bad").await, Err(Failure::fatal("bad")));
        let found = aws.load_all::<Evens>(&["2".into(), "gone".into(), "4".into()]).await;
        assert_eq!(found.unwrap().len(), 2, "the others are still there");
    }
}
