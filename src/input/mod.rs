//! From the text of an input file to a checked plan, or to all of its errors with line and caret.
//!
//! ```text
//! text --document--> tree with places --walker, keys--> checked values --build--> Plan
//! ```
//!
//! Every key stands in one table, [`keys`], from which the walker checks and [`schema`] prints the JSON schema. Errors are
//! collected, not returned one by one, and shown as a compiler would show them ([`diagnostics`]).
//!
//! ```
//! use admd::input::{Limits, parse};
//! let text = r#"
//! units = "lj"
//! structure = { lattice = "fcc", density = 0.8442, repeat = [4, 4, 4], species = "A" }
//! velocities = { temperature = 1.44 }
//! integrator = { timestep = 0.005 }
//! run = { steps = 100 }
//! [[potential]]
//! kind = "lj"
//! cutoff = 2.5
//! parameters.A = { epsilon = 1.0, sigma = 1.0 }
//! "#;
//! let plan = parse(text, "melt.toml".as_ref(), &[], Limits::default()).unwrap();
//! assert_eq!(plan.start.configuration.len(), 256);
//!
//! let errors = parse(&text.replace("cutoff", "cutof"), "melt.toml".as_ref(), &[], Limits::default()).unwrap_err();
//! assert!(errors.to_string().contains("did you mean `cutoff`?"));
//! ```

mod adjoint;
mod build;
mod choose;
mod conform;
mod crystal;
pub mod diagnostics;
mod document;
pub mod elements;
mod ensemble;
mod estimate;
pub mod fit;
mod include;
mod integrator;
pub mod keys;
pub mod lattice;
pub mod outputs;
pub mod overlap;
mod pair_potential;
mod plan;
pub mod potential;
mod potential_text;
pub mod quantity;
pub mod randomness;
mod reference;
mod resolved;
pub mod schema;
mod sensitivity;
mod species;
mod structure;
mod structure_file;
mod text_file;
mod walker;

pub use build::{Limits, parse, parse_motion, read, read_for_run};
pub use diagnostics::{InputErrors, Look};
pub use estimate::{Estimate, estimate};
pub use fit::{FitPlan, is_fit, parse_fit, read_fit, read_fit_for_run};
pub use plan::{
    AdjointPlan, EnsemblePlan, Frames, IntegratorPlan, LossPlan, Output, PRECISIONS, Plan, SensitivityPlan,
    precision_name,
};
pub use potential_text::potential_text;
