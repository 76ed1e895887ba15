//! Derivatives of equilibrium averages as an observer: it samples, and says what the fluctuations tell so far.

use super::ensemble_words as words;
use super::{Needs, Observer, RunError, TrajectoryFile, View};
use crate::dynamics::{DensityProfile, Ensemble, Rdf};
use crate::io::h5md::{EnsembleHeader, EnsembleObservable, EnsembleRow};
use crate::sensitivity::{
    Averages, Estimate, HEAT_CAPACITY, LEAST_SAMPLES, Observable, POTENTIAL_ENERGY, PRESSURE, QUANTITIES, Sample,
    Subject, TEMPERATURE, Value, Variable, Virial,
};
use admd_engine::{Cell, Configuration, EngineError, NearPairs};
use admd_potentials::form::units::{Dimension, UnitSystem};
use core::ops::Range;
use serde_json::Value as Json;
use std::sync::{Arc, Mutex, PoisonError};

/// Samples grow by this factor from one row of the file to the next.
const GROWTH: f64 = 1.189_207_115_002_721; // 2^(1/4)

/// What is sampled, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// The variables, all of them parameters of potentials.
    pub variables: Vec<Variable>,
    /// What the states are distributed like.
    pub ensemble: Ensemble,
    /// Steps between samples, and before the first.
    pub every: u64,
    /// Steps before the first sample.
    pub after: u64,
    /// What is averaged.
    pub observables: Vec<Observable>,
    /// The radial distribution function, where it is among these.
    pub rdf: Option<Rdf>,
    /// The density profile, likewise.
    pub profile: Option<DensityProfile>,
    /// What [`virial_lacks`](crate::sensitivity::virial_lacks) says, one number a parameter of the force field; empty for zeros.
    pub virial_lacks: Vec<f64>,
}

impl Sampling {
    /// What the trajectory file is told.
    pub fn header(&self, cell: &Cell, units: &UnitSystem) -> EnsembleHeader {
        let observable = |o: &Observable| EnsembleObservable {
            name: o.name(),
            dimension: o.dimension(),
            distance: self.distance(*o, cell),
        };
        let variable = |v: &Variable| (v.name.clone(), units.symbol(v.dimension), v.value);
        EnsembleHeader {
            estimator: format!("ensemble: fluctuations of a {} run", self.ensemble.name()),
            variables: self.variables.iter().map(variable).collect(),
            observables: self.observables.iter().map(observable).collect(),
        }
    }

    /// The middles of the bins of an observable \[length\]; empty of one number.
    fn distance(&self, observable: Observable, cell: &Cell) -> Vec<f64> {
        match (observable, self.rdf, self.profile) {
            (Observable::Rdf, Some(rdf), _) => rdf.centres(),
            (Observable::DensityProfile, _, Some(p)) => {
                let width = cell.edge(p.axis).norm() / p.bins as f64;
                (0..p.bins).map(|k| (k as f64 + 0.5) * width).collect()
            }
            _ => Vec::new(),
        }
    }

    fn bins(&self) -> usize {
        self.rdf.map_or(0, |r| r.bins()) + self.profile.map_or(0, |p| p.bins)
    }

    /// Where an observable stands among the numbers of an [`Estimate`].
    pub(super) fn place(&self, observable: Observable) -> Range<usize> {
        let one = |k: usize| k..k + 1;
        match observable {
            Observable::PotentialEnergy => one(POTENTIAL_ENERGY),
            Observable::Temperature => one(TEMPERATURE),
            Observable::Pressure => one(PRESSURE),
            Observable::HeatCapacity => one(HEAT_CAPACITY),
            Observable::Rdf => QUANTITIES..QUANTITIES + self.rdf.map_or(0, |r| r.bins()),
            Observable::DensityProfile => {
                let end = QUANTITIES + self.bins();
                end - self.profile.map_or(0, |p| p.bins)..end
            }
        }
    }

    /// Its numbers in the units of output.
    pub(super) fn own(&self, observable: Observable, values: &[Value], units: &UnitSystem) -> Vec<Value> {
        let unit = match observable {
            Observable::Pressure => units.to_coherent(Dimension::PRESSURE),
            _ => 1.0,
        };
        let range = self.place(observable);
        let of = |v: &Value| Value {
            value: v.value / unit,
            error: v.error / unit,
        };
        values.get(range).unwrap_or(&[]).iter().map(of).collect()
    }
}

/// What is known.
#[derive(Debug)]
struct Known {
    averages: Averages,
    /// Samples at which the next row is due.
    next: u64,
    /// Step and time of the last sample.
    last: (u64, f64),
    /// Samples in the last row.
    written: u64,
}

/// A handle on the derivatives of averages, which can be read while the run owns the observer.
#[derive(Clone, Debug)]
pub struct EnsembleAverages {
    sampling: Arc<Sampling>,
    known: Arc<Mutex<Known>>,
    file: Option<TrajectoryFile>,
}

impl EnsembleAverages {
    /// Nothing sampled yet. Rows go to the file if there is one.
    pub fn new(sampling: Sampling, units: &UnitSystem, file: Option<TrajectoryFile>) -> Self {
        let (parameters, bins) = (sampling.variables.len(), sampling.bins());
        let known = Known {
            averages: Averages::new(sampling.ensemble, units.boltzmann, parameters, bins),
            next: LEAST_SAMPLES,
            last: (0, 0.0),
            written: 0,
        };
        Self {
            sampling: Arc::new(sampling),
            known: Arc::new(Mutex::new(known)),
            file,
        }
    }

    /// The observer. It must be added before those of the file, so that its last row finds the file open.
    ///
    /// # Errors
    /// `ADMD_ISA` names an instruction set that this machine lacks.
    pub fn observer(&self, units: &'static UnitSystem) -> Result<Box<dyn Observer>, EngineError> {
        let near = self.sampling.rdf.map(|rdf| NearPairs::new(rdf.reach())).transpose()?;
        Ok(Box::new(Sampler {
            of: self.clone(),
            near,
            units,
        }))
    }

    /// What is known now.
    pub fn estimate(&self) -> Estimate {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.averages.estimate()
    }

    /// Lines of the summary.
    pub fn lines(&self, units: &UnitSystem) -> Vec<String> {
        words::lines(&self.sampling, &self.estimate(), units)
    }

    /// The same for programs: one object a variable.
    pub fn json(&self, cell: &Cell, units: &UnitSystem) -> Vec<Json> {
        let distance = |o: Observable| self.sampling.distance(o, cell);
        words::json(&self.sampling, &self.estimate(), distance, units)
    }
}

/// The observer.
struct Sampler {
    of: EnsembleAverages,
    near: Option<NearPairs>,
    units: &'static UnitSystem,
}

impl Sampler {
    fn row(&self, known: &mut Known) -> Result<(), RunError> {
        let samples = known.averages.samples();
        let Some(file) = self.of.file.as_ref().filter(|_| samples > known.written) else {
            return Ok(());
        };
        known.written = samples;
        let estimate = known.averages.estimate();
        let sampling = &self.of.sampling;
        let numbers = |values: &[Value]| -> Vec<[f64; 2]> {
            let own = |o: &Observable| sampling.own(*o, values, self.units);
            sampling
                .observables
                .iter()
                .flat_map(own)
                .map(|v| [v.value, v.error])
                .collect()
        };
        let slopes = |[temperature, energy]: &[Vec<Value>; 2]| [numbers(temperature), numbers(energy)];
        file.ensemble_row(EnsembleRow {
            step: known.last.0,
            time: known.last.1,
            samples,
            blocks: estimate.groups as u64,
            averages: numbers(&estimate.averages),
            slopes: estimate.slopes.iter().map(slopes).collect(),
        })
    }

    /// Numbers that depend on positions alone.
    fn bins(&mut self, c: &Configuration) -> Result<Vec<f64>, RunError> {
        let mut bins = match (self.of.sampling.rdf, &mut self.near) {
            (Some(rdf), Some(near)) => rdf.measure(c, near)?,
            _ => Vec::new(),
        };
        if let Some(profile) = self.of.sampling.profile {
            bins.extend(profile.measure(c));
        }
        Ok(bins)
    }
}

impl Observer for Sampler {
    fn due(&self, step: u64) -> bool {
        let Sampling { every, after, .. } = *self.of.sampling;
        // the start is no sample: nobody could ask for its derivatives
        step > 0 && step >= after && (step - after).is_multiple_of(every)
    }

    fn needs(&self) -> Needs {
        Needs {
            gradient: true,
            dilation: self.of.sampling.observables.contains(&Observable::Pressure),
        }
    }

    fn observe(&mut self, view: View) -> Result<(), RunError> {
        // the last state is shown to everybody; and without kinetic energy a state has no weight
        if !self.due(view.thermo.step) || view.thermo.kinetic_energy <= 0.0 {
            return Ok(());
        }
        let bins = self.bins(&view.moment.state.configuration)?;
        let (evaluation, sampling) = (&view.moment.evaluation, &self.of.sampling);
        let dilation = evaluation.tangents.get(view.moment.state.tangents.len());
        let (mut slopes, mut of_virial) = (Vec::new(), Vec::new());
        for variable in &sampling.variables {
            let Subject::Parameter(k) = variable.subject else {
                continue;
            };
            slopes.push(evaluation.gradient.get(k).copied().unwrap_or(f64::NAN));
            // tr W = −dU/dε along a strain of all lengths
            let lacks = sampling.virial_lacks.get(k).copied().unwrap_or(0.0);
            let slope = dilation.and_then(|d| d.gradient.get(k)).map_or(f64::NAN, |g| lacks - g);
            of_virial.push(slope);
        }
        let virial = evaluation
            .virial
            .zip(view.thermo.volume)
            .filter(|_| self.needs().dilation);
        let mut known = self.of.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.averages.add(Sample {
            potential_energy: view.thermo.potential_energy,
            kinetic_energy: view.thermo.kinetic_energy,
            slopes: &slopes,
            virial: virial.map(|(w, volume)| Virial {
                trace: w.trace(),
                slopes: &of_virial,
                volume,
            }),
            bins: &bins,
        });
        known.last = (view.thermo.step, view.thermo.time);
        if known.averages.samples() < known.next {
            return Ok(());
        }
        known.next = (known.next as f64 * GROWTH).ceil() as u64;
        self.row(&mut known)
    }

    fn close(&mut self) -> Result<(), RunError> {
        let mut known = self.of.known.lock().unwrap_or_else(PoisonError::into_inner);
        self.row(&mut known)
    }
}
