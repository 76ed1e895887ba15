//! The reference of a distance: another trajectory.

use super::adjoint::{Journey, count};
use super::diagnostics::{InputError, Problem};
use super::plan::LossPlan;
use super::walker::View;
use crate::dynamics::Rdf;
use crate::io::h5md::{H5mdError, Trajectory};
use crate::io::same_file;
use crate::sensitivity::Samples;
use admd_engine::{Cell, Configuration, ListSize, NearPairs, Species, Vec3};
use admd_potentials::form::units::Dimension;

/// Edges of two cells that are taken for the same; those of reversible dynamics are rounded.
const SAME_CELL: f64 = 1e-9;
/// Times that are taken for the same.
const SAME_TIME: f64 = 1e-6;
/// Bins of a distribution where the input does not say.
const BINS: usize = 50;

/// The reference trajectory.
fn reference(view: &View<'_>, journey: &Journey<'_>) -> Option<Trajectory> {
    if !view.has("reference") {
        let reason = "the loss is a distance, and there is no reference".to_owned();
        let help = "add reference = \"reference.h5md\", a trajectory of the same atoms";
        view.conflict(view.at("loss"), reason, "a distance to what?", help);
        return None;
    }
    let given = view.text("reference")?;
    let path = view.cx.folder.join(&given.value);
    let wrong = |reason: String, help: &str| {
        let error = InputError::new(Problem::Conflict(reason), given.at).label("the reference");
        view.cx.report(error.help(help));
    };
    let trajectory = match Trajectory::open(&path) {
        Ok(trajectory) => trajectory,
        Err(error) => {
            wrong(error.to_string(), "paths are relative to the folder of the input file");
            return None;
        }
    };
    let (units, atoms) = (trajectory.header().units, trajectory.header().atoms.len());
    if units.name != journey.ground.units.name {
        let help = format!("make one with units = \"{}\"", journey.ground.units.name);
        wrong(format!("the reference is in units of {}", units.name), &help);
        return None;
    }
    if trajectory.is_empty() {
        wrong("the reference has no frame".to_owned(), "let its run write frames");
        return None;
    }
    let own = journey.configuration.len();
    if atoms != own && view.text("loss").is_some_and(|l| l.value != "rdf_distance") {
        wrong(
            format!("the reference has {atoms} atoms, and the run {own}"),
            "take a run of the same atoms",
        );
        return None;
    }
    if view.text("loss").is_some_and(|l| l.value != "rdf_distance") {
        let header = trajectory.header();
        let names = |species: &[Species], atoms: &[u16]| -> Vec<String> {
            atoms.iter().map(|s| species[usize::from(*s)].name.clone()).collect()
        };
        let of = names(&header.species, &header.atoms);
        if of != names(journey.ground.species, &journey.configuration.species) {
            let reason = "the reference has other species, or in another order".to_owned();
            wrong(reason, "take a run of the same atoms");
            return None;
        }
        let frame = match trajectory.frame(0) {
            Ok(frame) => frame,
            Err(error) => {
                wrong(error.to_string(), "make it again");
                return None;
            }
        };
        let cell = &journey.configuration.cell;
        let apart = (0..3).map(|k| (frame.edges[k] - cell.edge(k)).norm() / cell.edge(k).norm());
        if apart.fold(0.0, f64::max) > SAME_CELL {
            wrong(
                "the reference has another cell".to_owned(),
                "take a run in the same cell",
            );
            return None;
        }
    }
    if let Some(output) = &journey.ground.output.trajectory
        && same_file(&output.path, &path)
    {
        wrong(
            "the run would replace its reference".to_owned(),
            "give one of the two another name",
        );
        return None;
    }
    Some(trajectory)
}

/// Steps and positions of the frames to which the distance is taken.
pub(super) fn positions(view: &View<'_>, journey: &Journey<'_>, all: bool) -> Option<Vec<(u64, Vec<Vec3>)>> {
    let trajectory = reference(view, journey)?;
    let steps = journey.steps?;
    let chosen: Vec<usize> = if all {
        (0..trajectory.len())
            .filter(|k| trajectory.steps()[*k] <= steps)
            .collect()
    } else {
        vec![trajectory.len() - 1]
    };
    let frame = |k: usize| {
        let frame = trajectory.frame(k)?;
        // the last frame stands for the end, whichever step it is
        Ok((if all { frame.step } else { steps }, frame.positions))
    };
    let frames: Result<Vec<_>, H5mdError> = chosen.into_iter().map(frame).collect();
    let timestep = journey.ground.timestep / journey.ground.units.to_coherent(Dimension::TIME);
    let later = |k: &usize| {
        let (step, time) = (trajectory.steps()[*k], trajectory.times()[*k]);
        let own = step as f64 * timestep;
        all && (time - own).abs() > SAME_TIME * own
    };
    if (0..trajectory.len()).any(|k| later(&k)) {
        let reason = "the reference has its steps at other times".to_owned();
        let help = "take a run with the same time step";
        view.conflict(view.at("reference"), reason, "another time step", help);
        return None;
    }
    match frames {
        Ok(frames) if steps > 0 && frames.iter().all(|(step, _)| *step == 0) => {
            let reason = "no frame of the reference but its start is within the run".to_owned();
            view.conflict(
                view.at("reference"),
                reason,
                "all later",
                "run longer, or take another reference",
            );
            None
        }
        Ok(frames) => Some(frames),
        Err(error) => {
            view.conflict(
                view.at("reference"),
                error.to_string(),
                "the reference",
                "make it again",
            );
            None
        }
    }
}

/// The distance to the mean radial distribution function of the reference.
pub(super) fn rdf(view: &View<'_>, journey: &Journey<'_>, samples: Samples) -> Option<LossPlan> {
    let c = journey.configuration;
    let half = 0.5
        * [0, 1, 2]
            .map(|k| c.cell.height(k))
            .into_iter()
            .fold(f64::INFINITY, f64::min);
    let range = view.quantity("rdf_range").map_or(half, |q| q.value.coherent);
    let rdf = Rdf::new(range, count(view, "rdf_bins").map_or(BINS, |n| n as usize));
    if ListSize::estimate(c, rdf.reach()).is_too_large() {
        let reason = "so many pairs are more than this machine can hold".to_owned();
        view.conflict(
            view.at("rdf_range"),
            reason,
            "too far",
            "lower rdf_range, and check its unit",
        );
        return None;
    }
    if rdf.pairs(&c.species) == 0.0 {
        let reason = "a single atom has no radial distribution function".to_owned();
        view.conflict(view.at("loss"), reason, "asked for here", "take another loss");
        return None;
    }
    let trajectory = reference(view, journey)?;
    if trajectory.header().periodic != [true; 3] || trajectory.header().atoms.len() < 2 {
        let reason = "the reference has no radial distribution function".to_owned();
        let help = "take a run of two atoms or more in a cell that is periodic along all its edges";
        view.conflict(view.at("reference"), reason, "the reference", help);
        return None;
    }
    let species = &trajectory.header().atoms;
    let mut target = vec![0.0; rdf.bins()];
    let measured = (|| -> Result<(), Box<dyn std::error::Error>> {
        let mut near = NearPairs::new(rdf.reach())?;
        for frame in trajectory.frames() {
            let frame = frame?;
            let c = Configuration {
                cell: Cell::new(frame.edges, trajectory.header().periodic)?,
                species: species.clone(),
                positions: frame.positions,
            };
            for (sum, g) in target.iter_mut().zip(rdf.measure(&c, &mut near)?) {
                *sum += g / trajectory.len() as f64;
            }
        }
        Ok(())
    })();
    if let Err(error) = measured {
        view.conflict(
            view.at("reference"),
            error.to_string(),
            "the reference",
            "make it again",
        );
        return None;
    }
    Some(LossPlan::Rdf { rdf, target, samples })
}
