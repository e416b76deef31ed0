//! Drivers of the service `elasticache`, and what they share.
