//! Writes a trajectory from a thread of its own, so that the run never waits for the disk unless the disk is the slower.

use super::claim::Claim;
use super::layout::Layout;
use super::shape::{Shape, fits, in_order};
use super::{AdjointRow, EnsembleRow, Frame, H5mdError, Header, SensitivityFrame, SensitivityRow, ThermoRow};
use crate::io::Overwrite;
use crate::io::h5::{Compression, H5Error, H5File};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How a trajectory is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WriterOptions {
    /// What to do with an existing file.
    pub overwrite: Overwrite,
    /// Frames after which everything is handed to the operating system, so that a crash of the program loses no more.
    pub flush_frames: u64,
    /// Time after which that is done at the latest, and the data forced onto the disk.
    pub flush_interval: Duration,
    /// Packing of positions, velocities and forces.
    pub compression: Compression,
    /// Frames and rows that may wait to be written before the run has to wait; fewer when they are large.
    pub queue: usize,
}

impl Default for WriterOptions {
    /// Flushes after 100 frames or 30 s and does not compress: the bits of positions hardly pack.
    fn default() -> Self {
        Self {
            overwrite: Overwrite::Refuse,
            flush_frames: 100,
            flush_interval: Duration::from_secs(30),
            compression: Compression::None,
            queue: 8,
        }
    }
}

/// What has been written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The file.
    pub path: PathBuf,
    /// Number of frames.
    pub frames: u64,
    /// Number of rows of thermodynamics.
    pub rows: u64,
    /// Size of the file in bytes.
    pub bytes: u64,
}

enum Message {
    Frame(Box<Frame>),
    Thermo(Box<ThermoRow>),
    SensitivityFrame(Box<SensitivityFrame>),
    SensitivityRow(Box<SensitivityRow>),
    EnsembleRow(Box<EnsembleRow>),
    AdjointRow(Box<AdjointRow>),
    Sync(SyncSender<()>),
}

/// A trajectory that is being written.
///
/// ```
/// use admd::engine::{Species, Vec3};
/// use admd::io::h5md::{Frame, Header, ThermoRow, Trajectory, TrajectoryWriter, WriterOptions};
/// use admd_potentials::form::units::METAL;
///
/// let argon = Species { name: "Ar".into(), mass: 39.948, atomic_number: 18 };
/// let header = Header {
///     units: &METAL, title: None, species: vec![argon], atoms: vec![0], periodic: [true; 3],
///     velocities: false, forces: false, seed: 1, threads: 1, isa: "scalar".into(), precision: "double".into(),
///     parameters: vec![], provenance: Default::default(), sensitivity: None, ensemble: None, adjoint: None,
/// };
/// let thermo = ThermoRow {
///     step: 0, time: 0.0, potential_energy: -0.1, kinetic_energy: 0.2, conserved_energy: 0.1, temperature: 85.0,
///     pressure: None, stress: None, volume: Some(1000.0),
/// };
/// let frame = Frame {
///     step: 0, time: 0.0, edges: [10.0 * Vec3::x(), 10.0 * Vec3::y(), 10.0 * Vec3::z()],
///     positions: vec![Vec3::new(1.0, 2.0, 3.0)], velocities: vec![], forces: vec![], thermo: thermo.clone(),
/// };
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("run.h5md");
/// let mut writer = TrajectoryWriter::create(&path, header, WriterOptions::default()).unwrap();
/// writer.frame(frame.clone()).unwrap();
/// writer.thermo(thermo).unwrap();
/// assert_eq!(writer.finish().unwrap().frames, 1);
/// assert_eq!(Trajectory::open(&path).unwrap().frame(0).unwrap(), frame);
/// ```
pub struct TrajectoryWriter {
    path: PathBuf,
    header: Shape,
    sender: Option<SyncSender<Message>>,
    thread: Option<JoinHandle<Result<Summary, H5mdError>>>,
    /// The first error of the thread; every later call repeats it.
    failure: Option<H5mdError>,
    last_frame: Option<u64>,
    last_row: Option<u64>,
    last_sensitivities: [Option<u64>; 4],
}

impl TrajectoryWriter {
    /// Makes the file: when this returns, the header is on the disk under the file's name. Until then an existing file of
    /// that name has not been touched.
    ///
    /// # Errors
    /// The name is taken or locked, the folder cannot be written, the disk is full.
    pub fn create(path: impl AsRef<Path>, header: Header, options: WriterOptions) -> Result<Self, H5mdError> {
        let path = path.as_ref().to_owned();
        let mut claim = Claim::new(&path, options.overwrite)?;
        let failed = |e: H5Error| match H5mdError::write(&path, &e) {
            H5mdError::Write { path, reason } => H5mdError::Create { path, reason },
            full => full,
        };
        let file = H5File::create(claim.path()).map_err(failed)?;
        let layout = Layout::create(&file, &header, options.compression).map_err(failed)?;
        file.flush().map_err(failed)?;
        claim.publish()?;
        let shape = Shape::of(&header);
        let along = shape.variables * (shape.positions + shape.velocities_along);
        let frame_bytes = 24 * (shape.positions + shape.velocities + shape.forces + along) as u64 + ROW_BYTES;
        let fitting = usize::try_from(QUEUE_MOST / frame_bytes).unwrap_or(usize::MAX);
        let (sender, receiver) = sync_channel(options.queue.min(fitting).max(1));
        let worker = Worker {
            layout,
            file,
            claim,
            options,
            summary: Summary {
                path: path.clone(),
                ..Summary::default()
            },
            frame_bytes,
            pending: (0, 0),
            synced: Instant::now(),
        };
        let thread = std::thread::Builder::new()
            .name("trajectory".to_owned())
            .spawn(move || worker.run(&receiver));
        let thread = thread.map_err(|e| H5mdError::Create {
            path: path.clone(),
            reason: e.to_string(),
        })?;
        Ok(Self {
            path,
            header: shape,
            sender: Some(sender),
            thread: Some(thread),
            failure: None,
            last_frame: None,
            last_row: None,
            last_sensitivities: [None; 4],
        })
    }

    /// Hands a frame over to be written.
    ///
    /// # Errors
    /// A frame that does not fit the header or comes out of order (nothing is written then, and the file stays usable);
    /// any earlier failure to write.
    pub fn frame(&mut self, frame: Frame) -> Result<(), H5mdError> {
        let lists = [
            ("the list of positions", frame.positions.len(), self.header.positions),
            ("the list of velocities", frame.velocities.len(), self.header.velocities),
            ("the list of forces", frame.forces.len(), self.header.forces),
        ];
        fits(frame.step, lists)?;
        in_order("the frames", &mut self.last_frame, frame.step)?;
        self.send(Message::Frame(Box::new(frame)))
    }

    /// Hands a row of thermodynamics over to be written.
    ///
    /// # Errors
    /// A row out of order; any earlier failure to write.
    pub fn thermo(&mut self, row: ThermoRow) -> Result<(), H5mdError> {
        in_order("the thermodynamics", &mut self.last_row, row.step)?;
        self.send(Message::Thermo(Box::new(row)))
    }

    /// Hands derivatives of the state over to be written.
    ///
    /// # Errors
    /// A frame that does not fit the header or comes out of order; any earlier failure to write.
    pub fn sensitivity_frame(&mut self, frame: SensitivityFrame) -> Result<(), H5mdError> {
        let lists = frame.tangents.iter().flat_map(|[r, v]| {
            [
                ("the tangents of positions", r.len(), self.header.positions),
                ("the tangents of velocities", v.len(), self.header.velocities_along),
            ]
        });
        let count = ("the list of tangents", frame.tangents.len(), self.header.variables);
        fits(frame.step, lists.chain([count]))?;
        in_order("the tangents", &mut self.last_sensitivities[0], frame.step)?;
        self.send(Message::SensitivityFrame(Box::new(frame)))
    }

    /// Hands derivatives of the observables over to be written.
    ///
    /// # Errors
    /// A row that does not fit the header or comes out of order; any earlier failure to write.
    pub fn sensitivity_row(&mut self, row: SensitivityRow) -> Result<(), H5mdError> {
        let values = ("the list of derivatives", row.values.len(), self.header.variables);
        fits(row.step, [values])?;
        in_order(
            "the derivatives of observables",
            &mut self.last_sensitivities[1],
            row.step,
        )?;
        self.send(Message::SensitivityRow(Box::new(row)))
    }

    /// Hands derivatives of averages over to be written.
    ///
    /// # Errors
    /// A row that does not fit the header or comes out of order; any earlier failure to write.
    pub fn ensemble_row(&mut self, row: EnsembleRow) -> Result<(), H5mdError> {
        let lists = core::iter::once(&row.averages).chain(row.slopes.iter().flatten());
        let lists = lists.map(|list| ("the list of averages", list.len(), self.header.averages));
        fits(row.step, lists)?;
        in_order("the derivatives of averages", &mut self.last_sensitivities[2], row.step)?;
        self.send(Message::EnsembleRow(Box::new(row)))
    }

    /// Hands the gradient of the loss over to be written.
    ///
    /// # Errors
    /// A gradient that does not fit the header or comes twice; any earlier failure to write.
    pub fn adjoint_row(&mut self, row: AdjointRow) -> Result<(), H5mdError> {
        let atoms = self.header.positions;
        let lists = [
            ("the gradient", row.slopes.len(), self.header.slopes),
            ("the gradient in positions", row.positions.len(), atoms),
            ("the gradient in velocities", row.velocities.len(), atoms),
        ];
        fits(row.step, lists)?;
        in_order("the gradient of the loss", &mut self.last_sensitivities[3], row.step)?;
        self.send(Message::AdjointRow(Box::new(row)))
    }

    /// Waits until everything handed over is on the disk.
    ///
    /// # Errors
    /// Any failure to write.
    pub fn sync(&mut self) -> Result<(), H5mdError> {
        let (done, wait) = sync_channel(1);
        self.send(Message::Sync(done))?;
        wait.recv()
            .map_err(|_| self.collect().err().unwrap_or_else(|| self.lost()))
    }

    /// Writes what is waiting, and closes the file as finished; dropping the writer does the same, errors unseen.
    ///
    /// # Errors
    /// Any failure to write.
    pub fn finish(mut self) -> Result<Summary, H5mdError> {
        self.collect()
    }

    fn send(&mut self, message: Message) -> Result<(), H5mdError> {
        match self.sender.as_ref().map(|s| s.send(message)) {
            Some(Ok(())) => Ok(()),
            // The thread has ended before its time: it says why.
            _ => Err(self.collect().err().unwrap_or_else(|| self.lost())),
        }
    }

    fn lost(&self) -> H5mdError {
        H5mdError::Thread {
            path: self.path.clone(),
        }
    }

    /// Ends the thread and takes its result.
    fn collect(&mut self) -> Result<Summary, H5mdError> {
        self.sender = None;
        let lost = self.lost();
        let result = match self.thread.take() {
            Some(thread) => thread.join().unwrap_or(Err(lost)),
            None => Err(self.failure.clone().unwrap_or(lost)),
        };
        if let Err(e) = &result {
            self.failure = Some(e.clone());
        }
        result
    }
}

impl Drop for TrajectoryWriter {
    fn drop(&mut self) {
        if self.thread.is_some() {
            let _ = self.collect();
        }
    }
}

/// The thread's side. Fields are dropped in this order: series, file, then the claim with its lock.
struct Worker {
    layout: Layout,
    file: H5File,
    claim: Claim,
    options: WriterOptions,
    summary: Summary,
    frame_bytes: u64,
    /// Frames and bytes since the last flush.
    pending: (u64, u64),
    synced: Instant,
}

/// Bytes of a row of observables, generously.
const ROW_BYTES: u64 = 256;
/// Room for the index of the chunks and for the last, partly filled chunk of every series.
const MARGIN: u64 = 512 << 10;
/// Bytes that may wait in the queue.
const QUEUE_MOST: u64 = 256 << 20;
/// Limits of the bytes between two flushes.
const FLUSH_LEAST: u64 = 256 << 10;
const FLUSH_MOST: u64 = 64 << 20;

impl Worker {
    fn run(mut self, receiver: &Receiver<Message>) -> Result<Summary, H5mdError> {
        let served = self.serve(receiver);
        let Self {
            layout,
            file,
            claim,
            mut summary,
            ..
        } = self;
        let failed = |reason: String| H5mdError::write(&summary.path, reason);
        let served = served.and_then(|()| layout.finish(&file).map_err(|e| e.0));
        drop(layout);
        // After a failure too: what has been flushed becomes a proper file.
        let flushed = file.flush();
        let size = file.size();
        let closed = flushed.and_then(|()| file.close()).map_err(|e| e.0);
        let trimmed = closed.and_then(|()| claim.trim(size).and_then(|()| claim.sync()).map_err(|e| e.to_string()));
        served.and(trimmed).map_err(failed)?;
        summary.bytes = size;
        Ok(summary)
    }

    /// Writes until nobody is left to send.
    fn serve(&mut self, receiver: &Receiver<Message>) -> Result<(), String> {
        self.reserve()?;
        loop {
            let patience = self.options.flush_interval.saturating_sub(self.synced.elapsed());
            match receiver.recv_timeout(patience) {
                Ok(Message::Frame(frame)) => {
                    self.layout.push_frame(&frame).map_err(|e| e.0)?;
                    self.summary.frames += 1;
                    self.pending.0 += 1;
                    self.pending.1 += self.frame_bytes;
                }
                Ok(Message::Thermo(row)) => {
                    self.layout.push_thermo(&row).map_err(|e| e.0)?;
                    self.summary.rows += 1;
                    self.pending.1 += ROW_BYTES;
                }
                Ok(Message::SensitivityFrame(frame)) => {
                    self.layout.push_sensitivity_frame(&frame).map_err(|e| e.0)?;
                    self.pending.0 += 1;
                    self.pending.1 += self.frame_bytes;
                }
                Ok(Message::SensitivityRow(row)) => {
                    self.layout.push_sensitivity_row(&row);
                    self.pending.1 += ROW_BYTES * row.values.len() as u64;
                }
                Ok(Message::EnsembleRow(row)) => {
                    self.layout.push_ensemble_row(&row).map_err(|e| e.0)?;
                    self.pending.1 += (32 * row.slopes.len() + 16) as u64 * row.averages.len() as u64;
                }
                Ok(Message::AdjointRow(row)) => {
                    self.layout.push_adjoint_row(&row).map_err(|e| e.0)?;
                    self.pending.1 += 48 * row.positions.len() as u64;
                }
                Ok(Message::Sync(done)) => {
                    self.sync()?;
                    let _ = done.send(());
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.layout.commit(&self.file).map_err(|e| e.0),
            }
            if self.synced.elapsed() >= self.options.flush_interval {
                self.sync()?;
            } else if self.pending.0 >= self.options.flush_frames.max(1) || self.pending.1 >= self.budget() {
                self.flush()?;
            }
        }
    }

    fn flush(&mut self) -> Result<(), String> {
        self.layout.commit(&self.file).map_err(|e| e.0)?;
        self.pending = (0, 0);
        self.reserve()
    }

    fn sync(&mut self) -> Result<(), String> {
        self.flush()?;
        self.claim.sync().map_err(|e| e.to_string())?;
        self.synced = Instant::now();
        Ok(())
    }

    /// Bytes after which everything is flushed, frames or not.
    fn budget(&self) -> u64 {
        self.options
            .flush_frames
            .max(1)
            .saturating_mul(self.frame_bytes)
            .clamp(FLUSH_LEAST, FLUSH_MOST)
    }

    /// Reserves room for everything up to the next flush: HDF5 cannot give up a half-written state, so a disk that is
    /// full must be met while there is none.
    fn reserve(&self) -> Result<(), String> {
        let room = self.budget() + self.budget() / 8 + self.frame_bytes + MARGIN;
        self.claim.reserve(self.file.size() + room).map_err(|e| e.to_string())
    }
}
