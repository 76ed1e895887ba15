//! The gradient of a loss as an observer: it keeps what it needs of the run, and goes back when the run has come to its end.

use super::format::{counted, duration, significant};
use super::{Interrupt, Observer, RunError, TrajectoryFile, View};
use crate::dynamics::{Forces, Integrator, Moment, State};
use crate::io::h5md::AdjointRow;
use crate::sensitivity::{AdjointError, GRID, Gradient, Growth, Loss, Memory, Record, Variable, backwards, norm};
use admd_potentials::form::units::{Dimension, UnitSystem};
use core::ops::ControlFlow;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// What a gradient is made of, beside the run.
pub struct Descent {
    /// The loss.
    pub loss: Box<dyn Loss + Send>,
    /// Its name.
    pub name: String,
    /// Its dimension.
    pub dimension: Dimension,
    /// What its gradient is sought in.
    pub variables: Vec<Variable>,
    /// Forces as in the run, for the way back.
    pub forces: Box<dyn Forces + Send>,
    /// What moves the atoms.
    pub integrator: Box<dyn Integrator>,
    /// What states may take.
    pub memory: Memory,
    /// Digits that the gradient may lose.
    pub digits: f64,
    /// Number of steps.
    pub steps: u64,
    /// The units of input and output.
    pub units: &'static UnitSystem,
}

/// A gradient in the units of output.
#[derive(Clone, Debug)]
struct Found {
    loss: f64,
    slopes: Vec<f64>,
    steps: u64,
    seconds: f64,
    /// Of dL/dr on the way back.
    growth: Growth,
}

/// A handle on the gradient, which is there when the run is complete.
#[derive(Clone)]
pub struct Adjoint {
    name: String,
    dimension: Dimension,
    variables: Arc<[Variable]>,
    /// Are steps undone on the way back, not made again?
    undone: bool,
    /// Wall time of the way back, however it ended.
    spent: Arc<Mutex<f64>>,
    found: Arc<Mutex<Option<Found>>>,
}

impl core::fmt::Debug for Adjoint {
    fn fmt(&self, f: &mut core::fmt::Formatter) -> core::fmt::Result {
        f.debug_struct("Adjoint")
            .field("loss", &self.name)
            .finish_non_exhaustive()
    }
}

impl Adjoint {
    /// The handle, and the observer of a run that begins with `start`. Neighbour lists of the run must be
    /// [renewed](super::Run::renew_lists) every [`GRID`] steps where [`Adjoint::renewal`] says so. `interrupt` ends the way
    /// back, a bar shows it.
    ///
    /// # Errors
    /// A memory that is too small, a start of which the loss cannot be measured.
    pub fn new(
        mut of: Descent,
        start: &Moment,
        file: Option<TrajectoryFile>,
        (interrupt, bar): (&Interrupt, bool),
    ) -> Result<(Self, Box<dyn Observer>), RunError> {
        let mut record = Record::new(of.steps, start.state.masses.len(), of.memory)?;
        record.keep(start);
        see(of.loss.as_mut(), of.steps, &start.state)?;
        let handle = Self {
            name: of.name.clone(),
            dimension: of.dimension,
            variables: of.variables.clone().into(),
            undone: of.memory == Memory::Nothing,
            spent: Arc::default(),
            found: Arc::default(),
        };
        let observer = Part {
            last: (start.state.step, 0.0),
            record: Some(record),
            failed: None,
            file,
            interrupt: interrupt.clone(),
            bar,
            handle: handle.clone(),
            of,
        };
        Ok((handle, Box::new(observer)))
    }

    /// How often neighbour lists of the run must be renewed, so that its states are those of the way back.
    pub fn renewal(memory: Memory) -> Option<u64> {
        (memory != Memory::Nothing).then_some(GRID)
    }

    /// Is the gradient there?
    pub fn is_found(&self) -> bool {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Wall time of the way back \[s\]; 0 where there was none.
    pub fn seconds(&self) -> f64 {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Symbol of the unit of the loss; empty for a number.
    fn unit(&self, units: &UnitSystem) -> String {
        units.symbol(self.dimension)
    }

    /// Lines of the summary.
    pub fn lines(&self, units: &UnitSystem) -> Vec<String> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(found) = &*found else {
            return vec![format!(
                "no gradient of the loss {}: the run was not gone back through",
                self.name
            )];
        };
        let unit = self.unit(units);
        let loss = format!("loss {} = {} {unit}", self.name, significant(found.loss, 8));
        let steps = counted(found.steps, "step");
        let how = if self.undone { "undone" } else { "made again" };
        let back = format!("gone back in {}, {steps} {how}", duration(found.seconds));
        let mut lines = vec![format!("{}; {back}", loss.trim_end())];
        for (variable, slope) in self.variables.iter().zip(&found.slopes) {
            let per = match units.symbol(variable.dimension) {
                of if of.is_empty() => unit.clone(),
                of => format!("{}/({of})", if unit.is_empty() { "1" } else { &unit }),
            };
            let line = format!("d loss/d {} = {} {per}", variable.name, significant(*slope, 8));
            lines.push(line.trim_end().to_owned());
        }
        let growth = &found.growth;
        lines.push(match (growth.lyapunov(), growth.digits_lost()) {
            (Some(lyapunov), Some(lost)) => format!(
                "  grows as exp({} t) on the way back: {} digits lost",
                significant(lyapunov, 3),
                significant(lost, 2)
            ),
            (None, Some(_)) => "  no exponential growth seen on the way back".to_owned(),
            (_, None) => "  too few steps to tell how fast it grows on the way back".to_owned(),
        });
        lines.extend(beyond(growth, units).map(|words| format!("warning: {words}")));
        lines
    }

    /// The same for programs.
    pub fn json(&self, units: &UnitSystem) -> Vec<Value> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let each = self.variables.iter().enumerate().map(|(k, variable)| {
            json!({
                "parameter": variable.name,
                "value": variable.value,
                "unit": units.symbol(variable.dimension),
                "estimator": "adjoint",
                "loss": self.name,
                "loss_unit": self.unit(units),
                "loss_value": found.as_ref().map(|f| f.loss),
                "slope": found.as_ref().map(|f| f.slopes[k]),
                "seconds": found.as_ref().map(|f| f.seconds),
                "lyapunov": found.as_ref().and_then(|f| f.growth.lyapunov()),
                "digits_lost": found.as_ref().and_then(|f| f.growth.digits_lost()),
                "horizon": found.as_ref().and_then(|f| f.growth.horizon()),
                "beyond_horizon": found.as_ref().map(|f| f.growth.is_beyond()),
                "warning": found.as_ref().and_then(|f| beyond(&f.growth, units)),
            })
        });
        each.collect()
    }
}

/// What to say of a gradient that goes back farther than its digits last.
fn beyond(growth: &Growth, units: &UnitSystem) -> Option<String> {
    let horizon = growth.horizon().filter(|_| growth.is_beyond())?;
    Some(format!(
        "the gradient has lost more than {} digits to chaos: it holds for this trajectory alone; make the run shorter than {} {}, \
         or differentiate averages in parameters with estimators = [\"ensemble\"]",
        growth.digits(),
        significant(horizon, 3),
        units.time.symbol
    ))
}

/// Shows a state to the loss, if it reads anything of it.
fn see(loss: &mut dyn Loss, steps: u64, state: &State) -> Result<(), RunError> {
    if loss.reads(state.step, steps).is_some() {
        loss.see(state.step, steps, state)?;
    }
    Ok(())
}

struct Part {
    of: Descent,
    record: Option<Record>,
    failed: Option<RunError>,
    /// The last step and its time.
    last: (u64, f64),
    file: Option<TrajectoryFile>,
    interrupt: Interrupt,
    bar: bool,
    handle: Adjoint,
}

impl Part {
    /// The way back.
    fn descend(&mut self, record: Record) -> Result<(Gradient, Growth), AdjointError> {
        let bar = if self.bar {
            ProgressBar::new(self.of.steps)
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} steps back, {eta} left") {
            bar.set_style(style.progress_chars("=> "));
        }
        let (interrupt, steps) = (self.interrupt.clone(), self.of.steps);
        let dt = self.of.integrator.timestep() / self.of.units.to_coherent(Dimension::TIME);
        let (mut growth, mut first) = (Growth::new(self.of.digits), None);
        let found = backwards(
            record,
            self.of.forces.as_mut(),
            self.of.integrator.as_mut(),
            self.of.loss.as_ref(),
            &mut |step, adjoint| {
                bar.set_position(steps - step);
                if step.is_multiple_of(GRID) {
                    let size = norm(&adjoint.positions);
                    if size > 0.0 {
                        // it is nothing before the last state that the loss reads
                        let begin = *first.get_or_insert(step);
                        growth.add((begin - step) as f64 * dt, size);
                    }
                }
                match interrupt.signal() {
                    Some(_) => ControlFlow::Break(()),
                    None => ControlFlow::Continue(()),
                }
            },
        );
        bar.finish_and_clear();
        found.map(|gradient| (gradient, growth))
    }

    fn write(&self, start: &State, (gradient, growth): (Gradient, Growth), seconds: f64) -> Result<(), RunError> {
        let of = &self.of;
        // a loss in coherent units over that of the output
        let unit = of.units.to_coherent(of.dimension);
        let parameters = gradient.adjoint.parameters.len();
        let slope = |v: &Variable| gradient.along(&v.tangent(start, parameters, of.units)) / unit;
        let found = Found {
            loss: gradient.loss / unit,
            slopes: of.variables.iter().map(slope).collect(),
            steps: gradient.steps,
            seconds,
            growth,
        };
        if let Some(file) = &self.file {
            let velocity = of.units.to_coherent(Dimension::VELOCITY);
            file.adjoint_row(AdjointRow {
                step: self.last.0,
                time: self.last.1,
                loss: found.loss,
                lyapunov: found.growth.lyapunov().unwrap_or(f64::NAN),
                digits_lost: found.growth.digits_lost().unwrap_or(f64::NAN),
                slopes: found.slopes.clone(),
                positions: gradient.adjoint.positions.iter().map(|x| x / unit).collect(),
                velocities: gradient
                    .adjoint
                    .velocities
                    .iter()
                    .map(|x| x * (velocity / unit))
                    .collect(),
            })?;
        }
        *self.handle.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        Ok(())
    }
}

impl Observer for Part {
    fn due(&self, _: u64) -> bool {
        false
    }

    fn observe(&mut self, view: View) -> Result<(), RunError> {
        self.last = (view.thermo.step, view.thermo.time);
        Ok(())
    }

    fn pass(&mut self, moment: &Moment) {
        let seen = see(self.of.loss.as_mut(), self.of.steps, &moment.state);
        self.failed = self.failed.take().or(seen.err());
        if let Some(record) = &mut self.record {
            record.keep(moment);
        }
    }

    fn close(&mut self) -> Result<(), RunError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        // a run that was stopped has no gradient
        let record = self.record.take().filter(|_| self.last.0 == self.of.steps);
        let Some(record) = record else { return Ok(()) };
        let start = record.start().clone();
        let begin = Instant::now();
        let descended = self.descend(record);
        let spent = begin.elapsed().as_secs_f64();
        *self.handle.spent.lock().unwrap_or_else(PoisonError::into_inner) = spent;
        match descended {
            Ok(found) => self.write(&start, found, spent),
            Err(AdjointError::Stopped { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
