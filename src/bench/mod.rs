//! What `admd bench` and `benches/` share: the Lennard-Jones melt that is measured, and the way of measuring.

mod heat;
mod melt;
mod timing;

pub use heat::Heat;
pub use melt::{CUTOFF, DENSITY, MELTING_STEPS, Melt, SKIN, TIMESTEP, field, nearest_cells, reversible, verlet};
pub use timing::{ROUNDS, Times, Work, interleaved};
