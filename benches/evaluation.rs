//! What does an evaluation of the force field cost, by what is asked for, and the list that it needs?
//!
//! The melt of 32,000 atoms; runs interleaved, best times. `RAYON_NUM_THREADS=1` gives the figures of one thread.

use admd::ad::Isa;
use admd::bench::{CUTOFF, MELTING_STEPS, Melt, ROUNDS, SKIN, Work, field, interleaved};
use admd::engine::laboratory::Laboratory;
use admd::engine::{Configuration, Direction, Evaluation, ForceField, Precision, Request};
use admd::run::Interrupt;

/// Requests as a run makes them, with their names.
fn requests(along: &Direction) -> [(&'static str, Request<'_>); 4] {
    let forces = Request::FORCES;
    [
        ("forces", forces),
        ("forces, energy, virial", Request::ENERGY),
        (
            "parameter gradient",
            Request {
                gradient: true,
                ..forces
            },
        ),
        (
            "Hessian-vector product",
            Request {
                tangents: core::slice::from_ref(along),
                ..forces
            },
        ),
    ]
}

fn along(c: &Configuration) -> Direction {
    Direction {
        positions: c.positions.iter().map(|r| r.map(f64::sin)).collect(),
        ..Direction::default()
    }
}

/// Best times of list build and whole evaluations, interleaved.
fn whole(c: &Configuration) {
    let along = along(c);
    let mut laboratory = Laboratory::new(c, CUTOFF, SKIN, Isa::best(), Precision::Double).expect("a list");
    let mut fields = [(); 4].map(|()| field(Precision::Double).expect("a force field"));
    let [f0, f1, f2, f3] = &mut fields;
    let [r0, r1, r2, r3] = requests(&along);
    let run = |field: &mut ForceField, request: Request, e: &mut Evaluation| {
        field.evaluate(c, request, e).expect("an evaluation");
    };
    let mut e = [(); 4].map(|()| Evaluation::default());
    let [e0, e1, e2, e3] = &mut e;
    let work: [Work; 5] = [
        &mut || run(f0, r0.1, e0),
        &mut || run(f1, r1.1, e1),
        &mut || run(f2, r2.1, e2),
        &mut || run(f3, r3.1, e3),
        &mut || drop(laboratory.rebuild(c)),
    ];
    let times = interleaved(ROUNDS, || false, work).map(|t| t.min());
    println!("whole evaluations, {} threads", rayon::current_num_threads());
    for (name, t) in [r0.0, r1.0, r2.0, r3.0, "list build"].into_iter().zip(times) {
        println!(
            "  {name:<23} {:7.1} ns/atom  {:5.2} of forces",
            1e9 * t / c.len() as f64,
            t / times[0]
        );
    }
}

fn main() {
    let melt = Melt::new(20, MELTING_STEPS, &Interrupt::default()).expect("a melt");
    whole(melt.configuration());
}
