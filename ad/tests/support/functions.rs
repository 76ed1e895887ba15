//! Smooth functions of many variables for the tests of gradients and Hessians.

use admd_ad::{Real, safe};

/// A point where everything below is smooth: four particles in space.
pub(crate) const POINT: [f64; 12] = [0.1, -0.2, 0.05, 1.15, 0.1, -0.1, 0.4, 1.05, 0.2, 0.5, 0.3, 1.2];

/// A function that is differentiated in the tests.
pub(crate) enum Smooth {
    /// Lennard-Jones energy of the particles.
    Cluster,
    /// Bond lengths, an angle and Gaussians through a small network.
    Network,
    /// Everything else in the table.
    Mixture,
}

pub(crate) const ALL: [Smooth; 3] = [Smooth::Cluster, Smooth::Network, Smooth::Mixture];

impl Smooth {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Network => "network",
            Self::Mixture => "mixture",
        }
    }

    pub(crate) fn eval<T: Real>(&self, x: &[T]) -> T {
        match self {
            Self::Cluster => cluster(x),
            Self::Network => features(x).iter().fold(T::lit(0.0), |sum, y| sum + y.sq()),
            Self::Mixture => mixture(x),
        }
    }
}

fn bond<T: Real>(x: &[T], i: usize, j: usize) -> [T; 3] {
    [0, 1, 2].map(|k| x[3 * j + k] - x[3 * i + k])
}

fn cluster<T: Real>(x: &[T]) -> T {
    let mut energy = T::lit(0.0);
    for i in 0..x.len() / 3 {
        for j in 0..i {
            let r = bond(x, i, j);
            let s6 = T::dot(&r, &r).recip().powi(3);
            energy = energy + (s6.sq() - s6) * 4.0;
        }
    }
    energy
}

/// Several results of many variables: two dense layers over bond lengths, Gaussians and an angle.
pub(crate) fn features<T: Real>(x: &[T]) -> Vec<T> {
    let (a, b, c) = (bond(x, 0, 1), bond(x, 0, 2), bond(x, 1, 3));
    let lengths = [safe::norm(&a), safe::norm(&b), safe::norm(&c)];
    let inputs = [
        lengths[0],
        (-lengths[1].sq()).exp(),
        lengths[2].recip(),
        safe::angle(a, b),
        safe::unit(c)[1],
    ];
    let weight = |k: usize| T::lit((1.0 + 3.7 * k as f64).sin());
    let mut hidden = [T::lit(0.0); 4];
    T::dense(&(0..20).map(weight).collect::<Vec<_>>(), &inputs, &mut hidden);
    let hidden = hidden.map(T::tanh);
    let mut outputs = [T::lit(0.0); 3];
    // Weights that depend on the variables exercise the other half of the rule.
    let weights: Vec<T> = (20..32).map(|k| weight(k) + x[k % 12] * 0.3).collect();
    T::dense(&weights, &hidden, &mut outputs);
    vec![outputs[0], outputs[1].sin(), outputs[2] + T::total(&lengths)]
}

fn mixture<T: Real>(x: &[T]) -> T {
    let mut sum = T::lit(0.0);
    for k in 0..x.len() - 2 {
        let (a, b, c) = (x[k], x[k + 1], x[k + 2]);
        let one = (a.sq() + 0.5).ln() * b.erfc() + (b.tanh() * 0.8).acos() / (c.sq() + 1.0).sqrt();
        let two = (a.sq() + 0.7).powf(c.cos()) - a.sin().mul_add(b, (c.sq() + 1.0).atan2(a.sq() + 0.3));
        sum = sum + one * two;
    }
    sum
}
