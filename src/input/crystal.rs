//! `[structure]` with `lattice`: from the keys to atoms on sites.

use super::diagnostics::{InputError, Problem, Span};
use super::lattice::{Block, IDEAL_RATIO, Lattice, shear};
use super::randomness;
use super::species::{self, Declared};
use super::structure::{Raw, cell, edges, least_distance, periodic, refuse_beside, resolve};
use super::walker::View;
use admd_engine::{Mat3, Species, Vec3};
use admd_potentials::form::units::Dimension;

/// Who sits on the sites.
pub(super) enum Occupation {
    /// Species of the atoms of the unit cell, in blocks.
    Dealt(Vec<String>),
    /// A random mixture.
    Mixed(Vec<(String, f64)>),
}

/// Builds the crystal; `None` when something is missing or wrong, which is then reported.
pub(super) fn build(view: &View<'_>, declared: &[Declared], seed: u64, most_atoms: u64) -> Option<(Raw, Vec<Species>)> {
    refuse_beside(
        view,
        &["frame"],
        "lattice",
        "a frame belongs to a structure file: remove it",
    );
    let lattice = view.text("lattice").and_then(|name| Lattice::named(&name.value));
    let occupation = occupation(view, lattice);
    let repeat = repeat(view);
    let (lattice, repeat, occupation) = (lattice?, repeat?, occupation?);

    let mut block = Block {
        lattice,
        repeat,
        edges: Mat3::identity(),
    };
    let atoms = usize::try_from(block.atoms()).ok().filter(|n| *n as u64 <= most_atoms);
    let Some(atoms) = atoms else {
        let problem = Problem::TooLarge {
            what: "the atoms of the lattice",
            count: block.atoms().to_string(),
            limit: most_atoms.to_string(),
        };
        let bytes = block.atoms() as f64 * BYTES_PER_ATOM;
        let error = InputError::new(problem, view.at("repeat"))
            .label(format!("about {:.0} GB of memory", bytes / 1e9))
            .help("make `repeat` smaller");
        view.cx.report(error);
        return None;
    };

    let key = if view.has("composition") {
        "composition"
    } else {
        "species"
    };
    let sites = sites(&occupation, &block, atoms, seed);
    let own = match &occupation {
        Occupation::Dealt(list) => list.clone(),
        Occupation::Mixed(list) => list.iter().map(|(name, _)| name.clone()).collect(),
    };
    let names = species::names(declared, own.iter().map(String::as_str));
    let species = resolve(view, declared, &names, &[], key)?;
    let index: Vec<u16> = own
        .iter()
        .map(|n| names.iter().position(|m| m == n).unwrap_or(0) as u16)
        .collect();
    let types: Vec<u16> = sites.iter().map(|s| index[usize::from(*s)]).collect();
    let mass = types.iter().map(|t| species[usize::from(*t)].mass).sum::<f64>() / atoms as f64;

    block.edges = size(view, &block, mass)?;
    let sheared = ["edges", "density", "constant"]
        .into_iter()
        .find(|k| view.has(k))
        .unwrap_or("lattice");
    let cell = cell(view, block.edges, periodic(view, [true; 3]), sheared)?;
    let raw = Raw {
        types,
        positions: block.positions(),
        cell,
    };
    Some((raw, species))
}

/// Positions, velocities, forces, masses, species, sorted copies and the neighbour list of a simple liquid, roughly.
const BYTES_PER_ATOM: f64 = 700.0;

fn repeat(view: &View<'_>) -> Option<[u64; 3]> {
    if !view.has("repeat") {
        view.missing_key("repeat");
    }
    let list: Vec<u64> = view.numbers("repeat")?.iter().map(|x| *x as u64).collect();
    list.try_into().ok()
}

/// Who sits on the sites of a lattice, by the keys `species` or `composition`.
pub(super) fn occupation(view: &View<'_>, lattice: Option<Lattice>) -> Option<Occupation> {
    match (view.has("species"), view.has("composition")) {
        (true, true) => {
            refuse_beside(view, &["composition"], "species", "keep one of the two");
            None
        }
        (false, false) => {
            view.missing_key("species");
            None
        }
        (true, false) => {
            let list = view.texts("species")?;
            let basis = lattice?.basis().len();
            if !basis.is_multiple_of(list.len()) {
                let problem = Problem::Conflict(format!(
                    "{} species cannot be dealt out over the {basis} atoms of the {} cell",
                    list.len(),
                    lattice?.name()
                ));
                let possible: Vec<String> = (1..=basis).filter(|n| basis % n == 0).map(|n| n.to_string()).collect();
                let error = InputError::new(problem, view.at("species")).label("does not divide the cell");
                view.cx
                    .report(error.help(format!("give one of {} names", possible.join(", "))));
                return None;
            }
            Some(Occupation::Dealt(list))
        }
        (false, true) => composition(view),
    }
}

fn composition(view: &View<'_>) -> Option<Occupation> {
    let numbers = view.named("composition");
    let read = |text: &super::document::Value| match text {
        super::document::Value::Integer(t) | super::document::Value::Float(t) => t.parse::<f64>().ok(),
        _ => None,
    };
    let list: Option<Vec<(String, f64)>> = numbers
        .iter()
        .map(|e| {
            Some((
                e.key.clone(),
                read(&e.node.value).filter(|x| x.is_finite() && *x >= 0.0)?,
            ))
        })
        .collect();
    let list = list?;
    let total: f64 = list.iter().map(|(_, x)| x).sum();
    if (total - 1.0).abs() > 1e-6 {
        let problem = Problem::Conflict(format!("the fractions of `composition` sum to {total}"));
        let error = InputError::new(problem, view.at("composition")).label("must sum to 1");
        view.cx
            .report(error.help("for example composition = { A = 0.8, B = 0.2 }"));
        return None;
    }
    Some(Occupation::Mixed(list))
}

/// Which of the occupation's species sits on each site.
pub(super) fn sites(occupation: &Occupation, block: &Block, atoms: usize, seed: u64) -> Vec<u16> {
    match occupation {
        Occupation::Mixed(list) => {
            let fractions: Vec<f64> = list.iter().map(|(_, x)| *x).collect();
            randomness::mixture(&randomness::counts(&fractions, atoms), seed)
        }
        Occupation::Dealt(list) => {
            let basis = block.lattice.basis().len();
            let each = basis / list.len().max(1);
            (0..atoms).map(|k| (k % basis / each) as u16).collect()
        }
    }
}

/// The edges of the whole block \[length\], from the constant, the density or the edges.
fn size(view: &View<'_>, block: &Block, mean_mass: f64) -> Option<Mat3> {
    let given: Vec<&str> = ["constant", "density", "edges"]
        .into_iter()
        .filter(|k| view.has(k))
        .collect();
    let [key] = given[..] else {
        if given.is_empty() {
            let problem = Problem::Conflict("the lattice has no size".to_owned());
            let density = if view.cx.units.is_reduced() {
                "density = 0.8442"
            } else {
                "density = \"1.374 g/cm3\""
            };
            view.cx.report(
                InputError::new(problem, view.table.at)
                    .label("neither `constant` nor `density` nor `edges`")
                    .help(format!(
                        "add the lattice constant or the density, for example {density}"
                    )),
            );
        } else {
            refuse_beside(
                view,
                &given[1..],
                given[0],
                "keep one of `constant`, `density` and `edges`",
            );
        }
        return None;
    };
    if key == "edges" {
        refuse_beside(
            view,
            &["shear", "c_over_a"],
            "edges",
            "the edges say everything about the shape",
        );
        return edges(view);
    }
    if block.lattice != Lattice::Hcp {
        refuse_beside(view, &["c_over_a"], "lattice", "only hcp has a ratio c/a");
    }
    let ratio = view.quantity("c_over_a").map_or(IDEAL_RATIO, |m| m.value.own);
    let measured = view.quantity(key)?;
    let a = if key == "constant" {
        measured.value.own
    } else {
        let per_volume = match measured.value.dimension {
            Dimension::MASS_DENSITY => measured.value.own / mean_mass,
            _ => measured.value.own,
        };
        block
            .lattice
            .constant(block.lattice.basis().len() as f64 / per_volume, ratio)
    };
    let straight = edges_at(view, block, (a, ratio), measured.at)?;
    let shears = view.numbers("shear").and_then(|s| <[f64; 3]>::try_from(s).ok());
    if let Some(s) = shears
        && s.iter().any(|x| x.abs() > 10.0)
    {
        let problem = Problem::Geometry(format!("a shear of {s:?} leaves no shape"));
        view.cx.report(
            InputError::new(problem, view.at("shear"))
                .label("too much")
                .help("give shears between -10 and 10"),
        );
        return None;
    }
    Some(shears.map_or(straight, |s| shear(s) * straight))
}

/// Edges of a block of unit cells with this lattice constant and ratio c/a \[length\], or the report that atoms are too
/// close.
pub(super) fn edges_at(view: &View<'_>, block: &Block, (a, ratio): (f64, f64), at: Span) -> Option<Mat3> {
    let nearest = a * block.lattice.nearest(ratio);
    let units = view.cx.units;
    let least = 5.0 * least_distance(units.is_reduced());
    if nearest.is_nan() || nearest < least {
        let problem = Problem::Geometry(format!(
            "neighbours on this lattice are {nearest:.3e} {} apart",
            units.length.symbol
        ));
        let error = InputError::new(problem, at).label(format!("lattice constant {a:.3e}"));
        view.cx
            .report(error.help(format!("check the unit: atoms must be at least {least} apart")));
        return None;
    }
    let shape = block.lattice.shape(ratio);
    let lengths = [0, 1, 2].map(|k| a * shape[k] * block.repeat[k] as f64);
    Some(Mat3::from_diagonal(&Vec3::from(lengths)))
}
