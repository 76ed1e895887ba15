//! When has chaos eaten the digits of a sensitivity?
//!
//! A change of the parameters, and every rounding, grows as e^λt in a chaotic system, with the largest Lyapunov exponent λ.
//! The sensitivity |dr/dθ| grows with it, so λ is the slope of its logarithm once the growth of the first steps, a power of
//! t, is over: it is fitted to the later half of what was seen. A number that has been multiplied by e^λt has lost λt/ln 10
//! digits: it is the derivative of this trajectory still, but of no other, not even of the same one in other rounding. After
//! [`DIGITS`] digits it is called beyond its horizon. What then answers the question is the derivative of an average over
//! many trajectories, for which fluctuations are used, not the average of their derivatives.

/// Digits that may be lost.
pub const DIGITS: f64 = 8.0;

/// A power t² has a slope of 2 ln 2 / (t/2) over the later half, which e^λt with λt = 2.8 has, too: less than twice that
/// is not taken for exponential growth.
const CLEAR: f64 = 6.0;
/// Points that a fit needs.
const LEAST: usize = 6;

/// The growth of the sensitivity to one number.
///
/// ```
/// use admd::sensitivity::Growth;
/// let mut growth = Growth::default();
/// for k in 1..=50 {
///     let t = 0.1 * f64::from(k);
///     growth.add(t, (3.0 * t).exp());
/// }
/// assert!((growth.lyapunov().unwrap() - 3.0).abs() < 1e-12);
/// assert!((growth.digits_lost() - 15.0 / 10_f64.ln()).abs() < 1e-12);
/// assert!((growth.horizon().unwrap() - 8.0 * 10_f64.ln() / 3.0).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Growth {
    /// Time and logarithm of the norm.
    points: Vec<[f64; 2]>,
}

impl Growth {
    /// Adds the norm of dr/dθ at a time; zero, as at the start, says nothing.
    pub fn add(&mut self, time: f64, norm: f64) {
        if norm > 0.0 && norm.is_finite() {
            self.points.push([time, norm.ln()]);
        }
    }

    /// The largest Lyapunov exponent \[1/time\]; `None` while no exponential growth is seen.
    pub fn lyapunov(&self) -> Option<f64> {
        let late = &self.points[self.points.len() / 2..];
        if self.points.len() < LEAST {
            return None;
        }
        let mut line = super::LineFit::default();
        late.iter().for_each(|[t, y]| line.add(*t, *y));
        let (slope, _) = line.slope()?;
        let elapsed = late.last()?[0];
        (slope * elapsed > CLEAR).then_some(slope)
    }

    /// Digits lost by the last point; 0 while no exponential growth is seen.
    pub fn digits_lost(&self) -> f64 {
        let elapsed = self.points.last().map_or(0.0, |p| p[0]);
        self.lyapunov().map_or(0.0, |l| l * elapsed / core::f64::consts::LN_10)
    }

    /// The time after which [`DIGITS`] digits are lost; `None` while no exponential growth is seen.
    pub fn horizon(&self) -> Option<f64> {
        self.lyapunov().map(|l| DIGITS * core::f64::consts::LN_10 / l)
    }

    /// Is the last point beyond the horizon?
    pub fn is_beyond(&self) -> bool {
        self.digits_lost() > DIGITS
    }
}
