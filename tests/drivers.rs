//! Every driver for real: made, brought to what is wanted, changed, deleted, in the local cloud.
#![cfg(feature = "aws")]

#[cfg(all(feature = "autoscaling", feature = "ec2", feature = "ecs"))]
#[path = "drivers/autoscaling.rs"]
mod autoscaling;
#[path = "common/cloud.rs"]
mod cloud;
#[cfg(feature = "cloudwatch")]
#[path = "drivers/cloudwatch.rs"]
mod cloudwatch;
#[cfg(feature = "ec2")]
#[path = "drivers/ec2.rs"]
mod ec2;
#[cfg(feature = "ec2")]
#[path = "drivers/ec2_endpoints.rs"]
mod ec2_endpoints;
#[cfg(feature = "ec2")]
#[path = "drivers/ec2_rules.rs"]
mod ec2_rules;
#[cfg(feature = "ecr")]
#[path = "drivers/ecr.rs"]
mod ecr;
#[cfg(all(feature = "ec2", feature = "ecs"))]
#[path = "drivers/ecs.rs"]
mod ecs;
#[cfg(all(feature = "ec2", feature = "elasticache", feature = "kms"))]
#[path = "drivers/elasticache.rs"]
mod elasticache;
#[cfg(feature = "events")]
#[path = "drivers/events.rs"]
mod events;
#[cfg(feature = "iam")]
#[path = "drivers/iam.rs"]
mod iam;
#[cfg(all(feature = "kinesis", feature = "kms"))]
#[path = "drivers/kinesis.rs"]
mod kinesis;
#[cfg(feature = "kms")]
#[path = "drivers/kms.rs"]
mod kms;
#[cfg(all(feature = "iam", feature = "kinesis", feature = "lambda", feature = "sqs"))]
#[path = "drivers/lambda.rs"]
mod lambda;
#[cfg(all(feature = "kms", feature = "logs"))]
#[path = "drivers/logs.rs"]
mod logs;
#[path = "drivers/play.rs"]
mod play;
#[cfg(all(feature = "ec2", feature = "kms", feature = "rds"))]
#[path = "drivers/rds.rs"]
mod rds;
#[cfg(all(feature = "kms", feature = "secretsmanager"))]
#[path = "drivers/secretsmanager.rs"]
mod secretsmanager;
#[cfg(all(feature = "sns", feature = "sqs"))]
#[path = "drivers/sns.rs"]
mod sns;
#[cfg(feature = "sqs")]
#[path = "drivers/sqs.rs"]
mod sqs;
#[cfg(feature = "ssm")]
#[path = "drivers/ssm.rs"]
mod ssm;
