//! Drivers of the service `cloudwatch`, and what they share.
