//! Ephemeral resources of the service `secretsmanager`.

pub mod random_password;
pub mod secret_version;

pub use random_password::RandomPassword;
pub use secret_version::SecretVersion;
