//! THE table of elementary functions and their derivatives; every mode of differentiation reads it.
//!
//! Each entry maps the argument to `(value, slope)`, written over any [`Real`], so that nested modes differentiate the
//! slope by the same table. No other place in the workspace holds a derivative written by hand.

use crate::real::{Lane, Real};
use core::f64::consts::FRAC_2_SQRT_PI;

/// a b with its slopes b and a.
#[inline(always)]
pub fn mul<V: Real>(a: V, b: V) -> (V, V, V) {
    (a * b, b, a)
}

/// a/b with its slopes 1/b and −a/b².
#[inline(always)]
pub fn div<V: Real>(a: V, b: V) -> (V, V, V) {
    let inverse = b.recip();
    let quotient = a / b;
    (quotient, inverse, -(quotient * inverse))
}

/// x² and 2x.
#[inline(always)]
pub fn sq<V: Real>(x: V) -> (V, V) {
    (x.sq(), x + x)
}

/// Σₖ xₖ² and 2 xₖ.
#[inline(always)]
pub fn squares<V: Real, const N: usize>(x: [V; N]) -> (V, [V; N]) {
    let mut slopes = x;
    for slope in &mut slopes {
        *slope = *slope + *slope;
    }
    (V::squares(x), slopes)
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

/// xⁿ and n xⁿ⁻¹; for n = 0 the slope is exactly 0, also at x = 0; for n < 0 value and slope at 0 are infinite.
///
/// The value is `x.powi(n)` itself, not xⁿ⁻¹·x: a value has the same bits at every order of differentiation.
#[inline(always)]
pub fn powi<V: Real>(x: V, n: i32) -> (V, V) {
    match n {
        0 => (V::lit(1.0), V::lit(0.0)),
        1 => (x, V::lit(1.0)),
        -1 => recip(x),
        2.. => (x.powi(n), x.powi(n - 1) * f64::from(n)),
        _ => {
            let y = x.powi(n);
            (y, y * x.recip() * f64::from(n))
        }
    }
}

/// xᵖ for x ≥ 0 with its slopes p xᵖ⁻¹ and xᵖ ln x.
///
/// Value and slope are each a power of their own, not xᵖ⁻¹·x or p·y/x: a value then has the same bits at every order of
/// differentiation, and slopes keep their digits at p near 1 and at x = 0. A kernel that drops the value pays for one power.
/// At x = 0:
///
/// | p | value | slope in x | second slope in x |
/// |---|---|---|---|
/// | p > 2 | 0 | 0 | 0 |
/// | p = 2 | 0 | 0 | 2 |
/// | 1 < p < 2 | 0 | 0 | +∞ |
/// | p = 1 | 0 | 1 | 0 |
/// | 0 < p < 1 | 0 | +∞ | −∞ |
/// | p = 0 | 1 | 0 | 0 |
/// | p < 0 | +∞ | −∞ | +∞ |
///
/// The slope in p at x = 0 is taken as 0, its limit for p > 0; mixed slopes in x and p there are right for p > 1 only.
#[inline(always)]
pub fn powf<V: Real>(x: V, p: V) -> (V, V, V) {
    let (zero, one) = (V::lit(0.0), V::lit(1.0));
    let y = x.powf(p);
    let in_x = V::select(zero.lt(p) | p.lt(zero), p * x.powf(p - 1.0), zero);
    let positive = zero.lt(x);
    let logarithm = V::select(positive, x, one).ln();
    (y, in_x, V::select(positive, y * logarithm, zero))
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

/// tanh x and 4t/(1 + t)² with t = e⁻²ˣ for x ≥ 0: equal to 1 − tanh² x, without its cancellation far out.
#[inline(always)]
pub fn tanh<V: Real>(x: V) -> (V, V) {
    let t = (x.abs() * -2.0).exp();
    (x.tanh(), t * 4.0 / (t + 1.0).sq())
}

/// erfc x and −(2/√π) exp(−x²), where the rounding of the square, grown by x² in the exponential, is put right.
#[inline(always)]
pub fn erfc<V: Real>(x: V) -> (V, V) {
    let square = x.sq();
    let zero = V::lit(0.0);
    // beyond 800 the exponential is 0, and an infinite square has no rounding error
    let rounding = V::select(square.lt(V::lit(800.0)), x.mul_add(x, -square), zero);
    (x.erfc(), (-square).exp() * (rounding - 1.0) * FRAC_2_SQRT_PI)
}

/// acos x and −1/√((1 − x)(1 + x)); outside (−1, 1) the slope is 0.
#[inline(always)]
pub fn acos<V: Real>(x: V) -> (V, V) {
    let one = V::lit(1.0);
    let inside = x.abs().lt(one);
    let sine2 = V::select(inside, (one - x) * (one + x), one);
    (x.acos(), V::select(inside, -sine2.sqrt().recip(), V::lit(0.0)))
}

/// atan2(y, x) with its slopes x/(x² + y²) in y and −y/(x² + y²) in x; both 0 at the origin.
#[inline(always)]
pub fn atan2<V: Real>(y: V, x: V) -> (V, V, V) {
    let zero = V::lit(0.0);
    let norm2 = x.mul_add(x, y.sq());
    let away = zero.lt(norm2);
    let inverse = V::select(away, norm2, V::lit(1.0)).recip();
    (
        y.atan2(x),
        V::select(away, x * inverse, zero),
        V::select(away, -(y * inverse), zero),
    )
}

/// |x| and its sign, 0 at 0.
#[inline(always)]
pub fn abs<V: Real>(x: V) -> (V, V) {
    let zero = V::lit(0.0);
    let sign = V::select(zero.lt(x), V::lit(1.0), V::select(x.lt(zero), V::lit(-1.0), zero));
    (x.abs(), sign)
}

/// The methods of [`Real`] that are entries of this table, for a type with the chain rules `chain` and `chain2` and the
/// value in the field `$v`. Every mode of differentiation gets its functions from here.
macro_rules! methods_from_table {
    ($v:ident) => {
        elementary::methods_from_table!(@unary $v: sq, recip, sqrt, exp, ln, sin, cos, tanh, erfc, acos, abs);

        #[inline(always)]
        fn powi(self, n: i32) -> Self {
            self.chain(elementary::powi(self.$v, n))
        }
        #[inline(always)]
        fn powf(self, p: Self) -> Self {
            self.chain2(p, elementary::powf(self.$v, p.$v))
        }
        #[inline(always)]
        fn atan2(self, x: Self) -> Self {
            self.chain2(x, elementary::atan2(self.$v, x.$v))
        }
    };
    (@unary $v:ident: $($name:ident),*) => {$(
        #[inline(always)]
        fn $name(self) -> Self {
            self.chain(elementary::$name(self.$v))
        }
    )*};
}
pub(crate) use methods_from_table;

/// The operators of a tape's number over those of `V`; products and quotients are entries of this table.
macro_rules! tape_operators {
    ([$($generics:tt)*] $number:ty, $v:ident) => {
        impl<$($generics)*> Add for $number {
            type Output = Self;
            #[inline(always)]
            fn add(self, o: Self) -> Self {
                self.chain2(o, (self.$v + o.$v, V::lit(1.0), V::lit(1.0)))
            }
        }

        impl<$($generics)*> Sub for $number {
            type Output = Self;
            #[inline(always)]
            fn sub(self, o: Self) -> Self {
                self.chain2(o, (self.$v - o.$v, V::lit(1.0), V::lit(-1.0)))
            }
        }

        impl<$($generics)*> Mul for $number {
            type Output = Self;
            #[inline(always)]
            fn mul(self, o: Self) -> Self {
                self.chain2(o, elementary::mul(self.$v, o.$v))
            }
        }

        impl<$($generics)*> Div for $number {
            type Output = Self;
            #[inline(always)]
            fn div(self, o: Self) -> Self {
                self.chain2(o, elementary::div(self.$v, o.$v))
            }
        }

        impl<$($generics)*> Neg for $number {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                self.chain((-self.$v, V::lit(-1.0)))
            }
        }

        impl<$($generics)*> Add<f64> for $number {
            type Output = Self;
            /// Takes no node: the derivatives are those of `self`.
            #[inline(always)]
            fn add(self, o: f64) -> Self {
                Self { $v: self.$v + o, ..self }
            }
        }

        impl<$($generics)*> Sub<f64> for $number {
            type Output = Self;
            /// Takes no node: the derivatives are those of `self`.
            #[inline(always)]
            fn sub(self, o: f64) -> Self {
                Self { $v: self.$v - o, ..self }
            }
        }

        impl<$($generics)*> Mul<f64> for $number {
            type Output = Self;
            #[inline(always)]
            fn mul(self, o: f64) -> Self {
                self.chain((self.$v * o, V::lit(o)))
            }
        }

        impl<$($generics)*> Div<f64> for $number {
            type Output = Self;
            #[inline(always)]
            fn div(self, o: f64) -> Self {
                self.chain((self.$v / o, V::lit(1.0 / o)))
            }
        }
    };
}
pub(crate) use tape_operators;

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
