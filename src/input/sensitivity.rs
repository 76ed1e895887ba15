//! `[sensitivity]`: what the trajectory is differentiated in.

use super::adjoint::{self, Journey};
use super::choose::choose;
use super::document::{Table, Value};
use super::ensemble;
use super::plan::{IntegratorPlan, Output, SensitivityPlan, TangentPlan};
use super::walker::View;
use crate::dynamics::State;
use crate::sensitivity::{Variable, variables};
use admd_engine::Species;
use admd_potentials::form::binding::PairBinding;
use admd_potentials::form::units::UnitSystem;

/// The estimator that rides along.
pub(super) const TANGENT: &str = "tangent";
/// The estimator of averages, from fluctuations.
pub(super) const ENSEMBLE: &str = "ensemble";

/// The estimator of a loss, backwards.
pub(super) const ADJOINT: &str = "adjoint";

/// What the variables are chosen from.
pub(super) struct Ground<'a> {
    pub(super) bindings: &'a [PairBinding],
    pub(super) species: &'a [Species],
    /// Time step \[τ\].
    pub(super) timestep: f64,
    /// Temperature of drawn start velocities \[temperature\].
    pub(super) temperature: Option<f64>,
    pub(super) units: &'a UnitSystem,
    pub(super) output: &'a Output,
}

/// Reads the section and seeds the tangents of the start.
pub(super) fn read(
    view: &View<'_>,
    ground: &Ground<'_>,
    start: &mut State,
    (integrator, steps): (IntegratorPlan, Option<u64>),
) -> Option<SensitivityPlan> {
    let frames = ground.output.trajectory.as_ref();
    for key in ["every", "velocities"] {
        if view.has(key) && frames.is_none() {
            let reason = format!("`{key}` has no effect without a trajectory");
            let help = "add trajectory = \"run.h5md\" to [output], or remove this key";
            view.conflict(view.key_at(key), reason, "belongs to a trajectory", help);
        }
    }
    let leaves = || ground.bindings.iter().flat_map(|b| &b.leaves);
    let all = variables(
        leaves(),
        ground.species,
        ground.timestep,
        ground.temperature,
        ground.units,
    );
    let names: Vec<&str> = all.iter().map(|v| v.name.as_str()).collect();
    let help = |pattern: &str| {
        let drawn = "start velocities depend on it only where [velocities] draws them at a temperature above zero";
        (pattern == "velocities.temperature").then(|| drawn.to_owned())
    };
    let chosen = choose(view, "parameters", &names, help)?;
    let count = leaves().count();
    let variables: Vec<_> = chosen.into_iter().map(|k| all[k].clone()).collect();
    let estimators = view.texts("estimators").unwrap_or_else(|| vec![TANGENT.to_owned()]);
    for key in ["every", "velocities"] {
        if view.has(key) && frames.is_some() && !estimators.iter().any(|e| e == TANGENT) {
            let reason = format!("`{key}` has no effect without the estimator \"{TANGENT}\"");
            let help = format!("add \"{TANGENT}\" to estimators, or remove this key");
            view.conflict(view.key_at(key), reason, "belongs to frames of dr/dtheta", &help);
        }
    }
    let every = view.integer("every").and_then(|n| u64::try_from(n.value).ok());
    let tangent = estimators.iter().any(|e| e == TANGENT).then(|| TangentPlan {
        every: every.or(frames.map(|f| f.every)).unwrap_or(0),
        velocities: view.flag("velocities").unwrap_or(true),
    });
    if tangent.is_some() {
        let along = |v: &Variable| v.tangent(start, count, ground.units);
        start.tangents = variables.iter().map(along).collect();
    }
    let ground_of = (&start.configuration, steps);
    let ensemble = ensemble::read(view, ground, ground_of, (&estimators, &variables));
    let journey = Journey {
        ground,
        configuration: &start.configuration,
        integrator,
        steps,
    };
    let adjoint = adjoint::read(view, &journey, (&estimators, &variables));
    if adjoint.is_none() && estimators.iter().any(|e| e == ADJOINT) && view.cx.is_clean() {
        let reason = "the gradient of the loss makes no plan".to_owned();
        let help = "this is a bug of admd: please report it with the input";
        view.conflict(view.at("estimators"), reason, "asked for here", help);
    }
    if adjoint.is_some() && tangent.is_some() {
        let reason = "tangents and the adjoint do not go together in one run".to_owned();
        let help =
            "the adjoint gives the gradient of one loss in everything, tangents that of everything in one number";
        view.conflict(view.at("estimators"), reason, "keep one of the two", help);
    }
    Some(SensitivityPlan {
        variables,
        tangent,
        ensemble,
        adjoint,
    })
}

/// Does a tree ask for the gradient of a loss?
pub(super) fn has_adjoint(root: &Table) -> bool {
    let Some(Value::Table(section)) = root.get("sensitivity").map(|e| &e.node.value) else {
        return false;
    };
    let is = |value: &Value| matches!(value, Value::Text(name) if name == ADJOINT);
    match section.get("estimators").map(|e| &e.node.value) {
        Some(Value::List(list)) => list.iter().any(|node| is(&node.value)),
        Some(value) => is(value),
        None => false,
    }
}
