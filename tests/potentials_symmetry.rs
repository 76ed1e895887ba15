//! Symmetries of every potential under every truncation: what translation, rotation, inversion and exchange of equal
//! atoms demand, and what a periodic cell is: the same whatever image an atom stands for, the same as its own supercell.

#[path = "support/catalogue.rs"]
mod catalogue;

use admd::engine::{Cell, Configuration, Evaluation, Mat3, Vec3};
use catalogue::{Random, all_cases, cluster, crystal, deviation, evaluate, field, largest, maximum, systems};

/// Largest deviation of forces, energies of the atoms and virial, each of its own scale.
fn difference(a: &Evaluation, b: &Evaluation) -> f64 {
    let energies = maximum(a.energies.iter().zip(&b.energies).map(|(x, y)| (x - y).abs()));
    let scale = maximum(b.energies.iter().map(|x| x.abs()));
    let virial = (a.virial.unwrap() - b.virial.unwrap()).amax() / b.virial.unwrap().amax();
    let forces = deviation(&a.forces, &b.forces) / largest(&b.forces);
    let total = (a.energy.unwrap() - b.energy.unwrap()).abs() / (scale * b.energies.len() as f64);
    maximum([forces, energies / scale, virial, total])
}

/// Positions rounded to 1e-16 of about 5, times the steepness of about 20.
const TOLERANCE: f64 = 1e-12;

#[test]
fn forces_sum_to_zero() {
    const ROUNDING: f64 = 1e-13; // of Σ|F|
    for (name, binding) in all_cases() {
        for (system, c) in systems() {
            let forces = evaluate(&mut field(&binding), &c).forces;
            let scale: f64 = forces.iter().map(|f| f.norm()).sum();
            let sum: Vec3 = forces.iter().sum();
            assert!(sum.norm() < ROUNDING * scale, "{name}, {system}: {sum:?}");
        }
    }
}

#[test]
fn torques_of_a_free_cluster_sum_to_zero() {
    const ROUNDING: f64 = 1e-13; // of Σ|F||r|
    for (name, binding) in all_cases() {
        let c = cluster();
        let forces = evaluate(&mut field(&binding), &c).forces;
        let pairs = || c.positions.iter().zip(&forces);
        let scale: f64 = pairs().map(|(r, f)| r.norm() * f.norm()).sum();
        let sum: Vec3 = pairs().map(|(r, f)| r.cross(f)).sum();
        assert!(sum.norm() < ROUNDING * scale, "{name}: {sum:?}");
    }
}

#[test]
fn translation_changes_nothing() {
    for (name, binding) in all_cases() {
        for (system, c) in systems() {
            let before = evaluate(&mut field(&binding), &c);
            let shift = Vec3::new(0.37, -1.91, 2.63);
            let mut moved = c.clone();
            moved.positions.iter_mut().for_each(|r| *r += shift);
            let off = difference(&evaluate(&mut field(&binding), &moved), &before);
            assert!(off < TOLERANCE, "{name}, {system}: {off:e}");
        }
    }
}

/// The configuration, its cell too, under a linear map that keeps lengths.
fn mapped(c: &Configuration, map: &Mat3) -> Configuration {
    Configuration {
        cell: Cell::new([0, 1, 2].map(|k| map * c.cell.edge(k)), c.cell.periodic()).unwrap(),
        species: c.species.clone(),
        positions: c.positions.iter().map(|r| map * r).collect(),
    }
}

#[test]
fn rotation_and_inversion_turn_forces_and_virial_along() {
    for (name, binding) in all_cases() {
        for (system, c) in systems() {
            let before = evaluate(&mut field(&binding), &c);
            let rotation = Random(5).rotation();
            for map in [rotation, -Mat3::identity(), -rotation] {
                let mut after = evaluate(&mut field(&binding), &mapped(&c, &map));
                after.forces.iter_mut().for_each(|f| *f = map.transpose() * *f);
                after.virial = after.virial.map(|w| map.transpose() * w * map);
                let off = difference(&after, &before);
                assert!(off < TOLERANCE, "{name}, {system}: {off:e}");
            }
        }
    }
}

#[test]
fn exchange_of_the_order_of_atoms_exchanges_the_forces() {
    for (name, binding) in all_cases() {
        for (system, c) in systems() {
            let before = evaluate(&mut field(&binding), &c);
            let n = c.len();
            let order: Vec<usize> = (0..n).map(|k| (k * 7 + 3) % n).collect();
            let mixed = Configuration {
                cell: c.cell.clone(),
                species: order.iter().map(|&k| c.species[k]).collect(),
                positions: order.iter().map(|&k| c.positions[k]).collect(),
            };
            let after = evaluate(&mut field(&binding), &mixed);
            let mut back = after.clone();
            for (k, &from) in order.iter().enumerate() {
                back.forces[from] = after.forces[k];
                back.energies[from] = after.energies[k];
            }
            let off = difference(&back, &before);
            assert!(off < TOLERANCE, "{name}, {system}: {off:e}");
        }
    }
}

#[test]
fn any_image_of_an_atom_stands_for_it() {
    for (name, binding) in all_cases() {
        for (system, c) in systems() {
            let before = evaluate(&mut field(&binding), &c);
            let mut moved = c.clone();
            for (atom, n) in [(0, [1, 0, 0]), (3, [-1, 2, 0]), (7, [0, -3, 1])] {
                let periodic = c.cell.periodic();
                let n = [0, 1, 2].map(|k| if periodic[k] { n[k] } else { 0 });
                moved.positions[atom] += c.cell.translation(n);
            }
            let off = difference(&evaluate(&mut field(&binding), &moved), &before);
            assert!(off < TOLERANCE, "{name}, {system}: {off:e}");
        }
    }
}

#[test]
fn small_box_equals_its_supercell() {
    // the cutoff exceeds half of every height: atoms meet several images of each other and of themselves
    for (name, binding) in all_cases() {
        let small = crystal();
        assert!((0..3).all(|k| small.cell.height(k) < 2.0 * binding.cutoff()));
        let mut positions = Vec::new();
        for corner in 0..8 {
            let shift = small.cell.translation([corner & 1, corner >> 1 & 1, corner >> 2]);
            positions.extend(small.positions.iter().map(|r| r + shift));
        }
        let large = Configuration {
            cell: Cell::new([0, 1, 2].map(|k| small.cell.edge(k) * 2.0), [true; 3]).unwrap(),
            species: small.species.repeat(8),
            positions,
        };
        let one = evaluate(&mut field(&binding), &small);
        let eight = evaluate(&mut field(&binding), &large);
        let folded = Evaluation {
            forces: eight.forces[..small.len()].to_vec(),
            energies: eight.energies[..small.len()].to_vec(),
            energy: eight.energy.map(|e| e / 8.0),
            virial: eight.virial.map(|w| w / 8.0),
            ..Evaluation::default()
        };
        let off = difference(&folded, &one);
        assert!(off < TOLERANCE, "{name}: {off:e}");
    }
}
