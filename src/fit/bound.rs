//! Potentials whose parameters are entries of θ, and the rows that a target makes with them.

use super::{FitError, Group, Observation, Quantity, Row, Which};
use admd_engine::{EngineError, ForceField, Settings};
use admd_potentials::form::binding::PairBinding;

/// Potentials that wait for their parameters.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    bindings: Vec<PairBinding>,
    leaves: usize,
    species: usize,
}

impl Bound {
    /// Of bindings that list the same species; `group` is who asks.
    pub(super) fn new(bindings: Vec<PairBinding>, group: &str) -> Result<Self, FitError> {
        let error = |error| FitError::Group {
            group: group.into(),
            error,
        };
        ForceField::new(bindings.clone(), Settings::new(0.0)).map_err(error)?;
        Ok(Self {
            leaves: bindings.iter().map(|b| b.leaves.len()).sum(),
            species: bindings.first().map_or(0, |b| b.species.len()),
            bindings,
        })
    }

    /// Number of parameters: the first entries of θ.
    pub(super) fn leaves(&self) -> usize {
        self.leaves
    }

    /// Number of species.
    pub(super) fn species(&self) -> usize {
        self.species
    }

    /// A force field of its own with the first entries of θ. Nothing was evaluated with it before, so that what it gives has
    /// the same bits whenever it is asked.
    pub(super) fn field(&self, theta: &[f64], skin: f64) -> Result<ForceField, FitError> {
        self.check("the parameter vector", theta, self.leaves)?;
        let mut bindings = self.bindings.clone();
        let leaves = bindings.iter_mut().flat_map(|b| &mut b.leaves);
        leaves.zip(theta).for_each(|(leaf, value)| leaf.value = *value);
        ForceField::new(bindings, Settings::new(skin)).map_err(FitError::Refused)
    }

    /// Refuses what is shorter than needed.
    pub(super) fn check(&self, what: &'static str, list: &[f64], expected: usize) -> Result<(), FitError> {
        if list.len() >= expected {
            return Ok(());
        }
        let found = list.len();
        Err(FitError::Refused(EngineError::Length { what, found, expected }))
    }
}

/// Rows of a target that is one group.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    pub(super) groups: [Group; 1],
    pub(super) rows: Vec<Row>,
    scale: f64,
}

impl Rows {
    pub(super) fn new(name: &str, tag: &str, weight: f64) -> Self {
        Self {
            groups: [Group {
                name: name.into(),
                tag: tag.into(),
            }],
            rows: Vec::new(),
            scale: weight.sqrt(),
        }
    }

    /// Adds a row for what was observed, if it was.
    pub(super) fn add(&mut self, quantity: Quantity, observation: Option<Observation>) {
        self.rows.extend(observation.map(|o| Row {
            quantity,
            group: 0,
            observed: o.value,
            scale: self.scale / o.sigma,
        }));
    }

    /// What is answered where the group is left out.
    pub(super) fn left_out(&self, which: Which) -> Option<Vec<f64>> {
        let observed = || self.rows.iter().map(|row| row.observed).collect();
        (!which.has(0) || self.rows.is_empty()).then(observed)
    }

    /// The predictions, or which of them is no number.
    pub(super) fn finite(&self, predictions: Vec<f64>) -> Result<Vec<f64>, FitError> {
        match predictions.iter().zip(&self.rows).find(|(p, _)| !p.is_finite()) {
            None => Ok(predictions),
            Some((value, row)) => Err(FitError::NotFinite {
                group: self.groups[0].name.clone(),
                quantity: row.quantity.name(),
                value: *value,
            }),
        }
    }
}
