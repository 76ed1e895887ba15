//! Every method of `Real` in the SIMD lanes against the scalar lane, over its domain and at the edges.

mod lanes_common;
use admd_ad::{Element, Isa, Kernel, Lane, Real, dispatch};
use lanes_common::{Function, jets, on_every_isa, ulps};

/// Both sides may be off by the bound of the function; libm by not more than 2.5 ulp (erfc).
const SCALAR_BOUND: f64 = 2.5;

/// Points where ranges, branches and special values begin, each with both signs.
const EDGES: [f64; 41] = [
    0.0,
    5e-324,
    1e-310,
    2.2250738585072014e-308,
    1e-300,
    1e-160,
    1e-20,
    1e-8,
    0.1,
    0.25,
    0.34657359027997264,
    0.41421356237309503,
    0.5,
    core::f64::consts::FRAC_1_SQRT_2,
    core::f64::consts::FRAC_PI_4,
    0.84375,
    0.9999999999999999,
    1.0,
    1.0000000000000002,
    1.25,
    core::f64::consts::SQRT_2,
    core::f64::consts::FRAC_PI_2,
    2.0,
    core::f64::consts::PI,
    6.0,
    10.0,
    22.0,
    26.6,
    28.0,
    100.0,
    708.4,
    709.782712893384,
    709.7827128933841,
    745.1332191019411,
    745.2,
    1e6,
    1e8,
    1e22,
    1e300,
    f64::MAX,
    f64::INFINITY,
];

/// Numbers in [0, 1) from a Weyl sequence: the same on every machine.
fn uniform(k: usize, seed: f64) -> f64 {
    (seed + k as f64 * 0.618_033_988_749_894_9).fract()
}

/// Edges, NaN, and points spread evenly and in order of magnitude over both signs.
fn points(count: usize) -> Vec<f64> {
    let mut x: Vec<f64> = EDGES.iter().flat_map(|x| [*x, -*x]).collect();
    x.push(f64::NAN);
    for k in 0..count {
        let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
        x.push(sign * 10.0 * uniform(k, 0.1));
        x.push(sign * 720.0 * uniform(k, 0.3));
        x.push(sign * 10f64.powf(40.0 * uniform(k, 0.7) - 20.0));
    }
    x
}

fn check(function: Function, points: &[(f64, f64)]) {
    let want = jets(Isa::Scalar, function, points);
    on_every_isa(|isa| {
        for ((point, got), want) in points.iter().zip(jets(isa, function, points)).zip(&want) {
            let bound = function.ulp_bound() + SCALAR_BOUND;
            assert!(
                ulps(got[0], want[0]) <= bound,
                "{isa} {function:?} {point:?}: {:e}, scalar lane {:e}",
                got[0],
                want[0]
            );
        }
    });
}

#[test]
fn functions_of_one_argument_agree_with_the_scalar_lane() {
    let points: Vec<(f64, f64)> = points(2000).into_iter().map(|x| (x, 0.0)).collect();
    for function in [
        Function::Sq,
        Function::Recip,
        Function::Sqrt,
        Function::Exp,
        Function::Ln,
        Function::Sin,
        Function::Cos,
        Function::Tanh,
        Function::Erfc,
        Function::Acos,
        Function::Abs,
    ] {
        check(function, &points);
    }
}

#[test]
fn whole_powers_agree_with_the_scalar_lane() {
    let points: Vec<(f64, f64)> = points(300).into_iter().map(|x| (x, 0.0)).collect();
    for n in [-13, -6, -2, -1, 0, 1, 2, 3, 6, 7, 12, 40] {
        check(Function::Powi(n), &points);
    }
}

#[test]
fn real_powers_agree_with_the_scalar_lane_for_bases_not_negative() {
    let bases: Vec<f64> = points(300)
        .into_iter()
        .filter(|x| !(x.is_sign_negative() && *x != 0.0))
        .collect();
    let exponents: Vec<f64> = points(10);
    // +0 in place of −0, whose odd negative powers are −∞ in the scalar lane only
    let pairs = bases.iter().flat_map(|x| exponents.iter().map(move |p| (x.abs(), *p)));
    // libm loses hundreds of ulp at exponents above 2³¹
    let (usual, vast): (Vec<_>, Vec<_>) = pairs.partition(|(_, p)| !(p.is_finite() && p.abs() > 1e9));
    check(Function::Powf, &usual);
    on_every_isa(|isa| {
        let (got, want) = (
            jets(isa, Function::Powf, &vast),
            jets(Isa::Scalar, Function::Powf, &vast),
        );
        for ((point, got), want) in vast.iter().zip(got).zip(want) {
            assert!(ulps(got[0], want[0]) < 1e4, "{isa} {point:?}: {} {}", got[0], want[0]);
        }
    });
    on_every_isa(|isa| {
        if isa != Isa::Scalar {
            let got = jets(
                isa,
                Function::Powf,
                &[(-1.0, 2.0), (-1e-300, 0.5), (f64::NEG_INFINITY, 1.0)],
            );
            assert!(
                got.iter().all(|y| y[0].is_nan()),
                "{isa}: a negative base is outside the domain"
            );
        }
    });
}

#[test]
fn angles_agree_with_the_scalar_lane_in_all_quadrants() {
    let axis = points(30);
    let pairs: Vec<(f64, f64)> = axis.iter().flat_map(|y| axis.iter().map(move |x| (*y, *x))).collect();
    check(Function::Atan2, &pairs);
}

#[test]
fn both_simd_lane_types_give_the_same_bits() {
    if !Isa::Avx512.is_supported() {
        return println!("skipped: this CPU has no {}", Isa::Avx512);
    }
    let axis = points(300);
    let pairs: Vec<(f64, f64)> = axis.iter().zip(axis.iter().rev()).map(|(a, b)| (*a, *b)).collect();
    for function in [
        Function::Exp,
        Function::Ln,
        Function::Powf,
        Function::Sin,
        Function::Cos,
        Function::Tanh,
        Function::Erfc,
        Function::Acos,
        Function::Atan2,
    ] {
        let (four, eight) = (jets(Isa::Avx2, function, &pairs), jets(Isa::Avx512, function, &pairs));
        for ((pair, four), eight) in pairs.iter().zip(four).zip(eight) {
            let same = (0..3).all(|k| four[k].to_bits() == eight[k].to_bits() || four[k].is_nan() && eight[k].is_nan());
            assert!(same, "{function:?} {pair:?}: {four:?}, {eight:?}");
        }
    }
}

/// Arithmetic, which is exact to the last bit in every lane type.
struct Arithmetic<'a>(&'a [(f64, f64)]);

impl<E: Element> Kernel<E> for Arithmetic<'_> {
    type Output = Vec<[f64; 19]>;
    #[inline(always)]
    fn run<L: Lane<Element = E>>(self) -> Self::Output {
        let mut rows = Vec::new();
        for block in self.0.chunks(L::WIDTH) {
            let a = L::from_fn(|k| block[k.min(block.len() - 1)].0);
            let b = L::from_fn(|k| block[k.min(block.len() - 1)].1);
            let results = [
                a + b,
                a - b,
                a * b,
                a / b,
                -a,
                a + 1.5,
                a - 1.5,
                a * 1.5,
                a / 1.5,
                a.mul_add(b, a),
                a.sq(),
                a.recip(),
                a.sqrt(),
                a.abs(),
                a.powi(-3),
                Real::min(a, b),
                Real::max(a, b),
                L::select(a.lt(b), a, b),
                L::dot(&[a, b, a], &[b, L::lit(3.0), a]),
            ];
            for k in 0..block.len() {
                rows.push(results.map(|x| x.extract(k)));
            }
        }
        rows
    }
}

/// Where f32 ends, and the middle between two of its numbers.
const SINGLE_EDGES: [f64; 6] = [
    1.4e-45,
    1e-40,
    f32::MIN_POSITIVE as f64,
    1.0 + 6e-8,
    1.8446744e19,
    f32::MAX as f64,
];

fn arithmetic_agrees<E: Element>() {
    let mut axis = points(20);
    axis.extend(SINGLE_EDGES.iter().flat_map(|x| [*x, -*x]));
    let pairs: Vec<(f64, f64)> = axis.iter().flat_map(|a| axis.iter().map(move |b| (*a, *b))).collect();
    let want = dispatch::<E, _>(Isa::Scalar, Arithmetic(&pairs));
    on_every_isa(|isa| {
        let got = dispatch::<E, _>(isa, Arithmetic(&pairs));
        for ((pair, got), want) in pairs.iter().zip(got).zip(&want) {
            for k in 0..got.len() {
                let same = got[k].to_bits() == want[k].to_bits() || (got[k].is_nan() && want[k].is_nan());
                assert!(
                    same,
                    "{isa} operation {k} at {pair:?}: {:e}, scalar lane {:e}",
                    got[k], want[k]
                );
            }
        }
    });
}

#[test]
fn arithmetic_is_the_same_to_the_last_bit() {
    arithmetic_agrees::<f64>();
    arithmetic_agrees::<f32>();
}
