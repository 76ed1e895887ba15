//! Elementary functions for SIMD lanes, written once over a few bit operations and without calls or branches.
//!
//! A call inside a loop over AVX-512 registers would spill all of them, so everything here is polynomials, selects and
//! fused multiply-adds that inline into the kernel. The only branches skip rare work: sine and cosine of an argument above
//! 10⁹, where the lanes go through libm one by one, and the special cases of `powf`.
//!
//! Errors in units in the last place \[ulp\], the bounds that hold and the largest of 100,000 points a function against
//! 42-digit arithmetic (sine and cosine in every quadrant up to 10⁹, powers up to the ends of the range):
//!
//! | | exp | ln | powf | sin, cos | tanh | erfc | acos | atan2 |
//! |---|---|---|---|---|---|---|---|---|
//! | bound | 1 | 1 | 2 | 1 | 3 | 4 | 2 | 2 |
//! | largest seen | 0.95 | 0.79 | 1.11 | 0.74 | 2.36 | 3.41 | 1.09 | 1.60 |
//!
//! Lanes of f32 have an exponential of their own, four times as fast as by way of f64, and round the other functions
//! from those of f64.
//!
//! Results below the normal range lose their last bits gradually and do not flush to zero; erfc is there within 2 of the
//! smallest f64.

use super::coefficients::*;
use crate::real::{Lane, Mask};
use core::f64::consts::{FRAC_2_SQRT_PI, SQRT_2};

/// What the exponential needs of a lane type besides arithmetic.
pub(super) trait Scale: Lane {
    /// The nearest whole number, ties to even.
    fn round(self) -> Self;
    /// self · 2ⁿ for a normal number and a whole n within twice the range of exponents, rounded once.
    fn scale(self, n: Self) -> Self;
}

/// What the other elementary functions need.
pub(super) trait Bits: Scale {
    /// Mantissa in [1, 2) and exponent of a positive finite number, subnormal ones included.
    fn split(self) -> (Self, Self);
    /// |self| with the sign of `sign`.
    fn with_sign_of(self, sign: Self) -> Self;
    /// Bit `K` of a whole number below 2⁵¹.
    fn bit<const K: u32>(self) -> Self::Mask;
    /// Are the two equal? False for NaN.
    fn same(self, other: Self) -> Self::Mask;
}

/// Σ cₖ xᵏ, even and odd powers in two chains that run side by side.
#[inline(always)]
fn polynomial<L: Lane, const N: usize>(x: L, c: &[f64; N]) -> L {
    let square = x.sq();
    let mut tail = L::lit(c[N - 1]);
    let mut other = L::lit(c[N - 2]);
    let mut k = N - 2;
    while k >= 2 {
        tail = tail.mul_add(square, L::lit(c[k - 1]));
        other = other.mul_add(square, L::lit(c[k - 2]));
        k -= 2;
    }
    if k == 1 {
        tail = tail.mul_add(square, L::lit(c[0]));
        other.mul_add(x, tail)
    } else {
        tail.mul_add(x, other)
    }
}

/// a·b − c with one rounding.
#[inline(always)]
fn mul_sub<L: Bits>(a: L, b: L, c: L) -> L {
    a.mul_add(b, -c)
}

/// Reduces x to x = n ln 2 + r with |r| ≤ ln 2 / 2 and returns n, eʳ − 1. `low` is a small correction to x, `ln2` the
/// constant as a number of the element and the rest, `tail` the polynomial for (eʳ − 1 − r)/r².
#[inline(always)]
fn reduced<L: Scale, const N: usize>(x: L, low: L, ln2: (f64, f64), tail: &[f64; N]) -> (L, L) {
    let n = (x * LOG2_E).round();
    // exact: the result is a multiple of 2⁻⁵⁴ (in f32 2⁻²⁵) and below 1/2
    let r = n.mul_add(L::lit(-ln2.0), x);
    let r = n.mul_add(L::lit(-ln2.1), r) + low;
    (n, r.sq().mul_add(polynomial(r, tail), r))
}

/// n and eʳ − 1 for x = n ln 2 + r in f64.
#[inline(always)]
fn reduced_exp_m1<L: Bits>(x: L, low: L) -> (L, L) {
    reduced(x, low, LN2, &EXP_TAIL)
}

/// The correction that is none: unlike +0 it adds without a trace, so that the compiler drops the addition.
const NOTHING: f64 = -0.0;

/// exp(x + low), where |low| is below one ulp of x.
#[inline(always)]
fn exp_sum<L: Bits>(x: L, low: L) -> L {
    let x = x.max(L::lit(-746.0)).min(L::lit(710.0));
    let (n, m1) = reduced_exp_m1(x, low);
    (m1 + 1.0).scale(n)
}

/// eˣ within 1 ulp.
#[inline(always)]
pub(super) fn exp<L: Bits>(x: L) -> L {
    exp_sum(x, L::lit(NOTHING))
}

/// eˣ in f32 throughout: within 1.11 ulp and never falling, as a run over all numbers has shown. Results below the
/// normal range lose their last bits gradually.
#[inline(always)]
pub(super) fn exp_single<L: Scale>(x: L) -> L {
    let x = x.max(L::lit(-104.0)).min(L::lit(89.0));
    let (n, m1) = reduced(x, L::lit(NOTHING), LN2_SINGLE, &EXP_TAIL_SINGLE);
    (m1 + 1.0).scale(n)
}

/// x = 2ᵉ·m with m in [√½, √2).
#[inline(always)]
fn split_near_one<L: Bits>(x: L) -> (L, L) {
    let (m, e) = x.split();
    let high = L::lit(SQRT_2).lt(m);
    (L::select(high, m * 0.5, m), L::select(high, e + 1.0, e))
}

/// Natural logarithm within 1 ulp, the algorithm of fdlibm's `e_log.c`.
#[inline(always)]
pub(super) fn ln<L: Bits>(x: L) -> L {
    let zero = L::lit(0.0);
    let (m, e) = split_near_one(x);
    let f = m - 1.0;
    let s = f / (f + 2.0);
    let z = s.sq();
    let half_square = f.sq() * 0.5;
    let rest = z.mul_add(polynomial(z, &LG), half_square);
    let low = s.mul_add(rest, e * LN2_CUT.1);
    let y = e.mul_add(L::lit(LN2_CUT.0), f - (half_square - low));
    let y = L::select(x.lt(L::lit(f64::INFINITY)), y, x);
    let outside = L::select(x.same(zero), L::lit(f64::NEG_INFINITY), L::lit(f64::NAN));
    L::select(zero.lt(x), y, outside)
}

/// ln x for positive finite x as an unevaluated sum of two lanes, to about 2⁻⁶⁵.
#[inline(always)]
fn ln_sum<L: Bits>(x: L) -> (L, L) {
    let (m, e) = split_near_one(x);
    // s = (m − 1)/(m + 1)
    let f = m - 1.0;
    let d = m + 1.0;
    let d_low = m - (d - 1.0);
    let inverse = d.recip();
    let s = f * inverse;
    let s_low = (-s).mul_add(d_low, (-s).mul_add(d, f)) * inverse;
    let t = s.sq();
    let t_low = (s + s).mul_add(s_low, mul_sub(s, s, t));
    // ln m = s (2 + t (2/3 + t P(t)))
    let u = t.mul_add(polynomial(t, &LOG_TAIL), L::lit(TWO_THIRDS.1));
    let inner = u + TWO_THIRDS.0;
    let inner_low = u - (inner - TWO_THIRDS.0);
    let v = t * inner;
    let v_low = mul_sub(t, inner, v) + t.mul_add(inner_low, t_low * inner);
    let w = v + 2.0;
    let w_low = (v - (w - 2.0)) + v_low;
    let g = s * w;
    let g_low = mul_sub(s, w, g) + s.mul_add(w_low, s_low * w);
    // + e ln 2, which is the larger term unless it is zero
    let k = e * LN2.0;
    let k_low = e.mul_add(L::lit(LN2.1), mul_sub(e, L::lit(LN2.0), k));
    let high = k + g;
    (high, (g - (high - k)) + (k_low + g_low))
}

/// xᵖ within 2 ulp for x ≥ 0: exp(p ln x) with the logarithm and the product in double-double arithmetic. NaN for x < 0.
#[inline(always)]
pub(super) fn powf<L: Bits>(x: L, p: L) -> L {
    let zero = L::lit(0.0);
    let infinity = L::lit(f64::INFINITY);
    let (log, log_low) = ln_sum(x);
    let y = p * log;
    let y_low = p.mul_add(log_low, mul_sub(p, log, y));
    // beyond 800 the result is 0 or infinite, and the low part may be NaN
    let y_low = L::select(y.abs().lt(L::lit(800.0)), y_low, zero);
    let power = exp_sum(y, y_low);
    let usual = zero.lt(x) & x.lt(infinity) & p.abs().lt(infinity);
    if usual.all() {
        power
    } else {
        powf_special(x, p, power, usual)
    }
}

/// The cases of IEEE 754 `pow` on x ≥ 0 with an argument that is zero, infinite or NaN; elsewhere `power`.
#[inline(always)]
fn powf_special<L: Bits>(x: L, p: L, power: L, usual: L::Mask) -> L {
    let (zero, one, infinity) = (L::lit(0.0), L::lit(1.0), L::lit(f64::INFINITY));
    let below = x.lt(one) & !(x.lt(zero));
    let (rising, falling) = (zero.lt(p), p.lt(zero));
    // x or p at the end of its range: the power is at the end of its own
    let large = (below & falling) | (one.lt(x) & rising);
    let small = (below & rising) | (one.lt(x) & falling);
    let limit = L::select(large, infinity, L::select(small, zero, L::lit(f64::NAN)));
    let power = L::select(usual, power, limit);
    L::select(p.same(zero) | x.same(one), one, power)
}

/// Above this |x| sine and cosine go through libm lane by lane.
const LARGEST_ANGLE: f64 = 1e9;

/// x = n π/2 + r + tail with |r| ≤ π/4, after W. J. Cody and W. Waite (1980) with fused multiply-adds.
#[inline(always)]
fn reduced_angle<L: Bits>(x: L) -> (L, L, L) {
    let n = (x * TWO_OVER_PI).round();
    // exact: the result is a multiple of 2⁻⁵³ and below 1
    let a = n.mul_add(L::lit(-HALF_PI.0), x);
    let p = n * HALF_PI.1;
    let p_low = mul_sub(n, L::lit(HALF_PI.1), p);
    let r = a - p;
    let part = r - a;
    let r_low = (a - (r - part)) - (p + part);
    (n, r, n.mul_add(L::lit(-HALF_PI.2), r_low - p_low))
}

/// sin(r + tail) and cos(r + tail) for |r| ≤ π/4: `k_sin.c` and `k_cos.c` of fdlibm.
#[inline(always)]
fn sin_cos_near_zero<L: Bits>(r: L, tail: L) -> (L, L) {
    let z = r.sq();
    let v = z * r;
    let upper: [f64; 5] = [SIN[1], SIN[2], SIN[3], SIN[4], SIN[5]];
    let inner = z * (tail * 0.5 - v * polynomial(z, &upper));
    let sine = r - ((inner - tail) - v * SIN[0]);
    let half = z * 0.5;
    let w = L::lit(1.0) - half;
    let rest = mul_sub(z.sq(), polynomial(z, &COS), r * tail);
    let cosine = w + (((L::lit(1.0) - w) - half) + rest);
    (sine, cosine)
}

/// Sine within 1 ulp.
#[inline(always)]
pub(super) fn sin<L: Bits>(x: L) -> L {
    let (n, r, tail) = reduced_angle(x);
    let (sine, cosine) = sin_cos_near_zero(r, tail);
    let y = L::select(n.bit::<0>(), cosine, sine);
    let y = L::select(n.bit::<1>(), -y, y);
    let large = L::lit(LARGEST_ANGLE).lt(x.abs());
    if large.any() {
        L::select(large, lane_by_lane(x, libm::sin), y)
    } else {
        y
    }
}

/// Cosine within 1 ulp.
#[inline(always)]
pub(super) fn cos<L: Bits>(x: L) -> L {
    let (n, r, tail) = reduced_angle(x);
    let (sine, cosine) = sin_cos_near_zero(r, tail);
    let y = L::select(n.bit::<0>(), sine, cosine);
    let y = L::select((n + 1.0).bit::<1>(), -y, y);
    let large = L::lit(LARGEST_ANGLE).lt(x.abs());
    if large.any() {
        L::select(large, lane_by_lane(x, libm::cos), y)
    } else {
        y
    }
}

/// The slow way for rare arguments. Out of line, and through memory, so that the usual path keeps its registers.
#[cold]
#[inline(never)]
fn lane_by_lane<L: Bits>(x: L, f: fn(f64) -> f64) -> L {
    L::from_fn(|k| f(x.extract(k)))
}

/// Hyperbolic tangent within 3 ulp: with t = exp(−2|x|) − 1 it is −t/(2 + t).
#[inline(always)]
pub(super) fn tanh<L: Bits>(x: L) -> L {
    // at 22 the result is 1 to the last bit
    let a = x.abs().min(L::lit(22.0));
    let (n, m1) = reduced_exp_m1(a * -2.0, L::lit(NOTHING));
    let power = L::lit(1.0).scale(n);
    let t = m1.mul_add(power, power - 1.0);
    (t / (t + 2.0)).with_sign_of(x)
}

/// Error function complement within 4 ulp where the result is a normal number: exp(−a²)·P(q)/(1 + 2a/√π) at
/// a = |x| with P of degree 22.
#[inline(always)]
pub(super) fn erfc<L: Bits>(x: L) -> L {
    // at 28 the result is 0
    let a = x.abs().min(L::lit(28.0));
    let q = (a - 4.0) / (a + 4.0);
    let ratio = polynomial(q, &ERFC_SCALED) / a.mul_add(L::lit(FRAC_2_SQRT_PI), L::lit(1.0));
    // a² as a sum of two lanes: its rounding error alone would cost hundreds of ulp
    let square = a.sq();
    let (n, m1) = reduced_exp_m1(-square, -mul_sub(a, a, square));
    let y = m1.mul_add(ratio, ratio).scale(n);
    L::select(x.lt(L::lit(0.0)), L::lit(2.0) - y, y)
}

/// Inverse cosine of the argument clamped to [−1, 1] within 2 ulp, by asin of x or of √((1 − |x|)/2).
#[inline(always)]
pub(super) fn acos<L: Bits>(x: L) -> L {
    let x = x.max(L::lit(-1.0)).min(L::lit(1.0));
    let a = x.abs();
    let central = a.lt(L::lit(0.5));
    let z = L::select(central, x.sq(), (L::lit(1.0) - a) * 0.5);
    let s = L::select(central, x, z.sqrt());
    let rest = s * z * polynomial(z, &ASIN_TAIL);
    let middle = L::lit(HALF_PI.0) - (s - (L::lit(HALF_PI.1) - rest));
    let right = s + rest;
    let left = L::lit(HALF_PI.0) - (s + (rest - HALF_PI.1));
    let outer = L::select(x.lt(L::lit(0.0)), left, right);
    L::select(central, middle, outer + outer)
}

/// Scales without rounding.
const TWO_TO_MINUS_100: f64 = 1.0 / (1_u128 << 100) as f64;

/// The angle of the point (x, y) within 2 ulp; 0 at the origin.
///
/// The smaller coordinate over the larger, turned by −π/4 when above tan π/8, leaves |t| ≤ √2 − 1 for the polynomial.
#[inline(always)]
pub(super) fn atan2<L: Bits>(y: L, x: L) -> L {
    let (zero, one) = (L::lit(0.0), L::lit(1.0));
    let infinity = L::lit(f64::INFINITY);
    let (a, b) = (x.abs(), y.abs());
    // an infinite coordinate outweighs every finite one
    let unbounded = a.same(infinity) | b.same(infinity);
    let a = L::select(unbounded, L::select(a.same(infinity), one, a * 0.0), a);
    let b = L::select(unbounded, L::select(b.same(infinity), one, b * 0.0), b);
    // the sum of two coordinates near the largest f64 would overflow
    let huge = L::lit(1e300).lt(a) | L::lit(1e300).lt(b);
    let a = L::select(huge, a * TWO_TO_MINUS_100, a);
    let b = L::select(huge, b * TWO_TO_MINUS_100, b);

    let steep = a.lt(b);
    let small = L::select(steep, a, b);
    let large = L::select(steep, b, a);
    let turned = (large * (SQRT_2 - 1.0)).lt(small);
    let over = L::select(turned, small - large, small);
    let under = L::select(turned, small + large, large);
    let t = over / L::select(under.same(zero), one, under);
    let z = t.sq();
    let rest = t * z * polynomial(z, &ATAN_TAIL);
    // the angle from the nearer axis is quarter + t + rest; add or take it from the multiples of π/2
    let half_pi_low = HALF_PI.1;
    let quarter = L::select(turned, L::lit(HALF_PI.0 / 2.0), zero);
    let quarter_low = L::select(turned, L::lit(half_pi_low / 2.0), zero);
    let left = x.lt(zero);
    let start = L::select(steep, L::lit(HALF_PI.0), L::select(left, L::lit(2.0 * HALF_PI.0), zero));
    let start_low = L::select(
        steep,
        L::lit(half_pi_low),
        L::select(left, L::lit(2.0 * half_pi_low), zero),
    );
    // steep: π/2 ∓ angle; flat: angle or π − angle
    let sign = L::select(steep, L::select(left, one, -one), L::select(left, -one, one));
    let constant = sign.mul_add(quarter, start);
    let constant_low = sign.mul_add(quarter_low, start_low);
    let angle = constant + sign.mul_add(t, sign.mul_add(rest, constant_low));
    let angle = L::select(x.same(x) & y.same(y), angle, x + y);
    angle.with_sign_of(y)
}
