//! The radial distribution function, with bins that are smooth enough to be differentiated.
//!
//! g(r) is the density of atoms at a distance r from an atom, over that of an ideal gas. A pair at r adds to three
//! neighbouring bins of width h the weights of a quadratic B-spline, ¾ − t² to that in which it lies and ½ (3/2 − |t|)² to
//! those beside, with t = (r − middle)/h, which sum to 1 at every r and have a continuous derivative: a loss that is made from g has a gradient, and no pair that
//! crosses the edge of a bin makes it jump. A bin is divided by what an ideal gas has in it,
//! n₁ n₂/V ∫ weight(r) 4π r² dr, integrated exactly. See M. P. Allen and D. J. Tildesley, *Computer Simulation of
//! Liquids*, 2nd ed. (2017), sec. 8.2.

use super::{observables, spline};
use admd_ad::Real;
use admd_engine::{Configuration, EngineError, NearPairs};
use core::f64::consts::PI;

/// Bins of a radial distribution function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rdf {
    range: f64,
    bins: usize,
    /// The species of the two atoms; all with all where there are none.
    pair: Option<(u16, u16)>,
}

impl Rdf {
    /// Bins of equal width up to a distance `range` \[length\], for all atoms whatever their species.
    ///
    /// # Panics
    /// When there is no bin, or the range is not a positive length.
    pub fn new(range: f64, bins: usize) -> Self {
        assert!(bins > 0 && range > 0.0 && range.is_finite(), "bins must have a width");
        Self {
            range,
            bins,
            pair: None,
        }
    }

    /// The same between the atoms of two species, or of one.
    #[must_use]
    pub fn between(self, first: u16, second: u16) -> Self {
        Self {
            pair: Some((first, second)),
            ..self
        }
    }

    /// Where the last bin ends \[length\].
    pub fn range(&self) -> f64 {
        self.range
    }

    /// Number of bins.
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// Width of a bin \[length\].
    pub fn width(&self) -> f64 {
        self.range / self.bins as f64
    }

    /// The middles of the bins \[length\].
    pub fn centres(&self) -> Vec<f64> {
        (0..self.bins).map(|k| (k as f64 + 0.5) * self.width()).collect()
    }

    /// The distance up to which pairs count: the last bin reaches beyond its edge \[length\].
    pub fn reach(&self) -> f64 {
        self.range + self.width()
    }

    /// Does a pair of species count?
    pub fn counts(&self, first: u16, second: u16) -> bool {
        self.pair
            .is_none_or(|pair| pair == (first, second) || pair == (second, first))
    }

    /// Adds a pair at distance r to the bins, in any scalar.
    ///
    /// ```
    /// use admd::dynamics::Rdf;
    /// use admd::ad::{Dual, Real};
    /// let rdf = Rdf::new(2.0, 4); // bins of 0.5
    /// let mut bins = [Dual::<f64, 1>::lit(0.0); 4];
    /// rdf.add(Dual::variable(0.75, 0), &mut bins); // the middle of the second
    /// assert_eq!(bins.map(|b| b.v), [0.125, 0.75, 0.125, 0.0]);
    /// assert_eq!(bins.map(|b| b.d[0]), [-1.0, 0.0, 1.0, 0.0]); // dt/dr = 1/h
    /// ```
    #[inline]
    pub fn add<T: Real<Lane = f64>>(&self, r: T, bins: &mut [T]) {
        let (bin, weights) = spline::weights(r * (self.bins as f64 / self.range));
        if !(r.primal() >= 0.0 && bin <= self.bins as f64) {
            return;
        }
        let k = bin as usize;
        if let Some(three) = bins.get_mut(k.wrapping_sub(1)..k + 2) {
            for (bin, weight) in three.iter_mut().zip(weights) {
                *bin = *bin + weight;
            }
            return;
        }
        // the first and the last bins
        for (j, weight) in weights.into_iter().enumerate() {
            if let Some(bin) = (k + j).checked_sub(1).and_then(|k| bins.get_mut(k)) {
                *bin = *bin + weight;
            }
        }
    }

    /// Σ c w(r) over the bins: what a pair at distance r adds to a weighted sum of them, in any scalar.
    #[inline]
    pub fn weighted<T: Real<Lane = f64>>(&self, r: T, coefficients: &[f64]) -> T {
        let (bin, weights) = spline::weights(r * (self.bins as f64 / self.range));
        let mut sum = T::lit(0.0);
        if bin >= 0.0 && bin <= self.bins as f64 {
            for (j, weight) in weights.into_iter().enumerate() {
                if let Some(c) = (bin as usize + j).checked_sub(1).and_then(|k| coefficients.get(k)) {
                    sum = sum + weight * *c;
                }
            }
        }
        sum
    }

    /// What an ideal gas has in each bin, at a volume \[length³\] and with so many pairs of distinct atoms: the number of
    /// pairs that are within the bin.
    pub fn ideal(&self, pairs: f64, volume: f64) -> Vec<f64> {
        let h = self.width();
        // Three Gauss points integrate the fourth power of the product exactly.
        let points = [
            (-0.6_f64.sqrt(), 5.0 / 18.0),
            (0.0, 8.0 / 18.0),
            (0.6_f64.sqrt(), 5.0 / 18.0),
        ];
        let mut integrals = vec![0.0; self.bins];
        for interval in 0..=self.bins {
            for (x, weight) in points {
                let r = (interval as f64 + 0.5 + 0.5 * x) * h;
                let mut at = vec![0.0; self.bins];
                self.add(r, &mut at);
                for (sum, w) in integrals.iter_mut().zip(at) {
                    *sum += w * weight * h * 4.0 * PI * r * r;
                }
            }
        }
        integrals.into_iter().map(|i| i * pairs / volume).collect()
    }

    /// Number of pairs of distinct atoms that count.
    pub fn pairs(&self, species: &[u16]) -> f64 {
        let of = |s: u16| species.iter().filter(|t| **t == s).count() as f64;
        match self.pair {
            None => {
                let n = species.len() as f64;
                0.5 * n * (n - 1.0)
            }
            Some((a, b)) if a == b => 0.5 * of(a) * (of(a) - 1.0),
            Some((a, b)) => of(a) * of(b),
        }
    }

    /// g in every bin. `near` must reach as far as [`Rdf::reach`]; zeros where there are no pairs or no volume.
    ///
    /// ```
    /// use admd::dynamics::Rdf;
    /// use admd::engine::{Cell, Configuration, NearPairs, Vec3};
    /// // Two atoms at distance 1.1 in a cell of volume 1000.
    /// let c = Configuration {
    ///     cell: Cell::orthogonal([10.0; 3])?,
    ///     species: vec![0, 0],
    ///     positions: vec![Vec3::zeros(), Vec3::new(1.1, 0.0, 0.0)],
    /// };
    /// let rdf = Rdf::new(2.0, 10);
    /// let g = rdf.measure(&c, &mut NearPairs::new(rdf.reach())?)?;
    /// // bin 5, from 1.0 to 1.2, has three quarters of the pair
    /// let shell = 4.0 * std::f64::consts::PI * 0.2 * (1.1_f64.powi(2) + 0.2_f64.powi(2) / 4.0);
    /// assert!((g[5] - 0.75 * 1000.0 / shell).abs() < 1e-9);
    /// # Ok::<(), admd::engine::EngineError>(())
    /// ```
    ///
    /// # Errors
    /// A configuration that has no list of pairs.
    pub fn measure(&self, c: &Configuration, near: &mut NearPairs) -> Result<Vec<f64>, EngineError> {
        debug_assert!(near.reach() >= self.reach() * (1.0 - 1e-12), "pairs are missing");
        let Some(volume) = observables::volume(&c.cell) else {
            return Ok(vec![0.0; self.bins]);
        };
        let blocks = near.fold(
            c,
            || vec![0.0; self.bins],
            |bins, pair| {
                let (i, j) = (pair.first, pair.second);
                if i != j && (self.pair.is_none() || self.counts(c.species[i], c.species[j])) {
                    self.add(pair.displacement.norm(), bins);
                }
            },
        )?;
        let mut bins = vec![0.0; self.bins];
        for block in blocks {
            for (sum, more) in bins.iter_mut().zip(block) {
                *sum += more;
            }
        }
        let ideal = self.ideal(self.pairs(&c.species), volume);
        let ratio = |(n, ideal): (f64, f64)| if ideal > 0.0 { n / ideal } else { 0.0 };
        Ok(bins.into_iter().zip(ideal).map(ratio).collect())
    }
}
