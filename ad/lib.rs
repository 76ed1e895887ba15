//! Automatic differentiation in SIMD lanes.
//!
//! Write a function once, over any number type; choose the type to choose the derivative. All types share one trait,
//! [`Real`], and one table of derivatives, [`elementary`]; all work in SIMD lanes of f64 or f32 as well as on `f64`,
//! and within each other.
//!
//! | type | gives | cost, in evaluations of the function |
//! |---|---|---|
//! | `f64`, the types of [`lanes`] over f64 or f32 | values | 1 |
//! | [`Dual<V, K>`](Dual) | derivatives along K directions | some 1 + K/2; constants are free |
//! | `Dual<Dual<V, 1>, K>` | second derivatives: Hessian–vector products, mixed ones | about twice that |
//! | [`Rev<V, N>`](Rev), by [`reverse`] | gradient of a small function (64 operations), dissolves in the optimiser | 2 to 3 for any number of inputs |
//! | [`Var<V>`](Var) on a [`Tape`] | gradient of a function of any size | about 10, or 2 if it consists of [`Real::dense`] and [`Real::dot`] |
//! | `Var<Dual<V, 1>>`, `Rev<Dual<V, 1>, N>` | Hessian–vector products of many inputs | twice the gradient |
//! | a complex number, `tests/support/complex.rs` | the oracle of the tests: it shares no rule with the others | |
//!
//! # A derivative
//!
//! The calls in [`explicit`] choose the type themselves.
//!
//! ```
//! use admd_ad::{Real, explicit::derivative};
//!
//! /// Lennard-Jones energy of the squared distance.
//! fn energy<T: Real>(r2: T) -> T {
//!     let s6 = r2.recip().powi(3);
//!     (s6.sq() - s6) * 4.0
//! }
//!
//! assert_eq!(energy(1.0), 0.0);
//! assert_eq!(derivative(|r2| energy(r2), 1.0), (0.0, -12.0));
//! ```
//!
//! Functions like `x.powi(3)`, `x.sq()`, `x.recip()` and `a.mul_add(b, c)` are one operation each with a derivative in
//! closed form: prefer them to products spelt out. A constant is `T::lit(2.0)`, or an `f64` on the right of an operator.
//!
//! # The gradient of a function of many variables
//!
//! ```
//! use admd_ad::{Real, explicit::{gradient, hessian_vector}};
//!
//! fn rosenbrock<T: Real>(x: &[T]) -> T {
//!     let [a, b] = [x[0], x[1]];
//!     (T::lit(1.0) - a).sq() + (b - a.sq()).sq() * 100.0
//! }
//!
//! let (value, slopes) = gradient(|x| rosenbrock(x), &[2.0, 1.0]);
//! assert_eq!((value, slopes), (901.0, vec![2402.0, -600.0]));
//!
//! // and how it changes along (1, 0)
//! let (_, _, product) = hessian_vector(|x| rosenbrock(x), &[2.0, 1.0], &[1.0, 0.0]);
//! assert_eq!(product, [4402.0, -800.0]);
//! ```
//!
//! The closure `|x| rosenbrock(x)` is needed: it stands for the function over numbers of any lifetime.
//!
//! # Some parameters, not all
//!
//! A [`Dual`] knows which of its tangents can be other than zero, so one type serves for variables, parameters to
//! differentiate and parameters that stay fixed. After inlining the fixed ones cost nothing.
//!
//! ```
//! use admd_ad::{Dual, Real};
//!
//! fn spring<T: Real>(r: T, stiffness: T, length: T) -> T {
//!     stiffness * (r - length).sq() * 0.5
//! }
//!
//! let r = Dual::<f64, 2>::variable(3.0, 0);
//! let stiffness = Dual::variable(10.0, 1);
//! let energy = spring(r, stiffness, Dual::constant(1.0));
//! assert_eq!((energy.v, energy.d), (20.0, [20.0, 2.0]));
//! ```
//!
//! # A small function with many inputs in a hot loop
//!
//! ```
//! use admd_ad::{Real, reverse};
//!
//! fn projection_squared<T: Real>(x: [T; 6]) -> T {
//!     (T::dot(&x[..3], &x[3..]) * T::dot(&x[..3], &x[..3]).recip()).sq()
//! }
//!
//! let (value, slopes) = reverse::<16, 6, _>(|x| projection_squared(x), [1.0, 0.0, 0.0, 2.0, 3.0, 0.0]);
//! assert_eq!((value, slopes), (4.0, [-8.0, 12.0, 0.0, 4.0, 0.0, 0.0]));
//! ```
//!
//! # Lengths, angles, and other edges
//!
//! √x has an infinite slope at 0, a length of zero no slope at all: [`safe`] has geometry without such surprises, and
//! the table says what each function does at the edge of its domain. A piecewise function uses [`Real::select`], which
//! evaluates both sides: keep the side not taken finite.
//!
//! ```
//! use admd_ad::{explicit::gradient, safe};
//! assert_eq!(gradient(|x| safe::norm(x), &[0.0, 0.0, 0.0]), (0.0, vec![0.0, 0.0, 0.0]));
//! ```
//!
//! # Networks, solvers, long computations
//!
//! On a [`Tape`], [`Real::dense`], [`Real::dot`] and [`Real::total`] are single records;
//! [`tape::custom`] takes a function that brings its own derivative, and [`tape::checkpoint`] computes a segment again
//! instead of storing it.
//!
//! ```
//! use admd_ad::{Real, Tape};
//!
//! /// Two neurons and an output.
//! fn network<T: Real>(weights: &[T], x: &[T]) -> T {
//!     let mut hidden = [T::lit(0.0); 2];
//!     T::dense(&weights[..4], x, &mut hidden);
//!     T::dot(&weights[4..], &hidden.map(T::tanh))
//! }
//!
//! let mut tape = Tape::new();
//! let weights = tape.variables(&[1.0, 1.0, -1.0, 1.0, 2.0, 3.0]);
//! let input = [1.0, -1.0].map(Real::lit);
//! let output = network(&weights, &input);
//! let slopes = tape.gradient(output).of(&weights);
//! assert_eq!(slopes[..2], [2.0, -2.0]); // tanh' = 1 where the neuron is at 0
//! assert_eq!(slopes[4], 0.0);
//! tape.clear(); // and again, without allocating
//! ```

pub mod dual;
pub mod elementary;
pub mod explicit;
pub mod lanes;
pub mod real;
pub mod safe;
pub mod stack_tape;
pub mod tape;

pub use dual::Dual;
pub use lanes::{F32x1, Isa, IsaError, Kernel, dispatch, transpose};
#[cfg(target_arch = "x86_64")]
pub use lanes::{F32x8, F32x16, F64x4, F64x8};
pub use real::{Element, Lane, Mask, Real};
pub use stack_tape::{Rev, StackTape, reverse};
pub use tape::{Gradient, Tape, Var};

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("README.md")]
struct Readme;
