//! What the sections of a fit have in common: the species of all atoms, which of them meet, and the files that were read.

use crate::input::diagnostics::{InputError, Problem, Span};
use crate::input::walker::{Context, View};
use admd_engine::Configuration;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// No table of pairs should have more species than the periodic table has elements, twice.
const MOST_SPECIES: usize = 240;

/// Species, pairs and files, in the order in which they appear.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) species: Vec<String>,
    /// Masses that structure files give \[mass\], by species.
    pub(super) masses: BTreeMap<String, f64>,
    /// Pairs of species that are in one configuration, and the first of these.
    pairs: BTreeMap<(usize, usize), String>,
    pub(super) files: Vec<PathBuf>,
    /// All configurations that differ in what they ask of a potential: how large a list they need, whether they are periodic.
    pub(super) largest: Vec<(String, Configuration)>,
}

impl Gathered {
    /// The indices of these species among all. Too many are reported at `at`.
    pub(super) fn indices(&mut self, cx: &Context, names: &[String], at: Span) -> Option<Vec<u16>> {
        let mut list = Vec::with_capacity(names.len());
        for name in names {
            let known = self.species.iter().position(|s| s == name);
            let k = match known {
                Some(k) => k,
                None if self.species.len() < MOST_SPECIES => {
                    self.species.push(name.clone());
                    self.species.len() - 1
                }
                None => {
                    let problem = Problem::TooLarge {
                        what: "the species",
                        count: format!("one more, `{name}`,"),
                        limit: MOST_SPECIES.to_string(),
                    };
                    let error = InputError::new(problem, at).label("names one of them");
                    cx.report(
                        error.help("check that the first column of the file holds species, not labels of single atoms"),
                    );
                    return None;
                }
            };
            list.push(k as u16);
        }
        Some(list)
    }

    /// Remembers which species meet in a configuration, what it is called, and what it asks of a potential.
    pub(super) fn meet(&mut self, name: &str, c: &Configuration) {
        let mut present: Vec<usize> = Vec::new();
        for s in &c.species {
            let s = usize::from(*s);
            if present.last() != Some(&s) && !present.contains(&s) {
                present.push(s);
            }
        }
        for a in &present {
            for b in present.iter().filter(|b| *b >= a) {
                self.pairs.entry((*a, *b)).or_insert_with(|| name.to_owned());
            }
        }
        let density = |c: &Configuration| c.len() as f64 / c.cell.volume();
        let periodic = c.cell.periodic();
        match self.largest.iter_mut().find(|(_, l)| l.cell.periodic() == periodic) {
            None => self.largest.push((name.to_owned(), c.clone())),
            Some(one) if density(c) > density(&one.1) => *one = (name.to_owned(), c.clone()),
            Some(_) => {}
        }
    }

    /// The configuration in which two species meet.
    pub(super) fn where_met(&self, a: usize, b: usize) -> Option<String> {
        self.pairs.get(&(a.min(b), a.max(b))).cloned()
    }
}

/// The name that a section gives itself, or another.
pub(super) fn name(view: &View<'_>, otherwise: impl FnOnce() -> String) -> String {
    view.text("name").map_or_else(otherwise, |t| t.value)
}

/// The tag that a section gives itself, or none.
pub(super) fn tag(view: &View<'_>) -> String {
    view.text("tag").map_or_else(String::new, |t| t.value)
}

/// The weight of a section.
pub(super) fn weight(view: &View<'_>) -> f64 {
    view.quantity("weight").map_or(1.0, |w| w.value.own)
}
