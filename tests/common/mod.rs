//! Shared by the tests of apply.
#![allow(dead_code)]

pub mod desk;
pub mod fake;
pub mod light;
