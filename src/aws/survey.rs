//! A survey: what a plan reads, each object once.
//!
//! A plan changes nothing, so what it reads for a resource, for what belongs to it and for a data
//! source may be told once. It says beforehand which objects it will read: their tags, which most
//! services tell of one object a call, are then asked for together, from the account's index of tags.
//! That index follows changes by some seconds, so only what it tells as it was known is believed;
//! where it differs, the service itself is asked.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};

use futures_util::future::join_all;
use tokio::sync::OnceCell;

use super::Aws;
use super::batch::Loaders;
use crate::driver::Result;
use crate::lang::value::Value;
use crate::provider::Expected;

type TagMap = BTreeMap<String, String>;

/// Most objects that one call asks the index for.
const ARNS_A_CALL: usize = 100;

/// What is known before, and what has been read so far.
pub(super) struct Survey {
    /// Tags as they were, by ARN.
    known: HashMap<String, TagMap>,
    /// Tags as the index tells them, by ARN, once it was asked.
    index: OnceCell<HashMap<String, TagMap>>,
    loaders: Arc<Loaders>,
}

impl Survey {
    fn new(objects: &[Expected<'_>]) -> Self {
        let known = objects.iter().filter_map(|it| tags_of(it.known)).collect();
        Survey { known, index: OnceCell::new(), loaders: Arc::new(Loaders::keeping()) }
    }
}

/// ARN and tags of an object that has both.
fn tags_of(row: &Value) -> Option<(String, TagMap)> {
    let arn = row.part("arn")?.as_str()?;
    let tags = row.part("tags_all")?.as_entries()?;
    let tag =
        |(name, value): (&_, &Value)| Some((ToString::to_string(name), value.as_str()?.into()));
    Some((arn.into(), tags.iter().filter_map(tag).collect()))
}

impl Aws {
    /// From now on nothing changes, and these objects will be read.
    pub(super) fn begin_survey(&self, objects: &[Expected<'_>]) {
        self.set_survey(Some(Arc::new(Survey::new(objects))));
    }

    /// From now on whatever is read is read anew.
    pub(super) fn end_survey(&self) {
        self.set_survey(None);
    }

    fn set_survey(&self, to: Option<Arc<Survey>>) {
        *self.0.survey.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }

    fn survey(&self) -> Option<Arc<Survey>> {
        self.0.survey.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether what is read now may be asked for together with all the rest.
    pub(super) fn is_surveying(&self) -> bool {
        self.survey().is_some()
    }

    /// What waits to be read.
    pub(super) fn loaders(&self) -> Arc<Loaders> {
        self.survey().map_or_else(|| self.0.loaders.clone(), |it| it.loaders.clone())
    }

    /// Tags of the object of that ARN: by the index where they are as they were known, else by `ask`,
    /// which asks its own service.
    pub async fn tags(
        &self,
        arn: &str,
        ask: impl Future<Output = Result<TagMap>>,
    ) -> Result<TagMap> {
        if let Some(survey) = self.survey()
            && let Some(known) = survey.known.get(arn)
        {
            let index = survey.index.get_or_init(|| self.index(survey.known.keys())).await;
            if index.get(arn) == Some(known) {
                return Ok(known.clone());
            }
        }
        ask.await
    }

    /// What the index tells. Where it may not be asked, each service is: a missing permission only
    /// costs calls.
    async fn index(&self, arns: impl Iterator<Item = &String>) -> HashMap<String, TagMap> {
        let arns: Vec<String> = arns.cloned().collect();
        let calls = arns.chunks(ARNS_A_CALL).map(|chunk| {
            self.tagging().get_resources().set_resource_arn_list(Some(chunk.to_vec())).send()
        });
        let replies = join_all(calls).await.into_iter().flatten();
        let found = replies.flat_map(|it| it.resource_tag_mapping_list.unwrap_or_default());
        let found = found.filter_map(|it| {
            let tags = it.tags.into_iter().flatten().map(|it| (it.key, it.value)).collect();
            Some((it.resource_arn?, tags))
        });
        found.collect()
    }
}
