//! Terraform-flavoured HCL, interpreted straight into AWS API calls.
pub mod address;
pub mod apply;
#[cfg(feature = "aws")]
pub mod aws;
pub mod builtin;
#[cfg(feature = "cli")]
pub mod cli;
pub mod clock;
pub mod diag;
pub mod driver;
pub mod engine;
pub mod event;
pub mod lang;
pub mod plan;
pub mod provider;
pub mod render;
pub mod schema;
pub mod state;

extern crate self as fastcart_hcl;
