//! Derivatives of equilibrium averages, from the fluctuations of one run.
//!
//! States r have a weight w(r; θ, E) that depends on a parameter θ of the potential (see [`Ensemble`]), and so an average
//! changes with the observable and with the weight:
//!
//! d⟨O⟩/dθ = ⟨∂O/∂θ⟩ + cov(O, ∂ ln w/∂θ).
//!
//! At constant energy K = E − U, ln w = (f/2 − 1) ln K and ∂ ln w/∂θ = −(f/2 − 1)/K ∂U/∂θ; at constant temperature
//! ∂ ln w/∂θ = −∂U/∂θ/kT. The energy E of the one, the temperature of the other, is one more variable σ of the ensemble,
//! and with the derivatives along it those at constant temperature follow from those at constant energy, and the reverse:
//! with Y held,
//!
//! d⟨X⟩/dθ|_Y = d⟨X⟩/dθ − d⟨X⟩/dσ (d⟨Y⟩/dθ) / (d⟨Y⟩/dσ).
//!
//! The fluctuation formulas at constant energy are those of E. M. Pearson et al., *Phys. Rev. A* **32**, 3030 (1985),
//! doi:10.1103/PhysRevA.32.3030, and of J. L. Lebowitz, J. K. Percus and L. Verlet, *Phys. Rev.* **153**, 250 (1967),
//! doi:10.1103/PhysRev.153.250. None is written down below: weight, observables and what is made of their averages are
//! functions over a scalar, and at [`Dual`] they give all that depends on θ explicitly.
//!
//! | quantity | of the averages | unit |
//! |---|---|---|
//! | potential energy | ⟨U⟩ | energy |
//! | temperature | 2⟨K⟩/(f k) | temperature |
//! | pressure | ⟨2K + tr W⟩/3V | energy/length³ |
//! | heat capacity | at constant energy (dT/dE)⁻¹ with dT/dE = 2/(f k) · (f/2 − ⟨K⟩⟨(f/2 − 1)/K⟩); at constant temperature k (var U/(kT)² + f/2) | energy/temperature |
//! | bins | ⟨bin⟩, of whatever depends on positions alone | |
//!
//! Both ensembles give the same derivative at constant temperature, up to a term of relative order 1/N.

use super::blocks::{Blocks, Value};
use crate::dynamics::{Ensemble, observables};
use admd_ad::{Dual, Real};

/// Number of scalar quantities.
pub const QUANTITIES: usize = 4;
/// The place of each among them.
pub const POTENTIAL_ENERGY: usize = 0;
/// The temperature.
pub const TEMPERATURE: usize = 1;
/// The pressure; NaN without a virial.
pub const PRESSURE: usize = 2;
/// The heat capacity at constant volume.
pub const HEAT_CAPACITY: usize = 3;

/// What is measured on one state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample<'a> {
    /// U \[energy\].
    pub potential_energy: f64,
    /// K \[energy\].
    pub kinetic_energy: f64,
    /// ∂U/∂θ of each parameter \[energy/θ\].
    pub slopes: &'a [f64],
    /// Virial and volume, where the pressure is wanted.
    pub virial: Option<Virial<'a>>,
    /// Numbers that depend on positions alone.
    pub bins: &'a [f64],
}

/// The configurational part of the pressure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Virial<'a> {
    /// tr W \[energy\].
    pub trace: f64,
    /// ∂ tr W/∂θ of each parameter \[energy/θ\].
    pub slopes: &'a [f64],
    /// V \[length³\].
    pub volume: f64,
}

/// What a run says so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Number of samples.
    pub samples: u64,
    /// Number of groups of blocks behind the errors; 0 where there are too few samples for any.
    pub groups: usize,
    /// The quantities, then the bins.
    pub averages: Vec<Value>,
    /// For each parameter their derivatives with the temperature held, and with the energy held.
    pub slopes: Vec<[Vec<Value>; 2]>,
}

/// Averages whose derivatives are wanted.
///
/// ```
/// use admd::dynamics::Ensemble;
/// use admd::sensitivity::{Averages, POTENTIAL_ENERGY, Sample};
/// // At constant temperature d⟨U⟩/dθ = ⟨∂U/∂θ⟩ − cov(U, ∂U/∂θ)/kT.
/// let ensemble = Ensemble::Canonical { degrees_of_freedom: 3, kt: 2.0 };
/// let mut averages = Averages::new(ensemble, 1.0, 1, 0);
/// for (u, slope) in [(1.0, 10.0), (3.0, 30.0)] {
///     averages.add(Sample { potential_energy: u, kinetic_energy: 3.0, slopes: &[slope], virial: None, bins: &[] });
/// }
/// let found = averages.estimate();
/// assert!((found.slopes[0][0][POTENTIAL_ENERGY].value - (20.0 - 10.0 / 2.0)).abs() < 1e-12);
/// ```
#[derive(Clone, Debug)]
pub struct Averages {
    ensemble: Ensemble,
    boltzmann: f64,
    parameters: usize,
    bins: usize,
    /// The first row of observables, scores and bins: what is added up are differences from it, so that the small
    /// fluctuation of a large number keeps its digits.
    reference: Option<Vec<f64>>,
    blocks: Blocks,
    row: Vec<f64>,
}

/// A state, in any scalar.
#[derive(Clone, Copy)]
struct Point<T> {
    u: T,
    k: T,
    /// The virial's trace over the volume.
    w: T,
    volume: f64,
    kt: T,
}

/// Observables whose averages make up the quantities: U, K, the second moment, P.
const OBSERVABLES: usize = 4;

type Along = Dual<f64, 1>;

impl Averages {
    /// No samples yet. Boltzmann's constant is in energy/temperature; samples have so many parameters and bins.
    pub fn new(ensemble: Ensemble, boltzmann: f64, parameters: usize, bins: usize) -> Self {
        let directions = parameters + 1;
        // means of observables and scores, explicit slopes and products, then the bins and their products
        let width = OBSERVABLES * (1 + 2 * directions) + directions + bins * (1 + directions);
        Self {
            ensemble,
            boltzmann,
            parameters,
            bins,
            reference: None,
            blocks: Blocks::new(width),
            row: Vec::new(),
        }
    }

    /// Number of samples.
    pub fn samples(&self) -> u64 {
        self.blocks.samples()
    }

    /// Number of blocks of samples.
    pub fn blocks(&self) -> usize {
        self.blocks.blocks()
    }

    /// The ensemble that the samples are taken from.
    pub fn ensemble(&self) -> Ensemble {
        self.ensemble
    }

    /// Adds a sample.
    ///
    /// # Panics
    /// When it has another number of parameters or bins.
    pub fn add(&mut self, sample: Sample) {
        assert_eq!(sample.slopes.len(), self.parameters, "one slope a parameter");
        assert_eq!(sample.bins.len(), self.bins, "all samples have the same bins");
        let origin = self.reference.as_ref().map_or(sample.potential_energy, |r| r[0]);
        let directions = self.parameters + 1;
        let mut values = [0.0; OBSERVABLES];
        let mut scores = vec![0.0; directions];
        let mut explicit = vec![0.0; directions * OBSERVABLES];
        for d in 0..directions {
            let point = self.point(&sample, d);
            let Point { u, k, kt, .. } = point;
            scores[d] = tangent(self.ensemble.ln_weight(u, k, kt));
            for (i, o) in self.observables(point, origin).into_iter().enumerate() {
                values[i] = o.v;
                explicit[d * OBSERVABLES + i] = tangent(o);
            }
        }
        let own = || values.iter().chain(&scores).chain(sample.bins).copied();
        let reference = self.reference.get_or_insert_with(|| own().collect());
        let change: Vec<f64> = own().zip(&*reference).map(|(x, first)| x - first).collect();
        let (observables, rest) = change.split_at(OBSERVABLES);
        let (scores, bins) = rest.split_at(directions);
        self.row.clear();
        self.row.extend_from_slice(&change);
        self.row.extend_from_slice(&explicit);
        for score in scores {
            self.row.extend(observables.iter().chain(bins).map(|o| o * score));
        }
        self.blocks.add(&self.row);
    }

    /// A sample as it moves along a direction: that of a parameter, or after these that of the energy or temperature.
    fn point(&self, sample: &Sample, direction: usize) -> Point<Along> {
        let slope = |of: &[f64]| of.get(direction).copied().unwrap_or(0.0);
        let beyond = if direction == self.parameters { 1.0 } else { 0.0 };
        let u = Along::with_tangents(sample.potential_energy, [slope(sample.slopes)]);
        let (k, kt) = match self.ensemble {
            Ensemble::Microcanonical { .. } => {
                let energy = Along::with_tangents(sample.potential_energy + sample.kinetic_energy, [beyond]);
                (energy - u, Along::lit(f64::NAN))
            }
            // the average over momenta is known
            Ensemble::Canonical { degrees_of_freedom, kt } => {
                let kt = Along::with_tangents(kt, [beyond * self.boltzmann]);
                (kt * (0.5 * degrees_of_freedom as f64), kt)
            }
        };
        let (w, volume) = sample.virial.map_or((Along::lit(f64::NAN), 1.0), |v| {
            (Along::with_tangents(v.trace, [slope(v.slopes)]), v.volume)
        });
        Point { u, k, w, volume, kt }
    }

    /// The observables; `origin` is an energy near all of U.
    fn observables<T: Real>(&self, p: Point<T>, origin: f64) -> [T; OBSERVABLES] {
        let second = match self.ensemble {
            Ensemble::Microcanonical { degrees_of_freedom } => p.k.recip() * (0.5 * degrees_of_freedom as f64 - 1.0),
            Ensemble::Canonical { .. } => (p.u - origin).sq(),
        };
        [p.u, p.k, second, (p.k * 2.0 + p.w) / (3.0 * p.volume)]
    }

    /// The quantities from the averages of the observables.
    fn quantities<T: Real>(&self, [u, k, second, pressure]: [T; OBSERVABLES], kt: T, origin: f64) -> [T; QUANTITIES] {
        let f = self.ensemble.degrees_of_freedom();
        let half = 0.5 * f as f64;
        let heat_capacity = match self.ensemble {
            Ensemble::Microcanonical { .. } => (k * second * -1.0 + half).recip() * (half * self.boltzmann),
            Ensemble::Canonical { .. } => ((second - (u - origin).sq()) / kt.sq() + half) * self.boltzmann,
        };
        [
            u,
            observables::temperature(k, f, self.boltzmann),
            pressure,
            heat_capacity,
        ]
    }

    /// The averages and their derivatives, with errors.
    pub fn estimate(&self) -> Estimate {
        let (values, groups) = self.blocks.estimate(|means| self.of(means));
        let mut rows = values.chunks_exact(QUANTITIES + self.bins).map(<[Value]>::to_vec);
        let averages = rows.next().unwrap_or_default();
        let slopes = (0..self.parameters).map(|_| [0, 1].map(|_| rows.next().unwrap_or_default()));
        Estimate {
            samples: self.samples(),
            groups,
            averages,
            slopes: slopes.collect(),
        }
    }

    /// Averages, then for each parameter the derivatives at constant temperature and at constant energy.
    fn of(&self, means: &[f64]) -> Vec<f64> {
        let directions = self.parameters + 1;
        let nothing = vec![f64::NAN; OBSERVABLES + directions + self.bins];
        let reference = self.reference.as_ref().unwrap_or(&nothing);
        let origin = reference[0];
        let (change, rest) = means.split_at(OBSERVABLES + directions + self.bins);
        let (explicit, products) = rest.split_at(directions * OBSERVABLES);
        let (observables, others) = change.split_at(OBSERVABLES);
        let (scores, bins) = others.split_at(directions);
        // d⟨O⟩ of observables and bins along a direction
        let along = |d: usize| -> ([Along; OBSERVABLES], Vec<f64>) {
            let products = &products[d * (OBSERVABLES + self.bins)..][..OBSERVABLES + self.bins];
            let covariance = |k: usize, mean: f64| products[k] - mean * scores[d];
            let observable = |i: usize| {
                let slope = explicit[d * OBSERVABLES + i] + covariance(i, observables[i]);
                Along::with_tangents(reference[i] + observables[i], [slope])
            };
            let of_bins = bins.iter().enumerate().map(|(k, m)| covariance(OBSERVABLES + k, *m));
            ([0, 1, 2, 3].map(observable), of_bins.collect())
        };
        let quantities = |d: usize| -> (Vec<f64>, Vec<f64>) {
            let (averages, of_bins) = along(d);
            let kt = match self.ensemble {
                Ensemble::Microcanonical { .. } => Along::lit(f64::NAN),
                Ensemble::Canonical { kt, .. } => {
                    let slope = if d == self.parameters { self.boltzmann } else { 0.0 };
                    Along::with_tangents(kt, [slope])
                }
            };
            let all = self.quantities(averages, kt, origin);
            let first = &reference[OBSERVABLES + directions..];
            let values = all
                .iter()
                .map(|q| q.v)
                .chain(first.iter().zip(bins).map(|(a, b)| a + b));
            let mut slopes: Vec<f64> = all.iter().map(|q| tangent(*q)).chain(of_bins).collect();
            // behind all: the total energy
            slopes.push(tangent(averages[0] + averages[1]));
            (values.collect(), slopes)
        };
        let (mut out, along_state) = quantities(self.parameters);
        for d in 0..self.parameters {
            let (_, mut own) = quantities(d);
            let held = match self.ensemble {
                Ensemble::Microcanonical { .. } => TEMPERATURE,
                Ensemble::Canonical { .. } => own.len() - 1,
            };
            let ratio = own[held] / along_state[held];
            let mut other: Vec<f64> = own.iter().zip(&along_state).map(|(x, s)| x - s * ratio).collect();
            own.pop();
            other.pop();
            match self.ensemble {
                Ensemble::Microcanonical { .. } => {
                    // x − x is not always zero in the last bit
                    other[TEMPERATURE] = 0.0;
                    out.extend(other.into_iter().chain(own));
                }
                Ensemble::Canonical { .. } => out.extend(own.into_iter().chain(other)),
            }
        }
        out
    }
}

fn tangent(x: Along) -> f64 {
    if x.on[0] { x.d[0] } else { 0.0 }
}
