//! `aws_partition`: which part of AWS the region belongs to.

use crate::aws::Aws;
use crate::driver::{DataSource, Id, Result};
use crate::schema::{Out, Resource};

/// Partition of the provider's region: what its ARNs and domain names begin and end with.
///
/// ```hcl
/// data "aws_partition" "current" {
/// }
///
/// output "partition" {
///   value = data.aws_partition.current.partition
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_partition")]
pub struct Partition {
    /// Name of the partition, such as `aws` or `aws-cn`.
    pub partition: Out<String>,
    /// Domain that service names end with, such as `amazonaws.com`.
    pub dns_suffix: Out<String>,
    /// Domain of the partition turned round, such as `com.amazonaws`.
    pub reverse_dns_prefix: Out<String>,
}

impl DataSource for Partition {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let mut words: Vec<&str> = aws.dns_suffix().split('.').collect();
        words.reverse();
        self.partition.set(aws.partition().to_string());
        self.dns_suffix.set(aws.dns_suffix().to_string());
        self.reverse_dns_prefix.set(words.join("."));
        Ok(Id(aws.partition().into()))
    }
}
