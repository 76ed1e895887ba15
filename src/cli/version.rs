//! What exactly is running.

use crate::ad::Isa;
use std::sync::OnceLock;

/// The version with the revision it was built from.
pub(super) fn short() -> String {
    let git = env!("ADMD_GIT");
    let version = env!("CARGO_PKG_VERSION");
    if git.is_empty() {
        version.to_owned()
    } else {
        format!("{version} ({git})")
    }
}

/// The same with compiler, instruction set and libraries.
pub(super) fn long() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(describe)
}

fn describe() -> String {
    let isa = Isa::detect().map_or_else(|e| e.to_string(), |isa| isa.to_string());
    let (major, minor, release) = hdf5::library_version();
    format!(
        "{}\nbuilt with {}\nkernels: {isa}\nHDF5 {major}.{minor}.{release}",
        short(),
        env!("ADMD_RUSTC")
    )
}
