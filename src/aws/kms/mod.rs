//! Drivers of the service `kms`.
