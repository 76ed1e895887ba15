//! Steps along gradients of a few groups at a time, adapted to their spread: Adam (D. P. Kingma and J. Ba, ICLR 2015,
//! arXiv:1412.6980, doi:10.48550/arXiv.1412.6980). The length of a step falls to zero as a cosine over the passes, so that the
//! end does not tremble.

use super::optimizer::{Status, clip};
use super::{FitError, Problem, Which};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Memory of the mean of the gradient and of its square, and what keeps the quotient finite, as published.
const MEAN: f64 = 0.9;
const SQUARE: f64 = 0.999;
const LEAST: f64 = 1e-8;

/// Where it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adam {
    /// The best x at the end of a pass.
    pub(super) x: Vec<f64>,
    /// Its loss over all groups; NaN before it is known.
    pub(super) loss: f64,
    /// The x that moves.
    at: Vec<f64>,
    pass: u64,
    steps: u64,
    mean: Vec<f64>,
    square: Vec<f64>,
    /// What is left of the rate: halved whenever a step has led where there are no predictions.
    part: f64,
}

impl Adam {
    pub(super) fn new(x: Vec<f64>) -> Self {
        let zeros = vec![0.0; x.len()];
        Self {
            at: x.clone(),
            x,
            loss: f64::NAN,
            pass: 0,
            steps: 0,
            mean: zeros.clone(),
            square: zeros,
            part: 1.0,
        }
    }

    pub(super) fn is_sound(&self) -> bool {
        let n = self.x.len();
        let whole = |list: &Vec<f64>| list.len() == n && list.iter().all(|x| x.is_finite());
        [&self.at, &self.mean, &self.square].into_iter().all(whole) && self.part > 0.0 && self.part <= 1.0
    }

    /// The loss has changed under it.
    pub(super) fn renew(&mut self) {
        self.loss = f64::NAN;
    }

    /// One pass through all groups, in an order that seed and pass decide.
    pub(super) fn pass(
        &mut self,
        problem: &mut Problem,
        (passes, rate, batch): (usize, f64, usize),
        seed: u64,
    ) -> Result<Status, FitError> {
        if self.loss.is_nan() {
            let residuals = problem.residuals(&self.x, Which::All)?;
            self.loss = problem.loss(&residuals);
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(self.pass);
        let mut order: Vec<usize> = (0..problem.groups()).collect();
        order.shuffle(&mut rng);
        let done = self.pass as f64 / passes as f64;
        let rate = self.part * rate * 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
        self.pass += 1;
        let there = self.through(problem, &order, (rate, batch)).and_then(|()| {
            let residuals = problem.residuals(&self.at, Which::All)?;
            Ok(problem.loss(&residuals))
        });
        match there {
            Ok(loss) if loss < self.loss => {
                self.loss = loss;
                self.x.clone_from(&self.at);
            }
            Ok(_) => {}
            Err(error) if error.is_of_step() => {
                self.part *= 0.5;
                self.at.clone_from(&self.x);
                self.mean.fill(0.0);
                self.square.fill(0.0);
                self.steps = 0;
            }
            Err(error) => return Err(error),
        }
        Ok(Status::Going)
    }

    /// A step for each batch.
    fn through(&mut self, problem: &mut Problem, order: &[usize], (rate, batch): (f64, usize)) -> Result<(), FitError> {
        let sizes: Vec<f64> = (problem.variables().list.iter().zip(&self.at))
            .map(|(v, x)| v.size(*x))
            .collect();
        let group_of: Vec<usize> = problem.rows().map(|(group, _)| group).collect();
        for some in order.chunks(batch.max(1)) {
            let mut which = vec![false; order.len()];
            some.iter().for_each(|k| which[*k] = true);
            let mut residuals = problem.residuals(&self.at, Which::Groups(&which))?;
            // priors are evaluated always, and count with their own batch only
            let others = residuals.iter_mut().zip(&group_of).filter(|(_, g)| !which[**g]);
            others.for_each(|(r, _)| *r = 0.0);
            let gradient = problem.gradient(&self.at, &residuals)?;
            self.move_along(problem, &gradient, rate, &sizes);
        }
        Ok(())
    }

    fn move_along(&mut self, problem: &Problem, gradient: &[f64], rate: f64, sizes: &[f64]) {
        self.steps += 1;
        let n = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let unbiased = |x: f64, memory: f64| x / (1.0 - memory.powi(n));
        let mut p = vec![0.0; self.x.len()];
        for k in 0..p.len() {
            let g = gradient[k] * sizes[k];
            self.mean[k] = MEAN * self.mean[k] + (1.0 - MEAN) * g;
            self.square[k] = SQUARE * self.square[k] + (1.0 - SQUARE) * g * g;
            let root = unbiased(self.square[k], SQUARE).sqrt();
            p[k] = -rate * sizes[k] * unbiased(self.mean[k], MEAN) / (root + LEAST);
        }
        self.at = clip(problem.variables(), &self.at, &p);
    }
}
