//! `admd reweight`: averages at other parameters, from the frames of a run.

use super::threads::Threads;
use super::{CliError, terminal};
use crate::dynamics::{Ensemble, observables};
use crate::input::{potential, quantity};
use crate::io::h5md::{Frame, Header, Trajectory};
use crate::run::format::{counted, short, significant};
use crate::sensitivity::{Change, Reweighted, Value, reweight};
use admd_engine::{Cell, Configuration, Evaluation, ForceField, Request, Settings};
use admd_potentials::form::binding::Leaf;
use admd_potentials::form::select;
use admd_potentials::form::units::{Dimension, UnitSystem};
use clap::{Args, ValueHint};
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Averages at other parameters of the potentials, from the frames of a trajectory
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  admd reweight melt.h5md --set lj.A-A.epsilon=1.02
  admd reweight argon.h5md --set 'lj.Ar-Ar.sigma=3.41 Angstrom' --skip 20
  admd reweight argon.h5md --set 'lj.*.epsilon=0.0104 eV' --json

A value is in the units of the trajectory, or has a unit. Potential energy, temperature and
pressure are printed as they are and as they would be, at the same total energy, in the units
of the trajectory. Each frame has the weight ((E - U')/(E - U))^(f/2 - 1), so the frames must
have velocities. When few frames carry all the weight, the effective sample size
(sum w)^2/(sum w^2) is small, and below --least nothing is printed: exit code 4.")]
pub(super) struct Reweight {
    /// The trajectory; its potentials are those of its input
    #[arg(value_name = "TRAJECTORY.h5md", value_hint = ValueHint::FilePath)]
    trajectory: PathBuf,
    /// Give a parameter another value, by name with * and ?; may be repeated
    #[arg(long, value_name = "NAME=VALUE", required = true)]
    set: Vec<String>,
    /// Frames at the start that are left out
    #[arg(long, value_name = "FRAMES", default_value_t = 0)]
    skip: usize,
    /// The least effective sample size
    #[arg(long, value_name = "FRAMES", default_value_t = 50.0, value_parser = least)]
    least: f64,
    /// Print JSON to standard output, and nothing else there
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
    #[command(flatten)]
    threads: Threads,
}

fn least(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|x| x.is_finite() && *x >= 1.0);
    number.ok_or_else(|| "give a number of frames, at least 1".to_owned())
}

/// A parameter that changes.
struct Moved {
    name: String,
    unit: String,
    from: f64,
    to: f64,
}

/// What is averaged, with the dimension.
const AVERAGED: [(&str, Dimension); 3] = [
    ("potential_energy", Dimension::ENERGY),
    ("temperature", Dimension::TEMPERATURE),
    ("pressure", Dimension::PRESSURE),
];

/// Reads, evaluates, prints.
pub(super) fn run(a: &Reweight) -> Result<u8, CliError> {
    let file = a.trajectory.display().to_string();
    let trajectory = Trajectory::open(&a.trajectory)?;
    let header = trajectory.header();
    let wrong = |reason: String| CliError::File {
        file: file.clone(),
        line: None,
        reason,
    };
    if !header.velocities {
        let reason = "it has no velocities, and without the kinetic energy a frame has no weight; write them with \
                      output.velocities = true";
        return Err(wrong(reason.to_owned()));
    }
    if a.skip >= trajectory.len() {
        let frames = counted(trajectory.len() as u64, "frame");
        return Err(wrong(format!("it has {frames}, and --skip leaves none; skip fewer")));
    }
    let known = potential::of_input(&header.provenance.resolved_text, &a.trajectory)?;
    let names: Vec<String> = header.species.iter().map(|s| s.name.clone()).collect();
    let bind = || -> Result<ForceField, CliError> { Ok(ForceField::new(known.bind(&names)?, Settings::new(0.0))?) };
    let (mut old, mut new) = (bind()?, bind()?);
    let moved = change(a, &mut new, header.units)?;
    let ensemble = Ensemble::Microcanonical {
        degrees_of_freedom: observables::degrees_of_freedom(header.atoms.len()),
    };
    let pool = a.threads.pool()?;
    let states = pool.install(|| -> Result<Vec<Change>, CliError> {
        let mut states = Vec::new();
        for k in a.skip..trajectory.len() {
            let frame = trajectory.frame(k)?;
            states.push(
                state(&frame, header, ensemble, [&mut old, &mut new]).map_err(|error| CliError::Frame {
                    file: file.clone(),
                    frame: k,
                    error,
                })?,
            );
        }
        Ok(states)
    })?;
    let found = reweight(ensemble, &states, a.least)?;
    terminal::print(&if a.json {
        json(&found, &moved, header.units)
    } else {
        text(&found, &moved, header.units, &file)
    })
}

/// Sets the parameters that --set names.
fn change(a: &Reweight, field: &mut ForceField, units: &'static UnitSystem) -> Result<Vec<Moved>, CliError> {
    let leaves: Vec<Leaf> = field.parameters().cloned().collect();
    let names: Vec<&str> = leaves.iter().map(|l| l.name.as_str()).collect();
    let mut theta: Vec<f64> = leaves.iter().map(|l| l.value).collect();
    let mut wrong = Vec::new();
    for text in &a.set {
        let Some((name, value)) = text.split_once('=') else {
            wrong.push(format!(
                "--set {text}: write NAME=VALUE, such as {}=1.02",
                names.first().unwrap_or(&"lj.A-A.epsilon")
            ));
            continue;
        };
        let (name, value) = (name.trim(), value.trim());
        match select::select_any(&names, &[name]) {
            Err(misses) => wrong.extend(misses.iter().map(|m| format!("--set: {m}"))),
            Ok(chosen) => {
                for k in chosen {
                    let number = value.parse::<f64>().ok().filter(|x| x.is_finite());
                    let number = match number {
                        Some(number) => Ok(number),
                        None => quantity::parse(value, leaves[k].spec.dimension, units),
                    };
                    match number {
                        Ok(number) => theta[k] = number,
                        Err(why) => wrong.push(format!("--set {text}: {why}")),
                    }
                }
            }
        }
    }
    if !wrong.is_empty() {
        return Err(CliError::Usage(wrong.join("\n")));
    }
    field.set_parameters(&theta)?;
    let moved = |(leaf, to): (&Leaf, f64)| Moved {
        name: leaf.name.clone(),
        unit: units.symbol(leaf.spec.dimension),
        from: leaf.value,
        to,
    };
    Ok(leaves
        .iter()
        .zip(theta)
        .filter(|(l, to)| l.value != *to)
        .map(moved)
        .collect())
}

/// A frame at the old and at the new parameters.
fn state(
    frame: &Frame,
    header: &Header,
    ensemble: Ensemble,
    fields: [&mut ForceField; 2],
) -> Result<Change, admd_engine::EngineError> {
    let units = header.units;
    let c = Configuration {
        cell: Cell::new(frame.edges, header.periodic)?,
        species: header.atoms.clone(),
        positions: frame.positions.clone(),
    };
    let velocity = units.to_coherent(Dimension::VELOCITY);
    let velocities: Vec<_> = frame.velocities.iter().map(|v| v * velocity).collect();
    let masses: Vec<f64> = header
        .atoms
        .iter()
        .map(|s| header.species[usize::from(*s)].mass)
        .collect();
    let kinetic_energy = observables::kinetic_energy(&velocities, &masses);
    let mut energies = [0.0; 2];
    let mut averaged = [Vec::new(), Vec::new()];
    for (k, field) in fields.into_iter().enumerate() {
        let mut out = Evaluation::default();
        field.evaluate(&c, Request::ENERGY, &mut out)?;
        energies[k] = out.energy.unwrap_or(f64::NAN);
        // at the same total energy
        let kinetic = kinetic_energy + (energies[0] - energies[k]);
        let temperature = observables::temperature(kinetic, ensemble.degrees_of_freedom(), units.boltzmann);
        averaged[k].extend([energies[k], temperature]);
        if let (Some(volume), Some(w)) = (observables::volume(&c.cell), out.virial) {
            let pressure = (2.0 * kinetic + w.trace()) / (3.0 * volume);
            averaged[k].push(pressure / units.to_coherent(Dimension::PRESSURE));
        }
    }
    let [old, new] = averaged;
    Ok(Change {
        old_energy: energies[0],
        new_energy: energies[1],
        kinetic_energy,
        old,
        new,
    })
}

fn text(found: &Reweighted, moved: &[Moved], units: &UnitSystem, file: &str) -> String {
    let mut out = format!(
        "# {file}: {} at constant energy, effective sample size {}\n",
        counted(found.samples as u64, "frame"),
        significant(found.effective, 4)
    );
    for m in moved {
        let _ = writeln!(out, "# {}: {} -> {} {}", m.name, short(m.from), short(m.to), m.unit);
    }
    let number = |v: &Value| {
        let error = if v.error.is_nan() {
            "unknown".to_owned()
        } else {
            significant(v.error, 2)
        };
        format!("{} +- {error}", significant(v.value, 7))
    };
    let _ = writeln!(
        out,
        "{:<28} {:<28} {:<28}",
        "# average", "at the run's parameters", "at the new ones"
    );
    for ((name, dimension), (old, new)) in AVERAGED.iter().zip(found.old.iter().zip(&found.new)) {
        let name = format!("{} [{}]", name.replace('_', " "), units.symbol(*dimension));
        let _ = writeln!(out, "{name:<28} {:<28} {}", number(old), number(new));
    }
    out
}

fn json(found: &Reweighted, moved: &[Moved], units: &UnitSystem) -> String {
    let number = |v: &Value| json!({ "value": v.value, "standard_error": v.error.is_finite().then_some(v.error) });
    let averages: serde_json::Map<_, _> = AVERAGED
        .iter()
        .zip(found.old.iter().zip(&found.new))
        .map(|((name, dimension), (old, new))| {
            let entry = json!({ "unit": units.symbol(*dimension), "old": number(old), "new": number(new) });
            ((*name).to_owned(), entry)
        })
        .collect();
    let parameters: Vec<_> = moved
        .iter()
        .map(|m| json!({ "name": m.name, "unit": m.unit, "old": m.from, "new": m.to }))
        .collect();
    let object = json!({
        "frames": found.samples,
        "effective_sample_size": found.effective,
        "ensemble": "microcanonical",
        "parameters": parameters,
        "averages": averages,
    });
    format!("{object:#}\n")
}
