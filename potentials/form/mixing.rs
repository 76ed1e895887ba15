//! Mixing rules: parameters of a pair of unlike species from those of the like ones.

use super::pair::PairPotential;
use super::parameters::{Leaves, Mixing};
use admd_ad::Real;

/// How sizes are mixed; depths are always geometric, shapes always arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// σ = (σ₁ + σ₂)/2, ε = √(ε₁ ε₂): Lorentz-Berthelot.
    Arithmetic,
    /// σ = √(σ₁ σ₂), ε = √(ε₁ ε₂).
    Geometric,
    /// Every pair of unlike species is given.
    Explicit,
}

impl Rule {
    /// Names in the input, in the order of the variants.
    pub const NAMES: [&'static str; 3] = ["arithmetic", "geometric", "explicit"];
}

/// Parameters between two species from the parameters of each, in any scalar.
///
/// # Panics
/// When the rule is [`Rule::Explicit`] or a parameter has no rule: bindings are checked before.
pub fn mix<P: PairPotential, T: Real>(rule: Rule, a: &P::Params<T>, b: &P::Params<T>) -> P::Params<T> {
    P::Params::from_fn(|k| {
        let (x, y) = (a.leaf(k), b.leaf(k));
        let mean = (x + y) * 0.5;
        match (P::INFO.parameters[k].mixing, rule) {
            (Mixing::Shape, _) | (Mixing::Size, Rule::Arithmetic) => mean,
            (Mixing::Depth, _) | (Mixing::Size, Rule::Geometric) => geometric(x, y),
            (_, _) => unreachable!("binding admits no mixing for {}", P::INFO.parameters[k].name),
        }
    })
}

/// √(x y); equal arguments give themselves without rounding, and a zero gives zero with zero derivatives.
fn geometric<T: Real>(x: T, y: T) -> T {
    let product = x * y;
    let positive = T::lit(0.0).lt(product);
    T::select(positive, T::select(positive, product, T::lit(1.0)).sqrt(), T::lit(0.0))
}
