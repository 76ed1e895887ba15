//! What every target has to obey.
#![allow(dead_code, reason = "each test program uses its own part")]

use crate::support::Random;
use admd::engine::{Cell, Configuration, Vec3};
use admd::fit::{Observation, Target, Which};

/// push and pull are sums of the same numbers in another order.
pub(crate) const TRANSPOSE: f64 = 1e-12;
/// Richardson differences of steps of 1e-3: the third power of the step, and rounding over it.
pub(crate) const DIFFERENCES: f64 = 1e-8;

pub(crate) const SOME: Option<Observation> = Some(Observation { value: 1.0, sigma: 0.1 });

/// Directions of each entry of θ.
pub(crate) fn units(n: usize) -> Vec<Vec<f64>> {
    let unit = |k: usize| (0..n).map(|j| f64::from(u8::from(j == k))).collect();
    (0..n).map(unit).collect()
}

/// <adjoint, push(direction)> = <pull(adjoint), direction>, to a part of the sizes that meet.
pub(crate) fn assert_transposes(target: &mut dyn Target, theta: &[f64], tolerance: f64) {
    let mut random = Random(77);
    let mut list = |n: usize| -> Vec<f64> { (0..n).map(|_| random.next() - 0.5).collect() };
    let (adjoint, direction) = (list(target.rows().len()), list(theta.len()));
    let each = target.push(theta, &units(theta.len())).unwrap();
    let there = target.push(theta, core::slice::from_ref(&direction)).unwrap().concat();
    let back = target.pull(theta, &adjoint).unwrap();
    assert_eq!(back.len(), theta.len());
    let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    let (forwards, backwards) = (dot(&adjoint, &there), dot(&back, &direction));
    let scale: f64 = each
        .iter()
        .zip(&direction)
        .map(|(row, d)| row.iter().map(|j| (j * d).abs()).sum::<f64>())
        .sum();
    println!("transpose: {forwards:e} and {backwards:e}");
    assert!(
        scale > 0.0 && (forwards - backwards).abs() <= tolerance * scale,
        "{forwards} and {backwards}"
    );
}

/// push against Richardson differences of what is predicted, in every parameter.
pub(crate) fn assert_slopes(target: &mut dyn Target, theta: &[f64], step: f64, tolerance: f64) {
    let found = target.push(theta, &units(theta.len())).unwrap();
    let mut at = |k: usize, by: f64| -> Vec<f64> {
        let mut theta = theta.to_vec();
        theta[k] += by;
        target.evaluate(&theta, Which::All).unwrap()
    };
    for (k, found) in found.iter().enumerate() {
        let h = step * theta[k].abs().max(0.1);
        let mut central = |h: f64| -> Vec<f64> {
            let (more, less) = (at(k, h), at(k, -h));
            more.iter().zip(less).map(|(a, b)| (a - b) / (2.0 * h)).collect()
        };
        // the fourth and the sixth power of the step are taken out
        let [a, b, c] = [1.0, 2.0, 4.0].map(|m| central(m * h));
        let expected: Vec<f64> = (0..a.len())
            .map(|r| {
                let (ab, bc) = (a[r] + (a[r] - b[r]) / 3.0, b[r] + (b[r] - c[r]) / 3.0);
                ab + (ab - bc) / 15.0
            })
            .collect();
        let scale = expected.iter().fold(0.0_f64, |m, x| m.max(x.abs())).max(1e-3);
        for (r, (found, expected)) in found.iter().zip(&expected).enumerate() {
            let off = (found - expected).abs() / scale;
            assert!(
                off <= tolerance,
                "parameter {k}, row {r}: {found} and {expected}, off by {off:e}"
            );
        }
    }
}

/// A face-centred cubic crystal of k³ cubes of edge a.
pub(crate) fn fcc(k: usize, a: f64) -> Configuration {
    let basis = [[0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]];
    let mut positions = Vec::new();
    for n in 0..k * k * k {
        let corner = Vec3::new((n / (k * k)) as f64, (n / k % k) as f64, (n % k) as f64);
        positions.extend(basis.map(|b| (corner + Vec3::from(b)) * a));
    }
    Configuration {
        cell: Cell::orthogonal([a * k as f64; 3]).unwrap(),
        species: vec![0; positions.len()],
        positions,
    }
}
