//! Can the trajectory be written where the input says? Asked before any force is evaluated.
//!
//! The file itself is claimed only when it is made ([`crate::io::h5md`]); this look spares the wait until then.

use super::diagnostics::{InputError, Problem, Span};
use super::plan::Frames;
use super::walker::Context;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why a trajectory cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// There is such a file, and it must not be replaced.
    Exists(PathBuf),
    /// A folder has the name of the file.
    Folder(PathBuf),
    /// The folder is not there.
    NoFolder(PathBuf),
    /// The folder does not take a new file.
    Closed(PathBuf, String),
}

impl Obstacle {
    /// What stands in the way of these frames, if anything.
    pub fn of(frames: &Frames) -> Option<Self> {
        let path = &frames.path;
        if path.is_dir() {
            return Some(Self::Folder(path.clone()));
        }
        if path.exists() && !frames.overwrite {
            return Some(Self::Exists(path.clone()));
        }
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            return Some(Self::NoFolder(folder.to_owned()));
        }
        // A file without a name tells what permissions do not: full disks, read-only mounts.
        let refused = tempfile::tempfile_in(folder).err()?;
        Some(Self::Closed(folder.to_owned(), refused.to_string()))
    }

    /// What to do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Exists(_) => "pass --overwrite to replace it, or give output.trajectory another name",
            Self::Folder(_) => "give output.trajectory the name of a file",
            Self::NoFolder(_) => "make the folder, or give output.trajectory another name",
            Self::Closed(..) => "allow writing there, or give output.trajectory another name",
        }
    }

    fn label(&self) -> &'static str {
        match self {
            Self::Exists(_) => "would be replaced",
            Self::Folder(_) => "a folder",
            Self::NoFolder(_) => "in a folder that does not exist",
            Self::Closed(..) => "cannot be written",
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists(path) => write!(f, "the trajectory `{}` exists", path.display()),
            Self::Folder(path) => write!(f, "the trajectory `{}` is a folder", path.display()),
            Self::NoFolder(folder) => write!(f, "the folder `{}` does not exist", folder.display()),
            Self::Closed(folder, reason) => write!(f, "the folder `{}` takes no file: {reason}", folder.display()),
        }
    }
}

/// Reports what stands in the way of a run.
pub(super) fn report(cx: &Context, frames: &Frames, at: Span) {
    if let Some(obstacle) = Obstacle::of(frames) {
        let error = InputError::new(Problem::Output(obstacle.to_string()), at);
        cx.report(error.label(obstacle.label()).help(obstacle.remedy()));
    }
}
