//! The plan of a run: everything the input says, checked and in coherent units.

use crate::dynamics::{DensityProfile, Grid, Integrator, Rdf, ReversibleVerlet, State, VelocityVerlet};
use crate::io::h5md::Provenance;
use crate::sensitivity::{Distance, Loss, Mean, Memory, Observable, RdfDistance, Samples, Variable};
use admd_engine::{EngineError, Precision, Settings, Species};
use admd_potentials::form::binding::PairBinding;
use admd_potentials::form::units::{Dimension, UnitSystem};
use std::path::PathBuf;

/// A run, ready to start.
#[derive(Clone, Debug)]
pub struct Plan {
    /// One line about the run, from the input.
    pub title: Option<String>,
    /// The unit system of input and output.
    pub units: &'static UnitSystem,
    /// The species, in the order of the species indices.
    pub species: Vec<Species>,
    /// The start, in coherent units: positions, velocities, masses, step 0.
    pub start: State,
    /// The potentials; all list the species in the same order.
    pub bindings: Vec<PairBinding>,
    /// Skin and precision.
    pub settings: Settings,
    /// What moves the atoms.
    pub integrator: IntegratorPlan,
    /// Number of steps.
    pub steps: u64,
    /// What is written, where and how often.
    pub output: Output,
    /// What is differentiated, in what, and how.
    pub sensitivity: Option<SensitivityPlan>,
    /// Seed of every random number of the run.
    pub seed: u64,
    /// Where all this comes from, for the record in the files.
    pub provenance: Provenance,
}

/// The precisions by the names that they have in inputs, in files and on the terminal.
pub const PRECISIONS: [(&str, Precision); 2] = [("double", Precision::Double), ("mixed", Precision::Mixed)];

/// The name of a precision in [`PRECISIONS`].
pub fn precision_name(precision: Precision) -> &'static str {
    match precision {
        Precision::Double => PRECISIONS[0].0,
        Precision::Mixed => PRECISIONS[1].0,
    }
}

/// What moves the atoms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum IntegratorPlan {
    /// Velocity Verlet at constant energy.
    VelocityVerlet {
        /// Time step \[τ\].
        timestep: f64,
    },
    /// The same on a grid of numbers, so that it can go back.
    ReversibleVerlet {
        /// Time step \[τ\].
        timestep: f64,
        /// The grid.
        grid: Grid,
    },
}

impl IntegratorPlan {
    /// Time step \[τ\].
    pub fn timestep(&self) -> f64 {
        match *self {
            Self::VelocityVerlet { timestep } | Self::ReversibleVerlet { timestep, .. } => timestep,
        }
    }

    /// What it says.
    pub fn integrator(&self) -> Box<dyn Integrator> {
        match *self {
            Self::VelocityVerlet { timestep } => Box::new(VelocityVerlet { timestep }),
            Self::ReversibleVerlet { timestep, grid } => Box::new(ReversibleVerlet { timestep, grid }),
        }
    }
}

/// What a trajectory is differentiated in.
#[derive(Clone, Debug, PartialEq)]
pub struct SensitivityPlan {
    /// The numbers; at least one.
    pub variables: Vec<Variable>,
    /// The tangents that ride along.
    pub tangent: Option<TangentPlan>,
    /// Derivatives of averages from fluctuations.
    pub ensemble: Option<EnsemblePlan>,
    /// The gradient of a loss, backwards.
    pub adjoint: Option<AdjointPlan>,
}

/// The gradient of a loss over the whole run.
#[derive(Clone, Debug, PartialEq)]
pub struct AdjointPlan {
    /// The name of the loss.
    pub name: String,
    /// The loss.
    pub loss: LossPlan,
    /// Its dimension.
    pub dimension: Dimension,
    /// What states may take.
    pub memory: Memory,
}

/// A loss that an input can name.
#[derive(Clone, Debug, PartialEq)]
pub enum LossPlan {
    /// A mean over states.
    Mean(Mean),
    /// A distance to positions.
    Distance(Distance),
    /// A distance to a radial distribution function.
    Rdf {
        /// Its bins.
        rdf: Rdf,
        /// The function to which the distance is taken, a number a bin.
        target: Vec<f64>,
        /// Over which states it is averaged.
        samples: Samples,
    },
}

impl LossPlan {
    /// What it says.
    ///
    /// # Errors
    /// A range that has no list of pairs.
    pub fn loss(&self) -> Result<Box<dyn Loss + Send>, EngineError> {
        Ok(match self {
            Self::Mean(mean) => Box::new(*mean),
            Self::Distance(distance) => Box::new(distance.clone()),
            Self::Rdf { rdf, target, samples } => Box::new(RdfDistance::new(*rdf, target.clone(), *samples)?),
        })
    }
}

/// Derivatives of equilibrium averages in parameters of the potentials.
#[derive(Clone, Debug, PartialEq)]
pub struct EnsemblePlan {
    /// The numbers of those among the variables; at least one.
    pub variables: Vec<usize>,
    /// Steps between samples, at least 1.
    pub every: u64,
    /// Steps before the first sample.
    pub after: u64,
    /// What is averaged, each once.
    pub observables: Vec<Observable>,
    /// The radial distribution function, where it is among these.
    pub rdf: Option<Rdf>,
    /// The density profile, likewise.
    pub profile: Option<DensityProfile>,
}

/// Tangents of the trajectory: the start has one for each variable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TangentPlan {
    /// Steps between frames of dr/dθ; 0 without a trajectory.
    pub every: u64,
    /// Write dv/dθ, too?
    pub velocities: bool,
}

/// What a run writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The trajectory file and its frames.
    pub trajectory: Option<Frames>,
    /// Steps between rows of thermodynamics, on the terminal and in the file; 0 for none.
    pub thermo_every: u64,
}

/// Frames in the trajectory file.
#[derive(Clone, Debug, PartialEq)]
pub struct Frames {
    /// The file.
    pub path: PathBuf,
    /// May an existing file be replaced?
    pub overwrite: bool,
    /// Steps between frames, at least 1.
    pub every: u64,
    /// Write velocities too?
    pub velocities: bool,
    /// Write forces too?
    pub forces: bool,
}
