//! Drivers of the service `events`, and what they share.
