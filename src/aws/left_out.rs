//! Arguments of the Terraform AWS provider that are left out on purpose, each with its reason.

/// `type.argument` and why it is left out. `tests/schema_table.rs` reads this.
pub const LEFT_OUT: &[(&str, &str)] = &[];
