//! What does automatic differentiation cost in the force loop?
//!
//! A Lennard-Jones melt of 32,000 atoms (density 0.8442, cutoff 2.5, skin 0.3). The force kernel with the AD
//! evaluator and with a derivative written by hand in the *same* loop, on every instruction set and in both
//! precisions, runs interleaved because a busy machine drifts; the ratio of the best runs on AVX-512 must stay below
//! [`LIMIT`].

use admd::ad::Isa;
use admd::bench::{CUTOFF, MELTING_STEPS, Melt, ROUNDS, SKIN, Work, interleaved};
use admd::engine::laboratory::{Laboratory, Pairs};
use admd::engine::{Configuration, Precision};
use admd::run::Interrupt;

/// The AD kernel may take this much longer than the one by hand.
const LIMIT: f64 = 1.15;

const NAMES: [&str; 4] = [
    "by hand",
    "automatic",
    "with energy and virial",
    "copies of coordinates",
];

fn compare(c: &Configuration, isa: Isa, precision: Precision) -> f64 {
    let laboratory = || Laboratory::new(c, CUTOFF, SKIN, isa, precision).expect("a list");
    let (mut hand, mut automatic, mut energy, mut copy) = (laboratory(), laboratory(), laboratory(), laboratory());
    let entries = hand.rebuild(c).expect("a list");
    let work: [Work; 4] = [
        &mut || hand.lennard_jones(Pairs::ByHand),
        &mut || automatic.lennard_jones(Pairs::Automatic),
        &mut || energy.lennard_jones(Pairs::WithEnergy),
        &mut || copy.copy(),
    ];
    let times = interleaved(ROUNDS, || false, work).map(|t| t.min());
    let deviation = hand
        .result()
        .iter()
        .zip(automatic.result())
        .map(|(a, b)| (a - b).norm())
        .fold(0.0, f64::max);
    println!("{isa}, {precision:?}: {entries} entries, by hand and automatic differ by {deviation:e} at most");
    for (name, t) in NAMES.into_iter().zip(times) {
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
    let melt = Melt::new(20, MELTING_STEPS, &Interrupt::default()).expect("a melt");
    let c = melt.configuration();
    for isa in Isa::ALL.into_iter().filter(|isa| isa.is_supported()).rev() {
        let ratio = compare(c, isa, Precision::Double);
        compare(c, isa, Precision::Mixed);
        assert!(
            isa != Isa::Avx512 || ratio <= LIMIT,
            "automatic differentiation costs {ratio:.3} of the kernel by hand, above {LIMIT}"
        );
    }
}
