//! Automatic differentiation in SIMD lanes.

pub mod dual;
pub mod elementary;
pub mod explicit;
pub mod lanes;
pub mod real;
pub mod safe;
pub mod stack_tape;
pub mod tape;

pub use dual::Dual;
pub use real::{Lane, Mask, Real};
pub use stack_tape::{Rev, StackTape, reverse};
pub use tape::{Gradient, Tape, Var};
