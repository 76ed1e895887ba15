//! `[[crystal]]`: a crystal with what is known of it.

use super::gathered::{Gathered, name, tag, weight};
use super::observation;
use crate::fit::CrystalSpec;
use crate::input::crystal::{Occupation, edges_at, occupation, sites};
use crate::input::lattice::{Block, IDEAL_RATIO, Lattice};
use crate::input::structure::refuse_beside;
use crate::input::walker::View;
use admd_engine::{Cell, Configuration, Mat3, Vec3};

/// Reads a crystal; `None` when something is missing or wrong, which is then reported.
pub(super) fn read(view: &View<'_>, gathered: &mut Gathered) -> Option<CrystalSpec> {
    let lattice_constant = observation::read(view, "lattice_constant", "lattice_constant_sigma");
    let cohesive_energy = observation::read(view, "cohesive_energy", "cohesive_energy_sigma");
    observation::no_target(view, &["lattice_constant", "cohesive_energy"]);
    let lattice = Lattice::named(&view.text("lattice")?.value)?;
    let species = view.has("species").then(|| occupation(view, Some(lattice))).flatten();
    if lattice != Lattice::Hcp {
        refuse_beside(view, &["c_over_a"], "lattice", "only hcp has a ratio c/a");
    }
    let key = if view.has("constant") {
        "constant"
    } else {
        "lattice_constant"
    };
    if !view.has(key) {
        if view.has("cohesive_energy") {
            let reason = "the search for the lattice constant has no start".to_owned();
            let help = "add where it may be, for example constant = \"3.6 Angstrom\"";
            view.conflict(view.table.at, reason, "neither `constant` nor `lattice_constant`", help);
        }
        return None;
    }
    let a = view.quantity(key)?;
    let (Occupation::Dealt(names), constant) = (species?, a.value.own) else {
        return None;
    };
    let mut block = Block {
        lattice,
        repeat: [1; 3],
        edges: Mat3::identity(),
    };
    let ratio = view.quantity("c_over_a").map_or(IDEAL_RATIO, |m| m.value.own);
    block.edges = edges_at(view, &block, (constant, ratio), a.at)?;
    let index = gathered.indices(view.cx, &names, view.at("species"))?;
    let sites = sites(&Occupation::Dealt(names.clone()), &block, lattice.basis().len(), 0);
    let columns: [Vec3; 3] = [0, 1, 2].map(|k| block.edges.column(k).into());
    let configuration = Configuration {
        cell: Cell::new(columns, [true; 3]).ok()?,
        species: sites.iter().map(|s| index[usize::from(*s)]).collect(),
        positions: block.positions(),
    };
    let name = name(view, || format!("{} {}", lattice.name(), names.join("-")));
    gathered.meet(&name, &configuration);
    Some(CrystalSpec {
        name,
        tag: tag(view),
        weight: weight(view),
        configuration,
        constant,
        lattice_constant,
        cohesive_energy,
    })
}
