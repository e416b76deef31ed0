//! What a run yields, for people and for programs. Writes nothing: everything here returns text or
//! JSON, without secrets where a person reads it.

pub mod config_json;
mod diff;
pub mod docs;
pub mod events_json;
pub mod events_text;
pub mod graph;
pub mod json_value;
pub mod object;
mod page;
pub mod plan_json;
pub mod plan_text;
mod provider_config;
pub mod relevant;
mod sequence;
pub mod state_json;
pub mod state_text;
pub mod svg;
pub mod text;

use crate::address::ResourceAddress;
use crate::provider::Registry;
use crate::schema::Schema;

/// Finds the schema of a resource.
pub type Schemas<'a> = &'a dyn Fn(&ResourceAddress) -> Option<&'static Schema>;

/// The schemas of everything registered.
pub fn schemas(registry: &Registry) -> impl Fn(&ResourceAddress) -> Option<&'static Schema> {
    |resource| registry.of(resource.mode, &resource.kind).map(|it| it.schema())
}

/// The source in `provider["registry.terraform.io/hashicorp/aws"]`, or the text as it is.
pub fn provider_source(text: &str) -> &str {
    let inner = text.strip_prefix("provider[\"").and_then(|it| it.split_once("\"]"));
    inner.map_or(text, |(source, _)| source)
}
