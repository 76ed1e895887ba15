//! Averages over samples with weights, in any scalar, and how far they are off.

use super::SimulationSpec;
use super::samples::{Samples, Seen};
use crate::dynamics::Ensemble;
use admd_ad::Real;

/// Blocks of consecutive samples, for the statistical errors: as many of ten samples as there are, within these bounds.
const BLOCKS: [usize; 2] = [10, 40];
/// What is compared are overlapping windows of this part of all blocks. Shorter ones remember the one before, and errors come
/// out too small; fewer say little of their own scatter, to which the overlap adds half as many again.
const WINDOWS: usize = 10;

/// What is averaged over the samples of a simulation: one number a row.
#[derive(Clone, Debug)]
pub(super) struct Averaging {
    atoms: usize,
    kt: f64,
    /// Is the energy among the rows?
    energy: bool,
    /// The volume, where the pressure is.
    volume: Option<f64>,
}

impl Averaging {
    pub(super) fn new(spec: &SimulationSpec) -> Self {
        Self {
            atoms: spec.configuration.len(),
            kt: spec.kt,
            energy: spec.energy.is_some(),
            volume: spec.pressure.map(|_| spec.configuration.cell.volume()),
        }
    }

    /// Weights of the samples from their energies at θ, in any scalar; the largest is 1.
    pub(super) fn weights<T: Real<Lane = f64>>(&self, samples: &Samples, energy: impl Fn(usize) -> T) -> Vec<T> {
        let kt = T::lit(self.kt);
        let ensemble = Ensemble::Canonical {
            degrees_of_freedom: 3 * self.atoms,
            kt: self.kt,
        };
        let logarithm = |(s, old): (usize, &f64)| {
            // the momenta have the same distribution at any θ
            let [new, old] = [energy(s), T::lit(*old)].map(|u| ensemble.ln_weight(u, T::lit(0.0), kt));
            new - old
        };
        let all: Vec<T> = samples.energies.iter().enumerate().map(logarithm).collect();
        let most = all.iter().map(|w| w.primal()).fold(f64::NEG_INFINITY, f64::max);
        all.into_iter().map(|w| (w - most).exp()).collect()
    }

    /// What is averaged on a sample, in the order of the rows.
    fn observables<T: Real>(&self, energy: T, virial: T, bins: &[f64]) -> Vec<T> {
        let atoms = self.atoms as f64;
        let mut all = Vec::with_capacity(2 + bins.len());
        if self.energy {
            all.push(energy / atoms);
        }
        if let Some(volume) = self.volume {
            all.push((virial / 3.0 + atoms * self.kt) / volume);
        }
        all.extend(bins.iter().map(|g| T::lit(*g)));
        all
    }

    /// Weighted averages of the rows in any scalar, from energy and virial of each sample.
    pub(super) fn averages<T: Real<Lane = f64>>(&self, samples: &Samples, sample: impl Fn(usize) -> [T; 2]) -> Vec<T> {
        let weights = self.weights(samples, |s| sample(s)[0]);
        let of = |s: usize| {
            let [energy, virial] = sample(s);
            self.observables(energy, virial, &samples.bins[s])
        };
        // differences from the first sample, so that small changes of large numbers keep their digits
        let origin: Vec<f64> = of(0).iter().map(|o| o.primal()).collect();
        let mut sums = vec![T::lit(0.0); origin.len()];
        for (s, w) in weights.iter().enumerate() {
            for (sum, (o, first)) in sums.iter_mut().zip(of(s).into_iter().zip(&origin)) {
                *sum = *sum + *w * (o - *first);
            }
        }
        let total = T::total(&weights);
        let each = sums.into_iter().zip(origin);
        each.map(|(sum, first)| sum / total + first).collect()
    }

    /// As many samples that do not remember each other would say as much: n/(1 + 2 Σ ρ), with the autocorrelation ρ of the
    /// energy or of the virial, whichever lasts longer. The sum ends where it is shorter than a fifth of its own window (A. D.
    /// Sokal, in *Functional Integration* (1997), 131, doi:10.1007/978-1-4899-0319-8_6).
    pub(super) fn independent(samples: &[Seen]) -> f64 {
        let n = samples.len();
        let of = |value: fn(&Seen) -> f64| -> f64 {
            let mean = samples.iter().map(value).sum::<f64>() / n as f64;
            let at = |lag: usize| -> f64 {
                let pairs = samples.iter().zip(&samples[lag..]);
                pairs.map(|(a, b)| (value(a) - mean) * (value(b) - mean)).sum()
            };
            let variance = at(0);
            let mut time = 1.0;
            for lag in 1..n {
                if variance <= 0.0 || lag as f64 > 5.0 * time {
                    break;
                }
                time += 2.0 * at(lag) / variance;
            }
            n as f64 / time.max(1.0)
        };
        of(|s| s.energy).min(of(|s| s.virial))
    }

    /// The deviations of windows of consecutive samples, which overlap. A window whose samples weigh more moves the average
    /// more: its deviation is Σ w (O − ⟨O⟩) over the window, over the weight that a window has on average. They are scaled as if
    /// they were independent (M. S. Meketon and B. Schmeiser, Proc. Winter Simulation Conf. (1984), 226).
    pub(super) fn windows(&self, samples: &Samples, seen: &[Seen]) -> Vec<Vec<f64>> {
        let weights = self.weights(samples, |s| seen[s].energy);
        let averages = self.averages(samples, |s| [seen[s].energy, seen[s].virial]);
        let count = (weights.len() / 10).clamp(BLOCKS[0], BLOCKS[1]);
        let share = weights.iter().sum::<f64>() / count as f64;
        let mut blocks = vec![vec![0.0; averages.len()]; count];
        for (s, w) in weights.iter().enumerate() {
            let block = &mut blocks[s * count / weights.len()];
            let all = self.observables(seen[s].energy, seen[s].virial, &samples.bins[s]);
            for (sum, (o, average)) in block.iter_mut().zip(all.iter().zip(&averages)) {
                *sum += w * (o - average) / share;
            }
        }
        // the run closed to a ring, so that all blocks count as often
        let width = count / WINDOWS;
        let scale = ((count - 1) as f64 / (width * (count - width)) as f64).sqrt();
        let window = |first: usize| -> Vec<f64> {
            let sum = |row: usize| (0..width).map(|k| blocks[(first + k) % count][row]).sum::<f64>();
            (0..averages.len()).map(|row| scale * sum(row)).collect()
        };
        (0..count).map(window).collect()
    }
}
