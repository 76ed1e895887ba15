//! Velocity Verlet: kick by half a step, drift by a step, new force, kick by half a step.
//!
//! v(t + dt/2) = v(t) + F(t)/m · dt/2
//! r(t + dt)   = r(t) + v(t + dt/2) · dt
//! v(t + dt)   = v(t + dt/2) + F(t + dt)/m · dt/2
//!
//! W. C. Swope, H. C. Andersen, P. H. Berens and K. R. Wilson, *J. Chem. Phys.* **76**, 637 (1982),
//! doi:10.1063/1.442716. Second order, time-reversible and symplectic: the energy error is O(dt²) and bounded.

use super::integrator::{DynamicsError, Integrator, Moment};
use super::{Forces, observables};
use admd_engine::{Cell, Request, Vec3};
use core::ops::{Add, Mul};
use rayon::prelude::*;

/// Atoms that are kicked and drift together, while they are in the nearest cache.
const CHUNK: usize = 512;
/// Chunks handled by one thread at a stretch: below this the work is smaller than the cost of sharing it out.
const GRAIN: usize = 8;

/// `to` = `from` + F/m · dt, on one thread. The vectors may be over any scalar: a dual one carries tangents through the
/// step.
///
/// ```
/// use admd::{dynamics::kick, engine::Vec3};
/// let mut v = vec![Vec3::zeros()];
/// kick(&[Vec3::x()], &[Vec3::new(0.0, 4.0, 0.0)], &[2.0], 0.5, &mut v);
/// assert_eq!(v[0], Vec3::new(1.0, 1.0, 0.0));
/// ```
pub fn kick<V>(from: &[V], forces: &[V], masses: &[f64], dt: f64, to: &mut [V])
where
    V: Copy + Add<Output = V> + Mul<f64, Output = V>,
{
    for (((to, v), f), m) in to.iter_mut().zip(from).zip(forces).zip(masses) {
        *to = *v + *f * (dt / m);
    }
}

/// Kicks in place, on one thread: v ← v + F/m · dt.
pub fn kick_on<V>(velocities: &mut [V], forces: &[V], masses: &[f64], dt: f64)
where
    V: Copy + Add<Output = V> + Mul<f64, Output = V>,
{
    for ((v, f), m) in velocities.iter_mut().zip(forces).zip(masses) {
        *v = *v + *f * (dt / m);
    }
}

/// `to` = `from` + v · dt, on one thread.
///
/// ```
/// use admd::{dynamics::drift, engine::Vec3};
/// let mut r = vec![Vec3::zeros()];
/// drift(&[Vec3::x()], &[Vec3::y()], 0.5, &mut r);
/// assert_eq!(r[0], Vec3::new(1.0, 0.5, 0.0));
/// ```
pub fn drift<V>(from: &[V], velocities: &[V], dt: f64, to: &mut [V])
where
    V: Copy + Add<Output = V> + Mul<f64, Output = V>,
{
    for ((to, r), v) in to.iter_mut().zip(from).zip(velocities) {
        *to = *r + *v * dt;
    }
}

/// Velocity Verlet at constant energy, volume and number of atoms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VelocityVerlet {
    /// Length of a step \[τ\].
    pub timestep: f64,
}

impl Integrator for VelocityVerlet {
    fn timestep(&self) -> f64 {
        self.timestep
    }

    fn step(
        &mut self,
        now: &Moment,
        next: &mut Moment,
        forces: &mut dyn Forces,
        request: Request,
    ) -> Result<(), DynamicsError> {
        let dt = self.timestep;
        let (from, to) = (&now.state, &mut next.state);
        to.step = from.step + 1;
        to.configuration.cell.clone_from(&from.configuration.cell);
        let chunks = (
            to.velocities.par_chunks_mut(CHUNK),
            to.configuration.positions.par_chunks_mut(CHUNK),
            from.velocities.par_chunks(CHUNK),
            from.configuration.positions.par_chunks(CHUNK),
            now.evaluation.forces.par_chunks(CHUNK),
            from.masses.par_chunks(CHUNK),
        );
        let fastest2 = chunks.into_par_iter().with_min_len(GRAIN).map(|(v, r, v0, r0, f, m)| {
            kick(v0, f, m, 0.5 * dt, v);
            drift(r0, v, dt, r);
            fastest2(v)
        });
        let fastest2 = fastest2.reduce(|| 0.0, f64::max);
        refuse_leaps(fastest2, &to.velocities, dt, &to.configuration.cell)?;
        forces.evaluate(&to.configuration, request, &mut next.evaluation)?;
        let chunks = (
            to.velocities.par_chunks_mut(CHUNK),
            next.evaluation.forces.par_chunks(CHUNK),
            from.masses.par_chunks(CHUNK),
        );
        let fastest2 = chunks.into_par_iter().with_min_len(GRAIN).map(|(v, f, m)| {
            kick_on(v, f, m, 0.5 * dt);
            self::fastest2(v)
        });
        let fastest2 = fastest2.reduce(|| 0.0, f64::max);
        // Again, so that a state with a velocity that cannot be followed is never called good.
        refuse_leaps(fastest2, &to.velocities, dt, &to.configuration.cell)
    }

    fn conserved(&self, potential_energy: f64, kinetic_energy: f64) -> f64 {
        potential_energy + kinetic_energy
    }

    fn conserved_name(&self) -> &'static str {
        "total energy"
    }

    fn degrees_of_freedom(&self, atoms: usize) -> usize {
        observables::degrees_of_freedom(atoms)
    }
}

/// The largest square of a velocity; what is not a number is passed over.
fn fastest2(velocities: &[Vec3]) -> f64 {
    velocities.iter().map(Vec3::norm_squared).fold(0.0, f64::max)
}

/// Refuses a drift by which an atom would cross half the cell: half the smallest periodic height, or half the largest
/// height of a cell that is open on all sides. What is not finite passes here and is caught by the force field.
fn refuse_leaps(fastest2: f64, velocities: &[Vec3], dt: f64, cell: &Cell) -> Result<(), DynamicsError> {
    let heights = [0, 1, 2].map(|k| cell.height(k));
    let periodic = (0..3).filter(|&k| cell.periodic()[k]).map(|k| heights[k]);
    let smallest = periodic.fold(f64::INFINITY, f64::min);
    let height = if smallest.is_finite() {
        smallest
    } else {
        heights.into_iter().fold(0.0, f64::max)
    };
    let limit = 0.5 * height;
    if fastest2.sqrt() * dt.abs() <= limit {
        return Ok(());
    }
    let leaps = |v: &Vec3| v.norm() * dt.abs() > limit;
    match velocities.iter().position(leaps) {
        Some(atom) => Err(DynamicsError::Leap {
            atom,
            distance: velocities[atom].norm() * dt.abs(),
            limit,
        }),
        None => Ok(()),
    }
}
