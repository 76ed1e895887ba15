//! Numbers that were observed: a key with its value and a key with its error.

use crate::fit::Observation;
use crate::input::walker::View;

/// The value of one key and the error of the other, in coherent units; one without the other is reported.
pub(super) fn read(view: &View<'_>, value: &str, sigma: &str) -> Option<Observation> {
    alone(view, value, sigma);
    let (value, sigma) = (view.quantity(value)?, view.quantity(sigma)?);
    Some(Observation {
        value: value.value.coherent,
        sigma: sigma.value.coherent,
    })
}

/// Reports a value without an error, and an error without a value.
pub(super) fn alone(view: &View<'_>, value: &str, sigma: &str) {
    match (view.has(value), view.has(sigma)) {
        (true, false) => {
            let reason = format!("`{value}` has no error");
            let help = format!("add {sigma}: differences are compared in its units");
            view.conflict(view.key_at(value), reason, "known how well?", &help);
        }
        (false, true) => without_effect(view, sigma, &format!("there is no `{value}`"), "remove this key"),
        _ => {}
    }
}

/// Reports a key without an effect.
pub(super) fn without_effect(view: &View<'_>, key: &str, why: &str, help: &str) {
    if view.has(key) {
        let reason = format!("`{key}` has no effect: {why}");
        view.conflict(view.key_at(key), reason, "changes nothing", help);
    }
}

/// Reports a key that is there without the one that it belongs to.
pub(super) fn without_effect_of(view: &View<'_>, key: &str, owner: &str) {
    if !view.has(owner) {
        without_effect(view, key, &format!("there is no `{owner}`"), "remove this key");
    }
}

/// Reports a section that is compared with nothing.
pub(super) fn no_target(view: &View<'_>, keys: &[&str]) {
    if keys.iter().any(|k| view.has(k)) {
        return;
    }
    let reason = format!("{} has nothing to compare", view.name);
    let words: Vec<String> = keys.iter().map(|k| format!("`{k}`")).collect();
    let help = format!("add one of {}, with its error", words.join(", "));
    view.conflict(view.table.at, reason, "no target", &help);
}
