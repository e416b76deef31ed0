//! Data sources of the service `ecr`.

pub mod repository;

pub use repository::Repository;
