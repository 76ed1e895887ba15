//! The obvious evaluator: a double loop over atoms and images, no list, no threads, no lanes. It is the oracle.
//!
//! Everything is a nested dual: the outer part is the derivative in r² or in one parameter, the inner part the derivative
//! along one direction of the request.

use super::pair_term::{Directed, Nested, Oracle};
use super::tail::Gas;
use super::{Cell, Configuration, Direction, EngineError, Evaluation, ForceField, Mat3, Request, Tangent, Vec3};
use admd_ad::{Dual, Real};

/// Evaluates everything by the definition.
///
/// # Errors
/// As [`ForceField::evaluate`], but any list is short enough.
pub fn evaluate(
    field: &ForceField,
    c: &Configuration,
    request: Request,
    out: &mut Evaluation,
) -> Result<(), EngineError> {
    field.check(c, request)?;
    *out = along(field, c, request, &Direction::default())?.0;
    for direction in request.tangents {
        out.tangents.push(along(field, c, request, direction)?.1);
    }
    Ok(())
}

/// The values, and their derivatives along one direction.
fn along(
    field: &ForceField,
    c: &Configuration,
    request: Request,
    direction: &Direction,
) -> Result<(Evaluation, Tangent), EngineError> {
    let pairs = pairs(c, direction, field.cutoff());
    let zero = Directed::lit(0.0);
    let mut forces = vec![[zero; 3]; c.len()];
    let mut energies = vec![zero; c.len()];
    let (mut energy, mut virial) = (zero, [[zero; 3]; 3]);
    let mut gradient = Vec::new();
    let theta: Vec<Nested> = theta(field, direction).into_iter().map(Dual::constant).collect();
    let gas = Gas::new(c, field.species(), Some(direction)).lifted(Dual::constant);
    let mut first = 0;
    for term in &field.terms {
        let own = &theta[first..first + term.binding().leaves.len()];
        first += own.len();
        let oracle = term.oracle(own);
        for pair in &pairs {
            let Some(u) = (oracle.pair)(pair.species[0], pair.species[1], Dual::variable(pair.r2(), 0)) else {
                continue;
            };
            let slope = u.d[0];
            if !(u.v.v.is_finite() && slope.v.is_finite()) {
                let (first, second) = (pair.i.min(pair.j), pair.i.max(pair.j));
                let distance = pair.r2().v.sqrt();
                return Err(EngineError::Overlap {
                    first,
                    second,
                    distance,
                });
            }
            energies[pair.i] = energies[pair.i] + u.v * 0.5;
            for a in 0..3 {
                let pull = slope * pair.d[a];
                forces[pair.i][a] = forces[pair.i][a] + pull * 2.0;
                for b in 0..3 {
                    virial[a][b] = virial[a][b] - pull * pair.d[b];
                }
            }
        }
        let tail = |oracle: &Oracle| gas.correction(term.binding(), oracle.tails.iter().copied());
        let (tail_energy, tail_virial) = tail(&oracle);
        energy = energy + tail_energy.v;
        for a in 0..3 {
            virial[a][a] = virial[a][a] + tail_virial.v;
        }
        for leaf in 0..if request.gradient { own.len() } else { 0 } {
            let mut variables = own.to_vec();
            variables[leaf] = Dual::variable(own[leaf].v, 0);
            let oracle = term.oracle(&variables);
            let of_pair = |p: &Pair| (oracle.pair)(p.species[0], p.species[1], Dual::constant(p.r2()));
            let sum = pairs.iter().filter_map(of_pair).fold(zero, |sum, u| sum + u.d[0] * 0.5);
            gradient.push(sum + tail(&oracle).0.d[0]);
        }
    }
    energy = energies.iter().fold(energy, |sum, u| sum + *u);

    let part = |x: Directed, p: usize| if p == 0 { x.v } else { x.d[0] };
    let vectors = |p| forces.iter().map(|f| Vec3::from(f.map(|x| part(x, p)))).collect();
    let scalar = |p| request.energy_and_virial.then_some(part(energy, p));
    let tensor = |p| {
        request
            .energy_and_virial
            .then(|| Mat3::from_fn(|a, b| part(virial[a][b], p)))
    };
    let list = |on: bool, of: &[Directed], p| {
        if on {
            of.iter().map(|x| part(*x, p)).collect()
        } else {
            Vec::new()
        }
    };
    let values = Evaluation {
        forces: vectors(0),
        energy: scalar(0),
        virial: tensor(0),
        energies: list(request.per_atom, &energies, 0),
        gradient: list(request.gradient, &gradient, 0),
        tangents: Vec::new(),
    };
    let tangent = Tangent {
        forces: vectors(1),
        energy: scalar(1),
        virial: tensor(1),
        energies: list(request.per_atom, &energies, 1),
        gradient: list(request.gradient, &gradient, 1),
    };
    Ok((values, tangent))
}

/// The parameters with their change along the direction.
fn theta(field: &ForceField, direction: &Direction) -> Vec<Directed> {
    let change = |k: usize| direction.parameters.get(k).copied().unwrap_or(0.0);
    let leaves = field.parameters().enumerate();
    leaves
        .map(|(k, leaf)| Dual::with_tangents(leaf.value, [change(k)]))
        .collect()
}

/// An atom and an image of an atom.
struct Pair {
    i: usize,
    j: usize,
    species: [usize; 2],
    /// From the first to the second \[length\].
    d: [Directed; 3],
}

impl Pair {
    fn r2(&self) -> Directed {
        self.d.iter().fold(Directed::lit(0.0), |sum, x| sum + x.sq())
    }
}

/// Every pair within the cutoff, in both orders, with all images.
fn pairs(c: &Configuration, direction: &Direction, cutoff: f64) -> Vec<Pair> {
    let change = |i: usize| direction.positions.get(i).copied().unwrap_or_default();
    let mut pairs = Vec::new();
    for i in 0..c.len() {
        for j in 0..c.len() {
            let base = c.positions[j] - c.positions[i];
            for image in images(&c.cell, base, cutoff) {
                let d = base + c.cell.translation(image);
                if (i == j && image == [0; 3]) || d.norm() > cutoff {
                    continue;
                }
                let change = change(j) - change(i) + direction.strain * d;
                let d = [0, 1, 2].map(|k| Dual::with_tangents(d[k], [change[k]]));
                let species = [c.species[i].into(), c.species[j].into()];
                pairs.push(Pair { i, j, species, d });
            }
        }
    }
    pairs
}

/// Translations that can bring a displacement within the cutoff: along each periodic edge those that bring it within the
/// cutoff of the plane of the other two, in a cell of any shape.
fn images(cell: &Cell, d: Vec3, cutoff: f64) -> Vec<[i32; 3]> {
    let s = cell.fractional(d);
    let [a, b, c] = [0, 1, 2].map(|k| {
        if cell.periodic()[k] {
            // a little more, against rounding
            let reach = cutoff / cell.height(k) * (1.0 + 1e-9);
            (-reach - s[k]).ceil() as i32..=(reach - s[k]).floor() as i32
        } else {
            0..=0
        }
    });
    let mut all = Vec::new();
    for i in a {
        for j in b.clone() {
            all.extend(c.clone().map(|k| [i, j, k]));
        }
    }
    all
}
