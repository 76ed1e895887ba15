//! What moves the atoms, one step at a time.

use super::{Ensemble, Forces, State, StateAdjoint, evaluate, observables};
use admd_engine::{EngineError, Evaluation, Request};

/// The state at one step together with what the force field says about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// Where the atoms are and how fast they move.
    pub state: State,
    /// The forces there, and what else was asked for.
    pub evaluation: Evaluation,
}

/// A step that could not be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DynamicsError {
    /// The forces have no finite value.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// An atom would cross half the cell in one step: it no longer sees its neighbours on the way.
    #[error("atom {atom} moves {distance:.3e} in one step, more than half a cell ({limit:.3e})")]
    Leap {
        /// Index of the atom, from 0.
        atom: usize,
        /// How far it moves \[length\].
        distance: f64,
        /// The longest step that is let through \[length\].
        limit: f64,
    },
    /// An atom is faster than the grid of numbers allows on which its motion is exact.
    #[error(
        "atom {atom} has the speed {speed:.3e}, beyond the grid of reversible dynamics ({limit:.3e}), which is made for the speeds \
         of the start; look for overlapping atoms, or run without reversible = true"
    )]
    TooFast {
        /// Index of the atom, from 0.
        atom: usize,
        /// Its speed \[length/τ\].
        speed: f64,
        /// The largest component \[length/τ\].
        limit: f64,
    },
    /// An atom has left the grid of numbers on which its motion is exact.
    #[error(
        "atom {atom} is at {position:?}, beyond the grid of reversible dynamics (coordinates up to {limit:.3e}); start from \
         wrapped positions, or run without reversible = true"
    )]
    OffGrid {
        /// Index of the atom, from 0.
        atom: usize,
        /// Its position \[length\].
        position: [f64; 3],
        /// The largest coordinate \[length\].
        limit: f64,
    },
}

/// An equation of motion and the way it is discretised.
///
/// A step reads one [`Moment`] and writes the next one. It never changes the one it starts from, so that a step that
/// fails leaves the last good state as it was, forces and all, at no cost.
pub trait Integrator: Send {
    /// Length of a step \[τ\].
    fn timestep(&self) -> f64;

    /// Makes a first state one that it can move, such as one on its grid.
    ///
    /// # Errors
    /// Where there is none.
    fn prepare(&self, state: &mut State) -> Result<(), DynamicsError> {
        let _ = state;
        Ok(())
    }

    /// Evaluates the forces of a first state: the first step starts from a real force.
    ///
    /// # Errors
    /// Where the forces are not finite.
    fn start(&mut self, mut state: State, forces: &mut dyn Forces) -> Result<Moment, DynamicsError> {
        self.prepare(&mut state)?;
        let mut evaluation = Evaluation::default();
        evaluate(forces, &mut state, Request::ENERGY, &mut evaluation)?;
        Ok(Moment { state, evaluation })
    }

    /// Makes one step from `now`, of which only the forces must have been evaluated, to `next`, where `request` is
    /// evaluated. `next` has the atoms of `now`; its other contents are overwritten.
    ///
    /// # Errors
    /// Where the forces are not finite or an atom leaps; `next` is then not to be used.
    fn step(
        &mut self,
        now: &Moment,
        next: &mut Moment,
        forces: &mut dyn Forces,
        request: Request,
    ) -> Result<(), DynamicsError>;

    /// The integrator whose steps undo those of this one to the last bit, where there is one.
    fn backwards(&self) -> Option<Box<dyn Integrator>> {
        None
    }

    /// The adjoint of the part of a step after its forces: from dL/dz of the state `after` a step to dL/dF of the forces
    /// there, and to what was before they acted. It reads neither forces nor velocities. See [`StateAdjoint`].
    fn arrive(&self, after: &Moment, adjoint: &mut StateAdjoint);

    /// The adjoint of the part of a step up to its forces: from the state `after` the step back to that before it and to
    /// the forces there, which need not be known yet.
    fn depart(&self, after: &Moment, adjoint: &mut StateAdjoint);

    /// What the forces that act in one of these two parts pass to masses and time step, `times` over; `at` is the state where
    /// they act.
    fn pull_model(&self, at: &Moment, times: u8, adjoint: &mut StateAdjoint);

    /// The quantity that exact integration would conserve \[energy\]: the total energy, unless an integrator says otherwise.
    fn conserved(&self, potential_energy: f64, kinetic_energy: f64) -> f64 {
        potential_energy + kinetic_energy
    }

    /// Name of the conserved quantity, for tables.
    fn conserved_name(&self) -> &'static str {
        "total energy"
    }

    /// Number of velocity components among which the kinetic energy is shared. See
    /// [`degrees_of_freedom`](super::observables::degrees_of_freedom) for integrators that conserve momentum.
    fn degrees_of_freedom(&self, atoms: usize) -> usize {
        observables::degrees_of_freedom(atoms)
    }

    /// The distribution of the states that a long run visits; at constant energy unless an integrator says otherwise.
    fn ensemble(&self, atoms: usize) -> Ensemble {
        Ensemble::Microcanonical {
            degrees_of_freedom: self.degrees_of_freedom(atoms),
        }
    }
}
