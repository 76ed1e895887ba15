//! `[integrator]`: what moves the atoms.

use super::plan::IntegratorPlan;
use super::walker::View;
use crate::dynamics::{Grid, Integrator, ReversibleVerlet, State};
use admd_engine::{Precision, Settings};

/// Reads the section; reversible dynamics takes the start to its grid, and the forces, too.
pub(super) fn read(view: &View<'_>, start: &mut State, settings: &mut Settings) -> Option<IntegratorPlan> {
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
    let grid = Grid::of(start, timestep);
    if let Err(error) = (ReversibleVerlet { timestep, grid }).prepare(start) {
        refuse(error.to_string(), "run without reversible = true");
        return None;
    }
    settings.quantum = grid.force;
    Some(IntegratorPlan::ReversibleVerlet { timestep, grid })
}
