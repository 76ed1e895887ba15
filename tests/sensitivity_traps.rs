//! What other programs fall into: slopes of masked pairs that are NaN, and cutoffs that move with σ.
//!
//! Reverse mode multiplies the slope of a pair by its mask. A masked slope that is not finite, as of a padded place at
//! distance 0, makes the sum NaN; and a cutoff in units of σ adds its own slope to that of σ. Here the cutoff is a length and
//! no parameter: dE/dσ is that at a fixed cutoff, and no leaf of a potential stands for it.

#[path = "../ad/tests/support/complex.rs"]
mod complex;
#[path = "support/oracle.rs"]
mod oracle;
mod support;

use admd::ad::Isa;
use admd::engine::{Cell, Configuration, Direction, Evaluation, Precision, Request, Settings, Vec3};
use admd::engine::{EngineError, ForceField};
use admd::potentials::form::truncation::Truncation;
use oracle::{Pairs, complex_gradient};
use support::{Random, TRUNCATIONS, assert_close, bits, evaluate, field, lattice, lj, plain_lj};

/// Two ways to the same sum of some thousand pairs.
const IDENTITY: f64 = 1e-12;
/// Richardson differences of an energy of some hundred: rounding over steps of 1e-4.
const DIFFERENCES: f64 = 1e-8;

fn open(edge: f64) -> Cell {
    Cell::new([Vec3::x(), Vec3::y(), Vec3::z()].map(|e| e * edge), [false; 3]).unwrap()
}

fn atoms(cell: Cell, positions: Vec<Vec3>) -> Configuration {
    Configuration {
        cell,
        species: vec![0; positions.len()],
        positions,
    }
}

/// Clusters and lone atoms, of numbers that fill no slice of the list: 1 to 23 atoms, with others far beyond the cutoff.
fn systems() -> Vec<(&'static str, Configuration)> {
    let mut random = Random(7);
    let mut clump = |count: usize, at: Vec3| -> Vec<Vec3> {
        let corner = |k: usize| Vec3::new((k % 3) as f64, (k / 3 % 3) as f64, (k / 9) as f64) * 1.1;
        (0..count).map(|k| at + corner(k) + random.vector() * 0.05).collect()
    };
    let mut far = clump(11, Vec3::zeros());
    far.extend(clump(5, Vec3::new(400.0, 0.0, 0.0)));
    far.push(Vec3::new(0.0, -900.0, 30.0));
    let (few, many) = (clump(5, Vec3::zeros()), clump(23, Vec3::zeros()));
    let mut isolated = clump(9, Vec3::new(2.0, 2.0, 2.0));
    isolated.push(Vec3::new(14.0, 14.0, 14.0));
    vec![
        ("five atoms", atoms(open(20.0), few)),
        ("23 atoms", atoms(open(20.0), many)),
        ("some far away", atoms(open(20.0), far)),
        ("one isolated", atoms(Cell::orthogonal([30.0; 3]).unwrap(), isolated)),
        (
            "a liquid",
            lattice(Cell::orthogonal([6.0; 3]).unwrap(), [5, 5, 5], 0.1, 1, 3),
        ),
    ]
}

fn every_isa() -> impl Iterator<Item = Isa> {
    Isa::ALL.into_iter().filter(|isa| isa.is_supported())
}

#[test]
fn slopes_of_masked_pairs_do_no_harm() {
    for (name, c) in systems() {
        for truncation in TRUNCATIONS {
            let binding = plain_lj(2.5, truncation);
            let expected = complex_gradient(&Pairs::new(&c, &binding), &binding);
            for (isa, precision) in every_isa().flat_map(|i| [(i, Precision::Double), (i, Precision::Mixed)]) {
                let settings = Settings {
                    isa: Some(isa),
                    precision,
                    ..Settings::new(0.3)
                };
                let mut field = ForceField::new(vec![plain_lj(2.5, truncation)], settings).unwrap();
                // the slopes along a direction, too: that is what goes backwards through a trajectory
                let direction = support::direction(&c, 2, 5);
                let request = Request {
                    gradient: true,
                    tangents: core::slice::from_ref(&direction),
                    ..Request::ENERGY
                };
                let out = evaluate(&mut field, &c, request);
                assert!(
                    out.gradient.iter().all(|x| x.is_finite()),
                    "{name}, {truncation:?}: {:?}",
                    out.gradient
                );
                assert_close(
                    &format!("{name}, {truncation:?}, {isa:?}"),
                    &out.gradient,
                    &expected,
                    IDENTITY,
                );
                assert!(
                    bits(&out).iter().all(|x| f64::from_bits(*x).is_finite()),
                    "{name}, {truncation:?}"
                );
            }
        }
    }
}

#[test]
fn without_a_pair_within_the_cutoff_everything_is_exactly_zero() {
    let apart = |d: f64| {
        atoms(
            open(50.0),
            (0..13).map(|k| Vec3::new(d * f64::from(k), 0.0, 0.0)).collect(),
        )
    };
    // in the skin, and beyond it; one atom; none
    let systems = [
        apart(2.6),
        apart(7.0),
        apart(1.0e3),
        atoms(open(9.0), vec![Vec3::x()]),
        atoms(open(9.0), vec![]),
    ];
    for c in systems {
        for truncation in TRUNCATIONS {
            let direction = Direction {
                parameters: vec![1.0, -1.0],
                ..support::direction(&c, 2, 1)
            };
            let request = Request {
                gradient: true,
                tangents: core::slice::from_ref(&direction),
                ..Request::ENERGY
            };
            let out: Evaluation = evaluate(&mut field(vec![plain_lj(2.5, truncation)], 0.3), &c, request);
            assert_eq!((out.gradient.as_slice(), out.energy), ([0.0; 2].as_slice(), Some(0.0)));
            assert!(
                bits(&out).iter().all(|x| f64::from_bits(*x) == 0.0),
                "{truncation:?}: {out:?}"
            );
        }
    }
}

/// Pairs of species that do not interact are masked as those beyond the cutoff are.
#[test]
fn absent_pairs_do_no_harm() {
    let c = lattice(Cell::orthogonal([6.0; 3]).unwrap(), [5, 5, 5], 0.1, 2, 3);
    let some = Some((1.0, 1.0, 2.5));
    let binding = || lj(2, &[some, None, some], Truncation::Shifted);
    let request = Request {
        gradient: true,
        ..Request::ENERGY
    };
    let found = evaluate(&mut field(vec![binding()], 0.3), &c, request).gradient;
    let expected = complex_gradient(&Pairs::new(&c, &binding()), &binding());
    assert_close("two species apart", &found, &expected, IDENTITY);
}

#[test]
fn the_cutoff_is_a_length_that_does_not_move_with_sigma() {
    let c = lattice(Cell::orthogonal([6.0; 3]).unwrap(), [5, 5, 5], 0.1, 1, 3);
    for truncation in TRUNCATIONS {
        let energy = |sigma: f64, cutoff: f64| {
            let binding = lj(1, &[Some((1.0, sigma, cutoff))], truncation);
            evaluate(&mut field(vec![binding], 0.3), &c, Request::ENERGY)
                .energy
                .unwrap()
        };
        let central = |h: f64, moves: f64| {
            let [a, b] = [h, -h].map(|h| energy(1.0 + h, 2.5 + moves * h));
            (a - b) / (2.0 * h)
        };
        let richardson = |moves: f64| (4.0 * central(1e-4, moves) - central(2e-4, moves)) / 3.0;
        let mut same = field(vec![plain_lj(2.5, truncation)], 0.3);
        let request = Request {
            gradient: true,
            ..Request::ENERGY
        };
        let found = evaluate(&mut same, &c, request).gradient[1];
        let fixed = richardson(0.0);
        assert!(
            (found - fixed).abs() <= DIFFERENCES * fixed.abs(),
            "{truncation:?}: {found} and {fixed}"
        );
        // a cutoff in units of σ gives another number, so the law above tells them apart; where the energy jumps at its
        // cutoff it gives none
        if truncation != Truncation::Cut {
            let moving = richardson(2.5);
            assert!(
                (found - moving).abs() > 1e-3 * fixed.abs(),
                "{truncation:?}: {found} and {moving}"
            );
        }
        // set_parameters moves σ and leaves the cutoff
        same.set_parameters(&[1.0, 1.01]).unwrap();
        assert_eq!(same.cutoff(), 2.5);
        let set = evaluate(&mut same, &c, Request::ENERGY).energy.unwrap();
        assert!((set - energy(1.01, 2.5)).abs() <= IDENTITY * set.abs());
    }
}

/// No leaf of any potential in the catalogue is a cutoff or a length of the truncation.
#[test]
fn the_cutoff_is_no_parameter() -> Result<(), EngineError> {
    for info in admd::potentials::catalog::PAIRS {
        assert!(
            info.parameters
                .iter()
                .all(|p| !p.name.contains("cut") && p.name != "onset"),
            "{}",
            info.name
        );
    }
    let binding = plain_lj(2.5, Truncation::Switched { onset: 0.8 });
    let field = ForceField::new(vec![binding], Settings::new(0.3))?;
    let names: Vec<&str> = field.parameters().map(|leaf| leaf.spec.name).collect();
    assert_eq!(names, ["epsilon", "sigma"]);
    Ok(())
}
