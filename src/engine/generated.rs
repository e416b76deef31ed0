//! Configuration for imports that have none: written from what was found, and taken as a part of the
//! stack from then on.

use std::borrow::Cow;
use std::sync::Arc;

use super::clouds::Clouds;
use super::imports::{Request, Unwritten};
use super::{Engine, Stack};
use crate::diag::{Diagnostic, Diagnostics, Result};
use crate::lang::config::{decode, file_blocks, sorted};
use crate::lang::parse;
use crate::plan::generated::{self, Found, Generated};
use crate::plan::instance::Prior;

impl Engine {
    /// The block of an object that was found, which has none yet.
    pub(super) fn generate(
        &self,
        clouds: &Clouds,
        request: &Request,
        unwritten: &Unwritten,
        prior: &Prior,
    ) -> Result<Option<Generated>> {
        let Some(driver) = self.registry.driver(&request.address.resource.kind) else {
            return Ok(None);
        };
        // What these clients refuse, they refuse when the block is planned.
        let (cloud, mut refused) = (clouds.of(&request.provider)?, Diagnostics::new());
        let nothing = generated::nothing(driver.schema());
        let decided = driver.located(&cloud, nothing, &|_| None, &mut refused);
        let found = Found {
            address: &request.address,
            id: unwritten.tells_id.then_some(&*request.id),
            provider: unwritten.named.as_ref(),
            row: &prior.row,
            decided: &decided,
            default_tags: unwritten.default_tags.as_ref(),
        };
        Ok(Some(generated::block(&**driver, &found)))
    }
}

/// The stack with the generated blocks in it.
pub(super) fn with<'s>(stack: &'s Stack, all: &[Generated]) -> Result<Cow<'s, Stack>> {
    if all.is_empty() {
        return Ok(Cow::Borrowed(stack));
    }
    let mut stack = stack.clone();
    let root = Arc::make_mut(&mut stack.config.root);
    for it in all {
        let name = format!("<configuration generated for {}>", it.address);
        let file = stack.sources.add(name, it.text.as_str());
        let (body, mut found) = parse::parse(&stack.sources, file);
        let module = decode(&file_blocks(&body, &mut found), &mut found);
        found.into_result(()).map_err(unreadable)?;
        root.resources.extend(module.resources);
    }
    root.resources = sorted(std::mem::take(&mut root.resources));
    Ok(Cow::Owned(stack))
}

fn unreadable(those: Diagnostics) -> Diagnostics {
    let detail = "what was generated for an import cannot be read back";
    let mut all = Diagnostics::from(Diagnostic::error("configuration is not generated", detail));
    all.extend(those);
    all
}
