//! The layout of the file and the series that grow in it.
//!
//! ```text
//! /h5md                          version 1.1, author, creator, module units
//! /particles/trajectory
//!     position velocity force    {value [T][N][3], step [T], time [T]}     step and time are hard links to one dataset
//!     box/edges                  {value [T][3][3], step, time}             rows are the edges
//!     species mass id            [N]
//! /observables/<name>            {value [T], step, time}                   at every frame, on the frames' step and time
//! /thermo/<name>                 {value [M], step, time}                   at its own cadence
//! /sensitivity                   see `sensitivity.rs`, `ensemble.rs` and `adjoint.rs`; only where asked for
//! /parameters                    provenance, unit system, species, parameters of the potentials, integrity
//! ```
//!
//! `pressure`, `stress` and `volume` are there only when the cell is periodic in all directions; a value that is missing
//! all the same is NaN. A row is complete when `step` has it: `step` is extended when everything else has been handed to
//! the operating system, and readers count `step`. Within one flush HDF5 writes in the order of addresses, so that
//! `step` would come before the index of what it commits.

use super::adjoint::Adjoint;
use super::ensemble::Ensemble;
use super::quantity::{Get, SCALARS, STRESS, force_factor, unit};
use super::sensitivity::Sensitivity;
use super::{AdjointRow, EnsembleRow, Frame, Header, SensitivityFrame, SensitivityRow, ThermoRow};
use crate::io::h5::{Compression, H5Error, H5File, Node, Number, Series};
use admd_engine::Vec3;
use admd_potentials::form::units::Dimension;

pub(super) type Result<T> = std::result::Result<T, H5Error>;

/// Where the atoms are.
pub(super) const TRAJECTORY: &str = "particles/trajectory";

/// A series of scalars; they wait in memory for the next commit, because a call of HDF5 costs far more than a number.
pub(super) struct Scalars<T> {
    pub(super) series: Series,
    pub(super) waiting: Vec<T>,
}

impl<T: Number> Scalars<T> {
    pub(super) fn create(element: &Node, name: &str, unit: Option<String>) -> Result<Self> {
        Ok(Self {
            series: element.create_series::<T>(name, &[], unit.as_deref(), Compression::None)?,
            waiting: Vec::new(),
        })
    }

    pub(super) fn write(&mut self) -> Result<()> {
        self.series.append(&self.waiting)?;
        self.waiting.clear();
        Ok(())
    }
}

/// `step` and `time` of a table.
pub(super) struct Clock {
    time: Scalars<f64>,
    step: Scalars<i64>,
}

impl Clock {
    pub(super) fn create(element: &Node, header: &Header) -> Result<Self> {
        Ok(Self {
            time: Scalars::create(element, "time", unit(header.units, Dimension::TIME))?,
            step: Scalars::create(element, "step", None)?,
        })
    }

    pub(super) fn push(&mut self, step: u64, time: f64) {
        self.time.waiting.push(time);
        self.step.waiting.push(step.cast_signed());
    }

    pub(super) fn is_waiting(&self) -> bool {
        !self.step.waiting.is_empty()
    }

    pub(super) fn write_time(&mut self) -> Result<()> {
        self.time.write()
    }

    /// The commit mark: everything else must have been handed to the operating system.
    pub(super) fn write_step(&mut self) -> Result<()> {
        self.step.write()
    }

    pub(super) fn series(&self) -> impl Iterator<Item = &Series> {
        [&self.time.series, &self.step.series].into_iter()
    }
}

/// One series an observable.
struct Observables {
    scalars: Vec<(Get, Scalars<f64>)>,
    stress: Option<Series>,
}

impl Observables {
    /// Makes the elements with the clock that stands in `source`.
    fn create(root: &Node, group: &str, header: &Header, source: &str) -> Result<Self> {
        let has_volume = header.periodic == [true; 3];
        let mut scalars = Vec::new();
        let element = |name: &str| -> Result<Node> {
            let path = format!("{group}/{name}");
            if path == source {
                return root.group(&path);
            }
            let node = root.create_group(&path)?;
            link_clock(root, source, &path)?;
            Ok(node)
        };
        for q in SCALARS.iter().filter(|q| has_volume || !q.needs_volume) {
            let unit = unit(header.units, q.dimension);
            scalars.push((q.get, Scalars::create(&element(q.name)?, "value", unit)?));
        }
        let stress = if has_volume {
            let unit = unit(header.units, Dimension::PRESSURE);
            let node = element(STRESS)?;
            node.set_text("sign", "negative under compression")?;
            Some(node.create_series::<f64>("value", &[3, 3], unit.as_deref(), Compression::None)?)
        } else {
            None
        };
        Ok(Self { scalars, stress })
    }

    fn push(&mut self, row: &ThermoRow) -> Result<()> {
        for (get, series) in &mut self.scalars {
            series.waiting.push(get(row).unwrap_or(f64::NAN));
        }
        if let Some(series) = &mut self.stress {
            let rows = row.stress.map_or([[f64::NAN; 3]; 3], |s| s.transpose().into());
            series.push_vectors(&rows)?;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<()> {
        self.scalars.iter_mut().try_for_each(|(_, series)| series.write())
    }

    fn series(&self) -> impl Iterator<Item = &Series> {
        self.scalars
            .iter()
            .map(|(_, scalars)| &scalars.series)
            .chain(&self.stress)
    }
}

pub(super) fn link_clock(root: &Node, source: &str, element: &str) -> Result<()> {
    for name in ["step", "time"] {
        root.link(&format!("{source}/{name}"), &format!("{element}/{name}"))?;
    }
    Ok(())
}

/// Everything that grows.
pub(super) struct Layout {
    position: Series,
    velocity: Option<Series>,
    force: Option<Series>,
    force_factor: f64,
    edges: Series,
    observables: Observables,
    clock: Clock,
    thermo: Observables,
    thermo_clock: Clock,
    sensitivity: Option<Sensitivity>,
    ensemble: Option<Ensemble>,
    adjoint: Option<Adjoint>,
    buffer: Vec<[f64; 3]>,
}

impl Layout {
    /// Writes the header and makes all series.
    pub(super) fn create(file: &H5File, header: &Header, compression: Compression) -> Result<Self> {
        let root = file.root()?;
        write_module(&root, header)?;
        super::provenance::write(&root, header)?;
        let particles = root.create_group(TRAJECTORY)?;
        let row = [header.atoms.len(), 3];
        let source = format!("{TRAJECTORY}/position");
        let vectors = |name: &str, dimension| -> Result<Series> {
            let node = particles.create_group(name)?;
            if name != "position" {
                link_clock(&root, &source, &format!("{TRAJECTORY}/{name}"))?;
            }
            node.create_series::<f64>("value", &row, unit(header.units, dimension).as_deref(), compression)
        };
        let position = particles.create_group("position")?;
        let clock = Clock::create(&position, header)?;
        let length = unit(header.units, Dimension::LENGTH);
        let position = position.create_series::<f64>("value", &row, length.as_deref(), compression)?;
        let velocity = header
            .velocities
            .then(|| vectors("velocity", Dimension::VELOCITY))
            .transpose()?;
        let force = header.forces.then(|| vectors("force", Dimension::FORCE)).transpose()?;

        let cell = particles.create_group("box")?;
        cell.set_number("dimension", 3i32)?;
        let boundary = header.periodic.map(|p| if p { "periodic" } else { "none" }.to_owned());
        cell.set_texts("boundary", &boundary)?;
        let edges = cell.create_group("edges")?;
        link_clock(&root, &source, &format!("{TRAJECTORY}/box/edges"))?;
        let edges = edges.create_series::<f64>("value", &[3, 3], length.as_deref(), Compression::None)?;

        write_atoms(&particles, header)?;
        let observables = Observables::create(&root, "observables", header, &source)?;
        let first = format!("thermo/{}", SCALARS[0].name);
        let thermo_clock = Clock::create(&root.create_group(&first)?, header)?;
        let thermo = Observables::create(&root, "thermo", header, &first)?;
        let layout = Self {
            position,
            velocity,
            force,
            force_factor: force_factor(header.units),
            edges,
            observables,
            clock,
            thermo,
            thermo_clock,
            sensitivity: Sensitivity::create(&root, header, compression)?,
            ensemble: Ensemble::create(&root, header)?,
            adjoint: Adjoint::create(&root, header)?,
            buffer: Vec::new(),
        };
        file.flush()?;
        layout.series().try_for_each(Series::clear)?;
        file.flush()?;
        Ok(layout)
    }

    fn series(&self) -> impl Iterator<Item = &Series> {
        let vectors = [
            Some(&self.position),
            self.velocity.as_ref(),
            self.force.as_ref(),
            Some(&self.edges),
        ];
        let tables = [&self.observables, &self.thermo]
            .into_iter()
            .flat_map(Observables::series);
        let clocks = [&self.clock, &self.thermo_clock].into_iter().flat_map(Clock::series);
        let sensitivity = self.sensitivity.iter().flat_map(Sensitivity::series);
        let ensemble = self.ensemble.iter().flat_map(Ensemble::series);
        vectors
            .into_iter()
            .flatten()
            .chain(tables)
            .chain(clocks)
            .chain(sensitivity)
            .chain(ensemble)
            .chain(self.adjoint.iter().flat_map(Adjoint::series))
    }

    /// Appends a frame; it counts from the next [`Layout::commit`] on.
    pub(super) fn push_frame(&mut self, frame: &Frame) -> Result<()> {
        push_vectors(&mut self.buffer, &mut self.position, &frame.positions, 1.0)?;
        if let Some(series) = &mut self.velocity {
            push_vectors(&mut self.buffer, series, &frame.velocities, 1.0)?;
        }
        if let Some(series) = &mut self.force {
            push_vectors(&mut self.buffer, series, &frame.forces, self.force_factor)?;
        }
        push_vectors(&mut self.buffer, &mut self.edges, &frame.edges, 1.0)?;
        self.observables.push(&frame.thermo)?;
        self.clock.push(frame.step, frame.time);
        Ok(())
    }

    /// Appends a row of thermodynamics; it counts from the next [`Layout::commit`] on.
    pub(super) fn push_thermo(&mut self, row: &ThermoRow) -> Result<()> {
        self.thermo.push(row)?;
        self.thermo_clock.push(row.step, row.time);
        Ok(())
    }

    /// Appends derivatives of the state; they count from the next [`Layout::commit`] on.
    pub(super) fn push_sensitivity_frame(&mut self, frame: &SensitivityFrame) -> Result<()> {
        self.sensitivity.as_mut().map_or(Ok(()), |s| s.push_frame(frame))
    }

    /// Appends derivatives of the observables; they count from the next [`Layout::commit`] on.
    pub(super) fn push_sensitivity_row(&mut self, row: &SensitivityRow) {
        if let Some(s) = &mut self.sensitivity {
            s.push_row(row);
        }
    }

    /// Appends derivatives of averages; they count from the next [`Layout::commit`] on.
    pub(super) fn push_ensemble_row(&mut self, row: &EnsembleRow) -> Result<()> {
        self.ensemble.as_mut().map_or(Ok(()), |e| e.push(row))
    }

    /// Appends the gradient of the loss; it counts from the next [`Layout::commit`] on.
    pub(super) fn push_adjoint_row(&mut self, row: &AdjointRow) -> Result<()> {
        self.adjoint.as_mut().map_or(Ok(()), |a| a.push(row))
    }

    /// Writes what is waiting and hands it to the operating system, and only then `step`, the commit mark.
    pub(super) fn commit(&mut self, file: &H5File) -> Result<()> {
        let waiting = self.sensitivity.as_ref().is_some_and(Sensitivity::is_waiting);
        let waiting = waiting || self.ensemble.as_ref().is_some_and(Ensemble::is_waiting);
        let waiting = waiting || self.adjoint.as_ref().is_some_and(Adjoint::is_waiting);
        if !(waiting || self.clock.is_waiting() || self.thermo_clock.is_waiting()) {
            return file.flush();
        }
        self.observables.write()?;
        self.thermo.write()?;
        self.clock.write_time()?;
        self.thermo_clock.write_time()?;
        self.sensitivity.as_mut().map_or(Ok(()), Sensitivity::write)?;
        self.ensemble.as_mut().map_or(Ok(()), Ensemble::write)?;
        self.adjoint.as_mut().map_or(Ok(()), Adjoint::write)?;
        file.flush()?;
        self.clock.write_step()?;
        self.thermo_clock.write_step()?;
        self.sensitivity.as_mut().map_or(Ok(()), Sensitivity::mark)?;
        self.ensemble.as_mut().map_or(Ok(()), Ensemble::mark)?;
        self.adjoint.as_mut().map_or(Ok(()), Adjoint::mark)?;
        file.flush()
    }

    /// Records the checksums, and then that the file is finished; everything must be committed.
    pub(super) fn finish(&self, file: &H5File) -> Result<()> {
        self.series().try_for_each(Series::seal)?;
        file.flush()?;
        super::integrity::finish(&file.root()?)
    }
}

pub(super) fn push_vectors(
    buffer: &mut Vec<[f64; 3]>,
    series: &mut Series,
    vectors: &[Vec3],
    factor: f64,
) -> Result<()> {
    buffer.clear();
    buffer.extend(vectors.iter().map(|v| [v.x * factor, v.y * factor, v.z * factor]));
    series.push_vectors(buffer)
}

fn write_module(root: &Node, header: &Header) -> Result<()> {
    let module = root.create_group("h5md")?;
    module.set_numbers("version", &[1i32, 1])?;
    let author = ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|v| std::env::var(v).ok());
    module
        .create_group("author")?
        .set_text("name", author.as_deref().unwrap_or("unknown"))?;
    let creator = module.create_group("creator")?;
    creator.set_text("name", "admd")?;
    creator.set_text("version", env!("CARGO_PKG_VERSION"))?;
    if !header.units.is_reduced() {
        let units = module.create_group("modules/units")?;
        units.set_numbers("version", &[1i32, 0])?;
        units.set_text("system", "SI")?;
    }
    Ok(())
}

/// `species` is the atomic number where every species has one, and otherwise the number of the species, from 1.
fn write_atoms(particles: &Node, header: &Header) -> Result<()> {
    let elements = header.species.iter().all(|s| s.atomic_number > 0);
    let kind = |s: u16| match header.species.get(usize::from(s)) {
        Some(species) if elements => i32::from(species.atomic_number),
        _ => i32::from(s) + 1,
    };
    let species: Vec<i32> = header.atoms.iter().map(|s| kind(*s)).collect();
    let mass = |s: &u16| header.species.get(usize::from(*s)).map_or(f64::NAN, |s| s.mass);
    let masses: Vec<f64> = header.atoms.iter().map(mass).collect();
    let ids: Vec<i64> = (1..=header.atoms.len() as i64).collect();
    particles.write_numbers("species", &species, None)?;
    particles.write_numbers("mass", &masses, unit(header.units, Dimension::MASS).as_deref())?;
    particles.write_numbers("id", &ids, None)
}
