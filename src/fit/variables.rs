//! From the variables of a fit to the parameters: ties, transforms, bounds.

use admd_ad::{Dual, Real};

/// How the number x that the optimiser moves makes the value v of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transform {
    /// v = x; bounds are kept by projection.
    None,
    /// v = eˣ, for what is positive.
    Log,
    /// v = low + (high − low)/(1 + e⁻ˣ), which stays between its bounds.
    Bounded,
}

impl Transform {
    /// Names in the input, in the order of the variants.
    pub const NAMES: [&'static str; 3] = ["none", "log", "bounded"];
}

/// What is known of a value beforehand: a normal distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    /// Its mean, in the unit of the value.
    pub mean: f64,
    /// Its standard deviation, in the unit of the value.
    pub sigma: f64,
}

/// A number that is fitted; several parameters may be tied to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// The name of the first parameter.
    pub name: String,
    /// The parameters, by their index in θ, and what of the value each has: θ = factor · v.
    pub members: Vec<(usize, f64)>,
    /// The value to start from.
    pub start: f64,
    /// The least and the largest value; infinite where there is none.
    pub bounds: [f64; 2],
    /// What the optimiser moves.
    pub transform: Transform,
    /// What is known beforehand.
    pub prior: Option<Prior>,
}

/// The largest x of [`Transform::Bounded`]: its value is then within 1e-9 of the bound, and so far there is no way back.
const BOUNDED: f64 = 20.0;

impl Variable {
    /// The value, in any scalar.
    pub fn value<T: Real>(&self, x: T) -> T {
        let [low, high] = self.bounds;
        match self.transform {
            Transform::None => x,
            Transform::Log => x.exp(),
            Transform::Bounded => ((-x).exp() + 1.0).recip() * (high - low) + low,
        }
    }

    /// The value and its slope dv/dx.
    pub fn slope(&self, x: f64) -> (f64, f64) {
        let v = self.value(Dual::<f64, 1>::variable(x, 0));
        (v.v, v.d[0])
    }

    /// The x of a value.
    pub fn inverse(&self, v: f64) -> f64 {
        let [low, high] = self.bounds;
        match self.transform {
            Transform::None => v,
            Transform::Log => v.ln(),
            Transform::Bounded => ((v - low) / (high - v)).ln(),
        }
    }

    /// The range of x. The bounded transform ends near its bounds.
    pub fn range(&self) -> [f64; 2] {
        match self.transform {
            Transform::None => self.bounds,
            Transform::Log => self.bounds.map(|b| if b > 0.0 { b.ln() } else { f64::NEG_INFINITY }),
            Transform::Bounded => [-BOUNDED, BOUNDED],
        }
    }
}

/// All variables, and the parameters that they leave alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Variables {
    /// What is fitted.
    pub list: Vec<Variable>,
    /// θ at the start; entries that no variable has stay as they are.
    pub theta: Vec<f64>,
}

impl Variables {
    /// Number of variables.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Is nothing fitted?
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// x of the start.
    pub fn start(&self) -> Vec<f64> {
        self.list.iter().map(|v| v.inverse(v.start)).collect()
    }

    /// The values of the variables.
    pub fn values(&self, x: &[f64]) -> Vec<f64> {
        self.list.iter().zip(x).map(|(v, x)| v.value(*x)).collect()
    }

    /// The parameters.
    ///
    /// ```
    /// use admd::fit::{Transform, Variable, Variables};
    /// let tied = Variable {
    ///     name: "a.A-A.epsilon".into(), members: vec![(0, 1.0), (2, 0.5)], start: 4.0,
    ///     bounds: [0.0, f64::INFINITY], transform: Transform::Log, prior: None,
    /// };
    /// let all = Variables { list: vec![tied], theta: vec![1.0, 7.0, 1.0] };
    /// let x = all.start();
    /// assert!((all.theta(&x)[2] - 2.0).abs() < 1e-15);
    /// assert!((all.push(&x, &[1.0])[0] - 4.0).abs() < 1e-15); // d eˣ/dx = eˣ
    /// assert!((all.pull(&x, &[1.0, 1.0, 1.0])[0] - 6.0).abs() < 1e-15);
    /// ```
    pub fn theta(&self, x: &[f64]) -> Vec<f64> {
        let mut theta = self.theta.clone();
        for (v, x) in self.list.iter().zip(x) {
            let value = v.value(*x);
            for (k, factor) in &v.members {
                theta[*k] = factor * value;
            }
        }
        theta
    }

    /// The change of the parameters along a change of x.
    pub fn push(&self, x: &[f64], along: &[f64]) -> Vec<f64> {
        let mut change = vec![0.0; self.theta.len()];
        for ((v, x), along) in self.list.iter().zip(x).zip(along) {
            let slope = v.slope(*x).1;
            for (k, factor) in &v.members {
                change[*k] = factor * slope * along;
            }
        }
        change
    }

    /// The slope of something in x, from its slope in the parameters.
    pub fn pull(&self, x: &[f64], slopes: &[f64]) -> Vec<f64> {
        let each = self.list.iter().zip(x).map(|(v, x)| {
            let slope = v.slope(*x).1;
            v.members.iter().map(|(k, factor)| slopes[*k] * factor * slope).sum()
        });
        each.collect()
    }
}
