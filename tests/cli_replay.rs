//! `admd replay` as a user meets it: stretches of a run, bit for bit, from whichever side they are reached.

mod cli_support;

use admd::io::h5md::Trajectory;
use cli_support::*;

fn reversible() -> String {
    MELT.replace("timestep = 0.004", "timestep = 0.004\nreversible = true")
        .replace("steps = 60", "steps = 300")
        .replace("every = 25", "every = 100")
}

/// Positions of the frame at a step.
fn positions(folder: &Folder, file: &str, step: u64) -> Vec<[u64; 3]> {
    let trajectory = Trajectory::open(folder.path(file)).unwrap();
    let index = trajectory.steps().iter().position(|s| *s == step).unwrap();
    let frame = trajectory.frame(index).unwrap();
    let bits = |r: &admd::engine::Vec3| [r.x, r.y, r.z].map(f64::to_bits);
    frame.positions.iter().chain(&frame.velocities).map(bits).collect()
}

#[test]
fn a_reversible_run_is_taken_up_at_the_nearest_frame_and_undone() {
    let folder = Folder::new().with("run.toml", &reversible());
    folder.run(0, &["simulate", "run.toml", "--quiet"]);
    let forth = folder.run(0, &["replay", "melt.h5md", "a.h5md", "--from", "240", "--to", "265"]);
    assert!(
        forth
            .out
            .contains("steps 240 to 265, from step 200; no other frame of the run is on the way"),
        "{}",
        forth.out
    );
    let back = folder.run(
        0,
        &[
            "replay",
            "melt.h5md",
            "b.h5md",
            "--from",
            "255",
            "--to",
            "300",
            "--every",
            "5",
        ],
    );
    assert!(
        back.out
            .contains("undone from the frame at step 300; 1 frame of the run met again"),
        "{}",
        back.out
    );
    let start = [
        "replay",
        "melt.h5md",
        "c.h5md",
        "--from",
        "0",
        "--to",
        "300",
        "--every",
        "20",
        "--threads",
        "3",
    ];
    assert!(folder.run(0, &start).out.contains("4 frames of the run met again"));
    for step in [260, 255, 265] {
        let [a, b] = ["a.h5md", "b.h5md"].map(|file| positions(&folder, file, step));
        assert!(a == b, "step {step}");
    }
    assert_eq!(positions(&folder, "c.h5md", 260), positions(&folder, "a.h5md", 260));
    assert_eq!(positions(&folder, "c.h5md", 300), positions(&folder, "melt.h5md", 300));
    let frames = Trajectory::open(folder.path("b.h5md")).unwrap();
    assert_eq!(frames.steps(), [255, 260, 265, 270, 275, 280, 285, 290, 295, 300]);
}

#[test]
fn a_run_that_was_gone_back_through_is_made_again_without_what_it_was_compared_with() {
    let loss = "[sensitivity]\nparameters = \"lj.*\"\nestimators = [\"adjoint\"]\n[sensitivity.adjoint]\n\
                loss = \"end_distance\"\nreference = \"first.h5md\"\n";
    let folder = Folder::new().with("run.toml", MELT);
    folder.run(
        0,
        &[
            "simulate",
            "run.toml",
            "--quiet",
            "--set",
            "output.trajectory=\"first.h5md\"",
        ],
    );
    let folder = folder.with("run.toml", &(MELT.to_owned() + loss));
    folder.run(0, &["simulate", "run.toml", "--quiet"]);
    std::fs::remove_file(folder.path("first.h5md")).unwrap();
    let again = folder.run(0, &["replay", "melt.h5md", "a.h5md", "--from", "5"]);
    assert!(again.out.contains("4 frames of the run met again"), "{}", again.out);
    assert_eq!(positions(&folder, "a.h5md", 50), positions(&folder, "melt.h5md", 50));
}

#[test]
fn any_other_run_is_made_again_from_its_start() {
    let folder = Folder::new().with("run.toml", MELT);
    folder.run(0, &["simulate", "run.toml", "--quiet"]);
    let again = folder.run(
        0,
        &[
            "replay",
            "melt.h5md",
            "a.h5md",
            "--from",
            "48",
            "--to",
            "60",
            "--forces",
        ],
    );
    assert!(
        again.out.contains("from step 0; 4 frames of the run met again"),
        "{}",
        again.out
    );
    assert_eq!(positions(&folder, "a.h5md", 50), positions(&folder, "melt.h5md", 50));
}

#[test]
fn a_run_that_is_not_that_of_the_file_is_found_out() {
    let folder = Folder::new()
        .with("start.extxyz", &structure(1.0))
        .with("run.toml", STRUCTURE);
    folder.run(0, &["simulate", "run.toml", "--quiet"]);
    let folder = folder.with("start.extxyz", &structure(1.001));
    let other = folder.run(1, &["replay", "run.h5md", "a.h5md", "--from", "5"]);
    assert!(
        other
            .err
            .contains("the state at step 0 is not that of the run: atom 1 is"),
        "{}",
        other.err
    );
    assert!(!folder.path("a.h5md").exists());
}

fn structure(x: f64) -> String {
    format!("2\nLattice=\"6 0 0 0 6 0 0 0 6\" Properties=species:S:1:pos:R:3\nA 0 0 0\nA {x} 0 0\n")
}

const STRUCTURE: &str = r#"
units = "lj"
[structure]
file = "start.extxyz"
[[potential]]
kind = "lj"
cutoff = 2.2
parameters.A = { epsilon = 1.0, sigma = 1.0 }
[integrator]
timestep = 0.004
[run]
steps = 10
[output]
trajectory = "run.h5md"
every = 5
"#;

#[test]
fn what_cannot_be_replayed_says_so() {
    let folder = Folder::new().with("run.toml", MELT);
    folder.run(0, &["simulate", "run.toml", "--quiet"]);
    let beyond = folder.run(2, &["replay", "melt.h5md", "a.h5md", "--from", "70", "--to", "80"]);
    assert!(beyond.err.contains("which has steps 0 to 60"), "{}", beyond.err);
    let same = folder.run(2, &["replay", "melt.h5md", "./melt.h5md", "--from", "7", "--overwrite"]);
    assert!(same.err.contains("give it another name"), "{}", same.err);
    let taken = folder.with("a.h5md", "mine");
    let there = taken.run(1, &["replay", "melt.h5md", "a.h5md", "--from", "7"]);
    assert!(there.err.contains("pass --overwrite"), "{}", there.err);
    taken.run(3, &["replay", "run.toml", "b.h5md", "--from", "7"]);
    taken.run(2, &["replay", "melt.h5md", "b.h5md"]);
    let mixed = [
        "simulate",
        "run.toml",
        "--set",
        "run.precision=mixed",
        "--set",
        "integrator.reversible=true",
    ];
    let mixed = taken.run(3, &mixed);
    assert!(mixed.err.contains("needs forces in double precision"), "{}", mixed.err);
}
