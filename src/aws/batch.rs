//! The loader: many reads of single objects, few Describe calls.
//!
//! Whoever asks first opens a round, which stays open until nobody has joined it for a few
//! milliseconds. Then every object is asked for once, in chunks as large as the service takes.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

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

    /// Reads them: all pages, and unknown ones left out instead of refused. What it brings beside
    /// them is welcome.
    fn fetch(ids: Vec<String>, aws: &Aws)
    -> impl Future<Output = Result<Keyed<Self::Item>>> + Send;
}

/// Most chunks of one type that are read at the same time.
const CHUNKS_AT_ONCE: usize = 16;

/// Most windows that a round stays open, however many go on joining it.
const WINDOWS: usize = 10;

type Asker<T> = oneshot::Sender<Result<Option<T>>>;

/// What is read of one type.
struct Desk<T> {
    /// Who waits for the open round, by what they ask for.
    waiting: BTreeMap<String, Vec<Asker<T>>>,
    /// Who asks for what is being read already; only where replies are kept.
    late: HashMap<String, Vec<Asker<T>>>,
    /// Replies; only where they are kept.
    told: HashMap<String, Option<T>>,
}

impl<T> Default for Desk<T> {
    fn default() -> Self {
        let (waiting, late, told) = Default::default();
        Desk { waiting, late, told }
    }
}

/// What waits to be read, by type of batch.
#[derive(Default)]
pub(super) struct Loaders {
    desks: Mutex<HashMap<TypeId, Box<dyn Any + Send>>>,
    keep: bool,
}

impl Loaders {
    /// Loaders that read each object once and tell it again from then on.
    pub(super) fn keeping() -> Self {
        Loaders { keep: true, ..Loaders::default() }
    }

    fn desk<B: Batch, R>(&self, work: impl FnOnce(&mut Desk<B::Item>) -> R) -> R {
        let mut all = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        let empty = || Box::new(Desk::<B::Item>::default()) as Box<dyn Any + Send>;
        // Each is stored under its own type; were it not, its askers would be told so.
        match all.entry(TypeId::of::<B>()).or_insert_with(empty).downcast_mut() {
            Some(desk) => work(desk),
            None => work(&mut Desk::default()),
        }
    }

    /// Joins the open round; true when that opened it.
    fn join<B: Batch>(&self, id: &str, asker: Asker<B::Item>) -> bool {
        self.desk::<B, _>(|desk| {
            if let Some(told) = desk.told.get(id) {
                // Whoever asked may have gone; nobody is left to tell.
                asker.send(Ok(told.clone())).ok();
                return false;
            }
            if let Some(askers) = desk.late.get_mut(id) {
                askers.push(asker);
                return false;
            }
            let opens = desk.waiting.is_empty();
            desk.waiting.entry(id.to_string()).or_default().push(asker);
            opens
        })
    }

    /// How many have joined the open round.
    fn joined<B: Batch>(&self) -> usize {
        self.desk::<B, _>(|desk| desk.waiting.values().map(Vec::len).sum())
    }

    /// Closes the round.
    fn close<B: Batch>(&self) -> BTreeMap<String, Vec<Asker<B::Item>>> {
        self.desk::<B, _>(|desk| {
            let round = std::mem::take(&mut desk.waiting);
            if self.keep {
                desk.late.extend(round.keys().map(|id| (id.clone(), Vec::new())));
            }
            round
        })
    }

    /// Keeps what a chunk told; who has asked for it meanwhile.
    fn keep<B: Batch>(
        &self,
        chunk: &[String],
        result: &Result<Keyed<B::Item>>,
    ) -> Vec<(String, Asker<B::Item>)> {
        if !self.keep {
            return Vec::new();
        }
        self.desk::<B, _>(|desk| {
            if let Ok(found) = result {
                let beside = found.iter().filter(|(id, _)| !desk.late.contains_key(*id));
                desk.told.extend(beside.map(|(id, it)| (id.clone(), Some(it.clone()))));
                let asked = chunk.iter().map(|id| (id.clone(), found.get(id).cloned()));
                desk.told.extend(asked);
            }
            let late = chunk.iter().filter_map(|id| desk.late.remove_entry(id));
            late.flat_map(|(id, askers)| askers.into_iter().map(move |it| (id.clone(), it)))
                .collect()
        })
    }
}

impl Aws {
    /// Reads one object together with all others of that type that are asked for now.
    pub async fn load<B: Batch>(&self, id: &str) -> Result<Option<B::Item>> {
        let (to, from) = oneshot::channel();
        let loaders = self.loaders();
        if loaders.join::<B>(id, to) {
            // A task of its own: the others in the round must not fail with whoever opened it.
            tokio::spawn(round::<B>(self.clone(), loaders));
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

/// Waits until nobody joins any more.
async fn gather<B: Batch>(aws: &Aws, loaders: &Loaders) {
    let mut joined = 0;
    for _ in 0..WINDOWS {
        tokio::time::sleep(aws.0.batch_window).await;
        let now = loaders.joined::<B>();
        if now == joined {
            return;
        }
        joined = now;
    }
}

async fn round<B: Batch>(aws: Aws, loaders: Arc<Loaders>) {
    gather::<B>(&aws, &loaders).await;
    let mut asked = loaders.close::<B>();
    let ids: Vec<String> = asked.keys().cloned().collect();
    let chunks = ids.chunks(B::MAX.max(1)).map(|chunk| {
        let aws = &aws;
        let chunk = chunk.to_vec();
        async move { (chunk.clone(), fetch::<B>(chunk, aws).await) }
    });
    let chunks: Vec<_> = chunks.collect();
    let mut results = stream::iter(chunks).buffer_unordered(CHUNKS_AT_ONCE);
    while let Some((chunk, result)) = results.next().await {
        let late = loaders.keep::<B>(&chunk, &result);
        let first = chunk.iter().filter_map(|id| asked.remove_entry(id));
        let first = first.flat_map(|(id, all)| all.into_iter().map(move |it| (id.clone(), it)));
        for (id, asker) in first.chain(late) {
            let found = result.as_ref().map(|it| it.get(&id).cloned()).map_err(Failure::clone);
            // Whoever asked may have gone; nobody is left to tell.
            asker.send(found).ok();
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
    use crate::provider::Survey;

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

    static DAYS: AtomicUsize = AtomicUsize::new(0);

    /// Every day of a week, whichever is asked for; one call each.
    struct Days;

    impl Batch for Days {
        type Item = usize;
        const MAX: usize = 1;
        async fn fetch(ids: Vec<String>, _: &Aws) -> Result<Keyed<usize>> {
            DAYS.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            match ids[0].as_str() {
                "lost" => Err(Failure::fatal("lost")),
                _ => Ok((0..7).map(|it| (it.to_string(), it)).collect()),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_survey_asks_for_each_object_once() {
        let aws = nowhere();
        aws.begin_survey(&Survey { known: Vec::new(), looked_at: None });
        let late = async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            aws.load::<Days>("1").await
        };
        let (first, late) = tokio::join!(aws.load::<Days>("1"), late);
        assert_eq!((first, late), (Ok(Some(1)), Ok(Some(1))));
        assert_eq!(aws.load::<Days>("1").await, Ok(Some(1)));
        assert_eq!(aws.load::<Days>("6").await, Ok(Some(6)), "what was told beside it");
        assert_eq!(DAYS.load(Ordering::SeqCst), 1);
        assert_eq!(aws.load::<Days>("7").await, Ok(None));
        assert_eq!(aws.load::<Days>("7").await, Ok(None));
        assert_eq!(DAYS.load(Ordering::SeqCst), 2, "what is not there is known, too");
        assert!(aws.load::<Days>("lost").await.is_err());
        assert!(aws.load::<Days>("lost").await.is_err());
        assert_eq!(DAYS.load(Ordering::SeqCst), 4, "a failure is not kept");
        aws.end_survey();
        assert_eq!(aws.load::<Days>("1").await, Ok(Some(1)));
        assert_eq!(DAYS.load(Ordering::SeqCst), 5, "outside of a survey all is read anew");
    }
}
