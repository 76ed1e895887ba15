//! Eight f32 in an AVX register with AVX2 and FMA, comparisons as all-ones or all-zeros f32 patterns.

use super::avx2::F64x4;
use super::compress;
use super::glue::{arithmetic_methods, hardware, mask_operators, methods_through_f64, operators, row_start};
use super::math::{self, Scale};
use crate::elementary::powi_by_squaring;
use crate::real::{Element, Lane, Mask, Real};
use core::arch::x86_64::*;
use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

/// Eight f32 side by side.
///
/// Make values only inside a kernel entered through [`crate::dispatch()`]: on a CPU without AVX2 and FMA every
/// operation is an illegal instruction.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct F32x8(__m256);

/// One truth value for each lane of [`F32x8`]: the sign bit counts.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Mask32x8(__m256);

impl Mask for Mask32x8 {
    #[inline(always)]
    fn splat(on: bool) -> Self {
        Self(hardware!(_mm256_castsi256_ps(_mm256_set1_epi32(-i32::from(on)))))
    }
    #[inline(always)]
    fn any(self) -> bool {
        hardware!(_mm256_movemask_ps(self.0)) != 0
    }
    #[inline(always)]
    fn all(self) -> bool {
        hardware!(_mm256_movemask_ps(self.0)) == 0xff
    }
}

mask_operators!(Mask32x8: _mm256_and_ps, _mm256_or_ps, _mm256_xor_ps);

operators!(F32x8: Add add _mm256_add_ps, Sub sub _mm256_sub_ps, Mul mul _mm256_mul_ps, Div div _mm256_div_ps);

impl Neg for F32x8 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(hardware!(_mm256_xor_ps(self.0, _mm256_set1_ps(-0.0))))
    }
}

impl F32x8 {
    /// Lanes 0 to 3 and 4 to 7.
    #[inline(always)]
    fn widened(self) -> [F64x4; 2] {
        hardware!([
            F64x4(_mm256_cvtps_pd(_mm256_castps256_ps128(self.0))),
            F64x4(_mm256_cvtps_pd(_mm256_extractf128_ps::<1>(self.0))),
        ])
    }
    #[inline(always)]
    fn narrowed([low, high]: [F64x4; 2]) -> Self {
        Self(hardware!(_mm256_set_m128(
            _mm256_cvtpd_ps(high.0),
            _mm256_cvtpd_ps(low.0)
        )))
    }
}

impl Real for F32x8 {
    arithmetic_methods!();
    methods_through_f64!(ln, sin, cos, tanh, erfc, acos; powf, atan2);

    #[inline(always)]
    fn exp(self) -> Self {
        math::exp_single(self)
    }

    #[inline(always)]
    fn lit(x: f64) -> Self {
        Self(hardware!(_mm256_set1_ps(f32::narrow(x))))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(hardware!(_mm256_sqrt_ps(self.0)))
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(hardware!(_mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0)))
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        Self(hardware!(_mm256_fmadd_ps(self.0, b.0, c.0)))
    }
    #[inline(always)]
    fn lt(self, other: Self) -> Mask32x8 {
        Mask32x8(hardware!(_mm256_cmp_ps::<_CMP_LT_OQ>(self.0, other.0)))
    }
    #[inline(always)]
    fn select(mask: Mask32x8, a: Self, b: Self) -> Self {
        Self(hardware!(_mm256_blendv_ps(b.0, a.0, mask.0)))
    }
    // The hardware returns its second operand on a tie and on NaN, which is the order of `Real::min` and `Real::max`.
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(hardware!(_mm256_min_ps(other.0, self.0)))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(hardware!(_mm256_max_ps(other.0, self.0)))
    }
}

/// Rows `index[k]` and `index[k + 4]`, one above the other.
///
/// # Safety
/// As for [`Lane::columns`], with k below 4.
#[inline(always)]
unsafe fn two_rows(base: *const f32, index: *const u16, k: usize) -> __m256 {
    hardware!({
        let low = _mm_loadu_ps(base.add(row_start(index, k)));
        let high = _mm_loadu_ps(base.add(row_start(index, k + 4)));
        _mm256_insertf128_ps::<1>(_mm256_castps128_ps256(low), high)
    })
}

impl Lane for F32x8 {
    type Mask = Mask32x8;
    type Element = f32;
    const WIDTH: usize = 8;
    const ISA: &'static str = "avx2";

    #[inline(always)]
    fn from_fn(mut f: impl FnMut(usize) -> f64) -> Self {
        let mut x = [0.0; 8];
        for k in 0..8 {
            x[k] = f32::narrow(f(k));
        }
        Self(hardware!(_mm256_loadu_ps(x.as_ptr())))
    }
    #[inline(always)]
    fn extract(self, k: usize) -> f64 {
        let mut x = [0.0; 8];
        hardware!(_mm256_storeu_ps(x.as_mut_ptr(), self.0));
        x[k].widen()
    }
    /// ((x₀ + x₄) + (x₂ + x₆)) + ((x₁ + x₅) + (x₃ + x₇)) in f64.
    #[inline(always)]
    fn sum(self) -> f64 {
        let [low, high] = self.widened();
        (low + high).sum()
    }
    #[inline(always)]
    fn least(self) -> f64 {
        hardware!({
            let four = _mm_min_ps(_mm256_castps256_ps128(self.0), _mm256_extractf128_ps::<1>(self.0));
            let two = _mm_min_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_min_ss(two, _mm_movehdup_ps(two)))
        })
        .into()
    }
    #[inline(always)]
    fn most(self) -> f64 {
        hardware!({
            let four = _mm_max_ps(_mm256_castps256_ps128(self.0), _mm256_extractf128_ps::<1>(self.0));
            let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)))
        })
        .into()
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        Self(hardware!(_mm256_loadu_ps(p)))
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        hardware!(_mm256_storeu_ps(p, self.0));
    }
    #[inline(always)]
    unsafe fn store_single(self, p: *mut f32) {
        hardware!(_mm256_storeu_ps(p, self.0));
    }
    #[inline(always)]
    unsafe fn add_to(self, p: *mut f64) {
        let [low, high] = self.widened();
        hardware!({
            low.add_to(p);
            high.add_to(p.add(4));
        });
    }
    #[inline(always)]
    unsafe fn gather(base: *const f32, index: *const u32) -> Self {
        Self(hardware!(_mm256_i32gather_ps::<4>(
            base,
            _mm256_loadu_si256(index.cast())
        )))
    }
    #[inline(always)]
    unsafe fn columns(base: *const f32, index: *const u16) -> [Self; 3] {
        hardware!({
            let [a, b] = [two_rows(base, index, 0), two_rows(base, index, 1)];
            let [c, d] = [two_rows(base, index, 2), two_rows(base, index, 3)];
            // x₀ x₁ y₀ y₁ and x₂ x₃ y₂ y₃ in each half, and the same of z
            let (xy01, xy23) = (_mm256_unpacklo_ps(a, b), _mm256_unpacklo_ps(c, d));
            let (z01, z23) = (_mm256_unpackhi_ps(a, b), _mm256_unpackhi_ps(c, d));
            [
                Self(_mm256_shuffle_ps::<0b01_00_01_00>(xy01, xy23)),
                Self(_mm256_shuffle_ps::<0b11_10_11_10>(xy01, xy23)),
                Self(_mm256_shuffle_ps::<0b01_00_01_00>(z01, z23)),
            ]
        })
    }
    #[inline(always)]
    unsafe fn keep(mask: Mask32x8, index: *const u16, out: *mut u16) -> usize {
        hardware!({
            let index = _mm_loadu_si128(index.cast());
            let kept = _mm256_movemask_ps(mask.0);
            let order = _mm_load_si128(compress::order(kept));
            _mm_storeu_si128(out.cast(), _mm_shuffle_epi8(index, order));
            kept.count_ones() as usize
        })
    }
    #[inline(always)]
    unsafe fn pack(self, mask: Mask32x8, out: *mut f32) {
        hardware!({
            let order = _mm_load_si128(compress::order(_mm256_movemask_ps(mask.0)));
            // 2k and 2k + 1 side by side, shifted to k; the permutation looks at the lowest three bits only
            let order = _mm256_srli_epi32::<1>(_mm256_cvtepu16_epi32(order));
            _mm256_storeu_ps(out, _mm256_permutevar8x32_ps(self.0, order));
        });
    }
}

/// 1.5·2²³ and the bias of the exponent: adding it leaves a whole number and the bias in the low bits of the mantissa.
const BIASED: f64 = 12_582_912.0 + 127.0;

/// 2ⁿ for a whole n in [−126, 127].
#[inline(always)]
fn power_of_two(n: F32x8) -> F32x8 {
    let biased = n + BIASED;
    hardware!(F32x8(_mm256_castsi256_ps(_mm256_slli_epi32::<23>(
        _mm256_castps_si256(biased.0)
    ))))
}

impl Scale for F32x8 {
    #[inline(always)]
    fn round(self) -> Self {
        Self(hardware!(_mm256_round_ps::<
            { _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC },
        >(self.0)))
    }
    /// In two steps, because 2ⁿ alone may leave the range; the first step is exact.
    #[inline(always)]
    fn scale(self, n: Self) -> Self {
        let half = (n * 0.5).round();
        self * power_of_two(half) * power_of_two(n - half)
    }
}
