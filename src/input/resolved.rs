//! The complete plan as TOML: every default written out, every quantity a plain number of the unit system.
//!
//! The text is made from the same tree and the same table of keys as the plan, so it reads back to the same plan, to the
//! last bit, when it lies in the same folder as the input.

use super::conform::Checked;
use super::document::{self, Entry, Node, Table, Value};
use super::keys::{INPUT, Key, Kind, Presence};
use super::pair_potential::{ONSET, parameter_keys};
use super::plan::{LossPlan, Plan};
use super::walker::{Context, View};
use crate::sensitivity::Memory;
use admd_potentials::catalog;
use admd_potentials::form::units::Dimension;
use std::fmt::Write as _;

/// Adds to the tree what the plan decided where the input said nothing.
pub(super) fn complete(root: &mut Table, plan: &Plan, cx: &Context) {
    for species in &plan.species {
        fill(root, &["species", &species.name, "mass"], &number(species.mass));
    }
    fill(root, &["neighbors", "skin"], &number(plan.settings.skin));
    let periodic = plan.start.configuration.cell.periodic();
    fill(root, &["structure", "periodic"], &format!("{periodic:?}"));
    if has(root, "structure", "file") {
        fill(root, &["structure", "frame"], "-1");
    }
    if let Some(frames) = &plan.output.trajectory {
        fill(root, &["output", "every"], &frames.every.to_string());
        fill(root, &["output", "velocities"], &frames.velocities.to_string());
        fill(root, &["output", "forces"], &frames.forces.to_string());
        fill(root, &["output", "overwrite"], &frames.overwrite.to_string());
    }
    if let Some(s) = plan.sensitivity.as_ref().and_then(|s| s.tangent)
        && plan.output.trajectory.is_some()
    {
        fill(root, &["sensitivity", "every"], &s.every.to_string());
        fill(root, &["sensitivity", "velocities"], &s.velocities.to_string());
    }
    if let Some(e) = plan.sensitivity.as_ref().and_then(|s| s.ensemble.as_ref()) {
        let names: Vec<&str> = e.observables.iter().map(|o| o.name()).collect();
        let mut of = |key: &str, value: String| fill(root, &["sensitivity", "ensemble", key], &value);
        of("every", e.every.to_string());
        of("after", e.after.to_string());
        of("observables", format!("{names:?}"));
        if let Some(rdf) = e.rdf {
            of("rdf_range", number(rdf.range()));
            of("rdf_bins", rdf.bins().to_string());
        }
        if let Some(profile) = e.profile {
            of("profile_axis", quoted(super::ensemble::AXES[profile.axis]));
            of("profile_bins", profile.bins.to_string());
        }
    }
    if let Some(a) = plan.sensitivity.as_ref().and_then(|s| s.adjoint.as_ref()) {
        let mut of = |key: &str, value: String| fill(root, &["sensitivity", "adjoint", key], &value);
        if let Memory::Bytes(bytes) = a.memory {
            of("memory", quoted(&format!("{bytes} B")));
        }
        let samples = match &a.loss {
            LossPlan::Mean(mean) => Some(mean.samples),
            LossPlan::Rdf { samples, .. } => Some(*samples),
            LossPlan::Distance(_) => None,
        };
        if let Some(samples) = samples {
            of("every", samples.every.to_string());
            of("after", samples.after.to_string());
        }
        if let LossPlan::Rdf { rdf, .. } = &a.loss {
            of("rdf_range", number(rdf.range()));
            of("rdf_bins", rdf.bins().to_string());
        }
    }
    fill(root, &["output", "thermo_every"], &plan.output.thermo_every.to_string());
    let cutoffs: Vec<Option<f64>> = {
        let view = View::open(cx, "the input", INPUT, root);
        let own = |p: &View<'_>| Some(p.quantity("cutoff")?.value.own).filter(|_| switched(p) && !p.has("onset"));
        view.sections("potential").iter().map(own).collect()
    };
    if let Some(Entry { node, .. }) = root.entries.iter_mut().find(|e| e.key == "potential")
        && let Value::List(list) = &mut node.value
    {
        for ((item, binding), cutoff) in list.iter_mut().zip(&plan.bindings).zip(cutoffs) {
            let Value::Table(table) = &mut item.value else { continue };
            fill(table, &["label"], &quoted(&binding.label));
            if let Some(cutoff) = cutoff {
                // onset / cutoff must give the same fraction again; where rounding forbids it, the default stays unsaid.
                let onset = ONSET * cutoff;
                if onset / cutoff == ONSET {
                    fill(table, &["onset"], &number(onset));
                }
            }
        }
    }
}

fn switched(view: &View<'_>) -> bool {
    view.text("truncation").is_some_and(|t| t.value == "switched")
}

fn has(root: &Table, section: &str, key: &str) -> bool {
    matches!(root.get(section).map(|e| &e.node.value), Some(Value::Table(t)) if t.get(key).is_some())
}

/// Sets a value unless there is one, making the tables on the way.
fn fill(table: &mut Table, path: &[&str], value: &str) {
    let [key, rest @ ..] = path else { return };
    let at = table.at;
    if table.get(key).is_none() {
        let node = if rest.is_empty() {
            document::constant(value, at)
        } else {
            let value = Value::Table(Table {
                at,
                entries: Vec::new(),
            });
            Some(Node { at, value })
        };
        let Some(node) = node else { return };
        table.entries.push(Entry {
            key: (*key).to_owned(),
            key_at: at,
            node,
        });
    }
    if let Some(Entry { node, .. }) = table.entries.iter_mut().find(|e| e.key == *key)
        && let Value::Table(inner) = &mut node.value
    {
        fill(inner, rest, value);
    }
}

/// Prints the completed tree.
pub(super) fn print(cx: &Context, root: &Table) -> String {
    let mut out = String::new();
    table(&View::open(cx, "the input", INPUT, root), INPUT, "", &mut out);
    out
}

/// Scalars first, then sections, both in the order of the table of keys.
fn table(view: &View<'_>, keys: &[Key], path: &str, out: &mut String) {
    for key in keys {
        let text = match (view.table.get(key.name), key.presence) {
            (Some(entry), _) => scalar(view, key, &entry.node),
            (None, Presence::Default(text)) => Some(text.to_owned()),
            (None, _) => None,
        };
        if let Some(text) = text {
            let _ = writeln!(out, "{} = {text}", key.name);
        }
    }
    for key in keys {
        let Some(entry) = view.table.get(key.name) else {
            continue;
        };
        let name = if path.is_empty() {
            key.name.to_owned()
        } else {
            format!("{path}.{}", key.name)
        };
        match (&key.kind, &entry.node.value) {
            (Kind::Section(inner), Value::Table(t)) => section(view.cx, inner, t, &name, out),
            (Kind::Sections(inner), Value::List(list)) => {
                for node in list {
                    if let Value::Table(t) = &node.value {
                        let _ = writeln!(out, "\n[[{name}]]");
                        table(&View::open(view.cx, name.as_str(), inner, t), inner, &name, out);
                    }
                }
            }
            (Kind::Named(kind), Value::Table(names)) => {
                let dynamic;
                let inner: &[Key] = match kind {
                    Kind::Section(inner) => inner,
                    Kind::Parameters | Kind::PairParameters => {
                        let info = view.text("kind").and_then(|k| catalog::pair_info(&k.value));
                        dynamic = info.map(|i| parameter_keys(i, matches!(kind, Kind::PairParameters)));
                        dynamic.as_deref().unwrap_or(&[])
                    }
                    _ => continue,
                };
                for e in &names.entries {
                    if let Value::Table(t) = &e.node.value {
                        section(view.cx, inner, t, &format!("{name}.{}", bare(&e.key)), out);
                    }
                }
            }
            _ => {}
        }
    }
}

fn section(cx: &Context, keys: &[Key], t: &Table, name: &str, out: &mut String) {
    let _ = writeln!(out, "\n[{name}]");
    table(&View::open(cx, name, keys, t), keys, name, out);
}

/// A value on one line; `None` for what has a section of its own.
fn scalar(view: &View<'_>, key: &Key, node: &Node) -> Option<String> {
    if let (Kind::Named(inner), Value::Table(t)) = (&key.kind, &node.value) {
        if !matches!(inner, Kind::Number(_)) {
            return None;
        }
        let each = t.entries.iter().map(|e| {
            let value = view.evaluate(&e.key, inner, "", &e.node).ok()?;
            Some(format!("{} = {}", bare(&e.key), text(view, key, &value)?))
        });
        return Some(format!("{{ {} }}", each.collect::<Option<Vec<_>>>()?.join(", ")));
    }
    text(view, key, &view.evaluate(key.name, &key.kind, "", node).ok()?)
}

fn text(view: &View<'_>, key: &Key, value: &Checked) -> Option<String> {
    Some(match value {
        Checked::Text(t) => quoted(t),
        Checked::Flag(b) => b.to_string(),
        Checked::Integer(n) => n.to_string(),
        Checked::Number(m) if matches!(key.kind, Kind::Density) && m.dimension != Dimension::NUMBER => {
            if view.cx.units.is_reduced() {
                number(m.own)
            } else {
                quoted(&format!("{:?} {}", m.own, view.cx.units.symbol(m.dimension)))
            }
        }
        Checked::Number(m) => number(m.own),
        Checked::List(list) => {
            let each: Option<Vec<String>> = list.iter().map(|v| text(view, key, v)).collect();
            format!("[{}]", each?.join(", "))
        }
        Checked::Table | Checked::Later => return None,
    })
}

/// The shortest text that reads back to the same bits.
fn number(x: f64) -> String {
    format!("{x:?}")
}

pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

pub(super) fn bare(key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if plain {
        key.to_owned()
    } else {
        // A basic string on one line, as keys cannot span several.
        let escaped: String = key
            .chars()
            .flat_map(|c| match c {
                '"' | '\\' => vec!['\\', c],
                c if c.is_control() => format!("\\u{:04X}", u32::from(c)).chars().collect(),
                c => vec![c],
            })
            .collect();
        format!("\"{escaped}\"")
    }
}
