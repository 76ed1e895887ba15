//! The energy of a configuration in any scalar, as a function of displacements, strain and parameters: a sum over pairs
//! found by a double loop over atoms and images. It shares with the engine only the potentials themselves.

#![allow(dead_code)] // each test program uses a part

use crate::complex::Complex;
use admd::ad::{Dual, Real};
use admd::engine::{Configuration, Mat3};
use admd::potentials::catalog::{PairVisitor, visit_pair};
use admd::potentials::form::binding::PairBinding;
use admd::potentials::form::truncation::Truncated;

/// Pairs of a configuration within a cutoff, each once.
pub(crate) struct Pairs {
    /// Atom i, atom j, displacement from i to j.
    list: Vec<(usize, usize, [f64; 3])>,
    species: Vec<usize>,
    volume: f64,
}

impl Pairs {
    /// All pairs of atoms and images up to a little beyond the largest cutoff of the binding.
    pub(crate) fn new(c: &Configuration, binding: &PairBinding) -> Self {
        let cutoff = binding.cutoff() + 0.1;
        let mut list = Vec::new();
        for i in 0..c.len() {
            for j in i..c.len() {
                let base = c.positions[j] - c.positions[i];
                let s = c.cell.fractional(base);
                let range = |k: usize| {
                    let reach = cutoff / c.cell.height(k);
                    match c.cell.periodic()[k] {
                        true => (-reach - s[k]).ceil() as i32..=(reach - s[k]).floor() as i32,
                        false => 0..=0,
                    }
                };
                for x in range(0) {
                    for y in range(1) {
                        for z in range(2) {
                            // of an atom and its own images, one of each opposite two
                            if i == j && [x, y, z] <= [0, 0, 0] {
                                continue;
                            }
                            let d = base + c.cell.translation([x, y, z]);
                            if d.norm_squared() < cutoff * cutoff {
                                list.push((i, j, d.into()));
                            }
                        }
                    }
                }
            }
        }
        Self {
            list,
            species: c.species.iter().map(|&s| s.into()).collect(),
            volume: c.cell.volume(),
        }
    }

    /// Smallest | |r| − rc | of the pairs of one atom: how far it may move before a pair crosses its cutoff.
    pub(crate) fn margin(&self, binding: &PairBinding, atom: usize) -> f64 {
        let own = self.list.iter().filter(|(i, j, _)| (*i == atom) != (*j == atom));
        own.map(|(i, j, d)| {
            let rc = binding.pairs[binding.index(self.species[*i], self.species[*j])].cutoff;
            (d.iter().map(|x| x * x).sum::<f64>().sqrt() - rc).abs()
        })
        .fold(f64::INFINITY, f64::min)
    }
}

/// Where the energy is taken: atom `moved` displaced, cell and positions strained, parameters θ.
pub(crate) struct Point<T> {
    pub(crate) moved: Option<(usize, [T; 3])>,
    pub(crate) strain: [[T; 3]; 3],
    pub(crate) theta: Vec<T>,
}

impl<T: Real> Point<T> {
    /// The configuration and the parameters as they are.
    pub(crate) fn plain(binding: &PairBinding) -> Self {
        Self {
            moved: None,
            strain: [[T::lit(0.0); 3]; 3],
            theta: binding.theta().into_iter().map(T::lit).collect(),
        }
    }
}

struct Energy<'a, T> {
    pairs: &'a Pairs,
    binding: &'a PairBinding,
    point: &'a Point<T>,
    magnitude: bool,
}

impl<T: Real> PairVisitor for Energy<'_, T> {
    type Output = T;
    fn visit<E: Truncated>(self) -> T {
        let Self {
            pairs,
            binding,
            point,
            magnitude,
        } = self;
        let made = binding.coefficients::<E, T>(&point.theta);
        let mut sum = T::lit(0.0);
        for (i, j, d) in &pairs.list {
            let c = &made[binding.index(pairs.species[*i], pairs.species[*j])];
            if d.iter().map(|x| x * x).sum::<f64>() >= c.cutoff2 {
                continue;
            }
            let mut d = d.map(T::lit);
            if let Some((atom, u)) = &point.moved
                && i != j
            {
                for k in 0..3 {
                    if j == atom {
                        d[k] = d[k] + u[k];
                    } else if i == atom {
                        d[k] = d[k] - u[k];
                    }
                }
            }
            let strained = [0, 1, 2].map(|k| d[k] + T::dot(&point.strain[k], &d));
            let u = E::energy(T::dot(&strained, &strained), &c.coef);
            sum = sum + if magnitude { u.abs() } else { u };
        }
        for (a, b) in binding.each_pair() {
            let count = |s: usize| pairs.species.iter().filter(|&&x| x == s).count() as f64;
            if let Some(tail) = &made[binding.index(a, b)].tail {
                let both = if a == b { 1.0 } else { 2.0 };
                sum = sum + tail.energy * (2.0 * std::f64::consts::PI * both * count(a) * count(b) / pairs.volume);
            }
        }
        sum
    }
}

/// Energy at a point in any scalar.
pub(crate) fn energy_at<T: Real>(pairs: &Pairs, binding: &PairBinding, point: &Point<T>) -> T {
    let visitor = Energy {
        pairs,
        binding,
        point,
        magnitude: false,
    };
    visit_pair(binding.info.name, binding.truncation, visitor).unwrap()
}

/// Σ |pair energies|: the scale of the energy's round-off, since the energy is a difference of large numbers.
pub(crate) fn scale(pairs: &Pairs, binding: &PairBinding) -> f64 {
    let point = Point::plain(binding);
    let visitor = Energy {
        pairs,
        binding,
        point: &point,
        magnitude: true,
    };
    visit_pair(binding.info.name, binding.truncation, visitor).unwrap()
}

/// −dE/dr of one atom by the complex step.
pub(crate) fn complex_force(pairs: &Pairs, binding: &PairBinding, atom: usize) -> [f64; 3] {
    [0, 1, 2].map(|k| {
        let mut u = [Complex::lit(0.0); 3];
        u[k] = Complex::variable(0.0);
        let mut point = Point::plain(binding);
        point.moved = Some((atom, u));
        -energy_at(pairs, binding, &point).derivative()
    })
}

/// −dE/d(strain) by the complex step.
pub(crate) fn complex_virial(pairs: &Pairs, binding: &PairBinding) -> Mat3 {
    Mat3::from_fn(|a, b| {
        let mut point = Point::plain(binding);
        point.strain[a][b] = Complex::variable(0.0);
        -energy_at(pairs, binding, &point).derivative()
    })
}

/// dE/dθ by the complex step.
pub(crate) fn complex_gradient(pairs: &Pairs, binding: &PairBinding) -> Vec<f64> {
    let one = |k: usize| {
        let mut point = Point::<Complex>::plain(binding);
        point.theta[k] = Complex::variable(point.theta[k].re);
        energy_at(pairs, binding, &point).derivative()
    };
    (0..binding.leaves.len()).map(one).collect()
}

/// dE/dθ by dual numbers through mixing, preparation, truncation and tail.
pub(crate) fn dual_gradient(pairs: &Pairs, binding: &PairBinding) -> Vec<f64> {
    let one = |k: usize| {
        let mut point = Point::<Dual<f64, 1>>::plain(binding);
        point.theta[k] = Dual::<f64, 1>::variable(point.theta[k].v, 0);
        energy_at(pairs, binding, &point).d[0]
    };
    (0..binding.leaves.len()).map(one).collect()
}
