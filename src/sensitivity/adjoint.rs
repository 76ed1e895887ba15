//! The gradient of a loss over a trajectory: forward once, then backwards through the steps.
//!
//! The gradient of a [`Loss`] in all parameters of the potentials, the masses, the time step and the whole start costs the
//! same however many these are: see [`StateAdjoint`] for the equations.
//!
//! Backwards every state is needed again. What does not fit the memory is computed anew from checkpoints, placed by the
//! binomial schedule of A. Griewank and A. Walther, *ACM Trans. Math. Softw.* **26**, 19 (2000), doi:10.1145/347837.347846.
//! Checkpoints lie on a grid of [`GRID`](super::GRID) steps, and at each grid step the neighbour list is built anew on every way
//! forwards, so that a stretch of the trajectory has the same bits however often, and from whichever checkpoint, it is
//! computed. An integrator that can undo its steps needs neither: its states are met again on the way back.

use super::backwards::Backwards;
use super::loss::Loss;
use super::record::Record;
use super::schedule::Memory;
use crate::dynamics::{DynamicsError, Forces, Integrator, State, StateAdjoint, StateTangent};
use admd_engine::{Mat3, Request, Vec3};
use core::ops::ControlFlow;

/// Sees a step that has been gone back to, with the adjoint there.
pub type Watch<'a> = dyn FnMut(u64, &StateAdjoint) -> ControlFlow<()> + 'a;

/// The gradient of a loss.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// The loss \[L\].
    pub loss: f64,
    /// Its gradient: in the start r₀, v₀, in masses, parameters and time step.
    pub adjoint: StateAdjoint,
    /// Steps that were made on the way back.
    pub steps: u64,
}

impl Gradient {
    /// dL/dθ of a number θ along which start and motion change: the scalar product of adjoint and tangent.
    ///
    /// # Panics
    /// When the tangent strains the cell, on which the adjoint says nothing.
    pub fn along(&self, tangent: &StateTangent) -> f64 {
        assert!(tangent.strain == Mat3::zeros(), "the adjoint of a strain is not there");
        let a = &self.adjoint;
        let vectors = |a: &[Vec3], b: &[Vec3]| a.iter().zip(b).map(|(a, b)| a.dot(b)).sum::<f64>();
        let numbers = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        vectors(&a.positions, &tangent.positions)
            + vectors(&a.velocities, &tangent.velocities)
            + numbers(&a.parameters, &tangent.parameters)
            + numbers(&a.masses, &tangent.masses)
            + a.timestep * tangent.timestep
    }
}

/// A gradient that could not be had.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AdjointError {
    /// A step or its forces.
    #[error(transparent)]
    Dynamics(#[from] DynamicsError),
    /// A memory that does not hold what is needed at least.
    #[error("the states take at least {:.2} MB, and {:.2} MB are allowed; allow for more, or take fewer atoms",
        .needed / 1e6, .given / 1e6)]
    TooLittleMemory {
        /// What is allowed \[bytes\].
        given: f64,
        /// What is needed \[bytes\].
        needed: f64,
    },
    /// No state was kept, and the integrator cannot go back.
    #[error("this integrator cannot undo its steps; give it memory for states, or take a reversible one")]
    Irreversible,
    /// The way back has not led to the start.
    #[error(
        "the way back has not led to the start: atom {atom} is {off:.1e} away from where it was, so the forces depend on more \
         than the positions; keep states instead"
    )]
    NoReturn {
        /// Index of the atom, from 0.
        atom: usize,
        /// How far it is off \[length\].
        off: f64,
    },
    /// Chaos has eaten everything.
    #[error(
        "the gradient is not finite at step {step} on the way back: its growth has left the range of numbers; make the run \
         shorter, or differentiate averages in parameters with estimators = [\"ensemble\"]"
    )]
    NotFinite {
        /// Where it was.
        step: u64,
    },
    /// Somebody stopped it.
    #[error("stopped at step {step} on the way back; the gradient needs the whole way")]
    Stopped {
        /// Where it was.
        step: u64,
    },
}

/// The gradient of a loss over `steps` steps from a start, which is step 0, within a memory for states.
///
/// ```
/// use admd::dynamics::{State, VelocityVerlet};
/// use admd::engine::{Cell, Configuration, EngineError, Vec3};
/// use admd::sensitivity::{Loss, Memory, Reads, Share, gradient};
///
/// /// Where the first atom is in the end.
/// struct Place;
/// impl Loss for Place {
///     fn reads(&self, step: u64, steps: u64) -> Option<Reads> {
///         (step == steps).then(Reads::default)
///     }
///     fn share(&self, _: u64, _: u64, state: &State) -> Result<Share, EngineError> {
///         Ok(Share { value: state.configuration.positions[0].x, positions: vec![Vec3::x()], ..Share::default() })
///     }
/// }
/// # use admd::dynamics::Forces;
/// # use admd::engine::{Evaluation, Request, Tangent};
/// # struct Free;
/// # impl Forces for Free {
/// #     fn evaluate(&mut self, c: &Configuration, request: Request, out: &mut Evaluation) -> Result<(), EngineError> {
/// #         out.forces = vec![Vec3::zeros(); c.len()];
/// #         let forces = out.forces.clone();
/// #         out.tangents = vec![Tangent { forces, ..Tangent::default() }; request.tangents.len()];
/// #         Ok(())
/// #     }
/// # }
///
/// // a free atom
/// let configuration = Configuration {
///     cell: Cell::orthogonal([9.0; 3])?,
///     species: vec![0],
///     positions: vec![Vec3::zeros()],
/// };
/// let start = State { step: 0, configuration, velocities: vec![Vec3::x() * 2.0], masses: vec![1.0], tangents: vec![] };
/// let mut verlet = VelocityVerlet { timestep: 0.1 };
/// let found = gradient(start, &mut Free, &mut verlet, 10, &mut Place, Memory::All)?;
/// // x = v t: dx/dx₀ = 1, dx/dv = t, dx/d(dt) = 10 v
/// assert!((found.loss - 2.0).abs() < 1e-14);
/// assert_eq!(found.adjoint.positions[0].x, 1.0);
/// assert!((found.adjoint.velocities[0].x - 1.0).abs() < 1e-14);
/// assert!((found.adjoint.timestep - 20.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Where a step fails, the memory is too small, or [`Memory::Nothing`] is given to an integrator that cannot go back.
///
/// # Panics
/// As [`backwards`].
pub fn gradient(
    start: State,
    forces: &mut dyn Forces,
    integrator: &mut dyn Integrator,
    steps: u64,
    loss: &mut dyn Loss,
    memory: Memory,
) -> Result<Gradient, AdjointError> {
    let mut record = Record::new(steps, start.masses.len(), memory)?;
    if memory == Memory::Nothing && integrator.backwards().is_none() {
        return Err(AdjointError::Irreversible);
    }
    forces.forget();
    let start = State { step: 0, ..start };
    let mut now = integrator.start(start, forces)?;
    let mut next = now.clone();
    for step in 0..=steps {
        record.keep(&now);
        if loss.reads(step, steps).is_some() {
            loss.see(step, steps, &now.state).map_err(DynamicsError::from)?;
        }
        if step == steps {
            break;
        }
        if record.renews(step + 1) {
            forces.forget();
        }
        integrator.step(&now, &mut next, forces, Request::FORCES)?;
        core::mem::swap(&mut now, &mut next);
    }
    drop((now, next));
    backwards(record, forces, integrator, loss, &mut |_, _| ControlFlow::Continue(()))
}

/// The same from a run whose states were kept as the record wanted; `watch` is shown the adjoint at every step that has been
/// gone back to, and may stop it.
///
/// # Errors
/// As [`gradient`], and when it is stopped or the way back does not lead to the start.
///
/// # Panics
/// When the start has tangents, which do not go backwards; when a share of the loss has slopes for another number of atoms,
/// or what it adds is not what it [`reads`](Loss::reads); when the record is not complete from step 0 on.
pub fn backwards(
    record: Record,
    forces: &mut dyn Forces,
    integrator: &mut dyn Integrator,
    loss: &dyn Loss,
    watch: &mut Watch<'_>,
) -> Result<Gradient, AdjointError> {
    let start = &record.kept[0].state;
    assert!(start.tangents.is_empty(), "tangents do not go backwards");
    let (atoms, parameters) = (start.masses.len(), forces.parameters());
    let way = Backwards {
        forces,
        integrator,
        loss,
        watch,
        steps: record.steps(),
        made: 0,
        value: 0.0,
        adjoint: StateAdjoint::zero(atoms, parameters),
    };
    way.go(record)
}
