//! The executor: the only loop over time steps.

use super::{
    BlowUp, EnergyChange, Interrupt, Needs, Observer, RunError, Stop, Summary, TimeShares, View, Watchdog, record,
};
use crate::dynamics::{DynamicsError, Forces, Integrator, Moment, State, evaluate};
use crate::io::h5md::ThermoRow;
use admd_engine::{Configuration, Direction, EngineError, Evaluation, ForceField, Mat3, NeighborStatistics, Request};
use admd_potentials::form::units::UnitSystem;
use std::time::{Duration, Instant};

/// A run: a state, the forces on it, what moves it, and who watches.
///
/// ```
/// use admd::dynamics::{State, VelocityVerlet};
/// use admd::engine::{Cell, Configuration, ForceField, Settings, Vec3};
/// use admd::run::{Interrupt, Run, Stop};
/// use admd_potentials::form::units::LJ;
///
/// // A free particle: no potential, velocity 2, ten steps of 0.1.
/// let configuration = Configuration {
///     cell: Cell::orthogonal([9.0; 3])?, species: vec![], positions: vec![],
/// };
/// let start = State { step: 0, configuration, velocities: vec![], masses: vec![], tangents: vec![] };
/// let field = ForceField::new(vec![], Settings::new(0.3))?;
/// let mut run = Run::start(start, field, Box::new(VelocityVerlet { timestep: 0.1 }), &LJ)?;
/// assert_eq!(run.advance(10, &Interrupt::default())?, Stop::Finished);
/// assert_eq!(run.moment().state.step, 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Run<F = ForceField> {
    now: Moment,
    next: Moment,
    forces: Timed<F>,
    integrator: Box<dyn Integrator>,
    units: &'static UnitSystem,
    watchdog: Watchdog,
    /// Steps between which the neighbour list is built anew, whatever else.
    renewal: Option<u64>,
    /// Each with the last step that it has seen.
    observers: Vec<(Box<dyn Observer>, Option<u64>)>,
    first: u64,
    /// Conserved and kinetic energy of the start \[energy\], where the start was given an energy.
    energies: Option<[f64; 2]>,
    /// All time of the run; of it the steps, and the energies that were evaluated beside them.
    clock: Duration,
    stepping: Duration,
    measuring: Duration,
}

/// How a completed run ended. The summary is there whatever the end was.
#[derive(Debug)]
pub struct Outcome {
    /// What was done.
    pub summary: Summary,
    /// The observables of the last good state.
    pub thermo: ThermoRow,
    /// Why it stopped.
    pub end: Result<Stop, RunError>,
}

impl<F: Forces> Run<F> {
    /// Evaluates the first forces.
    ///
    /// # Errors
    /// [`RunError::Start`] when they are not finite.
    pub fn start(
        state: State,
        forces: F,
        mut integrator: Box<dyn Integrator>,
        units: &'static UnitSystem,
    ) -> Result<Self, RunError> {
        let mut forces = Timed {
            inner: forces,
            spent: Duration::ZERO,
        };
        let now = integrator.start(state, &mut forces).map_err(|error| match error {
            DynamicsError::Engine(e) => RunError::Start(e),
            DynamicsError::Leap { .. } | DynamicsError::OffGrid { .. } | DynamicsError::TooFast { .. } => {
                unreachable!("nothing moves before the first step")
            }
        })?;
        // The bill is for the steps; the first forces belong to the start.
        forces.spent = Duration::ZERO;
        let energies = now
            .evaluation
            .energy
            .map(|_| energies(&record::thermo_row(&now, integrator.as_ref(), units)));
        Ok(Self {
            energies,
            next: now.clone(),
            watchdog: Watchdog::new(&now),
            renewal: None,
            first: now.state.step,
            now,
            forces,
            integrator,
            units,
            observers: Vec::new(),
            clock: Duration::ZERO,
            stepping: Duration::ZERO,
            measuring: Duration::ZERO,
        })
    }

    /// Adds an observer.
    pub fn observe(&mut self, observer: Box<dyn Observer>) {
        self.observers.push((observer, None));
    }

    /// From now on the neighbour list is built anew at every step that is a multiple of `every`, so that a part of the run
    /// has the same bits when it is made again from there.
    pub fn renew_lists(&mut self, every: u64) {
        self.renewal = Some(every);
    }

    /// Replaces the limits of the watchdog.
    pub fn watch(&mut self, watchdog: Watchdog) {
        self.watchdog = watchdog;
    }

    /// The present state with its forces; energy and virial where an observer was due.
    pub fn moment(&self) -> &Moment {
        &self.now
    }

    /// What moves the atoms.
    pub fn integrator(&self) -> &dyn Integrator {
        self.integrator.as_ref()
    }

    /// Makes `steps` steps, or fewer when a signal comes. It may be called again: twice 50 steps are 100 steps.
    ///
    /// # Errors
    /// A step that has no meaning (the last good state stays), or an observer that could not write.
    pub fn advance(&mut self, steps: u64, interrupt: &Interrupt) -> Result<Stop, RunError> {
        let begin = Instant::now();
        let result = self.steps(steps, interrupt);
        self.clock += begin.elapsed();
        result
    }

    /// Undoes `steps` steps, or fewer when a signal comes or the first step is reached. Observers are shown nothing of it.
    ///
    /// # Errors
    /// [`RunError::Irreversible`], and as [`Run::advance`].
    pub fn undo(&mut self, steps: u64, interrupt: &Interrupt) -> Result<Stop, RunError> {
        let back = self.integrator.backwards().ok_or(RunError::Irreversible)?;
        let forth = core::mem::replace(&mut self.integrator, back);
        let begin = Instant::now();
        let result = (0..steps.min(self.now.state.step)).try_fold(Stop::Finished, |_, _| match interrupt.signal() {
            Some(signal) => Err(Ok(Stop::Interrupted(signal))),
            None => self.make(Request::FORCES).map(|()| Stop::Finished).map_err(Err),
        });
        self.clock += begin.elapsed();
        self.integrator = forth;
        result.or_else(|end| end)
    }

    fn steps(&mut self, steps: u64, interrupt: &Interrupt) -> Result<Stop, RunError> {
        self.show()?;
        let last = self.now.state.step + steps;
        while self.now.state.step < last {
            if let Some(signal) = interrupt.signal() {
                return Ok(Stop::Interrupted(signal));
            }
            self.step()?;
            self.show()?;
        }
        Ok(Stop::Finished)
    }

    /// The next step, with what the observers that are due there need.
    fn step(&mut self) -> Result<(), RunError> {
        let step = self.now.state.step + 1;
        let mut due = self.observers.iter().filter(|(o, _)| o.due(step)).peekable();
        let measured = due.peek().is_some();
        let needs: Vec<Needs> = due.map(|(o, _)| o.needs()).collect();
        let dilation = dilation();
        self.make(Request {
            energy_and_virial: measured,
            gradient: needs.iter().any(|n| n.gradient),
            tangents: if needs.iter().any(|n| n.dilation) {
                &dilation
            } else {
                &[]
            },
            ..Request::FORCES
        })
    }

    /// The next step of the integrator, and is it one?
    fn make(&mut self, request: Request) -> Result<(), RunError> {
        if self
            .renewal
            .is_some_and(|every| (self.now.state.step + 1).is_multiple_of(every))
        {
            self.forces.forget();
        }
        let begin = Instant::now();
        let made = self
            .integrator
            .step(&self.now, &mut self.next, &mut self.forces, request);
        let fine = made.map_err(Into::into).and_then(|()| self.watchdog.look(&self.next));
        self.stepping += begin.elapsed();
        if let Err(cause) = fine {
            let diagnosis = BlowUp::diagnose(cause, &self.now, self.integrator.as_ref(), self.units);
            return Err(RunError::BlowUp(Box::new(diagnosis)));
        }
        core::mem::swap(&mut self.now, &mut self.next);
        for (observer, _) in &mut self.observers {
            observer.pass(&self.now);
        }
        Ok(())
    }

    /// Shows the present state to the observers that are due and have not seen it.
    fn show(&mut self) -> Result<(), RunError> {
        let step = self.now.state.step;
        if self
            .observers
            .iter()
            .any(|(o, seen)| o.due(step) && *seen != Some(step))
        {
            let thermo = self.measure()?;
            self.show_to(&thermo, |o| o.due(step))?;
        }
        Ok(())
    }

    /// Shows the present state to all of these, and gives the first error: an observer that fails takes nothing from the
    /// others.
    fn show_to(&mut self, thermo: &ThermoRow, whom: impl Fn(&dyn Observer) -> bool) -> Result<(), RunError> {
        let step = self.now.state.step;
        let mut first = Ok(());
        for (observer, seen) in &mut self.observers {
            if *seen != Some(step) && whom(observer.as_ref()) {
                *seen = Some(step);
                let shown = observer.observe(View {
                    moment: &self.now,
                    thermo,
                    units: self.units,
                });
                first = first.and(shown);
            }
        }
        first
    }

    /// The observables of the present state.
    ///
    /// # Errors
    /// Never for a state that the run has reached: its forces were finite.
    pub fn thermo(&mut self) -> Result<ThermoRow, RunError> {
        let begin = Instant::now();
        let row = self.measure();
        self.clock += begin.elapsed();
        row
    }

    /// The same while the clock runs.
    fn measure(&mut self) -> Result<ThermoRow, RunError> {
        if self.now.evaluation.energy.is_none() {
            let Moment { state, evaluation } = &mut self.now;
            let before = self.forces.spent;
            let made = evaluate(&mut self.forces, state, Request::ENERGY, evaluation);
            self.measuring += self.forces.spent - before;
            made?;
        }
        Ok(record::thermo_row(&self.now, self.integrator.as_ref(), self.units))
    }

    /// Advances, then shows the last good state to every observer that has not seen it, and closes them all, whatever
    /// happened.
    ///
    /// # Errors
    /// When the last state cannot be measured: never for a state that the run has reached.
    pub fn complete(mut self, steps: u64, interrupt: &Interrupt) -> Result<Outcome, RunError> {
        let mut end = self.advance(steps, interrupt);
        let begin = Instant::now();
        let thermo = self.measure()?;
        let mut late = self.show_to(&thermo, |_| true);
        for (observer, _) in &mut self.observers {
            late = late.and(observer.close());
        }
        if end.is_ok() {
            end = late.and(end);
        }
        self.clock += begin.elapsed();
        Ok(Outcome {
            summary: self.summary(&thermo),
            thermo,
            end,
        })
    }

    fn summary(&self, last: &ThermoRow) -> Summary {
        // Forces are evaluated within steps and, where an energy is asked for later, outside them.
        let forces = self.forces.spent;
        let stepped = forces.saturating_sub(self.measuring);
        Summary {
            atoms: self.now.state.masses.len(),
            steps: self.now.state.step - self.first,
            timestep: record::time(1, self.integrator.as_ref(), self.units),
            wall: self.clock.as_secs_f64(),
            shares: TimeShares {
                forces: forces.as_secs_f64(),
                integration: self.stepping.saturating_sub(stepped).as_secs_f64(),
                output: self.clock.saturating_sub(self.stepping + self.measuring).as_secs_f64(),
            },
            neighbors: self.forces.inner.statistics(),
            energy_change: self.energies.map(|start| EnergyChange::between(start, energies(last))),
            units: self.units,
        }
    }
}

/// A strain of all lengths.
fn dilation() -> [Direction; 1] {
    [Direction {
        strain: Mat3::identity(),
        ..Direction::default()
    }]
}

/// Conserved and kinetic energy.
fn energies(row: &ThermoRow) -> [f64; 2] {
    [row.conserved_energy, row.kinetic_energy]
}

/// Forces with a stopwatch.
struct Timed<F> {
    inner: F,
    spent: Duration,
}

impl<F: Forces> Forces for Timed<F> {
    fn evaluate(&mut self, c: &Configuration, request: Request, out: &mut Evaluation) -> Result<(), EngineError> {
        let begin = Instant::now();
        let result = self.inner.evaluate(c, request, out);
        self.spent += begin.elapsed();
        result
    }

    fn parameters(&self) -> usize {
        self.inner.parameters()
    }

    fn statistics(&self) -> Option<NeighborStatistics> {
        self.inner.statistics()
    }

    fn relist(&mut self, c: &Configuration) -> Result<(), EngineError> {
        self.inner.relist(c)
    }

    fn forget(&mut self) {
        self.inner.forget();
    }
}
