//! Forward mode: a value with K tangents, each with an activity flag.
//!
//! The flags are constants once everything is inlined, so the tangents of constants cost nothing: IEEE arithmetic forbids
//! a compiler to drop `x * 0.0`, but it may drop an `if false`.

use crate::elementary;
use crate::real::{Lane, Real};
use core::ops::{Add, Div, Mul, Neg, Sub};

/// Forward-mode dual number x + Σₖ dₖ εₖ with εᵢ εⱼ = 0 over any scalar `V`, which may itself be a dual.
///
/// ```
/// use admd_ad::{Dual, Real};
/// // d/dx of x³ at 2
/// let y = Dual::<f64, 1>::variable(2.0, 0).powi(3);
/// assert_eq!((y.v, y.d[0]), (8.0, 12.0));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Dual<V, const K: usize> {
    /// The value.
    pub v: V,
    /// The tangents.
    pub d: [V; K],
    /// Whether tangent k can be other than zero.
    pub on: [bool; K],
}

impl<V: Real, const K: usize> Dual<V, K> {
    /// A constant: all tangents off.
    #[inline(always)]
    pub fn constant(v: V) -> Self {
        Self {
            v,
            d: [V::lit(0.0); K],
            on: [false; K],
        }
    }

    /// The k-th independent variable: tangent k is 1, the others are off.
    #[inline(always)]
    pub fn variable(v: V, k: usize) -> Self {
        let mut x = Self::constant(v);
        x.d[k] = V::lit(1.0);
        x.on[k] = true;
        x
    }

    /// A value with all tangents given and active.
    #[inline(always)]
    pub fn with_tangents(v: V, d: [V; K]) -> Self {
        Self { v, d, on: [true; K] }
    }

    /// Adds to tangent k what an argument adds to it, by the slope in the argument.
    #[inline(always)]
    fn add_product(&mut self, k: usize, argument: Self, slope: V) {
        if argument.on[k] {
            self.d[k] = if self.on[k] {
                argument.d[k].mul_add(slope, self.d[k])
            } else {
                argument.d[k] * slope
            };
            self.on[k] = true;
        }
    }

    /// Chain rule for one argument.
    #[inline(always)]
    fn chain(self, (value, slope): (V, V)) -> Self {
        let mut y = Self::constant(value);
        for k in 0..K {
            if self.on[k] {
                y.d[k] = self.d[k] * slope;
                y.on[k] = true;
            }
        }
        y
    }

    /// Chain rule for two arguments.
    #[inline(always)]
    fn chain2(self, other: Self, (value, in_self, in_other): (V, V, V)) -> Self {
        let mut y = Self::constant(value);
        for k in 0..K {
            y.on[k] = self.on[k] | other.on[k];
            if self.on[k] {
                y.d[k] = self.d[k] * in_self;
                if other.on[k] {
                    y.d[k] = other.d[k].mul_add(in_other, y.d[k]);
                }
            } else if other.on[k] {
                y.d[k] = other.d[k] * in_other;
            }
        }
        y
    }
}

impl<V: Real, const N: usize> Dual<V, N> {
    /// f(x₁ … x_N) from f and its slopes at the values of the arguments: `self` is f at N variables.
    ///
    /// ```
    /// use admd_ad::{Dual, Real};
    /// let x = Dual::<f64, 2>::with_tangents(2.0, [1.0, 10.0]);
    /// let cube = Dual::<f64, 1>::variable(x.v, 0).powi(3).at([x]);
    /// assert_eq!((cube.v, cube.d), (8.0, [12.0, 120.0]));
    /// ```
    #[inline(always)]
    pub fn at<const K: usize>(self, x: [Dual<V, K>; N]) -> Dual<V, K> {
        let mut y = Dual::constant(self.v);
        for k in 0..K {
            for n in 0..N {
                if self.on[n] {
                    y.add_product(k, x[n], self.d[n]);
                }
            }
        }
        y
    }
}

impl<V: Real, const K: usize> Add for Dual<V, K> {
    type Output = Self;
    #[inline(always)]
    fn add(self, o: Self) -> Self {
        let mut y = Self::constant(self.v + o.v);
        for k in 0..K {
            y.on[k] = self.on[k] | o.on[k];
            y.d[k] = match (self.on[k], o.on[k]) {
                (true, true) => self.d[k] + o.d[k],
                (true, false) => self.d[k],
                (false, _) => o.d[k],
            };
        }
        y
    }
}

impl<V: Real, const K: usize> Sub for Dual<V, K> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, o: Self) -> Self {
        let mut y = Self::constant(self.v - o.v);
        for k in 0..K {
            y.on[k] = self.on[k] | o.on[k];
            y.d[k] = match (self.on[k], o.on[k]) {
                (true, true) => self.d[k] - o.d[k],
                (false, true) => -o.d[k],
                (_, false) => self.d[k],
            };
        }
        y
    }
}

impl<V: Real, const K: usize> Mul for Dual<V, K> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, o: Self) -> Self {
        self.chain2(o, elementary::mul(self.v, o.v))
    }
}

impl<V: Real, const K: usize> Div for Dual<V, K> {
    type Output = Self;
    #[inline(always)]
    fn div(self, o: Self) -> Self {
        self.chain2(o, elementary::div(self.v, o.v))
    }
}

impl<V: Real, const K: usize> Neg for Dual<V, K> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        let mut y = Self::constant(-self.v);
        for k in 0..K {
            if self.on[k] {
                y.d[k] = -self.d[k];
                y.on[k] = true;
            }
        }
        y
    }
}

impl<V: Real, const K: usize> Add<f64> for Dual<V, K> {
    type Output = Self;
    #[inline(always)]
    fn add(self, o: f64) -> Self {
        Self { v: self.v + o, ..self }
    }
}

impl<V: Real, const K: usize> Sub<f64> for Dual<V, K> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, o: f64) -> Self {
        Self { v: self.v - o, ..self }
    }
}

impl<V: Real, const K: usize> Mul<f64> for Dual<V, K> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, o: f64) -> Self {
        self.chain((self.v * o, V::lit(o)))
    }
}

impl<V: Real, const K: usize> Div<f64> for Dual<V, K> {
    type Output = Self;
    #[inline(always)]
    fn div(self, o: f64) -> Self {
        self.chain((self.v / o, V::lit(1.0 / o)))
    }
}

impl<V: Real, const K: usize> Real for Dual<V, K> {
    type Lane = V::Lane;

    #[inline(always)]
    fn lit(x: f64) -> Self {
        Self::constant(V::lit(x))
    }
    #[inline(always)]
    fn lift(x: V::Lane) -> Self {
        Self::constant(V::lift(x))
    }
    #[inline(always)]
    fn primal(self) -> V::Lane {
        self.v.primal()
    }

    elementary::methods_from_table!(v);

    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        let (_, in_self, in_b) = elementary::mul(self.v, b.v);
        let mut y = Self {
            v: self.v.mul_add(b.v, c.v),
            ..c
        };
        for k in 0..K {
            y.add_product(k, self, in_self);
            y.add_product(k, b, in_b);
        }
        y
    }
    #[inline(always)]
    fn squares<const N: usize>(x: [Self; N]) -> Self {
        let mut values = [V::lit(0.0); N];
        for i in 0..N {
            values[i] = x[i].v;
        }
        let (value, slopes) = elementary::squares(values);
        let mut y = Self::constant(value);
        for k in 0..K {
            for i in 0..N {
                y.add_product(k, x[i], slopes[i]);
            }
        }
        y
    }
    #[inline(always)]
    fn lt(self, other: Self) -> <V::Lane as Lane>::Mask {
        self.v.lt(other.v)
    }
    #[inline(always)]
    fn select(mask: <V::Lane as Lane>::Mask, a: Self, b: Self) -> Self {
        let mut y = Self::constant(V::select(mask, a.v, b.v));
        for k in 0..K {
            y.on[k] = a.on[k] | b.on[k];
            if y.on[k] {
                y.d[k] = V::select(mask, a.d[k], b.d[k]);
            }
        }
        y
    }
    #[inline(always)]
    fn dot(w: &[Self], x: &[Self]) -> Self {
        let mut sum = Self::lit(0.0);
        for (w, x) in w.iter().zip(x) {
            sum = w.mul_add(*x, sum);
        }
        sum
    }
}
