//! `aws_flow_log`: a record of who talked to whom in a network.

use super::prelude::*;
use types::{
    DestinationFileFormat, DestinationOptionsRequest, FlowLogsResourceType, LogDestinationType,
    TagFieldSpecificationRequest, TaggableResourceType, TrafficType,
};

/// Records the packets of a VPC, subnet, interface or gateway in CloudWatch Logs, S3 or Firehose.
///
/// ```hcl
/// resource "aws_flow_log" "vpc" {
///   vpc_id          = "vpc-0123456789abcdef0"
///   traffic_type    = "ALL"
///   log_destination = "arn:aws:logs:eu-central-1:123456789012:log-group:/fastcart/flow"
///   iam_role_arn    = "arn:aws:iam::123456789012:role/flow-logs"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_flow_log", tags = "vpc-flow-log")]
pub struct FlowLog {
    /// VPC to record.
    #[attr(
        replace,
        exactly_one_of(
            "vpc_id",
            "subnet_id",
            "eni_id",
            "regional_nat_gateway_id",
            "transit_gateway_id",
            "transit_gateway_attachment_id"
        )
    )]
    pub vpc_id: Option<String>,
    /// Subnet to record.
    #[attr(replace)]
    pub subnet_id: Option<String>,
    /// Network interface to record.
    #[attr(replace)]
    pub eni_id: Option<String>,
    /// Regional NAT gateway to record.
    #[attr(replace)]
    pub regional_nat_gateway_id: Option<String>,
    /// Transit gateway to record.
    #[attr(replace)]
    pub transit_gateway_id: Option<String>,
    /// Transit gateway attachment to record.
    #[attr(replace)]
    pub transit_gateway_attachment_id: Option<String>,
    /// Packets to record; all of a transit gateway when unset.
    #[attr(replace)]
    pub traffic_type: Option<TrafficType>,
    /// ARN of the role by which another account's destination is written to; none when unset.
    #[attr(replace, format = "arn")]
    pub deliver_cross_account_role: Option<String>,
    /// ARN of the role that writes to CloudWatch Logs; the caller's permissions when unset.
    #[attr(replace, format = "arn")]
    pub iam_role_arn: Option<String>,
    /// ARN of the log group, bucket or delivery stream to write to.
    #[attr(replace, format = "arn")]
    pub log_destination: Auto<String>,
    /// What kind of destination it is.
    #[attr(replace, default = "cloud-watch-logs")]
    pub log_destination_type: LogDestinationType,
    /// Fields of a record in order, such as `${version} ${srcaddr}`; AWS's own when unset.
    #[attr(replace)]
    pub log_format: Auto<String>,
    /// Seconds that one record covers at most: 60 or 600.
    #[attr(replace, default = 600, numbers(60, 600))]
    pub max_aggregation_interval: i32,
    /// How files in S3 look.
    #[attr(replace)]
    pub destination_options: Block<DestinationOptions>,
    /// Tags of the recorded resources that stand in the records.
    #[attr(replace)]
    pub tag_field_specification: BlockSet<TagFields>,
    /// ARN of the flow log.
    pub arn: Out<String>,
    /// Tags of the flow log.
    pub tags: Tags,
}

/// How files in S3 look.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct DestinationOptions {
    /// Format of the files.
    #[attr(replace, default = "plain-text")]
    pub file_format: DestinationFileFormat,
    /// Whether their names have the parts that Hive knows, such as `year=2026`.
    #[attr(replace, default = false)]
    pub hive_compatible_partitions: bool,
    /// Whether there is a folder for each hour instead of each day.
    #[attr(replace, default = false)]
    pub per_hour_partition: bool,
}

/// Tags of one type of resource that stand in the records.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct TagFields {
    /// Type of the tagged resource.
    #[attr(replace)]
    pub resource_type: TaggableResourceType,
    /// Names of the tags.
    #[attr(replace)]
    pub tag_keys: Vec<String>,
}

impl Driver for FlowLog {
    type Cloud = Aws;
    type Seen = (String, types::FlowLog);

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let Some((kind, resource)) = self.recorded() else {
            return Err(Failure::fatal("a flow log needs something to record, such as `vpc_id`"));
        };
        let fields = self.tag_field_specification.0.iter().map(TagFields::sent).collect();
        let made = aws
            .ec2()
            .create_flow_logs()
            .client_token(op.token())
            .resource_ids(resource)
            .resource_type(kind)
            .set_traffic_type(self.traffic_type.clone())
            .set_deliver_cross_account_role(self.deliver_cross_account_role.clone())
            .set_deliver_logs_permission_arn(self.iam_role_arn.clone())
            .set_log_destination(self.log_destination.given())
            .log_destination_type(self.log_destination_type.clone())
            .set_log_format(self.log_format.given())
            .max_aggregation_interval(self.max_aggregation_interval)
            .set_destination_options(self.destination_options.get().map(DestinationOptions::sent))
            .set_tag_field_specifications(Some(fields).filter(|it: &Vec<_>| !it.is_empty()))
            .set_tag_specifications(tagged(types::ResourceType::VpcFlowLog, &self.tags))
            .send()
            .await?;
        match made.unsuccessful.unwrap_or_default().into_iter().find_map(|it| it.error) {
            Some(error) => Err(refused(error)),
            None => Id::need(made.flow_log_ids.unwrap_or_default().into_iter().next()),
        }
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Self::Seen>> {
        let Some(seen) = aws.load::<FlowLogs>(id).await? else { return Ok(None) };
        let arn = aws.arn("ec2", aws.account().await?, format_args!("vpc-flow-log/{id}"));
        Ok(Some((arn, seen)))
    }

    fn status((_, seen): &Self::Seen) -> Status {
        match seen.flow_log_status() {
            Some("ACTIVE") | None => Status::Ready,
            Some(other) => Status::busy(other),
        }
    }

    fn observe(&mut self, (arn, seen): Self::Seen) {
        let resource = seen.resource_id.unwrap_or_default();
        let is = |prefix: &str| resource.starts_with(prefix).then(|| resource.clone());
        self.vpc_id = is("vpc-");
        self.subnet_id = is("subnet-");
        self.eni_id = is("eni-");
        self.regional_nat_gateway_id = is("nat-");
        self.transit_gateway_id = is("tgw-").filter(|it| !it.starts_with("tgw-attach-"));
        self.transit_gateway_attachment_id = is("tgw-attach-");
        self.traffic_type = seen.traffic_type;
        self.arn.set(arn);
        self.deliver_cross_account_role = seen.deliver_cross_account_role;
        self.iam_role_arn = seen.deliver_logs_permission_arn;
        // AWS tells a log group's ARN with `:*` at its end, or without; either means the group.
        let destination = seen.log_destination;
        let same = |a: &str, b: &str| a.trim_end_matches(":*") == b.trim_end_matches(":*");
        let known = self.log_destination.given();
        let kept = known.filter(|k| destination.as_deref().is_some_and(|it| same(k, it)));
        self.log_destination.set(kept.or(destination));
        if let Some(it) = seen.log_destination_type {
            self.log_destination_type = it;
        }
        self.log_format.set(seen.log_format);
        self.max_aggregation_interval =
            seen.max_aggregation_interval.unwrap_or(self.max_aggregation_interval);
        let options = seen.destination_options.map(DestinationOptions::from);
        let unsaid = options == Some(DestinationOptions::UNSAID);
        if !(unsaid && self.destination_options.get().is_none()) {
            self.destination_options = Block(options);
        }
        let fields = seen.tag_field_specifications.unwrap_or_default();
        self.tag_field_specification =
            BlockSet(fields.into_iter().filter_map(TagFields::read).collect());
        self.tags.observe(pairs(seen.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        aws.sync_tags::<tags::Ec2>(id, &self.tags, &have.tags).await
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let done = aws.ec2().delete_flow_logs().flow_log_ids(&**id).send().await?;
        match done.unsuccessful.unwrap_or_default().into_iter().find_map(|it| it.error) {
            Some(error) => Err(refused(error)),
            None => Ok(()),
        }
    }
}

impl FlowLog {
    fn recorded(&self) -> Option<(FlowLogsResourceType, &String)> {
        [
            (FlowLogsResourceType::Vpc, &self.vpc_id),
            (FlowLogsResourceType::Subnet, &self.subnet_id),
            (FlowLogsResourceType::NetworkInterface, &self.eni_id),
            (FlowLogsResourceType::RegionalNatGateway, &self.regional_nat_gateway_id),
            (FlowLogsResourceType::TransitGateway, &self.transit_gateway_id),
            (FlowLogsResourceType::TransitGatewayAttachment, &self.transit_gateway_attachment_id),
        ]
        .into_iter()
        .find_map(|(kind, id)| Some((kind, id.as_ref()?)))
    }
}

impl DestinationOptions {
    const UNSAID: DestinationOptions = DestinationOptions {
        file_format: DestinationFileFormat::PlainText,
        hive_compatible_partitions: false,
        per_hour_partition: false,
    };

    fn sent(&self) -> DestinationOptionsRequest {
        DestinationOptionsRequest::builder()
            .file_format(self.file_format.clone())
            .hive_compatible_partitions(self.hive_compatible_partitions)
            .per_hour_partition(self.per_hour_partition)
            .build()
    }
}

impl From<types::DestinationOptionsResponse> for DestinationOptions {
    fn from(it: types::DestinationOptionsResponse) -> Self {
        DestinationOptions {
            file_format: it.file_format.unwrap_or(DestinationFileFormat::PlainText),
            hive_compatible_partitions: it.hive_compatible_partitions == Some(true),
            per_hour_partition: it.per_hour_partition == Some(true),
        }
    }
}

impl TagFields {
    fn sent(&self) -> TagFieldSpecificationRequest {
        TagFieldSpecificationRequest::builder()
            .resource_type(self.resource_type.clone())
            .set_tag_keys(Some(self.tag_keys.clone()))
            .build()
    }

    fn read(it: types::TagFieldSpecificationResponse) -> Option<TagFields> {
        let resource_type = it.resource_type?;
        Some(TagFields { resource_type, tag_keys: it.tag_keys.unwrap_or_default() })
    }
}

/// A refusal that stands inside a reply. A role that was just made cannot be assumed at once.
fn refused(error: types::UnsuccessfulItemError) -> Failure {
    let message = error.message.unwrap_or_default();
    let code = error.code.unwrap_or_default();
    let kind = match (code.as_str(), message.contains("Unable to assume given IAM role")) {
        (_, true) => FailureKind::Retryable,
        (code, _) => crate::aws::error::kind("ec2", "CreateFlowLogs", code),
    };
    let mut it = Failure::new(kind, message);
    it.operation = Some("ec2:CreateFlowLogs".into());
    it.code = Some(code);
    it
}

/// Every flow log being read right now, in one call.
struct FlowLogs;

impl Batch for FlowLogs {
    type Item = types::FlowLog;
    const MAX: usize = 200;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::FlowLog>> {
        let call = aws.ec2().describe_flow_logs().filter(filter("flow-log-id", ids));
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        Ok(keyed(found?, |it| it.flow_log_id.clone()))
    }
}
