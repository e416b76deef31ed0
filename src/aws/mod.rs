//! AWS: clients, batched reads, failures, tags, and one file per resource type.
//!
//! Only this folder names an SDK type. A driver file reads like the AWS reference: what the type
//! takes, and the single calls that make, find, change and delete it.

#[cfg(feature = "autoscaling")]
pub mod autoscaling;
pub mod batch;
pub mod calls;
#[cfg(feature = "cloudwatch")]
pub mod cloudwatch;
#[cfg(feature = "ec2")]
pub mod ec2;
#[cfg(feature = "ecr")]
pub mod ecr;
#[cfg(feature = "ecs")]
pub mod ecs;
#[cfg(feature = "elasticache")]
pub mod elasticache;
pub mod enums;
pub mod environment;
pub mod error;
#[cfg(feature = "events")]
pub mod events;
#[cfg(feature = "iam")]
pub mod iam;
pub mod ignored;
#[cfg(feature = "kinesis")]
pub mod kinesis;
#[cfg(feature = "kms")]
pub mod kms;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod left_out;
#[cfg(feature = "logs")]
pub mod logs;
pub mod names;
pub(crate) mod once;
#[cfg(any(feature = "events", feature = "lambda"))]
pub(crate) mod parts;
pub mod provider;
#[cfg(feature = "rds")]
pub mod rds;
pub mod reach;
pub mod regional;
pub mod registry;
#[cfg(feature = "secretsmanager")]
pub mod secretsmanager;
#[cfg(feature = "sns")]
pub mod sns;
#[cfg(feature = "sqs")]
pub mod sqs;
#[cfg(feature = "ssm")]
pub mod ssm;
pub mod sts;
pub(crate) mod survey;
pub mod tags;
pub mod times;
#[cfg(any(feature = "elasticache", feature = "rds"))]
pub(crate) mod words;

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use aws_types::SdkConfig;
use tokio::sync::OnceCell;

use crate::driver::{Failure, Result};
use batch::Loaders;
use calls::{Calls, Counting};

pub use provider::{AwsProvider, AwsSettings, IgnoreTags, ProviderBlock};

/// Clients of one account and region, made when first asked for. A clone shares everything.
#[derive(Clone)]
pub struct Aws(Arc<Inner>);

struct Inner {
    config: SdkConfig,
    region: String,
    batch_window: Duration,
    loaders: Arc<Loaders>,
    survey: Mutex<Option<Arc<survey::Survey>>>,
    calls: Arc<Calls>,
    ignored: Option<IgnoreTags>,
    caller: OnceCell<Caller>,
    sts: OnceLock<aws_sdk_sts::Client>,
    tagging: OnceLock<aws_sdk_resourcegroupstagging::Client>,
    #[cfg(feature = "autoscaling")]
    autoscaling: OnceLock<aws_sdk_applicationautoscaling::Client>,
    #[cfg(feature = "cloudwatch")]
    cloudwatch: OnceLock<aws_sdk_cloudwatch::Client>,
    #[cfg(feature = "ec2")]
    ec2: OnceLock<aws_sdk_ec2::Client>,
    #[cfg(feature = "ecr")]
    ecr: OnceLock<aws_sdk_ecr::Client>,
    #[cfg(feature = "ecs")]
    ecs: OnceLock<aws_sdk_ecs::Client>,
    #[cfg(feature = "elasticache")]
    elasticache: OnceLock<aws_sdk_elasticache::Client>,
    #[cfg(feature = "events")]
    events: OnceLock<aws_sdk_eventbridge::Client>,
    #[cfg(feature = "iam")]
    iam: OnceLock<aws_sdk_iam::Client>,
    #[cfg(feature = "kinesis")]
    kinesis: OnceLock<aws_sdk_kinesis::Client>,
    #[cfg(feature = "kms")]
    kms: OnceLock<aws_sdk_kms::Client>,
    #[cfg(feature = "lambda")]
    lambda: OnceLock<aws_sdk_lambda::Client>,
    #[cfg(feature = "logs")]
    logs: OnceLock<aws_sdk_cloudwatchlogs::Client>,
    #[cfg(feature = "rds")]
    rds: OnceLock<aws_sdk_rds::Client>,
    #[cfg(feature = "secretsmanager")]
    secretsmanager: OnceLock<aws_sdk_secretsmanager::Client>,
    #[cfg(feature = "sns")]
    sns: OnceLock<aws_sdk_sns::Client>,
    #[cfg(feature = "sqs")]
    sqs: OnceLock<aws_sdk_sqs::Client>,
    #[cfg(feature = "ssm")]
    ssm: OnceLock<aws_sdk_ssm::Client>,
}

/// Who makes the calls.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    /// Number of the account.
    pub account: String,
    /// ARN of the user or of the assumed role.
    pub arn: String,
    /// Unique identifier of the user or role session.
    pub user: String,
}

/// One accessor per service; every client counts its calls.
macro_rules! clients {
    ($($(#[$gate:meta])* $name:ident: $sdk:ident, $prefix:literal;)*) => {$(
        $(#[$gate])*
        #[doc = concat!("The client of `", $prefix, "`.")]
        pub fn $name(&self) -> &$sdk::Client {
            self.0.$name.get_or_init(|| {
                let counting = Counting::new($prefix, self.0.calls.clone());
                let builder = $sdk::config::Builder::from(&self.0.config).interceptor(counting);
                $sdk::Client::from_conf(builder.build())
            })
        }
    )*};
}

impl Aws {
    /// Clients made from that configuration, whose region must be set.
    pub fn new(
        config: SdkConfig,
        batch_window: Duration,
        calls: Arc<Calls>,
        ignored: Option<IgnoreTags>,
    ) -> Result<Self> {
        let Some(region) = config.region().map(ToString::to_string) else {
            return Err(Failure::fatal("no region is set").hint("write `region = \"…\"`"));
        };
        Ok(Aws(Arc::new(Inner {
            config,
            region,
            batch_window,
            loaders: Arc::default(),
            survey: Mutex::default(),
            calls,
            ignored,
            caller: OnceCell::new(),
            sts: OnceLock::new(),
            tagging: OnceLock::new(),
            #[cfg(feature = "autoscaling")]
            autoscaling: OnceLock::new(),
            #[cfg(feature = "cloudwatch")]
            cloudwatch: OnceLock::new(),
            #[cfg(feature = "ec2")]
            ec2: OnceLock::new(),
            #[cfg(feature = "ecr")]
            ecr: OnceLock::new(),
            #[cfg(feature = "ecs")]
            ecs: OnceLock::new(),
            #[cfg(feature = "elasticache")]
            elasticache: OnceLock::new(),
            #[cfg(feature = "events")]
            events: OnceLock::new(),
            #[cfg(feature = "iam")]
            iam: OnceLock::new(),
            #[cfg(feature = "kinesis")]
            kinesis: OnceLock::new(),
            #[cfg(feature = "kms")]
            kms: OnceLock::new(),
            #[cfg(feature = "lambda")]
            lambda: OnceLock::new(),
            #[cfg(feature = "logs")]
            logs: OnceLock::new(),
            #[cfg(feature = "rds")]
            rds: OnceLock::new(),
            #[cfg(feature = "secretsmanager")]
            secretsmanager: OnceLock::new(),
            #[cfg(feature = "sns")]
            sns: OnceLock::new(),
            #[cfg(feature = "sqs")]
            sqs: OnceLock::new(),
            #[cfg(feature = "ssm")]
            ssm: OnceLock::new(),
        })))
    }

    clients! {
        sts: aws_sdk_sts, "sts";
        tagging: aws_sdk_resourcegroupstagging, "tag";
        #[cfg(feature = "autoscaling")]
        autoscaling: aws_sdk_applicationautoscaling, "application-autoscaling";
        #[cfg(feature = "cloudwatch")]
        cloudwatch: aws_sdk_cloudwatch, "cloudwatch";
        #[cfg(feature = "ec2")]
        ec2: aws_sdk_ec2, "ec2";
        #[cfg(feature = "ecr")]
        ecr: aws_sdk_ecr, "ecr";
        #[cfg(feature = "ecs")]
        ecs: aws_sdk_ecs, "ecs";
        #[cfg(feature = "elasticache")]
        elasticache: aws_sdk_elasticache, "elasticache";
        #[cfg(feature = "events")]
        events: aws_sdk_eventbridge, "events";
        #[cfg(feature = "iam")]
        iam: aws_sdk_iam, "iam";
        #[cfg(feature = "kinesis")]
        kinesis: aws_sdk_kinesis, "kinesis";
        #[cfg(feature = "kms")]
        kms: aws_sdk_kms, "kms";
        #[cfg(feature = "lambda")]
        lambda: aws_sdk_lambda, "lambda";
        #[cfg(feature = "logs")]
        logs: aws_sdk_cloudwatchlogs, "logs";
        #[cfg(feature = "rds")]
        rds: aws_sdk_rds, "rds";
        #[cfg(feature = "secretsmanager")]
        secretsmanager: aws_sdk_secretsmanager, "secretsmanager";
        #[cfg(feature = "sns")]
        sns: aws_sdk_sns, "sns";
        #[cfg(feature = "sqs")]
        sqs: aws_sdk_sqs, "sqs";
        #[cfg(feature = "ssm")]
        ssm: aws_sdk_ssm, "ssm";
    }

    /// Name of the region, such as `eu-central-1`.
    pub fn region(&self) -> &str {
        &self.0.region
    }

    /// Partition that the region is in, such as `aws` or `aws-cn`.
    pub fn partition(&self) -> &'static str {
        partition(&self.0.region).0
    }

    /// Domain that service names end with, such as `amazonaws.com`.
    pub fn dns_suffix(&self) -> &'static str {
        partition(&self.0.region).1
    }

    /// Calls made so far, by operation.
    pub fn calls(&self) -> &Arc<Calls> {
        &self.0.calls
    }

    /// Tags that are neither shown nor removed.
    pub fn ignored(&self) -> Option<&IgnoreTags> {
        self.0.ignored.as_ref()
    }

    /// Who makes the calls; asked once.
    pub async fn caller(&self) -> Result<&Caller> {
        let ask = || async {
            let reply = self.sts().get_caller_identity().send().await?;
            Ok(Caller {
                account: reply.account.unwrap_or_default(),
                arn: reply.arn.unwrap_or_default(),
                user: reply.user_id.unwrap_or_default(),
            })
        };
        self.0.caller.get_or_try_init(ask).await
    }

    /// Number of the account; asked once.
    pub async fn account(&self) -> Result<&str> {
        self.caller().await.map(|it| it.account.as_str())
    }

    /// ARN of an object in this region: `aws.arn("ec2", owner, "vpc/vpc-1")`.
    pub fn arn(&self, service: &str, account: &str, resource: impl std::fmt::Display) -> String {
        format!("arn:{}:{service}:{}:{account}:{resource}", self.partition(), self.region())
    }
}

/// Partitions by the beginning of their regions' names, each with its domain.
const PARTITIONS: &[(&str, &str, &str)] = &[
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
];

/// Name and domain of the partition that a region is in.
pub fn partition(region: &str) -> (&'static str, &'static str) {
    let known = PARTITIONS.iter().find(|(start, ..)| region.starts_with(start));
    known.map_or(("aws", "amazonaws.com"), |(_, name, domain)| (name, domain))
}

#[cfg(test)]
mod tests {
    #[test]
    fn regions_know_their_partition() {
        let cases = [
            ("eu-central-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eusc-de-east-1", "aws-eusc"),
        ];
        for (region, expected) in cases {
            assert_eq!(super::partition(region).0, expected, "{region}");
        }
    }
}
