//! THE table of elementary functions and their derivatives; every mode of differentiation reads it.
//!
//! Each entry maps the argument to `(value, slope)`, written over any [`Real`], so that nested modes differentiate the
//! slope by the same table. No other place in the workspace holds a derivative written by hand.

use crate::real::{Lane, Mask, Real};

/// 2/√π, the slope of erf at 0.
const TWO_OVER_SQRT_PI: f64 = 1.128_379_167_095_512_6;

/// x² and 2x.
#[inline(always)]
pub fn sq<V: Real>(x: V) -> (V, V) {
    (x.sq(), x + x)
}

/// 1/x and −1/x².
#[inline(always)]
pub fn recip<V: Real>(x: V) -> (V, V) {
    let y = x.recip();
    (y, -y.sq())
}

/// √x and 1/(2√x).
#[inline(always)]
pub fn sqrt<V: Real>(x: V) -> (V, V) {
    let y = x.sqrt();
    (y, (y + y).recip())
}

/// eˣ and eˣ.
#[inline(always)]
pub fn exp<V: Real>(x: V) -> (V, V) {
    let y = x.exp();
    (y, y)
}

/// ln x and 1/x.
#[inline(always)]
pub fn ln<V: Real>(x: V) -> (V, V) {
    (x.ln(), x.recip())
}

/// xⁿ and n xⁿ⁻¹; for n = 0 the slope is exactly 0, also at x = 0.
#[inline(always)]
pub fn powi<V: Real>(x: V, n: i32) -> (V, V) {
    match n {
        0 => (V::lit(1.0), V::lit(0.0)),
        1 => (x, V::lit(1.0)),
        _ => {
            let below = x.powi(n - 1);
            (below * x, below * f64::from(n))
        }
    }
}

/// xᵖ with its slopes p xᵖ⁻¹ and xᵖ ln x.
///
/// At x = 0 the slope in x is its limit (0 for p > 1, 1 for p = 1, +∞ for 0 < p < 1, 0 for p = 0) and the slope in p is 0.
#[inline(always)]
pub fn powf<V: Real>(x: V, p: V) -> (V, V, V) {
    let zero = V::lit(0.0);
    let y = x.powf(p);
    let at_zero = !(zero.lt(x));
    let guarded = V::select(at_zero, V::lit(1.0), x);
    let in_x = p * y / guarded;
    let in_p = y * guarded.ln();
    if at_zero.any() {
        let one = V::lit(1.0);
        let limit = V::select(
            one.lt(p),
            zero,
            V::select(p.lt(one), V::select(zero.lt(p), V::lit(f64::INFINITY), zero), one),
        );
        (y, V::select(at_zero, limit, in_x), V::select(at_zero, zero, in_p))
    } else {
        (y, in_x, in_p)
    }
}

/// sin x and cos x.
#[inline(always)]
pub fn sin<V: Real>(x: V) -> (V, V) {
    (x.sin(), x.cos())
}

/// cos x and −sin x.
#[inline(always)]
pub fn cos<V: Real>(x: V) -> (V, V) {
    (x.cos(), -x.sin())
}

/// tanh x and 1 − tanh² x.
#[inline(always)]
pub fn tanh<V: Real>(x: V) -> (V, V) {
    let y = x.tanh();
    (y, V::lit(1.0) - y.sq())
}

/// erfc x and −(2/√π) exp(−x²).
#[inline(always)]
pub fn erfc<V: Real>(x: V) -> (V, V) {
    (x.erfc(), (-x.sq()).exp() * -TWO_OVER_SQRT_PI)
}

/// acos x and −1/√(1 − x²); outside (−1, 1) the slope is 0.
#[inline(always)]
pub fn acos<V: Real>(x: V) -> (V, V) {
    let one = V::lit(1.0);
    let inside = x.abs().lt(one);
    let sine2 = V::select(inside, one - x.sq(), one);
    (x.acos(), V::select(inside, -sine2.sqrt().recip(), V::lit(0.0)))
}

/// atan2(y, x) with its slopes x/(x² + y²) in y and −y/(x² + y²) in x; both 0 at the origin.
#[inline(always)]
pub fn atan2<V: Real>(y: V, x: V) -> (V, V, V) {
    let zero = V::lit(0.0);
    let norm2 = x.mul_add(x, y.sq());
    let away = zero.lt(norm2);
    let inverse = V::select(away, norm2, V::lit(1.0)).recip();
    (y.atan2(x), V::select(away, x * inverse, zero), V::select(away, -(y * inverse), zero))
}

/// |x| and its sign, 0 at 0.
#[inline(always)]
pub fn abs<V: Real>(x: V) -> (V, V) {
    let zero = V::lit(0.0);
    let sign = V::select(zero.lt(x), V::lit(1.0), V::select(x.lt(zero), V::lit(-1.0), zero));
    (x.abs(), sign)
}

/// Whole powers by repeated squaring, for lane types without an own instruction: xⁿ for any n, 1/xⁿ for n < 0.
#[inline(always)]
pub(crate) fn powi_by_squaring<L: Lane>(x: L, n: i32) -> L {
    let mut left = n.unsigned_abs();
    let mut square = x;
    let mut product: Option<L> = None;
    while left > 0 {
        if left & 1 == 1 {
            product = Some(match product {
                None => square,
                Some(p) => p * square,
            });
        }
        left >>= 1;
        if left > 0 {
            square = square * square;
        }
    }
    let power = product.unwrap_or(L::lit(1.0));
    if n < 0 { power.recip() } else { power }
}
