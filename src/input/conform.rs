//! Does a value conform to its key? Types, units, ranges, names.

use super::diagnostics::{InputError, Problem, Span, nearest};
use super::document::{Node, Value};
use super::keys::{Kind, NOT_YET};
use super::quantity::{self, UnitError};
use super::walker::{Measured, View};
use admd_potentials::form::parameters::Bounds;
use admd_potentials::form::units::Dimension;

/// Numbers beyond this in the units of the input are a slip of the unit or of the keyboard.
const ABSURD: f64 = 1e15;

/// A value that conforms to its key.
pub(super) enum Checked {
    Text(String),
    Flag(bool),
    Integer(i128),
    Number(Measured),
    List(Vec<Checked>),
    Table,
    /// A [`Kind::Value`], which is checked again when its dimension is known.
    Later,
}

impl View<'_> {
    pub(super) fn evaluate(&self, key: &str, kind: &Kind, example: &str, node: &Node) -> Result<Checked, InputError> {
        let wrong = |expected: String| {
            let problem = Problem::WrongType {
                key: key.to_owned(),
                expected: expected.clone(),
                found: node.value.kind().to_owned(),
            };
            let error = InputError::new(problem, node.at).label(format!("expected {expected}"));
            error.help(self.for_example(key, example))
        };
        match (kind, &node.value) {
            (Kind::Text | Kind::Path, Value::Text(text)) => {
                if text.trim().is_empty() || text.contains('\0') {
                    let problem = Problem::OutOfRange {
                        key: key.to_owned(),
                        value: format!("{text:?}"),
                        bounds: "a string that is not empty".to_owned(),
                    };
                    return Err(InputError::new(problem, node.at).help(self.for_example(key, example)));
                }
                Ok(Checked::Text(text.clone()))
            }
            (Kind::Text | Kind::Path, _) => Err(wrong("a string".to_owned())),
            (Kind::Flag, Value::Flag(b)) => Ok(Checked::Flag(*b)),
            (Kind::Flag, _) => Err(wrong("true or false".to_owned())),
            (Kind::Integer(low, high), Value::Integer(digits)) => match digits.parse::<i128>() {
                Ok(n) if (*low..=*high).contains(&n) => Ok(Checked::Integer(n)),
                _ => Err(self.out_of_range(key, digits, format!("an integer from {low} to {high}"), example, node)),
            },
            (Kind::Integer(..), _) => Err(wrong("an integer".to_owned())),
            (Kind::Number(bounds), _) => {
                let (text, value) = number(node).ok_or_else(|| wrong("a number".to_owned()))?;
                self.bounded(key, value, text, *bounds, example, node)?;
                Ok(Checked::Number(Measured {
                    own: value,
                    coherent: value,
                    dimension: Dimension::NUMBER,
                }))
            }
            (Kind::Quantity(dimension, bounds), _) => {
                let expected = || self.wanted(&[*dimension]);
                let measured = self.measure(key, &[*dimension], node, || wrong(expected()))?;
                self.bounded(key, measured.own, &written(node), *bounds, example, node)?;
                Ok(Checked::Number(measured))
            }
            (Kind::Density, _) => self.density(key, example, node, wrong),
            (Kind::Choice(names), Value::Text(text)) => self.choice(key, &names(), text, node),
            (Kind::Choice(names), _) => Err(wrong(format!("one of the strings {}", names().join(", ")))),
            (Kind::Value, Value::Text(_)) => Ok(Checked::Later),
            (Kind::Value, _) => match number(node) {
                Some(_) => Ok(Checked::Later),
                None => Err(wrong("a number or a quantity in quotes".to_owned())),
            },
            (Kind::Two(inner) | Kind::Three(inner), value) => {
                let (count, expected) = match kind {
                    Kind::Two(_) => (2, "an array of two"),
                    _ => (3, "an array of three"),
                };
                let Value::List(list) = value else {
                    return Err(wrong(expected.to_owned()));
                };
                if list.len() == count {
                    return self.list(key, inner, example, list);
                }
                let mut error = wrong(expected.to_owned());
                *error.problem = Problem::WrongType {
                    key: key.to_owned(),
                    expected: expected.to_owned(),
                    found: format!("one of {}", list.len()),
                };
                Err(error)
            }
            (Kind::Some(inner), Value::List(list)) if !list.is_empty() => self.list(key, inner, example, list),
            (Kind::Some(_), Value::List(_)) => Err(wrong("at least one".to_owned())),
            (Kind::Some(inner), _) => self.evaluate(key, inner, example, node),
            (Kind::Many(inner), Value::List(list)) => self.list(key, inner, example, list),
            (Kind::Many(_), _) => Err(wrong("an array".to_owned())),
            (Kind::Section(_) | Kind::Parameters | Kind::PairParameters, Value::Table(_)) => Ok(Checked::Table),
            (Kind::Section(_), _) => Err(wrong(format!("a section of its own, [{key}]"))),
            (Kind::Sections(_), Value::List(list)) if list.iter().all(|n| matches!(n.value, Value::Table(_))) => {
                if list.is_empty() {
                    return Err(wrong(format!("at least one section [[{key}]]")));
                }
                Ok(Checked::Table)
            }
            (Kind::Sections(_), _) => Err(wrong(format!("sections in double brackets, [[{key}]]"))),
            (Kind::Named(inner), Value::Table(table)) => {
                for entry in &table.entries {
                    if entry.key.trim().is_empty() {
                        let problem = Problem::Conflict(format!("`{key}` holds an empty name"));
                        return Err(InputError::new(problem, entry.key_at).help("write the name of a species"));
                    }
                    self.evaluate(&entry.key, inner, example, &entry.node)?;
                }
                Ok(Checked::Table)
            }
            (Kind::Named(_), _) => Err(wrong("a table of names".to_owned())),
            (Kind::Parameters | Kind::PairParameters, _) => Err(wrong("a table of parameters".to_owned())),
        }
    }

    fn list(&self, key: &str, kind: &Kind, example: &str, list: &[Node]) -> Result<Checked, InputError> {
        let each: Result<_, _> = list.iter().map(|n| self.evaluate(key, kind, example, n)).collect();
        Ok(Checked::List(each?))
    }

    fn choice(&self, key: &str, names: &[&'static str], text: &str, node: &Node) -> Result<Checked, InputError> {
        if names.contains(&text) {
            return Ok(Checked::Text(text.to_owned()));
        }
        let problem = Problem::UnknownChoice {
            key: key.to_owned(),
            value: text.to_owned(),
        };
        let later = NOT_YET.iter().find(|(word, _)| text.to_lowercase().starts_with(word));
        let list = names.join(", ");
        let help = match (nearest(text, names.iter().copied()), later) {
            (_, Some((_, words))) => format!("{words}; choose one of: {list}"),
            (Some(near), _) => format!("did you mean \"{near}\"? Choose one of: {list}"),
            _ => format!("choose one of: {list}"),
        };
        Err(InputError::new(problem, node.at).label("unknown name").help(help))
    }

    fn density<F>(&self, key: &str, example: &str, node: &Node, wrong: F) -> Result<Checked, InputError>
    where
        F: Fn(String) -> InputError,
    {
        let allowed: &[Dimension] = if self.cx.units.is_reduced() {
            &[Dimension::NUMBER_DENSITY]
        } else {
            &[Dimension::MASS_DENSITY, Dimension::NUMBER_DENSITY]
        };
        let measured = self.measure(key, allowed, node, || wrong(self.wanted(allowed)))?;
        self.bounded(key, measured.own, &written(node), Bounds::Positive, example, node)?;
        if number(node).is_some() && !self.cx.units.is_reduced() {
            let source = UnitError::NeedsUnit;
            let help = quantity::remedy(&source, allowed, self.cx.units);
            let problem = Problem::Quantity {
                key: key.to_owned(),
                source,
            };
            return Err(InputError::new(problem, node.at).label("density of what?").help(help));
        }
        Ok(Checked::Number(measured))
    }

    /// What a quantity takes, in words.
    fn wanted(&self, allowed: &[Dimension]) -> String {
        let names: Vec<String> = allowed.iter().map(|d| quantity::name(*d)).collect();
        if self.cx.units.is_reduced() {
            format!("a number ({})", names.join(" or "))
        } else {
            format!("a number or a quantity in quotes ({})", names.join(" or "))
        }
    }

    fn measure(
        &self,
        key: &str,
        allowed: &[Dimension],
        node: &Node,
        wrong: impl Fn() -> InputError,
    ) -> Result<Measured, InputError> {
        let units = self.cx.units;
        let (own, dimension) = match (&node.value, number(node)) {
            (_, Some((_, value))) => (value, allowed[0]),
            (Value::Text(text), _) => quantity::parse_any(text, units, allowed).map_err(|source| {
                let help = quantity::remedy(&source, allowed, units);
                let at = self.unit_at(node, text, &source);
                let problem = Problem::Quantity {
                    key: key.to_owned(),
                    source,
                };
                InputError::new(problem, at)
                    .label(format!("expected {}", self.wanted(allowed)))
                    .help(help)
            })?,
            _ => return Err(wrong()),
        };
        Ok(Measured {
            own,
            coherent: own * units.to_coherent(dimension),
            dimension,
        })
    }

    /// The place of the unit inside of the quotes, where the text is written without escapes.
    fn unit_at(&self, node: &Node, text: &str, error: &UnitError) -> Span {
        let part = match error {
            UnitError::UnknownUnit(part) | UnitError::BadExponent(part) => part.as_str(),
            UnitError::WrongDimension { unit, .. } => unit.as_str(),
            _ => return node.at,
        };
        let sources = self.cx.sources.borrow();
        let written = sources
            .get(node.at.source)
            .and_then(|s| s.text.get(node.at.start..node.at.end));
        match (written.and_then(|w| w.rfind(part)), written) {
            (Some(k), Some(w)) if !part.is_empty() && w.contains(text) => Span {
                source: node.at.source,
                start: node.at.start + k,
                end: node.at.start + k + part.len(),
            },
            _ => node.at,
        }
    }

    fn bounded(
        &self,
        key: &str,
        value: f64,
        written: &str,
        bounds: Bounds,
        example: &str,
        node: &Node,
    ) -> Result<(), InputError> {
        if !bounds.allow(value) || value.abs() > ABSURD {
            let mut words = bounds.words().to_owned();
            if value.abs() > ABSURD {
                words = format!("{words} and below {ABSURD:e}");
            } else if !value.is_finite() && bounds != Bounds::Any {
                words += " and finite";
            }
            return Err(self.out_of_range(key, written, words, example, node));
        }
        Ok(())
    }

    fn out_of_range(&self, key: &str, value: &str, bounds: String, example: &str, node: &Node) -> InputError {
        let shown: String = value.chars().take(40).collect();
        let problem = Problem::OutOfRange {
            key: key.to_owned(),
            value: shown,
            bounds: bounds.clone(),
        };
        InputError::new(problem, node.at)
            .label(format!("must be {bounds}"))
            .help(self.for_example(key, example))
    }
}

/// A plain number and how it is written.
fn number(node: &Node) -> Option<(&str, f64)> {
    match &node.value {
        Value::Integer(text) | Value::Float(text) => Some((text, text.parse().ok()?)),
        _ => None,
    }
}

fn written(node: &Node) -> String {
    match &node.value {
        Value::Integer(text) | Value::Float(text) | Value::Text(text) => text.clone(),
        other => other.kind().to_owned(),
    }
}
