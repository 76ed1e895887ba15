//! Eight f64 in an AVX-512 register, comparisons in mask registers.

use super::glue::{arithmetic_methods, elementary_methods, hardware, mask_operators, operators, row_start};
use super::math::{self, Bits, Scale};
use crate::elementary::powi_by_squaring;
use crate::real::{Lane, Mask, Real};
use core::arch::x86_64::*;
use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

/// Eight f64 side by side.
///
/// Make values only inside a kernel entered through [`crate::dispatch()`]: on a CPU without AVX-512 every operation is an
/// illegal instruction.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct F64x8(pub(super) __m512d);

/// One truth value for each lane of [`F64x8`], in a mask register.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Mask8(__mmask8);

impl Mask for Mask8 {
    #[inline(always)]
    fn splat(on: bool) -> Self {
        Self(if on { 0xff } else { 0 })
    }
    #[inline(always)]
    fn any(self) -> bool {
        self.0 != 0
    }
    #[inline(always)]
    fn all(self) -> bool {
        self.0 == 0xff
    }
}

mask_operators!(Mask8: _kand_mask8, _kor_mask8, _kxor_mask8);

operators!(F64x8: Add add _mm512_add_pd, Sub sub _mm512_sub_pd, Mul mul _mm512_mul_pd, Div div _mm512_div_pd);

impl Neg for F64x8 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(hardware!(_mm512_xor_pd(self.0, _mm512_set1_pd(-0.0))))
    }
}

impl Real for F64x8 {
    arithmetic_methods!();
    elementary_methods!();

    #[inline(always)]
    fn lit(x: f64) -> Self {
        Self(hardware!(_mm512_set1_pd(x)))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(hardware!(_mm512_sqrt_pd(self.0)))
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(hardware!(_mm512_andnot_pd(_mm512_set1_pd(-0.0), self.0)))
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        Self(hardware!(_mm512_fmadd_pd(self.0, b.0, c.0)))
    }
    #[inline(always)]
    fn lt(self, other: Self) -> Mask8 {
        Mask8(hardware!(_mm512_cmp_pd_mask::<_CMP_LT_OQ>(self.0, other.0)))
    }
    #[inline(always)]
    fn select(mask: Mask8, a: Self, b: Self) -> Self {
        Self(hardware!(_mm512_mask_blend_pd(mask.0, b.0, a.0)))
    }
    // The hardware returns its second operand on a tie and on NaN, which is the order of `Real::min` and `Real::max`.
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(hardware!(_mm512_min_pd(other.0, self.0)))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(hardware!(_mm512_max_pd(other.0, self.0)))
    }
}

impl Lane for F64x8 {
    type Mask = Mask8;
    type Element = f64;
    const WIDTH: usize = 8;
    const ISA: &'static str = "avx512";

    #[inline(always)]
    fn from_fn(mut f: impl FnMut(usize) -> f64) -> Self {
        let mut x = [0.0; 8];
        for k in 0..8 {
            x[k] = f(k);
        }
        Self(hardware!(_mm512_loadu_pd(x.as_ptr())))
    }
    #[inline(always)]
    fn extract(self, k: usize) -> f64 {
        let mut x = [0.0; 8];
        hardware!(_mm512_storeu_pd(x.as_mut_ptr(), self.0));
        x[k]
    }
    /// ((x₀ + x₄) + (x₂ + x₆)) + ((x₁ + x₅) + (x₃ + x₇)).
    #[inline(always)]
    fn sum(self) -> f64 {
        hardware!({
            let four = _mm256_add_pd(_mm512_castpd512_pd256(self.0), _mm512_extractf64x4_pd::<1>(self.0));
            let two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd::<1>(four));
            _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)))
        })
    }
    #[inline(always)]
    fn least(self) -> f64 {
        hardware!(_mm512_reduce_min_pd(self.0))
    }
    #[inline(always)]
    fn most(self) -> f64 {
        hardware!(_mm512_reduce_max_pd(self.0))
    }
    #[inline(always)]
    unsafe fn load(p: *const f64) -> Self {
        Self(hardware!(_mm512_loadu_pd(p)))
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f64) {
        hardware!(_mm512_storeu_pd(p, self.0));
    }
    #[inline(always)]
    unsafe fn store_single(self, p: *mut f32) {
        hardware!(_mm256_storeu_ps(p, _mm512_cvtpd_ps(self.0)));
    }
    #[inline(always)]
    unsafe fn add_to(self, p: *mut f64) {
        hardware!(_mm512_storeu_pd(p, _mm512_add_pd(_mm512_loadu_pd(p), self.0)));
    }
    #[inline(always)]
    unsafe fn gather(base: *const f64, index: *const u32) -> Self {
        Self(hardware!(_mm512_i32gather_pd::<8>(
            _mm256_loadu_si256(index.cast()),
            base
        )))
    }
    #[inline(always)]
    unsafe fn columns(base: *const f64, index: *const u16) -> [Self; 3] {
        hardware!({
            let row = |k: usize| _mm256_loadu_pd(base.add(row_start(index, k)));
            let [a, b, c, d] = [
                _mm512_insertf64x4::<1>(_mm512_castpd256_pd512(row(0)), row(4)),
                _mm512_insertf64x4::<1>(_mm512_castpd256_pd512(row(1)), row(5)),
                _mm512_insertf64x4::<1>(_mm512_castpd256_pd512(row(2)), row(6)),
                _mm512_insertf64x4::<1>(_mm512_castpd256_pd512(row(3)), row(7)),
            ];
            let first = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
            let second = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
            let (xz01, xz23) = (_mm512_unpacklo_pd(a, b), _mm512_unpacklo_pd(c, d));
            let (y01, y23) = (_mm512_unpackhi_pd(a, b), _mm512_unpackhi_pd(c, d));
            [
                Self(_mm512_permutex2var_pd(xz01, first, xz23)),
                Self(_mm512_permutex2var_pd(y01, first, y23)),
                Self(_mm512_permutex2var_pd(xz01, second, xz23)),
            ]
        })
    }
    #[inline(always)]
    unsafe fn keep(mask: Mask8, index: *const u16, out: *mut u16) -> usize {
        hardware!({
            let index = _mm_loadu_si128(index.cast());
            _mm_storeu_si128(out.cast(), _mm_maskz_compress_epi16(mask.0, index));
            mask.0.count_ones() as usize
        })
    }
    #[inline(always)]
    unsafe fn pack(self, mask: Mask8, out: *mut f64) {
        hardware!(_mm512_storeu_pd(out, _mm512_maskz_compress_pd(mask.0, self.0)));
    }
}

impl Scale for F64x8 {
    #[inline(always)]
    fn round(self) -> Self {
        Self(hardware!(_mm512_roundscale_pd::<
            { _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC },
        >(self.0)))
    }
    #[inline(always)]
    fn scale(self, n: Self) -> Self {
        Self(hardware!(_mm512_scalef_pd(self.0, n.0)))
    }
}

impl Bits for F64x8 {
    #[inline(always)]
    fn split(self) -> (Self, Self) {
        hardware!((
            Self(_mm512_getmant_pd::<_MM_MANT_NORM_1_2, _MM_MANT_SIGN_ZERO>(self.0)),
            Self(_mm512_getexp_pd(self.0))
        ))
    }
    #[inline(always)]
    fn with_sign_of(self, sign: Self) -> Self {
        hardware!({
            let minus = _mm512_set1_pd(-0.0);
            Self(_mm512_or_pd(
                _mm512_and_pd(minus, sign.0),
                _mm512_andnot_pd(minus, self.0),
            ))
        })
    }
    #[inline(always)]
    fn bit<const K: u32>(self) -> Mask8 {
        Mask8(hardware!(_mm512_test_epi64_mask(
            _mm512_cvtpd_epi64(self.0),
            _mm512_set1_epi64(1 << K)
        )))
    }
    #[inline(always)]
    fn same(self, other: Self) -> Mask8 {
        Mask8(hardware!(_mm512_cmp_pd_mask::<_CMP_EQ_OQ>(self.0, other.0)))
    }
}
