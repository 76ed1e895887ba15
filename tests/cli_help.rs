//! Help, version, lists and completions: what a user reads first.

mod cli_support;

use cli_support::*;

/// Columns of the texts that are laid out by hand.
const WIDTH: usize = 96;
/// Columns at which the help is wrapped where there is no terminal, and the most on one.
const TERMINAL: usize = 100;

#[test]
fn every_verb_has_help_with_examples() {
    let folder = Folder::new();
    for verb in [
        "simulate",
        "check",
        "evaluate",
        "reweight",
        "export",
        "info",
        "potentials",
        "bench",
        "schema",
        "completions",
    ] {
        let help = folder.run(0, &[verb, "--help"]).out;
        assert!(
            help.contains("Examples:") && help.contains(&format!("admd {verb}")),
            "{verb}: {help}"
        );
        assert!(folder.run(0, &[verb, "-h"]).out.contains("Usage:"));
        let examples = help.find("Examples:").unwrap();
        let wide: Vec<&str> = help[examples..].lines().filter(|l| l.chars().count() > WIDTH).collect();
        assert!(
            wide.is_empty() && help.lines().all(|l| l.chars().count() <= TERMINAL),
            "{verb}: {wide:?}"
        );
    }
    let help = folder.run(0, &["--help"]).out;
    let examples = help.find("Examples:").unwrap();
    assert!(help[examples..].lines().all(|l| l.chars().count() <= WIDTH), "{help}");
    for word in [
        "Exit codes:",
        "130",
        "143",
        "blew up",
        "ADMD_THREADS",
        "NO_COLOR",
        "Examples:",
    ] {
        assert!(help.contains(word), "{word}: {help}");
    }
}

#[test]
fn version_says_what_runs() {
    let folder = Folder::new();
    let short = folder.run(0, &["-V"]).out;
    assert_eq!(short.trim(), concat!("admd ", env!("CARGO_PKG_VERSION")));
    let long = folder.run(0, &["--version"]).out;
    for word in ["admd", "rustc", "kernels", "HDF5"] {
        assert!(long.contains(word), "{word}: {long}");
    }
}

#[test]
fn templates_of_potentials_can_be_evaluated() {
    let folder = Folder::new().with("a.xyz", "2\n\nA 0 0 0\nA 1.2 0 0\n");
    let list = folder.run(0, &["potentials"]).out;
    for name in ["lj", "mie", "morse", "buckingham"] {
        assert!(list.lines().any(|l| l.starts_with(name)), "{name}: {list}");
        std::fs::write(folder.path("p.toml"), folder.run(0, &["potentials", name]).out).unwrap();
        let o = folder.run(0, &["evaluate", "a.xyz", "-p", "p.toml", "--json"]).json();
        assert!(o["energy"].as_f64().unwrap() < 0.0, "{name}: {o}");
    }
    for word in ["cut", "shifted", "force_shifted", "switched", "C2"] {
        assert!(list.contains(word), "{word}");
    }
    let run = folder.run(2, &["potentials", "lennard"]);
    assert!(run.err.contains("choose one of lj"), "{}", run.err);
}

#[test]
fn schemas_and_completions_are_printed() {
    let folder = Folder::new();
    for arguments in [&["schema"][..], &["schema", "--potential"], &["schema", "--fit"]] {
        assert!(folder.run(0, arguments).json()["properties"]["potential"].is_object());
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(folder.run(0, &["completions", shell]).out.contains("simulate"));
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    // `admd potentials | head -1`: the pipe is closed before the first byte.
    use std::process::{Command, Stdio};
    let folder = Folder::new()
        .with("melt.toml", MELT)
        .with("lj.toml", LJ)
        .with("a.xyz", "2\n\nA 0 0 0\nA 1.2 0 0\n");
    for arguments in [
        &["potentials"][..],
        &["potentials", "lj"],
        &["schema"],
        &["completions", "bash"],
        &["check", "melt.toml"],
        &["simulate", "melt.toml", "--dry-run"],
        &["simulate", "melt.toml", "--json"],
        &["evaluate", "a.xyz", "-p", "lj.toml"],
        &["info", "a.xyz"],
        &["--help"],
        &["--version"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let run = Command::new(program())
            .args(arguments)
            .current_dir(folder.path(""))
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stderr);
        assert_eq!((run.status.code(), &*said), (Some(0), ""), "{arguments:?}");
    }
}

/// The texts of all files of source under a folder.
fn sources(folder: &std::path::Path, out: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn messages_name_verbs_and_options_that_exist() {
    let folder = Folder::new();
    let mut help = folder.run(0, &["--help"]).out;
    let words = help.lines().skip_while(|l| *l != "Commands:").skip(1);
    let verbs: Vec<String> = words
        .map_while(|l| l.split_whitespace().next().map(str::to_owned))
        .collect();
    assert!(verbs.iter().any(|v| v == "simulate"));
    for verb in verbs.iter().filter(|v| *v != "help") {
        help += &folder.run(0, &[verb, "--help"]).out;
    }
    let name = |text: &str| -> String {
        text.chars()
            .take_while(|c| c.is_ascii_lowercase() || *c == '-')
            .collect()
    };
    let mut texts = Vec::new();
    for part in ["cli", "input", "run", "dynamics"] {
        sources(
            &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(part),
            &mut texts,
        );
    }
    for (file, text) in &texts {
        for (at, _) in text.match_indices("`admd ") {
            let verb = name(&text[at + 6..]);
            assert!(verbs.contains(&verb), "{file} names `admd {verb}`");
        }
        // Lines with `-->` are drawings.
        for line in text.lines().filter(|l| !l.contains("-->")) {
            for (at, _) in line.match_indices("--") {
                let option = name(&line[at + 2..]);
                let is_option = option.starts_with(|c: char| c.is_ascii_lowercase());
                assert!(
                    !is_option || help.contains(&format!("--{option}")),
                    "{file} names --{option}"
                );
            }
        }
    }
}
