//! `[[simulation]]`: a simulation with what is known of its averages.

use super::gathered::{Gathered, name, tag, weight};
use super::observation::{self, without_effect_of};
use super::rdf;
use crate::fit::SimulationSpec;
use crate::input::build::default_skin;
use crate::input::diagnostics::{InputError, Problem};
use crate::input::species::Declared;
use crate::input::structure;
use crate::input::walker::View;
use admd_engine::{Configuration, ListSize};

/// Reads the simulation of that number; `None` when something is missing or wrong, which is then reported.
pub(super) fn read(
    view: &View<'_>,
    (number, seed, most_atoms): (usize, u64, u64),
    declared: &[Declared],
    gathered: &mut Gathered,
) -> Option<SimulationSpec> {
    let energy = observation::read(view, "energy", "energy_sigma");
    let pressure = observation::read(view, "pressure", "pressure_sigma");
    observation::no_target(view, &["energy", "pressure", "rdf"]);
    for key in ["rdf_sigma", "rdf_bins", "rdf_pair"] {
        without_effect_of(view, key, "rdf");
    }
    let least = least(view);
    let file = view.section("structure")?;
    let start = structure::read(&file, declared, seed, most_atoms);
    let start = start?;
    if file.has("file") {
        gathered.files.push(view.cx.folder.join(file.text("file")?.value));
    }
    let mut local = start.configuration.species.clone();
    local.sort_unstable();
    local.dedup();
    let of = |s: u16| &start.species[usize::from(s)];
    let names: Vec<String> = local.iter().map(|s| of(*s).name.clone()).collect();
    let global = gathered.indices(view.cx, &names, view.at("structure"))?;
    let masses: Vec<f64> = start.configuration.species.iter().map(|s| of(*s).mass).collect();
    for s in &local {
        gathered.masses.entry(of(*s).name.clone()).or_insert(of(*s).mass);
    }
    let place = |s: &u16| local.binary_search(s).map_or(0, |k| global[k]);
    let configuration = Configuration {
        species: start.configuration.species.iter().map(place).collect(),
        ..start.configuration
    };
    for key in ["pressure", "rdf"] {
        needs_volume(view, key, &configuration);
    }
    let rdf = if view.has("rdf") {
        Some(rdf::read(view, &names, &global)?)
    } else {
        None
    };
    if let Some((rdf, _)) = &rdf {
        gathered.files.push(view.cx.folder.join(view.text("rdf")?.value));
        if rdf.pairs(&configuration.species) == 0.0 {
            let reason = "the structure has no pair of atoms for a radial distribution function".to_owned();
            let key = if view.has("rdf_pair") { "rdf_pair" } else { "rdf" };
            view.conflict(
                view.at(key),
                reason,
                "of which atoms?",
                "take a larger structure, or other species",
            );
        }
        if ListSize::estimate(&configuration, rdf.reach()).is_too_large() {
            let reason = "so many pairs are more than this machine can hold".to_owned();
            view.conflict(
                view.at("rdf"),
                reason,
                "goes too far",
                "leave out lines of the file, and check its unit",
            );
        }
    }
    let count = |key: &str| u64::try_from(view.integer(key)?.value).ok();
    let name = name(view, || format!("simulation {number}"));
    gathered.meet(&name, &configuration);
    let temperature = view.quantity("temperature")?.value.coherent;
    Some(SimulationSpec {
        name,
        tag: tag(view),
        weight: weight(view),
        configuration,
        masses,
        kt: temperature * view.cx.units.boltzmann,
        timestep: view.quantity("timestep")?.value.coherent,
        skin: view
            .quantity("skin")
            .map_or(default_skin(view.cx.units), |s| s.value.coherent),
        equilibration: count("equilibration")?,
        samples: count("samples")?,
        every: count("every")?,
        least: least?,
        // simulations of one seed, and those of the next, have numbers of their own: multiples of the golden ratio lie apart
        seed: seed.wrapping_add((number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        energy,
        pressure,
        rdf,
    })
}

/// A fraction of the samples.
fn least(view: &View<'_>) -> Option<f64> {
    let least = view.quantity("least")?;
    if least.value.own >= 1.0 {
        let problem = Problem::OutOfRange {
            key: "least".to_owned(),
            value: least.value.own.to_string(),
            bounds: "above 0 and below 1".to_owned(),
        };
        let error = InputError::new(problem, least.at).label("a fraction of the samples");
        view.cx.report(error.help(view.for_example("least", "0.5")));
        return None;
    }
    Some(least.value.own)
}

fn needs_volume(view: &View<'_>, key: &str, c: &Configuration) {
    if view.has(key) && c.cell.periodic() != [true; 3] {
        let reason = format!("`{key}` needs a cell that is periodic along all its edges");
        let help = "without a volume it has no meaning";
        view.conflict(view.key_at(key), reason, "asked for here", help);
    }
}
