//! Derivatives of the trajectory as observers: rows with the thermodynamics, frames at their own pace, and what the summary
//! says of them.

use super::format::significant;
use super::{Every, Observer, RunError, TrajectoryFile, View};
use crate::dynamics::{Moment, State, StateTangent};
use crate::io::h5md::{SensitivityFrame, SensitivityRow};
use crate::sensitivity::{Growth, Slopes, Subject, Variable, norm, slopes};
use admd_engine::Vec3;
use admd_potentials::form::units::{Dimension, UnitSystem};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// What is known of each variable by the last row.
#[derive(Clone, Debug)]
struct Known {
    growth: Growth,
    /// The step and the time of the last row, and its values as they are written.
    step: u64,
    time: f64,
    values: [f64; 8],
    /// The first step at which the numbers were beyond their horizon.
    lost_at: Option<u64>,
}

/// A handle on the derivatives, which can be read while the run owns the observers.
#[derive(Clone)]
pub struct Sensitivities {
    variables: Arc<[Variable]>,
    known: Arc<Mutex<Vec<Known>>>,
    degrees_of_freedom: usize,
    /// Length of a step in the units of output.
    timestep: f64,
    velocities: bool,
    file: Option<TrajectoryFile>,
}

/// Steps between looks at how the derivatives grow.
const GROWTH: u64 = 10;

impl core::fmt::Debug for Sensitivities {
    fn fmt(&self, f: &mut core::fmt::Formatter) -> core::fmt::Result {
        f.debug_struct("Sensitivities")
            .field("variables", &self.variables)
            .finish_non_exhaustive()
    }
}

impl Sensitivities {
    /// For the variables along which the state has tangents, in their order, and steps of `timestep` \[time\]. Beyond `digits` lost digits a derivative is past
    /// its horizon. Frames in the file carry dv/dθ, if the flag beside it says so.
    pub fn new(
        variables: Vec<Variable>,
        degrees_of_freedom: usize,
        digits: f64,
        timestep: f64,
        (velocities, file): (bool, Option<TrajectoryFile>),
    ) -> Self {
        let nothing = Known {
            growth: Growth::new(digits),
            step: 0,
            time: 0.0,
            values: [f64::NAN; 8],
            lost_at: None,
        };
        Self {
            known: Arc::new(Mutex::new(vec![nothing; variables.len()])),
            variables: variables.into(),
            degrees_of_freedom,
            timestep,
            velocities,
            file,
        }
    }

    /// An observer of the observables.
    pub fn rows(&self, every: Every) -> Box<dyn Observer> {
        Box::new(Part {
            every,
            what: What::Row,
            of: self.clone(),
        })
    }

    /// An observer that writes dr/dθ and dv/dθ.
    pub fn frames(&self, every: Every) -> Box<dyn Observer> {
        Box::new(Part {
            every,
            what: What::Frame,
            of: self.clone(),
        })
    }

    fn row(&self, view: View) -> Result<(), RunError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |p: usize| slopes(view.moment, p, self.degrees_of_freedom, view.units.boltzmann);
        let all: Vec<Slopes> = (0..self.variables.len()).map(of).collect();
        let bad = |s: &Slopes| !(s.positions.is_finite() && s.kinetic_energy.is_finite());
        if let Some(p) = all.iter().position(bad) {
            return Err(self.lost(p, view.thermo.step, known[p].lost_at));
        }
        for (s, known) in all.iter().zip(known.iter_mut()) {
            (known.step, known.time) = (view.thermo.step, view.thermo.time);
            known.values = values(s, &known.growth, view.units);
        }
        let Some(file) = &self.file else { return Ok(()) };
        file.sensitivity_row(SensitivityRow {
            step: view.thermo.step,
            time: view.thermo.time,
            values: known.iter().map(|k| k.values).collect(),
        })
    }

    /// Measures how the derivatives have grown.
    fn grow(&self, state: &State) {
        let time = state.step as f64 * self.timestep;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for (tangent, known) in state.tangents.iter().zip(known.iter_mut()) {
            known.growth.add(time, norm(&tangent.positions));
            if known.growth.is_beyond() {
                // the horizon itself, which may be known only now, and better later on
                let horizon = known
                    .growth
                    .horizon()
                    .map_or(f64::INFINITY, |h| (h / self.timestep).ceil());
                known.lost_at = Some(state.step.min(horizon as u64));
            }
        }
    }

    fn lost(&self, p: usize, step: u64, horizon: Option<u64>) -> RunError {
        RunError::Sensitivity {
            variable: self.variables[p].name.clone(),
            step,
            horizon,
        }
    }

    fn frame(&self, view: View) -> Result<(), RunError> {
        let Some(file) = &self.file else { return Ok(()) };
        let finite = |v: &Vec3| v.iter().all(|x| x.is_finite());
        let bad = |t: &StateTangent| !(t.positions.iter().all(finite) && t.velocities.iter().all(finite));
        if let Some(p) = view.moment.state.tangents.iter().position(bad) {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            return Err(self.lost(p, view.thermo.step, known[p].lost_at));
        }
        let velocity_unit = view.units.to_coherent(Dimension::VELOCITY);
        let of = |t: &StateTangent| {
            let velocities = t.velocities.iter().filter(|_| self.velocities);
            [t.positions.clone(), velocities.map(|v| v / velocity_unit).collect()]
        };
        file.sensitivity_frame(SensitivityFrame {
            step: view.thermo.step,
            time: view.thermo.time,
            tangents: view.moment.state.tangents.iter().map(of).collect(),
        })
    }

    /// Lines of the summary.
    pub fn lines(&self, units: &UnitSystem) -> Vec<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = Vec::new();
        for (variable, known) in self.variables.iter().zip(known.iter()) {
            let [potential, _, _, temperature, pressure, ..] = known.values;
            let per = match units.symbol(variable.dimension) {
                unit if unit.is_empty() => String::new(),
                unit => format!("/({unit})"),
            };
            let number = |x: f64, symbol: &str| format!("{} {symbol}{per}", significant(x, 6));
            let mut line = format!(
                "d/d {} at step {}: potential energy {}, temperature {}",
                variable.name,
                known.step,
                number(potential, units.energy.symbol),
                number(temperature, units.temperature.symbol)
            );
            if !pressure.is_nan() {
                line += &format!(", pressure {}", number(pressure, units.pressure.symbol));
            }
            lines.push(line);
            let growth = &known.growth;
            lines.push(match (growth.lyapunov(), growth.horizon(), growth.digits_lost()) {
                (Some(lyapunov), Some(horizon), Some(lost)) => format!(
                    "  grows as exp({} t): {} digits lost; {} are after {} {}",
                    significant(lyapunov, 3),
                    significant(lost, 2),
                    growth.digits(),
                    significant(horizon, 3),
                    units.time.symbol
                ),
                (.., Some(_)) => "  no exponential growth seen".to_owned(),
                (.., None) if known.values[5] == 0.0 => "  no position depends on it".to_owned(),
                (.., None) => "  too few steps to tell how fast it grows, and so whether it means anything".to_owned(),
            });
            if let Some(step) = known.lost_at {
                lines.push(format!("warning: {}", beyond(variable, step, known.growth.digits())));
            }
        }
        lines
    }

    /// The same for programs.
    pub fn json(&self, units: &UnitSystem) -> Value {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let number = |x: f64| x.is_finite().then_some(x);
        let each = self.variables.iter().zip(known.iter()).map(|(variable, known)| {
            let v = known.values;
            json!({
                "parameter": variable.name,
                "value": variable.value,
                "unit": units.symbol(variable.dimension),
                "estimator": "tangent",
                "step": known.step,
                "potential_energy": number(v[0]),
                "kinetic_energy": number(v[1]),
                "total_energy": number(v[2]),
                "temperature": number(v[3]),
                "pressure": number(v[4]),
                "norm": number(v[5]),
                "lyapunov": number(v[6]),
                "digits_lost": number(v[7]),
                "horizon": known.growth.horizon(),
                "beyond_horizon": known.lost_at.is_some(),
                "warning": known.lost_at.map(|step| beyond(variable, step, known.growth.digits())),
            })
        });
        each.collect()
    }
}

/// What to say beyond the horizon: averages are differentiated in parameters of the potentials alone.
fn beyond(variable: &Variable, step: u64, digits: f64) -> String {
    let name = &variable.name;
    let instead = match variable.subject {
        Subject::Parameter(_) => ", or estimators = [\"ensemble\"], whose averages hold",
        _ => "",
    };
    format!(
        "from step {step} on the derivative in {name} has lost more than {digits} digits to chaos: it holds for this trajectory \
         alone, and an average of it over time means nothing; use an earlier step{instead}"
    )
}

/// A row as it is written, in the units of output.
fn values(s: &Slopes, growth: &Growth, units: &UnitSystem) -> [f64; 8] {
    let potential = s.potential_energy.unwrap_or(f64::NAN);
    let pressure = s
        .pressure
        .map_or(f64::NAN, |p| p / units.to_coherent(Dimension::PRESSURE));
    [
        potential,
        s.kinetic_energy,
        potential + s.kinetic_energy,
        s.temperature,
        pressure,
        s.positions,
        growth.lyapunov().unwrap_or(f64::NAN),
        growth.digits_lost().unwrap_or(f64::NAN),
    ]
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Row,
    Frame,
}

struct Part {
    every: Every,
    what: What,
    of: Sensitivities,
}

impl Observer for Part {
    fn due(&self, step: u64) -> bool {
        self.every.due(step)
    }

    fn pass(&mut self, moment: &Moment) {
        if self.what == What::Row && moment.state.step.is_multiple_of(GROWTH) {
            self.of.grow(&moment.state);
        }
    }

    fn observe(&mut self, view: View) -> Result<(), RunError> {
        match self.what {
            What::Row => self.of.row(view),
            What::Frame => self.of.frame(view),
        }
    }
}
