//! `/sensitivity/<variable>/ensemble`: derivatives of averages, as the run knows them better and better.
//!
//! ```text
//! /sensitivity/<variable>/ensemble          estimator
//!     samples blocks                        {value [M], step, time}                   behind each row
//!     <observable>
//!         constant_temperature              {value, standard_error [M], step, time}   d<O>/dθ with the temperature held
//!         constant_energy                   likewise                                  with the energy held
//!         average                           likewise                                  <O> itself
//!         distance                          [B]                                       only of what has bins, whose rows are [B]
//! ```
//!
//! The last row is that of the whole run; rows before it, some four for each doubling of the samples, show how it came to
//! be. A standard error is NaN while there are too few samples to tell.

use super::layout::{Clock, Result, Scalars, link_clock};
use super::quantity::{per, unit};
use super::sensitivity::variable;
use super::{EnsembleHeader, EnsembleRow, Header};
use crate::io::h5::{Compression, Node, Series};
use admd_potentials::form::units::Dimension;

const ROOT: &str = "sensitivity";
const GROUP: &str = "ensemble";
/// What is held, in the order of [`EnsembleRow::slopes`].
const HELD: [&str; 2] = ["constant_temperature", "constant_energy"];

/// Value and standard error, as one number a row or as many as there are bins.
struct Pair {
    scalars: Option<[Scalars<f64>; 2]>,
    rows: Option<[Series; 2]>,
    bins: usize,
}

impl Pair {
    fn create(element: &Node, bins: usize, unit: Option<&str>) -> Result<Self> {
        let names = ["value", "standard_error"];
        let [value, error] = names.map(|name| {
            if bins == 0 {
                Scalars::create(element, name, unit.map(str::to_owned)).map(|s| (Some(s), None))
            } else {
                let series = element.create_series::<f64>(name, &[bins], unit, Compression::None);
                series.map(|s| (None, Some(s)))
            }
        });
        let ((a, c), (b, d)) = (value?, error?);
        Ok(Self {
            scalars: a.zip(b).map(<[_; 2]>::from),
            rows: c.zip(d).map(<[_; 2]>::from),
            bins,
        })
    }

    /// Takes its numbers from the front of what is left of a row.
    fn push<'a>(&mut self, rest: &'a [[f64; 2]]) -> Result<&'a [[f64; 2]]> {
        let (own, rest) = rest.split_at(self.bins.max(1));
        for (k, scalars) in self.scalars.iter_mut().flatten().enumerate() {
            scalars.waiting.push(own[0][k]);
        }
        for (k, series) in self.rows.iter_mut().flatten().enumerate() {
            let row: Vec<f64> = own.iter().map(|pair| pair[k]).collect();
            series.push_numbers(&row)?;
        }
        Ok(rest)
    }

    fn series(&self) -> impl Iterator<Item = &Series> {
        let scalars = self.scalars.iter().flatten().map(|s| &s.series);
        scalars.chain(self.rows.iter().flatten())
    }
}

/// What all variables have in common, in the group of the first.
struct Shared {
    path: String,
    clock: Clock,
    counts: [Scalars<i64>; 2],
    averages: Vec<Pair>,
}

/// The groups of all variables.
pub(super) struct Ensemble {
    clock: Clock,
    counts: [Scalars<i64>; 2],
    averages: Vec<Pair>,
    /// For each variable, for what is held, for each observable.
    slopes: Vec<[Vec<Pair>; 2]>,
}

impl Ensemble {
    /// Makes the groups, if the header announces them.
    pub(super) fn create(root: &Node, header: &Header) -> Result<Option<Self>> {
        let Some(announced) = &header.ensemble else {
            return Ok(None);
        };
        if !root.has(ROOT) {
            root.create_group(ROOT)?;
        }
        let mut made: Option<Shared> = None;
        let mut slopes = Vec::new();
        for (name, unit_of, value) in &announced.variables {
            let path = format!("{}/{GROUP}", variable(root, header, (name, unit_of, *value))?);
            let node = root.create_group(&path)?;
            node.set_text("estimator", &announced.estimator)?;
            let first = match &made {
                Some(Shared { path: first, .. }) => {
                    for shared in ["samples", "blocks"] {
                        root.link(&format!("{first}/{shared}"), &format!("{path}/{shared}"))?;
                    }
                    first.clone()
                }
                None => {
                    let samples = node.create_group("samples")?;
                    let clock = Clock::create(&samples, header)?;
                    let blocks = node.create_group("blocks")?;
                    link_clock(root, &format!("{path}/samples"), &format!("{path}/blocks"))?;
                    let counts = [
                        Scalars::create(&samples, "value", None)?,
                        Scalars::create(&blocks, "value", None)?,
                    ];
                    let averages = averages(root, &node, &path, header, announced)?;
                    made = Some(Shared {
                        path: path.clone(),
                        clock,
                        counts,
                        averages,
                    });
                    path.clone()
                }
            };
            let mut held = Vec::new();
            for what in HELD {
                let mut pairs = Vec::new();
                for observable in &announced.observables {
                    let group = format!("{path}/{}", observable.name);
                    if !node.has(observable.name) {
                        root.create_group(&group)?;
                        for shared in ["average", "distance"] {
                            if root.group(&format!("{first}/{}", observable.name))?.has(shared) {
                                root.link(
                                    &format!("{first}/{}/{shared}", observable.name),
                                    &format!("{group}/{shared}"),
                                )?;
                            }
                        }
                    }
                    let element = root.create_group(&format!("{group}/{what}"))?;
                    link_clock(root, &format!("{first}/samples"), &format!("{group}/{what}"))?;
                    let unit = unit(header.units, observable.dimension).map(|u| per(&u, unit_of));
                    pairs.push(Pair::create(&element, observable.distance.len(), unit.as_deref())?);
                }
                held.push(pairs);
            }
            let held: [Vec<Pair>; 2] = held.try_into().unwrap_or_default();
            slopes.push(held);
        }
        Ok(made.map(|shared| Self {
            clock: shared.clock,
            counts: shared.counts,
            averages: shared.averages,
            slopes,
        }))
    }

    pub(super) fn series(&self) -> impl Iterator<Item = &Series> {
        let pairs = self.averages.iter().chain(self.slopes.iter().flatten().flatten());
        let counts = self.counts.iter().map(|s| &s.series);
        pairs.flat_map(Pair::series).chain(counts).chain(self.clock.series())
    }

    /// Appends a row; it counts from the next commit on.
    pub(super) fn push(&mut self, row: &EnsembleRow) -> Result<()> {
        let mut rest = row.averages.as_slice();
        for pair in &mut self.averages {
            rest = pair.push(rest)?;
        }
        for (pairs, values) in self.slopes.iter_mut().flatten().zip(row.slopes.iter().flatten()) {
            let mut rest = values.as_slice();
            for pair in pairs {
                rest = pair.push(rest)?;
            }
        }
        for (series, count) in self.counts.iter_mut().zip([row.samples, row.blocks]) {
            series.waiting.push(count.cast_signed());
        }
        self.clock.push(row.step, row.time);
        Ok(())
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.clock.is_waiting()
    }

    /// Writes what is waiting but `step`.
    pub(super) fn write(&mut self) -> Result<()> {
        let pairs = self
            .averages
            .iter_mut()
            .chain(self.slopes.iter_mut().flatten().flatten());
        for scalars in pairs.flat_map(|p| p.scalars.iter_mut().flatten()) {
            scalars.write()?;
        }
        self.counts.iter_mut().try_for_each(Scalars::write)?;
        self.clock.write_time()
    }

    /// Writes `step`, the commit mark.
    pub(super) fn mark(&mut self) -> Result<()> {
        self.clock.write_step()
    }
}

/// The averages themselves, and where the bins are.
fn averages(root: &Node, node: &Node, path: &str, header: &Header, announced: &EnsembleHeader) -> Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    for observable in &announced.observables {
        let group = node.create_group(observable.name)?;
        if !observable.distance.is_empty() {
            let length = unit(header.units, Dimension::LENGTH);
            group.write_numbers("distance", &observable.distance, length.as_deref())?;
        }
        let element = group.create_group("average")?;
        link_clock(
            root,
            &format!("{path}/samples"),
            &format!("{path}/{}/average", observable.name),
        )?;
        let unit = unit(header.units, observable.dimension);
        pairs.push(Pair::create(&element, observable.distance.len(), unit.as_deref())?);
    }
    Ok(pairs)
}
