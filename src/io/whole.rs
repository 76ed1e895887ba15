//! Files that are there whole or not at all.

use std::io::{Error, ErrorKind, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file without a name beside a path, with the permissions that any new file has, and where it is to go: a link is followed,
/// so that the file it points to is replaced, not the link.
///
/// # Errors
/// As of the file system.
pub(crate) fn beside(path: &Path, suffix: &str) -> std::io::Result<(NamedTempFile, PathBuf)> {
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().filter(|p| !p.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let folder = folder.unwrap_or(Path::new("."));
    // the text of the error names a file of which nobody has heard
    let bare = |e: Error| std::fs::metadata(folder).err().unwrap_or(e.kind().into());
    let file = builder
        .prefix(".admd-")
        .suffix(suffix)
        .tempfile_in(folder)
        .map_err(bare)?;
    Ok((file, target))
}

/// Writes a text beside the file, then gives it the name of the file: whoever opens the name sees the old file or the new one.
///
/// # Errors
/// As of the file system; what was there before is then untouched. A device, a pipe or a folder is never replaced.
pub fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    if path.exists() && !path.is_file() {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "it is no regular file; give another name",
        ));
    }
    let (mut file, target) = beside(path, ".part")?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(target)?;
    Ok(())
}
