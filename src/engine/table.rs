//! Coefficients of every pair of species, laid out for the kernels: one column a leaf, one row a pair.

use super::kernel::SWEEP;
use super::sell::{Block, WIDEST};
use admd_ad::{Dual, Lane};
use admd_potentials::form::parameters::Leaves;

/// Coefficients that one pair of species may have.
pub(super) const MOST_LEAVES: usize = 2 * SWEEP;

/// Squared cutoffs and coefficients.
#[derive(Debug, Default)]
pub struct Table {
    pairs: usize,
    /// Squared cutoffs, then for each leaf its parts.
    columns: Vec<f64>,
    /// A squared distance at which every pair can be evaluated: the largest cutoff \[length²\].
    far: f64,
    leaves: usize,
    parts: usize,
    species: usize,
    /// The number of the pair of species a, b at a · species + b.
    index: Vec<u32>,
}

/// Pairs of species, one a lane.
pub(super) struct Pairs {
    /// Is there one species, and so one pair for all lanes?
    one: bool,
    pairs: [usize; WIDEST],
}

impl Table {
    /// A table from the squared cutoff \[length²\] and the coefficients of each pair of species; `index` gives the number
    /// of the pair of species a, b at a · species + b.
    pub fn new<C: Leaves<f64>>(rows: &[(f64, C)], index: Vec<u32>) -> Self {
        let cutoffs = rows.iter().map(|(cutoff2, _)| *cutoff2);
        let mut columns: Vec<f64> = cutoffs.clone().collect();
        for k in 0..C::COUNT {
            columns.extend(rows.iter().map(|(_, c)| c.leaf(k)));
        }
        Self {
            pairs: rows.len(),
            far: cutoffs.fold(0.0, f64::max),
            columns,
            leaves: C::COUNT,
            parts: 1,
            species: index.len().isqrt(),
            index,
        }
    }

    /// The same table with the tangents of the coefficients: for each direction those of each pair of species.
    pub(super) fn inclined<C: Leaves<Dual<f64, 1>>>(&self, directions: &[Vec<C>]) -> Self {
        assert!(self.parts == 1 && self.leaves == C::COUNT);
        let parts = 1 + directions.len();
        let mut columns = self.columns[..self.pairs].to_vec();
        for k in 0..self.leaves {
            columns.extend_from_slice(&self.columns[(1 + k) * self.pairs..(2 + k) * self.pairs]);
            for rows in directions {
                assert_eq!(rows.len(), self.pairs);
                // the value is that of this table: prepared in another scalar it may round differently
                columns.extend(rows.iter().map(|c| if c.leaf(k).on[0] { c.leaf(k).d[0] } else { 0.0 }));
            }
        }
        Self {
            columns,
            parts,
            index: self.index.clone(),
            ..*self
        }
    }

    /// Number of pairs of species.
    pub fn pairs(&self) -> usize {
        self.pairs
    }

    /// The largest squared cutoff \[length²\].
    pub fn far(&self) -> f64 {
        self.far
    }

    /// # Panics
    /// Unless the table was made for this number of leaves and of species, and for `directions` or none: the kernels rely on
    /// it.
    pub(super) fn assert_shape(&self, leaves: usize, directions: usize, species: usize) {
        assert!(
            self.leaves == leaves && (self.parts == 1 || self.parts == 1 + directions),
            "a coefficient table of another shape"
        );
        assert!(self.columns.len() == self.pairs * (1 + leaves * self.parts));
        assert!(self.index.len() >= species * species && self.index.iter().all(|k| (*k as usize) < self.pairs));
    }

    /// The number of a pair of species.
    #[inline(always)]
    pub(super) fn pair(&self, a: usize, b: usize) -> usize {
        self.index[a * self.species + b] as usize
    }

    /// The pairs of species of the atoms in the lanes from `row` on with neighbours of one species.
    #[inline(always)]
    pub(super) fn pairs_of<L: Lane>(&self, block: &Block, row: usize, species: usize) -> Pairs {
        let mut pairs = [0; WIDEST];
        if block.species() > 1 {
            for lane in 0..L::WIDTH {
                pairs[lane] = self.pair(usize::from(block.kinds()[row + lane]), species);
            }
        }
        Pairs {
            one: block.species() == 1,
            pairs,
        }
    }

    /// Squared cutoff and coefficients of the pairs.
    #[inline(always)]
    pub(super) fn coefficients<L: Lane, C: Leaves<L>>(&self, pairs: &Pairs) -> (L, C) {
        let mut leaves = [L::lit(0.0); MOST_LEAVES];
        for k in 0..C::COUNT {
            leaves[k] = self.lanes(1 + k * self.parts, pairs);
        }
        (self.lanes(0, pairs), assemble(&leaves))
    }

    /// The tangent of a coefficient along a direction; zero in a table without tangents.
    #[inline(always)]
    pub(super) fn tangent<L: Lane>(&self, leaf: usize, direction: usize, pairs: &Pairs) -> L {
        if self.parts == 1 {
            L::lit(0.0)
        } else {
            self.lanes(1 + leaf * self.parts + 1 + direction, pairs)
        }
    }

    /// One column, at the pair of species of each lane.
    #[inline(always)]
    fn lanes<L: Lane>(&self, column: usize, pairs: &Pairs) -> L {
        let column = &self.columns[column * self.pairs..(column + 1) * self.pairs];
        if pairs.one {
            L::lit(column[0])
        } else {
            L::from_fn(|lane| column[pairs.pairs[lane]])
        }
    }
}

/// Coefficients from an array of their leaves. The closure is trivial on purpose: see [`super::order`].
#[inline(always)]
pub(super) fn assemble<T: Copy, C: Leaves<T>>(leaves: &[T; MOST_LEAVES]) -> C {
    const { assert!(C::COUNT <= MOST_LEAVES, "more coefficients than MOST_LEAVES") };
    C::from_fn(|k| leaves[k])
}
