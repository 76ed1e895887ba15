//! Does the conserved quantity stay? A straight line through it, with the error of its slope.

use super::{Every, Observer, RunError, View};
use crate::sensitivity::LineFit;
use std::sync::{Arc, Mutex, PoisonError};

/// Fits the conserved quantity against time, in the units of input and output.
#[derive(Clone, Debug)]
pub struct EnergyDrift {
    every: Every,
    fit: Arc<Mutex<LineFit>>,
}

impl EnergyDrift {
    /// Takes a point at the trigger. The fit can be read while the run owns the observer.
    pub fn new(every: Every) -> (Self, Arc<Mutex<LineFit>>) {
        let fit = Arc::default();
        (
            Self {
                every,
                fit: Arc::clone(&fit),
            },
            fit,
        )
    }
}

impl Observer for EnergyDrift {
    fn due(&self, step: u64) -> bool {
        self.every.due(step)
    }

    fn observe(&mut self, view: View) -> Result<(), RunError> {
        let mut fit = self.fit.lock().unwrap_or_else(PoisonError::into_inner);
        fit.add(view.thermo.time, view.thermo.conserved_energy);
        Ok(())
    }
}
