//! What a plan costs: entries of the neighbour list, memory, bytes on disk.

use super::plan::Plan;
use admd_engine::Configuration;
use std::f64::consts::PI;

/// Estimates before anything is allocated for the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Number of atoms.
    pub atoms: u64,
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

/// Bytes an atom of state, forces, sorted copies and reductions take; a liquid of 10⁶ atoms needs about this.
const PER_ATOM: f64 = 400.0;
/// Bytes a list entry takes: a 32-bit index and its share of padding and image shifts.
const PER_ENTRY: f64 = 6.0;

/// Entries of a full list within a distance \[length\], for atoms spread evenly; at most all pairs if nothing is periodic.
pub(super) fn entries(c: &Configuration, reach: f64) -> f64 {
    let n = c.len() as f64;
    let density = n / c.cell.volume();
    let spread = n * density * 4.0 / 3.0 * PI * reach.powi(3);
    if c.cell.periodic() == [false; 3] {
        spread.min(n * (n - 1.0))
    } else {
        spread
    }
}

/// Estimates the cost of a plan.
pub fn estimate(plan: &Plan) -> Estimate {
    let c = &plan.start.configuration;
    let cutoff = plan.bindings.iter().map(|b| b.cutoff()).fold(0.0, f64::max);
    let entries = entries(c, cutoff + plan.settings.skin);
    let n = c.len() as u64;
    let trajectory = plan.output.trajectory.as_ref();
    let vectors = trajectory.map_or(0, |t| 1 + u64::from(t.velocities) + u64::from(t.forces));
    // Positions and the like in double precision; nine edges, step and time.
    let frame = trajectory.map_or(0, |_| 24 * n * vectors + 88);
    let frames = trajectory.map_or(0, |t| plan.steps / t.every.max(1) + 1);
    Estimate {
        atoms: n,
        entries,
        memory: n as f64 * PER_ATOM + entries * PER_ENTRY,
        frame,
        frames,
        file: frame as f64 * frames as f64,
    }
}
