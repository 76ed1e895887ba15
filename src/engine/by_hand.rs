//! Lennard-Jones with a derivative by hand: what automatic differentiation is measured against.
//!
//! The one exception to the rule that no derivative is written by hand outside `ad/`. It is here to be compared with,
//! in the same loop and from the same list, by `admd bench` and the benches; no run uses it.

use super::kernel::PairEvaluator;
use super::order::Pair;
use admd_ad::Real;
use admd_potentials::form::parameters::Leaves;
use admd_potentials::form::truncation::Wrapped;
use admd_potentials::lennard_jones::Coef;

/// Coefficients of the shifted potential, as the automatic evaluator has them.
pub(super) type Coefficients<S> = Wrapped<Coef<S>, S, 1>;

/// Those for ε = σ = 1 and a cutoff: 4 r⁻¹² − 4 r⁻⁶ less its value there.
pub(super) fn coefficients(cutoff: f64) -> Coefficients<f64> {
    let r6 = cutoff.powi(-6);
    Coefficients::from_fn(|k| [4.0, 4.0, 4.0 * r6 * (r6 - 1.0)][k])
}

/// Lennard-Jones with its slope in r² by hand.
pub(super) struct ByHand;

impl PairEvaluator for ByHand {
    type Coef<S: Real> = Coefficients<S>;

    #[inline(always)]
    fn evaluate<S: Real>(r2: S, c: &Self::Coef<S>) -> (S, S) {
        let inverse = r2.recip();
        let r6 = inverse * inverse * inverse;
        let twelve = c.inner.c12 * r6;
        let u = r6 * (twelve - c.inner.c6) - c.own[0];
        // du/d(r²) = (3 c6 r⁻⁶ − 6 c12 r⁻¹²)/r²
        (u, r6 * inverse * (c.inner.c6 * 3.0 - twelve * 6.0))
    }

    /// Not by hand: what is compared are forces.
    #[inline(always)]
    fn slopes<S: Real, const N: usize>(_: S, _: &Self::Coef<S>) -> Pair<S> {
        unreachable!("forces alone are written by hand")
    }
}
