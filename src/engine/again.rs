//! What an interrupted create was sent with, but no file may hold: evaluated anew.

use std::collections::{BTreeMap, HashSet};

use super::{Connected, Engine, Stack, held, prior, refresh};
use crate::address::Address;
use crate::diag::Result;
use crate::lang::config::ResourceKey;
use crate::lang::value::{Str, Value};
use crate::plan::evaluation::{Evaluation, Facts, Purpose};
use crate::plan::instance::sent_only;
use crate::plan::{make, opening};
use crate::state::{Action, OpId, State, replay};

impl Engine {
    /// Arguments that are only sent of every create without an end, as far as they can be known.
    pub(super) async fn sent_again(
        &self,
        stack: &Stack,
        variables: &BTreeMap<Str, Value>,
        state: &State,
        connected: &mut Connected,
    ) -> Result<BTreeMap<OpId, Value>> {
        let Some(journal) = self.store.journal()? else { return Ok(BTreeMap::new()) };
        let folded = replay::replay(&journal)?;
        let creates = folded.unfinished.iter().map(|it| &it.intent);
        let creates = creates.filter(|it| it.action == Action::Create);
        let lacking: Vec<(OpId, Address)> = creates
            .filter(|it| {
                let schema = self.registry.driver(&it.kind).map(|it| it.schema());
                let mut all = schema.into_iter().flat_map(|it| it.attributes);
                all.any(|part| part.write_only && it.inputs.get(part.name).is_none())
            })
            .map(|it| (it.op, it.address.clone()))
            .collect();
        if lacking.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut state = state.clone();
        folded.apply_to(&mut state)?;
        let (objects, _) = prior::objects(&state, &self.registry);
        let (replace, now) = (HashSet::new(), Some(self.clock.now()));
        loop {
            let (found, wanted) = {
                let facts = Facts {
                    data: &connected.data,
                    opened: &connected.held.rows,
                    clouds: connected.clouds.all(),
                    ..self.facts(stack, Purpose::Plan, variables, &objects, &replace, now)
                };
                let evaluation = Evaluation::new(&stack.config, facts);
                let mut found = BTreeMap::new();
                for (op, address) in &lacking {
                    found.extend(again(&evaluation, address).map(|it| (*op, it)));
                }
                (found, evaluation.wanted.take())
            };
            let clouds = &connected.clouds;
            let ready = wanted.into_iter().filter(|it| clouds.of(&it.1.provider).is_ok());
            let [ephemeral, data] = held::split(ready.collect());
            if ephemeral.is_empty() && data.is_empty() {
                return Ok(found);
            }
            connected.data.extend(refresh::data(self, clouds, data).await?);
            connected.held.open(self, clouds, ephemeral).await?;
        }
    }
}

/// Arguments of one object that are only sent; none where they cannot be known.
fn again(evaluation: &Evaluation<'_>, address: &Address) -> Option<Value> {
    let it = &address.resource;
    let key: ResourceKey = it.into();
    let module = make::module_at(evaluation, &it.module)?;
    module.module.resources.get(&key)?;
    let kind = evaluation.facts.registry.of(it.mode, &it.kind)?;
    let opened = opening::open(evaluation, &module, &key, address, kind, None).ok()?;
    let parts = sent_only(&opened.config, kind.schema(), None);
    let parts: Vec<_> = parts.into_iter().map(|(name, it)| (name, it.clone())).collect();
    let row = Value::object(parts).without_marks().0;
    row.is_wholly_known().then_some(row)
}
