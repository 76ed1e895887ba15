//! From the text to the plan: opens the document, walks its sections, and puts the plan together when nothing is wrong.

use super::diagnostics::{InputError, InputErrors, Problem, Source, Span};
use super::document::{self, Table, Value};
use super::keys::INPUT;
use super::pair_potential::{Names, among, bind_all};
use super::plan::{Frames, Output, PRECISIONS, Plan};
use super::structure::{self, Start};
use super::walker::{Context, View};
use super::{include, integrator, outputs, potential, resolved, sensitivity, species};
use crate::dynamics::{State, velocities::maxwell_boltzmann};
use crate::io::h5md::Provenance;
use admd_engine::{ListSize, Settings, Vec3};
use admd_potentials::form::units::{Dimension, METAL, UnitSystem};
use std::cell::RefCell;
use std::path::Path;

/// The skin when the input does not say \[length\]. It costs list entries in proportion to (r_c + skin)³ and saves builds in
/// proportion to the skin; 0.3 σ is a good compromise for a liquid, and 1 Å is about that for real atoms.
pub(super) fn default_skin(units: &UnitSystem) -> f64 {
    if units.is_reduced() { 0.3 } else { 1.0 }
}

/// What no input may exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Atoms of a lattice; checked before any memory is taken.
    pub atoms: u64,
    /// Entries of the neighbour list.
    pub entries: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            atoms: 100_000_000,
            entries: 20_000_000_000,
        }
    }
}

/// Reads an input file; each override is `key.sub=value`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(path: &Path, overrides: &[String]) -> Result<Plan, InputErrors> {
    read_as(path, overrides, Intent::Look)
}

/// Reads an input that is to be run now: outputs that cannot be written are errors too. `overwrite` allows to replace
/// an existing trajectory, as the key `output.overwrite` does.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_for_run(path: &Path, overrides: &[String], overwrite: bool) -> Result<Plan, InputErrors> {
    read_as(path, overrides, Intent::Run { overwrite })
}

/// What an input is read for.
#[derive(Clone, Copy, Debug)]
enum Intent {
    /// To look at it, on whatever machine.
    Look,
    /// To run it here and now.
    Run { overwrite: bool },
}

fn read_as(path: &Path, overrides: &[String], intent: Intent) -> Result<Plan, InputErrors> {
    let text = text_of(path, "the input file")?;
    let mut plan = parse_as(&text, path, overrides, Limits::default(), intent)?;
    plan.provenance.input_path = Some(path.to_owned());
    Ok(plan)
}

/// The text of a file, or an error without a line.
pub(super) fn text_of(path: &Path, what: &'static str) -> Result<String, InputErrors> {
    include::read_text(path).map_err(|include::Unreadable { reason, help }| {
        let problem = Problem::Unreadable {
            what,
            path: path.display().to_string(),
            reason,
        };
        let nowhere = Span::new(usize::MAX, 0..0);
        let error = InputError::new(problem, nowhere).help(help.unwrap_or("check the path"));
        InputErrors::new(Vec::new(), vec![error])
    })
}

/// May a potential name a file?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Files {
    /// In an input.
    Included,
    /// Not in a potential file.
    Refused,
}

/// Parses the text with its overrides and included files, and finds the unit system.
pub(super) fn open(
    text: &str,
    path: &Path,
    overrides: &[String],
    files: Files,
) -> Result<(Context, Table), InputErrors> {
    let mut errors = Vec::new();
    let mut sources = vec![Source {
        name: path.display().to_string(),
        text: text.to_owned(),
        first_line: 1,
    }];
    let mut root = document::parse(0, text, &mut errors);
    // Overrides of potentials come last, so that they reach into included files too.
    let (late, early): (Vec<_>, Vec<_>) = overrides.iter().partition(|o| o.trim_start().starts_with("potential"));
    for over in early {
        sources.push(document::override_source(over));
        document::override_with(&mut root, sources.len() - 1, over, &mut errors);
    }
    let end = text.trim_end().len();
    root.at = Span::new(0, end..end);
    let units = match root.get("units").map(|e| &e.node.value) {
        Some(Value::Text(name)) => UnitSystem::named(name),
        _ => None,
    };
    let cx = Context {
        units: units.unwrap_or(&METAL),
        folder: path.parent().unwrap_or(Path::new("")).to_owned(),
        sources: RefCell::new(sources),
        errors: RefCell::new(errors),
    };
    if files == Files::Refused {
        include::refuse(&cx, &mut root);
    } else if !cx.is_broken() {
        include::expand(&cx, &mut root);
    }
    for over in late {
        let source = cx.add_source(document::override_source(over));
        let mut errors = Vec::new();
        document::override_with(&mut root, source, over, &mut errors);
        errors.into_iter().for_each(|e| cx.report(e));
    }
    if cx.is_broken() {
        return Err(cx.into_errors());
    }
    if files == Files::Included {
        include::expand(&cx, &mut root);
    }
    Ok((cx, root))
}

/// The sources, if nothing was reported.
pub(super) fn finish(cx: Context) -> Result<Vec<Source>, InputErrors> {
    if cx.is_clean() {
        Ok(cx.sources.into_inner())
    } else {
        Err(cx.into_errors())
    }
}

/// Reads an input from its text; `path` names it in messages, and its folder is where relative paths start.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(text: &str, path: &Path, overrides: &[String], limits: Limits) -> Result<Plan, InputErrors> {
    parse_as(text, path, overrides, limits, Intent::Look)
}

/// Reads how a run moves from its resolved text, for a replay: without `[sensitivity]`, but with the steps between which its
/// estimators renew neighbour lists.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse_motion(text: &str, path: &Path) -> Result<(Plan, Option<u64>), InputErrors> {
    let (cx, mut tree) = open(text, path, &[], Files::Included)?;
    let adjoint = sensitivity::has_adjoint(&tree);
    tree.entries.retain(|e| e.key != "sensitivity");
    match walk(&cx, &tree, Limits::default(), Intent::Look) {
        Some(plan) if cx.is_clean() => {
            let renewal = (adjoint && plan.settings.quantum == 0.0).then_some(crate::sensitivity::GRID);
            Ok((plan, renewal))
        }
        _ => Err(cx.into_errors()),
    }
}

fn parse_as(
    text: &str,
    path: &Path,
    overrides: &[String],
    limits: Limits,
    intent: Intent,
) -> Result<Plan, InputErrors> {
    let (cx, mut tree) = open(text, path, overrides, Files::Included)?;
    let plan = walk(&cx, &tree, limits, intent);
    match plan {
        Some(mut plan) if cx.is_clean() => {
            resolved::complete(&mut tree, &plan, &cx);
            plan.provenance = Provenance {
                input_text: text.to_owned(),
                resolved_text: resolved::print(&cx, &tree),
                ..Provenance::default()
            };
            Ok(plan)
        }
        _ => {
            if cx.is_clean() {
                let problem = Problem::Conflict("the input does not make a plan".to_owned());
                let error = InputError::new(problem, Span::new(0, 0..0));
                cx.report(error.help("this is a bug of admd: please report it with the input"));
            }
            Err(cx.into_errors())
        }
    }
}

/// Everything that the tree says; complete only when nothing was reported.
fn walk(cx: &Context, tree: &Table, limits: Limits, intent: Intent) -> Option<Plan> {
    let root = View::open(cx, "the input", INPUT, tree);
    let seed = root.integer("seed").and_then(|s| u64::try_from(s.value).ok());
    let declared = species::declared(&root);
    let structure = root.section("structure");
    let start = structure
        .as_ref()
        .and_then(|s| structure::read(s, &declared, seed.unwrap_or(1), limits.atoms));
    let potentials = root.sections("potential");
    let velocities = root.section("velocities");
    let temperature = velocities.as_ref().and_then(|v| v.quantity("temperature"));
    let integrator = root.section("integrator");
    let neighbors = root.section("neighbors");
    let skin = neighbors
        .as_ref()
        .and_then(|v| v.quantity("skin"))
        .map_or(default_skin(cx.units), |s| s.value.coherent);
    let run = root.section("run");
    let steps = run
        .as_ref()
        .and_then(|v| v.integer("steps"))
        .and_then(|s| u64::try_from(s.value).ok());
    // Not in its list is what the walker has reported.
    let precision = run
        .as_ref()
        .and_then(|v| v.text("precision"))
        .and_then(|p| PRECISIONS.iter().find(|(name, _)| *name == p.value))
        .map_or_else(Default::default, |(_, precision)| *precision);
    let sensitivity = root.section("sensitivity");
    let output = root.section("output").map_or_else(no_output, |v| output(&v, intent));

    let Some(start) = start else {
        // Without atoms the potentials are still checked, each by itself.
        let names = potential::named(tree);
        bind_all(
            &potentials,
            &Names {
                known: &names,
                bound: &names,
                needed: &|_, _| None,
            },
        );
        return None;
    };
    let names: Vec<String> = start.species.iter().map(|s| s.name.clone()).collect();
    let mut present = vec![false; names.len()];
    for s in &start.configuration.species {
        present[usize::from(*s)] = true;
    }
    let bindings = bind_all(
        &potentials,
        &Names {
            known: &names,
            bound: &names,
            needed: &among(&present),
        },
    );
    let cutoff = bindings.iter().map(|b| b.cutoff()).fold(0.0, f64::max);
    let list = ListSize::estimate(&start.configuration, cutoff + skin);
    if let Some(view) = potentials.first() {
        list_fits(view, &list, start.configuration.len(), limits);
    }
    let periodic = start.configuration.cell.periodic();
    if potentials.len() == bindings.len() && periodic != [true; 3] {
        let tailed = potentials.iter().zip(&bindings).filter(|(_, b)| b.tail);
        tailed.for_each(|(view, _)| tail_of_open_cell(view, periodic));
    }
    let integrator = integrator?;
    let temperature = temperature.map(|t| t.value.coherent);
    let mut start = state(cx, structure.as_ref()?, start, temperature, seed?)?;
    let mut settings = Settings {
        precision,
        ..Settings::new(skin)
    };
    let integrator = integrator::read(&integrator, &bindings, &mut start.0, &mut settings)?;
    let ground = sensitivity::Ground {
        bindings: &bindings,
        species: &start.1,
        timestep: integrator.timestep(),
        temperature,
        units: cx.units,
        output: &output,
    };
    let sensitivity = sensitivity.and_then(|view| sensitivity::read(&view, &ground, &mut start.0, (integrator, steps)));
    Some(Plan {
        title: root.text("title").map(|t| t.value),
        units: cx.units,
        species: start.1,
        start: start.0,
        bindings,
        settings,
        integrator,
        steps: steps?,
        output,
        sensitivity,
        seed: seed?,
        provenance: Provenance::default(),
    })
}

/// Reports a neighbour list that no machine, or not this program, can hold.
pub(super) fn list_fits(view: &View<'_>, list: &ListSize, atoms: usize, limits: Limits) {
    let (what, count, limit) = if list.entries > limits.entries as f64 {
        let limit = format!("{:.1e}", limits.entries as f64);
        (
            "the entries of the neighbour list",
            format!("{:.1e}", list.entries),
            limit,
        )
    } else if list.is_too_large() {
        let gigabytes = |bytes: f64| format!("{:.1} GB", bytes / 1e9);
        (
            "the memory of the neighbour list",
            gigabytes(list.bytes),
            gigabytes(list.allowance),
        )
    } else {
        return;
    };
    let problem = Problem::TooLarge { what, count, limit };
    let an_atom = |count: f64| count / atoms as f64;
    let (neighbors, copies) = (an_atom(list.entries), an_atom(list.slots));
    let error = InputError::new(problem, view.at("cutoff"))
        .label(format!("{neighbors:.1e} neighbours and {copies:.1e} images an atom"));
    view.cx
        .report(error.help("check the units of `cutoff` and `skin`, the cell, or make the system smaller"));
}

/// Reports tail corrections where the fluid does not fill all space.
pub(super) fn tail_of_open_cell(view: &View<'_>, periodic: [bool; 3]) {
    let reason =
        format!("tail corrections need a cell that is periodic along all its edges, and here periodic = {periodic:?}");
    let error =
        InputError::new(Problem::Conflict(reason), view.at("tail")).label("stands for a uniform fluid without an end");
    view.cx
        .report(error.help("remove `tail`, or make the cell periodic along all its edges"));
}

/// Masses and velocities beside the positions.
fn state(
    cx: &Context,
    view: &View<'_>,
    start: Start,
    temperature: Option<f64>,
    seed: u64,
) -> Option<(State, Vec<admd_engine::Species>)> {
    let masses: Vec<f64> = start
        .configuration
        .species
        .iter()
        .map(|s| start.species[usize::from(*s)].mass)
        .collect();
    let from_file = match start.frame.as_ref().map(|f| f.velocities_in(cx.units, &masses)) {
        None => None,
        Some(Ok(v)) => v,
        Some(Err(problem)) => {
            let text = problem.to_string();
            let (reason, help) = text.split_once("; ").unwrap_or((&text, "correct the file"));
            let problem = Problem::Structure {
                reason: reason.to_owned(),
            };
            cx.report(
                InputError::new(problem, view.at("file"))
                    .label("in this file")
                    .help(help),
            );
            return None;
        }
    };
    let velocities = match (temperature, from_file) {
        (Some(t), _) => maxwell_boltzmann(&masses, t * cx.units.boltzmann, seed),
        (None, Some(v)) => {
            let factor = cx.units.to_coherent(Dimension::VELOCITY);
            v.into_iter().map(|v| v * factor).collect()
        }
        (None, None) => vec![Vec3::zeros(); masses.len()],
    };
    let state = State {
        step: 0,
        configuration: start.configuration,
        velocities,
        masses,
        tangents: Vec::new(),
    };
    Some((state, start.species))
}

fn no_output() -> Output {
    Output {
        trajectory: None,
        thermo_every: 100,
    }
}

fn output(view: &View<'_>, intent: Intent) -> Output {
    let count = |key: &str, otherwise: u64| {
        view.integer(key)
            .and_then(|n| u64::try_from(n.value).ok())
            .unwrap_or(otherwise)
    };
    let mut trajectory = view.text("trajectory").map(|name| Frames {
        path: view.cx.folder.join(name.value),
        overwrite: view.flag("overwrite").unwrap_or(false),
        every: count("every", 100),
        velocities: view.flag("velocities").unwrap_or(true),
        forces: view.flag("forces").unwrap_or(false),
    });
    if let (Some(frames), Intent::Run { overwrite }) = (&mut trajectory, intent) {
        frames.overwrite |= overwrite;
        outputs::report(view.cx, frames, view.at("trajectory"));
    }
    if !view.has("trajectory") {
        for key in ["every", "velocities", "forces", "overwrite"]
            .into_iter()
            .filter(|k| view.has(k))
        {
            let problem = Problem::Conflict(format!("`{key}` has no effect without `trajectory`"));
            let error = InputError::new(problem, view.key_at(key)).label("belongs to a trajectory");
            view.cx
                .report(error.help("add trajectory = \"run.h5md\", or remove this key"));
        }
    }
    Output {
        trajectory,
        thermo_every: count("thermo_every", 100),
    }
}
