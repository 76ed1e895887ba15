//! Targets beside frames, as an input describes them: crystals, relaxed structures, simulations. All in coherent units.

use crate::dynamics::Rdf;
use admd_engine::Configuration;

/// A number that was observed, with its error σ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// The number.
    pub value: f64,
    /// Its error.
    pub sigma: f64,
}

/// A crystal that is relaxed by scaling its cell, atoms and all.
#[derive(Clone, Debug, PartialEq)]
pub struct CrystalSpec {
    /// Its name.
    pub name: String,
    /// What it is counted under.
    pub tag: String,
    /// Weight of its rows.
    pub weight: f64,
    /// The crystal, periodic along all edges, with the lattice constant [`CrystalSpec::constant`].
    pub configuration: Configuration,
    /// Lattice constant a of the configuration, where the search for the least energy starts \[length\].
    pub constant: f64,
    /// What a should come out as \[length\].
    pub lattice_constant: Option<Observation>,
    /// What the energy of an atom should be, relative to isolated atoms, so without reference energies \[energy\].
    pub cohesive_energy: Option<Observation>,
}

/// Atoms that are relaxed in a fixed cell.
#[derive(Clone, Debug, PartialEq)]
pub struct RelaxedSpec {
    /// Its name.
    pub name: String,
    /// What it is counted under.
    pub tag: String,
    /// Weight of its rows.
    pub weight: f64,
    /// The start of the relaxation.
    pub configuration: Configuration,
    /// The largest force that is left \[energy/length\].
    pub force: f64,
    /// What the energy of all atoms should be, with reference energies \[energy\].
    pub energy: Option<Observation>,
    /// What distances should be, between two atoms by their indices: the shortest over periodic images \[length\].
    pub distances: Vec<([usize; 2], Observation)>,
}

/// A simulation at constant volume and temperature, whose averages are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulationSpec {
    /// Its name.
    pub name: String,
    /// What it is counted under.
    pub tag: String,
    /// Weight of its rows.
    pub weight: f64,
    /// The start, in its cell.
    pub configuration: Configuration,
    /// Masses of the atoms \[mass\].
    pub masses: Vec<f64>,
    /// kT \[energy\].
    pub kt: f64,
    /// Time step \[τ\].
    pub timestep: f64,
    /// Skin of the neighbour list \[length\].
    pub skin: f64,
    /// Steps before the first sample of the first simulation.
    pub equilibration: u64,
    /// Number of samples.
    pub samples: u64,
    /// Steps between samples.
    pub every: u64,
    /// The least effective sample size as a fraction of the samples: below it the simulation is done anew.
    pub least: f64,
    /// Seed of its random numbers.
    pub seed: u64,
    /// What the mean potential energy of an atom should be, without reference energies \[energy\].
    pub energy: Option<Observation>,
    /// What the mean pressure should be \[energy/length³\].
    pub pressure: Option<Observation>,
    /// What g(r) should be in each bin.
    pub rdf: Option<(Rdf, Vec<Observation>)>,
}
