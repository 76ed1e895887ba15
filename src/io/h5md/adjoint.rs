//! `/sensitivity/adjoint`: the gradient of a loss over the whole run.
//!
//! ```text
//! /sensitivity/adjoint                      loss (its name), estimator
//!     loss                                  {value [1], step, time}         at the last step, once the run has been gone back
//!     lyapunov digits_lost                  likewise                        of the adjoint on the way back; see `sensitivity.rs`
//!     start_position_derivative             {value [1][N][3], step, time}   dL/dr at the start
//!     start_velocity_derivative             likewise                        dL/dv at the start
//! /sensitivity/<variable>/adjoint           {value [1], step, time}         dL/dθ
//! ```
//!
//! The rows are empty where a run has not come to its end.

use super::layout::{Clock, Result, Scalars, link_clock, push_vectors};
use super::quantity::{per, unit};
use super::sensitivity::variable;
use super::{AdjointRow, Header};
use crate::io::h5::{Compression, Node, Series};
use admd_potentials::form::units::Dimension;

const ROOT: &str = "sensitivity";
const GROUP: &str = "adjoint";

/// The groups.
pub(super) struct Adjoint {
    clock: Clock,
    loss: Scalars<f64>,
    growth: [Scalars<f64>; 2],
    start: [Series; 2],
    slopes: Vec<Scalars<f64>>,
    buffer: Vec<[f64; 3]>,
}

impl Adjoint {
    /// Makes the groups, if the header announces them.
    pub(super) fn create(root: &Node, header: &Header) -> Result<Option<Self>> {
        let Some(announced) = &header.adjoint else {
            return Ok(None);
        };
        if !root.has(ROOT) {
            root.create_group(ROOT)?;
        }
        let path = format!("{ROOT}/{GROUP}");
        let node = root.create_group(&path)?;
        node.set_text("loss", &announced.loss)?;
        node.set_text("estimator", "adjoint: exact gradient of the discrete trajectory")?;
        let own = unit(header.units, announced.dimension);
        let over = |what: Option<String>| own.as_deref().zip(what).map(|(own, what)| per(own, &what));
        let element = node.create_group("loss")?;
        let clock = Clock::create(&element, header)?;
        let loss = Scalars::create(&element, "value", own.clone())?;
        let first = format!("{path}/loss");
        let scalar = |what: &str, dimension| -> Result<Scalars<f64>> {
            let element = node.create_group(what)?;
            link_clock(root, &first, &format!("{path}/{what}"))?;
            Scalars::create(&element, "value", unit(header.units, dimension))
        };
        let growth = [
            scalar("lyapunov", Dimension::TIME.power(-1))?,
            scalar("digits_lost", Dimension::NUMBER)?,
        ];
        let vectors = |what: &str, dimension| -> Result<Series> {
            let element = node.create_group(what)?;
            link_clock(root, &first, &format!("{path}/{what}"))?;
            let unit = over(unit(header.units, dimension));
            element.create_series::<f64>("value", &[header.atoms.len(), 3], unit.as_deref(), Compression::None)
        };
        let start = [
            vectors("start_position_derivative", Dimension::LENGTH)?,
            vectors("start_velocity_derivative", Dimension::VELOCITY)?,
        ];
        let mut slopes = Vec::new();
        for (name, unit_of, value) in &announced.variables {
            let path = variable(root, header, (name, unit_of, *value))?;
            let element = root.create_group(&format!("{path}/{GROUP}"))?;
            link_clock(root, &first, &format!("{path}/{GROUP}"))?;
            let unit = own.as_deref().map(|own| per(own, unit_of));
            slopes.push(Scalars::create(&element, "value", unit)?);
        }
        Ok(Some(Self {
            clock,
            loss,
            growth,
            start,
            slopes,
            buffer: Vec::new(),
        }))
    }

    pub(super) fn series(&self) -> impl Iterator<Item = &Series> {
        let scalars = core::iter::once(&self.loss)
            .chain(&self.growth)
            .chain(&self.slopes)
            .map(|s| &s.series);
        scalars.chain(&self.start).chain(self.clock.series())
    }

    /// Appends the gradient; it counts from the next commit on.
    pub(super) fn push(&mut self, row: &AdjointRow) -> Result<()> {
        self.loss.waiting.push(row.loss);
        for (series, value) in self.growth.iter_mut().zip([row.lyapunov, row.digits_lost]) {
            series.waiting.push(value);
        }
        for (series, slope) in self.slopes.iter_mut().zip(&row.slopes) {
            series.waiting.push(*slope);
        }
        for (series, vectors) in self.start.iter_mut().zip([&row.positions, &row.velocities]) {
            push_vectors(&mut self.buffer, series, vectors, 1.0)?;
        }
        self.clock.push(row.step, row.time);
        Ok(())
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.clock.is_waiting()
    }

    /// Writes what is waiting but `step`.
    pub(super) fn write(&mut self) -> Result<()> {
        self.loss.write()?;
        self.growth.iter_mut().try_for_each(Scalars::write)?;
        self.slopes.iter_mut().try_for_each(Scalars::write)?;
        self.clock.write_time()
    }

    /// Writes `step`, the commit mark.
    pub(super) fn mark(&mut self) -> Result<()> {
        self.clock.write_step()
    }
}
