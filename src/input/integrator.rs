//! `[integrator]`: what moves the atoms.

use super::plan::IntegratorPlan;
use super::walker::View;
use crate::dynamics::{Grid, Integrator, ReversibleVerlet, State};
use admd_engine::{Evaluation, ForceField, Precision, Request, Settings};
use admd_potentials::form::binding::PairBinding;

/// Points of the grid that the fastest atom of a start crosses in a step at least: positions are rounded to half of one.
const LEAST_QUANTA: f64 = 1000.0;

/// Reads the section; reversible dynamics takes the start to its grid, and the forces, too.
pub(super) fn read(
    view: &View<'_>,
    bindings: &[PairBinding],
    start: &mut State,
    settings: &mut Settings,
) -> Option<IntegratorPlan> {
    view.text("kind")?;
    let timestep = view.quantity("timestep")?.value.coherent;
    if view.flag("reversible") != Some(true) {
        return Some(IntegratorPlan::VelocityVerlet { timestep });
    }
    let refuse = |reason: String, help: &str| view.conflict(view.at("reversible"), reason, "asked for here", help);
    if settings.precision == Precision::Mixed {
        let reason = "reversible dynamics needs forces in double precision".to_owned();
        refuse(
            reason,
            "drop precision = \"mixed\" from [run], or reversible from [integrator]",
        );
        return None;
    }
    // a start that has no forces is refused when it is run
    let mut found = Evaluation::default();
    let evaluated = ForceField::new(bindings.to_vec(), *settings)
        .and_then(|mut field| field.evaluate(&start.configuration, Request::FORCES, &mut found));
    let forces = if evaluated.is_ok() {
        found.forces.as_slice()
    } else {
        &[]
    };
    let grid = Grid::of(start, forces, timestep);
    let fastest = start.velocities.iter().map(|v| v.amax()).fold(0.0, f64::max);
    if fastest > 0.0 && fastest * timestep < LEAST_QUANTA * grid.length {
        let reason = format!(
            "in such a time step the fastest atom moves less than {LEAST_QUANTA} points of the grid of reversible dynamics"
        );
        refuse(
            reason,
            "lengthen the time step, start nearer to the origin, or run without reversible = true",
        );
        return None;
    }
    if let Err(error) = (ReversibleVerlet { timestep, grid }).prepare(start) {
        refuse(error.to_string(), "run without reversible = true");
        return None;
    }
    settings.quantum = grid.force;
    Some(IntegratorPlan::ReversibleVerlet { timestep, grid })
}
