//! Velocity Verlet: kick by half a step, drift by a step, new force, kick by half a step.
//!
//! v(t + dt/2) = v(t) + F(t)/m · dt/2
//! r(t + dt)   = r(t) + v(t + dt/2) · dt
//! v(t + dt)   = v(t + dt/2) + F(t + dt)/m · dt/2
//!
//! W. C. Swope, H. C. Andersen, P. H. Berens and K. R. Wilson, *J. Chem. Phys.* **76**, 637 (1982),
//! doi:10.1063/1.442716. Second order, time-reversible and symplectic: the energy error is O(dt²) and bounded.

use super::grid::{Free, Rounding};
use super::integrator::{DynamicsError, Integrator, Moment};
use super::tangent::{along, tangent};
use super::{Forces, State, StateAdjoint, StateTangent, drifted, evaluate, kicked};
use admd_ad::Dual;
use admd_engine::{Cell, Evaluation, Request, Vec3};
use rayon::prelude::*;

/// Atoms that are kicked and drift together, while they are in the nearest cache.
const CHUNK: usize = 512;
/// Chunks handled by one thread at a stretch: below this the work is smaller than the cost of sharing it out.
const GRAIN: usize = 8;

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
        step(Free, self.timestep, now, next, forces, request)
    }

    fn arrive(&self, after: &Moment, adjoint: &mut StateAdjoint) {
        adjoint.pull_kick(&after.state.masses, self.timestep, 0.5);
    }

    fn depart(&self, after: &Moment, adjoint: &mut StateAdjoint) {
        depart(Free, self.timestep, after, adjoint);
    }

    fn pull_model(&self, at: &Moment, times: u8, adjoint: &mut StateAdjoint) {
        pull_model(self.timestep, at, times, adjoint);
    }
}

/// One step, whatever its kicks and drifts are rounded to.
pub(super) fn step(
    rounding: impl Rounding,
    dt: f64,
    now: &Moment,
    next: &mut Moment,
    forces: &mut dyn Forces,
    request: Request,
) -> Result<(), DynamicsError> {
    let (from, to) = (&now.state, &mut next.state);
    to.step = from.step.wrapping_add_signed(if dt < 0.0 { -1 } else { 1 });
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
        v.copy_from_slice(v0);
        kick(rounding, v, f, m, 0.5 * dt);
        for i in 0..r.len() {
            for k in 0..3 {
                r[i][k] = rounding.drift(r0[i][k], v[i][k], dt);
            }
        }
        fastest2(v)
    });
    let fastest2 = fastest2.reduce(|| 0.0, f64::max);
    refuse_leaps(fastest2, &to.velocities, dt, &to.configuration.cell)?;
    for p in 0..from.tangents.len() {
        if from.tangents[p].changes_motion() {
            begin_along::<true>(dt, now, to, p);
        } else {
            begin_along::<false>(dt, now, to, p);
        }
    }
    evaluate(forces, to, request, &mut next.evaluation)?;
    for p in 0..to.tangents.len() {
        if to.tangents[p].changes_motion() {
            end_along::<true>(dt, to, &next.evaluation, p);
        } else {
            end_along::<false>(dt, to, &next.evaluation, p);
        }
    }
    let chunks = (
        to.velocities.par_chunks_mut(CHUNK),
        next.evaluation.forces.par_chunks(CHUNK),
        from.masses.par_chunks(CHUNK),
    );
    let fastest2 = chunks.into_par_iter().with_min_len(GRAIN).map(|(v, f, m)| {
        kick(rounding, v, f, m, 0.5 * dt);
        self::fastest2(v)
    });
    let fastest2 = fastest2.reduce(|| 0.0, f64::max);
    // Again, so that a state with a velocity that cannot be followed is never called good.
    refuse_leaps(fastest2, &to.velocities, dt, &to.configuration.cell)
}

/// Kicks a chunk.
#[inline(always)]
fn kick(rounding: impl Rounding, v: &mut [Vec3], forces: &[Vec3], masses: &[f64], dt: f64) {
    for i in 0..v.len() {
        for k in 0..3 {
            v[i][k] = rounding.kick(v[i][k], forces[i][k], masses[i], dt);
        }
    }
}

/// The adjoint of drift and first half kick; the velocities between them are those after the step less its last half kick.
pub(super) fn depart(rounding: impl Rounding, dt: f64, after: &Moment, adjoint: &mut StateAdjoint) {
    let Moment { state, evaluation } = after;
    let mut middle = state.velocities.clone();
    let chunks = (
        middle.par_chunks_mut(CHUNK),
        evaluation.forces.par_chunks(CHUNK),
        state.masses.par_chunks(CHUNK),
    );
    let chunks = chunks.into_par_iter().with_min_len(GRAIN);
    chunks.for_each(|(v, f, m)| kick(rounding, v, f, m, -0.5 * dt));
    adjoint.pull_drift(&middle, dt);
    adjoint.pull_kick(&state.masses, dt, 0.5);
}

/// What so many half kicks with the forces at a state pass to masses and time step.
pub(super) fn pull_model(dt: f64, at: &Moment, times: u8, adjoint: &mut StateAdjoint) {
    let share = 0.5 * f64::from(times);
    adjoint.pull_model(&at.state.masses, &at.evaluation.forces, dt, share);
}

/// A mass and a time step with their tangents; constants, which cost nothing, unless `MODEL` says that they change.
#[inline(always)]
fn model<const MODEL: bool>(t: &StateTangent, atom: usize, mass: f64, dt: f64, share: f64) -> [Dual<f64, 1>; 2] {
    if MODEL {
        [t.mass(atom, mass), along(share * dt, share * t.timestep)]
    } else {
        [Dual::constant(mass), Dual::constant(share * dt)]
    }
}

/// The first half kick and the drift of the p-th tangent; the values are there.
fn begin_along<const MODEL: bool>(dt: f64, now: &Moment, to: &mut State, p: usize) {
    let (from, force_along) = (&now.state, &now.evaluation.tangents[p].forces);
    let t = &from.tangents[p];
    let out = &mut to.tangents[p];
    let chunks = (
        out.velocities.par_chunks_mut(CHUNK),
        out.positions.par_chunks_mut(CHUNK),
        to.velocities.par_chunks(CHUNK),
    );
    let chunks = chunks.into_par_iter().enumerate().with_min_len(GRAIN);
    chunks.for_each(|(c, (v_along, r_along, v))| {
        for i in 0..v.len() {
            let atom = c * CHUNK + i;
            let [m, half] = model::<MODEL>(t, atom, from.masses[atom], dt, 0.5);
            let [_, dt] = model::<MODEL>(t, atom, from.masses[atom], dt, 1.0);
            for k in 0..3 {
                let f = along(now.evaluation.forces[atom][k], force_along[atom][k]);
                let v0 = along(from.velocities[atom][k], t.velocities[atom][k]);
                v_along[i][k] = tangent(kicked(v0, f, m, half));
                // a tangent does not depend on where the position is
                let r0 = along(0.0, t.positions[atom][k]);
                r_along[i][k] = tangent(drifted(r0, along(v[i][k], v_along[i][k]), dt));
            }
        }
    });
}

/// The second half kick of the p-th tangent, before that of the values.
fn end_along<const MODEL: bool>(dt: f64, to: &mut State, evaluation: &Evaluation, p: usize) {
    let force_along = &evaluation.tangents[p].forces;
    let State {
        tangents,
        velocities,
        masses,
        ..
    } = to;
    let mut v_along = core::mem::take(&mut tangents[p].velocities);
    let t = &tangents[p];
    let work = |(c, v_along): (usize, &mut [Vec3])| {
        for (i, v_along) in v_along.iter_mut().enumerate() {
            let atom = c * CHUNK + i;
            let [m, half] = model::<MODEL>(t, atom, masses[atom], dt, 0.5);
            for k in 0..3 {
                let f = along(evaluation.forces[atom][k], force_along[atom][k]);
                v_along[k] = tangent(kicked(along(velocities[atom][k], v_along[k]), f, m, half));
            }
        }
    };
    v_along
        .par_chunks_mut(CHUNK)
        .enumerate()
        .with_min_len(GRAIN)
        .for_each(work);
    tangents[p].velocities = v_along;
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
