//! The plan of a fit: everything the input says, checked and in coherent units.

use crate::fit::{
    CrystalSpec, DataFrame, ErrorModel, Method, Quantities, ReferenceEnergy, RelaxedSpec, Robust, SimulationSpec,
    Variables,
};
use admd_engine::Species;
use admd_potentials::form::binding::PairBinding;
use admd_potentials::form::units::UnitSystem;
use std::path::PathBuf;

/// A fit, ready to start.
#[derive(Clone, Debug)]
pub struct FitPlan {
    /// One line about the fit, from the input.
    pub title: Option<String>,
    /// The unit system of input and output.
    pub units: &'static UnitSystem,
    /// Seed of every random number.
    pub seed: u64,
    /// The species of all atoms, in the order of their first appearance in data, crystals, relaxed structures and
    /// simulations. A mass that nobody needs and nobody knows is 1.
    pub species: Vec<Species>,
    /// The potentials, bound to these species, with the values to start from.
    pub bindings: Vec<PairBinding>,
    /// The energies of isolated atoms to start from, one for each species: 0 where there are none.
    pub references: Vec<ReferenceEnergy>,
    /// What is fitted. θ are the leaves of all bindings in order, then the reference energies.
    pub variables: Variables,
    /// All frames that have something to compare.
    pub data: Vec<DataFrame>,
    /// The frames that are fitted to, by their index in the data, ascending.
    pub training: Vec<usize>,
    /// The other frames, which are only compared, ascending.
    pub validation: Vec<usize>,
    /// What is compared of frames.
    pub quantities: Quantities,
    /// Crystals.
    pub crystals: Vec<CrystalSpec>,
    /// Relaxed structures.
    pub relaxed: Vec<RelaxedSpec>,
    /// Simulations.
    pub simulations: Vec<SimulationSpec>,
    /// What a residual adds to the loss.
    pub loss: Robust,
    /// The optimiser.
    pub method: Method,
    /// Number of starts, the given one included.
    pub starts: usize,
    /// Other starts are drawn within this fraction of the given one.
    pub spread: f64,
    /// What errors of parameters are made from.
    pub errors: ErrorModel,
    /// What is written.
    pub output: FitOutput,
    /// The text of the input.
    pub input_text: String,
    /// The files that were read beside it, with their SHA-256 in hexadecimal digits, in the order of the input.
    pub sources: Vec<(PathBuf, String)>,
}

/// What a fit writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FitOutput {
    /// The fitted potential, a potential file.
    pub potential: PathBuf,
    /// The report, a page.
    pub report: Option<PathBuf>,
    /// Where an interrupted fit can go on from.
    pub checkpoint: PathBuf,
    /// May existing files be replaced?
    pub overwrite: bool,
}
