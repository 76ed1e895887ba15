//! What the tests share: the complex-step oracle, random numbers with a fixed seed, random expressions, comparisons.

#![allow(dead_code)] // each test program uses a part

pub(crate) mod complex;
pub(crate) mod expression;
pub(crate) mod functions;

use core::fmt::Display;

/// SplitMix64 (Steele, Lea, Flood 2014): one line, no dependency, the same numbers for ever.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [low, high).
    pub(crate) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A whole number below n.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.uniform(0.0, n as f64) as usize
    }

    /// A vector of n numbers, uniform in [low, high).
    pub(crate) fn vector(&mut self, n: usize, low: f64, high: f64) -> Vec<f64> {
        (0..n).map(|_| self.uniform(low, high)).collect()
    }
}

/// Scalar product.
pub(crate) fn inner(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The vector moved by h along v.
pub(crate) fn moved(x: &[f64], h: f64, v: &[f64]) -> Vec<f64> {
    x.iter().zip(v).map(|(x, v)| x + h * v).collect()
}

/// Largest deviation within `tolerance` of the largest magnitude, or of 1 if that is smaller. NaN fails.
#[track_caller]
pub(crate) fn assert_close(what: impl Display, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}: lengths");
    let scale = found
        .iter()
        .chain(expected)
        .fold(1.0_f64, |scale, x| scale.max(x.abs()));
    for (k, (a, b)) in found.iter().zip(expected).enumerate() {
        let deviation = (a - b).abs();
        assert!(
            deviation <= tolerance * scale,
            "{what}: component {k} is {a:e}, not {b:e} (off by {deviation:e})"
        );
    }
}
