//! Wrong inputs, one a line: where the caret stands, and what the remedy says.
//!
//! In the second column « » mark what the caret must point at; they are removed before the input is read.

use admd::input::{InputErrors, Limits, parse, read};
use std::path::Path;
use std::time::{Duration, Instant};

const ARGON: &str = r#"title = "Argon"
units = "metal"
seed = 42

[structure]
lattice = "fcc"
density = "1.374 g/cm3"
repeat = [3, 3, 3]
species = "Ar"

[species.Ar]
mass = "39.95 u"

[velocities]
temperature = "94.4 K"

[[potential]]
kind = "lj"
cutoff = "8.5 Angstrom"
truncation = "switched"
onset = "7.65 Angstrom"

[potential.parameters.Ar]
epsilon = "0.0104 eV"
sigma = "3.4 Angstrom"

[integrator]
timestep = "2 fs"

[neighbors]
skin = "1 Angstrom"

[run]
steps = 100

[output]
trajectory = "argon.h5md"
every = 10
"#;

const LIMITS: Limits = Limits {
    atoms: 100_000_000,
    entries: 20_000_000_000,
};

/// Wrong inputs and structure files of this test, the number that README.md says.
const WRONG: usize = 89;

/// What stands in the correct input, what stands there instead, a part of the message, a part of the remedy.
type Case = (&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const CASES: &[Case] = &[
    // keys
    ("cutoff = ", "«cutof» = ", "unknown key `cutof` in [[potential]]", "did you mean `cutoff`?"),
    ("timestep = ", "«time_step» = ", "unknown key", "did you mean `timestep`?"),
    ("[neighbors]", "[«neighbours»]", "unknown key", "did you mean `neighbors`?"),
    ("seed = 42", "«thermostat» = \"langevin\"", "unknown key", "thermostats are not implemented"),
    ("seed = 42", "«colour» = 1", "unknown key", "known here: title, units, seed"),
    ("epsilon = \"0.0104 eV\"", "«epsilom» = \"0.0104 eV\"", "unknown key", "did you mean `epsilon`?"),
    ("repeat = [3, 3, 3]\n", "", "lacks the key `repeat`", "for example repeat = [6, 6, 6]"),
    ("steps = 100\n", "", "[run] lacks the key `steps`", "for example steps = 5000"),
    ("sigma = \"3.4 Angstrom\"\n", "", "lacks the key `sigma`", "for example sigma = "),
    ("[run]\nsteps = 100\n", "", "the input lacks the key `run`", "add the section [run]"),
    ("units = \"metal\"\n", "", "lacks the key `units`", "for example units = \"metal\""),
    ("seed = 42", "seed = 42\n«seed» = 43", "duplicate key `seed`", "keep one of the two"),
    // syntax
    ("steps = 100", "steps = «= 100»", "extra `=`", "in quotes"),
    ("[run]", "[run«»", "unclosed table", "[section]"),
    ("timestep = \"2 fs\"", "timestep = «2 fs»", "", "in quotes"),
    // types
    ("steps = 100", "steps = «\"100\"»", "takes an integer, not a string", "steps = 5000"),
    ("steps = 100", "steps = «1e2»", "takes an integer, not a number", "steps = 5000"),
    ("cutoff = \"8.5 Angstrom\"", "cutoff = «true»", "not a boolean", "for example cutoff ="),
    ("cutoff = \"8.5 Angstrom\"", "cutoff = «1979-05-27»", "not a date", "for example cutoff ="),
    ("repeat = [3, 3, 3]", "repeat = «[3, 3]»", "takes an array of three, not one of 2", "repeat = [6, 6, 6]"),
    ("repeat = [3, 3, 3]", "repeat = [3, «0», 3]", "`repeat` = 0 must be an integer from 1", "repeat = [6, 6, 6]"),
    ("[run]\nsteps = 100", "«[[run]]»\nsteps = 100", "takes a section of its own, [run]", ""),
    ("title = \"Argon\"", "title = «\"\"»", "a string that is not empty", "for example title ="),
    // quantities
    ("\"2 fs\"", "\"2 «fz»\"", "unknown unit `fz`", "did you mean `fs`?"),
    ("\"2 fs\"", "\"2 «Angstrom»\"", "`Angstrom` is a unit of length, and time is needed", "fs, ps, ns"),
    ("\"2 fs\"", "«\"fs\"»", "does not begin with a number", "fs, ps, ns"),
    ("\"2 fs\"", "«\"2\"»", "`2` has no unit", "drop the quotes for a number in ps"),
    ("\"2 fs\"", "«\"\"»", "the quantity is empty", "write a number and a unit"),
    ("\"2 fs\"", "«0»", "must be positive", "timestep = \"2 fs\""),
    ("\"2 fs\"", "«-0.002»", "must be positive", "timestep = \"2 fs\""),
    ("\"2 fs\"", "«nan»", "must be positive and finite", "timestep = \"2 fs\""),
    ("\"2 fs\"", "«1e400»", "below 1e15", "timestep = \"2 fs\""),
    ("\"2 fs\"", "«100000000000000000000»", "below 1e15", "timestep = \"2 fs\""),
    ("\"0.0104 eV\"", "\"120 «K»\"", "and energy is needed", "\"120 kB K\""),
    ("\"0.0104 eV\"", "\"1 «eV^99»\"", "small integer exponent", "Angstrom6"),
    ("\"1.374 g/cm3\"", "«1.374»", "a plain number is ambiguous", "g/cm3"),
    ("\"1.374 g/cm3\"", "\"1.374 «g/cm2»\"", "mass density or number density is needed", "g/cm3"),
    ("\"1.374 g/cm3\"", "«\"1374000 g/cm3\"»", "neighbours on this lattice are", "check the unit"),
    ("\"3.4 Angstrom\"", "«\"-3.4 Angstrom\"»", "`sigma` = -3.4 Angstrom must be positive", "sigma ="),
    ("\"8.5 Angstrom\"", "«0»", "`cutoff` = 0 must be positive", "cutoff = \"8.5 Angstrom\""),
    ("\"8.5 Angstrom\"", "«\"8500 nm\"»", "the entries of the neighbour list", "check the units of `cutoff`"),
    ("\"8.5 Angstrom\"", "«\"40 nm\"»", "the memory of the neighbour list", "check the units of `cutoff`"),
    ("\"7.65 Angstrom\"", "«\"9 Angstrom\"»", "must be below the cutoff, 8.5", "0.9 of the cutoff"),
    ("\"39.95 u\"", "«0»", "`mass` = 0 must be positive", "mass = \"39.95 u\""),
    ("\"94.4 K\"", "«-1»", "`temperature` = -1 must be zero or positive", "94.4 K"),
    // integers
    ("steps = 100", "steps = «100000000000000000000»", "must be an integer from 0 to", "steps = 5000"),
    ("seed = 42", "seed = «-1»", "must be an integer from 0", "seed = 42"),
    ("every = 10", "every = «0»", "must be an integer from 1", "every = 100"),
    // names
    ("\"metal\"", "«\"metall\"»", "`units` cannot be `metall`", "did you mean \"metal\"?"),
    ("lattice = \"fcc\"", "lattice = «\"fc\"»", "cannot be `fc`", "did you mean \"fcc\"?"),
    ("kind = \"lj\"", "kind = «\"ljj\"»", "cannot be `ljj`", "did you mean \"lj\"?"),
    ("truncation = \"switched\"", "truncation = «\"smooth\"»", "cannot be `smooth`", "force_shifted"),
    ("timestep = \"2 fs\"", "timestep = \"2 fs\"\nkind = «\"langevin\"»", "cannot be `langevin`", "velocity_verlet"),
    ("[potential.parameters.Ar]", "[potential.parameters.«Kr»]", "unknown species `Kr`", "species are Ar"),
    ("species = \"Ar\"\n", "species = «\"Arg\"»\n", "species `Arg` has no mass", "add [species.Arg]"),
    // what belongs together
    ("truncation = \"switched\"", "truncation = \"cut\"", "`onset` has no meaning", "truncation = \"switched\""),
    ("trajectory = \"argon.h5md\"\nevery", "«every»", "no effect without `trajectory`", "add trajectory ="),
    ("species = \"Ar\"\n", "species = «[\"Ar\", \"Ar\", \"Ar\"]»\n", "cannot be dealt out", "1, 2, 4 names"),
    ("species = \"Ar\"\n", "composition = «{ Ar = 0.5, Kr = 0.2 }»\n", "sum to 0.7", "composition = {"),
    ("species = \"Ar\"\n", "composition = { Ar = 0.5, Kr = 0.5 }\n", "no potential covers the pair Kr-Kr", "add [potential.parameters.Kr]"),
    ("density = \"1.374 g/cm3\"\n", "", "the lattice has no size", "density = \"1.374 g/cm3\""),
    ("density = \"1.374 g/cm3\"", "edges = «[[1, 0, 0], [2, 0, 0], [0, 0, 1]]»", "span no volume", "three edge vectors"),
    ("repeat = [3, 3, 3]", "repeat = «[1000, 1000, 1000]»", "4000000000 is more than the limit", "make `repeat` smaller"),
    ("lattice = \"fcc\"", "«lattice» = \"fcc\"\nfile = \"a.xyz\"", "both `file` and `lattice`", "keep one"),
    ("lattice = \"fcc\"\n", "", "describes no atoms", "lattice = \"fcc\""),
    ("lattice = \"fcc\"", "lattice = \"fcc\"\n«c_over_a» = 1.6", "no meaning beside `lattice`", "only hcp"),
    ("lattice = \"fcc\"", "lattice = \"fcc\"\nshear = «[50, 0, 0]»", "leaves no shape", "between -10 and 10"),
    ("kind = \"lj\"", "kind = \"lj\"\nlabel = «\"l.j\"»", "cannot be part of a parameter's name", "letters, digits"),
    ("kind = \"lj\"", "kind = \"lj\"\nexclude = «[\"Ar\"]»", "is no pair of species", "Ar-Ar"),
    ("density = \"1.374 g/cm3\"", "«density» = \"1.374 g/cm3\"\nconstant = 5.3", "`density` has no meaning beside `constant`", "keep one of `constant`, `density` and `edges`"),
    ("truncation = \"switched\"\nonset = \"7.65 Angstrom\"", "truncation = \"shifted\"\ntail = «true»", "tail corrections are defined for the truncations", "change one"),
    ("kind = \"lj\"\ncutoff = \"8.5 Angstrom\"\ntruncation = \"switched\"\nonset = \"7.65 Angstrom\"\n\n[potential.parameters.Ar]\nepsilon = \"0.0104 eV\"\nsigma = \"3.4 Angstrom\"", "file = «\"missing.toml\"»", "cannot read the potential file", "relative to the folder of the input file"),
];

/// The input with the replacement, and the range that « » marked.
fn apply((from, to, ..): &Case) -> (String, Option<(usize, usize)>) {
    assert!(
        ARGON.contains(from),
        "the case replaces `{from}`, which is not in the input"
    );
    let mut text = ARGON.replacen(from, to, 1);
    let start = text.find('«');
    text = text.replacen('«', "", 1);
    let end = text.find('»');
    text = text.replacen('»', "", 1);
    (text, start.zip(end))
}

fn errors_of(text: &str) -> InputErrors {
    let begin = Instant::now();
    let errors = parse(text, Path::new("wrong.toml"), &[], LIMITS).expect_err(text);
    assert!(begin.elapsed() < Duration::from_secs(1), "took {:?}", begin.elapsed());
    errors
}

#[test]
fn every_wrong_input_shows_place_and_remedy() {
    assert!(parse(ARGON, Path::new("right.toml"), &[], LIMITS).is_ok());
    assert_eq!(
        CASES.len() + FILES.len(),
        WRONG,
        "README.md says how many wrong inputs there are"
    );
    let mut failures = Vec::new();
    for case in CASES {
        let (text, marked) = apply(case);
        let errors = errors_of(&text);
        let shown = errors.to_string();
        if !shown.contains(case.2) || !shown.contains(case.3) {
            failures.push(format!("{case:?}\n{shown}"));
        }
        let Some((start, end)) = marked else { continue };
        let before = &text[..start];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let hit = errors.errors.iter().find(|e| errors.position(e) == (line, column));
        let points =
            hit.is_some_and(|e| end == start || text[e.at.start..e.at.end].starts_with(&text[start..start + 1]));
        let exact = hit.is_some_and(|e| e.at.end == end || end == start || case.2.contains("extra"));
        if !(points && exact && shown.contains(&format!("wrong.toml:{line}:{column}"))) {
            failures.push(format!("{case:?}: the caret should be at {line}:{column}\n{shown}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn all_errors_are_shown_in_the_order_of_the_text() {
    let text = ARGON
        .replace("density = \"1.374 g/cm3\"", "density = \"1 eV\"")
        .replace("cutoff", "cutof")
        .replace("\"2 fs\"", "\"2 eV\"")
        .replace("steps = 100", "steps = -1");
    let errors = errors_of(&text);
    let lines: Vec<usize> = errors.errors.iter().map(|e| errors.position(e).0).collect();
    assert_eq!(lines, [7, 19, 28, 34]);
    assert!(errors.to_string().ends_with("error: 4 errors; nothing was run"));
}

#[test]
fn the_look_is_that_of_the_compiler() {
    let errors = errors_of(&ARGON.replace("cutoff", "cutof"));
    let expected = "\
error: unknown key `cutof` in [[potential]]
  --> wrong.toml:19:1
   |
19 | cutof = \"8.5 Angstrom\"
   | ^^^^^ unknown key
   |
   = help: did you mean `cutoff`?

error: 1 error; nothing was run";
    assert_eq!(errors.to_string(), expected);
    assert!(errors.render(admd::input::Look::Coloured).contains("\u{1b}["));
}

#[test]
fn reduced_units_refuse_units() {
    let text = ARGON.replace("\"metal\"", "\"lj\"").replace("\"1.374 g/cm3\"", "0.8");
    let shown = errors_of(&text).to_string();
    assert!(
        shown.contains("units = \"lj\" has reduced numbers only, so `8.5 Angstrom` cannot carry a unit"),
        "{shown}"
    );
    assert!(
        shown.contains("write the bare number, in multiples of epsilon, sigma, m and tau"),
        "{shown}"
    );
}

#[test]
fn overrides_are_shown_where_they_are_wrong() {
    let errors = |overrides: &[&str]| {
        let overrides: Vec<String> = overrides.iter().map(|s| (*s).to_owned()).collect();
        parse(ARGON, Path::new("argon.toml"), &overrides, LIMITS)
            .map(|_| ())
            .unwrap_err()
            .to_string()
    };
    let shown = errors(&["run.steps=-5"]);
    assert!(
        shown.contains("--set:1:11") && shown.contains("run.steps=-5"),
        "{shown}"
    );
    assert!(errors(&["run.stps=5"]).contains("did you mean `steps`?"));
    assert!(errors(&["steps"]).contains("write it as --set run.steps=100"));
    assert!(errors(&["potential.3.cutoff=9"]).contains("has no element `3`"));
    assert!(errors(&["potential.lj.cutoff=9 fs"]).contains("and length is needed"));
    assert!(errors(&["=5"]).contains("--set:1:"));
}

/// Structure files: the text, a part of the message, the line of the file that must be shown (0: none), a remedy.
#[rustfmt::skip]
const FILES: &[(&str, &str, usize, &str)] = &[
    ("2\npbc=\"F F F\"\nAr 0 0 0\nAr nan 0 4\n", "column `pos` is nan", 4, "must be finite"),
    ("3\n\nAr 0 0 0\nAr 0 0 4\n", "ends after 2 of 3 atoms", 4, "correct the number of atoms"),
    ("1\n\nAr 0 0 0\nAr 0 0 4\n", "number of atoms of a frame", 4, "as many atoms"),
    ("two\n\nAr 0 0 0\n", "number of atoms", 1, "check that the frame"),
    ("1000000000000000000\n\nAr 0 0 0\n", "ends after 1 of", 3, "correct the number"),
    ("1\nLattice=\"1 2\"\nAr 0 0 0\n", "Lattice", 2, ""),
    ("1\n\nAr 0 0\n", "3 columns", 3, "complete the line"),
    ("1\n\nAr 0 zero 0\n", "`zero` is not", 3, "correct the value"),
    ("2\n\nAr 1 1 1\nAr 1 1 1.01\n", "atoms 0 and 1 are 1.000e-2 Angstrom apart", 0, "remove one of them"),
    ("2\nLattice=\"9 0 0 0 9 0 0 0 9\"\nAr 0 0 0\nAr 9 0 0\n", "atoms 0 and 1 are 0.000e0", 0, "periodic image"),
    ("1\n\nQq 0 0 0\n", "species `Qq` has no mass", 0, "add [species.Qq]"),
    ("2\n\nAr 0 0 0\nKr 0 0 4\n", "no potential covers the pair Kr-Kr", 0, "[potential.parameters.Kr]"),
    ("1\n\nAr 1e12 0 0\n", "longer than 1e9", 0, "span a volume"),
    ("0\n\n", "no atoms", 0, "at least one atom"),
    ("", "no frame", 0, "the first line must be the number of atoms"),
    ("2\nProperties=species:S:1:pos:R:3:masses:R:1\nAr 0 0 0 39\nAr 0 0 4 40\n", "the mass 40, and others 39", 0, "rename"),
    ("1\nProperties=species:S:1:pos:R:3:masses:R:1\nAr 0 0 0 0\n", "the mass 0", 0, "must be positive"),
];

#[test]
fn wrong_structure_files_show_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let from_file = ARGON.replace("[species.Ar]\nmass = \"39.95 u\"\n", "").replace(
        "lattice = \"fcc\"\ndensity = \"1.374 g/cm3\"\nrepeat = [3, 3, 3]\nspecies = \"Ar\"\n",
        "file = \"a.xyz\"\n",
    );
    let input = folder.path().join("run.toml");
    std::fs::write(&input, &from_file).unwrap();
    let shown = || read(&input, &[]).map(|_| ()).unwrap_err().to_string();
    assert!(shown().contains("cannot read the structure file"), "{}", shown());
    let mut failures = Vec::new();
    for (text, message, line, remedy) in FILES {
        std::fs::write(folder.path().join("a.xyz"), text).unwrap();
        let begin = Instant::now();
        let shown = shown();
        assert!(begin.elapsed() < Duration::from_secs(1));
        if *line > 0 {
            let named = "named by `structure.file` at ";
            assert!(shown.contains(named) && shown.contains("run.toml:6"), "{shown}");
        }
        let place = if *line > 0 {
            format!("a.xyz:{line}:")
        } else {
            "run.toml:".to_owned()
        };
        if ![message, remedy, &place.as_str()]
            .iter()
            .all(|part| shown.contains(**part))
        {
            failures.push(format!("{text}\n{message}, {remedy}, {place}\n{shown}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    std::fs::write(folder.path().join("a.xyz"), "1\n\nAr 0 0 0\n").unwrap();
    for (key, message) in [
        ("frame=3", "there is no frame 3"),
        ("frame=-2", "there is no frame -2"),
        ("repeat=[2,2,2]", "`repeat` has no meaning beside `file`"),
        ("periodic=[true,true,true]", "nothing can be periodic"),
        ("file=.", "it is a folder"),
    ] {
        let shown = read(&input, &[format!("structure.{key}")])
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(shown.contains(message), "{key}\n{shown}");
    }
}

#[test]
fn tail_corrections_of_an_open_cell_are_an_error_at_their_key() {
    let tailed = ARGON.replace("truncation = ", "tail = true\ntruncation = ");
    let with = |periodic: &str| {
        let text = tailed.replace("[structure]\n", &format!("[structure]\nperiodic = {periodic}\n"));
        parse(&text, Path::new("run.toml"), &[], LIMITS).map(|_| ())
    };
    with("[true, true, true]").unwrap();
    for periodic in ["[true, true, false]", "[false, false, false]"] {
        let shown = with(periodic).unwrap_err().to_string();
        for part in [
            "tail corrections need a cell",
            periodic,
            "run.toml:21:8",
            "remove `tail`",
        ] {
            assert!(shown.contains(part), "{part}\n{shown}");
        }
    }
}

#[test]
fn unreadable_inputs_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.toml");
    let shown = |p: &Path| read(p, &[]).map(|_| ()).unwrap_err().to_string();
    assert!(shown(&path).contains("cannot read the input file"));
    assert!(shown(folder.path()).contains("it is a folder") && shown(folder.path()).contains("name a file in it"));
    std::fs::write(&path, [0x61, 0x0a, 0xff, 0xfe]).unwrap();
    assert!(shown(&path).contains("line 2 is not UTF-8 text") && shown(&path).contains("save it as UTF-8"));
    std::fs::write(&path, "").unwrap();
    assert!(shown(&path).contains("the input lacks the key `structure`"));
    std::fs::write(&path, format!("{} = 1", vec!["a"; 100_000].join("."))).unwrap();
    assert!(shown(&path).contains("nested deeper"));
    std::fs::write(&path, format!("a = {}", "[".repeat(100_000))).unwrap();
    assert!(shown(&path).contains("error"));
    std::fs::write(&path, format!("a = \"{}\"", "x".repeat(1 << 20))).unwrap();
    assert!(shown(&path).len() < 10_000);
}
