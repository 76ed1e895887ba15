//! Derivatives of a function in one call.
//!
//! Write the function over any number, `fn f<T: Real>(x: &[T]) -> T`, and pass it as `|x| f(x)`. The types behind are
//! chosen here: duals forward, a [`Tape`] backward, a tape of duals for second derivatives.

use crate::dual::Dual;
use crate::tape::{Tape, Var};

/// Value and derivative of a function of one variable.
///
/// ```
/// use admd_ad::{Real, explicit::derivative};
/// assert_eq!(derivative(|x| x.powi(3), 2.0), (8.0, 12.0));
/// ```
pub fn derivative(f: impl FnOnce(Dual<f64, 1>) -> Dual<f64, 1>, x: f64) -> (f64, f64) {
    let y = f(Dual::variable(x, 0));
    (y.v, y.d[0])
}

/// Value, first and second derivative of a function of one variable.
///
/// ```
/// use admd_ad::{Real, explicit::second_derivative};
/// assert_eq!(second_derivative(|x| x.powi(3), 2.0), (8.0, 12.0, 12.0));
/// ```
pub fn second_derivative(f: impl FnOnce(Dual<Dual<f64, 1>, 1>) -> Dual<Dual<f64, 1>, 1>, x: f64) -> (f64, f64, f64) {
    let y = f(Dual::variable(Dual::variable(x, 0), 0));
    (y.v.v, y.v.d[0], y.d[0].d[0])
}

/// Value and gradient of a function of many variables, by one reverse sweep.
///
/// ```
/// use admd_ad::{Real, explicit::gradient};
/// let (value, slopes) = gradient(|x| x[0].sq() * x[1], &[3.0, 2.0]);
/// assert_eq!((value, slopes), (18.0, vec![12.0, 9.0]));
/// ```
pub fn gradient(f: impl for<'t> FnOnce(&[Var<'t>]) -> Var<'t>, x: &[f64]) -> (f64, Vec<f64>) {
    let tape = Tape::new();
    let inputs = tape.variables(x);
    let output = f(&inputs);
    (output.value(), tape.gradient(output).of(&inputs))
}

/// Value, gradient g and Hessian–vector product H v, by one reverse sweep over duals: about twice a gradient, however
/// many variables there are.
///
/// ```
/// use admd_ad::{Real, explicit::hessian_vector};
/// // x² y has the Hessian (2y, 2x; 2x, 0)
/// let (value, g, hv) = hessian_vector(|x| x[0].sq() * x[1], &[3.0, 2.0], &[1.0, 10.0]);
/// assert_eq!((value, g, hv), (18.0, vec![12.0, 9.0], vec![64.0, 6.0]));
/// ```
///
/// # Panics
/// If x and v differ in length.
pub fn hessian_vector(
    f: impl for<'t> FnOnce(&[Var<'t, Dual<f64, 1>>]) -> Var<'t, Dual<f64, 1>>,
    x: &[f64],
    v: &[f64],
) -> (f64, Vec<f64>, Vec<f64>) {
    let tape = Tape::new();
    let inputs = tape.variables(&along(x, v));
    let output = f(&inputs);
    let gradient = tape.gradient(output).of(&inputs);
    (
        output.value().v,
        gradient.iter().map(|g| g.v).collect(),
        gradient.iter().map(|g| g.d[0]).collect(),
    )
}

/// Values y = f(x) and Jacobian–vector product J v: how the results change along v, by one forward pass.
///
/// ```
/// use admd_ad::{Real, explicit::jvp};
/// let (y, jv) = jvp(|x| vec![x[0] * x[1], x[1].sq()], &[3.0, 2.0], &[1.0, 10.0]);
/// assert_eq!((y, jv), (vec![6.0, 4.0], vec![32.0, 40.0]));
/// ```
///
/// # Panics
/// If x and v differ in length.
pub fn jvp(f: impl FnOnce(&[Dual<f64, 1>]) -> Vec<Dual<f64, 1>>, x: &[f64], v: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let y = f(&along(x, v));
    (y.iter().map(|y| y.v).collect(), y.iter().map(|y| y.d[0]).collect())
}

/// Values y = f(x) and vector–Jacobian product wᵀ J: the gradient of w · f, by one reverse sweep.
///
/// ```
/// use admd_ad::{Real, explicit::vjp};
/// let (y, wj) = vjp(|x| vec![x[0] * x[1], x[1].sq()], &[3.0, 2.0], &[1.0, 10.0]);
/// assert_eq!((y, wj), (vec![6.0, 4.0], vec![2.0, 43.0]));
/// ```
///
/// # Panics
/// If f(x) and w differ in length.
pub fn vjp(f: impl for<'t> FnOnce(&[Var<'t>]) -> Vec<Var<'t>>, x: &[f64], w: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let tape = Tape::new();
    let inputs = tape.variables(x);
    let outputs = f(&inputs);
    let adjoints = tape.pullback(&outputs, w).of(&inputs);
    (outputs.iter().map(|y| y.value()).collect(), adjoints)
}

/// The point x moving along v.
fn along(x: &[f64], v: &[f64]) -> Vec<Dual<f64, 1>> {
    assert_eq!(x.len(), v.len(), "the direction needs as many components as the point");
    x.iter().zip(v).map(|(x, v)| Dual::with_tangents(*x, [*v])).collect()
}
