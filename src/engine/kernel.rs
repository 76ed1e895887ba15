//! The force kernel: the one loop over pairs of atoms, for any pair energy, lane type and order of differentiation.
//!
//! With g = du/d(r²) and d = r_j − r_i the sums over a *full* list are F_i = Σ 2 g d, E = ½ Σ u and, the strain derivative
//! of the same sum, W = −Σ g d dᵀ (−dE/dε, unless pairs that jump at the cutoff cross it). The operations that lead to the
//! forces are the same in every variant, so the forces have the same bits whatever else is asked for.

use super::halo::Local;
use super::order::{Order, Pair};
use super::sell::{Block, WIDEST};
use super::sums::{BlockSums, MOST_DIRECTIONS, Parts, ROWS, RowSums};
use super::table::{MOST_LEAVES, Table, assemble};
use admd_ad::{Dual, Element, Kernel, Lane, Real};
use admd_potentials::form::pair::PairEnergy;
use admd_potentials::form::parameters::Leaves;
use core::marker::PhantomData;

/// Coefficients differentiated in one sweep over the list; more of them take more sweeps.
pub const SWEEP: usize = 4;

/// Energy of a pair, its slope in the squared distance, and where asked for its slopes in the coefficients.
///
/// Every run uses [`ByDual`]; benchmarks plug a derivative written by hand into the same loop.
pub trait PairEvaluator: Send + Sync + 'static {
    /// Coefficients of one pair of species.
    type Coef<S: Real>: Leaves<S>;
    /// u(r²) and du/d(r²).
    fn evaluate<S: Real>(r2: S, c: &Self::Coef<S>) -> (S, S);
    /// The same, and du/dc for the N-th [`SWEEP`] coefficients, as far as there are so many.
    fn slopes<S: Real, const N: usize>(r2: S, c: &Self::Coef<S>) -> Pair<S>;
}

/// The slopes by automatic differentiation: the energy at a dual.
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

    #[inline(always)]
    fn slopes<S: Real, const N: usize>(r2: S, c: &E::Coef<S>) -> Pair<S> {
        let mut variables = [Dual::<S, { 1 + SWEEP }>::constant(S::lit(0.0)); MOST_LEAVES];
        for k in 0..<E::Coef<S>>::COUNT {
            variables[k] = if k / SWEEP == N {
                Dual::variable(c.leaf(k), 1 + k % SWEEP)
            } else {
                Dual::constant(c.leaf(k))
            };
        }
        let u = E::energy(Dual::variable(r2, 0), &assemble(&variables));
        let mut slopes = [S::lit(0.0); SWEEP];
        slopes.copy_from_slice(&u.d[1..]);
        (u.v, u.d[0], slopes)
    }
}

/// Stands for a number of directions that is known when the program runs.
pub const ANY: usize = usize::MAX;

/// The force kernel over one block, with tangents along K directions, or [`ANY`] number of them.
///
/// `ENERGY`: sum energies and virial, too. Where the order has slopes in the coefficients, they are summed for each pair of
/// species: for each of its leaves the parts.
pub struct ForcePass<'a, P, O, E, const K: usize, const ENERGY: bool> {
    block: &'a Block,
    local: &'a Local<E>,
    table: &'a Table,
    parts: Parts,
    sums: &'a mut BlockSums,
    slopes: &'a mut [f64],
    kind: PhantomData<(P, O)>,
}

impl<'a, P: PairEvaluator, O: Order, E: Element, const K: usize, const ENERGY: bool> ForcePass<'a, P, O, E, K, ENERGY> {
    /// Checks once what the loop relies on.
    ///
    /// # Panics
    /// When list, coordinates, coefficients and sums do not belong together.
    pub fn new(
        block: &'a Block,
        local: &'a Local<E>,
        table: &'a Table,
        parts: Parts,
        sums: &'a mut BlockSums,
        slopes: &'a mut [f64],
    ) -> Self {
        let (leaves, directions) = (<P::Coef<f64>>::COUNT, parts.directions);
        assert!(if K == ANY {
            directions <= MOST_DIRECTIONS
        } else {
            directions == K
        });
        assert!(
            parts.first + 1 + directions <= parts.all,
            "directions that the sums have no part for"
        );
        local.assert_places(block.halo.len, parts.first + 1 + directions);
        table.assert_shape(leaves, directions, block.species());
        sums.assert_shape(block.lanes(), parts.all);
        assert!(block.width() >= E::WIDEST && block.width() <= WIDEST);
        assert_eq!(
            slopes.len(),
            if O::SLOPES {
                table.pairs() * leaves * parts.all
            } else {
                0
            }
        );
        Self {
            block,
            local,
            table,
            parts,
            sums,
            slopes,
            kind: PhantomData,
        }
    }
}

impl<P: PairEvaluator, O: Order, E: Element, const K: usize, const ENERGY: bool> Kernel<E>
    for ForcePass<'_, P, O, E, K, ENERGY>
{
    type Output = ();

    #[inline(always)]
    fn run<L: Lane<Element = E>>(mut self) {
        self.sweep::<L, 0>();
        // constants, so that nothing is compiled for coefficients that do not exist
        if (O::SLOPES || O::PARAMETERS) && <P::Coef<L>>::COUNT > SWEEP {
            self.sweep::<L, 1>();
        }
    }
}

impl<P: PairEvaluator, O: Order, E: Element, const K: usize, const ENERGY: bool> ForcePass<'_, P, O, E, K, ENERGY> {
    /// The N-th sweep over the list: forces and energies when it is the first, slopes in the N-th [`SWEEP`] coefficients, and
    /// what these add to the tangents.
    #[inline(always)]
    fn sweep<L: Lane<Element = E>, const N: usize>(&mut self) {
        let Self {
            block,
            local,
            table,
            parts,
            ..
        } = *self;
        let directions = if K == ANY { parts.directions } else { K };
        let zero = L::lit(0.0);
        let bias = L::lit(self.sums.bias);
        let far = L::lit(table.far());
        let width = block.width();
        let entries = block.entries().as_ptr();
        // one for each direction, in use up to their number
        let mut here_along = [[zero; 3]; MOST_DIRECTIONS];
        let mut coef_along = [[zero; MOST_LEAVES]; MOST_DIRECTIONS];
        let mut tangents = [RowSums::<L>::zero(); MOST_DIRECTIONS];
        for row in (0..block.lanes()).step_by(L::WIDTH) {
            let (slice, lane) = (row / width, row % width);
            // SAFETY: `new` checked that the block's places are places of the coordinates; its lanes come first.
            let here: [L; 3] = unsafe { local.load(row, 0) };
            let mut values = RowSums::<L>::from(bias);
            for p in 0..directions {
                // SAFETY: as above.
                here_along[p] = unsafe { local.load(row, 1 + parts.first + p) };
                tangents[p] = RowSums::zero();
            }
            for species in 0..block.species() {
                let pairs = table.pairs_of::<L>(block, row, species);
                let (cutoff2, coef) = table.coefficients::<L, P::Coef<L>>(&pairs);
                for p in 0..if O::PARAMETERS { directions } else { 0 } {
                    for k in 0..<P::Coef<L>>::COUNT {
                        coef_along[p][k] = table.tangent(k, p, &pairs);
                    }
                }
                let range = block.segment(slice, species);
                let mut at = range.start + lane;
                while at < range.end {
                    // SAFETY: `at` is a multiple of WIDTH below the segment's end, which is a multiple of the width of a
                    // slice within the entries; every entry is a place of the block.
                    let there: [L; 3] = unsafe { local.gather(entries.add(at), 0) };
                    let d = [there[0] - here[0], there[1] - here[1], there[2] - here[2]];
                    let r2 = L::squares(d);
                    let near = r2.lt(cutoff2);
                    // a masked lane is evaluated at the largest cutoff: no infinity, no denormal, whatever the energy
                    let r2 = L::select(near, r2, far);
                    let jet = O::jet::<P, L, N>(r2, &coef);
                    values.add::<L, ENERGY>(near, d, (jet.u, jet.g, jet.du), O::SLOPES);
                    for p in 0..directions {
                        // SAFETY: as for `there`.
                        let there: [L; 3] = unsafe { local.gather(entries.add(at), 1 + parts.first + p) };
                        let mut d = [Dual::constant(d[0]), Dual::constant(d[1]), Dual::constant(d[2])];
                        for k in 0..3 {
                            d[k] = Dual::with_tangents(d[k].v, [there[k] - here_along[p][k]]);
                        }
                        let r2 = Dual::with_tangents(r2, Dual::squares(d).d);
                        let pair = O::along::<P, L, N>(&jet, r2, &coef, &coef_along[p]);
                        tangents[p].add::<Dual<L, 1>, ENERGY>(near, d, pair, O::SLOPES);
                    }
                    at += width;
                }
                if O::SLOPES {
                    for k in 0..SWEEP {
                        let leaf = N * SWEEP + k;
                        if leaf < <P::Coef<L>>::COUNT {
                            if parts.values {
                                self.add_slope(core::mem::replace(&mut values.slopes[k], zero), row, species, leaf, 0);
                            }
                            for p in 0..directions {
                                let sum = core::mem::replace(&mut tangents[p].slopes[k], zero);
                                self.add_slope(sum, row, species, leaf, 1 + parts.first + p);
                            }
                        }
                    }
                }
            }
            if N == 0 && parts.values {
                for k in 0..3 {
                    values.force[k] = values.force[k] - bias;
                }
                self.add_row(&values, row, 0);
            }
            // with slopes, the first sweep has all of the tangents
            let adds = N == 0 || (O::PARAMETERS && !O::SLOPES);
            for p in 0..if adds { directions } else { 0 } {
                self.add_row(&tangents[p], row, 1 + parts.first + p);
            }
        }
    }

    /// Adds what a row of lanes has summed to a part of the sums.
    #[inline(always)]
    fn add_row<L: Lane<Element = E>>(&mut self, row_sums: &RowSums<L>, row: usize, part: usize) {
        let [x, y, z] = row_sums.force;
        let totals = [x * 2.0, y * 2.0, z * 2.0, row_sums.energy * 0.5];
        for c in 0..if ENERGY { ROWS } else { 3 } {
            // SAFETY: `new` checked the size of the rows; `row` + WIDTH is at most the number of lanes.
            unsafe {
                totals[c].add_to(self.sums.lane(part, c, row));
            }
        }
        for k in 0..if ENERGY { 6 } else { 0 } {
            self.sums.virial[part][k] -= row_sums.virial[k].sum();
        }
    }

    /// Adds half of the lanes' sums, for the full list has each pair twice, to a slope of their pairs of species.
    #[inline(always)]
    fn add_slope<L: Lane<Element = E>>(&mut self, sum: L, row: usize, species: usize, leaf: usize, part: usize) {
        let (all, leaves) = (self.parts.all, <P::Coef<L>>::COUNT);
        if self.block.species() == 1 {
            self.slopes[leaf * all + part] += 0.5 * sum.sum();
            return;
        }
        for lane in 0..L::WIDTH {
            let pair = self.table.pair(usize::from(self.block.kinds()[row + lane]), species);
            self.slopes[(pair * leaves + leaf) * all + part] += 0.5 * sum.extract(lane);
        }
    }
}
