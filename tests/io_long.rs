//! Long trajectories: flat memory, constant time a frame, a file hardly larger than its data.

mod io_sample;

use admd::io::h5md::{Compression, Trajectory, TrajectoryWriter, WriterOptions};
use admd::potentials::form::units::METAL;
use io_sample::{frame, header};
use std::time::Instant;
use tempfile::tempdir;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable)
        .ok()
        .and_then(|v| v.parse().ok())
        .unwrap_or(default)
}

/// Resident memory in bytes; 0 where it is not known.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok())
        .unwrap_or(0)
        * 1024
}

/// Processor time of this process in seconds, in steps of 10 ms: what a busy machine does not distort.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    fields
        .iter()
        .skip(11)
        .take(2)
        .filter_map(|t| t.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

#[test]
fn many_small_frames_cost_what_they_hold() {
    let frames = number("ADMD_FRAMES", 4000);
    let dir = tempdir().unwrap();
    let path = dir.path().join("long.h5md");
    let header = header(&METAL, 32);
    let mut writer = TrajectoryWriter::create(&path, header.clone(), WriterOptions::default()).unwrap();
    let mut template = frame(&header, 0);
    let mut marks = Vec::new();
    for step in 0..frames {
        (template.step, template.time) = (step, step as f64);
        (template.thermo.step, template.thermo.time) = (step, step as f64);
        writer.frame(template.clone()).unwrap();
        if (step + 1) % (frames / 4) == 0 {
            writer.sync().unwrap();
            marks.push((Instant::now(), memory()));
        }
    }
    let summary = writer.finish().unwrap();
    let [(t0, m0), (t1, _), (t2, _), (t3, m3)] = marks[..] else {
        panic!("four marks")
    };
    println!(
        "{frames} frames of 32 atoms: {:.1} us a frame, then {:.1} us; memory {} kB, then {} kB",
        (t1 - t0).as_secs_f64() * 4e6 / frames as f64,
        (t3 - t2).as_secs_f64() * 4e6 / frames as f64,
        m0 >> 10,
        m3 >> 10,
    );
    // HDF5 lets its metadata cache grow to some 10 MB within the first 100,000 frames, and no further.
    assert!(m3 < m0 + (16 << 20), "memory grows from {m0} to {m3}");
    // Three vectors an atom; edges, stress, step, time and seven observables a frame.
    let data = frames * (32 * 3 * 24 + 2 * 72 + 9 * 8);
    let excess = summary.bytes as f64 / data as f64 - 1.0;
    println!("{} bytes, {:.2} % more than the data", summary.bytes, 100.0 * excess);
    // The header and one partly filled chunk a series are a fixed cost of 0.2 MB.
    assert!(excess < 0.02 + 200_000.0 / data as f64, "{excess}");
    assert_eq!(Trajectory::open(&path).unwrap().len() as u64, frames);
}

#[test]
#[ignore = "a measurement"]
fn throughput() {
    let dir = tempdir().unwrap();
    for (atoms, frames) in [
        (100, 20_000),
        (1_000, 5_000),
        (10_000, 1_000),
        (100_000, 100),
        (1_000_000, 10),
    ] {
        let header = header(&METAL, atoms);
        let templates: Vec<_> = (0..4).map(|k| frame(&header, k)).collect();
        for compression in [Compression::None, Compression::Deflate(1)] {
            let path = dir.path().join("t.h5md");
            let options = WriterOptions {
                compression,
                ..WriterOptions::default()
            };
            let (start, busy) = (Instant::now(), cpu());
            let mut writer = TrajectoryWriter::create(&path, header.clone(), options).unwrap();
            for step in 0..frames {
                let mut one = templates[step as usize % 4].clone();
                one.step = step;
                writer.frame(one).unwrap();
            }
            let summary = writer.finish().unwrap();
            let (seconds, busy) = (start.elapsed().as_secs_f64(), cpu() - busy);
            let data = (frames * atoms as u64 * 72) as f64 / 1e6;
            let start = Instant::now();
            let trajectory = Trajectory::open(&path).unwrap();
            assert_eq!(trajectory.frames().filter(Result::is_ok).count() as u64, frames);
            println!(
                "{atoms:8} atoms {frames:6} frames {compression:?}: write {:.0} MB/s {:.0} us/frame ({:.0} us of processor), file {:.3} of data, read {:.0} MB/s",
                data / seconds,
                seconds * 1e6 / frames as f64,
                busy * 1e6 / frames as f64,
                summary.bytes as f64 / 1e6 / data,
                data / start.elapsed().as_secs_f64(),
            );
            std::fs::remove_file(&path).unwrap();
        }
    }
}
