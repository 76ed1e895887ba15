//! The table of keys of a fit; see [`crate::input::keys`].

use super::rdf_bins::RDF_BINS;
use crate::fit::{ErrorModel, Method, Robust, Transform};
use crate::input::keys::{
    Key, Kind, MOST_STEPS, POSITIVE_LENGTH, POTENTIAL, Presence, SPECIES, STRUCTURE, keys, lattices, unit_systems,
};
use Kind::{Choice, Flag, Integer, Many, Named, Number, Path, Quantity, Section, Sections, Text, Two, Value};
use Presence::{Default, Optional, Required};
use admd_potentials::form::parameters::Bounds;
use admd_potentials::form::units::Dimension;

const ANY_ENERGY: Kind = Quantity(Dimension::ENERGY, Bounds::Any);
const POSITIVE_ENERGY: Kind = Quantity(Dimension::ENERGY, Bounds::Positive);
const WEIGHT: Kind = Number(Bounds::NonNegative);
const COUNT: Kind = Integer(1, 1_000_000_000);
const ATOM: Kind = Integer(0, 1_000_000_000);

/// The keys of a fit.
pub const FIT: &[Key] = keys! {
    "title" Optional, Text, "One line about the fit.", "\"Copper from EMT\"";
    "units" Required, Choice(unit_systems), "The unit system of plain numbers and of the output.", "\"metal\"";
    "seed" Default("1"), Integer(0, u64::MAX as i128), "Seed of every random number of the fit.", "42";
    "species" Optional, Named(&Section(SPECIES)), "What is known of a species, by its name.", "";
    "potential" Required, Sections(POTENTIAL), "The potentials, with the parameters to start from; their energies are added.", "";
    "data" Optional, Sections(DATA), "Files of frames with energies, forces and stresses.", "";
    "energy" Optional, Section(ENERGY), "Compare the energies of frames.", "";
    "forces" Optional, Section(FORCES), "Compare the forces of frames.", "";
    "stress" Optional, Section(STRESS), "Compare the stresses of frames.", "";
    "crystal" Optional, Sections(CRYSTAL), "A crystal whose lattice constant or cohesive energy is known.", "";
    "relaxed" Optional, Sections(RELAXED), "A structure that is relaxed in its cell, and whose energy or distances are known.", "";
    "simulation" Optional, Sections(SIMULATION), "A simulation whose averages are known; it is reweighted, and done anew when that says too little.", "";
    "parameters" Optional, Sections(PARAMETERS), "Which parameters are fitted; the others stay as they are.", "";
    "optimizer" Optional, Section(OPTIMIZER), "How the loss is minimised.", "";
    "validation" Optional, Section(VALIDATION), "Frames that are not fitted to, only compared.", "";
    "output" Required, Section(OUTPUT), "What is written.", "";
};

/// `[[data]]`.
pub const DATA: &[Key] = keys! {
    "file" Required, Path, "Frames as extended XYZ, or a trajectory whose name ends with .h5md.", "\"copper.extxyz\"";
    "frames" Default("\":\""), Text, "Frames from A up to but without B, every C-th, as A:B:C; negative numbers count from the end, one number is one frame.", "\"::10\"";
    "tag" Optional, Text, "What the frames are counted under; by default their key `tag`, or `config_type`.", "\"bulk\"";
    "weight" Default("1.0"), WEIGHT, "Weight of their rows, times their key `weight`, or `config_weight`, where they have one.", "1.0";
    "units" Optional, Choice(unit_systems), "Unit system of the numbers in an XYZ file: energy, energy/length, energy/length3. \"metal\" by default, as ASE writes; \"lj\" with units = \"lj\".", "\"metal\"";
    "energy" Optional, Text, "Name of the key with the energy of all atoms; `energy` by default.", "\"energy\"";
    "forces" Optional, Text, "Name of the columns with the forces; `forces` by default.", "\"forces\"";
    "stress" Optional, Text, "Name of the key with the stress, positive under tension: nine numbers, or six as xx yy zz yz xz xy; `stress` by default.", "\"stress\"";
    "virial" Optional, Text, "Name of the key with the virial, -volume times the stress, instead; `virial` by default.", "\"virial\"";
    "energy_per_atom" Optional, Flag, "Is that energy one of an atom? false by default.", "false";
};

/// `[energy]`.
pub const ENERGY: &[Key] = keys! {
    "sigma" Required, POSITIVE_ENERGY, "Error of the energies, an atom where per_atom = true.", "\"1 meV\"";
    "per_atom" Default("true"), Flag, "Compare energies an atom, so that large frames weigh no more than small ones.", "true";
    "relative_to" Default("\"none\""), Choice(relatives), "Compare differences from the frame of the lowest energy: of its tag, or of all.", "\"none\"";
    "reference" Default("\"none\""), Choice(references), "Energies of isolated atoms, which are added to the potential: none, fitted, or as given.", "\"none\"";
    "references" Optional, Named(&ANY_ENERGY), "These energies by species, or where their fit starts; 0 by default.", "{ Cu = \"-3.5 eV\" }";
};

/// `[forces]`.
pub const FORCES: &[Key] = keys! {
    "sigma" Required, Value, "Error of a component of a force, or of a direction, which is a pure number.", "\"50 meV/Angstrom\"";
    "compare" Default("\"components\""), Choice(compared), "Compare components, or directions only, whatever the size.", "\"components\"";
    "softening" Optional, Quantity(Dimension::FORCE, Bounds::Positive), "Directions are F/sqrt(F^2 + softening^2), which has a gradient at F = 0; observed forces below ten times this are left out. 1e-6 in the unit of forces by default; larger than that, directions begin to know sizes.", "\"1 meV/Angstrom\"";
};

/// `[stress]`.
pub const STRESS: &[Key] = keys! {
    "sigma" Required, Quantity(Dimension::PRESSURE, Bounds::Positive), "Error of a component of the stress.", "\"0.1 GPa\"";
};

/// `[[crystal]]`.
pub const CRYSTAL: &[Key] = keys! {
    "name" Optional, Text, "Its name in the report; made from lattice and species by default.", "\"fcc Cu\"";
    "tag" Optional, Text, "What it is counted under.", "\"bulk\"";
    "weight" Default("1.0"), WEIGHT, "Weight of its rows.", "1.0";
    "lattice" Required, Choice(lattices), "The crystal.", "\"fcc\"";
    "species" Required, Kind::Some(&Text), "The species, or a list that is dealt out over the atoms of the unit cell in equal blocks.", "\"Cu\"";
    "constant" Optional, POSITIVE_LENGTH, "Lattice constant a from which the search starts; lattice_constant by default.", "\"3.6 Angstrom\"";
    "c_over_a" Optional, Number(Bounds::Positive), "Ratio c/a of the hcp lattice, which is kept; sqrt(8/3) by default.", "1.633";
    "lattice_constant" Optional, POSITIVE_LENGTH, "What a should be.", "\"3.615 Angstrom\"";
    "lattice_constant_sigma" Optional, POSITIVE_LENGTH, "Its error.", "\"0.001 Angstrom\"";
    "cohesive_energy" Optional, ANY_ENERGY, "What the energy of an atom should be, relative to isolated atoms: negative when bound.", "\"-3.49 eV\"";
    "cohesive_energy_sigma" Optional, POSITIVE_ENERGY, "Its error.", "\"1 meV\"";
};

/// `[[relaxed]]`.
pub const RELAXED: &[Key] = keys! {
    "name" Optional, Text, "Its name in the report; that of the file by default.", "\"vacancy\"";
    "tag" Optional, Text, "What it is counted under.", "\"defects\"";
    "weight" Default("1.0"), WEIGHT, "Weight of its rows.", "1.0";
    "file" Required, Path, "An extended XYZ file with the start of the relaxation; lengths in it are in Angstrom, or in sigma with units = \"lj\".", "\"vacancy.extxyz\"";
    "frame" Optional, Integer(-1_000_000_000, 1_000_000_000), "Frame of the file, from 0, or from -1 backwards; the last by default.", "-1";
    "force" Optional, Quantity(Dimension::FORCE, Bounds::Positive), "The largest force that is left; 1e-8 in the unit of forces by default.", "\"1e-8 eV/Angstrom\"";
    "energy" Optional, ANY_ENERGY, "What the energy of all atoms should be, with the reference energies of [energy].", "\"-10 eV\"";
    "energy_sigma" Optional, POSITIVE_ENERGY, "Its error.", "\"5 meV\"";
    "distances" Optional, Many(&Two(&ATOM)), "Pairs of atoms, counted from 0, whose distance is known: the shortest over periodic images.", "[[0, 1]]";
    "distance_values" Optional, Many(&POSITIVE_LENGTH), "What these distances should be.", "[\"2.5 Angstrom\"]";
    "distance_sigma" Optional, POSITIVE_LENGTH, "Their error.", "\"0.01 Angstrom\"";
};

/// `[[simulation]]`.
pub const SIMULATION: &[Key] = keys! {
    "name" Optional, Text, "Its name in the report; its number by default.", "\"liquid\"";
    "tag" Optional, Text, "What it is counted under.", "\"liquid\"";
    "weight" Default("1.0"), WEIGHT, "Weight of its rows.", "1.0";
    "structure" Required, Section(STRUCTURE), "The atoms: a structure file or a lattice.", "";
    "temperature" Required, Quantity(Dimension::TEMPERATURE, Bounds::Positive), "Temperature.", "\"94.4 K\"";
    "timestep" Required, Quantity(Dimension::TIME, Bounds::Positive), "Time step.", "\"5 fs\"";
    "skin" Optional, Quantity(Dimension::LENGTH, Bounds::NonNegative), "Thickness of the shell by which the neighbour list exceeds the cutoff: affects the speed only. 1 Angstrom by default, 0.3 in reduced units.", "\"1 Angstrom\"";
    "equilibration" Default("2000"), Integer(0, MOST_STEPS), "Steps before the first sample.", "2000";
    "samples" Default("500"), Integer(2, 10_000_000), "Number of samples.", "500";
    "every" Default("20"), Integer(1, MOST_STEPS), "Steps between samples.", "20";
    "least" Default("0.5"), Number(Bounds::Positive), "The least effective number of samples, as a fraction of them: below it the simulation is done anew.", "0.5";
    "energy" Optional, ANY_ENERGY, "What the mean potential energy of an atom should be, without reference energies.", "\"-0.06 eV\"";
    "energy_sigma" Optional, POSITIVE_ENERGY, "Its error.", "\"0.1 meV\"";
    "pressure" Optional, Quantity(Dimension::PRESSURE, Bounds::Any), "What the mean pressure should be.", "\"1 bar\"";
    "pressure_sigma" Optional, Quantity(Dimension::PRESSURE, Bounds::Positive), "Its error.", "\"10 bar\"";
    "rdf" Optional, Path, "A text file with what g(r) should be: columns r, g and perhaps the error of g, in the unit of lengths; r are the middles of equal bins from 0 on.", "\"argon_rdf.csv\"";
    "rdf_sigma" Optional, Number(Bounds::Positive), "Error of g where the file has no such column.", "0.02";
    "rdf_bins" Default("\"histogram\""), Choice(rdf_bins), "What the numbers of the file are: \"histogram\", pairs in sharp bins, as most programs count; \"curve\", g at the middles of the bins; both are brought to the smooth bins in which this program counts, for which the last line is used up. \"smooth\", such bins already.", "\"curve\"";
    "rdf_pair" Optional, Two(&Text), "The species of the two atoms of g(r); all by default.", "[\"Ar\", \"Ar\"]";
};

/// `[[parameters]]`.
pub const PARAMETERS: &[Key] = keys! {
    "select" Required, Kind::Some(&Text), "Which parameters, by name with * and ?: those of the potentials, and reference.X where [energy] has reference = \"fit\".", "\"lj.*.epsilon\"";
    "start" Optional, Value, "The value to start from; that in the potential by default.", "\"0.2 eV\"";
    "bounds" Optional, Two(&Value), "The least and the largest value, which may be -inf and inf; by default all that the potential takes.", "[\"0.1 eV\", \"1 eV\"]";
    "transform" Optional, Choice(transforms), "What the optimiser moves: the value, its logarithm, or a number that maps to the range between the bounds; \"log\" by default where the parameter must be positive.", "\"log\"";
    "prior" Optional, Two(&Value), "What is known beforehand: mean and standard deviation.", "[\"0.3 eV\", \"0.1 eV\"]";
    "tie" Default("\"none\""), Choice(ties), "Are the chosen parameters one variable? \"equal\": they have one value; \"ratio\": they keep the ratios of their start, and have no start, bounds or prior of their own.", "\"none\"";
    "fixed" Default("false"), Flag, "Are they kept as they are, although an entry above chooses them?", "false";
};

/// `[optimizer]`.
pub const OPTIMIZER: &[Key] = keys! {
    "method" Default("\"levenberg_marquardt\""), Choice(methods), "The optimiser: for few variables, for many, for any loss, or on batches.", "\"levenberg_marquardt\"";
    "iterations" Optional, COUNT, "The most steps; 100 by default.", "100";
    "tolerance" Optional, Number(Bounds::Positive), "The step of a variable that is small enough to stop; 1e-10 by default.", "1e-10";
    "inner" Optional, COUNT, "The most iterations of conjugate gradients a step of gauss_newton_cg; 50 by default.", "50";
    "history" Optional, Integer(1, 1000), "Steps that lbfgs remembers; 10 by default.", "10";
    "epochs" Optional, COUNT, "How many times adam sees all data; 100 by default.", "100";
    "rate" Optional, Number(Bounds::Positive), "Length of the first steps of adam; 0.01 by default.", "0.01";
    "batch" Optional, COUNT, "Frames a batch of adam; 8 by default.", "8";
    "loss" Default("\"square\""), Choice(losses), "What a residual adds: half of its square, or beyond delta as much more as it is larger.", "\"square\"";
    "delta" Optional, Number(Bounds::Positive), "Where the loss \"huber\" turns linear, in units of sigma; 1.5 by default.", "1.5";
    "starts" Optional, Integer(1, 10_000), "Number of starts: the given one, and others drawn around it; the least loss is taken. 8 by default, 1 for \"adam\" and with simulations.", "8";
    "spread" Optional, Number(Bounds::Positive), "How far the others are drawn: within a factor of 1 + spread of the start; 1 by default.", "0.5";
    "errors" Default("\"scaled\""), Choice(errors), "What the errors of the parameters assume: \"scaled\", that every sigma is right up to one common factor; \"absolute\", that it is right; \"sandwich\", neither.", "\"scaled\"";
};

/// `[validation]`.
pub const VALIDATION: &[Key] = keys! {
    "fraction" Optional, Number(Bounds::Positive), "How many of the frames, chosen by the seed.", "0.2";
    "tags" Optional, Kind::Some(&Text), "The frames with these tags, instead.", "[\"surface\"]";
};

/// `[output]`.
pub const OUTPUT: &[Key] = keys! {
    "potential" Required, Path, "The fitted potential, a potential file.", "\"fitted.toml\"";
    "report" Optional, Path, "The report, a page whose name ends with .html.", "\"fit.html\"";
    "checkpoint" Optional, Path, "Where an interrupted fit can go on from; the name of the potential with .checkpoint.toml by default.", "\"fit.checkpoint\"";
    "overwrite" Default("false"), Flag, "May existing files be replaced?", "false";
};

/// Energies relative to which frame.
pub(in crate::input) const RELATIVES: [&str; 3] = ["none", "tag", "all"];
/// Energies of isolated atoms.
pub(in crate::input) const REFERENCES: [&str; 3] = ["none", "fit", "given"];
/// How forces are compared.
pub(in crate::input) const COMPARED: [&str; 2] = ["components", "direction"];
/// How chosen parameters belong together.
pub(in crate::input) const TIES: [&str; 3] = ["none", "equal", "ratio"];

fn relatives() -> Vec<&'static str> {
    RELATIVES.to_vec()
}

fn references() -> Vec<&'static str> {
    REFERENCES.to_vec()
}

fn compared() -> Vec<&'static str> {
    COMPARED.to_vec()
}

fn rdf_bins() -> Vec<&'static str> {
    RDF_BINS.to_vec()
}

fn ties() -> Vec<&'static str> {
    TIES.to_vec()
}

fn transforms() -> Vec<&'static str> {
    Transform::NAMES.to_vec()
}

fn methods() -> Vec<&'static str> {
    Method::NAMES.to_vec()
}

fn losses() -> Vec<&'static str> {
    Robust::NAMES.to_vec()
}

fn errors() -> Vec<&'static str> {
    ErrorModel::NAMES.to_vec()
}
