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
use admd_engine::{Configuration, Direction, Evaluation, ForceField, Request, Settings, Vec3};
use admd_potentials::form::binding::Leaf;
use admd_potentials::form::select;
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Evaluate structures: energy, forces, virial, parameter gradients, Hessian products
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  admd evaluate start.extxyz --potential argon.toml
  admd evaluate start.extxyz --potential argon.toml --gradient 'lj.*.epsilon'
  admd evaluate start.extxyz --potential argon.toml --hessian-vector v.txt --json
  admd evaluate run.extxyz --potential argon.toml --frames ::10 --json > energies.json

Units are those that the potential file names: energies in its energy, forces in energy/length,
the virial -dE/d(strain) in its energy, the stress -virial/volume in energy/length^3. Kinetic
parts are not included.

The file of --hessian-vector has a line of three numbers for each atom, in the order of the
structure; empty lines and lines that begin with # are skipped. A file whose name ends with .xyz
or .extxyz is read as a structure instead, and its positions are the vector. The result is the
Hessian of the energy times the vector.")]
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
        let species = xyz.species_names();
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
        let configuration = xyz.configuration(&species).map_err(failed)?;
        let direction = direction(a, vectors, configuration.len())?;
        let request = Request {
            per_atom: true,
            gradient: !a.gradient.is_empty(),
            tangents: direction.as_slice(),
            ..Request::ENERGY
        };
        let mut evaluation = Evaluation::default();
        field
            .evaluate(&configuration, request, &mut evaluation)
            .map_err(failed)?;
        let leaves: Vec<&Leaf> = field.parameters().collect();
        check_finite(&evaluation, &leaves, frame, a)?;
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

/// The engine refuses what is not finite in an atom; sums and derivatives can still overflow.
fn check_finite(e: &Evaluation, leaves: &[&Leaf], frame: usize, a: &Evaluate) -> Result<(), CliError> {
    match not_finite(e, leaves) {
        None => Ok(()),
        Some((what, value)) => Err(CliError::NotFinite {
            file: a.structure.display().to_string(),
            frame,
            what,
            value,
        }),
    }
}

/// The first quantity that is not finite.
fn not_finite(e: &Evaluation, leaves: &[&Leaf]) -> Option<(String, f64)> {
    let bad = |x: &f64| !x.is_finite();
    let vectors = |list: &[Vec3]| {
        let wrong = |(i, v): (usize, &Vec3)| {
            let size = report::norm(v);
            v.iter().copied().chain([size]).find(bad).map(|x| (i, x))
        };
        list.iter().enumerate().find_map(wrong)
    };
    if let Some(energy) = e.energy.filter(bad) {
        return Some(("energy".to_owned(), energy));
    }
    if let Some((atom, x)) = vectors(&e.forces) {
        return Some((format!("force on atom {atom}"), x));
    }
    if let Some(x) = e.virial.iter().flat_map(|w| w.iter().copied()).find(bad) {
        return Some(("virial".to_owned(), x));
    }
    if let Some((atom, x)) = e.energies.iter().enumerate().find(|(_, x)| bad(x)) {
        return Some((format!("energy of atom {atom}"), *x));
    }
    if let Some((k, x)) = e.gradient.iter().enumerate().find(|(_, x)| bad(x)) {
        let name = leaves.get(k).map_or_else(|| k.to_string(), |l| l.name.clone());
        return Some((format!("derivative of the energy in {name}"), *x));
    }
    let (atom, x) = e.tangents.iter().find_map(|t| vectors(&t.forces))?;
    Some((format!("Hessian-vector product of atom {atom}"), x))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantity_that_is_not_finite_is_named() {
        let info = admd_potentials::catalog::pair_info("lj").unwrap();
        let leaf = Leaf {
            name: "lj.A-A.epsilon".to_owned(),
            spec: &info.parameters[0],
            value: 1.0,
        };
        let fine = || Evaluation {
            energy: Some(-1.0),
            forces: vec![Vec3::x(); 2],
            energies: vec![-0.5; 2],
            gradient: vec![1.0],
            ..Evaluation::default()
        };
        let name = |e: &Evaluation| not_finite(e, &[&leaf]).map(|(what, _)| what).unwrap_or_default();
        assert_eq!(name(&fine()), "");
        let mut e = fine();
        e.gradient[0] = f64::INFINITY;
        assert_eq!(name(&e), "derivative of the energy in lj.A-A.epsilon");
        e.energies[1] = f64::NAN;
        assert_eq!(name(&e), "energy of atom 1");
        e.forces[1].y = f64::NAN;
        assert_eq!(name(&e), "force on atom 1");
        e.energy = Some(f64::INFINITY);
        assert_eq!(name(&e), "energy");
    }
}
