//! Averages of a correlated series and functions of them, with errors, in a memory that does not grow.
//!
//! Sums are kept by blocks of consecutive samples. When there are 512 blocks, neighbours are added pairwise, so that a
//! run of any length has at least half as many. A function of the averages has its standard error from what it
//! becomes when one group of blocks is left out, the jackknife for groups of unequal size of F. M. T. A. Busing, E. Meijer
//! and R. van der Leeden, *Stat. Comput.* **9**, 3 (1999), doi:10.1023/A:1008800423698. Groups that are shorter than the
//! memory of the series make it too small, so it is taken for several numbers of groups, and the largest is believed.

/// Blocks that are kept at most.
const MOST: usize = 512;
/// Numbers of groups for which errors are estimated, where there are so many blocks.
const GROUPS: [usize; 4] = [16, 32, 64, 128];
/// Samples without which nothing is said of an error.
pub const LEAST: u64 = GROUPS[0] as u64;

/// A number with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value {
    /// The number.
    pub value: f64,
    /// Its standard error; NaN with fewer than [`LEAST`] samples.
    pub error: f64,
}

/// Sums of a series of rows of numbers, by blocks.
///
/// ```
/// use admd::sensitivity::Blocks;
/// let mut blocks = Blocks::new(1);
/// for k in 0..1000 {
///     blocks.add(&[f64::from(k % 10)]);
/// }
/// // the square of the mean, and its error
/// let (square, _) = blocks.estimate(|means| vec![means[0] * means[0]]);
/// assert!((square[0].value - 20.25).abs() < 1e-12 && square[0].error < 1.0);
/// ```
#[derive(Clone, Debug)]
pub struct Blocks {
    /// Numbers in a row.
    width: usize,
    /// Samples of a full block.
    size: u64,
    /// Sums of the full blocks, one after the other.
    full: Vec<f64>,
    /// Sums of the block that is being filled, and the samples in it.
    open: Vec<f64>,
    count: u64,
    samples: u64,
}

impl Blocks {
    /// No samples yet, of rows of so many numbers.
    pub fn new(width: usize) -> Self {
        Self {
            width,
            size: 1,
            full: Vec::new(),
            open: vec![0.0; width],
            count: 0,
            samples: 0,
        }
    }

    /// Adds a sample.
    ///
    /// # Panics
    /// When the row has another length.
    pub fn add(&mut self, row: &[f64]) {
        assert_eq!(row.len(), self.width, "rows of a series are equally long");
        add(&mut self.open, row);
        (self.count, self.samples) = (self.count + 1, self.samples + 1);
        if self.count < self.size {
            return;
        }
        self.full.append(&mut self.open);
        (self.open, self.count) = (vec![0.0; self.width], 0);
        if self.full.len() >= MOST * self.width.max(1) {
            let mut half = Vec::with_capacity(self.full.len());
            for two in self.full.chunks_exact(2 * self.width) {
                let (first, second) = two.split_at(self.width);
                half.extend(first.iter().zip(second).map(|(a, b)| a + b));
            }
            (self.full, self.size) = (half, 2 * self.size);
        }
    }

    /// Number of samples.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Number of blocks, that which is being filled counted where it has a sample.
    pub fn blocks(&self) -> usize {
        self.full.len() / self.width.max(1) + usize::from(self.count > 0)
    }

    /// A function of the means, with errors; and the number of groups that gave the errors, the largest for any component.
    /// Without samples every mean is NaN.
    pub fn estimate(&self, of: impl Fn(&[f64]) -> Vec<f64>) -> (Vec<Value>, usize) {
        let total = self.sum(0, self.blocks());
        let means = |sums: &[f64], n: u64| -> Vec<f64> { sums.iter().map(|s| s / n as f64).collect() };
        let whole = of(&means(&total, self.samples));
        let mut best = vec![f64::NAN; whole.len()];
        let mut used = 0;
        for groups in GROUPS.into_iter().filter(|g| *g <= self.blocks()) {
            used = groups;
            let mut without = Vec::with_capacity(groups);
            for group in 0..groups {
                let [from, to] = [group, group + 1].map(|j| j * self.blocks() / groups);
                let own = self.sum(from, to);
                let rest: Vec<f64> = total.iter().zip(own).map(|(all, own)| all - own).collect();
                let count = self.samples_in(from, to);
                let weight = self.samples as f64 / count as f64;
                without.push((weight, of(&means(&rest, self.samples - count))));
            }
            for (k, best) in best.iter_mut().enumerate() {
                let error = jackknife(whole[k], without.iter().map(|(weight, values)| (*weight, values[k])));
                *best = best.max(error);
            }
        }
        let values = whole.into_iter().zip(best).map(|(value, error)| Value { value, error });
        (values.collect(), used)
    }

    fn sum(&self, from: usize, to: usize) -> Vec<f64> {
        let mut sum = vec![0.0; self.width];
        for k in from..to {
            match self.full.chunks_exact(self.width.max(1)).nth(k) {
                Some(block) => add(&mut sum, block),
                None => add(&mut sum, &self.open),
            }
        }
        sum
    }

    fn samples_in(&self, from: usize, to: usize) -> u64 {
        let full = self.full.len() / self.width.max(1);
        let open = if to > full { self.count } else { 0 };
        (to.min(full) - from.min(full)) as u64 * self.size + open
    }
}

fn add(to: &mut [f64], more: &[f64]) {
    for (to, more) in to.iter_mut().zip(more) {
        *to += more;
    }
}

/// The standard error from what remains without each group; beside each its weight n/m_j.
fn jackknife(whole: f64, without: impl ExactSizeIterator<Item = (f64, f64)> + Clone) -> f64 {
    let groups = without.len() as f64;
    let shrunk: f64 = without.clone().map(|(h, value)| (1.0 - 1.0 / h) * value).sum();
    let corrected = groups * whole - shrunk;
    let square = |(h, value): (f64, f64)| (h * whole - (h - 1.0) * value - corrected).powi(2) / (h - 1.0);
    (without.map(square).sum::<f64>() / groups).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jackknife_of_a_mean_is_its_standard_error() {
        // Sums of small whole numbers are exact; what remains is a few roundings.
        const ROUNDING: f64 = 1e-12;
        let series: Vec<f64> = (0..16).map(|k| f64::from(k * k % 11)).collect();
        let n = series.len() as f64;
        let mean = series.iter().sum::<f64>() / n;
        let variance = series.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let mut blocks = Blocks::new(1);
        series.iter().for_each(|x| blocks.add(&[*x]));
        let (found, groups) = blocks.estimate(|m| m.to_vec());
        assert_eq!(groups, 16);
        assert!((found[0].error - (variance / n).sqrt()).abs() < ROUNDING);
    }
}
