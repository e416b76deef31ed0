//! What became of a call, by a table of error codes per service.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{DispatchFailure, SdkError};
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use super::reach::is_refused;
use crate::driver::{Failure, FailureKind};
use FailureKind::{Denied, Exists, Fatal, NotFound, Retryable, Throttled};

/// Service, operation, error code, kind. A `*` at the start or end stands for anything, and so does
/// a lone one. The first row that fits decides, so exceptions stand before the rule.
type Row = (&'static str, &'static str, &'static str, FailureKind);

const TABLE: &[Row] = &[
    // The same words everywhere.
    ("*", "*", "Throttl*", Throttled),
    ("*", "*", "*LimitExceeded.Rate", Throttled),
    ("*", "*", "RequestLimitExceeded", Throttled),
    ("*", "*", "TooManyRequestsException", Throttled),
    ("*", "*", "SlowDown", Throttled),
    ("*", "*", "UnauthorizedOperation", Denied),
    ("*", "*", "AccessDenied*", Denied),
    ("*", "*", "AuthFailure", Denied),
    ("*", "*", "ServiceUnavailable*", Retryable),
    // EC2: what still depends on an object goes away a little later than its own delete returns.
    ("ec2", "Delete*", "DependencyViolation", Retryable),
    ("ec2", "Detach*", "DependencyViolation", Retryable),
    ("ec2", "Release*", "InvalidIPAddress.InUse", Retryable),
    ("ec2", "ReleaseAddress", "AuthFailure", Retryable),
    ("ec2", "Delete*", "CannotDelete", Fatal),
    ("ec2", "Disassociate*", "InvalidAssociationID.NotFound", NotFound),
    ("ec2", "Detach*", "Gateway.NotAttached", NotFound),
    ("ec2", "*", "OperationNotPermitted.InUse", Retryable),
    ("ec2", "*", "IncorrectState", Retryable),
    ("ec2", "*", "IncorrectInstanceState", Retryable),
    ("ec2", "*", "ConcurrentMutationLimitExceeded", Retryable),
    ("ec2", "*", "*NotFound", NotFound),
    ("ec2", "*", "*Duplicate", Exists),
    ("ec2", "*", "*AlreadyExists", Exists),
    ("ec2", "*", "Resource.AlreadyAssociated", Exists),
    ("ec2", "*", "InvalidPermission.Duplicate", Exists),
    // CloudWatch
    ("cloudwatch", "*", "ResourceNotFound", NotFound),
    ("cloudwatch", "*", "DashboardNotFoundError", NotFound),
    ("cloudwatch", "*", "ConcurrentModificationException", Retryable),
    ("events", "*", "ConcurrentModificationException", Retryable),
    ("events", "*", "InternalException", Retryable),
    // Lambda: anything else that conflicts is an update under way.
    ("lambda", "CreateFunction", "ResourceConflictException", Exists),
    ("lambda", "CreateEventSourceMapping", "ResourceConflictException", Exists),
    ("lambda", "AddPermission", "ResourceConflictException", Exists),
    ("lambda", "*", "ResourceConflictException", Retryable),
    ("lambda", "*", "ResourceInUseException", Retryable),
    ("lambda", "*", "EC2ThrottledException", Throttled),
    // IAM
    ("iam", "*", "NoSuchEntity*", NotFound),
    ("iam", "*", "EntityAlreadyExists*", Exists),
    ("iam", "*", "DeleteConflict*", Retryable),
    ("iam", "*", "ConcurrentModification*", Retryable),
    // Kinesis, KMS, Logs, STS: one vocabulary.
    ("kms", "*", "NotFoundException", NotFound),
    ("kms", "*", "AlreadyExistsException", Exists),
    // A principal that was just made is not known to KMS for some seconds.
    ("kms", "*", "MalformedPolicyDocumentException", Retryable),
    ("kms", "*", "KMSInvalidStateException", Retryable),
    ("kms", "*", "LimitExceededException", Fatal),
    ("kinesis", "CreateStream", "ResourceInUseException", Exists),
    ("kinesis", "RegisterStreamConsumer", "ResourceInUseException", Exists),
    // Not `ACTIVE` yet.
    ("kinesis", "*", "ResourceInUseException", Retryable),
    ("kinesis", "*", "LimitExceededException", Throttled),
    ("logs", "*", "OperationAbortedException", Retryable),
    // ECS: what runs in a cluster is gone a little later than its own delete returns.
    ("ecs", "DescribeTaskDefinition", "ClientException", NotFound),
    ("ecs", "DeleteCluster", "ClusterContains*", Retryable),
    ("ecs", "DeleteService", "ServiceNotActiveException", NotFound),
    ("ecs", "PutClusterCapacityProviders", "ResourceInUseException", Retryable),
    ("ecs", "*", "UpdateInProgressException", Retryable),
    ("ecs", "*", "ClusterNotFoundException", NotFound),
    ("ecs", "*", "ServiceNotFoundException", NotFound),
    // ECR
    ("ecr", "CreateRepository", "KmsException", Retryable),
    ("ecr", "*", "*AlreadyExistsException", Exists),
    ("ecr", "*", "RepositoryNotFoundException", NotFound),
    ("ecr", "*", "LifecyclePolicyNotFoundException", NotFound),
    // Application Auto Scaling
    ("application-autoscaling", "*", "ObjectNotFoundException", NotFound),
    ("application-autoscaling", "*", "ConcurrentUpdateException", Retryable),
    // RDS: not `available` yet, or in use by what is still going.
    ("rds", "*", "InvalidDBInstanceState", Retryable),
    ("rds", "Delete*", "InvalidDBParameterGroupState", Retryable),
    ("rds", "Delete*", "InvalidDBSubnetGroupStateFault", Retryable),
    ("rds", "*", "InvalidEventSubscriptionState", Retryable),
    // What RDS was just let do, by a key's policy or a topic's, it may do some seconds later.
    ("rds", "*", "KMSKeyNotAccessibleFault", Retryable),
    ("rds", "*", "SNSNoAuthorization", Retryable),
    ("rds", "*", "SubscriptionAlreadyExist", Exists),
    ("rds", "*", "*AlreadyExists", Exists),
    ("rds", "*", "*NotFound", NotFound),
    ("rds", "*", "*NotFoundFault", NotFound),
    // ElastiCache: the same.
    ("elasticache", "*", "InvalidReplicationGroupState", Retryable),
    ("elasticache", "*", "InvalidCacheClusterState", Retryable),
    ("elasticache", "*", "InvalidUserState", Retryable),
    ("elasticache", "*", "InvalidUserGroupState", Retryable),
    ("elasticache", "Delete*", "CacheSubnetGroupInUse", Retryable),
    ("elasticache", "*", "InvalidCacheParameterGroupState", Retryable),
    ("elasticache", "*", "*AlreadyExists", Exists),
    ("elasticache", "*", "*AlreadyExistsFault", Exists),
    ("elasticache", "*", "*NotFound", NotFound),
    ("elasticache", "*", "*NotFoundFault", NotFound),
    // SQS: a name is free again a minute after its queue was deleted.
    ("sqs", "*", "*QueueDeletedRecently", Retryable),
    ("sqs", "*", "*NonExistentQueue", NotFound),
    ("sqs", "*", "QueueDoesNotExist", NotFound),
    ("sqs", "CreateQueue", "QueueAlreadyExists", Exists),
    ("sqs", "CreateQueue", "QueueNameExists", Exists),
    ("sqs", "*", "RequestThrottled", Throttled),
    ("sqs", "*", "KmsThrottled", Throttled),
    ("sqs", "*", "KMS.ThrottlingException", Throttled),
    // SNS
    ("sns", "*", "NotFound", NotFound),
    ("sns", "*", "ResourceNotFound", NotFound),
    ("sns", "*", "AuthorizationError", Denied),
    ("sns", "*", "ConcurrentAccess", Retryable),
    ("sns", "*", "StaleTag", Retryable),
    ("sns", "*", "KMSThrottling*", Throttled),
    // Secrets Manager
    ("secretsmanager", "*", "ResourceExistsException", Exists),
    ("secretsmanager", "*", "PreconditionNotMetException", Retryable),
    ("*", "*", "ResourceNotFoundException", NotFound),
    ("*", "*", "ResourceAlreadyExistsException", Exists),
];

fn fits(pattern: &str, text: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(rest), _) => text.ends_with(rest),
        (_, Some(start)) => text.starts_with(start),
        _ => pattern == text,
    }
}

/// The kind of a failure that a service answered with.
pub fn kind(service: &str, operation: &str, code: &str) -> FailureKind {
    let exact = |row: &&Row| row.2 == code && fits(row.0, service) && fits(row.1, operation);
    let any = |row: &&Row| fits(row.0, service) && fits(row.1, operation) && fits(row.2, code);
    let special = TABLE.iter().filter(|row| row.0 != "*").find(exact);
    special.or_else(|| TABLE.iter().find(any)).map_or(Fatal, |row| row.3)
}

/// Names of crates that differ from the prefix of the service's IAM actions.
const PREFIXES: &[(&str, &str)] = &[
    ("applicationautoscaling", "application-autoscaling"),
    ("cloudwatchlogs", "logs"),
    ("eventbridge", "events"),
    ("resourcegroupstagging", "tag"),
];

/// `ec2`, `CreateVpc` from `aws_sdk_ec2::operation::create_vpc::CreateVpcError`: the error's type is
/// the only thing that says which operation failed, at no cost to those that succeed.
fn operation<E>() -> Option<(&'static str, &'static str)> {
    let name = std::any::type_name::<E>();
    let service = name.strip_prefix("aws_sdk_")?.split("::").next()?;
    let prefix = PREFIXES.iter().find(|(it, _)| *it == service).map_or(service, |(_, it)| it);
    let operation = name.rsplit("::").next()?.strip_suffix("Error")?;
    Some((prefix, operation))
}

/// `perform: ec2:CreateVpc on resource: arn:…` as the service words it.
fn denied_hint(message: &str) -> Option<String> {
    let action = message.split_once("perform: ")?.1.split_whitespace().next()?;
    let resource =
        message.split_once("on resource: ").and_then(|it| it.1.split_whitespace().next());
    let resource = resource.map(|it| it.trim_end_matches('.')).unwrap_or("*");
    Some(format!("allow `{action}` on `{resource}` in the caller's policy"))
}

/// Whether the call may have been sent before its connection failed.
fn may_have_arrived(why: &DispatchFailure) -> bool {
    let transient = why.as_connector_error().and_then(|it| it.as_other()).is_some();
    why.is_io() || why.is_timeout() || transient
}

/// Answers by which a service says that it failed itself: it may have done its work before.
const BROKEN: [u16; 3] = [500, 502, 504];

impl<E> From<SdkError<E, HttpResponse>> for Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let (service, name) = operation::<E>().unwrap_or(("", ""));
        let mut it = match &error {
            SdkError::ServiceError(context) => {
                let code = context.err().code().unwrap_or_default();
                let message = context.err().message().unwrap_or("the service gives no reason");
                let mut kind = kind(service, name, code);
                if kind == Fatal && BROKEN.contains(&context.raw().status().as_u16()) {
                    kind = FailureKind::Lost;
                }
                let mut it = Failure::new(kind, message);
                it.code = Some(code.to_string()).filter(|it| !it.is_empty());
                if let (Denied, Some(hint)) = (it.kind, denied_hint(message)) {
                    it = it.hint(hint);
                }
                it
            }
            SdkError::TimeoutError(_) => Failure::new(FailureKind::Lost, "no reply in time"),
            SdkError::ResponseError(_) => {
                let why = format!("the reply cannot be read: {}", DisplayErrorContext(&error));
                Failure::new(FailureKind::Lost, why)
            }
            SdkError::DispatchFailure(why) if may_have_arrived(why) => Failure::new(
                FailureKind::Lost,
                format!("no reply: {}", DisplayErrorContext(&error)),
            )
            .hint("check the network, the region and the endpoint"),
            SdkError::DispatchFailure(why)
                if why.as_connector_error().is_some_and(|it| is_refused(it)) =>
            {
                Failure::fatal(format!("nobody listens there: {}", DisplayErrorContext(&error)))
                    .hint("check the network, the region and the endpoint")
            }
            _ => Failure::fatal(DisplayErrorContext(&error).to_string()),
        };
        it.operation = (!name.is_empty()).then(|| format!("{service}:{name}"));
        it.request_id = error.request_id().map(String::from);
        it
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_kinds() {
        let cases = [
            ("ec2", "DescribeVpcs", "InvalidVpcID.NotFound", NotFound),
            ("ec2", "DeleteVpc", "DependencyViolation", Retryable),
            ("ec2", "CreateVpc", "DependencyViolation", Fatal),
            ("ec2", "CreateSecurityGroup", "InvalidGroup.Duplicate", Exists),
            ("ec2", "CreateRoute", "RouteAlreadyExists", Exists),
            ("ec2", "CreateVpc", "UnauthorizedOperation", Denied),
            ("ec2", "ReleaseAddress", "AuthFailure", Retryable),
            ("ec2", "CreateVpc", "RequestLimitExceeded", Throttled),
            ("ec2", "CreateVpc", "InvalidVpc.Range", Fatal),
            ("kinesis", "DescribeStreamSummary", "ResourceNotFoundException", NotFound),
            ("kinesis", "CreateStream", "ResourceInUseException", Exists),
            ("kinesis", "UpdateShardCount", "ResourceInUseException", Retryable),
            ("logs", "CreateLogGroup", "ResourceAlreadyExistsException", Exists),
            ("iam", "GetRole", "NoSuchEntity", NotFound),
            ("ecs", "DescribeTaskDefinition", "ClientException", NotFound),
            ("ecs", "RegisterTaskDefinition", "ClientException", Fatal),
            ("ecs", "DeleteCluster", "ClusterContainsServicesException", Retryable),
            ("ecs", "CreateService", "ClusterNotFoundException", NotFound),
            ("ecr", "CreateRepository", "RepositoryAlreadyExistsException", Exists),
            ("ecr", "DescribeRepositories", "RepositoryNotFoundException", NotFound),
            ("application-autoscaling", "PutScalingPolicy", "ObjectNotFoundException", NotFound),
            ("kms", "CreateAlias", "AlreadyExistsException", Exists),
            ("kms", "CreateKey", "ThrottlingException", Throttled),
            ("sqs", "CreateQueue", "AWS.SimpleQueueService.QueueDeletedRecently", Retryable),
            ("sqs", "ListQueueTags", "AWS.SimpleQueueService.NonExistentQueue", NotFound),
            ("sqs", "CreateQueue", "QueueAlreadyExists", Exists),
            ("sns", "GetTopicAttributes", "NotFound", NotFound),
            ("sns", "Subscribe", "AuthorizationError", Denied),
            ("secretsmanager", "DescribeSecret", "ResourceNotFoundException", NotFound),
            ("secretsmanager", "CreateSecret", "ResourceExistsException", Exists),
            ("rds", "ModifyDBInstance", "InvalidDBInstanceState", Retryable),
            ("rds", "DescribeDBSubnetGroups", "DBSubnetGroupNotFoundFault", NotFound),
            ("rds", "CreateDBInstance", "DBInstanceAlreadyExists", Exists),
            ("elasticache", "CreateUserGroup", "UserGroupAlreadyExists", Exists),
            ("elasticache", "DeleteCacheSubnetGroup", "CacheSubnetGroupInUse", Retryable),
        ];
        for (service, operation, code, expected) in cases {
            assert_eq!(kind(service, operation, code), expected, "{service}:{operation} {code}");
        }
    }

    #[test]
    fn denied_names_action_and_resource() {
        let message = "User: arn:aws:iam::1:user/a is not authorized to perform: ec2:CreateVpc on \
                       resource: arn:aws:ec2:eu-central-1:1:vpc/* because no policy allows it";
        let hint = denied_hint(message).unwrap();
        let expected =
            "allow `ec2:CreateVpc` on `arn:aws:ec2:eu-central-1:1:vpc/*` in the caller's policy";
        assert_eq!(hint, expected);
        assert_eq!(denied_hint("You are not authorized"), None);
    }

    #[cfg(feature = "ec2")]
    #[test]
    fn the_operation_is_known_from_the_error() {
        use aws_sdk_ec2::operation::create_vpc::CreateVpcError;
        assert_eq!(operation::<CreateVpcError>(), Some(("ec2", "CreateVpc")));
    }

    #[cfg(feature = "logs")]
    #[test]
    fn the_prefix_is_that_of_the_iam_actions() {
        use aws_sdk_cloudwatchlogs::operation::create_log_group::CreateLogGroupError;
        assert_eq!(operation::<CreateLogGroupError>(), Some(("logs", "CreateLogGroup")));
    }
}
