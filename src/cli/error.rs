//! What can end a command, and with which exit code.

use super::export::ExportError;
use super::info::InfoError;
use crate::fit::FitError;
use crate::input::{InputErrors, Look};
use crate::io::h5md::H5mdError;
use crate::io::xyz::XyzError;
use crate::run::RunError;
use crate::sensitivity::AdjointError;
use crate::sensitivity::ReweightError;
use admd_engine::EngineError;

/// A command that failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A command line that clap cannot see is wrong.
    #[error("{0}")]
    Usage(String),
    /// A wrong input or potential file.
    #[error("{}", .0.render(Look::Plain))]
    Input(#[from] InputErrors),
    /// A wrong structure file.
    #[error(transparent)]
    Structure(#[from] XyzError),
    /// Another wrong file.
    #[error("{file}{}: {reason}", line.map_or(String::new(), |l| format!(":{l}")))]
    File {
        /// The file.
        file: String,
        /// The line, from 1.
        line: Option<usize>,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A frame of a structure file that cannot be evaluated.
    #[error("{file}, frame {frame}: {error}")]
    Frame {
        /// The file.
        file: String,
        /// The frame, from 0.
        frame: usize,
        /// Why.
        error: EngineError,
    },
    /// A result without meaning.
    #[error(
        "{file}, frame {frame}: the {what} is {value}, not a finite number; look for atoms that overlap and for extreme \
         parameters"
    )]
    NotFinite {
        /// The file.
        file: String,
        /// The frame, from 0.
        frame: usize,
        /// Which quantity.
        what: String,
        /// What it is.
        value: f64,
    },
    /// Potentials or settings that the engine refuses.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A run that did not finish.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A trajectory that is there already.
    #[error("{path} exists; pass --overwrite to replace it, or give output.trajectory another name")]
    Exists {
        /// The file.
        path: String,
    },
    /// A trajectory that cannot be read or made.
    #[error(transparent)]
    Trajectory(H5mdError),
    /// A trajectory that says nothing of other parameters.
    #[error(transparent)]
    Reweight(#[from] ReweightError),
    /// A fit that has no result.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// A trajectory that cannot be exported.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A file that cannot be described.
    #[error(transparent)]
    Info(#[from] InfoError),
    /// Something that the system refuses.
    #[error("{0}")]
    System(String),
}

impl CliError {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Export(ExportError::Nothing { .. }) => 2,
            Self::Input(_) | Self::Structure(_) | Self::File { .. } => 3,
            Self::Info(InfoError::Xyz(_) | InfoError::Unknown { .. }) => 3,
            Self::Export(ExportError::Write(_)) => 1,
            Self::Frame { error, .. } | Self::Engine(error) | Self::Run(RunError::Start(error)) => engine(error),
            Self::Run(RunError::Adjoint(AdjointError::NotFinite { .. })) => 4,
            Self::Run(RunError::BlowUp(_) | RunError::Sensitivity { .. })
            | Self::NotFinite { .. }
            | Self::Reweight(_) => 4,
            Self::Fit(error) => fit(error),
            Self::Run(
                RunError::Trajectory(_)
                | RunError::Write { .. }
                | RunError::Irreversible
                | RunError::OtherTrajectory { .. }
                | RunError::Adjoint(_),
            )
            | Self::Exists { .. }
            | Self::System(_) => 1,
            Self::Trajectory(error) | Self::Export(ExportError::Read(error)) | Self::Info(InfoError::H5md(error)) => {
                trajectory(error)
            }
        }
    }
}

impl From<H5mdError> for CliError {
    fn from(error: H5mdError) -> Self {
        match error {
            H5mdError::Exists { path } => Self::Exists {
                path: path.display().to_string(),
            },
            other => Self::Trajectory(other),
        }
    }
}

fn engine(error: &EngineError) -> u8 {
    match error {
        EngineError::NonFinitePosition { .. }
        | EngineError::Overlap { .. }
        | EngineError::NonFiniteForce { .. }
        | EngineError::FarAway { .. } => 4,
        EngineError::Isa(_) => 2,
        _ => 3,
    }
}

fn fit(error: &FitError) -> u8 {
    match error {
        FitError::Refused(error) | FitError::Group { error, .. } => engine(error),
        FitError::NoInfluence { .. } | FitError::Underdetermined { .. } | FitError::NoVolume { .. } => 3,
        _ => 4,
    }
}

fn trajectory(error: &H5mdError) -> u8 {
    match error {
        H5mdError::Open { .. }
        | H5mdError::Foreign { .. }
        | H5mdError::Damaged { .. }
        | H5mdError::NoFrame { .. }
        | H5mdError::Shape { .. }
        | H5mdError::Order { .. } => 3,
        _ => 1,
    }
}
