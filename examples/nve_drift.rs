//! How well is the energy of a long run conserved? A straight line through it, for three ways to cut a potential off.
//!
//! ```text
//! cargo run --release --example nve_drift -- 100000
//! ```
//!
//! 864 argon atoms near the triple point (94 K, 1.374 g/cm3), 2 fs a step. The first 5000 steps, in which the crystal
//! melts, are not part of the fit. With two continuous derivatives at the cutoff (`switched`) there is no drift to be seen:
//! the slope lies within three of its standard errors. A force that jumps at the cutoff (`shifted`) makes the energy do a
//! random walk instead, whose slope is many such errors but of no physical meaning. The standard error takes the points as
//! independent.

use admd::dynamics::{State, VelocityVerlet, velocities};
use admd::engine::{Configuration, ForceField, Settings};
use admd::input::{Limits, parse};
use admd::potentials::form::truncation::Truncation;
use admd::run::{EnergyDrift, Every, Interrupt, Run};
use std::error::Error;

const MELTING: u64 = 5000;

const ARGON: &str = r#"
units = "metal"
structure = { lattice = "fcc", density = "1.374 g/cm3", repeat = [6, 6, 6], species = "Ar" }
velocities = { temperature = "190 K" }
integrator = { timestep = "2 fs" }
run = { steps = 0 }
[[potential]]
kind = "lj"
cutoff = "8.5 Angstrom"
parameters.Ar = { epsilon = "120 kB K", sigma = "3.4 Angstrom" }
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let steps = std::env::args().nth(1).map_or(Ok(100_000), |word| word.parse())?;
    println!(
        "{:>14} {:>12} {:>24} {:>24} {:>18}",
        "truncation", "T (K)", "drift (eV/atom/ps)", "standard error", "rms (eV/atom)"
    );
    for truncation in [
        Truncation::Shifted,
        Truncation::ForceShifted,
        Truncation::Switched { onset: 0.9 },
    ] {
        let plan = parse(ARGON, "argon.toml".as_ref(), &[], Limits::default())?;
        let timestep = plan.integrator.timestep();
        let mut bindings = plan.bindings;
        bindings[0].truncation = truncation;
        let atoms = plan.start.configuration.len() as f64;

        let field = ForceField::new(bindings.clone(), plan.settings)?;
        let mut melt = Run::start(plan.start, field, Box::new(VelocityVerlet { timestep }), plan.units)?;
        melt.advance(MELTING, &Interrupt::default())?;

        let start = liquid(&melt.moment().state, 94.4 * plan.units.boltzmann);
        let field = ForceField::new(bindings, Settings::new(plan.settings.skin))?;
        let mut run = Run::start(start, field, Box::new(VelocityVerlet { timestep }), plan.units)?;
        let (drift, fit) = EnergyDrift::new(Every(20));
        run.observe(Box::new(drift));
        run.advance(steps, &Interrupt::default())?;

        let temperature = run.thermo()?.temperature;
        let fit = *fit.lock().map_err(|_| "the observer panicked")?;
        let (slope, error) = fit.slope().ok_or("three points are needed: ask for more steps")?;
        let rms = fit.rms().unwrap_or(f64::NAN);
        println!(
            "{:>14} {temperature:>12.2} {:>24.3e} {:>24.3e} {:>18.3e}",
            truncation.name(),
            slope / atoms,
            error / atoms,
            rms / atoms
        );
    }
    Ok(())
}

/// The molten atoms with fresh velocities.
fn liquid(melt: &State, kt: f64) -> State {
    State {
        step: 0,
        configuration: Configuration::clone(&melt.configuration),
        velocities: velocities::maxwell_boltzmann(&melt.masses, kt, 1),
        masses: melt.masses.clone(),
        tangents: Vec::new(),
    }
}
