//! Derivatives of the observables, from the tangent of the state.

use super::growth::norm;
use crate::dynamics::{Moment, observables};
use admd_ad::Dual;

/// dO/dθ for the observables of thermodynamics, in coherent units over that of θ.
#[derive(Clone, Debug, PartialEq)]
pub struct Slopes {
    /// Of the potential energy; `None` where no energy was evaluated.
    pub potential_energy: Option<f64>,
    /// Of the kinetic energy.
    pub kinetic_energy: f64,
    /// Of the temperature.
    pub temperature: f64,
    /// Of the pressure, in a cell that is periodic in all directions.
    pub pressure: Option<f64>,
    /// √Σ|dr/dθ|²
    pub positions: f64,
}

/// The derivatives of the observables along the p-th tangent of the state.
pub fn slopes(moment: &Moment, p: usize, degrees_of_freedom: usize, boltzmann: f64) -> Slopes {
    let (state, evaluation) = (&moment.state, &moment.evaluation);
    let tangent = &state.tangents[p];
    let slope = |x: Dual<f64, 1>| if x.on[0] { x.d[0] } else { 0.0 };
    let kinetic = observables::kinetic_energy_of(state.masses.len(), |i| {
        let (v, along) = (state.velocities[i], tangent.velocities[i]);
        let mass = tangent.masses.get(i).copied().unwrap_or(0.0);
        (
            [0, 1, 2].map(|k| Dual::with_tangents(v[k], [along[k]])),
            Dual::with_tangents(state.masses[i], [mass]),
        )
    });
    let along = evaluation.tangents.get(p);
    let cell = &state.configuration.cell;
    let volume = observables::volume(cell).map(|_| cell.volume_along(&tangent.strain));
    let virial = evaluation.virial.zip(along.and_then(|a| a.virial));
    let virial = virial.map(|(w, along)| Dual::with_tangents(w.trace(), [along.trace()]));
    let pressure = virial.zip(volume).map(|(w, v)| (kinetic * 2.0 + w) / (v * 3.0));
    Slopes {
        potential_energy: along.and_then(|a| a.energy),
        kinetic_energy: slope(kinetic),
        temperature: slope(observables::temperature(kinetic, degrees_of_freedom, boltzmann)),
        pressure: pressure.map(slope),
        positions: norm(&tangent.positions),
    }
}
