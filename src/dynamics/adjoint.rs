//! The adjoint of a state: how a loss L depends on it, carried backwards through the steps.
//!
//! With λ_r = dL/dr, λ_v = dL/dv and φ = dL/dF the transposes of kick and drift are
//!
//! | step | what its adjoint adds |
//! |---|---|
//! | v′ = v + F/m · dt | λ_v += λ_v′, φ += λ_v′ dt/m, λ_m −= λ_v′·F dt/m², λ_dt += λ_v′·F/m |
//! | r′ = r + v dt | λ_r += λ_r′, λ_v += λ_r′ dt, λ_dt += λ_r′·v |
//! | F = −∂E/∂r | λ_r += −H φ, λ_p += −φ·∂²E/∂r∂p |
//!
//! The first two are not written down below: they are [`kicked`] and [`drifted`] in reverse mode. The third is one tangent
//! of the force field along φ, because the Hessian H is symmetric. This is the adjoint-state method for the discrete
//! trajectory: reverse mode over the steps.

use super::{drifted, kicked};
use admd_ad::{Real, reverse};
use admd_engine::Vec3;
use rayon::prelude::*;

/// Atoms whose adjoints are pulled back together; a constant, so that sums do not depend on the number of threads.
const CHUNK: usize = 512;

/// dL/dz of a [`State`](super::State) and of what moves it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateAdjoint {
    /// dL/dr \[L/length\].
    pub positions: Vec<Vec3>,
    /// dL/dv \[L τ/length\].
    pub velocities: Vec<Vec3>,
    /// dL/dF of the forces at the positions \[L length/energy\].
    pub forces: Vec<Vec3>,
    /// dL/dm of each mass \[L/mass\].
    pub masses: Vec<f64>,
    /// dL/dp of the parameters of the force field \[L/parameter\].
    pub parameters: Vec<f64>,
    /// dL/d(dt) \[L/τ\].
    pub timestep: f64,
}

impl StateAdjoint {
    /// Zeros for so many atoms and parameters.
    pub fn zero(atoms: usize, parameters: usize) -> Self {
        Self {
            positions: vec![Vec3::zeros(); atoms],
            velocities: vec![Vec3::zeros(); atoms],
            forces: vec![Vec3::zeros(); atoms],
            masses: vec![0.0; atoms],
            parameters: vec![0.0; parameters],
            timestep: 0.0,
        }
    }

    /// Pulls back v′ = v + F/m · (share dt): from dL/dv′ to dL/dv and dL/dF.
    pub(super) fn pull_kick(&mut self, masses: &[f64], dt: f64, share: f64) {
        let chunks = (
            self.velocities.par_chunks_mut(CHUNK),
            self.forces.par_chunks_mut(CHUNK),
            masses.par_chunks(CHUNK),
        );
        chunks.into_par_iter().for_each(|(lv, phi, masses)| {
            for i in 0..lv.len() {
                for k in 0..3 {
                    // linear in both, so that it does not matter where
                    let (m, dt) = (masses[i], share * dt);
                    let (_, slopes) = reverse::<8, 2, _>(|[v, f]| kicked(v, f, Real::lit(m), Real::lit(dt)), [0.0; 2]);
                    let adjoint = lv[i][k];
                    lv[i][k] = adjoint * slopes[0];
                    phi[i][k] += adjoint * slopes[1];
                }
            }
        });
    }

    /// What the same kick with the forces F passes to masses and time step.
    pub(super) fn pull_model(&mut self, masses: &[f64], forces: &[Vec3], dt: f64, share: f64) {
        let chunks = (
            self.masses.par_chunks_mut(CHUNK),
            self.velocities.par_chunks(CHUNK),
            forces.par_chunks(CHUNK),
            masses.par_chunks(CHUNK),
        );
        let chunks = chunks.into_par_iter().map(|(lm, lv, forces, masses)| {
            let mut sum = 0.0;
            for i in 0..lm.len() {
                for k in 0..3 {
                    let (f, x) = (forces[i][k], [masses[i], share * dt]);
                    let (_, slopes) = reverse::<8, 2, _>(|[m, dt]| kicked(Real::lit(0.0), Real::lit(f), m, dt), x);
                    lm[i] += lv[i][k] * slopes[0];
                    sum += lv[i][k] * slopes[1] * share;
                }
            }
            sum
        });
        let sums: Vec<f64> = chunks.collect();
        self.timestep += sums.iter().sum::<f64>();
    }

    /// Pulls back r′ = r + v dt: from dL/dr′ to dL/dr, dL/dv and the time step.
    pub(super) fn pull_drift(&mut self, velocities: &[Vec3], dt: f64) {
        let chunks = (
            self.positions.par_chunks_mut(CHUNK),
            self.velocities.par_chunks_mut(CHUNK),
        );
        let chunks = chunks.into_par_iter().enumerate().map(|(c, (lr, lv))| {
            let mut sum = 0.0;
            for i in 0..lr.len() {
                for k in 0..3 {
                    // the slopes do not depend on where the position is
                    let x = [0.0, velocities[c * CHUNK + i][k], dt];
                    let (_, slopes) = reverse::<8, 3, _>(|[r, v, dt]| drifted(r, v, dt), x);
                    let adjoint = lr[i][k];
                    lr[i][k] = adjoint * slopes[0];
                    lv[i][k] += adjoint * slopes[1];
                    sum += adjoint * slopes[2];
                }
            }
            sum
        });
        let sums: Vec<f64> = chunks.collect();
        self.timestep += sums.iter().sum::<f64>();
    }
}
