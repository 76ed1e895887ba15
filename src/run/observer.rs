//! Who sees what happens, and when.

use super::RunError;
use crate::dynamics::Moment;
use crate::io::h5md::ThermoRow;
use admd_potentials::form::units::UnitSystem;

/// A trigger: every n-th step counted from 0, or never.
///
/// ```
/// use admd::run::Every;
/// assert!(Every(10).due(0) && Every(10).due(20) && !Every(10).due(25));
/// assert!(!Every(0).due(0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every(pub u64);

impl Every {
    /// Is something due at this step? `Every(0)` never is.
    pub fn due(self, step: u64) -> bool {
        self.0 > 0 && step.is_multiple_of(self.0)
    }
}

/// Derivatives that an observer wants evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// dE/dθ for every parameter of the force field.
    pub gradient: bool,
    /// The derivative along a strain of all lengths, as the first tangent beyond those of the state.
    pub dilation: bool,
}

/// What an observer is shown.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// State, forces, energy and virial, in coherent units.
    pub moment: &'a Moment,
    /// The observables, in the units of input and output.
    pub thermo: &'a ThermoRow,
    /// The units of input and output.
    pub units: &'static UnitSystem,
}

/// Someone who watches a run. Observers never change it: a run has the same bits with and without them.
pub trait Observer: Send {
    /// Does it want to see this step? Energy and virial are evaluated only where somebody does. The last state of a run is
    /// shown to every observer, due or not.
    fn due(&self, step: u64) -> bool;

    /// Sees a step, each at most once.
    ///
    /// # Errors
    /// What could not be written; the run stops.
    fn observe(&mut self, view: View) -> Result<(), RunError>;

    /// What it wants evaluated beside energy and virial where it is due. A state that it is shown otherwise may lack it.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// Sees every state after the first, without measurements: for progress, and for what must not miss one.
    fn pass(&mut self, moment: &Moment) {
        let _ = moment;
    }

    /// The run is over: closes what is open.
    ///
    /// # Errors
    /// What could not be written.
    fn close(&mut self) -> Result<(), RunError> {
        Ok(())
    }
}
