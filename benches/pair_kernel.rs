//! What does automatic differentiation cost in the force loop?
//!
//! A Lennard-Jones melt of 32,000 atoms (density 0.8442, cutoff 2.5, skin 0.3). The force kernel with the AD evaluator and
//! with a derivative written by hand in the *same* loop, on every instruction set and in both precisions, runs interleaved
//! because a busy machine drifts; the ratio of the best runs on AVX-512 must stay below [`LIMIT`].

mod support;

use admd::ad::{Element, Isa, Real};
use admd::engine::kernel::{ByDual, PairEvaluator, SWEEP};
use admd::engine::laboratory::{Laboratory, Local};
use admd::engine::{Configuration, Precision};
use admd::potentials::form::parameters::Leaves;
use admd::potentials::form::truncation::{Shifted, Wrapped};
use admd::potentials::lennard_jones::{Coef, LennardJones};
use std::hint::black_box;
use support::{CUTOFF, SKIN, interleaved, melt};

/// The AD kernel may take this much longer than the one by hand.
const LIMIT: f64 = 1.15;

type Coefficients<S> = Wrapped<Coef<S>, S, 1>;
type Automatic = ByDual<Shifted<LennardJones>>;

/// Lennard-Jones with its slope in r² by hand.
struct ByHand;

impl PairEvaluator for ByHand {
    type Coef<S: Real> = Coefficients<S>;
    const SLOPES: usize = 0;
    #[inline(always)]
    fn evaluate<S: Real>(r2: S, c: &Self::Coef<S>, _: usize) -> (S, S, [S; SWEEP]) {
        let inverse = r2.recip();
        let r6 = inverse * inverse * inverse;
        let twelve = c.inner.c12 * r6;
        let u = r6 * (twelve - c.inner.c6) - c.own[0];
        // du/d(r²) = (3 c6 r⁻⁶ − 6 c12 r⁻¹²)/r²
        (
            u,
            r6 * inverse * (c.inner.c6 * 3.0 - twelve * 6.0),
            [S::lit(0.0); SWEEP],
        )
    }
}

fn compare<E: Element>(c: &Configuration, isa: Isa, precision: Precision) -> f64 {
    let laboratory = || Laboratory::new(c, CUTOFF, SKIN, isa, precision).expect("a list");
    let (mut hand, mut automatic, mut energy, copy) = (laboratory(), laboratory(), laboratory(), laboratory());
    let mut local = [(); 4].map(|()| Local::<E>::default());
    let [l0, l1, l2, l3] = &mut local;
    let entries = hand.rebuild(c).expect("a list");
    let coef = Coefficients::<f64>::from_fn(|k| [4.0, 4.0, 0.016][k]);
    let times = interleaved([
        &mut || hand.forces::<ByHand, E, false>(black_box(coef), l0),
        &mut || automatic.forces::<Automatic, E, false>(black_box(coef), l1),
        &mut || energy.forces::<Automatic, E, true>(black_box(coef), l2),
        &mut || copy.copy::<E>(l3),
    ]);
    let deviation = hand
        .result()
        .iter()
        .zip(automatic.result())
        .map(|(a, b)| (a - b).norm())
        .fold(0.0, f64::max);
    println!("{isa}, {precision:?}: {entries} entries, by hand and automatic differ by {deviation:e} at most");
    for (name, t) in [
        "by hand",
        "automatic",
        "with energy and virial",
        "copies of coordinates",
    ]
    .into_iter()
    .zip(times)
    {
        println!(
            "  {name:<23} {:6.3} ns/entry {:7.1} ns/atom {:6.2} M atom-steps/s  ratio {:5.3}",
            1e9 * t / entries as f64,
            1e9 * t / c.len() as f64,
            1e-6 * c.len() as f64 / t,
            t / times[0],
        );
    }
    times[1] / times[0]
}

fn main() {
    let c = melt(20, 1000);
    for isa in Isa::ALL.into_iter().filter(|isa| isa.is_supported()).rev() {
        let ratio = compare::<f64>(&c, isa, Precision::Double);
        compare::<f32>(&c, isa, Precision::Mixed);
        assert!(
            isa != Isa::Avx512 || ratio <= LIMIT,
            "automatic differentiation costs {ratio:.3} of the kernel by hand, above {LIMIT}"
        );
    }
}
