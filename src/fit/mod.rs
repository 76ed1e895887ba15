//! Fitting: parameters of potentials from data, with exact derivatives and honest errors.
//!
//! A [`Target`] predicts numbers from the parameters θ and knows how they change with θ, forwards ([`Target::push`]) and
//! backwards ([`Target::pull`]); no difference is ever taken. Frames with energies, forces and stresses, crystals, relaxed
//! structures and averages of simulations are targets. With the residuals r = √w (predicted − observed)/σ a fit minimises
//!
//! L(x) = Σ ρ(r), with ρ(r) = r²/2 or a robust form of it,
//!
//! in the variables x, from which all parameters follow: [`Variables`] knows ties, transforms and bounds.

mod data;
mod error;
mod settings;
mod spec;
mod target;
mod variables;

pub use data::{DataFrame, ForceKind, Quantities, ReferenceEnergy};
pub use error::FitError;
pub use settings::{ErrorModel, Method, Robust};
pub use spec::{CrystalSpec, Observation, RelaxedSpec, SimulationSpec};
pub use target::{Group, Quantity, Row, Target, Which};
pub use variables::{Prior, Transform, Variable, Variables};
