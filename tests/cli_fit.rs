//! `admd fit` as a user meets it.

mod cli_fit_support;
mod cli_support;

use cli_fit_support::{FIT, folder, value};
use cli_support::Folder;
use serde_json::Value;

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

/// The fit with another Morse potential, in which the depths of both are fitted.
fn with_second(label: &str, cutoff: &str, shape: &str) -> String {
    let second = format!(
        "[[potential]]\nkind = \"morse\"\nlabel = \"{label}\"\ncutoff = \"{cutoff} Angstrom\"\nmixing = \"explicit\"\n\
         parameters.Cu = {{ d0 = \"0.1 eV\", {shape} }}\n[[parameters]]\nselect = \"*.d0\""
    );
    FIT.replace("[[parameters]]\nselect = \"morse.*\"", &second)
}

#[test]
fn what_cannot_be_told_apart_is_named() {
    let twice = with_second("other", "8", "alpha = \"1.36 Angstrom-1\", r0 = \"2.87 Angstrom\"");
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
    let dead = with_second("short", "1", "alpha = \"1.36 Angstrom-1\", r0 = \"0.5 Angstrom\"");
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

#[cfg(unix)]
#[test]
fn links_are_followed_and_devices_stay() {
    let folder = folder(FIT).with("target.toml", "old");
    std::os::unix::fs::symlink("target.toml", folder.path("link.toml")).unwrap();
    folder.run(
        0,
        &[
            "fit",
            "fit.toml",
            "-q",
            "--overwrite",
            "--set",
            "output.potential=\"link.toml\"",
        ],
    );
    assert!(
        std::fs::read_to_string(folder.path("target.toml"))
            .unwrap()
            .contains("[[potential]]")
    );
    assert!(
        std::fs::symlink_metadata(folder.path("link.toml"))
            .unwrap()
            .is_symlink()
    );
    let run = folder.run(
        3,
        &[
            "fit",
            "fit.toml",
            "--overwrite",
            "--set",
            "output.potential=\"/dev/null\"",
        ],
    );
    assert!(run.err.contains("`/dev/null` is a device or a pipe"), "{}", run.err);
}
