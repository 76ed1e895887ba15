//! From a configuration of atoms to energy, forces, virial and parameter derivatives.

mod adjoint;
mod cell;
mod cells;
mod configuration;
mod coordinates;
mod diagnose;
mod error;
mod evaluation;
mod force_field;
mod ghosts;
#[doc(hidden)]
pub mod kernel;
#[doc(hidden)]
pub mod laboratory;
mod list_size;
mod neighbors;
mod order;
mod pair_term;
mod reduce;
pub mod reference;
mod search;
mod sell;
mod table;
mod tail;

pub use cell::{Cell, Mat3, Vec3};
pub use configuration::{Configuration, Species};
pub use error::EngineError;
pub use evaluation::{Direction, Evaluation, Request, Tangent};
pub use force_field::{ForceField, NeighborStatistics, Settings};
pub use list_size::ListSize;
