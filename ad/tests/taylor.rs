//! B4: with value, gradient and Hessian the Taylor remainders shrink as h, h², h³. B5: derivatives agree with
//! extrapolated differences within the error that these report of themselves.

mod support;

use admd_ad::explicit::{derivative, gradient, hessian_vector};
use support::functions::{ALL, POINT};
use support::{Random, inner, moved};

/// The law: a slope of 1, 2 or 3 to within this.
const SLOPE: f64 = 0.1;
/// At this many steps in a row.
const POINTS: usize = 3;
/// Remainders below some hundred ulp of the value are round-off and not looked at.
const FLOOR: f64 = 1e-13;

#[test]
fn taylor_remainders_have_slopes_one_two_three() {
    let v = Random(4).vector(POINT.len(), -1.0, 1.0);
    for f in ALL {
        let (value, g, hv) = hessian_vector(|x| f.eval(x), &POINT, &v);
        let (first, second) = (inner(&g, &v), inner(&hv, &v));
        let steps: Vec<f64> = (2..40).map(|k| 0.5_f64.powi(k)).collect();
        for (order, name) in [(1, "value"), (2, "gradient"), (3, "Hessian")] {
            let remainders: Vec<f64> = steps
                .iter()
                .map(|h| {
                    let polynomial = [value, h * first, 0.5 * h * h * second][..order].iter().sum::<f64>();
                    (f.eval(&moved(&POINT, *h, &v)) - polynomial).abs()
                })
                .take_while(|r| *r > FLOOR * value.abs().max(1.0))
                .collect();
            let slopes: Vec<f64> = remainders.windows(2).map(|r| (r[0] / r[1]).log2()).collect();
            let run = slopes.iter().rev().skip_while(|s| (**s - order as f64).abs() > SLOPE);
            let run = run.take_while(|s| (**s - order as f64).abs() <= SLOPE).count();
            assert!(
                run >= POINTS,
                "{}, order {order} ({name}): slopes {slopes:.3?}",
                f.name()
            );
        }
    }
}

/// Ridders' extrapolation of central differences (Adv. Eng. Software 4, 75 (1982)): derivative and its error estimate,
/// which is not let below the round-off of the differences.
fn ridders(f: impl Fn(f64) -> f64, step: f64) -> (f64, f64) {
    const SHRINK: f64 = 1.4;
    let mut table: Vec<Vec<f64>> = Vec::new();
    let (mut best, mut error, mut h) = (f64::NAN, f64::INFINITY, step);
    for i in 0..12 {
        let (right, left) = (f(h), f(-h));
        let round_off = f64::EPSILON * right.abs().max(left.abs()) / h;
        let mut row = vec![(right - left) / (2.0 * h)];
        for j in 1..=i {
            let factor = SHRINK.powi(2 * j as i32);
            let next = (row[j - 1] * factor - table[i - 1][j - 1]) / (factor - 1.0);
            let estimate = (next - row[j - 1])
                .abs()
                .max((next - table[i - 1][j - 1]).abs())
                .max(round_off);
            if estimate < error {
                (best, error) = (next, estimate);
            }
            row.push(next);
        }
        table.push(row);
        h /= SHRINK;
    }
    (best, error)
}

/// The error estimate of the extrapolation may be this much too good.
const MARGIN: f64 = 10.0;
/// And it must be at least this good relative to the derivative, or the comparison means nothing.
const QUALITY: f64 = 1e-8;

#[test]
fn gradients_agree_with_extrapolated_differences() {
    for f in ALL {
        let (_, g) = gradient(|x| f.eval(x), &POINT);
        let scale = g.iter().fold(0.0_f64, |scale, g| scale.max(g.abs()));
        for k in 0..POINT.len() {
            let at = |h: f64| {
                let mut x = POINT;
                x[k] += h;
                f.eval(&x)
            };
            let (found, error) = ridders(at, 0.05);
            assert!(
                error < QUALITY * scale,
                "{}, component {k}: no digits in the differences ({error:e})",
                f.name()
            );
            let margin = MARGIN * error.max(f64::EPSILON * scale);
            assert!(
                (found - g[k]).abs() <= margin,
                "{}, component {k}: {} against {found} ± {error:e}",
                f.name(),
                g[k]
            );
        }
    }
}

/// Plain central differences with the best step have about 10 digits: not fewer, and not more, for then they would be
/// compared with themselves.
#[test]
fn plain_differences_have_the_error_they_should_have() {
    let h = f64::EPSILON.cbrt();
    let (mut errors, mut points) = (0.0, 0);
    for k in 0..20 {
        let x = 0.3 + 0.1 * f64::from(k);
        let (_, slope) = derivative(|x| admd_ad::Real::sin(x) * admd_ad::Real::exp(x), x);
        let f = |x: f64| x.sin() * x.exp();
        errors += ((f(x + h) - f(x - h)) / (2.0 * h) - slope).abs();
        points += 1;
    }
    let mean = errors / f64::from(points);
    assert!((1e-13..1e-8).contains(&mean), "mean error {mean:e}");
}
