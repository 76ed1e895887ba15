//! The species: names, masses, atomic numbers.

use super::diagnostics::{InputError, Problem, Span, nearest};
use super::document::Value;
use super::elements::standard_weight;
use super::keys::SPECIES;
use super::walker::{Context, View};
use crate::io::elements::{SYMBOLS, atomic_number};
use admd_engine::Species;

/// What `[species]` declares, in its order: the name, its place, and the mass if there is one.
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) at: Span,
    pub(super) mass: Option<f64>,
    /// Is there a mass in the text, right or wrong?
    has_mass: bool,
}

/// Reads `[species.X]`.
pub(super) fn declared(root: &View<'_>) -> Vec<Declared> {
    let mut list = Vec::new();
    for entry in root.named("species") {
        let Value::Table(table) = &entry.node.value else {
            continue;
        };
        let view = View::open(root.cx, format!("[species.{}]", entry.key), SPECIES, table);
        list.push(Declared {
            name: entry.key.clone(),
            at: entry.key_at,
            mass: view.quantity("mass").map(|m| m.value.own),
            has_mass: view.has("mass"),
        });
    }
    list
}

/// Names of all species: the declared ones first, then the others in the order of their appearance.
pub(super) fn names<'a>(declared: &'a [Declared], seen: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = declared.iter().map(|d| d.name.clone()).collect();
    for name in seen {
        if !names.iter().any(|n| n == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Gives each name its mass; `from_file` are the masses of a structure file, `at` is where the others were named.
pub(super) fn resolve(
    cx: &Context,
    names: &[String],
    declared: &[Declared],
    from_file: &[(String, f64)],
    at: Span,
) -> Vec<Species> {
    let mut list = Vec::new();
    for name in names {
        let known = declared.iter().find(|d| d.name == *name);
        let filed = from_file.iter().find(|(n, _)| n == name).map(|(_, m)| *m);
        let assumed = if cx.units.is_reduced() {
            Some(1.0)
        } else {
            standard_weight(name)
        };
        let mass = known.and_then(|d| d.mass).or(filed).or(assumed);
        if mass.is_none() && !known.is_some_and(|d| d.has_mass) {
            let problem = Problem::NoMass { name: name.clone() };
            let near = nearest(name, SYMBOLS.iter().copied()).filter(|n| *n != "X");
            let hint = near
                .map(|n| format!("; or did you mean the element `{n}`?"))
                .unwrap_or_default();
            cx.report(
                InputError::new(problem, known.map_or(at, |d| d.at))
                    .label("no mass")
                    .help(format!("add [species.{name}] with mass = \"... u\"{hint}")),
            );
        }
        list.push(Species {
            name: name.clone(),
            mass: mass.unwrap_or(1.0),
            atomic_number: if cx.units.is_reduced() {
                0
            } else {
                atomic_number(name).unwrap_or(0)
            },
        });
    }
    list
}
