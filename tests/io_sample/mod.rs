//! A small argon-like trajectory, made up of numbers with all their bits in use.
#![allow(dead_code)]

use admd::engine::{Mat3, Species, Vec3};
use admd::io::h5md::Provenance;
use admd::io::h5md::{Frame, Header, ThermoRow, TrajectoryWriter, WriterOptions};
use admd::potentials::form::units::UnitSystem;
use std::path::Path;

/// Numbers in (−1, 1) from a counter: splitmix64.
pub(crate) fn noise(seed: u64) -> f64 {
    let mut z = seed
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(0x1234_5678_9abc_def1);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) as f64 / u64::MAX as f64).mul_add(2.0, -1.0)
}

pub(crate) fn header(units: &'static UnitSystem, atoms: usize) -> Header {
    let species = |name: &str, mass, atomic_number| Species {
        name: name.into(),
        mass,
        atomic_number,
    };
    let species = if units.is_reduced() {
        vec![species("A", 1.0, 0), species("B", 2.0, 0)]
    } else {
        vec![species("Ar", 39.948, 18), species("Kr_w", 83.798, 36)]
    };
    Header {
        units,
        title: Some("argon and krypton, für die Prüfung".into()),
        species,
        atoms: (0..atoms).map(|k| u16::from(k % 4 == 3)).collect(),
        periodic: [true; 3],
        velocities: true,
        forces: true,
        seed: u64::MAX - 3,
        threads: 2,
        isa: "avx2".into(),
        precision: "mixed".into(),
        parameters: vec![
            ("Ar-Ar.epsilon".into(), units.energy.symbol.into(), 0.0104),
            ("Ar-Ar.sigma".into(), units.length.symbol.into(), 3.4),
        ],
        sensitivity: None,
        ensemble: None,
        adjoint: None,
        provenance: Provenance {
            input_path: Some("inputs/argon.toml".into()),
            input_text: "units = \"metal\"\n# Ångström\n".into(),
            resolved_text: "units = \"metal\"\nseed = 1\n".into(),
            arguments: vec!["admd".into(), "simulate".into(), "mit Leerzeichen.toml".into()],
        },
    }
}

pub(crate) fn thermo(step: u64, time: f64, volume: bool) -> ThermoRow {
    let n = |k: u64| noise(1_000_003 * step + k);
    let stress = Mat3::from_fn(|i, j| n(20 + 3 * i.min(j) as u64 + i.max(j) as u64) * 40.0);
    ThermoRow {
        step,
        time,
        potential_energy: -5.0 + 0.1 * n(1),
        kinetic_energy: 1.0 + 0.1 * n(2),
        conserved_energy: -4.0 + 1e-4 * n(3),
        temperature: 85.0 + n(4),
        pressure: volume.then(|| -stress.trace() / 3.0),
        stress: volume.then_some(stress),
        volume: volume.then_some(8000.0),
    }
}

pub(crate) fn frame(header: &Header, step: u64) -> Frame {
    let atoms = header.atoms.len();
    let side = (atoms as f64).cbrt().ceil().max(1.0) as usize;
    let spacing = if header.units.is_reduced() { 1.2 } else { 3.8 };
    let length = side as f64 * spacing;
    let vector =
        |k: usize, salt: u64| Vec3::from_fn(|i, _| noise(step.wrapping_mul(7919) + (3 * k + i) as u64 * 31 + salt));
    let list = |there: bool, salt| {
        if there {
            (0..atoms).map(|k| vector(k, salt)).collect()
        } else {
            Vec::new()
        }
    };
    let site = |k: usize| Vec3::new((k % side) as f64, (k / side % side) as f64, (k / side / side) as f64) * spacing;
    let time = step as f64 * 0.002;
    Frame {
        step,
        time,
        edges: [
            Vec3::new(length, 0.0, 0.0),
            Vec3::new(0.25 * length, length, 0.0),
            Vec3::new(-0.1 * length, 0.2 * length, length + 0.01 * noise(step)),
        ],
        positions: (0..atoms).map(|k| site(k) + 0.2 * vector(k, 1)).collect(),
        velocities: list(header.velocities, 2),
        forces: list(header.forces, 3),
        thermo: thermo(step, time, header.periodic == [true; 3]),
    }
}

/// Writes frames at steps 0, 10, 20, ... and thermodynamics at twice that cadence.
pub(crate) fn write(path: &Path, header: &Header, frames: u64, options: WriterOptions) {
    let mut writer = TrajectoryWriter::create(path, header.clone(), options).unwrap();
    for k in 0..frames {
        for half in 0..2 {
            let step = 10 * k + 5 * half;
            writer
                .thermo(thermo(step, step as f64 * 0.002, header.periodic == [true; 3]))
                .unwrap();
        }
        writer.frame(frame(header, 10 * k)).unwrap();
    }
    let summary = writer.finish().unwrap();
    assert_eq!((summary.frames, summary.rows), (frames, 2 * frames));
}
