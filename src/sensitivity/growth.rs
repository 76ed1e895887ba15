//! When has chaos eaten the digits of a sensitivity?
//!
//! A change of the parameters, and every rounding, grows as e^λt in a chaotic system, with the largest Lyapunov exponent λ.
//! The sensitivity |dr/dθ| grows with it, so λ is the slope of its logarithm once the growth of the first steps, a power of
//! t, is over: it is fitted to the later half of what was seen. A number that has been multiplied by e^λt has lost λt/ln 10
//! digits: it is the derivative of this trajectory still, but of no other, not even of the same one in other rounding. After
//! [`DIGITS`] digits it is called beyond its horizon. What then answers the question is the derivative of an average over
//! many trajectories, for which fluctuations are used, not the average of their derivatives.

use super::LineFit;
use admd_engine::Vec3;

/// Digits that may be lost of the sixteen of f64.
pub const DIGITS: f64 = 8.0;
/// Digits that may be lost where the forces of the trajectory have six.
pub const DIGITS_OF_MIXED: f64 = 4.0;

/// λt from which growth is taken for exponential: a power t² looks like λt = 2.8 over the later half of the time (its
/// logarithm grows by 2 ln 2 in t/2), a power t⁴ like 5.5.
const CLEAR: f64 = 6.0;
/// Points that a fit needs.
const LEAST: usize = 6;
/// Points that are kept; of more, every second is dropped.
const MOST: usize = 512;

/// The growth of the sensitivity to one number.
///
/// ```
/// use admd::sensitivity::{DIGITS, Growth};
/// let mut growth = Growth::new(DIGITS);
/// assert_eq!(growth.digits_lost(), None); // too early to tell
/// for k in 1..=50 {
///     let t = 0.1 * f64::from(k);
///     growth.add(t, (3.0 * t).exp());
/// }
/// assert!((growth.lyapunov().unwrap() - 3.0).abs() < 1e-12);
/// assert!((growth.digits_lost().unwrap() - 15.0 / 10_f64.ln()).abs() < 1e-12);
/// assert!((growth.horizon().unwrap() - 8.0 * 10_f64.ln() / 3.0).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// Digits that may be lost.
    digits: f64,
    /// Time and logarithm of the norm.
    points: Vec<[f64; 2]>,
    /// One of so many points is kept.
    stride: u64,
    seen: u64,
    /// The time of the last point, kept or not.
    elapsed: f64,
    /// The slope of the later half, found when a point came.
    slope: Option<f64>,
}

impl Growth {
    /// Nothing seen yet; a number of which more than `digits` digits are lost is beyond its horizon.
    pub fn new(digits: f64) -> Self {
        Self {
            digits,
            points: Vec::new(),
            stride: 1,
            seen: 0,
            elapsed: 0.0,
            slope: None,
        }
    }

    /// Adds the norm of dr/dθ at a time; zero, as at the start, says nothing.
    pub fn add(&mut self, time: f64, norm: f64) {
        if !(norm > 0.0 && norm.is_finite()) {
            return;
        }
        self.elapsed = time;
        self.seen += 1;
        if !self.seen.is_multiple_of(self.stride) {
            return;
        }
        self.points.push([time, norm.ln()]);
        if self.points.len() > MOST {
            let mut keep = false;
            self.points.retain(|_| {
                keep = !keep;
                !keep
            });
            self.stride *= 2;
        }
        let mut line = LineFit::default();
        for [t, y] in &self.points[self.points.len() / 2..] {
            line.add(*t, *y);
        }
        self.slope = line.slope().map(|(slope, _)| slope);
    }

    /// Are there points enough to tell whether it grows?
    pub fn is_known(&self) -> bool {
        self.points.len() >= LEAST
    }

    /// The largest Lyapunov exponent \[1/time\]; `None` while no exponential growth is seen.
    pub fn lyapunov(&self) -> Option<f64> {
        let clear = |slope: &f64| slope * self.elapsed > CLEAR;
        self.slope.filter(|_| self.is_known()).filter(clear)
    }

    /// Digits lost by the last point: 0 while no exponential growth is seen, `None` before there are points enough to tell.
    pub fn digits_lost(&self) -> Option<f64> {
        let lost = self
            .lyapunov()
            .map_or(0.0, |l| l * self.elapsed / core::f64::consts::LN_10);
        self.is_known().then_some(lost)
    }

    /// The time after which too many digits are lost; `None` while no exponential growth is seen.
    pub fn horizon(&self) -> Option<f64> {
        self.lyapunov().map(|l| self.digits * core::f64::consts::LN_10 / l)
    }

    /// Is the last point beyond the horizon?
    pub fn is_beyond(&self) -> bool {
        self.digits_lost().is_some_and(|lost| lost > self.digits)
    }

    /// Digits that may be lost.
    pub fn digits(&self) -> f64 {
        self.digits
    }
}

/// √Σ|r|², of numbers whose squares may be too large, too.
///
/// ```
/// use admd::engine::Vec3;
/// let norm = admd::sensitivity::norm(&[Vec3::x() * 3e200, Vec3::y() * 4e200]);
/// assert!((norm / 5e200 - 1.0).abs() < 1e-15);
/// ```
pub fn norm(vectors: &[Vec3]) -> f64 {
    let largest = vectors.iter().map(|r| r.amax()).fold(0.0, f64::max);
    if !(largest > 0.0 && largest.is_finite()) {
        return vectors.iter().map(|r| r.norm_squared()).sum::<f64>().sqrt();
    }
    largest * vectors.iter().map(|r| (r / largest).norm_squared()).sum::<f64>().sqrt()
}
