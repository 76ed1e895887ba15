//! Which combinations of columns a matrix tells apart.

use nalgebra::DMatrix;

/// Singular values below this part of the largest are zero: exact derivatives leave some 1e-14 of a zero, and a direction that
/// is known 1e8 times worse than another is not known.
const SINGULAR: f64 = 1e-8;
/// Parts of a null direction below this part of the largest belong to rounding.
const NAMED: f64 = 1e-3;

/// The singular values of a matrix and their vectors on the right.
pub(super) struct Spectrum {
    values: Vec<f64>,
    vectors: DMatrix<f64>,
}

impl Spectrum {
    /// Of a matrix with columns of norm 1, or 0.
    pub(super) fn of(columns: &DMatrix<f64>) -> Self {
        if columns.ncols() == 0 {
            return Self {
                values: Vec::new(),
                vectors: DMatrix::zeros(0, 0),
            };
        }
        let svd = columns.clone().qr().r().svd(false, true);
        Self {
            values: svd.singular_values.iter().copied().collect(),
            vectors: svd.v_t.map_or_else(|| DMatrix::zeros(0, 0), |v| v.transpose()),
        }
    }

    fn is_null(&self, k: usize) -> bool {
        let most = self.values.iter().copied().fold(0.0, f64::max);
        // fewer rows than columns: vectors without a value
        self.values.get(k).is_none_or(|s| *s <= SINGULAR * most)
    }

    /// Number of values that are not zero.
    pub(super) fn rank(&self) -> usize {
        (0..self.values.len()).filter(|k| !self.is_null(*k)).count()
    }

    /// (CᵀC)⁻¹ where it exists.
    pub(super) fn inverse(&self) -> DMatrix<f64> {
        let n = self.vectors.nrows();
        let mut sum = DMatrix::zeros(n, n);
        for k in (0..self.values.len()).filter(|k| !self.is_null(*k)) {
            let v = self.vectors.column(k);
            sum += v * v.transpose() / self.values[k].powi(2);
        }
        sum
    }

    /// The parts of each null vector.
    pub(super) fn directions(&self) -> impl Iterator<Item = Vec<(usize, f64)>> {
        (0..self.vectors.ncols()).filter(|k| self.is_null(*k)).map(|k| {
            let v = self.vectors.column(k);
            let most = v.amax();
            v.iter()
                .copied()
                .enumerate()
                .filter(|(_, c)| c.abs() > NAMED * most)
                .collect()
        })
    }

    /// Is there a null vector with a part in this column?
    pub(super) fn vague(&self) -> Vec<bool> {
        let mut vague = vec![false; self.vectors.nrows()];
        self.directions().flatten().for_each(|(k, _)| vague[k] = true);
        vague
    }
}
