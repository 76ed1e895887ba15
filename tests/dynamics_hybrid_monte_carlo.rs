//! Laws of hybrid Monte Carlo: averages are exact at any time step, flows between states balance, a rejected trajectory
//! leaves nothing behind, threads change nothing.

mod dynamics_support;

use admd::dynamics::{Forces, HybridMonteCarlo, Integrator, VelocityVerlet, observables, velocities};
use admd::engine::{Cell, Configuration, EngineError, Evaluation, Request, Vec3};
use admd::sensitivity::Blocks;
use dynamics_support::{SWITCHED, at_rest, crystal, deviation, integrate, lennard_jones, total_energy};

/// Standard errors that a true average may be off: one in 15,000 is more, and seeds are fixed.
const SIGMAS: f64 = 4.0;
const KT: f64 = 0.6;

/// Every coordinate x by itself, with u = xⁿ/n for an even n, whose average is kT/n.
struct Wells {
    n: i32,
}

impl Forces for Wells {
    fn evaluate(&mut self, c: &Configuration, _: Request, out: &mut Evaluation) -> Result<(), EngineError> {
        let (n, r) = (self.n, &c.positions);
        out.forces = r.iter().map(|r| r.map(|x| -x.powi(n - 1))).collect();
        out.energy = Some(r.iter().flatten().map(|x| x.powi(n) / f64::from(n)).sum());
        Ok(())
    }
}

fn at_origin(atoms: usize) -> Configuration {
    at_rest(Cell::orthogonal([100.0; 3]).unwrap(), vec![Vec3::zeros(); atoms]).configuration
}

fn chain(atoms: usize, timestep: f64, steps: u64, seed: u64, forces: &mut dyn Forces) -> HybridMonteCarlo {
    let masses = (0..atoms).map(|k| 1.0 + 0.5 * k as f64).collect();
    let integrator = Box::new(VelocityVerlet { timestep });
    HybridMonteCarlo::new(at_origin(atoms), masses, KT, integrator, steps, seed, forces).unwrap()
}

fn z(what: &str, blocks: &Blocks, expected: f64) -> f64 {
    let found = blocks.estimate(<[f64]>::to_vec).0[0];
    let z = (found.value - expected) / found.error;
    println!(
        "{what}: {} +- {}, {expected} expected, z = {z:.2}",
        found.value, found.error
    );
    z
}

#[test]
fn averages_are_exact_where_dynamics_alone_is_biased() {
    const ATOMS: usize = 4;
    for (n, timestep) in [(2, 1.2), (4, 0.9)] {
        let mut wells = Wells { n };
        let mut chain = chain(ATOMS, timestep, 3, 11, &mut wells);
        let mut found = Blocks::new(1);
        for k in 0..40_000 {
            chain.advance(&mut wells);
            if k >= 1000 {
                found.add(&[chain.energy()]);
            }
        }
        let expected = 3.0 * ATOMS as f64 * KT / f64::from(n);
        println!("acceptance {:.3}", chain.acceptance());
        assert!((0.2..0.99).contains(&chain.acceptance()));
        assert!(z("hybrid Monte Carlo", &found, expected).abs() < SIGMAS);
        if n == 2 {
            let biased = every_end_taken(ATOMS, timestep, 3);
            assert!(z("dynamics alone", &biased, expected) > 5.0 * SIGMAS);
        }
    }
}

/// Potential energies of trajectories of springs, none of which is rejected: Verlet has ⟨U⟩ = 3N/2 kT/(1 − dt²/4).
fn every_end_taken(atoms: usize, timestep: f64, steps: u64) -> Blocks {
    let mut springs = Wells { n: 2 };
    let mut state = at_rest(Cell::orthogonal([100.0; 3]).unwrap(), vec![Vec3::zeros(); atoms]);
    let mut integrator = VelocityVerlet { timestep };
    let mut found = Blocks::new(1);
    for k in 0..10_000 {
        state.velocities = velocities::drawn(&state.masses, KT, 5, k);
        let mut now = integrator.start(state, &mut springs).unwrap();
        for _ in 0..steps {
            let mut next = now.clone();
            integrator.step(&now, &mut next, &mut springs, Request::ENERGY).unwrap();
            now = next;
        }
        found.add(&[now.evaluation.energy.unwrap()]);
        state = now.state;
    }
    found
}

#[test]
fn as_many_go_there_as_come_back() {
    let mut wells = Wells { n: 4 };
    let mut chain = chain(1, 0.8, 2, 3, &mut wells);
    let mut flows = [[0_u32; 3]; 3];
    // thirds of the distribution of x, about
    let place = |chain: &HybridMonteCarlo| match chain.configuration().positions[0].x {
        x if x < -0.4 => 0,
        x if x < 0.4 => 1,
        _ => 2,
    };
    let mut from = place(&chain);
    for _ in 0..60_000 {
        chain.advance(&mut wells);
        let to = place(&chain);
        flows[from][to] += 1;
        from = to;
    }
    for (a, b) in [(0, 1), (1, 2), (0, 2)] {
        let [there, back] = [flows[a][b], flows[b][a]].map(f64::from);
        let z = (there - back) / (there + back).sqrt();
        println!("{a} to {b}: {there}, back: {back}, z = {z:.2}");
        assert!(there > 1000.0 && z.abs() < SIGMAS);
    }
}

/// What the proof asks of the integrator: with velocities turned round a trajectory goes back to where it came from, and
/// its ΔH is the negative.
#[test]
fn a_trajectory_turned_round_returns() {
    /// Rounding of 20 steps in a crystal, where neighbours come apart slowly.
    const ROUNDING: f64 = 1e-11;
    let mut field = lennard_jones(1.0, 1.0, 2.5, SWITCHED);
    let start = crystal(2, 0.9, 0.8, 4);
    let mut there = integrate(&mut field, start.clone(), 0.01, 20, |_| ());
    let gone = deviation(&there.state.configuration.positions, &start.configuration.positions);
    let end = total_energy(&there);
    there.state.velocities.iter_mut().for_each(|v| *v = -*v);
    let back = integrate(&mut field, there.state, 0.01, 20, |_| ());
    let left = deviation(&back.state.configuration.positions, &start.configuration.positions);
    println!("gone {gone:e}, left {left:e}");
    assert!(gone > 0.1 && left < ROUNDING);
    let first = integrate(&mut field, start, 0.01, 0, |_| ());
    let [there, back] = [end - total_energy(&first), total_energy(&back) - end];
    assert!((there + back).abs() < ROUNDING * end.abs() && there.abs() > 1e3 * ROUNDING);
}

#[test]
fn a_rejected_trajectory_leaves_the_state_as_it_was() {
    let mut wells = Wells { n: 2 };
    let mut chain = chain(3, 1.7, 4, 9, &mut wells);
    let (mut rejected, mut accepted) = (0, 0);
    for _ in 0..300 {
        let (before, energy) = (chain.configuration().clone(), chain.energy());
        if chain.advance(&mut wells) {
            assert_ne!(chain.configuration(), &before);
            accepted += 1;
        } else {
            assert_eq!(chain.configuration(), &before);
            assert_eq!(chain.energy().to_bits(), energy.to_bits());
            rejected += 1;
        }
    }
    println!("{accepted} accepted, {rejected} rejected");
    assert!(rejected > 20 && accepted > 20);
    assert_eq!(chain.trajectories(), 300);
    assert_eq!(chain.acceptance(), f64::from(accepted) / 300.0);
}

#[test]
fn threads_change_nothing_and_seeds_all() {
    let run = |threads: usize, seed: u64, first: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let start = crystal(3, 0.9, 0.0, 1);
            let mut field = lennard_jones(1.0, 1.0, 2.5, SWITCHED);
            let integrator = Box::new(VelocityVerlet { timestep: 0.008 });
            let chain = HybridMonteCarlo::new(start.configuration, start.masses, 0.8, integrator, 10, seed, &mut field)
                .unwrap();
            let mut chain = chain.numbered_from(first);
            for _ in 0..10 {
                chain.advance(&mut field);
            }
            chain.configuration().positions.clone()
        })
    };
    let one = run(1, 1, 0);
    assert_eq!(one, run(2, 1, 0));
    assert_ne!(one, run(1, 2, 0));
    assert_ne!(one, run(1, 1, 1 << 32));
}

#[test]
fn velocities_are_drawn_as_they_come() {
    let masses = [1.0, 4.0];
    let mut moments = Blocks::new(4);
    for draw in 0..20_000 {
        let v = velocities::drawn(&masses, KT, 3, draw);
        let kinetic = observables::kinetic_energy(&v, &masses);
        moments.add(&[v[0].x, v[1].z, kinetic, kinetic * kinetic]);
    }
    let (found, _) = moments.estimate(<[f64]>::to_vec);
    // six components: <K> = 3 kT and <K^2> = 3 (3 + 1) kT^2
    for (found, expected) in found.iter().zip([0.0, 0.0, 3.0 * KT, 12.0 * KT * KT]) {
        let z = (found.value - expected) / found.error;
        println!("{found:?}, {expected} expected, z = {z:.2}");
        assert!(z.abs() < SIGMAS);
    }
}
