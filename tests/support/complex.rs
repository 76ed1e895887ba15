//! The complex step: Im f(x + ih)/h with a tiny h is the derivative without truncation or cancellation.
//!
//! It shares no derivative rule with the program: only complex arithmetic. Comparisons look at the real part.

use admd::ad::{Lane, Real};
use core::ops::{Add, Div, Mul, Neg, Sub};

/// The step. Its square vanishes beside any real part of the tests.
pub const STEP: f64 = 1e-30;

/// re + i im.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Complex {
    pub re: f64,
    pub im: f64,
}

impl Complex {
    /// A constant moved by the step.
    pub fn stepped(re: f64) -> Self {
        Self { re, im: STEP }
    }

    /// The derivative along the step.
    pub fn slope(self) -> f64 {
        self.im / STEP
    }

    fn new(re: f64, im: f64) -> Self {
        Self { re, im }
    }
}

impl Add for Complex {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        Self::new(self.re + o.re, self.im + o.im)
    }
}
impl Sub for Complex {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        Self::new(self.re - o.re, self.im - o.im)
    }
}
impl Mul for Complex {
    type Output = Self;
    fn mul(self, o: Self) -> Self {
        Self::new(self.re * o.re - self.im * o.im, self.re * o.im + self.im * o.re)
    }
}
impl Div for Complex {
    type Output = Self;
    fn div(self, o: Self) -> Self {
        let norm2 = o.re * o.re + o.im * o.im;
        self * Self::new(o.re / norm2, -o.im / norm2)
    }
}
impl Neg for Complex {
    type Output = Self;
    fn neg(self) -> Self {
        Self::new(-self.re, -self.im)
    }
}
impl Add<f64> for Complex {
    type Output = Self;
    fn add(self, o: f64) -> Self {
        Self::new(self.re + o, self.im)
    }
}
impl Sub<f64> for Complex {
    type Output = Self;
    fn sub(self, o: f64) -> Self {
        Self::new(self.re - o, self.im)
    }
}
impl Mul<f64> for Complex {
    type Output = Self;
    fn mul(self, o: f64) -> Self {
        Self::new(self.re * o, self.im * o)
    }
}
impl Div<f64> for Complex {
    type Output = Self;
    fn div(self, o: f64) -> Self {
        Self::new(self.re / o, self.im / o)
    }
}

impl Real for Complex {
    type Lane = f64;

    fn lit(x: f64) -> Self {
        Self::new(x, 0.0)
    }
    fn lift(x: f64) -> Self {
        Self::new(x, 0.0)
    }
    fn primal(self) -> f64 {
        self.re
    }
    fn sq(self) -> Self {
        self * self
    }
    fn recip(self) -> Self {
        Self::lit(1.0) / self
    }
    fn sqrt(self) -> Self {
        // half the modulus plus real part keeps its digits for a positive real part, and only such arise
        let re = (0.5 * (self.re.hypot(self.im) + self.re)).sqrt();
        Self::new(re, 0.5 * self.im / re)
    }
    fn exp(self) -> Self {
        let size = self.re.exp();
        Self::new(size * self.im.cos(), size * self.im.sin())
    }
    fn ln(self) -> Self {
        Self::new(self.re.hypot(self.im).ln(), self.im.atan2(self.re))
    }
    fn powi(self, n: i32) -> Self {
        let power = (0..n.unsigned_abs()).fold(Self::lit(1.0), |p, _| p * self);
        if n < 0 { power.recip() } else { power }
    }
    fn powf(self, p: Self) -> Self {
        (p * self.ln()).exp()
    }
    fn sin(self) -> Self {
        Self::new(
            self.re.sin() * self.im.cosh(),
            self.re.cos() * self.im.sinh(),
        )
    }
    fn cos(self) -> Self {
        Self::new(
            self.re.cos() * self.im.cosh(),
            -(self.re.sin() * self.im.sinh()),
        )
    }
    fn tanh(self) -> Self {
        let e = (self * 2.0).exp();
        (e - 1.0) / (e + 1.0)
    }
    fn erfc(self) -> Self {
        unreachable!("erfc has no elementary complex continuation; its derivative is tested in the AD core")
    }
    fn acos(self) -> Self {
        (Self::lit(1.0) - self.sq()).sqrt().atan2(self)
    }
    fn atan2(self, x: Self) -> Self {
        // the angle of x + i y: its real part from the real parts, its slope from the quotient
        let norm2 = self.sq() + x.sq();
        let turned = Self::new(
            self.im * x.re - x.im * self.re,
            0.0,
        ) / norm2;
        Self::new(self.re.atan2(x.re), turned.re)
    }
    fn abs(self) -> Self {
        if self.re < 0.0 { -self } else { self }
    }
    fn mul_add(self, b: Self, c: Self) -> Self {
        self * b + c
    }
    fn lt(self, other: Self) -> <f64 as Lane>::Mask {
        self.re < other.re
    }
    fn select(mask: bool, a: Self, b: Self) -> Self {
        if mask { a } else { b }
    }
    fn dot(w: &[Self], x: &[Self]) -> Self {
        w.iter().zip(x).fold(Self::lit(0.0), |sum, (w, x)| sum + *w * *x)
    }
}
