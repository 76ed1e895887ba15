//! Targets and variables together: residuals, loss, and their derivatives in what the optimiser moves.

use super::priors::Priors;
use super::{FitError, Robust, Row, Target, Variables, Which};
use nalgebra::DMatrix;

/// Directions that are pushed at a time: what a Jacobian of many variables may take.
const AT_ONCE: usize = 16;

/// A residual, in units of σ, that is rounding: forces of a perfect crystal, for one, are some 1e-15 of what they could be.
pub(super) const NO_INFLUENCE: f64 = 1e-9;

/// What was asked of the targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Evaluations of all predictions.
    pub evaluations: u64,
    /// Products with the Jacobian: one a variable for a dense one.
    pub pushes: u64,
    /// Products with its transpose.
    pub pulls: u64,
}

/// What is minimised.
pub struct Problem {
    variables: Variables,
    targets: Vec<Box<dyn Target>>,
    robust: Robust,
    cost: Cost,
    /// The last x of which all residuals were asked, and these: a descent begins and ends where they are known.
    last: Option<(Vec<f64>, Vec<f64>)>,
}

impl Problem {
    /// The targets with the priors of the variables.
    ///
    /// # Errors
    /// Fewer rows than variables.
    pub fn new(variables: Variables, mut targets: Vec<Box<dyn Target>>, robust: Robust) -> Result<Self, FitError> {
        let priors = Priors::new(&variables);
        if !priors.rows().is_empty() {
            targets.push(Box::new(priors));
        }
        let problem = Self {
            variables,
            targets,
            robust,
            cost: Cost::default(),
            last: None,
        };
        let rows = problem.rows().filter(|(_, row)| row.scale > 0.0).count();
        let variables = problem.variables.len();
        if rows < variables {
            return Err(FitError::Underdetermined { variables, rows });
        }
        Ok(problem)
    }

    /// The variables.
    pub fn variables(&self) -> &Variables {
        &self.variables
    }

    /// The targets.
    pub fn targets(&self) -> &[Box<dyn Target>] {
        &self.targets
    }

    /// How residuals count.
    pub fn robust(&self) -> Robust {
        self.robust
    }

    /// What was asked of the targets so far.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Adds what forks have asked.
    pub(super) fn add_cost(&mut self, other: Cost) {
        self.cost.evaluations += other.evaluations;
        self.cost.pushes += other.pushes;
        self.cost.pulls += other.pulls;
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.targets.iter().map(|t| t.rows().len()).sum()
    }

    /// Is nothing compared?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of groups.
    pub fn groups(&self) -> usize {
        self.targets.iter().map(|t| t.groups().len()).sum()
    }

    /// All rows, with the number of their group among all.
    pub fn rows(&self) -> impl Iterator<Item = (usize, &Row)> {
        let mut first = 0;
        self.targets.iter().flat_map(move |t| {
            let begin = first;
            first += t.groups().len();
            t.rows().iter().map(move |row| (begin + row.group, row))
        })
    }

    /// The predictions, one a row.
    ///
    /// # Errors
    /// As of the targets.
    pub fn predictions(&mut self, x: &[f64], which: Which) -> Result<Vec<f64>, FitError> {
        let theta = self.variables.theta(x);
        self.cost.evaluations += 1;
        let mut all = Vec::new();
        let mut first = 0;
        for target in &mut self.targets {
            let groups = target.groups().len();
            let own = match which {
                Which::All => Which::All,
                Which::Groups(list) => Which::Groups(&list[first..first + groups]),
            };
            first += groups;
            all.extend(target.evaluate(&theta, own)?);
        }
        Ok(all)
    }

    /// Residuals √w (predicted − observed)/σ.
    ///
    /// # Errors
    /// As of the targets.
    pub fn residuals(&mut self, x: &[f64], which: Which) -> Result<Vec<f64>, FitError> {
        if let (Some((at, residuals)), Which::All) = (&self.last, which)
            && at[..] == *x
        {
            return Ok(residuals.clone());
        }
        let predicted = self.predictions(x, which)?;
        let each = predicted.iter().zip(self.rows());
        let residuals: Vec<f64> = each.map(|(p, (_, row))| (p - row.observed) * row.scale).collect();
        if matches!(which, Which::All) {
            self.last = Some((x.to_vec(), residuals.clone()));
        }
        Ok(residuals)
    }

    /// Σ ρ(r), summed in pairs so that many rows keep their digits.
    pub fn loss(&self, residuals: &[f64]) -> f64 {
        match residuals {
            [] => 0.0,
            few if few.len() <= 64 => few.iter().map(|r| self.robust.loss(*r)).sum(),
            many => {
                let (a, b) = many.split_at(many.len() / 2);
                self.loss(a) + self.loss(b)
            }
        }
    }

    /// Products of the Jacobian ∂r/∂x with directions.
    ///
    /// # Errors
    /// As of the targets.
    pub fn push(&mut self, x: &[f64], along: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, FitError> {
        let theta = self.variables.theta(x);
        let directions: Vec<Vec<f64>> = along.iter().map(|d| self.variables.push(x, d)).collect();
        self.cost.pushes += along.len() as u64;
        let mut columns = vec![Vec::with_capacity(self.len()); along.len()];
        for target in &mut self.targets {
            let parts = target.push(&theta, &directions)?;
            for (column, part) in columns.iter_mut().zip(parts) {
                column.extend(part.iter().zip(target.rows()).map(|(x, row)| x * row.scale));
            }
        }
        Ok(columns)
    }

    /// The product of the transpose of ∂r/∂x with a vector of one number a row.
    ///
    /// # Errors
    /// As of the targets.
    pub fn pull(&mut self, x: &[f64], adjoint: &[f64]) -> Result<Vec<f64>, FitError> {
        let theta = self.variables.theta(x);
        self.cost.pulls += 1;
        let mut slopes = vec![0.0; theta.len()];
        let mut rest = adjoint;
        for target in &mut self.targets {
            let (own, others) = rest.split_at(target.rows().len());
            rest = others;
            let scaled: Vec<f64> = own.iter().zip(target.rows()).map(|(a, row)| a * row.scale).collect();
            for (sum, x) in slopes.iter_mut().zip(target.pull(&theta, &scaled)?) {
                *sum += x;
            }
        }
        Ok(self.variables.pull(x, &slopes))
    }

    /// dL/dx, from the residuals there.
    ///
    /// # Errors
    /// As of the targets.
    pub fn gradient(&mut self, x: &[f64], residuals: &[f64]) -> Result<Vec<f64>, FitError> {
        let adjoint: Vec<f64> = residuals.iter().map(|r| self.robust.slope(*r)).collect();
        self.pull(x, &adjoint)
    }

    /// The Jacobian ∂r/∂x, a row a residual.
    ///
    /// # Errors
    /// As of the targets.
    pub fn jacobian(&mut self, x: &[f64]) -> Result<DMatrix<f64>, FitError> {
        let (rows, variables) = (self.len(), x.len());
        let mut jacobian = DMatrix::zeros(rows, variables);
        for first in (0..variables).step_by(AT_ONCE) {
            let some = first..(first + AT_ONCE).min(variables);
            let unit = |k: usize| (0..variables).map(|j| f64::from(u8::from(j == k))).collect();
            let along: Vec<Vec<f64>> = some.clone().map(unit).collect();
            for (k, column) in some.zip(self.push(x, &along)?) {
                jacobian.column_mut(k).copy_from_slice(&column);
            }
        }
        Ok(jacobian)
    }

    /// Prepares the targets for x; were predictions changed by it?
    ///
    /// # Errors
    /// As of the targets.
    pub fn refresh(&mut self, x: &[f64]) -> Result<bool, FitError> {
        let theta = self.variables.theta(x);
        let mut changed = false;
        for target in &mut self.targets {
            changed |= target.refresh(&theta)?;
        }
        if changed {
            self.last = None;
        }
        Ok(changed)
    }

    /// Prepares targets anew before a fit ends at x; were predictions changed by it?
    ///
    /// # Errors
    /// As of the targets.
    pub fn confirm(&mut self, x: &[f64]) -> Result<bool, FitError> {
        let theta = self.variables.theta(x);
        let mut changed = false;
        for target in &mut self.targets {
            changed |= target.confirm(&theta)?;
        }
        if changed {
            self.last = None;
        }
        Ok(changed)
    }

    /// What the targets have prepared, one list a target.
    pub fn memory(&self) -> Vec<Vec<f64>> {
        self.targets.iter().map(|t| t.memory()).collect()
    }

    /// Prepares the targets as they were; an empty list leaves them as they are.
    ///
    /// # Errors
    /// As of the targets.
    pub fn recall(&mut self, memory: &[Vec<f64>]) -> Result<(), FitError> {
        self.last = None;
        let both = self.targets.iter_mut().zip(memory);
        both.into_iter().try_for_each(|(target, memory)| target.recall(memory))
    }

    /// For each target that has statistical errors, the deviations of all residuals in each of its independent blocks.
    ///
    /// # Errors
    /// As of the targets.
    pub fn noise(&mut self, x: &[f64]) -> Result<Vec<Vec<Vec<f64>>>, FitError> {
        let theta = self.variables.theta(x);
        let rows = self.len();
        let mut all = Vec::new();
        let mut first = 0;
        for target in &mut self.targets {
            let blocks = target.noise(&theta)?;
            let widened = |block: Vec<f64>| {
                let mut wide = vec![0.0; rows];
                for ((x, deviation), row) in wide[first..].iter_mut().zip(block).zip(target.rows()) {
                    *x = deviation * row.scale;
                }
                wide
            };
            if !blocks.is_empty() {
                all.push(blocks.into_iter().map(widened).collect());
            }
            first += target.rows().len();
        }
        Ok(all)
    }

    /// What a reader of the result should know of how predictions at x were made.
    ///
    /// # Errors
    /// As of the targets.
    pub fn notes(&mut self, x: &[f64]) -> Result<Vec<String>, FitError> {
        let theta = self.variables.theta(x);
        let mut all = Vec::new();
        for target in &mut self.targets {
            all.extend(target.notes(&theta)?);
        }
        Ok(all)
    }

    /// Reports variables that change no residual by more than rounding, even when they change by all of themselves. A product
    /// with the transpose is zero along them, whatever the vector; of one without pattern it is zero nowhere else.
    ///
    /// # Errors
    /// [`FitError::NoInfluence`], and as of the targets.
    pub fn check_influence(&mut self, x: &[f64]) -> Result<(), FitError> {
        // the golden ratio's multiples are spread evenly and never periodic
        let probe: Vec<f64> = (0..self.len())
            .map(|k| 0.5 + (k as f64 * 0.618_033_988_749_894_9).fract())
            .collect();
        let slopes = self.pull(x, &probe)?;
        let each = self.variables.list.iter().zip(x).zip(&slopes);
        let dead = each.filter(|((v, x), s)| s.abs() * v.size(**x) <= NO_INFLUENCE);
        let names: Vec<String> = dead.map(|((v, _), _)| v.name.clone()).collect();
        if names.is_empty() {
            Ok(())
        } else {
            Err(FitError::NoInfluence { names })
        }
    }

    /// The same problem for another start.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self {
            variables: self.variables.clone(),
            targets: self.targets.iter().map(|t| t.fork()).collect(),
            robust: self.robust,
            cost: Cost::default(),
            last: None,
        }
    }
}
