//! Quasi-Newton steps from gradients alone: limited-memory BFGS (J. Nocedal, *Math. Comput.* **35**, 773 (1980),
//! doi:10.1090/S0025-5718-1980-0572855-7), in variables divided by their sizes, with bounds kept by projection.

use super::optimizer::{Status, clip, held, moved};
use super::{FitError, Problem, Which};
use serde::{Deserialize, Serialize};

/// A step is taken when the loss falls by this part of what its slope says (Armijo).
const LEAST_FALL: f64 = 1e-4;
/// The longest step, relative to the variables.
const LONGEST: f64 = 1.0;
/// The first step, which knows no curvature.
const FIRST: f64 = 0.02;
/// Halvings of a step before it is given up.
const HALVINGS: usize = 40;
/// Curvature along a step, relative to step and change of the gradient, that is no rounding.
const CURVED: f64 = 1e-12;
/// A fall of the loss, relative to it, that is none.
const ROUNDING: f64 = 1e-15;

/// Where a descent is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lbfgs {
    pub(super) x: Vec<f64>,
    /// L at x; NaN before it is known.
    pub(super) loss: f64,
    /// dL/dx; empty before it is known.
    gradient: Vec<f64>,
    /// Steps and changes of the gradient, the last at the end.
    pairs: Vec<[Vec<f64>; 2]>,
}

impl Lbfgs {
    pub(super) fn new(x: Vec<f64>) -> Self {
        Self {
            x,
            loss: f64::NAN,
            gradient: Vec::new(),
            pairs: Vec::new(),
        }
    }

    pub(super) fn is_sound(&self) -> bool {
        let n = self.x.len();
        let whole = |list: &Vec<f64>| list.len() == n && list.iter().all(|x| x.is_finite());
        let curved = |[s, y]: &[Vec<f64>; 2]| whole(s) && whole(y) && dot(s, y) > 0.0;
        (self.gradient.is_empty() || whole(&self.gradient)) && self.pairs.iter().all(curved)
    }

    /// Forgets what it knows of the loss.
    pub(super) fn renew(&mut self) {
        self.gradient.clear();
        self.pairs.clear();
    }

    pub(super) fn step(&mut self, problem: &mut Problem, history: usize, tolerance: f64) -> Result<Status, FitError> {
        if self.gradient.is_empty() {
            let residuals = problem.residuals(&self.x, Which::All)?;
            self.loss = problem.loss(&residuals);
            self.gradient = problem.gradient(&self.x, &residuals)?;
        }
        let variables = problem.variables().clone();
        let held = held(&variables, &self.x, &self.gradient);
        let sizes: Vec<f64> = variables.list.iter().zip(&self.x).map(|(v, x)| v.size(*x)).collect();
        let mut along = self.direction(&held, &sizes);
        if dot(&along, &self.gradient) >= 0.0 {
            // what it remembers does not fit any more
            self.pairs.clear();
            along = self.direction(&held, &sizes);
        }
        let most = if self.pairs.is_empty() { FIRST } else { LONGEST };
        let length = moved(&variables, &self.x, &along);
        if length == 0.0 {
            return Ok(Status::Converged);
        }
        let mut part = if self.pairs.is_empty() {
            most / length
        } else {
            (most / length).min(1.0)
        };
        for _ in 0..HALVINGS {
            let p: Vec<f64> = along.iter().map(|a| a * part).collect();
            let next = clip(&variables, &self.x, &p);
            let p: Vec<f64> = next.iter().zip(&self.x).map(|(n, x)| n - x).collect();
            let fall = -dot(&p, &self.gradient);
            let small = moved(&variables, &self.x, &p) <= tolerance;
            let trial = match problem.residuals(&next, Which::All) {
                Ok(residuals) => Some(residuals),
                Err(error) if error.is_of_step() => None,
                Err(error) => return Err(error),
            };
            let loss = trial.as_ref().map_or(f64::INFINITY, |r| problem.loss(r));
            if let Some(residuals) = trial.filter(|_| loss <= self.loss - LEAST_FALL * fall && loss < self.loss) {
                let gradient = problem.gradient(&next, &residuals)?;
                let change: Vec<f64> = gradient.iter().zip(&self.gradient).map(|(n, g)| n - g).collect();
                if dot(&p, &change) > CURVED * (dot(&p, &p) * dot(&change, &change)).sqrt() {
                    self.pairs.push([p, change]);
                    if self.pairs.len() > history {
                        self.pairs.remove(0);
                    }
                }
                let done = small || self.loss - loss <= ROUNDING * self.loss;
                (self.x, self.loss, self.gradient) = (next, loss, gradient);
                return Ok(if done { Status::Converged } else { Status::Going });
            }
            if small || fall <= ROUNDING * self.loss {
                return Ok(Status::Converged);
            }
            part *= 0.5;
        }
        if self.pairs.is_empty() {
            return Ok(Status::Stuck);
        }
        // once more along the gradient itself
        self.pairs.clear();
        Ok(Status::Going)
    }

    /// −H g by the two loops, with the sizes of the variables for what is not known of H.
    fn direction(&self, held: &[bool], sizes: &[f64]) -> Vec<f64> {
        let free = |v: &mut [f64]| v.iter_mut().zip(held).filter(|(_, h)| **h).for_each(|(x, _)| *x = 0.0);
        let mut q: Vec<f64> = self.gradient.iter().map(|g| -g).collect();
        free(&mut q);
        let mut weights = Vec::with_capacity(self.pairs.len());
        for [s, y] in self.pairs.iter().rev() {
            let weight = dot(s, &q) / dot(s, y);
            q.iter_mut().zip(y).for_each(|(q, y)| *q -= weight * y);
            weights.push(weight);
        }
        // y in variables that are divided by their sizes
        let scaled = |y: &[f64]| y.iter().zip(sizes).map(|(y, d)| (y * d).powi(2)).sum::<f64>();
        let whole = self.pairs.last().map_or(1.0, |[s, y]| dot(s, y) / scaled(y));
        q.iter_mut().zip(sizes).for_each(|(q, d)| *q *= whole * d * d);
        for ([s, y], weight) in self.pairs.iter().zip(weights.into_iter().rev()) {
            let back = dot(y, &q) / dot(s, y);
            q.iter_mut().zip(s).for_each(|(q, s)| *q += (weight - back) * s);
        }
        free(&mut q);
        q
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
