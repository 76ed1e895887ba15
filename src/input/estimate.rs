//! What a plan costs: images and entries of the neighbour list, memory, bytes on disk.

use super::plan::Plan;
use admd_engine::ListSize;

/// Estimates before anything is allocated for the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Number of atoms.
    pub atoms: u64,
    /// Periodic images of atoms in the neighbour list.
    pub images: f64,
    /// Entries of the full neighbour list: two for each pair within cutoff and skin.
    pub entries: f64,
    /// Memory of the run, in bytes.
    pub memory: f64,
    /// One frame of the trajectory before compression, in bytes.
    pub frame: u64,
    /// Number of frames, the first included.
    pub frames: u64,
    /// The trajectory, in bytes.
    pub file: f64,
}

/// Bytes an atom of state, forces, sorted copies and reductions take beside the list; a liquid of 10⁶ atoms needs about this.
const PER_ATOM: f64 = 260.0;

/// Bytes an atom takes beyond for each variable of the sensitivity: tangents of two states, of forces and of sorted copies.
const PER_TANGENT: f64 = 300.0;

/// The neighbour list of a plan.
fn list(plan: &Plan) -> ListSize {
    let cutoff = plan.bindings.iter().map(|b| b.cutoff()).fold(0.0, f64::max);
    ListSize::estimate(&plan.start.configuration, cutoff + plan.settings.skin)
}

/// Estimates the cost of a plan.
pub fn estimate(plan: &Plan) -> Estimate {
    let list = list(plan);
    let n = plan.start.configuration.len() as u64;
    let tangents = plan.start.tangents.len();
    let trajectory = plan.output.trajectory.as_ref();
    let vectors = trajectory.map_or(0, |t| 1 + u64::from(t.velocities) + u64::from(t.forces));
    // Positions and the like in double precision; nine edges, step and time.
    let frame = trajectory.map_or(0, |_| 24 * n * vectors + 88);
    let frames = trajectory.map_or(0, |t| plan.steps / t.every.max(1) + 1);
    let adjoint = plan.sensitivity.as_ref().and_then(|s| s.adjoint.as_ref());
    let states = adjoint.map_or(0.0, |a| a.memory.forecast(n as usize, plan.steps).0);
    Estimate {
        atoms: n,
        images: (list.slots - n as f64).max(0.0),
        entries: list.entries,
        memory: n as f64 * (PER_ATOM + tangents as f64 * PER_TANGENT) + list.bytes + states,
        frame,
        frames,
        file: frame as f64 * frames as f64,
    }
}
