//! Frames that were computed elsewhere, and which of their numbers are compared.

use admd_engine::{Configuration, Mat3, Vec3};

/// Atoms with what is known of them, in coherent units.
#[derive(Clone, Debug, PartialEq)]
pub struct DataFrame {
    /// Where it comes from, such as `copper.extxyz, frame 3`.
    pub name: String,
    /// What it is counted under in the report; empty for none.
    pub tag: String,
    /// Weight of its rows; 1 for most.
    pub weight: f64,
    /// The atoms.
    pub configuration: Configuration,
    /// Energy of all atoms \[energy\].
    pub energy: Option<f64>,
    /// Forces \[energy/length\].
    pub forces: Option<Vec<Vec3>>,
    /// Stress \[energy/length³\]: −virial/volume, positive under tension, as ASE's.
    pub stress: Option<Mat3>,
    /// The frame relative to which its energy is compared, by its index in the data.
    pub relative_to: Option<usize>,
}

/// How forces are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ForceKind {
    /// Their components \[energy/length\].
    Components,
    /// Their directions F/√(F² + s²), whatever their size. The sum of the squared differences is 2(1 − cos) for forces that are
    /// large against the softening s \[energy/length\], and has a finite gradient at F = 0.
    Direction {
        /// s \[energy/length\].
        softening: f64,
    },
}

/// Which quantities of frames are compared, with their errors σ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantities {
    /// σ of energies \[energy\].
    pub energy: Option<f64>,
    /// Are energies, and their σ, an atom?
    pub per_atom: bool,
    /// σ of forces \[energy/length\], or of their directions.
    pub forces: Option<(f64, ForceKind)>,
    /// σ of stresses \[energy/length³\].
    pub stress: Option<f64>,
}

/// The energy that an atom of a species has by itself: added to the potential for each of them.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceEnergy {
    /// The species.
    pub species: String,
    /// \[energy\]
    pub value: f64,
}

impl ReferenceEnergy {
    /// Its name among the parameters.
    pub fn name(&self) -> String {
        format!("reference.{}", self.species)
    }
}
