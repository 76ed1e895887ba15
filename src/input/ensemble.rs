//! `[sensitivity.ensemble]`: derivatives of averages from fluctuations.

use super::plan::EnsemblePlan;
use super::sensitivity::{ENSEMBLE, Ground, TANGENT};
use super::walker::View;
use crate::dynamics::{DensityProfile, Rdf};
use crate::sensitivity::{Observable, Subject, Variable};
use admd_engine::{Configuration, ListSize};
use admd_potentials::form::binding::PairBinding;

/// What is averaged where the input does not say.
const OBSERVABLES: [Observable; 4] = [
    Observable::PotentialEnergy,
    Observable::Pressure,
    Observable::Temperature,
    Observable::HeatCapacity,
];
/// Steps between samples where the input does not say; more where pairs are visited one by one, which costs some steps.
const EVERY: u64 = 25;
const EVERY_OF_PAIRS: u64 = 100;
/// The first sample comes after this part of the run.
const EQUILIBRATION: u64 = 10;
/// Bins where the input does not say.
const BINS: usize = 50;
/// The radial distribution function goes as far as so many cutoffs, or to half of the cell.
const CUTOFFS: f64 = 1.5;
/// The edges of the cell by name.
pub(super) const AXES: [&str; 3] = ["x", "y", "z"];

/// Reads the sub-section of `section`, or takes all defaults, where the estimator is asked for.
pub(super) fn read(
    section: &View<'_>,
    ground: &Ground<'_>,
    (configuration, steps): (&Configuration, Option<u64>),
    (estimators, chosen): (&[String], &[Variable]),
) -> Option<EnsemblePlan> {
    let asked = |name: &str| estimators.iter().any(|e| e == name);
    let view = section.section(ENSEMBLE);
    if !asked(ENSEMBLE) {
        if view.is_some() {
            let help = format!("write estimators = [\"{TANGENT}\", \"{ENSEMBLE}\"], or remove this section");
            let reason = format!("`{ENSEMBLE}` has no effect: it is not among the estimators");
            section.conflict(section.key_at(ENSEMBLE), reason, "not asked for", &help);
        }
        return None;
    }
    let is_parameter = |v: &&Variable| matches!(v.subject, Subject::Parameter(_));
    let variables: Vec<usize> = (0..chosen.len()).filter(|k| is_parameter(&&chosen[*k])).collect();
    let others: Vec<&str> = chosen
        .iter()
        .filter(|v| !is_parameter(v))
        .map(|v| v.name.as_str())
        .collect();
    if variables.is_empty() || !(others.is_empty() || asked(TANGENT)) {
        let reason = format!(
            "the estimator \"{ENSEMBLE}\" does not differentiate in {}",
            others.join(", ")
        );
        let help = format!(
            "averages of equilibrium are differentiated in parameters of the potentials; name some, or leave these to \
             estimators = [\"{TANGENT}\"]"
        );
        let label = if variables.is_empty() {
            "no parameter of a potential"
        } else {
            "not only parameters of potentials"
        };
        section.conflict(section.at("parameters"), reason, label, &help);
        return None;
    }
    let count = |key: &str| {
        let number = view.as_ref()?.integer(key)?.value;
        u64::try_from(number).ok()
    };
    let periodic = configuration.cell.periodic() == [true; 3];
    let named = view.as_ref().and_then(|v| v.texts("observables"));
    let mut observables: Vec<Observable> = match &named {
        Some(names) => names.iter().filter_map(|n| Observable::named(n)).collect(),
        None => OBSERVABLES.to_vec(),
    };
    if !periodic {
        if let (Some(view), Some(_)) = (&view, &named) {
            for o in observables.iter().filter(|o| o.needs_volume()) {
                let reason = format!("`{}` needs a cell that is periodic along all its edges", o.name());
                let help = "leave it out: without a volume it has no meaning";
                view.conflict(view.at("observables"), reason, "asked for here", help);
            }
        }
        observables.retain(|o| !o.needs_volume());
    }
    let mut seen = Vec::new();
    observables.retain(|o| {
        !seen.contains(o) && {
            seen.push(*o);
            true
        }
    });
    let bins = |key: &str| count(key).map_or(BINS, |n| n as usize);
    let rdf = part(&view, &observables, Observable::Rdf, &["rdf_range", "rdf_bins"])
        .then(|| Rdf::new(range(&view, ground, configuration), bins("rdf_bins")));
    if let (Some(rdf), Some(view)) = (&rdf, &view)
        && ListSize::estimate(configuration, rdf.reach()).is_too_large()
    {
        let reason = "so many pairs are more than this machine can hold".to_owned();
        let help = "lower rdf_range, and check its unit";
        view.conflict(view.at("rdf_range"), reason, "too far", help);
        return None;
    }
    let axis = view.as_ref().and_then(|v| v.text("profile_axis"));
    let axis = axis.and_then(|a| AXES.iter().position(|name| *name == a.value));
    let keys = ["profile_axis", "profile_bins"];
    let profile = part(&view, &observables, Observable::DensityProfile, &keys).then(|| DensityProfile {
        axis: axis.unwrap_or(2),
        bins: bins("profile_bins"),
    });
    let after = count("after").unwrap_or(steps.unwrap_or(0) / EQUILIBRATION);
    Some(EnsemblePlan {
        variables,
        every: count("every").unwrap_or(if rdf.is_some() { EVERY_OF_PAIRS } else { EVERY }),
        after,
        observables,
        rdf,
        profile,
    })
}

/// Is an observable wanted? If not, keys that belong to it are reported.
fn part(view: &Option<View<'_>>, observables: &[Observable], which: Observable, keys: &[&str]) -> bool {
    let wanted = observables.contains(&which);
    if let Some(view) = view.as_ref().filter(|_| !wanted) {
        for key in keys.iter().filter(|k| view.has(k)) {
            let reason = format!("`{key}` has no effect without `{}`", which.name());
            let help = format!("add \"{}\" to observables, or remove this key", which.name());
            view.conflict(
                view.key_at(key),
                reason,
                "belongs to an observable that is not asked for",
                &help,
            );
        }
    }
    wanted
}

/// How far the radial distribution function goes \[length\].
fn range(view: &Option<View<'_>>, ground: &Ground<'_>, configuration: &Configuration) -> f64 {
    let given = view.as_ref().and_then(|v| v.quantity("rdf_range"));
    given.map_or_else(
        || {
            let cutoff = ground.bindings.iter().map(PairBinding::cutoff).fold(0.0, f64::max);
            let heights = [0, 1, 2].map(|k| configuration.cell.height(k));
            (CUTOFFS * cutoff).min(0.5 * heights.into_iter().fold(f64::INFINITY, f64::min))
        },
        |q| q.value.coherent,
    )
}
