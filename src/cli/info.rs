//! `admd info`: what a file is, in what units, and where it comes from.

use crate::io::h5md::{Constant, H5mdError, Origin, Trajectory, constants};
use crate::io::xyz::{XyzError, XyzReader};
use admd_potentials::form::units::UnitSystem;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Show what a file holds: atoms, frames, units, parameters, provenance.
///
/// `admd info units` shows the constants of the unit systems instead.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  admd info run.h5md
  admd info start.extxyz --json
  admd info units")]
pub struct InfoArgs {
    /// A trajectory (.h5md) or an extended XYZ file; or the word `units`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub json: bool,
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum InfoError {
    /// A trajectory that cannot be read.
    #[error(transparent)]
    H5md(#[from] H5mdError),
    /// A structure that cannot be read.
    #[error(transparent)]
    Xyz(#[from] XyzError),
    /// Neither.
    #[error("cannot tell what {} is; give an .h5md, .xyz or .extxyz file, or the word `units`", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
    },
}

/// The text to print on stdout.
///
/// # Errors
/// What is wrong with the file.
pub fn run(args: &InfoArgs) -> Result<String, InfoError> {
    let value = describe(&args.file)?;
    Ok(if args.json {
        format!("{value:#}\n")
    } else {
        to_text(&value)
    })
}

/// What there is to say about a file, as JSON.
///
/// # Errors
/// What is wrong with the file.
pub fn describe(file: &Path) -> Result<Value, InfoError> {
    if file == Path::new("units") {
        return Ok(units());
    }
    let hdf5 = {
        use std::io::Read;
        let mut signature = [0; 8];
        std::fs::File::open(file)
            .and_then(|mut f| f.read_exact(&mut signature))
            .is_ok()
            && signature == *b"\x89HDF\r\n\x1a\n"
    };
    let extension = file
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default()
        .to_ascii_lowercase();
    match extension.as_str() {
        _ if hdf5 => trajectory(file),
        "h5md" | "h5" => trajectory(file),
        "xyz" | "extxyz" => structure(file),
        _ => Err(InfoError::Unknown { path: file.to_owned() }),
    }
}

fn constant(c: &Constant) -> (String, Value) {
    (c.name.clone(), json!({ "symbol": c.symbol, "value": c.value }))
}

fn units() -> Value {
    let system = |u: &&UnitSystem| {
        let mut all: serde_json::Map<String, Value> = constants(u).iter().map(constant).collect();
        all.insert(
            "internal_time".into(),
            json!({ "symbol": u.time.symbol, "value": u.coherent_time() }),
        );
        all.insert(
            "internal_pressure".into(),
            json!({ "symbol": u.pressure.symbol, "value": u.coherent_pressure() }),
        );
        (u.name.to_owned(), Value::Object(all))
    };
    let systems: serde_json::Map<String, Value> = UnitSystem::ALL.iter().map(system).collect();
    json!({
        "kind": "unit systems",
        "note": "value: size in SI units; boltzmann: energy/temperature; internal: size of the coherent unit in the \
                 unit of input and output",
        "systems": systems,
    })
}

fn trajectory(file: &Path) -> Result<Value, InfoError> {
    let t = Trajectory::open(file)?;
    let header = t.header();
    let units = header.units;
    let first = if t.is_empty() { None } else { Some(t.frame(0)?) };
    let span = |list: &[f64]| list.first().zip(list.last()).map(|(a, b)| vec![*a, *b]);
    let steps = t.steps().first().zip(t.steps().last()).map(|(a, b)| vec![*a, *b]);
    let count = |k: usize| header.atoms.iter().filter(|s| usize::from(**s) == k).count();
    let species =
        header.species.iter().enumerate().map(
            |(k, s)| json!({ "name": s.name, "atoms": count(k), "mass": s.mass, "atomic_number": s.atomic_number }),
        );
    let parameters = header.parameters.iter();
    let provenance = &header.provenance;
    let origin = Origin::of(file)?;
    Ok(json!({
        "kind": "trajectory (H5MD 1.1)",
        "file": file.display().to_string(),
        "bytes": std::fs::metadata(file).map(|m| m.len()).ok(),
        "finished": t.finished(),
        "title": header.title,
        "atoms": header.atoms.len(),
        "species": species.collect::<Vec<_>>(),
        "frames": t.len(),
        "thermo_rows": t.thermo()?.len(),
        "steps": steps,
        "time": span(t.times()),
        "time_unit": units.time.symbol,
        "velocities": header.velocities,
        "forces": header.forces,
        "periodic": header.periodic,
        "cell": first.map(|f| f.edges.map(|e| [e.x, e.y, e.z])),
        "units": units.name,
        "constants": t.constants()?.iter().map(constant).collect::<serde_json::Map<_, _>>(),
        "parameters": parameters.map(|(n, u, v)| json!({ "name": n, "unit": u, "value": v })).collect::<Vec<_>>(),
        "provenance": {
            "version": t.version(),
            "git": origin.git,
            "rustc": origin.rustc,
            "input_sha256": origin.input_sha256,
            "command": provenance.arguments,
            "input": provenance.input_path,
            "seed": header.seed,
            "threads": header.threads,
            "isa": header.isa,
            "precision": header.precision,
            "input_text": provenance.input_text,
            "resolved_text": provenance.resolved_text,
        },
    }))
}

fn structure(file: &Path) -> Result<Value, InfoError> {
    let mut frames = 0;
    let mut first = None;
    for frame in XyzReader::open(file)? {
        let frame = frame?;
        frames += 1;
        first.get_or_insert(frame);
    }
    let f = first.unwrap_or_default();
    let mut species: std::collections::BTreeMap<&str, usize> = Default::default();
    for name in &f.species {
        *species.entry(name).or_default() += 1;
    }
    let optional = [
        ("velo", f.velocities.is_some()),
        ("momenta", f.momenta.is_some()),
        ("forces", f.forces.is_some()),
        ("masses", f.masses.is_some()),
    ];
    let columns = optional
        .iter()
        .filter(|(_, there)| *there)
        .map(|(name, _)| (*name).to_owned());
    Ok(json!({
        "kind": "structure (extended XYZ)",
        "file": file.display().to_string(),
        "frames": frames,
        "atoms": f.len(),
        "species": species,
        "periodic": f.periodic,
        "cell": f.cell.map(|c| c.map(|e| [e.x, e.y, e.z])),
        "columns": columns.chain(f.columns.keys().cloned()).collect::<Vec<_>>(),
        "keys": f.info,
    }))
}

/// The order in which people read; other keys follow.
#[rustfmt::skip]
const ORDER: [&str; 38] = [
    "name", "kind", "file", "bytes", "finished", "title", "atoms", "species", "frames", "thermo_rows", "steps", "time", "time_unit",
    "periodic", "cell", "velocities", "forces", "columns", "keys", "units", "constants", "note", "systems", "energy",
    "length", "mass", "temperature", "charge", "pressure", "boltzmann", "value", "unit", "parameters", "provenance",
    "version", "command", "input", "seed",
];

fn in_order(map: &serde_json::Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut pairs: Vec<_> = map.iter().collect();
    pairs.sort_by_key(|(key, _)| ORDER.iter().position(|o| o == key).unwrap_or(ORDER.len()));
    pairs
}

/// The same for people: a key a line, lists of alike objects as tables, long texts indented below their key.
fn to_text(value: &Value) -> String {
    let mut out = String::new();
    write_object(&mut out, value, 0);
    out
}

fn write_object(out: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    let Value::Object(map) = value else {
        return;
    };
    let width = map.keys().map(|k| k.chars().count()).max().unwrap_or(0);
    for (key, value) in in_order(map) {
        let key = key.replace('_', " ");
        match value {
            Value::Null => {}
            Value::Object(inner) if inner.contains_key("symbol") && inner.len() == 2 => {
                let _ = writeln!(
                    out,
                    "{indent}{key:width$}  {}  {}",
                    word(&inner["value"]),
                    word(&inner["symbol"])
                );
            }
            Value::Object(_) => {
                let _ = writeln!(out, "{indent}{key}");
                write_object(out, value, depth + 1);
            }
            Value::Array(rows) if rows.iter().any(Value::is_object) => {
                let _ = writeln!(out, "{indent}{key}");
                for row in rows.iter().filter_map(Value::as_object) {
                    let words: Vec<String> = in_order(row)
                        .iter()
                        .map(|(k, v)| format!("{} {}", k.replace('_', " "), word(v)))
                        .collect();
                    let _ = writeln!(out, "{indent}  {}", words.join("  "));
                }
            }
            Value::String(text) if text.contains('\n') => {
                let _ = writeln!(out, "{indent}{key}");
                for line in text.lines() {
                    let _ = writeln!(out, "{indent}  | {line}");
                }
            }
            Value::Bool(false) if key == "finished" => {
                let _ = writeln!(out, "{indent}{key:width$}  no - the run is going on or was stopped");
            }
            _ => {
                let _ = writeln!(out, "{indent}{key:width$}  {}", word(value));
            }
        }
    }
}

fn decimal(x: f64) -> String {
    if x == 0.0 || (1e-3..1e9).contains(&x.abs()) {
        x.to_string()
    } else {
        format!("{x:e}")
    }
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(list) => {
            let separator = if list.iter().any(Value::is_array) { "; " } else { " " };
            list.iter().map(word).collect::<Vec<_>>().join(separator)
        }
        Value::Number(number) if number.is_f64() => number.as_f64().map_or_else(String::new, decimal),
        other => other.to_string(),
    }
}
