//! What an integrator needs of the world: forces at a configuration.

use admd_engine::{Configuration, EngineError, Evaluation, ForceField, NeighborStatistics, Request};

/// Something that exerts forces. [`ForceField`] does; so can an analytic model in a test.
///
/// ```
/// use admd::dynamics::Forces;
/// use admd::engine::{Configuration, EngineError, Evaluation, Request};
///
/// /// Every atom on a spring of stiffness 1 to the origin.
/// struct Springs;
/// impl Forces for Springs {
///     fn evaluate(&mut self, c: &Configuration, request: Request, out: &mut Evaluation) -> Result<(), EngineError> {
///         out.forces = c.positions.iter().map(|r| -r).collect();
///         out.energy = request.energy_and_virial.then(|| c.positions.iter().map(|r| 0.5 * r.norm_squared()).sum());
///         Ok(())
///     }
/// }
/// ```
pub trait Forces {
    /// Evaluates what is asked for at a configuration; `out` is reused.
    ///
    /// # Errors
    /// Where there is no finite result; `out` is then not to be used.
    fn evaluate(&mut self, c: &Configuration, request: Request, out: &mut Evaluation) -> Result<(), EngineError>;

    /// Number of parameters: the length of a gradient.
    fn parameters(&self) -> usize {
        0
    }

    /// What the neighbour list has done so far, where there is one.
    fn statistics(&self) -> Option<NeighborStatistics> {
        None
    }

    /// Evaluations that follow are those after one at this configuration, to the last bit, whatever was evaluated before.
    ///
    /// # Errors
    /// Where there is no neighbour list for it.
    fn relist(&mut self, c: &Configuration) -> Result<(), EngineError> {
        let _ = c;
        Ok(())
    }

    /// What comes does not depend on what was evaluated before: bits of sums depend on when lists were built.
    fn forget(&mut self) {}
}

impl Forces for ForceField {
    fn evaluate(&mut self, c: &Configuration, request: Request, out: &mut Evaluation) -> Result<(), EngineError> {
        ForceField::evaluate(self, c, request, out)
    }

    fn parameters(&self) -> usize {
        ForceField::parameters(self).count()
    }

    fn statistics(&self) -> Option<NeighborStatistics> {
        Some(ForceField::statistics(self))
    }

    fn relist(&mut self, c: &Configuration) -> Result<(), EngineError> {
        ForceField::relist(self, c)
    }

    fn forget(&mut self) {
        ForceField::forget(self);
    }
}
