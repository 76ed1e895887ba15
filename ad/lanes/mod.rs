//! Hardware lanes: one file an instruction set, one set of elementary functions for all of them, one way in.
//!
//! A lane type is a register of f64 values that behaves as one number. The types of wider registers exist on x86-64
//! only; everywhere else (and on x86-64 without AVX2) the scalar lane `f64` is the portable fall-back. [`dispatch()`]
//! chooses at run time.

mod dispatch;
mod scalar;
mod transpose;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod coefficients;
#[cfg(target_arch = "x86_64")]
mod glue;
#[cfg(target_arch = "x86_64")]
mod math;

#[cfg(target_arch = "x86_64")]
pub use avx2::{F64x4, Mask4};
#[cfg(target_arch = "x86_64")]
pub use avx512::{F64x8, Mask8};
pub use dispatch::{Isa, IsaError, Kernel, dispatch};
pub use transpose::transpose;
