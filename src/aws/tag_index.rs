//! Tags of many objects of any service at once, from the account's index of tags.
//!
//! Most services tell the tags of one object a call. The Resource Groups Tagging API tells those of a
//! hundred, whatever service they belong to, but from an index that follows changes by some seconds.
//! So the index is asked only when an object is read for the first time: the engine reads once more
//! what seems to differ, and then its own service answers, as it does to every later read.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::Aws;
use super::batch::{Batch, Keyed};
use crate::driver::Result;

/// What has been asked of the index.
#[derive(Default)]
pub(super) struct Asked {
    arns: Mutex<HashSet<String>>,
    /// The caller may not ask it, or it cannot answer.
    refused: AtomicBool,
}

impl Asked {
    fn is_first(&self, arn: &str) -> bool {
        let mut arns = self.arns.lock().unwrap_or_else(PoisonError::into_inner);
        arns.insert(arn.to_string()) && !self.refused.load(Ordering::Relaxed)
    }
}

impl Aws {
    /// Tags of the object of that ARN: by the index, else by `ask`, which asks its own service.
    pub async fn tags(
        &self,
        arn: &str,
        ask: impl Future<Output = Result<BTreeMap<String, String>>>,
    ) -> Result<BTreeMap<String, String>> {
        if self.0.tags_asked.is_first(arn)
            && let Some(tags) = self.load::<TagIndex>(arn).await?
        {
            return Ok(tags);
        }
        ask.await
    }
}

/// Tags by ARN. What never had any is absent.
struct TagIndex;

impl Batch for TagIndex {
    type Item = BTreeMap<String, String>;
    const MAX: usize = 100;

    async fn fetch(arns: Vec<String>, aws: &Aws) -> Result<Keyed<Self::Item>> {
        let call = aws.tagging().get_resources().set_resource_arn_list(Some(arns));
        // Each service is asked then, so that a missing permission only costs calls.
        let Ok(reply) = call.send().await else {
            aws.0.tags_asked.refused.store(true, Ordering::Relaxed);
            return Ok(Keyed::new());
        };
        let found = reply.resource_tag_mapping_list.into_iter().flatten().filter_map(|it| {
            let tags = it.tags.into_iter().flatten().map(|it| (it.key, it.value)).collect();
            Some((it.resource_arn?, tags))
        });
        Ok(found.collect())
    }
}
