//! The group `/parameters`: where a run comes from, written and read back.

use super::{H5mdError, Header, Provenance};
use crate::io::h5::{H5Error, H5File, Node};
use admd_engine::Species;
use admd_potentials::form::units::UnitSystem;
use sha2::{Digest, Sha256};
use std::path::Path;

/// The precision of files from before there was a choice.
pub(super) const DOUBLE: &str = "double";

type Result<T> = std::result::Result<T, H5Error>;

/// Name, symbol and size in SI units of the units of a file, and Boltzmann's constant, as the writer used them.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// What it is: `energy`, `length`, ..., `boltzmann`.
    pub name: String,
    /// The unit's symbol.
    pub symbol: String,
    /// Its size in SI units; for `boltzmann` the value in energy/temperature of the system.
    pub value: f64,
}

/// The constants of a unit system.
///
/// ```
/// use admd::io::h5md::constants;
/// use admd_potentials::form::units::METAL;
/// let energy = &constants(&METAL)[0];
/// assert_eq!((energy.name.as_str(), energy.symbol.as_str(), energy.value), ("energy", "eV", 1.602176634e-19));
/// ```
pub fn constants(units: &UnitSystem) -> Vec<Constant> {
    let unit = |name: &str, u: admd_potentials::form::units::Unit| Constant {
        name: name.to_owned(),
        symbol: u.symbol.to_owned(),
        value: u.si,
    };
    vec![
        unit("energy", units.energy),
        unit("length", units.length),
        unit("mass", units.mass),
        unit("time", units.time),
        unit("temperature", units.temperature),
        unit("charge", units.charge),
        unit("pressure", units.pressure),
        Constant {
            name: "boltzmann".to_owned(),
            symbol: if units.is_reduced() {
                "1".to_owned()
            } else {
                format!("{}/{}", units.energy.symbol, units.temperature.symbol)
            },
            value: units.boltzmann,
        },
    ]
}

pub(super) fn write(root: &Node, header: &Header) -> Result<()> {
    let group = root.create_group("parameters")?;
    let provenance = &header.provenance;
    group.set_text("version", env!("CARGO_PKG_VERSION"))?;
    group.set_text("git", env!("ADMD_GIT"))?;
    group.set_text("rustc", env!("ADMD_RUSTC"))?;
    if let Some(title) = &header.title {
        group.set_text("title", title)?;
    }
    group.set_number("seed", header.seed)?;
    group.set_number("threads", header.threads as u64)?;
    group.set_text("isa", &header.isa)?;
    group.set_text("precision", &header.precision)?;
    group.set_texts("argv", &provenance.arguments)?;
    if let Some(path) = &provenance.input_path {
        group.set_text("input_path", &path.to_string_lossy())?;
    }
    let hash = Sha256::digest(provenance.input_text.as_bytes());
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    group.set_text("input_sha256", &hash)?;
    group.write_text("input_toml", &provenance.input_text)?;
    group.write_text("resolved_toml", &provenance.resolved_text)?;

    let units = group.create_group("units")?;
    units.set_text("name", header.units.name)?;
    let constants = constants(header.units);
    let column = |f: fn(&Constant) -> &String| constants.iter().map(|c| f(c).clone()).collect::<Vec<_>>();
    units.write_texts("constant", &column(|c| &c.name))?;
    units.write_texts("symbol", &column(|c| &c.symbol))?;
    units.write_numbers("value", &constants.iter().map(|c| c.value).collect::<Vec<_>>(), None)?;

    let species = group.create_group("species")?;
    let names: Vec<String> = header.species.iter().map(|s| s.name.clone()).collect();
    let masses: Vec<f64> = header.species.iter().map(|s| s.mass).collect();
    let numbers: Vec<i32> = header.species.iter().map(|s| s.atomic_number.into()).collect();
    let of_atom: Vec<i32> = header.atoms.iter().map(|s| i32::from(*s)).collect();
    species.write_texts("name", &names)?;
    species.write_numbers("mass", &masses, None)?;
    species.write_numbers("atomic_number", &numbers, None)?;
    species.write_numbers("of_atom", &of_atom, None)?;

    let potential = group.create_group("potential")?;
    let (names, units): (Vec<_>, Vec<_>) = header.parameters.iter().map(|(n, u, _)| (n.clone(), u.clone())).unzip();
    let values: Vec<f64> = header.parameters.iter().map(|(_, _, v)| *v).collect();
    potential.write_texts("name", &names)?;
    potential.write_texts("unit", &units)?;
    potential.write_numbers("value", &values, None)?;
    super::integrity::create(root, header, &constants, env!("CARGO_PKG_VERSION"))
}

/// The constants as the file records them.
pub(super) fn read_constants(root: &Node) -> Result<Vec<Constant>> {
    let group = root.group("parameters/units")?;
    let (names, symbols) = (group.read_texts("constant")?, group.read_texts("symbol")?);
    let values = group.read_numbers::<f64>("value")?;
    let rows = names.into_iter().zip(symbols).zip(values);
    Ok(rows
        .map(|((name, symbol), value)| Constant { name, symbol, value })
        .collect())
}

/// The header as the file records it.
pub(super) fn read(root: &Node) -> Result<Header> {
    let group = root.group("parameters")?;
    let name = group.group("units")?.text_attribute("name")?;
    let units = UnitSystem::named(&name).ok_or_else(|| H5Error(format!("the unit system `{name}` is not known")))?;
    let optional = |name: &str| group.text_attribute(name).ok();

    let names = group.read_texts("species/name")?;
    let masses = group.read_numbers::<f64>("species/mass")?;
    let numbers = group.read_numbers::<i32>("species/atomic_number")?;
    if masses.len() != names.len() || numbers.len() != names.len() {
        return Err(H5Error("the lists of species have different lengths".to_owned()));
    }
    let rows = names.into_iter().zip(masses).zip(numbers);
    let species: Vec<Species> = rows
        .map(|((name, mass), z)| Species {
            name,
            mass,
            atomic_number: z.try_into().unwrap_or(0),
        })
        .collect();
    let atom = |s: i32| u16::try_from(s).ok().filter(|s| usize::from(*s) < species.len());
    let atoms: Option<Vec<u16>> = group
        .read_numbers::<i32>("species/of_atom")?
        .into_iter()
        .map(atom)
        .collect();
    let atoms = atoms.ok_or_else(|| H5Error("an atom has a species that is not listed".to_owned()))?;

    let (names, symbols) = (group.read_texts("potential/name")?, group.read_texts("potential/unit")?);
    let values = group.read_numbers::<f64>("potential/value")?;
    let parameters = names
        .into_iter()
        .zip(symbols)
        .zip(values)
        .map(|((n, u), v)| (n, u, v))
        .collect();

    let particles = root.group(super::layout::TRAJECTORY)?;
    let boundary = particles.group("box")?.texts_attribute("boundary")?;
    let &[x, y, z] = &boundary.iter().map(|b| b == "periodic").collect::<Vec<_>>()[..] else {
        return Err(H5Error("the box has not three boundaries".to_owned()));
    };
    Ok(Header {
        units,
        title: optional("title"),
        species,
        atoms,
        periodic: [x, y, z],
        velocities: particles.has("velocity"),
        forces: particles.has("force"),
        seed: group.number_attribute("seed")?,
        threads: group.number_attribute::<u64>("threads")? as usize,
        isa: group.text_attribute("isa")?,
        precision: optional("precision").unwrap_or_else(|| DOUBLE.to_owned()),
        parameters,
        sensitivity: None,
        ensemble: None,
        adjoint: None,
        provenance: Provenance {
            input_path: optional("input_path").map(Into::into),
            input_text: group.read_text("input_toml")?,
            resolved_text: group.read_text("resolved_toml")?,
            arguments: group.texts_attribute("argv")?,
        },
    })
}

/// What built the program that wrote a file: revision, compiler, and the SHA-256 of the input text.
///
/// Entries that the file lacks, because an older version wrote it, are `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// The revision, as `git describe` names it.
    pub git: Option<String>,
    /// The compiler.
    pub rustc: Option<String>,
    /// SHA-256 of the input text, in hexadecimal.
    pub input_sha256: Option<String>,
}

impl Origin {
    /// Reads it from a trajectory.
    ///
    /// # Errors
    /// The file is missing or damaged.
    pub fn of(path: &Path) -> std::result::Result<Self, H5mdError> {
        let read = || -> Result<Self> {
            let file = H5File::open(path)?;
            let group = file.root()?.group("parameters")?;
            let optional = |name: &str| group.text_attribute(name).ok();
            Ok(Self {
                git: optional("git"),
                rustc: optional("rustc"),
                input_sha256: optional("input_sha256"),
            })
        };
        read().map_err(|e| H5mdError::Damaged {
            path: path.to_owned(),
            what: "the origin".to_owned(),
            reason: e.0,
        })
    }
}
