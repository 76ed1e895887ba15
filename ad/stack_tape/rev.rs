//! The number that records itself on a stack tape.

use super::{MAX_NODES, NOBODY, Node, Parts, unrolled};
use crate::elementary;
use crate::real::{Lane, Real};
use core::fmt;
use core::ops::{Add, Div, Mul, Neg, Sub};

/// A number on a [`StackTape`](super::StackTape), or a constant.
///
/// Over a dual it gives second derivatives, forward over reverse:
///
/// ```
/// use admd_ad::{Dual, Real, reverse};
/// // x³ y at (2, 5), differentiated once more along (1, 0)
/// let x = Dual::<f64, 1>::variable(2.0, 0);
/// let y = Dual::constant(5.0);
/// let (_, [in_x, in_y]) = reverse::<8, 2, _>(|[x, y]| x.powi(3) * y, [x, y]);
/// assert_eq!((in_x.v, in_y.v), (60.0, 8.0)); // 3x²y, x³
/// assert_eq!((in_x.d[0], in_y.d[0]), (60.0, 12.0)); // 6xy, 3x²
/// ```
#[derive(Clone, Copy)]
pub struct Rev<'t, V, const N: usize> {
    v: V,
    /// None for a constant.
    tape: Option<Parts<'t, V, N>>,
    index: usize,
}

impl<V: fmt::Debug, const N: usize> fmt::Debug for Rev<'_, V, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tape {
            Some(_) => write!(f, "Rev({:?}, node {})", self.v, self.index),
            None => write!(f, "Rev({:?}, constant)", self.v),
        }
    }
}

impl<'t, V: Real, const N: usize> Rev<'t, V, N> {
    /// A constant: it takes no node.
    #[inline(always)]
    pub fn constant(v: V) -> Self {
        Self {
            v,
            tape: None,
            index: NOBODY,
        }
    }

    /// Node `index` of a tape.
    #[inline(always)]
    pub(super) fn on(tape: Parts<'t, V, N>, index: usize, v: V) -> Self {
        Self {
            v,
            tape: Some(tape),
            index,
        }
    }

    #[inline(always)]
    pub(super) fn tape(self) -> Option<Parts<'t, V, N>> {
        self.tape
    }

    #[inline(always)]
    pub(super) fn index(self) -> usize {
        self.index
    }

    /// The value.
    #[inline(always)]
    pub fn value(self) -> V {
        self.v
    }

    /// Whether this number takes no part in differentiation.
    #[inline(always)]
    pub fn is_constant(self) -> bool {
        self.tape.is_none()
    }

    /// The result of an operation on `parents`, a constant if they all are. Unused places hold constants.
    #[inline(always)]
    fn node(v: V, parents: [Self; 3], slopes: [V; 3]) -> Self {
        match parents[0].tape.or(parents[1].tape).or(parents[2].tape) {
            Some(tape) => {
                debug_assert!(
                    parents
                        .iter()
                        .all(|p| p.tape.is_none_or(|other| core::ptr::eq(other.len, tape.len))),
                    "two numbers of different stack tapes meet: put the inputs of a function on one tape"
                );
                let parents = [parents[0].index, parents[1].index, parents[2].index];
                Self {
                    v,
                    tape: Some(tape),
                    index: tape.push(Node { parents, slopes }),
                }
            }
            None => Self::constant(v),
        }
    }

    /// Chain rule for one argument.
    #[inline(always)]
    fn chain(self, (value, slope): (V, V)) -> Self {
        let none = V::lit(0.0);
        Self::node(
            value,
            [self, Self::constant(none), Self::constant(none)],
            [slope, none, none],
        )
    }

    /// Chain rule for two arguments.
    #[inline(always)]
    fn chain2(self, other: Self, (value, in_self, in_other): (V, V, V)) -> Self {
        let none = V::lit(0.0);
        Self::node(value, [self, other, Self::constant(none)], [in_self, in_other, none])
    }
}

elementary::tape_operators!(['t, V: Real, const N: usize] Rev<'t, V, N>, v);

impl<'t, V: Real, const N: usize> Real for Rev<'t, V, N> {
    type Lane = V::Lane;

    #[inline(always)]
    fn lit(x: f64) -> Self {
        Self::constant(V::lit(x))
    }
    #[inline(always)]
    fn lift(x: V::Lane) -> Self {
        Self::constant(V::lift(x))
    }
    #[inline(always)]
    fn primal(self) -> V::Lane {
        self.v.primal()
    }

    elementary::methods_from_table!(v);

    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        Self::node(self.v.mul_add(b.v, c.v), [self, b, c], [b.v, self.v, V::lit(1.0)])
    }
    #[inline(always)]
    fn lt(self, other: Self) -> <V::Lane as Lane>::Mask {
        self.v.lt(other.v)
    }
    /// One node with slopes 0 and 1: in the sweep the side not taken is multiplied by 0, so its slopes must be finite.
    #[inline(always)]
    fn select(mask: <V::Lane as Lane>::Mask, a: Self, b: Self) -> Self {
        let (zero, one) = (V::lit(0.0), V::lit(1.0));
        a.chain2(
            b,
            (
                V::select(mask, a.v, b.v),
                V::select(mask, one, zero),
                V::select(mask, zero, one),
            ),
        )
    }
    #[inline(always)]
    fn dot(w: &[Self], x: &[Self]) -> Self {
        let n = w.len().min(x.len());
        let mut sum = Self::lit(0.0);
        unrolled!(for k in 0..n {
            sum = w[k].mul_add(x[k], sum);
        });
        for k in MAX_NODES..n {
            sum = w[k].mul_add(x[k], sum);
        }
        sum
    }
}
