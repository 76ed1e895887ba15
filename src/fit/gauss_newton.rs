//! Gauss-Newton steps, damped where they would go too far.
//!
//! The loss is Σ ρ(r(x)). With the weights w = ρ′(r)/r its gradient is g = Jᵀ w r, and near x it is L + g·p + |√w J p|²/2. A
//! step solves
//!
//! (Jᵀ w J + λ D²) p = −g,
//!
//! where D are the norms of the columns of √w J, so that units do not matter (D. W. Marquardt, *J. Soc. Ind. Appl. Math.* **11**,
//! 431 (1963), doi:10.1137/0111030; J. J. Moré, *Lect. Notes Math.* **630**, 105 (1978), doi:10.1007/BFb0067700), and λ follows
//! from how well the last step was foretold (H. B. Nielsen, IMM-REP-1999-05, Technical University of Denmark). A dense
//! Jacobian is factored once a step, and the damped system is solved from its triangle, without squaring its condition.
//! Without it, conjugate gradients ask for J p and Jᵀ q only, with the sizes of the variables for 1/D.
//!
//! Bounds are kept by projection: a variable that stands at its bound and would leave is held.

use super::optimizer::{Status, clip, held, moved};
use super::{FitError, Problem, Which};
use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

/// How the linear problem of a step is solved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Linear {
    /// With a dense Jacobian.
    Dense,
    /// By so many conjugate gradients.
    ConjugateGradients(usize),
}

/// λ of the first step: a thousandth of a column's own size.
const FIRST_DAMPING: f64 = 1e-3;
/// A step is taken when the loss falls by this part of what was foretold.
const LEAST_GAIN: f64 = 1e-4;
/// Below this damping there is none: it need not fall further.
const LEAST_DAMPING: f64 = 1e-15;
/// Beyond this damping there is no step that is worth it: the loss does not fall in any direction that it knows.
const MOST_DAMPING: f64 = 1e16;
/// The longest step, relative to the variables: where all interaction is gone, nothing leads back.
const LONGEST: f64 = 0.3;
/// A foretold fall of the loss, relative to it, that rounding hides.
const ROUNDING: f64 = 1e-14;
/// Residual of conjugate gradients: a step need not be better than its model.
const CG_RESIDUAL: f64 = 1e-8;

/// Where a descent is. It goes on from here to the same bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GaussNewton {
    pub(super) x: Vec<f64>,
    /// L at x; NaN before it is known.
    pub(super) loss: f64,
    damping: f64,
    /// What λ is multiplied by when a step fails.
    growth: f64,
}

/// The problem near x.
struct Model {
    gradient: Vec<f64>,
    /// √w of each row.
    roots: Vec<f64>,
    /// The scaling D.
    scale: Vec<f64>,
    /// Of the dense problem: the triangle of √w J and Qᵀ √w r.
    triangle: Option<(DMatrix<f64>, DVector<f64>)>,
}

impl GaussNewton {
    pub(super) fn new(x: Vec<f64>) -> Self {
        Self {
            x,
            loss: f64::NAN,
            damping: FIRST_DAMPING,
            growth: 2.0,
        }
    }

    pub(super) fn is_sound(&self) -> bool {
        let positive = |x: f64| x.is_finite() && x > 0.0;
        positive(self.damping) && positive(self.growth) && !self.loss.is_infinite()
    }

    /// Forgets how far steps could go: predictions are others now.
    pub(super) fn renew(&mut self) {
        (self.damping, self.growth) = (FIRST_DAMPING, 2.0);
    }

    /// One step that lowers the loss, if there is one.
    pub(super) fn step(&mut self, problem: &mut Problem, linear: Linear, tolerance: f64) -> Result<Status, FitError> {
        // those of the last step that was taken, which the problem remembers
        let residuals = problem.residuals(&self.x, Which::All)?;
        self.loss = problem.loss(&residuals);
        let model = self.model(problem, &residuals, linear)?;
        let held = held(problem.variables(), &self.x, &model.gradient);
        loop {
            let mut p = match linear {
                Linear::Dense => self.dense(&model, &held),
                Linear::ConjugateGradients(most) => self.conjugate_gradients(problem, &model, &held, most)?,
            };
            let length = moved(problem.variables(), &self.x, &p);
            if length > LONGEST {
                p.iter_mut().for_each(|p| *p *= LONGEST / length);
            }
            let next = clip(problem.variables(), &self.x, &p);
            p.iter_mut()
                .zip(next.iter().zip(&self.x))
                .for_each(|(p, (n, x))| *p = n - x);
            let foretold = Self::foretold(problem, &self.x, &model, &p)?;
            let small = moved(problem.variables(), &self.x, &p) <= tolerance;
            let trial = match problem.residuals(&next, Which::All) {
                Ok(there) => problem.loss(&there),
                Err(error) if error.is_of_step() => f64::INFINITY,
                Err(error) => return Err(error),
            };
            let gain = (self.loss - trial) / foretold;
            if trial < self.loss && foretold > 0.0 && gain > LEAST_GAIN {
                let damping = self.damping * (1.0 - (2.0 * gain - 1.0).powi(3)).max(1.0 / 3.0);
                self.damping = damping.max(LEAST_DAMPING);
                self.growth = 2.0;
                self.x = next;
                self.loss = trial;
                return Ok(if small { Status::Converged } else { Status::Going });
            }
            // nothing to gain that rounding would let us see
            if foretold >= 0.0 && (small || foretold <= ROUNDING * self.loss) {
                return Ok(Status::Converged);
            }
            self.damping *= self.growth;
            self.growth *= 2.0;
            if self.damping > MOST_DAMPING {
                return Ok(Status::Stuck);
            }
        }
    }

    fn model(&self, problem: &mut Problem, residuals: &[f64], linear: Linear) -> Result<Model, FitError> {
        let robust = problem.robust();
        let roots: Vec<f64> = residuals.iter().map(|r| robust.weight(*r).sqrt()).collect();
        if linear != Linear::Dense {
            let gradient = problem.gradient(&self.x, residuals)?;
            let variables = &problem.variables().list;
            let scale = variables.iter().zip(&self.x).map(|(v, x)| v.size(*x).recip()).collect();
            return Ok(Model {
                gradient,
                roots,
                scale,
                triangle: None,
            });
        }
        let mut jacobian = problem.jacobian(&self.x)?;
        for (mut row, root) in jacobian.row_iter_mut().zip(&roots) {
            row *= *root;
        }
        let mut weighted = DVector::from_iterator(residuals.len(), residuals.iter().zip(&roots).map(|(r, w)| r * w));
        let gradient = jacobian.tr_mul(&weighted).as_slice().to_vec();
        let norms: Vec<f64> = jacobian.column_iter().map(|c| c.norm()).collect();
        let most = norms.iter().copied().fold(0.0, f64::max);
        // a column of zeros still needs a scale
        let scale = norms.into_iter().map(|n| n.max(1e-12 * most)).collect();
        let qr = jacobian.qr();
        qr.q_tr_mul(&mut weighted);
        let r = qr.r();
        let top = weighted.rows(0, r.nrows()).into_owned();
        Ok(Model {
            gradient,
            roots,
            scale,
            triangle: Some((r, top)),
        })
    }

    /// The damped step of the dense problem: the least squares of [R; √λ D] p = [−Qᵀ√w r; 0], without held variables.
    fn dense(&self, model: &Model, held: &[bool]) -> Vec<f64> {
        let mut p = vec![0.0; self.x.len()];
        let Some((r, top)) = &model.triangle else { return p };
        let free: Vec<usize> = (0..p.len()).filter(|k| !held[*k]).collect();
        let mut stacked = DMatrix::zeros(r.nrows() + free.len(), free.len());
        let mut wanted = DVector::zeros(r.nrows() + free.len());
        wanted.rows_mut(0, r.nrows()).copy_from(&(-top));
        for (j, k) in free.iter().enumerate() {
            stacked.view_mut((0, j), (r.nrows(), 1)).copy_from(&r.column(*k));
            stacked[(r.nrows() + j, j)] = self.damping.sqrt() * model.scale[*k];
        }
        let qr = stacked.qr();
        qr.q_tr_mul(&mut wanted);
        let mut solution = wanted.rows(0, free.len()).into_owned();
        if qr.r().solve_upper_triangular_mut(&mut solution) {
            free.iter().zip(solution.iter()).for_each(|(k, x)| p[*k] = *x);
        }
        p
    }

    /// The damped step without a Jacobian.
    fn conjugate_gradients(
        &self,
        problem: &mut Problem,
        model: &Model,
        held: &[bool],
        most: usize,
    ) -> Result<Vec<f64>, FitError> {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        // in the variables D p
        let free = |v: Vec<f64>| -> Vec<f64> {
            let each = v.into_iter().zip(&model.scale).zip(held);
            each.map(|((x, d), held)| if *held { 0.0 } else { x / d }).collect()
        };
        let back = |v: &[f64]| -> Vec<f64> { v.iter().zip(&model.scale).map(|(x, d)| x / d).collect() };
        let mut residual = free(model.gradient.iter().map(|g| -g).collect());
        let mut along = residual.clone();
        let mut p = vec![0.0; along.len()];
        let first = dot(&residual, &residual);
        let mut size = first;
        // λ counts against the first curvature, as D here is no norm of columns
        let mut curvature_scale = None;
        for _ in 0..most {
            if size <= CG_RESIDUAL * CG_RESIDUAL * first || size == 0.0 {
                break;
            }
            let mut pushed = problem.push(&self.x, &[back(&along)])?.swap_remove(0);
            pushed.iter_mut().zip(&model.roots).for_each(|(y, w)| *y *= w * w);
            let mut image = free(problem.pull(&self.x, &pushed)?);
            let scale = *curvature_scale.get_or_insert(dot(&along, &image) / size);
            image
                .iter_mut()
                .zip(&along)
                .for_each(|(y, a)| *y += self.damping * scale * a);
            let curvature = dot(&along, &image);
            if curvature <= 0.0 {
                break;
            }
            let length = size / curvature;
            p.iter_mut().zip(&along).for_each(|(p, a)| *p += length * a);
            residual.iter_mut().zip(&image).for_each(|(r, y)| *r -= length * y);
            let next = dot(&residual, &residual);
            along
                .iter_mut()
                .zip(&residual)
                .for_each(|(a, r)| *a = r + next / size * *a);
            size = next;
        }
        Ok(back(&p))
    }

    /// By how much the model says that the loss falls.
    fn foretold(problem: &mut Problem, x: &[f64], model: &Model, p: &[f64]) -> Result<f64, FitError> {
        let linear: f64 = model.gradient.iter().zip(p).map(|(g, p)| g * p).sum();
        let quadratic = match &model.triangle {
            Some((r, _)) => (r * DVector::from_column_slice(p)).norm_squared(),
            None => {
                let pushed = problem.push(x, &[p.to_vec()])?.swap_remove(0);
                pushed.iter().zip(&model.roots).map(|(y, w)| (y * w).powi(2)).sum()
            }
        };
        Ok(-linear - 0.5 * quadratic)
    }
}
