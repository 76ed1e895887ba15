//! From a configuration of atoms to energy, forces, virial and parameter derivatives.

mod by_hand;
mod cell;
mod configuration;
mod coordinates;
mod diagnose;
mod error;
mod evaluation;
mod force_field;
mod halo;
#[doc(hidden)]
pub mod kernel;
#[doc(hidden)]
pub mod laboratory;
mod lines;
mod list_size;
mod neighbors;
mod order;
mod pair_term;
mod pairs;
mod panels;
pub mod reference;
mod search;
mod sell;
mod sums;
mod sweep;
mod table;
mod tail;
mod tiles;

pub use cell::{Cell, Mat3, Vec3};
pub use configuration::{Configuration, Species};
pub use error::EngineError;
pub use evaluation::{Direction, Evaluation, Request, Tangent};
pub use force_field::{ForceField, NeighborStatistics, Precision, Settings};
pub use list_size::ListSize;
pub use pairs::{NearPairs, PairOfAtoms};
