//! The parameter gradient: the adjoint of the coefficients of each pair of species, summed over the pairs of atoms.
//!
//! dE/dc is half the sum of du/dc over the full list. Parameters never enter this loop: one pass of the chain rule through
//! the preparation of the coefficients turns the adjoints into dE/dθ.

use super::coordinates::Coordinates;
use super::kernel::assert_together;
use super::order::Order;
use super::sell::{Block, LANES};
use super::table::{MOST_LEAVES, Table, assemble};
use admd_ad::{Dual, Kernel, Lane, Real};
use admd_potentials::form::pair::PairEnergy;
use admd_potentials::form::parameters::Leaves;
use core::marker::PhantomData;

/// Coefficients differentiated in one sweep; more of them take more sweeps.
const WIDTH: usize = 4;

/// Sums du/dc over one block into `sums`: for each pair of species its leaves, for each leaf its parts.
pub(super) struct AdjointPass<'a, E, O> {
    block: &'a Block,
    coordinates: &'a Coordinates,
    table: &'a Table,
    sums: &'a mut [f64],
    kind: PhantomData<(E, O)>,
}

impl<'a, E: PairEnergy, O: Order> AdjointPass<'a, E, O> {
    /// Number of leaves of the coefficients.
    pub(super) const COUNT: usize = <E::Coef<f64>>::COUNT;

    /// Checks once what the loop relies on.
    ///
    /// # Panics
    /// When list, coordinates, coefficients and sums do not belong together.
    pub(super) fn new(block: &'a Block, coordinates: &'a Coordinates, table: &'a Table, sums: &'a mut [f64]) -> Self {
        assert_together::<O>(block, coordinates, table, Self::COUNT, block.pairs().is_empty());
        assert_eq!(sums.len(), table.pairs() * Self::COUNT * O::PARTS);
        Self {
            block,
            coordinates,
            table,
            sums,
            kind: PhantomData,
        }
    }

    /// One sweep, with the leaves from `first` on as variables.
    #[inline(always)]
    fn sweep<L: Lane>(&mut self, first: usize) {
        type Wide<O, L> = Dual<<O as Order>::Scalar<L>, WIDTH>;
        let one_kind = [0; LANES];
        let one = self.block.pairs().is_empty();
        let mut total = [O::Scalar::<L>::lit(0.0); WIDTH];
        for slice in 0..self.block.slices() {
            for lane in (0..LANES).step_by(L::WIDTH) {
                let slot = self.block.first() + slice * LANES + lane;
                // SAFETY: `new` checked that the slots of the block's lanes are slots of the coordinates.
                let here: [O::Scalar<L>; 3] = unsafe { self.coordinates.load::<O, L>(slot) };
                let range = self.block.slice(slice);
                let mut at = range.start + lane;
                while at < range.end {
                    let entries = &self.block.entries()[at..at + L::WIDTH];
                    let kinds = self
                        .block
                        .pairs()
                        .get(at..at + L::WIDTH)
                        .unwrap_or(&one_kind[..L::WIDTH]);
                    // SAFETY: the slices hold WIDTH values, and the block's were checked against coordinates and table.
                    let (there, (cutoff2, coef)) = unsafe {
                        (
                            self.coordinates.gather::<O, L>(entries.as_ptr()),
                            self.table.gather::<O, L, E::Coef<O::Scalar<L>>>(kinds.as_ptr()),
                        )
                    };
                    let d = [there[0] - here[0], there[1] - here[1], there[2] - here[2]];
                    let r2 = d[0].mul_add(d[0], d[1].mul_add(d[1], d[2] * d[2]));
                    let near = r2.primal().lt(cutoff2);
                    let r2 = O::Scalar::<L>::select(near, r2, O::Scalar::<L>::lift(L::lit(self.table.far())));
                    let mut variables = [Wide::<O, L>::lit(0.0); MOST_LEAVES];
                    for k in 0..Self::COUNT {
                        variables[k] = if (first..first + WIDTH).contains(&k) {
                            Dual::variable(coef.leaf(k), k - first)
                        } else {
                            Dual::constant(coef.leaf(k))
                        };
                    }
                    let u = E::energy(Wide::<O, L>::constant(r2), &assemble(&variables));
                    for v in 0..WIDTH.min(Self::COUNT - first) {
                        let slope = O::Scalar::<L>::select(near, u.d[v], O::Scalar::<L>::lit(0.0));
                        if one {
                            total[v] = total[v] + slope;
                            continue;
                        }
                        for p in 0..O::PARTS {
                            let mut lanes = [0.0; LANES];
                            // SAFETY: no lane type is wider than LANES.
                            unsafe { O::part(slope, p).store(lanes.as_mut_ptr()) };
                            for k in 0..L::WIDTH {
                                let leaf = kinds[k] as usize * Self::COUNT + first + v;
                                self.sums[leaf * O::PARTS + p] += 0.5 * lanes[k];
                            }
                        }
                    }
                    at += LANES;
                }
            }
        }
        if one {
            for v in 0..WIDTH.min(Self::COUNT - first) {
                for p in 0..O::PARTS {
                    self.sums[(first + v) * O::PARTS + p] += 0.5 * O::part(total[v], p).sum();
                }
            }
        }
    }
}

impl<E: PairEnergy, O: Order> Kernel for AdjointPass<'_, E, O> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(mut self) {
        for first in (0..Self::COUNT).step_by(WIDTH) {
            self.sweep::<L>(first);
        }
    }
}
