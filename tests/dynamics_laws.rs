//! Laws of the equations of motion: exact solutions, order, reversal, conservation, units.

mod dynamics_support;

use admd::dynamics::{Forces, Integrator, Moment, State, VelocityVerlet, observables, velocities};
use admd::engine::{Cell, Configuration, EngineError, Evaluation, Mat3, Request, Vec3};
use admd::run::{Contents, LineFit, frame, thermo_row};
use admd_potentials::form::truncation::Truncation;
use admd_potentials::form::units::{BOLTZMANN, Dimension, METAL};
use dynamics_support::*;

/// 1000 steps of rounding at 2e-16, with a phase that rounding shifts by the step number squared over two.
const ORBIT: f64 = 1e-12;
/// The shadow energy takes a handful of roundings of 1.1e-16 in each of 1000 steps, which add up as a random walk.
const SHADOW: f64 = 2e-14;
/// Four or five roundings of 1.1e-16 of one step, and two powers.
const ONE_STEP: f64 = 1e-15;
/// Rounding of 1e-16 grows by some 1e4 in 2 × 2 units of time (it doubles every 0.2 or so); the rest is for the seed.
const RETURN: f64 = 1e-9;
/// 1e5 steps, in each of which the momenta of 13 atoms, about one, are rounded at 1.1e-16: no more than their plain sum.
const CONSERVED: f64 = 1e-11;
/// Converted inputs differ by 1e-16, which grows by some ten in 100 steps (it doubles every 50 or so); conversions and the
/// sums over 108 atoms add a few of it.
const UNITS: f64 = 1e-12;
/// A sum of 2e4 terms of either sign, against the sum of their sizes.
const SUM: f64 = 1e-15;
/// A handful of products, or a sum of a few terms, rounded at 1.1e-16 each.
const FEW: f64 = 1e-14;
/// Sums over 108 atoms in two orders.
const PRESSURE: f64 = 1e-13;
/// Drift per atom and time of a force that jumps at the cutoff, and its error, are more than this: (-2.9 +- 1.2)e-6 in the
/// run of this test with the truncation `shifted`.
const JUMP: f64 = 1e-6;

/// Every atom on a spring to the origin.
struct Springs(f64);

impl Forces for Springs {
    fn evaluate(&mut self, c: &Configuration, request: Request, out: &mut Evaluation) -> Result<(), EngineError> {
        out.forces = c.positions.iter().map(|r| r * -self.0).collect();
        let energy = c.positions.iter().map(|r| 0.5 * self.0 * r.norm_squared()).sum();
        out.energy = request.energy_and_virial.then_some(energy);
        Ok(())
    }
}

#[test]
fn harmonic_oscillator_follows_its_discrete_solution() {
    // Allen & Tildesley: the discrete map rotates by t with cos t = 1 - (w dt)²/2, and conserves a shadow energy exactly.
    let (stiffness, mass, dt) = (3.0_f64, 1.7_f64, 0.11);
    let w = (stiffness / mass).sqrt();
    let (t, g) = (
        (1.0 - 0.5 * (w * dt).powi(2)).acos(),
        (1.0 - 0.25 * (w * dt).powi(2)).sqrt(),
    );
    let (x0, v0) = (Vec3::new(0.3, -1.2, 0.7), Vec3::new(1.1, 0.4, -0.9));
    let mut start = at_rest(Cell::orthogonal([100.0; 3]).unwrap(), vec![x0]);
    (start.velocities, start.masses) = (vec![v0], vec![mass]);

    let mut springs = Springs(stiffness);
    let mut integrator = VelocityVerlet { timestep: dt };
    let mut now = integrator.start(start, &mut springs).unwrap();
    let mut next = now.clone();
    let shadow =
        |s: &State| s.velocities[0].norm_squared() + (w * g).powi(2) * s.configuration.positions[0].norm_squared();
    let before = shadow(&now.state);
    for n in 1..=1000 {
        integrator.step(&now, &mut next, &mut springs, Request::FORCES).unwrap();
        core::mem::swap(&mut now, &mut next);
        let (sin, cos) = (f64::from(n) * t).sin_cos();
        let x = x0 * cos + v0 * (sin / (w * g));
        let v = v0 * cos - x0 * (w * g * sin);
        assert!((now.state.configuration.positions[0] - x).amax() < ORBIT, "step {n}");
        assert!((now.state.velocities[0] - v).amax() < ORBIT, "step {n}");
    }
    assert!((shadow(&now.state) / before - 1.0).abs() < SHADOW);
}

#[test]
fn first_step_is_the_textbook_step() {
    let (r, v, dt) = (1.3_f64, 0.2, 0.01);
    let slope = |r: f64| 24.0 * (r.powi(-7) - 2.0 * r.powi(-13));
    // The separation moves with the reduced mass 1/2, from a real force on.
    let half = v - 2.0 * slope(r) * 0.5 * dt;
    let r1 = r + half * dt;
    let v1 = half - 2.0 * slope(r1) * 0.5 * dt;

    let mut start = at_rest(Cell::orthogonal([20.0; 3]).unwrap(), vec![Vec3::zeros(), Vec3::x() * r]);
    start.velocities[1] = Vec3::x() * v;
    let end = integrate(&mut lennard_jones(1.0, 1.0, 5.0, Truncation::Cut), start, dt, 1, |_| ());
    let separation = end.state.configuration.positions[1] - end.state.configuration.positions[0];
    let speed = end.state.velocities[1] - end.state.velocities[0];
    assert!(
        (separation - Vec3::x() * r1).amax() < ONE_STEP * r1,
        "{separation:?} {r1}"
    );
    assert!((speed - Vec3::x() * v1).amax() < ONE_STEP * r1, "{speed:?} {v1}");
}

#[test]
fn half_the_step_gives_a_quarter_of_the_energy_error() {
    // Equal times; short enough that the four trajectories are still the same, so that the ratio is clean.
    let time = 4.0;
    let mut field = lennard_jones(1.0, 1.0, 2.5, SWITCHED);
    let mut errors = Vec::new();
    for (dt, stride) in [(0.008, 2), (0.004, 4), (0.002, 8), (0.001, 16)] {
        let mut energies = LineFit::default();
        integrate(&mut field, crystal(4, 0.75, 2.0, 1), dt, (time / dt) as u64, |m| {
            if m.state.step % stride == 0 {
                energies.add(m.state.step as f64 * dt, total_energy(m));
            }
        });
        errors.push(energies.rms().unwrap());
    }
    println!("rms energy error at dt .008 .004 .002 .001: {errors:.3?}");
    for pair in errors.windows(2) {
        let ratio = pair[0] / pair[1];
        assert!((3.6..4.4).contains(&ratio), "{errors:?}");
    }
}

#[test]
fn energy_does_not_drift() {
    // 1e4 steps; the long form is examples/nve_drift.rs. A cutoff with two continuous derivatives leaves no drift to see.
    let (dt, every, block) = (0.004, 10, 500);
    let mut means: Vec<LineFit> = vec![LineFit::default(); 20];
    integrate(
        &mut lennard_jones(1.0, 1.0, 2.5, SWITCHED),
        crystal(3, 0.8, 1.6, 2),
        dt,
        11_000,
        |m| {
            // The melting of the crystal at the start is no drift: the error of the energy follows the state.
            let step = m.state.step;
            if step > 1000 && step % every == 0 {
                means[((step - 1001) / block) as usize].add(step as f64 * dt, total_energy(m) / 108.0);
            }
        },
    );
    // Neighbouring energies are correlated over a vibration, some 100 steps. The means of blocks of five times that are
    // independent, so the error of a line through them is the true one.
    let mut fit = LineFit::default();
    means.iter().for_each(|block| fit.add(block.mean()[0], block.mean()[1]));
    let (slope, error) = fit.slope().unwrap();
    println!("drift {slope:.2e} +- {error:.1e} per atom and time");
    // Within three standard errors of none; and the error is small enough to see the drift of a force that jumps.
    assert!(slope.abs() < 3.0 * error && error < JUMP, "{slope:e} +- {error:e}");
}

#[test]
fn reversed_velocities_lead_back() {
    let (steps, dt) = (1000, 0.002);
    let start = crystal(3, 0.8, 1.5, 3);
    let mut field = lennard_jones(1.0, 1.0, 2.5, SWITCHED);
    let mut turn = integrate(&mut field, start.clone(), dt, steps, |_| ()).state;
    turn.velocities.iter_mut().for_each(|v| *v = -*v);
    let end = integrate(&mut field, turn, dt, steps, |_| ()).state;
    let back = deviation(&end.configuration.positions, &start.configuration.positions);
    assert!(back < RETURN, "{back:e}");
}

#[test]
fn free_cluster_keeps_momentum_and_angular_momentum() {
    let start = cluster(0.2, 4);
    let masses = start.masses.clone();
    let spin = |s: &State| velocities::angular_momentum(&s.configuration.positions, &s.velocities, &masses);
    let before = spin(&start);
    assert!(before.norm() > 0.1);
    let end = integrate(
        &mut lennard_jones(1.0, 1.0, 4.0, SWITCHED),
        start,
        0.004,
        100_000,
        |_| (),
    )
    .state;
    assert!(velocities::momentum(&end.velocities, &masses).amax() < CONSERVED);
    assert!((spin(&end) - before).amax() < CONSERVED, "{:?} {before:?}", spin(&end));
}

#[test]
fn reduced_and_metal_units_give_one_trajectory() {
    // Argon: the same start in both systems, 100 steps, compared after conversion.
    let (epsilon, sigma, mass) = (0.0104, 3.4, 39.948);
    let reduced = crystal(3, 0.8, 0.9, 5);
    let tau = sigma * f64::sqrt(mass / epsilon);
    let cell = &reduced.configuration.cell;
    let edges = [0, 1, 2].map(|k| cell.edge(k) * sigma);
    let metal = State {
        step: 0,
        configuration: Configuration {
            cell: Cell::new(edges, [true; 3]).unwrap(),
            species: reduced.configuration.species.clone(),
            positions: reduced.configuration.positions.iter().map(|r| r * sigma).collect(),
        },
        velocities: reduced.velocities.iter().map(|v| v * (sigma / tau)).collect(),
        masses: vec![mass; 108],
        tangents: Vec::new(),
    };
    // The temperature that the metal system measures is that of the reduced one in units of epsilon/k.
    let kinetic = observables::kinetic_energy(&metal.velocities, &metal.masses);
    let kelvin = observables::temperature(kinetic, 321, METAL.boltzmann);
    assert!((kelvin / (0.9 * epsilon / METAL.boltzmann) - 1.0).abs() < UNITS);
    // 2.156 ps, as every textbook says; tau here is in coherent units.
    let ps = tau / METAL.to_coherent(Dimension::TIME);
    let si = sigma * 1e-10 * (mass * 1.660_539_066_60e-27 / (epsilon * METAL.boltzmann.recip() * BOLTZMANN)).sqrt();
    assert!((ps / (si / 1e-12) - 1.0).abs() < UNITS, "{ps} {si}");

    let dt = 0.004;
    let a = integrate(&mut lennard_jones(1.0, 1.0, 2.5, SWITCHED), reduced, dt, 100, |_| ());
    let b = integrate(
        &mut lennard_jones(epsilon, sigma, 2.5 * sigma, SWITCHED),
        metal,
        dt * tau,
        100,
        |_| (),
    );
    let x: Vec<Vec3> = b.state.configuration.positions.iter().map(|r| r / sigma).collect();
    let v: Vec<Vec3> = b.state.velocities.iter().map(|v| v * (tau / sigma)).collect();
    assert!(deviation(&x, &a.state.configuration.positions) < UNITS);
    assert!(deviation(&v, &a.state.velocities) < UNITS);
    assert!((total_energy(&b) / epsilon / total_energy(&a) - 1.0).abs() < UNITS);
}

#[test]
fn records_are_in_the_units_of_people() {
    // An ideal gas of argon at 300 K in metal units, against SI by hand: 2 fs a step, Angstrom/ps, bar.
    let kt = 300.0 * METAL.boltzmann;
    let mut state = crystal(2, 1e-3, 1.0, 6);
    state.masses = vec![39.948; 32];
    state.velocities = velocities::maxwell_boltzmann(&state.masses, kt, 6);
    state.step = 7;
    let timestep = 0.002 * METAL.to_coherent(Dimension::TIME);
    let integrator = VelocityVerlet { timestep };
    let evaluation = Evaluation {
        forces: vec![Vec3::zeros(); 32],
        energy: Some(0.0),
        virial: Some(Mat3::zeros()),
        ..Evaluation::default()
    };
    let moment = Moment { state, evaluation };
    let row = thermo_row(&moment, &integrator, &METAL);
    assert!((row.time - 0.014).abs() < 1e-15, "{}", row.time);
    assert!((row.temperature / 300.0 - 1.0).abs() < 1e-12);
    // (N - 1) k T / V with V = 32000 cubic Angstrom.
    let pascal = 31.0 * BOLTZMANN * 300.0 / 32_000e-30;
    assert!((row.pressure.unwrap() / (pascal / 1e5) - 1.0).abs() < 1e-12);
    let stress = row.stress.unwrap();
    assert!((stress.trace() / 3.0 / row.pressure.unwrap() + 1.0).abs() < 1e-12);
    // Mean square velocity from the frame: 3 k T / m in (Angstrom/ps)², for 93 degrees of freedom of 96.
    let contents = Contents {
        velocities: true,
        forces: true,
    };
    let frame = frame(&moment, &row, &METAL, contents);
    let square = frame.velocities.iter().map(Vec3::norm_squared).sum::<f64>() / 32.0;
    let si = 93.0 / 32.0 * BOLTZMANN * 300.0 / (39.948 * 1.660_539_066_60e-27);
    assert!((square / (si * 1e-4) - 1.0).abs() < 1e-12);
}

#[test]
fn start_velocities_have_the_right_moments() {
    let masses: Vec<f64> = (0..20_000).map(|i| if i % 2 == 0 { 1.0 } else { 40.0 }).collect();
    let (kt, n) = (1.3, masses.len());
    let v = velocities::maxwell_boltzmann(&masses, kt, 7);
    let scale: f64 = v.iter().zip(&masses).map(|(v, m)| m * v.norm()).sum();
    assert!(velocities::momentum(&v, &masses).amax() < SUM * scale);
    let kinetic = observables::kinetic_energy(&v, &masses);
    assert!((kinetic / (0.5 * (3 * n - 3) as f64 * kt) - 1.0).abs() < FEW);
    // Both species share the energy, and the fourth moment is that of a normal distribution: <x⁴> = 3 <x²>².
    for parity in 0..2 {
        let scaled = (parity..n)
            .step_by(2)
            .flat_map(|i| (v[i] * (masses[i] / kt).sqrt()).data.0[0]);
        let samples: Vec<f64> = scaled.collect();
        let moment = |k: i32| samples.iter().map(|x| x.powi(k)).sum::<f64>() / samples.len() as f64;
        let count = samples.len() as f64;
        let z = [
            moment(1) * count.sqrt(),
            (moment(2) - 1.0) / (2.0 / count).sqrt(),
            (moment(4) - 3.0) / (96.0 / count).sqrt(),
        ];
        println!("z values of moments 1, 2, 4 of species {parity}: {z:.2?}");
        assert!(z.iter().all(|z| z.abs() < 3.0));
    }
}

#[test]
fn start_velocities_of_an_atom_do_not_depend_on_the_others() {
    // Before drift and scale are set; two atoms of one mass keep the direction of their difference.
    let few = velocities::maxwell_boltzmann(&[1.0; 3], 1.0, 9);
    let many = velocities::maxwell_boltzmann(&[1.0; 50], 1.0, 9);
    let (a, b) = ((few[1] - few[0]).normalize(), (many[1] - many[0]).normalize());
    assert!((a - b).amax() < FEW);
    assert_ne!(velocities::maxwell_boltzmann(&[1.0; 3], 1.0, 10), few);
}

#[test]
fn small_systems_are_defined() {
    assert!(velocities::maxwell_boltzmann(&[], 1.0, 1).is_empty());
    let one = velocities::maxwell_boltzmann(&[2.0], 1.5, 1);
    assert!((observables::temperature(observables::kinetic_energy(&one, &[2.0]), 3, 1.0) - 1.5).abs() < FEW);
    assert_eq!(velocities::maxwell_boltzmann(&[1.0; 4], 0.0, 1), vec![Vec3::zeros(); 4]);
    assert_eq!(observables::temperature(0.0, 0, 1.0), 0.0);
}

#[test]
fn ideal_gas_has_the_pressure_of_an_ideal_gas() {
    // With P = (2/3) E_kin / V and T from 3N - 3 degrees of freedom, P V = (N - 1) k T exactly.
    let state = crystal(3, 0.1, 1.7, 12);
    let tensor = observables::kinetic_tensor(&state.velocities, &state.masses);
    let volume = observables::volume(&state.configuration.cell).unwrap();
    let stress = observables::stress(&tensor, &admd::engine::Mat3::zeros(), volume);
    assert!((observables::pressure(&stress) * volume / (107.0 * 1.7) - 1.0).abs() < PRESSURE);
}
