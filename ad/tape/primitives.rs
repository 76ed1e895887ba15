//! Primitives with several outputs, one record each: dense layers, functions with a derivative of their own, segments
//! that are computed again instead of stored.

use super::{CONSTANT, Gradient, Records, Tape, Var, position};
use crate::real::Real;

/// A primitive with several outputs. Their nodes, `first` and the next `outputs − 1`, have no arguments; the adjoints
/// pass from them to the inputs all at once.
pub(super) struct Block<V> {
    pub(super) first: u32,
    pub(super) outputs: usize,
    /// Where its inputs start in `Records::block_inputs`, and how many there are.
    inputs: usize,
    count: usize,
    pullback: Pullback<V>,
}

/// The derivative that a custom primitive brings along: adjoints of the outputs, adjoints of the inputs to add to.
type PullBack<V> = dyn Fn(&[V], &mut [V]) + Send;

/// How adjoints get from the outputs to the inputs.
enum Pullback<V> {
    /// y = W x. The inputs are W by rows, unless W is constant, then x; `values` is where W and x are stored.
    Dense {
        columns: usize,
        values: usize,
        constant_weights: bool,
    },
    /// A closure gets the adjoints of the outputs and adds to those of the inputs.
    Custom(Box<PullBack<V>>),
}

impl<V: Real> Block<V> {
    /// Hands the adjoints of the outputs down to the inputs; does nothing if no output matters.
    pub(super) fn pull_back(&self, records: &Records<V>, gradient: &mut Gradient<V>) {
        let first = self.first as usize;
        let adjoint = |i: usize| gradient.at(first + i);
        if (0..self.outputs).all(|i| adjoint(i).is_none()) {
            return;
        }
        let inputs = &records.block_inputs[self.inputs..self.inputs + self.count];
        match &self.pullback {
            Pullback::Dense {
                columns,
                values,
                constant_weights,
            } => {
                let (w, rest) = records.block_values[*values..].split_at(self.outputs * columns);
                let x = &rest[..*columns];
                let (w_inputs, x_inputs) = inputs.split_at(if *constant_weights { 0 } else { w.len() });
                for i in 0..self.outputs {
                    let Some(adjoint) = gradient.at(first + i) else {
                        continue;
                    };
                    let row = i * columns..(i + 1) * columns;
                    if !constant_weights {
                        add_all(gradient, &w_inputs[row.clone()], x, adjoint);
                    }
                    add_all(gradient, x_inputs, &w[row], adjoint);
                }
            }
            Pullback::Custom(pull_back) => {
                let out: Vec<V> = (0..self.outputs).map(|i| adjoint(i).unwrap_or(V::lit(0.0))).collect();
                let mut into = vec![V::lit(0.0); self.count];
                pull_back(&out, &mut into);
                for (input, adjoint) in inputs.iter().zip(into) {
                    if *input != CONSTANT {
                        gradient.add(*input, V::lit(1.0), adjoint);
                    }
                }
            }
        }
    }
}

/// The same adjoint to many parents.
fn add_all<V: Real>(gradient: &mut Gradient<V>, parents: &[u32], slopes: &[V], adjoint: V) {
    for (parent, slope) in parents.iter().zip(slopes) {
        if *parent != CONSTANT {
            gradient.add(*parent, *slope, adjoint);
        }
    }
}

impl<V: Real> Records<V> {
    /// Closes a block over the inputs pushed to `block_inputs` since `inputs`, and makes the nodes of its outputs.
    fn block(&mut self, inputs: usize, outputs: usize, pullback: Pullback<V>) -> u32 {
        let first = position(self.ends.len());
        let count = self.block_inputs.len() - inputs;
        self.blocks.push(Block {
            first,
            outputs,
            inputs,
            count,
            pullback,
        });
        for _ in 0..outputs {
            self.node();
        }
        first
    }
}

/// [`Real::dense`] on a tape.
pub(super) fn dense<'t, V: Real>(w: &[Var<'t, V>], x: &[Var<'t, V>], y: &mut [Var<'t, V>]) {
    assert_eq!(
        w.len(),
        y.len() * x.len(),
        "a dense layer needs one weight for each output and input"
    );
    let columns = x.len();
    for (i, y) in y.iter_mut().enumerate() {
        let mut value = V::lit(0.0);
        for (w, x) in w[i * columns..(i + 1) * columns].iter().zip(x) {
            value = w.value().mul_add(x.value(), value);
        }
        *y = Var::constant(value);
    }
    let Some(tape) = Var::common_tape(w.iter().chain(x).copied()) else {
        return;
    };
    let mut records = tape.records.borrow_mut();
    let constant_weights = w.iter().all(|w| w.is_constant());
    let (inputs, values) = (records.block_inputs.len(), records.block_values.len());
    if !constant_weights {
        records.block_inputs.extend(w.iter().map(|w| w.index()));
    }
    records.block_inputs.extend(x.iter().map(|x| x.index()));
    records
        .block_values
        .extend(w.iter().chain(x).map(|number| number.value()));
    let first = records.block(
        inputs,
        y.len(),
        Pullback::Dense {
            columns,
            values,
            constant_weights,
        },
    );
    for (i, y) in y.iter_mut().enumerate() {
        *y = Var::on(tape, first + i as u32, y.value());
    }
}

/// A function that brings its own derivative: a solver, a table, a call into another library.
///
/// `values` are its results for the values of `inputs`. In the reverse sweep `pull_back(out, into)` gets the adjoints of
/// the results and adds Σᵢ outᵢ ∂valueᵢ/∂inputₖ to `into[k]`; `into` arrives filled with zeros.
/// The closure owns what it needs of the forward evaluation.
///
/// ```
/// use admd_ad::{Real, Tape, tape::custom};
/// let tape = Tape::new();
/// let x = tape.variable(8.0);
/// let root = x.value().cbrt();
/// let y = custom(&[x], &[root], move |out, into| into[0] += out[0] / (3.0 * root * root))[0];
/// assert_eq!(tape.gradient(y.sq())[x], 2.0 * 2.0 / 12.0);
/// ```
///
/// # Panics
/// If the inputs are on different tapes.
pub fn custom<'t, V: Real + 'static>(
    inputs: &[Var<'t, V>],
    values: &[V],
    pull_back: impl Fn(&[V], &mut [V]) + Send + 'static,
) -> Vec<Var<'t, V>> {
    match Var::common_tape(inputs.iter().copied()) {
        None => values.iter().map(|v| Var::constant(*v)).collect(),
        Some(tape) => {
            let mut records = tape.records.borrow_mut();
            let start = records.block_inputs.len();
            records.block_inputs.extend(inputs.iter().map(|x| x.index()));
            let first = records.block(start, values.len(), Pullback::Custom(Box::new(pull_back)));
            (first..)
                .zip(values)
                .map(|(index, v)| Var::on(tape, index, *v))
                .collect()
        }
    }
}

/// A part of a computation that is not recorded but computed again in the reverse sweep.
///
/// It takes as many nodes as it has results, however long it is; while the sweep passes it, a tape of its own exists.
/// Checkpoints may lie within checkpoints, at the price of one more evaluation a level. `f` must give the same results
/// for the same inputs.
///
/// ```
/// use admd_ad::{Real, Tape, tape::checkpoint};
/// let tape = Tape::new();
/// let x = tape.variable(0.5);
/// let y = checkpoint(|x| vec![(0..1000).fold(x[0], |y, _| y.sin())], &[x])[0];
/// assert_eq!(tape.len(), 2);
///
/// let z = (0..1000).fold(x, |y, _| y.sin());
/// assert_eq!(tape.len(), 1002);
/// assert_eq!(tape.gradient(y)[x], tape.gradient(z)[x]);
/// ```
///
/// # Panics
/// If the inputs are on different tapes.
pub fn checkpoint<'t, V: Real + Send + 'static>(
    f: impl for<'s> Fn(&[Var<'s, V>]) -> Vec<Var<'s, V>> + Send + 'static,
    inputs: &[Var<'t, V>],
) -> Vec<Var<'t, V>> {
    let at: Vec<V> = inputs.iter().map(|x| x.value()).collect();
    let constants: Vec<Var<'_, V>> = at.iter().map(|v| Var::constant(*v)).collect();
    let values: Vec<V> = f(&constants).iter().map(|y| y.value()).collect();
    custom(inputs, &values, move |out, into| {
        let tape = Tape::new();
        let x = tape.variables(&at);
        let gradient = tape.pullback(&f(&x), out);
        for (into, x) in into.iter_mut().zip(x) {
            *into = *into + gradient[x];
        }
    })
}
