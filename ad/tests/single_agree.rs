//! Lanes of f32 against f64: values and derivatives of every method of `Real`, over its domain and at the edges.

mod lanes_common;
use admd_ad::Isa;
use lanes_common::{Function, jets, on_every_isa, single_jets};

/// One rounding from f64 to f32 [ulp]; the rest is a few ulp of f64, 2⁻²⁹ of those of f32 each.
const ROUNDED_ONCE: f64 = 0.5 + 1e-6;
/// The exponential is computed in f32 throughout: roundings of the reduced argument, of eʳ − 1 and of the result [ulp].
const EXP_BOUND: f64 = 1.11;
/// Derivatives are products of up to ten numbers, each rounded to 2⁻²⁴ of itself.
const SLOPE_TOLERANCE: f64 = 10.0 / (1 << 24) as f64;

const FUNCTIONS: [Function; 13] = [
    Function::Sq,
    Function::Recip,
    Function::Sqrt,
    Function::Exp,
    Function::Ln,
    Function::Powf,
    Function::Sin,
    Function::Cos,
    Function::Tanh,
    Function::Erfc,
    Function::Acos,
    Function::Atan2,
    Function::Abs,
];

/// Where ranges, branches and special values of f32 begin.
const EDGES: [f32; 25] = [
    0.0,
    1e-45,
    1e-40,
    f32::MIN_POSITIVE,
    1e-30,
    1e-19,
    1e-8,
    0.1,
    0.346_573_6,
    0.5,
    0.99999994,
    1.0,
    1.0000001,
    core::f32::consts::FRAC_PI_2,
    core::f32::consts::PI,
    9.0,
    10.06,
    17.3,
    87.336,
    88.72283,
    88.7229,
    103.28,
    103.98,
    1e9,
    f32::MAX,
];

/// Bound of the error of a value [ulp].
fn bound(function: Function) -> f64 {
    match function {
        // 2⁻²⁴ of the result, up to one ulp, for each of n − 1 products in any order and for the reciprocal
        Function::Powi(n) => 1.0 + f64::from(n.unsigned_abs()),
        Function::Exp => EXP_BOUND,
        _ => ROUNDED_ONCE,
    }
}

/// Numbers in [0, 1) from a Weyl sequence: the same on every machine.
fn uniform(k: usize, seed: f64) -> f64 {
    (seed + k as f64 * 0.618_033_988_749_894_9).fract()
}

/// Numbers that f32 holds, as f64: edges, infinity, NaN, and points spread evenly and in order of magnitude.
fn points(count: usize) -> Vec<f64> {
    let mut x: Vec<f32> = EDGES.iter().flat_map(|x| [*x, -*x]).collect();
    x.extend([f32::INFINITY, f32::NEG_INFINITY, f32::NAN]);
    for k in 0..count {
        let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
        x.push((sign * 10.0 * uniform(k, 0.1)) as f32);
        x.push((sign * 105.0 * uniform(k, 0.3)) as f32);
        x.push((sign * 10f64.powf(84.0 * uniform(k, 0.7) - 45.0)) as f32);
    }
    x.into_iter().map(f64::from).collect()
}

/// Distance of a value of f32 from an exact one in units of the last place of f32, gradual underflow included.
fn single_ulps(got: f64, want: f64) -> f64 {
    // the middle between the largest number and the next power of two rounds to infinity
    let overflow = f64::from(f32::MAX) * (1.0 + f64::from(f32::EPSILON) / 4.0);
    if got == want || (got.is_nan() && want.is_nan()) || (got.is_infinite() && got * want >= overflow) {
        return 0.0;
    }
    let exponent = ((want.abs().to_bits() >> 52) as i32 - 1023).max(-126);
    let ulp = 2f64.powi(exponent - 23);
    let error = (got - want).abs() / ulp;
    if error.is_nan() { f64::INFINITY } else { error }
}

fn check(function: Function, points: &[(f64, f64)]) {
    let want = jets(Isa::Scalar, function, points);
    on_every_isa(|isa| {
        let mut worst = 0.0_f64;
        for ((point, got), want) in points.iter().zip(single_jets(isa, function, points)).zip(&want) {
            let error = single_ulps(got[0], want[0]);
            assert!(
                error <= bound(function),
                "{isa} {function:?} {point:?}: {:e}, in f64 {:e}, {error} ulp",
                got[0],
                want[0]
            );
            worst = worst.max(error);
        }
        println!("{isa} {function:?}: largest error {worst:.3} ulp");
    });
}

#[test]
fn values_are_those_of_f64_rounded() {
    let axis = points(3000);
    let one: Vec<(f64, f64)> = axis.iter().map(|x| (*x, 0.0)).collect();
    let axis = points(30);
    let pairs: Vec<(f64, f64)> = axis.iter().flat_map(|y| axis.iter().map(move |x| (*y, *x))).collect();
    for function in FUNCTIONS {
        match function {
            Function::Atan2 => check(function, &pairs),
            // +0 in place of −0, whose odd negative powers are −∞ in the scalar lane only
            Function::Powf => {
                let bases = pairs.iter().filter(|(x, _)| *x >= 0.0 || x.is_nan());
                // libm loses hundreds of ulp of f64 at exponents above 2³¹
                let usual = bases.filter(|(_, p)| !(p.is_finite() && p.abs() > 1e9));
                check(function, &usual.map(|(x, p)| (x.abs(), *p)).collect::<Vec<_>>());
            }
            _ => check(function, &one),
        }
    }
}

#[test]
fn the_exponential_rises_and_keeps_its_bound_all_over_its_range() {
    // pairs of neighbours, from a sequence that meets all exponents
    let step = if cfg!(debug_assertions) { 100_003 } else { 1009 };
    let neighbours = |largest: f32, sign: f64| {
        let pairs = (0..largest.to_bits()).step_by(step).flat_map(|bits| [bits, bits + 1]);
        pairs.map(move |bits| (sign * f64::from(f32::from_bits(bits)), 0.0))
    };
    for points in [
        neighbours(90.0, 1.0).collect::<Vec<_>>(),
        neighbours(106.0, -1.0).collect(),
    ] {
        check(Function::Exp, &points);
        on_every_isa(|isa| {
            let values = single_jets(isa, Function::Exp, &points);
            for (x, y) in points.chunks_exact(2).zip(values.chunks_exact(2)) {
                let rise = (y[1][0] - y[0][0]) * x[0].0.signum();
                // no number where both are infinite
                assert!(
                    rise >= 0.0 || rise.is_nan(),
                    "{isa} at {x:?}: {:e}, {:e}",
                    y[0][0],
                    y[1][0]
                );
            }
        });
    }
}

#[test]
fn whole_powers_are_within_their_bound_where_no_product_leaves_the_range() {
    let points: Vec<(f64, f64)> = (0..1000)
        .map(|k| (f64::from((4.0 * uniform(k, 0.2) - 2.0) as f32), 0.0))
        .filter(|(x, _)| x.abs() > 0.3)
        .collect();
    for n in [-13, -6, -2, -1, 0, 1, 2, 3, 6, 7, 12, 40] {
        check(Function::Powi(n), &points);
    }
}

#[test]
fn derivatives_are_those_of_f64_to_single_precision() {
    // away from the ends of the range, where the squares in the rules leave it earlier than in f64
    let moderate = |k: usize, seed: f64| f64::from(10f64.powf(4.0 * uniform(k, seed) - 3.0) as f32);
    let points: Vec<(f64, f64)> = (0..2000)
        .map(|k| {
            let (a, b) = (moderate(k, 0.1), moderate(k * k, 0.6));
            (a, if k % 3 == 0 { -b } else { b })
        })
        .collect();
    let whole = [-6, -1, 0, 1, 2, 5].map(Function::Powi);
    for function in FUNCTIONS.into_iter().chain(whole) {
        let want = jets(Isa::Scalar, function, &points);
        on_every_isa(|isa| {
            for (((a, b), got), want) in points.iter().zip(single_jets(isa, function, &points)).zip(&want) {
                let extra = match function {
                    // an exponent rounded after subtracting 1
                    Function::Powf => a.ln().abs() * (b.abs() + 1.0),
                    _ => 0.0,
                };
                for k in [1, 2] {
                    let relative = SLOPE_TOLERANCE + extra * f64::from(f32::EPSILON);
                    // results below the normal range may be off by some of the smallest numbers
                    let allowed = relative * want[k].abs() + 20.0 * f64::from(f32::from_bits(1));
                    let beyond = want[k].abs() > f64::from(f32::MAX) && got[k].abs() == f64::INFINITY;
                    assert!(
                        (got[k] - want[k]).abs() <= allowed || beyond || (got[k].is_nan() && want[k].is_nan()),
                        "{isa} {function:?} {:?} slope {k}: {:e}, in f64 {:e}",
                        (a, b),
                        got[k],
                        want[k]
                    );
                }
            }
        });
    }
}

#[test]
fn both_simd_lane_types_give_the_same_bits() {
    if !Isa::Avx512.is_supported() {
        return println!("skipped: this CPU has no {}", Isa::Avx512);
    }
    let axis = points(1000);
    let pairs: Vec<(f64, f64)> = axis.iter().zip(axis.iter().rev()).map(|(a, b)| (*a, *b)).collect();
    for function in FUNCTIONS {
        let (eight, sixteen) = (
            single_jets(Isa::Avx2, function, &pairs),
            single_jets(Isa::Avx512, function, &pairs),
        );
        for ((pair, eight), sixteen) in pairs.iter().zip(eight).zip(sixteen) {
            let same =
                (0..3).all(|k| eight[k].to_bits() == sixteen[k].to_bits() || eight[k].is_nan() && sixteen[k].is_nan());
            assert!(same, "{function:?} {pair:?}: {eight:?}, {sixteen:?}");
        }
    }
}
