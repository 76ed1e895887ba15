//! `[energy]`, `[forces]`, `[stress]`: what is compared of frames.

use super::keys::{COMPARED, REFERENCES, RELATIVES};
use super::observation::without_effect;
use crate::fit::{ForceKind, Quantities, ReferenceEnergy};
use crate::input::conform::Checked;
use crate::input::diagnostics::{InputError, Problem, nearest};
use crate::input::keys::Kind;
use crate::input::walker::View;
use admd_potentials::form::parameters::Bounds;
use admd_potentials::form::units::Dimension;

/// Which frame energies are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relative {
    None,
    Tag,
    All,
}

/// Where the energies of isolated atoms come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    None,
    Fit,
    Given,
}

/// The three sections.
pub(super) struct Compared<'a> {
    pub(super) energy: Option<View<'a>>,
    pub(super) forces: Option<View<'a>>,
    pub(super) stress: Option<View<'a>>,
    pub(super) relative: Relative,
    pub(super) source: Source,
    pub(super) quantities: Quantities,
}

impl Compared<'_> {
    /// Is nothing of frames compared?
    pub(super) fn is_empty(&self) -> bool {
        self.energy.is_none() && self.forces.is_none() && self.stress.is_none()
    }
}

/// Softening where the input does not say, in the unit of forces.
const SOFTENING: f64 = 1e-6;

/// Reads the sections.
pub(super) fn read<'a>(root: &View<'a>) -> Compared<'a> {
    let [energy, forces, stress] = ["energy", "forces", "stress"].map(|key| root.section(key));
    let sigma = |view: &Option<View<'a>>| Some(view.as_ref()?.quantity("sigma")?.value.coherent);
    let word = |key: &str| Some(energy.as_ref()?.text(key)?.value);
    let is = |word: &Option<String>, names: &[&str], k: usize| word.as_deref() == Some(names[k]);
    let (relative, source) = (word("relative_to"), word("reference"));
    Compared {
        relative: match &relative {
            w if is(w, &RELATIVES, 1) => Relative::Tag,
            w if is(w, &RELATIVES, 2) => Relative::All,
            _ => Relative::None,
        },
        source: match &source {
            w if is(w, &REFERENCES, 1) => Source::Fit,
            w if is(w, &REFERENCES, 2) => Source::Given,
            _ => Source::None,
        },
        quantities: Quantities {
            energy: sigma(&energy),
            per_atom: energy.as_ref().and_then(|v| v.flag("per_atom")).unwrap_or(true),
            forces: forces.as_ref().and_then(of_forces),
            stress: sigma(&stress),
        },
        energy,
        forces,
        stress,
    }
}

/// σ and how forces are compared; σ of a direction is a pure number.
fn of_forces(view: &View<'_>) -> Option<(f64, ForceKind)> {
    let direction = view.text("compare")?.value == COMPARED[1];
    let (dimension, example) = if direction {
        (Dimension::NUMBER, "0.1")
    } else {
        without_effect(
            view,
            "softening",
            "it belongs to compare = \"direction\"",
            "remove this key",
        );
        (Dimension::FORCE, "\"50 meV/Angstrom\"")
    };
    let sigma = quantity(view, "sigma", dimension, Bounds::Positive, example)?;
    let softening = view.quantity("softening").map_or(SOFTENING, |s| s.value.coherent);
    let kind = if direction {
        ForceKind::Direction { softening }
    } else {
        ForceKind::Components
    };
    Some((sigma, kind))
}

/// A [`Kind::Value`] now that its dimension is known, in coherent units; what is wrong is reported.
pub(super) fn quantity(view: &View<'_>, key: &str, dimension: Dimension, bounds: Bounds, example: &str) -> Option<f64> {
    let node = &view.table.get(key)?.node;
    // What is no quantity at all was reported when the table was opened.
    view.evaluate(key, &Kind::Value, "", node).ok()?;
    measure(view, key, (dimension, bounds), example, node)
}

/// The same for a value in a list.
pub(super) fn measure(
    view: &View<'_>,
    key: &str,
    (dimension, bounds): (Dimension, Bounds),
    example: &str,
    node: &crate::input::document::Node,
) -> Option<f64> {
    let kind = if dimension == Dimension::NUMBER {
        Kind::Number(bounds)
    } else {
        Kind::Quantity(dimension, bounds)
    };
    match view.evaluate(key, &kind, example, node) {
        Ok(Checked::Number(m)) => Some(m.coherent),
        Ok(_) => None,
        Err(error) => {
            view.cx.report(error);
            None
        }
    }
}

/// The energies of isolated atoms to start from, one for each species; `needed` are the species in whose energies they are
/// seen.
pub(super) fn references(compared: &Compared<'_>, species: &[String], needed: &[bool]) -> Vec<ReferenceEnergy> {
    let mut list: Vec<ReferenceEnergy> = species
        .iter()
        .map(|name| ReferenceEnergy {
            species: name.clone(),
            value: 0.0,
        })
        .collect();
    let Some(view) = &compared.energy else {
        return list;
    };
    if compared.source == Source::None {
        // A word that is none of the three was reported.
        if view.text("reference").is_none() {
            return list;
        }
        let why = "there are no reference energies";
        without_effect(
            view,
            "references",
            why,
            "add reference = \"fit\" or reference = \"given\", or remove it",
        );
        return list;
    }
    let given = view.named("references");
    for entry in given {
        let Some(place) = list.iter_mut().find(|r| r.species == entry.key) else {
            let help = match nearest(&entry.key, species.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the species are {}", species.join(", ")),
            };
            let problem = Problem::UnknownSpecies {
                name: entry.key.clone(),
            };
            let error = InputError::new(problem, entry.key_at).label("no atom is of this species");
            view.cx.report(error.help(help));
            continue;
        };
        // A wrong value was reported when the section was opened.
        let kind = Kind::Quantity(Dimension::ENERGY, Bounds::Any);
        if let Ok(Checked::Number(m)) = view.evaluate(&entry.key, &kind, "", &entry.node) {
            place.value = m.coherent;
        }
    }
    if compared.source == Source::Given {
        let lacks = |name: &&String| !given.iter().any(|e| e.key == **name);
        let wanted = species.iter().zip(needed).filter(|(_, n)| **n).map(|(s, _)| s);
        let missing: Vec<&String> = wanted.filter(lacks).collect();
        if let Some(first) = missing.first() {
            let names: Vec<&str> = missing.iter().map(|s| s.as_str()).collect();
            let reason = format!("no energy is given for an isolated atom of {}", names.join(", "));
            let help = format!("add references.{first} to [energy], or fit them with reference = \"fit\"");
            view.conflict(view.at("reference"), reason, "given where?", &help);
        }
    }
    list
}
