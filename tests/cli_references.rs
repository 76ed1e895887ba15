//! Reference numbers of other programs through the program itself: text in, `admd evaluate --json` out.
//!
//! The same cases go through the library in `reference_lammps.rs` and `reference_nist.rs`; here the potential file, the
//! structure file, the units and the JSON are part of what is compared.

mod cli_support;

use cli_support::*;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Relative error of an energy: 15 digits are exchanged, and some 10⁴ terms of both signs are summed in another order.
const ENERGY: f64 = 1e-11;
/// Of the root mean square force.
const FORCE: f64 = 1e-9;
/// Of the largest element of the virial.
const VIRIAL: f64 = 1e-9;
/// Of the largest gradient of complex-step references.
const GRADIENT: f64 = 1e-10;
/// NIST prints five digits.
const NIST_DIGITS: f64 = 5e-5;

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn json(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(data(name)).unwrap()).unwrap()
}

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn vectors(v: &Value) -> Vec<Vec<f64>> {
    v.as_array().unwrap().iter().map(numbers).collect()
}

/// The largest deviation of two lists of vectors over a scale; NaN and other lengths never agree.
fn deviation(found: &[Vec<f64>], expected: &[Vec<f64>], scale: f64) -> f64 {
    assert_eq!(found.len(), expected.len());
    let pairs = found.iter().flatten().zip(expected.iter().flatten());
    pairs
        .map(|(a, b)| (a - b).abs() / scale)
        .fold(0.0, |m, x| if x <= m { m } else { x })
}

fn rms(v: &[Vec<f64>]) -> f64 {
    let all: Vec<f64> = v.iter().flatten().copied().collect();
    (all.iter().map(|x| x * x).sum::<f64>() / all.len() as f64).sqrt()
}

fn relative(found: f64, expected: f64) -> f64 {
    (found - expected).abs() / expected.abs()
}

/// A case of LAMMPS as extended XYZ.
fn structure(case: &Value) -> String {
    let cell: Vec<String> = vectors(&case["cell"]).iter().flatten().map(f64::to_string).collect();
    let positions = vectors(&case["positions"]);
    let mut text = format!(
        "{}\nLattice=\"{}\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"\n",
        positions.len(),
        cell.join(" ")
    );
    for (t, r) in numbers(&case["types"]).iter().zip(&positions) {
        let species = &case["species"][*t as usize - 1].as_str().unwrap();
        writeln!(text, "{species} {} {} {}", r[0], r[1], r[2]).unwrap();
    }
    text
}

/// The potential of a case as a potential file.
fn potential(case: &Value) -> String {
    let p = &case["potential"];
    let (kind, keys, mut truncation): (_, &[(&str, &str)], _) = match p["style"].as_str().unwrap() {
        "lj/cut" => ("lj", &[("epsilon", "epsilon"), ("sigma", "sigma")], "cut"),
        "lj/smooth/linear" => ("lj", &[("epsilon", "epsilon"), ("sigma", "sigma")], "force_shifted"),
        "mie/cut" => (
            "mie",
            &[
                ("epsilon", "epsilon"),
                ("sigma", "sigma"),
                ("gamma_rep", "n"),
                ("gamma_att", "m"),
            ],
            "cut",
        ),
        "morse" => ("morse", &[("D0", "d0"), ("alpha", "alpha"), ("r0", "r0")], "cut"),
        "buck" => ("buckingham", &[("A", "a"), ("rho", "rho"), ("C", "c")], "cut"),
        other => panic!("{other}"),
    };
    let modified = |word: &str| p["modify"].as_array().is_some_and(|m| m.iter().any(|x| x == word));
    if modified("pair_modify shift yes") {
        truncation = "shifted";
    }
    let species: Vec<&str> = case["species"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s.as_str().unwrap())
        .collect();
    let values = |v: &Value| {
        let one = |(theirs, ours): &(&str, &str)| format!("{ours} = {}", v[*theirs]);
        keys.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let cutoff = p["cutoff"].as_f64().or(p["cutoff_given"].as_f64()).unwrap_or(2.5);
    let mut text = format!("units = {}\n", case["units"]);
    for (name, mass) in species.iter().zip(numbers(&case["masses"])) {
        writeln!(text, "[species.{name}]\nmass = {mass:?}").unwrap();
    }
    let mixing = p["mixing"].as_str().unwrap_or("explicit");
    writeln!(
        text,
        "[[potential]]\nkind = \"{kind}\"\ncutoff = {cutoff:?}\ntruncation = \"{truncation}\""
    )
    .unwrap();
    if species.len() > 1 {
        writeln!(text, "mixing = \"{mixing}\"").unwrap();
    }
    if modified("pair_modify tail yes") {
        text += "tail = true\n";
    }
    match p["pairs"].as_array() {
        None => writeln!(text, "parameters.{} = {{ {} }}", species[0], values(p)).unwrap(),
        Some(pairs) => {
            for pair in pairs {
                let t = numbers(&pair["types"]);
                let (a, b) = (species[t[0] as usize - 1], species[t[1] as usize - 1]);
                writeln!(
                    text,
                    "pairs.{a}-{b} = {{ {}, cutoff = {} }}",
                    values(pair),
                    pair["cutoff"]
                )
                .unwrap();
            }
        }
    }
    text
}

fn lammps(name: &str) {
    let case = json(&format!("lammps/{name}.json"));
    let folder = Folder::new()
        .with("case.extxyz", &structure(&case))
        .with("case.toml", &potential(&case));
    let found = folder
        .run(0, &["evaluate", "case.extxyz", "-p", "case.toml", "--json"])
        .json();

    let energy = relative(found["energy"].as_f64().unwrap(), case["energy"].as_f64().unwrap());
    let expected = vectors(&case["forces"]);
    let force = deviation(&vectors(&found["forces"]), &expected, rms(&expected));
    let [xx, yy, zz, xy, xz, yz] = numbers(&case["virial"]).try_into().unwrap();
    let expected = [vec![xx, xy, xz], vec![xy, yy, yz], vec![xz, yz, zz]];
    let largest = expected.iter().flatten().fold(0.0, |m: f64, x| m.max(x.abs()));
    let virial = deviation(&vectors(&found["virial"]), &expected, largest);
    println!("{name}: energy {energy:.1e}, force {force:.1e} of rms, virial {virial:.1e}");
    assert!(
        energy < ENERGY && force < FORCE && virial < VIRIAL,
        "{name}: {energy:e} {force:e} {virial:e}"
    );
}

macro_rules! lammps_cases {
    ($($name:ident),+ $(,)?) => { $(#[test] fn $name() { lammps(stringify!($name)); })+ };
}

lammps_cases!(
    buck_ar_fcc108,
    lj_cut_fcc256,
    lj_cut_mix_arithmetic_fcc256,
    lj_cut_mix_geometric_fcc256,
    lj_cut_mixture2_fcc256,
    lj_cut_mixture2_triclinic256,
    lj_cut_shift_fcc256,
    lj_cut_smallbox32,
    lj_cut_tail_fcc256,
    lj_cut_triclinic256,
    lj_smooth_linear_fcc256,
    mie_cut_fcc256,
    morse_cu_fcc108,
);

/// A potential file in reduced units for atoms of the species of a structure file.
fn reduced(species: &str, kind: &str, parameters: &str, cutoff: f64, truncation: &str, tail: bool) -> String {
    format!(
        "units = \"lj\"\n[species.{species}]\nmass = 1\n[[potential]]\nkind = \"{kind}\"\ncutoff = {cutoff:?}\n\
         truncation = \"{truncation}\"\ntail = {tail}\nparameters.{species} = {{ {parameters} }}\n"
    )
}

fn species_of(structure: &str) -> String {
    structure
        .lines()
        .nth(2)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned()
}

/// NIST's printed U, W and tail at cutoffs 3 and 4, and our fifteen digits of the same.
#[test]
fn nist_configurations() {
    let printed: [(&str, u32, [f64; 3]); 4] = [
        ("lj_cuboid_1", 3, [-4.3515e3, -5.6867e2, -1.9849e2]),
        ("lj_cuboid_1", 4, [-4.4675e3, -1.2639e3, -8.3769e1]),
        ("lj_cuboid_4", 3, [-1.6790e1, -4.6249e1, -5.4517e-1]),
        ("lj_cuboid_4", 4, [-1.7060e1, -4.7869e1, -2.3008e-1]),
    ];
    let expected = json("nist/expected.json");
    for (name, cutoff, nist) in printed {
        let text = std::fs::read_to_string(data(&format!("nist/{name}.xyz"))).unwrap();
        let species = species_of(&text);
        let run = |truncation: &str, tail: bool| {
            let p = reduced(
                &species,
                "lj",
                "epsilon = 1, sigma = 1",
                f64::from(cutoff),
                truncation,
                tail,
            );
            let folder = Folder::new().with("x.xyz", &text).with("p.toml", &p);
            folder
                .run(0, &["evaluate", "x.xyz", "-p", "p.toml", "--gradient", "*", "--json"])
                .json()
        };
        let own = &expected[name][format!("rc{cutoff}")];
        let value = |key: &str| own[key].as_f64().unwrap();
        let bare = run("cut", false);
        let u = bare["energy"].as_f64().unwrap();
        let trace = |o: &Value| (0..3).map(|k| o["virial"][k][k].as_f64().unwrap()).sum::<f64>();
        let tail = run("cut", true)["energy"].as_f64().unwrap() - u;
        for (found, precise, digits) in [
            (u, value("U"), nist[0]),
            (trace(&bare), value("W"), nist[1]),
            (tail, value("U_lrc"), nist[2]),
        ] {
            println!("{name} rc {cutoff}: {found} {precise} {:.1e}", relative(found, precise));
            assert!(
                relative(found, precise) < GRADIENT,
                "{name} {cutoff}: {found} {precise}"
            );
            assert!(
                relative(found, digits) < NIST_DIGITS,
                "{name} {cutoff}: {found} {digits}"
            );
        }
        let shifted = run("shifted", false)["energy"].as_f64().unwrap();
        assert!(relative(shifted, value("U_shifted")) < GRADIENT);
        let smooth = run("force_shifted", false);
        assert!(relative(smooth["energy"].as_f64().unwrap(), value("U_force_shifted")) < GRADIENT);
        assert!(relative(trace(&smooth), value("W_force_shifted")) < GRADIENT);
        // truncated Lennard-Jones is homogeneous: ε dU/dε = U and σ dU/dσ = W
        let gradient = |k: usize| bare["parameters"][k]["gradient"].as_f64().unwrap();
        assert!(relative(gradient(0), value("U")) < GRADIENT);
        assert!(relative(gradient(1), value("W")) < GRADIENT);
    }
}

/// Parameter gradients and forces against an independent complex-step program.
#[test]
fn complex_step_gradients() {
    let cases = [
        (
            "lj_force_shifted_108",
            "lj",
            &[("epsilon", "epsilon"), ("sigma", "sigma")][..],
        ),
        (
            "morse_force_shifted_108",
            "morse",
            &[("D", "d0"), ("a", "alpha"), ("r0", "r0")][..],
        ),
    ];
    for (name, kind, keys) in cases {
        let case = json(&format!("nist/{name}.json"));
        let text = std::fs::read_to_string(data(&format!("nist/{name}.xyz"))).unwrap();
        let note = case["note"].as_str().unwrap().split("rc=").nth(1).unwrap();
        let digits: String = note
            .chars()
            .skip_while(|c| !c.is_ascii_digit())
            .take_while(|c| !" ,;)".contains(*c))
            .collect();
        let cutoff: f64 = digits.parse().unwrap();
        let one = |(theirs, ours): &(&str, &str)| format!("{ours} = {}", case["parameters"][*theirs]);
        let parameters = keys.iter().map(one).collect::<Vec<_>>().join(", ");
        let p = reduced(&species_of(&text), kind, &parameters, cutoff, "force_shifted", false);
        let folder = Folder::new().with("x.xyz", &text).with("p.toml", &p);
        let found = folder
            .run(0, &["evaluate", "x.xyz", "-p", "p.toml", "--gradient", "*", "--json"])
            .json();
        assert!(relative(found["energy"].as_f64().unwrap(), case["energy"].as_f64().unwrap()) < ENERGY);
        let expected: Vec<f64> = keys
            .iter()
            .map(|(k, _)| case["dU_dparameter"][*k].as_f64().unwrap())
            .collect();
        let largest = expected.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        for (k, expected) in expected.into_iter().enumerate() {
            let p = &found["parameters"][k];
            let error = (p["gradient"].as_f64().unwrap() - expected).abs() / largest;
            println!("{name} {}: {error:.1e}", p["name"]);
            assert!(error < GRADIENT, "{}: {} {expected}", p["name"], p["gradient"]);
        }
        let forces: Vec<Vec<f64>> = text
            .lines()
            .skip(2)
            .map(|l| {
                l.split_whitespace()
                    .skip(4)
                    .take(3)
                    .map(|x| x.parse().unwrap())
                    .collect()
            })
            .collect();
        assert!(deviation(&vectors(&found["forces"]), &forces, rms(&forces)) < FORCE);
    }
}

/// The Hessian-vector product against differences of forces, Richardson-extrapolated from two steps, all by the program.
#[test]
fn hessian_products_are_differences_of_forces() {
    /// Error of the extrapolated difference: round-off ε/h beside h⁴ at h = 10⁻⁴ of the lattice, over the largest element.
    const DIFFERENCE: f64 = 1e-8;
    let case = json("lammps/morse_cu_fcc108.json");
    let n = case["positions"].as_array().unwrap().len();
    // a fixed direction without symmetry
    let v: Vec<Vec<f64>> = (0..n)
        .map(|i| (0..3).map(|k| ((7 * i + 3 * k) as f64).sin()).collect())
        .collect();
    let lines: String = v.iter().map(|r| format!("{} {} {}\n", r[0], r[1], r[2])).collect();
    let moved = |h: f64| {
        let mut case = case.clone();
        for (r, v) in case["positions"].as_array_mut().unwrap().iter_mut().zip(&v) {
            for k in 0..3 {
                r[k] = (r[k].as_f64().unwrap() + h * v[k]).into();
            }
        }
        structure(&case)
    };
    // between the first and the second shell of the crystal, where no pair jumps in or out between the steps
    let smooth = potential(&case).replace("cutoff = 5.2", "cutoff = 3.1");
    const H: f64 = 1e-3;
    let frames = [0.0, H, -H, 2.0 * H, -2.0 * H].map(moved).concat();
    let folder = Folder::new()
        .with("x.extxyz", &frames)
        .with("p.toml", &smooth)
        .with("v.txt", &lines);
    let all = folder
        .run(
            0,
            &[
                "evaluate",
                "x.extxyz",
                "-p",
                "p.toml",
                "--json",
                "--hessian-vector",
                "v.txt",
            ],
        )
        .json();
    let forces: Vec<Vec<Vec<f64>>> = (0..5).map(|k| vectors(&all[k]["forces"])).collect();
    let product = vectors(&all[0]["hessian_vector"]);
    let expected: Vec<Vec<f64>> = (0..n)
        .map(|i| {
            let at = |f: usize, k: usize| forces[f][i][k];
            let slope = |k: usize, p: usize, m: usize, h: f64| (at(p, k) - at(m, k)) / (2.0 * h);
            (0..3)
                .map(|k| -(4.0 * slope(k, 1, 2, H) - slope(k, 3, 4, 2.0 * H)) / 3.0)
                .collect()
        })
        .collect();
    let largest = expected.iter().flatten().fold(0.0, |m: f64, x| m.max(x.abs()));
    let error = deviation(&product, &expected, largest);
    println!("Hessian product against differences: {error:.1e}");
    assert!(error < DIFFERENCE, "{error:e}");
}
