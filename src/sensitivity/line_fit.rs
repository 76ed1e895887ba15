//! A straight line through points.

/// A least-squares line y = a + b x, built point by point.
///
/// ```
/// use admd::sensitivity::LineFit;
/// let mut fit = LineFit::default();
/// for k in 0..5 { fit.add(f64::from(k), 3.0 - 2.0 * f64::from(k)); }
/// assert_eq!(fit.slope(), Some((-2.0, 0.0)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LineFit {
    count: u64,
    mean: [f64; 2],
    /// Sums of squares and products of the deviations from the means: xx, xy, yy.
    sums: [f64; 3],
}

impl LineFit {
    /// Adds a point (Welford's update, which does not lose the small fluctuation of a large number).
    pub fn add(&mut self, x: f64, y: f64) {
        self.count += 1;
        let n = self.count as f64;
        let before = [x - self.mean[0], y - self.mean[1]];
        self.mean = [self.mean[0] + before[0] / n, self.mean[1] + before[1] / n];
        let after = [x - self.mean[0], y - self.mean[1]];
        self.sums[0] += before[0] * after[0];
        self.sums[1] += before[0] * after[1];
        self.sums[2] += before[1] * after[1];
    }

    /// Number of points.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Slope and its standard error, from three points on. The error takes the residuals as independent.
    pub fn slope(&self) -> Option<(f64, f64)> {
        let [xx, xy, yy] = self.sums;
        if self.count < 3 || xx <= 0.0 {
            return None;
        }
        let residual = (yy - xy * xy / xx).max(0.0);
        Some((xy / xx, (residual / (self.count - 2) as f64 / xx).sqrt()))
    }

    /// The means of x and y, zero without points.
    pub fn mean(&self) -> [f64; 2] {
        self.mean
    }

    /// Root mean square deviation from the mean of y.
    pub fn rms(&self) -> Option<f64> {
        (self.count > 0).then(|| (self.sums[2] / self.count as f64).sqrt())
    }
}
