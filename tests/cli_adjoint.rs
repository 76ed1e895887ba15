//! The estimator "adjoint" as a user meets it: the gradient equal to the tangents of a run, in the result and in the file,
//! whatever memory it is given; and what it refuses.

mod cli_support;

use admd::io::h5md::Trajectory;
use cli_support::*;
use serde_json::Value;

/// 108 atoms, 60 steps.
const INPUT: &str = r#"
units = "metal"
seed = 7
[structure]
lattice = "fcc"
constant = "5.6 Angstrom"
repeat = [3, 3, 3]
species = "Ar"
[velocities]
temperature = "120 K"
[[potential]]
kind = "lj"
cutoff = "7 Angstrom"
truncation = "switched"
tail = TAIL
[potential.parameters.Ar]
epsilon = "0.0104 eV"
sigma = "3.4 Angstrom"
[integrator]
timestep = "4 fs"
reversible = REVERSIBLE
[run]
steps = 60
[output]
trajectory = "run.h5md"
every = 20
thermo_every = 60
overwrite = true
[sensitivity]
parameters = ["lj.*", "integrator.timestep", "velocities.temperature", "species.Ar.mass"]
"#;

/// Two ways through 60 steps of a liquid: rounding grown by two orders.
const TWO_WAYS: f64 = 1e-10;
/// A run on the grid of reversible dynamics and one beside it: the grid is three orders coarser than rounding.
const ON_GRID: f64 = 1e-7;

fn input(reversible: bool, more: &str) -> String {
    let text = INPUT.replace("REVERSIBLE", &reversible.to_string());
    let tail = if more.contains("rdf") { "false" } else { "true" };
    // tail corrections take a cut
    let text = text.replace("TAIL", tail);
    let text = if tail == "true" {
        text.replace("\"switched\"", "\"cut\"")
    } else {
        text
    };
    text + more
}

fn adjoint(loss: &str) -> String {
    format!("estimators = [\"adjoint\"]\n[sensitivity.adjoint]\n{loss}\n")
}

fn run(reversible: bool, more: &str) -> (Folder, Value) {
    let folder = Folder::new().with("run.toml", &input(reversible, more));
    let found = folder.run(0, &["simulate", "run.toml", "--json"]).json();
    (folder, found)
}

#[test]
fn the_gradient_is_the_tangent_in_every_unit() {
    let (_, tangents) = run(false, "");
    let tangents = tangents["sensitivity"].as_array().unwrap().clone();
    assert_eq!(tangents.len(), 5);
    // one state, the last, is read
    for loss in ["potential_energy", "temperature"] {
        for (reversible, memory) in [
            (false, "memory = \"100 MB\""),
            (false, "memory = \"80 kB\""),
            (true, ""),
        ] {
            let (_, found) = run(
                reversible,
                &adjoint(&format!("loss = \"{loss}\"\nafter = 60\n{memory}")),
            );
            assert!(
                (found["sensitivity"][0]["loss_value"].as_f64().unwrap() / found["last"][loss].as_f64().unwrap() - 1.0)
                    .abs()
                    < 1e-12
            );
            for (found, tangent) in found["sensitivity"].as_array().unwrap().iter().zip(&tangents) {
                assert_eq!(
                    (&found["parameter"], &found["estimator"]),
                    (&tangent["parameter"], &"adjoint".into())
                );
                let [slope, expected] = [&found["slope"], &tangent[loss]].map(|x| x.as_f64().unwrap());
                let limit = if reversible { ON_GRID } else { TWO_WAYS };
                assert!(
                    (slope - expected).abs() <= limit * expected.abs(),
                    "{loss}, {}: {slope} and {expected}",
                    found["parameter"]
                );
            }
        }
    }
}

#[test]
fn the_pressure_has_a_gradient_where_its_virial_is_a_derivative() {
    let tangent = |text: String| {
        text.replace("\"cut\"", "\"switched\"")
            .replace("tail = true", "tail = false")
    };
    let folder = Folder::new().with("run.toml", &tangent(input(false, "")));
    let tangents = folder.run(0, &["simulate", "run.toml", "--json"]).json();
    let more = adjoint("loss = \"pressure\"\nafter = 60");
    let folder = Folder::new().with("run.toml", &tangent(input(true, &more)));
    let found = folder.run(0, &["simulate", "run.toml", "--json"]).json();
    for (found, tangent) in found["sensitivity"]
        .as_array()
        .unwrap()
        .iter()
        .zip(tangents["sensitivity"].as_array().unwrap())
    {
        let [slope, expected] = [&found["slope"], &tangent["pressure"]].map(|x| x.as_f64().unwrap());
        assert!(
            (slope - expected).abs() <= ON_GRID * expected.abs(),
            "{slope} and {expected}"
        );
        assert_eq!(found["loss_unit"], "bar");
    }
    let refused = Folder::new().with("run.toml", &input(false, &more));
    let refused = refused.run(3, &["simulate", "run.toml"]);
    assert!(
        refused.err.contains("a bare cut with tail corrections"),
        "{}",
        refused.err
    );
}

#[test]
fn memory_changes_no_bit_of_the_gradient_and_the_file_has_it() {
    let slopes = |found: &Value| -> Vec<f64> {
        let all = found["sensitivity"].as_array().unwrap();
        all.iter().map(|s| s["slope"].as_f64().unwrap()).collect()
    };
    let loss = "loss = \"potential_energy\"\nevery = 7\n";
    let (folder, all) = run(false, &adjoint(&format!("{loss}memory = \"1 GB\"")));
    for memory in ["64 kB", "90 kB", "200 KiB"] {
        let (_, found) = run(false, &adjoint(&format!("{loss}memory = \"{memory}\"")));
        assert_eq!(slopes(&found), slopes(&all), "{memory}");
    }
    let file = hdf5::File::open(folder.path("run.h5md")).unwrap();
    let number = |path: &str| file.dataset(path).unwrap().read_1d::<f64>().unwrap().to_vec();
    let unit = |path: &str| -> String {
        let unit = file.dataset(path).unwrap().attr("unit").unwrap();
        unit.read_scalar::<hdf5::types::VarLenUnicode>().unwrap().to_string()
    };
    assert_eq!(
        number("sensitivity/adjoint/loss/value"),
        [all["sensitivity"][0]["loss_value"].as_f64().unwrap()]
    );
    assert_eq!(number("sensitivity/lj.Ar-Ar.sigma/adjoint/value"), [slopes(&all)[1]]);
    assert_eq!(unit("sensitivity/lj.Ar-Ar.sigma/adjoint/value"), "eV (Angstrom)-1");
    assert_eq!(
        unit("sensitivity/adjoint/start_velocity_derivative/value"),
        "eV (Angstrom ps-1)-1"
    );
    let vectors = file
        .dataset("sensitivity/adjoint/start_position_derivative/value")
        .unwrap();
    assert_eq!(vectors.shape(), [1, 108, 3]);
    // the loss does not care where the whole is
    let sum: f64 = vectors.read_raw::<f64>().unwrap().iter().step_by(3).sum();
    assert!(sum.abs() < 1e-9, "{sum}");
    drop((vectors, file));
    assert!(Trajectory::open(folder.path("run.h5md")).unwrap().finished());
}

#[test]
fn distances_vanish_for_the_reference_itself() {
    let folder = Folder::new().with("run.toml", &input(true, "# no tail: rdf\n"));
    let reference = [
        "simulate",
        "run.toml",
        "--quiet",
        "--set",
        "output.trajectory=\"reference.h5md\"",
    ];
    folder.run(0, &reference);
    let mut folder = folder;
    for (loss, moved) in [("end_distance", 1e-3), ("path_distance", 1e-4), ("rdf_distance", 1e-9)] {
        let sampled = if loss == "rdf_distance" { "every = 20" } else { "" };
        let more = adjoint(&format!(
            "loss = \"{loss}\"\nreference = \"reference.h5md\"\n{sampled} # rdf"
        ));
        folder = folder.with("run.toml", &input(true, &more));
        let own = folder.run(0, &["simulate", "run.toml", "--json"]).json();
        assert!(own["sensitivity"][0]["loss_value"].as_f64().unwrap() < 1e-24, "{own}");
        let other = [
            "simulate",
            "run.toml",
            "--json",
            "--set",
            "potential.lj.parameters.Ar.sigma=3.45",
        ];
        let other = folder.run(0, &other).json();
        assert!(
            other["sensitivity"][0]["loss_value"].as_f64().unwrap() > moved,
            "{other}"
        );
        // the larger the atoms, the farther they are from those of the reference
        assert!(other["sensitivity"][1]["slope"].as_f64().unwrap() > 0.0, "{other}");
    }
}

#[test]
fn a_gradient_beyond_its_horizon_says_so_everywhere() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/inputs/lj_adjoint.toml")).unwrap();
    let folder = Folder::new().with("run.toml", &text);
    let long = ["simulate", "run.toml", "--steps", "2500", "--overwrite"];
    let out = folder.run(0, &long).out;
    assert!(
        out.contains("warning: the gradient has lost more than 8 digits"),
        "{out}"
    );
    let found = folder.run(0, &[&long[..], &["--json"]].concat()).json();
    let own = &found["sensitivity"][0];
    let lost = own["digits_lost"].as_f64().unwrap();
    assert!(lost > 8.0 && own["beyond_horizon"] == true, "{own}");
    let file = hdf5::File::open(folder.path("lj_adjoint.h5md")).unwrap();
    let value = file.dataset("sensitivity/adjoint/digits_lost/value").unwrap();
    assert_eq!(value.read_1d::<f64>().unwrap().to_vec(), [lost]);
    drop((value, file));
    // a loss that reads the beginning alone has nothing to lose, however long the run
    let early = [
        "--set",
        "run.steps=2500",
        "--set",
        "sensitivity.adjoint.every=2000",
        "--set",
        "sensitivity.adjoint.after=0",
    ];
    let early = [&long[..2], &early[..], &["--overwrite", "--json"]].concat();
    let until_2000 = folder.run(0, &early).json();
    let lost_by_2000 = until_2000["sensitivity"][0]["digits_lost"].as_f64().unwrap();
    assert!(
        lost_by_2000 < lost,
        "{lost_by_2000} and {lost}: the way back begins at the last state that is read"
    );
}

#[test]
fn a_damaged_reference_is_an_error_and_no_missing_gradient() {
    let folder = Folder::new().with("run.toml", &input(true, "# no tail: rdf\n"));
    let reference = [
        "simulate",
        "run.toml",
        "--quiet",
        "--set",
        "output.trajectory=\"reference.h5md\"",
    ];
    folder.run(0, &reference);
    let path = folder.path("reference.h5md");
    let mut bytes = std::fs::read(&path).unwrap();
    // the first positions of the file, as they are stored
    let first = Trajectory::open(&path).unwrap().frame(0).unwrap().positions[1]
        .y
        .to_le_bytes();
    let at = bytes.windows(8).position(|w| w == first).unwrap();
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    for loss in ["end_distance", "path_distance", "rdf_distance"] {
        let more = adjoint(&format!("loss = \"{loss}\"\nreference = \"reference.h5md\" # rdf"));
        std::fs::write(folder.path("run.toml"), input(true, &more)).unwrap();
        let shown = folder.run(3, &["simulate", "run.toml"]).err;
        assert!(
            shown.contains("checksum") || shown.contains("SHA-256"),
            "{loss}: {shown}"
        );
    }
}

#[test]
fn what_it_takes_is_told_beforehand() {
    let more = adjoint("loss = \"potential_energy\"\nmemory = \"80 kB\"");
    let folder = Folder::new().with("run.toml", &input(false, &more));
    let check = folder.run(0, &["check", "run.toml"]).out;
    assert!(
        check.contains("gradient of potential_energy in 5 numbers and in the start; states take"),
        "{check}"
    );
    assert!(check.contains("made again from checkpoints"), "{check}");
    let run = folder.run(0, &["simulate", "run.toml"]).out;
    assert!(run.starts_with("# gradient of potential_energy"), "{run}");
    assert!(run.contains("# d loss/d lj.Ar-Ar.epsilon = "), "{run}");
}

#[test]
fn wrong_inputs_are_refused_with_the_remedy() {
    let wrong = |reversible: bool, more: &str| {
        let folder = Folder::new().with("run.toml", &input(reversible, more));
        folder.run(3, &["simulate", "run.toml"]).err
    };
    for (more, message, remedy) in [
        (
            adjoint("loss = \"potential_energy\"\nmemory = \"20 kB\""),
            "too little memory",
            "at least \"0.064 MB\" is needed",
        ),
        (
            adjoint("loss = \"potential_energy\"\nmemory = 512"),
            "not an integer",
            "memory = \"512 MB\"",
        ),
        (
            adjoint("loss = \"potential_energy\"\nmemory = \"much\""),
            "no amount of memory",
            "such as \"512 MB\"",
        ),
        (
            adjoint("loss = \"potential_energy\"\nmemory = \"-3 GB\""),
            "no amount of memory",
            "such as \"512 MB\"",
        ),
        (
            adjoint("loss = \"potentialenergy\""),
            "cannot be `potentialenergy`",
            "did you mean \"potential_energy\"?",
        ),
        (
            adjoint("loss = \"end_distance\""),
            "there is no reference",
            "add reference =",
        ),
        (
            adjoint("loss = \"end_distance\"\nreference = \"none.h5md\""),
            "none.h5md",
            "relative to the folder",
        ),
        (
            adjoint("loss = \"pressure\"\nreference = \"none.h5md\""),
            "belongs to a distance",
            "remove this key",
        ),
        (
            adjoint("loss = \"temperature\"\nafter = 61"),
            "reads no state of the run",
            "lower `after`",
        ),
        (
            adjoint("loss = \"temperature\"\nrdf_bins = 7"),
            "belongs to rdf_distance",
            "remove this key",
        ),
        (
            format!("every = 5\n{}", adjoint("loss = \"temperature\"")),
            "`every` has no effect without the estimator \"tangent\"",
            "add \"tangent\"",
        ),
        (
            "estimators = [\"adjoint\"]\n".to_owned(),
            "needs a loss",
            "add [sensitivity.adjoint]",
        ),
        (
            "[sensitivity.adjoint]\nloss = \"pressure\"\n".to_owned(),
            "not among the estimators",
            "estimators = [\"adjoint\"]",
        ),
        (
            adjoint("loss = \"temperature\"").replace("[\"adjoint\"]", "[\"adjoint\", \"tangent\"]"),
            "do not go together",
            "the adjoint gives the gradient of one loss",
        ),
    ] {
        let shown = wrong(false, &more);
        assert!(shown.contains(message) && shown.contains(remedy), "{more}\n{shown}");
    }
    let shown = wrong(true, &adjoint("loss = \"temperature\"\nmemory = \"1 GB\""));
    assert!(shown.contains("no state is kept"), "{shown}");
    let strained = input(false, &adjoint("loss = \"temperature\"")).replace("\"lj.*\"", "\"structure.strain.xx\"");
    let folder = Folder::new().with("run.toml", &strained);
    let shown = folder.run(3, &["simulate", "run.toml"]).err;
    assert!(
        shown.contains("does not differentiate in structure.strain.xx"),
        "{shown}"
    );
}
