//! Does a long run lead back to its start, and what does its gradient cost?
//!
//! `cargo bench --bench reversible -- CELLS STEPS`, 20 (32,000 atoms) and 1,000 by default: the melt is run out and back on
//! its grid, then gone back through by the adjoint without memory. Hashes are of all positions and velocities: they are
//! those of any number of threads (`RAYON_NUM_THREADS`). Memory is the peak above that of the run forth.

use admd::bench::{Heat, MELTING_STEPS, Melt, reversible, verlet};
use admd::dynamics::{Forces, Integrator, Moment, State};
use admd::engine::Request;
use admd::run::Interrupt;
use admd::sensitivity::{Memory, gradient};
use sha2::{Digest, Sha256};
use std::time::Instant;

fn hash(state: &State) -> String {
    let mut hash = Sha256::new();
    for v in state.configuration.positions.iter().chain(&state.velocities) {
        for x in v {
            hash.update((x + 0.0).to_le_bytes());
        }
    }
    hash.finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn steps(integrator: &mut dyn Integrator, mut now: Moment, forces: &mut dyn Forces, count: u64) -> Moment {
    let mut next = now.clone();
    for _ in 0..count {
        integrator
            .step(&now, &mut next, forces, Request::FORCES)
            .expect("a step");
        core::mem::swap(&mut now, &mut next);
    }
    now
}

/// The peak of what was resident \[MB\].
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let number = line.and_then(|l| l.split_whitespace().next()?.parse::<f64>().ok());
    number.unwrap_or(f64::NAN) * 1024.0 / 1e6
}

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let (cells, count) = (
        numbers.first().copied().unwrap_or(20),
        numbers.get(1).copied().unwrap_or(1000),
    );
    let melt = Melt::new(cells, MELTING_STEPS, &Interrupt::default()).expect("a melt");
    let made = || reversible(&melt.state, verlet().timestep).expect("a force field");
    let (mut forces, mut integrator) = made();
    let threads = rayon::current_num_threads();
    println!(
        "{} atoms, {count} steps out and back, threads: {threads}",
        melt.state.masses.len()
    );

    let start = State {
        step: 0,
        ..melt.state.clone()
    };
    let begin = integrator.start(start.clone(), &mut forces).expect("a start");
    let was = begin.state.clone();
    println!("start {}", hash(&was));
    let clock = Instant::now();
    let there = steps(&mut integrator, begin, &mut forces, count);
    let forth = clock.elapsed().as_secs_f64();
    println!("there {}, {forth:.1} s", hash(&there.state));
    let ground = peak();
    let clock = Instant::now();
    let mut back = integrator.backwards().expect("a way back");
    let home = steps(back.as_mut(), there, &mut forces, count);
    println!("back  {}, {:.1} s", hash(&home.state), clock.elapsed().as_secs_f64());
    let same = home.state == was;
    println!(
        "{}",
        if same {
            "the start, bit for bit"
        } else {
            "NOT the start"
        }
    );
    drop((home, was, forces));

    let clock = Instant::now();
    let found = gradient(start, &mut made().0, &mut integrator, count, &mut Heat, Memory::Nothing).expect("a gradient");
    let time = clock.elapsed().as_secs_f64();
    println!(
        "gradient of {:.6}: {time:.1} s, {:.2} times the way forth, {:.1} MB above it",
        found.loss,
        time / forth,
        peak() - ground
    );
    std::process::exit(i32::from(!same));
}
