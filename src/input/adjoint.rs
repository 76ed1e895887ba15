//! `[sensitivity.adjoint]`: the gradient of a loss over the whole run.

use super::diagnostics::{InputError, Problem, Span};
use super::plan::{AdjointPlan, IntegratorPlan, LossPlan};
use super::sensitivity::{ADJOINT, Ground};
use super::walker::View;
use crate::dynamics::{Rdf, observables};
use crate::io::h5md::Trajectory;
use crate::sensitivity::{Averaged, Distance, Mean, Memory, Samples, Subject, Variable};
use admd_engine::{Configuration, ListSize, NearPairs, Species};
use admd_potentials::form::binding::PairBinding;
use admd_potentials::form::truncation::Truncation;
use admd_potentials::form::units::Dimension;
use std::path::Path;

/// The losses by name, with what they are.
pub(super) const LOSSES: [(&str, &str); 6] = [
    ("potential_energy", "mean potential energy"),
    ("pressure", "mean pressure"),
    ("temperature", "mean temperature"),
    (
        "end_distance",
        "mean square distance of the last positions to those of a reference trajectory",
    ),
    ("path_distance", "the same, averaged over the frames of the reference"),
    (
        "rdf_distance",
        "mean square deviation of the radial distribution function from that of a reference",
    ),
];

/// Memory where the input does not say \[bytes\].
const MEMORY: f64 = 1e9;
/// Edges of two cells that are taken for the same; those of reversible dynamics are rounded.
const SAME_CELL: f64 = 1e-9;
/// Times that are taken for the same.
const SAME_TIME: f64 = 1e-6;
/// Bins of a distribution where the input does not say.
const BINS: usize = 50;

/// What the section is read for.
pub(super) struct Journey<'a> {
    pub(super) ground: &'a Ground<'a>,
    pub(super) configuration: &'a Configuration,
    pub(super) integrator: IntegratorPlan,
    pub(super) steps: Option<u64>,
}

/// Reads the sub-section of `section` where the estimator is asked for.
pub(super) fn read(
    section: &View<'_>,
    journey: &Journey<'_>,
    (estimators, chosen): (&[String], &[Variable]),
) -> Option<AdjointPlan> {
    let view = section.section(ADJOINT);
    if !estimators.iter().any(|e| e == ADJOINT) {
        if view.is_some() {
            let reason = format!("`{ADJOINT}` has no effect: it is not among the estimators");
            let help = format!("write estimators = [\"{ADJOINT}\"], or remove this section");
            conflict(section, section.key_at(ADJOINT), reason, "not asked for", &help);
        }
        return None;
    }
    let Some(view) = view else {
        let reason = "the estimator \"adjoint\" needs a loss".to_owned();
        let help = "add [sensitivity.adjoint] with, for example, loss = \"potential_energy\"";
        conflict(section, section.at("estimators"), reason, "asked for here", help);
        return None;
    };
    let strained = |v: &&Variable| matches!(v.subject, Subject::Strain(..) | Subject::Dilation);
    if let Some(v) = chosen.iter().find(strained) {
        let reason = format!("the estimator \"adjoint\" does not differentiate in {}", v.name);
        let help = "leave strains to estimators = [\"tangent\"] in a run of their own";
        conflict(section, section.at("parameters"), reason, "among these", help);
    }
    let memory = memory(&view, journey);
    let name = view.text("loss")?;
    let samples = Samples {
        every: count(&view, "every").unwrap_or(journey.ground.output.thermo_every.max(1)),
        after: count(&view, "after").unwrap_or(0),
    };
    let loss = loss(&view, journey, &name.value, samples)?;
    let sampled = !matches!(loss.0, LossPlan::Distance(_));
    if let Some(steps) = journey.steps
        && sampled
        && (samples.count(steps) == 0 || (steps > 0 && samples.after == 0 && samples.every > steps))
    {
        let reason = "the loss reads no state of the run but its start, if any".to_owned();
        conflict(
            &view,
            view.at(if view.has("after") { "after" } else { "every" }),
            reason,
            "later than the last",
            "lower `after` or `every`, or run longer",
        );
    }
    Some(AdjointPlan {
        name: name.value,
        loss: loss.0,
        dimension: loss.1,
        memory: memory?,
    })
}

fn count(view: &View<'_>, key: &str) -> Option<u64> {
    u64::try_from(view.integer(key)?.value).ok()
}

/// What states may take: nothing where steps can be undone.
fn memory(view: &View<'_>, journey: &Journey<'_>) -> Option<Memory> {
    let given = view.text("memory");
    if let IntegratorPlan::ReversibleVerlet { .. } = journey.integrator {
        if given.is_some() {
            let reason = "`memory` has no effect where reversible = true: no state is kept".to_owned();
            conflict(view, view.key_at("memory"), reason, "not needed", "remove this key");
        }
        return Some(Memory::Nothing);
    }
    let Some(given) = given else {
        let least = Memory::least(journey.configuration.len());
        return Some(Memory::Bytes(MEMORY.max(least)));
    };
    let report = |reason: String, help: &str| {
        let error = InputError::new(Problem::Conflict(reason), given.at).label("this much");
        view.cx.report(error.help(help));
    };
    let Some(bytes) = bytes(&given.value) else {
        let help = "a number and one of kB, MB, GB, TB, kiB, MiB, GiB, TiB, such as \"512 MB\"";
        report(format!("`{}` is no amount of memory", given.value), help);
        return None;
    };
    let least = Memory::least(journey.configuration.len());
    if bytes < least {
        let help = format!(
            "at least \"{:.3} MB\" is needed, for {} states",
            (least / 1e6 * 1e3).ceil() / 1e3,
            crate::sensitivity::GRID + 2
        );
        report(format!("{} is too little memory for the adjoint", given.value), &help);
        return None;
    }
    Some(Memory::Bytes(bytes))
}

/// A number of bytes with its unit.
fn bytes(text: &str) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|c: char| c.is_alphabetic() && c != 'e')?;
    let number: f64 = text[..end].trim().parse().ok()?;
    let unit = match &text[end..] {
        "B" => 1.0,
        "kB" | "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "TB" => 1e12,
        "kiB" | "KiB" => 1024.0,
        "MiB" => 1_048_576.0,
        "GiB" => 1_073_741_824.0,
        "TiB" => 1_099_511_627_776.0,
        _ => return None,
    };
    let bytes = number * unit;
    (bytes.is_finite() && bytes > 0.0).then_some(bytes)
}

/// The loss and its dimension.
fn loss(view: &View<'_>, journey: &Journey<'_>, name: &str, samples: Samples) -> Option<(LossPlan, Dimension)> {
    let distance = name.ends_with("distance");
    unless(view, distance, &["reference"], "a distance");
    unless(view, !distance || name == "rdf_distance", &["every", "after"], "a mean");
    unless(view, name == "rdf_distance", &["rdf_range", "rdf_bins"], "rdf_distance");
    let periodic = journey.configuration.cell.periodic() == [true; 3];
    if !periodic && matches!(name, "pressure" | "rdf_distance") {
        let reason = format!("`{name}` needs a cell that is periodic along all its edges");
        conflict(
            view,
            view.at("loss"),
            reason,
            "asked for here",
            "without a volume it has no meaning",
        );
        return None;
    }
    let mean = |of| LossPlan::Mean(Mean { of, samples });
    let ground = journey.ground;
    Some(match name {
        "potential_energy" => (mean(Averaged::PotentialEnergy), Dimension::ENERGY),
        "pressure" => {
            let jumps = |b: &&PairBinding| b.tail && b.truncation == Truncation::Cut;
            if let Some(b) = ground.bindings.iter().find(jumps) {
                let reason = format!(
                    "the virial of `{}`, a bare cut with tail corrections, is not the derivative of its energy",
                    b.label
                );
                let help = "take truncation = \"switched\", or estimators = [\"ensemble\"], which corrects for it";
                conflict(view, view.at("loss"), reason, "a pressure has no gradient here", help);
                return None;
            }
            (mean(Averaged::Pressure), Dimension::PRESSURE)
        }
        "temperature" => {
            let atoms = journey.configuration.len();
            let of = Averaged::Temperature {
                degrees_of_freedom: observables::degrees_of_freedom(atoms),
                boltzmann: ground.units.boltzmann,
            };
            (mean(of), Dimension::TEMPERATURE)
        }
        "end_distance" | "path_distance" => {
            let all = name == "path_distance";
            let reference = positions(view, journey, all)?;
            (LossPlan::Distance(Distance { reference }), Dimension::LENGTH.power(2))
        }
        _ => (rdf(view, journey, samples)?, Dimension::NUMBER),
    })
}

/// Keys that belong to other losses are reported.
fn unless(view: &View<'_>, wanted: bool, keys: &[&str], whose: &str) {
    for key in keys.iter().filter(|k| !wanted && view.has(k)) {
        let reason = format!("`{key}` has no effect: it belongs to {whose}");
        conflict(
            view,
            view.key_at(key),
            reason,
            "not read by this loss",
            "remove this key",
        );
    }
}

/// The reference trajectory.
fn reference(view: &View<'_>, journey: &Journey<'_>) -> Option<Trajectory> {
    if !view.has("reference") {
        let reason = "the loss is a distance, and there is no reference".to_owned();
        let help = "add reference = \"reference.h5md\", a trajectory of the same atoms";
        conflict(view, view.at("loss"), reason, "a distance to what?", help);
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
        let frame = trajectory.frame(0).ok()?;
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
        && same(&output.path, &path)
    {
        wrong(
            "the run would replace its reference".to_owned(),
            "give one of the two another name",
        );
        return None;
    }
    Some(trajectory)
}

fn same(a: &Path, b: &Path) -> bool {
    a.canonicalize()
        .ok()
        .zip(b.canonicalize().ok())
        .is_some_and(|(a, b)| a == b)
}

/// Steps and positions of the frames to which the distance is taken.
fn positions(view: &View<'_>, journey: &Journey<'_>, all: bool) -> Option<Vec<(u64, Vec<admd_engine::Vec3>)>> {
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
    let frames: Result<Vec<_>, crate::io::h5md::H5mdError> = chosen.into_iter().map(frame).collect();
    let timestep = journey.ground.timestep / journey.ground.units.to_coherent(Dimension::TIME);
    let later = |k: &usize| {
        let (step, time) = (trajectory.steps()[*k], trajectory.times()[*k]);
        let own = step as f64 * timestep;
        all && (time - own).abs() > SAME_TIME * own
    };
    if (0..trajectory.len()).any(|k| later(&k)) {
        let reason = "the reference has its steps at other times".to_owned();
        let help = "take a run with the same time step";
        conflict(view, view.at("reference"), reason, "another time step", help);
        return None;
    }
    match frames {
        Ok(frames) if steps > 0 && frames.iter().all(|(step, _)| *step == 0) => {
            let reason = "no frame of the reference but its start is within the run".to_owned();
            conflict(
                view,
                view.at("reference"),
                reason,
                "all later",
                "run longer, or take another reference",
            );
            None
        }
        Ok(frames) => Some(frames),
        Err(error) => {
            conflict(
                view,
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
fn rdf(view: &View<'_>, journey: &Journey<'_>, samples: Samples) -> Option<LossPlan> {
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
        conflict(
            view,
            view.at("rdf_range"),
            reason,
            "too far",
            "lower rdf_range, and check its unit",
        );
        return None;
    }
    let trajectory = reference(view, journey)?;
    let species = &trajectory.header().atoms;
    let mut target = vec![0.0; rdf.bins()];
    let measured = (|| -> Result<(), Box<dyn std::error::Error>> {
        let mut near = NearPairs::new(rdf.reach())?;
        for frame in trajectory.frames() {
            let frame = frame?;
            let c = Configuration {
                cell: admd_engine::Cell::new(frame.edges, trajectory.header().periodic)?,
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
        conflict(
            view,
            view.at("reference"),
            error.to_string(),
            "the reference",
            "make it again",
        );
        return None;
    }
    Some(LossPlan::Rdf { rdf, target, samples })
}

fn conflict(view: &View<'_>, at: Span, reason: String, label: &str, help: &str) {
    let error = InputError::new(Problem::Conflict(reason), at).label(label);
    view.cx.report(error.help(help));
}
