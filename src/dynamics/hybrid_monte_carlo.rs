//! Hybrid Monte Carlo: dynamics proposes, and the error of the energy decides.
//!
//! A trajectory starts with fresh velocities of the Maxwell-Boltzmann distribution, goes n steps of an integrator that is
//! reversible and keeps volumes in phase space, and ends in the next sample with the probability
//!
//! min(1, e^(−ΔH/kT)),    ΔH = Δ(U + K) over the trajectory.
//!
//! Otherwise the next sample is the start again. That is detailed balance for whatever time step: positions are distributed
//! as e^(−U/kT) exactly, and a time step that is too long shows in the acceptance, not in the averages. S. Duane, A. D.
//! Kennedy, B. J. Pendleton and D. Roweth, *Phys. Lett. B* **195**, 216 (1987), doi:10.1016/0370-2693(87)91197-X.

use super::{DynamicsError, Forces, Integrator, Moment, State, observables, velocities};
use admd_engine::{Configuration, Request};
use rand_distr::{Distribution, StandardUniform};

/// The stream of the numbers that decide; no atom has this index.
const DECISIONS: u64 = u64::MAX;

/// A chain of samples of the canonical ensemble.
///
/// ```
/// use admd::dynamics::{Forces, HybridMonteCarlo, VelocityVerlet};
/// use admd::engine::{Cell, Configuration, EngineError, Evaluation, Request, Vec3};
///
/// struct Springs;
/// impl Forces for Springs {
///     fn evaluate(&mut self, c: &Configuration, _: Request, out: &mut Evaluation) -> Result<(), EngineError> {
///         out.forces = c.positions.iter().map(|r| -r).collect();
///         out.energy = Some(c.positions.iter().map(|r| 0.5 * r.norm_squared()).sum());
///         Ok(())
///     }
/// }
///
/// let n = 10;
/// let start = Configuration { cell: Cell::orthogonal([50.0; 3])?, species: vec![0; n], positions: vec![Vec3::zeros(); n] };
/// let integrator = Box::new(VelocityVerlet { timestep: 0.3 });
/// let mut chain = HybridMonteCarlo::new(start, vec![1.0; n], 0.5, integrator, 5, 1, &mut Springs)?;
/// let mut sum = 0.0;
/// for _ in 0..1000 {
///     chain.advance(&mut Springs);
///     sum += chain.energy();
/// }
/// let expected = 1.5 * 10.0 * 0.5; // 3N/2 kT
/// assert!((sum / 1000.0 / expected - 1.0).abs() < 0.05);
/// assert!(chain.acceptance() > 0.8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct HybridMonteCarlo {
    integrator: Box<dyn Integrator>,
    kt: f64,
    steps: u64,
    seed: u64,
    number: u64,
    tried: u64,
    accepted: u64,
    /// The last sample, with its forces and its energy.
    sample: Moment,
    energy: f64,
    /// The trajectory on its way.
    path: [Moment; 2],
}

impl HybridMonteCarlo {
    /// A chain that starts from a configuration with masses, at kT = `kt` \[energy\], with trajectories of so many steps (one
    /// at least).
    ///
    /// # Errors
    /// A start without finite forces.
    pub fn new(
        configuration: Configuration,
        masses: Vec<f64>,
        kt: f64,
        mut integrator: Box<dyn Integrator>,
        steps: u64,
        seed: u64,
        forces: &mut dyn Forces,
    ) -> Result<Self, DynamicsError> {
        let state = State {
            step: 0,
            velocities: velocities::drawn(&masses, kt, seed, 0),
            configuration,
            masses,
            tangents: Vec::new(),
        };
        let sample = integrator.start(state, forces)?;
        Ok(Self {
            integrator,
            kt,
            steps: steps.max(1),
            seed,
            number: 0,
            tried: 0,
            accepted: 0,
            energy: sample.evaluation.energy.unwrap_or(f64::NAN),
            path: [sample.clone(), sample.clone()],
            sample,
        })
    }

    /// The same chain with the random numbers of trajectories from the given one on, which are independent of those before.
    #[must_use]
    pub fn numbered_from(self, number: u64) -> Self {
        Self { number, ..self }
    }

    /// Goes on with another integrator, such as one with another time step, and counts trajectories from here.
    pub fn go_on_with(&mut self, integrator: Box<dyn Integrator>) {
        self.integrator = integrator;
        (self.tried, self.accepted) = (0, 0);
    }

    /// Makes a trajectory. Says whether its end is the next sample; if not, the last sample is the next one again, to the
    /// last bit. A trajectory on which forces are not finite, or an atom leaps, is not taken; nor would its reverse be.
    pub fn advance(&mut self, forces: &mut dyn Forces) -> bool {
        self.number += 1;
        self.tried += 1;
        // a trajectory that fails has no probability
        let accepted = self.propose(forces).is_some_and(|change| {
            let chance: f64 = StandardUniform.sample(&mut velocities::stream(self.seed, DECISIONS, self.number));
            chance < (-change / self.kt).exp()
        });
        if accepted {
            self.accepted += 1;
            self.energy = self.path[0].evaluation.energy.unwrap_or(f64::NAN);
            core::mem::swap(&mut self.sample, &mut self.path[0]);
        }
        accepted
    }

    /// ΔH of a trajectory, which ends in the first moment of the path; `None` where it has no end.
    fn propose(&mut self, forces: &mut dyn Forces) -> Option<f64> {
        let [now, next] = &mut self.path;
        now.clone_from(&self.sample);
        now.state.velocities = velocities::drawn(&now.state.masses, self.kt, self.seed, self.number);
        self.integrator.prepare(&mut now.state).ok()?;
        let kinetic = |m: &Moment| observables::kinetic_energy(&m.state.velocities, &m.state.masses);
        let before = kinetic(now);
        for step in 1..=self.steps {
            let request = if step == self.steps {
                Request::ENERGY
            } else {
                Request::FORCES
            };
            self.integrator.step(now, next, forces, request).ok()?;
            core::mem::swap(now, next);
        }
        let energy = now.evaluation.energy.filter(|u| u.is_finite())?;
        // differences of like terms: the energies may be large against kT
        Some((energy - self.energy) + (kinetic(now) - before))
    }

    /// The last sample.
    pub fn configuration(&self) -> &Configuration {
        &self.sample.state.configuration
    }

    /// Its potential energy \[energy\].
    pub fn energy(&self) -> f64 {
        self.energy
    }

    /// Trajectories made so far, since the integrator was changed.
    pub fn trajectories(&self) -> u64 {
        self.tried
    }

    /// The part of the trajectories whose end was taken; 1 without any.
    pub fn acceptance(&self) -> f64 {
        if self.tried == 0 {
            1.0
        } else {
            self.accepted as f64 / self.tried as f64
        }
    }
}
