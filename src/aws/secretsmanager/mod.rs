//! Drivers of the service `secretsmanager`, and what they share.
