//! What can end a run early.

use super::BlowUp;
use admd_engine::EngineError;

/// A run that did not finish.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The start has no finite forces.
    #[error("the start cannot be evaluated: {0}")]
    Start(#[from] EngineError),
    /// The numbers lost their meaning on the way.
    #[error(transparent)]
    BlowUp(Box<BlowUp>),
    /// The trajectory could not be written.
    #[error(transparent)]
    Trajectory(#[from] crate::io::h5md::H5mdError),
    /// A derivative of the trajectory is no number any more.
    #[error(
        "the derivative of the trajectory in {variable} is not finite at step {step}{}; make the run shorter, or leave the \
         variable out of [sensitivity]",
        horizon.map_or_else(String::new, |h| format!(": chaos had eaten its digits by step {h}"))
    )]
    Sensitivity {
        /// What it was differentiated in.
        variable: String,
        /// The step.
        step: u64,
        /// The step since which it was beyond its horizon.
        horizon: Option<u64>,
    },
    /// Steps were to be undone that cannot be.
    #[error("this integrator cannot undo its steps; set reversible = true in [integrator]")]
    Irreversible,
    /// A run that was made again is not the run.
    #[error(
        "the state at step {step} is not that of the run: atom {atom} is {off:.1e} away from where it was, or moves otherwise; the \
         build of admd or the structure file is another than the run's, or the trajectory was changed"
    )]
    OtherTrajectory {
        /// The step.
        step: u64,
        /// Index of the atom, from 0.
        atom: usize,
        /// How far it is off \[length\].
        off: f64,
    },
    /// A gradient that could not be had.
    #[error(transparent)]
    Adjoint(#[from] crate::sensitivity::AdjointError),
    /// Another output could not be written.
    #[error("writing to {what} failed: {reason}; check the disk and the pipe")]
    Write {
        /// What was written to.
        what: String,
        /// Why it failed.
        reason: String,
    },
}
