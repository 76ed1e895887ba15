//! The table of elementary functions against the complex step, entry by entry: value and every slope.

mod support;

use admd_ad::elementary as table;
use support::assert_close;
use support::complex::Complex;

/// A few roundings in the rule and in the complex function.
const TOLERANCE: f64 = 4e-15;

/// Checks an entry with one argument at each of the points; slopes below `$floor` to the absolute accuracy of `$floor`.
macro_rules! check {
    ($floor:literal: $($name:ident at $points:expr;)*) => {$(
        for x in $points {
            let x: f64 = x;
            let (value, slope) = table::$name(x);
            let oracle = table::$name(Complex::variable(x)).0;
            assert_close(format!("{}({x})", stringify!($name)), &[value], &[oracle.re], TOLERANCE);
            let scale = slope.abs().max($floor);
            let (found, expected) = (slope / scale, oracle.derivative() / scale);
            assert_close(format!("slope of {}({x})", stringify!($name)), &[found], &[expected], TOLERANCE);
        }
    )*};
}

#[test]
fn every_slope_is_the_complex_step_of_its_function() {
    check! { 1e-9:
        sq at [-3.0, -0.5, 0.0, 1e-3, 2.5];
        recip at [-3.0, -0.5, 1e-2, 2.5];
        sqrt at [1e-4, 0.5, 1.0, 2.0, 900.0];
        exp at [-20.0, -0.5, 0.0, 0.3, 4.0];
        ln at [1e-3, 0.5, 1.0, 2.0, 1e3];
        sin at [-7.0, -0.5, 0.0, 1.0, 2.5];
        cos at [-7.0, -0.5, 0.0, 1.0, 2.5];
        erfc at [-3.0, -1.1, -0.9, -0.2, 0.0, 0.4, 0.99, 1.01, 1.7, 2.5];
        acos at [-0.99, -0.5, 0.0, 0.3, 0.9];
        abs at [-3.0, -1e-3, 1e-3, 2.0];
    }
    // 1 − tanh² is as good as an ulp of 1.
    check! { 1.0:
        tanh at [-5.0, -0.5, 0.0, 1e-3, 2.0];
    }
}

#[test]
fn whole_powers_agree_with_the_complex_step() {
    for n in [-7, -2, -1, 0, 1, 2, 3, 6, 12] {
        for x in [-1.7, -0.6, 0.3, 1.0, 1.9] {
            let (value, slope) = table::powi(x, n);
            let oracle = admd_ad::Real::powi(Complex::variable(x), n);
            let what = format!("powi({x}, {n})");
            assert_close(&what, &[value / oracle.re], &[1.0], TOLERANCE);
            let scale = slope.abs().max(1.0);
            assert_close(&what, &[slope / scale], &[oracle.derivative() / scale], TOLERANCE);
        }
    }
}

/// Checks an entry with two arguments: both slopes, each by a step in one argument.
macro_rules! check2 {
    ($name:ident at $x:expr, $y:expr) => {
        let (x, y): (f64, f64) = ($x, $y);
        let what = format!("{}({x}, {y})", stringify!($name));
        let (value, in_x, in_y) = table::$name(x, y);
        let step_x = table::$name(Complex::variable(x), Complex::along(y, 0.0)).0;
        let step_y = table::$name(Complex::along(x, 0.0), Complex::variable(y)).0;
        assert_close(&what, &[value], &[step_x.re], TOLERANCE);
        assert_close(
            &what,
            &[in_x, in_y],
            &[step_x.derivative(), step_y.derivative()],
            TOLERANCE,
        );
    };
}

#[test]
fn functions_of_two_arguments_agree_with_the_complex_step() {
    for x in [0.02, 0.7, 1.0, 1.3, 4.0] {
        for y in [-1.2, -0.3, 0.0, 0.4, 1.0, 1.9, 2.0, 3.5] {
            check2!(powf at x, y);
        }
    }
    for x in [-2.0, -0.3, 0.4, 3.0] {
        for y in [-1.0, -0.2, 0.7, 2.0] {
            check2!(mul at x, y);
            check2!(div at x, y);
            check2!(atan2 at x, y);
        }
    }
}
