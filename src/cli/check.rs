//! `admd check`: reads an input, and prints what would be run and what it would cost.

use crate::input::{Estimate, InputErrors, IntegratorPlan, Look, Plan, estimate, read};
use admd_engine::Vec3;
use admd_potentials::form::binding::{Origin, PairBinding};
use admd_potentials::form::truncation::Truncation;
use admd_potentials::form::units::{Dimension, UnitSystem};
use std::fmt::Write as _;
use std::path::Path;

/// Exit code of an invalid input.
pub const INVALID_INPUT: u8 = 3;

/// Reads the input and describes the run.
///
/// # Errors
/// Everything that is wrong with the input.
pub fn check(path: &Path, overrides: &[String]) -> Result<String, InputErrors> {
    read(path, overrides).map(|plan| describe(&plan))
}

/// Checks and prints: the plan to standard output, errors to standard error. Returns the exit code.
pub fn run(path: &Path, overrides: &[String]) -> u8 {
    match check(path, overrides) {
        Ok(text) => {
            print!("{text}");
            0
        }
        Err(errors) => {
            eprintln!("{}", errors.render(Look::of_stderr()));
            INVALID_INPUT
        }
    }
}

/// Prints a row of the table; `write!` into a `String` cannot fail.
macro_rules! row {
    ($out:expr, $name:expr, $($words:tt)+) => {
        let _ = writeln!($out, "{:<12} {}", $name, format_args!($($words)+));
    };
}

/// The plan as a table.
pub fn describe(plan: &Plan) -> String {
    let mut out = String::new();
    if let Some(title) = &plan.title {
        row!(out, "title", "{title}");
    }
    row!(out, "units", "{}", system(plan.units));
    atoms(plan, &mut out);
    cell(plan, &mut out);
    for binding in &plan.bindings {
        potential(binding, plan.units, &mut out);
    }
    run_rows(plan, &mut out);
    output(plan, &estimate(plan), &mut out);
    for note in notes(plan) {
        row!(out, "note", "{note}");
    }
    out
}

fn system(u: &UnitSystem) -> String {
    let names = [u.energy, u.length, u.mass, u.time, u.temperature, u.pressure].map(|unit| unit.symbol);
    format!("{} ({})", u.name, names.join(", "))
}

fn atoms(plan: &Plan, out: &mut String) {
    let c = &plan.start.configuration;
    row!(out, "atoms", "{}", c.len());
    for (k, s) in plan.species.iter().enumerate() {
        let count = c.species.iter().filter(|t| usize::from(**t) == k).count();
        let element = if s.atomic_number > 0 {
            format!(", Z = {}", s.atomic_number)
        } else {
            String::new()
        };
        row!(
            out,
            "",
            "{count} {}, mass {} {}{element}",
            s.name,
            s.mass,
            plan.units.mass.symbol
        );
    }
    let kinetic: f64 = plan
        .start
        .velocities
        .iter()
        .zip(&plan.start.masses)
        .map(|(v, m)| 0.5 * m * v.norm_squared())
        .sum();
    let degrees = if c.len() > 1 { 3 * c.len() - 3 } else { 3 };
    let temperature = 2.0 * kinetic / (degrees as f64 * plan.units.boltzmann);
    row!(
        out,
        "temperature",
        "{temperature:.6} {} at the start",
        plan.units.temperature.symbol
    );
}

fn cell(plan: &Plan, out: &mut String) {
    let (c, length) = (&plan.start.configuration.cell, plan.units.length.symbol);
    for (k, name) in ["cell", "", ""].into_iter().enumerate() {
        let e: Vec3 = c.edge(k);
        let kind = if c.periodic()[k] { "periodic" } else { "open" };
        row!(out, name, "({:.6}, {:.6}, {:.6}) {length}, {kind}", e.x, e.y, e.z);
    }
    let n = plan.start.configuration.len() as f64;
    let number = n / c.volume();
    if plan.units.is_reduced() {
        row!(out, "density", "{number:.6} sigma-3");
    } else {
        let mass: f64 = plan.start.masses.iter().sum();
        let si = mass / c.volume() * plan.units.coherent_si(Dimension::MASS_DENSITY);
        row!(out, "density", "{:.6} g/cm3, {number:.6} Angstrom-3", si * 1e-3);
    }
}

fn potential(b: &PairBinding, units: &UnitSystem, out: &mut String) {
    let length = units.length.symbol;
    let truncation = match b.truncation {
        Truncation::Switched { onset } => format!("switched from {:.6} {length}", onset * b.cutoff()),
        other => other.name().to_owned(),
    };
    let tail = if b.tail { ", with tail correction" } else { "" };
    row!(out, "potential", "{}: {}, {}{tail}", b.label, b.info.title, truncation);
    row!(out, "", "u(r) = {}", b.info.formula);
    for (x, y) in b.each_pair() {
        let pair = b.pairs[b.index(x, y)];
        let values = match pair.origin {
            Origin::Absent => {
                row!(out, "", "{}: none", b.pair_name(x, y));
                continue;
            }
            Origin::Mixed(..) => "mixed".to_owned(),
            Origin::Given(first) => {
                let leaves = &b.leaves[first..first + b.info.parameters.len()];
                let words = leaves.iter().map(|l| {
                    let unit = units.symbol(l.spec.dimension);
                    format!(
                        "{} = {}{}{unit}",
                        l.spec.name,
                        short(l.value),
                        if unit.is_empty() { "" } else { " " }
                    )
                });
                words.collect::<Vec<_>>().join(", ")
            }
        };
        row!(
            out,
            "",
            "{}: {values}, cutoff {} {length}",
            b.pair_name(x, y),
            pair.cutoff
        );
    }
}

/// Seven significant digits at most.
fn short(x: f64) -> f64 {
    format!("{x:.6e}").parse().unwrap_or(x)
}

fn run_rows(plan: &Plan, out: &mut String) {
    let IntegratorPlan::VelocityVerlet { timestep } = plan.integrator;
    let own = timestep / plan.units.to_coherent(Dimension::TIME);
    let time = plan.units.time.symbol;
    row!(out, "integrator", "velocity Verlet, {} {time} a step", short(own));
    row!(
        out,
        "run",
        "{} steps, {} {time}; seed {}",
        plan.steps,
        short(own * plan.steps as f64),
        plan.seed
    );
}

fn output(plan: &Plan, cost: &Estimate, out: &mut String) {
    match &plan.output.trajectory {
        None => {
            row!(out, "trajectory", "none");
        }
        Some(t) => {
            let extra = [(t.velocities, ", velocities"), (t.forces, ", forces")];
            let extra: String = extra.iter().filter(|(on, _)| *on).map(|(_, words)| *words).collect();
            row!(
                out,
                "trajectory",
                "{}, every {} steps: positions{extra}",
                t.path.display(),
                t.every
            );
            row!(
                out,
                "",
                "{} frames of {}, {} before compression",
                cost.frames,
                bytes(cost.frame as f64),
                bytes(cost.file)
            );
        }
    }
    match plan.output.thermo_every {
        0 => {
            row!(out, "thermo", "none");
        }
        n => {
            row!(out, "thermo", "every {n} steps");
        }
    }
    let skin = plan.settings.skin;
    row!(
        out,
        "neighbors",
        "about {:.0} an atom, skin {skin} {}",
        cost.entries / cost.atoms as f64,
        plan.units.length.symbol
    );
    row!(out, "memory", "about {}", bytes(cost.memory));
}

fn bytes(n: f64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB"];
    let k = (n.max(1.0).log10() / 3.0).floor().clamp(0.0, 5.0);
    let digits = if k == 0.0 { 0 } else { 1 };
    format!("{:.digits$} {}", n / 1000_f64.powf(k), units[k as usize])
}

/// What is allowed but may not be meant.
pub fn notes(plan: &Plan) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(t) = &plan.output.trajectory {
        let name = t.path.display();
        if t.path.exists() && !t.overwrite {
            notes.push(format!(
                "{name} exists: the run will stop before it starts unless it may --overwrite or --resume it"
            ));
        }
        if t.path
            .parent()
            .is_some_and(|p| !p.as_os_str().is_empty() && !p.is_dir())
        {
            notes.push(format!("the folder of {name} does not exist"));
        }
        if t.path.extension().is_none_or(|e| e != "h5md") {
            notes.push(format!(
                "{name} does not end with .h5md, by which other programs know the format"
            ));
        }
    }
    if plan.start.velocities.iter().all(|v| v.norm_squared() == 0.0) {
        notes.push("all atoms start at rest: give [velocities] a temperature unless this is meant".to_owned());
    }
    let cutoff = plan.bindings.iter().map(PairBinding::cutoff).fold(0.0, f64::max);
    let c = &plan.start.configuration.cell;
    let thin = (0..3)
        .filter(|k| c.periodic()[*k])
        .map(|k| c.height(k))
        .fold(f64::INFINITY, f64::min);
    if cutoff > 0.5 * thin {
        notes.push(format!("the cutoff {cutoff} exceeds half of the cell's least height {thin:.6}: atoms meet several images of each other"));
    }
    if plan.bindings.iter().any(|b| b.truncation == Truncation::Cut) {
        notes.push(
            "the energy of a bare cut jumps at the cutoff, so it is not conserved: \"switched\" conserves it"
                .to_owned(),
        );
    }
    let IntegratorPlan::VelocityVerlet { timestep } = plan.integrator;
    if let Some(period) = fastest_period(plan).filter(|p| timestep > 0.1 * p) {
        let part = period / timestep;
        notes.push(format!("the time step is a {part:.1}th of the period of the stiffest pair at its minimum; 20 steps or more are usual"));
    }
    notes
}

/// Period of two atoms at the minimum of their Lennard-Jones well \[τ\], the shortest of all pairs given.
fn fastest_period(plan: &Plan) -> Option<f64> {
    let lj = plan.bindings.iter().filter(|b| b.info.name == "lj");
    let pairs = lj.flat_map(|b| b.each_pair().map(move |(x, y)| (b, x, y)));
    let periods = pairs.filter_map(|(b, x, y)| {
        let Origin::Given(first) = b.pairs[b.index(x, y)].origin else {
            return None;
        };
        let (epsilon, sigma) = (b.leaves[first].value, b.leaves[first + 1].value);
        let reduced = plan.species[x].mass * plan.species[y].mass / (plan.species[x].mass + plan.species[y].mass);
        // u″ at the minimum is 72 ε / (2^(1/3) σ²).
        let stiffness = 72.0 * epsilon / (2_f64.cbrt() * sigma * sigma);
        Some(2.0 * std::f64::consts::PI * (reduced / stiffness).sqrt())
    });
    periods.filter(|p| p.is_finite()).min_by(f64::total_cmp)
}
