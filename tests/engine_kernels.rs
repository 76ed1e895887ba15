//! The kernels against the reference, with every lane type, truncation and kind of cell; K1 to K4.

mod support;

use admd::ad::Isa;
use admd::dynamics::velocities::maxwell_boltzmann;
use admd::dynamics::{Integrator, State, VelocityVerlet};
use admd::engine::{Configuration, ForceField, Request, Settings, Vec3};
use admd::potentials::catalog::PAIRS;
use admd::potentials::form::truncation::Truncation;
use std::hash::{Hash, Hasher};
use support::*;

/// Sums of some hundred pair terms that partly cancel, in another order and with fused operations: a few hundred ulp of
/// the largest value.
const ROUND_OFF: f64 = 2e-13;
/// As above after moving all atoms and images to other sorting positions.
const RENUMBERED: f64 = 1e-12;

fn cells() -> Vec<Configuration> {
    let full = [true; 3];
    vec![
        lattice(cell([5.5, 6.0, 6.5], [90.0; 3], full), [5, 5, 6], 0.1, 3, 1),
        lattice(cell([6.0, 6.5, 7.0], [60.0, 110.0, 75.0], full), [5, 5, 5], 0.1, 3, 2),
        lattice(
            cell([6.0, 6.0, 7.0], [130.0, 105.0, 100.0], [true, true, false]),
            [4, 5, 5],
            0.1,
            3,
            3,
        ),
        lattice(
            cell([6.0, 7.0, 7.0], [50.0, 60.0, 70.0], [false, true, false]),
            [4, 5, 5],
            0.08,
            3,
            4,
        ),
        lattice(
            cell([6.0, 6.0, 7.0], [90.0, 80.0, 70.0], [false; 3]),
            [5, 5, 5],
            0.1,
            3,
            5,
        ),
        // cutoffs above half the height, and above the whole
        lattice(cell([3.3, 3.5, 3.9], [90.0, 90.0, 90.0], full), [3, 3, 3], 0.08, 3, 6),
        lattice(cell([2.2, 1.3, 2.4], [80.0, 75.0, 100.0], full), [2, 1, 2], 0.05, 3, 7),
    ]
}

#[test]
fn everything_agrees_with_the_reference_in_every_cell() {
    for (k, c) in cells().iter().enumerate() {
        for truncation in TRUNCATIONS {
            let tail =
                c.cell.periodic() == [true; 3] && matches!(truncation, Truncation::Cut | Truncation::Switched { .. });
            let mut field = field(vec![three_species(truncation, tail)], 0.3);
            let direction = direction(c, field.parameters().count(), 10 + k as u64);
            let request = everything(Some(&direction));
            let expected = oracle(&field, c, request);
            let found = evaluate(&mut field, c, request);
            assert_agree(&found, &expected, ROUND_OFF);
        }
    }
}

#[test]
fn a_single_species_and_two_terms_agree_with_the_reference() {
    for (k, c) in cells().into_iter().enumerate() {
        let c = Configuration {
            species: vec![0; c.len()],
            ..c
        };
        let mut tailed = plain_lj(1.9, Truncation::Switched { onset: 0.5 });
        tailed.tail = c.cell.periodic() == [true; 3];
        let mut field = field(vec![plain_lj(2.5, Truncation::Shifted), tailed], 0.2);
        let direction = direction(&c, field.parameters().count(), 20 + k as u64);
        let request = everything(Some(&direction));
        let expected = oracle(&field, &c, request);
        assert_agree(&evaluate(&mut field, &c, request), &expected, ROUND_OFF);
    }
}

#[test]
fn every_instruction_set_agrees_with_the_reference() {
    let c = &cells()[1];
    let direction = direction(c, 8, 5);
    let request = everything(Some(&direction));
    for isa in Isa::ALL.into_iter().filter(|isa| isa.is_supported()) {
        let binding = three_species(Truncation::ForceShifted, false);
        let settings = Settings {
            isa: Some(isa),
            ..Settings::new(0.3)
        };
        let mut field = ForceField::new(vec![binding], settings).unwrap();
        assert_eq!(field.isa(), isa);
        let expected = oracle(&field, c, request);
        assert_agree(&evaluate(&mut field, c, request), &expected, ROUND_OFF);
    }
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    // several blocks of 512 atoms, and more than one chunk of coordinates
    let c = lattice(
        cell([20.0, 18.0, 19.0], [90.0, 90.0, 80.0], [true; 3]),
        [18, 17, 17],
        0.1,
        3,
        9,
    );
    assert!(c.len() > 4096);
    let direction = direction(&c, 8, 3);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut field = field(vec![three_species(Truncation::Shifted, false)], 0.3);
            bits(&evaluate(&mut field, &c, everything(Some(&direction))))
        })
    };
    let one = run(1);
    for threads in [2, 3, 7, 16] {
        assert!(run(threads) == one, "{threads} threads give other bits");
    }
}

/// A hash of positions, velocities and energies at every step of a trajectory.
fn hash_of_trajectory(threads: usize) -> u64 {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let configuration = lattice(
            cell([12.0, 11.0, 12.5], [90.0, 90.0, 80.0], [true; 3]),
            [11, 10, 11],
            0.05,
            3,
            9,
        );
        let masses = vec![1.0; configuration.len()];
        let start = State {
            step: 0,
            velocities: maxwell_boltzmann(&masses, 1.5, 4),
            configuration,
            masses,
            tangents: Vec::new(),
        };
        let mut field = field(vec![three_species(Truncation::Switched { onset: 0.7 }, true)], 0.3);
        let mut integrator = VelocityVerlet { timestep: 0.002 };
        let mut now = integrator.start(start, &mut field).unwrap();
        let mut next = now.clone();
        let mut hasher = std::hash::DefaultHasher::new();
        for _ in 0..500 {
            integrator.step(&now, &mut next, &mut field, Request::ENERGY).unwrap();
            core::mem::swap(&mut now, &mut next);
            let state = &now.state;
            let mut all = flat(&state.configuration.positions);
            all.extend(flat(&state.velocities));
            all.extend(now.evaluation.energy);
            all.iter().for_each(|x| x.to_bits().hash(&mut hasher));
        }
        assert!(field.statistics().builds > 10);
        hasher.finish()
    })
}

#[test]
fn bits_of_a_trajectory_do_not_depend_on_the_number_of_threads() {
    let one = hash_of_trajectory(1);
    for threads in [2, 7] {
        assert_eq!(hash_of_trajectory(threads), one, "{threads} threads");
    }
}

#[test]
fn forces_have_the_same_bits_whatever_else_is_asked_for() {
    for c in [&cells()[0], &cells()[3]] {
        let mut field = field(vec![three_species(Truncation::ForceShifted, false)], 0.3);
        let directions = [direction(c, field.parameters().count(), 3)];
        let alone = evaluate(&mut field, c, Request::FORCES);
        for k in 0..16 {
            let request = Request {
                energy_and_virial: k & 1 != 0,
                per_atom: k & 2 != 0,
                gradient: k & 4 != 0,
                tangents: if k & 8 != 0 { &directions } else { &[] },
            };
            for _ in 0..2 {
                let found = evaluate(&mut field, c, request);
                for (a, b) in flat(&found.forces).iter().zip(flat(&alone.forces)) {
                    assert_eq!(a.to_bits(), b.to_bits(), "{a:e} against {b:e} for request {k:04b}");
                }
                assert_eq!(found.energy.is_some(), request.energy_and_virial);
                assert_eq!(found.energies.len(), if request.per_atom { c.len() } else { 0 });
                assert_eq!(found.gradient.len(), if request.gradient { 8 } else { 0 });
                assert_eq!(found.tangents.len(), request.tangents.len());
            }
        }
    }
}

#[test]
fn every_potential_of_the_catalogue_agrees_and_keeps_its_bits() {
    let c = lattice(
        cell([5.5, 6.0, 6.5], [80.0, 90.0, 100.0], [true; 3]),
        [5, 5, 6],
        0.05,
        1,
        8,
    );
    for info in PAIRS {
        for truncation in TRUNCATIONS {
            let mut field = field(vec![example(info, 2.5, truncation)], 0.3);
            let direction = direction(&c, field.parameters().count(), 3);
            let request = everything(Some(&direction));
            let found = evaluate(&mut field, &c, request);
            assert_agree(&found, &oracle(&field, &c, request), ROUND_OFF);
            let alone = evaluate(&mut field, &c, Request::FORCES);
            assert!(
                alone.forces == found.forces,
                "{}: forces change their bits with a tangent",
                info.name
            );
        }
    }
}

#[test]
fn renumbering_the_atoms_renumbers_the_forces() {
    let c = &cells()[1];
    let n = c.len();
    let order: Vec<usize> = (0..n).map(|k| (k * 52 + 7) % n).collect();
    let shuffled = Configuration {
        cell: c.cell.clone(),
        species: order.iter().map(|&k| c.species[k]).collect(),
        positions: order.iter().map(|&k| c.positions[k]).collect(),
    };
    let mut field = field(vec![three_species(Truncation::Switched { onset: 0.7 }, true)], 0.3);
    let mut expected = evaluate(&mut field, c, everything(None));
    expected.forces = order.iter().map(|&k| expected.forces[k]).collect();
    expected.energies = order.iter().map(|&k| expected.energies[k]).collect();
    assert_agree(
        &evaluate(&mut field, &shuffled, everything(None)),
        &expected,
        RENUMBERED,
    );
}

#[test]
fn an_absent_pair_and_an_absent_potential_give_nothing() {
    let c = cells().remove(0);
    let nothing = lj(3, &[None; 6], Truncation::Cut);
    let mut field = field(vec![nothing], 0.3);
    let found = evaluate(&mut field, &c, everything(None));
    assert!(found.forces.iter().all(|f| *f == Vec3::zeros()));
    assert_eq!(found.energy, Some(0.0));
    let mut empty = support::field(vec![], 0.0);
    let c = Configuration {
        species: vec![],
        positions: vec![],
        ..c
    };
    assert_eq!(evaluate(&mut empty, &c, everything(None)).energy, Some(0.0));
}
