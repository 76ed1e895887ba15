//! Where the atoms are and how fast they move.

use super::StateTangent;
use admd_engine::{Configuration, Vec3};

/// A point in phase space. All numbers are in coherent units (see [`admd_potentials::form::units`]).
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Steps done since the start of the run.
    pub step: u64,
    /// Cell, species and positions.
    pub configuration: Configuration,
    /// Velocities \[length/τ\].
    pub velocities: Vec<Vec3>,
    /// Mass of each atom \[mass\].
    pub masses: Vec<f64>,
    /// Derivatives of the state that ride along, if any.
    pub tangents: Vec<StateTangent>,
}
