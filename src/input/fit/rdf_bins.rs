//! A radial distribution function as other programs count it, brought to the smooth bins of [`Rdf`](crate::dynamics::Rdf).
//!
//! A smooth bin counts pairs with a quadratic B-spline, whose variance about the middle is h²/4 for bins of width h. A sharp
//! bin has h²/12, a value at the middle none. What is missing is added by three weights on the pairs of a bin and of its
//! neighbours, w, 1 − 2w, w, of variance 2wh²:
//!
//! | numbers are | missing | w |
//! |---|---|---|
//! | pairs in sharp bins | h²/6 | 1/12 |
//! | values at the middles | h²/4 | 1/8 |
//!
//! Moments agree up to the third, and what is left is of fourth order: h⁴ (r²g)″″/r² times 1/240 and 7/1920. The numbers of
//! an ideal gas, g = 1, come out exactly.

use crate::fit::Observation;

/// What the numbers of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RdfBins {
    /// Pairs in sharp bins, over those of an ideal gas.
    Histogram,
    /// g at the middles of bins.
    Curve,
    /// Bins of this program.
    Smooth,
}

/// Their names in inputs.
pub(in crate::input) const RDF_BINS: [&str; 3] = ["histogram", "curve", "smooth"];

impl RdfBins {
    pub(super) fn named(name: &str) -> Self {
        match name {
            n if n == RDF_BINS[1] => Self::Curve,
            n if n == RDF_BINS[2] => Self::Smooth,
            _ => Self::Histogram,
        }
    }

    /// How many bins at the end have no neighbour to be made smooth with.
    pub(super) fn lost(self) -> usize {
        usize::from(self != Self::Smooth)
    }

    /// The smooth bins, without those that are lost.
    ///
    /// Errors are averaged as the numbers are, and not in quadrature: neighbours then share their noise, and a fit that takes
    /// each for itself would believe to know more than was measured.
    pub(super) fn smooth(self, g: &[Observation]) -> Vec<Observation> {
        let side = match self {
            Self::Histogram => 1.0 / 12.0,
            Self::Curve => 1.0 / 8.0,
            Self::Smooth => return g.to_vec(),
        };
        // pairs of an ideal gas, up to a factor
        let ideal = |k: usize| {
            let middle = k as f64 + 0.5;
            middle * middle + if self == Self::Histogram { 1.0 / 12.0 } else { 0.0 }
        };
        let smooth = |k: usize| {
            let beside = [k.checked_sub(1), Some(k), Some(k + 1)];
            let weights = [side, 1.0 - 2.0 * side, side];
            let (mut sums, mut total) = ([0.0; 2], 0.0);
            for (j, weight) in beside.into_iter().zip(weights) {
                // before the first bin there is nothing
                let Some(j) = j else { continue };
                let pairs = weight * ideal(j);
                sums[0] += pairs * g[j].value;
                sums[1] += pairs * g[j].sigma;
                total += pairs;
            }
            let [value, sigma] = sums.map(|sum| sum / total);
            Observation { value, sigma }
        };
        (0..g.len().saturating_sub(1)).map(smooth).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamics::Rdf;

    const RANGE: f64 = 2.0;
    /// Points in a bin for integrals: errors of the midpoint rule are of no account.
    const POINTS: usize = 400;

    /// Some g with a core and a peak, smooth on the scale of 0.15.
    fn g(r: f64) -> f64 {
        1.0 + ((r - 1.0) / 0.15).tanh() + (-((r - 1.2) / 0.15).powi(2)).exp()
    }

    /// ∫ w(r) 4π r² f dr over ∫ w(r) 4π r² dr.
    fn average(weight: impl Fn(f64) -> f64, around: f64, reach: f64, f: impl Fn(f64) -> f64) -> f64 {
        let steps = 4 * POINTS;
        let (mut sum, mut total) = (0.0, 0.0);
        for k in 0..steps {
            let r = around + reach * ((k as f64 + 0.5) / steps as f64 * 2.0 - 1.0);
            if r > 0.0 {
                sum += weight(r) * r * r * f(r);
                total += weight(r) * r * r;
            }
        }
        sum / total
    }

    fn known(value: f64) -> Observation {
        Observation { value, sigma: 0.1 }
    }

    /// The largest deviation from smooth bins beyond the first few.
    fn deviation(bins: usize, kind: RdfBins) -> f64 {
        let rdf = Rdf::new(RANGE, bins);
        let (h, centres) = (rdf.width(), rdf.centres());
        let of = |r: &f64| match kind {
            RdfBins::Histogram => known(average(|_| 1.0, *r, 0.5 * h, g)),
            _ => known(g(*r)),
        };
        let found = kind.smooth(&centres.iter().map(of).collect::<Vec<_>>());
        let each = found.iter().enumerate().skip(3).map(|(k, found)| {
            let weight = |r: f64| {
                let mut all = vec![0.0; bins];
                rdf.add(r, &mut all);
                all[k]
            };
            (found.value - average(weight, centres[k], 1.5 * h, g)).abs()
        });
        each.fold(0.0, f64::max)
    }

    #[test]
    fn what_is_left_is_of_fourth_order() {
        for kind in [RdfBins::Histogram, RdfBins::Curve] {
            let [coarse, fine] = [40, 80].map(|bins| deviation(bins, kind));
            println!("{kind:?}: {coarse:e}, {fine:e}");
            assert!(fine < 2e-3, "{kind:?}: {fine}");
            // 2⁴, where the coarse bins are fine enough
            assert!((10.0..20.0).contains(&(coarse / fine)), "{kind:?}: {}", coarse / fine);
        }
    }

    #[test]
    fn an_ideal_gas_and_its_errors_stay_as_they_are() {
        for kind in [RdfBins::Histogram, RdfBins::Curve] {
            let found = kind.smooth(&[known(1.0); 10]);
            assert_eq!(found.len(), 9);
            for g in found {
                assert!((g.value - 1.0).abs() < 1e-14 && (g.sigma - 0.1).abs() < 1e-14);
            }
        }
        let given = [known(0.0), known(2.0)];
        assert_eq!(RdfBins::Smooth.smooth(&given), given);
    }

    #[test]
    fn errors_are_averaged_as_the_numbers_are() {
        let mut given = [known(0.0); 5];
        given[2] = Observation { value: 1.0, sigma: 0.7 };
        // sharp shells have (k + 1)³ − k³ pairs
        let shells = [1.0, 7.0, 19.0, 37.0];
        let total = shells[1] + 10.0 * shells[2] + shells[3];
        let expected = [
            shells[2] / (shells[0] + 10.0 * shells[1] + shells[2]),
            10.0 * shells[2] / total,
        ];
        let found = RdfBins::Histogram.smooth(&given);
        for (found, expected) in found[1..].iter().zip(expected) {
            assert!((found.value - expected).abs() < 1e-14);
            assert!((found.sigma - (0.1 + 0.6 * expected)).abs() < 1e-14);
        }
    }
}
