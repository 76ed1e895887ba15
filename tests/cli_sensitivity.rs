//! `[sensitivity]` as a user meets it: derivatives of a run equal to differences of runs, in the result and in the file, and
//! an honest word when chaos has eaten them.

mod cli_support;

use cli_support::*;

/// 108 atoms for 100 steps, all of the start given by numbers.
const INPUT: &str = r#"
units = "lj"
seed = 7
[structure]
lattice = "fcc"
constant = CONSTANT
repeat = [3, 3, 3]
species = "A"
[species.A]
mass = 1.0
[velocities]
temperature = TEMPERATURE
[[potential]]
kind = "lj"
cutoff = 2.2
truncation = "switched"
[potential.parameters.A]
epsilon = EPSILON
sigma = SIGMA
[integrator]
timestep = TIMESTEP
[run]
steps = 100
[output]
thermo_every = 10
"#;

const NAMES: [&str; 5] = ["CONSTANT", "TEMPERATURE", "EPSILON", "SIGMA", "TIMESTEP"];
const VALUES: [f64; 5] = [1.66, 0.8, 1.1, 0.98, 0.003];
/// What the five are called, and by how much the variable changes with each: a dilation is a relative change.
const VARIABLES: [(&str, f64); 5] = [
    ("structure.strain.all", 1.0 / 1.66),
    ("velocities.temperature", 1.0),
    ("lj.A-A.epsilon", 1.0),
    ("lj.A-A.sigma", 1.0),
    ("integrator.timestep", 1.0),
];
const OBSERVABLES: [&str; 4] = ["potential_energy", "kinetic_energy", "temperature", "pressure"];
/// Central differences with h = 1e-5 of the value, extrapolated once: round-off 1e-14/h of observables that 100 steps make
/// some hundred times more sensitive than the start.
const DIFFERENCES: f64 = 1e-6;

/// The input, and what is added to it.
fn input(values: [f64; 5], more: &str) -> String {
    let text = NAMES.iter().zip(values).fold(INPUT.to_owned(), |text, (name, value)| {
        text.replace(name, &format!("{value:?}"))
    });
    text + more
}

/// The observables at the end of a run.
fn last(values: [f64; 5]) -> [f64; 4] {
    let folder = Folder::new().with("run.toml", &input(values, ""));
    let run = folder.run(0, &["simulate", "run.toml", "--json"]).json();
    OBSERVABLES.map(|name| run["last"][name].as_f64().unwrap())
}

const ALL: &str =
    "[sensitivity]\nparameters = [\"structure.strain.all\", \"velocities.*\", \"lj.*\", \"*.timestep\"]\n";

#[test]
fn derivatives_are_the_slopes_between_runs() {
    let folder = Folder::new().with("run.toml", &input(VALUES, ALL));
    let run = folder.run(0, &["simulate", "run.toml", "--json"]).json();
    // the section changes no bit of the run
    assert_eq!(
        OBSERVABLES.map(|name| run["last"][name].as_f64().unwrap()),
        last(VALUES)
    );
    let found = run["sensitivity"].as_array().unwrap();
    assert_eq!(found.len(), VARIABLES.len());
    for (k, (name, share)) in VARIABLES.into_iter().enumerate() {
        let own = found.iter().find(|s| s["parameter"] == name).unwrap();
        assert_eq!(own["step"], 100);
        let central = |h: f64| {
            let at = |h: f64| {
                let mut values = VALUES;
                values[k] += h;
                last(values)
            };
            let (a, b) = (at(h), at(-h));
            [0, 1, 2, 3].map(|q| (a[q] - b[q]) / (2.0 * h * share))
        };
        let h = 1e-5 * VALUES[k];
        let (fine, coarse) = (central(h), central(2.0 * h));
        for (q, observable) in OBSERVABLES.into_iter().enumerate() {
            let expected = fine[q] + (fine[q] - coarse[q]) / 3.0;
            let slope = own[observable].as_f64().unwrap();
            let off = (slope - expected).abs();
            let scale = fine[q].abs().max(1.0);
            assert!(
                off <= DIFFERENCES * scale,
                "d{observable}/d{name}: {slope} and {expected}"
            );
        }
        let total = own["potential_energy"].as_f64().unwrap() + own["kinetic_energy"].as_f64().unwrap();
        assert_eq!(own["total_energy"].as_f64().unwrap(), total);
    }
}

#[test]
fn the_file_has_what_the_result_says() {
    let more = ALL.to_owned() + "every = 50\n";
    let text = input(VALUES, &more).replace("[output]", "[output]\ntrajectory = \"run.h5md\"\nevery = 20");
    let folder = Folder::new().with("run.toml", &text);
    let run = folder.run(0, &["simulate", "run.toml", "--json"]).json();
    let file = hdf5::File::open(folder.path("run.h5md")).unwrap();
    for own in run["sensitivity"].as_array().unwrap() {
        let group = file
            .group(&format!("sensitivity/{}", own["parameter"].as_str().unwrap()))
            .unwrap();
        for name in ["potential_energy", "temperature", "pressure", "norm"] {
            let values: Vec<f64> = group.dataset(&format!("{name}/value")).unwrap().read_raw().unwrap();
            assert_eq!(values.len(), 11);
            assert_eq!(values[10], own[name].as_f64().unwrap(), "{name}");
        }
        let steps: Vec<i64> = group.dataset("position_derivative/step").unwrap().read_raw().unwrap();
        assert_eq!(steps, [0, 50, 100]);
        let along: Vec<f64> = group.dataset("position_derivative/value").unwrap().read_raw().unwrap();
        assert_eq!(along.len(), 3 * 108 * 3);
        let norm = along[2 * 108 * 3..].iter().map(|x| x * x).sum::<f64>().sqrt();
        assert!((norm / own["norm"].as_f64().unwrap() - 1.0).abs() < 1e-13);
    }
    let checked = folder.run(0, &["check", "run.toml"]).out;
    assert!(checked.contains("derivatives in 5 numbers"), "{checked}");
}

#[test]
fn chaos_is_seen_and_said() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/inputs/lj_sensitivity.toml")).unwrap();
    let folder = Folder::new().with("run.toml", &text);
    let run = folder
        .run(0, &["simulate", "run.toml", "--steps", "2500", "--json"])
        .json();
    let tangents = |s: &&serde_json::Value| s["estimator"] == "tangent";
    for own in run["sensitivity"].as_array().unwrap().iter().filter(tangents) {
        let (lyapunov, horizon) = (own["lyapunov"].as_f64().unwrap(), own["horizon"].as_f64().unwrap());
        assert!(
            (1.0..5.0).contains(&lyapunov) && (4.0..20.0).contains(&horizon),
            "{own}"
        );
        assert!(own["beyond_horizon"].as_bool().unwrap(), "{own}");
        let warning = own["warning"].as_str().unwrap();
        assert!(
            warning.contains("more than 8 digits")
                // averages are differentiated in parameters alone
                && warning.contains("estimators = [\"ensemble\"]") == own["parameter"].as_str().unwrap().starts_with("lj"),
            "{warning}"
        );
    }
    let early = folder
        .run(0, &["simulate", "run.toml", "--steps", "400", "--overwrite"])
        .out;
    assert!(!early.contains("lost more than"), "{early}");
}

#[test]
fn what_cannot_be_told_is_not_called_good() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/inputs/lj_sensitivity.toml")).unwrap();
    let folder = Folder::new().with("run.toml", &text);
    let sparse = [
        "simulate",
        "run.toml",
        "--steps",
        "40",
        "--set",
        "output.thermo_every=500",
        "--overwrite",
    ];
    let out = folder.run(0, &sparse).out;
    assert!(
        out.contains("too few steps to tell") && !out.contains("no exponential"),
        "{out}"
    );
    let run = folder.run(0, &[&sparse[..], &["--json"]].concat()).json();
    assert!(run["sensitivity"][0]["digits_lost"].is_null());
    // four digits of mixed precision are lost in half the time of eight
    let horizon = |precision: &str| {
        let precision = format!("run.precision={precision}");
        let run = folder.run(
            0,
            &[
                "simulate",
                "run.toml",
                "--steps",
                "1500",
                "--overwrite",
                "--json",
                "--set",
                &precision,
            ],
        );
        run.json()["sensitivity"][0]["horizon"].as_f64().unwrap()
    };
    let ratio = horizon("mixed") / horizon("double");
    assert!((0.4..0.6).contains(&ratio), "{ratio}");
}

#[test]
fn names_that_look_alike_have_groups_of_their_own() {
    let two = r#"
[[potential]]
kind = "lj"
label = "a/b"
cutoff = 2.2
[potential.parameters.A]
epsilon = 0.5
sigma = 1.0
[[potential]]
kind = "lj"
label = "a_b"
cutoff = 2.2
[potential.parameters.A]
epsilon = 0.5
sigma = 1.0
[sensitivity]
parameters = "a?b.*"
"#;
    let text = input(VALUES, two).replace("[output]", "[output]\ntrajectory = \"run.h5md\"");
    let folder = Folder::new().with("run.toml", &text);
    folder.run(0, &["simulate", "run.toml"]);
    let file = hdf5::File::open(folder.path("run.h5md")).unwrap();
    for name in [
        "a%2Fb.A-A.epsilon",
        "a_b.A-A.epsilon",
        "a%2Fb.A-A.sigma",
        "a_b.A-A.sigma",
    ] {
        assert!(file.group(&format!("sensitivity/{name}")).is_ok(), "{name}");
    }
}

#[test]
fn what_cannot_be_differentiated_is_refused() {
    let folder = Folder::new()
        .with(
            "glob.toml",
            &input(VALUES, "[sensitivity]\nparameters = [\"lj.*.epsilom\", \"x\"]\n"),
        )
        .with("none.toml", &input(VALUES, "[sensitivity]\nparameters = []\n"))
        .with(
            "every.toml",
            &input(VALUES, "[sensitivity]\nparameters = \"lj.*\"\nevery = 5\n"),
        );
    let run = folder.run(3, &["check", "glob.toml"]);
    for word in [
        "`lj.*.epsilom`",
        "lj.A-A.epsilon",
        "no parameter matches `x`",
        "2 errors",
    ] {
        assert!(run.err.contains(word), "{word}: {}", run.err);
    }
    let run = folder.run(3, &["check", "none.toml"]);
    assert!(run.err.contains("takes at least one"), "{}", run.err);
    let run = folder.run(3, &["check", "every.toml"]);
    assert!(run.err.contains("no effect without a trajectory"), "{}", run.err);
}
