//! Averages at other parameters, from the states of a run at its own.
//!
//! A state has the weight w = e^(U − U′)/kT, or ((E − U′)/(E − U))^(f/2 − 1) at constant energy, with the potential energies U
//! and U′ at the old and the new parameters; ⟨O⟩′ = ⟨O w⟩/⟨w⟩ (G. M. Torrie and J. P. Valleau, *J. Comput. Phys.* **23**, 187
//! (1977), doi:10.1016/0021-9991(77)90121-8). When the two ensembles overlap little, few states carry all the weight. Their
//! number is measured by (Σw)²/Σw² (L. Kish, *Survey Sampling* (1965)), and below a least number there is no answer.

use super::blocks::{Blocks, Value};
use crate::dynamics::Ensemble;

/// A state as the old and the new potential see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// U \[energy\].
    pub old_energy: f64,
    /// U′ \[energy\].
    pub new_energy: f64,
    /// K \[energy\].
    pub kinetic_energy: f64,
    /// Observables at the old parameters.
    pub old: Vec<f64>,
    /// The same at the new ones.
    pub new: Vec<f64>,
}

/// Averages at old and new parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Reweighted {
    /// States.
    pub samples: usize,
    /// States that carry the weight, (Σw)²/Σw².
    pub effective: f64,
    /// The averages at the old parameters.
    pub old: Vec<Value>,
    /// At the new ones.
    pub new: Vec<Value>,
}

/// A run that cannot answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReweightError {
    /// The new parameters are too far away, or the run is too short.
    #[error(
        "the effective sample size is {effective:.1} of {samples} states, fewer than {least}: they say nothing of the new \
         parameters; change the parameters by less, use more frames, or run at the new parameters"
    )]
    TooFew {
        /// (Σw)²/Σw²
        effective: f64,
        /// States.
        samples: usize,
        /// How many are needed.
        least: f64,
    },
    /// An energy that is no number.
    #[error("state {state} has the energy {energy} at the new parameters, not a finite number; change them by less")]
    NotFinite {
        /// The state, from 0.
        state: usize,
        /// Its energy \[energy\].
        energy: f64,
    },
}

/// Weights of states, the largest of them 1; 0 for a state that the new potential forbids at the same energy.
pub fn weights(ensemble: Ensemble, changes: &[Change]) -> Vec<f64> {
    let logarithm = |c: &Change| {
        let kt = match ensemble {
            Ensemble::Microcanonical { .. } => f64::NAN,
            Ensemble::Canonical { kt, .. } => kt,
        };
        let kinetic = c.kinetic_energy + (c.old_energy - c.new_energy);
        let forbidden = matches!(ensemble, Ensemble::Microcanonical { .. }) && kinetic <= 0.0;
        if forbidden || c.kinetic_energy <= 0.0 {
            return f64::NEG_INFINITY;
        }
        ensemble.ln_weight(c.new_energy, kinetic, kt) - ensemble.ln_weight(c.old_energy, c.kinetic_energy, kt)
    };
    let all: Vec<f64> = changes.iter().map(logarithm).collect();
    let most = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    all.into_iter()
        .map(|w| if w == f64::NEG_INFINITY { 0.0 } else { (w - most).exp() })
        .collect()
}

/// (Σw)²/Σw²: as many states of equal weight would say as much.
///
/// ```
/// assert_eq!(admd::sensitivity::effective_size(&[1.0, 1.0, 0.0, 0.0]), 2.0);
/// ```
pub fn effective_size(weights: &[f64]) -> f64 {
    let sum: f64 = weights.iter().sum();
    let squares: f64 = weights.iter().map(|w| w * w).sum();
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

/// Averages of the observables of all states, at the old and at the new parameters. States follow each other in time, so
/// that the errors know of their correlation.
///
/// ```
/// use admd::dynamics::Ensemble;
/// use admd::sensitivity::{Change, ReweightError, reweight};
/// let ensemble = Ensemble::Canonical { degrees_of_freedom: 3, kt: 1.0 };
/// let state = |u: f64, by: f64| Change {
///     old_energy: u, new_energy: u + by, kinetic_energy: 1.5, old: vec![u], new: vec![u + by],
/// };
/// // Two states of one energy; the new potential lifts one by kT ln 3, so that it has a third of the weight of the other.
/// let states: Vec<Change> = (0..100).map(|k| state(0.0, if k % 2 == 0 { 0.0 } else { 3_f64.ln() })).collect();
/// let found = reweight(ensemble, &states, 50.0)?;
/// assert!((found.new[0].value - 0.25 * 3_f64.ln()).abs() < 1e-12);
/// assert!((found.effective - 80.0).abs() < 1e-9);
/// assert!(matches!(reweight(ensemble, &states, 90.0), Err(ReweightError::TooFew { .. })));
/// # Ok::<(), ReweightError>(())
/// ```
///
/// # Errors
/// Fewer effective states than `least`; an energy that is not finite.
pub fn reweight(ensemble: Ensemble, states: &[Change], least: f64) -> Result<Reweighted, ReweightError> {
    if let Some((state, c)) = states.iter().enumerate().find(|(_, c)| !c.new_energy.is_finite()) {
        let energy = c.new_energy;
        return Err(ReweightError::NotFinite { state, energy });
    }
    let weights = weights(ensemble, states);
    let (effective, samples) = (effective_size(&weights), states.len());
    if !(effective >= least && effective > 0.0) {
        return Err(ReweightError::TooFew {
            effective,
            samples,
            least,
        });
    }
    let count = states[0].old.len();
    let mut blocks = Blocks::new(1 + 2 * count);
    let mut row = Vec::new();
    for (c, w) in states.iter().zip(&weights) {
        row.clear();
        row.push(*w);
        // differences from the first state, so that small changes of large numbers keep their digits
        row.extend(c.old.iter().zip(&states[0].old).map(|(x, first)| x - first));
        row.extend(c.new.iter().zip(&states[0].old).map(|(x, first)| w * (x - first)));
        blocks.add(&row);
    }
    let (values, _) = blocks.estimate(|means| {
        let (old, new) = means[1..].split_at(count);
        old.iter().copied().chain(new.iter().map(|x| x / means[0])).collect()
    });
    let back = |values: &[Value]| -> Vec<Value> {
        let of = |(v, first): (&Value, &f64)| Value {
            value: v.value + first,
            ..*v
        };
        values.iter().zip(&states[0].old).map(of).collect()
    };
    let (old, new) = values.split_at(count);
    Ok(Reweighted {
        samples,
        effective,
        old: back(old),
        new: back(new),
    })
}
