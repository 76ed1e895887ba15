//! What the kernels sum: over a row of lanes in registers, over a block in memory.

use super::kernel::SWEEP;
use super::order::Pair;
use admd_ad::{Dual, Lane, Real};

/// Components of a row of [`BlockSums`]: three of the force, and the energy.
pub(super) const ROWS: usize = 4;
/// The elements of a symmetric tensor in the order xx, yy, zz, xy, xz, yz.
pub(super) const SYMMETRIC: [(usize, usize); 6] = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)];

/// The largest force in multiples of its quantum. Sums of floating-point numbers on a grid hold 2⁵¹ of them; a quarter of it
/// leaves room for what cancels.
pub(super) const MOST_QUANTA: f64 = (1_u64 << 49) as f64;

/// A number so large that f64 next to it is a grid of half a quantum: a sum of pair forces that starts there takes each of
/// them to the nearest point of the grid and stays exact, so that it is the same in any order. (A pair force half-way
/// between two points, to the last of the hundred bits of its product, would be taken to the even one of the sums.) It is
/// half a quantum because the kernels sum half of the forces.
fn bias(quantum: f64) -> f64 {
    3.0 * (1_u64 << 50) as f64 * quantum
}

/// What the kernels sum over one block: values and, as further parts, their tangents along each direction. Terms add to it
/// one after the other.
#[derive(Debug, Default)]
pub struct BlockSums {
    /// For each part the forces x, y, z and the energies of the lanes.
    rows: Vec<f64>,
    lanes: usize,
    /// Where the kernels' sums of forces start: see [`bias`].
    pub(super) bias: f64,
    /// Virial of each part, in the order of [`SYMMETRIC`].
    pub(super) virial: Vec<[f64; 6]>,
}

impl BlockSums {
    /// Zeros for `lanes` lanes and `parts` parts; forces will be multiples of `quantum` \[energy/length\], if it is not 0.
    pub fn reset(&mut self, lanes: usize, parts: usize, quantum: f64) {
        self.lanes = lanes;
        self.bias = bias(quantum);
        self.rows.clear();
        self.rows.resize(parts * ROWS * lanes, 0.0);
        self.virial.clear();
        self.virial.resize(parts, [0.0; 6]);
    }

    /// # Panics
    /// Unless there are the lanes and parts: the stores of the kernels rely on it.
    pub(super) fn assert_shape(&self, lanes: usize, parts: usize) {
        assert!(self.lanes == lanes && self.rows.len() >= parts * ROWS * lanes && self.virial.len() >= parts);
    }

    /// Where component `c` of part `p` is, from a lane on: so many values as lanes are left are valid there.
    #[inline(always)]
    pub(super) fn lane(&mut self, p: usize, c: usize, lane: usize) -> *mut f64 {
        self.rows[(p * ROWS + c) * self.lanes + lane..].as_mut_ptr()
    }

    /// Component `c` (0 to 2: force; 3: energy) of part `p`, one value a lane.
    pub fn row(&self, p: usize, c: usize) -> &[f64] {
        let first = (p * ROWS + c) * self.lanes;
        &self.rows[first..first + self.lanes]
    }
}

/// Directions in one pass at most.
pub(super) const MOST_DIRECTIONS: usize = 8;

/// Which parts of the sums a pass adds to.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    /// Add values, too? Where an evaluation takes several passes one of them does.
    pub values: bool,
    /// The first direction of the pass, from 0: its tangents are part 1 + `first` of the sums.
    pub first: usize,
    /// Number of directions of the pass, up to [`MOST_DIRECTIONS`].
    pub directions: usize,
    /// Number of parts of the whole evaluation.
    pub all: usize,
}

impl Parts {
    /// Values alone.
    pub const VALUES: Self = Self {
        values: true,
        first: 0,
        directions: 0,
        all: 1,
    };
}

/// What a row of lanes sums: for values, or for tangents along one direction.
#[derive(Clone, Copy)]
pub(super) struct RowSums<L> {
    pub(super) force: [L; 3],
    pub(super) energy: L,
    pub(super) virial: [L; 6],
    pub(super) slopes: [L; SWEEP],
}

/// A scalar of which one part is summed: a value by itself, of a dual number the tangent.
pub(super) trait Summand<L: Lane>: Real<Lane = L> {
    fn of(sum: L) -> Self;
    fn sum(self) -> L;
}

impl<L: Lane> Summand<L> for L {
    #[inline(always)]
    fn of(sum: L) -> L {
        sum
    }
    #[inline(always)]
    fn sum(self) -> L {
        self
    }
}

impl<L: Lane> Summand<L> for Dual<L, 1> {
    #[inline(always)]
    fn of(sum: L) -> Self {
        Dual::with_tangents(L::lit(0.0), [sum])
    }
    #[inline(always)]
    fn sum(self) -> L {
        if self.on[0] { self.d[0] } else { L::lit(0.0) }
    }
}

impl<L: Lane> RowSums<L> {
    #[inline(always)]
    pub(super) fn zero() -> Self {
        Self::from(L::lit(0.0))
    }

    /// Nothing but the start of the sums of forces.
    #[inline(always)]
    pub(super) fn from(bias: L) -> Self {
        let zero = L::lit(0.0);
        Self {
            force: [bias; 3],
            energy: zero,
            virial: [zero; 6],
            slopes: [zero; SWEEP],
        }
    }

    /// Adds the pairs of the lanes that are near.
    #[inline(always)]
    pub(super) fn add<S: Summand<L>, const ENERGY: bool>(
        &mut self,
        near: L::Mask,
        d: [S; 3],
        (u, g, du): Pair<S>,
        slopes: bool,
    ) {
        let zero = S::lit(0.0);
        let g = S::select(near, g, zero);
        for k in 0..3 {
            self.force[k] = g.mul_add(d[k], S::of(self.force[k])).sum();
        }
        if ENERGY {
            self.energy = self.energy + S::select(near, u, zero).sum();
            let gd = [g * d[0], g * d[1], g * d[2]];
            for k in 0..6 {
                let (a, b) = SYMMETRIC[k];
                self.virial[k] = gd[a].mul_add(d[b], S::of(self.virial[k])).sum();
            }
        }
        if slopes {
            for k in 0..SWEEP {
                self.slopes[k] = self.slopes[k] + S::select(near, du[k], zero).sum();
            }
        }
    }
}
