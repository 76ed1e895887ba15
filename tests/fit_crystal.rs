//! Crystals as targets of fits: lattice constants and energies that are known, and their derivatives.

mod fit_support;
mod support;

use admd::engine::{Cell, Configuration, Vec3};
use admd::fit::{Crystal, CrystalSpec, FitError, Target, Which};
use admd_potentials::catalog::pair_info;
use admd_potentials::form::binding::PairBinding;
use admd_potentials::form::truncation::Truncation;
use fit_support::{DIFFERENCES, SOME, TRANSPOSE, assert_slopes, assert_transposes, fcc, units};
use support::{TRUNCATIONS, example, lj, plain_lj};

/// Sums of 10,000 pairs, of which the lattice constant has the root.
const ROUNDING: f64 = 1e-12;

fn spec(configuration: Configuration, constant: f64) -> CrystalSpec {
    CrystalSpec {
        name: "crystal".into(),
        tag: String::new(),
        weight: 4.0,
        configuration,
        constant,
        lattice_constant: SOME,
        cohesive_energy: SOME,
    }
}

fn crystal(constant: f64, binding: PairBinding) -> Crystal {
    Crystal::new(spec(fcc(1, constant), constant), vec![binding]).unwrap()
}

fn found(crystal: &mut Crystal, theta: &[f64]) -> [f64; 2] {
    crystal.evaluate(theta, Which::All).unwrap().try_into().unwrap()
}

/// Σ s⁻ⁿ over the neighbours within `reach`, s being distances in units of the nearest neighbours'.
fn sum(reach: f64, n: i32) -> f64 {
    let most = (reach * 2_f64.sqrt()) as i32 + 1;
    let mut sum = 0.0;
    for x in -most..=most {
        for y in -most..=most {
            for z in -most..=most {
                // half the edge is the unit: sites are those with an even sum
                let s2 = f64::from(x * x + y * y + z * z) / 2.0;
                if (x + y + z) % 2 == 0 && s2 > 0.0 && s2 <= reach * reach {
                    sum += s2.powf(-0.5 * f64::from(n));
                }
            }
        }
    }
    sum
}

#[test]
fn lennard_jones_has_the_lattice_constant_of_its_lattice_sums() {
    // u = 4ε Σ (σ/r)¹² − (σ/r)⁶ over neighbours within the cutoff: a⁶ = 2 A₁₂/A₆ 8σ⁶, E/N = −ε A₆²/2 A₁₂
    const CUTOFF: f64 = 6.0;
    for (epsilon, sigma) in [(1.0, 1.0), (1.7, 0.9)] {
        let mut one = crystal(1.7, lj(1, &[Some((1.0, 1.0, CUTOFF))], Truncation::Cut));
        let [a, energy] = found(&mut one, &[epsilon, sigma]);
        let reach = CUTOFF / (a / 2_f64.sqrt());
        let (twelve, six) = (sum(reach, 12), sum(reach, 6));
        let expected = 2_f64.sqrt() * sigma * (2.0 * twelve / six).powf(1.0 / 6.0);
        println!("a = {a}, {expected} expected; E/N = {energy}; A6 = {six}, A12 = {twelve}");
        assert!((a / expected - 1.0).abs() < ROUNDING);
        assert!((energy / (-epsilon * six * six / (2.0 * twelve)) - 1.0).abs() < ROUNDING);
        // away from jumps nothing knows the cutoff: a scales with σ, E with ε
        let slopes = one.push(&[epsilon, sigma], &units(2)).unwrap();
        let expected = [[0.0, energy / epsilon], [a / sigma, 0.0]];
        for (found, expected) in slopes.iter().flatten().zip(expected.iter().flatten()) {
            assert!((found - expected).abs() < 1e2 * ROUNDING, "{found} and {expected}");
        }
    }
}

#[test]
fn without_an_end_the_sums_are_those_of_the_textbook() {
    // A₆ = 14.45392, A₁₂ = 12.13188 (C. Kittel, Introduction to Solid State Physics, 8th ed., ch. 3): R/σ = 1.09, E = −8.6 ε
    let mut binding = lj(1, &[Some((1.0, 1.0, 9.0))], Truncation::Cut);
    binding.tail = true;
    let [a, energy] = found(&mut crystal(1.6, binding), &[1.0, 1.0]);
    let (six, twelve) = (14.45392_f64, 12.13188_f64);
    let expected = 2_f64.sqrt() * (2.0 * twelve / six).powf(1.0 / 6.0);
    println!(
        "a = {a}, {expected} expected; E/N = {energy}, {}",
        -six * six / (2.0 * twelve)
    );
    // what neighbours beyond 9 σ have is taken for that of a fluid
    assert!((a - expected).abs() < 1e-4 * expected);
    assert!((energy + six * six / (2.0 * twelve)).abs() < 1e-4 * energy.abs());
}

/// L. A. Girifalco and V. G. Weizer, Phys. Rev. 114, 687 (1959): fitted to the lattice constant, 3.61 Å, and the energy of
/// sublimation of copper, with 150 neighbours and more.
#[test]
fn morse_copper_has_the_lattice_constant_of_copper() {
    const COPPER: [f64; 3] = [0.3429, 1.3588, 2.866];
    let binding = PairBinding {
        leaves: example(pair_info("morse").unwrap(), 10.0, Truncation::Cut).leaves,
        ..example(pair_info("morse").unwrap(), 10.0, Truncation::Cut)
    };
    for start in [3.3, 3.6, 4.2] {
        let [a, energy] = found(&mut crystal(start, binding.clone()), &COPPER);
        println!("from {start}: a = {a}, E/N = {energy}");
        assert!((a - 3.61).abs() < 0.01, "{a}");
        assert!((energy + 3.5).abs() < 0.05, "{energy}");
    }
    let mut one = crystal(3.6, binding);
    assert_slopes(&mut one, &COPPER, 1e-3, DIFFERENCES);
    assert_transposes(&mut one, &COPPER, TRANSPOSE);
}

#[test]
fn slopes_are_those_of_the_predictions_for_every_truncation() {
    for (truncation, tail) in TRUNCATIONS
        .into_iter()
        .map(|t| (t, false))
        .chain([(Truncation::Cut, true)])
    {
        let mut binding = plain_lj(2.9, truncation);
        binding.tail = tail;
        println!("{truncation:?}, tail {tail}");
        let mut one = crystal(1.55, binding);
        // behind the leaves a reference energy, which crystals ignore
        let theta = [1.2, 0.98, -3.0];
        assert_slopes(&mut one, &theta, 1e-3, DIFFERENCES);
        assert_transposes(&mut one, &theta, TRANSPOSE);
        let slopes = one.push(&theta, &units(3)).unwrap();
        assert_eq!(slopes[2], [0.0, 0.0]);
    }
}

/// A sheared cell of one atom is the same crystal, and two species have their own parameters.
#[test]
fn cells_of_any_shape_and_kind() {
    let binding = plain_lj(4.0, Truncation::ForceShifted);
    let [a, energy] = found(&mut crystal(1.6, binding.clone()), &[1.0, 1.0]);
    let half = 0.5 * 1.6;
    let edges = [
        Vec3::new(0.0, half, half),
        Vec3::new(half, 0.0, half),
        Vec3::new(half, half, 0.0),
    ];
    let primitive = Configuration {
        cell: Cell::new(edges, [true; 3]).unwrap(),
        species: vec![0],
        positions: vec![Vec3::new(0.1, 0.2, 0.3)],
    };
    let mut one = Crystal::new(spec(primitive, 1.6), vec![binding]).unwrap();
    let [same, likewise] = found(&mut one, &[1.0, 1.0]);
    assert!((a - same).abs() < 1e-11 && (energy - likewise).abs() < 1e-11);

    let pairs = [(1.0, 1.0, 3.0), (1.3, 0.95, 2.8), (0.8, 0.88, 2.7)].map(Some);
    let salt = Configuration {
        species: vec![0, 1, 1, 0],
        ..fcc(1, 1.5)
    };
    let mut salt = Crystal::new(
        spec(salt, 1.5),
        vec![lj(2, &pairs, Truncation::Switched { onset: 0.8 })],
    )
    .unwrap();
    let theta = [1.0, 1.0, 1.3, 0.95, 0.8, 0.88, 0.0, 0.0];
    assert_slopes(&mut salt, &theta, 2e-4, DIFFERENCES);
    assert_transposes(&mut salt, &theta, TRANSPOSE);
}

#[test]
fn rows_and_groups_say_what_they_are() {
    let mut all = spec(fcc(1, 1.6), 1.6);
    all.lattice_constant = None;
    let mut one = Crystal::new(all, vec![plain_lj(3.1, Truncation::Shifted)]).unwrap();
    assert_eq!(one.rows().len(), 1);
    assert_eq!(one.groups()[0].name, "crystal");
    assert!((one.rows()[0].scale - 20.0).abs() < 1e-12); // √4/0.1
    assert_eq!(one.evaluate(&[1.0, 1.0], Which::Groups(&[false])).unwrap(), [1.0]);
    let bits = one.evaluate(&[1.0, 1.0], Which::All).unwrap();
    one.evaluate(&[1.1, 0.9], Which::All).unwrap();
    assert_eq!(one.evaluate(&[1.0, 1.0], Which::All).unwrap(), bits);
    assert_eq!(one.fork().evaluate(&[1.0, 1.0], Which::All).unwrap(), bits);
}

#[test]
fn crystals_that_do_not_hold_together_say_so() {
    let message = |start: f64, binding: PairBinding, theta: &[f64]| {
        let error = crystal(start, binding).evaluate(theta, Which::All).unwrap_err();
        println!("{error}");
        assert!(error.is_of_step());
        error.to_string()
    };
    // out of reach of each other
    assert!(message(8.0, plain_lj(2.5, Truncation::Cut), &[1.0, 1.0]).contains("no force"));
    // a cutoff within the repulsion
    assert!(message(1.5, plain_lj(1.05, Truncation::Shifted), &[1.0, 1.0]).contains("crystal: at the lattice"));
    // potentials refuse a negative length
    let error = crystal(1.5, plain_lj(2.5, Truncation::Cut)).evaluate(&[1.0, -1.0], Which::All);
    assert!(matches!(error, Err(FitError::Refused(_))), "{error:?}");
    let error = crystal(1.5, plain_lj(2.5, Truncation::Cut)).evaluate(&[1.0], Which::All);
    assert!(matches!(error, Err(FitError::Refused(_))), "{error:?}");
    // nothing to build
    let mut open = spec(fcc(1, 1.5), 1.5);
    open.configuration.cell = Cell::new([Vec3::x(), Vec3::y(), Vec3::z()], [true, true, false]).unwrap();
    for wrong in [
        open,
        spec(fcc(1, 1.5), 0.0),
        spec(
            Configuration {
                species: vec![],
                positions: vec![],
                ..fcc(1, 1.5)
            },
            1.5,
        ),
    ] {
        let error = Crystal::new(wrong, vec![plain_lj(2.5, Truncation::Cut)]).unwrap_err();
        println!("{error}");
    }
}

/// Attraction, and a repulsion that a cut ends where it is strong: neighbours stay just outside of it.
#[test]
fn a_minimum_at_a_jump_is_an_error() {
    let attraction = lj(1, &[Some((1.0, 0.8, 3.0))], Truncation::Cut);
    let repulsion = lj(1, &[Some((1.0, 1.2, 1.1))], Truncation::Cut);
    for start in [1.3, 1.7] {
        let both = vec![attraction.clone(), repulsion.clone()];
        let mut one = Crystal::new(spec(fcc(1, start), start), both).unwrap();
        let error = one.evaluate(&[1.0, 0.8, 1.0, 1.2], Which::All).unwrap_err();
        println!("{error}");
        // √2 · 1.1
        assert!(error.to_string().contains("lattice constant 1.55563"), "{error}");
        assert!(error.to_string().contains("jumps past zero"), "{error}");
        assert!(one.pull(&[1.0, 0.8, 1.0, 1.2], &[1.0, 1.0]).is_err());
    }
}

/// Fits start half off: parameters for which the given lattice constant is far from the minimum.
#[test]
fn the_minimum_is_found_from_afar() {
    for truncation in TRUNCATIONS {
        for sigma in [0.55, 0.7, 0.85, 1.2, 1.5, 2.0] {
            let [a, energy] = found(&mut crystal(1.55, plain_lj(6.0, truncation)), &[1.0, sigma]);
            println!("{truncation:?}, {sigma}: {:.5} σ, {energy:.5}", a / sigma);
            // the shorter of the cutoffs is three σ
            assert!((a / sigma - 1.545).abs() < 0.02 && (-8.7..-6.0).contains(&energy));
        }
    }
}
