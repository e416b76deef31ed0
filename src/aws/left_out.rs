//! Arguments of the Terraform AWS provider that are left out on purpose, each with its reason.

/// `type.argument` and why it is left out. `tests/schema_table.rs` reads this.
pub const LEFT_OUT: &[(&str, &str)] = &[(
    "aws_iam_policy.delay_after_policy_creation_in_ms",
    "nothing waits blindly here: what needs the policy is tried again until AWS knows it",
)];

/// `type.argument: what` is otherwise on purpose, and why. `tests/schema_table.rs` reads this.
pub const DIFFERS: &[(&str, &str)] = &[
    (
        "aws_cloudwatch_log_group.log_group_class: allowed values",
        "the SDK does not send `ESSENTIALS` yet",
    ),
    ("aws_cloudwatch_log_group.name: length", LENGTH),
    ("aws_cloudwatch_log_group.name_prefix: length", LENGTH),
    ("aws_cloudwatch_log_metric_filter.log_group_name: length", LENGTH),
    ("aws_cloudwatch_log_metric_filter.metric_transformation.name: length", LENGTH),
    ("aws_cloudwatch_log_metric_filter.metric_transformation.namespace: length", LENGTH),
    ("aws_cloudwatch_log_metric_filter.name: length", LENGTH),
    ("aws_iam_policy.name_prefix: length", LENGTH),
    ("aws_iam_role.name_prefix: length", LENGTH),
    ("aws_iam_role_policy.name_prefix: length", LENGTH),
    (
        "aws_kinesis_stream.arn: who decides",
        "AWS decides it; giving one has no effect in the provider either",
    ),
    ("aws_kinesis_stream.name: length", LENGTH),
    (
        "aws_kms_key_policy.key_id: replace",
        "the policy of another key is another object, and the old key must get its own back",
    ),
    ("data.aws_iam_policy_document.override_json: length", LENGTH),
    ("data.aws_iam_policy_document.source_json: length", LENGTH),
];

/// Why a length stands here and not in the facts.
const LENGTH: &str = "the provider checks it in code";
