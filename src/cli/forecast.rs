//! What derivatives will take: told by `admd check`, and before a run.

use crate::input::{LossPlan, Plan};
use crate::run::format::{bytes, counted};
use crate::sensitivity::{Averaged, LEAST_SAMPLES, Memory, Observable, Samples};
use admd_potentials::form::binding::PairBinding;

/// Time of a sample of averages over that of a step, without and with the pressure, and of its pairs where they reach as far
/// as the list of the forces (measured by `benches/sensitivity.rs`).
const SAMPLE: f64 = 0.4;
const SAMPLE_WITH_PRESSURE: f64 = 2.5;
const PAIRS: f64 = 8.0;

/// Plain steps that a step of the adjoint costs: forwards with copies and lists on the grid of checkpoints, backwards, and for
/// each step that is made again (benches/sensitivity.rs).
const FORTH: f64 = 1.3;
const BACK: f64 = 3.1;
const AGAIN: f64 = 1.15;
/// And what a state costs whose energy, virial or pairs the loss reads.
const OF_ENERGY: f64 = 0.5;
const OF_VIRIAL: f64 = 3.0;
const OF_PAIRS: f64 = 20.0;

/// What the gradient of a loss will take, if one is asked for.
pub(super) fn adjoint(plan: &Plan) -> Option<String> {
    let s = plan.sensitivity.as_ref()?;
    let of = s.adjoint.as_ref()?;
    let (states, made) = of.memory.forecast(plan.start.masses.len(), plan.steps);
    let again = made.saturating_sub(plan.steps);
    // what the loss reads, a state in so many
    let reads = |cost: f64, samples: Samples| cost / samples.every as f64;
    let loss = match &of.loss {
        LossPlan::Mean(mean) => match mean.of {
            Averaged::PotentialEnergy => reads(OF_ENERGY, mean.samples),
            Averaged::Pressure => reads(OF_VIRIAL, mean.samples),
            Averaged::Temperature { .. } => reads(1.0, mean.samples),
        },
        LossPlan::Rdf { samples, .. } => reads(OF_PAIRS, *samples),
        LossPlan::Distance(_) => 0.0,
    };
    let again_of = if of.memory == Memory::Nothing {
        0.0
    } else {
        AGAIN * again as f64 / plan.steps.max(1) as f64
    };
    let cost = FORTH + BACK + loss + again_of;
    let how = match (of.memory, again) {
        (Memory::Nothing, _) => "none is kept, steps are undone".to_owned(),
        (_, 0) => "all are kept".to_owned(),
        (_, again) => format!("{} made again from checkpoints", counted(again, "step")),
    };
    Some(format!(
        "gradient of {} in {} and in the start; states take {} ({how}), about {cost:.1} times the time of a run without",
        of.name,
        counted(s.variables.len() as u64, "number"),
        bytes(states)
    ))
}

/// The rows of the estimator of averages.
pub(super) fn averages(plan: &Plan) -> Vec<String> {
    let Some((s, e)) = plan.sensitivity.as_ref().and_then(|s| Some((s, s.ensemble.as_ref()?))) else {
        return Vec::new();
    };
    let first = if e.after == 0 { e.every } else { e.after };
    let samples = plan.steps.checked_sub(first).map_or(0, |rest| rest / e.every + 1);
    // Parts of a plain step: energy and parameter gradient with their derivative along a strain; pairs are visited once
    // more, at some nanoseconds each.
    let pressure = e.observables.contains(&Observable::Pressure);
    let mut cost = if pressure { SAMPLE_WITH_PRESSURE } else { SAMPLE };
    if let Some(rdf) = e.rdf {
        let cutoff = plan.bindings.iter().map(PairBinding::cutoff).fold(0.0, f64::max);
        cost += PAIRS * (rdf.reach() / (cutoff + plan.settings.skin)).powi(3);
    }
    let cost = 100.0 * cost / e.every as f64;
    let mut lines = Vec::new();
    lines.push(format!(
        "a sample every {} steps from step {first} on: {}, about {cost:.0} % more time",
        e.every,
        counted(samples, "sample")
    ));
    let names: Vec<&str> = e.observables.iter().map(|o| o.name()).collect();
    let variables: Vec<&str> = e.variables.iter().map(|k| s.variables[*k].name.as_str()).collect();
    lines.push(format!(
        "{} differentiated in {}",
        names.join(", "),
        variables.join(", ")
    ));
    if samples < LEAST_SAMPLES {
        lines.push(format!(
            "too few for errors, which need {LEAST_SAMPLES}: make the run longer, or lower `every`"
        ));
    }
    lines
}
