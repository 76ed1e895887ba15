//! The order of differentiation of a whole evaluation: values alone, or values with their tangents along one direction.
//!
//! A kernel is written once over an [`Order`]; the tangents of positions, strain and parameters enter through its inputs,
//! and those of forces, energy, virial and gradient leave through its outputs.
//!
//! No closure here or in the kernels does lane arithmetic: the compiler may decline to inline a closure, and what is not
//! inlined is not compiled for the instruction set.

use super::kernel::{PairEvaluator, SWEEP};
use super::table::{MOST_LEAVES, assemble};
use admd_ad::{Dual, Lane, Real};
use admd_potentials::form::parameters::Leaves;

/// The scalar of the coefficients of an evaluation.
pub(super) type CoefficientOf<O, L> = <<O as Order>::Coefficients as Order>::Scalar<L>;

/// What the scalars of an evaluation carry. A scalar is stored as [`Order::PARTS`] lane values: the value, the tangent.
pub trait Order: Send + Sync + 'static {
    /// The scalar over a lane type.
    type Scalar<L: Lane>: Real<Lane = L>;
    /// How many lane values make one scalar.
    const PARTS: usize;
    /// Puts a scalar together from its value and its tangent; the second is ignored where there is none.
    fn build<L: Lane>(parts: [L; 2]) -> Self::Scalar<L>;
    /// Part `p` of a scalar.
    fn part<L: Lane>(x: Self::Scalar<L>, p: usize) -> L;
    /// What coefficients carry.
    type Coefficients: Order;
    /// A pair at a squared distance: what [`PairEvaluator::evaluate`] returns.
    fn evaluate<P: PairEvaluator, L: Lane>(
        r2: Self::Scalar<L>,
        coef: &P::Coef<CoefficientOf<Self, L>>,
        first: usize,
    ) -> Pair<Self::Scalar<L>>;
}

/// Energy of a pair, its slope in r², and its slopes in coefficients.
pub(super) type Pair<S> = (S, S, [S; SWEEP]);

/// Values alone.
pub(super) struct Value;

impl Order for Value {
    type Scalar<L: Lane> = L;
    const PARTS: usize = 1;
    #[inline(always)]
    fn build<L: Lane>(parts: [L; 2]) -> L {
        parts[0]
    }
    #[inline(always)]
    fn part<L: Lane>(x: L, _: usize) -> L {
        x
    }
    type Coefficients = Self;
    #[inline(always)]
    fn evaluate<P: PairEvaluator, L: Lane>(r2: L, coef: &P::Coef<L>, first: usize) -> Pair<L> {
        P::evaluate(r2, coef, first)
    }
}

/// Part of a dual number with one tangent.
#[inline(always)]
fn part<L: Lane>(x: Dual<L, 1>, p: usize) -> L {
    match (p, x.on[0]) {
        (0, _) => x.v,
        (_, true) => x.d[0],
        (_, false) => L::lit(0.0),
    }
}

/// Values with their derivatives along a direction that moves atoms but changes no parameter.
///
/// Then a tangent of the pair is that of r² times a slope in r²: the energy at nested duals that are both variables in r²,
/// of whose products the compiler shares those that are equal.
pub(super) struct Moved;

impl Order for Moved {
    type Scalar<L: Lane> = Dual<L, 1>;
    const PARTS: usize = 2;
    #[inline(always)]
    fn build<L: Lane>(parts: [L; 2]) -> Dual<L, 1> {
        Dual::with_tangents(parts[0], [parts[1]])
    }
    #[inline(always)]
    fn part<L: Lane>(x: Dual<L, 1>, p: usize) -> L {
        part(x, p)
    }
    type Coefficients = Value;
    #[inline(always)]
    fn evaluate<P: PairEvaluator, L: Lane>(r2: Dual<L, 1>, coef: &P::Coef<L>, first: usize) -> Pair<Dual<L, 1>> {
        const { assert!(P::SLOPES == 0, "slopes in coefficients are there with `Along`") };
        let mut constants = [Dual::constant(L::lit(0.0)); MOST_LEAVES];
        for k in 0..<P::Coef<L>>::COUNT {
            constants[k] = Dual::constant(coef.leaf(k));
        }
        let (u, g, _) = P::evaluate(Dual::<L, 1>::variable(r2.v, 0), &assemble(&constants), first);
        (u.of(r2), g.of(r2), [Dual::lit(0.0); SWEEP])
    }
}

/// Values with their derivatives along a direction in which parameters may change, too.
pub(super) struct Along;

impl Order for Along {
    type Scalar<L: Lane> = Dual<L, 1>;
    const PARTS: usize = 2;
    #[inline(always)]
    fn build<L: Lane>(parts: [L; 2]) -> Dual<L, 1> {
        Dual::with_tangents(parts[0], [parts[1]])
    }
    #[inline(always)]
    fn part<L: Lane>(x: Dual<L, 1>, p: usize) -> L {
        part(x, p)
    }
    type Coefficients = Self;
    #[inline(always)]
    fn evaluate<P: PairEvaluator, L: Lane>(
        r2: Dual<L, 1>,
        coef: &P::Coef<Dual<L, 1>>,
        first: usize,
    ) -> Pair<Dual<L, 1>> {
        P::evaluate(r2, coef, first)
    }
}
