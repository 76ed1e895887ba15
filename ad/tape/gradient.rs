//! What a reverse sweep gives.

use super::Var;
use crate::real::Real;
use core::ops::Index;

/// The derivatives of an output in every number on its tape, looked up by [`Var`].
///
/// ```
/// use admd_ad::{Real, Tape};
/// let tape = Tape::new();
/// let x = tape.variable(3.0);
/// let square = x.sq();
/// let y = square.recip();
/// let gradient = tape.gradient(y);
/// assert_eq!(gradient[square], -1.0 / 81.0); // intermediate numbers have derivatives too
/// assert_eq!(gradient[x], -6.0 / 81.0);
/// ```
#[derive(Clone, Debug)]
pub struct Gradient<V = f64> {
    adjoints: Vec<V>,
    /// Whether the output depends on this number at all. Others are skipped by the sweep, so that an infinite slope of
    /// something unused does no harm (0 · ∞ is NaN).
    reached: Vec<bool>,
    zero: V,
    /// Address of the tape, to notice a number of another one.
    tape: usize,
}

impl<V: Real> Gradient<V> {
    /// Room for [`super::Tape::gradient_into`].
    pub fn new() -> Self {
        Self {
            adjoints: Vec::new(),
            reached: Vec::new(),
            zero: V::lit(0.0),
            tape: 0,
        }
    }

    /// The derivatives in each of `inputs`, in their order; 0 for constants.
    pub fn of(&self, inputs: &[Var<'_, V>]) -> Vec<V> {
        inputs.iter().map(|x| self[*x]).collect()
    }

    pub(super) fn reset(&mut self, len: usize, tape: usize) {
        self.adjoints.clear();
        self.adjoints.resize(len, self.zero);
        self.reached.clear();
        self.reached.resize(len, false);
        self.tape = tape;
    }

    pub(super) fn seed(&mut self, index: u32, seed: V) {
        self.add(index, V::lit(1.0), seed);
    }

    #[inline]
    pub(super) fn add(&mut self, index: u32, slope: V, adjoint: V) {
        let k = index as usize;
        self.adjoints[k] = if self.reached[k] {
            slope.mul_add(adjoint, self.adjoints[k])
        } else {
            slope * adjoint
        };
        self.reached[k] = true;
    }

    /// The adjoint of node k, if anything has reached it.
    #[inline]
    pub(super) fn at(&self, k: usize) -> Option<V> {
        (k < self.reached.len() && self.reached[k]).then(|| self.adjoints[k])
    }
}

impl<V: Real> Default for Gradient<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: Real> Index<Var<'_, V>> for Gradient<V> {
    type Output = V;

    /// The derivative in `x`; 0 for a constant and for what was recorded after the output.
    ///
    /// # Panics
    /// If `x` is on another tape.
    fn index(&self, x: Var<'_, V>) -> &V {
        let Some(tape) = x.tape() else { return &self.zero };
        assert_eq!(
            tape.address(),
            self.tape,
            "this gradient belongs to another tape than {x:?}"
        );
        self.adjoints.get(x.index() as usize).unwrap_or(&self.zero)
    }
}
