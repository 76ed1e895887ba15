//! Derivatives of whole systems: laws A2, A4, A7, A8, B3, B6, and that mixed derivatives are symmetric.

mod support;

use admd::engine::{Configuration, Direction, Evaluation, ForceField, Mat3, Request, Vec3};
use admd::potentials::form::truncation::Truncation;
use support::*;

/// Two exact derivatives of the same function, summed in different orders.
const EXACT: f64 = 1e-12;
/// Richardson's extrapolation leaves round-off over the smallest step, and what a few pairs contribute that cross the onset
/// or the cutoff, where the third derivative of the energy jumps: of second order in the step.
const EXTRAPOLATED: f64 = 1e-7;

/// An energy with two continuous derivatives, of three species, with and without a tail.
fn smooth(tail: bool) -> ForceField {
    field(vec![three_species(Truncation::Switched { onset: 0.7 }, tail)], 0.3)
}

/// A slab, or with tail corrections a bulk system.
fn system(tail: bool) -> Configuration {
    lattice(
        cell([6.0, 6.5, 6.2], [75.0, 100.0, 110.0], [true, true, tail]),
        [4, 5, 4],
        0.1,
        3,
        21,
    )
}

/// df/dh at 0 by Richardson extrapolation of central differences.
fn slope(f: impl Fn(f64) -> Vec<f64>) -> Vec<f64> {
    let central = |h: f64| -> Vec<f64> { f(h).iter().zip(f(-h)).map(|(a, b)| (a - b) / (2.0 * h)).collect() };
    let d = [8e-5, 4e-5, 2e-5].map(central);
    let better = |fine: &[f64], coarse: &[f64], power: f64| -> Vec<f64> {
        fine.iter()
            .zip(coarse)
            .map(|(a, b)| a + (a - b) / (power - 1.0))
            .collect()
    };
    let (a, b) = (better(&d[1], &d[0], 4.0), better(&d[2], &d[1], 4.0));
    better(&b, &a, 16.0)
}

/// The configuration and parameters after a step along a direction.
fn step(c: &Configuration, theta: &[f64], d: &Direction, h: f64) -> (Configuration, Vec<f64>) {
    let own = |k: usize| d.positions.get(k).copied().unwrap_or_default() + d.strain * c.positions[k];
    let moved = Configuration {
        cell: c.cell.strained(&(d.strain * h)).unwrap(),
        species: c.species.clone(),
        positions: (0..c.len()).map(|k| c.positions[k] + own(k) * h).collect(),
    };
    let change = |k: usize| d.parameters.get(k).copied().unwrap_or(0.0);
    (
        moved,
        theta.iter().enumerate().map(|(k, t)| t + h * change(k)).collect(),
    )
}

fn parameters(field: &ForceField) -> Vec<f64> {
    field.parameters().map(|leaf| leaf.value).collect()
}

/// Everything by the reference, which shares no loop with the kernels, after a step along a direction.
fn moved(c: &Configuration, tail: bool, d: &Direction, h: f64) -> Evaluation {
    let mut field = smooth(tail);
    let (c, theta) = step(c, &parameters(&field), d, h);
    field.set_parameters(&theta).unwrap();
    oracle(&field, &c, everything(None))
}

#[test]
fn forces_are_minus_the_slope_of_the_energy() {
    let (c, mut field) = (system(false), smooth(false));
    let found = evaluate(&mut field, &c, Request::FORCES);
    for seed in 0..3 {
        let d = Direction {
            positions: direction(&c, 0, seed).positions,
            ..Direction::default()
        };
        let expected = slope(|h| vec![moved(&c, false, &d, h).energy.unwrap()]);
        assert_close("slope", &[-dot(&found.forces, &d.positions)], &expected, EXTRAPOLATED);
    }
}

#[test]
fn the_virial_is_minus_the_strain_derivative_of_the_energy() {
    for tail in [false, true] {
        let c = system(tail);
        let mut field = smooth(tail);
        let virial = evaluate(&mut field, &c, Request::ENERGY).virial.unwrap();
        for a in 0..3 {
            for b in 0..3 {
                let mut strain = Mat3::zeros();
                strain[(a, b)] = 1.0;
                let d = Direction {
                    strain,
                    ..Direction::default()
                };
                let along = evaluate(&mut field, &c, everything(Some(&d)))
                    .tangents
                    .remove(0)
                    .energy
                    .unwrap();
                let differences = slope(|h| vec![moved(&c, tail, &d, h).energy.unwrap()]);
                let scale = virial.norm();
                assert!(
                    (along + virial[(a, b)]).abs() < EXACT * scale,
                    "{a}{b}: {along} and {virial}"
                );
                assert!(
                    (differences[0] + virial[(a, b)]).abs() < EXTRAPOLATED * scale,
                    "{a}{b}: {differences:?}, {virial}"
                );
            }
        }
    }
}

/// The convention for a bare cut: the standard long-range term of the pressure, which is not the strain derivative of the
/// tail energy but more by the jump of the energy at the cutoff.
#[test]
fn the_virial_of_a_cut_tail_is_the_standard_pressure_term() {
    let c = lattice(cell([7.0; 3], [90.0; 3], [true; 3]), [6, 6, 6], 0.05, 1, 5);
    let (n, volume, cutoff): (f64, f64, f64) = (216.0, 343.0, 2.5);
    let virial = |tail: bool| {
        let mut binding = plain_lj(cutoff, Truncation::Cut);
        binding.tail = tail;
        evaluate(&mut field(vec![binding], 0.3), &c, Request::ENERGY)
    };
    let (with, without) = (virial(true), virial(false));
    let pressure = (with.virial.unwrap() - without.virial.unwrap()).trace() / (3.0 * volume);
    let energy = with.energy.unwrap() - without.energy.unwrap();
    let (rho, x) = (n / volume, cutoff.powi(-3));
    let standard = 16.0 / 3.0 * std::f64::consts::PI * rho * rho * (2.0 / 3.0 * x.powi(3) - x);
    assert_close("pressure", &[pressure], &[standard], 1e-11);
    // the strain derivative of U_tail, proportional to 1/V, and the jump
    let jump = 4.0 * (x.powi(4) - x.powi(2));
    let by_strain = energy / volume;
    let rest = 2.0 / 3.0 * std::f64::consts::PI * rho * rho * cutoff.powi(3) * jump;
    assert_close("pressure", &[by_strain + rest], &[standard], 1e-11);
    assert!((by_strain - standard).abs() > 0.1 * standard.abs());
}

#[test]
fn the_gradient_is_the_slope_in_the_parameters() {
    for tail in [false, true] {
        let (c, mut field) = (system(tail), smooth(tail));
        let found = evaluate(&mut field, &c, everything(None)).gradient;
        let each = (0..found.len()).map(|k| {
            let mut parameters = vec![0.0; found.len()];
            parameters[k] = 1.0;
            let d = Direction {
                parameters,
                ..Direction::default()
            };
            slope(|h| vec![moved(&c, tail, &d, h).energy.unwrap()])[0]
        });
        assert_close("gradient", &found, &each.collect::<Vec<_>>(), EXTRAPOLATED);
    }
}

#[test]
fn every_tangent_is_the_slope_along_its_direction() {
    for tail in [false, true] {
        let (c, mut field) = (system(tail), smooth(tail));
        let d = direction(&c, field.parameters().count(), 31);
        let found = evaluate(&mut field, &c, everything(Some(&d))).tangents.remove(0);
        assert_close(
            "forces",
            &flat(&found.forces),
            &slope(|h| flat(&moved(&c, tail, &d, h).forces)),
            EXTRAPOLATED,
        );
        assert_close(
            "energies",
            &found.energies,
            &slope(|h| moved(&c, tail, &d, h).energies),
            EXTRAPOLATED,
        );
        assert_close(
            "gradient",
            &found.gradient,
            &slope(|h| moved(&c, tail, &d, h).gradient),
            EXTRAPOLATED,
        );
        let tensor = |m: Mat3| m.iter().copied().collect::<Vec<_>>();
        let expected = slope(|h| tensor(moved(&c, tail, &d, h).virial.unwrap()));
        assert_close("virial", &tensor(found.virial.unwrap()), &expected, EXTRAPOLATED);
        let expected = slope(|h| vec![moved(&c, tail, &d, h).energy.unwrap()]);
        assert_close("energy", &[found.energy.unwrap()], &expected, EXTRAPOLATED);
    }
}

#[test]
fn the_tangent_of_the_energy_is_the_gradient_times_the_direction() {
    let (c, mut field) = (system(false), smooth(false));
    let d = direction(&c, field.parameters().count(), 41);
    let e = evaluate(&mut field, &c, everything(Some(&d)));
    let tangent = &e.tangents[0];
    let strain: f64 = e.virial.unwrap().iter().zip(&d.strain).map(|(w, s)| -w * s).sum();
    let parameters: f64 = e.gradient.iter().zip(&d.parameters).map(|(g, t)| g * t).sum();
    let expected = strain + parameters - dot(&e.forces, &d.positions);
    assert_close("energy", &[tangent.energy.unwrap()], &[expected], EXACT);
}

/// A direction that changes positions alone.
fn positions(c: &Configuration, seed: u64) -> Direction {
    Direction {
        positions: direction(c, 0, seed).positions,
        ..Direction::default()
    }
}

#[test]
fn the_hessian_is_symmetric_and_blind_to_translations() {
    for c in [
        system(false),
        lattice(cell([2.9, 3.3, 3.6], [80.0; 3], [true; 3]), [3, 3, 3], 0.05, 3, 22),
    ] {
        let mut field = smooth(false);
        let (v, w) = (positions(&c, 51), positions(&c, 52));
        let mut product = |d: &Direction| {
            let request = Request {
                tangents: core::slice::from_ref(d),
                ..Request::FORCES
            };
            evaluate(&mut field, &c, request).tangents.remove(0).forces
        };
        let (hv, hw) = (product(&v), product(&w));
        let scale = hv
            .iter()
            .zip(&w.positions)
            .map(|(a, b)| a.norm() * b.norm())
            .sum::<f64>();
        assert!((dot(&hv, &w.positions) - dot(&hw, &v.positions)).abs() < EXACT * scale);
        let shift = Direction {
            positions: vec![Vec3::new(1.0, -2.0, 0.5); c.len()],
            ..Direction::default()
        };
        let largest = hv.iter().map(|f| f.norm()).fold(0.0, f64::max);
        assert!(product(&shift).iter().all(|f| f.norm() < EXACT * largest));
    }
}

/// Law B3, <w, J v> = <Jᵀ w, v>, for the three blocks of the second derivative in positions and parameters. Both sides are
/// sums of products; round-off is of the order of the sum of their magnitudes.
#[test]
fn products_with_the_second_derivatives_are_those_with_their_transpose() {
    for tail in [false, true] {
        let (c, mut field) = (system(tail), smooth(tail));
        let count = field.parameters().count();
        for seed in 0..5 {
            let (v, w) = (positions(&c, 100 + seed), positions(&c, 200 + seed));
            let of_parameters = |seed: u64| {
                let parameters = direction(&c, count, seed).parameters;
                Direction {
                    parameters,
                    ..Direction::default()
                }
            };
            let (s, t) = (of_parameters(300 + seed), of_parameters(400 + seed));
            let mut tangent = |d: &Direction| evaluate(&mut field, &c, everything(Some(d))).tangents.remove(0);
            let (jv, jw, js, jt) = (tangent(&v), tangent(&w), tangent(&s), tangent(&t));
            let products = |a: &[f64], b: &[f64]| -> (f64, f64) {
                a.iter()
                    .zip(b)
                    .fold((0.0, 0.0), |(sum, size), (a, b)| (sum + a * b, size + (a * b).abs()))
            };
            let same = |what: &str, (left, size): (f64, f64), (right, other): (f64, f64)| {
                assert!(
                    (left - right).abs() <= EXACT * size.max(other),
                    "{what}: {left:e} and {right:e} of {size:e}"
                );
            };
            same(
                "positions",
                products(&flat(&w.positions), &flat(&jv.forces)),
                products(&flat(&jw.forces), &flat(&v.positions)),
            );
            let (change, size) = products(&t.parameters, &jw.gradient);
            same(
                "positions and parameters",
                products(&flat(&w.positions), &flat(&jt.forces)),
                (-change, size),
            );
            same(
                "parameters",
                products(&t.parameters, &js.gradient),
                products(&jt.gradient, &s.parameters),
            );
        }
    }
}

#[test]
fn mixed_derivatives_do_not_depend_on_the_order() {
    let (c, mut field) = (system(true), smooth(true));
    let count = field.parameters().count();
    let v = positions(&c, 61);
    // the gradient's change along v against v times the change of the forces with each parameter
    let of_gradient = evaluate(&mut field, &c, everything(Some(&v)))
        .tangents
        .remove(0)
        .gradient;
    let of_forces: Vec<f64> = (0..count)
        .map(|k| {
            let mut parameters = vec![0.0; count];
            parameters[k] = 1.0;
            let d = Direction {
                parameters,
                ..Direction::default()
            };
            -dot(
                &evaluate(&mut field, &c, everything(Some(&d))).tangents.remove(0).forces,
                &v.positions,
            )
        })
        .collect();
    assert_close("mixed", &of_gradient, &of_forces, EXACT);
}

#[test]
fn forces_and_torques_of_a_free_cluster_vanish() {
    let c = lattice(cell([5.0; 3], [90.0; 3], [false; 3]), [4, 4, 4], 0.15, 3, 71);
    let mut field = field(vec![three_species(Truncation::ForceShifted, false)], 0.3);
    let e = evaluate(&mut field, &c, Request::FORCES);
    let scale: f64 = e.forces.iter().map(|f| f.norm()).sum();
    let force: Vec3 = e.forces.iter().sum();
    let torque: Vec3 = c.positions.iter().zip(&e.forces).map(|(r, f)| r.cross(f)).sum();
    assert!(
        force.norm() < 1e-13 * scale && torque.norm() < 1e-12 * scale,
        "{force} {torque}"
    );
}

#[test]
fn a_truncated_lennard_jones_system_scales() {
    // ε dU/dε = U, and with everything in units of σ: σ dU/dσ = tr W (Euler's theorem; the cutoff's own share is the jump)
    let c = lattice(cell([6.0; 3], [90.0, 85.0, 90.0], [true; 3]), [5, 5, 5], 0.1, 1, 81);
    let mut field = field(vec![plain_lj(2.5, Truncation::Cut)], 0.3);
    let e = evaluate(&mut field, &c, everything(None));
    assert_close("epsilon", &[e.gradient[0]], &[e.energy.unwrap()], EXACT);
    assert_close("sigma", &[e.gradient[1]], &[e.virial.unwrap().trace()], EXACT);
}

#[test]
fn many_directions_at_once_are_each_of_them() {
    let (c, mut field) = (system(true), smooth(true));
    let count = field.parameters().count();
    // seventeen take two groups of eight and one alone; some change no parameter, some nothing else
    let mut directions: Vec<Direction> = (0..17).map(|k| direction(&c, count, 500 + k)).collect();
    directions[1].parameters.clear();
    directions[4].positions.clear();
    directions[5] = Direction::default();
    directions[6] = positions(&c, 600);
    for template in [Request::FORCES, Request::ENERGY, everything(None)] {
        let all = evaluate(
            &mut field,
            &c,
            Request {
                tangents: &directions,
                ..template
            },
        );
        for (direction, found) in directions.iter().zip(&all.tangents) {
            let request = Request {
                tangents: core::slice::from_ref(direction),
                ..template
            };
            let alone = evaluate(&mut field, &c, request);
            assert!(alone.forces == all.forces && alone.gradient == all.gradient && alone.energy == all.energy);
            let expected = oracle(&field, &c, request).tangents.remove(0);
            let alone = &alone.tangents[0];
            for (a, b) in [(&found.forces, &alone.forces), (&found.forces, &expected.forces)] {
                assert_close("forces", &flat(a), &flat(b), EXACT);
            }
            assert_eq!(found.energies, alone.energies);
            assert_close("gradient", &found.gradient, &expected.gradient, EXACT);
            assert_eq!((found.energy, found.virial), (alone.energy, alone.virial));
        }
    }
}
