//! FastCart on the local cloud: what its requirements ask for (R1 to R18, each a test by its number),
//! its life, edits, taking over, calls that fail, what it costs, what judges from elsewhere say.
//!
//! `FASTCART_FULL=1` lives through ten lives instead of two.
#![cfg(all(
    feature = "autoscaling",
    feature = "cloudwatch",
    feature = "ec2",
    feature = "ecr",
    feature = "ecs",
    feature = "elasticache",
    feature = "iam",
    feature = "kinesis",
    feature = "kms",
    feature = "logs",
    feature = "rds",
    feature = "secretsmanager",
    feature = "sns",
    feature = "sqs",
    feature = "cli"
))]

#[path = "../common/cloud.rs"]
mod cloud;
#[path = "../common/stack.rs"]
mod stack;

mod deployed;
mod edits;
mod failures;
mod imports;
mod judges;
mod life;
mod replacements;
mod requirements;
mod secrets;
mod survey;
mod traffic;
mod workflow;

const ZONES: [&str; 3] = ["eu-central-1a", "eu-central-1b", "eu-central-1c"];
