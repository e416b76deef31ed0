//! Drivers of the service `kinesis`.
