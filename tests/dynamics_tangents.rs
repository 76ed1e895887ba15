//! Tangents through the dynamics: laws F2, F3, F8, the scaling of time, and trajectories of an independent program.

mod dynamics_support;
mod support;

use admd::dynamics::{Moment, State, StateTangent};
use admd::engine::{Cell, ForceField, Mat3, Vec3};
use admd::potentials::catalog::pair_info;
use admd_potentials::form::truncation::Truncation;
use dynamics_support::{at_rest, cluster, crystal, deviation, integrate, lennard_jones};
use support::{Random, example, field};

/// Two ways to the same numbers; 500 steps of a cluster grow rounding about a hundredfold.
const IDENTITY: f64 = 1e-12;
/// States of another program after up to 2,000 steps: rounding, grown by the dynamics.
const STATES: f64 = 1e-9;
/// Its derivatives, relative to the largest.
const SENSITIVITIES: f64 = 1e-7;
/// Richardson differences over 100 steps.
const DIFFERENCES: f64 = 1e-7;

fn largest(v: &[Vec3]) -> f64 {
    v.iter().map(|v| v.amax()).fold(0.0, f64::max)
}

fn assert_near(what: &str, found: &[Vec3], expected: &[Vec3], scale: f64, tolerance: f64) {
    let off = deviation(found, expected);
    assert!(off <= tolerance * scale, "{what}: off by {off:e} of {scale:e}");
}

/// Lennard-Jones without an end that matters: every pair is within the cutoff.
fn endless() -> ForceField {
    lennard_jones(1.0, 1.0, 40.0, Truncation::Cut)
}

#[test]
fn the_end_depends_on_parameters_and_start_as_in_another_program() {
    for file in ["traj_lj_dimer.json", "traj_lj13.json"] {
        let path = format!("{}/tests/data/nist/{file}", env!("CARGO_MANIFEST_DIR"));
        let data: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let vectors = |value: &serde_json::Value| -> Vec<Vec3> {
            let rows: Vec<[f64; 3]> = serde_json::from_value(value.clone()).unwrap();
            rows.into_iter().map(Vec3::from).collect()
        };
        let edges = [Vec3::x(), Vec3::y(), Vec3::z()].map(|e| e * 30.0);
        let mut start = at_rest(Cell::new(edges, [false; 3]).unwrap(), vectors(&data["x0"]));
        start.velocities = vectors(&data["v0"]);
        let n = start.masses.len();
        let of_parameter = |parameters: [f64; 2]| StateTangent {
            parameters: parameters.to_vec(),
            ..StateTangent::zero(n)
        };
        let mut of_start = StateTangent::zero(n);
        of_start.positions[0].x = 1.0;
        start.tangents = vec![of_parameter([0.0, 1.0]), of_parameter([1.0, 0.0]), of_start];
        let (dt, steps) = (data["dt"].as_f64().unwrap(), data["steps"].as_u64().unwrap());
        let end = integrate(&mut endless(), start, dt, steps, |_| {});
        let positions = &end.state.configuration.positions;
        assert_near("x", positions, &vectors(&data["x_end"]), 1.0, STATES);
        assert_near("v", &end.state.velocities, &vectors(&data["v_end"]), 1.0, STATES);
        for (p, name) in ["sigma", "epsilon", "x0[0].x"].into_iter().enumerate() {
            let expected = &data["sensitivity"][name];
            let tangent = &end.state.tangents[p];
            for (found, key) in [(&tangent.positions, "dx_end"), (&tangent.velocities, "dv_end")] {
                let expected = vectors(&expected[key]);
                let scale = largest(&expected);
                assert_near(
                    &format!("{file}: {key} of {name}"),
                    found,
                    &expected,
                    scale,
                    SENSITIVITIES,
                );
            }
            if let Some(slope) = expected["dU_end"].as_f64() {
                let found = end.evaluation.tangents[p].energy.unwrap();
                assert!(
                    (found - slope).abs() <= SENSITIVITIES * slope.abs(),
                    "{file}: dU of {name}: {found}"
                );
            }
        }
    }
}

/// x → a x with σ → a σ and ε → a² ε maps trajectories to trajectories, in a cell that is scaled, too.
#[test]
fn along_a_dilation_the_tangent_is_the_state() {
    let open = (cluster(0.1, 3), endless());
    // a bare cut has no derivative at the cutoff, and pairs within it scale
    let periodic = (crystal(3, 0.9, 0.5, 3), lennard_jones(1.0, 1.0, 2.2, Truncation::Cut));
    for ((mut start, mut field), steps) in [(open, 500), (periodic, 100)] {
        let is_periodic = start.configuration.cell.periodic()[0];
        start.tangents = vec![StateTangent {
            positions: start.configuration.positions.clone(),
            velocities: start.velocities.clone(),
            parameters: vec![2.0, 1.0],
            strain: if is_periodic { Mat3::identity() } else { Mat3::zeros() },
            ..StateTangent::default()
        }];
        integrate(&mut field, start, 0.004, steps, |m| {
            let (state, tangent) = (&m.state, &m.state.tangents[0]);
            let x = &state.configuration.positions;
            assert_near("x", &tangent.positions, x, largest(x), IDENTITY);
            assert_near("v", &tangent.velocities, &state.velocities, 1.0, 100.0 * IDENTITY);
        });
    }
}

/// dt → a dt with v₀ → v₀/a and m → a² m passes through the same places.
#[test]
fn along_a_scaling_of_time_places_stay() {
    let mut start = cluster(0.1, 4);
    let dt = 0.004;
    start.tangents = vec![StateTangent {
        velocities: start.velocities.iter().map(|v| -v).collect(),
        masses: start.masses.iter().map(|m| 2.0 * m).collect(),
        timestep: dt,
        ..StateTangent::zero(start.masses.len())
    }];
    integrate(&mut endless(), start, dt, 500, |m| {
        let tangent = &m.state.tangents[0];
        let zero = vec![Vec3::zeros(); tangent.positions.len()];
        let against: Vec<Vec3> = m.state.velocities.iter().map(|v| -v).collect();
        assert_near("x", &tangent.positions, &zero, 1.0, IDENTITY);
        assert_near("v", &tangent.velocities, &against, 1.0, 10.0 * IDENTITY);
    });
}

/// A direction in which everything changes that can.
fn anything(start: &State, parameters: usize, seed: u64) -> StateTangent {
    let mut random = Random(seed);
    let n = start.masses.len();
    let mut vector = || Vec3::from_fn(|_, _| random.next() - 0.5);
    StateTangent {
        positions: (0..n).map(|_| vector() * 0.1).collect(),
        velocities: (0..n).map(|_| vector()).collect(),
        parameters: (0..parameters).map(|_| vector().x).collect(),
        strain: Mat3::from_columns(&[vector(), vector(), vector()]) * 0.1,
        masses: (0..n).map(|_| vector().x).collect(),
        timestep: 0.001,
    }
}

/// The start at θ = h, and the parameters and time step there.
fn moved(start: &State, theta: &[f64], dt: f64, t: &StateTangent, h: f64) -> (State, Vec<f64>, f64) {
    let mut state = start.clone();
    state.tangents.clear();
    let c = &mut state.configuration;
    c.cell = c.cell.strained(&(t.strain * h)).unwrap();
    for (r, along) in c.positions.iter_mut().zip(&t.positions) {
        *r += along * h;
    }
    for (v, along) in state.velocities.iter_mut().zip(&t.velocities) {
        *v += along * h;
    }
    for (m, along) in state.masses.iter_mut().zip(&t.masses) {
        *m += along * h;
    }
    let theta = theta.iter().zip(&t.parameters).map(|(x, along)| x + along * h);
    (state, theta.collect(), dt + t.timestep * h)
}

#[test]
fn tangents_are_the_slopes_of_whole_trajectories() {
    let (dt, steps) = (0.002, 100);
    for name in ["lj", "morse", "buckingham"] {
        let make = || {
            field(
                vec![example(
                    pair_info(name).unwrap(),
                    2.4,
                    Truncation::Switched { onset: 0.7 },
                )],
                0.3,
            )
        };
        let mut start = crystal(3, 0.8, 0.3, 5);
        let theta: Vec<f64> = make().parameters().map(|leaf| leaf.value).collect();
        let t = anything(&start, theta.len(), 7);
        start.tangents = vec![t.clone()];
        let end_at = |h: f64| -> Moment {
            let (state, theta, dt) = moved(&start, &theta, dt, &t, h);
            let mut field = make();
            field.set_parameters(&theta).unwrap();
            integrate(&mut field, state, dt, steps, |_| {})
        };
        let central = |h: f64| {
            let [a, b] = [end_at(h), end_at(-h)].map(|m| m.state);
            let slope =
                |a: &[Vec3], b: &[Vec3]| -> Vec<Vec3> { a.iter().zip(b).map(|(a, b)| (a - b) / (2.0 * h)).collect() };
            (
                slope(&a.configuration.positions, &b.configuration.positions),
                slope(&a.velocities, &b.velocities),
            )
        };
        let (fine, coarse) = (central(1e-5), central(2e-5));
        let better = |fine: &[Vec3], coarse: &[Vec3]| -> Vec<Vec3> {
            fine.iter().zip(coarse).map(|(a, b)| a + (a - b) / 3.0).collect()
        };
        let end = integrate(&mut make(), start.clone(), dt, steps, |_| {});
        let found = &end.state.tangents[0];
        let expected = (better(&fine.0, &coarse.0), better(&fine.1, &coarse.1));
        assert_near(name, &found.positions, &expected.0, largest(&expected.0), DIFFERENCES);
        assert_near(name, &found.velocities, &expected.1, largest(&expected.1), DIFFERENCES);
    }
}

#[test]
fn the_momentum_depends_on_no_parameter() {
    let mut start = crystal(3, 0.8, 0.7, 6);
    start.tangents = vec![StateTangent {
        parameters: vec![0.0, 1.0],
        ..StateTangent::zero(start.masses.len())
    }];
    let mut field = lennard_jones(1.0, 1.0, 2.5, dynamics_support::SWITCHED);
    integrate(&mut field, start, 0.004, 200, |m| {
        let along = &m.state.tangents[0].velocities;
        let momentum: Vec3 = along.iter().sum();
        let size: f64 = along.iter().map(|v| v.norm()).sum();
        assert!(momentum.norm() <= IDENTITY * size, "{momentum} of {size:e}");
    });
}

#[test]
fn tangents_change_neither_the_trajectory_nor_each_other() {
    let alone = crystal(3, 0.8, 0.7, 8);
    let n = alone.masses.len();
    let mut field = lennard_jones(1.0, 1.0, 2.5, dynamics_support::SWITCHED);
    let plain = integrate(&mut field, alone.clone(), 0.004, 50, |_| {});
    let all: Vec<StateTangent> = (0..10)
        .map(|k| match k {
            0 => StateTangent {
                parameters: vec![1.0, 0.0],
                ..StateTangent::zero(n)
            },
            1 => StateTangent {
                parameters: vec![0.0, 1.0],
                ..StateTangent::zero(n)
            },
            k => anything(&alone, 2, k),
        })
        .collect();
    let run = |tangents: &[StateTangent], threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let start = State {
            tangents: tangents.to_vec(),
            ..alone.clone()
        };
        let mut field = lennard_jones(1.0, 1.0, 2.5, dynamics_support::SWITCHED);
        pool.install(|| integrate(&mut field, start, 0.004, 50, |_| {})).state
    };
    let together = run(&all, 1);
    assert!(
        together.velocities == plain.state.velocities,
        "the trajectory has other bits with tangents"
    );
    assert!(together == run(&all, 2), "bits depend on the number of threads");
    for (k, tangent) in all.iter().enumerate() {
        let single = run(core::slice::from_ref(tangent), 1);
        let (found, expected) = (&together.tangents[k], &single.tangents[0]);
        let scale = largest(&expected.positions).max(largest(&expected.velocities));
        assert_near("x", &found.positions, &expected.positions, scale, IDENTITY);
        assert_near("v", &found.velocities, &expected.velocities, scale, IDENTITY);
    }
}
