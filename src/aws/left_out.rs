//! Arguments of the Terraform AWS provider that are left out on purpose, each with its reason.

/// `type.argument` and why it is left out. `tests/schema_table.rs` reads this.
pub const LEFT_OUT: &[(&str, &str)] = &[
    (
        "aws_iam_policy.delay_after_policy_creation_in_ms",
        "nothing waits blindly here: what needs the policy is tried again until AWS knows it",
    ),
    ("aws_kinesis_stream.arn", "AWS decides it; giving one has no effect in the provider either"),
];

/// `type.argument: what` is otherwise on purpose, and why. `tests/schema_table.rs` reads this.
pub const DIFFERS: &[(&str, &str)] = &[];
