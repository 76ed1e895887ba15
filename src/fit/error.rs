//! What can go wrong in a fit.

use crate::sensitivity::RelaxedError;
use admd_engine::EngineError;

/// A fit that cannot go on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    /// Parameters that a potential refuses: a step to them is not made.
    #[error("the potential refuses the parameters: {0}")]
    Refused(EngineError),
    /// A group without finite predictions.
    #[error("{group}: {error}")]
    Group {
        /// The frame, crystal, structure or simulation.
        group: String,
        /// Why.
        error: EngineError,
    },
    /// A stress of a frame that is not periodic.
    #[error("{group}: it has a stress but no volume; make its cell periodic along all edges, or leave its stress out")]
    NoVolume {
        /// The frame.
        group: String,
    },
    /// A prediction that is no number.
    #[error(
        "{group}: the {quantity} is {value}, not a finite number; look for atoms that overlap and for extreme parameters"
    )]
    NotFinite {
        /// The frame, crystal, structure or simulation.
        group: String,
        /// Which quantity.
        quantity: &'static str,
        /// What it is.
        value: f64,
    },
    /// A structure that does not relax.
    #[error("{group}: {reason}")]
    NotRelaxed {
        /// The crystal or structure.
        group: String,
        /// Why, and what to do.
        reason: String,
    },
    /// The derivative of a relaxed structure was not found.
    #[error("{group}: {error}")]
    Relaxed {
        /// The crystal or structure.
        group: String,
        /// Why.
        error: RelaxedError,
    },
    /// A simulation that says nothing at these parameters.
    #[error("{group}: {reason}")]
    Simulation {
        /// The simulation.
        group: String,
        /// Why, and what to do.
        reason: String,
    },
    /// Parameters that change nothing.
    #[error(
        "{} no prediction of the training data: {}; leave {} out, or add data that {} act on",
        if .names.len() == 1 { "this parameter changes" } else { "these parameters change" },
        .names.join(", "),
        if .names.len() == 1 { "it" } else { "them" },
        if .names.len() == 1 { "it does" } else { "they" }
    )]
    NoInfluence {
        /// Their names.
        names: Vec<String>,
    },
    /// More variables than numbers to fit them to.
    #[error(
        "{variables} variables are to be fitted to {rows} numbers that count (weights of 0 and forces without a direction do not); fit \
         fewer (select, tie), give priors, or add data"
    )]
    Underdetermined {
        /// Number of variables.
        variables: usize,
        /// Number of rows.
        rows: usize,
    },
}

impl FitError {
    /// Is it an answer to a step that went too far? Then a shorter one may do.
    pub fn is_of_step(&self) -> bool {
        !matches!(
            self,
            Self::NoInfluence { .. } | Self::Underdetermined { .. } | Self::NoVolume { .. }
        )
    }
}
