//! Numbers on which every addition of a step is exact.
//!
//! Rounding makes ordinary dynamics irreversible: (v + a) − a is not v. Let positions, velocities and forces be whole multiples
//! of quanta q_r, q_v, q_f, powers of two. An f64 holds 2⁵³ of them, so sums are exact, and a step
//!
//! v′ = v + \[F/m · dt\]   r′ = r + \[v′ dt\]   where \[x\] is the multiple of the quantum nearest to x
//!
//! is undone by the same step with −dt, to the last bit: \[−x\] = −\[x\]. This is the bit-reversible map of D. Levesque and
//! L. Verlet, *J. Stat. Phys.* **72**, 519 (1993), doi:10.1007/BF01048022, with integers held in f64. It takes forces that
//! depend on the positions alone, not on the order of a sum: see [`Settings::quantum`](admd_engine::Settings::quantum).

use super::{DynamicsError, State, drifted, kicked};
use admd_engine::{Cell, Vec3};

/// How a kick and a drift are rounded.
pub(super) trait Rounding: Copy + Sync {
    /// v + F/m · dt, a component.
    fn kick(self, v: f64, force: f64, mass: f64, dt: f64) -> f64;
    /// r + v · dt, a component.
    fn drift(self, r: f64, v: f64, dt: f64) -> f64;
}

/// As f64 rounds.
#[derive(Clone, Copy)]
pub(super) struct Free;

impl Rounding for Free {
    #[inline(always)]
    fn kick(self, v: f64, force: f64, mass: f64, dt: f64) -> f64 {
        kicked(v, force, mass, dt)
    }
    #[inline(always)]
    fn drift(self, r: f64, v: f64, dt: f64) -> f64 {
        drifted(r, v, dt)
    }
}

/// The quanta of a run; powers of two.
///
/// ```
/// use admd::dynamics::{Grid, State};
/// use admd::engine::{Cell, Configuration, Vec3};
/// let state = State {
///     step: 0,
///     configuration: Configuration {
///         cell: Cell::orthogonal([10.0, 12.0, 9.0])?,
///         species: vec![0],
///         positions: vec![Vec3::zeros()],
///     },
///     velocities: vec![Vec3::x() * 1.5],
///     masses: vec![1.0],
///     tangents: vec![],
/// };
/// let grid = Grid::of(&state, &[], 0.005);
/// // 2⁴⁴ points along an edge of up to 16, so that 256 such lengths are at hand
/// assert_eq!(grid.length, 16.0 / (1_u64 << 44) as f64);
/// // 1.5 in steps of 2⁻⁴¹, up to 2000
/// assert_eq!(grid.velocity, 32.0 / (1_u64 << 46) as f64);
/// # Ok::<(), admd::engine::EngineError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// q_r \[length\].
    pub length: f64,
    /// q_v \[length/τ\].
    pub velocity: f64,
    /// q_f \[energy/length\].
    pub force: f64,
}

/// Bits of a coordinate within the largest length of the start; the rest of 53 is for atoms that leave.
const BITS: i32 = 44;
/// Coordinates in quanta that are let through, a half of what f64 holds.
const MOST: f64 = (1_u64 << 52) as f64;

impl Grid {
    /// A fine grid for a start and the forces there, which may be left out. Coordinates go up to 256 times the largest of the
    /// start and its cell. With v the larger of sixteen times the fastest speed and of what the largest force gives the
    /// lightest atom over that length, velocities go up to 64 v, and forces to some hundred times m v²/length and more. From
    /// rest without forces, where there is no such scale, velocities cross the cell in one step, and a quantum of force is one
    /// of velocity in half a kick.
    pub fn of(state: &State, forces: &[Vec3], timestep: f64) -> Self {
        let c = &state.configuration;
        let edges = (0..3).map(|k| c.cell.edge(k).amax());
        let extent = c.positions.iter().map(|r| r.amax()).chain(edges).fold(0.0, f64::max);
        let lightest = state.masses.iter().copied().fold(f64::INFINITY, f64::min);
        let lightest = if lightest.is_finite() { lightest } else { 1.0 };
        let largest = |v: &[Vec3]| v.iter().map(|v| v.amax()).fold(0.0, f64::max);
        let pulled = (largest(forces) * extent / lightest).sqrt();
        let speed = pulled.max(16.0 * largest(&state.velocities));
        let crossing = extent / timestep.abs();
        let velocity = if speed > 0.0 && speed < crossing {
            two_to(exponent(speed) + 1 - 46)
        } else {
            two_to(exponent(crossing) + 1 - 52)
        };
        // that of velocity in half a kick, but neither finer nor coarser than what accelerates to such speeds asks for
        let kick = exponent(velocity * lightest / timestep.abs());
        let scale = exponent(lightest * speed * speed / extent);
        Self {
            length: two_to(exponent(extent) + 1 - BITS),
            velocity,
            force: two_to(if speed > 0.0 {
                kick.clamp(scale - 40, scale - 34)
            } else {
                kick
            }),
        }
    }

    /// Takes cell, positions and velocities to the nearest points of the grid.
    ///
    /// # Errors
    /// When the cell has no volume there.
    pub fn settle(&self, state: &mut State) -> Result<(), DynamicsError> {
        let c = &mut state.configuration;
        let edges = [0, 1, 2].map(|k| c.cell.edge(k).map(|x| nearest(x, self.length)));
        c.cell = Cell::new(edges, c.cell.periodic())?;
        for r in &mut c.positions {
            *r = r.map(|x| nearest(x, self.length));
        }
        for v in &mut state.velocities {
            *v = v.map(|x| nearest(x, self.velocity));
        }
        Ok(())
    }

    /// Refuses coordinates and velocities beyond the grid.
    pub(super) fn check(&self, state: &State) -> Result<(), DynamicsError> {
        let (positions, velocities) = (&state.configuration.positions, &state.velocities);
        let limit = MOST * self.velocity;
        if let Some(atom) = velocities.iter().position(|v| v.amax() > limit) {
            let speed = velocities[atom].norm();
            return Err(DynamicsError::TooFast { atom, speed, limit });
        }
        let limit = MOST * self.length;
        match positions.iter().position(|r| r.amax() > limit) {
            Some(atom) => Err(DynamicsError::OffGrid {
                atom,
                position: positions[atom].into(),
                limit,
            }),
            None => Ok(()),
        }
    }
}

impl Rounding for Grid {
    #[inline(always)]
    fn kick(self, v: f64, force: f64, mass: f64, dt: f64) -> f64 {
        v + nearest(kicked(0.0, force, mass, dt), self.velocity)
    }
    #[inline(always)]
    fn drift(self, r: f64, v: f64, dt: f64) -> f64 {
        r + nearest(drifted(0.0, v, dt), self.length)
    }
}

/// The multiple of a quantum that is nearest to a number of less than 2⁵¹ of them; of two the even one.
#[inline(always)]
fn nearest(x: f64, quantum: f64) -> f64 {
    // next to 1.5 · 2⁵² quanta, f64 is the grid
    let bias = 3.0 * (1_u64 << 51) as f64 * quantum;
    (x + bias) - bias
}

/// e with 2ᵉ ≤ x < 2ᵉ⁺¹; 0 for what has none.
fn exponent(x: f64) -> i32 {
    if x.is_normal() && x > 0.0 {
        ((x.to_bits() >> 52) as i32) - 1023
    } else {
        0
    }
}

/// 2ᵉ, kept where it and 2⁵³ of it are normal numbers.
fn two_to(e: i32) -> f64 {
    f64::from_bits(((e.clamp(-900, 900) + 1023) as u64) << 52)
}
