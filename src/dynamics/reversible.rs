//! Velocity Verlet on a grid of numbers: it runs back to its start, bit for bit.

use super::velocity_verlet::{depart, pull_model, step};
use super::{DynamicsError, Forces, Grid, Integrator, Moment, State, StateAdjoint};
use admd_engine::Request;

/// Velocity Verlet whose kicks and drifts end on a [`Grid`]. The step with −dt undoes the step with dt, to the last bit,
/// if the forces depend on the positions alone: those of a [`ForceField`](admd_engine::ForceField) with
/// [`quantum`](admd_engine::Settings::quantum) = [`Grid::force`] do.
///
/// Its trajectory differs from that of [`VelocityVerlet`](super::VelocityVerlet) by rounding alone: a step to 10⁻¹³ of the cell
/// (or of the farthest coordinate) and of the fastest speed, pair forces as [`Grid::of`] says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReversibleVerlet {
    /// Length of a step \[τ\]; below zero it goes back.
    pub timestep: f64,
    /// The grid, the same forth and back.
    pub grid: Grid,
}

impl Integrator for ReversibleVerlet {
    fn timestep(&self) -> f64 {
        self.timestep
    }

    fn prepare(&self, state: &mut State) -> Result<(), DynamicsError> {
        self.grid.settle(state)
    }

    fn step(
        &mut self,
        now: &Moment,
        next: &mut Moment,
        forces: &mut dyn Forces,
        request: Request,
    ) -> Result<(), DynamicsError> {
        step(self.grid, self.timestep, now, next, forces, request)?;
        self.grid.check(&next.state)
    }

    fn backwards(&self) -> Option<Box<dyn Integrator>> {
        let timestep = -self.timestep;
        Some(Box::new(Self { timestep, ..*self }))
    }

    fn arrive(&self, after: &Moment, adjoint: &mut StateAdjoint) {
        adjoint.pull_kick(&after.state.masses, self.timestep, 0.5);
    }

    fn depart(&self, after: &Moment, adjoint: &mut StateAdjoint) {
        depart(self.grid, self.timestep, after, adjoint);
    }

    fn pull_model(&self, at: &Moment, times: u8, adjoint: &mut StateAdjoint) {
        pull_model(self.timestep, at, times, adjoint);
    }
}
