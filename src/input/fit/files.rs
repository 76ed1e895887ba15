//! The files that were read, with their checksums: from which data a potential comes.

use crate::input::diagnostics::{InputError, Problem};
use crate::input::walker::{Context, View};
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Potential files first, then the others, each once.
pub(super) fn all(cx: &Context, others: &[PathBuf]) -> Vec<PathBuf> {
    // the input itself is the first source, and overrides are no files
    let sources = cx.sources.borrow();
    let potentials = sources.iter().skip(1).filter(|s| s.name != "--set");
    let mut list: Vec<PathBuf> = Vec::new();
    for path in potentials.map(|s| PathBuf::from(&s.name)).chain(others.iter().cloned()) {
        if !list.contains(&path) {
            list.push(path);
        }
    }
    list
}

/// Their SHA-256 in hexadecimal digits.
pub(super) fn with_checksums(root: &View<'_>, files: Vec<PathBuf>) -> Option<Vec<(PathBuf, String)>> {
    let mut list = Vec::with_capacity(files.len());
    for path in files {
        match checksum(&path) {
            Ok(sum) => list.push((path, sum)),
            Err(error) => {
                let problem = Problem::Unreadable {
                    what: "again",
                    path: path.display().to_string(),
                    reason: error.to_string(),
                };
                root.cx
                    .report(InputError::new(problem, root.table.at).help("keep the data where they are"));
                return None;
            }
        }
    }
    Some(list)
}

fn checksum(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut sum = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        sum.update(&buffer[..n]);
    }
    Ok(crate::io::hexadecimal(sum.finalize()))
}
