//! What is known of variables beforehand, as rows beside those of the data.

use super::{FitError, Group, Prior, Quantity, Row, Target, Variables, Which};

/// Priors of variables, as rows.
pub(super) struct Priors {
    /// The first parameter of each variable that has one, and what of the value it has.
    places: Vec<(usize, f64)>,
    rows: Vec<Row>,
    groups: Vec<Group>,
}

impl Priors {
    pub(super) fn new(variables: &Variables) -> Self {
        let mut priors = Self {
            places: Vec::new(),
            rows: Vec::new(),
            groups: Vec::new(),
        };
        for v in &variables.list {
            if let (Some(Prior { mean, sigma }), Some(place)) = (v.prior, v.members.first()) {
                priors.places.push(*place);
                priors.rows.push(Row {
                    quantity: Quantity::Prior,
                    group: priors.groups.len(),
                    observed: mean,
                    scale: 1.0 / sigma,
                });
                priors.groups.push(Group {
                    name: format!("prior of {}", v.name),
                    tag: String::new(),
                });
            }
        }
        priors
    }

    fn values(&self, theta: &[f64]) -> Vec<f64> {
        self.places.iter().map(|(k, factor)| theta[*k] / factor).collect()
    }
}

impl Target for Priors {
    fn rows(&self) -> &[Row] {
        &self.rows
    }

    fn groups(&self) -> &[Group] {
        &self.groups
    }

    fn evaluate(&mut self, theta: &[f64], _: Which) -> Result<Vec<f64>, FitError> {
        // they cost nothing: no batch leaves them out
        Ok(self.values(theta))
    }

    fn push(&mut self, _: &[f64], directions: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, FitError> {
        Ok(directions.iter().map(|d| self.values(d)).collect())
    }

    fn pull(&mut self, theta: &[f64], adjoint: &[f64]) -> Result<Vec<f64>, FitError> {
        let mut slopes = vec![0.0; theta.len()];
        for ((k, factor), x) in self.places.iter().zip(adjoint) {
            slopes[*k] += x / factor;
        }
        Ok(slopes)
    }

    fn fork(&self) -> Box<dyn Target> {
        Box::new(Self {
            places: self.places.clone(),
            rows: self.rows.clone(),
            groups: self.groups.clone(),
        })
    }
}
