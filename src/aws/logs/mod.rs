//! Drivers of the service `logs`.
