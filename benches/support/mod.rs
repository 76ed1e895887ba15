//! What the benches share: the Lennard-Jones melt, and interleaved timing.
#![allow(dead_code)] // each bench uses a part

use admd::engine::{Cell, Configuration, Evaluation, ForceField, Request, Settings, Vec3};
use admd::potentials::catalog::pair_info;
use admd::potentials::form::binding::{Leaf, Origin, Pair, PairBinding};
use admd::potentials::form::mixing::Rule;
use admd::potentials::form::truncation::Truncation;
use std::time::Instant;

/// Cutoff of the melt \[σ\].
pub(crate) const CUTOFF: f64 = 2.5;
/// Skin of the melt \[σ\].
pub(crate) const SKIN: f64 = 0.3;
/// Times that each piece of work is done.
const ROUNDS: usize = 60;

/// The Lennard-Jones potential of the melt.
pub(crate) fn binding() -> PairBinding {
    let info = pair_info("lj").expect("Lennard-Jones is in the catalogue");
    let leaf = |k: usize| Leaf {
        name: info.parameters[k].name.into(),
        spec: &info.parameters[k],
        value: 1.0,
    };
    PairBinding {
        label: "lj".into(),
        info,
        truncation: Truncation::Shifted,
        tail: false,
        rule: Rule::Arithmetic,
        species: vec!["A".into()],
        leaves: vec![leaf(0), leaf(1)],
        pairs: vec![Pair {
            origin: Origin::Given(0),
            cutoff: CUTOFF,
        }],
    }
}

/// Its force field.
pub(crate) fn field() -> ForceField {
    ForceField::new(vec![binding()], Settings::new(SKIN)).expect("a valid force field")
}

/// An fcc lattice of 4 n³ atoms, melted by velocity Verlet.
pub(crate) fn melt(n: usize, steps: usize) -> Configuration {
    let a = (4.0_f64 / 0.8442).cbrt();
    let mut seed = 12345_u64;
    let mut random = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let mut positions = Vec::new();
    for cell in 0..n * n * n {
        let corner = Vec3::new((cell % n) as f64, (cell / n % n) as f64, (cell / n / n) as f64);
        for site in [[0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]] {
            positions.push((corner + Vec3::from(site)) * a);
        }
    }
    let mut velocities: Vec<Vec3> = positions.iter().map(|_| Vec3::from_fn(|_, _| random() * 4.0)).collect();
    let species = vec![0; positions.len()];
    let cell = Cell::orthogonal([n as f64 * a; 3]).expect("a box");
    let mut c = Configuration {
        cell,
        species,
        positions,
    };
    let (mut field, mut e, dt) = (field(), Evaluation::default(), 0.004);
    field.evaluate(&c, Request::FORCES, &mut e).expect("a lattice");
    for _ in 0..steps {
        for k in 0..c.len() {
            velocities[k] += e.forces[k] * (0.5 * dt);
            c.positions[k] += velocities[k] * dt;
        }
        field.evaluate(&c, Request::FORCES, &mut e).expect("a step");
        for k in 0..c.len() {
            velocities[k] += e.forces[k] * (0.5 * dt);
        }
    }
    c
}

/// The best times of some pieces of work, interleaved [s].
pub(crate) fn interleaved<const N: usize>(mut work: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut best = [f64::INFINITY; N];
    for _ in 0..ROUNDS {
        for (best, work) in best.iter_mut().zip(&mut work) {
            let start = Instant::now();
            work();
            *best = best.min(start.elapsed().as_secs_f64());
        }
    }
    best
}
