//! Small systems for tests: bindings, configurations, comparisons.
#![allow(dead_code, unreachable_pub)] // every test program uses its own part

pub mod list;
pub mod rounding;

use admd::engine::{Cell, Configuration, Direction, Evaluation, ForceField, Mat3, Request, Settings, Vec3, reference};
use admd::potentials::catalog::pair_info;
use admd::potentials::form::binding::{Leaf, Origin, Pair, PairBinding};
use admd::potentials::form::mixing::Rule;
use admd::potentials::form::pair::Info;
use admd::potentials::form::parameters::ParameterSpec;
use admd::potentials::form::truncation::Truncation;

/// A Lennard-Jones binding: for each pair a ≤ b of `species` species its (ε, σ, cutoff), or `None` for no interaction.
pub fn lj(species: usize, pairs: &[Option<(f64, f64, f64)>], truncation: Truncation) -> PairBinding {
    let info = pair_info("lj").unwrap();
    let mut leaves = Vec::new();
    let pairs = pairs.iter().map(|pair| match pair {
        None => Pair {
            origin: Origin::Absent,
            cutoff: 0.0,
        },
        Some((epsilon, sigma, cutoff)) => {
            let first = leaves.len();
            for (spec, value) in info.parameters.iter().zip([*epsilon, *sigma]) {
                leaves.push(Leaf {
                    name: format!("lj.{first}.{}", spec.name),
                    spec,
                    value,
                });
            }
            Pair {
                origin: Origin::Given(first),
                cutoff: *cutoff,
            }
        }
    });
    let pairs = pairs.collect();
    PairBinding {
        label: "lj".into(),
        info,
        truncation,
        tail: false,
        rule: Rule::Explicit,
        species: (0..species).map(|k| format!("S{k}")).collect(),
        leaves,
        pairs,
    }
}

/// Any potential of the catalogue for one species, with its example parameters.
pub fn example(info: &'static Info, cutoff: f64, truncation: Truncation) -> PairBinding {
    let named = |(spec, value): (&'static ParameterSpec, &f64)| Leaf {
        name: spec.name.into(),
        spec,
        value: *value,
    };
    PairBinding {
        info,
        leaves: info.parameters.iter().zip(info.example).map(named).collect(),
        ..plain_lj(cutoff, truncation)
    }
}

/// One species, reduced units.
pub fn plain_lj(cutoff: f64, truncation: Truncation) -> PairBinding {
    lj(1, &[Some((1.0, 1.0, cutoff))], truncation)
}

/// Three species with their own cutoffs, one pair mixed and one absent.
pub fn three_species(truncation: Truncation, tail: bool) -> PairBinding {
    let mut binding = lj(
        3,
        &[
            Some((1.0, 1.0, 2.5)),
            None,
            None,
            Some((0.5, 0.8, 1.9)),
            Some((1.3, 1.05, 2.3)),
            Some((0.9, 0.95, 2.2)),
        ],
        truncation,
    );
    binding.rule = Rule::Arithmetic;
    binding.pairs[1] = Pair {
        origin: Origin::Mixed(0, 2),
        cutoff: 2.1,
    };
    binding.tail = tail;
    binding
}

/// Every truncation.
pub const TRUNCATIONS: [Truncation; 4] = [
    Truncation::Cut,
    Truncation::Shifted,
    Truncation::ForceShifted,
    Truncation::Switched { onset: 0.8 },
];

/// Numbers in [0, 1) from a seed: splitmix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// In (-1, 1) along each axis.
    pub fn vector(&mut self) -> Vec3 {
        Vec3::from_fn(|_, _| 2.0 * self.next() - 1.0)
    }
}

/// A cell from its lengths and angles [degrees].
pub fn cell(lengths: [f64; 3], angles: [f64; 3], periodic: [bool; 3]) -> Cell {
    let [alpha, beta, gamma] = angles.map(f64::to_radians);
    let [a, b, c] = lengths;
    let y = (alpha.cos() - beta.cos() * gamma.cos()) / gamma.sin();
    let z = (1.0 - beta.cos().powi(2) - y * y).max(0.01).sqrt();
    let edges = [
        Vec3::new(a, 0.0, 0.0),
        Vec3::new(b * gamma.cos(), b * gamma.sin(), 0.0),
        Vec3::new(c * beta.cos(), c * y, c * z),
    ];
    Cell::new(edges, periodic).unwrap()
}

/// Atoms on a jittered lattice of n[k] sites along each edge, of `species` species in turn.
pub fn lattice(cell: Cell, n: [usize; 3], jitter: f64, species: u16, seed: u64) -> Configuration {
    let mut random = Random(seed);
    let (mut positions, mut kinds) = (Vec::new(), Vec::new());
    for x in 0..n[0] {
        for y in 0..n[1] {
            for z in 0..n[2] {
                let site = [(x, n[0]), (y, n[1]), (z, n[2])].map(|(k, n)| (k as f64 + 0.5) / n as f64);
                positions.push(cell.cartesian(site.into()) + jitter * random.vector());
                kinds.push((random.next() * f64::from(species)) as u16);
            }
        }
    }
    Configuration {
        cell,
        species: kinds,
        positions,
    }
}

/// A direction in everything.
pub fn direction(c: &Configuration, parameters: usize, seed: u64) -> Direction {
    let mut random = Random(seed);
    Direction {
        positions: c.positions.iter().map(|_| random.vector()).collect(),
        strain: Mat3::from_fn(|_, _| 0.2 * (random.next() - 0.5)),
        parameters: (0..parameters).map(|_| random.next() - 0.5).collect(),
    }
}

/// Everything that can be asked for.
pub fn everything(direction: Option<&Direction>) -> Request<'_> {
    Request {
        energy_and_virial: true,
        per_atom: true,
        gradient: true,
        tangents: direction.map_or(&[], core::slice::from_ref),
    }
}

pub fn field(bindings: Vec<PairBinding>, skin: f64) -> ForceField {
    ForceField::new(bindings, Settings::new(skin)).unwrap()
}

pub fn evaluate(field: &mut ForceField, c: &Configuration, request: Request) -> Evaluation {
    let mut out = Evaluation::default();
    field.evaluate(c, request, &mut out).unwrap();
    out
}

pub fn oracle(field: &ForceField, c: &Configuration, request: Request) -> Evaluation {
    let mut out = Evaluation::default();
    reference::evaluate(field, c, request, &mut out).unwrap();
    out
}

pub fn flat(v: &[Vec3]) -> Vec<f64> {
    v.iter().flatten().copied().collect()
}

pub fn dot(a: &[Vec3], b: &[Vec3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a.dot(b)).sum()
}

/// The largest deviation is within `tolerance` of the largest magnitude; NaN is never equal.
#[track_caller]
pub fn assert_close(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}: number of values");
    let scale = expected.iter().fold(1e-3, |m: f64, x| m.max(x.abs()));
    for (k, (a, b)) in found.iter().zip(expected).enumerate() {
        let deviation = (a - b).abs();
        assert!(
            deviation <= tolerance * scale,
            "{what}[{k}]: {a:e} against {b:e}, off by {deviation:e} of {scale:e}"
        );
    }
}

/// All numbers of two evaluations agree.
#[track_caller]
pub fn assert_agree(found: &Evaluation, expected: &Evaluation, tolerance: f64) {
    let optional = |x: Option<f64>| x.into_iter().collect::<Vec<_>>();
    let tensor = |x: Option<Mat3>| x.iter().flatten().copied().collect::<Vec<_>>();
    assert_close("forces", &flat(&found.forces), &flat(&expected.forces), tolerance);
    assert_close("energy", &optional(found.energy), &optional(expected.energy), tolerance);
    assert_close("virial", &tensor(found.virial), &tensor(expected.virial), tolerance);
    assert_close("energies", &found.energies, &expected.energies, tolerance);
    assert_close("gradient", &found.gradient, &expected.gradient, tolerance);
    assert_eq!(found.tangents.len(), expected.tangents.len());
    for (f, e) in found.tangents.iter().zip(&expected.tangents) {
        assert_close("tangent of forces", &flat(&f.forces), &flat(&e.forces), tolerance);
        assert_close("tangent of energy", &optional(f.energy), &optional(e.energy), tolerance);
        assert_close("tangent of virial", &tensor(f.virial), &tensor(e.virial), tolerance);
        assert_close("tangent of energies", &f.energies, &e.energies, tolerance);
        assert_close("tangent of gradient", &f.gradient, &e.gradient, tolerance);
    }
}

/// The bits of all numbers of an evaluation.
pub fn bits(e: &Evaluation) -> Vec<u64> {
    let mut all: Vec<f64> = flat(&e.forces);
    all.extend(e.energy);
    all.extend(e.virial.iter().flatten());
    all.extend(&e.energies);
    all.extend(&e.gradient);
    for t in &e.tangents {
        all.extend(flat(&t.forces));
        all.extend(t.energy);
        all.extend(t.virial.iter().flatten());
        all.extend(&t.energies);
        all.extend(&t.gradient);
    }
    all.into_iter().map(f64::to_bits).collect()
}
