//! `admd check`: reads an input, and prints what would be run and what it would cost.

use super::forecast;
use crate::dynamics::observables;
use crate::input::outputs::Obstacle;
use crate::input::quantity;
use crate::input::{Estimate, InputErrors, IntegratorPlan, Plan, estimate, precision_name, read};
use crate::run::format::bytes;
use admd_ad::{Dual, Real};
use admd_engine::{Precision, Vec3};
use admd_potentials::catalog::{self, PairVisitor};
use admd_potentials::form::binding::{Origin, PairBinding};
use admd_potentials::form::truncation::{Truncated, Truncation};
use admd_potentials::form::units::{Dimension, UnitSystem};
use std::fmt::Write as _;
use std::path::Path;

/// The unit in which mass densities are printed.
const MASS_DENSITY: &str = "g/cm3";

/// Reads the input and describes the run.
///
/// # Errors
/// Everything that is wrong with the input.
pub fn check(path: &Path, overrides: &[String]) -> Result<String, InputErrors> {
    read(path, overrides).map(|plan| describe(&plan))
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
    let kinetic = observables::kinetic_energy(&plan.start.velocities, &plan.start.masses);
    let temperature = observables::temperature(kinetic, observables::degrees_of_freedom(c.len()), plan.units.boltzmann);
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
    let per_volume = plan.units.symbol(Dimension::LENGTH.power(-3));
    let mass: f64 = plan.start.masses.iter().sum();
    // Reduced systems have no grams: there the number density is all there is.
    match quantity::parse(&format!("1 {MASS_DENSITY}"), Dimension::MASS_DENSITY, plan.units) {
        Ok(one) => {
            let mass = mass / c.volume() / one;
            row!(out, "density", "{mass:.6} {MASS_DENSITY}, {number:.6} {per_volume}");
        }
        Err(_) => {
            row!(out, "density", "{number:.6} {per_volume}");
        }
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
    let timestep = plan.integrator.timestep();
    let own = timestep / plan.units.to_coherent(Dimension::TIME);
    let time = plan.units.time.symbol;
    let kind = match plan.integrator {
        IntegratorPlan::VelocityVerlet { .. } => "velocity Verlet",
        IntegratorPlan::ReversibleVerlet { .. } => "velocity Verlet, reversible to the last bit",
    };
    row!(out, "integrator", "{kind}, {} {time} a step", short(own));
    row!(
        out,
        "run",
        "{} steps, {} {time}; seed {}",
        plan.steps,
        short(own * plan.steps as f64),
        plan.seed
    );
    let meaning = match plan.settings.precision {
        Precision::Double => "",
        Precision::Mixed => ": pairs in f32, other sums and the state in f64",
    };
    row!(out, "precision", "{}{meaning}", precision_name(plan.settings.precision));
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
    if let Some((s, tangent)) = plan.sensitivity.as_ref().and_then(|s| Some((s, s.tangent?))) {
        let count = s.variables.len();
        row!(
            out,
            "sensitivity",
            "derivatives in {count} numbers: about {:.1} times the time of a run without",
            1.4 + 1.1 * count as f64
        );
        let jumps = plan
            .bindings
            .iter()
            .any(|b| b.truncation.smoothness().is_none_or(|order| order < 1));
        if jumps {
            row!(
                out,
                "",
                "without the jumps of the force at the cutoff, which finite changes feel: truncation = \"switched\" has none"
            );
        }
        let names: Vec<&str> = s.variables.iter().map(|v| v.name.as_str()).collect();
        row!(out, "", "{}", names.join(", "));
        let doubles = if tangent.velocities { 6 } else { 3 } * count * cost.atoms as usize;
        if let Some(frames) = plan.steps.checked_div(tangent.every) {
            row!(out, "", "{} frames of {}", frames + 1, bytes(8.0 * doubles as f64));
        }
    }
    for (k, line) in forecast::averages(plan).iter().enumerate() {
        row!(out, if k == 0 { "averages" } else { "" }, "{line}");
    }
    if let Some(forecast) = forecast::adjoint(plan) {
        row!(out, "adjoint", "{forecast}");
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

/// What is allowed but may not be meant.
pub fn notes(plan: &Plan) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(t) = &plan.output.trajectory {
        let name = t.path.display();
        if let Some(obstacle) = Obstacle::of(t) {
            let remedy = obstacle.remedy();
            notes.push(format!("{obstacle}, so the run will not start: {remedy}"));
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
    let timestep = plan.integrator.timestep();
    if let Some(period) = fastest_period(plan).filter(|p| timestep > 0.1 * p) {
        let part = period / timestep;
        notes.push(format!("the time step is a {part:.1}th of the period of the stiffest pair at its minimum; 20 steps or more are usual"));
    }
    notes
}

/// Period of two atoms at the minimum of their well \[τ\], the shortest of all pairs.
fn fastest_period(plan: &Plan) -> Option<f64> {
    let each = plan.bindings.iter().flat_map(|b| {
        let curvatures = catalog::visit_pair(b.info.name, b.truncation, Curvatures(b)).unwrap_or_default();
        curvatures.into_iter().map(|(x, y, stiffness)| {
            let (m, n) = (plan.species[x].mass, plan.species[y].mass);
            2.0 * std::f64::consts::PI * (m * n / (m + n) / stiffness).sqrt()
        })
    });
    each.filter(|p| p.is_finite()).min_by(f64::total_cmp)
}

/// Two derivatives in the distance.
type Twice = Dual<Dual<f64, 1>, 1>;

/// u″ at the stiffest minimum of each pair of species that has one \[energy/length²\].
struct Curvatures<'a>(&'a PairBinding);

impl PairVisitor for Curvatures<'_> {
    type Output = Vec<(usize, usize, f64)>;

    fn visit<E: Truncated>(self) -> Self::Output {
        let b = self.0;
        let theta: Vec<Twice> = b.theta().into_iter().map(Twice::lit).collect();
        let rows = b.coefficients::<E, Twice>(&theta);
        let pairs = b.each_pair().filter_map(|(x, y)| {
            let (pair, row) = (b.pairs[b.index(x, y)], rows.get(b.index(x, y))?);
            let slopes = |r: f64| {
                let r = Twice::variable(Dual::variable(r, 0), 0);
                let u = E::energy(r * r, &row.coef);
                [u.d[0].v, u.d[0].d[0]]
            };
            let stiffest = minima(slopes, pair.cutoff)
                .map(|r| slopes(r)[1])
                .max_by(f64::total_cmp)?;
            Some((x, y, stiffest))
        });
        pairs.collect()
    }
}

/// Distances below the cutoff at which the slope changes from falling to rising.
fn minima(slopes: impl Fn(f64) -> [f64; 2] + Copy, cutoff: f64) -> impl Iterator<Item = f64> {
    // Wells of pair potentials are about as wide as the distance is long: 2 % of it do not step over one.
    const RATIO: f64 = 1.02;
    const POINTS: i32 = 200;
    let at = move |k: i32| cutoff * RATIO.powi(k - POINTS);
    let wells = (0..POINTS).filter(move |k| slopes(at(*k))[0] < 0.0 && slopes(at(k + 1))[0] > 0.0);
    wells.map(move |k| {
        let (mut low, mut high) = (at(k), at(k + 1));
        // Halving 2 % fifty times leaves no digit open.
        for _ in 0..50 {
            let middle = 0.5 * (low + high);
            if slopes(middle)[0] < 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Limits, parse};

    /// Bisection ends at neighbouring numbers, u″ changes by a few of their spacings.
    const ROUNDING: f64 = 1e-12;

    fn period(kind: &str, parameters: &str) -> f64 {
        let text = format!(
            "units = \"lj\"\nstructure = {{ lattice = \"fcc\", constant = 2.0, repeat = [4, 4, 4], species = \"A\" }}\n\
             integrator = {{ timestep = 0.001 }}\nrun = {{ steps = 1 }}\nspecies.A.mass = 3.0\n[[potential]]\n\
             kind = \"{kind}\"\ncutoff = 3.5\ntruncation = \"cut\"\nparameters.A = {{ {parameters} }}\n"
        );
        let plan = parse(&text, "period.toml".as_ref(), &[], Limits::default()).unwrap_or_else(|e| panic!("{e}"));
        fastest_period(&plan).unwrap()
    }

    #[test]
    fn period_follows_from_the_curvature_of_any_potential() {
        // 2 π √(m/2 / u″) with u″ = 72 ε / (2^(1/3) σ²) and 2 D α².
        let expected = |stiffness: f64| 2.0 * std::f64::consts::PI * (1.5 / stiffness).sqrt();
        let lj = expected(72.0 * 1.3 / (2_f64.cbrt() * 1.1 * 1.1));
        assert!((period("lj", "epsilon = 1.3, sigma = 1.1") / lj - 1.0).abs() < ROUNDING);
        let morse = expected(2.0 * 0.7 * 6.0 * 6.0);
        assert!((period("morse", "d0 = 0.7, alpha = 6.0, r0 = 1.2") / morse - 1.0).abs() < ROUNDING);
    }
}
