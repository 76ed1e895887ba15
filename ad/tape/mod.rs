//! Reverse mode for functions of any size: a tape on the heap.
//!
//! The clear and general way to a gradient: fits, networks, observables, and the reference that kernels are tested
//! against. Each operation on a [`Var`] appends one node; [`Tape::gradient`] walks the nodes backwards, in a loop without
//! recursion. Constants take no nodes. Sums, dot products, dense layers, functions with a derivative of their own
//! ([`custom`]) and segments that are computed again instead of stored ([`checkpoint`]) are one record each.
//!
//! # Memory
//! With V = f64: 4 bytes a node and 12 bytes for each argument that is not a constant, so 16 bytes for `x.exp()` and 28
//! for `x * y`; while sweeping 9 bytes a node more. A dense layer of m outputs and n inputs takes 12 bytes a weight or
//! input, and m nodes. A tape addresses 2³² − 1 arguments (50 GB) and panics beyond; [`checkpoint`] is the remedy.

mod gradient;
mod primitives;
mod var;

pub use gradient::Gradient;
pub use primitives::{checkpoint, custom};
pub use var::Var;

use crate::real::Real;
use core::cell::RefCell;
use core::fmt;
use primitives::Block;

/// The index of numbers that are not on any tape.
const CONSTANT: u32 = u32::MAX;

/// The record of a computation, to be walked backwards.
///
/// ```
/// use admd_ad::{Real, Tape};
/// let mut tape = Tape::new();
/// let x = tape.variables(&[1.0, 2.0, 3.0]);
/// let energy = Real::total(&x).sq() + x[0] * x[2];
/// let gradient = tape.gradient(energy);
/// assert_eq!(gradient.of(&x), [15.0, 12.0, 13.0]);
/// tape.clear(); // keeps the memory for the next computation
/// assert!(tape.is_empty());
/// ```
///
/// A number cannot outlive its tape, nor a clearing of it:
///
/// ```compile_fail
/// let mut tape = admd_ad::Tape::new();
/// let x = tape.variable(1.0);
/// tape.clear();
/// let y = x * x;
/// ```
pub struct Tape<V = f64> {
    records: RefCell<Records<V>>,
}

/// The nodes in the order of their making, each with the arguments `parents[ends[k - 1]..ends[k]]`, and beside them the
/// primitives with several outputs, whose nodes have no arguments of their own.
struct Records<V> {
    ends: Vec<u32>,
    parents: Vec<u32>,
    slopes: Vec<V>,
    blocks: Vec<Block<V>>,
    block_inputs: Vec<u32>,
    block_values: Vec<V>,
}

impl<V: Real> Tape<V> {
    /// An empty tape; it grows as needed.
    pub fn new() -> Self {
        Self::with_capacity(0)
    }

    /// An empty tape with room for `nodes` operations of two arguments.
    pub fn with_capacity(nodes: usize) -> Self {
        let records = Records {
            ends: Vec::with_capacity(nodes),
            parents: Vec::with_capacity(2 * nodes),
            slopes: Vec::with_capacity(2 * nodes),
            blocks: Vec::new(),
            block_inputs: Vec::new(),
            block_values: Vec::new(),
        };
        Self {
            records: RefCell::new(records),
        }
    }

    /// An independent variable.
    pub fn variable(&self, value: V) -> Var<'_, V> {
        let index = self.records.borrow_mut().node();
        Var::on(self, index, value)
    }

    /// Independent variables, one for each value.
    pub fn variables(&self, values: &[V]) -> Vec<Var<'_, V>> {
        values.iter().map(|v| self.variable(*v)).collect()
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.records.borrow().ends.len()
    }

    /// Has nothing been recorded since the tape was made or cleared?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Heap memory held, in bytes, apart from what the closures of [`custom`] and [`checkpoint`] own.
    pub fn bytes(&self) -> usize {
        let r = self.records.borrow();
        size_of::<u32>() * (r.ends.capacity() + r.parents.capacity() + r.block_inputs.capacity())
            + size_of::<V>() * (r.slopes.capacity() + r.block_values.capacity())
            + size_of::<Block<V>>() * r.blocks.capacity()
    }

    /// Forgets everything recorded and keeps the memory for the next computation.
    pub fn clear(&mut self) {
        let r = self.records.get_mut();
        r.ends.clear();
        r.parents.clear();
        r.slopes.clear();
        r.blocks.clear();
        r.block_inputs.clear();
        r.block_values.clear();
    }

    /// The derivatives of `output` in every number on this tape.
    ///
    /// The tape stays as it is: more can be recorded and other outputs differentiated.
    pub fn gradient(&self, output: Var<'_, V>) -> Gradient<V> {
        let mut gradient = Gradient::new();
        self.gradient_into(output, &mut gradient);
        gradient
    }

    /// [`Tape::gradient`] into memory that an earlier gradient allocated.
    pub fn gradient_into(&self, output: Var<'_, V>, gradient: &mut Gradient<V>) {
        self.pullback_into(&[output], &[V::lit(1.0)], gradient);
    }

    /// The derivatives of Σₖ seedₖ · outputₖ in every number on this tape: a vector–Jacobian product.
    ///
    /// # Panics
    /// If there are not as many seeds as outputs.
    pub fn pullback(&self, outputs: &[Var<'_, V>], seeds: &[V]) -> Gradient<V> {
        let mut gradient = Gradient::new();
        self.pullback_into(outputs, seeds, &mut gradient);
        gradient
    }

    fn pullback_into(&self, outputs: &[Var<'_, V>], seeds: &[V], gradient: &mut Gradient<V>) {
        assert_eq!(outputs.len(), seeds.len(), "a pullback needs one seed for each output");
        for output in outputs {
            assert!(
                output.tape().is_none_or(|tape| core::ptr::eq(tape, self)),
                "the output is on another tape: ask that one for the gradient"
            );
        }
        let last = outputs
            .iter()
            .filter(|y| !y.is_constant())
            .map(|y| y.index() as usize)
            .max();
        gradient.reset(last.map_or(0, |last| last + 1), self.address());
        for (output, seed) in outputs.iter().zip(seeds) {
            if !output.is_constant() {
                gradient.seed(output.index(), *seed);
            }
        }
        if let Some(last) = last {
            self.records.borrow().sweep(last, gradient);
        }
    }

    /// Tells tapes apart.
    fn address(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }
}

impl<V: Real> Records<V> {
    /// Closes a node over the arguments pushed since the last one.
    #[inline]
    fn node(&mut self) -> u32 {
        let index = position(self.ends.len());
        self.ends.push(position(self.parents.len()));
        index
    }

    /// An argument of the node to be closed next; constants leave no trace.
    #[inline]
    fn argument(&mut self, parent: u32, slope: V) {
        if parent != CONSTANT {
            self.parents.push(parent);
            self.slopes.push(slope);
        }
    }

    /// Hands adjoints down from node `last` to the first.
    fn sweep(&self, last: usize, gradient: &mut Gradient<V>) {
        let mut blocks = &self.blocks[..self.blocks.partition_point(|block| block.first as usize <= last)];
        for k in (0..=last).rev() {
            while let Some((block, earlier)) = blocks.split_last()
                && block.first as usize + block.outputs > k
            {
                block.pull_back(self, gradient);
                blocks = earlier;
            }
            if let Some(adjoint) = gradient.at(k) {
                let start = if k == 0 { 0 } else { self.ends[k - 1] as usize };
                let end = self.ends[k] as usize;
                for (parent, slope) in self.parents[start..end].iter().zip(&self.slopes[start..end]) {
                    gradient.add(*parent, *slope, adjoint);
                }
            }
        }
    }
}

/// A place on the tape as it is stored.
#[inline]
fn position(k: usize) -> u32 {
    assert!(
        k < CONSTANT as usize,
        "the tape is full (2^32 - 1 arguments): checkpoint parts of the function"
    );
    k as u32
}

impl<V: Real> Default for Tape<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> fmt::Debug for Tape<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tape({} nodes)", self.records.borrow().ends.len())
    }
}
