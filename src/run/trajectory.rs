//! The trajectory file as an observer: frames and rows of thermodynamics, each at its own pace, into one file.

use super::record::{self, Contents};
use super::{Every, Observer, RunError, View};
use crate::io::h5md::{
    AdjointRow, EnsembleRow, H5mdError, Header, SensitivityFrame, SensitivityRow, Summary, TrajectoryWriter,
    WriterOptions,
};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// A file that is being written, or what became of it.
enum File {
    Open(Box<TrajectoryWriter>),
    Closed(Summary),
    Failed,
}

/// A handle on the file, which lives as long as one of its two observers or the handle does.
#[derive(Clone)]
pub struct TrajectoryFile {
    path: PathBuf,
    contents: Contents,
    file: Arc<Mutex<File>>,
}

impl TrajectoryFile {
    /// Makes the file.
    ///
    /// # Errors
    /// The name is taken, the folder cannot be written.
    pub fn create(path: PathBuf, header: Header, options: WriterOptions) -> Result<Self, H5mdError> {
        let contents = Contents {
            velocities: header.velocities,
            forces: header.forces,
        };
        let writer = TrajectoryWriter::create(&path, header, options)?;
        Ok(Self {
            path,
            contents,
            file: Arc::new(Mutex::new(File::Open(Box::new(writer)))),
        })
    }

    /// An observer that writes frames.
    pub fn frames(&self, every: Every) -> Box<dyn Observer> {
        Box::new(Part {
            every,
            what: What::Frames,
            file: self.clone(),
        })
    }

    /// An observer that writes rows of thermodynamics.
    pub fn thermo(&self, every: Every) -> Box<dyn Observer> {
        Box::new(Part {
            every,
            what: What::Thermo,
            file: self.clone(),
        })
    }

    /// What was written, once the run is complete.
    pub fn summary(&self) -> Option<Summary> {
        match &*self.file.lock().unwrap_or_else(PoisonError::into_inner) {
            File::Closed(summary) => Some(summary.clone()),
            File::Open(_) | File::Failed => None,
        }
    }

    fn write(&self, what: What, view: View) -> Result<(), RunError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let File::Open(writer) = &mut *file else { return Ok(()) };
        match what {
            What::Frames => writer.frame(record::frame(view.moment, view.thermo, view.units, self.contents))?,
            What::Thermo => writer.thermo(view.thermo.clone())?,
        }
        Ok(())
    }

    /// Writes derivatives of the state.
    pub(super) fn sensitivity_frame(&self, frame: SensitivityFrame) -> Result<(), RunError> {
        match &mut *self.file.lock().unwrap_or_else(PoisonError::into_inner) {
            File::Open(writer) => Ok(writer.sensitivity_frame(frame)?),
            File::Closed(_) | File::Failed => Ok(()),
        }
    }

    /// Writes derivatives of the observables.
    pub(super) fn sensitivity_row(&self, row: SensitivityRow) -> Result<(), RunError> {
        match &mut *self.file.lock().unwrap_or_else(PoisonError::into_inner) {
            File::Open(writer) => Ok(writer.sensitivity_row(row)?),
            File::Closed(_) | File::Failed => Ok(()),
        }
    }

    /// Writes derivatives of averages.
    pub(super) fn ensemble_row(&self, row: EnsembleRow) -> Result<(), RunError> {
        match &mut *self.file.lock().unwrap_or_else(PoisonError::into_inner) {
            File::Open(writer) => Ok(writer.ensemble_row(row)?),
            File::Closed(_) | File::Failed => Ok(()),
        }
    }

    /// Writes the gradient of the loss.
    pub(super) fn adjoint_row(&self, row: AdjointRow) -> Result<(), RunError> {
        match &mut *self.file.lock().unwrap_or_else(PoisonError::into_inner) {
            File::Open(writer) => Ok(writer.adjoint_row(row)?),
            File::Closed(_) | File::Failed => Ok(()),
        }
    }

    /// Closes the file if it is open; the second of the two observers finds it closed.
    fn close(&self) -> Result<(), RunError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*file, File::Open(_))
            && let File::Open(writer) = core::mem::replace(&mut *file, File::Failed)
        {
            *file = File::Closed(writer.finish()?);
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum What {
    Frames,
    Thermo,
}

struct Part {
    every: Every,
    what: What,
    file: TrajectoryFile,
}

impl Observer for Part {
    fn due(&self, step: u64) -> bool {
        self.every.due(step)
    }

    fn observe(&mut self, view: View) -> Result<(), RunError> {
        self.file.write(self.what, view)
    }

    fn close(&mut self) -> Result<(), RunError> {
        self.file.close()
    }
}

impl core::fmt::Debug for TrajectoryFile {
    fn fmt(&self, f: &mut core::fmt::Formatter) -> core::fmt::Result {
        f.debug_struct("TrajectoryFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
