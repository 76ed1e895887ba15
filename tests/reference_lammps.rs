//! Energies, forces and virials of LAMMPS (`tests/data/README.md`), number for number.

#[path = "support/catalogue.rs"]
mod catalogue;
#[path = "../ad/tests/support/complex.rs"]
mod complex;
#[path = "support/oracle.rs"]
mod oracle;

use admd::engine::{Cell, Configuration, Mat3, Vec3};
use admd::potentials::catalog::pair_info;
use admd::potentials::form::binding::PairBinding;
use admd::potentials::form::mixing::Rule;
use admd::potentials::form::truncation::Truncation;
use catalogue::{deviation, evaluate, field, maximum};
use serde_json::Value;

/// Of Σ|pair energies|: LAMMPS and we sum some 10⁴ pairs in different orders, and the energy is the difference of large
/// numbers. The brief form "1e-11 of the energy" is asserted too, where the energy is not small beside that sum.
const ENERGY: f64 = 1e-13;
const ENERGY_RELATIVE: f64 = 1e-11;
/// Of the root mean square force.
const FORCE: f64 = 1e-9;
/// Of the largest element.
const VIRIAL: f64 = 1e-9;

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn vectors(v: &Value) -> Vec<Vec3> {
    v.as_array()
        .unwrap()
        .iter()
        .map(|r| Vec3::from_vec(numbers(r)))
        .collect()
}

/// xx yy zz xy xz yz.
fn tensor(v: &Value) -> Mat3 {
    let [xx, yy, zz, xy, xz, yz] = numbers(v).try_into().unwrap();
    Mat3::new(xx, xy, xz, xy, yy, yz, xz, yz, zz)
}

fn configuration(case: &Value) -> Configuration {
    let edges = vectors(&case["cell"]);
    Configuration {
        cell: Cell::new([edges[0], edges[1], edges[2]], [true; 3]).unwrap(),
        species: numbers(&case["types"]).iter().map(|t| *t as u16 - 1).collect(),
        positions: vectors(&case["positions"]),
    }
}

/// The potential of a case: our name, and our parameters in the order of LAMMPS's keys.
fn binding(case: &Value) -> PairBinding {
    let potential = &case["potential"];
    let (name, keys, mut truncation): (_, &[&str], _) = match potential["style"].as_str().unwrap() {
        "lj/cut" => ("lj", &["epsilon", "sigma"], Truncation::Cut),
        "lj/smooth/linear" => ("lj", &["epsilon", "sigma"], Truncation::ForceShifted),
        "mie/cut" => ("mie", &["epsilon", "sigma", "gamma_rep", "gamma_att"], Truncation::Cut),
        "morse" => ("morse", &["D0", "alpha", "r0"], Truncation::Cut),
        "buck" => ("buckingham", &["A", "rho", "C"], Truncation::Cut),
        other => panic!("{other}"),
    };
    let modified = |word: &str| {
        potential["modify"]
            .as_array()
            .is_some_and(|m| m.iter().any(|x| x == word))
    };
    if modified("pair_modify shift yes") {
        truncation = Truncation::Shifted;
    }
    let info = pair_info(name).unwrap();
    let species: Vec<&str> = case["species"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s.as_str().unwrap())
        .collect();
    let mut builder = PairBinding::builder(name, info, species.clone()).truncation(truncation);
    if modified("pair_modify tail yes") {
        builder = builder.tail_corrections();
    }
    builder = match potential["mixing"].as_str() {
        Some("arithmetic") => builder.mixing(Rule::Arithmetic),
        Some("geometric") => builder.mixing(Rule::Geometric),
        _ => builder,
    };
    let values = |p: &Value| -> Vec<f64> { keys.iter().map(|k| p[k].as_f64().unwrap()).collect() };
    match potential["pairs"].as_array() {
        Some(pairs) => {
            for pair in pairs {
                let types = numbers(&pair["types"]);
                let (a, b) = (species[types[0] as usize - 1], species[types[1] as usize - 1]);
                let cutoff = pair["cutoff"].as_f64().unwrap();
                builder = builder.pair_within(a, b, cutoff, info.named(&values(pair)));
            }
            if let Some(cutoff) = potential["cutoff_given"].as_f64() {
                builder = builder.cutoff(cutoff);
            }
        }
        None => {
            let cutoff = potential["cutoff"].as_f64().unwrap();
            builder = builder.cutoff(cutoff).like(species[0], info.named(&values(potential)));
        }
    }
    builder.build().unwrap_or_else(|e| panic!("{e:?}"))
}

fn compare(text: &str) {
    let case: Value = serde_json::from_str(text).unwrap();
    let name = case["name"].as_str().unwrap();
    let (c, binding) = (configuration(&case), binding(&case));
    let out = evaluate(&mut field(&binding), &c);

    let (found, expected) = (out.energy.unwrap(), case["energy"].as_f64().unwrap());
    let scale = oracle::scale(&oracle::Pairs::new(&c, &binding), &binding).abs();
    let energy = (found - expected).abs();

    let reference = vectors(&case["forces"]);
    let rms = (reference.iter().map(|f| f.norm_squared()).sum::<f64>() / (3.0 * c.len() as f64)).sqrt();
    let force = deviation(&out.forces, &reference) / rms;

    let reference = tensor(&case["virial"]);
    let virial = maximum((out.virial.unwrap() - reference).iter().map(|x| x.abs())) / reference.amax();
    println!(
        "{name}: energy {:.1e} of Σ|u|, {:.1e} relative; force {force:.1e} of rms; virial {virial:.1e}",
        energy / scale,
        energy / expected.abs()
    );
    assert!(
        energy < ENERGY * scale,
        "{name}: energy {found:.16e} instead of {expected:.16e}"
    );
    assert!(
        energy < ENERGY_RELATIVE * expected.abs(),
        "{name}: energy {found:.16e} instead of {expected:.16e}"
    );
    assert!(force < FORCE, "{name}: forces off by {force:e} of their rms");
    assert!(virial < VIRIAL, "{name}: virial off by {virial:e}");
}

macro_rules! cases {
    ($($name:ident),+ $(,)?) => {$(
        #[test]
        fn $name() {
            compare(include_str!(concat!("data/lammps/", stringify!($name), ".json")));
        }
    )+};
}

cases! {
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
    buck_ar_fcc108,
}
