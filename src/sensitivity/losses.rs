//! Losses that an input can name.

use super::loss::{Loss, Reads, Share};
use crate::dynamics::{Rdf, State, observables};
use admd_ad::{Dual, Real, reverse};
use admd_engine::{EngineError, NearPairs, Vec3};

/// Which states a mean is taken over: every n-th from a step on, and none else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Samples {
    /// Steps between two, at least 1.
    pub every: u64,
    /// The first that may be one.
    pub after: u64,
}

impl Samples {
    fn has(self, step: u64) -> bool {
        step >= self.after && step.is_multiple_of(self.every)
    }

    /// How many there are in so many steps.
    pub fn count(self, steps: u64) -> u64 {
        let first = self.after.div_ceil(self.every);
        (steps / self.every + 1).saturating_sub(first)
    }
}

/// What is averaged over a trajectory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Averaged {
    /// The potential energy \[energy\].
    PotentialEnergy,
    /// The pressure (2K + tr W)/3V \[energy/length³\].
    Pressure,
    /// The temperature 2K/(f k) of f degrees of freedom \[temperature\].
    Temperature {
        /// f
        degrees_of_freedom: usize,
        /// k \[energy/temperature\]
        boltzmann: f64,
    },
}

/// A mean over states.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// Of what.
    pub of: Averaged,
    /// Over which states.
    pub samples: Samples,
}

impl Loss for Mean {
    fn reads(&self, step: u64, _: u64) -> Option<Reads> {
        let of = self.of;
        self.samples.has(step).then_some(Reads {
            velocities: of != Averaged::PotentialEnergy,
            energy: of == Averaged::PotentialEnergy,
            virial: of == Averaged::Pressure,
        })
    }

    fn share(&self, _: u64, steps: u64, state: &State) -> Result<Share, EngineError> {
        let weight = 1.0 / self.samples.count(steps) as f64;
        Ok(match self.of {
            Averaged::PotentialEnergy => Share {
                energy: weight,
                ..Share::default()
            },
            Averaged::Pressure => {
                let weight = weight / (3.0 * state.configuration.cell.volume());
                Share {
                    virial: weight,
                    ..kinetic(state, 2.0 * weight)
                }
            }
            Averaged::Temperature {
                degrees_of_freedom,
                boltzmann,
            } => kinetic(
                state,
                weight * observables::temperature(1.0, degrees_of_freedom, boltzmann),
            ),
        })
    }
}

/// The kinetic energy with a weight.
fn kinetic(state: &State, weight: f64) -> Share {
    let mut share = Share::default();
    for (v, m) in state.velocities.iter().zip(&state.masses) {
        let start = [v.x, v.y, v.z, *m];
        let (value, [x, y, z, m]) =
            reverse::<12, 4, _>(|[x, y, z, m]| Real::squares([x, y, z]) * m * (0.5 * weight), start);
        share.value += value;
        share.velocities.push(Vec3::new(x, y, z));
        share.masses.push(m);
    }
    share
}

/// The mean square distance 1/N Σ |r − r′|² to the positions of a reference at the same steps, averaged over these.
#[derive(Clone, Debug, PartialEq)]
pub struct Distance {
    /// Steps and positions, unwrapped, in the order of the steps \[length\].
    pub reference: Vec<(u64, Vec<Vec3>)>,
}

impl Distance {
    fn at(&self, step: u64) -> Option<&[Vec3]> {
        let index = self.reference.binary_search_by_key(&step, |(step, _)| *step).ok()?;
        Some(&self.reference[index].1)
    }
}

impl Loss for Distance {
    fn reads(&self, step: u64, _: u64) -> Option<Reads> {
        self.at(step).map(|_| Reads::default())
    }

    fn share(&self, step: u64, steps: u64, state: &State) -> Result<Share, EngineError> {
        let mut share = Share::default();
        let Some(reference) = self.at(step) else {
            return Ok(share);
        };
        let frames = self.reference.iter().filter(|(step, _)| *step <= steps).count();
        let weight = 1.0 / (frames as f64 * reference.len().max(1) as f64);
        for (r, there) in state.configuration.positions.iter().zip(reference) {
            let d = r - there;
            let (value, slopes) = reverse::<8, 3, _>(|d| Real::squares(d) * weight, d.into());
            share.value += value;
            share.positions.push(slopes.into());
        }
        Ok(share)
    }
}

/// The mean square deviation 1/B Σ (ḡ − g′)² of a mean radial distribution function from another.
pub struct RdfDistance {
    rdf: Rdf,
    target: Vec<f64>,
    samples: Samples,
    near: NearPairs,
    /// The sum of g over the samples that were seen.
    sum: Vec<f64>,
}

impl RdfDistance {
    /// From a distribution in the bins of `rdf`.
    ///
    /// # Errors
    /// A range that has no list of pairs.
    ///
    /// # Panics
    /// When the target has other bins.
    pub fn new(rdf: Rdf, target: Vec<f64>, samples: Samples) -> Result<Self, EngineError> {
        assert_eq!(rdf.bins(), target.len(), "one number a bin");
        Ok(Self {
            sum: vec![0.0; rdf.bins()],
            near: NearPairs::new(rdf.reach())?,
            rdf,
            target,
            samples,
        })
    }
}

impl Loss for RdfDistance {
    fn reads(&self, step: u64, _: u64) -> Option<Reads> {
        self.samples.has(step).then(Reads::default)
    }

    fn see(&mut self, _: u64, _: u64, state: &State) -> Result<(), EngineError> {
        let g = self.rdf.measure(&state.configuration, &mut self.near)?;
        for (sum, g) in self.sum.iter_mut().zip(g) {
            *sum += g;
        }
        Ok(())
    }

    fn share(&self, step: u64, steps: u64, state: &State) -> Result<Share, EngineError> {
        let (c, bins) = (&state.configuration, self.rdf.bins() as f64);
        let count = self.samples.count(steps) as f64;
        let off = self
            .sum
            .iter()
            .zip(&self.target)
            .map(|(sum, target)| sum / count - target);
        let (value, slopes): (Vec<f64>, Vec<f64>) = off
            .map(|off| {
                let (value, [slope]) = reverse::<4, 1, _>(|[off]| off.sq() / bins, [off]);
                (value, slope)
            })
            .unzip();
        // g of one state is a count over that of an ideal gas
        let ideal = self.rdf.ideal(self.rdf.pairs(&c.species), c.cell.volume());
        let of_pairs: Vec<f64> = slopes.iter().zip(ideal).map(|(s, ideal)| s / (count * ideal)).collect();
        let mut near = NearPairs::new(self.rdf.reach())?;
        let parts = near.fold(c, Vec::new, |out, pair| {
            let (i, j) = (pair.first, pair.second);
            if i != j && self.rdf.counts(c.species[i], c.species[j]) {
                let d = [0, 1, 2].map(|k| Dual::<f64, 3>::variable(pair.displacement[k], k));
                let sum = self.rdf.weighted(Real::squares(d).sqrt(), &of_pairs);
                if sum.d != [0.0; 3] {
                    out.push((i, j, Vec3::from(sum.d)));
                }
            }
        })?;
        let mut positions = vec![Vec3::zeros(); c.len()];
        for (i, j, slope) in parts.into_iter().flatten() {
            positions[i] -= slope;
            positions[j] += slope;
        }
        let last = step + self.samples.every > steps;
        Ok(Share {
            value: if last { value.iter().sum() } else { 0.0 },
            positions,
            ..Share::default()
        })
    }
}
