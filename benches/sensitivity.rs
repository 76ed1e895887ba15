//! What do derivatives of a trajectory cost, in plain runs of the same length?
//!
//! The melt, 100 steps; runs interleaved, medians. `RAYON_NUM_THREADS=1` gives the figures of one thread; an argument is the
//! number of fcc cells along an edge, 20 (32,000 atoms) by default.

use admd::bench::{Heat, MELTING_STEPS, Melt, Work, field, interleaved, reversible, verlet};
use admd::dynamics::{Forces, Integrator, Rdf, State, StateTangent};
use admd::engine::{Precision, Request};
use admd::potentials::form::units::LJ;
use admd::run::{EnsembleAverages, Interrupt, Run, Sampling};
use admd::sensitivity::{GRID, Memory, Observable, gradient, variables};
use std::cell::Cell;

const STEPS: u64 = 100;
const ROUNDS: usize = 5;
/// The row of the plain run that the averages are compared with.
const RUN: usize = 8;
/// Steps of the runs whose averages are taken: some samples.
const LONG: u64 = 400;
/// As the input has it by default.
const EVERY: u64 = 25;
const EVERY_OF_PAIRS: u64 = 100;

fn forwards(start: &State, tangents: usize) {
    steps(
        start,
        tangents,
        &mut field(Precision::Double).expect("a force field"),
        &mut verlet(),
    );
}

fn steps(start: &State, tangents: usize, forces: &mut dyn Forces, integrator: &mut dyn Integrator) {
    let atoms = start.masses.len();
    let along = |k: usize| StateTangent {
        parameters: if k.is_multiple_of(2) {
            vec![1.0, 0.0]
        } else {
            vec![0.0, 1.0]
        },
        ..StateTangent::zero(atoms)
    };
    let start = State {
        tangents: (0..tangents).map(along).collect(),
        ..start.clone()
    };
    let mut now = integrator.start(start, forces).expect("a start");
    let mut next = now.clone();
    for _ in 0..STEPS {
        integrator
            .step(&now, &mut next, forces, Request::FORCES)
            .expect("a step");
        core::mem::swap(&mut now, &mut next);
    }
}

/// A longer run, with samples for the derivatives of averages or without, and the distances to which the
/// radial distribution function is taken.
fn averages(start: &State, observables: &[Observable], range: Option<f64>) {
    let forces = field(Precision::Double).expect("a force field");
    let mut all = variables(forces.parameters(), &[], 0.004, None, &LJ);
    all.truncate(2);
    let integrator = verlet();
    let sampling = Sampling {
        variables: all,
        ensemble: integrator.ensemble(start.masses.len()),
        every: if range.is_some() { EVERY_OF_PAIRS } else { EVERY },
        after: 0,
        observables: observables.to_vec(),
        rdf: range.map(|range| Rdf::new(range, 50)),
        profile: None,
        virial_lacks: Vec::new(),
    };
    let mut run = Run::start(start.clone(), forces, Box::new(integrator), &LJ).expect("a start");
    if !observables.is_empty() {
        let averages = EnsembleAverages::new(sampling, &LJ, None);
        run.observe(averages.observer(&LJ).expect("an observer"));
    }
    run.advance(LONG, &Interrupt::default()).expect("steps");
}

fn main() {
    let cells = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(20);
    let melt = Melt::new(cells, MELTING_STEPS, &Interrupt::default()).expect("a melt");
    let start = &melt.state;
    let atoms = start.masses.len();
    let made = [const { Cell::new(0) }; 3];
    let backwards = |k: usize, memory: Memory| {
        let mut forces = field(Precision::Double).expect("a force field");
        let found = gradient(start.clone(), &mut forces, &mut verlet(), STEPS, &mut Heat, memory).expect("a gradient");
        made[k].set(STEPS + found.steps);
    };
    // a state takes 84 bytes an atom
    let tenth = 0.1 * (STEPS * 84) as f64 * atoms as f64;
    let scalars = [
        Observable::PotentialEnergy,
        Observable::Pressure,
        Observable::Temperature,
        Observable::HeatCapacity,
    ];
    let with_rdf = [&scalars[..], &[Observable::Rdf]].concat();
    let work: [Work; 13] = [
        &mut || forwards(start, 0),
        &mut || forwards(start, 1),
        &mut || forwards(start, 2),
        &mut || forwards(start, 4),
        &mut || backwards(0, Memory::All),
        &mut || backwards(1, Memory::Bytes(tenth)),
        &mut || {
            let (mut forces, mut integrator) = reversible(start, verlet().timestep).expect("a force field");
            steps(start, 0, &mut forces, &mut integrator);
        },
        &mut || {
            let (mut forces, mut integrator) = reversible(start, verlet().timestep).expect("a force field");
            let (start, memory) = (start.clone(), Memory::Nothing);
            let found = gradient(start, &mut forces, &mut integrator, STEPS, &mut Heat, memory).expect("a gradient");
            made[2].set(STEPS + found.steps);
        },
        &mut || averages(start, &[], None),
        &mut || averages(start, &scalars[..1], None),
        &mut || averages(start, &scalars, None),
        &mut || averages(start, &with_rdf, Some(2.5)),
        &mut || averages(start, &with_rdf, Some(5.0)),
    ];
    let times = interleaved(ROUNDS, || false, work);
    println!("{atoms} atoms, {STEPS} steps; checkpoints on a grid of {GRID} steps");
    let words = [
        "plain".to_owned(),
        "tangent in 1 parameter".to_owned(),
        "in 2".to_owned(),
        "in 4".to_owned(),
        format!("adjoint, {} steps made", made[0].get()),
        format!("adjoint with a tenth of the memory, {} steps made", made[1].get()),
        "reversible".to_owned(),
        format!("its adjoint without memory, {} steps made", made[2].get()),
        "a run".to_owned(),
        format!("with <U> differentiated, a sample in {EVERY} steps"),
        "with <U>, T, P, C_v".to_owned(),
        format!("with these and g(r) to one cutoff, in {EVERY_OF_PAIRS}"),
        format!("with these and g(r) to two cutoffs, in {EVERY_OF_PAIRS}"),
    ];
    for (k, (words, t)) in words.iter().zip(&times).enumerate() {
        let (steps, plain) = if k < RUN { (STEPS, 0) } else { (LONG, RUN) };
        let ns = t.median() / (atoms as f64 * steps as f64) * 1e9;
        let ratio = t.ratio(&times[plain]);
        println!("{words:55} {ns:8.1} ns/atom/step, {ratio:5.2} plain runs");
    }
}
