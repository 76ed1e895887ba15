//! Configurations of the canonical ensemble at some θ, and what potentials at other θ say of them.

use super::bound::Bound;
use super::{FitError, SimulationSpec};
use crate::dynamics::{DynamicsError, HybridMonteCarlo, VelocityVerlet};
use crate::sensitivity::virial_lacks;
use admd_engine::{Configuration, Direction, Evaluation, ForceField, Mat3, NearPairs, Request};
use rayon::prelude::*;

/// Trajectories of which fewer are taken move nothing: the time step is too long.
const LEAST_ACCEPTANCE: f64 = 0.1;
/// What the time step of the equilibration is multiplied by after a trajectory that was accepted, and one that was not: it is
/// that of the input where more than 7 in 10 are.
const LONGER: f64 = 1.3;
const SHORTER: f64 = 0.5;
/// Trajectories of different simulations have numbers, and so random numbers, this far apart.
const APART: u32 = 32;

/// What a simulation has left.
#[derive(Debug)]
pub(super) struct Samples {
    pub(super) configurations: Vec<Configuration>,
    /// U at the θ of the simulation \[energy\], evaluated as that at other θ is.
    pub(super) energies: Vec<f64>,
    /// The chosen bins of g(r) of each sample.
    pub(super) bins: Vec<Vec<f64>>,
    /// The part of the trajectories that were taken.
    pub(super) acceptance: f64,
}

/// Which derivatives are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Derivatives {
    /// None.
    None,
    /// Of the energy.
    Energy,
    /// Of energy and virial.
    Virial,
}

/// A sample as the potential at some θ sees it.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// U \[energy\]
    pub(super) energy: f64,
    /// tr W \[energy\]
    pub(super) virial: f64,
    /// ∂U/∂θ
    pub(super) slopes: Vec<f64>,
    /// ∂ tr W/∂θ; empty where it is not wanted
    pub(super) virial_slopes: Vec<f64>,
}

impl Samples {
    /// Simulates at θ, from the start of the input or from where an earlier simulation has ended; `chosen` bins of g(r) are
    /// kept. Simulations with other numbers have other random numbers.
    pub(super) fn simulate(
        spec: &SimulationSpec,
        bound: &Bound,
        chosen: &[usize],
        theta: &[f64],
        number: u64,
    ) -> Result<Self, FitError> {
        let name = |error| FitError::Group {
            group: spec.name.clone(),
            error,
        };
        let mut field = bound.field(theta, spec.skin)?;
        let verlet = |timestep: f64| Box::new(VelocityVerlet { timestep });
        let every = spec.every.max(1);
        let (start, masses) = (spec.configuration.clone(), spec.masses.clone());
        let integrator = verlet(spec.timestep);
        let chain = HybridMonteCarlo::new(start, masses, spec.kt, integrator, every, spec.seed, &mut field);
        let mut chain = chain
            .map_err(|error| match error {
                DynamicsError::Engine(error) => name(error),
                other => FitError::Simulation {
                    group: spec.name.clone(),
                    reason: other.to_string(),
                },
            })?
            .numbered_from(number << APART);
        // a start with atoms too close goes downhill in steps that are short enough
        let mut timestep = spec.timestep;
        for _ in 0..spec.equilibration.div_ceil(every) {
            chain.go_on_with(verlet(timestep));
            timestep *= if chain.advance(&mut field) { LONGER } else { SHORTER };
            timestep = timestep.min(spec.timestep);
        }
        chain.go_on_with(verlet(spec.timestep));
        let mut samples = Self {
            configurations: Vec::new(),
            energies: Vec::new(),
            bins: Vec::new(),
            acceptance: 1.0,
        };
        let mut near = match &spec.rdf {
            Some((rdf, _)) if !chosen.is_empty() => Some((rdf, NearPairs::new(rdf.reach()).map_err(name)?)),
            _ => None,
        };
        for _ in 0..spec.samples {
            chain.advance(&mut field);
            let c = chain.configuration();
            if let Some((rdf, near)) = &mut near {
                let all = rdf.measure(c, near).map_err(name)?;
                samples.bins.push(chosen.iter().map(|k| all[*k]).collect());
            } else {
                samples.bins.push(Vec::new());
            }
            samples.configurations.push(c.clone());
        }
        samples.acceptance = chain.acceptance();
        if samples.acceptance < LEAST_ACCEPTANCE {
            return Err(FitError::Simulation {
                group: spec.name.clone(),
                reason: format!(
                    "of {} trajectories of {every} steps {:.1} % were accepted: shorten the time step ({}) or `every`, or equilibrate \
                     for longer",
                    chain.trajectories(),
                    100.0 * samples.acceptance,
                    spec.timestep
                ),
            });
        }
        let seen = samples.look(bound, theta, &spec.name, Derivatives::None)?;
        samples.energies = seen.iter().map(|s| s.energy).collect();
        Ok(samples)
    }

    /// All samples as the potential at θ sees them, with the derivatives in all its parameters that are wanted. Samples
    /// share the threads; each has the bits that it has alone.
    pub(super) fn look(
        &self,
        bound: &Bound,
        theta: &[f64],
        group: &str,
        derivatives: Derivatives,
    ) -> Result<Vec<Seen>, FitError> {
        let name = |error| FitError::Group {
            group: group.into(),
            error,
        };
        let dilation = [Direction {
            strain: Mat3::identity(),
            ..Direction::default()
        }];
        let mut lacks = Vec::new();
        if let Some(first) = self
            .configurations
            .first()
            .filter(|_| derivatives == Derivatives::Virial)
        {
            lacks = virial_lacks(&mut bound.field(theta, 0.0)?, first).map_err(name)?;
        }
        let request = Request {
            gradient: derivatives != Derivatives::None,
            tangents: match derivatives {
                Derivatives::Virial => &dilation,
                _ => &[],
            },
            ..Request::ENERGY
        };
        let one = |field: &mut Result<ForceField, FitError>, c: &Configuration| -> Result<Seen, FitError> {
            let mut out = Evaluation::default();
            let field = field.as_mut().map_err(|error| error.clone())?;
            field.forget();
            field.evaluate(c, request, &mut out).map_err(name)?;
            let mut seen = Seen {
                energy: out.energy.unwrap_or(f64::NAN),
                virial: out.virial.map_or(f64::NAN, |w| w.trace()),
                slopes: out.gradient,
                virial_slopes: Vec::new(),
            };
            if let Some(along) = out.tangents.first() {
                // tr W = −dU/dε along a strain of all lengths
                let slope = |(k, g): (usize, &f64)| lacks.get(k).unwrap_or(&0.0) - g;
                seen.virial_slopes = along.gradient.iter().enumerate().map(slope).collect();
            }
            Ok(seen)
        };
        // of several errors the first sample's is told
        let all: Vec<_> = (self.configurations.par_iter())
            .map_init(|| bound.field(theta, 0.0), one)
            .collect();
        all.into_iter().collect()
    }
}
