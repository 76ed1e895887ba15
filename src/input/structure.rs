//! The start structure: which atoms there are, where, and in which cell.

use super::crystal;
use super::diagnostics::{InputError, Problem};
use super::species::{self, Declared};
use super::structure_file;
use super::walker::View;
use super::{overlap, randomness};
use crate::io::xyz::XyzFrame;
use admd_engine::{Cell, Configuration, Mat3, Species, Vec3};

/// Atoms as the input describes them.
pub(super) struct Start {
    pub(super) species: Vec<Species>,
    pub(super) configuration: Configuration,
    /// The frame of a structure file, for its velocities.
    pub(super) frame: Option<XyzFrame>,
}

/// Atoms without species resolved: what a file or a lattice gives.
pub(super) struct Raw {
    pub(super) types: Vec<u16>,
    pub(super) positions: Vec<Vec3>,
    pub(super) cell: Cell,
}

/// Coordinates beyond this \[length\] leave no digits for distances.
const FARTHEST: f64 = 1e9;
/// No table of pairs should have more species than the periodic table has elements, twice.
const MOST_SPECIES: usize = 240;

/// Closer atoms than this are at one place [length]: 0.1 Å, or 0.05 σ.
pub(super) fn least_distance(reduced: bool) -> f64 {
    if reduced { 0.05 } else { 0.1 }
}

/// Reads `[structure]` and the masses of `[species]`.
pub(super) fn read(view: &View<'_>, declared: &[Declared], seed: u64, most_atoms: u64) -> Option<Start> {
    let cx = view.cx;
    let chosen = match (view.has("file"), view.has("lattice")) {
        (true, false) => structure_file::read(view, declared),
        (false, true) => crystal::build(view, declared, seed, most_atoms).map(|(raw, species)| (raw, species, None)),
        (true, true) => {
            let problem = Problem::Conflict("[structure] has both `file` and `lattice`".to_owned());
            cx.report(
                InputError::new(problem, view.key_at("lattice"))
                    .label("a second structure")
                    .also(view.key_at("file"), "the first")
                    .help("keep one of the two"),
            );
            None
        }
        (false, false) => {
            let problem = Problem::Conflict("[structure] describes no atoms".to_owned());
            cx.report(
                InputError::new(problem, view.table.at)
                    .label("neither `file` nor `lattice`")
                    .help("name a structure file, file = \"start.extxyz\", or build a crystal, lattice = \"fcc\""),
            );
            None
        }
    };
    let (mut raw, species, frame) = chosen?;
    if let Some(amplitude) = view.quantity("perturbation") {
        randomness::displace(&mut raw.positions, amplitude.value.coherent, seed);
    }
    let configuration = Configuration {
        cell: raw.cell,
        species: raw.types,
        positions: raw.positions,
    };
    check(view, &configuration, frame.as_ref());
    Some(Start {
        species,
        configuration,
        frame,
    })
}

/// Refuses structures that cannot be simulated.
pub(super) fn check(view: &View<'_>, c: &Configuration, frame: Option<&XyzFrame>) {
    let key = if frame.is_some() { "file" } else { "lattice" };
    let line = |atom: usize| frame.filter(|f| f.line > 0).map(|f| f.line + 2 + atom);
    let far = c.positions.iter().position(|r| !r.iter().all(|x| x.abs() <= FARTHEST));
    if let Some(atom) = far {
        let r: [f64; 3] = c.positions[atom].into();
        let problem = Problem::Geometry(format!("atom {atom} is at {r:?}"));
        let place = line(atom).map_or("too far away".to_owned(), |l| format!("line {l} of the file"));
        view.cx.report(
            InputError::new(problem, view.at(key))
                .label(place)
                .help(format!("coordinates must be below {FARTHEST:e}")),
        );
        return;
    }
    let units = view.cx.units;
    if let Some(close) = overlap::closest_below(c, least_distance(units.is_reduced())) {
        let problem = Problem::Overlap {
            first: close.first,
            second: close.second,
            distance: close.distance,
            unit: units.length.symbol,
        };
        let label = match (line(close.first), line(close.second)) {
            (Some(a), Some(b)) if a == b => format!("line {a} of the file"),
            (Some(a), Some(b)) => format!("lines {a} and {b} of the file"),
            _ => "in this lattice".to_owned(),
        };
        let cause = match (frame.is_some(), view.has("perturbation")) {
            _ if close.first == close.second => {
                "correct the cell: a periodic edge, or a sum of edges, is shorter than two atoms may be apart"
            }
            (_, true) => "make `perturbation` smaller, or move the atoms apart",
            (true, _) => "remove one of them, or correct the cell: an atom may also meet a periodic image",
            (false, _) => "make the lattice wider",
        };
        view.cx
            .report(InputError::new(problem, view.at(key)).label(label).help(cause));
    }
}

/// Reports that a key has no meaning beside another.
pub(super) fn refuse_beside(view: &View<'_>, keys: &[&str], other: &str, why: &str) {
    for key in keys.iter().filter(|k| view.has(k)) {
        let problem = Problem::Conflict(format!("`{key}` has no meaning beside `{other}`"));
        let error = InputError::new(problem, view.key_at(key))
            .label("does not apply here")
            .help(why);
        view.cx.report(error.also(view.key_at(other), "because of this"));
    }
}

/// Which edges are periodic, unless the input says so: as given.
pub(super) fn periodic(view: &View<'_>, otherwise: [bool; 3]) -> [bool; 3] {
    view.flags("periodic").unwrap_or(otherwise)
}

/// The key `edges` as a matrix of columns.
pub(super) fn edges(view: &View<'_>) -> Option<Mat3> {
    let numbers = view.numbers("edges")?;
    // The text has one edge after the other, and so have the columns.
    (numbers.len() == 9).then(|| Mat3::from_column_slice(&numbers))
}

/// A cell, or the report that it is none.
pub(super) fn cell(view: &View<'_>, edges: Mat3, periodic: [bool; 3], key: &str) -> Option<Cell> {
    let columns: [Vec3; 3] = [0, 1, 2].map(|k| edges.column(k).into());
    let made = if edges.iter().any(|x| x.abs() > FARTHEST) {
        Err(format!("a cell edge is longer than {FARTHEST:e}"))
    } else {
        Cell::new(columns, periodic).map_err(|e| e.to_string())
    };
    match made {
        Ok(cell) => Some(cell),
        Err(reason) => {
            let error = InputError::new(Problem::Geometry(reason), view.at(key)).label("not a cell");
            view.cx.report(
                error.help("give three edge vectors that span a volume, such as [[20, 0, 0], [0, 20, 0], [0, 0, 20]]"),
            );
            None
        }
    }
}

/// All species with their masses; reports too many.
pub(super) fn resolve(
    view: &View<'_>,
    declared: &[Declared],
    names: &[String],
    from_file: &[(String, f64)],
    key: &str,
) -> Option<Vec<Species>> {
    if names.len() > MOST_SPECIES {
        let problem = Problem::TooLarge {
            what: "the species",
            count: names.len().to_string(),
            limit: MOST_SPECIES.to_string(),
        };
        let error = InputError::new(problem, view.at(key)).label("names every one of them");
        view.cx
            .report(error.help("check that the first column of the file holds species, not labels of single atoms"));
        return None;
    }
    Some(species::resolve(view.cx, names, declared, from_file, view.at(key)))
}
