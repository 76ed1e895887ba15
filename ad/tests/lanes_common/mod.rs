//! What the lane tests share: the functions by name, a kernel that evaluates one of them, distances in ulp.

use admd_ad::{Dual, Isa, Kernel, Lane, Real, dispatch};

/// A method of `Real` by name; `b` is the second argument where there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
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
    pub fn apply<T: Real>(self, a: T, b: T) -> T {
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
    pub fn ulp_bound(self) -> f64 {
        match self {
            Self::Tanh => 3.0,
            Self::Erfc => 4.0,
            // half an ulp for each of n − 1 products, as in any product of n factors, and two for the reciprocal
            Self::Powi(n) => 2.0 + 0.5 * f64::from(n.unsigned_abs()),
            _ => 2.0,
        }
    }
}

/// The value of a function at (a, b) and its slopes in both.
pub type Jet = [f64; 3];

struct Evaluate<'a> {
    function: Function,
    points: &'a [(f64, f64)],
}

impl Kernel for Evaluate<'_> {
    type Output = Vec<Jet>;
    #[inline(always)]
    fn run<L: Lane>(self) -> Vec<Jet> {
        let mut jets = Vec::with_capacity(self.points.len());
        for block in self.points.chunks(L::WIDTH) {
            let a = L::from_fn(|k| block[k.min(block.len() - 1)].0);
            let b = L::from_fn(|k| block[k.min(block.len() - 1)].1);
            let value = self.function.apply(a, b);
            let in_a = self.function.apply(Dual::<L, 1>::variable(a, 0), Dual::constant(b));
            let in_b = self.function.apply(Dual::<L, 1>::constant(a), Dual::variable(b, 0));
            for k in 0..block.len() {
                let same = value.extract(k).to_bits() == in_a.v.extract(k).to_bits();
                assert!(
                    same || value.extract(k).is_nan(),
                    "a dual changes the value at {:?}",
                    block[k]
                );
                jets.push([value.extract(k), in_a.d[0].extract(k), in_b.d[0].extract(k)]);
            }
        }
        jets
    }
}

/// Value and slopes of a function at all points, with the lanes of one instruction set.
pub fn jets(isa: Isa, function: Function, points: &[(f64, f64)]) -> Vec<Jet> {
    dispatch(isa, Evaluate { function, points })
}

/// Runs a test on each instruction set that this CPU has, and says which it lacks.
pub fn on_every_isa(test: impl Fn(Isa)) {
    for isa in Isa::ALL {
        if isa.is_supported() {
            test(isa);
        } else {
            println!("skipped: this CPU has no {isa}");
        }
    }
}

/// Distance between two numbers in units of the last place of `want`; 0 for two NaN, infinite for one.
pub fn ulps(got: f64, want: f64) -> f64 {
    if got == want || (got.is_nan() && want.is_nan()) {
        0.0
    } else if !got.is_finite() || !want.is_finite() {
        f64::INFINITY
    } else {
        let size = want.abs();
        let above = f64::from_bits(size.to_bits() + 1);
        let ulp = if above.is_finite() {
            above - size
        } else {
            size - f64::from_bits(size.to_bits() - 1)
        };
        // halves keep the difference of two huge numbers finite
        (got * 0.5 - want * 0.5).abs() / (ulp * 0.5).max(f64::from_bits(1))
            * if ulp > f64::from_bits(1) { 1.0 } else { 2.0 }
    }
}
