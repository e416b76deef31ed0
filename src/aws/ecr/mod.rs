//! Drivers of the service `ecr`, and what they share.
