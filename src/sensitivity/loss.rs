//! A function of a trajectory whose gradient is sought.

use crate::dynamics::State;
use admd_engine::{EngineError, Vec3};

/// What a loss reads of a state, beside cell and positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Velocities or masses. Where they are read, [`Memory::Nothing`](super::Memory::Nothing) costs one more force.
    pub velocities: bool,
    /// The potential energy: it costs a third of a force more.
    pub energy: bool,
    /// The trace of the virial: it costs as much, and a tangent of the forces.
    pub virial: bool,
}

/// What one state adds to a loss, and how that depends on the state. Empty lists stand for zeros.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Share {
    /// ℓ_n, without what the weights add \[L\].
    pub value: f64,
    /// ∂ℓ_n/∂r, one vector an atom \[L/length\].
    pub positions: Vec<Vec3>,
    /// ∂ℓ_n/∂v, likewise \[L τ/length\].
    pub velocities: Vec<Vec3>,
    /// ∂ℓ_n/∂m, one number an atom \[L/mass\].
    pub masses: Vec<f64>,
    /// The weight of the potential energy \[L/energy\].
    pub energy: f64,
    /// The weight of the trace of the virial \[L/energy\].
    pub virial: f64,
}

/// A function of a trajectory: L = Σ_n ℓ_n(r_n, v_n, m) + w_n E_n + u_n tr W_n over its states n = 0 to `steps`.
///
/// A function of averages, such as the distance between a mean distribution and another, is one, too: [`Loss::see`] collects
/// the averages forwards, and [`Loss::share`] gives the slopes backwards.
pub trait Loss {
    /// What it reads of the state at a step; `None` where it reads nothing.
    fn reads(&self, step: u64, steps: u64) -> Option<Reads>;

    /// Sees the state at a step of which it reads anything, forwards, before any share is asked for.
    ///
    /// # Errors
    /// Where it cannot be measured.
    fn see(&mut self, step: u64, steps: u64, state: &State) -> Result<(), EngineError> {
        let _ = (step, steps, state);
        Ok(())
    }

    /// What the state at a step adds, asked for backwards and once.
    ///
    /// # Errors
    /// Where it cannot be measured.
    fn share(&self, step: u64, steps: u64, state: &State) -> Result<Share, EngineError>;
}
