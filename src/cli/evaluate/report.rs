//! What `admd evaluate` prints: JSON for programs, a summary for people.

use super::Evaluated;
use crate::dynamics::observables;
use crate::run::format::significant;
use admd_engine::{Mat3, Vec3};
use admd_potentials::form::units::{Dimension, UnitSystem};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Digits of energies and the like in the summary; the JSON has all.
const DIGITS: usize = 10;

/// −virial/volume \[energy/length³\].
fn stress(e: &Evaluated) -> Option<Mat3> {
    let volume = observables::volume(&e.configuration.cell)?;
    e.evaluation.virial.map(|w| -w / volume)
}

/// |v|, also where squares overflow.
pub(super) fn norm(v: &Vec3) -> f64 {
    let scale = v.amax();
    if scale > 0.0 && scale.is_finite() {
        scale * (v / scale).norm()
    } else {
        scale
    }
}

/// The product of the Hessian: minus the derivative of the forces along the direction.
fn hessian_vector(e: &Evaluated) -> Option<Vec<Vec3>> {
    let tangent = e.evaluation.tangents.first()?;
    Some(tangent.forces.iter().map(|f| -f).collect())
}

/// One object for one frame, an array for several.
pub(super) fn json(all: &[Evaluated], units: &UnitSystem) -> String {
    let objects: Vec<Value> = all.iter().map(|e| object(e, units)).collect();
    match <[Value; 1]>::try_from(objects) {
        Ok([one]) => format!("{one:#}\n"),
        Err(several) => format!("{:#}\n", Value::Array(several)),
    }
}

fn object(e: &Evaluated, units: &UnitSystem) -> Value {
    let (energy, length) = (units.energy.symbol, units.length.symbol);
    let parameter = |(leaf, gradient): &(admd_potentials::form::binding::Leaf, f64)| {
        json!({
            "name": leaf.name,
            "value": leaf.value,
            "unit": units.symbol(leaf.spec.dimension),
            "gradient": gradient,
        })
    };
    let mut object = json!({
        "units": {
            "system": units.name,
            "energy": energy,
            "length": length,
            "force": format!("{energy}/{length}"),
            "stress": format!("{energy}/{length}3"),
        },
        "frame": e.frame,
        "energy": e.evaluation.energy,
        "forces": vectors(&e.evaluation.forces),
        "virial": e.evaluation.virial.map(|w| tensor(&w)),
        "stress": stress(e).map(|s| tensor(&s)),
        "energies": e.evaluation.energies,
        "parameters": e.parameters.iter().map(parameter).collect::<Vec<_>>(),
    });
    if let Some(hv) = hessian_vector(e) {
        object["units"]["hessian_vector"] = json!(format!("{energy}/{length}2 times the unit of the vector"));
        object["hessian_vector"] = json!(vectors(&hv));
    }
    object
}

fn vectors(list: &[Vec3]) -> Vec<[f64; 3]> {
    list.iter().map(|v| (*v).into()).collect()
}

fn tensor(m: &Mat3) -> [[f64; 3]; 3] {
    [0, 1, 2].map(|i| [0, 1, 2].map(|j| m[(i, j)]))
}

/// Writes a line; `write!` into a `String` cannot fail.
macro_rules! line {
    ($out:expr, $name:expr, $($words:tt)+) => {
        let _ = writeln!($out, "  {:<14} {}", $name, format_args!($($words)+));
    };
}

/// A summary of every frame.
pub(super) fn text(all: &[Evaluated], units: &UnitSystem, file: &str) -> String {
    let mut out = String::new();
    for e in all {
        summary(e, units, file, &mut out);
    }
    out
}

fn summary(e: &Evaluated, units: &UnitSystem, file: &str, out: &mut String) {
    let (energy, length) = (units.energy.symbol, units.length.symbol);
    let c = &e.configuration;
    let count = |k: usize| c.species.iter().filter(|s| usize::from(**s) == k).count();
    let kinds: Vec<String> = e
        .species
        .iter()
        .enumerate()
        .map(|(k, s)| format!("{} {s}", count(k)))
        .collect();
    let _ = writeln!(
        out,
        "{file}, frame {}: {} atoms ({})",
        e.frame,
        c.len(),
        kinds.join(", ")
    );
    let total = e.evaluation.energy.unwrap_or_default();
    let each = total / c.len().max(1) as f64;
    line!(
        out,
        "energy",
        "{} {energy}  ({} {energy}/atom)",
        significant(total, DIGITS),
        significant(each, DIGITS)
    );
    let forces = &e.evaluation.forces;
    if let Some((atom, f)) = forces.iter().enumerate().max_by(|a, b| norm(a.1).total_cmp(&norm(b.1))) {
        line!(
            out,
            "largest force",
            "{} {energy}/{length}, on atom {atom}",
            significant(norm(f), DIGITS)
        );
        let sum: Vec3 = forces.iter().sum();
        line!(out, "sum of forces", "{:.1e} {energy}/{length}", norm(&sum));
    }
    if let Some(w) = &e.evaluation.virial {
        rows(out, "virial", w, energy);
    }
    if let Some(s) = stress(e) {
        rows(out, "stress", &s, &format!("{energy}/{length}3"));
        let pressure = observables::pressure(&s) / units.to_coherent(Dimension::PRESSURE);
        line!(
            out,
            "pressure",
            "{} {}, without its kinetic part",
            significant(pressure, DIGITS),
            units.pressure.symbol
        );
    }
    for (k, (leaf, gradient)) in e.parameters.iter().enumerate() {
        let unit = units.symbol(leaf.spec.dimension);
        let value = format!("{} = {} {unit}", leaf.name, significant(leaf.value, 7));
        line!(
            out,
            if k == 0 { "dE/d parameter" } else { "" },
            "{value:<40} {}",
            significant(*gradient, DIGITS)
        );
    }
    if let Some(hv) = hessian_vector(e) {
        for (atom, v) in hv.iter().enumerate() {
            let words: Vec<String> = v.iter().map(|x| format!("{:>16}", significant(*x, 8))).collect();
            line!(
                out,
                if atom == 0 { "Hessian vector" } else { "" },
                "{:>8} {}",
                atom,
                words.join(" ")
            );
        }
    }
}

fn rows(out: &mut String, name: &str, m: &Mat3, unit: &str) {
    for i in 0..3 {
        let words: Vec<String> = (0..3)
            .map(|j| format!("{:>18}", significant(m[(i, j)], DIGITS)))
            .collect();
        line!(
            out,
            if i == 0 { name } else { "" },
            "{}{}",
            words.join(" "),
            if i == 0 { format!("  {unit}") } else { String::new() }
        );
    }
}
