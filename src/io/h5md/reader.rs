//! Reads the trajectories that we write, whole or interrupted; whatever the bytes are, the answer is data or an error.

use super::layout::TRAJECTORY;
use super::provenance::{self, Constant};
use super::quantity::{SCALARS, STRESS, Set, force_factor};
use super::{Frame, H5mdError, Header, ThermoRow, integrity};
use crate::io::h5::{H5Error, H5File, Node, Sealed, Series};
use admd_engine::{Mat3, Vec3};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// An open trajectory.
///
/// An interrupted run leaves rows that are not committed; they do not count. In a finished file the checksums of whatever
/// is read are compared. See [`super::TrajectoryWriter`] for an example.
pub struct Trajectory {
    table: Table,
    edges: Series,
    position: Series,
    velocity: Option<Series>,
    force: Option<Series>,
    root: Node,
    header: Header,
    version: String,
    path: PathBuf,
    sealed: Sealed,
    /// Whether the checksums of what belongs to the frames are right, once that was asked.
    verified: OnceLock<Result<(), H5Error>>,
    /// Closed last.
    _file: H5File,
}

/// The observables at the frames, or the thermodynamics.
struct Table {
    steps: Vec<u64>,
    times: Vec<f64>,
    scalars: Vec<(Set, Series)>,
    stress: Option<Series>,
}

impl Table {
    /// Opens `group`, whose steps and times are those of `clock`. Only rows that all series have are counted.
    fn open(root: &Node, group: &str, clock: &str, sealed: Sealed) -> Result<Self, H5Error> {
        let clock_step = root.series(&format!("{clock}/step"), sealed)?;
        let steps = clock_step.written::<i64>()?;
        let clock_time = root.series(&format!("{clock}/time"), sealed)?;
        let open = |name: &str| -> Result<Option<Series>, H5Error> {
            let node = root.group(group)?;
            if !node.has(name) {
                return Ok(None);
            }
            node.series(&format!("{name}/value"), sealed).map(Some)
        };
        let mut scalars = Vec::new();
        for q in &SCALARS {
            match open(q.name)? {
                Some(series) => scalars.push((q.set, series)),
                None if q.needs_volume => {}
                None => return Err(H5Error(format!("{group}/{} is missing", q.name))),
            }
        }
        let stress = open(STRESS)?;
        if stress.as_ref().is_some_and(|s| s.row_shape() != [3, 3]) {
            return Err(H5Error(format!("{group}/{STRESS} is no list of 3x3 matrices")));
        }
        let others = scalars
            .iter()
            .map(|(_, s)| s)
            .chain(&stress)
            .chain([&clock_step, &clock_time]);
        let rows = others
            .map(Series::len)
            .try_fold(steps.len(), |n, m| common(n, m, sealed))?;
        let steps: Option<Vec<u64>> = steps.into_iter().take(rows).map(|s| u64::try_from(s).ok()).collect();
        let steps = steps.filter(|s| s.is_sorted_by(|a, b| a < b));
        let times = clock_time.first(rows)?;
        Ok(Self {
            steps: steps.ok_or_else(|| H5Error(format!("the steps in {clock} do not ascend")))?,
            times,
            scalars,
            stress,
        })
    }

    fn truncate(&mut self, rows: usize) {
        self.steps.truncate(rows);
        self.times.truncate(rows);
    }

    fn verify(&self) -> Result<(), H5Error> {
        self.stress.iter().try_for_each(Series::verify)?;
        self.scalars.iter().try_for_each(|(_, series)| series.verify())
    }

    fn row(&self, index: usize) -> Result<ThermoRow, H5Error> {
        let mut row = self.blank(index);
        for (set, series) in &self.scalars {
            set(&mut row, series.number(index)?);
        }
        if let Some(series) = &self.stress {
            row.stress = matrix(&series.vectors(index)?.concat());
        }
        Ok(row)
    }

    fn blank(&self, index: usize) -> ThermoRow {
        ThermoRow {
            step: self.steps[index],
            time: self.times[index],
            potential_energy: 0.0,
            kinetic_energy: 0.0,
            conserved_energy: 0.0,
            temperature: 0.0,
            pressure: None,
            stress: None,
            volume: None,
        }
    }
}

/// The number of rows that two series have; in a finished file it is the same.
fn common(n: usize, m: usize, sealed: Sealed) -> Result<usize, H5Error> {
    if sealed == Sealed::Yes && n != m {
        return Err(H5Error(format!("one series has {n} rows and another {m}")));
    }
    Ok(n.min(m))
}

/// Nine numbers, row after row; `None` when they are missing, that is NaN.
fn matrix(numbers: &[f64]) -> Option<Mat3> {
    (numbers.len() == 9 && !numbers[0].is_nan()).then(|| Mat3::from_row_slice(numbers))
}

impl Trajectory {
    /// Opens a file, also one that is being written.
    ///
    /// # Errors
    /// The file is missing, is none of ours, or is damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, H5mdError> {
        let path = path.as_ref().to_owned();
        let not_opened = |reason: String| H5mdError::Open {
            path: path.clone(),
            reason,
        };
        // HDF5's own words for a missing file are hard to read.
        std::fs::File::open(&path).map_err(|e| not_opened(e.to_string()))?;
        if path.is_dir() {
            return Err(H5mdError::IsDirectory { path });
        }
        let file = H5File::open(&path).map_err(|e| not_opened(e.0))?;
        let foreign = |reason: String| H5mdError::Foreign {
            path: path.clone(),
            reason,
        };
        let root = file.root().map_err(|e| not_opened(e.0))?;
        let module = root.group("h5md").and_then(|m| m.numbers_attribute::<i32>("version"));
        match module.map_err(|e| foreign(format!("it is no H5MD file: {}", e.0)))?[..] {
            [1, _] => {}
            ref other => return Err(foreign(format!("its H5MD version is {other:?}, not 1.x"))),
        }
        let creator = root
            .group("h5md/creator")
            .and_then(|c| Ok((c.text_attribute("name")?, c)));
        let (creator, node) = creator.map_err(|e| foreign(format!("it names no creator: {}", e.0)))?;
        if creator != "admd" {
            return Err(foreign(format!("it was written by `{creator}`")));
        }
        let damaged = |what: &str| {
            let (path, what) = (path.clone(), what.to_owned());
            move |e: H5Error| H5mdError::Damaged {
                path,
                what,
                reason: e.0,
            }
        };
        let version = node.text_attribute("version").map_err(damaged("the version"))?;
        let header = provenance::read(&root)
            .and_then(|header| {
                let constants = provenance::read_constants(&root)?;
                integrity::check(&root, &header, &constants, &version).map(|()| header)
            })
            .map_err(damaged("the header"))?;
        let sealed = integrity::sealed(&root).map_err(damaged("the mark of a finished file"))?;
        let clock = format!("{TRAJECTORY}/position");
        let mut table = Table::open(&root, "observables", &clock, sealed).map_err(damaged("the table of frames"))?;
        let atoms = header.atoms.len();
        let mut frames = table.steps.len();
        let mut series = |name: &str, rows: usize| -> Result<Series, H5mdError> {
            let series = root
                .series(&format!("{TRAJECTORY}/{name}/value"), sealed)
                .map_err(damaged(name))?;
            if series.row_shape() != [rows, 3] {
                let reason = format!("its shape is {:?}, not [{rows}, 3]", series.row_shape());
                return Err(damaged(name)(H5Error(reason)));
            }
            frames = common(frames, series.len(), sealed).map_err(damaged(name))?;
            Ok(series)
        };
        let position = series("position", atoms)?;
        let velocity = header.velocities.then(|| series("velocity", atoms)).transpose()?;
        let force = header.forces.then(|| series("force", atoms)).transpose()?;
        let edges = series("box/edges", 3)?;
        table.truncate(frames);
        Ok(Self {
            table,
            edges,
            position,
            velocity,
            force,
            root,
            header,
            version,
            path,
            sealed,
            verified: OnceLock::new(),
            _file: file,
        })
    }

    /// What is known about all frames.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The version of the program that wrote the file.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Was the file finished? If not, the run is going on or was stopped, and there may be more frames than these at
    /// another time.
    pub fn finished(&self) -> bool {
        self.sealed == Sealed::Yes
    }

    /// The sizes of the units as the writer used them.
    ///
    /// # Errors
    /// The file is damaged.
    pub fn constants(&self) -> Result<Vec<Constant>, H5mdError> {
        provenance::read_constants(&self.root).map_err(|e| self.damaged("the unit constants", e))
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.table.steps.len()
    }

    /// Is there no frame?
    pub fn is_empty(&self) -> bool {
        self.table.steps.is_empty()
    }

    /// The steps of the frames, ascending.
    pub fn steps(&self) -> &[u64] {
        &self.table.steps
    }

    /// The times of the frames \[time\].
    pub fn times(&self) -> &[f64] {
        &self.table.times
    }

    /// Reads a frame. Forces come back through two conversions where the file's unit is not the system's (`metal`), and
    /// may differ in the last bit.
    ///
    /// # Errors
    /// There is no such frame, or it is damaged.
    pub fn frame(&self, index: usize) -> Result<Frame, H5mdError> {
        if index >= self.len() {
            return Err(H5mdError::NoFrame {
                path: self.path.clone(),
                index,
                frames: self.len(),
            });
        }
        self.read(index).map_err(|e| self.damaged(&format!("frame {index}"), e))
    }

    /// All frames, read one by one.
    pub fn frames(&self) -> impl Iterator<Item = Result<Frame, H5mdError>> + '_ {
        (0..self.len()).map(|k| self.frame(k))
    }

    /// The whole table of thermodynamics.
    ///
    /// # Errors
    /// The table is damaged.
    pub fn thermo(&self) -> Result<Vec<ThermoRow>, H5mdError> {
        self.read_thermo().map_err(|e| self.damaged("the thermodynamics", e))
    }

    fn damaged(&self, what: &str, e: H5Error) -> H5mdError {
        H5mdError::Damaged {
            path: self.path.clone(),
            what: what.to_owned(),
            reason: e.0,
        }
    }

    /// Checks everything that belongs to the frames and whose chunks have no checksums.
    fn verify(&self) -> Result<(), H5Error> {
        self.table.verify()?;
        let vectors = [
            Some(&self.position),
            Some(&self.edges),
            self.velocity.as_ref(),
            self.force.as_ref(),
        ];
        vectors.into_iter().flatten().try_for_each(Series::verify)
    }

    fn read(&self, index: usize) -> Result<Frame, H5Error> {
        self.verified.get_or_init(|| self.verify()).clone()?;
        let vectors = |series: &Series, factor: f64| -> Result<Vec<Vec3>, H5Error> {
            let rows = series.vectors(index)?;
            Ok(rows.into_iter().map(|r| Vec3::from(r) * factor).collect())
        };
        let optional =
            |series: &Option<Series>, factor| series.as_ref().map_or(Ok(Vec::new()), |series| vectors(series, factor));
        let edges = vectors(&self.edges, 1.0)?;
        let &[a, b, c] = &edges[..] else {
            return Err(H5Error("the cell has not three edges".to_owned()));
        };
        Ok(Frame {
            step: self.table.steps[index],
            time: self.table.times[index],
            edges: [a, b, c],
            positions: vectors(&self.position, 1.0)?,
            velocities: optional(&self.velocity, 1.0)?,
            forces: optional(&self.force, 1.0 / force_factor(self.header.units))?,
            thermo: self.table.row(index)?,
        })
    }

    fn read_thermo(&self) -> Result<Vec<ThermoRow>, H5Error> {
        let clock = format!("thermo/{}", SCALARS[0].name);
        let table = Table::open(&self.root, "thermo", &clock, self.sealed)?;
        let mut rows: Vec<ThermoRow> = (0..table.steps.len()).map(|k| table.blank(k)).collect();
        for (set, series) in &table.scalars {
            for (row, value) in rows.iter_mut().zip(series.first(table.steps.len())?) {
                set(row, value);
            }
        }
        if let Some(series) = &table.stress {
            let values = series.first::<f64>(table.steps.len())?;
            for (row, nine) in rows.iter_mut().zip(values.chunks_exact(9)) {
                row.stress = matrix(nine);
            }
        }
        Ok(rows)
    }
}
