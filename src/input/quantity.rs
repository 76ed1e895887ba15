//! Numbers with units: `2`, `"2 fs"`, `"1.374 g/cm3"`, `"30 eV Angstrom6"`.

use super::diagnostics::nearest;
use admd_potentials::form::units::{ATOMIC_MASS, AVOGADRO, BOLTZMANN, Dimension, ELECTRONVOLT, UnitSystem};

/// What can be wrong with a quantity.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum UnitError {
    /// An empty string.
    #[error("the quantity is empty")]
    Empty,
    /// A string that does not begin with a number.
    #[error("`{0}` does not begin with a number")]
    NoNumber(String),
    /// A number in quotes, without a unit.
    #[error("`{0}` has no unit")]
    NoUnit(String),
    /// A unit that is not known.
    #[error("unknown unit `{0}`")]
    UnknownUnit(String),
    /// An exponent that is no small integer.
    #[error("`{0}` is no unit with a small integer exponent")]
    BadExponent(String),
    /// The wrong kind of quantity.
    #[error("`{unit}` is a unit of {found}, and {expected} is needed")]
    WrongDimension {
        /// The unit as written.
        unit: String,
        /// Its dimension.
        found: String,
        /// The dimension that is needed.
        expected: String,
    },
    /// A unit in reduced units.
    #[error("units = \"lj\" has reduced numbers only, so `{0}` cannot carry a unit")]
    Reduced(String),
    /// A plain number where the unit decides what is meant.
    #[error("a plain number is ambiguous here")]
    NeedsUnit,
}

struct Known {
    symbol: &'static str,
    si: f64,
    dimension: Dimension,
}

const fn known(symbol: &'static str, si: f64, dimension: Dimension) -> Known {
    Known { symbol, si, dimension }
}

/// Every unit. Those with a stroke come first, so that `kcal/mol` is one unit of exactly its own size.
const UNITS: &[Known] = &[
    known("kcal/mol", 4184.0 / AVOGADRO, Dimension::ENERGY),
    known("cal/mol", 4.184 / AVOGADRO, Dimension::ENERGY),
    known("kJ/mol", 1e3 / AVOGADRO, Dimension::ENERGY),
    known("J/mol", 1.0 / AVOGADRO, Dimension::ENERGY),
    known("kg/mol", 1.0 / AVOGADRO, Dimension::MASS),
    known("g/mol", 1e-3 / AVOGADRO, Dimension::MASS),
    known("eV", ELECTRONVOLT, Dimension::ENERGY),
    known("meV", 1e-3 * ELECTRONVOLT, Dimension::ENERGY),
    known("keV", 1e3 * ELECTRONVOLT, Dimension::ENERGY),
    known("J", 1.0, Dimension::ENERGY),
    known("kJ", 1e3, Dimension::ENERGY),
    known("cal", 4.184, Dimension::ENERGY),
    known("kcal", 4184.0, Dimension::ENERGY),
    known("erg", 1e-7, Dimension::ENERGY),
    known("hartree", 4.359_744_722_207_1e-18, Dimension::ENERGY),
    known("Ha", 4.359_744_722_207_1e-18, Dimension::ENERGY),
    known("Ry", 2.179_872_361_103_55e-18, Dimension::ENERGY),
    known("Angstrom", 1e-10, Dimension::LENGTH),
    known("angstrom", 1e-10, Dimension::LENGTH),
    known("Ang", 1e-10, Dimension::LENGTH),
    known("A", 1e-10, Dimension::LENGTH),
    known("Å", 1e-10, Dimension::LENGTH),
    known("\u{212b}", 1e-10, Dimension::LENGTH),
    known("pm", 1e-12, Dimension::LENGTH),
    known("nm", 1e-9, Dimension::LENGTH),
    known("um", 1e-6, Dimension::LENGTH),
    known("mm", 1e-3, Dimension::LENGTH),
    known("cm", 1e-2, Dimension::LENGTH),
    known("m", 1.0, Dimension::LENGTH),
    known("bohr", 5.291_772_109_03e-11, Dimension::LENGTH),
    known("u", ATOMIC_MASS, Dimension::MASS),
    known("amu", ATOMIC_MASS, Dimension::MASS),
    known("Da", ATOMIC_MASS, Dimension::MASS),
    known("g", 1e-3, Dimension::MASS),
    known("kg", 1.0, Dimension::MASS),
    known("as", 1e-18, Dimension::TIME),
    known("fs", 1e-15, Dimension::TIME),
    known("ps", 1e-12, Dimension::TIME),
    known("ns", 1e-9, Dimension::TIME),
    known("us", 1e-6, Dimension::TIME),
    known("ms", 1e-3, Dimension::TIME),
    known("s", 1.0, Dimension::TIME),
    known("K", 1.0, Dimension::TEMPERATURE),
    known("mK", 1e-3, Dimension::TEMPERATURE),
    known(
        "kB",
        BOLTZMANN,
        Dimension {
            energy: 1,
            temperature: -1,
            ..Dimension::NUMBER
        },
    ),
    known("e", ELECTRONVOLT, Dimension::CHARGE),
    known("C", 1.0, Dimension::CHARGE),
    known("bar", 1e5, Dimension::PRESSURE),
    known("kbar", 1e8, Dimension::PRESSURE),
    known("atm", 101_325.0, Dimension::PRESSURE),
    known("Pa", 1.0, Dimension::PRESSURE),
    known("kPa", 1e3, Dimension::PRESSURE),
    known("MPa", 1e6, Dimension::PRESSURE),
    known("GPa", 1e9, Dimension::PRESSURE),
    known("mol", AVOGADRO, Dimension::NUMBER),
];

/// A unit expression: its size in base units of the system, and its dimension.
struct Expression {
    size: f64,
    dimension: Dimension,
}

/// The number in the system's own unit of the dimension.
///
/// # Errors
/// See [`UnitError`].
pub fn parse(text: &str, dimension: Dimension, units: &UnitSystem) -> Result<f64, UnitError> {
    let (value, found) = parse_any(text, units, &[dimension])?;
    debug_assert_eq!(found, dimension);
    Ok(value)
}

/// The number in the system's own unit of whichever of the dimensions the unit has.
///
/// # Errors
/// See [`UnitError`].
pub fn parse_any(text: &str, units: &UnitSystem, allowed: &[Dimension]) -> Result<(f64, Dimension), UnitError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(UnitError::Empty);
    }
    let (value, unit) = split(text).ok_or_else(|| UnitError::NoNumber(text.to_owned()))?;
    if unit.is_empty() {
        return Err(UnitError::NoUnit(text.to_owned()));
    }
    if units.is_reduced() {
        return Err(UnitError::Reduced(text.to_owned()));
    }
    if let Some(d) = allowed.iter().find(|d| units.symbol(**d) == unit) {
        return Ok((value, *d));
    }
    let e = expression(unit, units)?;
    if let Some(d) = allowed.iter().find(|d| **d == e.dimension) {
        let own = if *d == Dimension::PRESSURE {
            units.coherent_pressure()
        } else {
            1.0
        };
        return Ok((value * e.size * own, *d));
    }
    if let Some(d) = allowed.iter().find(|d| d.reduced() == e.dimension.reduced()) {
        let time = |d: Dimension| units.coherent_time().powi(-i32::from(d.time));
        return Ok((value * e.size * time(e.dimension) / units.to_coherent(*d), *d));
    }
    Err(UnitError::WrongDimension {
        unit: unit.to_owned(),
        found: name(e.dimension),
        expected: allowed.iter().map(|d| name(*d)).collect::<Vec<_>>().join(" or "),
    })
}

/// Number and unit: the longest beginning that is a number.
pub(super) fn split(text: &str) -> Option<(f64, &str)> {
    let numeric = text
        .find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c)))
        .unwrap_or(text.len())
        .min(400);
    (1..=numeric)
        .rev()
        .find_map(|n| Some((text.get(..n)?.parse::<f64>().ok()?, text.get(n..)?.trim())))
}

/// Is this a unit, perhaps one made from several?
pub(super) fn is_unit(text: &str) -> bool {
    expression(text, &admd_potentials::form::units::METAL).is_ok()
}

fn expression(text: &str, units: &UnitSystem) -> Result<Expression, UnitError> {
    let mut powers = [0_i32; 6];
    let mut size = 1.0;
    let mut rest = text.trim_start();
    let mut below = false;
    while !rest.is_empty() {
        let (unit, after) = take_unit(rest).ok_or_else(|| UnitError::UnknownUnit(word(rest).to_owned()))?;
        let (exponent, after) = take_exponent(after).ok_or_else(|| UnitError::BadExponent(word(rest).to_owned()))?;
        let n = if below { -exponent } else { exponent };
        size *= (unit.si / base_si(units, unit.dimension)).powi(n);
        for (total, p) in powers.iter_mut().zip(as_array(unit.dimension)) {
            *total += i32::from(p) * n;
        }
        rest = after.trim_start();
        below = rest.starts_with('/');
        if let Some(next) = rest.strip_prefix(['/', '*', '·']) {
            rest = next.trim_start();
            if rest.is_empty() {
                return Err(UnitError::UnknownUnit(text.to_owned()));
            }
        }
    }
    let mut narrow = [0_i8; 6];
    for (to, from) in narrow.iter_mut().zip(powers) {
        // Beyond ±40 the comparison with `reduced` could leave the range of an i8, and no such quantity exists.
        *to = i8::try_from(from)
            .ok()
            .filter(|p| p.abs() <= 40)
            .ok_or_else(|| UnitError::BadExponent(text.to_owned()))?;
    }
    let [energy, length, mass, time, temperature, charge] = narrow;
    let dimension = Dimension {
        energy,
        length,
        mass,
        time,
        temperature,
        charge,
    };
    Ok(Expression { size, dimension })
}

fn as_array(d: Dimension) -> [i8; 6] {
    [d.energy, d.length, d.mass, d.time, d.temperature, d.charge]
}

/// SI size of the product of the system's own units; exactly that of the unit for a simple dimension.
fn base_si(u: &UnitSystem, d: Dimension) -> f64 {
    let own = [u.energy, u.length, u.mass, u.time, u.temperature, u.charge];
    own.iter()
        .zip(as_array(d))
        .filter(|(_, p)| *p != 0)
        .fold(1.0, |product, (unit, p)| product * unit.si.powi(p.into()))
}

/// The unit with which the text begins: the longest one that is not followed by a letter.
fn take_unit(text: &str) -> Option<(&'static Known, &str)> {
    UNITS
        .iter()
        .filter_map(|u| Some((u, text.strip_prefix(u.symbol)?)))
        .filter(|(_, rest)| !rest.starts_with(|c: char| c.is_alphabetic() || c == '_'))
        .max_by_key(|(u, _)| u.symbol.len())
}

fn take_exponent(text: &str) -> Option<(i32, &str)> {
    let marked = text.strip_prefix("**").or_else(|| text.strip_prefix('^'));
    let digits = marked.unwrap_or(text);
    let sign = usize::from(digits.starts_with(['-', '+']));
    let end = digits[sign..]
        .find(|c: char| !c.is_ascii_digit())
        .map_or(digits.len(), |k| k + sign);
    if end == sign {
        return (marked.is_none() && sign == 0).then_some((1, text));
    }
    let n: i32 = digits[..end].parse().ok()?;
    (n.abs() <= 24 && n != 0).then_some((n, &digits[end..]))
}

fn word(text: &str) -> &str {
    text.split([' ', '/', '*', '·']).next().unwrap_or(text)
}

/// The dimension in words, such as `energy length6`.
pub(super) fn name(d: Dimension) -> String {
    let special = [
        (Dimension::NUMBER, "a pure number"),
        (Dimension::PRESSURE, "pressure"),
        (Dimension::VELOCITY, "velocity"),
        (Dimension::FORCE, "force"),
        (Dimension::MASS_DENSITY, "mass density"),
        (Dimension::NUMBER_DENSITY, "number density"),
    ];
    if let Some((_, words)) = special.iter().find(|(s, _)| *s == d) {
        return (*words).to_owned();
    }
    let names = ["energy", "length", "mass", "time", "temperature", "charge"];
    let words = names.iter().zip(as_array(d)).filter(|(_, p)| *p != 0);
    let words: Vec<String> = words
        .map(|(n, p)| if p == 1 { (*n).to_owned() } else { format!("{n}{p}") })
        .collect();
    words.join(" ")
}

/// Units to suggest for a dimension.
pub(super) fn accepted(d: Dimension, units: &UnitSystem) -> String {
    let usual = match d {
        Dimension::ENERGY => "eV, meV, kJ/mol, kcal/mol, hartree, kB K",
        Dimension::LENGTH => "Angstrom, nm, pm, bohr",
        Dimension::MASS => "u, g/mol, kg",
        Dimension::TIME => "fs, ps, ns",
        Dimension::TEMPERATURE => "K",
        Dimension::MASS_DENSITY => "g/cm3, kg/m3",
        Dimension::NUMBER_DENSITY => "Angstrom-3, nm-3",
        _ => return units.symbol(d),
    };
    usual.to_owned()
}

/// What to do about it.
pub(super) fn remedy(error: &UnitError, allowed: &[Dimension], units: &UnitSystem) -> String {
    let list = || {
        let each: Vec<String> = allowed.iter().map(|d| accepted(*d, units)).collect();
        each.join(", ")
    };
    let energy_wanted = allowed.contains(&Dimension::ENERGY);
    match error {
        UnitError::Reduced(_) => "write the bare number, in multiples of epsilon, sigma, m and tau".to_owned(),
        UnitError::UnknownUnit(u) => match nearest(u, UNITS.iter().map(|k| k.symbol)) {
            Some(near) if near != u => format!("did you mean `{near}`? Units that fit here: {}", list()),
            _ => format!("units that fit here: {}", list()),
        },
        UnitError::WrongDimension { found, .. } if energy_wanted && found == "temperature" => {
            "for a depth given as epsilon/k write the constant too, as in \"120 kB K\"".to_owned()
        }
        UnitError::NoNumber(_) | UnitError::Empty if units.is_reduced() => "write a number, without quotes".to_owned(),
        UnitError::NoUnit(_) if units.is_reduced() => "write the number without quotes".to_owned(),
        UnitError::NoUnit(_) => format!(
            "add a unit ({}), or drop the quotes for a number in {}",
            list(),
            allowed.first().map(|d| units.symbol(*d)).unwrap_or_default()
        ),
        UnitError::NeedsUnit => format!("write the unit too, one of {}", list()),
        UnitError::BadExponent(_) => "write exponents like Angstrom6 or ps-1, with integers up to 24".to_owned(),
        _ => format!("write a number and a unit that fits here: {}", list()),
    }
}
