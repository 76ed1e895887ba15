//! What can end a run early.

use super::BlowUp;
use crate::engine::EngineError;
use std::path::PathBuf;

/// A run that did not finish.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The start has no finite forces.
    #[error("the start cannot be evaluated: {0}")]
    Start(#[from] EngineError),
    /// The numbers lost their meaning on the way.
    #[error(transparent)]
    BlowUp(Box<BlowUp>),
    /// A file or the terminal could not be written.
    #[error("{path}: {reason}", path = path.display())]
    Write {
        /// What was written to.
        path: PathBuf,
        /// Why it failed, and what to do.
        reason: String,
    },
}
