//! Text to values. Knows nothing of AWS and does no I/O but reading source files.

pub mod ast;
pub mod convert;
pub mod number;
pub mod types;
pub mod value;
