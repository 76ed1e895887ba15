//! How many threads work.

use super::CliError;
use clap::Args;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// More threads than any machine has cores are a slip of the finger.
const MOST: u64 = 4096;

/// Threads on the command line.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Threads {
    /// Worker threads; results do not depend on it [default: ADMD_THREADS, RAYON_NUM_THREADS or all cores]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=MOST))]
    threads: Option<u64>,
}

impl Threads {
    /// The pool of threads in which to work.
    pub(super) fn pool(self) -> Result<ThreadPool, CliError> {
        let count = match self.threads {
            Some(n) => Some(n),
            None => ["ADMD_THREADS", "RAYON_NUM_THREADS"]
                .into_iter()
                .find_map(|name| variable(name).transpose())
                .transpose()?,
        };
        let builder = ThreadPoolBuilder::new().num_threads(count.unwrap_or(0) as usize);
        builder
            .build()
            .map_err(|e| CliError::System(format!("cannot start the threads: {e}; ask for fewer with --threads")))
    }
}

/// The number in an environment variable; 0 and nothing leave the choice open.
fn variable(name: &str) -> Result<Option<u64>, CliError> {
    let Ok(text) = std::env::var(name) else { return Ok(None) };
    match text.trim().parse() {
        Ok(0) => Ok(None),
        Ok(n) if n <= MOST => Ok(Some(n)),
        _ if text.trim().is_empty() => Ok(None),
        _ => Err(CliError::Usage(format!(
            "{name} is `{text}`; set it to a number of threads, at most {MOST}, or unset it"
        ))),
    }
}
