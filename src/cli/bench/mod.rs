//! `admd bench`: what admd costs on this machine, piece by piece.
//!
//! The JSON is a contract: `sections` holds one object a section, by its key, and in it `rows`, by theirs; a row has
//! `ns_per_atom` with `median`, `min` and `max`, and `atom_steps_per_second`, `ratio` and one more number where the
//! table shows them. `unrest` is the largest median over its least time.

mod measure;
mod steps;
mod table;

use super::threads::Threads;
use super::{CliError, terminal, version};
use crate::bench::{CUTOFF, DENSITY, MELTING_STEPS, Melt, SKIN, TIMESTEP, field, nearest_cells};
use crate::run::{Interrupt, Signal, Stop};
use admd_engine::Precision;
use clap::{Args, ValueHint};
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Measure what admd costs on this machine
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  admd bench                             32000 atoms on all cores: under two minutes
  admd bench --quick                     4000 atoms, few rounds: some seconds
  admd bench --threads 1 --json one.json
  ADMD_ISA=avx2 admd bench --atoms 256000 --rounds 5

The system is the Lennard-Jones melt (density 0.8442, cutoff 2.5, skin 0.3, time step 0.004, in
reduced units). Times are wall times in ns for one atom, the median over the rounds and their
range; every round does each piece of work once. `ratio` compares with the first row of its
precision or section, round by round. M steps/s are million atom-steps in a second: atoms times
steps (or evaluations) over the time.
The force kernel is timed on one thread, everything else on the threads that are asked for.
The trajectory is written to the folder for temporary files (TMPDIR) and removed.

An idle machine gives the smallest ranges. Ctrl-C ends after the piece of work in progress; what
is printed by then is complete, and no file is left.")]
pub(super) struct Bench {
    /// Number of atoms, rounded to an fcc lattice [default: 32000, with --quick 4000]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(100..=20_000_000))]
    atoms: Option<u64>,
    /// Times that each piece of work is done [default: 15, with --quick 3]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=1000))]
    rounds: Option<u64>,
    /// Fewer atoms, rounds and steps of melting: a first look
    #[arg(long)]
    quick: bool,
    /// Write the results to a new JSON file, too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    json: Option<PathBuf>,
    #[command(flatten)]
    threads: Threads,
}

/// Steps of melting with --quick: the lattice is gone, if not its memory.
const QUICK_MELTING: u64 = 300;
/// Atom-steps that a round of the whole loop does, and with --quick.
const WORK: [u64; 2] = [3_200_000, 400_000];

/// The largest median over its least time of a machine that does nothing else.
const QUIET: f64 = 1.3;

/// What is measured, and how often.
struct Task<'a> {
    melt: &'a Melt,
    rounds: usize,
    quick: bool,
    interrupt: &'a Interrupt,
}

impl Task<'_> {
    fn stopped(&self) -> bool {
        self.interrupt.signal().is_some()
    }

    fn atoms(&self) -> usize {
        self.melt.configuration().len()
    }

    /// Steps of the whole loop in a round; enough for some list builds.
    fn steps(&self) -> u64 {
        (WORK[usize::from(self.quick)] / self.atoms() as u64).clamp(50, 2000)
    }
}

/// Measures, prints, and writes the JSON file.
pub(super) fn run(a: &Bench) -> Result<u8, CliError> {
    let report = a.json.as_deref().map(Report::create).transpose()?;
    let interrupt =
        Interrupt::on_signals().map_err(|e| CliError::System(format!("cannot catch Ctrl-C and SIGTERM: {e}")))?;
    let pool = a.threads.pool()?;
    match pool.install(|| bench(a, &interrupt))? {
        Ok(object) => {
            report.map_or(Ok(()), |r| r.finish(&object))?;
            Ok(0)
        }
        Err(signal) => {
            terminal::say(&format!("stopped by {}; no file is left", signal.name()));
            Ok(signal.exit_code())
        }
    }
}

/// The results, or the signal that came before they were complete.
fn bench(a: &Bench, interrupt: &Interrupt) -> Result<Result<Value, Signal>, CliError> {
    let wanted = a.atoms.unwrap_or(if a.quick { 4000 } else { 32_000 });
    let cells = nearest_cells(wanted);
    let atoms = 4 * cells * cells * cells;
    let rounds = a.rounds.unwrap_or(if a.quick { 3 } else { 15 });
    let melting = if a.quick { QUICK_MELTING } else { MELTING_STEPS };
    let isa = field(Precision::Double)?.isa();
    let threads = rayon::current_num_threads();
    let cores = std::thread::available_parallelism().map_or(0, |n| n.get());
    let processor = processor();

    terminal::say(&format!("melting {atoms} atoms, {melting} steps"));
    let melt = Melt::new(cells, melting, interrupt)?;
    if let Stop::Interrupted(signal) = melt.stop {
        return Ok(Err(signal));
    }
    let mut head = format!(
        "# admd {}, {isa}, {}\n# {}, {cores} cores\n",
        version::short(),
        measure::on_threads(),
        processor.as_deref().unwrap_or("an unknown processor")
    );
    if atoms != wanted {
        head += &format!("# {atoms} atoms instead of {wanted}: an fcc lattice of {cells}^3 unit cells\n");
    }
    head += &format!(
        "# Lennard-Jones melt of {atoms} atoms: {melting} steps from an fcc lattice{}, kT = {:.3}\n",
        if melting < MELTING_STEPS {
            " (fewer than usual)"
        } else {
            ""
        },
        melt.temperature()
    );
    head += &format!("# {rounds} rounds: median (least .. largest)\n");
    terminal::print(&head)?;

    let task = Task {
        melt: &melt,
        rounds: rounds as usize,
        quick: a.quick,
        interrupt,
    };
    let mut sections = Map::new();
    let mut unrest = 1.0_f64;
    for measure in [
        measure::kernel,
        measure::list,
        measure::evaluation,
        measure::integrator,
        measure::writer,
        steps::whole,
    ] {
        let section = measure(&task)?;
        if let Some(signal) = interrupt.signal() {
            return Ok(Err(signal));
        }
        terminal::print(&section.text())?;
        unrest = unrest.max(section.unrest());
        sections.insert(section.key.into(), section.json());
    }
    if unrest > QUIET {
        terminal::say(&format!(
            "warning: medians are up to {unrest:.1} times the least times: this machine has other things to do; the \
             least times and the ratios say more; repeat it on an idle machine or with more --rounds"
        ));
    }
    Ok(Ok(json!({
        "program": format!("admd {}", version::short()),
        "machine": { "processor": processor, "cores": cores },
        "isa": isa.to_string(),
        "threads": threads,
        "rounds": rounds,
        "quick": a.quick,
        "unrest": unrest,
        "system": {
            "atoms": atoms,
            "density": DENSITY,
            "cutoff": CUTOFF,
            "skin": SKIN,
            "timestep": TIMESTEP,
            "melting_steps": melting,
            "temperature": melt.temperature(),
        },
        "sections": sections,
    })))
}

/// The name of the processor, where the system has it in a file.
fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|l| l.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The JSON file: made before the work, so that a name that cannot be used costs nobody a minute, and removed again
/// if the work is not finished.
struct Report<'a> {
    path: &'a Path,
    file: File,
    complete: bool,
}

impl<'a> Report<'a> {
    fn create(path: &'a Path) -> Result<Self, CliError> {
        let file = File::create_new(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::AlreadyExists => CliError::System(format!(
                "{} exists; remove it, or give --json another name",
                path.display()
            )),
            _ => CliError::System(format!(
                "{}: {e}; give --json a name in a folder that can be written",
                path.display()
            )),
        })?;
        Ok(Self {
            path,
            file,
            complete: false,
        })
    }

    fn finish(mut self, object: &Value) -> Result<(), CliError> {
        let written = self.file.write_all(format!("{object:#}\n").as_bytes());
        self.complete = written.is_ok();
        let path = self.path.display();
        written.map_err(|e| CliError::System(format!("writing {path} failed: {e}; check the disk")))
    }
}

impl Drop for Report<'_> {
    fn drop(&mut self) {
        if !self.complete {
            let _ = std::fs::remove_file(self.path);
        }
    }
}
