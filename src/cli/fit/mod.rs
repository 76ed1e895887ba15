//! `admd fit`: parameters of potentials from data.

mod checkpoint;
mod fitted;
mod json;
mod page;
mod plot;
mod problem;
mod progress;
mod text;
mod write;

use super::threads::Threads;
use super::{CliError, terminal};
use crate::fit::{Descent, Finish, FitError, Problem, best, descend, starts};
use crate::input::{self, FitPlan};
use crate::run::{Interrupt, Signal};
use checkpoint::Checkpoint;
use clap::{Args, ValueHint};
use fitted::Fitted;
use progress::Progress;
use std::path::PathBuf;

/// Fit parameters of potentials to data, with their errors
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  admd fit inputs/fit_morse.toml
  admd fit inputs/fit_morse.toml --overwrite --json > fit.json
  admd fit inputs/fit_morse.toml --set optimizer.starts=20 --set 'forces.sigma=\"0.1 eV/Angstrom\"'
  admd fit inputs/fit_morse.toml --resume --set optimizer.iterations=1000
  admd fit inputs/fit_morse.toml --dry-run

Data are frames (energies, forces, stresses), crystals, relaxed structures and simulations; all
derivatives are exact. The result is a potential file, which `admd evaluate` and the key
`file` of [[potential]] read; with output.report also a page with plots. Parameters are printed
with standard errors and 95 % intervals, in the units of the input; those that the data cannot
tell apart are named and have no error.

Ctrl-C, SIGTERM and SIGHUP finish the step and write the best so far and a checkpoint (exit codes
130, 143 and 129); --resume goes on from there, to the same result. A fit that ends without having
converged writes what it has and ends with exit code 5.")]
pub(super) struct Fit {
    /// The input
    #[arg(value_name = "FIT.toml", value_hint = ValueHint::FilePath)]
    input: PathBuf,
    /// Override a key of the input; may be repeated
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Input")]
    set: Vec<String>,
    /// Go on from the checkpoint of a fit that was stopped
    #[arg(long, help_heading = "Input")]
    resume: bool,
    /// Replace existing files
    #[arg(long, help_heading = "Output")]
    overwrite: bool,
    /// Print what would be fitted to what, and stop
    #[arg(long, help_heading = "Output", conflicts_with_all = ["json", "quiet", "resume"])]
    dry_run: bool,
    /// Print nothing but errors
    #[arg(long, short, help_heading = "Output", conflicts_with = "json")]
    quiet: bool,
    /// Print one JSON object with the result to standard output, and nothing else there
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
    #[command(flatten)]
    threads: Threads,
}

/// How the fit as a whole ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The best descent has ended by itself.
    Finished(Finish),
    /// A signal came.
    Interrupted(Signal),
}

impl Ending {
    fn code(self) -> u8 {
        match self {
            Self::Finished(Finish::Converged | Finish::Passes) => 0,
            Self::Finished(_) => 5,
            Self::Interrupted(signal) => signal.exit_code(),
        }
    }

    /// In one word, for programs.
    fn word(self) -> &'static str {
        match self {
            Self::Finished(Finish::Converged) => "converged",
            Self::Finished(Finish::Passes) => "passes",
            Self::Finished(Finish::Wandering) => "wandering",
            Self::Finished(Finish::Stuck) => "stuck",
            Self::Finished(Finish::Iterations) => "iterations",
            Self::Interrupted(_) => "interrupted",
        }
    }

    /// In a sentence.
    fn sentence(self) -> String {
        match self {
            Self::Finished(Finish::Converged) => "converged".to_owned(),
            Self::Finished(Finish::Passes) => {
                "all passes made: whether the loss is at its least, lbfgs or levenberg_marquardt tell from here".to_owned()
            }
            Self::Finished(Finish::Stuck) => {
                "not converged: no step lowers the loss although its slope is not zero; predictions jump (a bare cut?), or the \
                 tolerance is beyond their digits"
                    .to_owned()
            }
            Self::Finished(Finish::Wandering) => {
                "not converged: wherever the fit would end, new samples of its simulations lead on; take more of them".to_owned()
            }
            Self::Finished(Finish::Iterations) => {
                "not converged: all iterations were used (go on with --resume --set optimizer.iterations=COUNT)".to_owned()
            }
            Self::Interrupted(signal) => format!("stopped by {} (go on with --resume)", signal.name()),
        }
    }
}

/// What an input would fit to what.
pub(super) fn describe(input: &std::path::Path, overrides: &[String]) -> Result<String, CliError> {
    let plan = input::read_fit(input, overrides)?;
    Ok(text::announce(&plan, &problem::training(&plan)?))
}

/// Reads the input, fits, writes.
pub(super) fn run(a: &Fit) -> Result<u8, CliError> {
    if a.dry_run {
        return terminal::print(&describe(&a.input, &a.set)?);
    }
    // what an interrupted fit has written is its own to replace
    let plan = input::read_fit_for_run(&a.input, &a.set, a.overwrite || a.resume)?;
    let interrupt =
        Interrupt::on_signals().map_err(|e| CliError::System(format!("cannot catch Ctrl-C and SIGTERM: {e}")))?;
    let pool = a.threads.pool()?;
    pool.install(|| fit(a, &plan, &interrupt))
}

fn fit(a: &Fit, plan: &FitPlan, interrupt: &Interrupt) -> Result<u8, CliError> {
    let fingerprint = checkpoint::fingerprint(plan, &a.set);
    let path = &plan.output.checkpoint;
    let resumed = match (path.exists(), a.resume) {
        (_, true) => Some(Checkpoint::read(path, &fingerprint, plan)?.descents),
        (true, false) if !plan.output.overwrite => {
            let reason = "it is the checkpoint of a fit that was stopped; go on with --resume, or pass --overwrite";
            return Err(CliError::File {
                file: path.display().to_string(),
                line: None,
                reason: reason.to_owned(),
            });
        }
        _ => None,
    };
    let mut problem = problem::training(plan)?;
    if !(a.json || a.quiet) {
        terminal::print(&text::announce(plan, &problem))?;
    }
    let mut descents = match resumed {
        Some(descents) => descents,
        None => begin(&mut problem, plan)?,
    };
    descents.iter_mut().for_each(|d| d.allow_more(plan.method));
    let progress = Progress::new(&descents, plan.method, (path, &fingerprint), !(a.json || a.quiet));
    let mut errors = descend(&mut problem, &mut descents, (plan.method, plan.seed), &|k, d| {
        progress.step(k, d);
        interrupt.signal().is_none()
    });
    progress.close();
    let chosen = best(&descents);
    let ended = errors.swap_remove(chosen);
    match ended {
        // not even its start has a loss, and no other start has one
        Some(error) if descents[chosen].state.loss().is_nan() => return Err(error.into()),
        Some(error) => terminal::say(&format!("warning: the best descent ended early: {error}")),
        None => {}
    }
    let saved = Checkpoint::new(&fingerprint, &descents).write(path);
    let end = conclude(&mut problem, plan, (&descents, chosen), interrupt)?;
    let (files, written) = write::all(plan, &end, &a.input);
    // whatever became of the files, the result is told
    if a.json {
        terminal::print(&json::text(plan, &end, &a.input, &files))?;
    } else if !a.quiet {
        terminal::print(&text::result(plan, &end, &files))?;
    }
    written?;
    match end.ending {
        // the result is written: there is nothing to go on with
        Ending::Finished(Finish::Converged | Finish::Passes) => checkpoint::remove(path),
        _ => saved?,
    }
    if end.ending.code() == 5 {
        terminal::say(&format!("warning: {}", end.ending.sentence()));
    }
    Ok(end.ending.code())
}

/// Descents at their starts. What is wrong with the given one is named before anything is moved.
fn begin(problem: &mut Problem, plan: &FitPlan) -> Result<Vec<Descent>, FitError> {
    let x = plan.variables.start();
    problem.refresh(&x)?;
    problem.residuals(&x, crate::fit::Which::All)?;
    problem.check_influence(&x)?;
    let all = starts(&plan.variables, plan.starts, plan.spread, plan.seed);
    Ok(all.into_iter().map(|x| Descent::new(plan.method, x)).collect())
}

/// The best of the descents with all that is known of it.
fn conclude(
    problem: &mut Problem,
    plan: &FitPlan,
    (descents, chosen): (&[Descent], usize),
    interrupt: &Interrupt,
) -> Result<Fitted, FitError> {
    // with the samples of its own simulations
    problem.recall(&descents[chosen].memory)?;
    let ending = match interrupt.signal() {
        Some(signal) if descents.iter().any(|d| d.finish.is_none()) => Ending::Interrupted(signal),
        _ => Ending::Finished(descents[chosen].finish.unwrap_or(Finish::Iterations)),
    };
    Fitted::new(problem, plan, (descents, chosen), ending)
}
