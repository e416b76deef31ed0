//! Drivers of the service `sns`, and what they share.
