//! Data sources of the service `kinesis`.

pub mod stream;

pub use stream::Stream;
