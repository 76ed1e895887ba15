//! From the input of a fit to its plan.

mod input_fit_support;

use admd::engine::Vec3;
use admd::fit::{ErrorModel, ForceKind, Method, Observation, Prior, Robust, Transform};
use admd::input::schema::{Document, schema};
use admd::input::{FitPlan, read_fit, read_fit_for_run};
use admd::potentials::form::units::METAL;
use input_fit_support::*;

#[test]
fn a_full_input_becomes_a_plan() {
    let plan = Folder::new().plan(COPPER);
    assert_eq!(plan.title.as_deref(), Some("Copper"));
    assert_eq!((plan.units.name, plan.seed), ("metal", 7));
    assert_eq!(plan.species.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["Cu"]);
    assert!(close(plan.species[0].mass, 63.546) && plan.species[0].atomic_number == 29);

    // the frame without anything is left out, and the others keep their numbers
    let names: Vec<&str> = plan.data.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names.len(), 6);
    assert_eq!(
        (names[0], names[5]),
        ("copper.extxyz, frame 0", "copper.extxyz, frame 6")
    );
    let tags: Vec<&str> = plan.data.iter().map(|f| f.tag.as_str()).collect();
    assert_eq!(tags, ["bulk", "bulk", "surface", "bulk", "bulk", "bulk"]);
    let weights: Vec<f64> = plan.data.iter().map(|f| f.weight).collect();
    assert_eq!(weights, [1.0, 2.0, 6.0, 2.0, 2.0, 2.0]);
    assert_eq!(plan.data[0].energy, Some(-14.0));
    assert_eq!(plan.data[4].energy, None);
    assert_eq!(plan.data[0].forces.as_ref().unwrap()[3], Vec3::new(0.03, 0.0, 0.0));
    assert!(plan.data[3].forces.is_none());
    assert_eq!(plan.data[0].configuration.cell.edge(0), Vec3::new(3.6, 0.0, 0.0));

    // σ: a GPa is 1e4 bar, and inside stresses are in eV/Å³
    assert_eq!((plan.quantities.energy, plan.quantities.per_atom), (Some(0.001), true));
    let (sigma, kind) = plan.quantities.forces.unwrap();
    assert!(close(sigma, 0.05) && kind == ForceKind::Components);
    assert!(close(plan.quantities.stress.unwrap(), 0.1e9 * 1e-30 / METAL.energy.si));

    let crystal = &plan.crystals[0];
    assert_eq!((crystal.configuration.len(), crystal.constant), (4, 3.615));
    let observed = |value, sigma| Observation { value, sigma };
    assert_eq!(crystal.lattice_constant, Some(observed(3.615, 0.001)));
    assert_eq!(crystal.cohesive_energy, Some(observed(-3.49, 0.001)));

    let relaxed = &plan.relaxed[0];
    assert_eq!((relaxed.name.as_str(), relaxed.force), ("trimer.xyz", 1e-8));
    assert_eq!(relaxed.configuration.cell.periodic(), [false; 3]);
    assert_eq!(relaxed.energy, Some(observed(-4.0, 0.005)));
    assert_eq!(
        relaxed.distances,
        [([0, 1], observed(2.5, 0.01)), ([1, 2], observed(2.6, 0.01))]
    );

    let simulation = &plan.simulations[0];
    assert_eq!((simulation.name.as_str(), simulation.configuration.len()), ("hot", 32));
    assert!(close(simulation.kt, 900.0 * METAL.boltzmann));
    assert!(close(simulation.timestep, 0.002 / METAL.coherent_time()));
    assert_eq!(
        (
            simulation.samples,
            simulation.equilibration,
            simulation.every,
            simulation.least
        ),
        (100, 2000, 20, 0.5)
    );
    assert!(close(simulation.pressure.unwrap().value, 1e9 * 1e-30 / METAL.energy.si));
    assert!(simulation.masses.iter().all(|m| close(*m, 63.546)));
    let (rdf, g) = simulation.rdf.as_ref().unwrap();
    assert_eq!((rdf.range(), rdf.bins()), (3.0, 3));
    assert_eq!(g[1], observed(0.2, 0.02));

    // θ: the leaves, then the reference energies
    assert_eq!(plan.variables.theta, [0.3, 1.36, 2.87, -1.0]);
    assert_eq!(plan.references[0].name(), "reference.Cu");
    let leaves: Vec<f64> = plan.bindings[0].leaves.iter().map(|l| l.value).collect();
    assert_eq!(leaves, [0.3, 1.36, 2.87]);
    let list = &plan.variables.list;
    let names: Vec<&str> = list.iter().map(|v| v.name.as_str()).collect();
    assert_eq!(
        names,
        ["morse.Cu-Cu.d0", "morse.Cu-Cu.alpha", "morse.Cu-Cu.r0", "reference.Cu"]
    );
    assert_eq!(
        (list[0].start, list[0].bounds, list[0].transform),
        (0.3, [0.1, 1.0], Transform::Log)
    );
    assert_eq!(list[0].prior, Some(Prior { mean: 0.3, sigma: 0.1 }));
    assert_eq!(
        (list[1].bounds, list[1].transform),
        ([0.0, f64::INFINITY], Transform::Log)
    );
    assert_eq!(
        (list[3].members.as_slice(), list[3].transform),
        (&[(3, 1.0)][..], Transform::None)
    );

    assert_eq!((plan.loss, plan.starts, plan.spread), (Robust::Huber(2.0), 4, 0.4));
    assert_eq!(
        plan.method,
        Method::LevenbergMarquardt {
            iterations: 50,
            tolerance: 1e-10
        }
    );
    assert_eq!(plan.errors, ErrorModel::Absolute);
    assert_eq!((plan.training.len(), plan.validation.len()), (4, 2));
    assert!(plan.output.checkpoint.ends_with("fitted.toml.checkpoint.toml") && !plan.output.overwrite);
    assert_eq!(plan.input_text, COPPER);
    let files: Vec<String> = plan
        .sources
        .iter()
        .map(|(p, _)| p.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(files, ["copper.extxyz", "trimer.xyz", "rdf.csv"]);
    assert!(plan.sources.iter().all(|(_, sum)| sum.len() == 64));
}

#[test]
fn ties_transforms_and_bounds_make_variables() {
    let folder = Folder::new();
    let two = r#"
units = "lj"
[[potential]]
kind = "lj"
cutoff = 2.5
parameters.A = { epsilon = 1.0, sigma = 1.0 }
parameters.B = { epsilon = 0.5, sigma = 0.8 }
pairs.A-B = { epsilon = 0.7, sigma = 0.9 }
[[crystal]]
lattice = "bcc"
species = ["A", "B"]
lattice_constant = 1.2
lattice_constant_sigma = 0.1
cohesive_energy = -5.0
cohesive_energy_sigma = 0.1
[output]
potential = "out.toml"
"#;
    let variables = |entries: &str| folder.plan(&format!("{two}{entries}")).variables;
    let names = |plan: &FitPlan| -> Vec<String> {
        plan.bindings
            .iter()
            .flat_map(|b| &b.leaves)
            .map(|l| l.name.clone())
            .collect()
    };
    let plan = folder.plan(&format!("{two}[[parameters]]\nselect = \"lj.A-A.*\"\n"));
    assert_eq!(plan.species.len(), 2);
    let names = names(&plan);
    let at = |name: &str| names.iter().position(|n| n == name).unwrap();
    assert_eq!(plan.variables.list.len(), 2);
    assert_eq!(plan.species[0].mass, 1.0);

    let ratio = variables("[[parameters]]\nselect = \"*.sigma\"\ntie = \"ratio\"\n");
    assert_eq!(ratio.list.len(), 1);
    let v = &ratio.list[0];
    let first = ratio.theta[v.members[0].0];
    assert!(v.members.iter().all(|(k, f)| close(f * first, ratio.theta[*k])));
    assert_eq!((v.transform, v.members.len()), (Transform::Log, 3));

    let equal = variables("[[parameters]]\nselect = \"*.epsilon\"\ntie = \"equal\"\nstart = 0.9\n");
    assert!(
        ["lj.A-A.epsilon", "lj.A-B.epsilon", "lj.B-B.epsilon"]
            .iter()
            .all(|n| equal.theta[at(n)] == 0.9)
    );
    assert_eq!(
        (equal.list[0].transform, equal.list[0].bounds),
        (Transform::None, [0.0, f64::INFINITY])
    );

    let bounded = variables(
        "[[parameters]]\nselect = \"lj.A-A.sigma\"\nbounds = [0.5, 2]\ntransform = \"bounded\"\n\
         [[parameters]]\nselect = \"lj.A-A.epsilon\"\nbounds = [0.5, inf]\n",
    );
    assert_eq!(
        (bounded.list[0].transform, bounded.list[0].bounds),
        (Transform::Bounded, [0.5, 2.0])
    );
    assert_eq!(bounded.list[1].bounds, [0.5, f64::INFINITY]);

    // an entry below takes parameters out, and may give them a value
    let fixed = variables(
        "[[parameters]]\nselect = \"lj.A-*.sigma\"\n[[parameters]]\nselect = \"lj.A-B.*\"\nfixed = true\n\
         [[parameters]]\nselect = \"lj.B-B.sigma\"\nfixed = true\nstart = 0.85\n",
    );
    assert_eq!((fixed.list.len(), fixed.list[0].name.as_str()), (1, "lj.A-A.sigma"));
    assert_eq!(fixed.theta[at("lj.B-B.sigma")], 0.85);
}

#[test]
fn reference_energies_are_fitted_given_or_none() {
    let folder = Folder::new();
    let list = |text: &str| {
        let plan = folder.plan(text);
        let names: Vec<String> = plan.variables.list.iter().map(|v| v.name.clone()).collect();
        (names, plan.references[0].value, plan.variables.theta[3])
    };
    let has = |names: &[String]| names.iter().any(|n| n == "reference.Cu");
    let (names, value, theta) = list(COPPER);
    assert!(has(&names) && value == -1.0 && theta == -1.0);
    let given = with(COPPER, "reference = \"fit\"", "reference = \"given\"");
    let (names, value, theta) = list(&given);
    assert!(!has(&names) && value == -1.0 && theta == -1.0);
    let none = with(COPPER, "reference = \"fit\"\nreferences = { Cu = \"-1 eV\" }\n", "");
    let (names, value, _) = list(&none);
    assert!(!has(&names) && value == 0.0);
    let bounded = format!("{COPPER}[[parameters]]\nselect = \"reference.*\"\nbounds = [\"-2 eV\", \"0 eV\"]\n");
    let plan = folder.plan(&bounded);
    let v = plan.variables.list.iter().find(|v| v.name == "reference.Cu").unwrap();
    assert_eq!(v.bounds, [-2.0, 0.0]);
}

#[test]
fn frames_are_split_by_the_seed_or_by_their_tags() {
    let folder = Folder::new();
    let split = |text: &str| {
        let plan = folder.plan(text);
        (plan.training, plan.validation)
    };
    let first = split(COPPER);
    assert_eq!(first, split(COPPER));
    let other: Vec<_> = (0..20)
        .map(|s| split(&with(COPPER, "seed = 7", &format!("seed = {s}"))))
        .collect();
    assert!(other.iter().any(|o| *o != first), "the seed chooses");
    let mut all: Vec<usize> = first.0.iter().chain(&first.1).copied().collect();
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2, 3, 4, 5]);
    let tagged = with(COPPER, "fraction = 0.34", "tags = [\"surface\"]");
    assert_eq!(split(&tagged), (vec![0, 1, 3, 4, 5], vec![2]));
    let none = with(COPPER, "[validation]\nfraction = 0.34\n", "");
    assert!(split(&none).1.is_empty());
}

#[test]
fn energies_are_compared_with_the_lowest_of_the_tag_or_of_all() {
    let folder = Folder::new();
    let none = with(COPPER, "[validation]\nfraction = 0.34\n", "");
    let relative = |word: &str, text: &str| {
        let text = with(text, "relative_to = \"none\"", &format!("relative_to = \"{word}\""));
        let plan = folder.plan(&text);
        plan.data.iter().map(|f| f.relative_to).collect::<Vec<_>>()
    };
    assert_eq!(relative("none", &none), [None; 6]);
    let three = Some(3);
    assert_eq!(relative("all", &none), [three, three, three, three, None, three]);
    assert_eq!(relative("tag", &none), [three, three, Some(2), three, None, three]);
    // a frame that is kept apart is no reference for those that are fitted to
    let apart = with(COPPER, "fraction = 0.34", "tags = [\"bulk\"]");
    assert_eq!(
        relative("all", &apart),
        [Some(2), Some(2), Some(2), Some(2), None, Some(2)]
    );
}

#[test]
fn directions_have_a_pure_number_as_error() {
    let folder = Folder::new();
    let text = with(
        COPPER,
        "sigma = \"50 meV/Angstrom\"\ncompare = \"components\"",
        "sigma = 0.1\ncompare = \"direction\"\nsoftening = \"2 meV/Angstrom\"",
    );
    let (sigma, kind) = folder.plan(&text).quantities.forces.unwrap();
    assert_eq!((sigma, kind), (0.1, ForceKind::Direction { softening: 0.002 }));
}

#[test]
fn potentials_come_from_a_file_and_overrides_reach_everything() {
    let folder = Folder::new();
    let start = COPPER.find("[[potential]]").unwrap();
    let end = COPPER.find("[[data]]").unwrap();
    folder.write("start.toml", &format!("units = \"metal\"\n{}", &COPPER[start..end]));
    let text = format!(
        "{}[[potential]]\nfile = \"start.toml\"\n{}",
        &COPPER[..start],
        &COPPER[end..]
    );
    folder.write("fit.toml", &text);
    let path = folder.path("fit.toml");
    let overrides: Vec<String> = [
        "optimizer.iterations=7",
        "potential.morse.parameters.Cu.r0=2.9",
        "data.0.weight=0",
    ]
    .map(String::from)
    .into();
    let plan = read_fit(&path, &overrides).unwrap();
    assert_eq!(plan.variables.theta[2], 2.9);
    assert!(plan.sources[0].0.ends_with("start.toml"));
    assert!(plan.data.iter().all(|f| f.weight == 0.0));
    assert!(matches!(plan.method, Method::LevenbergMarquardt { iterations: 7, .. }));
    // outputs that exist matter when it is to be done now
    folder.write("fitted.toml", "");
    folder.write("fitted.toml.checkpoint.toml", "");
    read_fit(&path, &[]).unwrap();
    let shown = read_fit_for_run(&path, &[], false).unwrap_err().to_string();
    assert!(
        shown.contains("the potential `") && shown.contains("fitted.toml` exists"),
        "{shown}"
    );
    assert!(
        shown.contains("pass --overwrite") && shown.contains("give output.potential another name"),
        "{shown}"
    );
    assert!(!shown.contains("checkpoint"), "{shown}");
    assert!(read_fit_for_run(&path, &[], true).unwrap().output.overwrite);
}

#[test]
fn methods_have_their_settings() {
    let folder = Folder::new();
    let method = |lines: &str| {
        let old = "method = \"levenberg_marquardt\"\niterations = 50\n";
        folder.plan(&with(COPPER, old, lines)).method
    };
    assert_eq!(
        method("method = \"adam\"\nepochs = 3\nbatch = 2\n"),
        Method::Adam {
            epochs: 3,
            rate: 0.01,
            batch: 2
        }
    );
    assert_eq!(
        method("method = \"lbfgs\"\nhistory = 3\ntolerance = 1e-6\n"),
        Method::Lbfgs {
            iterations: 100,
            tolerance: 1e-6,
            history: 3
        }
    );
    assert_eq!(
        method("method = \"gauss_newton_cg\"\n"),
        Method::GaussNewtonCg {
            iterations: 100,
            tolerance: 1e-10,
            inner: 50
        }
    );
    let names = [
        method("method = \"adam\"\n").name(),
        method("method = \"lbfgs\"\n").name(),
        method("").name(),
    ];
    assert_eq!(names, ["adam", "lbfgs", "levenberg_marquardt"]);
}

#[test]
fn the_schema_has_every_section() {
    let schema = schema(Document::Fit);
    for key in admd::input::fit::keys::FIT {
        let property = &schema["properties"][key.name];
        assert!(
            property["description"].as_str().is_some_and(|d| d.ends_with('.')),
            "{}",
            key.name
        );
    }
    let data = &schema["properties"]["data"]["items"]["properties"];
    assert!(data["energy_per_atom"]["type"] == "boolean" && data["frames"]["default"] == ":");
}
