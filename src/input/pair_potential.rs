//! `[[potential]]`: from keys to bindings of pair potentials, and whether they cover every pair of species.

use super::diagnostics::{InputError, Problem, Span, nearest};
use super::document::{Entry, Value};
use super::keys::{Key, Kind, Presence};
use super::walker::View;
use admd_potentials::catalog;
use admd_potentials::form::binding::{BindingError, Origin, PairBinding};
use admd_potentials::form::mixing::Rule;
use admd_potentials::form::pair::Info;
use admd_potentials::form::truncation::Truncation;
use admd_potentials::form::units::Dimension;

/// Where a switch begins when the input does not say, as a fraction of the cutoff.
pub(super) const ONSET: f64 = 0.9;

/// The species that a potential may speak of, and those that it is bound to.
pub(super) struct Names<'a> {
    /// Every name that is not a slip.
    pub(super) known: &'a [String],
    /// The species of the binding, in the order of their indices.
    pub(super) bound: &'a [String],
    /// Must this pair of them be covered? If so, who needs it, in words that may be empty.
    pub(super) needed: &'a dyn Fn(usize, usize) -> Option<String>,
}

/// The pairs of species that all have atoms.
pub(super) fn among(present: &[bool]) -> impl Fn(usize, usize) -> Option<String> {
    move |a, b| {
        let has = |s: usize| present.get(s).copied().unwrap_or(true);
        (has(a) && has(b)).then(String::new)
    }
}

/// Binds all potentials; the result is complete only when nothing was reported.
pub(super) fn bind_all(potentials: &[View<'_>], names: &Names<'_>) -> Vec<PairBinding> {
    let mut bindings: Vec<PairBinding> = Vec::new();
    let mut excluded: Vec<(usize, usize)> = Vec::new();
    let mut complete = true;
    for view in potentials {
        match bind(view, names, &mut excluded) {
            Some(binding) => {
                if bindings.iter().any(|b| b.label == binding.label) {
                    let problem = Problem::Conflict(format!("two potentials are called `{}`", binding.label));
                    let place = ["label", "kind"].into_iter().find(|k| view.has(k)).unwrap_or("kind");
                    let error = InputError::new(problem, view.at(place)).label("second of that name");
                    view.cx
                        .report(error.help(format!("give it a label, for example label = \"{}2\"", binding.label)));
                }
                bindings.push(binding);
            }
            None => complete = false,
        }
    }
    if let (true, Some(last)) = (complete, potentials.last()) {
        cover(last, &bindings, &excluded, names);
    }
    bindings
}

/// Reports pairs of species that no potential speaks of.
fn cover(view: &View<'_>, bindings: &[PairBinding], excluded: &[(usize, usize)], names: &Names<'_>) {
    let n = names.bound.len();
    for (a, b) in (0..n).flat_map(|a| (a..n).map(move |b| (a, b))) {
        let covered = bindings.iter().any(|p| p.pairs[p.index(a, b)].origin != Origin::Absent);
        if covered || excluded.contains(&(a, b)) {
            continue;
        }
        let Some(whose) = (names.needed)(a, b) else { continue };
        let pair = format!("{}-{}", names.bound[a], names.bound[b]);
        let help = if a == b {
            format!(
                "add [potential.parameters.{}]; if these atoms do not interact, exclude = [\"{pair}\"]",
                names.bound[a]
            )
        } else {
            format!("add [potential.pairs.{pair}] or a mixing rule; if they do not interact, exclude = [\"{pair}\"]")
        };
        let label = if whose.is_empty() {
            whose
        } else {
            format!("; it is in {whose}")
        };
        let error = InputError::new(Problem::NoPotential { pair }, view.table.at);
        let error = error.label(format!("covers other pairs only{label}"));
        view.cx.report(error.help(help));
        if !view.cx.is_clean() && view.cx.errors.borrow().len() > 50 {
            return;
        }
    }
}

fn bind(view: &View<'_>, names: &Names<'_>, excluded: &mut Vec<(usize, usize)>) -> Option<PairBinding> {
    let before = view.cx.errors.borrow().len();
    for key in ["kind", "cutoff"].iter().filter(|k| !view.has(k)) {
        view.missing_key(key);
    }
    let kind = view.text("kind").and_then(|k| catalog::pair_info(&k.value));
    let label = label(view);
    let cutoff = view.quantity("cutoff").map(|c| c.value.coherent);
    let truncation = truncation(view, cutoff);
    let rule = view.text("mixing").map(|m| match m.value.as_str() {
        name if name == Rule::NAMES[0] => Rule::Arithmetic,
        name if name == Rule::NAMES[1] => Rule::Geometric,
        _ => Rule::Explicit,
    });
    let (info, label) = (kind?, label?);
    let mut builder = PairBinding::builder(label, info, names.bound.iter().cloned()).others_absent();
    let like = parameter_keys(info, false);
    for entry in view.named("parameters") {
        let values = values(view, entry, &like, &format!("[potential.parameters.{}]", entry.key));
        if !is_known(view, &entry.key, entry.key_at, names) {
            continue;
        }
        if let (Some((values, _)), true) = (values, names.bound.contains(&entry.key)) {
            builder = builder.like(&entry.key, values);
        }
    }
    let unlike = parameter_keys(info, true);
    for entry in view.named("pairs") {
        let values = values(view, entry, &unlike, &format!("[potential.pairs.{}]", entry.key));
        let Some((a, b)) = pair(view, &entry.key, entry.key_at, names) else {
            continue;
        };
        if let (Some((values, own)), true) = (values, names.bound.contains(&a) && names.bound.contains(&b)) {
            builder = match own {
                Some(own) => builder.pair_within(&a, &b, own, values),
                None => builder.pair(&a, &b, values),
            };
        }
    }
    for text in view.texts("exclude").unwrap_or_default() {
        let Some((a, b)) = pair(view, &text, view.at("exclude"), names) else {
            continue;
        };
        let index = |s: &String| names.bound.iter().position(|n| n == s);
        if let (Some(x), Some(y)) = (index(&a), index(&b)) {
            excluded.push((x.min(y), x.max(y)));
            builder = builder.absent(&a, &b);
        }
    }
    if !(view.has("parameters") || view.has("pairs")) {
        let problem = Problem::Conflict(format!("the potential `{}` has no parameters", info.name));
        let list: Vec<&str> = info.parameters.iter().map(|p| p.name).collect();
        let name = names.bound.first().map_or("Ar", String::as_str);
        let error = InputError::new(problem, view.table.at).label("no parameters");
        view.cx
            .report(error.help(format!("add [potential.parameters.{name}] with {}", list.join(", "))));
    }
    if view.flag("tail")? {
        builder = builder.tail_corrections();
    }
    let builder = builder.cutoff(cutoff?).truncation(truncation?).mixing(rule?);
    if view.cx.errors.borrow().len() > before {
        return None;
    }
    match builder.build() {
        Ok(binding) => Some(binding),
        Err(errors) => {
            for error in errors {
                view.cx.report(locate(view, error));
            }
            None
        }
    }
}

fn label(view: &View<'_>) -> Option<String> {
    let key = if view.has("label") { "label" } else { "kind" };
    let label = view.text(key)?;
    if label.value.contains(['.', '*', '?', '[', ' ', '\n', '\t']) {
        let problem = Problem::Conflict(format!(
            "the label `{}` cannot be part of a parameter's name",
            label.value
        ));
        let error = InputError::new(problem, label.at).label("holds . * ? [ or a space");
        view.cx.report(error.help("use letters, digits and underscores"));
        return None;
    }
    Some(label.value)
}

fn truncation(view: &View<'_>, cutoff: Option<f64>) -> Option<Truncation> {
    let name = view.text("truncation")?;
    let made = match Truncation::NAMES.iter().position(|n| *n == name.value)? {
        0 => Truncation::Cut,
        1 => Truncation::Shifted,
        2 => Truncation::ForceShifted,
        _ => Truncation::Switched { onset: ONSET },
    };
    let Truncation::Switched { .. } = made else {
        if view.has("onset") {
            let problem = Problem::Conflict(format!("`onset` has no meaning with truncation = \"{}\"", made.name()));
            let error = InputError::new(problem, view.key_at("onset")).label("only a switch has an onset");
            view.cx
                .report(error.help("remove it, or set truncation = \"switched\""));
        }
        return Some(made);
    };
    if !view.has("onset") {
        return Some(made);
    }
    let (onset, cutoff) = (view.quantity("onset")?, cutoff?);
    if onset.value.coherent >= cutoff {
        let problem = Problem::OutOfRange {
            key: "onset".to_owned(),
            value: format!("{}", onset.value.own),
            bounds: format!("below the cutoff, {cutoff}"),
        };
        let error = InputError::new(problem, onset.at)
            .label("not inside the cutoff")
            .also(view.at("cutoff"), "the cutoff");
        view.cx.report(error.help(format!(
            "for example {}; without this key it is {ONSET} of the cutoff",
            ONSET * cutoff
        )));
        return None;
    }
    Some(Truncation::Switched {
        onset: onset.value.coherent / cutoff,
    })
}

/// The keys of a table of parameters.
pub(super) fn parameter_keys(info: &Info, with_cutoff: bool) -> Vec<Key> {
    let mut keys: Vec<Key> = info
        .parameters
        .iter()
        .map(|p| Key {
            name: p.name,
            kind: if p.dimension == Dimension::NUMBER {
                Kind::Number(p.bounds)
            } else {
                Kind::Quantity(p.dimension, p.bounds)
            },
            presence: Presence::Required,
            meaning: p.meaning,
            example: match p.dimension {
                Dimension::ENERGY => "\"0.0104 eV\"",
                Dimension::LENGTH => "\"3.4 Angstrom\"",
                Dimension::INVERSE_LENGTH => "\"1.5 Angstrom-1\"",
                Dimension::NUMBER => "12.0",
                _ => "1.0",
            },
        })
        .collect();
    if with_cutoff {
        keys.push(PAIR_CUTOFF);
    }
    keys
}

/// The key that a pair has beside its parameters.
pub(super) const PAIR_CUTOFF: Key = Key {
    name: "cutoff",
    kind: Kind::Quantity(Dimension::LENGTH, admd_potentials::form::parameters::Bounds::Positive),
    presence: Presence::Optional,
    meaning: "Cutoff of this pair; that of the potential by default.",
    example: "\"8.5 Angstrom\"",
};

type Values = (Vec<(&'static str, f64)>, Option<f64>);

/// The values of one table of parameters, and its cutoff.
fn values(view: &View<'_>, entry: &Entry, keys: &[Key], name: &str) -> Option<Values> {
    let Value::Table(table) = &entry.node.value else {
        return None;
    };
    let inner = View::open(view.cx, name, keys, table);
    let mut list = Vec::new();
    for key in keys.iter().filter(|k| k.presence == Presence::Required) {
        list.push((key.name, inner.quantity(key.name)?.value.coherent));
    }
    let own = if inner.has("cutoff") {
        inner.quantity("cutoff").map(|c| c.value.coherent)
    } else {
        None
    };
    Some((list, own))
}

fn is_known(view: &View<'_>, name: &str, at: Span, names: &Names<'_>) -> bool {
    let known = names.known.iter().any(|n| n == name);
    if !known {
        let all = names.known.join(", ");
        let help = match nearest(name, names.known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`? The species are {all}"),
            None => format!("the species are {all}; declare another one with [species.{name}]"),
        };
        let problem = Problem::UnknownSpecies { name: name.to_owned() };
        view.cx.report(
            InputError::new(problem, at)
                .label("no atom is of this species")
                .help(help),
        );
    }
    known
}

/// The two species of `A-B`; names may hold hyphens themselves.
fn pair(view: &View<'_>, text: &str, at: Span, names: &Names<'_>) -> Option<(String, String)> {
    let known = |s: &str| names.known.iter().any(|n| n == s);
    let mut splits = text.match_indices('-').map(|(k, _)| (&text[..k], &text[k + 1..]));
    if let Some((a, b)) = splits.clone().find(|(a, b)| known(a) && known(b)) {
        return Some((a.to_owned(), b.to_owned()));
    }
    match splits.next() {
        Some((a, b)) => {
            for s in [a, b].iter().filter(|s| !known(s)) {
                is_known(view, s, at, names);
            }
        }
        None => {
            let problem = Problem::Conflict(format!("`{text}` is no pair of species"));
            let error = InputError::new(problem, at).label("one name only");
            view.cx
                .report(error.help(format!("join two species by a hyphen, for example {text}-{text}")));
        }
    }
    None
}

/// The place of an error of the binding.
fn locate(view: &View<'_>, error: BindingError) -> InputError {
    let at = match &error {
        BindingError::TailOfShifted { .. } => view.at("tail"),
        BindingError::BadOnset { .. } | BindingError::TailOfEarlySwitch { .. } => view.at("onset"),
        BindingError::RepeatedPair { pair }
        | BindingError::Inconsistent { pair, .. }
        | BindingError::NoMixingRule { pair, .. }
        | BindingError::BadCutoff { pair, .. }
        | BindingError::TailDiverges { pair } => place_of(view, pair),
        BindingError::OutOfBounds { name, .. } => place_of(view, name.split('.').nth(1).unwrap_or_default()),
        _ => view.table.at,
    };
    let text = error.to_string();
    let help = text
        .rsplit_once("; ")
        .map(|(_, remedy)| remedy.to_owned())
        .unwrap_or_default();
    let problem = match text.rsplit_once("; ") {
        Some((what, _)) => Problem::Conflict(what.to_owned()),
        None => Problem::Binding(error),
    };
    InputError::new(problem, at).help(help)
}

/// Where the parameters of `A-B` stand.
fn place_of(view: &View<'_>, pair: &str) -> Span {
    let flipped = |key: &str| key.split_once('-').is_some_and(|(a, b)| format!("{b}-{a}") == pair);
    let explicit = view.named("pairs").iter().find(|e| e.key == pair || flipped(&e.key));
    let like = view
        .named("parameters")
        .iter()
        .find(|e| format!("{0}-{0}", e.key) == pair);
    explicit.or(like).map_or(view.table.at, |e| e.key_at)
}
