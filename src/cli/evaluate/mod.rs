//! `admd evaluate`: energy, forces, virial and derivatives of structures.
//!
//! The JSON is a contract. One frame gives one object, several give an array of them:
//!
//! | key | what | unit |
//! |---|---|---|
//! | `units` | `system`, `energy`, `length`, `force`, `stress`, `hessian_vector` | names |
//! | `energy` | E of all atoms with tail corrections | energy |
//! | `forces` | −dE/dr, three an atom | energy/length |
//! | `virial` | −Σ du/dd ⊗ d over pairs, with the standard long-range term of tail corrections: −dE/dε for a strain ε of cell and positions, unless the energy jumps at the cutoff and has a tail; 3 × 3 | energy |
//! | `stress` | −virial/volume, 3 × 3; null unless periodic in all directions | energy/length³ |
//! | `energies` | half of each pair, an atom; without tail corrections | energy |
//! | `parameters` | `name`, `value`, `unit`, `gradient` = dE/dθ of those that --gradient names | |
//! | `hessian_vector` | H v, three an atom, with --hessian-vector | energy/length² times the unit of v |
//!
//! Every number is finite: what has no finite energy ends with exit code 4 and a diagnosis.

mod report;
mod vector_file;

use super::export::FrameRange;
use super::threads::Threads;
use super::{CliError, terminal};
use crate::input::potential::{self, PotentialFile};
use crate::io::xyz::{self, XyzFrame};
use admd_engine::{Cell, Configuration, Direction, EngineError, Evaluation, ForceField, Request, Settings, Vec3};
use admd_potentials::form::binding::Leaf;
use admd_potentials::form::select;
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Evaluate structures: energy, forces, virial, parameter gradients, Hessian products
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  admd evaluate start.extxyz --potential argon.toml
  admd evaluate start.extxyz --potential argon.toml --gradient 'lj.*.epsilon' --gradient '*.sigma'
  admd evaluate start.extxyz --potential argon.toml --hessian-vector v.txt --json
  admd evaluate run.extxyz --potential argon.toml --frames ::10 --json > energies.json

Units are those that the potential file names: energies in its energy, forces in energy/length, the virial
-dE/d(strain) in its energy, the stress -virial/volume in energy/length^3. Kinetic parts are not included.

The file of --hessian-vector has a line of three numbers for each atom, in the order of the structure; empty lines and
lines that begin with # are skipped. A file whose name ends with .xyz or .extxyz is read as a structure instead, and its
positions are the vector. The result is the Hessian of the energy times the vector.")]
pub(super) struct Evaluate {
    /// Atoms: extended XYZ, lengths in the unit of the potential file
    #[arg(value_name = "STRUCTURE.extxyz", value_hint = ValueHint::FilePath)]
    structure: PathBuf,
    /// The potential file
    #[arg(long, short, value_name = "POT.toml", value_hint = ValueHint::FilePath)]
    potential: PathBuf,
    /// Frames from A up to but without B, every C-th; negative numbers count from the end, one number is one frame
    #[arg(long, value_name = "A:B:C", default_value = ":", allow_hyphen_values = true)]
    frames: FrameRange,
    /// Derivatives of the energy in the parameters that match, such as '*.epsilon'; may be repeated
    #[arg(long, value_name = "GLOB", help_heading = "Derivatives")]
    gradient: Vec<String>,
    /// Product of the Hessian with the vectors in a file, one an atom
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Derivatives")]
    hessian_vector: Option<PathBuf>,
    /// Print JSON to standard output, and nothing else there
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
    #[command(flatten)]
    threads: Threads,
}

/// What is known of one frame.
struct Evaluated {
    frame: usize,
    species: Vec<String>,
    configuration: Configuration,
    evaluation: Evaluation,
    /// The parameters that were asked for with their derivatives.
    parameters: Vec<(Leaf, f64)>,
}

/// Evaluates and prints.
pub(super) fn run(a: &Evaluate) -> Result<u8, CliError> {
    let potential = potential::read(&a.potential)?;
    let mut all: Vec<Option<XyzFrame>> = xyz::read_all(&a.structure)?.into_iter().map(Some).collect();
    let chosen = a.frames.indices(all.len());
    if chosen.is_empty() {
        let (count, file) = (all.len(), a.structure.display());
        return Err(CliError::Usage(format!(
            "--frames chooses none of the {count} frames of {file}; choose some, or leave it out for all"
        )));
    }
    let frames = chosen
        .into_iter()
        .filter_map(|k| all[k].take().map(|frame| (k, frame)))
        .collect();
    let vectors = a.hessian_vector.as_deref().map(vector_file::read).transpose()?;
    let pool = a.threads.pool()?;
    let done = pool.install(|| evaluate(a, &potential, frames, vectors.as_deref()))?;
    terminal::print(&if a.json {
        report::json(&done, potential.units)
    } else {
        report::text(&done, potential.units, &a.structure.display().to_string())
    })
}

fn evaluate(
    a: &Evaluate,
    potential: &PotentialFile,
    frames: Vec<(usize, XyzFrame)>,
    vectors: Option<&[Vec3]>,
) -> Result<Vec<Evaluated>, CliError> {
    let mut bound: Option<(Vec<String>, ForceField)> = None;
    let mut done = Vec::with_capacity(frames.len());
    for (frame, xyz) in frames {
        let species = names(&xyz);
        // Frames of one kind share the bound potentials.
        let field = match &mut bound {
            Some((known, field)) if *known == species => field,
            _ => {
                let field = ForceField::new(potential.bind(&species)?, Settings::new(0.0))?;
                &mut bound.insert((species.clone(), field)).1
            }
        };
        let failed = |error| CliError::Frame {
            file: a.structure.display().to_string(),
            frame,
            error,
        };
        let configuration = configuration(xyz, &species).map_err(failed)?;
        let direction = direction(a, vectors, configuration.len())?;
        let request = Request {
            per_atom: true,
            gradient: !a.gradient.is_empty(),
            tangent: direction.as_ref(),
            ..Request::ENERGY
        };
        let mut evaluation = Evaluation::default();
        field
            .evaluate(&configuration, request, &mut evaluation)
            .map_err(failed)?;
        check_finite(&evaluation, frame, a)?;
        let parameters = parameters(a, field, &evaluation)?;
        done.push(Evaluated {
            frame,
            species,
            configuration,
            evaluation,
            parameters,
        });
    }
    Ok(done)
}

/// The species of a frame, in the order in which they appear.
fn names(xyz: &XyzFrame) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for s in &xyz.species {
        if names.last() != Some(s) && !names.contains(s) {
            names.push(s.clone());
        }
    }
    names
}

fn configuration(xyz: XyzFrame, names: &[String]) -> Result<Configuration, EngineError> {
    let cell = match xyz.cell {
        Some(edges) => Cell::new(edges, xyz.periodic)?,
        None => {
            let edges = crate::input::box_around(&xyz.positions);
            Cell::new([0, 1, 2].map(|k| edges.column(k).into()), [false; 3])?
        }
    };
    let index = |s: &String| names.iter().position(|n| n == s).unwrap_or(0) as u16;
    Ok(Configuration {
        cell,
        species: xyz.species.iter().map(index).collect(),
        positions: xyz.positions,
    })
}

fn direction(a: &Evaluate, vectors: Option<&[Vec3]>, atoms: usize) -> Result<Option<Direction>, CliError> {
    match (vectors, &a.hessian_vector) {
        (Some(v), Some(path)) if v.len() != atoms => Err(CliError::File {
            file: path.display().to_string(),
            line: None,
            reason: format!(
                "{} vectors for {atoms} atoms; give one for each atom of the structure",
                v.len()
            ),
        }),
        (Some(v), _) => Ok(Some(Direction {
            positions: v.to_vec(),
            ..Direction::default()
        })),
        (None, _) => Ok(None),
    }
}

/// The engine refuses what is not finite in an atom; sums can still overflow.
fn check_finite(e: &Evaluation, frame: usize, a: &Evaluate) -> Result<(), CliError> {
    let tangent = e.tangent.iter().flat_map(|t| t.forces.iter().flat_map(|f| f.iter()));
    let virial = e.virial.iter().flat_map(|w| w.iter());
    let all = e
        .energy
        .iter()
        .chain(&e.energies)
        .chain(&e.gradient)
        .chain(tangent)
        .chain(virial);
    if all.into_iter().all(|x| x.is_finite()) {
        return Ok(());
    }
    // The largest force points at what is wrong.
    let forces = e.forces.iter().enumerate();
    let worst = forces.max_by(|x, y| x.1.norm().total_cmp(&y.1.norm()));
    let (atom, force) = worst.map_or((0, [f64::NAN; 3]), |(i, f)| (i, (*f).into()));
    let error = EngineError::NonFiniteForce { atom, force };
    Err(CliError::Frame {
        file: a.structure.display().to_string(),
        frame,
        error,
    })
}

fn parameters(a: &Evaluate, field: &ForceField, e: &Evaluation) -> Result<Vec<(Leaf, f64)>, CliError> {
    if a.gradient.is_empty() {
        return Ok(Vec::new());
    }
    let leaves: Vec<&Leaf> = field.parameters().collect();
    let names: Vec<&str> = leaves.iter().map(|l| l.name.as_str()).collect();
    let chosen = select::select_any(&names, &a.gradient).map_err(|errors| {
        let all: Vec<String> = errors.iter().map(|e| format!("--gradient: {e}")).collect();
        CliError::Usage(all.join("\n"))
    })?;
    Ok(chosen.into_iter().map(|k| (leaves[k].clone(), e.gradient[k])).collect())
}
