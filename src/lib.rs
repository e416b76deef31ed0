//! Terraform-flavoured HCL, interpreted straight into AWS API calls.
pub mod address;
pub mod diag;
pub mod driver;
pub mod lang;
pub mod provider;
pub mod schema;
pub mod state;

extern crate self as fastcart_hcl;
