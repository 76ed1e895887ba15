//! `[[parameters]]`: from globs to variables.

use super::keys::{PARAMETERS, TIES};
use super::observation::without_effect;
use super::quantities::measure;
use crate::fit::{Prior, Transform, Variable};
use crate::input::choose::choose;
use crate::input::diagnostics::{InputError, Problem, Span};
use crate::input::document::{Node, Value};
use crate::input::quantity;
use crate::input::walker::View;
use admd_potentials::form::parameters::Bounds;
use admd_potentials::form::units::Dimension;

/// A parameter that may be fitted.
pub(super) struct Candidate {
    pub(super) name: String,
    /// Its index in θ.
    pub(super) index: usize,
    pub(super) dimension: Dimension,
    pub(super) bounds: Bounds,
    /// Is it fitted although no entry names it?
    pub(super) free: bool,
}

/// How an entry makes variables of what it chooses.
struct Entry<'v, 'a> {
    view: &'v View<'a>,
    start: Option<f64>,
    bounds: Option<[f64; 2]>,
    transform: Option<Transform>,
    prior: Option<Prior>,
}

/// The variables; θ takes the values to start from.
pub(super) fn read(views: &[View<'_>], candidates: &[Candidate], theta: &mut [f64]) -> Vec<Variable> {
    let names: Vec<&str> = candidates.iter().map(|c| c.name.as_str()).collect();
    // The entry that fits each candidate, and its variables.
    let mut owner: Vec<Option<usize>> = vec![None; candidates.len()];
    let mut named = vec![false; candidates.len()];
    let mut made: Vec<(usize, Vec<usize>, Entry<'_, '_>)> = Vec::new();
    for (number, view) in views.iter().enumerate() {
        let help = |pattern: &str| {
            let hint =
                "reference energies are parameters where [energy] has reference = \"fit\", of species with energies";
            pattern.starts_with("reference.").then(|| hint.to_owned())
        };
        let Some(chosen) = choose(view, "select", &names, help) else {
            continue;
        };
        let fixed = view.flag("fixed") == Some(true);
        chosen.iter().for_each(|k| named[*k] = true);
        if fixed {
            for key in ["bounds", "transform", "prior"] {
                without_effect(
                    view,
                    key,
                    "the parameters are fixed",
                    "remove this key, or fixed = true",
                );
            }
            if view.text("tie").is_some_and(|t| t.value != TIES[0]) {
                without_effect(
                    view,
                    "tie",
                    "the parameters are fixed",
                    "remove this key, or fixed = true",
                );
            }
            if let Some(dimension) = shared(view, &chosen, candidates)
                && let Some(start) = value(view, "start", dimension)
            {
                for k in &chosen {
                    within(view, candidates, *k, start, view.at("start"));
                    theta[candidates[*k].index] = start;
                }
            }
            chosen.iter().for_each(|k| owner[*k] = None);
            continue;
        }
        if let Some(k) = chosen.iter().find(|k| owner[**k].is_some()) {
            let reason = format!("{} is chosen by two entries", names[*k]);
            let help = "choose it once; an entry below with fixed = true takes parameters out again";
            let error = InputError::new(Problem::Conflict(reason), view.at("select")).label("a second time");
            let first = owner[*k].map(|n| views[n].at("select"));
            let error = error.help(help);
            view.cx.report(match first {
                Some(at) => error.also(at, "the first"),
                None => error,
            });
            continue;
        }
        if let Some(entry) = entry(view, &chosen, candidates) {
            chosen.iter().for_each(|k| owner[*k] = Some(number));
            made.push((number, chosen, entry));
        }
    }
    let mut list = Vec::new();
    for (number, chosen, entry) in made {
        let kept: Vec<usize> = chosen.into_iter().filter(|k| owner[*k] == Some(number)).collect();
        list.extend(entry.variables(&kept, candidates, theta).unwrap_or_default());
    }
    for (k, c) in candidates.iter().enumerate() {
        if c.free && !named[k] {
            list.push(Variable {
                name: c.name.clone(),
                members: vec![(c.index, 1.0)],
                start: theta[c.index],
                bounds: [f64::NEG_INFINITY, f64::INFINITY],
                transform: Transform::None,
                prior: None,
            });
        }
    }
    list
}

/// What an entry says; `None` when that is wrong.
fn entry<'v, 'a>(view: &'v View<'a>, chosen: &[usize], candidates: &[Candidate]) -> Option<Entry<'v, 'a>> {
    let before = view.cx.errors.borrow().len();
    let transform = view
        .text("transform")
        .map(|t| match Transform::NAMES.iter().position(|n| *n == t.value) {
            Some(1) => Transform::Log,
            Some(2) => Transform::Bounded,
            _ => Transform::None,
        });
    let mut entry = Entry {
        view,
        start: None,
        bounds: None,
        transform,
        prior: None,
    };
    if ["start", "bounds", "prior"].iter().any(|k| view.has(k)) {
        let dimension = shared(view, chosen, candidates)?;
        entry.start = value(view, "start", dimension);
        entry.bounds = two(view, "bounds", dimension, [Bounds::Any; 2]);
        let prior = two(view, "prior", dimension, [Bounds::Any, Bounds::Positive]);
        entry.prior = prior.map(|[mean, sigma]| Prior { mean, sigma });
    }
    if let Some([low, high]) = entry.bounds
        && low >= high
    {
        let reason = format!("the bounds {low} and {high} are in the wrong order, or equal");
        let help = "write the least value first; a parameter of one value is fixed = true";
        view.conflict(view.at("bounds"), reason, "no range", help);
    }
    (view.cx.errors.borrow().len() == before).then_some(entry)
}

/// The dimension that all chosen parameters have; different ones are reported.
fn shared(view: &View<'_>, chosen: &[usize], candidates: &[Candidate]) -> Option<Dimension> {
    let first = &candidates[*chosen.first()?];
    let other = chosen
        .iter()
        .map(|k| &candidates[*k])
        .find(|c| c.dimension != first.dimension);
    let key = ["start", "bounds", "prior"].into_iter().find(|k| view.has(k));
    if let Some(other) = other {
        let at = key.map_or(view.at("select"), |k| view.key_at(k));
        if key.is_some() || view.text("tie").is_some_and(|t| t.value == TIES[1]) {
            let words = |c: &Candidate| format!("{} ({})", c.name, quantity::name(c.dimension));
            let reason = format!("{} and {} have no value in common", words(first), words(other));
            view.conflict(
                at,
                reason,
                "of which of them?",
                "give each kind of parameter an entry of its own",
            );
        }
        return None;
    }
    Some(first.dimension)
}

/// A quantity of the dimension, in an example of its unit.
fn value(view: &View<'_>, key: &str, dimension: Dimension) -> Option<f64> {
    let node = &view.table.get(key)?.node;
    checked(view, key, (dimension, Bounds::Any), node)
}

fn checked(view: &View<'_>, key: &str, expected: (Dimension, Bounds), node: &Node) -> Option<f64> {
    let example = PARAMETERS.iter().find(|k| k.name == key).map_or("", |k| k.example);
    let fits = expected.0 == Dimension::ENERGY;
    // What is no quantity at all was reported when the table was opened.
    view.evaluate(key, &crate::input::keys::Kind::Value, "", node).ok()?;
    measure(view, key, expected, if fits { example } else { "1.5" }, node)
}

/// A pair of quantities; bounds may be infinite.
fn two(view: &View<'_>, key: &str, dimension: Dimension, limits: [Bounds; 2]) -> Option<[f64; 2]> {
    let Value::List(list) = &view.table.get(key)?.node.value else {
        return None;
    };
    let [first, second] = &list[..] else { return None };
    let infinite = |node: &Node| match &node.value {
        Value::Float(text) if key == "bounds" => text.parse::<f64>().ok().filter(|x| x.is_infinite()),
        _ => None,
    };
    let one = |node: &Node, limit| infinite(node).or_else(|| checked(view, key, (dimension, limit), node));
    // both, so that both are reported
    let both = [one(first, limits[0]), one(second, limits[1])];
    Some([both[0]?, both[1]?])
}

/// Reports a value that the potential refuses.
fn within(view: &View<'_>, candidates: &[Candidate], k: usize, value: f64, at: Span) -> bool {
    let c = &candidates[k];
    let allowed = c.bounds.allow(value);
    if !allowed {
        let problem = Problem::OutOfRange {
            key: c.name.clone(),
            value: value.to_string(),
            bounds: c.bounds.words().to_owned(),
        };
        let label = format!("must be {}", c.bounds.words());
        let error = InputError::new(problem, at).label(label);
        view.cx.report(error.help("give a start that the potential takes"));
    }
    allowed
}

impl Entry<'_, '_> {
    /// The variables of the chosen parameters.
    fn variables(&self, chosen: &[usize], candidates: &[Candidate], theta: &mut [f64]) -> Option<Vec<Variable>> {
        let view = self.view;
        let tie = view.text("tie")?;
        if tie.value == TIES[0] {
            let each = |k: &usize| self.variable(&[(*k, 1.0)], candidates, theta);
            return chosen.iter().map(each).collect();
        }
        let (first, rest) = chosen.split_first()?;
        if rest.is_empty() {
            let why = format!("the entry fits {} only", candidates[*first].name);
            without_effect(view, "tie", &why, "remove this key, or choose more parameters");
            return None;
        }
        let value = |k: &usize| theta[candidates[*k].index];
        let members: Vec<(usize, f64)> = if tie.value == TIES[1] {
            shared(view, chosen, candidates)?;
            let other = chosen.iter().find(|k| value(k) != value(first));
            if let (Some(other), None) = (other, self.start) {
                let (a, b) = (&candidates[*first], &candidates[*other]);
                let reason = format!("{} is {} and {} is {}", a.name, value(first), b.name, value(other));
                let help = "give one start for them all, or tie = \"ratio\"";
                view.conflict(tie.at, reason, "not equal at the start", help);
                return None;
            }
            chosen.iter().map(|k| (*k, 1.0)).collect()
        } else {
            let own = ["start", "bounds", "prior"].into_iter().find(|k| view.has(k));
            if let Some(key) = own {
                let reason = format!("`{key}` would be that of one of the parameters that keep their ratios");
                let help = "set the values in the potential, or take tie = \"equal\"";
                view.conflict(view.key_at(key), reason, "of which of them?", help);
                return None;
            }
            if value(first) == 0.0 {
                let reason = format!(
                    "{} is 0 at the start, and nothing has a ratio to it",
                    candidates[*first].name
                );
                view.conflict(
                    tie.at,
                    reason,
                    "ratio to what?",
                    "give it another value in the potential",
                );
                return None;
            }
            chosen.iter().map(|k| (*k, value(k) / value(first))).collect()
        };
        Some(vec![self.variable(&members, candidates, theta)?])
    }

    /// One variable of members with their factors.
    fn variable(&self, members: &[(usize, f64)], candidates: &[Candidate], theta: &mut [f64]) -> Option<Variable> {
        let view = self.view;
        let first = &candidates[members.first()?.0];
        let start = self.start.unwrap_or(theta[first.index]);
        let start_at = if self.start.is_some() {
            view.at("start")
        } else {
            view.at("select")
        };
        for (k, factor) in members {
            if !within(view, candidates, *k, factor * start, start_at) {
                return None;
            }
        }
        // what the potential takes, for a value of which each member has its factor
        let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
        for (_, factor) in members.iter().filter(|(k, _)| candidates[*k].bounds != Bounds::Any) {
            if *factor > 0.0 {
                low = 0.0;
            } else if *factor < 0.0 {
                high = 0.0;
            }
        }
        let bounds = match self.bounds {
            None if self.transform == Some(Transform::Log) => [low.max(0.0), high],
            None => [low, high],
            Some([least, most]) if least < low || most > high => {
                let reason = format!(
                    "the bounds of {} reach where it would not be {}",
                    first.name,
                    first.bounds.words()
                );
                let error = InputError::new(Problem::Conflict(reason), view.at("bounds")).label("reach too far");
                view.cx.report(error.help("let the bounds begin at 0"));
                return None;
            }
            Some(bounds) => bounds,
        };
        let positive = members
            .iter()
            .all(|(k, f)| candidates[*k].bounds == Bounds::Positive && *f > 0.0);
        let otherwise = if positive { Transform::Log } else { Transform::None };
        let transform = self.transform.unwrap_or(otherwise);
        self.check(&first.name, (start, start_at), bounds, transform)?;
        for (k, factor) in members {
            theta[candidates[*k].index] = factor * start;
        }
        Some(Variable {
            name: first.name.clone(),
            members: members.iter().map(|(k, f)| (candidates[*k].index, *f)).collect(),
            start,
            bounds,
            transform,
            prior: self.prior,
        })
    }

    /// Do start, bounds and transform go together?
    fn check(&self, name: &str, (start, at): (f64, Span), [low, high]: [f64; 2], transform: Transform) -> Option<()> {
        let view = self.view;
        let refuse = |at: Span, reason: String, label: &str, help: &str| {
            view.conflict(at, reason, label, help);
            None
        };
        let outside = format!("{name} starts at {start}, outside of its bounds {low} and {high}");
        if !(low..=high).contains(&start) {
            let at = if self.start.is_some() { at } else { view.at("bounds") };
            return refuse(
                at,
                outside,
                "excludes the start",
                "move the bounds, or give a start between them",
            );
        }
        match transform {
            Transform::None => {}
            Transform::Log if low < 0.0 && self.bounds.is_some() => {
                let reason = format!("{name} has bounds below 0, where there is no logarithm");
                return refuse(
                    view.at("bounds"),
                    reason,
                    "reach below 0",
                    "let the bounds begin at 0 or above",
                );
            }
            Transform::Log if start <= 0.0 => {
                let reason = format!("{name} starts at {start}, which has no logarithm");
                let at = if self.start.is_some() { at } else { view.at("transform") };
                return refuse(
                    at,
                    reason,
                    "not positive",
                    "give a positive start, or transform = \"none\"",
                );
            }
            Transform::Log => {}
            Transform::Bounded if !(low.is_finite() && high.is_finite()) => {
                let reason =
                    format!("transform = \"bounded\" needs two bounds, and those of {name} are {low} and {high}");
                let help = "add bounds = [least, largest], both finite";
                return refuse(view.at("transform"), reason, "between what?", help);
            }
            Transform::Bounded if start <= low || start >= high => {
                let reason = format!("{name} starts at {start}, on its bound");
                let at = if self.start.is_some() { at } else { view.at("bounds") };
                return refuse(
                    at,
                    reason,
                    "not between the bounds",
                    "move the start inside, or widen the bounds",
                );
            }
            Transform::Bounded => {}
        }
        Some(())
    }
}
