//! A survey: what a plan reads, each object once.
//!
//! A plan changes nothing, so what it reads for a resource, for what belongs to it and for a data
//! source may be told once. It says beforehand which objects it will read: their tags, which most
//! services tell of one object a call, are then asked for together, from the account's index of tags.
//! That index follows changes by some seconds, so only what it tells as it was known is believed;
//! where it differs, the service itself is asked. And an attribute that costs a call of its own, but
//! that the stack does not look at, stays as it was last known.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};

use futures_util::future::try_join_all;
use tokio::sync::OnceCell;

use super::Aws;
use super::batch::Loaders;
use crate::driver::Result;
use crate::lang::config::LookedAt;
use crate::lang::value::Value;
use crate::provider;
use crate::schema::Resource;

type TagMap = BTreeMap<String, String>;

/// Services that tell the tags of an object with it: the index is not asked for those.
const TELL_TAGS: [&str; 5] = ["ec2", "ecs", "iam", "lambda", "secretsmanager"];

/// Most objects that one call asks the index for.
const ARNS_A_CALL: usize = 100;

/// What is known before, and what has been read so far.
pub(super) struct Survey {
    /// Tags as they were, by ARN.
    known: HashMap<String, TagMap>,
    /// Tags as the index tells them, by ARN, once it was asked; none where it may not be asked.
    index: OnceCell<Option<HashMap<String, TagMap>>>,
    /// What the stack looks at; all where there is none.
    looked_at: Option<LookedAt>,
    loaders: Arc<Loaders>,
}

impl Survey {
    fn new(it: &provider::Survey<'_>) -> Self {
        Survey {
            known: it.known.iter().filter_map(|row| tags_of(row)).collect(),
            index: OnceCell::new(),
            looked_at: it.looked_at.map(|compute| compute()),
            loaders: Arc::new(Loaders::keeping()),
        }
    }
}

/// ARN and tags of an object that has both, and whose service does not tell them with it.
fn tags_of(row: &Value) -> Option<(String, TagMap)> {
    let arn = row.part("arn")?.as_str()?;
    let service = arn.split(':').nth(2).filter(|it| !TELL_TAGS.contains(it));
    service?;
    // Data sources have no others than their own.
    let tags = row.part("tags_all").or_else(|| row.part("tags"))?.as_entries()?;
    let tag =
        |(name, value): (&_, &Value)| Some((ToString::to_string(name), value.as_str()?.into()));
    Some((arn.into(), tags.iter().filter_map(tag).collect()))
}

impl Aws {
    /// From now on nothing changes.
    pub(super) fn begin_survey(&self, it: &provider::Survey<'_>) {
        self.set_survey(Some(Arc::new(Survey::new(it))));
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

    /// Whether that attribute of an object may stay as it is known: the object was read before, and
    /// the stack does not look at it.
    pub(super) fn leaves<R: Resource>(&self, attribute: &str, read_before: bool) -> bool {
        debug_assert!(R::SCHEMA.attribute(attribute).is_some(), "{attribute}");
        let survey = self.survey();
        let looked_at = survey.as_ref().and_then(|it| it.looked_at.as_ref());
        read_before && looked_at.is_some_and(|it| !it.has(R::SCHEMA.kind, attribute))
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
            // The index holds nothing that has no tags.
            let told = index.as_ref().map(|it| it.get(arn).cloned().unwrap_or_default());
            if told.as_ref() == Some(known) {
                return Ok(known.clone());
            }
        }
        ask.await
    }

    /// What the index tells. Where it may not be asked, each service is: a missing permission only
    /// costs calls.
    async fn index(&self, arns: impl Iterator<Item = &String>) -> Option<HashMap<String, TagMap>> {
        let arns: Vec<String> = arns.cloned().collect();
        let calls = arns.chunks(ARNS_A_CALL).map(|chunk| {
            self.tagging().get_resources().set_resource_arn_list(Some(chunk.to_vec())).send()
        });
        let replies = try_join_all(calls).await.ok()?;
        let found = replies.into_iter().flat_map(|it| it.resource_tag_mapping_list);
        let found = found.flatten().filter_map(|it| {
            let tags = it.tags.into_iter().flatten().map(|it| (it.key, it.value)).collect();
            Some((it.resource_arn?, tags))
        });
        Some(found.collect())
    }
}
