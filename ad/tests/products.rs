//! B3: forward and reverse products are transposes of each other. B6: the Hessian is symmetric, its product is the
//! difference of gradients, and moving everything together changes nothing.

mod support;

use admd_ad::explicit::{gradient, hessian_vector, jvp, vjp};
use admd_ad::tape::{checkpoint, custom};
use admd_ad::{Dual, Real, Var};
use support::functions::{ALL, POINT, features};
use support::{Random, assert_close, inner, moved};

/// Both sides are sums of some 12 × 3 products of numbers with a round-off of a few ulp.
const TRANSPOSE: f64 = 1e-13;
/// Round-off of second derivatives relative to the largest.
const SYMMETRY: f64 = 1e-12;
/// A central difference with h = ε^(1/3): its error is h² f⁗/6 ≈ 4e-11 |f⁗|.
const DIFFERENCE: f64 = 1e-8;

const N: usize = POINT.len();

#[test]
fn reverse_product_is_the_transpose_of_the_forward_product() {
    let mut random = Random(3);
    for _ in 0..50 {
        let x = moved(&POINT, 0.1, &random.vector(N, -1.0, 1.0));
        let (v, w) = (random.vector(N, -1.0, 1.0), random.vector(3, -1.0, 1.0));
        let (y, jv) = jvp(features, &x, &v);
        let (same_y, wj) = vjp(|x| features(x), &x, &w);
        assert_close("values", &y, &same_y, TRANSPOSE);
        let (forward, reverse) = (inner(&w, &jv), inner(&wj, &v));
        let scale = inner(&w, &w).sqrt() * inner(&jv, &jv).sqrt();
        assert!(
            (forward - reverse).abs() <= TRANSPOSE * scale,
            "<w, J v> = {forward:e}, <wᵀ J, v> = {reverse:e}"
        );
        assert!(forward.abs() > 1e-6, "the products must not vanish");
    }
}

#[test]
fn checkpointed_and_custom_segments_have_the_products_of_recorded_ones() {
    let mut random = Random(4);
    let (x, w) = (POINT, random.vector(3, -1.0, 1.0));
    let (y, recorded) = vjp(|x| features(x), &x, &w);

    let (same_y, recomputed) = vjp(|x| checkpoint(|x| features(x), x), &x, &w);
    assert_eq!(
        (&y, &recorded),
        (&same_y, &recomputed),
        "the same operations in the same order"
    );

    let (_, recomputed) = vjp(|x| checkpoint(|x| checkpoint(|x| features(x), x), x), &x, &w);
    assert_eq!(recorded, recomputed);
    let constants = checkpoint(|x| features(x), &x.map(Var::constant));
    assert!(constants.iter().all(|y| y.is_constant()));

    // The derivative brought along is the forward product, column by column.
    let (_, own) = vjp(
        |inputs| {
            custom(inputs, &features(&x), move |out, into| {
                for (k, into) in into.iter_mut().enumerate() {
                    let mut column = [0.0; N];
                    column[k] = 1.0;
                    *into += inner(&jvp(features, &x, &column).1, out);
                }
            })
        },
        &x,
        &w,
    );
    assert_close("custom", &own, &recorded, TRANSPOSE);
}

/// The Hessian by rows.
fn hessian(f: &support::functions::Smooth, x: &[f64]) -> Vec<Vec<f64>> {
    let column = |k: usize| (0..N).map(|j| if j == k { 1.0 } else { 0.0 }).collect::<Vec<_>>();
    (0..N).map(|k| hessian_vector(|x| f.eval(x), x, &column(k)).2).collect()
}

#[test]
fn hessian_is_symmetric() {
    for f in ALL {
        let h = hessian(&f, &POINT);
        let transposed: Vec<Vec<f64>> = (0..N).map(|i| (0..N).map(|j| h[j][i]).collect()).collect();
        assert_close(f.name(), &h.concat(), &transposed.concat(), SYMMETRY);
        assert!(
            h.concat().iter().filter(|x| x.abs() > 1e-6).count() > N * N / 3,
            "a Hessian of zeros is symmetric too"
        );
    }
}

#[test]
fn hessian_vector_product_is_a_difference_of_gradients() {
    let h = f64::EPSILON.cbrt();
    for f in ALL {
        let v = Random(6).vector(N, -1.0, 1.0);
        let slope = |h: f64| gradient(|x| f.eval(x), &moved(&POINT, h, &v)).1;
        let difference: Vec<f64> = slope(h)
            .iter()
            .zip(slope(-h))
            .map(|(a, b)| (a - b) / (2.0 * h))
            .collect();
        let (value, g, hv) = hessian_vector(|x| f.eval(x), &POINT, &v);
        let (same_value, same_g) = gradient(|x| f.eval(x), &POINT);
        assert_close(format!("{}: value", f.name()), &[value], &[same_value], TRANSPOSE);
        assert_close(format!("{}: gradient", f.name()), &g, &same_g, TRANSPOSE);
        assert_close(format!("{}: H v", f.name()), &hv, &difference, DIFFERENCE);
    }
}

#[test]
fn translations_are_in_the_null_space_of_the_hessian() {
    let cluster = &ALL[0];
    for axis in 0..3 {
        let together: Vec<f64> = (0..N).map(|k| if k % 3 == axis { 1.0 } else { 0.0 }).collect();
        let (_, g, hv) = hessian_vector(|x| cluster.eval(x), &POINT, &together);
        let scale = hessian(cluster, &POINT)
            .concat()
            .iter()
            .fold(0.0_f64, |scale, x| scale.max(x.abs()));
        assert!(hv.iter().all(|x| x.abs() <= SYMMETRY * scale), "axis {axis}: {hv:?}");
        assert!(
            inner(&g, &together).abs() <= SYMMETRY * scale,
            "forces must sum to zero"
        );
    }
}

#[test]
fn norm_is_differentiated_through_every_operation_it_uses() {
    // d²/dx² of |x| along v is (|v|² − (n·v)²)/|x|.
    let (x, v) = ([1.0, 2.0, -2.0], [0.3, -0.1, 0.4]);
    let (value, g, hv) = hessian_vector(|x| admd_ad::safe::norm(x), &x, &v);
    let along = inner(&g, &v);
    assert_close(
        "norm",
        &[value, inner(&hv, &v)],
        &[3.0, (inner(&v, &v) - along * along) / 3.0],
        TRANSPOSE,
    );
    assert_close("slopes", &g, &x.map(|x: f64| x / 3.0), TRANSPOSE);
}

#[test]
fn squares_are_products_at_every_order() {
    // with dᵏ the derivative along (1, …, 1) and s = Σ xₖ²: s′ = 2 Σ xₖ, s″ = 2 n, and both from products of duals
    let mut x = [Dual::<Dual<f64, 1>, 1>::constant(Dual::constant(0.0)); 4];
    for (x, value) in x.iter_mut().zip([0.5, -1.25, 3.0, 0.0]) {
        *x = Dual::with_tangents(Dual::variable(value, 0), [Dual::constant(1.0)]);
    }
    // one that does not change
    x[3] = Dual::constant(Dual::constant(2.0));
    let s = Real::squares(x);
    let products = x.into_iter().fold(Dual::lit(0.0), |sum, x| x.mul_add(x, sum));
    for s in [s, products] {
        assert_eq!((s.v.v, s.v.d[0], s.d[0].v, s.d[0].d[0]), (14.8125, 4.5, 4.5, 6.0));
    }
}
