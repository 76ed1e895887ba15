//! `admd replay`: any stretch of a run, made again from its trajectory.

use super::simulate::header;
use super::threads::Threads;
use super::{CliError, terminal};
use crate::dynamics::State;
use crate::input::{self, Frames, IntegratorPlan, Plan};
use crate::io::h5md::{Trajectory, WriterOptions};
use crate::io::{Overwrite, same_file};
use crate::run::format::{counted, significant};
use crate::run::{Every, From, Interrupt, Met, Run, Stop, TrajectoryFile};
use admd_engine::ForceField;
use admd_potentials::form::units::Dimension;
use clap::{Args, ValueHint};
use indicatif::ProgressBar;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// Make a stretch of a run again, with frames as close as every step
///
/// The trajectory keeps the input of its run. A run with reversible = true in [integrator] is taken up at its nearest frame
/// and undone or continued to where the stretch begins; any other run starts at step 0. The states are those of the run,
/// bit for bit: frames of the run that are met again are compared.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  admd replay run.h5md event.h5md --from 41200 --to 41300
  admd replay run.h5md event.h5md --from 41200 --to 41300 --every 5 --forces --overwrite

Steps are those of the run. The build of admd, the instruction set (ADMD_ISA) and the structure
file of the input must be those of the run; a state that is not the run's is an error. Exit code
1 says so.")]
pub(super) struct Replay {
    /// The trajectory of the run (.h5md)
    #[arg(value_name = "RUN.h5md", value_hint = ValueHint::FilePath)]
    trajectory: PathBuf,
    /// The file to write (.h5md)
    #[arg(value_name = "OUT.h5md", value_hint = ValueHint::FilePath)]
    output: PathBuf,
    /// First step
    #[arg(long, value_name = "STEP")]
    from: u64,
    /// Last step [default: that of the last frame]
    #[arg(long, value_name = "STEP")]
    to: Option<u64>,
    /// Steps between frames
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
    /// Write forces, too
    #[arg(long)]
    forces: bool,
    /// Replace an existing file
    #[arg(long)]
    overwrite: bool,
    /// Print nothing but errors
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    threads: Threads,
}

/// Replays.
pub(super) fn run(a: &Replay) -> Result<u8, CliError> {
    let run = Trajectory::open(&a.trajectory)?;
    if same_file(&a.trajectory, &a.output) {
        return Err(CliError::Usage(
            "the replay would replace the run; give it another name".to_owned(),
        ));
    }
    if a.output.exists() && !a.overwrite {
        return Err(CliError::Exists {
            path: a.output.display().to_string(),
        });
    }
    let provenance = run.header().provenance.clone();
    let path = provenance.input_path.clone().unwrap_or_else(|| a.trajectory.clone());
    let (mut plan, renewal) = input::parse_motion(&provenance.resolved_text, &path)?;
    let last = run.steps().last().copied().unwrap_or(0);
    let to = a.to.unwrap_or(last);
    if a.from > to || to > plan.steps {
        return Err(CliError::Usage(format!(
            "steps {} to {to} are no stretch of the run, which has steps 0 to {}; give --from and --to among these",
            a.from, plan.steps
        )));
    }
    plan.output.trajectory = Some(Frames {
        path: a.output.clone(),
        overwrite: a.overwrite,
        every: a.every,
        velocities: true,
        forces: a.forces,
    });
    plan.provenance = provenance;
    plan.provenance.arguments = std::env::args().collect();
    let interrupt =
        Interrupt::on_signals().map_err(|e| CliError::System(format!("cannot catch Ctrl-C and SIGTERM: {e}")))?;
    let pool = a.threads.pool()?;
    pool.install(|| replay(a, plan, (run, renewal), to, &interrupt))
}

fn replay(
    a: &Replay,
    plan: Plan,
    (trajectory, renewal): (Trajectory, Option<u64>),
    to: u64,
    interrupt: &Interrupt,
) -> Result<u8, CliError> {
    let start = start(&plan, &trajectory, a.from)?;
    let begin = start.step;
    let field = ForceField::new(plan.bindings.clone(), plan.settings)?;
    let header = header(&plan, &field);
    let mut run = Run::start(start, field, plan.integrator.integrator(), plan.units)?;
    if let Some(every) = renewal {
        run.renew_lists(every);
    }
    // undone, the frame that it was taken from is met again
    let departure = (begin > 0 && begin <= a.from).then_some(begin);
    let (met, count) = Met::new(trajectory, departure);
    run.observe(Box::new(met));
    let bar = progress(a.from.abs_diff(begin) + to - a.from);
    run.observe(Box::new(crate::run::Ticks(bar.clone())));
    let moved = if begin > a.from {
        run.undo(begin - a.from, interrupt)
    } else {
        run.advance(a.from - begin, interrupt)
    };
    if let Stop::Interrupted(signal) = moved? {
        terminal::say(&format!(
            "stopped by {} before step {}; nothing was written",
            signal.name(),
            a.from
        ));
        return Ok(signal.exit_code());
    }
    let options = WriterOptions {
        overwrite: Overwrite::when(a.overwrite),
        ..WriterOptions::default()
    };
    let file = TrajectoryFile::create(a.output.clone(), header, options)?;
    let every = Every(a.every);
    run.observe(Box::new(From::step(a.from, file.frames(every))));
    run.observe(Box::new(From::step(a.from, file.thermo(every))));
    let outcome = run.complete(to - a.from, interrupt)?;
    bar.finish_and_clear();
    let stop = outcome.end?;
    if !a.quiet {
        let written = file.summary().unwrap_or_default();
        let origin = match begin {
            step if step > a.from => format!("undone from the frame at step {step}"),
            step => format!("from step {step}"),
        };
        let same = match count.load(Ordering::Relaxed) {
            0 => "no other frame of the run is on the way, so nothing was compared".to_owned(),
            n => format!("{} of the run met again, bit for bit", counted(n, "frame")),
        };
        terminal::print(&format!(
            "# steps {} to {}, {origin}; {same}\n# {}: {}, {} MB\n",
            a.from,
            outcome.thermo.step,
            written.path.display(),
            counted(written.frames, "frame"),
            significant(written.bytes as f64 / 1e6, 3)
        ))?;
    }
    Ok(match stop {
        Stop::Finished => 0,
        Stop::Interrupted(signal) => signal.exit_code(),
    })
}

/// Where to take up the run: at the nearest frame, where that tells everything; or at its start.
fn start(plan: &Plan, trajectory: &Trajectory, from: u64) -> Result<State, CliError> {
    let IntegratorPlan::ReversibleVerlet { .. } = plan.integrator else {
        return Ok(plan.start.clone());
    };
    let frames = trajectory.steps().iter().enumerate();
    let nearest = frames
        .filter(|_| trajectory.header().velocities)
        .min_by_key(|(_, step)| step.abs_diff(from));
    let Some((index, _)) = nearest.filter(|(_, step)| step.abs_diff(from) < from) else {
        return Ok(plan.start.clone());
    };
    let frame = trajectory.frame(index)?;
    let unit = plan.units.to_coherent(Dimension::VELOCITY);
    let mut state = plan.start.clone();
    state.step = frame.step;
    state.configuration.positions = frame.positions;
    state.velocities = frame.velocities.iter().map(|v| v * unit).collect();
    Ok(state)
}

fn progress(steps: u64) -> ProgressBar {
    use std::io::IsTerminal;
    if std::io::stderr().is_terminal() {
        ProgressBar::new(steps)
    } else {
        ProgressBar::hidden()
    }
}
