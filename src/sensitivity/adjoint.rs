//! The gradient of a loss over a trajectory: forward once, then backwards through the steps.
//!
//! L = Σ_n ℓ_n(r_n, v_n) + w_n E_n. Its gradient in all parameters of the potentials, the masses, the time step and the
//! whole start costs the same however many these are: see [`StateAdjoint`] for the equations.
//!
//! Backwards every state is needed again. What does not fit the memory is computed anew from checkpoints, placed by the
//! binomial schedule of A. Griewank and A. Walther, *ACM Trans. Math. Softw.* **26**, 19 (2000), doi:10.1145/347837.347846.
//! Checkpoints lie on a grid of [`GRID`] steps, and at each grid step the neighbour list is built anew in either direction,
//! so that a stretch of the trajectory has the same bits however often, and from whichever checkpoint, it is computed.

use super::schedule::{Memory, split};
use crate::dynamics::{DynamicsError, Forces, Integrator, Moment, State, StateAdjoint};
use admd_engine::{Direction, Evaluation, Request, Vec3};

/// Steps between places where a checkpoint can be.
pub const GRID: u64 = 5;

/// What one state adds to a loss, and how it depends on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Share {
    /// ℓ_n \[L\]
    pub value: f64,
    /// ∂ℓ_n/∂r, one vector an atom, or empty for zeros \[L/length\].
    pub positions: Vec<Vec3>,
    /// ∂ℓ_n/∂v, likewise \[L τ/length\].
    pub velocities: Vec<Vec3>,
    /// w_n, the weight of the potential energy \[L/energy\].
    pub energy: f64,
}

/// A function of a trajectory.
pub trait Loss {
    /// What the state at a step adds; the last step is `steps`.
    fn share(&self, step: u64, steps: u64, state: &State) -> Share;

    /// Has the potential energy a weight at any step? It then costs a third of a step more.
    fn needs_energy(&self) -> bool {
        true
    }
}

/// The gradient of a loss.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// The loss \[L\].
    pub loss: f64,
    /// Its gradient: in the start r₀, v₀, in masses, parameters and time step.
    pub adjoint: StateAdjoint,
    /// Steps that were made, those done again counted again.
    pub steps: u64,
}

/// What is kept of a grid cell.
#[derive(Clone, Copy, PartialEq)]
enum Keep {
    All,
    Last,
}

/// A trajectory that is differentiated backwards.
struct Backwards<'a, L> {
    forces: &'a mut dyn Forces,
    integrator: &'a mut dyn Integrator,
    loss: &'a L,
    steps: u64,
    done: u64,
    value: f64,
    adjoint: StateAdjoint,
    gradient: bool,
}

/// The gradient of a loss over `steps` steps from a start, within a memory for states; `parameters` is the number of
/// parameters of the forces, or 0 where their slopes are not wanted.
///
/// ```
/// use admd::dynamics::{State, VelocityVerlet};
/// use admd::engine::{Cell, Configuration, Vec3};
/// use admd::sensitivity::{Loss, Memory, Share, gradient};
///
/// /// Where a free atom is in the end.
/// struct Place;
/// impl Loss for Place {
///     fn share(&self, step: u64, steps: u64, state: &State) -> Share {
///         if step < steps {
///             return Share::default();
///         }
///         Share { value: state.configuration.positions[0].x, positions: vec![Vec3::x()], ..Share::default() }
///     }
/// }
///
/// let configuration = Configuration { cell: Cell::orthogonal([9.0; 3])?, species: vec![], positions: vec![] };
/// let mut start = State { step: 0, configuration, velocities: vec![Vec3::x() * 2.0], masses: vec![1.0], tangents: vec![] };
/// start.configuration.positions.push(Vec3::zeros());
/// start.configuration.species.push(0);
/// let mut forces = Free;
/// let mut verlet = VelocityVerlet { timestep: 0.1 };
/// let found = gradient(start, &mut forces, &mut verlet, (10, 0), &Place, Memory::All)?;
/// // x = v t: dx/dx₀ = 1, dx/dv = t, dx/d(dt) = 10 v
/// assert!((found.loss - 2.0).abs() < 1e-14);
/// assert_eq!(found.adjoint.positions[0].x, 1.0);
/// assert!((found.adjoint.velocities[0].x - 1.0).abs() < 1e-14);
/// assert!((found.adjoint.timestep - 20.0).abs() < 1e-12);
/// # struct Free;
/// # impl admd::dynamics::Forces for Free {
/// #     fn evaluate(
/// #         &mut self,
/// #         c: &Configuration,
/// #         request: admd::engine::Request,
/// #         out: &mut admd::engine::Evaluation,
/// #     ) -> Result<(), admd::engine::EngineError> {
/// #         out.forces = vec![Vec3::zeros(); c.len()];
/// #         out.energy = Some(0.0);
/// #         let forces = out.forces.clone();
/// #         let tangent = admd::engine::Tangent { forces, ..Default::default() };
/// #         out.tangents = vec![tangent; request.tangents.len()];
/// #         Ok(())
/// #     }
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Where the forward run fails.
///
/// # Panics
/// When the start has tangents, which do not go backwards; when the number of parameters is not that of the forces; when a
/// share of the loss has slopes for another number of atoms, or a weight of the energy that it does not need.
pub fn gradient<L: Loss>(
    start: State,
    forces: &mut dyn Forces,
    integrator: &mut dyn Integrator,
    (steps, parameters): (u64, usize),
    loss: &L,
    memory: Memory,
) -> Result<Gradient, DynamicsError> {
    assert!(start.tangents.is_empty(), "tangents do not go backwards");
    let atoms = start.masses.len();
    let mut run = Backwards {
        forces,
        integrator,
        loss,
        steps,
        done: 0,
        value: 0.0,
        adjoint: StateAdjoint::zero(atoms, parameters),
        gradient: parameters > 0,
    };
    let grids = steps.div_ceil(GRID).max(1);
    run.forces.forget();
    let start = run.integrator.start(start, run.forces)?;
    if memory.holds(atoms, steps) {
        run.everything(&start, grids)?;
    } else {
        run.stretch(&start, 0, grids, memory.checkpoints(atoms))?;
    }
    Ok(Gradient {
        loss: run.value,
        adjoint: run.adjoint,
        steps: run.done,
    })
}

impl<L: Loss> Backwards<'_, L> {
    /// Forwards and backwards with every moment kept.
    fn everything(&mut self, start: &Moment, grids: u64) -> Result<(), DynamicsError> {
        let mut cells: Vec<Vec<Moment>> = Vec::new();
        for grid in 0..grids {
            let from = cells.last().and_then(|cell| cell.last()).unwrap_or(start);
            let cell = self.cell(from, grid, Keep::All)?;
            cells.push(cell);
        }
        for grid in (0..grids).rev() {
            let Some(cell) = cells.pop() else { continue };
            let from = cells.last().and_then(|cell| cell.last()).unwrap_or(start);
            self.back(from, &cell, grid)?;
        }
        Ok(())
    }

    /// Goes backwards through `count` grid cells from grid point `grid` on, whose state is `from`, with room for so many
    /// checkpoints beside it.
    fn stretch(&mut self, from: &Moment, grid: u64, count: u64, room: u64) -> Result<(), DynamicsError> {
        if count == 1 {
            let moments = self.cell(from, grid, Keep::All)?;
            return self.back(from, &moments, grid);
        }
        let first = split(count, room);
        let mut middle = self.cell(from, grid, Keep::Last)?.swap_remove(0);
        for k in 1..first {
            middle = self.cell(&middle, grid + k, Keep::Last)?.swap_remove(0);
        }
        self.stretch(&middle, grid + first, count - first, room.saturating_sub(1))?;
        drop(middle);
        self.stretch(from, grid, first, room)
    }

    /// The moments of one grid cell after its first, or its last alone.
    fn cell(&mut self, from: &Moment, grid: u64, keep: Keep) -> Result<Vec<Moment>, DynamicsError> {
        let last = self.steps.min((grid + 1) * GRID);
        // the list at a grid point is that of its atoms, wherever the forces were evaluated last
        self.forces.forget();
        let (mut now, mut next) = (from.clone(), from.clone());
        let mut moments = Vec::new();
        for step in grid * GRID..last {
            let at_grid = step + 1 == last;
            if at_grid {
                self.forces.forget();
            }
            // the last moment is the first of the next cell
            let energy = self.loss.needs_energy() && (at_grid || keep == Keep::All);
            let request = if energy { Request::ENERGY } else { Request::FORCES };
            self.integrator.step(&now, &mut next, self.forces, request)?;
            self.done += 1;
            core::mem::swap(&mut now, &mut next);
            if keep == Keep::All && !at_grid {
                moments.push(now.clone());
            }
        }
        moments.push(now);
        Ok(moments)
    }

    /// Backwards through one grid cell. Its last state belongs to the next cell, unless it is the end.
    fn back(&mut self, from: &Moment, moments: &[Moment], grid: u64) -> Result<(), DynamicsError> {
        let last = self.steps.min((grid + 1) * GRID);
        // whatever was evaluated since the cell was made
        self.forces.forget();
        if last == self.steps {
            // without a step the first state is the last, too
            let end = if self.steps == 0 {
                from
            } else {
                &moments[moments.len() - 1]
            };
            self.visit(end, last)?;
        }
        for step in (grid * GRID..last).rev() {
            let k = (step - grid * GRID) as usize;
            let before = if k == 0 { from } else { &moments[k - 1] };
            self.integrator.depart(before, &mut self.adjoint);
            self.visit(before, step)?;
        }
        Ok(())
    }

    /// Everything that depends on one state: the loss, the forces, and the kick that arrived there.
    fn visit(&mut self, moment: &Moment, step: u64) -> Result<(), DynamicsError> {
        let share = self.loss.share(step, self.steps, &moment.state);
        let atoms = moment.state.masses.len();
        assert!(
            share.energy == 0.0 || self.loss.needs_energy(),
            "a loss with a weight of the energy needs the energy"
        );
        assert!(
            [&share.positions, &share.velocities]
                .iter()
                .all(|v| v.is_empty() || v.len() == atoms),
            "the slopes of a loss must be one vector an atom"
        );
        self.value += share.value + share.energy * moment.evaluation.energy.unwrap_or(0.0);
        for (to, more) in self.adjoint.positions.iter_mut().zip(&share.positions) {
            *to += more;
        }
        for (to, more) in self.adjoint.velocities.iter_mut().zip(&share.velocities) {
            *to += more;
        }
        if step > 0 {
            self.integrator.arrive(moment, &mut self.adjoint);
        }
        // the forces at this state, as function of positions and parameters
        let direction = Direction {
            positions: core::mem::take(&mut self.adjoint.forces),
            ..Direction::default()
        };
        let request = Request {
            gradient: self.gradient,
            tangents: core::slice::from_ref(&direction),
            ..Request::FORCES
        };
        let mut evaluation = Evaluation::default();
        self.forces
            .evaluate(&moment.state.configuration, request, &mut evaluation)?;
        let along = &evaluation.tangents[0];
        assert_eq!(
            evaluation.gradient.len(),
            self.adjoint.parameters.len(),
            "the number of parameters is not that of the forces"
        );
        for (k, to) in self.adjoint.positions.iter_mut().enumerate() {
            *to += along.forces[k] - evaluation.forces[k] * share.energy;
        }
        for (k, to) in self.adjoint.parameters.iter_mut().enumerate() {
            *to += share.energy * evaluation.gradient[k] - along.gradient[k];
        }
        self.adjoint.forces = direction.positions;
        self.adjoint.forces.fill(Vec3::zeros());
        Ok(())
    }
}
