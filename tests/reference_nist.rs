//! NIST's Lennard-Jones configurations, and force-shifted crystals with complex-step parameter gradients
//! (`tests/data/README.md`).

#[path = "support/catalogue.rs"]
mod catalogue;
#[path = "../ad/tests/support/complex.rs"]
mod complex;
#[path = "support/oracle.rs"]
mod oracle;

use admd::engine::{Cell, Configuration, Vec3};
use admd::potentials::catalog::pair_info;
use admd::potentials::form::binding::PairBinding;
use admd::potentials::form::truncation::Truncation;
use catalogue::{deviation, evaluate, field, maximum};
use serde_json::Value;

/// Relative, for energies, virials and tails recomputed by an independent program.
const RECOMPUTED: f64 = 1e-10;
/// Of the root mean square force.
const FORCE: f64 = 1e-10;
/// Half a unit of the fifth digit that NIST prints.
const PRINTED: f64 = 0.5e-4;

/// The numbers of each row after the first columns.
fn rows(text: &str, skip_lines: usize, skip_columns: usize) -> Vec<Vec<f64>> {
    let row = |line: &str| {
        line.split_whitespace()
            .skip(skip_columns)
            .map(|x| x.parse().unwrap())
            .collect()
    };
    text.lines().skip(skip_lines).map(row).collect()
}

fn cube(edge: f64, rows: &[Vec<f64>]) -> Configuration {
    Configuration {
        cell: Cell::orthogonal([edge; 3]).unwrap(),
        species: vec![0; rows.len()],
        positions: rows.iter().map(|r| Vec3::new(r[0], r[1], r[2])).collect(),
    }
}

fn rms(forces: &[Vec3]) -> f64 {
    (forces.iter().map(|f| f.norm_squared()).sum::<f64>() / (3.0 * forces.len() as f64)).sqrt()
}

struct Sample {
    name: &'static str,
    edge: f64,
    xyz: &'static str,
    forces_truncated: &'static str,
    forces_shifted: &'static str,
}

const SAMPLES: [Sample; 2] = [
    Sample {
        name: "lj_cuboid_1",
        edge: 10.0,
        xyz: include_str!("data/nist/lj_cuboid_1.xyz"),
        forces_truncated: include_str!("data/nist/lj_cuboid_1.forces_truncated_rc3.dat"),
        forces_shifted: include_str!("data/nist/lj_cuboid_1.forces_force_shifted_rc3.dat"),
    },
    Sample {
        name: "lj_cuboid_4",
        edge: 8.0,
        xyz: include_str!("data/nist/lj_cuboid_4.xyz"),
        forces_truncated: include_str!("data/nist/lj_cuboid_4.forces_truncated_rc3.dat"),
        forces_shifted: include_str!("data/nist/lj_cuboid_4.forces_force_shifted_rc3.dat"),
    },
];

impl Sample {
    fn configuration(&self) -> Configuration {
        cube(self.edge, &rows(self.xyz, 2, 1))
    }

    fn expected(&self, cutoff: f64) -> Value {
        let all: Value = serde_json::from_str(include_str!("data/nist/expected.json")).unwrap();
        all[self.name][format!("rc{cutoff}")].clone()
    }
}

fn lj(truncation: Truncation, cutoff: f64, tail: bool) -> PairBinding {
    let info = pair_info("lj").unwrap();
    let builder = PairBinding::builder("lj", info, ["Ar"])
        .truncation(truncation)
        .cutoff(cutoff)
        .like("Ar", info.named(&[1.0, 1.0]));
    let builder = if tail { builder.tail_corrections() } else { builder };
    builder.build().unwrap()
}

#[track_caller]
fn assert_near(what: &str, found: f64, expected: f64, tolerance: f64) {
    let off = (found - expected).abs() / expected.abs();
    println!("{what}: {off:.1e}");
    assert!(
        off < tolerance,
        "{what}: {found:.16e} instead of {expected:.16e}, off by {off:e}"
    );
}

#[test]
fn energies_virials_and_tails_equal_the_recomputed_ones() {
    for sample in &SAMPLES {
        let c = sample.configuration();
        for cutoff in [3.0, 4.0] {
            // configuration 4 at rc = 4 has the cutoff at exactly half the box
            let expected = sample.expected(cutoff);
            let number = |key: &str| expected[key].as_f64().unwrap();
            let name = |what: &str| format!("{} rc {cutoff} {what}", sample.name);
            let bare = evaluate(&mut field(&lj(Truncation::Cut, cutoff, false)), &c);
            let (energy, virial) = (bare.energy.unwrap(), bare.virial.unwrap());
            assert_near(&name("U"), energy, number("U"), RECOMPUTED);
            assert_near(&name("W"), virial.trace(), number("W"), RECOMPUTED);
            let six: Vec<f64> = serde_json::from_value(expected["virial_xx_yy_zz_xy_xz_yz"].clone()).unwrap();
            let ours = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)].map(|ab| virial[ab]);
            let off = maximum(ours.iter().zip(&six).map(|(a, b)| (a - b).abs())) / virial.amax();
            assert!(off < RECOMPUTED, "{}: {off:e}", name("virial"));

            let shifted = evaluate(&mut field(&lj(Truncation::Shifted, cutoff, false)), &c);
            assert_near(
                &name("U shifted"),
                shifted.energy.unwrap(),
                number("U_shifted"),
                RECOMPUTED,
            );
            let smooth = evaluate(&mut field(&lj(Truncation::ForceShifted, cutoff, false)), &c);
            assert_near(
                &name("U force shifted"),
                smooth.energy.unwrap(),
                number("U_force_shifted"),
                RECOMPUTED,
            );
            assert_near(
                &name("W force shifted"),
                smooth.virial.unwrap().trace(),
                number("W_force_shifted"),
                RECOMPUTED,
            );

            let full = evaluate(&mut field(&lj(Truncation::Cut, cutoff, true)), &c);
            // the difference of two numbers of the size of U: its round-off is that of U
            let (u, w) = (
                full.energy.unwrap() - energy,
                full.virial.unwrap().trace() - virial.trace(),
            );
            assert_near(&name("U tail"), u, number("U_lrc"), RECOMPUTED);
            assert_near(&name("W tail"), w, number("W_lrc"), RECOMPUTED);
        }
    }
}

#[test]
fn energies_virials_and_tails_equal_the_digits_that_nist_prints() {
    let printed: [(usize, f64, [f64; 3]); 4] = [
        (0, 3.0, [-4.3515e3, -5.6867e2, -1.9849e2]),
        (0, 4.0, [-4.4675e3, -1.2639e3, -8.3769e1]),
        (1, 3.0, [-1.6790e1, -4.6249e1, -5.4517e-1]),
        (1, 4.0, [-1.7060e1, -4.7869e1, -2.3008e-1]),
    ];
    for (sample, cutoff, [u, w, tail]) in printed {
        let c = SAMPLES[sample].configuration();
        let bare = evaluate(&mut field(&lj(Truncation::Cut, cutoff, false)), &c);
        let full = evaluate(&mut field(&lj(Truncation::Cut, cutoff, true)), &c);
        let found = [
            bare.energy.unwrap(),
            bare.virial.unwrap().trace(),
            full.energy.unwrap() - bare.energy.unwrap(),
        ];
        for (found, printed) in found.into_iter().zip([u, w, tail]) {
            let unit = 10.0_f64.powf(printed.abs().log10().floor());
            assert!(
                (found - printed).abs() < PRINTED * unit * (1.0 + 1e-9),
                "{} rc {cutoff}: {found} is not printed as {printed}",
                SAMPLES[sample].name
            );
        }
    }
}

#[test]
fn forces_equal_the_recomputed_ones() {
    for sample in &SAMPLES {
        let c = sample.configuration();
        for (truncation, text) in [
            (Truncation::Cut, sample.forces_truncated),
            (Truncation::ForceShifted, sample.forces_shifted),
        ] {
            let forces = evaluate(&mut field(&lj(truncation, 3.0, false)), &c).forces;
            let expected: Vec<Vec3> = rows(text, 1, 1).into_iter().map(Vec3::from_vec).collect();
            let off = deviation(&forces, &expected) / rms(&expected);
            println!("{} {}: {off:.1e}", sample.name, truncation.name());
            assert!(off < FORCE, "{} {}: {off:e}", sample.name, truncation.name());
        }
    }
}

#[test]
fn parameter_derivatives_of_a_truncated_lennard_jones_fluid_are_energy_and_virial() {
    // ε dU/dε = U and σ dU/dσ = W, here with ε = σ = 1
    for sample in &SAMPLES {
        let c = sample.configuration();
        let binding = lj(Truncation::Cut, 3.0, false);
        let gradient = evaluate(&mut field(&binding), &c).gradient;
        let expected = sample.expected(3.0);
        assert_near("ε dU/dε", gradient[0], expected["U"].as_f64().unwrap(), RECOMPUTED);
        assert_near("σ dU/dσ", gradient[1], expected["W"].as_f64().unwrap(), RECOMPUTED);
    }
}

#[test]
fn force_shifted_crystals_have_the_complex_step_gradients() {
    let cases = [
        (
            "lj",
            2.5,
            ["epsilon", "sigma"].as_slice(),
            include_str!("data/nist/lj_force_shifted_108.json"),
            include_str!("data/nist/lj_force_shifted_108.xyz"),
        ),
        (
            "morse",
            2.4,
            ["D", "a", "r0"].as_slice(),
            include_str!("data/nist/morse_force_shifted_108.json"),
            include_str!("data/nist/morse_force_shifted_108.xyz"),
        ),
    ];
    for (name, cutoff, keys, json, xyz) in cases {
        let expected: Value = serde_json::from_str(json).unwrap();
        let number = |group: &str, key: &str| expected[group][key].as_f64().unwrap();
        let info = pair_info(name).unwrap();
        let values: Vec<f64> = keys.iter().map(|k| number("parameters", k)).collect();
        let binding = PairBinding::builder(name, info, ["X"])
            .truncation(Truncation::ForceShifted)
            .cutoff(cutoff)
            .like("X", info.named(&values))
            .build()
            .unwrap();
        let rows = rows(xyz, 2, 1);
        let c = cube(expected["box"].as_f64().unwrap(), &rows);
        let out = evaluate(&mut field(&binding), &c);
        assert_near(
            &format!("{name} U"),
            out.energy.unwrap(),
            expected["energy"].as_f64().unwrap(),
            RECOMPUTED,
        );
        for (k, key) in ["xx", "yy", "zz"].into_iter().enumerate() {
            let reference = number("virial_minus_dU_dstrain", key);
            assert_near(
                &format!("{name} virial {key}"),
                out.virial.unwrap()[(k, k)],
                reference,
                RECOMPUTED,
            );
        }
        let forces: Vec<Vec3> = rows.iter().map(|r| Vec3::new(r[3], r[4], r[5])).collect();
        let off = deviation(&out.forces, &forces) / rms(&forces);
        println!("{name} forces: {off:.1e}");
        assert!(off < FORCE, "{name}: forces off by {off:e}");
        let pairs = oracle::Pairs::new(&c, &binding);
        let (dual, complex) = (
            oracle::dual_gradient(&pairs, &binding),
            oracle::complex_gradient(&pairs, &binding),
        );
        let gradients = [out.gradient, dual, complex];
        for gradient in gradients {
            for (g, key) in gradient.into_iter().zip(keys) {
                assert_near(
                    &format!("{name} dU/d{key}"),
                    g,
                    number("dU_dparameter", key),
                    RECOMPUTED,
                );
            }
        }
    }
}
