//! `admd fit` as a user meets it.

mod cli_support;

use cli_support::Folder;
use serde_json::Value;
use std::time::Duration;

/// A fit of copper from the inputs of the repository, in a folder of its own.
const FIT: &str = r#"
title = "Copper"
units = "metal"
[[potential]]
kind = "morse"
cutoff = "8 Angstrom"
mixing = "explicit"
parameters.Cu = { d0 = "0.5 eV", alpha = "1 Angstrom-1", r0 = "3.2 Angstrom" }
[[parameters]]
select = "morse.*"
[[data]]
file = "copper.extxyz"
frames = "::4"
[energy]
sigma = "20 meV"
reference = "fit"
[forces]
sigma = "0.2 eV/Angstrom"
[stress]
sigma = "3 GPa"
[validation]
tags = ["hot"]
[output]
potential = "fitted.toml"
report = "fit.html"
"#;

fn folder(input: &str) -> Folder {
    let data = std::fs::read_to_string("inputs/data/copper_emt.extxyz").unwrap();
    Folder::new().with("copper.extxyz", &data).with("fit.toml", input)
}

fn value<'a>(json: &'a Value, name: &str) -> &'a Value {
    let list = json["parameters"].as_array().unwrap();
    list.iter()
        .find(|p| p["name"] == name)
        .unwrap_or_else(|| panic!("{name}: {json}"))
}

#[test]
fn a_fit_writes_a_potential_that_evaluates_to_its_predictions() {
    let folder = folder(FIT);
    let json = folder.run(0, &["fit", "fit.toml", "--json"]).json();
    assert_eq!((&json["stop"], &json["exit_code"]), (&"converged".into(), &0.into()));
    let d0 = value(&json, "morse.Cu-Cu.d0");
    let [low, high] = [0, 1].map(|k| d0["interval"][k].as_f64().unwrap());
    let found = d0["value"].as_f64().unwrap();
    assert!(low < found && found < high && d0["unit"] == "eV" && d0["state"] == "known");
    // the deviations of the report, from the written potential and the data
    let said = folder
        .run(
            0,
            &[
                "evaluate",
                "copper.extxyz",
                "-p",
                "fitted.toml",
                "--frames",
                "::4",
                "--json",
            ],
        )
        .json();
    let reference = value(&json, "reference.Cu")["value"].as_f64().unwrap();
    let text = std::fs::read_to_string(folder.path("copper.extxyz")).unwrap();
    let observed: Vec<(f64, bool)> = (text.lines().filter(|l| l.contains("energy=")))
        .map(|l| {
            let energy = l.split("energy=").nth(1).unwrap().split(' ').next().unwrap();
            (energy.parse().unwrap(), l.contains("tag=hot"))
        })
        .step_by(4)
        .collect();
    for (set, hot) in [("fitted", false), ("validation", true)] {
        let squares: Vec<f64> = (said.as_array().unwrap().iter().zip(&observed))
            .filter(|(_, (_, is_hot))| *is_hot == hot)
            .map(|(frame, (e, _))| ((frame["energy"].as_f64().unwrap() - e) / 32.0 + reference).powi(2))
            .collect();
        let list = json["deviations"][set].as_array().unwrap();
        let energies: Vec<&Value> = list.iter().filter(|d| d["quantity"] == "energy").collect();
        let rows: f64 = energies.iter().map(|d| d["rows"].as_f64().unwrap()).sum();
        assert_eq!(rows as usize, squares.len(), "{set}");
        let sum: f64 = energies
            .iter()
            .map(|d| d["rows"].as_f64().unwrap() * d["rmse"].as_f64().unwrap().powi(2))
            .sum();
        let expected: f64 = squares.iter().sum();
        // ten digits of the file's numbers, squared
        assert!((sum / expected - 1.0).abs() < 1e-9, "{set}: {sum:e} {expected:e}");
    }
    let page = std::fs::read_to_string(folder.path("fit.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("validation") && !page.contains("http"));
    let potential = std::fs::read_to_string(folder.path("fitted.toml")).unwrap();
    assert!(potential.starts_with("# Copper\n# Fitted by admd"), "{potential}");
    assert!(potential.contains("copper.extxyz  sha256 "), "{potential}");
    assert!(!folder.path("fitted.toml.checkpoint.toml").exists());
}

#[test]
fn results_have_the_same_bits_for_any_number_of_threads() {
    let folder = folder(FIT);
    let run = |threads| {
        folder.run(0, &["fit", "fit.toml", "--quiet", "--overwrite", "--threads", threads]);
        std::fs::read_to_string(folder.path("fitted.toml")).unwrap()
    };
    assert_eq!(run("1"), run("2"));
}

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

#[test]
fn what_cannot_be_told_apart_is_named() {
    let twice = FIT.replace(
        "[[parameters]]\nselect = \"morse.*\"",
        "[[potential]]\nkind = \"morse\"\nlabel = \"other\"\ncutoff = \"8 Angstrom\"\nmixing = \"explicit\"\n\
         parameters.Cu = { d0 = \"0.1 eV\", alpha = \"1.36 Angstrom-1\", r0 = \"2.87 Angstrom\" }\n\
         [[parameters]]\nselect = \"*.d0\"",
    );
    let twice = twice.replace(
        "alpha = \"1 Angstrom-1\", r0 = \"3.2 Angstrom\"",
        "alpha = \"1.36 Angstrom-1\", r0 = \"2.87 Angstrom\"",
    );
    let folder = folder(&twice);
    let run = folder.run(0, &["fit", "fit.toml"]);
    assert!(
        run.out
            .contains("morse.Cu-Cu.d0 and other.Cu-Cu.d0 cannot be told apart by this data"),
        "{}",
        run.out
    );
    let json = folder.run(0, &["fit", "fit.toml", "--json", "--overwrite"]).json();
    assert_eq!(value(&json, "other.Cu-Cu.d0")["state"], "not identifiable");
    assert!(value(&json, "other.Cu-Cu.d0")["error"].is_null());
    assert_eq!(json["not_identifiable"][0]["variables"].as_array().unwrap().len(), 2);
}

#[test]
fn a_parameter_without_influence_ends_the_fit_before_it_begins() {
    let dead = FIT.replace(
        "[[parameters]]\nselect = \"morse.*\"",
        "[[potential]]\nkind = \"morse\"\nlabel = \"short\"\ncutoff = \"1 Angstrom\"\nmixing = \"explicit\"\n\
         parameters.Cu = { d0 = \"0.1 eV\", alpha = \"1.36 Angstrom-1\", r0 = \"0.5 Angstrom\" }\n\
         [[parameters]]\nselect = \"*.d0\"",
    );
    let folder = folder(&dead);
    let run = folder.run(3, &["fit", "fit.toml"]);
    assert!(
        run.err
            .contains("no prediction of the training data: short.Cu-Cu.d0; leave it out"),
        "{}",
        run.err
    );
    assert!(!folder.path("fitted.toml").exists());
}

#[test]
fn a_frame_that_blows_up_is_named() {
    // e^(2 alpha (r0 - r)) is beyond all numbers where atoms are near
    let steep = FIT.replace("alpha = \"1 Angstrom-1\"", "alpha = \"1000 Angstrom-1\"");
    let run = folder(&steep).run(4, &["fit", "fit.toml"]);
    assert!(run.err.contains("copper.extxyz, frame 0: atoms "), "{}", run.err);
}

#[test]
fn inputs_of_fits_and_runs_are_told_apart() {
    let folder = folder(FIT).with("run.toml", cli_support::MELT);
    let run = folder.run(2, &["simulate", "fit.toml"]);
    assert!(run.err.contains("run `admd fit fit.toml`"), "{}", run.err);
    let looked = folder.run(0, &["check", "fit.toml"]);
    assert!(
        looked.out.contains("morse.Cu-Cu.d0") && looked.out.contains("4 variables"),
        "{}",
        looked.out
    );
    assert_eq!(looked.out, folder.run(0, &["fit", "fit.toml", "--dry-run"]).out);
    assert!(!folder.path("fitted.toml").exists());
    folder.run(3, &["fit", "run.toml"]);
}

#[test]
fn existing_files_stay() {
    let folder = folder(FIT).with("fitted.toml", "mine").with("fit.html", "mine, too");
    let run = folder.run(3, &["fit", "fit.toml"]);
    assert!(
        run.err.contains("fitted.toml` exists") && run.err.contains("fit.html` exists"),
        "{}",
        run.err
    );
    assert_eq!(std::fs::read_to_string(folder.path("fitted.toml")).unwrap(), "mine");
    folder.run(0, &["fit", "fit.toml", "--overwrite", "--quiet"]);
    assert_ne!(std::fs::read_to_string(folder.path("fitted.toml")).unwrap(), "mine");
}

#[test]
fn the_inputs_say_what_comes_out() {
    let name = "inputs/fit_morse.toml";
    let text = std::fs::read_to_string(name).unwrap();
    let folder = Folder::new();
    let input = std::path::absolute(name).unwrap();
    let to = |key: &str, file: &str| format!("output.{key}=\"{}\"", folder.path(file).display());
    let (potential, report) = (to("potential", "fitted.toml"), to("report", "fit.html"));
    let json = folder
        .run(
            0,
            &[
                "fit",
                input.to_str().unwrap(),
                "--json",
                "--set",
                &potential,
                "--set",
                &report,
            ],
        )
        .json();
    let mut claims = 0;
    for line in text.lines().filter_map(|l| l.strip_prefix("# expect: ")) {
        let words: Vec<&str> = line.split(' ').collect();
        let [name, number, unit] = words.as_slice() else {
            continue;
        };
        let Ok(claim) = number.parse::<f64>() else { continue };
        let found = value(&json, name);
        let decimals = number.split('.').nth(1).map_or(0, str::len);
        let off = (found["value"].as_f64().unwrap() - claim).abs();
        assert!(
            off < 0.51 * 10_f64.powi(-(decimals as i32)) && found["unit"] == *unit,
            "{line}: {found}"
        );
        claims += 1;
    }
    assert_eq!(claims, 4);
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
