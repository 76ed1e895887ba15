//! The number density along an edge of the cell.

use super::{observables, spline};
use admd_engine::Configuration;

/// Bins of equal width along one edge of the cell, smooth ones (see [`Rdf`](super::Rdf)) that go round with the period.
///
/// ```
/// use admd::dynamics::DensityProfile;
/// use admd::engine::{Cell, Configuration, Vec3};
/// // One atom in a cell of 2 × 2 × 4, in the middle of the third of four bins along z.
/// let c = Configuration {
///     cell: Cell::orthogonal([2.0, 2.0, 4.0])?,
///     species: vec![0],
///     positions: vec![Vec3::new(0.3, 0.4, 2.5)],
/// };
/// let density = DensityProfile { axis: 2, bins: 4 }.measure(&c);
/// assert_eq!(density, [0.0, 0.03125, 0.1875, 0.03125]); // 1/8, 3/4, 1/8 of it in a volume of 4
/// # Ok::<(), admd::engine::EngineError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DensityProfile {
    /// Which edge: 0, 1 or 2.
    pub axis: usize,
    /// How many bins; at least three, for an atom belongs to three of them.
    pub bins: usize,
}

impl DensityProfile {
    /// The density in every bin \[1/length³\]; zeros where the cell is not periodic along all its edges.
    pub fn measure(&self, c: &Configuration) -> Vec<f64> {
        let mut density = vec![0.0; self.bins];
        let Some(volume) = observables::volume(&c.cell) else {
            return density;
        };
        let per_atom = self.bins as f64 / volume;
        for r in &c.positions {
            let s = c.cell.fractional(*r)[self.axis];
            let (bin, weights) = spline::weights((s - s.floor()) * self.bins as f64);
            for (j, weight) in weights.into_iter().enumerate() {
                density[(bin as usize + j + self.bins - 1) % self.bins] += weight * per_atom;
            }
        }
        density
    }
}
