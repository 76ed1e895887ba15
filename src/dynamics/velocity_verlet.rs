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

/// Atoms handled by one thread at a stretch: below this the work is smaller than the cost of sharing it out.
const GRAIN: usize = 4096;

/// `to` = `from` + F/m · dt. The vectors may be over any scalar: a dual one carries tangents through the step.
///
/// ```
/// use admd::{dynamics::kick, engine::Vec3};
/// let mut v = vec![Vec3::zeros()];
/// kick(&[Vec3::x()], &[Vec3::new(0.0, 4.0, 0.0)], &[2.0], 0.5, &mut v);
/// assert_eq!(v[0], Vec3::new(1.0, 1.0, 0.0));
/// ```
pub fn kick<V>(from: &[V], forces: &[V], masses: &[f64], dt: f64, to: &mut [V])
where
    V: Copy + Add<Output = V> + Mul<f64, Output = V> + Send + Sync,
{
    (to, from, forces, masses)
        .into_par_iter()
        .with_min_len(GRAIN)
        .for_each(|(to, &v, &f, &m)| *to = v + f * (dt / m));
}

/// Kicks in place: v ← v + F/m · dt.
pub fn kick_on<V>(velocities: &mut [V], forces: &[V], masses: &[f64], dt: f64)
where
    V: Copy + Add<Output = V> + Mul<f64, Output = V> + Send + Sync,
{
    (velocities, forces, masses)
        .into_par_iter()
        .with_min_len(GRAIN)
        .for_each(|(v, &f, &m)| *v = *v + f * (dt / m));
}

/// `to` = `from` + v · dt.
///
/// ```
/// use admd::{dynamics::drift, engine::Vec3};
/// let mut r = vec![Vec3::zeros()];
/// drift(&[Vec3::x()], &[Vec3::y()], 0.5, &mut r);
/// assert_eq!(r[0], Vec3::new(1.0, 0.5, 0.0));
/// ```
pub fn drift<V>(from: &[V], velocities: &[V], dt: f64, to: &mut [V])
where
    V: Copy + Add<Output = V> + Mul<f64, Output = V> + Send + Sync,
{
    (to, from, velocities)
        .into_par_iter()
        .with_min_len(GRAIN)
        .for_each(|(to, &r, &v)| *to = r + v * dt);
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
        let masses = &from.masses;
        kick(
            &from.velocities,
            &now.evaluation.forces,
            masses,
            0.5 * dt,
            &mut to.velocities,
        );
        drift(
            &from.configuration.positions,
            &to.velocities,
            dt,
            &mut to.configuration.positions,
        );
        refuse_leaps(&to.velocities, dt, &to.configuration.cell)?;
        forces.evaluate(&to.configuration, request, &mut next.evaluation)?;
        kick_on(&mut to.velocities, &next.evaluation.forces, masses, 0.5 * dt);
        // Again, so that a state with a velocity that cannot be followed is never called good.
        refuse_leaps(&to.velocities, dt, &to.configuration.cell)
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

/// Refuses a drift by which an atom would cross half the cell: half the smallest periodic height, or half the largest
/// height of a cell that is open on all sides. What is not finite passes here and is caught by the force field.
fn refuse_leaps(velocities: &[Vec3], dt: f64, cell: &Cell) -> Result<(), DynamicsError> {
    let heights = [0, 1, 2].map(|k| cell.height(k));
    let periodic = (0..3).filter(|&k| cell.periodic()[k]).map(|k| heights[k]);
    let smallest = periodic.fold(f64::INFINITY, f64::min);
    let height = if smallest.is_finite() {
        smallest
    } else {
        heights.into_iter().fold(0.0, f64::max)
    };
    let limit = 0.5 * height;
    let fastest = velocities.par_iter().with_min_len(GRAIN).map(Vec3::norm_squared);
    let fastest = fastest.reduce(|| 0.0, f64::max).sqrt();
    if fastest * dt.abs() <= limit {
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
