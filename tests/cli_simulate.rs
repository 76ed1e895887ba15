//! `admd simulate` as a user meets it: results, files, exit codes, signals, runs that blow up.

mod cli_support;

use admd::io::h5md::Trajectory;
use cli_support::*;

fn steps(trajectory: &Trajectory) -> Vec<u64> {
    (0..trajectory.len())
        .map(|k| trajectory.frame(k).unwrap().step)
        .collect()
}

#[test]
fn run_prints_a_table_and_writes_every_frame_once() {
    let folder = Folder::new().with("melt.toml", MELT);
    let run = folder.run(0, &["simulate", "melt.toml"]);
    let rows: Vec<&str> = run.out.lines().filter(|l| !l.starts_with('#')).collect();
    let first: Vec<&str> = rows.iter().map(|r| r.split_whitespace().next().unwrap()).collect();
    assert_eq!(first, ["0", "20", "40", "60"], "{}", run.out);
    assert!(rows[0].contains("1.500000"), "{}", run.out);
    for word in [
        "temperature",
        "epsilon/k",
        "atom-steps/s",
        "neighbours per atom",
        "tau/day",
        "melt.h5md: 4 frames",
    ] {
        assert!(run.out.contains(word), "{word}: {}", run.out);
    }
    assert_eq!(
        steps(&Trajectory::open(folder.path("melt.h5md")).unwrap()),
        [0, 25, 50, 60]
    );
}

#[test]
fn no_interval_of_thermodynamics_gives_none() {
    let folder = Folder::new().with("melt.toml", MELT);
    let run = folder.run(0, &["simulate", "melt.toml", "--set", "output.thermo_every=0"]);
    assert!(
        run.out
            .lines()
            .all(|l| l.starts_with("# ") && !l.contains("temperature")),
        "{}",
        run.out
    );
    let trajectory = Trajectory::open(folder.path("melt.h5md")).unwrap();
    assert_eq!(steps(&trajectory), [0, 25, 50, 60]);
    let arguments = [
        "simulate",
        "melt.toml",
        "--set",
        "output.thermo_every=0",
        "--json",
        "--overwrite",
    ];
    let written = &folder.run(0, &arguments).json()["trajectory"];
    assert_eq!((&written["frames"], &written["rows"]), (&4.into(), &0.into()));
}

#[test]
fn steps_between_lists_count_steps() {
    // One list serves the four steps; the start, the first forces and the energies at the end are no steps.
    let folder = Folder::new().with("melt.toml", MELT);
    let arguments = ["simulate", "melt.toml", "--steps", "4", "--set", "neighbors.skin=0.6"];
    let run = folder.run(0, &arguments);
    assert!(run.out.contains("1 neighbour list, one in 4.0 steps"), "{}", run.out);
    let json = folder
        .run(0, &[&arguments[..], &["--json", "--overwrite"]].concat())
        .json();
    let list = &json["summary"]["neighbors"];
    assert_eq!((&list["builds"], &list["steps_per_build"]), (&1.into(), &4.0.into()));
}

#[test]
fn json_is_one_object_and_nothing_else() {
    let folder = Folder::new().with("melt.toml", MELT);
    let run = folder.run(0, &["simulate", "melt.toml", "--json", "--steps", "30"]);
    let object = run.json();
    assert_eq!(run.err, "");
    assert_eq!(object["stop"], "finished");
    assert_eq!(object["exit_code"], 0);
    assert_eq!(object["last"]["step"], 30);
    assert_eq!(object["summary"]["atoms"], 108);
    assert_eq!(object["trajectory"]["frames"], 3);
    assert_eq!(object["units"]["energy"], "epsilon");
    assert!(object["last"]["pressure"].is_f64());
}

#[test]
fn mixed_precision_is_shown_wherever_the_run_is() {
    let folder = Folder::new().with("melt.toml", MELT);
    let mixed = ["--set", "run.precision=mixed"];
    let check = folder.run(0, &[&["check", "melt.toml"][..], &mixed].concat());
    assert!(check.out.contains("precision    mixed: pairs in f32"), "{}", check.out);
    let simulate = [&["simulate", "melt.toml", "--overwrite"][..], &mixed].concat();
    let run = folder.run(0, &simulate);
    assert!(run.out.contains("steps of 0.004 tau, mixed precision\n"), "{}", run.out);
    let json = folder.run(0, &[&simulate[..], &["--json"]].concat()).json();
    assert_eq!(json["precision"], "mixed");
    let trajectory = Trajectory::open(folder.path("melt.h5md")).unwrap();
    assert_eq!(trajectory.header().precision, "mixed");
    assert!(
        trajectory
            .header()
            .provenance
            .resolved_text
            .contains("precision = \"mixed\"\n")
    );
    let info = folder.run(0, &["info", "melt.h5md", "--json"]).json();
    assert_eq!(info["provenance"]["precision"], "mixed");

    let plain = folder.run(0, &["simulate", "melt.toml", "--overwrite"]);
    assert!(!plain.out.contains("precision"), "{}", plain.out);
    assert!(
        folder
            .run(0, &["check", "melt.toml"])
            .out
            .contains("precision    double\n")
    );
    let wrong = folder.run(3, &["check", "melt.toml", "--set", "run.precision=single"]);
    assert!(
        wrong.err.contains("double") && wrong.err.contains("mixed"),
        "{}",
        wrong.err
    );
}

#[test]
fn quiet_says_nothing() {
    let folder = Folder::new().with("melt.toml", MELT);
    let run = folder.run(0, &["simulate", "melt.toml", "--quiet"]);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));
    assert!(folder.path("melt.h5md").exists());
}

#[test]
fn existing_trajectory_is_kept_unless_told_otherwise() {
    let folder = Folder::new().with("melt.toml", MELT).with("melt.h5md", "precious");
    // An error of the input with its place, before any force; `check` says it as a note.
    for arguments in [&["simulate", "melt.toml"][..], &["simulate", "melt.toml", "--dry-run"]] {
        let run = folder.run(3, arguments);
        for part in [
            "melt.h5md` exists",
            "melt.toml:21:14",
            "--overwrite",
            "output.trajectory another name",
        ] {
            assert!(run.err.contains(part), "{part}: {}", run.err);
        }
        assert_eq!(run.out, "");
    }
    assert!(
        folder
            .run(0, &["check", "melt.toml"])
            .out
            .contains("melt.h5md` exists, so the run will not start")
    );
    folder.run(0, &["simulate", "melt.toml", "--dry-run", "--overwrite"]);
    assert_eq!(std::fs::read(folder.path("melt.h5md")).unwrap(), b"precious");
    // Only a trajectory gives way to a trajectory.
    let run = folder.run(1, &["simulate", "melt.toml", "--overwrite"]);
    assert!(run.err.contains("melt.h5md is not an HDF5 file"), "{}", run.err);
    assert_eq!(std::fs::read(folder.path("melt.h5md")).unwrap(), b"precious");
    std::fs::remove_file(folder.path("melt.h5md")).unwrap();
    folder.run(0, &["simulate", "melt.toml"]);
    folder.run(0, &["simulate", "melt.toml", "--overwrite"]);
    assert_eq!(Trajectory::open(folder.path("melt.h5md")).unwrap().len(), 4);
}

#[test]
fn output_that_cannot_be_written_is_an_error_of_the_input() {
    let folder = Folder::new().with("melt.toml", MELT);
    std::fs::create_dir(folder.path("taken.h5md")).unwrap();
    let mut cases = vec![("nowhere/run.h5md", "nowhere` does not exist", "make the folder")];
    cases.push(("taken.h5md", "taken.h5md` is a folder", "the name of a file"));
    if cfg!(target_os = "linux") {
        cases.push(("/proc/run.h5md", "`/proc` takes no file", "allow writing there"));
    }
    for (name, message, remedy) in cases {
        let set = format!("output.trajectory={name}");
        let run = folder.run(3, &["simulate", "melt.toml", "--overwrite", "--set", &set]);
        for part in [message, remedy, "--set:1:19", "nothing was run"] {
            assert!(run.err.contains(part), "{name}, {part}: {}", run.err);
        }
        assert!(
            folder
                .run(0, &["check", "melt.toml", "--set", &set])
                .out
                .contains(message)
        );
    }
}

#[test]
fn dry_run_describes_and_writes_nothing() {
    let folder = Folder::new().with("melt.toml", MELT);
    let dry = folder.run(0, &["simulate", "melt.toml", "--dry-run", "--set", "run.steps=1234"]);
    assert!(dry.out.contains("1234 steps"), "{}", dry.out);
    assert!(!folder.path("melt.h5md").exists());
    let check = folder.run(0, &["check", "melt.toml", "--set", "run.steps=1234"]);
    assert_eq!(dry.out, check.out);
}

#[test]
fn wrong_usage_is_2_and_wrong_input_is_3() {
    let folder = Folder::new()
        .with("melt.toml", MELT)
        .with("bad.toml", &MELT.replace("cutoff", "cutof"));
    for arguments in [
        &["simulate"][..],
        &["simulate", "melt.toml", "--nonsense"],
        &["simulate", "melt.toml", "--threads", "0"],
        &["simulate", "melt.toml", "--steps", "-1"],
        &["simulate", "melt.toml", "--json", "--quiet"],
        &["simulate", "melt.toml", "--dry-run", "--quiet"],
        &["simulate", "melt.toml", "--dry-run", "--threads", "2"],
        &["melt.toml"],
    ] {
        folder.run(2, arguments);
    }
    let run = Run::of(
        folder
            .command()
            .env("ADMD_THREADS", "many")
            .args(["simulate", "melt.toml"])
            .output()
            .unwrap(),
    );
    assert!(
        run.code == 2 && run.err.contains("ADMD_THREADS is `many`"),
        "{}",
        run.err
    );

    let run = folder.run(3, &["simulate", "bad.toml"]);
    assert!(
        run.err.contains("did you mean `cutoff`?") && run.err.contains("bad.toml:14"),
        "{}",
        run.err
    );
    let run = folder.run(3, &["simulate", "bad.toml", "--json"]);
    assert_eq!(run.json()["exit_code"], 3);
    assert!(folder.run(3, &["simulate", "absent.toml"]).err.contains("absent.toml"));
    folder.run(3, &["check", "bad.toml"]);
    folder.run(3, &["simulate", "melt.toml", "--set", "run.stepz=3"]);
    assert!(!folder.path("melt.h5md").exists());
}

#[test]
fn atoms_at_one_place_are_named() {
    let xyz = "3\nLattice=\"9 0 0 0 9 0 0 0 9\"\nA 1 1 1\nA 4 4 4\nA 1 1 10\n";
    let start = MELT.find("lattice").unwrap()..MELT.find("[velocities]").unwrap();
    let input = MELT.replace(&MELT[start], "file = \"two.xyz\"\n");
    let folder = Folder::new().with("two.xyz", xyz).with("two.toml", &input);
    let run = folder.run(3, &["simulate", "two.toml"]);
    assert!(run.err.contains("atoms 0 and 2"), "{}", run.err);
}

#[test]
fn atom_on_its_own_image_is_an_overlap() {
    let start = MELT.find("lattice").unwrap()..MELT.find("[velocities]").unwrap();
    let input = MELT.replace(&MELT[start], "file = \"one.xyz\"\n");
    for cell in ["9 0 0 0 9 0 0 0 1e-3", "9 0 0 18 0.01 0 0 0 9"] {
        let xyz = format!("1\nLattice=\"{cell}\"\nA 1 1 1\n");
        let folder = Folder::new().with("one.xyz", &xyz).with("one.toml", &input);
        let run = folder.run(3, &["simulate", "one.toml"]);
        for part in ["atom 0 and its own periodic image", "correct the cell", "line 3"] {
            assert!(run.err.contains(part), "{cell}, {part}: {}", run.err);
        }
    }
}

#[test]
fn energy_that_is_not_conserved_is_a_warning() {
    let folder = Folder::new().with("melt.toml", MELT);
    let fine = folder.run(0, &["simulate", "melt.toml", "--json"]).json();
    assert!(fine["summary"]["warning"].is_null(), "{fine}");
    assert!(fine["summary"]["energy_change"]["of_kinetic"].as_f64().unwrap() < 0.01);
    // Long steps, too few of them to blow up.
    let long = [
        "simulate",
        "melt.toml",
        "--overwrite",
        "--set",
        "integrator.timestep=0.031",
        "--steps",
        "80",
    ];
    let run = folder.run(0, &long);
    for part in ["# warning: the conserved energy changed", "smaller than 0.031 tau"] {
        assert!(run.out.contains(part), "{part}: {}", run.out);
    }
    let json = folder.run(0, &[&long[..], &["--json"]].concat()).json();
    assert!(
        json["summary"]["warning"].is_string() && json["summary"]["energy_change"]["of_kinetic"].as_f64() > Some(0.1)
    );
}

#[cfg(target_os = "linux")]
#[test]
fn lost_table_does_not_end_a_recorded_run() {
    let folder = Folder::new().with("melt.toml", MELT);
    let full = |arguments: &[&str]| {
        let out = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = std::process::Command::new(program());
        let output = command
            .args(arguments)
            .current_dir(folder.path(""))
            .stdout(out)
            .output()
            .unwrap();
        Run::of(output)
    };
    let run = full(&["simulate", "melt.toml"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(
        run.err.matches("the table on standard output is lost").count(),
        1,
        "{}",
        run.err
    );
    assert!(run.err.contains("melt.h5md: 4 frames"), "{}", run.err);
    assert_eq!(Trajectory::open(folder.path("melt.h5md")).unwrap().len(), 4);
    // Without a trajectory the table is all there is.
    let bare = MELT.replace("trajectory = \"melt.h5md\"\nevery = 25\nforces = true\n", "");
    std::fs::write(folder.path("bare.toml"), bare).unwrap();
    let run = full(&["simulate", "bare.toml"]);
    assert!(run.code == 1 && run.err.contains("standard output"), "{}", run.err);
}

#[cfg(target_os = "linux")]
#[test]
fn limit_of_the_file_size_is_an_error_and_no_death() {
    let folder = Folder::new().with("melt.toml", MELT);
    let line = format!(
        "ulimit -f 40; exec '{}' simulate melt.toml --set output.every=1 --steps 2000",
        program().display()
    );
    let output = std::process::Command::new("bash")
        .args(["-c", &line])
        .current_dir(folder.path(""))
        .output()
        .unwrap();
    let run = Run::of(output);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("melt.h5md") && run.err.contains("free"), "{}", run.err);
}

#[cfg(target_os = "linux")]
#[test]
fn endless_input_is_refused() {
    let folder = Folder::new().with("a.extxyz", "1\n\nA 0 0 0\n");
    for arguments in [
        &["simulate", "/dev/zero"][..],
        &["evaluate", "a.extxyz", "-p", "/dev/zero"],
    ] {
        assert!(folder.run(3, arguments).err.contains("too many for a TOML file"));
    }
}

#[test]
fn step_ten_times_too_long_ends_with_4_and_keeps_the_last_good_frame() {
    let folder = Folder::new().with("melt.toml", MELT);
    let arguments = [
        "simulate",
        "melt.toml",
        "--set",
        "integrator.timestep=0.05",
        "--steps",
        "5000",
    ];
    let run = folder.run(4, &arguments);
    for word in [
        "went wrong",
        "one step before",
        "position",
        "velocity",
        "force",
        "nearest",
        "shorter step than 0.05",
    ] {
        assert!(run.err.contains(word), "{word}: {}", run.err);
    }
    let trajectory = Trajectory::open(folder.path("melt.h5md")).unwrap();
    let last = trajectory.frame(trajectory.len() - 1).unwrap();
    assert!(
        run.err.contains(&format!("step {} ", last.step + 1)),
        "{}: {}",
        last.step,
        run.err
    );
    let all = last.positions.iter().chain(&last.velocities).chain(&last.forces);
    assert!(all.flat_map(|v| v.iter()).all(|x| x.is_finite()));
    assert!(last.thermo.potential_energy.is_finite());

    let json = folder
        .run(4, &[&arguments[..], &["--json", "--overwrite"]].concat())
        .json();
    assert_eq!((&json["stop"], &json["exit_code"]), (&"blow_up".into(), &4.into()));
    assert_eq!(json["last"]["step"], last.step);
}

#[test]
fn threads_do_not_change_a_bit() {
    let read = |threads: &str| {
        let folder = Folder::new().with("melt.toml", MELT);
        // 2048 atoms are several blocks of the engine.
        let larger = ["--set", "structure.repeat=[8, 8, 8]", "--threads", threads];
        folder.run(0, &[&["simulate", "melt.toml", "--quiet"][..], &larger].concat());
        let trajectory = Trajectory::open(folder.path("melt.h5md")).unwrap();
        (0..trajectory.len())
            .map(|k| trajectory.frame(k).unwrap())
            .collect::<Vec<_>>()
    };
    let one = read("1");
    assert_eq!(one, read("2"));
    assert_eq!(one, read("7"));
}

#[cfg(unix)]
#[test]
fn signal_ends_a_run_with_all_files_closed() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};
    // Whoever starts the tests under nohup passes on that SIGHUP is ignored.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|l| l.strip_prefix("SigIgn:"));
    let heard = mask.is_some_and(|m| u64::from_str_radix(m.trim(), 16).unwrap() & 1 == 0);
    let signals = [("INT", 130), ("TERM", 143), ("HUP", 129)];
    for (name, code) in signals.into_iter().filter(|s| s.0 != "HUP" || heard) {
        let folder = Folder::new().with("melt.toml", MELT);
        let mut child = Command::new(program())
            .args([
                "simulate",
                "melt.toml",
                "--steps",
                "100000000",
                "--set",
                "output.every=1000000",
            ])
            .current_dir(folder.path(""))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let begin = Instant::now();
        while !folder.path("melt.h5md").exists() && begin.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(300));
        // The table fills the pipe unless it is read; a signal must end the run all the same.
        let mut out = child.stdout.take().unwrap();
        let reader = std::thread::spawn(move || std::io::read_to_string(&mut out).unwrap());
        let killed = Command::new("kill")
            .args([format!("-{name}"), child.id().to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
        let ended = (0..600).find_map(|_| {
            std::thread::sleep(Duration::from_millis(50));
            child.try_wait().unwrap()
        });
        if ended.is_none() {
            child.kill().unwrap();
        }
        assert_eq!(ended.and_then(|e| e.code()), Some(code), "SIG{name}");
        let out = reader.join().unwrap();
        assert!(out.contains(&format!("stopped by SIG{name}")), "{out}");
        let trajectory = Trajectory::open(folder.path("melt.h5md")).unwrap();
        let last = trajectory.frame(trajectory.len() - 1).unwrap();
        assert!(last.step > 0 && out.contains(&format!("after step {}", last.step)));
    }
}

#[test]
fn reader_of_the_table_may_leave() {
    // `admd simulate ... | head -1`: the run goes on to its end.
    use std::process::{Command, Stdio};
    let folder = Folder::new().with("melt.toml", MELT);
    let mut child = Command::new(program())
        .args(["simulate", "melt.toml"])
        .current_dir(folder.path(""))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(Trajectory::open(folder.path("melt.h5md")).unwrap().len(), 4);
}
