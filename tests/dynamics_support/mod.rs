//! Systems that the laws of dynamics are tested on.
#![allow(dead_code, reason = "each test program uses its own part")]

use admd::dynamics::{Integrator, Moment, State, VelocityVerlet, velocities};
use admd::engine::{Cell, Configuration, ForceField, Request, Settings, Vec3};
use admd_potentials::catalog;
use admd_potentials::form::binding::{Leaf, Origin, Pair, PairBinding};
use admd_potentials::form::mixing::Rule;
use admd_potentials::form::truncation::Truncation;

/// Lennard-Jones switched from 0.8 to 1 of the cutoff: two continuous derivatives.
pub(crate) const SWITCHED: Truncation = Truncation::Switched { onset: 0.8 };

/// One species of Lennard-Jones atoms.
pub(crate) fn lennard_jones(epsilon: f64, sigma: f64, cutoff: f64, truncation: Truncation) -> ForceField {
    let info = catalog::pair_info("lj").unwrap();
    let leaf = |k: usize, value: f64| Leaf {
        name: format!("lj.Ar-Ar.{}", info.parameters[k].name),
        spec: &info.parameters[k],
        value,
    };
    let binding = PairBinding {
        label: "lj".into(),
        info,
        truncation,
        tail: false,
        rule: Rule::Arithmetic,
        species: vec!["Ar".into()],
        leaves: vec![leaf(0, epsilon), leaf(1, sigma)],
        pairs: vec![Pair {
            origin: Origin::Given(0),
            cutoff,
        }],
    };
    ForceField::new(vec![binding], Settings::new(0.3 * sigma)).unwrap()
}

/// Atoms of mass 1 at rest.
pub(crate) fn at_rest(cell: Cell, positions: Vec<Vec3>) -> State {
    let n = positions.len();
    State {
        step: 0,
        configuration: Configuration {
            cell,
            species: vec![0; n],
            positions,
        },
        velocities: vec![Vec3::zeros(); n],
        masses: vec![1.0; n],
        tangents: Vec::new(),
    }
}

/// A face-centred cubic crystal of 4 k³ atoms of mass 1, thermal.
pub(crate) fn crystal(k: usize, density: f64, temperature: f64, seed: u64) -> State {
    let edge = (4.0 / density).cbrt();
    let basis = [[0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]];
    let mut positions = Vec::new();
    for n in 0..k * k * k {
        let corner = Vec3::new((n / (k * k)) as f64, (n / k % k) as f64, (n % k) as f64);
        positions.extend(basis.map(|b| (corner + Vec3::from(b)) * edge));
    }
    let mut state = at_rest(Cell::orthogonal([edge * k as f64; 3]).unwrap(), positions);
    state.velocities = velocities::maxwell_boltzmann(&state.masses, temperature, seed);
    state
}

/// A cluster of 13 atoms in open space: one in the middle of an icosahedron, slowly tumbling.
pub(crate) fn cluster(temperature: f64, seed: u64) -> State {
    let golden = 0.5 * (1.0 + 5.0_f64.sqrt());
    let radius = 1.08 / (1.0 + golden * golden).sqrt();
    let mut positions = vec![Vec3::zeros()];
    for s in [-1.0, 1.0] {
        for t in [-golden, golden] {
            let corner = Vec3::new(0.0, s, t) * radius;
            positions.extend([corner, corner.yzx(), corner.zxy()]);
        }
    }
    let edges = [Vec3::x(), Vec3::y(), Vec3::z()].map(|e| e * 20.0);
    let mut state = at_rest(Cell::new(edges, [false; 3]).unwrap(), positions);
    state.velocities = velocities::maxwell_boltzmann(&state.masses, temperature, seed);
    state
}

/// Steps without a run: what a law is about, and nothing else.
pub(crate) fn integrate(
    field: &mut ForceField,
    start: State,
    timestep: f64,
    steps: u64,
    mut look: impl FnMut(&Moment),
) -> Moment {
    let mut integrator = VelocityVerlet { timestep };
    let mut now = integrator.start(start, field).unwrap();
    let mut next = now.clone();
    look(&now);
    for _ in 0..steps {
        integrator.step(&now, &mut next, field, Request::ENERGY).unwrap();
        core::mem::swap(&mut now, &mut next);
        look(&now);
    }
    now
}

/// Potential plus kinetic energy.
pub(crate) fn total_energy(m: &Moment) -> f64 {
    m.evaluation.energy.unwrap() + admd::dynamics::observables::kinetic_energy(&m.state.velocities, &m.state.masses)
}

/// The largest deviation between two lists of vectors; NaN counts as infinite.
pub(crate) fn deviation(a: &[Vec3], b: &[Vec3]) -> f64 {
    assert_eq!(a.len(), b.len());
    let each = a.iter().zip(b).map(|(x, y)| (x - y).amax());
    each.map(|d| if d.is_nan() { f64::INFINITY } else { d })
        .fold(0.0, f64::max)
}
