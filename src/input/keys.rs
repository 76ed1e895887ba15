//! The table of keys: what an input may say. The walker checks against it and the JSON schema is printed from it, so the
//! two cannot disagree.

use admd_potentials::catalog;
use admd_potentials::form::mixing::Rule;
use admd_potentials::form::parameters::Bounds;
use admd_potentials::form::truncation::Truncation;
use admd_potentials::form::units::{Dimension, UnitSystem};

/// A key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Must it be there?
    pub presence: Presence,
    /// One line of meaning.
    pub meaning: &'static str,
    /// A valid value as TOML, in `metal` units.
    pub example: &'static str,
}

/// Must a key be there?
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Presence {
    /// Yes.
    Required,
    /// No, and nothing is assumed in its place.
    Optional,
    /// No; this TOML value is assumed.
    Default(&'static str),
}

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A string that is not empty.
    Text,
    /// A path, relative to the folder of the input.
    Path,
    /// A boolean.
    Flag,
    /// An integer between two bounds.
    Integer(i128, i128),
    /// A number without dimension.
    Number(Bounds),
    /// A number in the system's own units, or a string with a unit.
    Quantity(Dimension, Bounds),
    /// A density: of particles in reduced units, otherwise of mass or particles and always with its unit.
    Density,
    /// One of these names.
    Choice(fn() -> Vec<&'static str>),
    /// A number, or a string with a unit, whose dimension another key decides.
    Value,
    /// An array of two.
    Two(&'static Kind),
    /// An array of three.
    Three(&'static Kind),
    /// One, or an array of them.
    Some(&'static Kind),
    /// An array, perhaps empty.
    Many(&'static Kind),
    /// A table with these keys.
    Section(&'static [Key]),
    /// An array of tables with these keys.
    Sections(&'static [Key]),
    /// A table whose keys are names, with a value of this kind each.
    Named(&'static Kind),
    /// The parameters of the potential, one of which is required for each that it declares.
    Parameters,
    /// The same, with a cutoff.
    PairParameters,
}

/// The largest step number: beyond it n Δt is no longer exact.
pub(super) const MOST_STEPS: i128 = 1 << 53;

/// A table of keys: name, presence, kind, meaning and example of each.
macro_rules! keys {
    ($($name:literal $presence:expr, $kind:expr, $meaning:literal, $example:literal;)*) => {
        &[$(Key { name: $name, kind: $kind, presence: $presence, meaning: $meaning, example: $example }),*]
    };
}
pub(super) use keys;

use Kind::{
    Choice, Density, Flag, Integer, Many, Named, Number, PairParameters, Parameters, Path, Quantity, Section, Sections,
    Text, Three,
};
use Presence::{Default, Optional, Required};

const LENGTH: Kind = Quantity(Dimension::LENGTH, Bounds::Any);
pub(super) const POSITIVE_LENGTH: Kind = Quantity(Dimension::LENGTH, Bounds::Positive);
const REPEAT: Kind = Integer(1, 1_000_000);

/// The keys of an input.
pub const INPUT: &[Key] = keys! {
    "title" Optional, Text, "One line about the run.", "\"Liquid argon\"";
    "units" Required, Choice(unit_systems), "The unit system of plain numbers and of the output.", "\"metal\"";
    "seed" Default("1"), Integer(0, u64::MAX as i128), "Seed of every random number of the run.", "42";
    "structure" Required, Section(STRUCTURE), "The atoms: a structure file or a lattice.", "";
    "species" Optional, Named(&Section(SPECIES)), "What is known of a species, by its name.", "";
    "velocities" Optional, Section(VELOCITIES), "The start velocities; without this section those of the file, or zero.", "";
    "potential" Required, Sections(POTENTIAL), "The potentials; their energies are added.", "";
    "integrator" Required, Section(INTEGRATOR), "What moves the atoms.", "";
    "neighbors" Optional, Section(NEIGHBORS), "The neighbour list.", "";
    "run" Required, Section(RUN), "How long.", "";
    "output" Optional, Section(OUTPUT), "What is written.", "";
    "sensitivity" Optional, Section(SENSITIVITY), "What the trajectory is differentiated in, exactly and while it runs.", "";
};

/// The keys of a potential file.
pub const POTENTIAL_FILE: &[Key] = keys! {
    "title" Optional, Text, "One line about the potential.", "\"Argon\"";
    "units" Required, Choice(unit_systems), "The unit system of plain numbers and of the output.", "\"metal\"";
    "species" Optional, Named(&Section(SPECIES)), "What is known of a species, by its name.", "";
    "potential" Required, Sections(POTENTIAL), "The potentials; their energies are added.", "";
};

/// `[structure]`.
pub const STRUCTURE: &[Key] = keys! {
    "file" Optional, Path, "An extended XYZ file; lengths in it are in Angstrom, or in sigma with units = \"lj\".", "\"start.extxyz\"";
    "frame" Optional, Integer(-1_000_000_000, 1_000_000_000), "Frame of the file, from 0, or from -1 backwards; the last by default.", "-1";
    "lattice" Optional, Choice(lattices), "A crystal to build.", "\"fcc\"";
    "constant" Optional, POSITIVE_LENGTH, "Lattice constant a.", "\"5.26 Angstrom\"";
    "c_over_a" Optional, Number(Bounds::Positive), "Ratio c/a of the hcp lattice; sqrt(8/3) by default.", "1.633";
    "density" Optional, Density, "Density instead of the lattice constant: of particles in reduced units, else of mass or of particles.", "\"1.374 g/cm3\"";
    "repeat" Optional, Three(&REPEAT), "Unit cells along each edge.", "[6, 6, 6]";
    "species" Optional, Kind::Some(&Text), "The species, or a list that is dealt out over the atoms of the unit cell in equal blocks.", "\"Ar\"";
    "composition" Optional, Named(&Number(Bounds::NonNegative)), "A random mixture instead of `species`: fractions that sum to 1.", "{ Ar = 0.8, Kr = 0.2 }";
    "perturbation" Optional, Quantity(Dimension::LENGTH, Bounds::NonNegative), "Each coordinate is displaced at random by up to this.", "\"0.05 Angstrom\"";
    "shear" Optional, Three(&Number(Bounds::Any)), "Shears xy, xz, yz of the lattice and its cell: x += xy y + xz z, y += yz z.", "[0.1, 0.0, 0.0]";
    "edges" Optional, Three(&Three(&LENGTH)), "The three edge vectors of the whole cell: the lattice is stretched to fill it; for a file without a cell they are its cell.", "[[20.0, 0.0, 0.0], [0.0, 20.0, 0.0], [0.0, 0.0, 20.0]]";
    "periodic" Optional, Three(&Flag), "Which edges are periodic; by default as the file says, and all for a lattice.", "[true, true, true]";
};

/// `[species.X]`.
pub const SPECIES: &[Key] = keys! {
    "mass" Optional, Quantity(Dimension::MASS, Bounds::Positive), "Mass of one atom; by default the standard atomic weight, and 1 in reduced units.", "\"39.95 u\"";
};

/// `[velocities]`.
pub const VELOCITIES: &[Key] = keys! {
    "temperature" Required, Quantity(Dimension::TEMPERATURE, Bounds::NonNegative), "Temperature of the Maxwell-Boltzmann velocities: drift is removed, then they are scaled to it exactly.", "\"94.4 K\"";
};

/// `[[potential]]`.
pub const POTENTIAL: &[Key] = keys! {
    "file" Optional, Path, "A potential file whose potentials are taken; then no other key is allowed.", "\"argon.toml\"";
    "kind" Optional, Choice(potentials), "The potential.", "\"lj\"";
    "label" Optional, Text, "First part of the names of its parameters; the kind by default.", "\"lj\"";
    "cutoff" Optional, POSITIVE_LENGTH, "Distance beyond which atoms do not interact.", "\"8.5 Angstrom\"";
    "truncation" Default("\"switched\""), Choice(truncations), "How the energy is brought to zero at the cutoff.", "\"switched\"";
    "onset" Optional, POSITIVE_LENGTH, "Where the switch begins; 0.9 of the cutoff by default. Pairs with a cutoff of their own switch at the same fraction.", "\"7.65 Angstrom\"";
    "tail" Default("false"), Flag, "Add the energy and virial that a uniform fluid has beyond the cutoff.", "false";
    "mixing" Default("\"arithmetic\""), Choice(mixing_rules), "Parameters of unlike species that are not given.", "\"arithmetic\"";
    "parameters" Optional, Named(&Parameters), "Parameters between atoms of one species, by its name.", "";
    "pairs" Optional, Named(&PairParameters), "Parameters between two species, by their names as in Ar-Kr.", "";
    "exclude" Default("[]"), Many(&Text), "Pairs that this potential leaves out, as in [\"Ar-Kr\"].", "[]";
};

/// `[integrator]`.
pub const INTEGRATOR: &[Key] = keys! {
    "kind" Default("\"velocity_verlet\""), Choice(integrators), "The equations of motion and their discretisation.", "\"velocity_verlet\"";
    "timestep" Required, Quantity(Dimension::TIME, Bounds::Positive), "Time step.", "\"2 fs\"";
    "reversible" Default("false"), Flag, "Positions, velocities and forces on a grid of numbers on which every sum is exact: the run can be undone step by step, to the last bit.", "false";
};

/// `[neighbors]`.
pub const NEIGHBORS: &[Key] = keys! {
    "skin" Optional, Quantity(Dimension::LENGTH, Bounds::NonNegative), "Thickness of the shell by which the list exceeds the cutoff: affects the speed only. 1 Angstrom by default, 0.3 in reduced units.", "\"1 Angstrom\"";
};

/// `[run]`.
pub const RUN: &[Key] = keys! {
    "steps" Required, Integer(0, MOST_STEPS), "Number of steps.", "5000";
    "precision" Default("\"double\""), Choice(precisions), "Digits of forces and energies: \"mixed\" takes pairs, and the sum over one atom's neighbours, in f32 on positions relative to the middle of about 500 atoms; every other sum and the state stay in f64. Forces are then good to about 6 digits of the largest pair force, energies to 1e-6.", "\"double\"";
};

/// `[output]`.
pub const OUTPUT: &[Key] = keys! {
    "trajectory" Optional, Path, "The trajectory, an H5MD file; its name ends with .h5md.", "\"argon.h5md\"";
    "every" Optional, Integer(1, MOST_STEPS), "Steps between frames; 100 by default.", "100";
    "velocities" Optional, Flag, "Write velocities; true by default.", "true";
    "forces" Optional, Flag, "Write forces; false by default.", "false";
    "overwrite" Optional, Flag, "May an existing file be replaced? false by default.", "false";
    "thermo_every" Default("100"), Integer(0, MOST_STEPS), "Steps between rows of thermodynamics; 0 for none.", "100";
};

/// `[sensitivity]`.
pub const SENSITIVITY: &[Key] = keys! {
    "parameters" Required, Kind::Some(&Text), "What to differentiate in, by name with * and ?: parameters of the potentials, integrator.timestep, velocities.temperature, species.X.mass (start velocities stay as they are), structure.strain.xx (yy, zz, xy, xz, yz, all).", "[\"lj.*.epsilon\", \"integrator.timestep\"]";
    "estimators" Default("[\"tangent\"]"), Kind::Some(&Choice(estimators)), "How: \"tangent\" is the derivative of this trajectory, which rides along; \"ensemble\" is that of equilibrium averages, from their fluctuations, in parameters of the potentials; \"adjoint\" is the gradient of one loss over the run.", "[\"tangent\"]";
    "every" Optional, Integer(1, MOST_STEPS), "Steps between frames of dr/dtheta and dv/dtheta; that of the trajectory by default. Derivatives of observables come with the thermodynamics.", "100";
    "velocities" Optional, Flag, "Write dv/dtheta, too; true by default.", "true";
    "ensemble" Optional, Section(ENSEMBLE), "Derivatives of equilibrium averages, from the fluctuations of the run.", "";
    "adjoint" Optional, Section(ADJOINT), "The gradient of a loss over the whole run, backwards: in all parameters and the whole start at once.", "";
};

/// `[sensitivity.adjoint]`.
pub const ADJOINT: &[Key] = keys! {
    "loss" Required, Choice(losses), "The loss: a mean (potential_energy, pressure, temperature), the mean square distance to a reference trajectory: of the last positions to its last frame, whatever its time (end_distance), or of all at the times of its frames (path_distance), or that of the radial distribution functions (rdf_distance).", "\"potential_energy\"";
    "reference" Optional, Path, "The reference of a distance, an H5MD file in the same units.", "\"reference.h5md\"";
    "every" Optional, Integer(1, MOST_STEPS), "Steps between states of a mean; thermo_every by default.", "10";
    "after" Optional, Integer(0, MOST_STEPS), "The first step that counts in a mean; 0 by default.", "1000";
    "memory" Optional, Text, "What states may take on the way back; those that do not fit are computed again. \"1 GB\" by default; none are kept where reversible = true.", "\"512 MB\"";
    "rdf_range" Optional, POSITIVE_LENGTH, "How far the radial distribution function goes; half of the cell by default.", "\"10 Angstrom\"";
    "rdf_bins" Optional, Integer(1, 10_000), "Its bins; 50 by default.", "50";
};

/// `[sensitivity.ensemble]`.
pub const ENSEMBLE: &[Key] = keys! {
    "every" Optional, Integer(1, MOST_STEPS), "Steps between samples; 25 by default, and 100 with a radial distribution function.", "20";
    "after" Optional, Integer(0, MOST_STEPS), "Steps before the first sample, in which the run comes to equilibrium; a tenth of the run by default.", "1000";
    "observables" Optional, Kind::Some(&Choice(observables)), "What is averaged and differentiated; by default potential energy, pressure, temperature and heat capacity.", "[\"pressure\", \"rdf\"]";
    "rdf_range" Optional, POSITIVE_LENGTH, "How far the radial distribution function goes; one and a half cutoffs by default, but no more than half of the cell.", "\"10 Angstrom\"";
    "rdf_bins" Optional, Integer(1, 10_000), "Its bins, which are smooth: a pair adds to three of them; 50 by default.", "50";
    "profile_axis" Optional, Choice(axes), "The edge of the cell along which the density is taken: x is the first; z by default.", "\"z\"";
    "profile_bins" Optional, Integer(3, 10_000), "Bins of the density profile; 50 by default.", "50";
};

pub(super) fn unit_systems() -> Vec<&'static str> {
    UnitSystem::ALL.iter().map(|u| u.name).collect()
}

pub(super) fn lattices() -> Vec<&'static str> {
    super::lattice::Lattice::ALL.iter().map(|l| l.name()).collect()
}

fn potentials() -> Vec<&'static str> {
    catalog::PAIRS.iter().map(|info| info.name).collect()
}

fn truncations() -> Vec<&'static str> {
    Truncation::NAMES.to_vec()
}

fn mixing_rules() -> Vec<&'static str> {
    Rule::NAMES.to_vec()
}

fn precisions() -> Vec<&'static str> {
    super::PRECISIONS.iter().map(|(name, _)| *name).collect()
}

fn integrators() -> Vec<&'static str> {
    vec!["velocity_verlet"]
}

fn estimators() -> Vec<&'static str> {
    vec![
        super::sensitivity::TANGENT,
        super::sensitivity::ENSEMBLE,
        super::sensitivity::ADJOINT,
    ]
}

fn losses() -> Vec<&'static str> {
    super::adjoint::LOSSES.iter().map(|(name, _)| *name).collect()
}

fn observables() -> Vec<&'static str> {
    crate::sensitivity::Observable::ALL.iter().map(|o| o.name()).collect()
}

fn axes() -> Vec<&'static str> {
    super::ensemble::AXES.to_vec()
}

/// Keys of a section that this version does not know yet, with what to say about them.
pub(super) const NOT_YET_IN: &[(&str, &str, &str)] = &[
    (
        "[[crystal]]",
        "elastic",
        "elastic constants are not implemented in this version: give stresses of strained crystals as [[data]]",
    ),
    (
        "[[crystal]]",
        "bulk",
        "the bulk modulus is not implemented in this version: give energies of strained crystals as [[data]]",
    ),
    (
        "[[simulation]]",
        "density",
        "barostats are not implemented in this version: build the structure with the density, and give the pressure",
    ),
];

/// Words that other programs know and this one does not yet, with what to say about them.
pub(super) const NOT_YET: &[(&str, &str)] = &[
    (
        "thermostat",
        "thermostats are not implemented in this version, which runs at constant energy",
    ),
    (
        "barostat",
        "barostats are not implemented in this version, which runs at constant volume",
    ),
    ("constraints", "constraints are not implemented in this version"),
    (
        "bonds",
        "bonded terms are not implemented in this version: potentials act between all pairs of atoms",
    ),
    ("charges", "charges are not implemented in this version"),
    (
        "langevin",
        "thermostats are not implemented in this version, which runs at constant energy",
    ),
    (
        "nose_hoover",
        "thermostats are not implemented in this version, which runs at constant energy",
    ),
    (
        "npt",
        "barostats are not implemented in this version, which runs at constant volume",
    ),
    (
        "nvt",
        "thermostats are not implemented in this version, which runs at constant energy",
    ),
    (
        "restart",
        "give a structure file with velocities as `file` in [structure]",
    ),
];
