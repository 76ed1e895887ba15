//! One gradient of a loss over a trajectory, timed and weighed, for `scripts/bench_sensitivity`.
//!
//!     cargo bench --bench gradient -- FOLDER CELLS STEPS REPEATS BYTES
//!
//! The melt of 4 CELLS³ atoms; the loss is the mean square velocity at the end. BYTES caps the memory for states, `all` is no
//! cap. FOLDER gets `state.bin`, positions and velocities of the start, and `admd.bin`, the slopes in σ, ε, positions and
//! velocities, f64 all; the answer is a line of JSON.

use admd::bench::{CUTOFF, Heat, MELTING_STEPS, Melt, SKIN, field, reversible};
use admd::dynamics::{Integrator, VelocityVerlet};
use admd::engine::{Precision, Vec3};
use admd::run::Interrupt;
use admd::sensitivity::{Gradient, Memory, gradient};
use std::fs;
use std::path::Path;
use std::time::Instant;

/// Length of a step: JAX-MD rounds it to f32, also where all else is f64, so it is a number that f32 holds.
const TIMESTEP: f64 = 1.0 / 256.0;

/// A line of /proc/self/status \[bytes\].
fn resident(key: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("a system with /proc");
    let line = status.lines().find(|line| line.starts_with(key)).expect("a line");
    1024.0
        * line
            .split_whitespace()
            .nth(1)
            .and_then(|x| x.parse::<f64>().ok())
            .expect("kB")
}

fn write(path: &Path, scalars: &[f64], vectors: [&[Vec3]; 2]) {
    let numbers = scalars.iter().chain(vectors.into_iter().flatten().flatten());
    let bytes: Vec<u8> = numbers.flat_map(|x| x.to_ne_bytes()).collect();
    fs::write(path, bytes).expect("a folder to write to");
}

fn main() {
    // cargo adds `--bench`
    let words: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let [folder, cells, steps, repeats, bytes] = words.as_slice() else {
        eprintln!("usage: cargo bench --bench gradient -- FOLDER CELLS STEPS REPEATS BYTES");
        return;
    };
    let number = |word: &String| word.parse::<u64>().expect("a whole number");
    let (folder, steps) = (Path::new(folder), number(steps));
    let memory = match bytes.as_str() {
        "all" => Memory::All,
        "undone" => Memory::Nothing,
        bytes => Memory::Bytes(bytes.parse().expect("bytes, `all` or `undone`")),
    };
    let start = Melt::new(number(cells), MELTING_STEPS, &Interrupt::default())
        .expect("a melt")
        .state;
    let (positions, velocities) = (&start.configuration.positions, &start.velocities);
    write(&folder.join("state.bin"), &[], [positions, velocities]);
    let run = || -> Gradient {
        let mut forces = field(Precision::Double).expect("a force field");
        let mut integrator: Box<dyn Integrator> = Box::new(VelocityVerlet { timestep: TIMESTEP });
        if memory == Memory::Nothing {
            let on_grid = reversible(&start, TIMESTEP).expect("a force field");
            (forces, integrator) = (on_grid.0, Box::new(on_grid.1));
        }
        gradient(
            start.clone(),
            &mut forces,
            integrator.as_mut(),
            steps,
            &mut Heat,
            memory,
        )
        .expect("a gradient")
    };
    let before = resident("VmRSS");
    // the peak starts here
    fs::write("/proc/self/clear_refs", "5").expect("a system with /proc");
    let found = run();
    let extra = resident("VmHWM") - before;
    let seconds = (0..number(repeats)).map(|_| {
        let began = Instant::now();
        run();
        began.elapsed().as_secs_f64()
    });
    let a = &found.adjoint;
    let scalars = [a.parameters[1], a.parameters[0]];
    write(&folder.join("admd.bin"), &scalars, [&a.positions, &a.velocities]);
    let answer = serde_json::json!({
        "seconds": seconds.collect::<Vec<f64>>(),
        "extra_bytes": extra,
        "loss": found.loss,
        "steps_made": steps + found.steps,
        "atoms": start.masses.len(),
        "edge": start.configuration.cell.height(0),
        "cutoff": CUTOFF,
        "skin": SKIN,
        "timestep": TIMESTEP,
    });
    println!("{answer}");
}
