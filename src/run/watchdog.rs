//! Does the run still mean something? Looks at every step and says no before the numbers are nonsense.
//!
//! The integrator refuses what is not finite and what leaps over half a cell; the watchdog adds the runaway, which is
//! finite: a start so strained, or a step so long, that the atoms heat up without end.

use super::Cause;
use crate::dynamics::{Moment, observables};

/// How much heating is let through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Watchdog {
    /// Kinetic energy over its reference above which a run is stopped.
    pub factor: f64,
    /// Number of steps that are watched.
    pub steps: u64,
    /// Reference: the kinetic energy at the start, but at least a tenth of the binding energy, so that a crystal at rest
    /// may begin to move; for a start at rest that is not bound, a tenth of what it stores \[energy\].
    reference: f64,
}

impl Watchdog {
    /// A liquid or a crystal that starts with half of its energy in strain heats up by a few times, never by this much.
    pub const FACTOR: f64 = 100.0;
    /// A step that is too long shows within a few oscillations of the fastest bond, some ten steps each.
    pub const STEPS: u64 = 1000;
    /// Share of the potential energy that counts as kinetic energy of a start at rest.
    const BINDING: f64 = 0.1;

    /// Takes the reference from the start.
    pub fn new(start: &Moment) -> Self {
        let kinetic = observables::kinetic_energy(&start.state.velocities, &start.state.masses);
        let potential = start.evaluation.energy.unwrap_or(0.0);
        let bound = kinetic.max(Self::BINDING * -potential);
        // Atoms at rest under strain may turn all of it into motion. Where repulsion and attraction nearly cancel, the energy
        // says too little of what is stored: the virial, 12 repulsive less 6 attractive parts for Lennard-Jones, still does.
        let virial = start.evaluation.virial.map_or(0.0, |w| w.trace().abs());
        let stored = potential.max(virial / 6.0);
        let reference = if bound > 0.0 { bound } else { Self::BINDING * stored };
        Self {
            factor: Self::FACTOR,
            steps: Self::STEPS,
            reference,
        }
    }

    /// Looks at a step that the integrator has made.
    ///
    /// # Errors
    /// Why the run must stop.
    pub fn look(&self, moment: &Moment) -> Result<(), Cause> {
        if moment.evaluation.energy.is_some_and(|e| !e.is_finite()) {
            return Err(Cause::Energy);
        }
        if moment.state.step > self.steps || self.reference <= 0.0 {
            return Ok(());
        }
        let kinetic = observables::kinetic_energy(&moment.state.velocities, &moment.state.masses);
        let ratio = kinetic / self.reference;
        // Written so that a NaN is refused too.
        if ratio <= self.factor {
            Ok(())
        } else {
            Err(Cause::Runaway {
                ratio,
                limit: self.factor,
            })
        }
    }
}
