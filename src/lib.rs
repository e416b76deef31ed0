//! Terraform-flavoured HCL, interpreted straight into AWS API calls.
pub mod address;
pub mod diag;
pub mod lang;
