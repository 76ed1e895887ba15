//! The targets of a plan.

use crate::fit::{Crystal, FitError, Frames, Problem, Relaxed, Simulation, Target};
use crate::input::FitPlan;
use std::sync::Arc;

/// What is fitted to.
pub(super) fn training(plan: &FitPlan) -> Result<Problem, FitError> {
    let mut targets: Vec<Box<dyn Target>> = Vec::new();
    if !plan.training.is_empty() {
        targets.push(Box::new(frames(plan, &plan.training)?));
    }
    let bindings = || plan.bindings.clone();
    for spec in &plan.crystals {
        targets.push(Box::new(Crystal::new(spec.clone(), bindings())?));
    }
    for spec in &plan.relaxed {
        targets.push(Box::new(Relaxed::new(spec.clone(), bindings())?));
    }
    for spec in &plan.simulations {
        targets.push(Box::new(Simulation::new(spec.clone(), bindings())?));
    }
    Problem::new(plan.variables.clone(), targets, plan.loss)
}

/// What is compared only.
pub(super) fn validation(plan: &FitPlan) -> Result<Option<Frames>, FitError> {
    if plan.validation.is_empty() {
        return Ok(None);
    }
    frames(plan, &plan.validation).map(Some)
}

fn frames(plan: &FitPlan, chosen: &[usize]) -> Result<Frames, FitError> {
    let data = Arc::new(plan.data.clone());
    Frames::new(data, chosen.to_vec(), plan.bindings.clone(), plan.quantities)
}
