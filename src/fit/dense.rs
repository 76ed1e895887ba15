//! The derivatives of a few predictions, written out.

/// One list a row: its derivative in each of the first entries of θ; it does not depend on the others.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Dense(pub(super) Vec<Vec<f64>>);

impl Dense {
    /// Derivatives of the rows along each direction.
    pub(super) fn push(&self, directions: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let dot = |row: &Vec<f64>, d: &Vec<f64>| row.iter().zip(d).map(|(j, d)| j * d).sum();
        let along = |d| self.0.iter().map(|row| dot(row, d)).collect();
        directions.iter().map(along).collect()
    }

    /// Σ adjoint · row, as long as θ.
    pub(super) fn pull(&self, adjoint: &[f64], parameters: usize) -> Vec<f64> {
        let mut sum = vec![0.0; parameters];
        for (row, adjoint) in self.0.iter().zip(adjoint) {
            sum.iter_mut().zip(row).for_each(|(sum, j)| *sum += adjoint * j);
        }
        sum
    }
}
