//! Where a fit is, in a file: whatever stops it, nothing is lost.

use super::CliError;
use crate::fit::Descent;
use crate::input::FitPlan;
use crate::io::{hexadecimal, write_whole};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::Path;

/// What another version could not read.
const VERSION: u32 = 2;

/// What the first line begins with; then comes the SHA-256 of all that follows.
const HEAD: &str = "# checkpoint of admd fit, sha256 ";

/// Keys that may change between a fit and the rest of it.
const FREE: [&str; 3] = ["optimizer.iterations", "optimizer.tolerance", "output."];

/// All descents. TOML, which has NaN and keeps every digit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    version: u32,
    fingerprint: String,
    pub(super) descents: Vec<Descent>,
}

/// What a checkpoint must agree with: the input, what overrides it, and every file that it names.
pub(super) fn fingerprint(plan: &FitPlan, overrides: &[String]) -> String {
    let mut hash = Sha256::new();
    hash.update(plan.input_text.as_bytes());
    for over in overrides
        .iter()
        .filter(|o| !FREE.iter().any(|f| o.trim_start().starts_with(f)))
    {
        hash.update([0]);
        hash.update(over.as_bytes());
    }
    for (_, sum) in &plan.sources {
        hash.update([0]);
        hash.update(sum.as_bytes());
    }
    hexadecimal(hash.finalize())
}

impl Checkpoint {
    pub(super) fn new(fingerprint: &str, descents: &[Descent]) -> Self {
        Self {
            version: VERSION,
            fingerprint: fingerprint.to_owned(),
            descents: descents.to_vec(),
        }
    }

    /// Writes it beside its name, then gives it the name: a file of that name is always whole.
    pub(super) fn write(&self, path: &Path) -> Result<(), CliError> {
        let failed = |e: String| {
            CliError::System(format!(
                "cannot write the checkpoint {}: {e}; make room",
                path.display()
            ))
        };
        let body = toml::to_string(self).map_err(|e| failed(e.to_string()))?;
        let text = format!("{HEAD}{}\n{body}", hexadecimal(Sha256::digest(body.as_bytes())));
        write_whole(path, &text).map_err(|e| failed(e.to_string()))
    }

    /// Reads one that belongs to this fit.
    pub(super) fn read(path: &Path, fingerprint: &str, plan: &FitPlan) -> Result<Self, CliError> {
        let wrong = |reason: String| CliError::File {
            file: path.display().to_string(),
            line: None,
            reason,
        };
        let bytes = std::fs::read(path).map_err(|e| {
            wrong(format!(
                "there is no checkpoint to go on from: {e}; start without --resume"
            ))
        })?;
        // what is no text is no checkpoint either, and is said to be none
        let text = String::from_utf8_lossy(&bytes);
        let whole = text.strip_prefix(HEAD).and_then(|t| t.split_once('\n'));
        let whole = whole.filter(|(sum, body)| *sum == hexadecimal(Sha256::digest(body.as_bytes())));
        let Some((_, text)) = whole else {
            return Err(wrong(
                "it is damaged, or no checkpoint of a fit; start without --resume".to_owned(),
            ));
        };
        let read: Self = toml::from_str(text).map_err(|e| {
            wrong(format!(
                "it is no checkpoint of a fit: {}; start without --resume",
                e.message()
            ))
        })?;
        if read.version != VERSION {
            return Err(wrong(format!(
                "it is of version {}, not {VERSION}; start without --resume",
                read.version
            )));
        }
        if read.fingerprint != fingerprint {
            let reason = "the input, or a file that it names, has changed since; undo that (only --set \
                          optimizer.iterations, optimizer.tolerance and output.* may differ), or start without --resume";
            return Err(wrong(reason.to_owned()));
        }
        let fits = |d: &Descent| {
            d.state.fits(plan.method, plan.variables.len()) && d.state.is_sound() && d.iteration < 1 << 40
        };
        if read.descents.is_empty() || !read.descents.iter().all(fits) {
            return Err(wrong(
                "it does not fit the variables of the input; start without --resume".to_owned(),
            ));
        }
        Ok(read)
    }
}

/// Takes it away when it is of no use any more.
pub(super) fn remove(path: &Path) {
    // one that stays does no harm
    let _ = std::fs::remove_file(path);
}
