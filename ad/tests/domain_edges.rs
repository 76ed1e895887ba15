//! B7: at the edges of their domains functions and their derivatives have the documented values, in every mode.

mod support;

use admd_ad::explicit::{gradient, hessian_vector, second_derivative};
use admd_ad::safe::{angle, norm, unit};
use admd_ad::{Dual, Real, Var, reverse};
use core::f64::consts::PI;

const INF: f64 = f64::INFINITY;

/// Value, first and second derivative at x by nested duals. Duals, stack tape and tape must give the same bits, and those
/// of the nested ones to a few roundings.
fn at(f: Edge, x: f64) -> (f64, f64, f64) {
    let nested = second_derivative(|x| f.eval(x), x);
    let outside = f.eval(Dual::<Dual<f64, 1>, 1>::variable(Dual::variable(x, 0), 0)).d[0].v;
    let dual = f.eval(Dual::<f64, 1>::variable(x, 0));
    let (value, [slope]) = reverse::<16, 1, _>(|[x]| f.eval(x), [x]);
    let tape = gradient(|x| f.eval(x[0]), &[x]);
    let bits = |y: f64, d: f64| (y.to_bits(), d.to_bits());
    let expected = bits(dual.v, dual.d[0]);
    assert_eq!(
        bits(value, slope),
        expected,
        "{f:?} at {x}: stack tape {value} {slope}, {dual:?}"
    );
    assert_eq!(
        bits(tape.0, tape.1[0]),
        expected,
        "{f:?} at {x}: tape {tape:?}, {dual:?}"
    );
    for (a, b) in [(nested.0, dual.v), (nested.1, dual.d[0]), (outside, dual.d[0])] {
        assert!(
            a == b || (a / b - 1.0).abs() <= power(x),
            "{f:?} at {x}: nested {a:e}, {dual:?}"
        );
    }
    nested
}

/// A function with an edge.
#[derive(Clone, Copy, Debug)]
enum Edge {
    Power(f64),
    WholePower(i32),
    Sqrt,
    Ln,
    Abs,
    Acos,
    MinWithSquare,
    MaxWithSquare,
    GuardedRoot,
}

impl Edge {
    fn eval<T: Real>(self, x: T) -> T {
        match self {
            Self::Power(p) => x.powf(T::lit(p)),
            Self::WholePower(n) => x.powi(n),
            Self::Sqrt => x.sqrt(),
            Self::Ln => x.ln(),
            Self::Abs => x.abs(),
            Self::Acos => x.acos(),
            Self::MinWithSquare => x.min(x.sq()),
            Self::MaxWithSquare => x.max(x.sq()),
            Self::GuardedRoot => {
                let positive = T::lit(0.0).lt(x);
                T::select(positive, T::select(positive, x, T::lit(1.0)).sqrt(), x * 3.0)
            }
        }
    }
}

#[test]
fn powers_at_zero_have_their_limits_to_second_order() {
    assert_eq!(at(Edge::Power(2.5), 0.0), (0.0, 0.0, 0.0));
    assert_eq!(at(Edge::Power(2.0), 0.0), (0.0, 0.0, 2.0));
    assert_eq!(at(Edge::Power(1.5), 0.0), (0.0, 0.0, INF));
    assert_eq!(at(Edge::Power(1.0), 0.0), (0.0, 1.0, 0.0));
    assert_eq!(at(Edge::Power(0.5), 0.0), (0.0, INF, -INF));
    assert_eq!(at(Edge::Power(0.0), 0.0), (1.0, 0.0, 0.0));
    assert_eq!(at(Edge::Power(-1.5), 0.0), (INF, -INF, INF));
    for n in [-2, -1] {
        assert_eq!(at(Edge::WholePower(n), 0.0).0, INF);
        assert_eq!(at(Edge::WholePower(n), 0.0).1, -INF);
    }
    assert_eq!(at(Edge::WholePower(0), 0.0), (1.0, 0.0, 0.0));
    assert_eq!(at(Edge::WholePower(1), 0.0), (0.0, 1.0, 0.0));
    assert_eq!(at(Edge::WholePower(2), 0.0), (0.0, 0.0, 2.0));
    assert_eq!(at(Edge::WholePower(3), 0.0), (0.0, 0.0, 0.0));
}

/// Two roundings of the power and three products.
const POWER: f64 = 4.0 * f64::EPSILON;

/// A power is known as well as its exponent is.
fn power(x: f64) -> f64 {
    if x == 0.0 {
        0.0
    } else {
        POWER + f64::EPSILON * x.abs().ln().abs()
    }
}

#[test]
fn powers_above_zero_have_their_second_derivatives() {
    for p in [-3.0, -0.4, 0.3, 0.999_999, 1.0, 1.5, 2.0, 2.5, 6.0] {
        for x in [1e-12, 0.3, 1.0, 1.7, 1e8] {
            let (y, slope, second) = at(Edge::Power(p), x);
            let check = |found: f64, factor: f64, p: f64| {
                let expected = factor * libm::pow(x, p);
                assert!(
                    (found - expected).abs() <= power(x) * expected.abs(),
                    "p {p}, x {x}: {found} {expected}"
                );
            };
            check(y, 1.0, p);
            check(slope, p, p - 1.0);
            check(second, p * (p - 1.0), p - 2.0);
        }
    }
    // Beyond the range of x^(p−1) the value survives.
    assert!((at(Edge::Power(-0.5), 1e-300).0 / 1e150 - 1.0).abs() < 1e-13);
    assert!((at(Edge::Power(-0.5), 1e300).0 / 1e-150 - 1.0).abs() < 1e-13);
    let nan = second_derivative(|x| x.powf(Dual::lit(2.5)), f64::NAN);
    assert!(nan.0.is_nan() && nan.1.is_nan() && nan.2.is_nan());
}

#[test]
fn slope_of_a_power_in_its_exponent_is_zero_at_zero() {
    for p in [0.5, 1.0, 2.5] {
        let (value, g) = gradient(|x| x[0].powf(x[1]), &[0.0, p]);
        assert_eq!((value, g[1]), (0.0, 0.0));
    }
    let (_, g) = gradient(|x| x[0].powf(x[1]), &[2.0, 3.0]);
    assert!((g[1] - 8.0 * 2.0_f64.ln()).abs() < 1e-14);
}

#[test]
fn roots_and_logarithms_at_zero_have_infinite_slopes() {
    assert_eq!(at(Edge::Sqrt, 0.0), (0.0, INF, -INF));
    assert_eq!(at(Edge::Ln, 0.0), (-INF, INF, -INF));
    assert!(Dual::<f64, 1>::variable(-1.0, 0).ln().v.is_nan());
    assert!(Dual::<f64, 1>::variable(-1.0, 0).sqrt().v.is_nan());
}

#[test]
fn kinks_have_the_slope_zero() {
    assert_eq!(at(Edge::Abs, 0.0), (0.0, 0.0, 0.0));
    assert_eq!(at(Edge::Abs, -0.0), (0.0, 0.0, 0.0));
    assert_eq!(at(Edge::Abs, -2.0), (2.0, -1.0, 0.0));
    assert_eq!(at(Edge::Acos, 1.0), (0.0, 0.0, 0.0));
    assert_eq!(at(Edge::Acos, -1.0), (PI, 0.0, 0.0));
    assert_eq!(at(Edge::Acos, 1.0 + 1e-15), (0.0, 0.0, 0.0));
    let origin = gradient(|x| x[0].atan2(x[1]), &[0.0, 0.0]);
    assert_eq!(origin, (0.0, vec![0.0, 0.0]));
}

#[test]
fn minimum_and_maximum_take_the_first_on_a_tie() {
    // x and x² tie at 1: the slope is that of x, not of x².
    assert_eq!(at(Edge::MinWithSquare, 1.0), (1.0, 1.0, 0.0));
    assert_eq!(at(Edge::MaxWithSquare, 1.0), (1.0, 1.0, 0.0));
    assert_eq!(at(Edge::MinWithSquare, 0.5), (0.25, 1.0, 2.0));
    assert_eq!(at(Edge::MaxWithSquare, 2.0), (4.0, 4.0, 2.0));
}

#[test]
fn select_with_a_guarded_side_is_finite_in_every_mode() {
    assert_eq!(at(Edge::GuardedRoot, 0.0), (0.0, 3.0, 0.0));
    assert_eq!(at(Edge::GuardedRoot, -1.0), (-3.0, 3.0, 0.0));
    assert_eq!(at(Edge::GuardedRoot, 4.0), (2.0, 0.25, -1.0 / 32.0));
}

/// √x where x is positive, else 3x, without a guard: an infinite slope meets the factor 0 of the side not taken.
fn unguarded<T: Real>(x: T) -> T {
    T::select(T::lit(0.0).lt(x), x.sqrt(), x * 3.0)
}

#[test]
fn select_without_a_guard_is_finite_but_for_the_stack_tape() {
    let dual = unguarded(Dual::<f64, 1>::variable(0.0, 0));
    assert_eq!((dual.v, dual.d[0]), (0.0, 3.0));
    assert_eq!(gradient(|x| unguarded(x[0]), &[0.0]), (0.0, vec![3.0]));
    let (value, [slope]) = reverse::<8, 1, _>(|[x]| unguarded(x), [0.0]);
    assert!(
        value == 0.0 && slope.is_nan(),
        "documented at the select of the stack tape"
    );
}

#[test]
fn infinite_slopes_of_unused_numbers_do_no_harm() {
    let (_, [slope]) = reverse::<8, 1, _>(
        |[x]| {
            let _unused = x.sqrt();
            x * 2.0
        },
        [0.0],
    );
    assert_eq!(slope, 2.0);
    let (_, g) = gradient(
        |x| {
            let _unused = x[0].sqrt();
            x[0] * 2.0
        },
        &[0.0],
    );
    assert_eq!(g, [2.0]);
}

#[test]
fn lengths_and_directions_of_zero_vectors_have_zero_derivatives() {
    let zero = [0.0; 3];
    assert_eq!(gradient(|x| norm(x), &zero), (0.0, vec![0.0; 3]));
    assert_eq!(reverse::<16, 3, _>(|x| norm(&x), zero), (0.0, zero));
    assert_eq!(
        hessian_vector(|x| norm(x), &zero, &[1.0, 2.0, 3.0]),
        (0.0, vec![0.0; 3], vec![0.0; 3])
    );
    for k in 0..3 {
        assert_eq!(gradient(|x| unit([x[0], x[1], x[2]])[k], &zero), (0.0, vec![0.0; 3]));
        assert_eq!(reverse::<16, 3, _>(|x| unit(x)[k], zero), (0.0, zero));
    }
}

fn bend<'t>(x: &[Var<'t>]) -> Var<'t> {
    angle([x[0], x[1], x[2]], [x[3], x[4], x[5]])
}

/// An ulp of π, and of the arc tangent of a small angle.
const ANGLE: f64 = 4.0 * f64::EPSILON;

#[test]
fn angles_keep_their_digits_near_zero_and_pi() {
    for tilt in [1e-150, 1e-12, 1e-6, 0.1] {
        for (x, expected, sense) in [(2.0, tilt, 1.0), (-2.0, PI - tilt, -1.0)] {
            let b = [x * libm::cos(tilt), 2.0 * libm::sin(tilt), 0.0];
            let (value, g) = gradient(bend, &[3.0, 0.0, 0.0, b[0], b[1], b[2]]);
            assert!(
                (value - expected).abs() <= ANGLE * expected,
                "{tilt}: {value:e}, not {expected:e}"
            );
            // b turns by its transverse displacement over its length, a by the opposite.
            let turn = sense * 0.5 * libm::cos(tilt);
            assert!((g[4] - turn).abs() <= ANGLE, "{tilt}: {} {turn}", g[4]);
            assert!((g[1] + 1.0 / 3.0).abs() <= ANGLE, "{tilt}: {}", g[1]);
        }
    }
    for (x, expected) in [(2.0, 0.0), (-2.0, PI)] {
        let (value, g) = gradient(bend, &[3.0, 0.0, 0.0, x, 0.0, 0.0]);
        assert_eq!((value, g), (expected, vec![0.0; 6]));
    }
    let (value, g) = gradient(bend, &[0.0, 0.0, 0.0, 1.0, 2.0, 3.0]);
    assert_eq!((value, g), (0.0, vec![0.0; 6]));
}
