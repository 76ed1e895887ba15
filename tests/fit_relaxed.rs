//! Relaxed structures as targets of fits.

mod dynamics_support;
mod fit_support;
#[allow(dead_code, reason = "the crystal alone is needed")]
mod implicit_support;
mod support;

use admd::engine::{Cell, Configuration, Vec3};
use admd::fit::{FitError, Observation, Relaxed, RelaxedSpec, Target, Which};
use admd_potentials::form::truncation::Truncation;
use dynamics_support::{SWITCHED, cluster};
use fit_support::{SOME, assert_slopes, assert_transposes, units};
use implicit_support::sites;
use support::{Random, lj, plain_lj};

/// Differences of structures, whose residual forces are those of rounding, over steps of 1e-4.
const DIFFERENCES: f64 = 1e-7;
/// Residuals of 1e-12 over a range of stiffnesses of 1,000.
const TRANSPOSE: f64 = 1e-9;

const ONE: Observation = Observation { value: 1.0, sigma: 0.1 };

fn spec(configuration: Configuration, force: f64, distances: &[[usize; 2]]) -> RelaxedSpec {
    RelaxedSpec {
        name: "structure".into(),
        tag: "relaxed".into(),
        weight: 1.0,
        configuration,
        force,
        energy: SOME,
        distances: distances.iter().map(|pair| (*pair, ONE)).collect(),
    }
}

fn open(positions: Vec<Vec3>) -> Configuration {
    let edges = [Vec3::x(), Vec3::y(), Vec3::z()].map(|e| e * 30.0);
    Configuration {
        cell: Cell::new(edges, [false; 3]).unwrap(),
        species: vec![0; positions.len()],
        positions,
    }
}

#[test]
fn a_dimer_is_where_the_potential_is_least() {
    let start = open(vec![Vec3::zeros(), Vec3::new(0.8, 0.7, 0.9)]);
    let mut dimer = Relaxed::new(spec(start, 1e-9, &[[0, 1]]), vec![plain_lj(10.0, Truncation::Cut)]).unwrap();
    let (epsilon, sigma, reference) = (1.5, 1.1, -0.7);
    let theta = [epsilon, sigma, reference];
    let found = dimer.evaluate(&theta, Which::All).unwrap();
    let length = sigma * 2_f64.powf(1.0 / 6.0);
    assert!((found[0] - (2.0 * reference - epsilon)).abs() < 1e-12);
    assert!((found[1] - length).abs() < 1e-10, "{} and {length}", found[1]);
    let slopes = dimer.push(&theta, &units(3)).unwrap();
    let expected = [[-1.0, 0.0], [0.0, length / sigma], [2.0, 0.0]];
    for (found, expected) in slopes.iter().flatten().zip(expected.iter().flatten()) {
        assert!((found - expected).abs() < 1e-9, "{found} and {expected}");
    }
    assert_transposes(&mut dimer, &theta, TRANSPOSE);
}

/// J. D. Honeycutt and H. C. Andersen, J. Phys. Chem. 91, 4950 (1987): −44.326801 ε for 13 atoms.
#[test]
fn thirteen_atoms_become_the_icosahedron() {
    let mut random = Random(4);
    let mut start = cluster(0.0, 1).configuration;
    start.positions.iter_mut().for_each(|r| *r += random.vector() * 0.15);
    let mut ball = Relaxed::new(
        spec(start, 1e-8, &[[0, 1], [0, 7], [1, 2]]),
        vec![plain_lj(40.0, Truncation::Cut)],
    )
    .unwrap();
    let theta = [1.0, 1.0, 0.0];
    let found = ball.evaluate(&theta, Which::All).unwrap();
    println!("{found:?}");
    assert!((found[0] + 44.326801).abs() < 1e-6);
    // the middle atom is equally far from all others
    assert!((found[1] - found[2]).abs() < 1e-8);
    let of_sigma = &ball.push(&theta, &units(3)).unwrap()[1];
    assert!((of_sigma[1] - found[1]).abs() < 1e-8 && of_sigma[0].abs() < 1e-8);
    assert_transposes(&mut ball, &theta, TRANSPOSE);
}

#[test]
fn slopes_of_an_alloy_are_those_of_the_predictions() {
    let pairs = [(1.0, 1.0, 2.5), (1.3, 0.95, 2.4), (0.8, 0.88, 2.3)].map(Some);
    let mut alloy = Relaxed::new(
        spec(sites(), 1e-8, &[[0, 1], [3, 17], [30, 4]]),
        vec![lj(2, &pairs, SWITCHED)],
    )
    .unwrap();
    let theta = [1.0, 1.0, 1.3, 0.95, 0.8, 0.88, -1.0, 0.5];
    assert_slopes(&mut alloy, &theta, 1e-5, DIFFERENCES);
    assert_transposes(&mut alloy, &theta, TRANSPOSE);
    // the same bits, whatever was asked before
    let bits = alloy.evaluate(&theta, Which::All).unwrap();
    let mut other = theta;
    other[1] = 1.01;
    alloy.evaluate(&other, Which::All).unwrap();
    assert_eq!(alloy.evaluate(&theta, Which::All).unwrap(), bits);
    assert_eq!(alloy.fork().evaluate(&theta, Which::All).unwrap(), bits);
    assert_eq!(alloy.evaluate(&theta, Which::Groups(&[false])).unwrap(), [1.0; 4]);
}

/// Three atoms in a line have no force across it, but would rather form a triangle.
#[test]
fn a_saddle_is_left() {
    let line = open([-1.11, 0.0, 1.13].map(|x| Vec3::new(x, 0.0, 0.0)).to_vec());
    let mut three = Relaxed::new(spec(line, 1e-9, &[[0, 2]]), vec![plain_lj(20.0, Truncation::Cut)]).unwrap();
    let found = three.evaluate(&[1.0, 1.0, 0.0], Which::All).unwrap();
    println!("{found:?}");
    assert!(
        (found[0] + 3.0).abs() < 1e-10,
        "three pairs at the minimum: {}",
        found[0]
    );
    assert!((found[1] - 2_f64.powf(1.0 / 6.0)).abs() < 1e-8);
}

#[test]
fn from_far_away_and_from_overlaps() {
    for k in 0..10 {
        let mut random = Random(100 + k);
        let start = open((0..20).map(|_| random.vector() * 1.6).collect());
        let mut ball = Relaxed::new(spec(start, 1e-6, &[]), vec![plain_lj(20.0, Truncation::Cut)]).unwrap();
        let found = ball.evaluate(&[1.0, 1.0, 0.0], Which::All).unwrap();
        println!("{}", found[0]);
        // the least of 20 atoms is −77.177; other minima are above
        assert!((-77.178..-55.0).contains(&found[0]), "{}", found[0]);
    }
}

#[test]
fn what_cannot_be_relaxed_says_so() {
    let start = || open(vec![Vec3::zeros(), Vec3::x()]);
    let make = |spec| Relaxed::new(spec, vec![plain_lj(2.5, Truncation::Cut)]);
    let strange = Configuration {
        species: vec![0, 3],
        ..start()
    };
    for wrong in [
        spec(open(vec![]), 1e-6, &[]),
        spec(start(), 0.0, &[]),
        spec(start(), f64::NAN, &[]),
        spec(start(), 1e-6, &[[0, 2]]),
        spec(start(), 1e-6, &[[1, 1]]),
        spec(strange, 1e-6, &[]),
    ] {
        println!("{}", make(wrong).unwrap_err());
    }
    // more digits than there are
    let mut start = cluster(0.0, 1).configuration;
    start.positions.iter_mut().for_each(|r| *r *= 1.03);
    let error = make(spec(start, 1e-30, &[]))
        .unwrap()
        .evaluate(&[1.0, 1.0, 0.0], Which::All)
        .unwrap_err();
    println!("{error}");
    assert!(matches!(error, FitError::NotRelaxed { .. }));
    // θ without reference energies
    let error = make(spec(open(vec![Vec3::zeros(), Vec3::x()]), 1e-6, &[]))
        .unwrap()
        .evaluate(&[1.0, 1.0], Which::All);
    assert!(matches!(error, Err(FitError::Refused(_))), "{error:?}");
    // free atoms have no distance that could have a derivative
    let apart = open(vec![Vec3::zeros(), Vec3::x() * 5.0]);
    let mut free = make(spec(apart, 1e-6, &[[0, 1]])).unwrap();
    let error = free.pull(&[1.0, 1.0, 0.0], &[0.0, 1.0]).unwrap_err();
    println!("{error}");
    assert!(matches!(error, FitError::Relaxed { .. }));
}
