//! Mixed precision against double: laws that name what may be lost, and what must not change.

mod support;

use admd::ad::Isa;
use admd::dynamics::velocities::maxwell_boltzmann;
use admd::dynamics::{Integrator, State, VelocityVerlet};
use admd::engine::{Cell, Configuration, ForceField, Precision, Request, Settings, Vec3};
use admd::potentials::catalog::PAIRS;
use admd::potentials::form::binding::PairBinding;
use admd::potentials::form::truncation::Truncation;
use proptest::prelude::*;
use support::rounding::{Rounding, extent};
use support::*;

const SKIN: f64 = 0.3;
/// The slices of both precisions have other widths, so that derivatives are summed in another order: a few hundred
/// roundings.
const ROUND_OFF: f64 = 1e-12;
/// "Six digits of the largest pair force" in a liquid, where a bound that adds all roundings up would allow a
/// hundred times more: coordinates in a block are below 16, where half an ulp of f32 is 5e-7, and the steepest pair
/// potential at hand takes that times 20 for the force; two digits at the sixth place.
const SIX_DIGITS: f64 = 2e-5;

fn with(bindings: Vec<PairBinding>, precision: Precision, isa: Option<Isa>) -> ForceField {
    let settings = Settings {
        precision,
        isa,
        ..Settings::new(SKIN)
    };
    ForceField::new(bindings, settings).unwrap()
}

fn mixed(bindings: Vec<PairBinding>) -> ForceField {
    with(bindings, Precision::Mixed, None)
}

/// Mixed on every instruction set within the bound of double; the largest share of the bound that was taken.
#[track_caller]
fn assert_mixed(what: &str, c: &Configuration, binding: &PairBinding) -> f64 {
    let request = Request {
        per_atom: true,
        ..Request::ENERGY
    };
    let expected = evaluate(&mut field(vec![binding.clone()], SKIN), c, request);
    let bound = Rounding::bound(c, binding, extent(c, binding.cutoff() + SKIN));
    let each = Isa::ALL.into_iter().filter(|isa| isa.is_supported()).map(|isa| {
        let found = evaluate(
            &mut with(vec![binding.clone()], Precision::Mixed, Some(isa)),
            c,
            request,
        );
        bound.assert_close(&format!("{what}, {isa}"), &found, &expected)
    });
    each.fold(0.0, f64::max)
}

fn liquid(species: u16) -> Configuration {
    let cell = cell([8.6, 9.0, 8.3], [90.0; 3], [true; 3]);
    lattice(cell, [8, 8, 8], 0.12, species, 11)
}

#[test]
fn every_potential_of_the_catalogue_keeps_six_digits() {
    let c = liquid(1);
    for info in PAIRS {
        for truncation in TRUNCATIONS {
            let binding = example(info, 2.5, truncation);
            let what = format!("{} {}", info.name, truncation.name());
            let share = assert_mixed(&what, &c, &binding);
            let request = Request::ENERGY;
            let double = evaluate(&mut field(vec![binding.clone()], SKIN), &c, request);
            let single = evaluate(&mut mixed(vec![binding.clone()]), &c, request);
            let sizes = Rounding::bound(&c, &binding, 0.0);
            let off = |a: &[Vec3], b: &[Vec3]| a.iter().zip(b).map(|(a, b)| (a - b).norm()).fold(0.0, f64::max);
            let forces = off(&single.forces, &double.forces) / sizes.largest;
            let energy = (single.energy.unwrap() - double.energy.unwrap()).abs() / sizes.energy_scale;
            let virial = (single.virial.unwrap() - double.virial.unwrap()).norm() / double.virial.unwrap().norm();
            println!("{what}: {share:.1e} of the bound; forces {forces:.1e}, energy {energy:.1e}, virial {virial:.1e}");
            assert!(forces < SIX_DIGITS, "{what}: {forces:e} of the largest pair force");
            assert!(energy < 1e-6, "{what}: {energy:e} of the sum of all pair energies");
        }
    }
}

prop_compose! {
    /// Cells from one atom across to some blocks, skewed, open or periodic.
    fn configurations()(
        sites in [1_usize..10, 1_usize..10, 1_usize..10],
        spacing in 1.05..1.6_f64,
        angles in prop_oneof![Just([90.0; 3]), [60.0..120.0_f64, 60.0..120.0, 60.0..120.0]],
        periodic in any::<[bool; 3]>(),
        seed in any::<u64>(),
    ) -> Configuration {
        // skewed cells have nearer atoms than their edges say
        let stretch = if angles == [90.0; 3] { 1.0 } else { 1.3 };
        let cell = cell(sites.map(|n| n as f64 * spacing * stretch), angles, periodic);
        lattice(cell, sites, 0.1, 3, seed)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn three_species_in_any_cell_stay_within_the_bound(c in configurations(), truncation in 0..4_usize) {
        assert_mixed("three species", &c, &three_species(TRUNCATIONS[truncation], false));
    }
}

#[test]
fn far_from_the_origin_is_as_good_as_near() {
    let ball = lattice(cell([10.0; 3], [90.0; 3], [false; 3]), [8, 8, 8], 0.12, 1, 5);
    let binding = plain_lj(2.5, Truncation::Switched { onset: 0.8 });
    let near = assert_mixed("at the origin", &ball, &binding);
    // 2^14: cells and positions keep all digits that f64 has beyond those of f32
    for away in [Vec3::repeat(1e4), Vec3::new(-16384.0, 3.0, 9e3)] {
        for periodic in [[false; 3], [true; 3]] {
            let c = Configuration {
                cell: Cell::new([Vec3::x() * 4e4, Vec3::y() * 4e4, Vec3::z() * 4e4], periodic).unwrap(),
                positions: ball.positions.iter().map(|r| r + away).collect(),
                ..ball.clone()
            };
            // the bound knows the extent of the ball only
            let far = assert_mixed("far away", &c, &binding);
            println!("{near:.1e} of the bound near, {far:.1e} far away");
            assert!(far < 2.0 * near, "{near:e} near and {far:e} far away");
        }
    }
}

#[test]
fn an_atom_that_flies_off_takes_no_digits_from_the_others() {
    let binding = plain_lj(2.5, Truncation::Switched { onset: 0.8 });
    for away in [1e1, 1e2, 1e4, 1e6, 1e8, 1e30] {
        let mut c = lattice(cell([9.0; 3], [90.0; 3], [false; 3]), [8; 3], 0.12, 1, 5);
        c.positions[7] = Vec3::repeat(away);
        let double = evaluate(&mut field(vec![binding.clone()], SKIN), &c, Request::ENERGY);
        let single = evaluate(&mut mixed(vec![binding.clone()]), &c, Request::ENERGY);
        let off = single.forces.iter().zip(&double.forces).map(|(a, b)| (a - b).norm());
        let largest = double.forces.iter().map(Vec3::norm).fold(0.0, f64::max);
        let worst = off.fold(0.0, f64::max) / largest;
        println!("an atom {away:e} away: forces {worst:.1e} of the largest");
        assert!(
            worst < SIX_DIGITS,
            "an atom {away:e} away: {worst:e} of the largest force"
        );
    }
}

#[test]
fn units_of_any_size_keep_the_digits() {
    // argon in electronvolt, kcal/mol and Angstrom, and units some orders of magnitude off
    for (epsilon, sigma) in [
        (0.0104, 3.4),
        (0.238, 3.4),
        (1.0, 0.01),
        (1e-6, 300.0),
        (1e5, 0.05),
        (120.0, 0.34),
    ] {
        let c = liquid(1);
        let c = Configuration {
            cell: Cell::new([0, 1, 2].map(|k| c.cell.edge(k) * sigma), [true; 3]).unwrap(),
            positions: c.positions.iter().map(|r| r * sigma).collect(),
            ..c
        };
        let binding = lj(1, &[Some((epsilon, sigma, 2.5 * sigma))], Truncation::Shifted);
        let mut double = field(vec![binding.clone()], SKIN * sigma);
        let settings = Settings {
            precision: Precision::Mixed,
            ..Settings::new(SKIN * sigma)
        };
        let mut single = ForceField::new(vec![binding.clone()], settings).unwrap();
        let bound = Rounding::bound(&c, &binding, extent(&c, 2.8 * sigma));
        let [a, b] = [&mut single, &mut double].map(|f| evaluate(f, &c, Request::ENERGY));
        bound.assert_close(&format!("epsilon {epsilon}, sigma {sigma}"), &a, &b);
    }
}

#[test]
fn what_is_out_of_reach_gives_exactly_nothing() {
    // in the list, for the skin, but beyond the cutoff; and an atom that nothing is near
    for n in [1, 2, 3, 17, 40] {
        let positions = (0..n).map(|k| Vec3::new(f64::from(k) * 2.51, 0.3, -0.2)).collect();
        let mut c = Configuration {
            cell: Cell::new([Vec3::x() * 500.0, Vec3::y() * 500.0, Vec3::z() * 500.0], [false; 3]).unwrap(),
            species: vec![0; n as usize],
            positions,
        };
        for truncation in TRUNCATIONS {
            for info in PAIRS {
                for isa in Isa::ALL.into_iter().filter(|isa| isa.is_supported()) {
                    let mut field = with(vec![example(info, 2.5, truncation)], Precision::Mixed, Some(isa));
                    for lift in [0.0, 2.0] {
                        c.positions[0].z = lift;
                        let found = evaluate(&mut field, &c, everything(None));
                        assert!(found.forces.iter().all(|f| *f == Vec3::zeros()), "{} {isa}", info.name);
                        assert_eq!(found.energy, Some(0.0));
                        assert_eq!(found.virial.unwrap().norm(), 0.0);
                        assert!(found.energies.iter().all(|u| *u == 0.0));
                    }
                }
            }
        }
    }
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let c = lattice(
        cell([20.0, 18.0, 19.0], [90.0, 90.0, 80.0], [true; 3]),
        [18, 17, 17],
        0.1,
        3,
        9,
    );
    let direction = direction(&c, 8, 3);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut field = mixed(vec![three_species(Truncation::Shifted, false)]);
            bits(&evaluate(&mut field, &c, everything(Some(&direction))))
        })
    };
    let one = run(1);
    for threads in [2, 7] {
        assert!(run(threads) == one, "{threads} threads give other bits");
    }
}

#[test]
fn forces_have_the_same_bits_whatever_else_is_asked_for() {
    let c = lattice(
        cell([9.0, 9.5, 10.0], [80.0, 95.0, 100.0], [true, true, false]),
        [8, 8, 9],
        0.1,
        3,
        2,
    );
    for precision in [Precision::Double, Precision::Mixed] {
        let mut field = with(vec![three_species(Truncation::ForceShifted, false)], precision, None);
        let directions = [direction(&c, field.parameters().count(), 3)];
        let alone = evaluate(&mut field, &c, Request::FORCES);
        for k in 0..16 {
            let request = Request {
                energy_and_virial: k & 1 != 0,
                per_atom: k & 2 != 0,
                gradient: k & 4 != 0,
                tangents: if k & 8 != 0 { &directions } else { &[] },
            };
            let found = evaluate(&mut field, &c, request);
            let same = flat(&found.forces)
                .iter()
                .zip(flat(&alone.forces))
                .all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(same, "{precision:?}: request {k:04b} gives other forces");
        }
    }
}

#[test]
fn derivatives_are_those_of_double() {
    let c = lattice(
        cell([9.0, 9.5, 10.0], [80.0, 95.0, 100.0], [true, true, false]),
        [8, 8, 9],
        0.1,
        3,
        2,
    );
    for truncation in TRUNCATIONS {
        let bindings = vec![three_species(truncation, false)];
        let mut double = field(bindings.clone(), SKIN);
        let direction = direction(&c, double.parameters().count(), 3);
        let expected = evaluate(&mut double, &c, everything(Some(&direction)));
        let found = evaluate(&mut mixed(bindings), &c, everything(Some(&direction)));
        assert_close("gradient", &found.gradient, &expected.gradient, ROUND_OFF);
        let (f, e) = (&found.tangents[0], &expected.tangents[0]);
        assert_close("tangent of forces", &flat(&f.forces), &flat(&e.forces), ROUND_OFF);
        assert_close(
            "tangent of energy",
            &[f.energy.unwrap()],
            &[e.energy.unwrap()],
            ROUND_OFF,
        );
        assert_close(
            "tangent of virial",
            f.virial.unwrap().as_slice(),
            e.virial.unwrap().as_slice(),
            ROUND_OFF,
        );
        assert_close("tangent of energies", &f.energies, &e.energies, ROUND_OFF);
        assert_close("tangent of gradient", &f.gradient, &e.gradient, ROUND_OFF);
    }
}

/// Roundings of forces kick the energy at random: a step changes it by v · δf Δt an atom, with δf of 1e-6 of a pair
/// force of some tens, here 1e-6 · 30 · 0.004, which adds up over 2000 steps as a random walk to 5e-6 an atom and
/// less in the mean over 512; ten times that is a systematic drift.
const WALK: f64 = 5e-6;

#[test]
fn energy_does_not_drift() {
    let drift = |precision: Precision| {
        let configuration = liquid(1);
        let masses = vec![1.0; configuration.len()];
        let start = State {
            step: 0,
            velocities: maxwell_boltzmann(&masses, 1.0, 4),
            configuration,
            masses,
            tangents: Vec::new(),
        };
        let mut field = with(
            vec![plain_lj(2.5, Truncation::Switched { onset: 0.8 })],
            precision,
            None,
        );
        let mut integrator = VelocityVerlet { timestep: 0.002 };
        let mut now = integrator.start(start, &mut field).unwrap();
        let mut next = now.clone();
        let (mut fit, n) = (admd::run::LineFit::default(), now.state.masses.len() as f64);
        for step in 0..2000_u32 {
            integrator.step(&now, &mut next, &mut field, Request::ENERGY).unwrap();
            core::mem::swap(&mut now, &mut next);
            // the first steps are not yet at equilibrium, where the fluctuation is stationary
            if step >= 200 {
                let kinetic: f64 = now.state.velocities.iter().map(|v| 0.5 * v.norm_squared()).sum();
                fit.add(f64::from(step), (kinetic + now.evaluation.energy.unwrap()) / n);
            }
        }
        let ((slope, error), rms) = (fit.slope().unwrap(), fit.rms().unwrap());
        println!(
            "{precision:?}: {slope:.2e} +- {error:.1e} an atom and step, z = {:.1}; rms {rms:.1e}",
            slope / error
        );
        (slope * 1800.0, rms)
    };
    let (double, single) = (drift(Precision::Double), drift(Precision::Mixed));
    // what the integrator does by itself is not held against the precision
    let allowed = 10.0 * WALK + double.0.abs();
    assert!(
        single.0.abs() < allowed,
        "drift {:e} an atom, at most {allowed:e}",
        single.0
    );
    assert!(
        single.1 < 2.0 * double.1 + WALK,
        "rms {:e} against {:e}",
        single.1,
        double.1
    );
}

/// In units in which powers of lengths leave the range of f32 a mixed run works in f64, rather than with forces of 0.
#[test]
fn what_single_precision_cannot_hold_is_evaluated_in_double() {
    let unit = liquid(1);
    for length in [1e-20, 1e-10, 1e-5, 1e-4, 1e5, 1e15, 1e20] {
        let edges = [0, 1, 2].map(|k| unit.cell.edge(k) * length);
        let c = Configuration {
            cell: Cell::new(edges, [true; 3]).unwrap(),
            species: unit.species.clone(),
            positions: unit.positions.iter().map(|r| r * length).collect(),
        };
        let binding = lj(1, &[Some((1.0, length, 2.5 * length))], Truncation::Shifted);
        let forces = |precision| {
            let settings = Settings {
                precision,
                ..Settings::new(SKIN * length)
            };
            let mut field = ForceField::new(vec![binding.clone()], settings).unwrap();
            evaluate(&mut field, &c, Request::FORCES).forces
        };
        let (found, expected) = (forces(Precision::Mixed), forces(Precision::Double));
        let largest = expected.iter().map(|f| f.norm()).fold(0.0, f64::max);
        for (f, e) in found.iter().zip(&expected) {
            assert!((f - e).norm() <= SIX_DIGITS * largest, "{length:e}: {f} and {e}");
        }
    }
}
