//! Drivers of the service `application-autoscaling`, and what they share.
