//! Drivers of the service `ssm`, and what they share.

pub mod data;
