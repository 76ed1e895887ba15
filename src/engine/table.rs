//! Coefficients of every pair of species, laid out for the kernels: one column a leaf, one row a pair.

use super::order::Order;
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
}

impl Table {
    /// A table from the squared cutoff \[length²\] and the coefficients of each pair of species.
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

    /// The largest squared cutoff \[length²\].
    pub fn far(&self) -> f64 {
        self.far
    }

    /// # Panics
    /// Unless the table was made for this order and number of leaves and covers the pairs: the loads below rely on it.
    pub(super) fn assert_shape<O: Order>(&self, leaves: usize, pairs: usize) {
        assert!(
            self.leaves == leaves && self.parts == O::PARTS,
            "a coefficient table of another shape"
        );
        assert!(self.pairs >= pairs && self.columns.len() == self.pairs * (1 + leaves * O::PARTS));
    }

    /// Squared cutoff and coefficients of the only pair of species, the same in every lane.
    #[inline(always)]
    pub(super) fn uniform<O: Order, L: Lane, C: Leaves<O::Scalar<L>>>(&self) -> (L, C) {
        let mut leaves = [O::Scalar::<L>::lit(0.0); MOST_LEAVES];
        for k in 0..C::COUNT {
            let column = 1 + k * O::PARTS;
            let tangent = if O::PARTS == 2 {
                self.columns[(column + 1) * self.pairs]
            } else {
                0.0
            };
            leaves[k] = O::build([L::lit(self.columns[column * self.pairs]), L::lit(tangent)]);
        }
        (L::lit(self.columns[0]), assemble(&leaves))
    }

    /// Squared cutoff and coefficients of the pair of species of each lane.
    ///
    /// # Safety
    /// `pairs` must be valid for reading `L::WIDTH` values below [`Table::pairs`], and [`Table::assert_shape`] must hold.
    #[inline(always)]
    pub(super) unsafe fn gather<O: Order, L: Lane, C: Leaves<O::Scalar<L>>>(&self, pairs: *const u32) -> (L, C) {
        let mut leaves = [O::Scalar::<L>::lit(0.0); MOST_LEAVES];
        let base = self.columns.as_ptr();
        // SAFETY: a column holds one value a pair of species, and the caller vouches for shape and indices.
        unsafe {
            for k in 0..C::COUNT {
                let mut parts = [L::lit(0.0); 2];
                for p in 0..O::PARTS {
                    parts[p] = L::gather(base.add((1 + k * O::PARTS + p) * self.pairs), pairs);
                }
                leaves[k] = O::build(parts);
            }
            (L::gather(base, pairs), assemble(&leaves))
        }
    }
}

/// Coefficients from an array of their leaves. The closure is trivial on purpose: see [`super::order`].
#[inline(always)]
pub(super) fn assemble<T: Copy, C: Leaves<T>>(leaves: &[T; MOST_LEAVES]) -> C {
    const { assert!(C::COUNT <= MOST_LEAVES, "more coefficients than MOST_LEAVES") };
    C::from_fn(|k| leaves[k])
}
