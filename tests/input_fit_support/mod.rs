//! A fit with everything in it, and the files that it names, in a folder of its own.
#![allow(dead_code, reason = "each test program uses its own part")]

use admd::input::{FitPlan, InputErrors, parse_fit};
use std::path::PathBuf;
use tempfile::TempDir;

pub(crate) const COPPER: &str = r#"title = "Copper"
units = "metal"
seed = 7

[[potential]]
kind = "morse"
cutoff = "6 Angstrom"

[potential.parameters.Cu]
d0 = "0.35 eV"
alpha = "1.36 Angstrom-1"
r0 = "2.87 Angstrom"

[[data]]
file = "copper.extxyz"
frames = ":"
weight = 2.0

[energy]
sigma = "1 meV"
per_atom = true
relative_to = "none"
reference = "fit"
references = { Cu = "-1 eV" }

[forces]
sigma = "50 meV/Angstrom"
compare = "components"

[stress]
sigma = "0.1 GPa"

[[crystal]]
name = "fcc Cu"
lattice = "fcc"
species = "Cu"
lattice_constant = "3.615 Angstrom"
lattice_constant_sigma = "0.001 Angstrom"
cohesive_energy = "-3.49 eV"
cohesive_energy_sigma = "1 meV"

[[relaxed]]
file = "trimer.xyz"
energy = "-4 eV"
energy_sigma = "5 meV"
distances = [[0, 1], [1, 2]]
distance_values = ["2.5 Angstrom", "2.6 Angstrom"]
distance_sigma = "0.01 Angstrom"

[[simulation]]
name = "hot"
structure = { lattice = "fcc", constant = 3.7, repeat = [2, 2, 2], species = "Cu" }
temperature = "900 K"
timestep = "2 fs"
samples = 100
pressure = "1 GPa"
pressure_sigma = "0.1 GPa"
rdf = "rdf.csv"
rdf_sigma = 0.02
rdf_bins = "smooth"

[[parameters]]
select = "morse.*.d0"
start = "0.3 eV"
bounds = ["0.1 eV", "1 eV"]
transform = "log"
prior = ["0.3 eV", "0.1 eV"]

[[parameters]]
select = ["*.alpha", "*.r0"]

[optimizer]
method = "levenberg_marquardt"
iterations = 50
loss = "huber"
delta = 2.0
starts = 4
spread = 0.4
errors = "absolute"

[validation]
fraction = 0.34

[output]
potential = "fitted.toml"
report = "fit.html"
"#;

/// A frame of four atoms of copper.
pub(crate) fn frame(a: f64, keys: &str, forces: bool) -> String {
    let sites = [[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]];
    let columns = if forces { ":forces:R:3" } else { "" };
    let mut text = format!(
        "4\nLattice=\"{a} 0 0 0 {a} 0 0 0 {a}\" Properties=species:S:1:pos:R:3{columns} {keys} pbc=\"T T T\"\n"
    );
    for (k, s) in sites.iter().enumerate() {
        text += &format!("Cu {} {} {}", a * s[0], a * s[1], a * s[2]);
        if forces {
            text += &format!(" {} 0.0 0.0", 0.01 * k as f64);
        }
        text += "\n";
    }
    text
}

/// Six frames: the stress as nine and as six numbers, tags and weights in two dialects.
pub(crate) fn frames() -> String {
    let nine = "0.01 0.002 0.003 0.002 0.04 0.005 0.003 0.005 0.06";
    let six = "0.01 0.04 0.06 0.005 0.003 0.002";
    [
        frame(
            3.6,
            &format!("energy=-14.0 stress=\"{nine}\" tag=bulk weight=0.5"),
            true,
        ),
        frame(3.61, &format!("energy=-14.1 stress=\"{six}\" tag=bulk"), true),
        frame(3.62, "energy=-14.2 config_type=surface config_weight=3", true),
        frame(3.63, "energy=-14.3 tag=bulk", false),
        frame(3.64, "tag=bulk", true),
        frame(3.65, "comment=nothing", false),
        frame(3.66, "energy=-13.9 tag=bulk", true),
    ]
    .concat()
}

pub(crate) struct Folder(pub(crate) TempDir);

impl Folder {
    /// A folder with the files of [`COPPER`].
    pub(crate) fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("copper.extxyz", &frames());
        folder.write("trimer.xyz", "3\n\nCu 0 0 0\nCu 2.5 0 0\nCu 1.2 2.1 0\n");
        folder.write("rdf.csv", "# r, g\n0.5, 0.0\n1.5, 0.2 # near\n2.5, 1.9\n");
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn parse(&self, text: &str) -> Result<FitPlan, InputErrors> {
        parse_fit(text, &self.path("fit.toml"), &[])
    }

    pub(crate) fn plan(&self, text: &str) -> FitPlan {
        self.parse(text).unwrap_or_else(|e| panic!("{e}"))
    }
}

/// The text with one part replaced, which must be there.
pub(crate) fn with(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "`{from}` is not in the input");
    text.replacen(from, to, 1)
}

/// Products and quotients of a few constants.
pub(crate) const ROUNDING: f64 = 1e-13;

pub(crate) fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= ROUNDING * a.abs().max(b.abs()).max(1e-300)
}
