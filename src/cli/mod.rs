//! The verbs of the program, as functions.

pub mod check;
pub mod schema;
