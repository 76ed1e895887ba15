//! B2: all modes of differentiation agree with each other and with the complex step on random expressions.

mod support;

use admd_ad::explicit::{gradient, hessian_vector};
use admd_ad::{Dual, Tape, Var, reverse};
use support::complex::{self, Complex};
use support::expression::Expression;
use support::{Random, assert_close};

/// Expressions of order 1 with up to 60 operations lose some 2 digits of 16 to round-off, second derivatives one more.
const FIRST: f64 = 1e-13;
const SECOND: f64 = 1e-12;

const VARIABLES: usize = 3;
const NODES: usize = 64;
const DEEPEST: usize = 12;

/// 200 expressions of depth 1 to 12, each with a point, small enough for a stack tape.
fn expressions() -> Vec<(Expression, [f64; VARIABLES])> {
    let mut random = Random(20_240_229);
    let mut one = |depth| loop {
        let expression = Expression::random(&mut random, VARIABLES, depth);
        if expression.depth() == depth && expression.nodes() + VARIABLES <= NODES {
            return (expression, [(); VARIABLES].map(|()| random.uniform(-1.5, 1.5)));
        }
    };
    (0..200).map(|k| one(1 + k % DEEPEST)).collect()
}

#[test]
fn first_derivatives_agree_in_all_modes() {
    let mut nonzero = 0;
    for (f, x) in expressions() {
        let oracle = complex::gradient(|x| f.eval(x), &x);
        nonzero += usize::from(oracle.iter().any(|g| *g != 0.0));
        let check = |mode: &str, value: f64, found: &[f64]| {
            assert_close(format!("{mode}: value of {f:?}"), &[value], &[f.eval(&x)], FIRST);
            assert_close(format!("{mode}: gradient of {f:?}"), found, &oracle, FIRST);
        };

        let one_by_one: Vec<Dual<f64, 1>> = (0..VARIABLES)
            .map(|k| {
                let at: Vec<_> = (0..VARIABLES)
                    .map(|j| {
                        if j == k {
                            Dual::variable(x[j], 0)
                        } else {
                            Dual::constant(x[j])
                        }
                    })
                    .collect();
                f.eval(&at)
            })
            .collect();
        check(
            "dual",
            one_by_one[0].v,
            &one_by_one.iter().map(|y| y.d[0]).collect::<Vec<_>>(),
        );

        let at: Vec<Dual<f64, VARIABLES>> = (0..VARIABLES).map(|k| Dual::variable(x[k], k)).collect();
        let y = f.eval(&at);
        check("vector dual", y.v, &y.d);

        let (value, g) = reverse::<NODES, VARIABLES, _>(|x| f.eval(&x), x);
        check("stack tape", value, &g);

        let (value, g) = gradient(|x| f.eval(x), &x);
        check("tape", value, &g);

        let at: Vec<Dual<Dual<f64, VARIABLES>, VARIABLES>> = (0..VARIABLES)
            .map(|k| Dual::variable(Dual::variable(x[k], k), k))
            .collect();
        let y = f.eval(&at);
        check("nested dual, inside", y.v.v, &y.v.d);
        check("nested dual, outside", y.v.v, &y.d.map(|d| d.v));
    }
    assert!(
        nonzero > 190,
        "only {nonzero} expressions depend on their variables: this test checks too little"
    );
}

#[test]
fn second_derivatives_agree_in_all_modes() {
    for (f, x) in expressions() {
        let v = [0.7, -0.4, 1.1];
        // H v: the complex step along v, of the gradient by duals.
        let at: Vec<Dual<Complex, VARIABLES>> = (0..VARIABLES)
            .map(|k| Dual::variable(Complex::along(x[k], v[k]), k))
            .collect();
        let oracle = f.eval(&at).d.map(Complex::derivative);
        let check = |mode: &str, found: &[f64]| {
            assert_close(format!("{mode}: Hessian of {f:?}"), found, &oracle, SECOND);
        };

        let along: [Dual<f64, 1>; VARIABLES] = core::array::from_fn(|k| Dual::with_tangents(x[k], [v[k]]));
        let at: Vec<Dual<Dual<f64, 1>, VARIABLES>> = (0..VARIABLES).map(|k| Dual::variable(along[k], k)).collect();
        check("nested dual", &f.eval(&at).d.map(|d| d.d[0]));

        let (_, g) = reverse::<NODES, VARIABLES, _>(|x| f.eval(&x), along);
        check("forward over stack tape", &g.map(|g| g.d[0]));

        let (_, _, product) = hessian_vector(|x| f.eval(x), &x, &v);
        check("forward over tape", &product);

        let slope = |x: [_; VARIABLES]| {
            f.eval(&[0, 1, 2].map(|k| Dual::with_tangents(x[k], [Var::constant(v[k])])))
                .d[0]
        };
        let tape = Tape::new();
        let inputs = [0, 1, 2].map(|k| tape.variable(x[k]));
        check("tape over dual", &tape.gradient(slope(inputs)).of(&inputs));

        let outside = Tape::new();
        let at = inputs.map(|x| outside.variable(x));
        let y = f.eval(&at);
        let g = outside.gradient(y).of(&at);
        let along_v = g[0] * v[0] + g[1] * v[1] + g[2] * v[2];
        check("tape over tape", &tape.gradient(along_v).of(&inputs));
    }
}
