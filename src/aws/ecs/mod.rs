//! Drivers of the service `ecs`, and what they share.
