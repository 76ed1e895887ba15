//! Derivatives of averages and reweighting as a user meets them.

mod cli_support;

use cli_support::*;

const INPUT: &str = r#"
units = "lj"
seed = 5
structure = { lattice = "fcc", density = 0.8, repeat = [3, 3, 3], species = "A" }
[velocities]
temperature = 2.0
[[potential]]
kind = "lj"
cutoff = 2.2
parameters.A = { epsilon = 1.0, sigma = 1.0 }
[integrator]
timestep = 0.004
[run]
steps = 2000
[output]
trajectory = "run.h5md"
every = 20
thermo_every = 100
[sensitivity]
parameters = ["lj.*", "integrator.timestep"]
"#;

const BOTH: &str = "estimators = [\"tangent\", \"ensemble\"]\n";
const BINS: &str = "[sensitivity.ensemble]\nobservables = [\"pressure\", \"heat_capacity\", \"rdf\", \"density_profile\"]\n\
                    rdf_bins = 20\nprofile_axis = \"y\"\nprofile_bins = 8\nevery = 10\n";

#[test]
fn the_file_has_what_the_result_says() {
    let folder = Folder::new().with("run.toml", &(INPUT.to_owned() + BOTH + BINS));
    let run = folder.run(0, &["simulate", "run.toml", "--json"]).json();
    let all = run["sensitivity"].as_array().unwrap();
    let of = |estimator: &str| -> Vec<_> { all.iter().filter(|s| s["estimator"] == estimator).collect() };
    assert_eq!((of("tangent").len(), of("ensemble").len()), (3, 2));
    let file = hdf5::File::open(folder.path("run.h5md")).unwrap();
    for own in of("ensemble") {
        // from step 200 on, and the last step is one of them
        assert_eq!(own["samples"], 181);
        let group = file
            .group(&format!("sensitivity/{}/ensemble", own["parameter"].as_str().unwrap()))
            .unwrap();
        let read = |name: &str| -> Vec<f64> { group.dataset(name).unwrap().read_raw().unwrap() };
        let steps: Vec<i64> = group.dataset("samples/step").unwrap().read_raw().unwrap();
        let samples: Vec<i64> = group.dataset("samples/value").unwrap().read_raw().unwrap();
        assert_eq!(
            (samples[0], samples.last(), steps.last()),
            (16, Some(&181), Some(&2000))
        );
        for name in ["pressure", "heat_capacity", "rdf", "density_profile"] {
            let observable = &own["observables"][name];
            for what in ["average", "constant_temperature", "constant_energy"] {
                for number in ["value", "standard_error"] {
                    let values = read(&format!("{name}/{what}/{number}"));
                    let said: Vec<f64> = match &observable[what][number] {
                        serde_json::Value::Array(list) => list.iter().map(|x| x.as_f64().unwrap()).collect(),
                        one => vec![one.as_f64().unwrap()],
                    };
                    assert_eq!(values.len(), said.len() * steps.len(), "{name}/{what}");
                    assert_eq!(&values[values.len() - said.len()..], said, "{name}/{what}/{number}");
                }
            }
        }
        assert_eq!(read("rdf/distance").len(), 20);
        assert_eq!(read("density_profile/distance").len(), 8);
    }
    // the same bits of the run, and of the estimates, whoever watches and with however many threads
    let plain = INPUT.split("[sensitivity]").next().unwrap();
    let folder = folder.with("plain.toml", plain);
    let other = folder
        .run(0, &["simulate", "plain.toml", "--json", "--overwrite"])
        .json();
    assert_eq!(run["last"], other["last"]);
    let threads = folder
        .run(0, &["simulate", "run.toml", "--json", "--overwrite", "--threads", "3"])
        .json();
    assert_eq!(run["sensitivity"], threads["sensitivity"]);
}

#[test]
fn summary_says_what_is_known_and_what_is_not() {
    let text = INPUT.replace("[\"lj.*\", \"integrator.timestep\"]", "\"*.epsilon\"") + "estimators = \"ensemble\"\n";
    let folder = Folder::new().with("run.toml", &text);
    let out = folder.run(0, &["simulate", "run.toml"]).out;
    for words in [
        "# d<potential energy>/d lj.A-A.epsilon = -",
        " at constant temperature (-",
        "# d<heat capacity>/d lj.A-A.epsilon = ",
        " k/(epsilon) at constant temperature",
        "epsilon/k/(epsilon) at constant energy, 73 samples",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
    assert!(!out.contains("# d/d "), "no tangent was asked for: {out}");
    let few = ["simulate", "run.toml", "--overwrite", "--steps", "200"];
    let out = folder.run(0, &few).out;
    assert!(
        out.contains("+- unknown") && out.contains("8 samples: too few"),
        "{out}"
    );
    let none = [&few[..], &["--set", "sensitivity.ensemble.after=201"]].concat();
    let out = folder.run(0, &none).out;
    assert!(out.contains("the first sample comes after step 201"), "{out}");
    let checked = folder.run(0, &["check", "run.toml"]).out;
    assert!(
        checked.contains("a sample every 25 steps from step 200 on: 73 samples"),
        "{checked}"
    );
}

#[test]
fn what_has_no_meaning_is_refused() {
    let plain = INPUT.replace("[\"lj.*\", \"integrator.timestep\"]", "\"lj.*\"");
    let ensemble = "estimators = \"ensemble\"\n";
    let cases = [
        (
            INPUT.to_owned() + ensemble,
            "does not differentiate in integrator.timestep",
            "estimators = [\"tangent\"]",
        ),
        (
            INPUT.replace("\"lj.*\", ", "") + BOTH,
            "does not differentiate in integrator.timestep",
            "averages of equilibrium",
        ),
        (
            plain.clone() + "[sensitivity.ensemble]\nevery = 5\n",
            "`ensemble` has no effect",
            "remove this section",
        ),
        (
            plain.clone() + ensemble + "[sensitivity.ensemble]\nrdf_bins = 5\n",
            "no effect without `rdf`",
            "add \"rdf\"",
        ),
        (
            plain.clone() + ensemble + "[sensitivity.ensemble]\nevry = 5\n",
            "[sensitivity.ensemble]",
            "did you mean `every`",
        ),
        (
            plain.clone() + ensemble + "[sensitivity.ensemble]\nobservables = \"pressur\"\n",
            "pressur",
            "pressure",
        ),
        (
            plain.replace("species = \"A\" }", "species = \"A\", periodic = [true, true, false] }")
                + ensemble
                + "[sensitivity.ensemble]\nobservables = \"rdf\"\n",
            "needs a cell that is periodic",
            "leave it out",
        ),
        (
            plain + ensemble + "[sensitivity.ensemble]\nobservables = \"rdf\"\nrdf_range = 500.0\n",
            "more than this machine can hold",
            "lower rdf_range",
        ),
    ];
    for (k, (text, reason, remedy)) in cases.into_iter().enumerate() {
        let folder = Folder::new().with("run.toml", &text);
        let run = folder.run(3, &["check", "run.toml"]);
        for words in [reason, remedy, "-->", "1 error"] {
            assert!(run.err.contains(words), "case {k}, {words}: {}", run.err);
        }
    }
}

#[test]
fn resolved_input_gives_the_same_run() {
    let folder = Folder::new().with("run.toml", &(INPUT.to_owned() + BOTH + BINS));
    let first = folder
        .run(0, &["simulate", "run.toml", "--json", "--steps", "400"])
        .json();
    let file = hdf5::File::open(folder.path("run.h5md")).unwrap();
    let resolved = file.dataset("parameters/resolved_toml").unwrap();
    let text = resolved
        .read_scalar::<hdf5::types::VarLenUnicode>()
        .unwrap()
        .to_string();
    drop(file);
    assert!(text.contains("after = 40") && text.contains("rdf_range = "), "{text}");
    let folder = folder.with("again.toml", &text);
    let again = folder
        .run(0, &["simulate", "again.toml", "--json", "--overwrite"])
        .json();
    assert_eq!(first["sensitivity"], again["sensitivity"]);
}

#[test]
fn trajectory_is_reweighted() {
    let plain = INPUT.split("[sensitivity]").next().unwrap();
    let folder = Folder::new().with("run.toml", plain);
    folder.run(0, &["simulate", "run.toml", "--quiet"]);
    let near = [
        "reweight",
        "run.h5md",
        "--set",
        "lj.A-A.epsilon=1.005",
        "--skip",
        "20",
        "--json",
    ];
    let found = folder.run(0, &near).json();
    assert_eq!(
        (&found["frames"], found["parameters"][0]["new"].as_f64()),
        (&81.into(), Some(1.005))
    );
    assert!(found["effective_sample_size"].as_f64().unwrap() > 50.0);
    // the old averages are those of the frames
    let file = hdf5::File::open(folder.path("run.h5md")).unwrap();
    for name in ["potential_energy", "temperature", "pressure"] {
        let values: Vec<f64> = file
            .dataset(&format!("observables/{name}/value"))
            .unwrap()
            .read_raw()
            .unwrap();
        let mean = values[20..].iter().sum::<f64>() / 81.0;
        let old = found["averages"][name]["old"]["value"].as_f64().unwrap();
        assert!((old / mean - 1.0).abs() < 1e-9, "{name}: {old} and {mean}");
        assert!(found["averages"][name]["new"]["standard_error"].as_f64().unwrap() > 0.0);
    }
    let out = folder.run(0, &near[..near.len() - 1]).out;
    assert!(
        out.contains("effective sample size") && out.contains("lj.A-A.epsilon: 1 -> 1.005"),
        "{out}"
    );
    // nothing changes when nothing changes
    let same = folder
        .run(0, &["reweight", "run.h5md", "--set", "lj.*.sigma=1.0", "--json"])
        .json();
    assert_eq!(same["effective_sample_size"], 101.0);
    assert_eq!(same["averages"]["pressure"]["old"], same["averages"]["pressure"]["new"]);

    let far = folder.run(4, &["reweight", "run.h5md", "--set", "lj.A-A.sigma=1.2"]);
    assert!(
        far.err.contains("effective sample size is") && far.err.contains("change the parameters by less"),
        "{}",
        far.err
    );
    let name = folder.run(2, &["reweight", "run.h5md", "--set", "lj.A-A.epsilom=1.02"]);
    assert!(name.err.contains("lj.A-A.epsilon"), "{}", name.err);
    let value = folder.run(2, &["reweight", "run.h5md", "--set", "lj.A-A.epsilon=big"]);
    assert!(value.err.contains("big"), "{}", value.err);
    let shape = folder.run(2, &["reweight", "run.h5md", "--set", "lj.A-A.epsilon"]);
    assert!(shape.err.contains("NAME=VALUE"), "{}", shape.err);
    let negative = folder.run(3, &["reweight", "run.h5md", "--set", "lj.A-A.sigma=-1"]);
    assert!(negative.err.contains("sigma"), "{}", negative.err);
    folder.run(3, &["reweight", "run.h5md", "--set", "lj.A-A.sigma=1", "--skip", "101"]);
    folder.run(3, &["reweight", "nothing.h5md", "--set", "lj.A-A.sigma=1"]);
    folder.run(
        0,
        &[
            "simulate",
            "run.toml",
            "--quiet",
            "--overwrite",
            "--steps",
            "40",
            "--set",
            "output.velocities=false",
        ],
    );
    let still = folder.run(3, &["reweight", "run.h5md", "--set", "lj.A-A.sigma=1"]);
    assert!(still.err.contains("output.velocities = true"), "{}", still.err);
}
