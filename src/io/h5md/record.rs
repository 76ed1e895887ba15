//! What goes into a trajectory file. Numbers are in the input and output units of the unit system (ps or fs, bar or atm),
//! not in coherent ones: a file is for people.

use admd_engine::{Mat3, Species, Vec3};
use admd_potentials::form::units::{Dimension, UnitSystem};
use std::path::PathBuf;

/// What is known when the file is made.
#[derive(Clone, Debug)]
pub struct Header {
    /// The unit system of every number.
    pub units: &'static UnitSystem,
    /// One line about the run.
    pub title: Option<String>,
    /// The species.
    pub species: Vec<Species>,
    /// Species index of each atom.
    pub atoms: Vec<u16>,
    /// Which cell edges are periodic.
    pub periodic: [bool; 3],
    /// Will frames carry velocities?
    pub velocities: bool,
    /// Will frames carry forces?
    pub forces: bool,
    /// Seed of the random numbers.
    pub seed: u64,
    /// Worker threads.
    pub threads: usize,
    /// Instruction set of the kernels.
    pub isa: String,
    /// Precision of the forces: `double` or `mixed`.
    pub precision: String,
    /// Name, unit and value of every parameter of the potentials.
    pub parameters: Vec<(String, String, f64)>,
    /// Input text, resolved input, command line.
    pub provenance: Provenance,
    /// What the trajectory is differentiated in, if it is; not read back from a file.
    pub sensitivity: Option<SensitivityHeader>,
    /// What averages are differentiated in, if they are; not read back from a file.
    pub ensemble: Option<EnsembleHeader>,
    /// The loss whose gradient is sought, if there is one; not read back from a file.
    pub adjoint: Option<AdjointHeader>,
}

/// A loss over the whole run.
#[derive(Clone, Debug, PartialEq)]
pub struct AdjointHeader {
    /// Its name.
    pub loss: String,
    /// Its dimension.
    pub dimension: Dimension,
    /// Name, unit and value of every variable; at least one.
    pub variables: Vec<(String, String, f64)>,
}

/// The gradient of the loss.
#[derive(Clone, Debug, PartialEq)]
pub struct AdjointRow {
    /// The last step of the run.
    pub step: u64,
    /// Its time \[time\].
    pub time: f64,
    /// The loss \[L\].
    pub loss: f64,
    /// The exponent with which the adjoint grows on the way back \[1/time\]; NaN where no growth is seen.
    pub lyapunov: f64,
    /// Digits that the gradient has lost; NaN where it is not known.
    pub digits_lost: f64,
    /// dL/dθ of each variable \[L/θ\].
    pub slopes: Vec<f64>,
    /// dL/dr at the start \[L/length\].
    pub positions: Vec<Vec3>,
    /// dL/dv at the start \[L time/length\].
    pub velocities: Vec<Vec3>,
}

/// Averages of equilibrium that are differentiated.
#[derive(Clone, Debug, PartialEq)]
pub struct EnsembleHeader {
    /// How, in words.
    pub estimator: String,
    /// Name, unit and value of every variable; at least one.
    pub variables: Vec<(String, String, f64)>,
    /// What is averaged.
    pub observables: Vec<EnsembleObservable>,
}

/// An average, or one a bin.
#[derive(Clone, Debug, PartialEq)]
pub struct EnsembleObservable {
    /// Its name in the file.
    pub name: &'static str,
    /// Its dimension.
    pub dimension: Dimension,
    /// The middles of its bins \[length\]; empty where it is one number.
    pub distance: Vec<f64>,
}

/// Averages and their derivatives as they are known at one step. Every number is beside its standard error, NaN where that
/// is not known; observables follow each other, each with its bins.
#[derive(Clone, Debug, PartialEq)]
pub struct EnsembleRow {
    /// The step of the last sample.
    pub step: u64,
    /// Its time \[time\].
    pub time: f64,
    /// Number of samples.
    pub samples: u64,
    /// Number of groups of samples behind the errors.
    pub blocks: u64,
    /// The averages.
    pub averages: Vec<[f64; 2]>,
    /// For each variable their derivatives with the temperature held, and with the energy held.
    pub slopes: Vec<[Vec<[f64; 2]>; 2]>,
}

/// What a trajectory is differentiated in.
#[derive(Clone, Debug, PartialEq)]
pub struct SensitivityHeader {
    /// Name, unit and value of every variable; at least one.
    pub variables: Vec<(String, String, f64)>,
    /// Will frames carry dv/dθ?
    pub velocities: bool,
}

/// Derivatives of the state at one step.
#[derive(Clone, Debug, PartialEq)]
pub struct SensitivityFrame {
    /// The step.
    pub step: u64,
    /// The time \[time\].
    pub time: f64,
    /// For each variable dr/dθ and dv/dθ \[length/θ, length/time/θ\]; the second may be empty.
    pub tangents: Vec<[Vec<Vec3>; 2]>,
}

/// Derivatives of the observables at one step.
#[derive(Clone, Debug, PartialEq)]
pub struct SensitivityRow {
    /// The step.
    pub step: u64,
    /// The time \[time\].
    pub time: f64,
    /// For each variable d/dθ of potential, kinetic and total energy, temperature and pressure, then √Σ|dr/dθ|², the
    /// Lyapunov exponent \[1/time\] and the digits lost; NaN where there is none.
    pub values: Vec<[f64; 8]>,
}

/// One frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// The step.
    pub step: u64,
    /// The time \[time\].
    pub time: f64,
    /// Cell edges \[length\].
    pub edges: [Vec3; 3],
    /// Positions, unwrapped \[length\].
    pub positions: Vec<Vec3>,
    /// Velocities \[length/time\], or empty.
    pub velocities: Vec<Vec3>,
    /// Forces \[energy/length\], or empty.
    pub forces: Vec<Vec3>,
    /// The observables at the frame.
    pub thermo: ThermoRow,
}

/// Thermodynamics at one step.
#[derive(Clone, Debug, PartialEq)]
pub struct ThermoRow {
    /// The step.
    pub step: u64,
    /// The time \[time\].
    pub time: f64,
    /// Potential energy of all atoms \[energy\].
    pub potential_energy: f64,
    /// Kinetic energy of all atoms \[energy\].
    pub kinetic_energy: f64,
    /// The quantity that the integrator conserves; for velocity Verlet the total energy \[energy\].
    pub conserved_energy: f64,
    /// Kinetic temperature \[temperature\].
    pub temperature: f64,
    /// Pressure, a third of the trace of minus the stress \[pressure\]; absent when the volume has no meaning.
    pub pressure: Option<f64>,
    /// Stress, kinetic and configurational part, negative under compression \[pressure\]; absent likewise.
    pub stress: Option<Mat3>,
    /// Volume \[length³\]; absent when the cell is not periodic in all directions.
    pub volume: Option<f64>,
}

impl ThermoRow {
    /// Kinetic plus potential energy \[energy\].
    pub fn total_energy(&self) -> f64 {
        self.potential_energy + self.kinetic_energy
    }
}

/// Where a run comes from: the record that its files keep.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Provenance {
    /// The input file, if there is one.
    pub input_path: Option<PathBuf>,
    /// Its text.
    pub input_text: String,
    /// The plan written out with all defaults, as TOML.
    pub resolved_text: String,
    /// The command line.
    pub arguments: Vec<String>,
}
