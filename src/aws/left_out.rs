//! Arguments of the Terraform AWS provider that are left out on purpose, each with its reason.

/// `type.argument` and why it is left out. `tests/schema_table.rs` reads this.
pub const LEFT_OUT: &[(&str, &str)] = &[
    (
        "aws_db_instance.blue_green_update",
        "it makes a second database and renames both, which a plan of one object cannot show",
    ),
    (
        "aws_default_route_table.route.instance_id",
        "AWS tells an instance by its network interface: write `network_interface_id`",
    ),
    (
        "aws_ecs_service.sigint_rollback",
        "a cancelled run leaves the deployment to ECS, whose circuit breaker rolls it back",
    ),
    ("aws_ecs_task_definition.volume.s3files_volume_configuration", "the SDK does not send it yet"),
    (
        "aws_elasticache_replication_group.security_group_names",
        "it is for EC2-Classic, which AWS has ended",
    ),
    (
        "aws_iam_policy.delay_after_policy_creation_in_ms",
        "nothing waits blindly here: what needs the policy is tried again until AWS knows it",
    ),
    ("aws_lambda_event_source_mapping.use_resource_timeout_for_propagation", BOUNDED),
    ("aws_lambda_function.use_resource_timeout_for_propagation", BOUNDED),
];

/// Why nothing says how long a new role may take to be known.
const BOUNDED: &str = "tries are bounded by the time limits of the operation in any case";

/// `type.argument: what` is otherwise on purpose, and why. `tests/schema_table.rs` reads this.
pub const DIFFERS: &[(&str, &str)] = &[
    (
        "aws_appautoscaling_policy.target_tracking_scaling_policy_configuration.customized_metric_specification: exactly_one_of",
        AWS_ONLY,
    ),
    ("aws_appautoscaling_target.min_capacity: range", AWS_ONLY),
    (
        "aws_cloudwatch_log_group.log_group_class: allowed values",
        "the SDK does not send `ESSENTIALS` yet",
    ),
    (
        "aws_cloudwatch_log_metric_filter.metric_transformation.default_value: excludes dimensions",
        AWS_ONLY,
    ),
    ("aws_cloudwatch_metric_alarm.metric_query.expression: exactly_one_of", AWS_ONLY),
    ("aws_db_event_subscription.source_ids: needs", AWS_ONLY),
    (
        "aws_db_instance.storage_encrypted: who decides",
        "one that is left out is as AWS, or the origin of the database, has it: no reason to replace",
    ),
    (
        "aws_default_network_acl.subnet_ids: who decides",
        "a subnet leaves the default ACL for another one only: where it is unset, nothing differs",
    ),
    ("aws_default_route_table.route.carrier_gateway_id: it", ANY_TABLE),
    ("aws_default_route_table.route.core_network_arn: format", ANY_TABLE),
    ("aws_default_route_table.route.local_gateway_id: it", ANY_TABLE),
    ("aws_default_route_table.route.odb_network_arn: it", ANY_TABLE),
    ("aws_default_route_table.route: type", ANY_TABLE),
    ("aws_ecr_repository.encryption_configuration: who decides", LEFT_ALONE),
    ("aws_ecr_repository.image_scanning_configuration: who decides", LEFT_ALONE),
    ("aws_ecr_repository.name: characters", AWS_ONLY),
    ("aws_ecr_repository.name: length", AWS_ONLY),
    ("aws_ecs_service.alarms: who decides", LEFT_ALONE),
    (
        "aws_ecs_service.capacity_provider_strategy: who decides",
        "the cluster's own strategy is no difference where none is given",
    ),
    ("aws_ecs_service.deployment_circuit_breaker: who decides", LEFT_ALONE),
    ("aws_ecs_service.deployment_controller: who decides", LEFT_ALONE),
    ("aws_ecs_service.desired_count: range", AWS_ONLY),
    ("aws_ecs_service.load_balancer.elb_name: exactly_one_of", AWS_ONLY),
    ("aws_elasticache_parameter_group.name: format", AWS_ONLY),
    ("aws_elasticache_parameter_group.name: length", AWS_ONLY),
    (
        "aws_elasticache_replication_group.port: who decides",
        "the provider takes no difference for one where it is unset: AWS decides it then",
    ),
    ("aws_elasticache_replication_group.replicas_per_node_group: range", AWS_ONLY),
    ("aws_elasticache_replication_group.snapshot_retention_limit: range", AWS_ONLY),
    ("aws_elasticache_replication_group.user_group_ids: compared", LOWER),
    ("aws_elasticache_user_group.user_ids: compared", LOWER),
    (
        "aws_kinesis_stream.arn: who decides",
        "AWS decides it; giving one has no effect in the provider either",
    ),
    ("aws_kinesis_stream.name: length", IN_CODE),
    (
        "aws_kms_key_policy.key_id: replace",
        "the policy of another key is another object, and the old key must get its own back",
    ),
    ("aws_lambda_event_source_mapping.filter_criteria.filter.pattern: format", AWS_ONLY),
    ("aws_lambda_function.runtime: allowed values", "the SDK does not send `custom` yet"),
    (
        "aws_nat_gateway.availability_zone_address: may replace",
        "the provider says it of `regional_nat_gateway_auto_mode`, which follows from it",
    ),
    ("aws_network_acl_rule.cidr_block: format", AWS_ONLY),
    ("aws_network_acl_rule.ipv6_cidr_block: format", AWS_ONLY),
    ("aws_network_acl_rule.rule_number: range", AWS_ONLY),
    ("aws_secretsmanager_secret_version.secret_binary: at_least_one_of", AWS_ONLY),
    ("aws_secretsmanager_secret_version.secret_string: may replace", VERSION),
    ("aws_secretsmanager_secret_version.secret_string: replace", VERSION),
    (
        "aws_secretsmanager_secret_version.secret_string_wo: may replace",
        "it is not stored: its version says when it changes",
    ),
    ("aws_secretsmanager_secret_version.secret_string_wo_version: may replace", VERSION),
    ("aws_secretsmanager_secret_version.secret_string_wo_version: replace", VERSION),
    ("aws_sqs_queue.receive_wait_time_seconds: range", AWS_ONLY),
    ("aws_vpc.cidr_block: at_least_one_of", AWS_ONLY),
    ("aws_vpc_dhcp_options.domain_name_servers: elements", AWS_ONLY),
    ("aws_vpc_dhcp_options.netbios_name_servers: elements", AWS_ONLY),
    ("aws_vpc_dhcp_options.ntp_servers: elements", AWS_ONLY),
    ("aws_vpc_endpoint.resource_configuration_arn: at_least_one_of", AWS_ONLY),
    ("aws_vpc_security_group_egress_rule.cidr_ipv4: exactly_one_of", IN_CODE),
    ("aws_vpc_security_group_ingress_rule.cidr_ipv4: exactly_one_of", IN_CODE),
    ("ephemeral.aws_secretsmanager_random_password.password_length: range", AWS_ONLY),
];

/// Why AWS may decide of a block that the facts call optional.
const LEFT_ALONE: &str =
    "the provider leaves it as it is where the block is missing, and so is it here";

/// Why a default route table takes other routes than there.
const ANY_TABLE: &str = "AWS takes in it what it takes in any other table";

/// Why a rule stands here and not in the facts.
const IN_CODE: &str = "the provider checks it in code";

/// Why a rule stands here and not in the provider.
const AWS_ONLY: &str = "AWS refuses others, and the provider leaves it to AWS to say so";

/// Why the case of identifiers does not count.
const LOWER: &str = "AWS keeps identifiers in lower case";

/// Why a version of a secret is replaced.
const VERSION: &str =
    "a version keeps the value that it was made with: another value is another version";
