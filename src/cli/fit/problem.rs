//! The targets of a plan.

use crate::fit::{FitError, Frames, Problem, Target};
use crate::input::FitPlan;
use std::sync::Arc;

/// What is fitted to.
pub(super) fn training(plan: &FitPlan) -> Result<Problem, FitError> {
    let mut targets: Vec<Box<dyn Target>> = Vec::new();
    if !plan.training.is_empty() {
        targets.push(Box::new(frames(plan, &plan.training)?));
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
