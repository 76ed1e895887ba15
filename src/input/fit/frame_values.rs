//! What a frame of extended XYZ says of energy, forces and stress, of its tag and its weight: from text to coherent units.

use super::data::Wanted;
use crate::fit::DataFrame;
use crate::input::diagnostics::nearest;
use crate::input::text_file::TextFile;
use crate::input::walker::View;
use crate::io::xyz::{Column, Values, XyzFrame};
use admd_engine::{Mat3, Vec3};
use admd_potentials::form::units::{Dimension, UnitSystem};
use std::ops::Range;

/// Components of a stress that should be equal may differ by this fraction of the largest one.
const ASYMMETRY: f64 = 1e-3;
/// So may those of a stress that is zero but for rounding \[energy/length³ of the file\].
const ROUNDING: f64 = 1e-9;

/// Where the numbers are, and what they are multiplied by.
pub(super) struct Names {
    wanted: Wanted,
    energy: String,
    forces: String,
    /// One of the two, or both where the input says nothing.
    stress: Option<String>,
    virial: Option<String>,
    per_atom: bool,
    factor_energy: f64,
    factor_force: f64,
    factor_stress: f64,
    tag: Option<String>,
    weight: f64,
}

/// What was found.
pub(super) struct FrameValues {
    pub(super) tag: String,
    pub(super) weight: f64,
    pub(super) energy: Option<f64>,
    pub(super) forces: Option<Vec<Vec3>>,
    pub(super) stress: Option<Mat3>,
}

/// From a number in coherent units of one system to those of another of its kind.
pub(super) fn factor(from: &UnitSystem, to: &UnitSystem, dimension: Dimension) -> f64 {
    if from.name == to.name {
        1.0
    } else {
        from.coherent_si(dimension) / to.coherent_si(dimension)
    }
}

/// The place of a key in the second line of a frame.
pub(super) fn word(key: &str) -> impl Fn(&str) -> Range<usize> {
    move |line: &str| {
        let starts = |k: &usize| *k == 0 || line[..*k].ends_with(|c: char| c.is_whitespace());
        let ends = |k: &usize| line[k + key.len()..].trim_start().starts_with('=');
        let mut places = line.match_indices(key).map(|(k, _)| k);
        places
            .find(|k| starts(k) && ends(k))
            .map_or(0..line.len(), |k| k..k + key.len())
    }
}

impl Names {
    pub(super) fn of(view: &View<'_>, units: &UnitSystem, wanted: Wanted) -> Self {
        let named = |key: &str| view.text(key).map(|t| t.value);
        let (stress, virial) = match (named("stress"), named("virial")) {
            (None, None) => (Some("stress".to_owned()), Some("virial".to_owned())),
            given => given,
        };
        let to = |dimension| factor(units, view.cx.units, dimension);
        Self {
            wanted,
            energy: named("energy").unwrap_or_else(|| "energy".to_owned()),
            forces: named("forces").unwrap_or_else(|| "forces".to_owned()),
            stress,
            virial,
            per_atom: view.flag("energy_per_atom").unwrap_or(false),
            factor_energy: to(Dimension::ENERGY),
            factor_force: to(Dimension::FORCE),
            factor_stress: to(Dimension::PRESSURE),
            tag: named("tag"),
            weight: view.quantity("weight").map_or(1.0, |w| w.value.own),
        }
    }

    /// The values of a frame, or the report of what is wrong with them.
    pub(super) fn values(
        &self,
        file: &TextFile<'_, '_>,
        frame: &XyzFrame,
        periodic: [bool; 3],
        volume: f64,
    ) -> Option<FrameValues> {
        let line = Line { file, frame };
        let own = ["weight", "config_weight"]
            .into_iter()
            .find(|k| frame.info.contains_key(*k));
        let weight = own.map_or(Some(1.0), |key| {
            let w = line.number(key)?;
            if w < 0.0 {
                line.wrong(key, format!("the weight is {w}"), "weights are zero or positive");
                return None;
            }
            Some(w)
        });
        let tag = || {
            let key = ["tag", "config_type"].into_iter().find_map(|k| frame.info.get(k));
            key.cloned().unwrap_or_default()
        };
        let mut energy = Some(None);
        if self.wanted.energy && frame.info.contains_key(&self.energy) {
            let atoms = if self.per_atom { frame.len() as f64 } else { 1.0 };
            let number = line.number(&self.energy);
            energy = number.map(|e| Some(e * atoms * self.factor_energy));
        }
        let forces = if self.wanted.forces {
            self.forces(&line)
        } else {
            Some(None)
        };
        let stress = if self.wanted.stress {
            self.stress(&line, periodic, volume)
        } else {
            Some(None)
        };
        Some(FrameValues {
            tag: self.tag.clone().unwrap_or_else(tag),
            weight: weight? * self.weight,
            energy: energy?,
            forces: forces?,
            stress: stress?,
        })
    }

    fn forces(&self, line: &Line<'_, '_, '_>) -> Option<Option<Vec<Vec3>>> {
        let frame = line.frame;
        let found: Vec<Vec3> = if let ("forces" | "force", Some(forces)) = (self.forces.as_str(), &frame.forces) {
            forces.clone()
        } else {
            match frame.columns.get(&self.forces) {
                None => return Some(None),
                Some(Column {
                    width: 3,
                    values: Values::Real(x),
                }) => x.chunks_exact(3).map(Vec3::from_column_slice).collect(),
                Some(_) => {
                    let reason = format!("`{}` is no column of three real numbers an atom", self.forces);
                    line.wrong("Properties", reason, "forces are written as NAME:R:3");
                    return None;
                }
            }
        };
        Some(Some(found.into_iter().map(|f| f * self.factor_force).collect()))
    }

    fn stress(&self, line: &Line<'_, '_, '_>, periodic: [bool; 3], volume: f64) -> Option<Option<Mat3>> {
        let has = |name: &Option<String>| name.as_ref().filter(|k| line.frame.info.contains_key(*k)).cloned();
        let (key, per_volume) = match (has(&self.stress), has(&self.virial)) {
            (None, None) => return Some(None),
            (Some(stress), Some(_)) => {
                let reason = "the frame has both a stress and a virial".to_owned();
                let help = "add stress = \"stress\" or virial = \"virial\" to this [[data]]";
                line.wrong(&stress, reason, help);
                return None;
            }
            (Some(key), None) => (key, 1.0),
            // GAP's sign: the virial is what the cell gives, the stress what it takes
            (None, Some(key)) => (key, -1.0 / volume),
        };
        if periodic != [true; 3] {
            let reason = "the frame has a stress, and its cell is not periodic along all edges".to_owned();
            let help = "without a volume a stress has no meaning: correct pbc, or leave the frame out with `frames`";
            line.wrong(&key, reason, help);
            return None;
        }
        let numbers = line.numbers(&key)?;
        let full = match numbers[..] {
            [xx, yy, zz, yz, xz, xy] => Mat3::new(xx, xy, xz, xy, yy, yz, xz, yz, zz),
            [..] if numbers.len() == 9 => Mat3::from_row_slice(&numbers),
            _ => {
                let reason = format!("`{key}` has {} numbers", numbers.len());
                line.wrong(&key, reason, "give nine, row after row, or six: xx yy zz yz xz xy");
                return None;
            }
        };
        if (full - full.transpose()).amax() > ASYMMETRY * full.amax() + ROUNDING {
            let reason = format!("`{key}` is not symmetric");
            line.wrong(
                &key,
                reason,
                "check the order of its numbers: row after row, or six as xx yy zz yz xz xy",
            );
            return None;
        }
        Some(Some(
            (full + full.transpose()) * (0.5 * per_volume * self.factor_stress),
        ))
    }

    /// Reports names that the input gives and no frame has; `other` is a frame in which there was nothing.
    pub(super) fn missing(&self, view: &View<'_>, frames: &[DataFrame], other: Option<&XyzFrame>) {
        let found = [
            ("energy", self.wanted.energy, frames.iter().any(|f| f.energy.is_some())),
            ("forces", self.wanted.forces, frames.iter().any(|f| f.forces.is_some())),
            ("stress", self.wanted.stress, frames.iter().any(|f| f.stress.is_some())),
            ("virial", self.wanted.stress, frames.iter().any(|f| f.stress.is_some())),
        ];
        for (key, wanted, found) in found {
            if let (true, false, Some(name)) = (wanted, found, view.text(key)) {
                let reason = format!("no frame has `{}`", name.value);
                let keys = other.map(|f| f.info.keys().chain(f.columns.keys()));
                let near = keys.and_then(|keys| nearest(&name.value, keys.map(String::as_str)));
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "correct the name, or remove this key".to_owned(),
                };
                view.conflict(name.at, reason, "not in the file", &help);
            }
        }
    }
}

/// The second line of a frame.
struct Line<'f, 'v, 'a> {
    file: &'f TextFile<'v, 'a>,
    frame: &'f XyzFrame,
}

impl Line<'_, '_, '_> {
    fn wrong(&self, key: &str, reason: String, help: &str) {
        self.file.wrong_line(self.frame.line + 1, word(key), &reason, help);
    }

    fn number(&self, key: &str) -> Option<f64> {
        match self.numbers(key)?[..] {
            [x] => Some(x),
            ref list => {
                let reason = format!("`{key}` has {} numbers", list.len());
                self.wrong(key, reason, "give one number");
                None
            }
        }
    }

    /// Finite numbers, separated by blanks, commas and brackets.
    fn numbers(&self, key: &str) -> Option<Vec<f64>> {
        let text = self.frame.info.get(key)?;
        let mut list = Vec::new();
        let separators = |c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']');
        for part in text.split(separators).filter(|p| !p.is_empty()) {
            match crate::io::xyz::real(part).filter(|x| x.is_finite()) {
                Some(x) => list.push(x),
                None => {
                    let shown: String = part.chars().take(40).collect();
                    let reason = format!("`{key}` is `{shown}`, not a finite number");
                    let help = "correct the value, or leave the frame out with `frames`";
                    self.wrong(key, reason, help);
                    return None;
                }
            }
        }
        Some(list)
    }
}
