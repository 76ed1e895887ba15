//! The diagnosis of a run whose numbers lost their meaning: what, when, which atom, and what to do.

use super::format::short;
use super::record;
use crate::dynamics::{DynamicsError, Integrator, Moment};
use crate::input::overlap::own_image;
use admd_engine::{EngineError, Vec3};
use admd_potentials::form::units::{Dimension, UnitSystem};
use core::fmt;

/// Why a run was stopped.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Cause {
    /// Forces that are not finite, or an atom that leaps.
    #[error(transparent)]
    Step(#[from] DynamicsError),
    /// An energy that is not finite.
    #[error("the potential energy is not finite")]
    Energy,
    /// Heating without end.
    #[error("the kinetic energy is {ratio:.0} times what it started from (limit {limit:.0})")]
    Runaway {
        /// Kinetic energy over its reference.
        ratio: f64,
        /// The limit.
        limit: f64,
    },
}

impl Cause {
    /// The atom that it names.
    fn atom(&self) -> Option<usize> {
        match self {
            Self::Step(DynamicsError::Leap { atom, .. })
            | Self::Step(DynamicsError::Engine(
                EngineError::NonFinitePosition { atom, .. } | EngineError::NonFiniteForce { atom, .. },
            )) => Some(*atom),
            Self::Step(DynamicsError::Engine(EngineError::Overlap { first, .. })) => Some(*first),
            _ => None,
        }
    }
}

/// An atom in the last good state, in the units of input and output.
#[derive(Clone, Debug, PartialEq)]
pub struct AtomReport {
    /// Index of the atom, from 0.
    pub atom: usize,
    /// Position \[length\].
    pub position: Vec3,
    /// Velocity \[length/time\].
    pub velocity: Vec3,
    /// Force \[energy/length\].
    pub force: Vec3,
    /// Index of the nearest neighbour and its distance \[length\]; the index of the atom itself when its own periodic
    /// image is nearest.
    pub nearest: Option<(usize, f64)>,
}

/// The diagnosis.
#[derive(Clone, Debug, PartialEq)]
pub struct BlowUp {
    /// The step that could not be made.
    pub step: u64,
    /// Its time \[time\].
    pub time: f64,
    /// Length of a step \[time\].
    pub timestep: f64,
    /// What was seen.
    pub cause: Cause,
    /// The atom concerned, as it was one step before.
    pub report: Option<AtomReport>,
    /// The units of the numbers.
    pub units: &'static UnitSystem,
}

impl BlowUp {
    /// Looks for the atom that is to blame in the last good state.
    pub fn diagnose(cause: Cause, last: &Moment, integrator: &dyn Integrator, units: &'static UnitSystem) -> Self {
        let step = last.state.step + 1;
        let atom = cause.atom().or_else(|| hardest_pulled(last));
        Self {
            step,
            time: record::time(step, integrator, units),
            timestep: record::time(1, integrator, units),
            report: atom.map(|atom| AtomReport {
                atom,
                position: last.state.configuration.positions[atom],
                velocity: last.state.velocities[atom] / units.to_coherent(Dimension::VELOCITY),
                force: last.evaluation.forces[atom],
                nearest: nearest(last, atom),
            }),
            cause,
            units,
        }
    }
}

/// The atom with the largest acceleration.
fn hardest_pulled(last: &Moment) -> Option<usize> {
    let pull = |&i: &usize| last.evaluation.forces[i].norm() / last.state.masses[i];
    (0..last.state.masses.len()).max_by(|a, b| pull(a).total_cmp(&pull(b)))
}

/// The nearest neighbour of an atom by the minimum image, which may be an image of the atom itself.
fn nearest(last: &Moment, atom: usize) -> Option<(usize, f64)> {
    let c = &last.state.configuration;
    let others = (0..c.len()).filter(|&j| j != atom);
    let own = (atom, own_image(&c.cell));
    others
        .map(|j| (j, c.cell.minimum_image(c.positions[j] - c.positions[atom]).norm()))
        .chain(own.1.is_finite().then_some(own))
        .min_by(|a, b| a.1.total_cmp(&b.1))
}

impl fmt::Display for BlowUp {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let u = self.units;
        let time = u.time.symbol;
        writeln!(
            f,
            "step {} (t = {} {time}) went wrong: {}",
            self.step,
            short(self.time),
            self.cause
        )?;
        if let Some(a) = &self.report {
            let row = |v: &Vec3| format!("{:>15.6e} {:>15.6e} {:>15.6e}", v.x, v.y, v.z);
            writeln!(f, "  atom {} one step before (atoms count from 0):", a.atom)?;
            writeln!(f, "    position {} {}", row(&a.position), u.symbol(Dimension::LENGTH))?;
            writeln!(f, "    velocity {} {}", row(&a.velocity), u.symbol(Dimension::VELOCITY))?;
            writeln!(f, "    force    {} {}", row(&a.force), u.symbol(Dimension::FORCE))?;
            if let Some((j, distance)) = a.nearest {
                let who = if j == a.atom {
                    "its own image".to_owned()
                } else {
                    format!("atom {j}")
                };
                writeln!(f, "    nearest  {who} at {distance:.6} {}", u.length.symbol)?;
            }
        }
        write!(
            f,
            "  advice: try a shorter step than {} {time}; look for atoms that start too close to each other; check that \
             masses, lengths and energies are meant in `{}` units",
            short(self.timestep),
            u.name
        )
    }
}

impl std::error::Error for BlowUp {}
