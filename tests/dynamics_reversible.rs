//! Laws of reversible dynamics: forces that are the same in any order of summation, steps that are undone to the last bit,
//! and the adjoint that goes back with them.

mod dynamics_support;
mod support;

use admd::dynamics::{
    DynamicsError, Forces, Grid, Integrator, Moment, ReversibleVerlet, State, VelocityVerlet, velocities,
};
use admd::engine::{Configuration, EngineError, Evaluation, ForceField, Precision, Request, Settings, Vec3};
use admd::potentials::form::binding::PairBinding;
use admd::sensitivity::{AdjointError, Loss, Memory, Reads, Share, gradient};
use dynamics_support::{SWITCHED, at_rest, crystal, deviation, integrate};
use support::{Random, cell, dot, lattice, lj, plain_lj, three_species};

const TIMESTEP: f64 = 0.004;
/// Forces are rounded to a quantum of some 1e-11 a pair, positions and velocities to 1e-12 a step; 25 steps of a liquid make
/// ten times as much of it.
const ROUNDING: f64 = 1e-9;
/// Gradients by two ways backwards differ by the rounding of sums over some thousand pairs.
const TWO_WAYS: f64 = 1e-11;

/// A state on its grid, and a force field of its own.
fn reversible(mut state: State, binding: PairBinding, skin: f64) -> (State, ForceField, ReversibleVerlet) {
    let grid = Grid::of(&state, &[], TIMESTEP);
    let settings = Settings {
        quantum: grid.force,
        ..Settings::new(skin)
    };
    let integrator = ReversibleVerlet {
        timestep: TIMESTEP,
        grid,
    };
    integrator.prepare(&mut state).unwrap();
    (state, ForceField::new(vec![binding], settings).unwrap(), integrator)
}

fn moving(configuration: Configuration, temperature: f64, seed: u64) -> State {
    let mut state = at_rest(configuration.cell.clone(), configuration.positions.clone());
    let mut random = Random(seed);
    state.masses.iter_mut().for_each(|m| *m += random.next());
    state.configuration = configuration;
    state.velocities = velocities::maxwell_boltzmann(&state.masses, temperature, seed);
    state
}

/// A liquid, a mixture of three species in a triclinic cell, and a slab that is open along z.
fn systems() -> Vec<(&'static str, State, PairBinding)> {
    let mut mixture = lattice(
        cell([7.3, 7.9, 8.4], [75.0, 82.0, 95.0], [true; 3]),
        [6, 6, 7],
        0.2,
        3,
        8,
    );
    mixture.positions.iter_mut().for_each(|r| *r *= 1.02);
    let slab = lattice(
        cell([8.0, 8.0, 30.0], [90.0; 3], [true, true, false]),
        [7, 7, 4],
        0.3,
        1,
        3,
    );
    vec![
        ("liquid", crystal(5, 0.85, 1.5, 5), plain_lj(2.5, SWITCHED)),
        ("mixture", moving(mixture, 0.7, 4), three_species(SWITCHED, false)),
        ("slab", moving(slab, 0.3, 6), plain_lj(2.5, SWITCHED)),
    ]
}

fn steps(integrator: &mut dyn Integrator, from: Moment, forces: &mut dyn Forces, count: u64) -> Moment {
    let (mut now, mut next) = (from.clone(), from);
    for _ in 0..count {
        integrator.step(&now, &mut next, forces, Request::FORCES).unwrap();
        core::mem::swap(&mut now, &mut next);
    }
    now
}

fn bits(v: &[Vec3]) -> Vec<[u64; 3]> {
    v.iter().map(|r| [r.x, r.y, r.z].map(|x| (x + 0.0).to_bits())).collect()
}

#[test]
fn forces_depend_on_the_positions_alone_and_sum_to_nothing() {
    for (name, state, binding) in systems() {
        let (state, mut field, _) = reversible(state, binding.clone(), 0.3);
        let c = &state.configuration;
        let forces = support::evaluate(&mut field, c, Request::FORCES).forces;
        assert!(deviation(&forces, &support::oracle(&field, c, Request::FORCES).forces) < ROUNDING);
        // Newton's third law holds to the last bit
        assert_eq!(forces.iter().sum::<Vec3>(), Vec3::zeros(), "{name}");
        // other lists
        for skin in [0.0, 0.11, 0.7] {
            let (_, mut other, _) = reversible(state.clone(), binding.clone(), skin);
            let again = support::evaluate(&mut other, c, Request::ENERGY).forces;
            assert_eq!(bits(&again), bits(&forces), "{name}, skin {skin}");
        }
        // another order of the atoms, and other images of them
        let n = c.len();
        let order = |k: usize| (k * 11 + 3) % n;
        assert!((1..n).all(|k| k * 11 % n != 0), "11 must not divide {n}");
        let mut shuffled = c.clone();
        for k in 0..n {
            let periodic = c.cell.periodic();
            let images = [0, 1, 2].map(|e| if periodic[e] { (k % 3) as i32 - 1 } else { 0 });
            shuffled.positions[k] = c.positions[order(k)] + c.cell.translation(images);
            shuffled.species[k] = c.species[order(k)];
        }
        let again = support::evaluate(&mut field, &shuffled, Request::FORCES).forces;
        let expected: Vec<Vec3> = (0..n).map(|k| forces[order(k)]).collect();
        assert_eq!(bits(&again), bits(&expected), "{name}, shuffled");
    }
}

#[test]
fn a_run_goes_back_to_its_start_on_any_number_of_threads() {
    for (name, state, binding) in systems() {
        let there_and_back = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let (state, mut field, mut integrator) = reversible(state.clone(), binding.clone(), 0.3);
                let start = integrator.start(state, &mut field).unwrap();
                let there = steps(&mut integrator, start.clone(), &mut field, 300);
                assert!(
                    deviation(
                        &there.state.configuration.positions,
                        &start.state.configuration.positions
                    ) > 0.3
                );
                let mut back = integrator.backwards().unwrap();
                let back = steps(back.as_mut(), there.clone(), &mut field, 300);
                assert_eq!(back.state, start.state, "{name}, {threads} threads");
                there.state
            })
        };
        let one = there_and_back(1);
        assert_eq!(one.step, 300);
        assert_eq!(there_and_back(2), one, "{name}");
    }
}

#[test]
fn the_grid_changes_a_trajectory_by_rounding_alone() {
    let (state, mut field, mut integrator) = reversible(crystal(4, 0.85, 1.5, 5), plain_lj(2.5, SWITCHED), 0.3);
    let start = integrator.start(state.clone(), &mut field).unwrap();
    let on_grid = steps(&mut integrator, start, &mut field, 25).state;
    let mut free = ForceField::new(vec![plain_lj(2.5, SWITCHED)], Settings::new(0.3)).unwrap();
    let free = integrate(&mut free, state, TIMESTEP, 25, |_| {}).state;
    for (a, b) in [
        (&on_grid.configuration.positions, &free.configuration.positions),
        (&on_grid.velocities, &free.velocities),
    ] {
        let off = deviation(a, b);
        assert!(off > 0.0 && off < ROUNDING, "{off}");
    }
}

/// w · (r, v) of the last state, and weights of energy and virial at every tenth one; `velocities` are read everywhere.
struct Linear {
    positions: Vec<Vec3>,
    velocities: Vec<Vec3>,
    everywhere: bool,
}

impl Loss for Linear {
    fn reads(&self, step: u64, steps: u64) -> Option<Reads> {
        let tenth = step.is_multiple_of(10);
        let reads = Reads {
            velocities: self.everywhere || step == steps,
            energy: tenth,
            virial: tenth,
        };
        (tenth || reads.velocities).then_some(reads)
    }

    fn share(&self, step: u64, steps: u64, state: &State) -> Result<Share, EngineError> {
        let tenth = step.is_multiple_of(10);
        let weight = |w: f64| if tenth { w } else { 0.0 };
        let mut share = Share {
            energy: weight(0.02),
            virial: weight(-0.01),
            ..Share::default()
        };
        if self.everywhere || step == steps {
            share.value = dot(&self.velocities, &state.velocities);
            share.velocities = self.velocities.clone();
        }
        if step == steps {
            share.value += dot(&self.positions, &state.configuration.positions);
            share.positions = self.positions.clone();
        }
        Ok(share)
    }
}

#[test]
fn going_back_without_memory_gives_the_gradient() {
    for (name, state, binding) in systems() {
        for everywhere in [false, true] {
            let mut random = Random(11);
            let n = state.masses.len();
            let mut vectors = || (0..n).map(|_| random.vector()).collect();
            let mut loss = Linear {
                positions: vectors(),
                velocities: vectors(),
                everywhere,
            };
            let [kept, undone] = [Memory::All, Memory::Nothing].map(|memory| {
                let (state, mut field, mut integrator) = reversible(state.clone(), binding.clone(), 0.3);
                gradient(state, &mut field, &mut integrator, 43, &mut loss, memory).unwrap()
            });
            assert_eq!((kept.steps, undone.steps), (0, 43));
            assert!((kept.loss - undone.loss).abs() <= TWO_WAYS * kept.loss.abs().max(1.0));
            let [a, b] = [&kept.adjoint, &undone.adjoint];
            let vectors = [(&a.positions, &b.positions), (&a.velocities, &b.velocities)];
            for (a, b) in vectors {
                let largest = a.iter().map(|x| x.amax()).fold(0.0, f64::max);
                assert!(
                    deviation(a, b) <= TWO_WAYS * largest,
                    "{name}: {}",
                    deviation(a, b) / largest
                );
            }
            let numbers = [(&a.masses, &b.masses), (&a.parameters, &b.parameters)];
            let timestep = (&vec![a.timestep], &vec![b.timestep]);
            for (a, b) in numbers.into_iter().chain([timestep]) {
                let largest = a.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
                for (a, b) in a.iter().zip(b) {
                    assert!((a - b).abs() <= TWO_WAYS * largest, "{name}: {a} and {b}");
                }
            }
        }
    }
}

/// Forces that depend on how often they were evaluated, by less than anybody would see.
struct Worn(ForceField, f64);

impl Forces for Worn {
    fn evaluate(&mut self, c: &Configuration, request: Request, out: &mut Evaluation) -> Result<(), EngineError> {
        self.0.evaluate(c, request, out)?;
        self.1 += 1.0;
        out.forces[7].y += 1e-9 * self.1;
        Ok(())
    }

    fn parameters(&self) -> usize {
        Forces::parameters(&self.0)
    }
}

#[test]
fn forces_that_depend_on_more_than_positions_do_not_lead_back() {
    let (state, field, mut integrator) = reversible(crystal(4, 0.85, 1.5, 5), plain_lj(2.5, SWITCHED), 0.3);
    let mut loss = Linear {
        positions: vec![Vec3::x(); 256],
        velocities: vec![Vec3::y(); 256],
        everywhere: false,
    };
    let mut worn = Worn(field, 0.0);
    let found = gradient(
        state.clone(),
        &mut worn,
        &mut integrator,
        40,
        &mut loss,
        Memory::Nothing,
    );
    let off = matches!(found, Err(AdjointError::NoReturn { off, .. }) if off > 0.0);
    assert!(off, "it went unnoticed");
    let mut verlet = VelocityVerlet { timestep: TIMESTEP };
    let found = gradient(state, &mut worn, &mut verlet, 5, &mut loss, Memory::Nothing);
    assert_eq!(found.err(), Some(AdjointError::Irreversible));
}

#[test]
fn what_leaves_the_grid_is_refused() {
    let quantum = |quantum: f64, precision: Precision| {
        let settings = Settings {
            quantum,
            precision,
            ..Settings::new(0.3)
        };
        ForceField::new(vec![plain_lj(2.5, SWITCHED)], settings).map(|_| ())
    };
    assert!(quantum(2.0_f64.powi(-30), Precision::Double).is_ok());
    for bad in [3.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(
            matches!(quantum(bad, Precision::Double), Err(EngineError::BadQuantum { .. })),
            "{bad}"
        );
    }
    assert!(quantum(2.0_f64.powi(-30), Precision::Mixed).is_err());

    // two atoms that overlap
    let open = cell([20.0; 3], [90.0; 3], [false; 3]);
    let close = at_rest(open.clone(), vec![Vec3::zeros(), Vec3::x() * 0.4]);
    let binding = || lj(1, &[Some((1.0, 1.0, 2.5))], SWITCHED);
    let (state, mut field, mut integrator) = reversible(close, binding(), 0.3);
    let found = integrator.start(state, &mut field);
    let too_large = |e: &DynamicsError| matches!(e, DynamicsError::Engine(EngineError::TooManyQuanta { atom: 0, .. }));
    assert!(found.as_ref().is_err_and(too_large), "{found:?}");

    // an atom that leaves
    let mut far = at_rest(open, vec![Vec3::zeros(), Vec3::y() * 5.0]);
    far.velocities[1] = Vec3::y() * 2000.0;
    let (state, mut field, mut integrator) = reversible(far, binding(), 0.3);
    let mut now = integrator.start(state, &mut field).unwrap();
    let mut next = now.clone();
    let found = (0..3000).find_map(|_| {
        let made = integrator.step(&now, &mut next, &mut field, Request::FORCES);
        core::mem::swap(&mut now, &mut next);
        made.err()
    });
    assert!(
        matches!(found, Some(DynamicsError::OffGrid { atom: 1, .. })),
        "{found:?}"
    );
}
