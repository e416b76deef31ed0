//! Drivers of the service `lambda`, and what they share.
