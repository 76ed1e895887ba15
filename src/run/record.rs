//! From coherent units to the units of input and output: the only place where results are converted.

use crate::dynamics::{Integrator, Moment, observables};
use crate::io::h5md::{Frame, ThermoRow};
use admd_engine::Vec3;
use admd_potentials::form::units::{Dimension, UnitSystem};

/// The observables of a moment whose energy has been evaluated.
///
/// The time is step · dt, never a sum, so that it is as exact after 10⁹ steps as after one.
pub fn thermo_row(moment: &Moment, integrator: &dyn Integrator, units: &UnitSystem) -> ThermoRow {
    let state = &moment.state;
    let tensor = observables::kinetic_tensor(&state.velocities, &state.masses);
    let kinetic_energy = 0.5 * tensor.trace();
    let potential_energy = moment.evaluation.energy.unwrap_or(f64::NAN);
    let volume = observables::volume(&state.configuration.cell);
    let stress = volume.zip(moment.evaluation.virial);
    let stress = stress.map(|(volume, virial)| observables::stress(&tensor, &virial, volume));
    let degrees = integrator.degrees_of_freedom(state.masses.len());
    let pressure_unit = units.to_coherent(Dimension::PRESSURE);
    ThermoRow {
        step: state.step,
        time: time(state.step, integrator, units),
        potential_energy,
        kinetic_energy,
        conserved_energy: integrator.conserved(potential_energy, kinetic_energy),
        temperature: observables::temperature(kinetic_energy, degrees, units.boltzmann),
        pressure: stress.map(|s| observables::pressure(&s) / pressure_unit),
        stress: stress.map(|s| s / pressure_unit),
        volume,
    }
}

/// The time of a step \[time\].
pub(super) fn time(step: u64, integrator: &dyn Integrator, units: &UnitSystem) -> f64 {
    step as f64 * (integrator.timestep() / units.to_coherent(Dimension::TIME))
}

/// What a frame carries beside positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Velocities too?
    pub velocities: bool,
    /// Forces too?
    pub forces: bool,
}

/// A frame for a trajectory file.
pub fn frame(moment: &Moment, thermo: &ThermoRow, units: &UnitSystem, contents: Contents) -> Frame {
    let state = &moment.state;
    let velocity_unit = units.to_coherent(Dimension::VELOCITY);
    let velocity = |v: &Vec3| v / velocity_unit;
    Frame {
        step: thermo.step,
        time: thermo.time,
        edges: [0, 1, 2].map(|k| state.configuration.cell.edge(k)),
        positions: state.configuration.positions.clone(),
        velocities: if contents.velocities {
            state.velocities.iter().map(velocity).collect()
        } else {
            Vec::new()
        },
        forces: if contents.forces {
            moment.evaluation.forces.clone()
        } else {
            Vec::new()
        },
        thermo: thermo.clone(),
    }
}
