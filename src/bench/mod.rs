//! What `admd bench` and `benches/` share: the Lennard-Jones melt that is measured, and the way of measuring.

mod melt;
mod timing;

pub use melt::{CUTOFF, DENSITY, MELTING_STEPS, Melt, SKIN, TIMESTEP, binding, field, nearest_cells, verlet};
pub use timing::{ROUNDS, Times, Work, interleaved};
