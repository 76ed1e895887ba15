//! Trajectories in H5MD 1.1.

mod record;

pub use record::{Frame, Header, ThermoRow};
