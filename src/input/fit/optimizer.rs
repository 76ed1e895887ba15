//! `[optimizer]`: how the loss is minimised.

use super::observation::without_effect;
use crate::fit::{ErrorModel, Method, Robust};
use crate::input::walker::View;

/// The settings, with defaults for what the input does not say.
pub(super) struct Optimizer {
    pub(super) method: Method,
    pub(super) loss: Robust,
    /// As given.
    pub(super) starts: Option<usize>,
    pub(super) spread: f64,
    pub(super) errors: ErrorModel,
}

const ITERATIONS: usize = 100;
const TOLERANCE: f64 = 1e-10;
const INNER: usize = 50;
const HISTORY: usize = 10;
const RATE: f64 = 0.01;
const BATCH: usize = 8;
const DELTA: f64 = 1.5;
/// Starts, where they cost little.
const STARTS: usize = 8;
const SPREAD: f64 = 1.0;

impl Optimizer {
    /// The number of starts. A start costs little where it is a few steps on frames, and finds out whether the given one leads
    /// to the least loss; a simulation or passes of Adam are done once.
    pub(super) fn starts(&self, simulated: bool) -> usize {
        let dear = simulated || matches!(self.method, Method::Adam { .. });
        self.starts.unwrap_or(if dear { 1 } else { STARTS })
    }
}

impl Default for Optimizer {
    fn default() -> Self {
        Self {
            method: Method::LevenbergMarquardt {
                iterations: ITERATIONS,
                tolerance: TOLERANCE,
            },
            loss: Robust::Square,
            starts: None,
            spread: SPREAD,
            errors: ErrorModel::Scaled,
        }
    }
}

/// Reads the section; keys of other methods are reported.
pub(super) fn read(view: &View<'_>) -> Optimizer {
    let mut out = Optimizer::default();
    let count = |key: &str, otherwise: usize| {
        let given = view.integer(key).and_then(|n| usize::try_from(n.value).ok());
        given.unwrap_or(otherwise)
    };
    let number = |key: &str, otherwise: f64| view.quantity(key).map_or(otherwise, |x| x.value.own);
    let choice = |key: &str, names: &[&str]| {
        let word = view.text(key)?.value;
        names.iter().position(|n| *n == word)
    };
    let (iterations, tolerance) = (count("iterations", ITERATIONS), number("tolerance", TOLERANCE));
    let method = choice("method", &Method::NAMES);
    out.method = match method {
        Some(1) => Method::GaussNewtonCg {
            iterations,
            tolerance,
            inner: count("inner", INNER),
        },
        Some(2) => Method::Lbfgs {
            iterations,
            tolerance,
            history: count("history", HISTORY),
        },
        Some(3) => Method::Adam {
            epochs: count("epochs", ITERATIONS),
            rate: number("rate", RATE),
            batch: count("batch", BATCH),
        },
        _ => Method::LevenbergMarquardt { iterations, tolerance },
    };
    let owners: [(&str, &[usize]); 7] = [
        ("iterations", &[0, 1, 2]),
        ("tolerance", &[0, 1, 2]),
        ("inner", &[1]),
        ("history", &[2]),
        ("epochs", &[3]),
        ("rate", &[3]),
        ("batch", &[3]),
    ];
    // A method that is no name was reported, and then any key may be right.
    for (key, methods) in owners.iter().filter(|(_, m)| method.is_some_and(|k| !m.contains(&k))) {
        let names: Vec<&str> = methods.iter().map(|k| Method::NAMES[*k]).collect();
        let why = format!("it belongs to {}", names.join(", "));
        without_effect(view, key, &why, "remove this key, or take another method");
    }
    match choice("loss", &Robust::NAMES) {
        Some(1) => out.loss = Robust::Huber(number("delta", DELTA)),
        Some(_) => without_effect(
            view,
            "delta",
            "it belongs to the loss \"huber\"",
            "add loss = \"huber\", or remove it",
        ),
        None => {}
    }
    out.starts = view.has("starts").then(|| count("starts", 1));
    out.spread = number("spread", SPREAD);
    if out.starts == Some(1) {
        without_effect(
            view,
            "spread",
            "there is one start",
            "add starts = 8, or remove this key",
        );
    }
    if let Some(k) = choice("errors", &ErrorModel::NAMES) {
        out.errors = ErrorModel::ALL[k];
    }
    out
}
