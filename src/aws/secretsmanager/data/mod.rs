//! Data sources of the service `secretsmanager`.

pub mod secret;
pub mod secret_version;

pub use secret::Secret;
pub use secret_version::SecretVersion;
