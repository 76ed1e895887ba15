//! Coefficients of every pair of species, laid out for the kernels: one column a leaf, one row a pair.

use super::order::Order;
use crate::ad::Lane;
use crate::potentials::form::parameters::Leaves;

/// Squared cutoffs and coefficients.
#[derive(Debug, Default)]
pub struct Table {
    pairs: usize,
    /// Squared cutoffs, then for each leaf its parts.
    columns: Vec<f64>,
    /// A squared distance at which every pair can be evaluated: the largest cutoff [length²].
    far: f64,
    leaves: usize,
    parts: usize,
}

impl Table {
    /// A table from the squared cutoff [length²] and the coefficients of each pair of species.
    pub fn new<O: Order, C: Leaves<O::Scalar<f64>>>(rows: &[(f64, C)]) -> Self {
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

    /// The largest squared cutoff [length²].
    pub fn far(&self) -> f64 {
        self.far
    }

    /// # Panics
    /// Unless the table was made for this order and number of leaves and covers the pairs: the loads below rely on it.
    pub(super) fn assert_shape<O: Order>(&self, leaves: usize, pairs: usize) {
        assert!(self.leaves == leaves && self.parts == O::PARTS, "a coefficient table of another shape");
        assert!(self.pairs >= pairs && self.columns.len() == self.pairs * (1 + leaves * O::PARTS));
    }

    /// Squared cutoff and coefficients of the only pair of species, the same in every lane.
    #[inline(always)]
    pub(super) fn uniform<O: Order, L: Lane, C: Leaves<O::Scalar<L>>>(&self) -> (L, C) {
        let coef = C::from_fn(|k| O::build(|p| L::lit(self.columns[(1 + k * O::PARTS + p) * self.pairs])));
        (L::lit(self.columns[0]), coef)
    }

    /// Squared cutoff and coefficients of the pair of species of each lane.
    ///
    /// # Safety
    /// `pairs` must be valid for reading `L::WIDTH` values below [`Table::pairs`], and [`Table::assert_shape`] must hold.
    #[inline(always)]
    pub(super) unsafe fn gather<O: Order, L: Lane, C: Leaves<O::Scalar<L>>>(&self, pairs: *const u32) -> (L, C) {
        // SAFETY: a column holds one value a pair of species, and the caller vouches for shape and indices.
        let column = |c: usize| unsafe { L::gather(self.columns.as_ptr().add(c * self.pairs), pairs) };
        let coef = C::from_fn(|k| O::build(|p| column(1 + k * O::PARTS + p)));
        (column(0), coef)
    }
}
