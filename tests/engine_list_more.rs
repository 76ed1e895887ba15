//! The list of systems that do not fill their cell evenly, and where it ends.

mod support;

use admd::engine::{Cell, Configuration, EngineError, Evaluation, ForceField, Precision, Request, Settings, Vec3};
use admd::potentials::form::truncation::Truncation;
use support::list::assert_complete;
use support::*;

/// A ball of atoms at liquid density about a point.
fn ball(radius: f64, about: Vec3, seed: u64) -> Vec<Vec3> {
    let n = (2.0 * radius / 1.08).ceil() as usize;
    let side = n as f64 * 1.08;
    let all = lattice(cell([side; 3], [90.0; 3], [false; 3]), [n; 3], 0.1, 1, seed).positions;
    let middle = Vec3::repeat(0.5 * side);
    all.into_iter()
        .map(|r| r - middle)
        .filter(|r| r.norm() < radius)
        .map(|r| r + about)
        .collect()
}

fn one_species(cell: Cell, positions: Vec<Vec3>) -> Configuration {
    let species = vec![0; positions.len()];
    Configuration {
        cell,
        species,
        positions,
    }
}

fn cube(edge: f64, periodic: [bool; 3]) -> Cell {
    Cell::new([Vec3::x() * edge, Vec3::y() * edge, Vec3::z() * edge], periodic).unwrap()
}

#[test]
fn a_droplet_in_a_large_cell() {
    // in the middle, and across faces and a corner
    for about in [
        Vec3::repeat(500.0),
        Vec3::new(999.0, 3.0, 500.0),
        Vec3::new(0.5, 999.5, 1000.0),
    ] {
        assert_complete(&one_species(cube(1000.0, [true; 3]), ball(7.0, about, 1)), 2.5, 0.3);
    }
}

#[test]
fn a_droplet_with_its_vapour() {
    let mut positions = ball(6.0, Vec3::repeat(60.0), 1);
    let mut random = Random(3);
    positions.extend((0..600).map(|_| Vec3::from_fn(|_, _| 120.0 * random.next())));
    assert_complete(&one_species(cube(120.0, [true; 3]), positions), 2.5, 0.3);
}

#[test]
fn a_slab() {
    for periodic in [[true; 3], [true, true, false], [false, true, true]] {
        let slab = lattice(cell([14.0, 13.0, 3.0], [90.0; 3], [true; 3]), [13, 12, 3], 0.1, 1, 5).positions;
        let cell = cell([14.0, 13.0, 400.0], [90.0, 70.0, 90.0], periodic);
        assert_complete(&one_species(cell, slab), 2.5, 0.3);
    }
}

#[test]
fn an_atom_that_has_flown_off() {
    for away in [Vec3::x() * 1e6, Vec3::new(-1e6, 2e5, 3.0), Vec3::repeat(1e6)] {
        let mut positions = ball(6.5, Vec3::zeros(), 2);
        positions[17] = away;
        assert_complete(&one_species(cube(20.0, [false; 3]), positions), 2.5, 0.3);
    }
}

#[test]
fn a_collapse() {
    // 3000 atoms within a ball, each with hundreds of neighbours, in a cell for ten times as many and in none
    let mut random = Random(9);
    let mut positions = Vec::new();
    while positions.len() < 3000 {
        let r = random.vector();
        if r.norm() < 1.0 {
            positions.push(r * 4.0);
        }
    }
    for periodic in [[true; 3], [false; 3]] {
        assert_complete(&one_species(cube(35.0, periodic), positions.clone()), 2.2, 0.1);
    }
}

#[test]
fn two_species_of_which_one_is_rare() {
    // forces know what the list of pairs does not: which entry belongs to which species
    let mut c = lattice(cell([11.0, 10.0, 10.5], [90.0; 3], [true; 3]), [10, 9, 9], 0.1, 1, 3);
    for rare in [1, 3] {
        (0..rare).for_each(|k| c.species[k * 211 + 5] = 1);
        assert_complete(&c, 2.5, 0.3);
        let pairs = [Some((1.0, 1.0, 2.5)), Some((2.0, 0.9, 2.2)), Some((0.5, 0.8, 1.5))];
        let mut field = field(vec![lj(2, &pairs, Truncation::Shifted)], 0.3);
        let expected = oracle(&field, &c, Request::ENERGY);
        // as in the kernel tests: another order of summation
        assert_agree(&evaluate(&mut field, &c, Request::ENERGY), &expected, 2e-13);
    }
}

#[test]
fn more_neighbours_than_can_be_numbered_are_an_error() {
    let mut random = Random(4);
    let positions: Vec<Vec3> = (0..70_000)
        .map(|_| Vec3::repeat(50.0) + 0.5 * random.vector())
        .collect();
    let c = one_species(cube(2000.0, [true; 3]), positions);
    for precision in [Precision::Double, Precision::Mixed] {
        let settings = Settings {
            precision,
            ..Settings::new(0.3)
        };
        let mut field = ForceField::new(vec![plain_lj(2.5, Truncation::Shifted)], settings).unwrap();
        let error = field
            .evaluate(&c, Request::FORCES, &mut Evaluation::default())
            .unwrap_err();
        assert!(
            matches!(error, EngineError::TooManyNeighbors { places, .. } if (65_000..=70_100).contains(&places)),
            "{error:?}"
        );
        let text = error.to_string();
        assert!(
            text.contains("within 2.8") && text.contains("shorten the cutoff"),
            "{text}"
        );
        // the field goes on with what it can do
        let few = one_species(cube(20.0, [true; 3]), vec![Vec3::zeros(), Vec3::x() * 1.1]);
        assert!(evaluate(&mut field, &few, Request::FORCES).forces[0].norm() > 0.0);
    }
}

#[test]
#[ignore = "takes 5 GB"]
fn a_collapse_is_refused_before_it_takes_all_memory() {
    let mut random = Random(5);
    let positions: Vec<Vec3> = (0..60_000)
        .map(|_| Vec3::repeat(100.0) + 0.15 * random.vector())
        .collect();
    let c = one_species(cube(200.0, [true; 3]), positions);
    let mut field = ForceField::new(vec![plain_lj(2.5, Truncation::Shifted)], Settings::new(0.3)).unwrap();
    let error = field
        .evaluate(&c, Request::FORCES, &mut Evaluation::default())
        .unwrap_err();
    assert!(matches!(error, EngineError::TooManyEntries { .. }), "{error:?}");
    assert!(error.to_string().contains("collapsed"), "{error}");
}
