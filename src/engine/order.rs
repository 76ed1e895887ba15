//! Orders of differentiation: how the derivatives of a pair are put together from those of its energy.
//!
//! The energy of a pair is differentiated once, in r² and in what else an evaluation needs: a [`Jet`]. Along each direction
//! of the evaluation the tangents of the pair follow from it by the chain rule, so that a direction costs little more than
//! the coordinates that it takes to read.
//!
//! | order | directions change | slopes in coefficients |
//! |---|---|---|
//! | [`Plain`] | there are none | no |
//! | [`Slopes`] | there are none | yes |
//! | [`InDistance`] | atoms and cell | no |
//! | [`WithSlopes`] | atoms and cell | yes |
//! | [`InAll`] | parameters, too | no |
//! | [`Nested`] | parameters, too | yes |
//!
//! No closure here or in the kernels does lane arithmetic: the compiler may decline to inline a closure, and what is not
//! inlined is not compiled for the instruction set.

use super::kernel::{PairEvaluator, SWEEP};
use super::table::{MOST_LEAVES, assemble};
use admd_ad::{Dual, Lane, Real};
use admd_potentials::form::parameters::Leaves;

/// Energy of a pair, its slope in r², and its slopes in [`SWEEP`] coefficients.
pub(super) type Pair<S> = (S, S, [S; SWEEP]);

/// Energy of a pair and its derivatives in r² and in [`SWEEP`] coefficients c; what an order does not need is zero.
#[derive(Clone, Copy)]
pub struct Jet<L> {
    /// u
    pub u: L,
    /// ∂u/∂r²
    pub g: L,
    /// ∂u/∂c
    pub du: [L; SWEEP],
    /// ∂²u/∂(r²)²
    pub h: L,
    /// ∂²u/∂r²∂c
    pub dg: [L; SWEEP],
}

impl<L: Lane> Jet<L> {
    #[inline(always)]
    fn first((u, g, du): Pair<L>) -> Self {
        let zero = L::lit(0.0);
        Self {
            u,
            g,
            du,
            h: zero,
            dg: [zero; SWEEP],
        }
    }

    /// From derivatives that are differentiated in r² once more.
    #[inline(always)]
    fn second((u, g, du): Pair<Dual<L, 1>>) -> Self {
        let mut jet = Self::first((u.v, g.v, [L::lit(0.0); SWEEP]));
        jet.h = g.d[0];
        for k in 0..SWEEP {
            (jet.du[k], jet.dg[k]) = (du[k].v, du[k].d[0]);
        }
        jet
    }

    /// The tangents along a direction that changes no parameter.
    #[inline(always)]
    fn along(&self, r2: Dual<L, 1>) -> Pair<Dual<L, 1>> {
        let mut du = [Dual::lit(0.0); SWEEP];
        for k in 0..SWEEP {
            du[k] = Dual::with_tangents(self.du[k], [self.dg[k]]).at([r2]);
        }
        let (u, g) = (
            Dual::with_tangents(self.u, [self.g]),
            Dual::with_tangents(self.g, [self.h]),
        );
        (u.at([r2]), g.at([r2]), du)
    }
}

/// How the derivatives of a pair are put together.
pub trait Order: Send + Sync + 'static {
    /// Are there slopes in the coefficients?
    const SLOPES: bool;
    /// Do directions change parameters?
    const PARAMETERS: bool;
    /// The energy of a pair and those of its derivatives that are needed, in the N-th [`SWEEP`] coefficients.
    fn jet<P: PairEvaluator, L: Lane, const N: usize>(r2: L, coef: &P::Coef<L>) -> Jet<L>;
    /// The tangents of a pair along a direction, from those of r² and of all coefficients; here of a direction that changes
    /// no coefficient.
    #[inline(always)]
    fn along<P: PairEvaluator, L: Lane, const N: usize>(
        jet: &Jet<L>,
        r2: Dual<L, 1>,
        _: &P::Coef<L>,
        _: &[L; MOST_LEAVES],
    ) -> Pair<Dual<L, 1>> {
        jet.along(r2)
    }
}

/// The coefficients as duals without tangents.
#[inline(always)]
fn constants<P: PairEvaluator, L: Lane>(coef: &P::Coef<L>) -> P::Coef<Dual<L, 1>> {
    let mut constants = [Dual::constant(L::lit(0.0)); MOST_LEAVES];
    for k in 0..<P::Coef<L>>::COUNT {
        constants[k] = Dual::constant(coef.leaf(k));
    }
    assemble(&constants)
}

/// Values alone.
pub(super) struct Plain;

impl Order for Plain {
    const SLOPES: bool = false;
    const PARAMETERS: bool = false;
    #[inline(always)]
    fn jet<P: PairEvaluator, L: Lane, const N: usize>(r2: L, coef: &P::Coef<L>) -> Jet<L> {
        let (u, g) = P::evaluate(r2, coef);
        Jet::first((u, g, [L::lit(0.0); SWEEP]))
    }
}

/// Values and their slopes in the coefficients.
pub(super) struct Slopes;

impl Order for Slopes {
    const SLOPES: bool = true;
    const PARAMETERS: bool = false;
    #[inline(always)]
    fn jet<P: PairEvaluator, L: Lane, const N: usize>(r2: L, coef: &P::Coef<L>) -> Jet<L> {
        Jet::first(P::slopes::<L, N>(r2, coef))
    }
}

/// Tangents along directions that move atoms and change the cell, but no parameter.
pub(super) struct InDistance;

impl Order for InDistance {
    const SLOPES: bool = false;
    const PARAMETERS: bool = false;
    #[inline(always)]
    fn jet<P: PairEvaluator, L: Lane, const N: usize>(r2: L, coef: &P::Coef<L>) -> Jet<L> {
        let (u, g) = P::evaluate(Dual::<L, 1>::variable(r2, 0), &constants::<P, L>(coef));
        Jet::second((u, g, [Dual::lit(0.0); SWEEP]))
    }
}

/// Slopes in the coefficients, and tangents along directions that change no parameter.
pub(super) struct WithSlopes;

impl Order for WithSlopes {
    const SLOPES: bool = true;
    const PARAMETERS: bool = false;
    #[inline(always)]
    fn jet<P: PairEvaluator, L: Lane, const N: usize>(r2: L, coef: &P::Coef<L>) -> Jet<L> {
        Jet::second(P::slopes::<_, N>(
            Dual::<L, 1>::variable(r2, 0),
            &constants::<P, L>(coef),
        ))
    }
}

/// Tangents along directions that may change parameters, too.
pub(super) struct InAll;

impl Order for InAll {
    const SLOPES: bool = false;
    const PARAMETERS: bool = true;
    #[inline(always)]
    fn jet<P: PairEvaluator, L: Lane, const N: usize>(r2: L, coef: &P::Coef<L>) -> Jet<L> {
        WithSlopes::jet::<P, L, N>(r2, coef)
    }
    #[inline(always)]
    fn along<P: PairEvaluator, L: Lane, const N: usize>(
        jet: &Jet<L>,
        r2: Dual<L, 1>,
        _: &P::Coef<L>,
        coef_along: &[L; MOST_LEAVES],
    ) -> Pair<Dual<L, 1>> {
        let mut arguments = [r2; 1 + SWEEP];
        let (mut du, mut dg) = ([jet.g; 1 + SWEEP], [jet.h; 1 + SWEEP]);
        let mut g = jet.g;
        if N > 0 {
            // the first sweep has the values, and the tangents that come from r²
            (arguments[0], g) = (Dual::constant(L::lit(0.0)), L::lit(0.0));
        }
        for k in 0..SWEEP {
            let leaf = N * SWEEP + k;
            arguments[1 + k] = if leaf < <P::Coef<L>>::COUNT {
                Dual::with_tangents(L::lit(0.0), [coef_along[leaf]])
            } else {
                Dual::constant(L::lit(0.0))
            };
            (du[1 + k], dg[1 + k]) = (jet.du[k], jet.dg[k]);
        }
        let (u, g) = (Dual::with_tangents(jet.u, du), Dual::with_tangents(g, dg));
        (u.at(arguments), g.at(arguments), [Dual::lit(0.0); SWEEP])
    }
}

/// Slopes in the coefficients, and tangents along directions that may change parameters: second derivatives in these, by
/// evaluating the energy anew at the tangents of each direction.
pub(super) struct Nested;

impl Order for Nested {
    const SLOPES: bool = true;
    const PARAMETERS: bool = true;
    #[inline(always)]
    fn jet<P: PairEvaluator, L: Lane, const N: usize>(r2: L, coef: &P::Coef<L>) -> Jet<L> {
        Slopes::jet::<P, L, N>(r2, coef)
    }
    #[inline(always)]
    fn along<P: PairEvaluator, L: Lane, const N: usize>(
        _: &Jet<L>,
        r2: Dual<L, 1>,
        coef: &P::Coef<L>,
        coef_along: &[L; MOST_LEAVES],
    ) -> Pair<Dual<L, 1>> {
        let mut leaves = [Dual::constant(L::lit(0.0)); MOST_LEAVES];
        for k in 0..<P::Coef<L>>::COUNT {
            leaves[k] = Dual::with_tangents(coef.leaf(k), [coef_along[k]]);
        }
        P::slopes::<_, N>(r2, &assemble(&leaves))
    }
}
