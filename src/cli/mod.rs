//! The program: one file a verb, and what they share.

mod bench;
pub mod check;
mod completions;
mod error;
mod estimators;
mod evaluate;
pub mod export;
mod fit;
mod forecast;
pub mod info;
mod potentials;
mod replay;
mod reweight;
pub mod schema;
mod simulate;
mod terminal;
mod threads;
mod version;

pub use error::CliError;

use crate::ad::Isa;
use crate::engine::EngineError;
use clap::{CommandFactory, Parser, Subcommand, ValueHint};
use std::path::PathBuf;
use std::process::ExitCode;

const ABOUT: &str = "Molecular dynamics from an energy function: forces, virial, Hessian products and parameter gradients by \
automatic differentiation";

/// What stands after the options; as all such texts at most 96 columns wide, which no terminal of 100 columns breaks.
const AFTER: &str = "\
Examples:
  admd check inputs/argon.toml                    what would be run, and what it would cost
  admd simulate inputs/argon.toml                 run it
  admd evaluate start.extxyz --potential ar.toml  energy, forces and virial of a structure
  admd fit inputs/fit_morse.toml                  parameters of a potential from data
  admd export argon.h5md argon.extxyz             for OVITO and ASE
  admd potentials lj > ar.toml                    a potential file to start from

Results go to standard output, progress and messages to standard error.

Exit codes:
  0    done
  1    a failure on the way, such as a full disk
  2    wrong usage of the command line
  3    an invalid input, structure or potential file
  4    numbers without meaning: overlapping atoms, a run that blew up, frames that say nothing
  5    a fit that did not converge; what it has is written
  129  stopped by SIGHUP (a lost terminal) after a complete step; files are closed
  130  stopped by Ctrl-C (SIGINT), likewise
  143  stopped by SIGTERM, likewise
A second signal stops at once.

Environment:
  ADMD_THREADS, RAYON_NUM_THREADS  worker threads where --threads is not given
  ADMD_ISA                         instruction set of the kernels: scalar, avx2 or avx512
  NO_COLOR                         no colours";

#[derive(Parser)]
#[command(name = "admd", version, long_version = version::long(), about = ABOUT, after_long_help = AFTER)]
#[command(max_term_width = 100, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Simulate(simulate::Simulate),
    Check(Check),
    Evaluate(evaluate::Evaluate),
    Fit(fit::Fit),
    Reweight(reweight::Reweight),
    Export(export::ExportArgs),
    Replay(replay::Replay),
    Info(info::InfoArgs),
    Potentials(potentials::Potentials),
    Bench(bench::Bench),
    Schema(Schema),
    Completions(completions::Completions),
}

/// Check an input and print what would be run
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  admd check inputs/argon.toml
  admd check inputs/argon.toml --set run.steps=100000 --set 'integrator.timestep=\"4 fs\"'")]
struct Check {
    /// The input
    #[arg(value_name = "INPUT.toml", value_hint = ValueHint::FilePath)]
    input: PathBuf,
    /// Override a key of the input; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// Print the JSON schema of an input, for editors
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  admd schema > admd.schema.json
  admd schema --potential > potential.schema.json
  admd schema --fit > fit.schema.json")]
struct Schema {
    /// The schema of a potential file instead
    #[arg(long)]
    potential: bool,
    /// The schema of an input of a fit instead
    #[arg(long, conflicts_with = "potential")]
    fit: bool,
}

/// Parses the command line and does what it says.
pub fn main() -> ExitCode {
    // Where it cannot be caught the limit ends the program, as it does without us.
    let _ = crate::run::survive_file_limit();
    let verb = Cli::parse().verb;
    let json = match &verb {
        Verb::Simulate(a) => a.json,
        Verb::Evaluate(a) => a.json,
        Verb::Fit(a) => a.json,
        Verb::Reweight(a) => a.json,
        Verb::Info(a) => a.json,
        _ => false,
    };
    let done = match verb {
        Verb::Simulate(a) => simulate::run(&a),
        Verb::Check(a) => inspect(&a),
        Verb::Evaluate(a) => evaluate::run(&a),
        Verb::Fit(a) => fit::run(&a),
        Verb::Reweight(a) => reweight::run(&a),
        Verb::Export(a) => export(&a),
        Verb::Replay(a) => replay::run(&a),
        Verb::Info(a) => info::run(&a)
            .map_err(Into::into)
            .and_then(|text| terminal::print(&text)),
        Verb::Potentials(a) => potentials::run(&a),
        Verb::Bench(a) => bench::run(&a),
        Verb::Schema(a) => terminal::print(&schema::print(document(&a))),
        Verb::Completions(a) => completions::run(&a, &mut Cli::command()),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => terminal::fail(&error, json),
    }
}

fn inspect(a: &Check) -> Result<u8, CliError> {
    // What would stop the run at its start.
    Isa::detect().map_err(EngineError::from)?;
    terminal::print(&if is_fit(&a.input) {
        fit::describe(&a.input, &a.set)?
    } else {
        check::check(&a.input, &a.set)?
    })
}

/// Is the file there, and the input of a fit? What is longer than any input, or endless, is none.
fn is_fit(path: &std::path::Path) -> bool {
    use std::io::Read as _;
    const LONGEST: u64 = 1 << 24;
    // a pipe could be read only once
    if !path.is_file() {
        return false;
    }
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
    read.is_ok() && crate::input::is_fit(&text)
}

fn export(a: &export::ExportArgs) -> Result<u8, CliError> {
    let frames = export::run(a)?;
    terminal::say(&format!("{}: {frames} frames", a.output.display()));
    Ok(0)
}

fn document(a: &Schema) -> crate::input::schema::Document {
    use crate::input::schema::Document;
    if a.potential {
        Document::Potential
    } else if a.fit {
        Document::Fit
    } else {
        Document::Input
    }
}
