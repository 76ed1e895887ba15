//! `[sensitivity.adjoint]`: the gradient of a loss over the whole run.

use super::diagnostics::{InputError, Problem};
use super::plan::{AdjointPlan, IntegratorPlan, LossPlan};
use super::quantity;
use super::reference::{positions, rdf};
use super::sensitivity::{ADJOINT, Ground};
use super::walker::View;
use crate::dynamics::observables;
use crate::sensitivity::{Averaged, Distance, Mean, Memory, Samples, Subject, Variable};
use admd_engine::Configuration;
use admd_potentials::form::binding::PairBinding;
use admd_potentials::form::truncation::Truncation;
use admd_potentials::form::units::Dimension;

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
            section.conflict(section.key_at(ADJOINT), reason, "not asked for", &help);
        }
        return None;
    }
    let Some(view) = view else {
        let reason = "the estimator \"adjoint\" needs a loss".to_owned();
        let help = "add [sensitivity.adjoint] with, for example, loss = \"potential_energy\"";
        section.conflict(section.at("estimators"), reason, "asked for here", help);
        return None;
    };
    let strained = |v: &&Variable| matches!(v.subject, Subject::Strain(..) | Subject::Dilation);
    if let Some(v) = chosen.iter().find(strained) {
        let reason = format!("the estimator \"adjoint\" does not differentiate in {}", v.name);
        let help = "leave strains to estimators = [\"tangent\"] in a run of their own";
        section.conflict(section.at("parameters"), reason, "among these", help);
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
        view.conflict(
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

pub(super) fn count(view: &View<'_>, key: &str) -> Option<u64> {
    u64::try_from(view.integer(key)?.value).ok()
}

/// What states may take: nothing where steps can be undone.
fn memory(view: &View<'_>, journey: &Journey<'_>) -> Option<Memory> {
    let given = view.text("memory");
    if let IntegratorPlan::ReversibleVerlet { .. } = journey.integrator {
        if given.is_some() {
            let reason = "`memory` has no effect where reversible = true: no state is kept".to_owned();
            view.conflict(view.key_at("memory"), reason, "not needed", "remove this key");
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
    let (number, unit) = quantity::split(text.trim())?;
    let unit = match unit {
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
        view.conflict(
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
                view.conflict(view.at("loss"), reason, "a pressure has no gradient here", help);
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
        view.conflict(view.key_at(key), reason, "not read by this loss", "remove this key");
    }
}
