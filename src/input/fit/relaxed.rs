//! `[[relaxed]]`: a structure that is relaxed in its cell, with what is known of it.

use super::gathered::{Gathered, name, tag, weight};
use super::observation;
use crate::fit::{Observation, RelaxedSpec};
use crate::input::structure::check;
use crate::input::structure_file;
use crate::input::walker::View;

/// The largest force that is left where the input does not say, in the unit of forces.
const FORCE: f64 = 1e-8;

/// Reads a structure; `None` when something is missing or wrong, which is then reported.
pub(super) fn read(view: &View<'_>, gathered: &mut Gathered) -> Option<RelaxedSpec> {
    let energy = observation::read(view, "energy", "energy_sigma");
    observation::alone(view, "distances", "distance_sigma");
    observation::no_target(view, &["energy", "distances"]);
    let frame = structure_file::frame(view)?;
    let path = view.cx.folder.join(view.text("file")?.value);
    let names = frame.species_names();
    let global = gathered.indices(view.cx, &names, view.at("file"))?;
    let mut configuration = match frame.configuration(&names) {
        Ok(configuration) => configuration,
        Err(error) => {
            let help = "give the file a cell whose edges span a volume, or none";
            view.conflict(view.at("file"), error.to_string(), "not a cell", help);
            return None;
        }
    };
    for s in &mut configuration.species {
        *s = global[usize::from(*s)];
    }
    check(view, &configuration, Some(&frame));
    let distances = distances(view, configuration.len())?;
    let file = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned();
    let name = name(view, || file);
    gathered.meet(&name, &configuration);
    gathered.files.push(path);
    Some(RelaxedSpec {
        name,
        tag: tag(view),
        weight: weight(view),
        configuration,
        force: view.quantity("force").map_or(FORCE, |f| f.value.coherent),
        energy,
        distances,
    })
}

/// Pairs of atoms with their distances.
fn distances(view: &View<'_>, atoms: usize) -> Option<Vec<([usize; 2], Observation)>> {
    observation::without_effect_of(view, "distance_values", "distances");
    if !view.has("distances") {
        return Some(Vec::new());
    }
    let pairs: Vec<usize> = view.numbers("distances")?.into_iter().map(|x| x as usize).collect();
    let values = view.numbers("distance_values");
    let count = values.as_ref().map_or(0, Vec::len);
    if view.has("distance_values") && values.is_none() {
        return None;
    }
    if count != pairs.len() / 2 {
        let reason = format!("there are {} distances and {count} values", pairs.len() / 2);
        let help = "give distance_values one entry for each pair of atoms";
        view.conflict(view.at("distances"), reason, "these pairs", help);
        return None;
    }
    let sigma = view.quantity("distance_sigma")?.value.coherent;
    let mut list = Vec::with_capacity(count);
    for (pair, value) in pairs.chunks_exact(2).zip(values?) {
        let pair = [pair[0], pair[1]];
        if pair[0] == pair[1] || pair.iter().any(|k| *k >= atoms) {
            let reason = format!("{pair:?} are no two of the {atoms} atoms");
            let help = format!("atoms count from 0 to {}", atoms.saturating_sub(1));
            view.conflict(view.at("distances"), reason, "among these", &help);
            return None;
        }
        list.push((pair, Observation { value, sigma }));
    }
    Some(list)
}
