//! Every driver for real: made, brought to what is wanted, changed, deleted, in the local cloud.
#![cfg(feature = "aws")]

#[path = "common/cloud.rs"]
mod cloud;
#[cfg(feature = "ec2")]
#[path = "drivers/ec2.rs"]
mod ec2;
#[cfg(feature = "iam")]
#[path = "drivers/iam.rs"]
mod iam;
#[cfg(all(feature = "kinesis", feature = "kms"))]
#[path = "drivers/kinesis.rs"]
mod kinesis;
#[cfg(feature = "kms")]
#[path = "drivers/kms.rs"]
mod kms;
#[cfg(all(feature = "kms", feature = "logs"))]
#[path = "drivers/logs.rs"]
mod logs;
#[path = "drivers/play.rs"]
mod play;
