//! Averages of a simulation, reweighted.
//!
//! Configurations are sampled once at some θ₀ by hybrid Monte Carlo, whose averages are canonical whatever the time step
//! ([`HybridMonteCarlo`](crate::dynamics::HybridMonteCarlo)). At θ each has the weight
//!
//! w = e^(−(U(θ) − U(θ₀))/kT),    ⟨O⟩ = Σ w O/Σ w,
//!
//! (G. M. Torrie and J. P. Valleau, *J. Comput. Phys.* **23**, 187 (1977), doi:10.1016/0021-9991(77)90121-8), which is a smooth
//! function of θ. Its derivative is that of this very expression, with dual numbers for U and O: what comes out is
//! ⟨∂O/∂θ⟩ − cov(O, ∂U/∂θ)/kT. One evaluation a sample gives ∂U/∂θ and ∂(tr W)/∂θ of all parameters.
//!
//! | row | average of | unit |
//! |---|---|---|
//! | mean energy | U/N | energy |
//! | pressure | (N kT + tr W/3)/V | energy/length³ |
//! | rdf | bins of g(r) ([`Rdf`](crate::dynamics::Rdf)) | |
//!
//! Weights say how many samples still count: (Σw)²/Σw². [`Target::refresh`] simulates anew where they are fewer than the given
//! part, and far below it there is no prediction. The mean energy lacks reference energies.

use super::averaging::Averaging;
use super::bound::{Bound, Rows};
use super::dense::Dense;
use super::samples::{Derivatives, Samples, Seen};
use super::{FitError, Group, Quantity, Row, SimulationSpec, Target, Which};
use crate::dynamics::observables;
use crate::sensitivity::effective_size;
use admd_ad::Dual;
use admd_potentials::form::binding::PairBinding;
use rayon::prelude::*;
use std::sync::Arc;

/// Ten windows, each of which must have forgotten the one before: some ten independent samples a window.
const LEAST_INDEPENDENT: f64 = 100.0;
/// A simulation with fewer samples has no errors.
const LEAST_SAMPLES: u64 = 10;
/// The part of the least effective sample size below which there are no predictions: until the next
/// [`Target::refresh`] an optimiser may go somewhat farther than it should.
const FORBIDDEN: f64 = 0.25;

/// The part of the samples that must count where a fit ends: what is left is their own error, not where they were taken.
const CONFIRMED: f64 = 0.9;

type Along = Dual<f64, 1>;

/// A simulation at constant volume and temperature. It is done at the first θ that is asked for, and anew where
/// [`Target::refresh`] finds that too few samples count.
///
/// ```
/// # use admd::potentials::{catalog::pair_info, form::binding::PairBinding, form::truncation::Truncation};
/// # let lennard_jones = PairBinding::builder("lj", pair_info("lj").unwrap(), ["A"]).cutoff(2.5)
/// #     .truncation(Truncation::Shifted).like("A", [("epsilon", 1.0), ("sigma", 1.0)]).build().unwrap();
/// use admd::engine::{Cell, Configuration, Vec3};
/// use admd::fit::{Observation, Simulation, SimulationSpec, Target, Which};
///
/// // eight atoms of a dilute gas
/// let corner = |k: usize| Vec3::new((k % 2) as f64, (k / 2 % 2) as f64, (k / 4) as f64) * 5.0;
/// let spec = SimulationSpec {
///     name: "gas".into(), tag: String::new(), weight: 1.0,
///     configuration: Configuration {
///         cell: Cell::orthogonal([10.0; 3])?, species: vec![0; 8], positions: (0..8).map(corner).collect(),
///     },
///     masses: vec![1.0; 8], kt: 2.0, timestep: 0.01, skin: 0.5, equilibration: 500, samples: 100, every: 50, least: 0.5,
///     seed: 1, energy: None, pressure: Some(Observation { value: 0.016, sigma: 0.001 }), rdf: None,
/// };
/// let mut gas = Simulation::new(spec, vec![lennard_jones])?;
/// assert!(gas.refresh(&[1.0, 1.0])?); // simulates
/// let found = gas.evaluate(&[1.0, 1.0], Which::All)?[0];
/// assert!((found / 0.016 - 1.0).abs() < 0.1); // N kT/V
/// assert!(!gas.refresh(&[1.01, 1.0])?); // the same samples will do
/// let slope = gas.push(&[1.01, 1.0], &[vec![1.0, 0.0]])?[0][0];
/// assert!(slope.is_finite() && gas.simulations() == 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Simulation {
    spec: SimulationSpec,
    bound: Bound,
    averaging: Averaging,
    rows: Rows,
    /// Bins of g(r) that are compared.
    chosen: Vec<usize>,
    samples: Option<Arc<Samples>>,
    /// Simulations done, and θ of the last one: the samples follow from these.
    done: u64,
    at: Vec<f64>,
    /// What the samples look like at the last θ.
    seen: Option<(Vec<f64>, Arc<Vec<Seen>>)>,
    jacobian: Option<(Vec<f64>, Arc<Dense>)>,
}

impl Simulation {
    /// The simulation with its potentials; nothing is simulated yet.
    ///
    /// # Errors
    /// Potentials that do not go together; lists of other lengths than there are atoms or bins; a mass, temperature or time
    /// step that is not positive; fewer than ten samples; a pressure or g(r) in a cell with an open edge.
    pub fn new(spec: SimulationSpec, bindings: Vec<PairBinding>) -> Result<Self, FitError> {
        let refuse = |reason: String| {
            let group = spec.name.clone();
            Err(FitError::Simulation { group, reason })
        };
        let atoms = spec.configuration.len();
        if atoms == 0 {
            return refuse("there is no atom to simulate".into());
        }
        if spec.masses.len() != atoms || spec.masses.iter().any(|m| *m <= 0.0 || m.is_nan()) {
            return refuse(format!("{atoms} positive masses are needed, one an atom"));
        }
        if !(spec.kt > 0.0 && spec.timestep > 0.0) {
            return refuse(format!(
                "kT is {} and the time step {}; both must be positive",
                spec.kt, spec.timestep
            ));
        }
        if spec.samples < LEAST_SAMPLES {
            return refuse(format!(
                "{} samples say nothing of their error; take {LEAST_SAMPLES} at least, better some hundreds",
                spec.samples
            ));
        }
        let volume = observables::volume(&spec.configuration.cell);
        if volume.is_none() && (spec.pressure.is_some() || spec.rdf.is_some()) {
            return refuse("pressure and g(r) need a volume: a cell that is periodic along all edges".into());
        }
        let mut rows = Rows::new(&spec.name, &spec.tag, spec.weight);
        rows.add(Quantity::MeanEnergy, spec.energy);
        rows.add(Quantity::Pressure, spec.pressure);
        let mut chosen = Vec::new();
        if let (Some((rdf, observed)), Some(volume)) = (&spec.rdf, volume) {
            if observed.len() != rdf.bins() {
                return refuse(format!("g(r) has {} bins, but {} numbers", rdf.bins(), observed.len()));
            }
            let ideal = rdf.ideal(rdf.pairs(&spec.configuration.species), volume);
            for (k, (observation, ideal)) in observed.iter().zip(ideal).enumerate() {
                // an infinite error says nothing, and without pairs there is no g
                if observation.sigma.is_finite() && ideal > 0.0 {
                    rows.add(Quantity::Rdf, Some(*observation));
                    chosen.push(k);
                }
            }
        }
        let bound = Bound::new(bindings, &spec.name)?;
        Ok(Self {
            averaging: Averaging::new(&spec),
            spec,
            bound,
            rows,
            chosen,
            samples: None,
            done: 0,
            at: Vec::new(),
            seen: None,
            jacobian: None,
        })
    }

    /// Simulations done so far.
    pub fn simulations(&self) -> u64 {
        self.done
    }

    /// The part of the trajectories of the last simulation that were accepted; `None` before the first.
    pub fn acceptance(&self) -> Option<f64> {
        self.samples.as_ref().map(|s| s.acceptance)
    }

    /// Effective number of samples at θ; `None` before the first simulation.
    ///
    /// # Errors
    /// Parameters that the potential refuses, or at which samples have no finite energy.
    pub fn effective_samples(&mut self, theta: &[f64]) -> Result<Option<f64>, FitError> {
        let Some(samples) = self.samples.clone() else {
            return Ok(None);
        };
        let seen = self.seen(&samples, theta)?;
        Ok(Some(effective_size(
            &self.averaging.weights(&samples, |s| seen[s].energy),
        )))
    }

    /// The samples that there are, or those of a first simulation at θ.
    fn samples(&mut self, theta: &[f64]) -> Result<Arc<Samples>, FitError> {
        match &self.samples {
            Some(samples) => Ok(samples.clone()),
            None => self.simulate(theta),
        }
    }

    fn simulate(&mut self, theta: &[f64]) -> Result<Arc<Samples>, FitError> {
        let samples = Arc::new(Samples::simulate(
            &self.spec,
            &self.bound,
            &self.chosen,
            theta,
            self.done,
        )?);
        self.done += 1;
        self.at = theta.to_vec();
        (self.seen, self.jacobian) = (None, None);
        self.samples = Some(samples.clone());
        Ok(samples)
    }

    /// Simulates at θ unless this part of the samples there are counts; says whether it did.
    fn unless(&mut self, theta: &[f64], least: f64) -> Result<bool, FitError> {
        let effective = match self.effective_samples(theta) {
            // samples that overlap at these parameters count for nothing
            Err(FitError::Group { .. }) => Some(0.0),
            other => other?,
        };
        if effective.is_some_and(|e| e >= least * self.spec.samples as f64) {
            return Ok(false);
        }
        self.simulate(theta)?;
        Ok(true)
    }

    fn seen(&mut self, samples: &Samples, theta: &[f64]) -> Result<Arc<Vec<Seen>>, FitError> {
        if let Some((at, seen)) = &self.seen
            && at[..] == *theta
        {
            return Ok(seen.clone());
        }
        let seen = Arc::new(samples.look(&self.bound, theta, &self.spec.name, Derivatives::None)?);
        self.seen = Some((theta.to_vec(), seen.clone()));
        Ok(seen)
    }

    /// The samples at θ, if enough of them count.
    fn trusted(&mut self, theta: &[f64]) -> Result<(Arc<Samples>, Arc<Vec<Seen>>), FitError> {
        let samples = self.samples(theta)?;
        let seen = self.seen(&samples, theta)?;
        let (effective, all) = (
            effective_size(&self.averaging.weights(&samples, |s| seen[s].energy)),
            self.spec.samples as f64,
        );
        let least = FORBIDDEN * self.spec.least * all;
        if effective >= least {
            return Ok((samples, seen));
        }
        Err(FitError::Simulation {
            group: self.spec.name.clone(),
            reason: format!(
                "the effective sample size is {effective:.1} of {all} samples, fewer than {least:.1}: they were taken too far from \
                 these parameters; change the parameters by less before the next simulation, or take more samples"
            ),
        })
    }

    fn jacobian(&mut self, theta: &[f64]) -> Result<Arc<Dense>, FitError> {
        if let Some((at, known)) = &self.jacobian
            && at[..] == *theta
        {
            return Ok(known.clone());
        }
        let (samples, _) = self.trusted(theta)?;
        let wanted = match self.spec.pressure {
            Some(_) => Derivatives::Virial,
            None => Derivatives::Energy,
        };
        let seen = samples.look(&self.bound, theta, &self.spec.name, wanted)?;
        let along = |k: usize| -> Vec<f64> {
            let sample = |s: usize| {
                let seen: &Seen = &seen[s];
                [
                    Along::with_tangents(seen.energy, [seen.slopes[k]]),
                    Along::with_tangents(seen.virial, [seen.virial_slopes.get(k).copied().unwrap_or(0.0)]),
                ]
            };
            let averages = self.averaging.averages(&samples, sample);
            averages.iter().map(|a| if a.on[0] { a.d[0] } else { 0.0 }).collect()
        };
        let columns: Vec<Vec<f64>> = (0..self.bound.leaves()).into_par_iter().map(along).collect();
        let row = |r: usize| columns.iter().map(|column| column[r]).collect();
        let dense = Arc::new(Dense((0..self.rows.rows.len()).map(row).collect()));
        self.jacobian = Some((theta.to_vec(), dense.clone()));
        Ok(dense)
    }
}

impl Target for Simulation {
    fn rows(&self) -> &[Row] {
        &self.rows.rows
    }

    fn groups(&self) -> &[Group] {
        &self.rows.groups
    }

    /// Averages at θ from the samples that there are, which a first simulation at θ makes where there are none.
    fn evaluate(&mut self, theta: &[f64], which: Which) -> Result<Vec<f64>, FitError> {
        if let Some(observed) = self.rows.left_out(which) {
            return Ok(observed);
        }
        let (samples, seen) = self.trusted(theta)?;
        let found = self.averaging.averages(&samples, |s| [seen[s].energy, seen[s].virial]);
        self.rows.finite(found)
    }

    fn push(&mut self, theta: &[f64], directions: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, FitError> {
        Ok(self.jacobian(theta)?.push(directions))
    }

    fn pull(&mut self, theta: &[f64], adjoint: &[f64]) -> Result<Vec<f64>, FitError> {
        Ok(self.jacobian(theta)?.pull(adjoint, theta.len()))
    }

    fn refresh(&mut self, theta: &[f64]) -> Result<bool, FitError> {
        if self.rows.rows.is_empty() {
            return Ok(false);
        }
        self.unless(theta, self.spec.least)
    }

    fn confirm(&mut self, theta: &[f64]) -> Result<bool, FitError> {
        if self.rows.rows.is_empty() {
            return Ok(false);
        }
        self.unless(theta, CONFIRMED.max(self.spec.least))
    }

    fn memory(&self) -> Vec<f64> {
        match self.samples {
            // counts of simulations are far below 2⁵³
            Some(_) => core::iter::once(self.done as f64)
                .chain(self.at.iter().copied())
                .collect(),
            None => Vec::new(),
        }
    }

    fn recall(&mut self, memory: &[f64]) -> Result<(), FitError> {
        let Some((done, at)) = memory.split_first() else {
            return Ok(());
        };
        if self.samples.is_some() && memory == self.memory() {
            return Ok(());
        }
        if !(*done >= 1.0 && done.fract() == 0.0 && at.len() >= self.bound.leaves()) {
            let reason =
                "what the checkpoint says of its simulations does not belong to it; start without it".to_owned();
            let group = self.spec.name.clone();
            return Err(FitError::Simulation { group, reason });
        }
        self.done = *done as u64 - 1;
        self.simulate(at).map(|_| ())
    }

    fn noise(&mut self, theta: &[f64]) -> Result<Vec<Vec<f64>>, FitError> {
        if self.rows.rows.is_empty() {
            return Ok(Vec::new());
        }
        let (samples, seen) = self.trusted(theta)?;
        Ok(self.averaging.windows(&samples, &seen))
    }

    fn notes(&mut self, theta: &[f64]) -> Result<Vec<String>, FitError> {
        if self.rows.rows.is_empty() {
            return Ok(Vec::new());
        }
        let (samples, seen) = self.trusted(theta)?;
        let effective = effective_size(&self.averaging.weights(&samples, |s| seen[s].energy));
        let independent = Averaging::independent(&seen);
        let name = &self.spec.name;
        let mut notes = vec![format!(
            "{name}: {} simulations; of the last, {:.0} % of the trajectories were accepted, {effective:.0} of {} samples count at \
             these parameters, and they say as much as {independent:.0} independent ones",
            self.done,
            100.0 * samples.acceptance,
            self.spec.samples
        )];
        if independent < LEAST_INDEPENDENT {
            notes.push(format!(
                "{name}: errors from so few independent samples are too small; take more samples, or more steps between them \
                 (samples, every), until some hundred are independent"
            ));
        }
        Ok(notes)
    }

    fn fork(&self) -> Box<dyn Target> {
        Box::new(self.clone())
    }
}
