//! A run that is stopped anywhere: after every single write(2) the file shows the rows that were committed; between any
//! two pages of one it does so as well, or is refused; and never does it show a wrong number.
//!
//! Linux stops a write between two pages when the process is killed, so these states are what a kill can leave. They are
//! all made here, by recording what HDF5 writes and writing it again, page by page.
#![cfg(unix)]

mod io_sample;

use admd::io::h5md::{Compression, H5mdError, ThermoRow, Trajectory, TrajectoryWriter, WriterOptions};
use admd::potentials::form::units::METAL;
use io_sample::{frame, header, thermo};
use std::ffi::{c_int, c_void};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// One call of pwrite(2), and how long the file was then.
struct Written {
    at: u64,
    bytes: Vec<u8>,
    length: u64,
}

static RECORD: Mutex<Option<Vec<Written>>> = Mutex::new(None);

/// Takes the place of the C library's function for the whole test program, and so for HDF5.
///
/// # Safety
/// As for pwrite(2): `buffer` holds `count` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite(file: c_int, buffer: *const c_void, count: usize, offset: i64) -> isize {
    // SAFETY: the caller promises it.
    let bytes = unsafe { std::slice::from_raw_parts(buffer.cast::<u8>(), count) };
    // SAFETY: the descriptor is the caller's, open during this call, and not closed by us.
    let mut file = ManuallyDrop::new(unsafe { File::from_raw_fd(file) });
    if let Some(record) = RECORD.lock().unwrap().as_mut() {
        record.push(Written {
            at: offset as u64,
            bytes: bytes.to_vec(),
            length: file.metadata().map_or(0, |m| m.len()),
        });
    }
    let write = file
        .seek(SeekFrom::Start(offset as u64))
        .and_then(|_| file.write(bytes));
    write.map_or(-1, |n| n as isize)
}

fn recorded() -> usize {
    RECORD.lock().unwrap().as_ref().map_or(0, Vec::len)
}

const PAGE: u64 = 4096;
/// Frames between two commits.
const COMMIT: u64 = 4;
/// Rows of thermodynamics a frame: enough that a commit begins new chunks of every series.
const ROWS: u64 = 40;
/// Share of the states in which the file is refused, because a block of HDF5's own index, with a checksum, lies across
/// two pages and only one of them was written. Where blocks lie depends on the length of the header. Measured: 0.2 to 1.5 % of
/// the states, each a fraction of a microsecond.
const INDEX_TORN: f64 = 0.02;

/// What a reader finds.
#[derive(Debug, PartialEq)]
enum Found {
    /// Everything that was committed, as it was written, and perhaps more.
    Committed,
    Refused(String),
    Wrong(String),
}

fn look(path: &Path, atoms: usize, committed: u64) -> Found {
    let header = header(&METAL, atoms);
    let read = || -> Result<Found, H5mdError> {
        let trajectory = Trajectory::open(path)?;
        let rows = trajectory.thermo()?;
        let (n, m) = (trajectory.len() as u64, rows.len() as u64);
        if n < committed || m < ROWS * committed {
            return Ok(Found::Wrong(format!("{n} frames and {m} rows")));
        }
        for (k, read) in trajectory.frames().enumerate() {
            let (read, written) = (read?, frame(&header, k as u64));
            let numbers = |f: admd::io::h5md::Frame| (f.positions, f.velocities, f.edges, f.step, f.time, f.thermo);
            if numbers(read) != numbers(written) {
                return Ok(Found::Wrong(format!("frame {k}")));
            }
        }
        let wrong = |(k, row): &(usize, &ThermoRow)| **row != thermo(*k as u64, *k as f64 * 0.002, true);
        let wrong = rows.iter().enumerate().find(wrong);
        Ok(wrong.map_or(Found::Committed, |(k, _)| Found::Wrong(format!("row {k}"))))
    };
    read().unwrap_or_else(|e| Found::Refused(e.to_string()))
}

/// The number of states, and of those in which the file is refused.
fn states(atoms: usize, frames: u64, compression: Compression) -> (usize, usize) {
    let dir = tempfile::tempdir().unwrap();
    let header = header(&METAL, atoms);
    let options = WriterOptions {
        flush_frames: u64::MAX,
        flush_interval: Duration::from_secs(3600),
        compression,
        ..WriterOptions::default()
    };
    *RECORD.lock().unwrap() = Some(Vec::new());
    let mut writer = TrajectoryWriter::create(dir.path().join("a.h5md"), header.clone(), options).unwrap();
    let mut commits = vec![(recorded(), 0)];
    for step in 0..frames {
        for row in ROWS * step..ROWS * (step + 1) {
            writer.thermo(thermo(row, row as f64 * 0.002, true)).unwrap();
        }
        writer.frame(frame(&header, step)).unwrap();
        if (step + 1) % COMMIT == 0 {
            writer.sync().unwrap();
            commits.push((recorded(), step + 1));
        }
    }
    writer.finish().unwrap();
    let record = RECORD.lock().unwrap().take().unwrap();

    let path = dir.path().join("b.h5md");
    let mut file = File::create(&path).unwrap();
    let (mut states, mut refused) = (0, 0);
    for (k, write) in record.iter().enumerate() {
        let committed = commits
            .iter()
            .rev()
            .find(|(n, _)| *n <= k + 1)
            .map(|(_, frames)| *frames);
        file.set_len(write.length.max(write.at)).unwrap();
        file.seek(SeekFrom::Start(write.at)).unwrap();
        let end = write.at + write.bytes.len() as u64;
        let mut at = write.at;
        while at < end {
            let next = (at / PAGE * PAGE + PAGE).min(end);
            let part = &write.bytes[(at - write.at) as usize..(next - write.at) as usize];
            file.write_all(part).unwrap();
            at = next;
            // Before the header is on the disk, the file does not have its name.
            let Some(committed) = committed else { continue };
            let place = format!("write {k}, {} of {} bytes", at - write.at, write.bytes.len());
            states += 1;
            match look(&path, atoms, committed) {
                Found::Committed => {}
                Found::Refused(why) => {
                    // Nothing that was committed is lost by what is written whole, nor by a torn chunk of numbers.
                    assert!(at < end || committed == 0, "{place}: {why}");
                    assert!(!why.contains("Fletcher32"), "{place}: {why}");
                    refused += 1;
                }
                Found::Wrong(what) => panic!("{place}, {committed} frames committed: {what}"),
            }
        }
    }
    assert_eq!(look(&path, atoms, frames), Found::Committed);
    assert!(Trajectory::open(&path).unwrap().finished());
    (states, refused)
}

#[test]
fn a_run_stopped_anywhere_shows_what_was_committed() {
    // Chunks of one frame, of many frames, and packed.
    for (atoms, frames, compression) in [
        (200, 68, Compression::None),
        (20, 40, Compression::None),
        (200, 12, Compression::Deflate(1)),
    ] {
        let (states, refused) = states(atoms, frames, compression);
        println!("{atoms} atoms, {frames} frames, {compression:?}: {refused} of {states} states are refused");
        assert!(refused as f64 <= INDEX_TORN * states as f64);
    }
}
