//! The program in a folder of its own.
#![allow(dead_code, reason = "each test program uses its own part")]

use assert_cmd::Command;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

/// A folder with a few files.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file.
    pub(crate) fn with(self, name: &str, text: &str) -> Self {
        std::fs::write(self.path(name), text).unwrap();
        self
    }

    /// The program, in this folder, without the settings of whoever runs the test.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(program());
        command.current_dir(self.0.path());
        for name in [
            "ADMD_THREADS",
            "RAYON_NUM_THREADS",
            "ADMD_ISA",
            "CLICOLOR_FORCE",
            "RUST_BACKTRACE",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// Runs the program and checks the exit code.
    pub(crate) fn run(&self, code: i32, arguments: &[&str]) -> Run {
        let run = Run::of(self.command().args(arguments).output().unwrap());
        assert_eq!(run.code, code, "{arguments:?}\n{}\n{}", run.out, run.err);
        assert!(!run.err.contains("panicked"), "{}", run.err);
        run
    }
}

/// The built program.
pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_admd"))
}

/// What came of it.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Standard output as one JSON value.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", self.out))
    }
}

/// 108 Lennard-Jones atoms, 60 steps.
pub(crate) const MELT: &str = r#"
title = "A small melt"
units = "lj"
seed = 7
[structure]
lattice = "fcc"
density = 0.8
repeat = [3, 3, 3]
species = "A"
[velocities]
temperature = 1.5
[[potential]]
kind = "lj"
cutoff = 2.2
parameters.A = { epsilon = 1.0, sigma = 1.0 }
[integrator]
timestep = 0.004
[run]
steps = 60
[output]
trajectory = "melt.h5md"
every = 25
forces = true
thermo_every = 20
"#;

/// Lennard-Jones with a bare cut at 5.
pub(crate) const LJ: &str = r#"
units = "lj"
[[potential]]
kind = "lj"
cutoff = 5.0
truncation = "cut"
parameters.A = { epsilon = 1.5, sigma = 1.1 }
"#;
