//! Data sources of the service `rds`.

pub mod engine_version;
pub mod instance;

pub use engine_version::EngineVersion;
pub use instance::Instance;
