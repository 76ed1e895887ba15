//! From a configuration of atoms to energy, forces, virial and parameter derivatives.

mod cell;
mod configuration;
mod error;
mod evaluation;
mod force_field;
mod pair_term;
pub mod reference;

pub use cell::{Cell, Mat3, Vec3};
pub use configuration::{Configuration, Species};
pub use error::EngineError;
pub use evaluation::{Direction, Evaluation, Request, Tangent};
pub use force_field::{ForceField, NeighborStatistics, Settings};
