//! Every potential of the catalogue under every truncation, on systems that exercise all of the engine's bookkeeping: a
//! skewed small crystal, a gas, a free cluster, each of two species. No potential is named here.

#![allow(dead_code)] // each test program uses a part

use admd::engine::{Cell, Configuration, Evaluation, ForceField, Mat3, Request, Settings, Vec3};
use admd::potentials::catalog::PAIRS;
use admd::potentials::form::binding::PairBinding;
use admd::potentials::form::pair::Info;
use admd::potentials::form::truncation::Truncation;

pub(crate) const CUTOFF: f64 = 2.5;
pub(crate) const TRUNCATIONS: [Truncation; 4] = [
    Truncation::Cut,
    Truncation::Shifted,
    Truncation::ForceShifted,
    Truncation::Switched { onset: 0.8 },
];

/// All potentials under all truncations, with two species, four sets of parameters apart and three cutoffs.
pub(crate) fn all_cases() -> impl Iterator<Item = (String, PairBinding)> {
    PAIRS.iter().flat_map(|info| {
        TRUNCATIONS
            .iter()
            .map(move |t| (format!("{} {}", info.name, t.name()), two_species(info, *t)))
    })
}

/// The example parameters in units of another energy and length: the same shape, another depth and size.
pub(crate) fn scaled(info: &Info, energy: f64, length: f64) -> Vec<f64> {
    let scale = |k: usize| {
        let d = info.parameters[k].dimension;
        energy.powi(d.energy.into()) * length.powi(d.length.into())
    };
    info.example.iter().enumerate().map(|(k, x)| x * scale(k)).collect()
}

fn two_species(info: &'static Info, truncation: Truncation) -> PairBinding {
    PairBinding::builder(info.name, info, ["A", "B"])
        .truncation(truncation)
        .cutoff(CUTOFF)
        .like("A", info.named(info.example))
        .pair_within("B", "A", 2.3, info.named(&scaled(info, 1.1, 0.97)))
        .pair_within("B", "B", 2.2, info.named(&scaled(info, 0.8, 0.93)))
        .build()
        .unwrap_or_else(|e| panic!("{}: {e:?}", info.name))
}

/// One species with the example parameters.
pub(crate) fn one_species(info: &'static Info, truncation: Truncation, cutoff: f64) -> PairBinding {
    PairBinding::builder(info.name, info, ["A"])
        .truncation(truncation)
        .cutoff(cutoff)
        .like("A", info.named(info.example))
        .build()
        .unwrap_or_else(|e| panic!("{}: {e:?}", info.name))
}

/// A force field of one potential.
pub(crate) fn field(binding: &PairBinding) -> ForceField {
    ForceField::new(vec![binding.clone()], Settings::new(0.3)).unwrap_or_else(|e| panic!("{e}"))
}

/// Everything but tangents.
pub(crate) fn evaluate(field: &mut ForceField, c: &Configuration) -> Evaluation {
    let mut out = Evaluation::default();
    let request = Request {
        per_atom: true,
        gradient: true,
        ..Request::ENERGY
    };
    field.evaluate(c, request, &mut out).unwrap_or_else(|e| panic!("{e}"));
    out
}

/// The energy alone.
pub(crate) fn energy(field: &mut ForceField, c: &Configuration) -> f64 {
    evaluate(field, c).energy.unwrap()
}

/// Random numbers with a fixed seed: SplitMix64 (Steele, Lea, Flood 2014), the same numbers for ever.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// Uniform in [low, high).
    pub(crate) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        low + (high - low) * ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A vector in the cube (−half, half)³.
    pub(crate) fn vector(&mut self, half: f64) -> Vec3 {
        Vec3::from_fn(|_, _| self.uniform(-half, half))
    }

    /// A proper rotation.
    pub(crate) fn rotation(&mut self) -> Mat3 {
        let axis = nalgebra::Unit::new_normalize(self.vector(1.0));
        *nalgebra::Rotation3::from_axis_angle(&axis, self.uniform(0.5, 2.5)).matrix()
    }
}

/// The systems of the laws.
pub(crate) fn systems() -> [(&'static str, Configuration); 3] {
    [("crystal", crystal()), ("gas", gas()), ("cluster", cluster())]
}

fn alternate(n: usize) -> Vec<u16> {
    (0..n).map(|k| u16::from(k % 3 == 1)).collect()
}

/// 32 atoms of a perturbed fcc lattice in a skewed cell whose heights are smaller than twice the cutoff.
pub(crate) fn crystal() -> Configuration {
    const NEAREST: f64 = 1.12;
    let a = NEAREST * 2.0_f64.sqrt();
    let edges = [
        Vec3::new(2.0 * a, 0.1, 0.0),
        Vec3::new(0.3, 2.0 * a, -0.2),
        Vec3::new(-0.2, 0.25, 2.0 * a),
    ];
    let cell = Cell::new(edges, [true; 3]).unwrap();
    let mut random = Random(1);
    let basis = [[0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]];
    let mut positions = Vec::new();
    for corner in 0..8_i32 {
        let corner = Vec3::new((corner & 1).into(), (corner >> 1 & 1).into(), (corner >> 2).into());
        for b in basis {
            let s = (corner + Vec3::from(b)) * 0.5;
            positions.push(cell.cartesian(s) + random.vector(0.1 * NEAREST));
        }
    }
    Configuration {
        cell,
        species: alternate(positions.len()),
        positions,
    }
}

/// 40 atoms in a slab, periodic along two axes, no two nearer than 0.9.
pub(crate) fn gas() -> Configuration {
    let cell = Cell::new([Vec3::x() * 6.0, Vec3::y() * 5.5, Vec3::z() * 6.0], [true, true, false]).unwrap();
    scatter(cell, 40, 2, |random| random.vector(2.7))
}

/// 20 atoms within a ball in free space, no two nearer than 0.9.
pub(crate) fn cluster() -> Configuration {
    let cell = Cell::new([Vec3::x() * 9.0, Vec3::y() * 9.0, Vec3::z() * 9.0], [false; 3]).unwrap();
    scatter(cell, 20, 3, |random| random.vector(1.6))
}

fn scatter(cell: Cell, n: usize, seed: u64, place: impl Fn(&mut Random) -> Vec3) -> Configuration {
    let mut random = Random(seed);
    let mut positions: Vec<Vec3> = Vec::new();
    while positions.len() < n {
        let r = place(&mut random);
        if positions.iter().all(|p| cell.minimum_image(p - r).norm() > 0.9) {
            positions.push(r);
        }
    }
    Configuration {
        cell,
        species: alternate(n),
        positions,
    }
}

/// The largest of non-negative numbers; NaN counts as infinite, so that it fails every comparison.
pub(crate) fn maximum(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let worst = |a: f64, b: f64| if b.is_nan() { f64::INFINITY } else { a.max(b) };
    numbers.into_iter().fold(0.0, worst)
}

/// Largest |component| of a list of vectors.
pub(crate) fn largest(vectors: &[Vec3]) -> f64 {
    maximum(vectors.iter().flat_map(|v| v.iter().map(|x| x.abs())))
}

/// Largest deviation of two lists of vectors.
pub(crate) fn deviation(a: &[Vec3], b: &[Vec3]) -> f64 {
    assert_eq!(a.len(), b.len());
    maximum(
        a.iter()
            .zip(b)
            .flat_map(|(x, y)| (0..3).map(move |k| (x[k] - y[k]).abs())),
    )
}
