//! How many instructions does each piece of a step take? A count, not a time: the same on a busy machine.
//!
//! Run by `scripts/check_instructions` under valgrind's callgrind, which counts what happens inside [`measured`] and
//! writes the count whenever it returns. Prints the name of each piece and the atoms that it handles, in this order. By
//! itself the program shows only that it works.

use admd::bench::{CUTOFF, Melt, SKIN, field};
use admd::engine::Precision;
use admd::engine::laboratory::{Laboratory, Pairs};
use admd::run::{Interrupt, Run};
use std::hint::black_box;

/// Unit cells along an edge: 2048 atoms.
const CELLS: u64 = 8;
/// Steps before the counting. Fewer than a liquid needs, for they are counted too; enough for atoms to have left their
/// sites.
const MELTING: u64 = 60;
/// Steps that are counted, some list builds among them.
const STEPS: u64 = 25;

/// Where the counting goes on and off: valgrind finds the name.
#[inline(never)]
fn measured(work: &mut dyn FnMut()) {
    black_box(work)();
}

/// Does the work once to warm up, and once to be counted.
fn count(name: &str, atoms: u64, mut work: impl FnMut()) {
    work();
    println!("{name} {atoms}");
    measured(&mut work);
}

fn pieces() {
    let melt = Melt::new(CELLS, MELTING, &Interrupt::default()).expect("a melt");
    let c = melt.configuration();
    let atoms = c.len() as u64;
    for precision in [Precision::Double, Precision::Mixed] {
        let name = |what: &str| format!("{what}_{}", format!("{precision:?}").to_lowercase());
        let isa = field(precision).expect("a force field").isa();
        let mut l = Laboratory::new(c, CUTOFF, SKIN, isa, precision).expect("a list");
        count(&name("kernel"), atoms, || l.lennard_jones(Pairs::Automatic));
        count(&name("kernel_energy"), atoms, || l.lennard_jones(Pairs::WithEnergy));
        count(&name("list_build"), atoms, || drop(black_box(l.rebuild(c))));
        count(&name("refresh"), atoms, || {
            black_box(l.refresh(c));
        });
        let mut run: Run = melt.run(field(precision).expect("a force field")).expect("a run");
        count(&name("step"), atoms * STEPS, || {
            run.advance(STEPS, &Interrupt::default()).expect("steps");
        });
    }
}

fn main() {
    // all on this thread: a thread that waits counts its waiting
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .use_current_thread()
        .build();
    pool.expect("a pool").install(pieces);
}
