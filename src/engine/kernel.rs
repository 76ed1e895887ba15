//! The force kernel: the one loop over pairs of atoms, for any pair energy, lane type and order of differentiation.
//!
//! With g = du/d(r²) and d = r_j − r_i the sums over a *full* list are F_i = Σ 2 g d, E = ½ Σ u and, the strain derivative
//! of the same sum, W = −Σ g d dᵀ (−dE/dε, unless pairs that jump at the cutoff cross it). The operations that lead to the forces are the same in every variant, so the
//! forces have the same bits whatever else is asked for.

use super::coordinates::Coordinates;
use super::order::Order;
use super::sell::{Block, LANES};
use super::table::{MOST_LEAVES, Table, assemble};
use admd_ad::{Dual, Kernel, Lane, Real};
use admd_potentials::form::pair::PairEnergy;
use admd_potentials::form::parameters::Leaves;
use core::marker::PhantomData;

/// Energy of a pair and its slope in the squared distance.
///
/// The library has one implementation, [`ByDual`]; benchmarks plug a derivative written by hand into the same loop.
pub trait PairEvaluator: Send + Sync + 'static {
    /// Coefficients of one pair of species.
    type Coef<S: Real>: Leaves<S>;
    /// u(r²) and du/d(r²).
    fn evaluate<S: Real>(r2: S, c: &Self::Coef<S>) -> (S, S);
}

/// The slope by automatic differentiation: the energy at a dual in r².
pub struct ByDual<E>(PhantomData<E>);

impl<E: PairEnergy> PairEvaluator for ByDual<E> {
    type Coef<S: Real> = E::Coef<S>;
    #[inline(always)]
    fn evaluate<S: Real>(r2: S, c: &E::Coef<S>) -> (S, S) {
        let mut constants = [Dual::constant(S::lit(0.0)); MOST_LEAVES];
        for k in 0..<E::Coef<S>>::COUNT {
            constants[k] = Dual::constant(c.leaf(k));
        }
        let u = E::energy(Dual::<S, 1>::variable(r2, 0), &assemble(&constants));
        (u.v, u.d[0])
    }
}

/// Components of a row of [`BlockSums`]: three of the force, and the energy.
const ROWS: usize = 4;
/// The elements of a symmetric tensor in the order xx, yy, zz, xy, xz, yz.
pub(super) const SYMMETRIC: [(usize, usize); 6] = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)];

/// What the kernels sum over one block. Terms add to it one after the other.
#[derive(Debug, Default)]
pub struct BlockSums {
    /// For each part the forces x, y, z and the energies of the lanes.
    rows: Vec<f64>,
    lanes: usize,
    /// Virial of each part, in the order of [`SYMMETRIC`].
    pub(super) virial: [[f64; 6]; 2],
}

impl BlockSums {
    /// Zeros for `lanes` lanes and `parts` parts.
    pub fn reset(&mut self, lanes: usize, parts: usize) {
        self.lanes = lanes;
        self.rows.clear();
        self.rows.resize(parts * ROWS * lanes, 0.0);
        self.virial = [[0.0; 6]; 2];
    }

    /// Component `c` (0 to 2: force; 3: energy) of part `p`, one value a lane.
    pub fn row(&self, p: usize, c: usize) -> &[f64] {
        let first = (p * ROWS + c) * self.lanes;
        &self.rows[first..first + self.lanes]
    }
}

/// What every loop over a block relies on: its slots are slots of the coordinates, and its pairs of species, one an entry
/// unless it is `uniform`, are rows of a table of `leaves` coefficients.
///
/// # Panics
/// When block, coordinates and table do not belong together.
pub(super) fn assert_together<O: Order>(
    block: &Block,
    coordinates: &Coordinates,
    table: &Table,
    leaves: usize,
    uniform: bool,
) {
    coordinates.assert_slots(block.slots(), O::PARTS);
    table.assert_shape::<O>(leaves, if uniform { 1 } else { block.kinds() });
    assert!(uniform || block.pairs().len() == block.entries().len());
    assert!(block.first() + block.lanes() <= block.slots());
}

/// The force kernel over one block.
///
/// `ENERGY`: sum energies and virial, too. `UNIFORM`: there is one pair of species.
pub struct ForcePass<'a, P, O, const ENERGY: bool, const UNIFORM: bool> {
    block: &'a Block,
    coordinates: &'a Coordinates,
    table: &'a Table,
    sums: &'a mut BlockSums,
    kind: PhantomData<(P, O)>,
}

impl<'a, P: PairEvaluator, O: Order, const ENERGY: bool, const UNIFORM: bool> ForcePass<'a, P, O, ENERGY, UNIFORM> {
    /// Checks once what the loop relies on.
    ///
    /// # Panics
    /// When list, coordinates, coefficients and sums do not belong together.
    pub fn new(block: &'a Block, coordinates: &'a Coordinates, table: &'a Table, sums: &'a mut BlockSums) -> Self {
        assert_together::<O>(block, coordinates, table, <P::Coef<f64>>::COUNT, UNIFORM);
        assert!(sums.lanes == block.lanes() && sums.rows.len() >= O::PARTS * ROWS * sums.lanes);
        Self {
            block,
            coordinates,
            table,
            sums,
            kind: PhantomData,
        }
    }
}

impl<P: PairEvaluator, O: Order, const ENERGY: bool, const UNIFORM: bool> Kernel
    for ForcePass<'_, P, O, ENERGY, UNIFORM>
{
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let Self {
            block,
            coordinates,
            table,
            sums,
            ..
        } = self;
        let zero = O::Scalar::<L>::lit(0.0);
        let far = L::lit(table.far());
        let (entries, pairs) = (block.entries().as_ptr(), block.pairs().as_ptr());
        let uniform = table.uniform::<O, L, P::Coef<O::Scalar<L>>>();
        let mut virial = [zero; 6];
        for slice in 0..block.slices() {
            for lane in (0..LANES).step_by(L::WIDTH) {
                let row = slice * LANES + lane;
                // SAFETY: `new` checked that the slots of the block's lanes are slots of the coordinates.
                let here: [O::Scalar<L>; 3] = unsafe { coordinates.load::<O, L>(block.first() + row) };
                let mut force = [zero; 3];
                let mut energy = zero;
                let range = block.slice(slice);
                let mut at = range.start + lane;
                while at < range.end {
                    // SAFETY: `at` is a multiple of WIDTH below the slice's end, a multiple of eight within the entries.
                    let there: [O::Scalar<L>; 3] = unsafe { coordinates.gather::<O, L>(entries.add(at)) };
                    let (cutoff2, coef) = if UNIFORM {
                        uniform
                    } else {
                        // SAFETY: `new` checked that there is one pair of species an entry, and the shape of the table.
                        unsafe { table.gather::<O, L, P::Coef<O::Scalar<L>>>(pairs.add(at)) }
                    };
                    let d = [there[0] - here[0], there[1] - here[1], there[2] - here[2]];
                    let r2 = d[0].mul_add(d[0], d[1].mul_add(d[1], d[2] * d[2]));
                    let near = r2.primal().lt(cutoff2);
                    // a masked lane is evaluated at the largest cutoff: no infinity, no denormal, whatever the energy
                    let (u, g) = P::evaluate(O::Scalar::<L>::select(near, r2, O::Scalar::<L>::lift(far)), &coef);
                    let g = O::Scalar::<L>::select(near, g, zero);
                    for k in 0..3 {
                        force[k] = g.mul_add(d[k], force[k]);
                    }
                    if ENERGY {
                        energy = energy + O::Scalar::<L>::select(near, u, zero);
                        let gd = [g * d[0], g * d[1], g * d[2]];
                        for k in 0..6 {
                            let (a, b) = SYMMETRIC[k];
                            virial[k] = gd[a].mul_add(d[b], virial[k]);
                        }
                    }
                    at += LANES;
                }
                let totals = [force[0] * 2.0, force[1] * 2.0, force[2] * 2.0, energy * 0.5];
                for c in 0..if ENERGY { ROWS } else { 3 } {
                    for p in 0..O::PARTS {
                        // SAFETY: `new` checked the size of the rows; `row` + WIDTH is at most the number of lanes.
                        unsafe {
                            let sum = sums.rows.as_mut_ptr().add((p * ROWS + c) * sums.lanes + row);
                            (L::load(sum) + O::part(totals[c], p)).store(sum);
                        }
                    }
                }
            }
        }
        if ENERGY {
            for p in 0..O::PARTS {
                for k in 0..6 {
                    sums.virial[p][k] -= O::part(virial[k], p).sum();
                }
            }
        }
    }
}
