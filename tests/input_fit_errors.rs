//! Wrong inputs of fits: where the caret stands, and what the remedy says.
//!
//! In the second column « » mark what the caret must point at; they are removed before the input is read.

mod input_fit_support;
mod input_wrong;

use admd::input::InputErrors;
use admd::input::fit::keys::FIT;
use admd::input::keys::{Key, Kind};
use input_fit_support::*;
use input_wrong::WRONG;
use std::time::{Duration, Instant};

/// What stands in the correct input, what stands there instead, a part of the message, a part of the remedy.
type Case = (&'static str, &'static str, &'static str, &'static str);

/// As the README says.
const WRONG_INPUTS: usize = 100;

#[rustfmt::skip]
const CASES: &[Case] = &[
    // keys and words
    ("[optimizer]", "[«optimiser»]", "unknown key `optimiser` in the fit", "did you mean `optimizer`?"),
    ("frames = \":\"", "«frame» = \":\"", "unknown key `frame` in [[data]]", "did you mean `frames`?"),
    ("method = \"levenberg_marquardt\"", "method = «\"newton\"»", "`method` cannot be `newton`", "levenberg_marquardt, gauss_newton_cg, lbfgs, adam"),
    ("reference = \"fit\"", "reference = «\"fitted\"»", "cannot be `fitted`", "choose one of: none, fit, given"),
    ("transform = \"log\"", "transform = «\"ln\"»", "cannot be `ln`", "none, log, bounded"),
    ("sigma = \"1 meV\"\n", "", "[energy] lacks the key `sigma`", "for example sigma = \"1 meV\""),
    ("potential = \"fitted.toml\"\n", "", "[output] lacks the key `potential`", "for example potential ="),
    ("lattice_constant = \"3.615 Angstrom\"", "«elastic_constants» = [1]\nlattice_constant = \"3.615 Angstrom\"", "unknown key `elastic_constants`", "elastic constants are not implemented"),
    ("lattice_constant = \"3.615 Angstrom\"", "«bulk_modulus» = 1\nlattice_constant = \"3.615 Angstrom\"", "unknown key `bulk_modulus`", "the bulk modulus is not implemented"),
    ("pressure = \"1 GPa\"", "«density» = 1\npressure = \"1 GPa\"", "unknown key `density`", "barostats are not implemented"),
    // quantities
    ("sigma = \"1 meV\"", "sigma = \"1 «Angstrom»\"", "is a unit of length, and energy is needed", "eV, meV"),
    ("sigma = \"1 meV\"", "sigma = «0»", "`sigma` = 0 must be positive", "sigma = \"1 meV\""),
    ("sigma = \"50 meV/Angstrom\"", "sigma = \"50 «meV»\"", "is a unit of energy, and force is needed", "eV Angstrom-1"),
    ("compare = \"components\"", "compare = \"direction\"", "`sigma` takes a number, not a string", "for example sigma = 0.1"),
    ("compare = \"components\"", "«softening» = 0.1", "`softening` has no effect", "remove this key"),
    ("sigma = \"0.1 GPa\"", "sigma = \"0.1 «GPaa»\"", "unknown unit `GPaa`", "did you mean `GPa`?"),
    ("weight = 2.0", "weight = «-1»", "`weight` = -1 must be zero or positive", "weight = 1.0"),
    ("Cu = \"-1 eV\"", "Cu = \"-1 «K»\"", "and energy is needed", "kB K"),
    ("Cu = \"-1 eV\"", "«Zn» = 1", "unknown species `Zn`", "the species are Cu"),
    // data
    ("file = \"copper.extxyz\"", "file = «\"missing.extxyz\"»", "cannot read the data file", "relative to the folder of the input file"),
    ("file = \"copper.extxyz\"", "file = «\"missing.h5md\"»", "there is no such file", "relative to the folder of the input file"),
    ("file = \"copper.extxyz\"\nframes = \":\"", "file = «\"copper.h5md\"»", "copper.h5md", "a trajectory that admd wrote"),
    ("file = \"copper.extxyz\"", "file = «\".\"»", "it is a folder", "name a file in it"),
    ("frames = \":\"", "frames = «\"a:b\"»", "`a` is no whole number", "A:B:C"),
    ("frames = \":\"", "frames = «\"50:\"»", "chooses none of the 7 frames", "frames count from 0"),
    ("frames = \":\"", "units = «\"lj\"»", "units = \"lj\" cannot be converted to \"metal\"", "the same kind of units"),
    ("frames = \":\"", "energy = «\"enrgy\"»", "no frame has `enrgy`", "did you mean `energy`?"),
    ("frames = \":\"", "stress = \"stress\"\n«virial» = \"virial\"", "`stress` and `virial` say the same", "keep one of the two"),
    // targets
    ("lattice_constant_sigma = \"0.001 Angstrom\"\n", "", "`lattice_constant` has no error", "add lattice_constant_sigma"),
    ("cohesive_energy = \"-3.49 eV\"\n", "", "`cohesive_energy_sigma` has no effect: there is no `cohesive_energy`", "remove this key"),
    ("lattice = \"fcc\"\nspecies", "lattice = \"fcc\"\n«c_over_a» = 1.6\nspecies", "`c_over_a` has no meaning beside `lattice`", "only hcp"),
    ("lattice = \"fcc\"\nspecies = \"Cu\"", "lattice = \"fcc\"\nspecies = «[\"Cu\", \"Cu\", \"Cu\"]»", "cannot be dealt out", "1, 2, 4 names"),
    ("lattice_constant = \"3.615 Angstrom\"", "lattice_constant = «\"0.001 Angstrom\"»", "neighbours on this lattice are", "check the unit"),
    ("lattice_constant = \"3.615 Angstrom\"\nlattice_constant_sigma = \"0.001 Angstrom\"\n", "", "the search for the lattice constant has no start", "constant = \"3.6 Angstrom\""),
    ("lattice_constant = \"3.615 Angstrom\"\nlattice_constant_sigma = \"0.001 Angstrom\"\ncohesive_energy = \"-3.49 eV\"\ncohesive_energy_sigma = \"1 meV\"\n", "", "[[crystal]] has nothing to compare", "add one of `lattice_constant`, `cohesive_energy`"),
    ("file = \"trimer.xyz\"", "file = «\"nothing.xyz\"»", "cannot read the structure file", "relative to the folder"),
    ("file = \"trimer.xyz\"", "file = \"trimer.xyz\"\nframe = «3»", "there is no frame 3", "frames count from 0"),
    ("distances = [[0, 1], [1, 2]]", "distances = «[[0, 1]]»", "there are 1 distances and 2 values", "one entry for each pair"),
    ("distances = [[0, 1], [1, 2]]", "distances = «[[0, 1], [1, 3]]»", "[1, 3] are no two of the 3 atoms", "from 0 to 2"),
    ("distances = [[0, 1], [1, 2]]", "distances = «[[0, 1], [1, 1]]»", "[1, 1] are no two of the 3 atoms", "from 0 to 2"),
    ("distances = [[0, 1], [1, 2]]", "distances = [«[0]», [1, 2]]", "an array of two, not one of 1", "distances = [[0, 1]]"),
    ("temperature = \"900 K\"\n", "", "[[simulation]] lacks the key `temperature`", "for example temperature"),
    ("temperature = \"900 K\"", "temperature = \"900 «eV»\"", "is a unit of energy, and temperature is needed", "K"),
    ("samples = 100", "samples = 100\nleast = «1.5»", "`least` = 1.5 must be above 0 and below 1", "least = 0.5"),
    ("repeat = [2, 2, 2], species", "repeat = [2, 2, 2], periodic = [true, true, false], species", "`pressure` needs a cell that is periodic", "without a volume"),
    ("rdf_sigma = 0.02\n", "", "g(r) has no error", "rdf_sigma = 0.02, or a third column"),
    ("rdf = \"rdf.csv\"\n", "", "`rdf_sigma` has no effect: there is no `rdf`", "remove this key"),
    ("rdf = \"rdf.csv\"", "rdf = «\"g.csv\"»", "cannot read the radial distribution function", "relative to the folder"),
    ("rdf_sigma = 0.02", "rdf_sigma = 0.02\nrdf_pair = «[\"Cu\", \"Zn\"]»", "unknown species `Zn`", "the species are Cu"),
    // parameters
    ("select = \"morse.*.d0\"", "select = «\"morse.*.d1\"»", "no parameter matches `morse.*.d1`", "morse.Cu-Cu.d0"),
    ("select = [\"*.alpha\", \"*.r0\"]", "select = «\"morse.*\"»", "morse.Cu-Cu.d0 is chosen by two entries", "fixed = true"),
    ("select = [\"*.alpha\", \"*.r0\"]", "select = «\"reference.Zn\"»", "no parameter matches `reference.Zn`", "reference = \"fit\""),
    ("start = \"0.3 eV\"", "start = \"0.3 «Angstrom»\"", "is a unit of length, and energy is needed", "eV"),
    ("start = \"0.3 eV\"", "start = «\"2 eV\"»", "starts at 2, outside of its bounds 0.1 and 1", "move the bounds"),
    ("start = \"0.3 eV\"\n", "start = «\"-0.3 eV\"»\n", "`morse.Cu-Cu.d0` = -0.3 must be zero or positive", "that the potential takes"),
    ("start = \"0.3 eV\"\nbounds = [\"0.1 eV\", \"1 eV\"]", "bounds = «[\"0.5 eV\", \"1 eV\"]»", "starts at 0.35, outside of its bounds", "give a start between them"),
    ("bounds = [\"0.1 eV\", \"1 eV\"]", "bounds = «[\"1 eV\", \"0.1 eV\"]»", "the bounds 1 and 0.1 are in the wrong order", "write the least value first"),
    ("bounds = [\"0.1 eV\", \"1 eV\"]", "bounds = «[\"-1 eV\", \"1 eV\"]»", "reach where it would not be zero or positive", "begin at 0"),
    ("bounds = [\"0.1 eV\", \"1 eV\"]", "bounds = «[\"0.1 eV\"]»", "an array of two, not one of 1", "bounds = ["),
    ("bounds = [\"0.1 eV\", \"1 eV\"]", "bounds = [\"0.1 eV\", \"1 «ps»\"]", "is a unit of time, and energy is needed", "eV"),
    ("bounds = [\"0.1 eV\", \"1 eV\"]\ntransform = \"log\"", "transform = «\"bounded\"»", "needs two bounds", "both finite"),
    ("bounds = [\"0.1 eV\", \"1 eV\"]\ntransform = \"log\"", "bounds = [\"0.3 eV\", \"1 eV\"]\ntransform = \"bounded\"", "starts at 0.3, on its bound", "move the start inside"),
    ("prior = [\"0.3 eV\", \"0.1 eV\"]", "prior = [\"0.3 eV\", «0»]", "`prior` = 0 must be positive", "prior ="),
    ("select = [\"*.alpha\", \"*.r0\"]", "select = [\"*.alpha\", \"*.r0\"]\n«start» = 2.0", "have no value in common", "an entry of its own"),
    ("select = [\"*.alpha\", \"*.r0\"]", "select = \"*.alpha\"\n«tie» = \"ratio\"", "`tie` has no effect", "choose more parameters"),
    ("select = [\"*.alpha\", \"*.r0\"]", "select = [\"*.alpha\", \"*.r0\"]\ntie = \"equal\"", "have no value in common", "an entry of its own"),
    ("select = [\"*.alpha\", \"*.r0\"]", "select = \"*.alpha\"\nfixed = true\n«prior» = [1, 1]", "`prior` has no effect: the parameters are fixed", "or fixed = true"),
    // optimiser, split, output
    ("iterations = 50", "«batch» = 5", "`batch` has no effect: it belongs to adam", "take another method"),
    ("method = \"levenberg_marquardt\"", "method = \"adam\"", "`iterations` has no effect: it belongs to levenberg_marquardt, gauss_newton_cg, lbfgs", "take another method"),
    ("loss = \"huber\"\ndelta", "«delta»", "`delta` has no effect: it belongs to the loss \"huber\"", "add loss = \"huber\""),
    ("starts = 4\nspread", "starts = 1\n«spread»", "`spread` has no effect: there is one start", "add starts = 8"),
    ("iterations = 50", "iterations = «0»", "must be an integer from 1", "iterations = 100"),
    ("fraction = 0.34", "fraction = «1.2»", "`fraction` = 1.2 must be above 0 and below 1", "fraction = 0.2"),
    ("fraction = 0.34", "fraction = «0.999»", "takes all of the 6 frames", "leave frames on both sides"),
    ("fraction = 0.34", "fraction = «0.001»", "takes none of the 6 frames", "leave frames on both sides"),
    ("fraction = 0.34", "fraction = 0.34\n«tags» = [\"bulk\"]", "both choose frames", "keep one of the two"),
    ("fraction = 0.34", "tags = «[\"bulc\"]»", "no frame has the tag `bulc`", "did you mean `bulk`?"),
    ("fraction = 0.34", "tags = «[\"bulk\", \"surface\"]»", "takes all of the 6 frames", "leave frames on both sides"),
    ("fraction = 0.34\n", "", "[validation] chooses no frames", "add fraction = 0.2"),
    ("report = \"fit.html\"", "report = «\"fit.pdf\"»", "does not end with .html", "report = \"fit.html\""),
    ("potential = \"fitted.toml\"", "potential = «\"copper.extxyz\"»", "would replace", "give it another name"),
    ("report = \"fit.html\"", "checkpoint = «\"fitted.toml\"»", "the checkpoint and the potential are one file", "another name"),
    // potentials
    ("[potential.parameters.Cu]", "[potential.parameters.«Cv»]", "unknown species `Cv`", "did you mean `Cu`?"),
    ("cutoff = \"6 Angstrom\"", "cutoff = \"6 Angstrom\"\ntail = «true»", "tail corrections need a cell that is periodic", "remove `tail`"),
    ("cutoff = \"6 Angstrom\"", "cutoff = «\"6000 Angstrom\"»", "of the neighbour list", "check the units of `cutoff`"),
];

/// The range that « » marked, and the text without them.
fn marked(text: &str) -> (String, Option<(usize, usize)>) {
    let start = text.find('«');
    let text = text.replacen('«', "", 1);
    let end = text.find('»');
    (text.replacen('»', "", 1), start.zip(end))
}

fn errors_of(folder: &Folder, text: &str) -> InputErrors {
    let begin = Instant::now();
    let errors = folder.parse(text).map(|_| ()).expect_err(text);
    assert!(begin.elapsed() < Duration::from_secs(2), "took {:?}", begin.elapsed());
    errors
}

#[test]
fn every_wrong_input_shows_place_and_remedy() {
    let folder = Folder::new();
    folder.write("copper.h5md", "no HDF5");
    let mut failures = Vec::new();
    for case in CASES {
        let (text, range) = marked(&with(COPPER, case.0, case.1));
        let errors = errors_of(&folder, &text);
        let shown = errors.to_string();
        if !shown.contains(case.2) || !shown.contains(case.3) {
            failures.push(format!("{case:?}\n{shown}"));
        }
        let Some((start, end)) = range else { continue };
        let before = &text[..start];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let hit = errors.errors.iter().find(|e| errors.position(e) == (line, column));
        if !(hit.is_some_and(|e| e.at.end == end) && shown.contains(&format!("fit.toml:{line}:{column}"))) {
            failures.push(format!("{case:?}: the caret should be at {line}:{column}\n{shown}"));
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures\n{}",
        failures.len(),
        failures.join("\n\n")
    );
    assert_eq!(CASES.len() + FILES.len(), WRONG_INPUTS);
}

/// Data files: what stands in the correct file and what instead, a part of the message, the line of the file that must be
/// shown (0: none), a remedy.
type FileCase = (&'static str, &'static str, &'static str, usize, &'static str);

#[rustfmt::skip]
const FILES: &[FileCase] = &[
    ("energy=-14.0", "energy=low", "`energy` is `low`, not a finite number", 2, "correct the value"),
    ("energy=-14.0", "energy=nan", "`energy` is `nan`, not a finite number", 2, "correct the value"),
    ("energy=-14.0", "energy=\"1 2\"", "`energy` has 2 numbers", 2, "give one number"),
    ("weight=0.5", "weight=-1", "the weight is -1", 2, "zero or positive"),
    ("stress=\"0.01 0.04", "stress=\"0.04", "`stress` has 5 numbers", 8, "six: xx yy zz yz xz xy"),
    ("0.002 0.003 0.002 0.04", "0.002 0.003 0.004 0.04", "`stress` is not symmetric", 2, "order of its numbers"),
    ("stress=\"0.01 0.04", "stress=\"inf 0.04", "`stress` is `inf`", 8, "correct the value"),
    ("pbc=\"T T T\"", "pbc=\"T T F\"", "not periodic along all edges", 2, "correct pbc"),
    ("Lattice=\"3.6 0 0 0 3.6", "Lattice=\"3.6 0 0 3.6 0", "span no volume", 2, "three edges that span a volume"),
    ("Cu 0 0 0 0 0.0 0.0\n", "Cu 0 0 0 0 0.0\n", "the line has 6 columns, but 7 are needed", 3, "complete the line"),
    ("Cu 0 0 0 0 0.0 0.0\n", "Cu 0 0 0 0 0.0 nan\n", "column `forces` is nan", 3, "must be finite"),
    ("Cu 0 0 0 0 0.0 0.0\n", "", "4", 6, ""),
    ("Cu 0 0 0 0", "Cu 0 1.8 1.8 0", "atoms 0 and 1 are", 0, "remove one of them"),
    ("Cu 0 0 0 0", "Zn 0 0 0 0", "no potential covers the pair Zn-Cu", 0, "[potential.pairs.Zn-Cu]"),
    ("4\n", "0\nempty\n4\n", "copper.extxyz, frame 0 has no atoms", 1, "remove the frame"),
];

#[test]
fn wrong_data_show_their_line() {
    let folder = Folder::new();
    let mut failures = Vec::new();
    for (from, to, message, line, remedy) in FILES {
        folder.write("copper.extxyz", &with(&frames(), from, to));
        let shown = errors_of(&folder, COPPER).to_string();
        let place = if *line > 0 {
            format!("copper.extxyz:{line}:")
        } else {
            "fit.toml:".to_owned()
        };
        let named = *line == 0 || shown.contains("named by `data.file` at ");
        if !(named
            && [*message, remedy, place.as_str()]
                .iter()
                .all(|part| shown.contains(part)))
        {
            failures.push(format!("{to}\n{message}, {remedy}, {place}\n{shown}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn wrong_distributions_show_their_line() {
    let folder = Folder::new();
    let cases = [
        ("0.5 0\n1.5\n", "the line has 1 numbers", 2, "the lines above have 2"),
        ("0.5\n", "the line has 1 numbers", 1, "give r and g(r)"),
        ("0.5 0\n1.5 nan\n", "`nan` is no finite number", 2, "begin with #"),
        ("r g\n0.5 0\n", "`r` is no finite number", 1, "begin with #"),
        ("0.5 0\n1.5 1\n3.5 1\n", "the middle of bin 0 would be", 1, "h/2, 3h/2"),
        ("0 0\n1 1\n2 1\n", "the middle of bin 0 would be 0.4", 1, "h/2, 3h/2"),
        ("0.5 0 0.1\n1.5 1 0\n", "the error of g is 0", 2, "errors are positive"),
        ("# nothing\n", "holds no numbers", 0, "write lines with r"),
    ];
    for (text, message, line, remedy) in cases {
        folder.write("rdf.csv", text);
        let own = if text.contains("0.1\n") {
            with(COPPER, "rdf_sigma = 0.02\n", "")
        } else {
            COPPER.to_owned()
        };
        let shown = errors_of(&folder, &own).to_string();
        let place = if line > 0 {
            format!("rdf.csv:{line}:")
        } else {
            "fit.toml:".to_owned()
        };
        for part in [message, remedy, &place] {
            assert!(shown.contains(part), "{text}: {part}\n{shown}");
        }
    }
    // errors in the file and in the input
    folder.write("rdf.csv", "0.5 0 0.1\n");
    let shown = errors_of(&folder, COPPER).to_string();
    assert!(shown.contains("the file has errors of its own"), "{shown}");
}

#[test]
fn what_is_missing_altogether_is_said() {
    let folder = Folder::new();
    let shown = |text: &str| errors_of(&folder, text).to_string();
    let head = &COPPER[..COPPER.find("[[data]]").unwrap()];
    let tail = "[[parameters]]\nselect = \"*\"\n[output]\npotential = \"o.toml\"\n";
    let data = "[[data]]\nfile = \"copper.extxyz\"\n";
    for (middle, message, remedy) in [
        ("", "there is nothing to fit to", "add [[data]]"),
        (data, "nothing of the data is compared", "add [energy] with sigma"),
        ("[energy]\nsigma = 1\n", "there is nothing to fit to", "add [[data]]"),
        (
            "[[data]]\nfile = \"copper.extxyz\"\nframes = \"5\"\n[energy]\nsigma = 1\n",
            "copper.extxyz` has energy",
            "its first frame has comment",
        ),
        (
            "[[data]]\nfile = \"copper.extxyz\"\nframes = \"3\"\n[forces]\nsigma = 1\n",
            "has forces",
            "its first frame has energy, tag",
        ),
        (
            "[[data]]\nfile = \"copper.extxyz\"\nframes = \"3\"\n[energy]\nsigma = 1\n[stress]\nsigma = 1\n",
            "[stress] compares nothing: no frame has stress",
            "name it with the key `stress`",
        ),
        (
            "[[data]]\nfile = \"copper.extxyz\"\nforces = \"forces\"\n[energy]\nsigma = 1\n",
            "`forces` has no effect: there is no section [forces]",
            "add [forces] with a sigma",
        ),
        (
            "[[data]]\nfile = \"copper.extxyz\"\nframes = \"3\"\n[energy]\nsigma = 1\n",
            "3 variables are to be fitted to 1 numbers",
            "give priors, or add data",
        ),
        (
            "[[data]]\nfile = \"copper.extxyz\"\n[energy]\nsigma = 1\nreference = \"given\"\n",
            "no energy is given for an isolated atom of Cu",
            "add references.Cu to [energy]",
        ),
        (
            "[[data]]\nfile = \"copper.extxyz\"\n[energy]\nsigma = 1\nreferences = { Cu = 1 }\n",
            "`references` has no effect",
            "reference = \"given\"",
        ),
        (
            "[[crystal]]\nlattice = \"fcc\"\nspecies = \"Cu\"\nlattice_constant = 3.6\nlattice_constant_sigma = 1\n\
             [validation]\nfraction = 0.5\n",
            "[validation] has no frames to choose from",
            "add [[data]]",
        ),
        (
            "[[simulation]]\nstructure = { file = \"trimer.xyz\" }\ntemperature = 10\ntimestep = 1\n",
            "[[simulation]] has nothing to compare",
            "add one of `energy`, `pressure`, `rdf`",
        ),
    ] {
        let shown = shown(&format!("{head}{middle}{tail}"));
        assert!(shown.contains(message) && shown.contains(remedy), "{middle}\n{shown}");
    }
    let nothing = with(COPPER, "reference = \"fit\"\nreferences = { Cu = \"-1 eV\" }\n", "");
    let from = nothing.find("[[parameters]]").unwrap();
    let to = nothing.find("[optimizer]").unwrap();
    let text = format!("{}{}", &nothing[..from], &nothing[to..]);
    let shown = shown(&text);
    assert!(
        shown.contains("nothing is fitted") && shown.contains("add [[parameters]]"),
        "{shown}"
    );
}

#[test]
fn all_errors_are_shown_at_once() {
    let folder = Folder::new();
    folder.write("copper.extxyz", &with(&frames(), "energy=-14.0", "energy=low"));
    let text = with(COPPER, "r0 = \"2.87 Angstrom\"", "r0 = \"2.87 eV\"");
    let text = with(&text, "\"900 K\"", "\"900 bar\"");
    let text = with(&text, "fraction = 0.34", "fraction = 2");
    let text = with(&text, "fit.html", "fit.txt");
    let shown = errors_of(&folder, &text).to_string();
    for part in ["2.87 eV", "900 bar", "`fraction` = 2", "fit.txt", "`energy` is `low`"] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    assert!(shown.ends_with("error: 5 errors; nothing was run"), "{shown}");
}

#[test]
fn reduced_and_real_units_do_not_mix() {
    let folder = Folder::new();
    let text = r#"
units = "lj"
[[potential]]
kind = "lj"
cutoff = 2.5
parameters.Cu = { epsilon = 1.0, sigma = 1.0 }
[[data]]
file = "copper.extxyz"
[energy]
sigma = 0.001
[[parameters]]
select = "*"
[output]
potential = "o.toml"
"#;
    assert_eq!(folder.plan(text).data[0].energy, Some(-14.0));
    let metal = with(text, "[energy]", "units = \"metal\"\n[energy]");
    let shown = errors_of(&folder, &metal).to_string();
    assert!(
        shown.contains("units = \"metal\" cannot be converted to \"lj\""),
        "{shown}"
    );
    let unit = with(text, "sigma = 0.001", "sigma = \"1 meV\"");
    let shown = errors_of(&folder, &unit).to_string();
    assert!(shown.contains("units = \"lj\" has reduced numbers only"), "{shown}");
}

/// The lines of [`COPPER`] without a key of the section, if it is there, and with another line at the section's begin.
fn replaced(section: &str, key: &str, value: &str) -> String {
    let mut out = String::new();
    let mut inside = section.is_empty();
    if inside {
        out += &format!("{key} = {value}\n");
    }
    for line in COPPER.lines() {
        let header = line.starts_with('[');
        if header {
            inside = line == section && !out.contains(&format!("{section}\n"));
        }
        let name = line.split(" = ").next().unwrap_or_default();
        if header || !inside || name != key {
            out += &format!("{line}\n");
        }
        if header && inside {
            out += &format!("{key} = {value}\n");
        }
    }
    out
}

#[test]
fn every_key_takes_every_wrong_value_without_a_panic() {
    let folder = Folder::new();
    let (mut cases, mut refused) = (0, 0);
    let mut try_all = |section: &str, keys: &[Key]| {
        let scalar = |k: &&Key| !matches!(k.kind, Kind::Section(_) | Kind::Sections(_));
        for key in keys.iter().filter(scalar) {
            for wrong in WRONG {
                cases += 1;
                let begin = Instant::now();
                if let Err(errors) = folder.parse(&replaced(section, key.name, wrong)) {
                    refused += 1;
                    assert!(errors.to_string().contains("-->"), "{errors}");
                }
                assert!(
                    begin.elapsed() < Duration::from_secs(2),
                    "{section} {} = {wrong}",
                    key.name
                );
            }
        }
    };
    try_all("", FIT);
    for key in FIT.iter().filter(|k| k.name != "potential") {
        match key.kind {
            Kind::Section(keys) => try_all(&format!("[{}]", key.name), keys),
            Kind::Sections(keys) => try_all(&format!("[[{}]]", key.name), keys),
            _ => {}
        }
    }
    assert!(cases > 1000 && refused > 900, "{cases} cases, {refused} refused");
}

#[test]
fn lines_left_out_or_doubled_cause_no_panic() {
    let folder = Folder::new();
    let without = |text: &str, k: usize| -> String {
        let lines = text.lines().enumerate().filter(|(n, _)| *n != k);
        lines.map(|(_, l)| format!("{l}\n")).collect()
    };
    let twice = |text: &str, k: usize| -> String {
        let lines = text.lines().enumerate();
        lines
            .map(|(n, l)| format!("{l}\n").repeat(1 + usize::from(n == k)))
            .collect()
    };
    for k in 0..COPPER.lines().count() {
        for text in [without(COPPER, k), twice(COPPER, k)] {
            if let Err(errors) = folder.parse(&text) {
                assert!(errors.to_string().contains("-->"), "{errors}");
            }
        }
    }
    let data = frames();
    for k in 0..data.lines().count() {
        for text in [without(&data, k), twice(&data, k)] {
            folder.write("copper.extxyz", &text);
            let shown = errors_of(&folder, COPPER).to_string();
            assert!(shown.contains("copper.extxyz:"), "{shown}");
        }
    }
}

#[test]
fn data_that_cannot_be_read_cause_no_other_errors() {
    let folder = Folder::new();
    let text = with(
        COPPER,
        "[potential.parameters.Cu]",
        "[potential.parameters.Zn]\nd0 = 1\nalpha = 1\nr0 = 1\n[potential.parameters.Cu]",
    );
    let text = with(&text, "kind = \"morse\"", "kind = \"morse\"\nmixing = \"explicit\"");
    let text = with(&text, "copper.extxyz", "missing.extxyz");
    let text = with(&text, "fraction = 0.34", "tags = [\"surface\"]");
    let shown = errors_of(&folder, &text).to_string();
    assert!(
        shown.contains("cannot read the data file") && shown.ends_with("error: 1 error; nothing was run"),
        "{shown}"
    );
}
