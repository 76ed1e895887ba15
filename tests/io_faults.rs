//! What a full disk, a kill and damaged bytes do to a trajectory: never a panic, never a wrong number.

mod io_sample;

use admd::io::Overwrite;
use admd::io::h5md::{H5mdError, Trajectory, TrajectoryWriter, WriterOptions};
use admd::potentials::form::units::METAL;
use io_sample::{frame, header, thermo, write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::tempdir;

const ATOMS: usize = 300;
const CHILD: &str = "ADMD_TEST_CHILD";

/// Not a test of its own: what the tests below start as another process.
#[test]
#[ignore = "started by other tests"]
fn child() {
    let Ok(path) = std::env::var(CHILD) else { return };
    let header = header(&METAL, ATOMS);
    let options = WriterOptions {
        flush_frames: 10,
        overwrite: Overwrite::Replace,
        ..WriterOptions::default()
    };
    let writing = || -> Result<(), H5mdError> {
        let mut writer = TrajectoryWriter::create(Path::new(&path), header.clone(), options)?;
        for step in 0..1_000_000 {
            writer.thermo(thermo(step, step as f64 * 0.002, true))?;
            writer.frame(frame(&header, step))?;
        }
        writer.finish().map(|_| ())
    };
    if let Err(e) = writing() {
        eprintln!("ERROR {e}");
        std::process::exit(1);
    }
}

fn child_command(path: &Path, shell: &str) -> Command {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new("sh");
    let line = format!(
        "{shell} exec '{}' --exact child --ignored --nocapture --test-threads=1",
        program.display()
    );
    command.arg("-c").arg(line).env(CHILD, path).stdout(Stdio::null());
    command
}

/// Every frame and every row that is there is the one that was written.
fn check(path: &Path) -> usize {
    let trajectory = Trajectory::open(path).unwrap();
    let header = header(&METAL, ATOMS);
    for (k, read) in trajectory.frames().enumerate() {
        let written = frame(&header, k as u64);
        let read = read.unwrap();
        assert_eq!(
            (read.positions, read.velocities, read.thermo),
            (written.positions, written.velocities, written.thermo)
        );
    }
    for (k, row) in trajectory.thermo().unwrap().into_iter().enumerate() {
        assert_eq!(row, thermo(k as u64, k as f64 * 0.002, true));
    }
    assert!(!trajectory.finished());
    trajectory.len()
}

#[test]
#[cfg(unix)]
fn a_full_disk_is_named_so() {
    let dir = tempdir().unwrap();
    // Blocks of 512 bytes: no room for the header, some room, more room.
    for blocks in [8, 600, 3000, 6000] {
        let path = dir.path().join(format!("full {blocks}.h5md"));
        let started = Instant::now();
        let output = child_command(&path, &format!("trap '' XFSZ; ulimit -f {blocks};"))
            .output()
            .unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(
            message.contains("ERROR the disk is full: ") && message.contains("free some space"),
            "{message}"
        );
        assert!(message.contains(&path.display().to_string()), "{message}");
        assert!(!message.contains("HDF5-DIAG"), "{message}");
        assert!(started.elapsed() < Duration::from_secs(60));
        assert_eq!(
            path.exists(),
            blocks > 8,
            "a file without a whole header must not appear"
        );
        if blocks > 8 {
            let frames = check(&path);
            println!("{blocks} blocks: {frames} frames survive");
            assert!(blocks < 6000 || frames > 0);
        }
    }
}

#[test]
#[cfg(unix)]
fn a_killed_run_leaves_a_file_that_opens() {
    let dir = tempdir().unwrap();
    let kills = std::env::var("ADMD_KILLS")
        .ok()
        .and_then(|k| k.parse().ok())
        .unwrap_or(5u64);
    for kill in 0..kills {
        let path = dir.path().join(format!("kill {kill}.h5md"));
        let mut child = child_command(&path, "").stderr(Stdio::null()).spawn().unwrap();
        let start = Instant::now();
        while !path.exists() {
            assert!(start.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(60 * kill % 601));
        child.kill().unwrap();
        child.wait().unwrap();
        let frames = check(&path);
        println!("kill {kill}: {frames} frames");
        let mut again = TrajectoryWriter::create(
            &path,
            header(&METAL, ATOMS),
            WriterOptions {
                overwrite: Overwrite::Replace,
                ..WriterOptions::default()
            },
        );
        again.as_mut().unwrap().frame(frame(&header(&METAL, ATOMS), 0)).unwrap();
    }
}

/// Opens and reads everything, to the last bit; the answer is `None` where a reason was given.
fn digest(path: &Path) -> Option<String> {
    let trajectory = Trajectory::open(path).ok()?;
    let frames: Vec<_> = trajectory.frames().collect::<Result<_, _>>().ok()?;
    let (rows, constants) = (trajectory.thermo().ok()?, trajectory.constants().ok()?);
    let header = (trajectory.header(), trajectory.version(), trajectory.finished());
    Some(format!("{header:?} {constants:?} {frames:?} {rows:?}"))
}

fn sample(dir: &Path) -> (PathBuf, Vec<u8>) {
    let path = dir.join("sample.h5md");
    write(&path, &header(&METAL, 50), 6, WriterOptions::default());
    let bytes = std::fs::read(&path).unwrap();
    (path, bytes)
}

#[test]
fn a_truncated_file_is_an_error() {
    let dir = tempdir().unwrap();
    let (path, bytes) = sample(dir.path());
    let n = bytes.len();
    for length in [0, 7, 8, 9, 47, 48, 511, 512, 2048, n / 4, n / 2, n - 512, n - 1] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let error = Trajectory::open(&path)
            .err()
            .unwrap_or_else(|| panic!("cut to {length} of {n} bytes it opens"));
        assert!(matches!(error, H5mdError::Open { .. }), "{length}: {error}");
    }
}

#[test]
fn a_flipped_byte_is_an_error_or_changes_no_number() {
    let dir = tempdir().unwrap();
    let (path, bytes) = sample(dir.path());
    let whole = digest(&path).unwrap();
    let flips = std::env::var("ADMD_FLIPS")
        .ok()
        .and_then(|k| k.parse().ok())
        .unwrap_or(100u64);
    let (mut same, mut refused) = (0, 0);
    for k in 0..flips {
        let mut damaged = bytes.clone();
        let at = ((io_sample::noise(k) + 1.0) / 2.0 * bytes.len() as f64) as usize % bytes.len();
        damaged[at] ^= 1 << (k % 8);
        std::fs::write(&path, &damaged).unwrap();
        match digest(&path) {
            None => refused += 1,
            Some(d) if d == whole => same += 1,
            Some(_) => panic!("byte {at}: something else is read without an error"),
        }
    }
    println!("{flips} flips: {refused} refused, {same} in unused bytes");
    assert!(refused > 0);
}
