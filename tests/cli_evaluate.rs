//! `admd evaluate`: the JSON contract against numbers by hand, frames, derivatives, errors.

mod cli_support;

use cli_support::*;
use serde_json::Value;

const EPSILON: f64 = 1.5;
const SIGMA: f64 = 1.1;
const R: f64 = 1.25;

/// Two atoms along x; the second frame is further apart, the third has no cell.
const DIMERS: &str = "2\nLattice=\"20 0 0 0 20 0 0 0 20\"\nA 0 0 0\nA 1.25 0 0\n\
2\nLattice=\"20 0 0 0 20 0 0 0 20\"\nA 0 0 0\nA 2 0 0\n\
2\nno cell\nA 0 0 0\nA 1.25 0 0\n";

fn folder() -> Folder {
    Folder::new().with("lj.toml", LJ).with("dimers.xyz", DIMERS)
}

/// u, u', u'' of Lennard-Jones.
fn lj(r: f64) -> [f64; 3] {
    let (a, b) = (4.0 * EPSILON * SIGMA.powi(12), 4.0 * EPSILON * SIGMA.powi(6));
    [
        a * r.powi(-12) - b * r.powi(-6),
        -12.0 * a * r.powi(-13) + 6.0 * b * r.powi(-7),
        156.0 * a * r.powi(-14) - 42.0 * b * r.powi(-8),
    ]
}

fn close(value: &Value, expected: f64) {
    let x = value.as_f64().unwrap_or(f64::NAN);
    // The kernel evaluates powers in another order: a few ulp of terms that nearly cancel.
    assert!((x - expected).abs() < 1e-12 * (1.0 + expected.abs()), "{x} {expected}");
}

#[test]
fn one_frame_is_one_object_with_the_numbers_of_the_formula() {
    let [u, du, _] = lj(R);
    let run = folder().run(
        0,
        &[
            "evaluate",
            "dimers.xyz",
            "-p",
            "lj.toml",
            "--frames",
            "0",
            "--gradient",
            "*",
            "--json",
        ],
    );
    assert_eq!(run.err, "");
    let o = run.json();
    close(&o["energy"], u);
    close(&o["forces"][0][0], du);
    close(&o["forces"][1][0], -du);
    close(&o["forces"][1][1], 0.0);
    // Virial = -dE/dstrain: stretching along x by e changes r to r (1 + e).
    close(&o["virial"][0][0], -R * du);
    close(&o["virial"][1][1], 0.0);
    close(&o["virial"][0][1], 0.0);
    close(&o["stress"][0][0], R * du / 8000.0);
    close(&o["energies"][0], 0.5 * u);
    close(&o["energies"][1], 0.5 * u);
    let p = &o["parameters"];
    assert_eq!(p[0]["name"], "lj.A-A.epsilon");
    assert_eq!(p[0]["unit"], "epsilon");
    close(&p[0]["value"], EPSILON);
    close(&p[0]["gradient"], u / EPSILON);
    assert_eq!(p[1]["name"], "lj.A-A.sigma");
    close(&p[1]["gradient"], -R * du / SIGMA);
    assert_eq!(p.as_array().unwrap().len(), 2);
    assert_eq!(o["units"]["energy"], "epsilon");
    assert_eq!(o["units"]["system"], "lj");
    assert!(o.get("hessian_vector").is_none());
}

#[test]
fn several_frames_are_an_array() {
    let folder = folder();
    let all = folder
        .run(0, &["evaluate", "dimers.xyz", "-p", "lj.toml", "--json"])
        .json();
    assert_eq!(all.as_array().unwrap().len(), 3);
    close(&all[0]["energy"], lj(R)[0]);
    close(&all[1]["energy"], lj(2.0)[0]);
    close(&all[2]["energy"], lj(R)[0]);
    assert!(all[2]["stress"].is_null() && all[2]["virial"].is_array());
    assert_eq!(all[0]["parameters"], serde_json::json!([]));
    let last = folder
        .run(
            0,
            &["evaluate", "dimers.xyz", "-p", "lj.toml", "--json", "--frames", "-2:"],
        )
        .json();
    assert_eq!(last.as_array().unwrap().len(), 2);
    assert_eq!(last[0], all[1]);
}

#[test]
fn hessian_times_vector_is_that_of_the_formula() {
    let [_, du, ddu] = lj(R);
    let folder = folder()
        .with("v.txt", "# along and across\n0 0 0\n1 1 0\n")
        .with("v.xyz", "2\n\nX 0 0 0\nX 1 1 0\n");
    for file in ["v.txt", "v.xyz"] {
        let arguments = [
            "evaluate",
            "dimers.xyz",
            "-p",
            "lj.toml",
            "--frames",
            "0",
            "--hessian-vector",
            file,
            "--json",
        ];
        let o = folder.run(0, &arguments).json();
        for (atom, sign) in [(0, -1.0), (1, 1.0)] {
            close(&o["hessian_vector"][atom][0], sign * ddu);
            close(&o["hessian_vector"][atom][1], sign * du / R);
            close(&o["hessian_vector"][atom][2], 0.0);
        }
    }
}

#[test]
fn people_get_a_summary_with_units() {
    let metal = LJ.replace("\"lj\"\n[[", "\"metal\"\n[[").replace("A =", "Ar =");
    let folder = folder()
        .with("ar.toml", &metal)
        .with("ar.xyz", &DIMERS.replace('A', "Ar"));
    let run = folder.run(
        0,
        &[
            "evaluate",
            "ar.xyz",
            "-p",
            "ar.toml",
            "--frames",
            "0",
            "--gradient",
            "*.sigma",
        ],
    );
    for word in [
        "2 atoms (2 Ar)",
        "eV/atom",
        "eV/Angstrom",
        "virial",
        "stress",
        "bar",
        "lj.Ar-Ar.sigma",
    ] {
        assert!(run.out.contains(word), "{word}: {}", run.out);
    }
}

#[test]
fn overlap_ends_with_4_and_both_atoms() {
    let folder = folder().with("two.xyz", "3\n\nA 5 5 5\nA 1 0 0\nA 1 0 0\n");
    let run = folder.run(4, &["evaluate", "two.xyz", "-p", "lj.toml", "--json"]);
    assert!(run.err.contains("two.xyz, frame 0: atoms 1 and 2"), "{}", run.err);
    assert_eq!(run.json()["exit_code"], 4);
}

#[test]
fn result_that_is_not_finite_ends_with_4_and_its_name() {
    // Energy and forces of two atoms at 1.5e-21 are finite, the next derivative is not.
    let folder = folder()
        .with("near.xyz", "2\n\nA 0 0 0\nA 1.5e-21 0 0\n")
        .with("v.txt", "1 0 0\n0 0 0\n");
    let near = ["evaluate", "near.xyz", "-p", "lj.toml"];
    folder.run(0, &near);
    let run = folder.run(4, &[&near[..], &["--hessian-vector", "v.txt"]].concat());
    let expected = "near.xyz, frame 0: the Hessian-vector product of atom 0 is";
    assert!(run.err.contains(expected), "{}", run.err);
}

#[test]
fn errors_name_file_line_and_remedy() {
    let folder = folder()
        .with("short.xyz", "3\n\nA 0 0 0\n")
        .with("other.xyz", "1\n\nXe 0 0 0\n")
        .with("bad.txt", "0 0 0\n1 2\n")
        .with("few.txt", "0 0 0\n");
    let evaluate = ["evaluate", "dimers.xyz", "--potential", "lj.toml"];
    let cases: [(i32, Vec<&str>, &str); 9] = [
        (
            2,
            [&evaluate[..], &["--gradient", "*.epsilom"]].concat(),
            "lj.A-A.epsilon",
        ),
        (2, [&evaluate[..], &["--frames", "9"]].concat(), "none of the 3 frames"),
        (2, [&evaluate[..], &["--frames", "a:b"]].concat(), "whole number"),
        (2, vec!["evaluate", "dimers.xyz"], "--potential"),
        (
            3,
            [&evaluate[..], &["--hessian-vector", "bad.txt"]].concat(),
            "bad.txt:2: the line has 2 numbers",
        ),
        (
            3,
            [&evaluate[..], &["--hessian-vector", "few.txt"]].concat(),
            "1 vectors for 2 atoms",
        ),
        (3, vec!["evaluate", "short.xyz", "-p", "lj.toml"], "short.xyz"),
        (3, vec!["evaluate", "other.xyz", "-p", "lj.toml"], "Xe"),
        (3, vec!["evaluate", "absent.xyz", "-p", "lj.toml"], "absent.xyz"),
    ];
    for (code, arguments, word) in cases {
        let run = folder.run(code, &arguments);
        assert!(run.err.contains(word), "{arguments:?} {word}: {}", run.err);
    }
}

#[test]
fn largest_force_is_finite_where_its_square_overflows() {
    let folder = Folder::new()
        .with("lj.toml", LJ)
        .with("two.extxyz", "2\n\nA 0 0 0\nA 1e-20 0 0\n");
    let run = folder.run(0, &["evaluate", "two.extxyz", "--potential", "lj.toml"]);
    assert!(
        run.out.contains("largest force") && !run.out.contains("inf"),
        "{}",
        run.out
    );
}
