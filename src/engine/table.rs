//! Coefficients of every pair of species, laid out for the kernels: one column a leaf, one row a pair.

use super::order::Order;
use super::sell::{Block, WIDEST};
use admd_ad::{Lane, Real};
use admd_potentials::form::parameters::Leaves;

/// Coefficients that one pair of species may have.
pub(super) const MOST_LEAVES: usize = 24;

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

impl Table {
    /// A table from the squared cutoff \[length²\] and the coefficients of each pair of species; `index` gives the number
    /// of the pair of species a, b at a · species + b.
    pub fn new<O: Order, C: Leaves<O::Scalar<f64>>>(rows: &[(f64, C)], index: Vec<u32>) -> Self {
        let cutoffs = rows.iter().map(|(cutoff2, _)| *cutoff2);
        let mut columns: Vec<f64> = cutoffs.clone().collect();
        for k in 0..C::COUNT {
            for p in 0..O::PARTS {
                columns.extend(rows.iter().map(|(_, c)| O::part(c.leaf(k), p)));
            }
        }
        Self {
            pairs: rows.len(),
            far: cutoffs.fold(0.0, f64::max),
            columns,
            leaves: C::COUNT,
            parts: O::PARTS,
            species: index.len().isqrt(),
            index,
        }
    }

    /// The same tangents with the values of another table, so that values have the same bits in every order: prepared in
    /// another scalar they may round differently.
    pub(super) fn with_values_of(mut self, other: &Self) -> Self {
        assert!(self.pairs == other.pairs && self.leaves == other.leaves);
        for k in 0..self.leaves {
            let [to, from] = [&self, other].map(|t| (1 + k * t.parts) * t.pairs);
            self.columns[to..to + self.pairs].copy_from_slice(&other.columns[from..from + other.pairs]);
        }
        self
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
    /// Unless the table was made for this order, number of leaves and number of species: the kernels rely on it.
    pub(super) fn assert_shape<O: Order>(&self, leaves: usize, species: usize) {
        assert!(
            self.leaves == leaves && self.parts == O::PARTS,
            "a coefficient table of another shape"
        );
        assert!(self.columns.len() == self.pairs * (1 + leaves * O::PARTS));
        assert!(self.index.len() >= species * species && self.index.iter().all(|k| (*k as usize) < self.pairs));
    }

    /// The number of a pair of species.
    #[inline(always)]
    pub(super) fn pair(&self, a: usize, b: usize) -> usize {
        self.index[a * self.species + b] as usize
    }

    /// Squared cutoff and coefficients for the atoms in the lanes from `row` on and neighbours of one species.
    #[inline(always)]
    pub(super) fn coefficients<O: Order, L: Lane, C: Leaves<O::Scalar<L>>>(
        &self,
        block: &Block,
        row: usize,
        species: usize,
    ) -> (L, C) {
        let mut pairs = [0; WIDEST];
        if block.species() > 1 {
            for lane in 0..L::WIDTH {
                pairs[lane] = self.pair(usize::from(block.kinds()[row + lane]), species);
            }
        }
        let mut leaves = [O::Scalar::<L>::lit(0.0); MOST_LEAVES];
        for k in 0..C::COUNT {
            let mut parts = [L::lit(0.0); 2];
            for p in 0..O::PARTS {
                parts[p] = self.lanes(1 + k * O::PARTS + p, &pairs, block.species() == 1);
            }
            leaves[k] = O::build(parts);
        }
        (self.lanes(0, &pairs, block.species() == 1), assemble(&leaves))
    }

    /// One column, at the pair of species of each lane.
    #[inline(always)]
    fn lanes<L: Lane>(&self, column: usize, pairs: &[usize; WIDEST], one: bool) -> L {
        let column = &self.columns[column * self.pairs..(column + 1) * self.pairs];
        if one {
            L::lit(column[0])
        } else {
            L::from_fn(|lane| column[pairs[lane]])
        }
    }
}

/// Coefficients from an array of their leaves. The closure is trivial on purpose: see [`super::order`].
#[inline(always)]
pub(super) fn assemble<T: Copy, C: Leaves<T>>(leaves: &[T; MOST_LEAVES]) -> C {
    const { assert!(C::COUNT <= MOST_LEAVES, "more coefficients than MOST_LEAVES") };
    C::from_fn(|k| leaves[k])
}
