//! The complex-step oracle: f'(x) = Im f(x + ih)/h with h = 1e-30, exact to round-off.
//!
//! It shares no derivative rule with the library: every function below is computed from its complex definition, by
//! formulas that keep a tiny imaginary part to full relative precision. erfc too is evaluated in complex arithmetic, by
//! its series or continued fraction. Comparisons look at the real part, as in the real program. What has no complex
//! derivative (√0, |0|) is outside its domain.
//!
//! Over a dual, `Dual<Complex, 1>`, it gives second derivatives.

#![allow(dead_code)] // each test program uses a part

use admd_ad::Real;
use core::f64::consts::{FRAC_2_SQRT_PI, FRAC_PI_2, PI};
use core::ops::{Add, Div, Mul, Neg, Sub};

/// The step: its square vanishes beside any number of order 1, so there is neither truncation nor cancellation.
pub(crate) const STEP: f64 = 1e-30;

/// A complex number re + i im.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Complex {
    pub(crate) re: f64,
    pub(crate) im: f64,
}

const fn complex(re: f64, im: f64) -> Complex {
    Complex { re, im }
}

impl Complex {
    /// The independent variable x + ih.
    pub(crate) fn variable(x: f64) -> Self {
        complex(x, STEP)
    }

    /// The point x moved along v: x + ih v.
    pub(crate) fn along(x: f64, v: f64) -> Self {
        complex(x, STEP * v)
    }

    /// Im/h.
    pub(crate) fn derivative(self) -> f64 {
        self.im / STEP
    }

    fn norm2(self) -> f64 {
        self.re.mul_add(self.re, self.im * self.im)
    }

    /// The arc tangent, after W. Kahan (1987): no cancellation for small imaginary parts.
    fn atan(self) -> Self {
        let (x, y) = (self.re, self.im);
        let re = 0.5 * (2.0 * x).atan2((1.0 - y) * (1.0 + y) - x * x);
        complex(re, 0.25 * (4.0 * y / (x * x + (1.0 - y) * (1.0 - y))).ln_1p())
    }
}

/// Gradient of f by one complex evaluation a variable.
pub(crate) fn gradient(f: impl Fn(&[Complex]) -> Complex, x: &[f64]) -> Vec<f64> {
    let at = |k: usize, j: usize, x: f64| if j == k { Complex::variable(x) } else { complex(x, 0.0) };
    (0..x.len())
        .map(|k| f(&x.iter().enumerate().map(|(j, x)| at(k, j, *x)).collect::<Vec<_>>()).derivative())
        .collect()
}

impl Add for Complex {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        complex(self.re + o.re, self.im + o.im)
    }
}

impl Sub for Complex {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        complex(self.re - o.re, self.im - o.im)
    }
}

impl Mul for Complex {
    type Output = Self;
    fn mul(self, o: Self) -> Self {
        complex(self.re * o.re - self.im * o.im, self.re * o.im + self.im * o.re)
    }
}

impl Div for Complex {
    type Output = Self;
    fn div(self, o: Self) -> Self {
        let scale = o.norm2();
        let product = self * complex(o.re, -o.im);
        complex(product.re / scale, product.im / scale)
    }
}

impl Neg for Complex {
    type Output = Self;
    fn neg(self) -> Self {
        complex(-self.re, -self.im)
    }
}

impl Add<f64> for Complex {
    type Output = Self;
    fn add(self, o: f64) -> Self {
        complex(self.re + o, self.im)
    }
}

impl Sub<f64> for Complex {
    type Output = Self;
    fn sub(self, o: f64) -> Self {
        complex(self.re - o, self.im)
    }
}

impl Mul<f64> for Complex {
    type Output = Self;
    fn mul(self, o: f64) -> Self {
        complex(self.re * o, self.im * o)
    }
}

impl Div<f64> for Complex {
    type Output = Self;
    fn div(self, o: f64) -> Self {
        complex(self.re / o, self.im / o)
    }
}

/// erfc z for Re z ≥ 0: below 1 by the series 1 − (2/√π) e^(−z²) Σ 2ⁿ z²ⁿ⁺¹/(2n+1)!!, whose terms are all positive for
/// real z, else by the continued fraction e^(−z²)/√π · 1/(z + (1/2)/(z + 1/(z + (3/2)/(z + …)))).
fn erfc_right(z: Complex) -> Complex {
    let gauss = (-(z * z)).exp();
    if z.re < 1.0 {
        let (mut term, mut sum) = (z, z);
        for n in 1..40 {
            term = term * (z * z) * (2.0 / f64::from(2 * n + 1));
            sum = sum + term;
        }
        complex(1.0, 0.0) - gauss * sum * FRAC_2_SQRT_PI
    } else {
        let mut tail = z;
        for n in (1..400).rev() {
            tail = z + complex(0.5 * f64::from(n), 0.0) / tail;
        }
        gauss / tail * (0.5 * FRAC_2_SQRT_PI)
    }
}

impl Real for Complex {
    type Lane = f64;

    fn lit(x: f64) -> Self {
        complex(x, 0.0)
    }
    fn lift(x: f64) -> Self {
        complex(x, 0.0)
    }
    fn primal(self) -> f64 {
        self.re
    }
    fn sq(self) -> Self {
        self * self
    }
    fn recip(self) -> Self {
        complex(1.0, 0.0) / self
    }
    fn sqrt(self) -> Self {
        // The root with re ≥ 0; the larger part from the sum without cancellation, the other from 2 re im = Im z.
        let modulus = self.re.hypot(self.im);
        let larger = (0.5 * (modulus + self.re.abs())).sqrt();
        if self.re >= 0.0 {
            complex(larger, 0.5 * self.im / larger)
        } else {
            complex(0.5 * self.im.abs() / larger, larger.copysign(self.im))
        }
    }
    fn exp(self) -> Self {
        let r = self.re.exp();
        complex(r * self.im.cos(), r * self.im.sin())
    }
    fn ln(self) -> Self {
        complex(self.re.hypot(self.im).ln(), self.im.atan2(self.re))
    }
    fn powi(self, n: i32) -> Self {
        let product = (0..n.unsigned_abs()).fold(Self::lit(1.0), |product, _| product * self);
        if n < 0 { product.recip() } else { product }
    }
    fn powf(self, p: Self) -> Self {
        (p * self.ln()).exp()
    }
    fn sin(self) -> Self {
        complex(self.re.sin() * self.im.cosh(), self.re.cos() * self.im.sinh())
    }
    fn cos(self) -> Self {
        complex(self.re.cos() * self.im.cosh(), -self.re.sin() * self.im.sinh())
    }
    fn tanh(self) -> Self {
        // sinh z/cosh z = (sinh re cosh re + i sin im cos im)/(sinh² re + cos² im), scaled by cosh² re
        let (t, c) = (self.re.tanh(), 1.0 / self.re.cosh());
        let scale = t * t + (c * self.im.cos()).powi(2);
        complex(t / scale, c * c * self.im.sin() * self.im.cos() / scale)
    }
    fn erfc(self) -> Self {
        if self.re < 0.0 {
            complex(2.0, 0.0) - erfc_right(-self)
        } else {
            erfc_right(self)
        }
    }
    fn acos(self) -> Self {
        // W. Kahan, Branch cuts for complex elementary functions (1987).
        let below = (complex(1.0, 0.0) - self).sqrt();
        let above = (complex(1.0, 0.0) + self).sqrt();
        let im = above.re * below.im - above.im * below.re;
        complex(2.0 * below.re.atan2(above.re), im.asinh())
    }
    fn atan2(self, x: Self) -> Self {
        if x.re.abs() > self.re.abs() {
            let half_turn = if x.re > 0.0 { 0.0 } else { PI.copysign(self.re) };
            (self / x).atan() + half_turn
        } else {
            -(x / self).atan() + FRAC_PI_2.copysign(self.re)
        }
    }
    fn abs(self) -> Self {
        if self.re < 0.0 { -self } else { self }
    }
    fn mul_add(self, b: Self, c: Self) -> Self {
        self * b + c
    }
    fn lt(self, other: Self) -> bool {
        self.re < other.re
    }
    fn select(mask: bool, a: Self, b: Self) -> Self {
        if mask { a } else { b }
    }
    fn dot(w: &[Self], x: &[Self]) -> Self {
        w.iter().zip(x).fold(Self::lit(0.0), |sum, (w, x)| sum + *w * *x)
    }
}
