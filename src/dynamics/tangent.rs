//! The derivative of a state with respect to one number θ, which rides through the steps beside it.
//!
//! Let the start, the parameters of the potentials, the masses, the cell and the time step depend on θ, and let ṙ = dr/dθ
//! and v̇ = dv/dθ. Every step of an integrator is a composition of kicks and drifts; their derivatives are
//!
//! | step | its derivative |
//! |---|---|
//! | v′ = v + F/m · dt | v̇′ = v̇ + (Ḟ/m − F ṁ/m²) dt + F/m · ḋt |
//! | r′ = r + v dt | ṙ′ = ṙ + v̇ dt + v ḋt |
//!
//! with Ḟ = −H ṙ + ∂F/∂p · ṗ, the tangent of the forces, which the engine gives along the direction (ṙ, strain, ṗ). None
//! of this is written down below: [`kicked`] and [`drifted`] are written over a scalar, and at [`Dual`] they are these
//! equations. What comes out is the exact derivative of the discrete trajectory, of its rounding apart, not an
//! approximation of that of the differential equation.
//!
//! A chaotic trajectory forgets its start and its parameters: ṙ grows as e^λt, and after some hundred steps of a liquid it
//! says nothing that holds for more than this trajectory. See [`crate::sensitivity::Growth`].

use super::{Forces, State};
use admd_ad::{Dual, Real};
use admd_engine::{Direction, EngineError, Evaluation, Mat3, Request, Vec3};

/// dz/dθ of a [`State`], and how the motion depends on θ. Empty lists stand for zeros, but positions and velocities are
/// complete.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateTangent {
    /// dr/dθ, of positions as they are in the state: unwrapped \[length/θ\].
    pub positions: Vec<Vec3>,
    /// dv/dθ \[length/τ/θ\].
    pub velocities: Vec<Vec3>,
    /// The change of the parameters of the force field \[parameter/θ\].
    pub parameters: Vec<f64>,
    /// The change of the cell: an edge a changes by `strain` · a \[1/θ\].
    pub strain: Mat3,
    /// The change of each mass \[mass/θ\].
    pub masses: Vec<f64>,
    /// The change of the time step \[τ/θ\].
    pub timestep: f64,
}

impl StateTangent {
    /// Nothing that changes: for `atoms` atoms.
    pub fn zero(atoms: usize) -> Self {
        Self {
            positions: vec![Vec3::zeros(); atoms],
            velocities: vec![Vec3::zeros(); atoms],
            ..Self::default()
        }
    }

    /// Do masses or the time step change?
    pub(super) fn changes_motion(&self) -> bool {
        self.timestep != 0.0 || self.masses.iter().any(|m| *m != 0.0)
    }

    /// A mass with its tangent.
    #[inline(always)]
    pub(super) fn mass(&self, atom: usize, value: f64) -> Dual<f64, 1> {
        Dual::with_tangents(value, [self.masses.get(atom).copied().unwrap_or(0.0)])
    }

    /// The direction in which the configuration changes. The engine strains positions with the cell, so what is given to it
    /// is what they move beside that.
    fn direction(&mut self, positions: &[Vec3]) -> Direction {
        let own = if self.strain == Mat3::zeros() {
            core::mem::take(&mut self.positions)
        } else {
            let own = |(along, r): (&Vec3, &Vec3)| along - self.strain * r;
            self.positions.iter().zip(positions).map(own).collect()
        };
        Direction {
            positions: own,
            strain: self.strain,
            parameters: core::mem::take(&mut self.parameters),
        }
    }

    fn take_back(&mut self, direction: Direction) {
        if self.strain == Mat3::zeros() {
            self.positions = direction.positions;
        }
        self.parameters = direction.parameters;
    }
}

/// Evaluates the forces on a state, with their tangents along those of the state and, after these, along the directions of
/// the request.
///
/// # Errors
/// As the forces.
pub fn evaluate(
    forces: &mut dyn Forces,
    state: &mut State,
    request: Request,
    out: &mut Evaluation,
) -> Result<(), EngineError> {
    let State {
        configuration,
        tangents,
        ..
    } = state;
    if tangents.is_empty() {
        return forces.evaluate(configuration, request, out);
    }
    let positions = &configuration.positions;
    let mut directions: Vec<Direction> = tangents.iter_mut().map(|t| t.direction(positions)).collect();
    directions.extend_from_slice(request.tangents);
    let request = Request {
        tangents: &directions,
        ..request
    };
    let result = forces.evaluate(configuration, request, out);
    for (tangent, direction) in tangents.iter_mut().zip(directions) {
        tangent.take_back(direction);
    }
    result
}

/// v + F/m · dt, a component.
#[inline(always)]
pub fn kicked<T: Real>(v: T, force: T, mass: T, dt: T) -> T {
    v + force * (dt / mass)
}

/// r + v · dt, a component.
#[inline(always)]
pub fn drifted<T: Real>(r: T, v: T, dt: T) -> T {
    r + v * dt
}

/// A component with its tangent.
#[inline(always)]
pub(super) fn along(value: f64, tangent: f64) -> Dual<f64, 1> {
    Dual::with_tangents(value, [tangent])
}

/// The tangent of a number; zero of a constant.
#[inline(always)]
pub(super) fn tangent(x: Dual<f64, 1>) -> f64 {
    if x.on[0] { x.d[0] } else { 0.0 }
}
