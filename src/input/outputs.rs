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
    /// A device or a pipe has the name of the file.
    Special(PathBuf),
    /// The folder is not there.
    NoFolder(PathBuf),
    /// The folder does not take a new file.
    Closed(PathBuf, String),
}

impl Obstacle {
    /// What stands in the way of these frames, if anything.
    pub fn of(frames: &Frames) -> Option<Self> {
        Self::at(&frames.path, frames.overwrite)
    }

    /// What stands in the way of a file; may it replace another?
    pub fn at(path: &Path, overwrite: bool) -> Option<Self> {
        if path.is_dir() {
            return Some(Self::Folder(path.to_owned()));
        }
        if path.exists() && !path.is_file() {
            return Some(Self::Special(path.to_owned()));
        }
        if path.exists() && !overwrite {
            return Some(Self::Exists(path.to_owned()));
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

    /// What to do about a trajectory.
    pub fn remedy(&self) -> String {
        self.remedy_of("trajectory")
    }

    /// What to do about the file that a key of `[output]` names.
    pub fn remedy_of(&self, key: &str) -> String {
        match self {
            Self::Exists(_) => format!("pass --overwrite to replace it, or give output.{key} another name"),
            Self::Folder(_) | Self::Special(_) => format!("give output.{key} the name of a file"),
            Self::NoFolder(_) => format!("make the folder, or give output.{key} another name"),
            Self::Closed(..) => format!("allow writing there, or give output.{key} another name"),
        }
    }

    /// What is wrong, where the file is called by its key.
    pub fn sentence(&self, key: &str) -> String {
        match self {
            Self::Exists(path) => format!("the {key} `{}` exists", path.display()),
            Self::Folder(path) => format!("the {key} `{}` is a folder", path.display()),
            Self::Special(path) => format!("the {key} `{}` is a device or a pipe", path.display()),
            Self::NoFolder(folder) => format!("the folder `{}` does not exist", folder.display()),
            Self::Closed(folder, reason) => format!("the folder `{}` takes no file: {reason}", folder.display()),
        }
    }

    fn label(&self) -> &'static str {
        match self {
            Self::Exists(_) => "would be replaced",
            Self::Special(_) => "no regular file",
            Self::Folder(_) => "a folder",
            Self::NoFolder(_) => "in a folder that does not exist",
            Self::Closed(..) => "cannot be written",
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence("trajectory"))
    }
}

/// Reports what stands in the way of a run.
pub(super) fn report(cx: &Context, frames: &Frames, at: Span) {
    if let Some(obstacle) = Obstacle::of(frames) {
        report_obstacle(cx, &obstacle, "trajectory", at);
    }
}

/// Reports what stands in the way of the file that a key of `[output]` names.
pub(super) fn report_obstacle(cx: &Context, obstacle: &Obstacle, key: &str, at: Span) {
    let error = InputError::new(Problem::Output(obstacle.sentence(key)), at);
    cx.report(error.label(obstacle.label()).help(obstacle.remedy_of(key)));
}
