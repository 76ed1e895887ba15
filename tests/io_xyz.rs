//! Extended XYZ: what is read, what is refused and where, and that writing and reading give the same bits.

use admd::engine::Vec3;
use admd::io::Overwrite;
use admd::io::xyz::{
    Column, Values, XyzError, XyzFrame, XyzProblem, XyzReader, XyzWriter, read_all, read_first, write_frame,
};
use admd::potentials::form::units::{METAL, REAL};
use proptest::prelude::*;

fn read(text: &str) -> Result<Vec<XyzFrame>, XyzError> {
    XyzReader::new(text.as_bytes(), "t.xyz").collect()
}

fn one(text: &str) -> XyzFrame {
    read(text).unwrap().remove(0)
}

fn refusal(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn ase_frame_is_read_whole() {
    let text = "2\r\nLattice=\"10.0 0.0 0.0 1.0 11.0 0.0 2.0 3.0 12.0\" \
        Properties=species:S:1:pos:R:3:momenta:R:3:forces:R:3:masses:R:1:tags:I:1:move_mask:L:1 \
        energy=-0.25 config_type=\"a b\" stress=\"1 2 3 4 5 6 7 8 9\" virial={1 2 3} list=[1, 2] flag pbc=\"T F T\"\r\n\
        Ar\t0.5 1e-3 -2D0 1 2 3 0.1 0.2 0.3 39.948 7 T\r\nKr 1 2 3 4 5 6 0 0 0 83.8 -1 F\r\n";
    let f = one(&format!("\u{feff}{text}"));
    assert_eq!(f.cell.unwrap()[2], Vec3::new(2.0, 3.0, 12.0));
    assert_eq!(f.periodic, [true, false, true]);
    assert_eq!(f.species, ["Ar", "Kr"]);
    assert_eq!(f.positions[0], Vec3::new(0.5, 1e-3, -2.0));
    assert_eq!(f.momenta.unwrap()[1], Vec3::new(4.0, 5.0, 6.0));
    assert_eq!(f.forces.unwrap()[0].z, 0.3);
    assert_eq!(f.masses.unwrap(), [39.948, 83.8]);
    assert_eq!(f.columns["tags"].values, Values::Integer(vec![7, -1]));
    assert_eq!(f.columns["move_mask"].values, Values::Logical(vec![true, false]));
    assert_eq!(f.info["energy"], "-0.25");
    assert_eq!(f.info["config_type"], "a b");
    assert_eq!(f.info["virial"], "1 2 3");
    assert_eq!(f.info["list"], "[1, 2]");
    assert_eq!(f.info["flag"], "T");
}

#[test]
fn plain_xyz_and_several_frames() {
    let frames = read("1\nan argon atom, E = 3 \"K\nAr 0 0 0\n\n2\n\nAr 1 2 3\nNe 4 5 6\n\n").unwrap();
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[0].info["comment"], "an argon atom, E = 3 \"K");
    assert_eq!(frames[0].periodic, [false; 3]);
    assert_eq!(frames[1].line, 5);
    assert_eq!(frames[1].species, ["Ar", "Ne"]);
    assert!(read("0\nnothing\n").unwrap()[0].is_empty());
}

#[test]
fn atomic_numbers_name_species_and_zero_lattice_is_no_cell() {
    let f = one("1\nLattice=\"0 0 0 0 0 0 0 0 0\" Properties=Z:I:1:pos:R:3 pbc=\"F F F\"\n18 0 0 0\n");
    assert_eq!(f.species, ["Ar"]);
    assert!(f.cell.is_none());
    let f = one("1\nlattice=\"1 0 0 0 1 0 0 0 1\" properties=pos:R:3:species:S:1\n0 0 0 Ar\n");
    assert_eq!(f.periodic, [true; 3]);
}

#[test]
fn errors_name_line_column_and_remedy() {
    let header = "Properties=species:S:1:pos:R:3";
    let cases = [
        (
            "x\n\nAr 0 0 0\n".to_owned(),
            "t.xyz:1:1: found `x` where the number of atoms",
        ),
        ("-1\n\n".to_owned(), "found `-1` where the number of atoms"),
        (
            "2\n\nAr 0 0 0\n".to_owned(),
            "t.xyz:3: the file ends after 1 of 2 atoms of the frame that starts in line 1",
        ),
        ("3\n".to_owned(), "ends after 0 of 3"),
        (
            "1000000000000000000\n\nAr 0 0 0\n".to_owned(),
            "ends after 1 of 1000000000000000000",
        ),
        (
            "1\n\nAr 0 0 0\nAr 1 1 1\n".to_owned(),
            "t.xyz:4:1: found `Ar 1 1 1` where the number of atoms",
        ),
        (
            format!("1\n{header}\nAr 0 nan 0\n"),
            "t.xyz:3:6: column `pos` is nan; every number must be finite",
        ),
        (format!("1\n{header}\nAr 0 0 -inf\n"), "t.xyz:3:8: column `pos` is -inf"),
        (
            format!("1\n{header}\nÄr 0 zero 0\n"),
            "t.xyz:3:6: `zero` is not a number",
        ),
        (
            format!("1\n{header}\nAr 0 0\n"),
            "t.xyz:3:7: the line has 3 columns, but 4 are needed (species, 3 of pos)",
        ),
        (
            format!("1\n{header}\nAr 0 0 0 0\n"),
            "t.xyz:3:10: the line has more than the 4 columns",
        ),
        (
            format!("1\n{header}:pos:R:3\nAr 0 0 0\n"),
            "properties `pos` and `pos` are the same",
        ),
        (
            format!("1\n{header}:vel:R:3:velo:R:3\n"),
            "properties `vel` and `velo` are the same",
        ),
        (format!("1\n{header}:velo:R:2\n"), "must be written velo:R:3"),
        (format!("1\n{header}:a:X:1\n"), "has type `X`"),
        (format!("1\n{header}:a:R:0\n"), "has `0` columns"),
        (
            format!("1\n{header}:a:R:99999999999999999999\n"),
            "columns; use a number",
        ),
        (format!("1\n{header}:a:R\n"), "ends with `a:R`"),
        (
            "1\nProperties=species:S:1:forces:R:3\n".to_owned(),
            "t.xyz:2:12: Properties has no positions; add pos:R:3",
        ),
        ("1\nProperties=pos:R:3\n".to_owned(), "has no species"),
        (
            format!("1\n{header} Lattice=\"1 0 0\"\n"),
            "must be nine finite numbers",
        ),
        (
            format!("1\n{header} Lattice=\"1 0 0 0 1 0 0 0 nan\"\n"),
            "must be nine finite numbers",
        ),
        (format!("1\n{header} pbc=\"T T\"\n"), "must be three of T and F"),
        (format!("1\n{header} a=\"b\n"), "`\"` is never closed"),
        (format!("1\n{header} a=1 a=2\n"), "the key `a` stands twice"),
        (format!("1\n{header} {header}\n"), "the key `Properties` stands twice"),
        (format!("1\n{header} =3\n"), "a value without a key"),
        (
            "1\nProperties=Z:I:1:pos:R:3\n300 0 0 0\n".to_owned(),
            "not an atomic number from 0 to 118",
        ),
    ];
    for (text, expected) in cases {
        let message = refusal(&text);
        assert!(
            message.contains(expected),
            "{text:?}\n gives {message}\n not {expected}"
        );
    }
    let binary = XyzReader::new(&b"\xff\xfe1\n"[..], "t.xyz")
        .next()
        .unwrap()
        .unwrap_err();
    assert!(binary.to_string().contains("not UTF-8"));
}

#[test]
fn missing_and_empty_files_are_explained() {
    let missing = read_first("/nonexistent/a.xyz").unwrap_err().to_string();
    assert!(
        missing.starts_with("/nonexistent/a.xyz: ") && missing.contains("check the path"),
        "{missing}"
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(matches!(
        read_first(file.path()).unwrap_err().problem,
        XyzProblem::Empty
    ));
    assert!(matches!(read_all(file.path()).unwrap_err().problem, XyzProblem::Empty));
}

#[test]
fn velocities_follow_their_unit() {
    let momenta = one("1\nProperties=species:S:1:pos:R:3:momenta:R:3\nAr 0 0 0 39.948 0 0\n");
    // p = m gives v = 1 Å / (Å √(u/eV)) = 1/10.1805 Å/fs.
    let v = momenta.velocities_in(&REAL, &[39.948]).unwrap().unwrap()[0].x;
    assert!((v - 1.0 / 10.180_505_7).abs() < 1e-8, "{v}");
    let v = momenta.velocities_in(&METAL, &[39.948]).unwrap().unwrap()[0].x;
    assert!((v - 98.226_947).abs() < 1e-5, "{v}");
    assert!(matches!(
        momenta.velocities_in(&METAL, &[]),
        Err(XyzProblem::Length { .. })
    ));
    let mut frame = one("1\n\nAr 0 0 0\n");
    assert_eq!(frame.velocities_in(&METAL, &[39.948]).unwrap(), None);
    frame.set_velocities(vec![Vec3::new(3.0, 0.0, 0.0)], vec![39.948], &METAL);
    assert_eq!(frame.velocities_in(&REAL, &[39.948]).unwrap().unwrap()[0].x, 0.003);
    frame.velocities = None;
    assert!((frame.velocities_in(&METAL, &[39.948]).unwrap().unwrap()[0].x - 3.0).abs() < 1e-14);
    let odd = one("1\nProperties=species:S:1:pos:R:3:vel:R:3 velo_unit=furlong/day\nAr 0 0 0 1 0 0\n");
    assert!(
        odd.velocities_in(&METAL, &[1.0])
            .unwrap_err()
            .to_string()
            .contains("furlong/day")
    );
}

#[test]
fn an_existing_file_stays_unless_it_may_be_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ein Name mit ä.extxyz");
    let frame = one("1\n\nAr 0 0 0\n");
    let mut writer = XyzWriter::create(&path, Overwrite::Refuse).unwrap();
    writer.write(&frame).unwrap();
    assert!(!path.exists(), "a half-written file must not stand under its name");
    assert_eq!(writer.finish().unwrap(), 1);
    assert!(matches!(
        XyzWriter::create(&path, Overwrite::Refuse).err().unwrap().problem,
        XyzProblem::Exists
    ));
    let mut writer = XyzWriter::create(&path, Overwrite::Replace).unwrap();
    writer.write(&frame).unwrap();
    writer.write(&frame).unwrap();
    writer.finish().unwrap();
    assert_eq!(read_all(&path).unwrap().len(), 2);
    drop(XyzWriter::create(&path, Overwrite::Replace).unwrap());
    assert_eq!(
        std::fs::read_dir(dir.path()).unwrap().count(),
        1,
        "no temporary file stays"
    );
    let message = XyzWriter::create(dir.path(), Overwrite::Replace)
        .err()
        .unwrap()
        .to_string();
    assert!(message.contains("folder"), "{message}");
}

#[test]
fn a_periodic_frame_needs_a_cell() {
    let message = refusal("1\nenergy=1 pbc=\"T T T\"\nAr 0 0 0\n");
    assert!(
        message.starts_with("t.xyz:2:14: ") && message.contains("add Lattice="),
        "{message}"
    );
    let message = refusal("1\nVec1=\"9 0 0\" Vec2=\"0 9 0\" Vec3=\"0 0 9\"\nAr 0 0 0\n");
    assert!(message.contains("write the cell as Lattice="), "{message}");
}

fn finite() -> impl Strategy<Value = f64> {
    any::<u64>()
        .prop_map(f64::from_bits)
        .prop_filter("finite", |x| x.is_finite())
}

proptest! {
    #[test]
    fn writing_and_reading_give_the_same_bits(
        numbers in prop::collection::vec(finite(), 24..=24),
        key in "[a-z]{1,8}", value in "[ -~äß\n]{0,12}", integers in any::<[i64; 2]>(),
    ) {
        let v = |k: usize| Vec3::from_column_slice(&numbers[k..k + 3]);
        let frame = XyzFrame {
            cell: Some([Vec3::new(numbers[0], 0.0, 0.0), Vec3::new(1.0, 2.0, 0.0), Vec3::new(3.0, 4.0, 5.0)]),
            periodic: [true, false, true],
            species: vec!["Ar".into(), "X_1".into()],
            positions: vec![v(0), v(3)],
            velocities: Some(vec![v(6), v(9)]),
            momenta: Some(vec![v(12), v(15)]),
            forces: Some(vec![v(18), v(21)]),
            masses: Some(vec![numbers[1], numbers[2]]),
            info: [(format!("k_{key}"), value)].into(),
            columns: [("tags".to_owned(), Column { width: 1, values: Values::Integer(integers.to_vec()) })].into(),
            line: 1,
        };
        let mut text = Vec::new();
        write_frame(&mut text, &frame).unwrap();
        let back = XyzReader::new(&text[..], "t").next().unwrap().unwrap();
        prop_assert_eq!(back, frame);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[0-9]{0,2}\n(Properties=|Lattice=\"|pbc=|[ -~ä\"{}\\[\\]\\\\=:]){0,6}\n(.{0,20}\n){0,3}") {
        for frame in XyzReader::new(text.as_bytes(), "t") {
            let _ = frame;
        }
    }
}
