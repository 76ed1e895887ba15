//! Automatic differentiation in SIMD lanes.

pub mod dual;
pub mod elementary;
pub mod lanes;
pub mod real;

pub use dual::Dual;
pub use real::{Lane, Mask, Real};
