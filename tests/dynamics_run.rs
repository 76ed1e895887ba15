//! The loop: same bits whoever watches, every state written once, and a run that lost its meaning stops.

mod dynamics_support;

use admd::dynamics::{DynamicsError, Forces, State, VelocityVerlet};
use admd::engine::{Cell, Configuration, EngineError, Evaluation, Request, Vec3};
use admd::io::h5md::ThermoRow;
use admd::run::{Cause, Every, Interrupt, Observer, Outcome, Run, RunError, Signal, Stop, View};
use admd_potentials::form::units::LJ;
use dynamics_support::*;
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Seen {
    rows: Vec<ThermoRow>,
    states: Vec<State>,
    closed: usize,
}

/// Remembers all that it is shown.
#[derive(Clone)]
struct Memory(u64, Arc<Mutex<Seen>>);

impl Memory {
    fn every(n: u64) -> Self {
        Self(n, Arc::default())
    }
    fn steps(&self) -> Vec<u64> {
        self.1.lock().unwrap().rows.iter().map(|r| r.step).collect()
    }
}

impl Observer for Memory {
    fn due(&self, step: u64) -> bool {
        Every(self.0).due(step)
    }
    fn observe(&mut self, view: View) -> Result<(), RunError> {
        let mut seen = self.1.lock().unwrap();
        seen.rows.push(view.thermo.clone());
        seen.states.push(view.moment.state.clone());
        Ok(())
    }
    fn close(&mut self) -> Result<(), RunError> {
        self.1.lock().unwrap().closed += 1;
        Ok(())
    }
}

fn run_of(start: State, timestep: f64) -> Run {
    let field = lennard_jones(1.0, 1.0, 2.5, SWITCHED);
    Run::start(start, field, Box::new(VelocityVerlet { timestep }), &LJ).unwrap()
}

fn blow_up(outcome: Outcome) -> Box<admd::run::BlowUp> {
    match outcome.end {
        Err(RunError::BlowUp(b)) => b,
        other => panic!("{other:?}"),
    }
}

#[test]
fn observers_do_not_change_a_bit() {
    let end = |every: &[u64]| {
        let mut run = run_of(crystal(2, 0.8, 1.5, 1), 0.004);
        every.iter().for_each(|&n| run.observe(Box::new(Memory::every(n))));
        run.advance(200, &Interrupt::default()).unwrap();
        run.moment().state.clone()
    };
    let alone = end(&[]);
    for every in [&[1][..], &[7], &[10, 3], &[0]] {
        let watched = end(every);
        let bits = |s: &State| -> Vec<u64> {
            let all = s.configuration.positions.iter().chain(&s.velocities);
            all.flat_map(|v| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
                .collect()
        };
        assert_eq!(bits(&alone), bits(&watched), "{every:?}");
    }
}

#[test]
fn two_halves_are_a_whole() {
    let mut whole = run_of(crystal(2, 0.8, 1.5, 1), 0.004);
    whole.advance(100, &Interrupt::default()).unwrap();
    let mut parts = run_of(crystal(2, 0.8, 1.5, 1), 0.004);
    let memory = Memory::every(10);
    parts.observe(Box::new(memory.clone()));
    for steps in [40, 0, 59, 1] {
        parts.advance(steps, &Interrupt::default()).unwrap();
    }
    assert_eq!(parts.moment().state, whole.moment().state);
    assert_eq!(memory.steps(), (0..=10).map(|k| 10 * k).collect::<Vec<_>>());
}

#[test]
fn last_state_is_shown_once_to_everybody() {
    for (every, steps, expected) in [
        (10, 20, vec![0, 10, 20]),
        (10, 25, vec![0, 10, 20, 25]),
        (0, 5, vec![5]),
        (3, 0, vec![0]),
        (0, 0, vec![0]),
    ] {
        let memory = Memory::every(every);
        let mut run = run_of(crystal(2, 0.8, 1.5, 1), 0.004);
        run.observe(Box::new(memory.clone()));
        let outcome = run.complete(steps, &Interrupt::default()).unwrap();
        assert_eq!(outcome.end.unwrap(), Stop::Finished);
        assert_eq!(outcome.summary.steps, steps);
        assert_eq!(memory.steps(), expected, "every {every} of {steps}");
        let seen = memory.1.lock().unwrap();
        assert_eq!(seen.closed, 1);
        assert!(
            seen.rows
                .iter()
                .all(|r| r.potential_energy.is_finite() && r.pressure.is_some())
        );
        assert_eq!(seen.rows.last().unwrap(), &outcome.thermo);
    }
}

#[test]
fn signal_stops_after_a_whole_step() {
    struct Raise(Interrupt);
    impl Observer for Raise {
        fn due(&self, step: u64) -> bool {
            step == 5
        }
        fn observe(&mut self, view: View) -> Result<(), RunError> {
            if view.moment.state.step == 5 {
                self.0.raise(Signal::Terminate);
            }
            Ok(())
        }
    }
    let interrupt = Interrupt::default();
    let memory = Memory::every(100);
    let mut run = run_of(crystal(2, 0.8, 1.5, 1), 0.004);
    run.observe(Box::new(Raise(interrupt.clone())));
    run.observe(Box::new(memory.clone()));
    let outcome = run.complete(1000, &interrupt).unwrap();
    assert_eq!(outcome.end.unwrap(), Stop::Interrupted(Signal::Terminate));
    assert_eq!(memory.steps(), [0, 5]);
}

#[test]
fn step_ten_times_too_long_is_stopped_with_a_diagnosis() {
    let memory = Memory::every(1);
    let mut run = run_of(crystal(3, 0.8, 1.5, 1), 0.05);
    run.observe(Box::new(memory.clone()));
    let outcome = run.complete(2000, &Interrupt::default()).unwrap();
    let last = outcome.thermo.clone();
    let blow = blow_up(outcome);
    println!("{blow}");
    assert_eq!(blow.step, last.step + 1);
    assert!(last.potential_energy.is_finite() && last.temperature.is_finite());
    let report = blow.report.as_ref().unwrap();
    assert!(
        report
            .position
            .iter()
            .chain(&report.velocity)
            .chain(&report.force)
            .all(|x| x.is_finite())
    );
    let (_, distance) = report.nearest.unwrap();
    assert!(distance > 0.0 && distance < 2.0);
    let text = blow.to_string();
    for word in [
        "advice",
        "shorter step than 0.05",
        "nearest",
        "position",
        "velocity",
        "force",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    // Nothing that is not finite was ever shown, and the last good state was.
    let seen = memory.1.lock().unwrap();
    assert_eq!(seen.rows.last().unwrap(), &last);
    assert_eq!(seen.closed, 1);
    assert!(
        seen.states
            .iter()
            .all(|s| s.velocities.iter().all(|v| v.iter().all(|x| x.is_finite())))
    );
}

#[test]
fn overlap_at_the_start_is_refused() {
    let start = at_rest(
        Cell::orthogonal([10.0; 3]).unwrap(),
        vec![Vec3::x(), Vec3::zeros(), Vec3::x()],
    );
    let field = lennard_jones(1.0, 1.0, 2.5, SWITCHED);
    let error = Run::start(start, field, Box::new(VelocityVerlet { timestep: 0.001 }), &LJ)
        .err()
        .unwrap();
    assert!(
        matches!(
            error,
            RunError::Start(EngineError::Overlap {
                first: 0,
                second: 2,
                ..
            })
        ),
        "{error}"
    );
}

#[test]
fn strained_start_runs_away_and_is_stopped() {
    let mut start = crystal(2, 0.8, 0.1, 1);
    start.configuration.positions[1] = start.configuration.positions[0] + Vec3::x() * 0.4;
    let outcome = run_of(start, 1e-4).complete(1000, &Interrupt::default()).unwrap();
    let blow = blow_up(outcome);
    assert!(matches!(blow.cause, Cause::Runaway { .. }), "{blow}");
}

#[test]
fn crystal_at_rest_or_nearly_may_begin_to_move() {
    // One displaced atom heats the others to far more than a hundred times 1e-6, and that is no runaway.
    for temperature in [0.0, 1e-6] {
        let mut start = crystal(2, 0.8, temperature, 1);
        start.configuration.positions[1] += Vec3::x() * 0.1;
        let outcome = run_of(start, 0.004).complete(200, &Interrupt::default()).unwrap();
        assert_eq!(outcome.end.unwrap(), Stop::Finished);
        assert!(outcome.thermo.temperature > 1e-3);
    }
}

#[test]
fn compressed_crystal_at_rest_with_a_step_too_long_is_stopped() {
    // Neighbours at 0.78: rounding grows in steps of 0.0065 until the crystal explodes.
    let outcome = run_of(crystal(4, 3.0, 0.0, 1), 0.0065)
        .complete(200, &Interrupt::default())
        .unwrap();
    assert!(blow_up(outcome).step > 1);
}

/// A constant pull on atom 1, at a constant energy.
struct Pull {
    force: f64,
    energy: f64,
}

impl Forces for Pull {
    fn evaluate(&mut self, c: &Configuration, _: Request, out: &mut Evaluation) -> Result<(), EngineError> {
        out.forces = vec![Vec3::zeros(); c.len()];
        out.forces[1] = Vec3::y() * self.force;
        out.energy = Some(self.energy);
        Ok(())
    }
}

#[test]
fn start_at_rest_that_is_not_bound_is_watched() {
    // No heat and no binding to compare with, but an energy of 1 that is stored: the pull heats far beyond it, one unit of
    // velocity a step. It is stopped when v²/2 exceeds 100 times a tenth of 1, at v = 5.
    let start = || {
        let cell = Cell::orthogonal([1000.0; 3]).unwrap();
        at_rest(cell, vec![Vec3::x(), Vec3::zeros(), Vec3::y()])
    };
    let run = |energy: f64| {
        let pull = Pull { force: 1.0, energy };
        let run = Run::start(start(), pull, Box::new(VelocityVerlet { timestep: 1.0 }), &LJ).unwrap();
        run.complete(100, &Interrupt::default()).unwrap()
    };
    let blow = blow_up(run(1.0));
    assert!(matches!(blow.cause, Cause::Runaway { .. }) && blow.step == 5, "{blow}");
    // Atoms that neither move nor store anything have no scale of energy, and none is made up.
    assert_eq!(run(0.0).end.unwrap(), Stop::Finished);
}

#[test]
fn leap_over_half_a_cell_names_the_atom() {
    let cell = Cell::new(
        [Vec3::x() * 4.0, Vec3::y() * 10.0, Vec3::z() * 1.0],
        [true, true, false],
    )
    .unwrap();
    let start = at_rest(cell, vec![Vec3::x(), Vec3::zeros(), Vec3::y()]);
    let run = Run::start(
        start,
        Pull {
            force: 1.0,
            energy: 0.0,
        },
        Box::new(VelocityVerlet { timestep: 1.0 }),
        &LJ,
    )
    .unwrap();
    let outcome = run.complete(100, &Interrupt::default()).unwrap();
    // The step's velocity after n kicks is n; it may be at most half of the smallest periodic height, 4.
    assert_eq!(outcome.thermo.step, 2);
    let blow = blow_up(outcome);
    let Cause::Step(DynamicsError::Leap { atom: 1, limit, .. }) = blow.cause else {
        panic!("{blow}")
    };
    assert_eq!(limit, 2.0);
    assert_eq!(blow.report.unwrap().nearest, Some((2, 1.0)));
}

#[test]
fn failing_observer_stops_the_run_and_the_others_are_closed() {
    // The observers after the failing one see the step at which it fails, be it on the way or the last one.
    struct Full(u64);
    impl Observer for Full {
        fn due(&self, step: u64) -> bool {
            step == self.0
        }
        fn observe(&mut self, _: View) -> Result<(), RunError> {
            Err(RunError::Write {
                what: "run.h5md".into(),
                reason: "no space left on device".into(),
            })
        }
    }
    for (every, fails, steps) in [(1, 3, vec![0, 1, 2, 3]), (4, 3, vec![0, 3]), (4, 99, vec![0, 4, 8, 10])] {
        let (memory, another) = (Memory::every(every), Memory::every(0));
        let mut run = run_of(crystal(2, 0.8, 1.5, 1), 0.004);
        run.observe(Box::new(Full(fails)));
        run.observe(Box::new(memory.clone()));
        run.observe(Box::new(another.clone()));
        let outcome = run.complete(10, &Interrupt::default()).unwrap();
        assert_eq!(
            outcome.end.unwrap_err().to_string(),
            "writing to run.h5md failed: no space left on device; check the disk and the pipe"
        );
        assert_eq!(memory.steps(), steps, "every {every}, fails at {fails}");
        assert_eq!(another.steps(), steps[steps.len() - 1..]);
        assert_eq!(memory.1.lock().unwrap().closed, 1);
    }
}

#[test]
fn time_shares_are_parts_of_the_wall_time() {
    // Energies evaluated late, for the last state, belong to the forces alone.
    struct Slow;
    impl Forces for Slow {
        fn evaluate(&mut self, c: &Configuration, r: Request, out: &mut Evaluation) -> Result<(), EngineError> {
            std::thread::sleep(std::time::Duration::from_millis(20));
            Pull {
                force: 0.0,
                energy: 0.0,
            }
            .evaluate(c, r, out)?;
            out.energy = out.energy.filter(|_| r.energy_and_virial);
            Ok(())
        }
    }
    let start = at_rest(Cell::orthogonal([4.0; 3]).unwrap(), vec![Vec3::x(), Vec3::zeros()]);
    let run = Run::start(start, Slow, Box::new(VelocityVerlet { timestep: 0.1 }), &LJ).unwrap();
    let summary = run.complete(1, &Interrupt::default()).unwrap().summary;
    let shares = summary.shares;
    assert!(shares.forces >= 0.04, "{shares:?}");
    let sum = shares.forces + shares.integration + shares.output;
    assert!(
        (sum / summary.wall - 1.0).abs() < 1e-6,
        "{shares:?} of {}",
        summary.wall
    );
}
