//! Drivers of the service `rds`, and what they share.
