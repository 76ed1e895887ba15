//! A stretch of a run made again: what is written of it, and whether it is that of the run.

use super::record::{Contents, frame};
use super::{Observer, RunError, View};
use crate::io::h5md::Trajectory;
use admd_engine::Vec3;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// An observer whose step 0 is a later one: it sees nothing before.
pub struct From {
    first: u64,
    inner: Box<dyn Observer>,
}

impl From {
    /// `inner` from step `first` on.
    pub fn step(first: u64, inner: Box<dyn Observer>) -> Self {
        Self { first, inner }
    }
}

impl Observer for From {
    fn due(&self, step: u64) -> bool {
        step.checked_sub(self.first).is_some_and(|later| self.inner.due(later))
    }

    fn observe(&mut self, view: View) -> Result<(), RunError> {
        if view.thermo.step < self.first {
            return Ok(());
        }
        self.inner.observe(view)
    }

    fn close(&mut self) -> Result<(), RunError> {
        self.inner.close()
    }
}

/// Compares each state with the frame of its step, where the trajectory of the run has one.
pub struct Met {
    trajectory: Trajectory,
    /// The step of the frame that the replay departs from, which says nothing.
    departure: Option<u64>,
    count: Arc<AtomicU64>,
}

impl Met {
    /// The observer, which does not count the frame at its `departure`, and the number of frames that it has met and found the same to the last bit.
    pub fn new(trajectory: Trajectory, departure: Option<u64>) -> (Self, Arc<AtomicU64>) {
        let count = Arc::default();
        let met = Self {
            trajectory,
            departure,
            count: Arc::clone(&count),
        };
        (met, count)
    }
}

impl Observer for Met {
    fn due(&self, step: u64) -> bool {
        self.trajectory.steps().binary_search(&step).is_ok()
    }

    fn observe(&mut self, view: View) -> Result<(), RunError> {
        let Ok(index) = self.trajectory.steps().binary_search(&view.thermo.step) else {
            return Ok(());
        };
        let was = self.trajectory.frame(index)?;
        let contents = Contents {
            velocities: !was.velocities.is_empty(),
            forces: false,
        };
        let is = frame(view.moment, view.thermo, view.units, contents);
        let other = |a: &[Vec3], b: &[Vec3]| a.iter().zip(b).position(|(a, b)| a != b);
        let atom = other(&was.positions, &is.positions).or_else(|| other(&was.velocities, &is.velocities));
        if let Some(atom) = atom {
            return Err(RunError::OtherTrajectory {
                step: view.thermo.step,
                atom,
                off: (was.positions[atom] - is.positions[atom]).norm(),
            });
        }
        if Some(view.thermo.step) != self.departure {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}
