//! The order of differentiation of a whole evaluation: values alone, or values with their tangents along one direction.
//!
//! A kernel is written once over an [`Order`]; the tangents of positions, strain and parameters enter through its inputs,
//! and those of forces, energy, virial and gradient leave through its outputs.
//!
//! No closure here or in the kernels does lane arithmetic: the compiler may decline to inline a closure, and what is not
//! inlined is not compiled for the instruction set.

use admd_ad::{Dual, Lane, Real};

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
}

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
}

/// Values with their derivatives along a direction.
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
        match (p, x.on[0]) {
            (0, _) => x.v,
            (_, true) => x.d[0],
            (_, false) => L::lit(0.0),
        }
    }
}
