//! The right to write a file: checks before anything is touched, a lock against a second writer, and a new file that
//! takes its name only when its header is on the disk.

use super::H5mdError;
use crate::io::{Overwrite, beside};
use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// A claimed name. The lock is an empty file beside the trajectory, locked by the operating system: a process that dies
/// loses it, and a lock file that is left behind locks nothing.
pub(super) struct Claim {
    target: PathBuf,
    overwrite: Overwrite,
    temporary: Option<tempfile::TempPath>,
    lock: Option<(PathBuf, File)>,
}

impl Claim {
    /// Claims `path`; an existing file is not touched.
    pub(super) fn new(path: &Path, overwrite: Overwrite) -> Result<Self, H5mdError> {
        // A link is followed: the file it points to is replaced, not the link.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let owned = || path.to_owned();
        if target.to_str().is_none() {
            return Err(H5mdError::Name { path: owned() });
        }
        if target.is_dir() {
            return Err(H5mdError::IsDirectory { path: owned() });
        }
        // A device, a pipe, a socket, a link to nothing: never locked, never replaced.
        if fs::metadata(path)
            .or_else(|_| fs::symlink_metadata(path))
            .is_ok_and(|m| !m.is_file())
        {
            return Err(H5mdError::NotRegular { path: owned() });
        }
        let create = |e: std::io::Error| H5mdError::Create {
            path: owned(),
            reason: e.to_string(),
        };
        let lock = lock(&target).map_err(|e| match e {
            LockError::Held(holder) => H5mdError::Locked { path: owned(), holder },
            LockError::Io(e) => create(e),
        })?;
        if let Ok(metadata) = fs::symlink_metadata(&target) {
            if overwrite == Overwrite::Refuse {
                remove(lock);
                return Err(H5mdError::Exists { path: owned() });
            }
            if metadata.len() > 0 && !is_hdf5(&target) {
                remove(lock);
                return Err(H5mdError::NotHdf5 { path: owned() });
            }
            if metadata.permissions().readonly() {
                remove(lock);
                return Err(H5mdError::ReadOnly { path: owned() });
            }
        }
        let temporary = match beside(&target, ".part") {
            Ok((file, _)) => file.into_temp_path(),
            Err(e) => {
                remove(lock);
                return Err(create(e));
            }
        };
        Ok(Self {
            target,
            overwrite,
            temporary: Some(temporary),
            lock,
        })
    }

    /// Where the file is now.
    pub(super) fn path(&self) -> &Path {
        self.temporary.as_deref().unwrap_or(&self.target)
    }

    /// Forces the file onto the disk.
    pub(super) fn sync(&self) -> std::io::Result<()> {
        File::open(self.path())?.sync_all()
    }

    /// Makes the file `bytes` long, so that later writes find their room. HDF5 ignores what follows its own end.
    ///
    /// Zeros are really written: a file that is only declared long has no room on the disk.
    pub(super) fn reserve(&self, bytes: u64) -> std::io::Result<()> {
        static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
        let mut file = File::options().write(true).open(self.path())?;
        let mut at = file.seek(std::io::SeekFrom::End(0))?;
        while at < bytes {
            let n = ZEROS.len().min((bytes - at) as usize);
            file.write_all(&ZEROS[..n])?;
            at += n as u64;
        }
        Ok(())
    }

    /// Cuts what was reserved and not used.
    pub(super) fn trim(&self, bytes: u64) -> std::io::Result<()> {
        let file = File::options().write(true).open(self.path())?;
        if file.metadata()?.len() > bytes {
            file.set_len(bytes)?;
        }
        Ok(())
    }

    /// Forces the file onto the disk and gives it its name.
    pub(super) fn publish(&mut self) -> Result<(), H5mdError> {
        let failed = |e: std::io::Error| H5mdError::write(&self.target, e);
        self.sync().map_err(failed)?;
        let Some(temporary) = self.temporary.take() else {
            return Ok(());
        };
        let named = match self.overwrite {
            Overwrite::Refuse => temporary.persist_noclobber(&self.target),
            Overwrite::Replace => temporary.persist(&self.target),
        };
        named.map_err(|e| match e.error.kind() {
            std::io::ErrorKind::AlreadyExists => H5mdError::Exists {
                path: self.target.clone(),
            },
            _ => failed(e.error),
        })?;
        // A folder that cannot be synced (some network file systems) is no reason to stop.
        let _ = File::open(parent(&self.target)).and_then(|d| d.sync_all());
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        remove(self.lock.take());
    }
}

/// Does the file begin as every HDF5 file that we write?
fn is_hdf5(path: &Path) -> bool {
    let mut signature = [0; 8];
    File::open(path).and_then(|mut f| f.read_exact(&mut signature)).is_ok() && signature == *b"\x89HDF\r\n\x1a\n"
}

fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|d| !d.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

enum LockError {
    Held(String),
    Io(std::io::Error),
}

/// Locks the file `.admd-<hash of the name>.lock`; `None` where the file system knows no locks.
fn lock(target: &Path) -> Result<Option<(PathBuf, File)>, LockError> {
    use sha2::{Digest, Sha256};
    let name = target
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let hash = Sha256::digest(name.as_bytes());
    let short: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let path = parent(target).join(format!(".admd-{short}.lock"));
    loop {
        let mut options = File::options();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(LockError::Io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.take(32).read_to_string(&mut holder);
                let holder = if holder.is_empty() {
                    "another".to_owned()
                } else {
                    holder
                };
                return Err(LockError::Held(holder));
            }
            Err(TryLockError::Error(_)) => return Ok(None),
        }
        // The former holder may have removed the file between our opening and locking it: then we hold nothing.
        if !same_file(&file, &path) {
            continue;
        }
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| write!(file, "{}", std::process::id()));
        return Ok(Some((path, file)));
    }
}

#[cfg(unix)]
fn same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn same_file(_: &File, path: &Path) -> bool {
    path.exists()
}

/// Removes the lock file while the lock is still held.
fn remove(lock: Option<(PathBuf, File)>) {
    if let Some((path, _held)) = lock {
        let _ = fs::remove_file(path);
    }
}
