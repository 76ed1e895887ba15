//! Random expression trees, evaluated over any number type.
//!
//! The operations are the functions of the trait, with arguments brought into their domain and results kept of order 1,
//! so that round-off is not amplified and a tolerance near machine precision means something.

use super::Random;
use admd_ad::Real;

/// An expression in a few variables.
#[derive(Debug)]
pub(crate) enum Expression {
    Variable(usize),
    Constant(f64),
    Unary(usize, Box<Expression>),
    Binary(usize, Box<Expression>, Box<Expression>),
    Ternary(usize, Box<Expression>, Box<Expression>, Box<Expression>),
}

/// Nodes on a stack tape that each operation below takes at most.
const UNARY: [usize; 15] = [2, 3, 2, 2, 1, 2, 1, 1, 3, 1, 2, 2, 2, 5, 2];
const BINARY: [usize; 9] = [1, 1, 2, 2, 1, 1, 2, 3, 4];
const TERNARY: [usize; 3] = [2, 1, 9];

impl Expression {
    /// A tree of the given depth at most, in `variables` variables. Most branches end early: full trees of depth 12 would
    /// have thousands of nodes.
    pub(crate) fn random(random: &mut Random, variables: usize, depth: usize) -> Self {
        let sub = |random: &mut Random, depth| Box::new(Self::random(random, variables, depth));
        if depth == 0 {
            return match random.below(5) {
                0 => Self::Constant(random.uniform(-1.5, 1.5)),
                _ => Self::Variable(random.below(variables)),
            };
        }
        let short = |random: &mut Random| random.below(depth.min(3));
        match random.below(10) {
            0..5 => Self::Unary(random.below(UNARY.len()), sub(random, depth - 1)),
            5..9 => {
                let (long, other) = (sub(random, depth - 1), short(random));
                Self::Binary(random.below(BINARY.len()), long, sub(random, other))
            }
            _ => {
                let (long, second, third) = (sub(random, depth - 1), short(random), short(random));
                Self::Ternary(
                    random.below(TERNARY.len()),
                    sub(random, second),
                    sub(random, third),
                    long,
                )
            }
        }
    }

    /// The longest path to a leaf.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::Variable(_) | Self::Constant(_) => 0,
            Self::Unary(_, a) => 1 + a.depth(),
            Self::Binary(_, a, b) => 1 + a.depth().max(b.depth()),
            Self::Ternary(_, a, b, c) => 1 + a.depth().max(b.depth()).max(c.depth()),
        }
    }

    /// How many nodes of a stack tape the evaluation takes at most, without the variables.
    pub(crate) fn nodes(&self) -> usize {
        match self {
            Self::Variable(_) | Self::Constant(_) => 0,
            Self::Unary(op, a) => UNARY[*op] + a.nodes(),
            Self::Binary(op, a, b) => BINARY[*op] + a.nodes() + b.nodes(),
            Self::Ternary(op, a, b, c) => TERNARY[*op] + a.nodes() + b.nodes() + c.nodes(),
        }
    }

    /// The value for the variables `x`.
    pub(crate) fn eval<T: Real>(&self, x: &[T]) -> T {
        match self {
            Self::Variable(k) => x[*k],
            Self::Constant(c) => T::lit(*c),
            Self::Unary(op, a) => unary(*op, a.eval(x)),
            Self::Binary(op, a, b) => binary(*op, a.eval(x), b.eval(x)),
            Self::Ternary(op, a, b, c) => ternary(*op, a.eval(x), b.eval(x), c.eval(x)),
        }
    }
}

fn unary<T: Real>(op: usize, a: T) -> T {
    match op {
        0 => (a.sq() + 0.5).sqrt(),
        1 => (-a.sq()).exp(),
        2 => (a.sq() + 0.5).ln(),
        3 => (a.sq() + 1.0).recip(),
        4 => a.sin(),
        5 => a.cos() * 1.2,
        6 => a.tanh(),
        7 => a.erfc() - 0.7,
        8 => (a.sin() * 0.9).acos(),
        9 => a.abs() - 0.3,
        10 => (a.sin() + 0.2).powi(3),
        11 => (a.cos() + 1.5).powi(-2),
        12 => -a / 1.1,
        13 => T::total(&[a, a, -(a * 1.5)]),
        _ => (a.sin() + 1.2).powf(T::lit(1.7)),
    }
}

fn binary<T: Real>(op: usize, a: T, b: T) -> T {
    match op {
        0 => a + b,
        1 => a - b,
        2 => a.sin() * b,
        3 => a / (b.sq() + 1.0),
        4 => a.min(b),
        5 => a.max(b),
        6 => a.atan2(b.sq() + 0.3),
        7 => (a.sq() + 0.4).powf(b.tanh()),
        _ => T::dot(&[a.tanh(), b.cos()], &[b, a]),
    }
}

fn ternary<T: Real>(op: usize, a: T, b: T, c: T) -> T {
    match op {
        0 => a.cos().mul_add(b, c),
        1 => T::select(a.lt(b), c, b),
        _ => {
            let mut y = [T::lit(0.0); 2];
            T::dense(&[a.sin(), T::lit(0.7), b.cos(), c.tanh()], &[b, c], &mut y);
            y[0].tanh() + y[1]
        }
    }
}
