//! How the pressure depends on all parameters at once.

use admd_engine::{Configuration, Direction, EngineError, Evaluation, ForceField, Mat3, Request, Tangent};
use admd_potentials::form::truncation::Truncation;

/// What is missing when ∂ tr W/∂θ is taken from the derivative of ∂U/∂θ along a strain of all lengths: nothing, but for a
/// bare cut with tail corrections, whose virial has more than that (see [`Evaluation::virial`]). That part depends on the
/// volume, the species and the parameters alone, so it is found once for all states of a run, from the tangents of the virial
/// along each parameter.
///
/// # Errors
/// A start that has no forces.
pub fn virial_lacks(field: &mut ForceField, c: &Configuration) -> Result<Vec<f64>, EngineError> {
    if !field.bindings().any(|b| b.tail && b.truncation == Truncation::Cut) {
        return Ok(Vec::new());
    }
    let count = field.parameters().count();
    let mut directions = vec![Direction {
        strain: Mat3::identity(),
        ..Direction::default()
    }];
    directions.extend((0..count).map(|k| {
        let mut parameters = vec![0.0; count];
        parameters[k] = 1.0;
        Direction {
            parameters,
            ..Direction::default()
        }
    }));
    let request = Request {
        gradient: true,
        tangents: &directions,
        ..Request::ENERGY
    };
    let mut out = Evaluation::default();
    field.evaluate(c, request, &mut out)?;
    // the run must not depend on what was asked before it
    field.forget();
    let (dilation, along) = (&out.tangents[0].gradient, &out.tangents[1..]);
    let lacks = |(g, t): (&f64, &Tangent)| t.virial.map_or(0.0, |w| w.trace()) + g;
    Ok(dilation.iter().zip(along).map(lacks).collect())
}
