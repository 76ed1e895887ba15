//! From the text of a fit to its plan: data, targets, variables, optimiser; or all errors with line and caret.
//!
//! ```
//! use admd::input::parse_fit;
//! let text = r#"
//! units = "lj"
//! potential = [{ kind = "lj", cutoff = 2.5, parameters.A = { epsilon = 1.0, sigma = 1.0 } }]
//! crystal = [{ lattice = "fcc", species = "A", lattice_constant = 1.55, lattice_constant_sigma = 0.001 }]
//! parameters = [{ select = "lj.*.sigma" }]
//! output = { potential = "fitted.toml" }
//! "#;
//! let plan = parse_fit(text, "fit.toml".as_ref(), &[]).unwrap();
//! assert_eq!(plan.variables.list[0].name, "lj.A-A.sigma");
//! assert_eq!(plan.crystals[0].configuration.len(), 4);
//!
//! let errors = parse_fit(&text.replace("*.sigma", "*.sigm"), "fit.toml".as_ref(), &[]).unwrap_err();
//! assert!(errors.to_string().contains("no parameter matches `lj.*.sigm`"));
//! ```

mod crystal;
mod data;
mod files;
mod frame_values;
mod gathered;
pub mod keys;
mod observation;
mod optimizer;
mod output;
mod parameters;
mod plan;
mod quantities;
mod rdf;
mod rdf_bins;
mod relaxed;
mod rows;
mod simulation;
mod split;
mod trajectory;

pub use plan::{FitOutput, FitPlan};

use super::build::{self, Files, Limits, list_fits, open, tail_of_open_cell};
use super::diagnostics::{InputError, InputErrors, Problem};
use super::document::Table;
use super::elements::standard_weight;
use super::pair_potential::{Names, bind_all};
use super::potential;
use super::species::{self, Declared};
use super::walker::{Context, View};
use crate::fit::Variables;
use crate::io::elements::atomic_number;
use admd_engine::{ForceField, ListSize, Settings, Species};
use admd_potentials::form::binding::PairBinding;
use admd_potentials::form::parameters::Bounds;
use admd_potentials::form::units::Dimension;
use data::Wanted;
use gathered::Gathered;
use keys::FIT;
use output::Intent;
use parameters::Candidate;
use quantities::Source;
use std::path::Path;

/// Reads the input of a fit; each override is `key.sub=value`.
///
/// # Errors
/// Everything that is wrong with it and with the files that it names.
pub fn read_fit(path: &Path, overrides: &[String]) -> Result<FitPlan, InputErrors> {
    let text = build::text_of(path, "the input file")?;
    parse_as(&text, path, overrides, Intent::Look)
}

/// Reads the input of a fit that is to be done now: outputs that cannot be written are errors too. `overwrite` allows to
/// replace existing ones, as the key `output.overwrite` does; a checkpoint may exist.
///
/// # Errors
/// Everything that is wrong with it and with the files that it names.
pub fn read_fit_for_run(path: &Path, overrides: &[String], overwrite: bool) -> Result<FitPlan, InputErrors> {
    let text = build::text_of(path, "the input file")?;
    parse_as(&text, path, overrides, Intent::Run { overwrite })
}

/// Reads the input of a fit from its text; `path` names it in messages, and its folder is where relative paths start.
///
/// # Errors
/// Everything that is wrong with it and with the files that it names.
pub fn parse_fit(text: &str, path: &Path, overrides: &[String]) -> Result<FitPlan, InputErrors> {
    parse_as(text, path, overrides, Intent::Look)
}

/// Is a text the input of a fit, not that of a run? Where it is neither, or no TOML at all, it is none.
///
/// ```
/// assert!(admd::input::is_fit("[[data]]\nfile = \"copper.extxyz\""));
/// assert!(!admd::input::is_fit("[integrator]\ntimestep = 1.0"));
/// ```
pub fn is_fit(text: &str) -> bool {
    let Ok(table) = text.parse::<toml::Table>() else {
        return false;
    };
    let of = |own: &[super::keys::Key], other: &[super::keys::Key]| {
        let has = |k: &&super::keys::Key| table.contains_key(k.name) && !other.iter().any(|o| o.name == k.name);
        own.iter().filter(has).count()
    };
    of(FIT, super::keys::INPUT) > of(super::keys::INPUT, FIT)
}

fn parse_as(text: &str, path: &Path, overrides: &[String], intent: Intent) -> Result<FitPlan, InputErrors> {
    let (cx, tree) = open(text, path, overrides, Files::Included)?;
    match walk(&cx, &tree, path, intent) {
        Some(mut plan) if cx.is_clean() => {
            plan.input_text = text.to_owned();
            Ok(plan)
        }
        _ => {
            if cx.is_clean() {
                let problem = Problem::Conflict("the input does not make a plan".to_owned());
                let error = InputError::new(problem, tree.at);
                cx.report(error.help("this is a bug of admd: please report it with the input"));
            }
            Err(cx.into_errors())
        }
    }
}

/// Everything that the tree says; complete only when nothing was reported.
fn walk(cx: &Context, tree: &Table, path: &Path, intent: Intent) -> Option<FitPlan> {
    let root = View::open(cx, "the fit", FIT, tree);
    let seed = root.integer("seed").and_then(|s| u64::try_from(s.value).ok());
    let declared = species::declared(&root);
    let compared = quantities::read(&root);
    let mut gathered = Gathered::default();

    let files = root.sections("data");
    let before = cx.errors.borrow().len();
    let new_faults = || cx.errors.borrow().len() > before;
    let mut data = Vec::new();
    for view in files.iter().filter(|_| !compared.is_empty()) {
        data.extend(data::read(view, Wanted::of(&compared), &mut gathered));
    }
    // What is said of all data would be wrong where some could not be read.
    let faulty = new_faults();
    if let (false, Some(first)) = (faulty, files.first()) {
        rows::nothing_compared(first, &compared);
    }
    let crystals = root.sections("crystal");
    let crystals: Vec<_> = crystals.iter().map(|v| crystal::read(v, &mut gathered)).collect();
    let relaxed = root.sections("relaxed");
    let relaxed: Vec<_> = relaxed.iter().map(|v| relaxed::read(v, &mut gathered)).collect();
    let limits = Limits::default();
    let views = root.sections("simulation");
    let simulations: Vec<_> = (1..)
        .zip(&views)
        .map(|(k, v)| simulation::read(v, (k, seed.unwrap_or(1), limits.atoms), &declared, &mut gathered))
        .collect();
    let optimizer = root
        .section("optimizer")
        .map(|v| optimizer::read(&v))
        .unwrap_or_default();
    let missing = new_faults();
    let all_data = (!faulty).then_some(data.as_slice());
    let split = split::read(root.section("validation").as_ref(), all_data, seed.unwrap_or(1));
    let section = root.section("output");
    let output = section.as_ref().and_then(output::read);
    let chosen = root.sections("parameters");

    let potentials = root.sections("potential");
    if !gathered.species.is_empty() {
        // declared species of which there is no atom keep their parameters: they belong to the potential that is written
        let named = potential::named(tree);
        let mut more: Vec<String> = declared.iter().map(|d| d.name.clone()).collect();
        more.retain(|name| named.contains(name) && !gathered.species.contains(name));
        gathered.species.extend(more);
    }
    let bindings = bind(tree, &potentials, &declared, (&gathered, missing));
    let all = [crystals.len(), relaxed.len(), simulations.len(), files.len()];
    if all.iter().sum::<usize>() == 0 {
        let reason = "there is nothing to fit to".to_owned();
        let help =
            "add [[data]] with a file and [energy] or [forces], a [[crystal]], a [[relaxed]] or a [[simulation]]";
        root.conflict(tree.at, reason, "no data and no target", help);
        return None;
    }
    let crystals: Option<Vec<_>> = crystals.into_iter().collect();
    let relaxed: Option<Vec<_>> = relaxed.into_iter().collect();
    let simulations: Option<Vec<_>> = simulations.into_iter().collect();
    let (crystals, relaxed, simulations) = (crystals?, relaxed?, simulations?);
    if !faulty {
        rows::lacking(&compared, &data, relaxed.iter().any(|r| r.energy.is_some()));
    }
    let mut bindings = bindings?;
    ask(&potentials, &bindings, &gathered, limits);

    let needed = rows::species_with_energies(gathered.species.len(), &data, &relaxed);
    let fitted_to = |k: &usize| split.as_ref().is_none_or(|(training, _)| training.contains(k));
    let training: Vec<_> = (0..data.len()).filter(fitted_to).map(|k| &data[k]).collect();
    let seen = rows::species_with_energies(gathered.species.len(), training, &relaxed);
    let references = quantities::references(&compared, &gathered.species, &needed);
    let mut theta: Vec<f64> = bindings.iter().flat_map(PairBinding::theta).collect();
    let leaves = theta.len();
    theta.extend(references.iter().map(|r| r.value));
    let mut candidates: Vec<Candidate> = Vec::new();
    for (index, leaf) in bindings.iter().flat_map(|b| &b.leaves).enumerate() {
        candidates.push(Candidate {
            name: leaf.name.clone(),
            index,
            dimension: leaf.spec.dimension,
            bounds: leaf.spec.bounds,
            free: false,
        });
    }
    let fitted = references.iter().zip(seen).enumerate();
    for (k, (reference, _)) in fitted.filter(|(_, (_, n))| *n && compared.source == Source::Fit) {
        candidates.push(Candidate {
            name: reference.name(),
            index: leaves + k,
            dimension: Dimension::ENERGY,
            bounds: Bounds::Any,
            free: true,
        });
    }
    let before = cx.errors.borrow().len();
    let list = parameters::read(&chosen, &candidates, &mut theta);
    if cx.errors.borrow().len() > before {
        return None;
    }
    if list.is_empty() {
        let reason = "nothing is fitted".to_owned();
        let help = "add [[parameters]] with, for example, select = \"*\"";
        let at = chosen.first().map_or(tree.at, |v| v.table.at);
        root.conflict(at, reason, "no parameters", help);
        return None;
    }
    for (leaf, value) in bindings.iter_mut().flat_map(|b| &mut b.leaves).zip(&theta) {
        leaf.value = *value;
    }
    starts(&chosen, &bindings);
    let (training, validation) = split?;
    split::relate(&mut data, &training, &compared);
    let count = rows::Count::of(&compared, &data, &training, (&crystals, &relaxed, &simulations));
    count.check(chosen.first().unwrap_or(&root), &list);
    let mut output = output?;
    let mut sources = files::all(cx, &gathered.files);
    let mut inputs: Vec<&Path> = sources.iter().map(|p| p.as_path()).collect();
    inputs.push(path);
    output::check(section.as_ref()?, &mut output, &inputs, intent);
    if !cx.is_clean() {
        return None;
    }
    let sources = files::with_checksums(&root, std::mem::take(&mut sources))?;
    let starts = optimizer.starts(!simulations.is_empty());
    Some(FitPlan {
        title: root.text("title").map(|t| t.value),
        units: cx.units,
        seed: seed?,
        species: species_of(cx, &gathered, &declared),
        bindings,
        references,
        variables: Variables { list, theta },
        data,
        training,
        validation,
        quantities: compared.quantities,
        crystals,
        relaxed,
        simulations,
        loss: optimizer.loss,
        method: optimizer.method,
        starts,
        spread: optimizer.spread,
        errors: optimizer.errors,
        output,
        input_text: String::new(),
        sources,
    })
}

/// The potentials, bound to all species; `None` when they are wrong, or when atoms are missing that are wrong themselves.
fn bind(
    tree: &Table,
    views: &[View<'_>],
    declared: &[Declared],
    (gathered, missing): (&Gathered, bool),
) -> Option<Vec<PairBinding>> {
    let species = &gathered.species;
    if species.is_empty() || missing {
        // Without all atoms the potentials are still checked, each by itself.
        let names = potential::named(tree);
        let names = Names {
            known: &names,
            bound: &names,
            needed: &|_, _| None,
        };
        bind_all(views, &names);
        return None;
    }
    // A potential may speak of species that no atom is of where [species] declares them.
    let known = species::names(declared, species.iter().map(String::as_str));
    let names = Names {
        known: &known,
        bound: species,
        needed: &|a, b| gathered.where_met(a, b),
    };
    let bindings = bind_all(views, &names);
    (bindings.len() == views.len() && !bindings.is_empty()).then_some(bindings)
}

/// Can the potentials answer for the configurations? Reports lists that no machine holds, and tails in open cells.
fn ask(views: &[View<'_>], bindings: &[PairBinding], gathered: &Gathered, limits: Limits) {
    let cutoff = bindings.iter().map(|b| b.cutoff()).fold(0.0, f64::max);
    let mut told = false;
    for (_, c) in &gathered.largest {
        if let (false, Some(view)) = (told, views.first()) {
            let before = view.cx.errors.borrow().len();
            list_fits(view, &ListSize::estimate(c, cutoff), c.len(), limits);
            told = view.cx.errors.borrow().len() > before;
        }
        let periodic = c.cell.periodic();
        if periodic != [true; 3] {
            let tailed = views.iter().zip(bindings).filter(|(_, b)| b.tail);
            tailed.for_each(|(view, _)| tail_of_open_cell(view, periodic));
        }
    }
}

/// Reports values to start from that the potentials refuse together.
fn starts(chosen: &[View<'_>], bindings: &[PairBinding]) {
    let Some(view) = chosen.iter().find(|v| v.has("start")).or(chosen.first()) else {
        return;
    };
    if let Err(error) = ForceField::new(bindings.to_vec(), Settings::new(0.0)) {
        let text = error.to_string();
        let (reason, help) = text
            .split_once("; ")
            .unwrap_or((&text, "change the values to start from"));
        let key = if view.has("start") { "start" } else { "select" };
        view.conflict(view.at(key), reason.to_owned(), "refused by the potential", help);
    }
}

/// The species with masses: as declared, as in a structure file, the standard weight, or 1.
fn species_of(cx: &Context, gathered: &Gathered, declared: &[Declared]) -> Vec<Species> {
    let reduced = cx.units.is_reduced();
    let one = |name: &String| {
        let own = declared.iter().find(|d| d.name == *name).and_then(|d| d.mass);
        let mass = own.or_else(|| gathered.masses.get(name).copied());
        let standard = || if reduced { None } else { standard_weight(name) };
        Species {
            name: name.clone(),
            mass: mass.or_else(standard).unwrap_or(1.0),
            atomic_number: if reduced { 0 } else { atomic_number(name).unwrap_or(0) },
        }
    };
    gathered.species.iter().map(one).collect()
}
