//! The one loop: steps, watches, and shows what is due to its observers.
//!
//! Four roles, as in any iterative program: the *problem* is a [`Forces`](crate::dynamics::Forces), the *method* an
//! [`Integrator`](crate::dynamics::Integrator), the *executor* is [`Run`], and whoever wants to see what happens is an
//! [`Observer`]. No other file steps through time.

mod adjoint;
mod blow_up;
mod energy_drift;
mod ensemble;
mod ensemble_words;
mod error;
mod executor;
pub mod format;
mod interrupt;
mod observer;
mod progress;
mod record;
mod replay;
mod sensitivity;
mod summary;
mod thermo_table;
mod trajectory;
mod watchdog;

pub use crate::sensitivity::LineFit;
pub use adjoint::{Adjoint, Descent};
pub use blow_up::{AtomReport, BlowUp, Cause};
pub use energy_drift::EnergyDrift;
pub use ensemble::{EnsembleAverages, Sampling};
pub use error::RunError;
pub use executor::{Outcome, Run};
pub use interrupt::{Interrupt, Signal, Stop, survive_file_limit};
pub use observer::{Every, Needs, Observer, View};
pub use progress::{Progress, Ticks};
pub use record::{Contents, frame, thermo_row};
pub use replay::{From, Met};
pub use sensitivity::Sensitivities;
pub use summary::{EnergyChange, Summary, TimeShares};
pub use thermo_table::ThermoTable;
pub use trajectory::TrajectoryFile;
pub use watchdog::Watchdog;
