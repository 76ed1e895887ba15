//! The typed walker: checks a table of the tree against its keys and hands out checked values.
//!
//! Opening a [`View`] reports everything that is wrong on its level; a getter of a value that is missing or wrong returns
//! `None` and reports nothing again, so that callers go on and all errors are found in one pass.

use super::conform::Checked;
use super::diagnostics::{InputError, InputErrors, Problem, Source, Span, nearest};
use super::document::{self, Entry, Table, Value};
use super::keys::{Key, Kind, NOT_YET, NOT_YET_IN, Presence};
use super::quantity;
use admd_potentials::form::units::{Dimension, UnitSystem};
use std::cell::RefCell;
use std::path::PathBuf;

/// What the whole walk shares.
pub(super) struct Context {
    pub(super) units: &'static UnitSystem,
    /// The folder that relative paths start from.
    pub(super) folder: PathBuf,
    pub(super) sources: RefCell<Vec<Source>>,
    pub(super) errors: RefCell<Vec<InputError>>,
}

impl Context {
    pub(super) fn report(&self, error: InputError) {
        self.errors.borrow_mut().push(error);
    }

    pub(super) fn add_source(&self, source: Source) -> usize {
        let mut sources = self.sources.borrow_mut();
        sources.push(source);
        sources.len() - 1
    }

    pub(super) fn is_clean(&self) -> bool {
        self.errors.borrow().is_empty()
    }

    /// Is there a fault after which values may be missing? Keys that are merely repeated leave theirs behind.
    pub(super) fn is_broken(&self) -> bool {
        let broken = |e: &InputError| match &*e.problem {
            Problem::Syntax { reason } => !reason.contains("duplicate"),
            Problem::Override { .. } => true,
            _ => false,
        };
        self.errors.borrow().iter().any(broken)
    }

    pub(super) fn into_errors(self) -> InputErrors {
        InputErrors::new(self.sources.into_inner(), self.errors.into_inner())
    }
}

/// A checked value with its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) at: Span,
}

/// A checked quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Measured {
    /// In the system's own unit, as it is written back.
    pub(super) own: f64,
    /// In coherent units.
    pub(super) coherent: f64,
    pub(super) dimension: Dimension,
}

/// A table with its keys.
#[derive(Clone)]
pub(super) struct View<'a> {
    pub(super) cx: &'a Context,
    /// How it is called in messages, such as `[structure]`.
    pub(super) name: String,
    keys: &'a [Key],
    pub(super) table: &'a Table,
}

impl<'a> View<'a> {
    /// Checks one level of a table.
    pub(super) fn open(cx: &'a Context, name: impl Into<String>, keys: &'a [Key], table: &'a Table) -> Self {
        let view = Self {
            cx,
            name: name.into(),
            keys,
            table,
        };
        for entry in &table.entries {
            match keys.iter().find(|k| k.name == entry.key) {
                None => cx.report(view.unknown(entry)),
                Some(key) => {
                    if let Err(error) = view.evaluate(key.name, &key.kind, key.example, &entry.node) {
                        cx.report(error);
                    }
                }
            }
        }
        for key in keys.iter().filter(|k| k.presence == Presence::Required) {
            if table.get(key.name).is_none() {
                view.missing_key(key.name);
            }
        }
        view
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.get(key).is_some()
    }

    /// The place of a value, or of the table when the key is not there.
    pub(super) fn at(&self, key: &str) -> Span {
        self.table.get(key).map_or(self.table.at, |e| e.node.at)
    }

    /// The place of a key.
    pub(super) fn key_at(&self, key: &str) -> Span {
        self.table.get(key).map_or(self.table.at, |e| e.key_at)
    }

    /// Reports a missing key, unless it is there with a slip that was reported already.
    pub(super) fn missing_key(&self, name: &str) {
        let known = || self.keys.iter().map(|k| k.name);
        let unknown = self.table.entries.iter().filter(|e| !known().any(|k| k == e.key));
        if unknown.into_iter().any(|e| nearest(&e.key, known()) == Some(name)) {
            return;
        }
        if let Some(key) = self.keys.iter().find(|k| k.name == name) {
            self.cx.report(self.missing(key));
        }
    }

    /// Reports what does not go together.
    pub(super) fn conflict(&self, at: Span, reason: String, label: &str, help: &str) {
        let error = InputError::new(Problem::Conflict(reason), at).label(label);
        self.cx.report(error.help(help));
    }

    pub(super) fn text(&self, key: &str) -> Option<Located<String>> {
        match self.get(key)? {
            Located {
                value: Checked::Text(value),
                at,
            } => Some(Located { value, at }),
            _ => None,
        }
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        match self.get(key)?.value {
            Checked::Flag(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn integer(&self, key: &str) -> Option<Located<i128>> {
        match self.get(key)? {
            Located {
                value: Checked::Integer(value),
                at,
            } => Some(Located { value, at }),
            _ => None,
        }
    }

    pub(super) fn quantity(&self, key: &str) -> Option<Located<Measured>> {
        match self.get(key)? {
            Located {
                value: Checked::Number(value),
                at,
            } => Some(Located { value, at }),
            _ => None,
        }
    }

    /// Numbers of an array, in the order of the text; nested arrays are flattened.
    pub(super) fn numbers(&self, key: &str) -> Option<Vec<f64>> {
        fn flatten(value: &Checked, out: &mut Vec<f64>) {
            match value {
                Checked::Number(m) => out.push(m.own),
                Checked::Integer(i) => out.push(*i as f64),
                Checked::List(list) => list.iter().for_each(|v| flatten(v, out)),
                _ => {}
            }
        }
        let mut out = Vec::new();
        flatten(&self.get(key)?.value, &mut out);
        Some(out)
    }

    pub(super) fn flags(&self, key: &str) -> Option<[bool; 3]> {
        match self.get(key)?.value {
            Checked::List(list) => {
                let flags: Vec<bool> = list
                    .iter()
                    .filter_map(|v| if let Checked::Flag(b) = v { Some(*b) } else { None })
                    .collect();
                flags.try_into().ok()
            }
            _ => None,
        }
    }

    /// One string or several.
    pub(super) fn texts(&self, key: &str) -> Option<Vec<String>> {
        match self.get(key)?.value {
            Checked::Text(text) => Some(vec![text]),
            Checked::List(list) => list
                .into_iter()
                .map(|v| if let Checked::Text(t) = v { Some(t) } else { None })
                .collect(),
            _ => None,
        }
    }

    /// A section that is there.
    pub(super) fn section(&self, key: &str) -> Option<View<'a>> {
        let entry = self.table.get(key)?;
        match (&entry.node.value, self.kind(key)?) {
            (Value::Table(table), Kind::Section(keys)) => {
                // a section of a section has both names
                let outer = self.name.starts_with('[').then(|| self.name.trim_matches(['[', ']']));
                let name = outer.map_or_else(|| format!("[{key}]"), |outer| format!("[{outer}.{key}]"));
                Some(Self::open(self.cx, name, keys, table))
            }
            _ => None,
        }
    }

    /// The tables of an array of tables.
    pub(super) fn sections(&self, key: &str) -> Vec<View<'a>> {
        let (Some(entry), Some(Kind::Sections(keys))) = (self.table.get(key), self.kind(key)) else {
            return Vec::new();
        };
        let Value::List(list) = &entry.node.value else {
            return Vec::new();
        };
        let tables = list.iter().filter_map(|n| match &n.value {
            Value::Table(table) => Some(table),
            _ => None,
        });
        tables
            .map(|t| Self::open(self.cx, format!("[[{key}]]"), keys, t))
            .collect()
    }

    /// The entries of a table of names.
    pub(super) fn named(&self, key: &str) -> &'a [Entry] {
        match self.table.get(key).map(|e| &e.node.value) {
            Some(Value::Table(table)) => &table.entries,
            _ => &[],
        }
    }

    fn kind(&self, key: &str) -> Option<Kind> {
        let found = self.keys.iter().find(|k| k.name == key);
        debug_assert!(found.is_some(), "`{key}` is not in the table of keys of {}", self.name);
        found.map(|k| k.kind)
    }

    fn get(&self, key: &str) -> Option<Located<Checked>> {
        let spec = self.keys.iter().find(|k| k.name == key)?;
        let assumed;
        let node = match (self.table.get(key), spec.presence) {
            (Some(entry), _) => &entry.node,
            (None, Presence::Default(text)) => {
                assumed = document::constant(text, self.table.at)?;
                &assumed
            }
            (None, _) => return None,
        };
        let value = self.evaluate(key, &spec.kind, spec.example, node).ok()?;
        Some(Located { value, at: node.at })
    }

    /// `for example timestep = "2 fs"`, in the units of the input.
    pub(super) fn for_example(&self, key: &str, example: &str) -> String {
        if example.is_empty() {
            return "`admd schema` lists what an input may say".to_owned();
        }
        let bare = example.trim_matches('"');
        let reduced = self.cx.units.is_reduced();
        match quantity::split(bare) {
            Some((x, unit)) if reduced && !unit.is_empty() && bare != example && quantity::is_unit(unit) => {
                format!("for example {key} = {x}")
            }
            _ => format!("for example {key} = {example}"),
        }
    }

    fn unknown(&self, entry: &Entry) -> InputError {
        let known = || self.keys.iter().map(|k| k.name);
        let lower = entry.key.to_lowercase();
        let here = |(section, word, _): &&(&str, &str, &str)| *section == self.name && lower.starts_with(word);
        let help = if let Some((_, _, words)) = NOT_YET_IN.iter().find(here) {
            (*words).to_owned()
        } else if let Some((_, words)) = NOT_YET.iter().find(|(word, _)| lower.starts_with(word)) {
            (*words).to_owned()
        } else if let Some(near) = nearest(&entry.key, known()) {
            format!("did you mean `{near}`?")
        } else {
            format!("known here: {}", known().collect::<Vec<_>>().join(", "))
        };
        let problem = Problem::UnknownKey {
            key: entry.key.clone(),
            section: self.name.clone(),
        };
        InputError::new(problem, entry.key_at).label("unknown key").help(help)
    }

    fn missing(&self, key: &Key) -> InputError {
        let problem = Problem::Missing {
            key: key.name.to_owned(),
            section: self.name.clone(),
        };
        let meaning = key.meaning.trim_end_matches('.');
        let help = match key.kind {
            Kind::Section(_) => format!("add the section [{}]: {meaning}", key.name),
            Kind::Sections(_) => format!("add a section [[{}]]: {meaning}", key.name),
            _ => format!("{meaning}: {}", self.for_example(key.name, key.example)),
        };
        InputError::new(problem, self.table.at)
            .label(format!("`{}` is missing", key.name))
            .help(help)
    }
}
