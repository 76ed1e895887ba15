//! Four f64 in an AVX register with AVX2 and FMA, comparisons as all-ones or all-zeros f64 patterns.

use super::compress;
use super::glue::{arithmetic_methods, elementary_methods, hardware, mask_operators, operators, row_start};
use super::math::{self, Bits, Scale};
use crate::elementary::powi_by_squaring;
use crate::real::{Lane, Mask, Real};
use core::arch::x86_64::*;
use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

/// 1.5·2⁵²: adding it leaves a whole number below 2⁵¹ in the low bits of the mantissa.
const WHOLE: f64 = 6_755_399_441_055_744.0;
/// The low bits of an f64 of exponent 52 hold a whole number.
const TWO_52: f64 = 4_503_599_627_370_496.0;
/// Lifts subnormal numbers into the normal range.
const TWO_54: f64 = 18_014_398_509_481_984.0;

/// Four f64 side by side.
///
/// Make values only inside a kernel entered through [`crate::dispatch()`]: on a CPU without AVX2 and FMA every operation is an
/// illegal instruction.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct F64x4(pub(super) __m256d);

/// One truth value for each lane of [`F64x4`]: the sign bit counts.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Mask4(__m256d);

impl Mask for Mask4 {
    #[inline(always)]
    fn splat(on: bool) -> Self {
        Self(hardware!(_mm256_castsi256_pd(_mm256_set1_epi64x(-i64::from(on)))))
    }
    #[inline(always)]
    fn any(self) -> bool {
        hardware!(_mm256_movemask_pd(self.0)) != 0
    }
    #[inline(always)]
    fn all(self) -> bool {
        hardware!(_mm256_movemask_pd(self.0)) == 0xf
    }
}

mask_operators!(Mask4: _mm256_and_pd, _mm256_or_pd, _mm256_xor_pd);

operators!(F64x4: Add add _mm256_add_pd, Sub sub _mm256_sub_pd, Mul mul _mm256_mul_pd, Div div _mm256_div_pd);

impl Neg for F64x4 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(hardware!(_mm256_xor_pd(self.0, _mm256_set1_pd(-0.0))))
    }
}

impl Real for F64x4 {
    arithmetic_methods!();
    elementary_methods!();

    #[inline(always)]
    fn lit(x: f64) -> Self {
        Self(hardware!(_mm256_set1_pd(x)))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(hardware!(_mm256_sqrt_pd(self.0)))
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(hardware!(_mm256_andnot_pd(_mm256_set1_pd(-0.0), self.0)))
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        Self(hardware!(_mm256_fmadd_pd(self.0, b.0, c.0)))
    }
    #[inline(always)]
    fn lt(self, other: Self) -> Mask4 {
        Mask4(hardware!(_mm256_cmp_pd::<_CMP_LT_OQ>(self.0, other.0)))
    }
    #[inline(always)]
    fn select(mask: Mask4, a: Self, b: Self) -> Self {
        Self(hardware!(_mm256_blendv_pd(b.0, a.0, mask.0)))
    }
    // The hardware returns its second operand on a tie and on NaN, which is the order of `Real::min` and `Real::max`.
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(hardware!(_mm256_min_pd(other.0, self.0)))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(hardware!(_mm256_max_pd(other.0, self.0)))
    }
}

impl Lane for F64x4 {
    type Mask = Mask4;
    type Element = f64;
    const WIDTH: usize = 4;
    const ISA: &'static str = "avx2";

    #[inline(always)]
    fn from_fn(mut f: impl FnMut(usize) -> f64) -> Self {
        let mut x = [0.0; 4];
        for k in 0..4 {
            x[k] = f(k);
        }
        Self(hardware!(_mm256_loadu_pd(x.as_ptr())))
    }
    #[inline(always)]
    fn extract(self, k: usize) -> f64 {
        let mut x = [0.0; 4];
        hardware!(_mm256_storeu_pd(x.as_mut_ptr(), self.0));
        x[k]
    }
    /// (x₀ + x₂) + (x₁ + x₃).
    #[inline(always)]
    fn sum(self) -> f64 {
        hardware!({
            let two = _mm_add_pd(_mm256_castpd256_pd128(self.0), _mm256_extractf128_pd::<1>(self.0));
            _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)))
        })
    }
    #[inline(always)]
    fn least(self) -> f64 {
        hardware!({
            let two = _mm_min_pd(_mm256_castpd256_pd128(self.0), _mm256_extractf128_pd::<1>(self.0));
            _mm_cvtsd_f64(_mm_min_sd(two, _mm_unpackhi_pd(two, two)))
        })
    }
    #[inline(always)]
    fn most(self) -> f64 {
        hardware!({
            let two = _mm_max_pd(_mm256_castpd256_pd128(self.0), _mm256_extractf128_pd::<1>(self.0));
            _mm_cvtsd_f64(_mm_max_sd(two, _mm_unpackhi_pd(two, two)))
        })
    }
    #[inline(always)]
    unsafe fn load(p: *const f64) -> Self {
        Self(hardware!(_mm256_loadu_pd(p)))
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f64) {
        hardware!(_mm256_storeu_pd(p, self.0));
    }
    #[inline(always)]
    unsafe fn store_single(self, p: *mut f32) {
        hardware!(_mm_storeu_ps(p, _mm256_cvtpd_ps(self.0)));
    }
    #[inline(always)]
    unsafe fn add_to(self, p: *mut f64) {
        hardware!(_mm256_storeu_pd(p, _mm256_add_pd(_mm256_loadu_pd(p), self.0)));
    }
    #[inline(always)]
    unsafe fn gather(base: *const f64, index: *const u32) -> Self {
        Self(hardware!(_mm256_i32gather_pd::<8>(base, _mm_loadu_si128(index.cast()))))
    }
    #[inline(always)]
    unsafe fn columns(base: *const f64, index: *const u16) -> [Self; 3] {
        hardware!({
            let row = |k: usize| _mm256_loadu_pd(base.add(row_start(index, k)));
            let [a, b, c, d] = [row(0), row(1), row(2), row(3)];
            let (xz01, xz23) = (_mm256_unpacklo_pd(a, b), _mm256_unpacklo_pd(c, d));
            let (y01, y23) = (_mm256_unpackhi_pd(a, b), _mm256_unpackhi_pd(c, d));
            [
                Self(_mm256_permute2f128_pd::<0x20>(xz01, xz23)),
                Self(_mm256_permute2f128_pd::<0x20>(y01, y23)),
                Self(_mm256_permute2f128_pd::<0x31>(xz01, xz23)),
            ]
        })
    }
    #[inline(always)]
    unsafe fn keep(mask: Mask4, index: *const u16, out: *mut u16) -> usize {
        hardware!({
            let index = _mm_loadl_epi64(index.cast());
            let kept = _mm256_movemask_pd(mask.0);
            let order = _mm_loadl_epi64(compress::order(kept).cast());
            _mm_storel_epi64(out.cast(), _mm_shuffle_epi8(index, order));
            kept.count_ones() as usize
        })
    }
    #[inline(always)]
    unsafe fn pack(self, mask: Mask4, out: *mut f64) {
        hardware!({
            // the two bytes of a 16-bit number are numbered as the two 32-bit halves of an f64
            let order = _mm_loadl_epi64(compress::order(_mm256_movemask_pd(mask.0)).cast());
            let packed = _mm256_permutevar8x32_ps(_mm256_castpd_ps(self.0), _mm256_cvtepu8_epi32(order));
            _mm256_storeu_pd(out, _mm256_castps_pd(packed));
        });
    }
}

/// 2ⁿ for a whole n in [−1022, 1023].
#[inline(always)]
fn power_of_two(n: F64x4) -> F64x4 {
    hardware!({
        let biased = _mm256_castpd_si256(_mm256_add_pd(n.0, _mm256_set1_pd(WHOLE + 1023.0)));
        F64x4(_mm256_castsi256_pd(_mm256_slli_epi64::<52>(biased)))
    })
}

impl Scale for F64x4 {
    #[inline(always)]
    fn round(self) -> Self {
        Self(hardware!(_mm256_round_pd::<
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

impl Bits for F64x4 {
    #[inline(always)]
    fn split(self) -> (Self, Self) {
        let subnormal = self.lt(Self::lit(f64::MIN_POSITIVE));
        let lifted = Self::select(subnormal, self * TWO_54, self);
        let (mantissa, biased) = hardware!({
            let bits = _mm256_castpd_si256(lifted.0);
            let fraction = _mm256_and_si256(bits, _mm256_set1_epi64x((1 << 52) - 1));
            let mantissa = _mm256_or_si256(fraction, _mm256_castpd_si256(_mm256_set1_pd(1.0)));
            let whole = _mm256_or_si256(
                _mm256_srli_epi64::<52>(bits),
                _mm256_castpd_si256(_mm256_set1_pd(TWO_52)),
            );
            (Self(_mm256_castsi256_pd(mantissa)), Self(_mm256_castsi256_pd(whole)))
        });
        (
            mantissa,
            biased - Self::select(subnormal, Self::lit(TWO_52 + 1077.0), Self::lit(TWO_52 + 1023.0)),
        )
    }
    #[inline(always)]
    fn with_sign_of(self, sign: Self) -> Self {
        hardware!({
            let minus = _mm256_set1_pd(-0.0);
            Self(_mm256_or_pd(
                _mm256_and_pd(minus, sign.0),
                _mm256_andnot_pd(minus, self.0),
            ))
        })
    }
    #[inline(always)]
    fn bit<const K: u32>(self) -> Mask4 {
        let whole = hardware!(_mm256_castpd_si256(_mm256_add_pd(self.0, _mm256_set1_pd(WHOLE))));
        let bit = hardware!(_mm256_and_si256(whole, _mm256_set1_epi64x(1 << K)));
        Mask4(hardware!(_mm256_castsi256_pd(_mm256_cmpeq_epi64(
            bit,
            _mm256_set1_epi64x(1 << K)
        ))))
    }
    #[inline(always)]
    fn same(self, other: Self) -> Mask4 {
        Mask4(hardware!(_mm256_cmp_pd::<_CMP_EQ_OQ>(self.0, other.0)))
    }
}
