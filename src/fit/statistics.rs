//! How well the data know the variables: standard errors, correlations, and what they cannot tell apart.
//!
//! With the Jacobian J of the residuals at the solution, H = JᵀJ, n rows, p variables, and ψ = ρ′(r), the covariance of x is
//!
//! | errors | covariance |
//! |---|---|
//! | absolute | H⁻¹/m |
//! | scaled | s² H⁻¹, s² = Σψ²/(n − p)/m² |
//! | sandwich | H⁻¹ (Σ over groups (Σ J ψ)(Σ J ψ)ᵀ) H⁻¹ · G/(G − p)/m² |
//!
//! where m is the mean of ρ″: 1 without a robust loss (P. J. Huber, *Robust Statistics* (1981), sec. 7.6, doi:10.1002/0471725250;
//! H. White, *Econometrica* **48**, 817 (1980), doi:10.2307/1912934). Predictions that have statistical errors themselves add
//! H⁻¹ Jᵀ C J H⁻¹ with their covariance C. Intervals are Student's, with n − p degrees of freedom (a normal distribution's for
//! absolute errors), of x, and so keep the bounds of a transform.
//!
//! Columns of J are divided by their norms. A singular value of what is left, smaller than 1e-8 of the largest, is
//! none: along its vector all predictions stay as they are. The variables in it have no error, and a name.

use super::problem::NO_INFLUENCE;
use super::spectrum::Spectrum;
use super::{ErrorModel, FitError, Problem, Quantity};
use admd_ad::Dual;
use nalgebra::{DMatrix, DVector};
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};
use std::collections::BTreeMap;

/// Degrees of freedom of errors from windows of a tenth of a run that overlap: half as many again as without
/// (M. S. Meketon and B. Schmeiser, Proc. Winter Simulation Conf. (1984), 226).
const FREEDOM_OF_NOISE: f64 = 13.5;
/// Probability that an interval holds.
const CONFIDENCE: f64 = 0.95;
/// Variables times rows for which a dense Jacobian is made: 1.6 GB.
const LARGEST: usize = 200_000_000;

/// What is known of a variable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Known {
    /// Its standard error and 95 % interval, in its unit.
    Error {
        /// Standard error.
        error: f64,
        /// 95 % interval.
        interval: [f64; 2],
    },
    /// It stands at a bound, where a standard error means nothing.
    AtBound,
    /// The data do not tell it from others.
    NotIdentifiable,
    /// There are no more rows (or, for [`ErrorModel::Sandwich`], groups) than variables, and nothing is left to take the scale of
    /// errors from.
    Unscaled,
}

/// Variables that may change together while all predictions stay as they are.
#[derive(Clone, Debug, PartialEq)]
pub struct NullDirection {
    /// Their indices, and the change relative to the value (or, where that is zero, to that of the start), the largest of
    /// which is 1.
    pub changes: Vec<(usize, f64)>,
}

/// What part of all that is known of each variable comes from these rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Information {
    /// The quantity.
    pub quantity: Quantity,
    /// The tag of the groups.
    pub tag: String,
    /// Rows.
    pub rows: usize,
    /// Σ J² over these rows relative to all, for each variable.
    pub shares: Vec<f64>,
}

/// What is known of all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// Rows less variables that are known.
    pub degrees_of_freedom: usize,
    /// Σ r².
    pub chi2: f64,
    /// What is known of each variable.
    pub known: Vec<Known>,
    /// Correlations of the variables; NaN for those without error.
    pub correlation: Vec<Vec<f64>>,
    /// What cannot be told apart.
    pub null: Vec<NullDirection>,
    /// Where knowledge comes from.
    pub information: Vec<Information>,
}

/// The statistics of a solution.
///
/// # Errors
/// As of the targets; `Ok(None)` where there are too many rows and variables for it.
pub fn statistics(problem: &mut Problem, x: &[f64], model: ErrorModel) -> Result<Option<Statistics>, FitError> {
    let rows = problem.len();
    if rows * x.len() > LARGEST || x.is_empty() {
        return Ok(None);
    }
    let residuals = problem.residuals(x, super::Which::All)?;
    let jacobian = problem.jacobian(x)?;
    let noise = problem.noise(x)?;
    let slopes: Vec<f64> = residuals.iter().map(|r| problem.robust().slope(*r)).collect();
    let gradient = jacobian.tr_mul(&DVector::from_column_slice(&slopes));
    let held = super::optimizer::held(problem.variables(), x, gradient.as_slice());
    let free: Vec<usize> = (0..x.len()).filter(|k| !held[*k]).collect();

    // columns of norm 1
    let sizes = problem.variables().list.iter().zip(x).map(|(v, x)| v.size(*x));
    let norm = |(c, size): (nalgebra::DVectorView<f64>, f64)| {
        let norm = c.norm();
        // what is rounding is no knowledge
        if norm * size > NO_INFLUENCE { norm } else { 0.0 }
    };
    let norms: Vec<f64> = jacobian.column_iter().zip(sizes).map(norm).collect();
    let normed = |chosen: &[usize]| {
        let mut columns = DMatrix::zeros(rows, chosen.len());
        for (j, k) in chosen.iter().enumerate().filter(|(_, k)| norms[**k] > 0.0) {
            columns.column_mut(j).copy_from(&(jacobian.column(*k) / norms[*k]));
        }
        columns
    };
    // what data cannot tell apart they cannot, whether or not one of it stands at a bound
    let all: Vec<usize> = (0..x.len()).collect();
    let whole = Spectrum::of(&normed(&all));
    let columns = normed(&free);
    let null_space = Spectrum::of(&columns);
    let identified = null_space.rank();
    let counting: Vec<bool> = problem.rows().map(|(_, row)| row.scale > 0.0).collect();
    let counted = counting.iter().filter(|c| **c).count();
    let degrees_of_freedom = counted.saturating_sub(identified);
    let data = Data {
        residuals: &residuals,
        slopes: &slopes,
        counting: &counting,
    };
    let spread = spread(problem, (&columns, &null_space), data, (model, degrees_of_freedom));
    let mut covariance = spread.covariance.clone();
    for blocks in noise {
        let count = blocks.len() as f64;
        for block in blocks {
            let moves = &spread.inverse * columns.tr_mul(&DVector::from_vec(block));
            covariance += &moves * moves.transpose() / (count * (count - 1.0));
        }
    }
    let variables = &problem.variables().list;
    let vague = whole.vague();
    let at_bound = |v: &bool| if *v { Known::NotIdentifiable } else { Known::AtBound };
    let mut known: Vec<Known> = vague.iter().map(at_bound).collect();
    let mut correlation = vec![vec![f64::NAN; x.len()]; x.len()];
    for (i, k) in free.iter().enumerate().filter(|(_, k)| !vague[**k]) {
        if spread.freedom <= 0.0 {
            known[*k] = Known::Unscaled;
            continue;
        }
        let of_x = covariance[(i, i)].sqrt() / norms[*k];
        let of_data = spread.covariance[(i, i)];
        let reach = quantile(of_data, covariance[(i, i)] - of_data, spread.freedom) * of_x;
        let v = &variables[*k];
        let [low, high] = v.range();
        let ends = [x[*k] - reach, x[*k] + reach].map(|x| v.value(x.clamp(low, high)));
        known[*k] = Known::Error {
            error: of_x * v.slope(x[*k]).1.abs(),
            interval: ends,
        };
        for (j, l) in free.iter().enumerate().filter(|(_, l)| !vague[**l]) {
            let scale = (covariance[(i, i)] * covariance[(j, j)]).sqrt();
            correlation[*k][*l] = if i == j { 1.0 } else { covariance[(i, j)] / scale };
        }
    }
    Ok(Some(Statistics {
        degrees_of_freedom,
        chi2: residuals.iter().map(|r| r * r).sum(),
        known,
        correlation,
        null: null_directions(problem, x, &whole, &norms),
        information: information(problem, &jacobian),
    }))
}

/// Null directions as changes of the variables.
fn null_directions(problem: &Problem, x: &[f64], whole: &Spectrum, norms: &[f64]) -> Vec<NullDirection> {
    let variables = &problem.variables().list;
    let named = |direction: Vec<(usize, f64)>| {
        let relative = |(k, c): (usize, f64)| {
            let (v, slope) = variables[k].slope(x[k]);
            let change = if norms[k] > 0.0 { c / norms[k] } else { c } * slope;
            // relative to where it started, if nothing is left of it
            let size = if v == 0.0 { variables[k].start } else { v };
            (k, if size == 0.0 { change } else { change / size })
        };
        let mut changes: Vec<(usize, f64)> = direction.into_iter().map(relative).collect();
        let most = changes
            .iter()
            .map(|c| c.1)
            .fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
        changes.iter_mut().for_each(|c| c.1 /= most);
        NullDirection { changes }
    };
    whole.directions().map(named).collect()
}

/// What the covariance is made from beside the Jacobian.
struct Data<'a> {
    residuals: &'a [f64],
    /// ρ′ of each.
    slopes: &'a [f64],
    /// Does the row count?
    counting: &'a [bool],
}

/// How far data leave normed variables open.
struct Spread {
    /// H⁻¹
    inverse: DMatrix<f64>,
    covariance: DMatrix<f64>,
    /// Degrees of freedom of the scale of the covariance: infinite where it is known, none where it cannot be.
    freedom: f64,
}

fn spread(
    problem: &Problem,
    (columns, known): (&DMatrix<f64>, &Spectrum),
    data: Data,
    (model, degrees_of_freedom): (ErrorModel, usize),
) -> Spread {
    let m = mean_curvature(problem, data.residuals, data.counting);
    let inverse = known.inverse();
    let (covariance, freedom) = match model {
        ErrorModel::Absolute => (&inverse / m, f64::INFINITY),
        ErrorModel::Scaled => {
            let freedom = degrees_of_freedom as f64;
            let psi2: f64 = data.slopes.iter().map(|s| s * s).sum();
            (&inverse * (psi2 / freedom / m.powi(2)), freedom)
        }
        ErrorModel::Sandwich => {
            let (groups, inner) = by_groups(problem, columns, data.slopes);
            let freedom = groups.saturating_sub(known.rank()) as f64;
            let correction = groups as f64 / freedom;
            ((&inverse * inner * &inverse) * (correction / m.powi(2)), freedom)
        }
    };
    Spread {
        inverse,
        covariance,
        freedom,
    }
}

/// The mean of ρ″ over the residuals.
fn mean_curvature(problem: &Problem, residuals: &[f64], counting: &[bool]) -> f64 {
    type Twice = Dual<Dual<f64, 1>, 1>;
    let curvature = |r: &f64| {
        let r = Twice::variable(Dual::variable(*r, 0), 0);
        problem.robust().loss(r).d[0].d[0]
    };
    let each = || residuals.iter().zip(counting).filter(|(_, counts)| **counts);
    let count = each().count() as f64;
    let mean = each().map(|(r, _)| curvature(r)).sum::<f64>() / count;
    // all of them outliers: then nothing is known of the scale, and the errors say so
    mean.max(1.0 / count)
}

/// Groups that have rows, and Σ (Σ C ψ)(Σ C ψ)ᵀ over them.
fn by_groups(problem: &Problem, columns: &DMatrix<f64>, slopes: &[f64]) -> (usize, DMatrix<f64>) {
    let mut scores: BTreeMap<usize, DVector<f64>> = BTreeMap::new();
    for (i, (group, _)) in problem.rows().enumerate().filter(|(_, (_, row))| row.scale > 0.0) {
        let score = scores.entry(group).or_insert_with(|| DVector::zeros(columns.ncols()));
        *score += columns.row(i).transpose() * slopes[i];
    }
    let zero = DMatrix::zeros(columns.ncols(), columns.ncols());
    (
        scores.len(),
        scores.values().fold(zero, |sum, s| sum + s * s.transpose()),
    )
}

/// How many standard errors a 95 % interval reaches, of a variance of data and one of simulations, with the degrees of freedom
/// that B. L. Welch gives to their sum (*Biometrika* **34**, 28 (1947), doi:10.1093/biomet/34.1-2.28).
fn quantile(of_data: f64, of_noise: f64, freedom: f64) -> f64 {
    let upper = 0.5 * (1.0 + CONFIDENCE);
    let both = of_data + of_noise;
    let spread = of_data.powi(2) / freedom + of_noise.powi(2) / FREEDOM_OF_NOISE;
    let freedom = both.powi(2) / spread;
    let normal = || Normal::standard().inverse_cdf(upper);
    if !freedom.is_finite() {
        return normal();
    }
    StudentsT::new(0.0, 1.0, freedom).map_or_else(|_| normal(), |t| t.inverse_cdf(upper))
}

/// Shares by quantity and tag.
fn information(problem: &Problem, jacobian: &DMatrix<f64>) -> Vec<Information> {
    let tags: Vec<&str> = (problem.targets().iter().flat_map(|t| t.groups()))
        .map(|g| g.tag.as_str())
        .collect();
    let mut parts: BTreeMap<(Quantity, &str), (usize, Vec<f64>)> = BTreeMap::new();
    let variables = jacobian.ncols();
    for (i, (group, row)) in problem.rows().enumerate().filter(|(_, (_, row))| row.scale > 0.0) {
        let (rows, sums) = parts
            .entry((row.quantity, tags[group]))
            .or_insert_with(|| (0, vec![0.0; variables]));
        *rows += 1;
        sums.iter_mut()
            .zip(jacobian.row(i).iter())
            .for_each(|(s, j)| *s += j * j);
    }
    let totals: Vec<f64> = jacobian.column_iter().map(|c| c.norm_squared()).collect();
    let each = parts.into_iter().map(|((quantity, tag), (rows, sums))| Information {
        quantity,
        tag: tag.to_owned(),
        rows,
        shares: sums
            .iter()
            .zip(&totals)
            .map(|(s, t)| if *t > 0.0 { s / t } else { 0.0 })
            .collect(),
    });
    each.collect()
}
