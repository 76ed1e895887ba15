//! Derivatives of averages for people and for programs.

use super::ensemble::Sampling;
use super::format::{counted, significant};
use crate::sensitivity::{Estimate, LEAST_SAMPLES, Observable, Value};
use admd_potentials::form::units::UnitSystem;
use serde_json::{Map, Value as Json, json};

/// Lines of the summary.
pub(super) fn lines(sampling: &Sampling, estimate: &Estimate, units: &UnitSystem) -> Vec<String> {
    let samples = counted(estimate.samples, "sample");
    if estimate.samples == 0 {
        return vec![format!(
            "no derivatives of averages: the first sample comes after step {}; make the run longer, or lower \
             sensitivity.ensemble.after",
            sampling.after
        )];
    }
    let mut lines = Vec::new();
    for (variable, slopes) in sampling.variables.iter().zip(&estimate.slopes) {
        for observable in &sampling.observables {
            let [temperature, energy] = slopes.each_ref().map(|s| sampling.own(*observable, s, units));
            let what = format!("d<{}>/d {}", observable.name().replace('_', " "), variable.name);
            let ([temperature], [energy]) = (&temperature[..], &energy[..]) else {
                lines.push(format!(
                    "{what}: {}, {samples}; with --json, and in the trajectory",
                    counted(energy.len() as u64, "bin")
                ));
                continue;
            };
            let unit = match units.symbol(variable.dimension) {
                per if per.is_empty() => symbol(*observable, units),
                per => format!("{}/({per})", symbol(*observable, units)),
            };
            let of = |v: &Value| format!("{} {unit}", with_error(*v)).trim_end().to_owned();
            lines.push(match observable {
                Observable::Temperature => format!("{what} = {} at constant energy, {samples}", of(energy)),
                _ => format!(
                    "{what} = {} at constant temperature ({} at constant energy), {samples}",
                    of(temperature),
                    with_error(*energy)
                ),
            });
        }
    }
    if estimate.groups == 0 {
        lines.push(format!(
            "warning: {samples}: too few for the errors of derivatives of averages, which need {LEAST_SAMPLES}; make the \
             run longer, or lower sensitivity.ensemble.every"
        ));
    }
    lines
}

/// The unit of an observable. A heat capacity in reduced units is in k.
fn symbol(observable: Observable, units: &UnitSystem) -> String {
    match observable {
        Observable::HeatCapacity if units.is_reduced() => "k".to_owned(),
        other => units.symbol(other.dimension()),
    }
}

/// A number with its error, to two digits of that.
fn with_error(v: Value) -> String {
    if !(v.error > 0.0 && v.error.is_finite() && v.value.is_finite()) {
        return format!("{} +- unknown", significant(v.value, 4));
    }
    let decimals = 1 - v.error.log10().floor() as i32;
    if !(-10..=10).contains(&decimals) {
        return format!("{} +- {}", significant(v.value, 4), significant(v.error, 2));
    }
    let decimals = decimals.max(0) as usize;
    format!("{:.decimals$} +- {:.decimals$}", v.value, v.error)
}

/// One object a variable.
pub(super) fn json(
    sampling: &Sampling,
    estimate: &Estimate,
    distance: impl Fn(Observable) -> Vec<f64>,
    units: &UnitSystem,
) -> Vec<Json> {
    let each = sampling
        .variables
        .iter()
        .zip(&estimate.slopes)
        .map(|(variable, slopes)| {
            let mut observables = Map::new();
            for observable in &sampling.observables {
                let numbers = |values: &[Value]| pair(&sampling.own(*observable, values, units));
                let mut entry = json!({
                    "unit": symbol(*observable, units),
                    "average": numbers(&estimate.averages),
                    "constant_temperature": numbers(&slopes[0]),
                    "constant_energy": numbers(&slopes[1]),
                });
                let distance = distance(*observable);
                if !distance.is_empty() {
                    entry["distance"] = json!(distance);
                }
                observables.insert(observable.name().to_owned(), entry);
            }
            json!({
                "parameter": variable.name,
                "value": variable.value,
                "unit": units.symbol(variable.dimension),
                "estimator": "ensemble",
                "ensemble": sampling.ensemble.name(),
                "samples": estimate.samples,
                "blocks": estimate.groups,
                "observables": observables,
            })
        });
    each.collect()
}

/// Value and standard error, or lists of them; null where they are not known.
fn pair(values: &[Value]) -> Json {
    let number = |x: f64| x.is_finite().then_some(x);
    match values {
        [one] => json!({ "value": number(one.value), "standard_error": number(one.error) }),
        all => json!({
            "value": all.iter().map(|v| number(v.value)).collect::<Vec<_>>(),
            "standard_error": all.iter().map(|v| number(v.error)).collect::<Vec<_>>(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_ends_where_its_error_does() {
        let words = |value, error| with_error(Value { value, error });
        assert_eq!(words(-1234.5678, 5.4321), "-1234.6 +- 5.4");
        assert_eq!(words(0.123456, 0.0098), "0.1235 +- 0.0098");
        assert_eq!(words(0.002, 0.13), "0.00 +- 0.13");
        assert_eq!(words(3576.2, 6597.4), "3576 +- 6597");
        assert_eq!(words(1.5e20, 2.0e18), "1.500e20 +- 2.0e18");
        assert_eq!(words(12.0, f64::NAN), "12.00 +- unknown");
    }
}
