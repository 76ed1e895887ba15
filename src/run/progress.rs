//! How far the run is: a bar on a terminal, a line every few seconds elsewhere, always on standard error.

use super::format::{duration, si, significant};
use super::{Every, Observer, RunError, View};
use crate::dynamics::Moment;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Time between two redraws of the bar.
const REDRAW: Duration = Duration::from_millis(100);
/// Time between two lines where there is no terminal.
const LINES: Duration = Duration::from_secs(10);

/// Shows steps, speed and time to go, with the temperature and energy that were measured last.
pub struct Progress {
    bar: ProgressBar,
    atoms: usize,
    steps: u64,
    every: Every,
    begin: Instant,
    shown: Instant,
    measured: String,
}

impl Progress {
    /// Progress over `steps` steps from now on. Measurements are picked up at the trigger.
    pub fn new(atoms: usize, steps: u64, every: Every) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr())
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        let now = Instant::now();
        Self {
            bar,
            atoms,
            steps,
            every,
            begin: now,
            shown: now,
            measured: String::new(),
        }
    }

    /// The bar; hidden where there is no terminal.
    pub fn bar(&self) -> ProgressBar {
        self.bar.clone()
    }

    fn message(&self, step: u64) -> String {
        let spent = self.begin.elapsed().as_secs_f64();
        let rate = step as f64 / spent.max(1e-9);
        let left = (self.steps.saturating_sub(step)) as f64 / rate.max(1e-9);
        format!(
            "{} atom-steps/s, {} left{}",
            si(rate * self.atoms as f64),
            duration(left),
            self.measured
        )
    }
}

impl Observer for Progress {
    fn due(&self, step: u64) -> bool {
        self.every.due(step)
    }

    fn observe(&mut self, view: View) -> Result<(), RunError> {
        let (t, u) = (view.thermo, view.units);
        self.measured = format!(
            ", T {} {}, E {} {}",
            significant(t.temperature, 4),
            u.temperature.symbol,
            significant(t.conserved_energy, 8),
            u.energy.symbol
        );
        Ok(())
    }

    fn pass(&mut self, moment: &Moment) {
        let step = moment.state.step;
        let pause = if self.bar.is_hidden() { LINES } else { REDRAW };
        if self.shown.elapsed() < pause {
            return;
        }
        self.shown = Instant::now();
        let message = self.message(step);
        if self.bar.is_hidden() {
            // A closed standard error is no reason to stop a run.
            let _ = writeln!(std::io::stderr(), "step {step} of {}, {message}", self.steps);
        } else {
            self.bar.set_position(step);
            self.bar.set_message(message);
        }
    }

    fn close(&mut self) -> Result<(), RunError> {
        self.bar.finish_and_clear();
        Ok(())
    }
}

/// A bar alone, a tick a step.
pub struct Ticks(pub ProgressBar);

impl Observer for Ticks {
    fn due(&self, _: u64) -> bool {
        false
    }

    fn observe(&mut self, _: View) -> Result<(), RunError> {
        Ok(())
    }

    fn pass(&mut self, _: &Moment) {
        self.0.inc(1);
    }
}
