//! Other programs read what we write: h5py, MDAnalysis, pyh5md, ASE and OVITO, through `scripts/`.
//!
//! Python is taken from `ADMD_PYTHON` or `.venv/bin/python`; without it the tests are skipped, unless
//! `ADMD_REQUIRE_PYTHON=1`. `ADMD_SAMPLES` names a folder in which the files stay.

mod io_sample;

use admd::cli::export::{ExportArgs, FrameRange, run as export};
use admd::cli::info::{InfoArgs, describe, run as info};
use admd::io::h5md::{Trajectory, TrajectoryWriter, WriterOptions};
use admd::io::xyz::read_all;
use admd::potentials::form::units::{LJ, METAL, REAL, UnitSystem};
use io_sample::{frame, header, write};
use std::path::{Path, PathBuf};
use std::process::Command;

struct Folder {
    path: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

fn folder() -> Folder {
    match std::env::var_os("ADMD_SAMPLES") {
        Some(path) => {
            std::fs::create_dir_all(&path).unwrap();
            Folder {
                path: path.into(),
                _temporary: None,
            }
        }
        None => {
            let dir = tempfile::tempdir().unwrap();
            Folder {
                path: dir.path().to_owned(),
                _temporary: Some(dir),
            }
        }
    }
}

fn python() -> Option<PathBuf> {
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/python");
    let python = std::env::var_os("ADMD_PYTHON").map_or(venv, PathBuf::from);
    let works = Command::new(&python)
        .args(["-c", "import h5py, MDAnalysis, pyh5md, ase"])
        .output();
    if works.is_ok_and(|o| o.status.success()) {
        return Some(python);
    }
    assert!(
        std::env::var("ADMD_REQUIRE_PYTHON").as_deref() != Ok("1"),
        "{} lacks the packages of scripts/requirements.txt",
        python.display()
    );
    println!("skipped: no Python with the packages of scripts/requirements.txt (set ADMD_PYTHON)");
    None
}

fn script(python: &Path, name: &str, arguments: &[&Path]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(name);
    let output = Command::new(python).arg(&script).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    println!("{text}");
    assert!(output.status.success(), "{name} {arguments:?}\n{text}");
}

fn sample(dir: &Path, units: &'static UnitSystem) -> (PathBuf, PathBuf) {
    let name = |extension: &str| dir.join(format!("{}.{extension}", units.name));
    let (h5md, xyz) = (name("h5md"), name("extxyz"));
    let options = WriterOptions {
        overwrite: admd::io::Overwrite::Replace,
        ..WriterOptions::default()
    };
    write(&h5md, &header(units, 200), 6, options);
    let args = ExportArgs {
        trajectory: h5md.clone(),
        output: xyz.clone(),
        frames: ":".parse().unwrap(),
        overwrite: true,
    };
    assert_eq!(export(&args).unwrap(), 6);
    (h5md, xyz)
}

#[test]
fn other_readers_agree() {
    let folder = folder();
    for units in [&METAL, &REAL, &LJ] {
        let (h5md, xyz) = sample(&folder.path, units);
        if let Some(python) = python() {
            script(&python, "check_h5md.py", &[&h5md, Path::new("--xyz"), &xyz]);
            script(&python, "check_extxyz.py", &[&xyz, Path::new("--h5md"), &h5md]);
        }
    }
}

#[test]
fn an_export_is_read_back_with_the_same_numbers() {
    let folder = folder();
    for units in [&METAL, &REAL, &LJ] {
        let (_, xyz) = sample(&folder.path, units);
        let header = header(units, 200);
        let frames = read_all(&xyz).unwrap();
        assert_eq!(frames.len(), 6);
        for (k, read) in frames.iter().enumerate() {
            let written = frame(&header, 10 * k as u64);
            assert_eq!(read.positions, written.positions);
            assert_eq!(read.cell, Some(written.edges));
            let masses = read.masses.clone().unwrap();
            assert_eq!(read.velocities_in(units, &masses).unwrap().unwrap(), written.velocities);
            let energy: f64 = read.info["energy"].parse().unwrap();
            // 1 kcal/mol = 4184 / (1000 · 96.485...) eV.
            let factor = if units.name == "real" {
                0.043_364_104_241_800_94
            } else {
                1.0
            };
            assert!((energy - factor * written.thermo.potential_energy).abs() < 1e-14);
        }
    }
}

#[test]
fn a_range_of_frames_follows_python() {
    let indices = |text: &str, n| text.parse::<FrameRange>().unwrap().indices(n);
    assert_eq!(indices(":", 3), [0, 1, 2]);
    assert_eq!(indices("1", 3), [1]);
    assert_eq!(indices("-3:", 5), [2, 3, 4]);
    assert_eq!(indices("::3", 7), [0, 3, 6]);
    assert_eq!(indices("2:100:2", 5), [2, 4]);
    assert!(indices("7", 3).is_empty() && indices("3:1", 5).is_empty() && indices("-9", 3).is_empty());
    for wrong in ["a", "", "1:2:0", "1:2:-1", "1:2:3:4", "1.5"] {
        assert!(wrong.parse::<FrameRange>().is_err(), "{wrong}");
    }
}

#[test]
fn info_tells_what_a_file_is() {
    let folder = folder();
    let (h5md, xyz) = sample(&folder.path, &METAL);
    let value = describe(&h5md).unwrap();
    assert_eq!(value["atoms"], 200);
    assert_eq!(value["frames"], 6);
    assert_eq!(value["species"][1]["name"], "Kr_w");
    assert_eq!(value["constants"]["energy"]["value"], 1.602_176_634e-19);
    assert_eq!(value["parameters"][0]["value"], 0.0104);
    assert_eq!(value["provenance"]["seed"], u64::MAX - 3);
    let text = info(&InfoArgs {
        file: h5md.clone(),
        json: false,
    })
    .unwrap();
    println!("{text}");
    assert_eq!(value["finished"], true);
    assert!(text.contains("mit Leerzeichen.toml") && text.contains("Ar-Ar.epsilon"));
    let path = folder.path.join("going on.h5md");
    let writer = TrajectoryWriter::create(&path, header(&METAL, 2), WriterOptions::default()).unwrap();
    let text = info(&InfoArgs {
        file: path,
        json: false,
    })
    .unwrap();
    drop(writer);
    let line = text.lines().find(|l| l.starts_with("finished"));
    assert!(
        line.is_some_and(|l| l.ends_with("no - the run is going on or was stopped")),
        "{text}"
    );
    let json = info(&InfoArgs { file: xyz, json: true }).unwrap();
    let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(parsed["frames"], 6);
    let units = info(&InfoArgs {
        file: "units".into(),
        json: false,
    })
    .unwrap();
    println!("{units}");
    assert!(
        units.contains("8.617333262145") && units.contains("1602176.63"),
        "{units}"
    );
    assert!(
        describe(Path::new("README.md"))
            .unwrap_err()
            .to_string()
            .contains("cannot tell")
    );
    assert!(
        describe(&folder.path.join("missing.h5md"))
            .unwrap_err()
            .to_string()
            .contains("check the path")
    );
    drop(Trajectory::open(&h5md).unwrap());
}
