//! Reverse mode on a tape of fixed size that lives on the stack and dissolves in the optimiser.
//!
//! Meant for one term of an energy with more than about four inputs or parameters, evaluated inside a SIMD loop. After
//! inlining, every position on the tape is a constant: the optimiser keeps slopes and adjoints in registers and no tape
//! remains. That needs the reverse sweep unrolled by a macro; of an ordinary loop it unrolls some 16 rounds at most.
//!
//! # How many nodes
//! One node an input and one an operation on something that is not a constant; adding or subtracting an `f64` is free.
//! The number is a property of the function, not of its arguments, as long as the function does not branch on values
//! (`select` evaluates both sides). So `N` is settled when the function is written: a test calls it once, and
//! [`StackTape::len`] tells the number. `N` above [`MAX_NODES`] does not compile. A node too many is a mistake in the
//! program and panics with the remedy; once inlined, the test for it is decided by the compiler and costs nothing.

mod rev;

pub use rev::Rev;

use crate::real::Real;
use core::cell::Cell;
use core::fmt;

/// The largest `N` of a [`StackTape`].
pub const MAX_NODES: usize = 64;

/// `for $k in 0..$n`, or downwards, for n ≤ 64, written out so that every $k is a literal.
macro_rules! unrolled {
    (for $k:ident in 0..$n:tt $body:block) => {
        unrolled!(@ $k $n $body 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32
            33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63)
    };
    (for $k:ident in (0..$n:tt).rev() $body:block) => {
        unrolled!(@ $k $n $body 63 62 61 60 59 58 57 56 55 54 53 52 51 50 49 48 47 46 45 44 43 42 41 40 39 38 37 36 35 34
            33 32 31 30 29 28 27 26 25 24 23 22 21 20 19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0)
    };
    (@ $k:ident $n:tt $body:block $($literal:literal)*) => {$(
        if $literal < $n {
            let $k: usize = $literal;
            $body
        }
    )*};
}
use unrolled;

/// The parent of a node that has none.
const NOBODY: usize = usize::MAX;

/// What an operation leaves behind: on whom it depends and how strongly.
#[derive(Clone, Copy)]
struct Node<V> {
    parents: [usize; 3],
    slopes: [V; 3],
}

/// Room for the nodes of one function. See the [module](self) for how many there are.
///
/// ```
/// use admd_ad::{Real, StackTape};
/// let tape = StackTape::<f64, 8>::new();
/// let [x, y] = [tape.variable(3.0), tape.variable(2.0)];
/// let z = x.sq() * y; // 2 nodes
/// assert_eq!(tape.gradient(z, [x, y]), [12.0, 9.0]);
/// assert_eq!(tape.len(), 4);
/// ```
pub struct StackTape<V, const N: usize> {
    len: Cell<usize>,
    nodes: Nodes<V, N>,
}

/// Room for the nodes; those from the `len` that belongs to it on are without meaning.
type Nodes<V, const N: usize> = [Cell<Node<V>>; N];

#[inline(always)]
fn blank<V: Real, const N: usize>() -> Nodes<V, N> {
    let (parents, slopes) = ([NOBODY; 3], [V::lit(0.0); 3]);
    [(); N].map(|()| Cell::new(Node { parents, slopes }))
}

/// The two parts of a tape. They are apart because the optimiser keeps `len` in a register only if no array lies in the
/// same object; then it knows each position on the tape even after a loop in the function, once that is unrolled.
#[derive(Clone, Copy)]
struct Parts<'t, V, const N: usize> {
    len: &'t Cell<usize>,
    nodes: &'t Nodes<V, N>,
}

impl<V: Real, const N: usize> StackTape<V, N> {
    /// An empty tape.
    #[inline(always)]
    pub fn new() -> Self {
        const {
            assert!(
                N <= MAX_NODES,
                "a StackTape has at most 64 nodes: use Tape for larger functions"
            )
        };
        Self {
            len: Cell::new(0),
            nodes: blank(),
        }
    }

    #[inline(always)]
    fn parts(&self) -> Parts<'_, V, N> {
        Parts {
            len: &self.len,
            nodes: &self.nodes,
        }
    }

    /// An independent variable.
    ///
    /// # Panics
    /// If all N nodes are taken, like every operation on its [`Rev`]s.
    #[inline(always)]
    pub fn variable(&self, v: V) -> Rev<'_, V, N> {
        self.parts().variable(v)
    }

    /// Number of nodes in use.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len.get()
    }

    /// Has nothing been recorded?
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The derivatives of `output` in each of `inputs`, which may be any numbers of this tape, also intermediate ones.
    #[inline(always)]
    pub fn gradient<const K: usize>(&self, output: Rev<'_, V, N>, inputs: [Rev<'_, V, N>; K]) -> [V; K] {
        self.parts().gradient(output, inputs)
    }
}

impl<'t, V: Real, const N: usize> Parts<'t, V, N> {
    #[inline(always)]
    fn variable(self, v: V) -> Rev<'t, V, N> {
        let (parents, slopes) = ([NOBODY; 3], [V::lit(0.0); 3]);
        Rev::on(self, self.push(Node { parents, slopes }), v)
    }

    #[inline(always)]
    fn push(self, node: Node<V>) -> usize {
        let k = self.len.get();
        assert!(
            k < N,
            "StackTape is full: this function needs more than {N} nodes, give its tape a larger N or use Tape"
        );
        self.nodes[k].set(node);
        self.len.set(k + 1);
        k
    }

    #[inline(always)]
    fn gradient<const K: usize>(self, output: Rev<'_, V, N>, inputs: [Rev<'_, V, N>; K]) -> [V; K] {
        const { assert!(K <= N, "there are no more than N numbers on the tape") };
        let mut adjoints = Adjoints {
            value: &mut [V::lit(0.0); N],
            reached: 0,
        };
        if let Some(tape) = output.tape() {
            assert!(core::ptr::eq(tape.len, self.len), "the output is on another stack tape");
            adjoints.set(output.index(), V::lit(1.0));
            self.sweep(&mut adjoints);
        }
        let mut gradient = [V::lit(0.0); K];
        unrolled!(for k in 0..K {
            if !inputs[k].is_constant()
                && let Some(adjoint) = adjoints.at(inputs[k].index())
            {
                gradient[k] = adjoint;
            }
        });
        gradient
    }

    /// Hands adjoints down to everything the output was computed from, last node first.
    #[inline(always)]
    fn sweep(self, adjoints: &mut Adjoints<'_, V, N>) {
        unrolled!(for k in (0..N).rev() {
            if let Some(adjoint) = adjoints.at(k) {
                let node = self.nodes[k].get();
                adjoints.add(node.parents[0], node.slopes[0], adjoint);
                adjoints.add(node.parents[1], node.slopes[1], adjoint);
                adjoints.add(node.parents[2], node.slopes[2], adjoint);
            }
        });
    }
}

impl<V: Real, const N: usize> Default for StackTape<V, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V, const N: usize> fmt::Debug for StackTape<V, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StackTape({} of {N} nodes)", self.len.get())
    }
}

/// The derivatives of the output in every node, and which of them have received anything.
///
/// The latter is a constant after inlining, being one whole number and not an array: the first contribution is written,
/// not added to zero, and a node that the output does not depend on is skipped, so that an infinite slope there does no
/// harm.
struct Adjoints<'a, V, const N: usize> {
    /// Has a meaning where `reached`. Elsewhere than `reached`, for the reason given at [`Parts`].
    value: &'a mut [V; N],
    /// One bit a node.
    reached: u64,
}

impl<V: Real, const N: usize> Adjoints<'_, V, N> {
    /// The adjoint of node k, if anything has reached it.
    #[inline(always)]
    fn at(&self, k: usize) -> Option<V> {
        if self.reached >> k & 1 == 1 {
            Some(self.value[k])
        } else {
            None
        }
    }

    #[inline(always)]
    fn set(&mut self, k: usize, adjoint: V) {
        self.value[k] = adjoint;
        self.reached |= 1 << k;
    }

    #[inline(always)]
    fn add(&mut self, parent: usize, slope: V, adjoint: V) {
        if parent != NOBODY {
            let sum = match self.at(parent) {
                Some(sum) => slope.mul_add(adjoint, sum),
                None => slope * adjoint,
            };
            self.set(parent, sum);
        }
    }
}

/// Value and gradient of a function of K inputs with at most N nodes, on a stack tape of its own.
///
/// ```
/// use admd_ad::{Real, reverse};
/// let (value, gradient) = reverse::<16, 3, _>(|[x, y, z]| x * y + z.sq(), [2.0, 3.0, 4.0]);
/// assert_eq!((value, gradient), (22.0, [3.0, 2.0, 8.0]));
/// ```
///
/// # Panics
/// If the function needs more than N nodes.
#[inline(always)]
pub fn reverse<const N: usize, const K: usize, V: Real>(
    f: impl for<'t> FnOnce([Rev<'t, V, N>; K]) -> Rev<'t, V, N>,
    x: [V; K],
) -> (V, [V; K]) {
    const {
        assert!(
            N <= MAX_NODES,
            "a stack tape has at most 64 nodes: use Tape for larger functions"
        )
    };
    const { assert!(K <= N, "each input takes a node") };
    let len = Cell::new(0);
    let nodes: Nodes<V, N> = blank();
    let tape = Parts {
        len: &len,
        nodes: &nodes,
    };
    let mut inputs = [Rev::constant(V::lit(0.0)); K];
    unrolled!(for k in 0..K {
        inputs[k] = tape.variable(x[k]);
    });
    let output = f(inputs);
    (output.value(), tape.gradient(output, inputs))
}
