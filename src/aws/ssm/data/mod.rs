//! Data sources of the service `ssm`.

pub mod parameter;

pub use parameter::Parameter;
