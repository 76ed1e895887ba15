//! The force kernel: the one loop over pairs of atoms, for any pair energy, lane type and order of differentiation.
//!
//! With g = du/d(r²) and d = r_j − r_i the sums over a *full* list are F_i = Σ 2 g d, E = ½ Σ u and, the strain derivative
//! of the same sum, W = −Σ g d dᵀ (−dE/dε, unless pairs that jump at the cutoff cross it). The operations that lead to the
//! forces are the same in every variant, so the forces have the same bits whatever else is asked for.

use super::halo::Local;
use super::order::{CoefficientOf, Order};
use super::sell::{Block, WIDEST};
use super::table::{MOST_LEAVES, Table, assemble};
use admd_ad::{Dual, Element, Kernel, Lane, Real};
use admd_potentials::form::pair::PairEnergy;
use admd_potentials::form::parameters::Leaves;
use core::marker::PhantomData;

/// Coefficients differentiated in one sweep over the list; more of them take more sweeps.
pub const SWEEP: usize = 4;

/// Energy of a pair, its slope in the squared distance, and its slopes in the coefficients.
///
/// The library has two implementations, [`ByDual`] and [`WithSlopes`]; benchmarks plug a derivative written by hand into
/// the same loop.
pub trait PairEvaluator: Send + Sync + 'static {
    /// Coefficients of one pair of species.
    type Coef<S: Real>: Leaves<S>;
    /// Number of coefficients in which slopes are evaluated.
    const SLOPES: usize;
    /// u(r²), du/d(r²) and du/dc for [`SWEEP`] coefficients from `first` on, as far as there are slopes.
    fn evaluate<S: Real>(r2: S, c: &Self::Coef<S>, first: usize) -> (S, S, [S; SWEEP]);
}

/// The slope by automatic differentiation: the energy at a dual in r².
pub struct ByDual<E>(PhantomData<E>);

impl<E: PairEnergy> PairEvaluator for ByDual<E> {
    type Coef<S: Real> = E::Coef<S>;
    const SLOPES: usize = 0;
    #[inline(always)]
    fn evaluate<S: Real>(r2: S, c: &E::Coef<S>, _: usize) -> (S, S, [S; SWEEP]) {
        let mut constants = [Dual::constant(S::lit(0.0)); MOST_LEAVES];
        for k in 0..<E::Coef<S>>::COUNT {
            constants[k] = Dual::constant(c.leaf(k));
        }
        let u = E::energy(Dual::<S, 1>::variable(r2, 0), &assemble(&constants));
        (u.v, u.d[0], [S::lit(0.0); SWEEP])
    }
}

/// The slopes in r² and in the coefficients: the energy at a dual in all of them.
pub struct WithSlopes<E>(PhantomData<E>);

impl<E: PairEnergy> PairEvaluator for WithSlopes<E> {
    type Coef<S: Real> = E::Coef<S>;
    const SLOPES: usize = <E::Coef<f64>>::COUNT;
    #[inline(always)]
    fn evaluate<S: Real>(r2: S, c: &E::Coef<S>, first: usize) -> (S, S, [S; SWEEP]) {
        let mut variables = [Dual::<S, { 1 + SWEEP }>::constant(S::lit(0.0)); MOST_LEAVES];
        for k in 0..Self::SLOPES {
            variables[k] = if (first..first + SWEEP).contains(&k) {
                Dual::variable(c.leaf(k), 1 + k - first)
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

/// The force kernel over one block.
///
/// `ENERGY`: sum energies and virial, too. Where the evaluator has slopes in the coefficients, they are summed for each
/// pair of species: for each of its leaves the parts.
pub struct ForcePass<'a, P, O, E, const ENERGY: bool> {
    block: &'a Block,
    local: &'a Local<E>,
    table: &'a Table,
    sums: &'a mut BlockSums,
    slopes: &'a mut [f64],
    kind: PhantomData<(P, O)>,
}

impl<'a, P: PairEvaluator, O: Order, E: Element, const ENERGY: bool> ForcePass<'a, P, O, E, ENERGY> {
    /// Checks once what the loop relies on.
    ///
    /// # Panics
    /// When list, coordinates, coefficients and sums do not belong together.
    pub fn new(
        block: &'a Block,
        local: &'a Local<E>,
        table: &'a Table,
        sums: &'a mut BlockSums,
        slopes: &'a mut [f64],
    ) -> Self {
        local.assert_places(block.halo.len, O::PARTS);
        table.assert_shape::<O::Coefficients>(<P::Coef<f64>>::COUNT, block.species());
        assert!(sums.lanes == block.lanes() && sums.rows.len() >= O::PARTS * ROWS * sums.lanes);
        assert!(block.width() >= E::WIDEST && block.width() <= WIDEST);
        assert_eq!(
            slopes.len(),
            if P::SLOPES > 0 {
                table.pairs() * P::SLOPES * O::PARTS
            } else {
                0
            }
        );
        Self {
            block,
            local,
            table,
            sums,
            slopes,
            kind: PhantomData,
        }
    }
}

impl<P: PairEvaluator, O: Order, E: Element, const ENERGY: bool> Kernel<E> for ForcePass<'_, P, O, E, ENERGY> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane<Element = E>>(mut self) {
        self.sweep::<L>(0);
        for first in (SWEEP..P::SLOPES).step_by(SWEEP) {
            self.sweep::<L>(first);
        }
    }
}

impl<P: PairEvaluator, O: Order, E: Element, const ENERGY: bool> ForcePass<'_, P, O, E, ENERGY> {
    /// One sweep over the list: forces and energies when `first` is 0, slopes in the coefficients from `first` on.
    #[inline(always)]
    fn sweep<L: Lane<Element = E>>(&mut self, first: usize) {
        let Self {
            block, local, table, ..
        } = *self;
        let zero = O::Scalar::<L>::lit(0.0);
        let far = O::Scalar::<L>::lift(L::lit(table.far()));
        let width = block.width();
        let entries = block.entries().as_ptr();
        for row in (0..block.lanes()).step_by(L::WIDTH) {
            let (slice, lane) = (row / width, row % width);
            // SAFETY: `new` checked that the block's places are places of the coordinates; its lanes come first.
            let here: [O::Scalar<L>; 3] = unsafe { local.load::<O, L>(row) };
            let mut force = [zero; 3];
            let mut energy = zero;
            let mut virial = [zero; 6];
            for species in 0..block.species() {
                let mut slopes = [zero; SWEEP];
                let (cutoff2, coef) =
                    table.coefficients::<O::Coefficients, L, P::Coef<CoefficientOf<O, L>>>(block, row, species);
                let range = block.segment(slice, species);
                let mut at = range.start + lane;
                while at < range.end {
                    // SAFETY: `at` is a multiple of WIDTH below the segment's end, which is a multiple of the width of a
                    // slice within the entries; every entry is a place of the block.
                    let there: [O::Scalar<L>; 3] = unsafe { local.gather::<O, L>(entries.add(at)) };
                    let d = [there[0] - here[0], there[1] - here[1], there[2] - here[2]];
                    let r2 = O::Scalar::<L>::squares(d);
                    let near = r2.primal().lt(cutoff2);
                    // a masked lane is evaluated at the largest cutoff: no infinity, no denormal, whatever the energy
                    let (u, g, du) = O::evaluate::<P, L>(O::Scalar::<L>::select(near, r2, far), &coef, first);
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
                    for k in 0..SWEEP {
                        if first + k < P::SLOPES {
                            slopes[k] = slopes[k] + O::Scalar::<L>::select(near, du[k], zero);
                        }
                    }
                    at += width;
                }
                for k in 0..SWEEP {
                    for p in 0..O::PARTS {
                        if first + k < P::SLOPES {
                            self.add_slope(O::part(slopes[k], p), row, species, (first + k) * O::PARTS + p);
                        }
                    }
                }
            }
            let totals = [force[0] * 2.0, force[1] * 2.0, force[2] * 2.0, energy * 0.5];
            for c in 0..if ENERGY { ROWS } else { 3 } {
                for p in 0..O::PARTS {
                    if first == 0 {
                        // SAFETY: `new` checked the size of the rows; `row` + WIDTH is at most the number of lanes.
                        unsafe {
                            let sum = self.sums.rows.as_mut_ptr().add((p * ROWS + c) * self.sums.lanes + row);
                            O::part(totals[c], p).add_to(sum);
                        }
                    }
                }
            }
            if ENERGY && first == 0 {
                for p in 0..O::PARTS {
                    for k in 0..6 {
                        self.sums.virial[p][k] -= O::part(virial[k], p).sum();
                    }
                }
            }
        }
    }

    /// Adds half of the lanes' sums, for the full list has each pair twice, to a slope of their pairs of species.
    #[inline(always)]
    fn add_slope<L: Lane<Element = E>>(&mut self, sum: L, row: usize, species: usize, slope: usize) {
        let stride = P::SLOPES * O::PARTS;
        if self.block.species() == 1 {
            self.slopes[slope] += 0.5 * sum.sum();
            return;
        }
        for lane in 0..L::WIDTH {
            let pair = self.table.pair(usize::from(self.block.kinds()[row + lane]), species);
            self.slopes[pair * stride + slope] += 0.5 * sum.extract(lane);
        }
    }
}
