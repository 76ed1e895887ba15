//! `admd bench` as a user meets it: tables, JSON, options that are refused, signals. No test looks at a time.

mod cli_support;

use cli_support::*;
use serde_json::Value;

fn json(folder: &Folder, name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.path(name)).unwrap()).unwrap()
}

const SMALL: [&str; 7] = ["bench", "--quick", "--atoms", "500", "--rounds", "2", "--threads"];

#[test]
fn table_and_json_hold_every_piece() {
    let folder = Folder::new();
    let arguments = [&SMALL[..], &["1", "--json", "b.json"]].concat();
    let run = folder.run(0, &arguments);
    for word in [
        "500 atoms",
        "fewer than usual",
        "on 1 thread",
        "force kernel",
        "derivative by hand",
        "neighbour list",
        "whole evaluation",
        "Hessian-vector product",
        "velocity Verlet",
        "MB/s",
        "whole loop",
        "one list build in",
    ] {
        assert!(run.out.contains(word), "{word}: {}", run.out);
    }
    assert!(run.out.lines().all(|l| l.chars().count() <= 96), "{}", run.out);

    let b = json(&folder, "b.json");
    assert_eq!((&b["system"]["atoms"], &b["threads"]), (&500.into(), &1.into()));
    assert_eq!((&b["rounds"], &b["quick"]), (&2.into(), &true.into()));
    assert!(b["isa"].is_string() && b["machine"]["cores"].as_u64().is_some());
    for (section, row) in [
        ("kernel", "by_hand_double"),
        ("kernel", "automatic_mixed"),
        ("kernel", "with_energy_double"),
        ("list", "build_double"),
        ("list", "refresh_mixed"),
        ("evaluation", "forces"),
        ("evaluation", "gradient"),
        ("evaluation", "hessian_vector"),
        ("integrator", "kick_drift"),
        ("writer", "all"),
        ("step", "step_double"),
        ("step", "list_mixed"),
    ] {
        let row = &b["sections"][section]["rows"][row];
        let [least, middle, most] = ["min", "median", "max"].map(|k| row["ns_per_atom"][k].as_f64().unwrap());
        assert!(0.0 <= least && least <= middle && middle <= most, "{section}: {row}");
    }
    let sections = &b["sections"];
    let number = |x: &Value| x.as_f64().unwrap();
    let first = &sections["kernel"]["rows"]["by_hand_double"];
    assert_eq!(number(&first["ratio"]), 1.0);
    assert!(number(&first["ns_per_entry"]) > 0.0 && number(&first["atom_steps_per_second"]) > 0.0);
    // 4/3 π 2.8³ · 0.8442, and the same forces from both evaluators
    assert!((60.0..90.0).contains(&number(&sections["kernel"]["entries_per_atom"])));
    assert!(number(&sections["kernel"]["largest_difference"]) < 1e-9);
    assert!(number(&sections["step"]["steps_per_build_double"]) > 1.0);
    let share = |row: &str| number(&sections["step"]["rows"][row]["percent_of_step"]);
    assert_eq!(share("step_double"), 100.0);
    let parts = share("forces_double") + share("list_double") + share("integration_double");
    assert!((50.0..150.0).contains(&parts), "{parts}");
}

#[test]
fn atoms_are_rounded_and_the_isa_is_said() {
    let folder = Folder::new();
    let mut command = folder.command();
    let arguments = ["bench", "--quick", "--atoms", "120", "--rounds", "1"];
    let output = command
        .args(arguments)
        .env("ADMD_ISA", "scalar")
        .env("ADMD_THREADS", "1");
    let run = Run::of(output.output().unwrap());
    assert_eq!(run.code, 0, "{}", run.err);
    for word in ["108 atoms instead of 120", "scalar", "on 1 thread"] {
        assert!(run.out.contains(word), "{word}: {}", run.out);
    }
}

#[test]
fn what_cannot_be_is_refused_before_any_work() {
    let folder = Folder::new().with("there.json", "{}");
    for (arguments, code, remedy) in [
        (&["--atoms", "5"][..], 2, "100..=20000000"),
        (&["--atoms", "many"], 2, "--help"),
        (&["--rounds", "0"], 2, "1..=1000"),
        (&["--threads", "0"], 2, "1..=4096"),
        (&["--isa", "avx2"], 2, "--help"),
        (&["--json", "there.json"], 1, "give --json another name"),
        (&["--json", "no/such/folder.json"], 1, "folder that can be written"),
    ] {
        let run = folder.run(code, &[&["bench"], arguments].concat());
        assert!(run.err.contains(remedy), "{arguments:?}: {}", run.err);
        assert!(run.out.is_empty(), "{}", run.out);
    }
    assert_eq!(std::fs::read_to_string(folder.path("there.json")).unwrap(), "{}");
    let run = Run::of(
        folder
            .command()
            .args(["bench", "--json", "new.json"])
            .env("ADMD_ISA", "mmx")
            .output()
            .unwrap(),
    );
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("avx2"), "{}", run.err);
    assert!(!folder.path("new.json").exists());
}

#[cfg(unix)]
#[test]
fn a_signal_ends_cleanly() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let folder = Folder::new();
    std::fs::create_dir(folder.path("tmp")).unwrap();
    let mut child = Command::new(program())
        .args([
            "bench",
            "--quick",
            "--rounds",
            "1000",
            "--threads",
            "1",
            "--json",
            "b.json",
        ])
        .current_dir(folder.path(""))
        .env("TMPDIR", folder.path("tmp"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // the first line of the table is there: signals are caught by now
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    let run = Run::of(child.wait_with_output().unwrap());
    assert_eq!(run.code, 130, "{}", run.err);
    assert!(run.err.contains("SIGINT"), "{}", run.err);
    assert!(!folder.path("b.json").exists());
    assert_eq!(std::fs::read_dir(folder.path("tmp")).unwrap().count(), 0);
}
