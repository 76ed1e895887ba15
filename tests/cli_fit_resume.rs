//! Fits that are stopped, and what goes on from their checkpoints.

mod cli_fit_support;
mod cli_support;

use cli_fit_support::{FIT, folder, value};
use cli_support::Folder;
use serde_json::Value;
use std::time::Duration;

#[test]
fn a_fit_that_is_stopped_goes_on_to_the_same_bits() {
    for method in ["levenberg_marquardt", "gauss_newton_cg", "lbfgs"] {
        let folder = folder(FIT);
        let chosen = format!("optimizer.method=\"{method}\"");
        let all = ["fit", "fit.toml", "--quiet", "--set", &chosen, "--set"];
        let run = |code, more: &[&str]| folder.run(code, &[&all[..], more].concat());
        let read = || std::fs::read_to_string(folder.path("fitted.toml")).unwrap();
        let values = |text: &str| {
            text.lines()
                .filter(|l| l.starts_with("parameters"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        run(0, &["optimizer.iterations=5000"]);
        let whole = read();
        // out of steps: what there is, is written, and said
        let short = run(5, &["optimizer.iterations=3", "--overwrite"]);
        assert!(
            short
                .err
                .contains("not converged: all iterations were used (go on with --resume"),
            "{}",
            short.err
        );
        assert_ne!(values(&read()), values(&whole));
        let refused = run(
            3,
            &[
                "optimizer.iterations=5000",
                "--set",
                "output.potential=\"other.toml\"",
                "--set",
                "output.report=\"other.html\"",
                "--set",
                "output.checkpoint=\"fitted.toml.checkpoint.toml\"",
            ],
        );
        assert!(
            refused
                .err
                .contains("checkpoint of a fit that was stopped; go on with --resume"),
            "{}",
            refused.err
        );
        run(0, &["optimizer.iterations=5000", "--resume"]);
        assert_eq!(values(&read()), values(&whole), "{method}");
        // it is done: there is nothing to go on from
        let done = run(3, &["optimizer.iterations=5000", "--resume"]);
        assert!(done.err.contains("no checkpoint to go on from"), "{}", done.err);
    }
}

#[test]
fn a_checkpoint_of_another_fit_is_refused() {
    let folder = folder(FIT);
    folder.run(5, &["fit", "fit.toml", "--quiet", "--set", "optimizer.iterations=2"]);
    let other = folder.run(
        3,
        &["fit", "fit.toml", "--resume", "--set", "forces.sigma=\"1 eV/Angstrom\""],
    );
    assert!(other.err.contains("has changed since"), "{}", other.err);
    let path = folder.path("fitted.toml.checkpoint.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    for wrong in [
        "",
        "nonsense",
        &text[..text.len() / 2],
        &text.replace("gauss_newton", "lbfgs"),
        &text.replace("x = [", "x = [nan, "),
    ] {
        std::fs::write(&path, wrong).unwrap();
        let refused = folder.run(3, &["fit", "fit.toml", "--resume", "--set", "optimizer.iterations=2"]);
        assert!(refused.err.contains("start without --resume"), "{}", refused.err);
    }
}

#[cfg(unix)]
#[test]
fn a_signal_keeps_the_best_so_far() {
    // many passes of Adam: long enough to be stopped
    let folder = folder(FIT);
    let settings = [
        "optimizer.method=\"adam\"",
        "optimizer.epochs=1000000",
        "optimizer.rate=0.001",
    ];
    let arguments = settings.iter().flat_map(|s| ["--set", s]);
    let mut command = std::process::Command::new(cli_support::program());
    command
        .current_dir(folder.path(""))
        .args(["fit", "fit.toml", "--json"])
        .args(arguments);
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let sent = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut out = String::new();
    std::io::Read::read_to_string(&mut child.stdout.take().unwrap(), &mut out).unwrap();
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["stop"], "interrupted");
    for name in ["fitted.toml", "fit.html", "fitted.toml.checkpoint.toml"] {
        assert!(folder.path(name).exists(), "{name}");
    }
    folder.run(0, &["evaluate", "copper.extxyz", "-p", "fitted.toml", "--frames", "0"]);
}

/// A small liquid: two parameters from two averages, from afar.
const LIQUID: &str = r#"
units = "lj"
[[potential]]
kind = "lj"
cutoff = 2.0
truncation = "shifted"
parameters.A = { epsilon = 1.4, sigma = 0.94 }
[[parameters]]
select = "lj.*"
[[simulation]]
structure = { lattice = "fcc", density = 0.7, repeat = [3, 3, 3], species = "A" }
temperature = 1.2
timestep = 0.01
equilibration = 1000
samples = 150
every = 20
energy = -3.9
energy_sigma = 0.01
pressure = 1.0
pressure_sigma = 0.05
[output]
potential = "fitted.toml"
"#;

#[test]
fn a_fit_of_a_simulation_ends_at_its_least_and_goes_on_to_the_same_bits() {
    let folder = Folder::new().with("fit.toml", LIQUID);
    let run = |code, more: &[&str]| {
        folder
            .run(code, &[&["fit", "fit.toml", "--json", "--overwrite"], more].concat())
            .json()
    };
    let whole = run(0, &[]);
    // two numbers for two parameters: at the least there is nothing left of the loss, whatever samples led there
    assert!(whole["loss"].as_f64().unwrap() < 1e-12, "{whole}");
    assert_eq!(value(&whole, "lj.A-A.epsilon")["state"], "no scale");
    let notes = whole["notes"].as_array().unwrap();
    let told = |words: &str| notes.iter().any(|n| n.as_str().unwrap().contains(words));
    // 150 samples are too few for their own errors, and it says so
    assert!(
        told("simulations; of the last") && told("errors from so few independent samples are too small"),
        "{notes:?}"
    );
    let steps = whole["starts"][0]["steps"].as_u64().unwrap();
    for stopped in [1, steps / 2, steps - 1] {
        let short = format!("optimizer.iterations={stopped}");
        run(5, &["--set", &short]);
        let again = folder.run(0, &["fit", "fit.toml", "--json", "--resume"]).json();
        assert_eq!(
            again["parameters"], whole["parameters"],
            "stopped after {stopped} of {steps}"
        );
    }
    // the best of several starts is judged by its own samples
    let several = run(0, &["--set", "optimizer.starts=3", "--set", "optimizer.spread=0.1"]);
    assert!(several["loss"].as_f64().unwrap() < 1e-12, "{several}");
}
