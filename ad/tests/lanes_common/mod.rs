//! What the lane tests share: the functions by name, a kernel that evaluates one of them, distances in ulp.

#![allow(dead_code, reason = "each test file uses a part")]

use admd_ad::{Dual, Element, Isa, Kernel, Lane, Real, dispatch};

/// A method of `Real` by name; `b` is the second argument where there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Function {
    Sq,
    Recip,
    Sqrt,
    Exp,
    Ln,
    Powi(i32),
    Powf,
    Sin,
    Cos,
    Tanh,
    Erfc,
    Acos,
    Atan2,
    Abs,
}

impl Function {
    #[inline(always)]
    pub(crate) fn apply<T: Real>(self, a: T, b: T) -> T {
        match self {
            Self::Sq => a.sq(),
            Self::Recip => a.recip(),
            Self::Sqrt => a.sqrt(),
            Self::Exp => a.exp(),
            Self::Ln => a.ln(),
            Self::Powi(n) => a.powi(n),
            Self::Powf => a.powf(b),
            Self::Sin => a.sin(),
            Self::Cos => a.cos(),
            Self::Tanh => a.tanh(),
            Self::Erfc => a.erfc(),
            Self::Acos => a.acos(),
            Self::Atan2 => a.atan2(b),
            Self::Abs => a.abs(),
        }
    }

    /// Bound of the error of the value [ulp]: 2 by the law for elementary functions, wider where documented.
    pub(crate) fn ulp_bound(self) -> f64 {
        match self {
            Self::Tanh => 3.0,
            Self::Erfc => 4.0,
            // half an ulp for each of n − 1 products in any order; the reciprocal and growth over a binade take the rest
            Self::Powi(n) => 2.0 + 0.5 * f64::from(n.unsigned_abs()),
            _ => 2.0,
        }
    }
}

/// The value of a function at (a, b) and its slopes in both.
pub(crate) type Jet = [f64; 3];

struct Evaluate<'a> {
    function: Function,
    points: &'a [(f64, f64)],
}

impl<E: Element> Kernel<E> for Evaluate<'_> {
    type Output = Vec<Jet>;
    #[inline(always)]
    fn run<L: Lane<Element = E>>(self) -> Vec<Jet> {
        let mut jets = Vec::with_capacity(self.points.len());
        for block in self.points.chunks(L::WIDTH) {
            let a = L::from_fn(|k| block[k.min(block.len() - 1)].0);
            let b = L::from_fn(|k| block[k.min(block.len() - 1)].1);
            let value = self.function.apply(a, b);
            let in_a = self.function.apply(Dual::<L, 1>::variable(a, 0), Dual::constant(b));
            let in_b = self.function.apply(Dual::<L, 1>::constant(a), Dual::variable(b, 0));
            for k in 0..block.len() {
                // duals take powers from that of the slope, which rounds differently
                let free = matches!(self.function, Function::Powi(_) | Function::Powf) || value.extract(k).is_nan();
                let same = value.extract(k).to_bits() == in_a.v.extract(k).to_bits();
                assert!(
                    free || same,
                    "a dual changes the value of {:?} at {:?}",
                    self.function,
                    block[k]
                );
                jets.push([value.extract(k), in_a.d[0].extract(k), in_b.d[0].extract(k)]);
            }
        }
        jets
    }
}

/// Value and slopes of a function at all points, with the lanes of f64 of one instruction set.
pub(crate) fn jets(isa: Isa, function: Function, points: &[(f64, f64)]) -> Vec<Jet> {
    dispatch::<f64, _>(isa, Evaluate { function, points })
}

/// The same with its lanes of f32.
pub(crate) fn single_jets(isa: Isa, function: Function, points: &[(f64, f64)]) -> Vec<Jet> {
    on_a_large_stack(|| dispatch::<f32, _>(isa, Evaluate { function, points }))
}

/// A kernel is inlined into one function, and a debug build gives each of its thousands of intermediate registers a
/// place of its own: more than the 2 MiB of a test's thread.
pub(crate) fn on_a_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    const STACK: usize = 64 << 20;
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        thread.unwrap().join().unwrap()
    })
}

/// Runs a test on each instruction set that this CPU has, and says which it lacks.
pub(crate) fn on_every_isa(test: impl Fn(Isa)) {
    for isa in Isa::ALL {
        if isa.is_supported() {
            test(isa);
        } else {
            println!("skipped: this CPU has no {isa}");
        }
    }
}

/// Distance between two numbers in units of the last place of `want`; 0 for two NaN, infinite for one.
pub(crate) fn ulps(got: f64, want: f64) -> f64 {
    if got == want || (got.is_nan() && want.is_nan()) {
        0.0
    } else if !got.is_finite() || !want.is_finite() {
        f64::INFINITY
    } else {
        let exponent = (want.to_bits() >> 52) & 0x7ff;
        let ulp = f64::from_bits(if exponent > 52 {
            (exponent - 52) << 52
        } else {
            1 << exponent.saturating_sub(1)
        });
        (got / ulp - want / ulp).abs()
    }
}
