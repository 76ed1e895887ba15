//! The obvious evaluator: a double loop over atoms and images, no list, no threads, no lanes. It is the oracle.

use super::{Configuration, EngineError, Evaluation, ForceField, Mat3, Request, Vec3};

/// Evaluates energy, forces and virial by the definition.
///
/// # Errors
/// Overlapping atoms.
pub fn evaluate(
    field: &ForceField,
    c: &Configuration,
    request: Request,
    out: &mut Evaluation,
) -> Result<(), EngineError> {
    let n = c.len();
    let images = images(c, field.cutoff());
    let (mut energy, mut virial) = (0.0, Mat3::zeros());
    out.forces.clear();
    out.forces.resize(n, Vec3::zeros());
    let mut energies = vec![0.0; n];
    for i in 0..n {
        for j in 0..n {
            let base = c.cell.minimum_image(c.positions[j] - c.positions[i]);
            for image in &images {
                if i == j && *image == [0; 3] {
                    continue;
                }
                let d = base + c.cell.translation(*image);
                for term in &field.terms {
                    let (a, b) = (c.species[i].into(), c.species[j].into());
                    let Some((u, slope)) = term.pair(a, b, d.norm_squared()) else {
                        continue;
                    };
                    if !(u.is_finite() && slope.is_finite()) {
                        let (first, second) = (i.min(j), i.max(j));
                        return Err(EngineError::Overlap {
                            first,
                            second,
                            distance: d.norm(),
                        });
                    }
                    energies[i] += 0.5 * u;
                    out.forces[i] += d * (2.0 * slope);
                    virial -= d * d.transpose() * slope;
                }
            }
        }
        energy += energies[i];
    }
    for term in &field.terms {
        let (tail_energy, tail_virial) = tail(term.as_ref(), c);
        energy += tail_energy;
        virial += Mat3::identity() * tail_virial;
    }
    out.energy = request.energy_and_virial.then_some(energy);
    out.virial = request.energy_and_virial.then_some(virial);
    out.energies = if request.per_atom { energies } else { Vec::new() };
    out.gradient.clear();
    out.tangent = None;
    Ok(())
}

/// Tail corrections of energy and of each diagonal element of the virial [energy].
fn tail(term: &dyn super::pair_term::PairTerm, c: &Configuration) -> (f64, f64) {
    let binding = term.binding();
    let mut count = vec![0.0; binding.species.len()];
    for &s in &c.species {
        count[usize::from(s)] += 1.0;
    }
    let (mut energy, mut virial) = (0.0, 0.0);
    for (a, b) in binding.each_pair() {
        let (u, w) = term.tail(a, b);
        let pairs = count[a] * count[b] * if a == b { 1.0 } else { 2.0 };
        let weight = 2.0 * std::f64::consts::PI * pairs / c.cell.volume();
        energy += weight * u;
        virial += weight * w;
    }
    (energy, virial)
}

/// Translations that can bring a minimum image within the cutoff.
fn images(c: &Configuration, cutoff: f64) -> Vec<[i32; 3]> {
    let reach = |k: usize| {
        if c.cell.periodic()[k] {
            (cutoff / c.cell.height(k) + 0.5).ceil() as i32
        } else {
            0
        }
    };
    let (a, b, d) = (reach(0), reach(1), reach(2));
    let mut all = Vec::new();
    for i in -a..=a {
        for j in -b..=b {
            for k in -d..=d {
                all.push([i, j, k]);
            }
        }
    }
    all
}
