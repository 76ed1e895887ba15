//! Automatic differentiation in SIMD lanes.

pub mod dual;
pub mod elementary;
pub mod lanes;
pub mod real;

pub use dual::Dual;
#[cfg(target_arch = "x86_64")]
pub use lanes::{F64x4, F64x8};
pub use lanes::{Isa, IsaError, Kernel, dispatch};
pub use real::{Lane, Mask, Real};
