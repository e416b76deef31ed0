//! Drivers of the service `iam`.
