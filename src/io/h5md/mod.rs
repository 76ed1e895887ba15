//! Trajectories in H5MD 1.1.

mod adjoint;
mod claim;
mod ensemble;
mod error;
mod integrity;
mod layout;
mod provenance;
mod quantity;
mod reader;
mod record;
mod sensitivity;
mod shape;
mod writer;

pub use crate::io::h5::Compression;
pub use error::H5mdError;
pub use provenance::{Constant, Origin, constants};
pub use reader::Trajectory;
pub use record::{
    AdjointHeader, AdjointRow, EnsembleHeader, EnsembleObservable, EnsembleRow, Frame, Header, Provenance,
    SensitivityFrame, SensitivityHeader, SensitivityRow, ThermoRow,
};
pub use writer::{Summary, TrajectoryWriter, WriterOptions};
