//! What the plan holds: quantities, lattices, mixtures, velocities, overrides, included files, and the resolved text.

use admd::dynamics::observables::{kinetic_energy, temperature};
use admd::engine::{Configuration, Precision, Vec3};
use admd::input::lattice::Lattice;
use admd::input::{Limits, Plan, parse, potential, quantity, read};
use admd_potentials::form::binding::Origin;
use admd_potentials::form::truncation::Truncation;
use admd_potentials::form::units::{Dimension, LJ, METAL, REAL, UnitSystem};
use std::path::Path;

/// Conversions go through two or three products of constants with 16 digits.
const ROUNDING: f64 = 1e-14;

/// The expected number is written with 12 digits or so.
const DIGITS_12: f64 = 1e-11;
/// The expected number is written with 10 digits, the last of which is rounded.
const DIGITS_10: f64 = 1e-8;
/// Rahman gives 5 digits.
const DIGITS_5: f64 = 1e-3;
/// Positions of some tens, each a handful of roundings of 1e-16, and sums over a few hundred atoms.
const GEOMETRY: f64 = 1e-12;
/// A sum over 864 atoms of mass 40 and velocities of 0.01 to 1, rounded at 1e-16 of its terms' sizes.
const MOMENTUM: f64 = 1e-10;
/// Numbers up to 3 through the conversion to coherent units and back.
const FILE: f64 = 1e-13;

fn plan(text: &str) -> Plan {
    parse(text, Path::new("here/run.toml"), &[], Limits::default()).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// An input in reduced units with these lines in `[structure]` and after it.
fn reduced(structure: &str, rest: &str) -> String {
    let potential = "[[potential]]\nkind = \"lj\"\ncutoff = 2.5\nparameters.A = { epsilon = 1.0, sigma = 1.0 }\n";
    format!(
        "units = \"lj\"\n[structure]\n{structure}\n[integrator]\ntimestep = 0.004\n[run]\nsteps = 10\n{potential}{rest}"
    )
}

#[test]
fn quantities_convert_to_known_numbers() {
    let cases: [(&str, Dimension, &UnitSystem, f64); 14] = [
        ("2 fs", Dimension::TIME, &METAL, 0.002),
        ("2 fs", Dimension::TIME, &REAL, 2.0),
        ("1e-3 ns", Dimension::TIME, &METAL, 1.0),
        ("8.5 Angstrom", Dimension::LENGTH, &METAL, 8.5),
        ("0.85 nm", Dimension::LENGTH, &REAL, 8.5),
        // CODATA 2018: 1 eV = 23.060 547 830 619 kcal/mol.
        ("1 eV", Dimension::ENERGY, &REAL, 23.060_547_830_619_03),
        ("10 kcal/mol", Dimension::ENERGY, &REAL, 10.0),
        ("4.184 kJ/mol", Dimension::ENERGY, &REAL, 1.0),
        // k_B = 8.617 333 262 e-5 eV/K.
        ("120 kB K", Dimension::ENERGY, &METAL, 120.0 * 8.617_333_262_145_18e-5),
        (
            "30 eV Angstrom6",
            Dimension::ENERGY.times(Dimension::LENGTH.power(6)),
            &METAL,
            30.0,
        ),
        (
            "30 eV*Å^6",
            Dimension::ENERGY.times(Dimension::LENGTH.power(6)),
            &METAL,
            30.0,
        ),
        // 1 g/cm3 = 0.602 214 076 21 u/Angstrom3 with u = 1.660 539 066 60e-27 kg.
        ("1 g/cm3", Dimension::MASS_DENSITY, &METAL, 0.602_214_076_208_2),
        ("1 GPa", Dimension::PRESSURE, &METAL, 1e4),
        ("300 K", Dimension::TEMPERATURE, &METAL, 300.0),
    ];
    for (text, dimension, units, expected) in cases {
        let found = quantity::parse(text, dimension, units).unwrap_or_else(|e| panic!("{text}: {e}"));
        let tolerance = if text == "1 g/cm3" { DIGITS_12 } else { ROUNDING };
        assert!(
            (found / expected - 1.0).abs() < tolerance,
            "{text}: {found:e} instead of {expected:e}"
        );
    }
    // Energy as mass length²/time²: 1 u Å²/ps² = 1.036 426 97e-4 eV.
    let joule_like = quantity::parse("1 u Angstrom2/ps2", Dimension::ENERGY, &METAL).unwrap();
    assert!(
        (joule_like / 1.036_426_965e-4 - 1.0).abs() < DIGITS_10,
        "{joule_like:e}"
    );
    // Own units are not touched at all.
    for x in ["0.1", "0.30000000000000004", "7.65"] {
        assert_eq!(
            quantity::parse(&format!("{x} Angstrom"), Dimension::LENGTH, &METAL).unwrap(),
            x.parse::<f64>().unwrap()
        );
        assert_eq!(
            quantity::parse(&format!("{x} kcal/mol"), Dimension::ENERGY, &REAL).unwrap(),
            x.parse::<f64>().unwrap()
        );
    }
    assert!(quantity::parse("1 Angstrom", Dimension::LENGTH, &LJ).is_err());
    for wrong in [
        "1 eV^100",
        "1 m99",
        "1 bar20 bar20 bar20",
        "1 eV /",
        "1 eV//A",
        "1 A-",
        "--1 A",
        "1 \u{0}",
    ] {
        assert!(quantity::parse(wrong, Dimension::LENGTH, &METAL).is_err(), "{wrong}");
    }
}

/// Smallest distance between any two atoms, images included, by the double loop.
fn nearest(c: &Configuration) -> f64 {
    let pairs = (0..c.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    pairs
        .map(|(i, j)| c.cell.minimum_image(c.positions[i] - c.positions[j]).norm())
        .fold(f64::INFINITY, f64::min)
}

#[test]
fn lattices_have_their_counts_densities_and_neighbours() {
    for lattice in Lattice::ALL {
        let name = lattice.name();
        let text = reduced(
            &format!("lattice = \"{name}\"\ndensity = 0.9\nrepeat = [3, 4, 3]\nspecies = \"A\""),
            "",
        );
        let c = plan(&text).start.configuration;
        assert_eq!(c.len(), 36 * lattice.basis().len(), "{name}");
        assert!((c.len() as f64 / c.cell.volume() - 0.9).abs() < GEOMETRY, "{name}");
        let text = reduced(
            &format!("lattice = \"{name}\"\nconstant = 1.7\nrepeat = [3, 4, 3]\nspecies = \"A\""),
            "",
        );
        let c = plan(&text).start.configuration;
        let expected = 1.7 * lattice.nearest(8_f64.sqrt() / 3_f64.sqrt());
        assert!(
            (nearest(&c) - expected).abs() < GEOMETRY,
            "{name}: {} instead of {expected}",
            nearest(&c)
        );
    }
}

#[test]
fn mass_density_is_met() {
    let plan = read(Path::new("inputs/argon.toml"), &[]).unwrap();
    let grams: f64 = plan.start.masses.iter().sum::<f64>() * 1.660_539_066_60e-24;
    let volume = plan.start.configuration.cell.volume() * 1e-24;
    assert!((grams / volume / 1.374 - 1.0).abs() < GEOMETRY);
    assert_eq!(plan.start.configuration.len(), 864);
    // Rahman's box has 10.229 σ, with 1.6747e-24 g for the unit of mass and 39.95 of it.
    let rahman = (39.95_f64 * 1.6747 / (39.948 * 1.660_539)).cbrt();
    assert!((plan.start.configuration.cell.edge(0).x / 3.4 * rahman - 10.229).abs() < DIGITS_5);
}

#[test]
fn velocities_have_exactly_the_temperature() {
    let plan = read(Path::new("inputs/argon.toml"), &[]).unwrap();
    let kinetic = kinetic_energy(&plan.start.velocities, &plan.start.masses);
    let t = temperature(kinetic, 3 * 864 - 3, plan.units.boltzmann);
    assert!((t / 180.5 - 1.0).abs() < GEOMETRY, "{t}");
    let momentum: Vec3 = plan
        .start
        .velocities
        .iter()
        .zip(&plan.start.masses)
        .map(|(v, m)| v * *m)
        .sum();
    assert!(momentum.norm() < MOMENTUM);
}

#[test]
fn mixtures_have_their_counts_and_follow_the_seed() {
    let of = |seed: u64| {
        read(Path::new("inputs/binary.toml"), &[format!("seed={seed}")])
            .unwrap()
            .start
            .configuration
            .species
    };
    let (first, again, other) = (of(5), of(5), of(6));
    assert_eq!(first.iter().filter(|s| **s == 1).count(), 173);
    assert_eq!(first, again);
    assert_ne!(first, other);
    // Shuffled, not in blocks: about 0.32 of neighbours in the list differ.
    let changes = first.windows(2).filter(|w| w[0] != w[1]).count();
    assert!((220..340).contains(&changes), "{changes}");
}

#[test]
fn perturbation_stays_within_its_amplitude() {
    let structure = "lattice = \"fcc\"\nconstant = 1.7\nrepeat = [4, 4, 4]\nspecies = \"A\"";
    let still = plan(&reduced(structure, "")).start.configuration;
    let moved = plan(&reduced(&format!("{structure}\nperturbation = 0.05"), ""))
        .start
        .configuration;
    let shifts: Vec<f64> = still
        .positions
        .iter()
        .zip(&moved.positions)
        .flat_map(|(a, b)| (b - a).iter().copied().collect::<Vec<_>>())
        .collect();
    assert!(shifts.iter().all(|d| d.abs() <= 0.05 + GEOMETRY));
    let (mean, square) = (
        shifts.iter().sum::<f64>() / 768.0,
        shifts.iter().map(|d| d * d).sum::<f64>() / 768.0,
    );
    // Uniform: variance a²/3 = 8.33e-4, and its mean within four standard errors 1.04e-3.
    assert!(
        mean.abs() < 4.2e-3 && (square - 8.33e-4).abs() < 1.3e-4,
        "{mean:e}, {square:e}"
    );
}

#[test]
fn two_species_are_dealt_out_as_zincblende_and_cscl() {
    for (lattice, unlike) in [("diamond", 3_f64.sqrt() / 4.0), ("bcc", 0.75_f64.sqrt())] {
        let structure =
            format!("lattice = \"{lattice}\"\nconstant = 1.7\nrepeat = [3, 3, 3]\nspecies = [\"A\", \"B\"]");
        let c = plan(&reduced(&structure, "parameters.B = { epsilon = 0.5, sigma = 0.9 }\n"))
            .start
            .configuration;
        for i in 0..c.len() {
            for j in 0..i {
                let d = c.cell.minimum_image(c.positions[i] - c.positions[j]).norm();
                assert!(d > 1.7 * unlike + GEOMETRY || c.species[i] != c.species[j], "{lattice}");
            }
        }
    }
}

#[test]
fn shear_and_edges_shape_the_cell() {
    let plan = read(Path::new("inputs/triclinic.toml"), &[]).unwrap();
    let cell = &plan.start.configuration.cell;
    assert!((cell.edge(1) - Vec3::new(0.05 * 18.075, 18.075, 0.0)).norm() < GEOMETRY);
    let structure = "lattice = \"fcc\"\nedges = [[8.0, 0.0, 0.0], [1.0, 8.0, 0.0], [0.5, 0.25, 9.0]]\nrepeat = [5, 5, 5]\nspecies = \"A\"\nperiodic = [true, true, false]";
    let c = self::plan(&reduced(structure, "")).start.configuration;
    assert_eq!(c.cell.edge(2), Vec3::new(0.5, 0.25, 9.0));
    assert_eq!(c.cell.periodic(), [true, true, false]);
    assert_eq!(c.len(), 500);
}

/// Everything but the provenance.
fn same(a: &Plan, b: &Plan) {
    assert_eq!(a.start, b.start);
    assert_eq!(format!("{:?}", a.bindings), format!("{:?}", b.bindings));
    assert_eq!(
        (&a.title, a.units.name, &a.species),
        (&b.title, b.units.name, &b.species)
    );
    assert_eq!(
        (a.settings, a.integrator, a.steps, &a.output, a.seed),
        (b.settings, b.integrator, b.steps, &b.output, b.seed)
    );
    assert_eq!(a.sensitivity, b.sensitivity);
    assert_eq!(a.provenance.resolved_text, b.provenance.resolved_text);
}

#[test]
fn the_resolved_text_reads_back_to_the_same_plan() {
    for name in [
        "argon",
        "lj_melt",
        "lj_sensitivity",
        "lj_adjoint",
        "binary",
        "triclinic",
    ] {
        let path = format!("inputs/{name}.toml");
        let overrides = if name == "lj_melt" {
            vec!["structure.repeat=[5, 5, 5]".to_owned()]
        } else {
            Vec::new()
        };
        let plan = read(Path::new(&path), &overrides).unwrap();
        let text = &plan.provenance.resolved_text;
        let again = parse(text, Path::new(&path), &[], Limits::default()).unwrap_or_else(|e| panic!("{e}\n{text}"));
        same(&plan, &again);
    }
    let odd = reduced(
        "lattice = \"hcp\"\nconstant = 1.1\nc_over_a = 1.6\nrepeat = [5, 3, 3]\ncomposition = { \"A\" = 0.25, \"B 'x\\\"y\" = 0.75 }\nperturbation = 0.03",
        "mixing = \"geometric\"\nonset = 2.1234567\ntail = true\nlabel = \"mine\"\nparameters.\"B 'x\\\"y\" = { epsilon = 0.3, sigma = 0.1e1 }\n[velocities]\ntemperature = 0.7\n",
    );
    let plan = plan(&odd);
    same(
        &plan,
        &parse(
            &plan.provenance.resolved_text,
            Path::new("here/run.toml"),
            &[],
            Limits::default(),
        )
        .unwrap(),
    );
}

#[test]
fn overrides_change_the_plan_and_are_resolved() {
    let overrides = [
        "run.steps=7",
        "integrator.timestep=4 fs",
        "potential.lj.cutoff=8 Angstrom",
        "potential.0.onset=6.5",
        "run.precision=mixed",
    ];
    let plan = read(Path::new("inputs/argon.toml"), &overrides.map(str::to_owned)).unwrap();
    assert_eq!(plan.steps, 7);
    assert_eq!(plan.settings.precision, Precision::Mixed);
    assert!(plan.provenance.resolved_text.contains("precision = \"mixed\"\n"));
    assert_eq!(plan.bindings[0].cutoff(), 8.0);
    assert_eq!(plan.bindings[0].truncation, Truncation::Switched { onset: 6.5 / 8.0 });
    assert!(plan.provenance.resolved_text.contains("steps = 7\n"));
    assert!(plan.provenance.resolved_text.contains("timestep = 0.004\n"));
    assert_eq!(plan.output.trajectory.unwrap().path, Path::new("inputs/argon.h5md"));
}

const KRYPTON: &str = r#"
units = "metal"
[species.Kr]
mass = "84 u"
[[potential]]
kind = "lj"
cutoff = "9 Angstrom"
truncation = "force_shifted"
parameters.Ar = { epsilon = "120 kB K", sigma = "3.4 Angstrom" }
parameters.Kr = { epsilon = "164 kB K", sigma = "3.65 Angstrom" }
parameters.Xe = { epsilon = "231 kB K", sigma = "3.96 Angstrom" }
pairs.Ar-Kr = { epsilon = "0.012 eV", sigma = "3.5 Angstrom", cutoff = "8.8 Angstrom" }
"#;

#[test]
fn potential_files_bind_to_the_species_of_a_structure() {
    let file = potential::parse(KRYPTON, Path::new("kr.toml")).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(file.species, ["Kr", "Ar", "Xe"]);
    assert_eq!(file.masses, [("Kr".to_owned(), 84.0)]);
    let bound = file.bind(&["Ar".to_owned(), "Kr".to_owned()]).unwrap();
    let b = &bound[0];
    assert_eq!(b.species, ["Ar", "Kr"]);
    assert_eq!(b.leaves.len(), 6);
    let unlike = b.pairs[b.index(0, 1)];
    assert!(matches!(unlike.origin, Origin::Given(_)) && unlike.cutoff == 8.8);
    let shown = file.bind(&["Ar".to_owned(), "Ne".to_owned()]).unwrap_err().to_string();
    assert!(
        shown.contains("no potential covers the pair Ar-Ne") && shown.contains("kr.toml:5:1"),
        "{shown}"
    );
}

#[test]
fn potential_file_names_no_other_wherever_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("kr.toml"), KRYPTON).unwrap();
    let outer = folder.path().join("outer.toml");
    std::fs::write(&outer, "units = \"metal\"\n[[potential]]\nfile = \"kr.toml\"\n").unwrap();
    let input = folder.path().join("run.toml");
    let main = "units = \"metal\"\nstructure = { lattice = \"fcc\", constant = 5.7, repeat = [3, 3, 3], species = \"Kr\" }\nintegrator = { timestep = \"2 fs\" }\nrun = { steps = 1 }\n[[potential]]\nfile = \"outer.toml\"\n";
    std::fs::write(&input, main).unwrap();
    let alone = potential::read(&outer).map(|_| ()).unwrap_err().to_string();
    let included = read(&input, &[]).map(|_| ()).unwrap_err().to_string();
    for shown in [alone, included] {
        for part in [
            "a potential file cannot name another potential file",
            "outer.toml:3:1",
            "copy the potentials here",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }
}

#[test]
fn potentials_can_come_from_another_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("kr.toml"), KRYPTON).unwrap();
    let main = r#"
units = "metal"
structure = { lattice = "fcc", constant = 5.7, repeat = [3, 3, 3], species = "Kr" }
integrator = { timestep = "2 fs" }
run = { steps = 1 }
[species.Ar]
[species.Xe]
[[potential]]
file = "kr.toml"
"#;
    let path = folder.path().join("run.toml");
    std::fs::write(&path, main).unwrap();
    let plan = read(&path, &[]).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(plan.start.masses[0], 84.0);
    same(
        &plan,
        &parse(&plan.provenance.resolved_text, &path, &[], Limits::default()).unwrap(),
    );

    let deeper = read(&path, &["potential.lj.parameters.Kr.sigma=3.7 Angstrom".to_owned()]).unwrap();
    assert!(
        deeper.bindings[0]
            .leaves
            .iter()
            .any(|l| l.name == "lj.Kr-Kr.sigma" && l.value == 3.7)
    );

    std::fs::write(folder.path().join("kr.toml"), KRYPTON.replace("164 kB K", "164 kB J")).unwrap();
    let shown = read(&path, &[]).unwrap_err().to_string();
    assert!(shown.contains("kr.toml:10:"), "{shown}");
    std::fs::write(folder.path().join("kr.toml"), KRYPTON.replace("metal", "real")).unwrap();
    assert!(
        read(&path, &[])
            .unwrap_err()
            .to_string()
            .contains("the file has units = \"real\"")
    );
}

#[test]
fn structures_come_from_files_with_velocities_and_masses() {
    let folder = tempfile::tempdir().unwrap();
    let xyz = "2\nLattice=\"20 0 0 0 20 0 0 0 20\" Properties=species:S:1:pos:R:3:velo:R:3 velo_unit=Angstrom/ps pbc=\"T T F\"\nAr 0 0 0 1 2 3\nAr 0 0 4 -1 -2 -3\n";
    std::fs::write(folder.path().join("two.extxyz"), format!("1\n\nAr 0 0 0\n{xyz}")).unwrap();
    let main = "units = \"metal\"\nstructure.file = \"two.extxyz\"\nintegrator.timestep = 0.001\nrun.steps = 1\n[[potential]]\nkind = \"lj\"\ncutoff = 8\nparameters.Ar = { epsilon = 0.01, sigma = 3.4 }\n";
    let path = folder.path().join("run.toml");
    std::fs::write(&path, main).unwrap();
    let plan = read(&path, &[]).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(plan.start.configuration.len(), 2);
    assert_eq!(plan.start.configuration.cell.periodic(), [true, true, false]);
    let back = plan.start.velocities[0] / METAL.to_coherent(Dimension::VELOCITY);
    assert!((back - Vec3::new(1.0, 2.0, 3.0)).norm() < FILE);
    assert_eq!(plan.species[0].mass, 39.95);
    assert_eq!(plan.species[0].atomic_number, 18);
    same(
        &plan,
        &parse(&plan.provenance.resolved_text, &path, &[], Limits::default()).unwrap(),
    );
    let first = read(&path, &["structure.frame=0".to_owned()]).unwrap();
    assert_eq!(first.start.configuration.cell.periodic(), [false; 3]);
    assert_eq!(first.start.velocities, [Vec3::zeros()]);
}

#[test]
fn check_describes_the_plan() {
    let text = admd::cli::check::check(Path::new("inputs/argon.toml"), &[]).unwrap();
    for part in [
        "864 Ar, mass 39.948 u, Z = 18",
        "1.374000 g/cm3",
        "epsilon = 0.0103408 eV",
        "0.002 ps a step",
        "41.6 kB",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(admd::cli::schema::print(admd::input::schema::Document::Potential).contains("onset"));
}
