//! Thermodynamics as a table of aligned columns: people read it, and so do awk and gnuplot.

use super::format::significant;
use super::{Every, Observer, RunError, View};
use admd_potentials::form::units::UnitSystem;
use std::io::{ErrorKind, Write};

/// Width of a column.
const WIDTH: usize = 16;
/// Digits of an energy: a change of 1e-8 is seen.
const ENERGY_DIGITS: usize = 10;
/// Digits of everything else.
const DIGITS: usize = 7;

/// Writes a row at every trigger.
pub struct ThermoTable<W> {
    every: Every,
    out: W,
    bar: indicatif::ProgressBar,
    conserved: &'static str,
    header: bool,
    recorded: bool,
    closed: bool,
}

impl<W: Write + Send> ThermoTable<W> {
    /// A table on `out`. The bar is lifted while a row is written, in case both are on one terminal. A table that cannot
    /// be written ends the run, unless the run is `recorded` elsewhere: then it goes on with a warning.
    pub fn new(every: Every, out: W, bar: indicatif::ProgressBar, conserved: &'static str, recorded: bool) -> Self {
        Self {
            every,
            out,
            bar,
            conserved,
            header: false,
            recorded,
            closed: false,
        }
    }

    fn head(&self, u: &UnitSystem) -> String {
        let columns = [
            ("time", u.time.symbol),
            ("temperature", u.temperature.symbol),
            ("potential", u.energy.symbol),
            ("kinetic", u.energy.symbol),
            (self.conserved, u.energy.symbol),
            ("pressure", u.pressure.symbol),
        ];
        let row = |first: &str, pick: fn(&(&'static str, &'static str)) -> &'static str| {
            let rest: String = columns.iter().map(|c| format!(" {:>WIDTH$}", pick(c))).collect();
            format!("{first:>12}{rest}\n")
        };
        row("#       step", |c| c.0) + &row("#           ", |c| c.1)
    }
}

impl<W: Write + Send> Observer for ThermoTable<W> {
    fn due(&self, step: u64) -> bool {
        self.every.due(step)
    }

    fn observe(&mut self, view: View) -> Result<(), RunError> {
        if self.closed {
            return Ok(());
        }
        let t = view.thermo;
        let mut text = if self.header {
            String::new()
        } else {
            self.head(view.units)
        };
        self.header = true;
        let numbers = [
            significant(t.time, DIGITS),
            significant(t.temperature, DIGITS),
            significant(t.potential_energy, ENERGY_DIGITS),
            significant(t.kinetic_energy, ENERGY_DIGITS),
            significant(t.conserved_energy, ENERGY_DIGITS),
            t.pressure.map_or("-".to_owned(), |p| significant(p, DIGITS)),
        ];
        text += &format!("{:>12}", t.step);
        numbers.iter().for_each(|n| text += &format!(" {n:>WIDTH$}"));
        text.push('\n');
        let out = &mut self.out;
        let written = self
            .bar
            .suspend(|| out.write_all(text.as_bytes()).and_then(|()| out.flush()));
        match written {
            // `admd simulate ... | head` has seen enough of the table; the run goes on.
            Err(e) if e.kind() == ErrorKind::BrokenPipe => self.closed = true,
            Err(e) if self.recorded => {
                self.closed = true;
                let warning = format!(
                    "warning: the table on standard output is lost ({e}); the run goes on and its trajectory is written"
                );
                // Standard error may be gone too.
                let _ = self.bar.suspend(|| writeln!(std::io::stderr(), "{warning}"));
            }
            Err(e) => {
                return Err(RunError::Write {
                    what: "standard output".to_owned(),
                    reason: e.to_string(),
                });
            }
            Ok(()) => {}
        }
        Ok(())
    }
}
