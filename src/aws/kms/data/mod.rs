//! Data sources of the service `kms`.

pub mod alias;
pub mod key;

pub use alias::Alias;
pub use key::Key;
