//! A loss of the last state, springs, and the adjoint equations of velocity Verlet for Lennard-Jones written by hand.
#![allow(dead_code, reason = "each test program uses its own part")]

use crate::support::dot;
use admd::dynamics::{Forces, State, StateAdjoint, VelocityVerlet};
use admd::engine::{Configuration, Direction, EngineError, Evaluation, Mat3, Request, Tangent, Vec3};
use admd::sensitivity::{Gradient, Loss, Memory, Reads, Share, gradient};

/// w · (r, v) of the last state; an empty list stands for zeros.
#[derive(Clone)]
pub(crate) struct AtEnd {
    pub(crate) positions: Vec<Vec3>,
    pub(crate) velocities: Vec<Vec3>,
}

impl AtEnd {
    pub(crate) fn of(&self, state: &State) -> f64 {
        dot(&self.positions, &state.configuration.positions) + dot(&self.velocities, &state.velocities)
    }
}

impl Loss for AtEnd {
    fn reads(&self, step: u64, steps: u64) -> Option<Reads> {
        let velocities = step == steps;
        velocities.then_some(Reads {
            velocities,
            ..Reads::default()
        })
    }

    fn share(&self, _: u64, _: u64, state: &State) -> Result<Share, EngineError> {
        Ok(Share {
            value: self.of(state),
            positions: self.positions.clone(),
            velocities: self.velocities.clone(),
            ..Share::default()
        })
    }
}

/// The gradient of a loss over so many steps.
pub(crate) fn backwards(
    start: State,
    forces: &mut dyn Forces,
    timestep: f64,
    steps: u64,
    loss: &AtEnd,
    memory: Memory,
) -> Gradient {
    let mut integrator = VelocityVerlet { timestep };
    gradient(start, forces, &mut integrator, steps, &mut loss.clone(), memory).unwrap()
}

/// Every atom on a spring to the origin; its stiffness is the one parameter.
pub(crate) struct Springs(pub(crate) f64);

impl Forces for Springs {
    fn parameters(&self) -> usize {
        1
    }

    fn evaluate(&mut self, c: &Configuration, request: Request, out: &mut Evaluation) -> Result<(), EngineError> {
        let Self(k) = *self;
        let r = &c.positions;
        out.forces = r.iter().map(|r| -r * k).collect();
        out.energy = request.energy_and_virial.then(|| 0.5 * k * dot(r, r));
        out.gradient = if request.gradient {
            vec![0.5 * dot(r, r)]
        } else {
            Vec::new()
        };
        let tangent = |d: &Direction| {
            let dk = d.parameters.first().copied().unwrap_or(0.0);
            let moved = |i: usize| d.positions.get(i).copied().unwrap_or_default();
            Tangent {
                forces: (0..r.len()).map(|i| -r[i] * dk - moved(i) * k).collect(),
                gradient: vec![(0..r.len()).map(|i| r[i].dot(&moved(i))).sum()],
                ..Tangent::default()
            }
        };
        out.tangents = request.tangents.iter().map(tangent).collect();
        Ok(())
    }
}

/// A pair of Lennard-Jones atoms at a distance: u′ and u″, and the slopes of u′ in ε and σ.
fn pair([epsilon, sigma]: [f64; 2], r: f64) -> [f64; 4] {
    let s6 = (sigma / r).powi(6);
    let s12 = s6 * s6;
    [
        4.0 * epsilon * (-12.0 * s12 + 6.0 * s6) / r,
        4.0 * epsilon * (156.0 * s12 - 42.0 * s6) / (r * r),
        4.0 * (-12.0 * s12 + 6.0 * s6) / r,
        4.0 * epsilon * (-144.0 * s12 + 36.0 * s6) / (r * sigma),
    ]
}

/// Forces of a free cluster, −H φ, and φ · ∂F/∂(ε, σ).
fn forces_and_products(theta: [f64; 2], r: &[Vec3], phi: &[Vec3]) -> (Vec<Vec3>, Vec<Vec3>, [f64; 2]) {
    let zeros = vec![Vec3::zeros(); r.len()];
    let (mut forces, mut products, mut slopes) = (zeros.clone(), zeros, [0.0; 2]);
    for i in 0..r.len() {
        for j in 0..i {
            let d = r[i] - r[j];
            let distance = d.norm();
            let e = d / distance;
            let [first, second, of_epsilon, of_sigma] = pair(theta, distance);
            forces[i] -= e * first;
            forces[j] += e * first;
            // ∂²u/∂d² = u″ e eᵀ + u′/r (1 − e eᵀ)
            let hessian = e * e.transpose() * second + (Mat3::identity() - e * e.transpose()) * (first / distance);
            let relative = phi[i] - phi[j];
            products[i] -= hessian * relative;
            products[j] += hessian * relative;
            slopes[0] -= of_epsilon * e.dot(&relative);
            slopes[1] -= of_sigma * e.dot(&relative);
        }
    }
    (forces, products, slopes)
}

/// The adjoint of velocity Verlet, equation by equation:
///
/// ```text
/// from n = N with λ_r = ∂L/∂r_N, λ_v = ∂L/∂v_N down to n = 1
///     φ = λ_v dt/2m,      λ_r ← λ_r − H(r_n) φ            second kick
///     λ_v ← λ_v + λ_r dt                                  drift
///     φ = λ_v dt/2m,      λ_r ← λ_r − H(r_{n−1}) φ        first kick
/// dL/dθ = Σ φ · ∂F/∂θ,    dL/dm = −Σ λ_v · F dt/2m²,    dL/d(dt) = Σ λ_v · F/2m + Σ λ_r · v_{n−1/2}
/// ```
pub(crate) fn hand_written_adjoint(start: &State, theta: [f64; 2], dt: f64, steps: u64, loss: &AtEnd) -> StateAdjoint {
    let n = start.masses.len();
    let m = &start.masses;
    let still = vec![Vec3::zeros(); n];
    let mut places = vec![start.configuration.positions.clone()];
    let mut middles = Vec::new();
    let mut v = start.velocities.clone();
    for step in 0..steps as usize {
        let (forces, ..) = forces_and_products(theta, &places[step], &still);
        (0..n).for_each(|i| v[i] += forces[i] * (0.5 * dt / m[i]));
        middles.push(v.clone());
        places.push((0..n).map(|i| places[step][i] + v[i] * dt).collect());
        let (forces, ..) = forces_and_products(theta, &places[step + 1], &still);
        (0..n).for_each(|i| v[i] += forces[i] * (0.5 * dt / m[i]));
    }
    let mut a = StateAdjoint {
        positions: loss.positions.clone(),
        velocities: loss.velocities.clone(),
        ..StateAdjoint::zero(n, 2)
    };
    let kick = |a: &mut StateAdjoint, r: &[Vec3]| {
        let phi: Vec<Vec3> = (0..n).map(|i| a.velocities[i] * (0.5 * dt / m[i])).collect();
        let (forces, products, slopes) = forces_and_products(theta, r, &phi);
        for i in 0..n {
            let work = a.velocities[i].dot(&forces[i]);
            a.masses[i] -= work * 0.5 * dt / (m[i] * m[i]);
            a.timestep += work * 0.5 / m[i];
            a.positions[i] += products[i];
        }
        (0..2).for_each(|k| a.parameters[k] += slopes[k]);
    };
    for step in (0..steps as usize).rev() {
        kick(&mut a, &places[step + 1]);
        for i in 0..n {
            a.timestep += a.positions[i].dot(&middles[step][i]);
            a.velocities[i] += a.positions[i] * dt;
        }
        kick(&mut a, &places[step]);
    }
    a
}
