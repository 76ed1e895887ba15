//! The number that records what is done to it.

use super::{CONSTANT, Tape};
use crate::elementary;
use crate::real::{Lane, Mask, Real};
use core::fmt;
use core::ops::{Add, Div, Mul, Neg, Sub};

/// A number on a [`Tape`], or a constant.
///
/// Made by [`Tape::variable`]; arithmetic on it is recorded. Adding or subtracting an `f64` takes no node.
#[derive(Clone, Copy)]
pub struct Var<'t, V = f64> {
    value: V,
    /// None for a constant.
    tape: Option<&'t Tape<V>>,
    index: u32,
}

impl<V: fmt::Debug> fmt::Debug for Var<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tape {
            Some(_) => write!(f, "Var({:?}, node {})", self.value, self.index),
            None => write!(f, "Var({:?}, constant)", self.value),
        }
    }
}

impl<'t, V: Real> Var<'t, V> {
    /// A constant: it takes no node.
    #[inline]
    pub fn constant(value: V) -> Self {
        Self {
            value,
            tape: None,
            index: CONSTANT,
        }
    }

    /// Node `index` of `tape`.
    #[inline]
    pub(super) fn on(tape: &'t Tape<V>, index: u32, value: V) -> Self {
        Self {
            value,
            tape: Some(tape),
            index,
        }
    }

    /// The value.
    #[inline]
    pub fn value(self) -> V {
        self.value
    }

    /// Whether this number takes no part in differentiation.
    #[inline]
    pub fn is_constant(self) -> bool {
        self.tape.is_none()
    }

    #[inline]
    pub(super) fn tape(self) -> Option<&'t Tape<V>> {
        self.tape
    }

    #[inline]
    pub(super) fn index(self) -> u32 {
        self.index
    }

    /// The tape of those among `numbers` that are not constants.
    #[inline]
    pub(super) fn common_tape(numbers: impl IntoIterator<Item = Self>) -> Option<&'t Tape<V>> {
        let mut common: Option<&'t Tape<V>> = None;
        for tape in numbers.into_iter().filter_map(|x| x.tape) {
            assert!(
                common.is_none_or(|other| core::ptr::eq(other, tape)),
                "two numbers of different tapes meet: put the inputs of a function on one tape"
            );
            common = Some(tape);
        }
        common
    }

    /// The result of an operation with the given slopes in its arguments: one node, none if all arguments are constants.
    #[inline]
    fn node<const K: usize>(value: V, arguments: [(Self, V); K]) -> Self {
        let Some(tape) = Self::common_tape(arguments.iter().map(|(x, _)| *x)) else {
            return Self::constant(value);
        };
        let mut records = tape.records.borrow_mut();
        for (x, slope) in arguments {
            records.argument(x.index, slope);
        }
        Self::on(tape, records.node(), value)
    }

    /// Chain rule for one argument.
    #[inline]
    fn chain(self, (value, slope): (V, V)) -> Self {
        Self::node(value, [(self, slope)])
    }

    /// Chain rule for two arguments.
    #[inline]
    fn chain2(self, other: Self, (value, in_self, in_other): (V, V, V)) -> Self {
        Self::node(value, [(self, in_self), (other, in_other)])
    }
}

elementary::tape_operators!(['t, V: Real] Var<'t, V>, value);

impl<'t, V: Real> Real for Var<'t, V> {
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
        self.value.primal()
    }

    elementary::methods_from_table!(value);

    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        let value = self.value.mul_add(b.value, c.value);
        Self::node(value, [(self, b.value), (b, self.value), (c, V::lit(1.0))])
    }
    #[inline(always)]
    fn lt(self, other: Self) -> <V::Lane as Lane>::Mask {
        self.value.lt(other.value)
    }
    /// Where all lanes agree the side taken is the result, without a node: infinities of the other side do no harm.
    #[inline(always)]
    fn select(mask: <V::Lane as Lane>::Mask, a: Self, b: Self) -> Self {
        if mask.all() {
            return a;
        }
        if !mask.any() {
            return b;
        }
        let (zero, one) = (V::lit(0.0), V::lit(1.0));
        let value = V::select(mask, a.value, b.value);
        a.chain2(b, (value, V::select(mask, one, zero), V::select(mask, zero, one)))
    }

    fn dot(w: &[Self], x: &[Self]) -> Self {
        let mut value = V::lit(0.0);
        for (w, x) in w.iter().zip(x) {
            value = w.value.mul_add(x.value, value);
        }
        let n = w.len().min(x.len());
        let (w, x) = (&w[..n], &x[..n]);
        let Some(tape) = Self::common_tape(w.iter().chain(x).copied()) else {
            return Self::constant(value);
        };
        let mut records = tape.records.borrow_mut();
        for (w, x) in w.iter().zip(x) {
            records.argument(w.index, x.value);
            records.argument(x.index, w.value);
        }
        Self::on(tape, records.node(), value)
    }

    fn total(x: &[Self]) -> Self {
        let value = x.iter().fold(V::lit(0.0), |sum, x| sum + x.value);
        let Some(tape) = Self::common_tape(x.iter().copied()) else {
            return Self::constant(value);
        };
        let mut records = tape.records.borrow_mut();
        for x in x {
            records.argument(x.index, V::lit(1.0));
        }
        Self::on(tape, records.node(), value)
    }

    fn dense(w: &[Self], x: &[Self], y: &mut [Self]) {
        super::primitives::dense(w, x, y);
    }
}
