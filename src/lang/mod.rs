//! Text to values. Knows nothing of AWS and does no I/O but reading source files.

pub mod access;
pub mod ast;
pub mod console;
pub mod convert;
pub mod eval;
pub mod files;
pub mod functions;
pub mod number;
pub mod operators;
pub mod parse;
pub mod types;
pub mod value;

pub mod config;
pub mod json;
pub mod load;
