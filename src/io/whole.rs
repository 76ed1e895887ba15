//! Files that are there whole or not at all.

use std::io::Write;
use std::path::Path;

/// Writes a text beside the file, then gives it the name of the file: whoever opens the name sees the old file or the new one.
///
/// # Errors
/// As of the file system; what was there before is then untouched.
pub fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    // those that any new file has
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder
        .prefix(".admd-")
        .suffix(".part")
        .tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
