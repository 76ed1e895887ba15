//! What can go wrong with a trajectory file.

use std::path::PathBuf;

/// A trajectory that cannot be written or read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum H5mdError {
    /// The file is there and must stay.
    #[error("{} exists; choose another name or allow it to be replaced (overwrite)", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The name is taken by a folder.
    #[error("{} is a folder; give the name of a file, such as run.h5md", path.display())]
    IsDirectory {
        /// The folder.
        path: PathBuf,
    },
    /// The name is that of a device, a pipe, a socket, or a link that leads nowhere.
    #[error("{} is no regular file; give the name of a file, such as run.h5md", path.display())]
    NotRegular {
        /// What was named.
        path: PathBuf,
    },
    /// A file of another kind, perhaps the input.
    #[error(
        "{} is not an HDF5 file, and only a trajectory is ever replaced by one; choose another name, or remove the \
         file yourself", path.display()
    )]
    NotHdf5 {
        /// The file.
        path: PathBuf,
    },
    /// A file that may not be replaced.
    #[error("{} is read-only; make it writable or choose another name", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// A name that HDF5 cannot be told.
    #[error("the file name {path:?} is not UTF-8; rename the file or the folder")]
    Name {
        /// The file.
        path: PathBuf,
    },
    /// Another process writes the file.
    #[error("{} is being written by process {holder}; wait for it to end or choose another name", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
        /// Who holds the lock, as far as it is known.
        holder: String,
    },
    /// The file cannot be made.
    #[error("cannot write {}: {reason}; check that the folder exists, its permissions and the free space", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The device is full.
    #[error(
        "the disk is full: {} could not be written ({reason}); frames up to the last flush are in the file; \
         free some space and run again under another name", path.display()
    )]
    DiskFull {
        /// The file.
        path: PathBuf,
        /// What HDF5 said.
        reason: String,
    },
    /// Writing failed.
    #[error(
        "writing to {} failed: {reason}; frames up to the last flush are in the file; check the disk and the \
         permissions", path.display()
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The thread that writes has died.
    #[error("the thread that writes {} has panicked; this is a bug of ours, please report it", path.display())]
    Thread {
        /// The file.
        path: PathBuf,
    },
    /// A frame that does not fit the header.
    #[error("{what} of step {step} has {found} entries where the header announces {expected}; give what was announced")]
    Shape {
        /// Which list.
        what: &'static str,
        /// The step.
        step: u64,
        /// Its length.
        found: usize,
        /// The announced length.
        expected: usize,
    },
    /// Steps must grow.
    #[error("step {step} comes after step {last} in {table}; write the steps in ascending order, each once")]
    Order {
        /// `the frames` or `the thermodynamics`.
        table: &'static str,
        /// The step.
        step: u64,
        /// The one before.
        last: u64,
    },
    /// Not a file of this kind at all.
    #[error("cannot open {} as HDF5: {reason}; check the path and that the file was copied whole", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// An HDF5 file, but none of ours.
    #[error("{} is not a trajectory of admd: {}; files of other programs are not read", path.display(), in_words(reason))]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// A part that cannot be read.
    #[error("{} is damaged: {what} cannot be read ({reason}); restore the file from a copy or repeat the run", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which part.
        what: String,
        /// Why.
        reason: String,
    },
    /// A frame that is not there.
    #[error("there is no frame {index} among the {frames} frames of {}; count from 0", path.display())]
    NoFrame {
        /// The file.
        path: PathBuf,
        /// The frame asked for.
        index: usize,
        /// How many there are.
        frames: usize,
    },
}

/// What is missing, without the library's own words.
fn in_words(reason: &str) -> &str {
    match reason.split_once(':').map_or(reason, |(ours, _)| ours) {
        "it is no H5MD file" => "it is an HDF5 file without the H5MD group `h5md`",
        ours => ours,
    }
}

impl H5mdError {
    /// The error for a failed write, a full disk recognised.
    pub(super) fn write(path: &std::path::Path, reason: impl ToString) -> Self {
        let (path, reason) = (path.to_owned(), reason.to_string());
        // ENOSPC, EDQUOT, EFBIG as HDF5 prints them, and as std does.
        let full = [
            "errno = 28,",
            "errno = 122,",
            "errno = 27,",
            "os error 28",
            "os error 122",
            "os error 27",
        ];
        if full.iter().any(|f| reason.contains(f)) {
            Self::DiskFull { path, reason }
        } else {
            Self::Write { path, reason }
        }
    }
}
