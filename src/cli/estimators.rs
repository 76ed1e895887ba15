//! The estimators of a run: what they are made of, and what they say when it is over.

use super::CliError;
use crate::dynamics::Integrator;
use crate::input::Plan;
use crate::run::{Adjoint, Descent, EnsembleAverages, Sampling, Sensitivities};
use crate::sensitivity::{DIGITS, DIGITS_OF_MIXED, Observable, virial_lacks};
use admd_engine::{Cell, ForceField, Precision};
use admd_potentials::form::units::UnitSystem;
use serde_json::{Value, json};

/// Handles on those that a run has.
#[derive(Debug, Default)]
pub(super) struct Estimators {
    pub(super) tangents: Option<Sensitivities>,
    pub(super) averages: Option<(EnsembleAverages, Cell)>,
    pub(super) adjoint: Option<Adjoint>,
}

impl Estimators {
    /// Lines of the summary.
    pub(super) fn lines(&self, units: &UnitSystem) -> Vec<String> {
        let tangents = self.tangents.iter().flat_map(|s| s.lines(units));
        let averages = self.averages.iter().flat_map(|(a, _)| a.lines(units));
        let adjoint = self.adjoint.iter().flat_map(|a| a.lines(units));
        tangents.chain(averages).chain(adjoint).collect()
    }

    /// The same for programs; nothing where there is no estimator.
    pub(super) fn json(&self, units: &UnitSystem) -> Value {
        let mut all = self.tangents.as_ref().map(|s| s.json(units));
        let mut more = Vec::new();
        if let Some((averages, cell)) = &self.averages {
            more.extend(averages.json(cell, units));
        }
        if let Some(adjoint) = &self.adjoint {
            more.extend(adjoint.json(units));
        }
        if self.averages.is_some() || self.adjoint.is_some() {
            let list = all.get_or_insert_with(|| json!([])).as_array_mut();
            list.into_iter().for_each(|l| l.append(&mut more));
        }
        all.unwrap_or(Value::Null)
    }
}

/// What the estimator of averages samples, if it is asked for.
pub(super) fn sampling(
    plan: &Plan,
    integrator: &dyn Integrator,
    field: &mut ForceField,
) -> Result<Option<Sampling>, CliError> {
    let Some((s, plan_of)) = plan.sensitivity.as_ref().and_then(|s| Some((s, s.ensemble.as_ref()?))) else {
        return Ok(None);
    };
    let virial_lacks = if plan_of.observables.contains(&Observable::Pressure) {
        virial_lacks(field, &plan.start.configuration)?
    } else {
        Vec::new()
    };
    Ok(Some(Sampling {
        variables: plan_of.variables.iter().map(|k| s.variables[*k].clone()).collect(),
        ensemble: integrator.ensemble(plan.start.masses.len()),
        every: plan_of.every,
        after: plan_of.after,
        observables: plan_of.observables.clone(),
        rdf: plan_of.rdf,
        profile: plan_of.profile,
        virial_lacks,
    }))
}

/// Digits that derivatives may lose before nothing is left of them.
pub(super) fn digits(precision: Precision) -> f64 {
    match precision {
        Precision::Double => DIGITS,
        Precision::Mixed => DIGITS_OF_MIXED,
    }
}

/// What the gradient of a loss is made of, if it is asked for.
pub(super) fn descent(plan: &Plan) -> Result<Option<Descent>, CliError> {
    let Some((s, of)) = plan.sensitivity.as_ref().and_then(|s| Some((s, s.adjoint.as_ref()?))) else {
        return Ok(None);
    };
    Ok(Some(Descent {
        loss: of.loss.loss()?,
        name: of.name.clone(),
        dimension: of.dimension,
        variables: s.variables.clone(),
        forces: Box::new(ForceField::new(plan.bindings.clone(), plan.settings)?),
        integrator: plan.integrator.integrator(),
        memory: of.memory,
        digits: digits(plan.settings.precision),
        steps: plan.steps,
        units: plan.units,
    }))
}
