//! Hardware lanes: one file an instruction set, one set of elementary functions for all of them, one way in.
//!
//! A lane type is a register of f64 or f32 values that behaves as one number:
//!
//! | | scalar | AVX2 | AVX-512 |
//! |---|---|---|---|
//! | f64 | `f64` | `F64x4` | `F64x8` |
//! | f32 | [`F32x1`] | `F32x8` | `F32x16` |
//!
//! The types of wider registers exist on x86-64 only; everywhere else (and on x86-64 without AVX2) the scalar lane is
//! the portable fall-back. [`dispatch()`] chooses at run time.
//!
//! Lanes of f32 do arithmetic in f32. Sums over lanes and additions to memory are in f64, so that what is accumulated
//! over many pairs keeps its digits.

mod dispatch;
mod scalar;
mod single_scalar;
mod transpose;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod coefficients;
#[cfg(target_arch = "x86_64")]
mod compress;
#[cfg(target_arch = "x86_64")]
mod glue;
#[cfg(target_arch = "x86_64")]
mod math;
#[cfg(target_arch = "x86_64")]
mod single_avx2;
#[cfg(target_arch = "x86_64")]
mod single_avx512;

#[cfg(target_arch = "x86_64")]
pub use avx2::{F64x4, Mask4};
#[cfg(target_arch = "x86_64")]
pub use avx512::{F64x8, Mask8};
pub use dispatch::{Isa, IsaError, Kernel, dispatch};
#[cfg(target_arch = "x86_64")]
pub use single_avx2::{F32x8, Mask32x8};
#[cfg(target_arch = "x86_64")]
pub use single_avx512::{F32x16, Mask16};
pub use single_scalar::F32x1;
pub use transpose::transpose;
