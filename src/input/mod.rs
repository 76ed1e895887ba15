//! From the text of an input file to a checked plan, or to all of its errors with line and caret.

mod plan;

pub use plan::{Frames, IntegratorPlan, Output, Plan, Provenance};
