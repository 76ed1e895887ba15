//! Trajectories: what is written is read, bit for bit; nothing is replaced that should stay; damage is an error.

mod io_sample;

use admd::engine::Vec3;
use admd::io::Overwrite;
use admd::io::h5md::{Compression, H5mdError, Header, Trajectory, TrajectoryWriter, WriterOptions, constants};
use admd::potentials::form::units::{LJ, METAL, REAL};
use io_sample::{frame, header, thermo, write};
use std::path::Path;
use tempfile::tempdir;

fn replace() -> WriterOptions {
    WriterOptions {
        overwrite: Overwrite::Replace,
        ..WriterOptions::default()
    }
}

#[test]
fn what_is_written_is_read() {
    let dir = tempdir().unwrap();
    for (units, compression) in [
        (&METAL, Compression::None),
        (&REAL, Compression::Deflate(4)),
        (&LJ, Compression::None),
    ] {
        let path = dir.path().join(format!("{}.h5md", units.name));
        let header = header(units, 37);
        write(
            &path,
            &header,
            5,
            WriterOptions {
                compression,
                ..WriterOptions::default()
            },
        );
        let trajectory = Trajectory::open(&path).unwrap();
        assert_eq!(format!("{:?}", trajectory.header()), format!("{header:?}"));
        assert_eq!(trajectory.constants().unwrap(), constants(units));
        assert_eq!(trajectory.steps(), [0, 10, 20, 30, 40]);
        for (k, read) in trajectory.frames().enumerate() {
            let (read, mut written) = (read.unwrap(), frame(&header, 10 * k as u64));
            // Forces in eV/Å are converted there and back: one rounding each.
            for (a, b) in read.forces.iter().zip(&mut written.forces) {
                for i in 0..3 {
                    assert!(
                        (a[i] - b[i]).abs() <= 2.0 * f64::EPSILON * b[i].abs(),
                        "{} {}",
                        a[i],
                        b[i]
                    );
                }
                *b = *a;
            }
            assert_eq!(read, written);
        }
        let rows = trajectory.thermo().unwrap();
        assert_eq!(rows.len(), 10);
        assert_eq!(rows[3], thermo(15, 15.0 * 0.002, true));
    }
}

#[test]
fn an_open_cell_has_no_pressure_and_a_missing_one_is_absent() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("slab.h5md");
    let mut open = header(&METAL, 3);
    open.periodic = [true, true, false];
    (open.velocities, open.forces) = (false, false);
    write(&path, &open, 2, WriterOptions::default());
    let file = hdf5::File::open(&path).unwrap();
    assert!(!file.link_exists("observables/pressure") && !file.link_exists("thermo/stress"));
    assert!(!file.link_exists("particles/trajectory/velocity"));
    drop(file);
    let read = Trajectory::open(&path).unwrap().frame(1).unwrap();
    assert_eq!(read, frame(&open, 10));
    assert_eq!(read.thermo.pressure, None);

    let path = dir.path().join("none.h5md");
    let closed = header(&METAL, 3);
    let mut one = frame(&closed, 0);
    (one.thermo.pressure, one.thermo.stress) = (None, None);
    let mut writer = TrajectoryWriter::create(&path, closed, WriterOptions::default()).unwrap();
    writer.frame(one).unwrap();
    writer.finish().unwrap();
    let read = Trajectory::open(&path).unwrap().frame(0).unwrap().thermo;
    assert_eq!((read.pressure, read.stress), (None, None));
    assert_eq!(read.volume, Some(8000.0));
}

#[test]
fn no_atoms_no_frames_and_many_atoms() {
    let dir = tempdir().unwrap();
    for (atoms, frames) in [(0, 2), (1, 0), (100_001, 2)] {
        let path = dir.path().join(format!("{atoms}.h5md"));
        let header = header(&LJ, atoms);
        write(&path, &header, frames, WriterOptions::default());
        let trajectory = Trajectory::open(&path).unwrap();
        assert_eq!(trajectory.len(), frames as usize);
        for (k, read) in trajectory.frames().enumerate() {
            assert_eq!(read.unwrap(), frame(&header, 10 * k as u64));
        }
    }
}

fn unit_of(file: &hdf5::File, path: &str) -> Option<String> {
    let attribute = file.dataset(path).unwrap().attr("unit").ok()?;
    Some(
        attribute
            .read_scalar::<hdf5::types::VarLenUnicode>()
            .unwrap()
            .to_string(),
    )
}

#[test]
fn units_are_those_that_other_readers_accept() {
    let dir = tempdir().unwrap();
    let expected = [
        (
            &METAL,
            [
                "Angstrom",
                "ps",
                "Angstrom ps-1",
                "kJ mol-1 Angstrom-1",
                "Angstrom",
                "eV",
                "bar",
                "K",
                "Angstrom3",
                "u",
            ],
        ),
        (
            &REAL,
            [
                "Angstrom",
                "fs",
                "Angstrom fs-1",
                "kcal mol-1 Angstrom-1",
                "Angstrom",
                "kcal mol-1",
                "atm",
                "K",
                "Angstrom3",
                "u",
            ],
        ),
    ];
    let places = [
        "particles/trajectory/position/value",
        "particles/trajectory/velocity/time",
        "particles/trajectory/velocity/value",
        "particles/trajectory/force/value",
        "particles/trajectory/box/edges/value",
        "thermo/conserved_energy/value",
        "thermo/stress/value",
        "observables/temperature/value",
        "observables/volume/value",
        "particles/trajectory/mass",
    ];
    for (units, expected) in expected {
        let path = dir.path().join(units.name);
        write(&path, &header(units, 2), 1, WriterOptions::default());
        let file = hdf5::File::open(&path).unwrap();
        for (place, unit) in places.iter().zip(expected) {
            assert_eq!(unit_of(&file, place).as_deref(), Some(unit), "{place}");
        }
    }
    let path = dir.path().join("lj");
    write(&path, &header(&LJ, 2), 1, WriterOptions::default());
    let file = hdf5::File::open(&path).unwrap();
    assert!(places.iter().all(|place| unit_of(&file, place).is_none()));
    assert!(!file.link_exists("h5md/modules"));
    let species: Vec<i32> = file
        .dataset("particles/trajectory/species")
        .unwrap()
        .read_raw()
        .unwrap();
    assert_eq!(species, [1, 1]);
}

#[test]
fn metal_forces_are_stored_in_kilojoule_per_mole() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("f.h5md");
    let header = header(&METAL, 1);
    let mut one = frame(&header, 0);
    one.forces[0] = Vec3::new(1.0, 0.0, 0.0);
    let mut writer = TrajectoryWriter::create(&path, header, WriterOptions::default()).unwrap();
    writer.frame(one).unwrap();
    writer.finish().unwrap();
    let file = hdf5::File::open(&path).unwrap();
    let raw: Vec<f64> = file
        .dataset("particles/trajectory/force/value")
        .unwrap()
        .read_raw()
        .unwrap();
    // e N_A / 1000, both exact in the SI.
    assert!((raw[0] - 96.485_332_123_310_02).abs() < 1e-12, "{}", raw[0]);
}

#[test]
fn step_and_time_are_one_object_and_step_is_the_commit_mark() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("links.h5md");
    write(&path, &header(&METAL, 4), 3, WriterOptions::default());
    let file = hdf5::File::open(&path).unwrap();
    let token = |place: &str| file.loc_info_by_name(place).unwrap().token;
    let elements = ["velocity", "force", "box/edges"].map(|e| format!("particles/trajectory/{e}"));
    let observables = ["potential_energy", "stress"].map(|e| format!("observables/{e}"));
    for clock in ["step", "time"] {
        let source = token(&format!("particles/trajectory/position/{clock}"));
        for element in elements.iter().chain(&observables) {
            assert_eq!(token(&format!("{element}/{clock}")), source, "{element}");
        }
        assert_eq!(
            token(&format!("thermo/volume/{clock}")),
            token(&format!("thermo/potential_energy/{clock}"))
        );
        assert_ne!(token(&format!("thermo/volume/{clock}")), source);
    }
    drop(file);
    // In a file that was not finished, a frame whose step is missing does not exist; one whose value is missing neither.
    let file = hdf5::File::open_rw(&path).unwrap();
    let mark = file.group("parameters/integrity").unwrap().attr("finished").unwrap();
    mark.write_scalar(&0i32).unwrap();
    drop((mark, file));
    let shrink = |place: &str, shape: &[usize]| {
        let file = hdf5::File::open_rw(&path).unwrap();
        file.dataset(place).unwrap().resize(shape).unwrap();
    };
    shrink("particles/trajectory/position/step", &[2]);
    assert_eq!(Trajectory::open(&path).unwrap().len(), 2);
    shrink("particles/trajectory/velocity/value", &[1, 4, 3]);
    assert_eq!(Trajectory::open(&path).unwrap().len(), 1);
    assert_eq!(Trajectory::open(&path).unwrap().frame(0).unwrap().step, 0);
}

#[test]
fn a_finished_file_shows_every_change_and_an_unfinished_one_says_that_it_is() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("run.h5md");
    let header = header(&METAL, 4);
    let mut writer = TrajectoryWriter::create(&path, header.clone(), WriterOptions::default()).unwrap();
    writer.frame(frame(&header, 0)).unwrap();
    writer.sync().unwrap();
    let trajectory = Trajectory::open(&path).unwrap();
    assert!(!trajectory.finished());
    assert_eq!(trajectory.frame(0).unwrap().positions, frame(&header, 0).positions);
    drop(trajectory);
    writer.finish().unwrap();
    assert!(Trajectory::open(&path).unwrap().finished());

    let places = [
        "particles/trajectory/position/value",
        "particles/trajectory/box/edges/value",
        "particles/trajectory/position/time",
        "observables/stress/value",
        "thermo/temperature/value",
        "thermo/total_energy/time",
    ];
    for place in places {
        write(&path, &header, 3, replace());
        let file = hdf5::File::open_rw(&path).unwrap();
        let dataset = file.dataset(place).unwrap();
        let mut values = dataset.read_raw::<f64>().unwrap();
        values[1] = f64::from_bits(values[1].to_bits() ^ 1);
        dataset.as_writer().write_raw(&values).unwrap();
        drop((dataset, file));
        let read = || -> Result<(), H5mdError> {
            let trajectory = Trajectory::open(&path)?;
            trajectory.frame(0)?;
            trajectory.thermo().map(drop)
        };
        let error = read().expect_err(place).to_string();
        assert!(error.contains("SHA-256") && error.contains("restore"), "{error}");
    }
    write(&path, &header, 3, replace());
    let file = hdf5::File::open_rw(&path).unwrap();
    let parameters = file.group("parameters").unwrap();
    parameters.attr("seed").unwrap().write_scalar(&5u64).unwrap();
    drop((parameters, file));
    let error = Trajectory::open(&path).err().unwrap().to_string();
    assert!(error.contains("the header") && error.contains("SHA-256"), "{error}");
}

#[test]
fn precision_is_recorded_and_was_double_before_it_was() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("run.h5md");
    let without = || {
        let file = hdf5::File::open_rw(&path).unwrap();
        file.group("parameters").unwrap().delete_attr("precision").unwrap();
    };
    let mixed = header(&METAL, 4);
    assert_eq!(mixed.precision, "mixed");
    write(&path, &mixed, 1, replace());
    // the checksum knows that it was not double
    without();
    let error = Trajectory::open(&path).err().unwrap().to_string();
    assert!(error.contains("the header") && error.contains("SHA-256"), "{error}");

    let double = Header {
        precision: "double".into(),
        ..mixed
    };
    write(&path, &double, 1, replace());
    // as an older version wrote it
    without();
    assert_eq!(Trajectory::open(&path).unwrap().header().precision, "double");
}

#[test]
fn an_existing_file_is_refused_or_replaced_as_asked() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("lauf 1 – Ångström 水.h5md");
    write(&path, &header(&METAL, 2), 2, WriterOptions::default());
    let before = std::fs::read(&path).unwrap();
    let create = |options| TrajectoryWriter::create(&path, header(&METAL, 2), options);
    assert_eq!(
        create(WriterOptions::default()).err(),
        Some(H5mdError::Exists { path: path.clone() })
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
    write(&path, &header(&METAL, 2), 3, replace());
    assert_eq!(Trajectory::open(&path).unwrap().len(), 3);
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    assert_eq!(
        create(replace()).err(),
        Some(H5mdError::ReadOnly { path: path.clone() })
    );
    assert_eq!(
        std::fs::read_dir(dir.path()).unwrap().count(),
        1,
        "neither lock nor temporary file stays"
    );
}

#[test]
fn a_second_writer_is_refused_and_a_left_over_lock_is_harmless() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("run.h5md");
    let mut first = TrajectoryWriter::create(&path, header(&METAL, 2), WriterOptions::default()).unwrap();
    let second = TrajectoryWriter::create(&path, header(&METAL, 2), replace())
        .err()
        .unwrap();
    let process = std::process::id().to_string();
    assert!(
        matches!(&second, H5mdError::Locked { holder, .. } if *holder == process),
        "{second}"
    );
    first.frame(frame(&header(&METAL, 2), 0)).unwrap();
    first.sync().unwrap();
    assert_eq!(
        Trajectory::open(&path).unwrap().len(),
        1,
        "a file can be read while it is written"
    );
    let lock = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().path())
        .find(|p| *p != path)
        .unwrap();
    drop(first);
    assert!(!lock.exists());
    std::fs::write(&lock, "12345").unwrap();
    write(&path, &header(&METAL, 2), 1, replace());
}

#[test]
fn names_that_cannot_be_written_are_explained_at_once() {
    let dir = tempdir().unwrap();
    let create = |path: &Path| {
        TrajectoryWriter::create(path, header(&METAL, 2), replace())
            .err()
            .unwrap()
    };
    assert!(matches!(create(dir.path()), H5mdError::IsDirectory { .. }));
    assert!(matches!(
        create(&dir.path().join("no/such/folder.h5md")),
        H5mdError::Create { .. }
    ));
    let message = create(Path::new("/proc/run.h5md")).to_string();
    assert!(
        message.contains("/proc/run.h5md") && message.contains("check"),
        "{message}"
    );
    let longest = dir.path().join(format!("{}.h5md", "n".repeat(250)));
    write(&longest, &header(&METAL, 2), 1, WriterOptions::default());
    let too_long = dir.path().join(format!("{}.h5md", "n".repeat(251)));
    assert!(
        create(&too_long).to_string().contains("too long"),
        "{}",
        create(&too_long)
    );
    #[cfg(unix)]
    {
        let link = dir.path().join("link.h5md");
        std::os::unix::fs::symlink(&longest, &link).unwrap();
        write(&link, &header(&METAL, 2), 2, replace());
        assert!(link.is_symlink());
        assert_eq!(
            Trajectory::open(&longest).unwrap().len(),
            2,
            "the file behind a link is replaced, not the link"
        );
    }
}

#[test]
fn frames_that_do_not_fit_are_refused_and_the_file_stays_good() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("run.h5md");
    let header = header(&METAL, 4);
    let mut writer = TrajectoryWriter::create(&path, header.clone(), WriterOptions::default()).unwrap();
    writer.frame(frame(&header, 5)).unwrap();
    let mut short = frame(&header, 6);
    short.forces.pop();
    assert!(matches!(
        writer.frame(short),
        Err(H5mdError::Shape {
            found: 3,
            expected: 4,
            ..
        })
    ));
    assert!(matches!(
        writer.frame(frame(&header, 5)),
        Err(H5mdError::Order { step: 5, last: 5, .. })
    ));
    writer.thermo(thermo(3, 0.0, true)).unwrap();
    assert!(matches!(
        writer.thermo(thermo(2, 0.0, true)),
        Err(H5mdError::Order { .. })
    ));
    writer.frame(frame(&header, 7)).unwrap();
    drop(writer);
    assert_eq!(
        Trajectory::open(&path).unwrap().steps(),
        [5, 7],
        "dropping closes the file"
    );
    assert!(matches!(
        Trajectory::open(&path).unwrap().frame(2),
        Err(H5mdError::NoFrame {
            index: 2,
            frames: 2,
            ..
        })
    ));
}

#[test]
fn files_of_others_are_named_so() {
    let dir = tempdir().unwrap();
    let text = dir.path().join("a.h5md");
    std::fs::write(&text, "no HDF5 at all").unwrap();
    let message = Trajectory::open(&text).err().unwrap().to_string();
    assert!(message.contains("as HDF5"), "{message}");
    let message = Trajectory::open(dir.path().join("missing")).err().unwrap().to_string();
    assert!(message.contains("No such file"), "{message}");
    assert!(matches!(
        Trajectory::open(dir.path()),
        Err(H5mdError::IsDirectory { .. })
    ));
    let other = dir.path().join("b.h5md");
    hdf5::File::create(&other)
        .unwrap()
        .create_group("h5md/creator")
        .unwrap();
    assert!(matches!(Trajectory::open(&other), Err(H5mdError::Foreign { .. })));
}
