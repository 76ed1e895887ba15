//! Fitting: parameters of potentials from data, with exact derivatives and honest errors.
//!
//! A [`Target`] predicts numbers from the parameters θ and knows how they change with θ, forwards ([`Target::push`]) and
//! backwards ([`Target::pull`]); no difference is ever taken. Frames with energies, forces and stresses, crystals, relaxed
//! structures and averages of simulations are targets. With the residuals r = √w (predicted − observed)/σ a fit minimises
//!
//! L(x) = Σ ρ(r), with ρ(r) = r²/2 or a robust form of it,
//!
//! in the variables x, from which all parameters follow: [`Variables`] knows ties, transforms and bounds.

mod adam;
mod averaging;
mod bound;
mod crystal;
mod data;
mod dense;
mod descent;
mod error;
mod frames;
mod gauss_newton;
mod lbfgs;
mod optimizer;
mod priors;
mod problem;
mod relax;
mod relaxed;
mod report;
mod robust;
mod samples;
mod settings;
mod simulation;
mod sites;
mod spec;
mod spectrum;
mod statistics;
mod target;
mod variables;

pub use crystal::Crystal;
pub use data::{DataFrame, ForceKind, Quantities, ReferenceEnergy};
pub use descent::{Descent, Finish, best, descend, starts};
pub use error::FitError;
pub use frames::Frames;
pub use optimizer::{State, Status};
pub use problem::{Cost, Problem};
pub use relaxed::Relaxed;
pub use report::{Deviations, deviations};
pub use settings::{ErrorModel, Method, Robust};
pub use simulation::Simulation;
pub use spec::{CrystalSpec, Observation, RelaxedSpec, SimulationSpec};
pub use statistics::{Information, Known, NullDirection, Statistics, statistics};
pub use target::{Group, Quantity, Row, Target, Which};
pub use variables::{Prior, Transform, Variable, Variables};
