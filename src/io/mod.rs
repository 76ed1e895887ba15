//! Files: trajectories in H5MD, structures in extended XYZ.

use std::path::Path;

pub mod elements;
mod frames;
mod h5;
pub mod h5md;
mod whole;
pub mod xyz;

pub use frames::FrameRange;

/// What to do when a file to be written exists already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overwrite {
    /// Say so and write nothing.
    #[default]
    Refuse,
    /// Replace it, once the new file is good.
    Replace,
}

impl Overwrite {
    /// `Replace` when an option such as `--overwrite` is given.
    pub fn when(given: bool) -> Self {
        if given { Self::Replace } else { Self::Refuse }
    }
}

/// Bytes as text, such as a checksum.
pub(crate) fn hexadecimal(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Are two paths one file that exists?
pub(crate) fn same_file(a: &Path, b: &Path) -> bool {
    let whole = |path: &Path| path.canonicalize().ok();
    whole(a).zip(whole(b)).is_some_and(|(a, b)| a == b)
}
pub(crate) use whole::beside;
pub use whole::write_whole;
