//! What optimisers have in common: one step at a time, bounds, and when to stop.

use super::adam::Adam;
use super::gauss_newton::{GaussNewton, Linear};
use super::lbfgs::Lbfgs;
use super::{FitError, Method, Problem, Variable, Variables};
use serde::{Deserialize, Serialize};

/// What a step says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// There is more to do.
    Going,
    /// No variable would move by more than the tolerance, or the loss would not fall by more than rounding.
    Converged,
    /// No step lowers the loss although the model says so: predictions jump, or the tolerance is beyond their digits.
    Stuck,
}

/// Where an optimiser is: what a checkpoint keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Of Levenberg-Marquardt and of Gauss-Newton by conjugate gradients.
    GaussNewton(GaussNewton),
    /// Of L-BFGS.
    Lbfgs(Lbfgs),
    /// Of Adam.
    Adam(Adam),
}

impl State {
    /// At the beginning, at x.
    pub fn new(method: Method, x: Vec<f64>) -> Self {
        match method {
            Method::LevenbergMarquardt { .. } | Method::GaussNewtonCg { .. } => Self::GaussNewton(GaussNewton::new(x)),
            Method::Lbfgs { .. } => Self::Lbfgs(Lbfgs::new(x)),
            Method::Adam { .. } => Self::Adam(Adam::new(x)),
        }
    }

    /// Is it one of this method, for so many variables?
    pub fn fits(&self, method: Method, variables: usize) -> bool {
        let of_method = match method {
            Method::LevenbergMarquardt { .. } | Method::GaussNewtonCg { .. } => matches!(self, Self::GaussNewton(_)),
            Method::Lbfgs { .. } => matches!(self, Self::Lbfgs(_)),
            Method::Adam { .. } => matches!(self, Self::Adam(_)),
        };
        of_method && self.x().len() == variables
    }

    /// Where it is; of Adam the best end of a pass.
    pub fn x(&self) -> &[f64] {
        match self {
            Self::GaussNewton(s) => &s.x,
            Self::Lbfgs(s) => &s.x,
            Self::Adam(s) => &s.x,
        }
    }

    /// The loss there; NaN before the first step.
    pub fn loss(&self) -> f64 {
        match self {
            Self::GaussNewton(s) => s.loss,
            Self::Lbfgs(s) => s.loss,
            Self::Adam(s) => s.loss,
        }
    }

    /// One step; of Adam one pass through the data.
    ///
    /// # Errors
    /// As of the targets, at the x from which the step starts.
    pub fn step(&mut self, problem: &mut Problem, method: Method, seed: u64) -> Result<Status, FitError> {
        match (self, method) {
            (Self::GaussNewton(s), Method::LevenbergMarquardt { tolerance, .. }) => {
                s.step(problem, Linear::Dense, tolerance)
            }
            (Self::GaussNewton(s), Method::GaussNewtonCg { tolerance, inner, .. }) => {
                s.step(problem, Linear::ConjugateGradients(inner), tolerance)
            }
            (Self::Lbfgs(s), Method::Lbfgs { tolerance, history, .. }) => s.step(problem, history, tolerance),
            (Self::Adam(s), Method::Adam { epochs, rate, batch }) => s.pass(problem, (epochs, rate, batch), seed),
            _ => unreachable!("a state is made for its method"),
        }
    }

    /// Are its numbers such as it makes them? A damaged checkpoint has others.
    pub fn is_sound(&self) -> bool {
        let finite = |list: &[f64]| list.iter().all(|x| x.is_finite());
        finite(self.x())
            && match self {
                Self::GaussNewton(s) => s.is_sound(),
                Self::Lbfgs(s) => s.is_sound(),
                Self::Adam(s) => s.is_sound(),
            }
    }

    /// The predictions have changed under it.
    pub fn renew(&mut self) {
        match self {
            Self::Adam(s) => s.renew(),
            Self::GaussNewton(s) => s.renew(),
            Self::Lbfgs(s) => s.renew(),
        }
    }
}

impl Method {
    /// The most steps.
    pub fn iterations(self) -> usize {
        match self {
            Self::LevenbergMarquardt { iterations, .. }
            | Self::GaussNewtonCg { iterations, .. }
            | Self::Lbfgs { iterations, .. } => iterations,
            Self::Adam { epochs, .. } => epochs,
        }
    }
}

impl Variable {
    /// What a step of x is compared with: that of the transform where it is relative already, else the size of x.
    pub(super) fn size(&self, x: f64) -> f64 {
        match self.transform {
            super::Transform::Log => 1.0,
            // from a tenth of the range to nine tenths
            super::Transform::Bounded => 4.0,
            super::Transform::None => {
                let width = self.bounds[1] - self.bounds[0];
                let size = x.abs().max(self.start.abs());
                if size > 0.0 {
                    size
                } else if width.is_finite() && width > 0.0 {
                    width
                } else {
                    1.0
                }
            }
        }
    }
}

/// The largest part of a step, relative to the variables.
pub(super) fn moved(variables: &Variables, x: &[f64], p: &[f64]) -> f64 {
    let each = variables.list.iter().zip(x).zip(p);
    each.map(|((v, x), p)| p.abs() / v.size(*x)).fold(0.0, f64::max)
}

/// Variables that stand at a bound which the descent along −g would cross.
pub(super) fn held(variables: &Variables, x: &[f64], gradient: &[f64]) -> Vec<bool> {
    let each = variables.list.iter().zip(x).zip(gradient);
    each.map(|((v, x), g)| {
        let [low, high] = v.range();
        (*x <= low && *g > 0.0) || (*x >= high && *g < 0.0)
    })
    .collect()
}

/// x + p between the bounds.
pub(super) fn clip(variables: &Variables, x: &[f64], p: &[f64]) -> Vec<f64> {
    let each = variables.list.iter().zip(x).zip(p);
    each.map(|((v, x), p)| {
        let [low, high] = v.range();
        (x + p).clamp(low, high)
    })
    .collect()
}
