//! The observables: their names in the file, their dimensions, and where they stand in a row of thermodynamics.

use super::ThermoRow;
use admd_potentials::form::units::{AVOGADRO, Dimension, UnitSystem};

/// Takes a value out of a row.
pub(super) type Get = fn(&ThermoRow) -> Option<f64>;
/// Puts a value into a row.
pub(super) type Set = fn(&mut ThermoRow, f64);

/// A scalar observable.
pub(super) struct Quantity {
    pub(super) name: &'static str,
    pub(super) dimension: Dimension,
    /// Does it exist only in a cell that is periodic in all directions?
    pub(super) needs_volume: bool,
    pub(super) get: Get,
    /// Puts a number that was read into its place; the total energy has none, it is the sum of two others.
    pub(super) set: Set,
}

/// The name of the stress, the one observable that is no scalar.
pub(super) const STRESS: &str = "stress";
const VOLUME: Dimension = Dimension::LENGTH.power(3);

/// A missing value is written as NaN.
fn present(x: f64) -> Option<f64> {
    (!x.is_nan()).then_some(x)
}

/// All scalar observables.
pub(super) const SCALARS: [Quantity; 7] = [
    Quantity {
        name: "potential_energy",
        dimension: Dimension::ENERGY,
        needs_volume: false,
        get: |r| Some(r.potential_energy),
        set: |r, x| r.potential_energy = x,
    },
    Quantity {
        name: "kinetic_energy",
        dimension: Dimension::ENERGY,
        needs_volume: false,
        get: |r| Some(r.kinetic_energy),
        set: |r, x| r.kinetic_energy = x,
    },
    Quantity {
        name: "total_energy",
        dimension: Dimension::ENERGY,
        needs_volume: false,
        get: |r| Some(r.total_energy()),
        set: |_, _| {},
    },
    Quantity {
        name: "conserved_energy",
        dimension: Dimension::ENERGY,
        needs_volume: false,
        get: |r| Some(r.conserved_energy),
        set: |r, x| r.conserved_energy = x,
    },
    Quantity {
        name: "temperature",
        dimension: Dimension::TEMPERATURE,
        needs_volume: false,
        get: |r| Some(r.temperature),
        set: |r, x| r.temperature = x,
    },
    Quantity {
        name: "pressure",
        dimension: Dimension::PRESSURE,
        needs_volume: true,
        get: |r| r.pressure,
        set: |r, x| r.pressure = present(x),
    },
    Quantity {
        name: "volume",
        dimension: VOLUME,
        needs_volume: true,
        get: |r| r.volume,
        set: |r, x| r.volume = present(x),
    },
];

/// The unit of a dimension as it is written into the file, in the spelling that MDAnalysis accepts; none in reduced units.
///
/// Forces are in `kJ mol-1 Angstrom-1` where energies are in eV, because MDAnalysis refuses a file with `eV Angstrom-1`.
pub(super) fn unit(units: &UnitSystem, dimension: Dimension) -> Option<String> {
    if units.is_reduced() {
        return None;
    }
    let (energy, length, time) = (units.energy.symbol, units.length.symbol, units.time.symbol);
    Some(match dimension {
        Dimension::ENERGY => energy.replace("/mol", " mol-1"),
        Dimension::FORCE if energy == "eV" => format!("kJ mol-1 {length}-1"),
        Dimension::FORCE => format!("{} {length}-1", energy.replace("/mol", " mol-1")),
        Dimension::VELOCITY => format!("{length} {time}-1"),
        other => units.symbol(other),
    })
}

/// A unit over that of a variable.
pub(super) fn per(unit: &str, variable: &str) -> String {
    if variable.is_empty() {
        unit.to_owned()
    } else if unit.is_empty() {
        format!("({variable})-1")
    } else {
        format!("{unit} ({variable})-1")
    }
}

/// The factor from a force in the units of the system to the one in the file.
pub(super) fn force_factor(units: &UnitSystem) -> f64 {
    match units.energy.symbol {
        "eV" => units.energy.si * AVOGADRO / 1000.0,
        _ => 1.0,
    }
}
