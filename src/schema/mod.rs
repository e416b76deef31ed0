//! What a resource type looks like: data, no behaviour.

pub mod allowed;
pub mod attribute;
pub mod compare;
mod containers;
pub mod draft;
pub mod field;
pub mod format;
pub mod row;
pub mod told;
pub mod unmet;

pub use attribute::{Attribute, Compare, Decides, Default, Kind, Nesting, Schema, Timeouts};
pub use draft::{Given, Places, View};
pub use field::{Auto, Block, BlockSet, Blocks, Field, Nested, Out, Secret, Set, Tags, WriteOnly};
pub use format::Format;
pub use row::{Mistake, Row};

/// A struct that is the schema of a resource type or data source. Made by `#[derive(Resource)]`.
pub trait Resource: Row {
    /// The const table.
    const SCHEMA: &'static Schema;
    /// Typed accessors to a [`View`], one a field.
    type Draft<'a>: From<View<'a>>;
}

/// Deriving [`Resource`] and [`Nested`].
pub use fastcart_hcl_derive::{Nested, Resource};
