//! Sixteen f32 in an AVX-512 register, comparisons in mask registers.

use super::avx512::F64x8;
use super::glue::{arithmetic_methods, hardware, mask_operators, methods_through_f64, operators, row_start};
use super::math::{self, Scale};
use crate::elementary::powi_by_squaring;
use crate::real::{Element, Lane, Mask, Real};
use core::arch::x86_64::*;
use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

/// Sixteen f32 side by side.
///
/// Make values only inside a kernel entered through [`crate::dispatch()`]: on a CPU without AVX-512 every operation is
/// an illegal instruction.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct F32x16(__m512);

/// One truth value for each lane of [`F32x16`], in a mask register.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Mask16(__mmask16);

impl Mask for Mask16 {
    #[inline(always)]
    fn splat(on: bool) -> Self {
        Self(if on { 0xffff } else { 0 })
    }
    #[inline(always)]
    fn any(self) -> bool {
        self.0 != 0
    }
    #[inline(always)]
    fn all(self) -> bool {
        self.0 == 0xffff
    }
}

mask_operators!(Mask16: _kand_mask16, _kor_mask16, _kxor_mask16);

operators!(F32x16: Add add _mm512_add_ps, Sub sub _mm512_sub_ps, Mul mul _mm512_mul_ps, Div div _mm512_div_ps);

impl Neg for F32x16 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(hardware!(_mm512_xor_ps(self.0, _mm512_set1_ps(-0.0))))
    }
}

impl F32x16 {
    /// Lanes 0 to 7 and 8 to 15.
    #[inline(always)]
    fn widened(self) -> [F64x8; 2] {
        hardware!([
            F64x8(_mm512_cvtps_pd(_mm512_castps512_ps256(self.0))),
            F64x8(_mm512_cvtps_pd(_mm512_extractf32x8_ps::<1>(self.0))),
        ])
    }
    #[inline(always)]
    fn narrowed([low, high]: [F64x8; 2]) -> Self {
        Self(hardware!(_mm512_insertf32x8::<1>(
            _mm512_castps256_ps512(_mm512_cvtpd_ps(low.0)),
            _mm512_cvtpd_ps(high.0)
        )))
    }
}

impl Real for F32x16 {
    arithmetic_methods!();
    methods_through_f64!(ln, sin, cos, tanh, erfc, acos; powf, atan2);

    #[inline(always)]
    fn exp(self) -> Self {
        math::exp_single(self)
    }

    #[inline(always)]
    fn lit(x: f64) -> Self {
        Self(hardware!(_mm512_set1_ps(f32::narrow(x))))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(hardware!(_mm512_sqrt_ps(self.0)))
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(hardware!(_mm512_andnot_ps(_mm512_set1_ps(-0.0), self.0)))
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        Self(hardware!(_mm512_fmadd_ps(self.0, b.0, c.0)))
    }
    #[inline(always)]
    fn lt(self, other: Self) -> Mask16 {
        Mask16(hardware!(_mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, other.0)))
    }
    #[inline(always)]
    fn select(mask: Mask16, a: Self, b: Self) -> Self {
        Self(hardware!(_mm512_mask_blend_ps(mask.0, b.0, a.0)))
    }
    // The hardware returns its second operand on a tie and on NaN, which is the order of `Real::min` and `Real::max`.
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(hardware!(_mm512_min_ps(other.0, self.0)))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(hardware!(_mm512_max_ps(other.0, self.0)))
    }
}

/// Row `index[k]`.
///
/// # Safety
/// As for [`Lane::columns`], with k below 16.
#[inline(always)]
unsafe fn row(base: *const f32, index: *const u16, k: usize) -> __m128 {
    hardware!(_mm_loadu_ps(base.add(row_start(index, k))))
}

/// Rows `index[k]`, `index[k + 4]`, `index[k + 8]` and `index[k + 12]`, one above the other.
///
/// # Safety
/// As for [`Lane::columns`], with k below 4.
#[inline(always)]
unsafe fn four_rows(base: *const f32, index: *const u16, k: usize) -> __m512 {
    hardware!({
        let one = _mm256_castps128_ps256(row(base, index, k));
        let two = _mm512_castps256_ps512(_mm256_insertf128_ps::<1>(one, row(base, index, k + 4)));
        let three = _mm512_insertf32x4::<2>(two, row(base, index, k + 8));
        _mm512_insertf32x4::<3>(three, row(base, index, k + 12))
    })
}

impl Lane for F32x16 {
    type Mask = Mask16;
    type Element = f32;
    const WIDTH: usize = 16;
    const ISA: &'static str = "avx512";

    #[inline(always)]
    fn from_fn(mut f: impl FnMut(usize) -> f64) -> Self {
        let mut x = [0.0; 16];
        for k in 0..16 {
            x[k] = f32::narrow(f(k));
        }
        Self(hardware!(_mm512_loadu_ps(x.as_ptr())))
    }
    #[inline(always)]
    fn extract(self, k: usize) -> f64 {
        let mut x = [0.0; 16];
        hardware!(_mm512_storeu_ps(x.as_mut_ptr(), self.0));
        x[k].widen()
    }
    /// ((y₀ + y₄) + (y₂ + y₆)) + ((y₁ + y₅) + (y₃ + y₇)) with yₖ = xₖ + xₖ₊₈, in f64.
    #[inline(always)]
    fn sum(self) -> f64 {
        let [low, high] = self.widened();
        (low + high).sum()
    }
    #[inline(always)]
    fn least(self) -> f64 {
        hardware!(_mm512_reduce_min_ps(self.0)).into()
    }
    #[inline(always)]
    fn most(self) -> f64 {
        hardware!(_mm512_reduce_max_ps(self.0)).into()
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        Self(hardware!(_mm512_loadu_ps(p)))
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        hardware!(_mm512_storeu_ps(p, self.0));
    }
    #[inline(always)]
    unsafe fn store_single(self, p: *mut f32) {
        hardware!(_mm512_storeu_ps(p, self.0));
    }
    #[inline(always)]
    unsafe fn add_to(self, p: *mut f64) {
        let [low, high] = self.widened();
        hardware!({
            low.add_to(p);
            high.add_to(p.add(8));
        });
    }
    #[inline(always)]
    unsafe fn gather(base: *const f32, index: *const u32) -> Self {
        Self(hardware!(_mm512_i32gather_ps::<4>(
            _mm512_loadu_si512(index.cast()),
            base
        )))
    }
    #[inline(always)]
    unsafe fn columns(base: *const f32, index: *const u16) -> [Self; 3] {
        hardware!({
            let [a, b] = [four_rows(base, index, 0), four_rows(base, index, 1)];
            let [c, d] = [four_rows(base, index, 2), four_rows(base, index, 3)];
            // x₀ x₁ y₀ y₁ and x₂ x₃ y₂ y₃ in each quarter, and the same of z
            let (xy01, xy23) = (_mm512_unpacklo_ps(a, b), _mm512_unpacklo_ps(c, d));
            let (z01, z23) = (_mm512_unpackhi_ps(a, b), _mm512_unpackhi_ps(c, d));
            [
                Self(_mm512_shuffle_ps::<0b01_00_01_00>(xy01, xy23)),
                Self(_mm512_shuffle_ps::<0b11_10_11_10>(xy01, xy23)),
                Self(_mm512_shuffle_ps::<0b01_00_01_00>(z01, z23)),
            ]
        })
    }
    #[inline(always)]
    unsafe fn keep(mask: Mask16, index: *const u16, out: *mut u16) -> usize {
        hardware!({
            let index = _mm256_loadu_si256(index.cast());
            // in the register: the form that writes to memory is microcode on Zen 4
            _mm256_storeu_si256(out.cast(), _mm256_maskz_compress_epi16(mask.0, index));
            mask.0.count_ones() as usize
        })
    }
    #[inline(always)]
    unsafe fn pack(self, mask: Mask16, out: *mut f32) {
        hardware!(_mm512_storeu_ps(out, _mm512_maskz_compress_ps(mask.0, self.0)));
    }
}

impl Scale for F32x16 {
    #[inline(always)]
    fn round(self) -> Self {
        Self(hardware!(_mm512_roundscale_ps::<
            { _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC },
        >(self.0)))
    }
    #[inline(always)]
    fn scale(self, n: Self) -> Self {
        Self(hardware!(_mm512_scalef_ps(self.0, n.0)))
    }
}
