//! Laws of the adjoint: F5, it is the transpose of the tangent; F7, checkpoints change no bit; and what it costs.

mod dynamics_support;
mod support;

use admd::dynamics::{State, StateTangent, VelocityVerlet};
use admd::engine::{EngineError, ForceField, Vec3};
use admd::sensitivity::{GRID, Gradient, Loss, Memory, Reads, Share, gradient};
use dynamics_support::{SWITCHED, crystal, integrate, lennard_jones};
use support::{Random, dot};

const TIMESTEP: f64 = 0.004;
/// <w, dz> from both sides: sums of some thousand products, after as many steps as grow rounding by e⁴.
const TRANSPOSE: f64 = 1e-10;

/// w · (r, v) of the last state, and weights for energy and virial of every one.
struct Linear {
    positions: Vec<Vec3>,
    velocities: Vec<Vec3>,
    energy: f64,
    virial: f64,
}

impl Loss for Linear {
    fn reads(&self, step: u64, steps: u64) -> Option<Reads> {
        Some(Reads {
            velocities: step == steps,
            energy: self.energy != 0.0,
            virial: self.virial != 0.0,
        })
    }

    fn share(&self, step: u64, steps: u64, state: &State) -> Result<Share, EngineError> {
        let weights = Share {
            energy: self.energy,
            virial: self.virial,
            ..Share::default()
        };
        if step < steps {
            return Ok(weights);
        }
        Ok(Share {
            value: dot(&self.positions, &state.configuration.positions) + dot(&self.velocities, &state.velocities),
            positions: self.positions.clone(),
            velocities: self.velocities.clone(),
            ..weights
        })
    }
}

fn field() -> ForceField {
    lennard_jones(1.1, 0.98, 2.3, SWITCHED)
}

fn start() -> State {
    let mut start = crystal(3, 0.85, 1.0, 5);
    let mut random = Random(9);
    start.masses.iter_mut().for_each(|m| *m += random.next());
    start
}

fn linear(atoms: usize, energy: f64, seed: u64) -> Linear {
    let mut random = Random(seed);
    Linear {
        positions: (0..atoms).map(|_| random.vector()).collect(),
        velocities: (0..atoms).map(|_| random.vector()).collect(),
        energy,
        virial: 0.3 * energy,
    }
}

fn backwards(loss: &mut Linear, steps: u64, memory: Memory) -> Gradient {
    let mut integrator = VelocityVerlet { timestep: TIMESTEP };
    gradient(start(), &mut field(), &mut integrator, steps, loss, memory).unwrap()
}

#[test]
fn the_adjoint_is_the_transpose_of_the_tangent() {
    let start = start();
    let n = start.masses.len();
    let mut random = Random(4);
    for (steps, energy) in [
        (0, 1.0),
        (1, 0.0),
        (1, 0.5),
        (10, 0.0),
        (37, -0.2),
        (100, 0.0),
        (100, 0.01),
    ] {
        let mut loss = linear(n, energy, 20 + steps);
        let found = backwards(&mut loss, steps, Memory::All);
        let a = &found.adjoint;
        let zero = || StateTangent::zero(n);
        let one = |k: usize| (0..2).map(|j| f64::from(u8::from(j == k))).collect();
        let tangents = vec![
            StateTangent {
                parameters: one(0),
                ..zero()
            },
            StateTangent {
                parameters: one(1),
                ..zero()
            },
            StateTangent {
                timestep: 1.0,
                ..zero()
            },
            StateTangent {
                masses: (0..n).map(|_| random.next() - 0.5).collect(),
                ..zero()
            },
            StateTangent {
                positions: (0..n).map(|_| random.vector()).collect(),
                ..zero()
            },
            StateTangent {
                velocities: (0..n).map(|_| random.vector()).collect(),
                ..zero()
            },
        ];
        let backward = [
            a.parameters[0],
            a.parameters[1],
            a.timestep,
            a.masses.iter().zip(&tangents[3].masses).map(|(a, t)| a * t).sum(),
            dot(&a.positions, &tangents[4].positions),
            dot(&a.velocities, &tangents[5].velocities),
        ];
        let mut forward = [0.0; 6];
        let begin = State {
            tangents,
            ..start.clone()
        };
        let mut value = 0.0;
        let end = integrate(&mut field(), begin, TIMESTEP, steps, |m| {
            value += energy * m.evaluation.energy.unwrap() + loss.virial * m.evaluation.virial.unwrap().trace();
            for (sum, along) in forward.iter_mut().zip(&m.evaluation.tangents) {
                *sum += energy * along.energy.unwrap() + loss.virial * along.virial.unwrap().trace();
            }
        });
        value += loss.share(steps, steps, &end.state).unwrap().value;
        assert!(
            (found.loss - value).abs() <= TRANSPOSE * value.abs().max(1.0),
            "{} and {value}",
            found.loss
        );
        for (k, along) in end.state.tangents.iter().enumerate() {
            let (dr, dv) = (
                dot(&loss.positions, &along.positions),
                dot(&loss.velocities, &along.velocities),
            );
            let expected = forward[k] + dr + dv;
            let scale = forward[k].abs() + dr.abs() + dv.abs();
            let off = (backward[k] - expected).abs();
            assert!(
                off <= TRANSPOSE * scale.max(1.0),
                "{steps} steps, {k}: {} and {expected}",
                backward[k]
            );
        }
    }
}

#[test]
fn checkpoints_change_no_bit_and_make_as_many_steps_as_the_schedule_says() {
    let (atoms, steps) = (108, 12 * GRID + 5);
    let mut loss = linear(atoms, 0.01, 3);
    let all = backwards(&mut loss, steps, Memory::All);
    assert_eq!(all.steps, 0);
    let mut before = all.steps;
    for checkpoints in [6.0, 3.0, 1.0, 0.0] {
        let memory = Memory::Bytes(Memory::least(atoms) + atoms as f64 * 84.0 * checkpoints + 1.0);
        let found = backwards(&mut loss, steps, memory);
        assert_eq!(memory.forecast(atoms, steps).1, steps + found.steps);
        assert_eq!(found.loss.to_bits(), all.loss.to_bits());
        assert!(
            found.adjoint == all.adjoint,
            "{checkpoints} checkpoints give other bits"
        );
        assert!(found.steps > before, "{checkpoints} checkpoints: {} steps", found.steps);
        before = found.steps;
    }
    // without a checkpoint every stretch is reached from the start
    assert_eq!(before, GRID * 12 * 13 / 2);
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| backwards(&mut linear(108, 0.1, 6), 40, Memory::Bytes(Memory::least(108))))
    };
    let one = run(1);
    assert!([2, 7].into_iter().all(|threads| run(threads) == one));
}
