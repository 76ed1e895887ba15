//! Equations of motion: the state, what moves it, and what is measured on it.
//!
//! Everything here is in coherent units (see [`admd_potentials::form::units`]): no conversion constant stands in an
//! equation. Conversions happen in the records that [`crate::run`] hands to files and to the terminal.

mod adjoint;
mod density_profile;
mod ensemble;
mod forces;
mod grid;
mod hybrid_monte_carlo;
mod integrator;
pub mod observables;
mod rdf;
mod reversible;
mod spline;
mod state;
mod tangent;
pub mod velocities;
mod velocity_verlet;

pub use adjoint::StateAdjoint;
pub use density_profile::DensityProfile;
pub use ensemble::Ensemble;
pub use forces::Forces;
pub use grid::Grid;
pub use hybrid_monte_carlo::HybridMonteCarlo;
pub use integrator::{DynamicsError, Integrator, Moment};
pub use rdf::Rdf;
pub use reversible::ReversibleVerlet;
pub use state::State;
pub use tangent::{StateTangent, drifted, evaluate, kicked};
pub use velocity_verlet::VelocityVerlet;
