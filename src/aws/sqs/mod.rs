//! Drivers of the service `sqs`, and what they share.
