//! `/sensitivity`: how the trajectory depends on the numbers that it was made from.
//!
//! ```text
//! /sensitivity                       estimator
//! /sensitivity/<variable>            parameter (its full name), value, unit (none in reduced units)
//!     position_derivative            {value [T][N][3], step, time}     dr/dθ, at its own cadence
//!     velocity_derivative            likewise                          dv/dθ
//!     <observable>                   {value [M], step, time}           dO/dθ, with the thermodynamics
//!     norm lyapunov digits_lost      {value [M], step, time}           √Σ|dr/dθ|², λ, λt/ln 10
//! ```
//!
//! Units are those of the quantity over that of θ. Where `digits_lost` is above 8 (4 in mixed precision), chaos has eaten the number: it is the
//! derivative of this one trajectory, and of no average.

use super::layout::{Clock, Result, Scalars, link_clock, push_vectors};
use super::quantity::{per, unit};
use super::{Header, SensitivityFrame, SensitivityRow};
use crate::io::h5::{Compression, Node, Series};
use admd_potentials::form::units::Dimension;

const ROOT: &str = "sensitivity";
/// Not `position`, which some readers take for a trajectory wherever it stands.
const POSITION: &str = "position_derivative";
/// What the numbers are, by the precision of the forces.
const ESTIMATORS: [(&str, &str); 2] = [
    ("double", "tangent: exact derivative of the discrete trajectory"),
    (
        "mixed",
        "tangent in double precision along a trajectory of mixed precision",
    ),
];

/// The scalars of a row, in the order of [`SensitivityRow::values`]: name, dimension, whether it is there only with a
/// volume, and whether its unit is over that of the variable.
const SCALARS: [(&str, Dimension, bool, bool); 8] = [
    ("potential_energy", Dimension::ENERGY, false, true),
    ("kinetic_energy", Dimension::ENERGY, false, true),
    ("total_energy", Dimension::ENERGY, false, true),
    ("temperature", Dimension::TEMPERATURE, false, true),
    ("pressure", Dimension::PRESSURE, true, true),
    ("norm", Dimension::LENGTH, false, true),
    ("lyapunov", Dimension::TIME.power(-1), false, false),
    ("digits_lost", Dimension::NUMBER, false, false),
];

/// What is written of one variable.
struct Variable {
    position: Series,
    velocity: Option<Series>,
    /// With the place of each in a row.
    scalars: Vec<(usize, Scalars<f64>)>,
}

/// The group.
pub(super) struct Sensitivity {
    variables: Vec<Variable>,
    clock: Clock,
    rows: Clock,
    buffer: Vec<[f64; 3]>,
}

impl Sensitivity {
    /// Makes the group, if the header announces it.
    pub(super) fn create(root: &Node, header: &Header, compression: Compression) -> Result<Option<Self>> {
        let Some(announced) = &header.sensitivity else {
            return Ok(None);
        };
        let group = root.create_group(ROOT)?;
        let estimator = ESTIMATORS.iter().find(|(precision, _)| *precision == header.precision);
        group.set_text("estimator", estimator.map_or("tangent", |(_, what)| what))?;
        let (mut clock, mut rows) = (None, None);
        let mut variables = Vec::new();
        let mut first = String::new();
        for (name, unit_of, value) in &announced.variables {
            let path = variable(root, header, (name, unit_of, *value))?;
            let node = root.group(&path)?;
            let row = [header.atoms.len(), 3];
            let mut vectors = |what: &str, dimension| -> Result<Series> {
                let element = node.create_group(what)?;
                if clock.is_none() {
                    clock = Some(Clock::create(&element, header)?);
                    first = path.clone();
                } else {
                    link_clock(root, &format!("{first}/{POSITION}"), &format!("{path}/{what}"))?;
                }
                let unit = unit(header.units, dimension).map(|u| per(&u, unit_of));
                element.create_series::<f64>("value", &row, unit.as_deref(), compression)
            };
            let position = vectors(POSITION, Dimension::LENGTH)?;
            let velocity = announced
                .velocities
                .then(|| vectors("velocity_derivative", Dimension::VELOCITY));
            let velocity = velocity.transpose()?;
            let mut scalars = Vec::new();
            for (k, (what, dimension, needs_volume, over)) in SCALARS.into_iter().enumerate() {
                if needs_volume && header.periodic != [true; 3] {
                    continue;
                }
                let element = node.create_group(what)?;
                if rows.is_none() {
                    rows = Some(Clock::create(&element, header)?);
                } else {
                    link_clock(root, &format!("{first}/{}", SCALARS[0].0), &format!("{path}/{what}"))?;
                }
                let unit = unit(header.units, dimension).map(|u| if over { per(&u, unit_of) } else { u });
                scalars.push((k, Scalars::create(&element, "value", unit)?));
            }
            variables.push(Variable {
                position,
                velocity,
                scalars,
            });
        }
        Ok(clock.zip(rows).map(|(clock, rows)| Self {
            variables,
            clock,
            rows,
            buffer: Vec::new(),
        }))
    }

    pub(super) fn series(&self) -> impl Iterator<Item = &Series> {
        let variables = self.variables.iter().flat_map(|v| {
            let scalars = v.scalars.iter().map(|(_, s)| &s.series);
            core::iter::once(&v.position).chain(&v.velocity).chain(scalars)
        });
        variables.chain(self.clock.series()).chain(self.rows.series())
    }

    /// Appends dr/dθ and dv/dθ; they count from the next commit on.
    pub(super) fn push_frame(&mut self, frame: &SensitivityFrame) -> Result<()> {
        for (variable, [positions, velocities]) in self.variables.iter_mut().zip(&frame.tangents) {
            push_vectors(&mut self.buffer, &mut variable.position, positions, 1.0)?;
            if let Some(series) = &mut variable.velocity {
                push_vectors(&mut self.buffer, series, velocities, 1.0)?;
            }
        }
        self.clock.push(frame.step, frame.time);
        Ok(())
    }

    /// Appends the derivatives of the observables; they count from the next commit on.
    pub(super) fn push_row(&mut self, row: &SensitivityRow) {
        for (variable, values) in self.variables.iter_mut().zip(&row.values) {
            for (k, series) in &mut variable.scalars {
                series.waiting.push(values[*k]);
            }
        }
        self.rows.push(row.step, row.time);
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.clock.is_waiting() || self.rows.is_waiting()
    }

    /// Writes what is waiting but `step`.
    pub(super) fn write(&mut self) -> Result<()> {
        for variable in &mut self.variables {
            for (_, series) in &mut variable.scalars {
                series.write()?;
            }
        }
        self.clock.write_time()?;
        self.rows.write_time()
    }

    /// Writes `step`, the commit mark.
    pub(super) fn mark(&mut self) -> Result<()> {
        self.clock.write_step()?;
        self.rows.write_step()
    }
}

/// The group of a variable, which every estimator shares: made where it is not there yet.
pub(super) fn variable(root: &Node, header: &Header, (name, unit, value): (&str, &str, f64)) -> Result<String> {
    // a name is one link of a path
    let link = name.replace('%', "%25").replace('/', "%2F");
    let path = format!("{ROOT}/{link}");
    if !root.group(ROOT)?.has(&link) {
        let node = root.create_group(&path)?;
        node.set_text("parameter", name)?;
        node.set_number("value", value)?;
        if !header.units.is_reduced() {
            node.set_text("unit", unit)?;
        }
    }
    Ok(path)
}
