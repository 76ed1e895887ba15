//! What does a list build cost, and the refresh of coordinates between builds?
//!
//! The melt of 32,000 atoms, by criterion. `RAYON_NUM_THREADS=1` gives the figures of one thread.

use admd::ad::Isa;
use admd::bench::{CUTOFF, MELTING_STEPS, Melt, SKIN};
use admd::engine::Precision;
use admd::engine::laboratory::Laboratory;
use admd::run::Interrupt;
use criterion::{Criterion, Throughput};

fn main() {
    let melt = Melt::new(20, MELTING_STEPS, &Interrupt::default()).expect("a melt");
    let c = melt.configuration();
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("melt of 32,000");
    group.sample_size(20).throughput(Throughput::Elements(c.len() as u64));
    for precision in [Precision::Double, Precision::Mixed] {
        let mut laboratory = Laboratory::new(c, CUTOFF, SKIN, Isa::best(), precision).expect("a list");
        group.bench_function(format!("list build, {precision:?}"), |b| {
            b.iter(|| laboratory.rebuild(c))
        });
        group.bench_function(format!("refresh, {precision:?}"), |b| b.iter(|| laboratory.refresh(c)));
    }
    group.finish();
    criterion.final_summary();
}
