//! Every driver for real: made, brought to what is wanted, changed, deleted, in the local cloud.
#![cfg(feature = "aws")]

#[cfg(feature = "ec2")]
#[path = "drivers/ec2.rs"]
mod ec2;
#[path = "drivers/play.rs"]
mod play;
