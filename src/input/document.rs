//! The text as a tree in which every key and every value knows where it stands; overrides are laid over it.

use super::diagnostics::{InputError, Problem, Source, Span};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) at: Span,
    pub(super) value: Value,
}

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    /// Decimal digits, as they may exceed any integer type.
    Integer(String),
    /// As written, as it may exceed the range of a double.
    Float(String),
    Flag(bool),
    Date,
    List(Vec<Node>),
    Table(Table),
}

impl Value {
    /// What a user calls it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a number",
            Self::Flag(_) => "a boolean",
            Self::Date => "a date",
            Self::List(_) => "an array",
            Self::Table(_) => "a table",
        }
    }
}

/// Keys and values in the order of the text.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// Where it begins: its header, or its braces.
    pub(super) at: Span,
    pub(super) entries: Vec<Entry>,
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_at: Span,
    pub(super) node: Node,
}

impl Table {
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.key == key)
    }
}

/// Keys nested deeper than this are no input of ours, and recursion would exhaust the stack.
const DEEPEST: usize = 40;
/// Longer texts are no input of ours: structures live in their own files.
const LONGEST: usize = 16 << 20;

/// Parses the text of a source; what can be understood is returned beside the errors.
pub(super) fn parse(source: usize, text: &str, errors: &mut Vec<InputError>) -> Table {
    if text.len() > LONGEST {
        let count = format!("{} bytes", text.len());
        errors.push(
            InputError::new(
                Problem::TooLarge {
                    what: "the text",
                    count,
                    limit: format!("{LONGEST} bytes"),
                },
                Span::new(source, 0..0),
            )
            .help("put the atoms in a structure file and name it as `file` in [structure]"),
        );
        return Table::default();
    }
    if let Some(at) = too_deep(text) {
        let reason = format!("keys nested deeper than {DEEPEST} levels");
        errors.push(
            InputError::new(Problem::Syntax { reason }, Span::new(source, at..at + 1))
                .help("the deepest key of an input has four levels: remove the extra dots"),
        );
        return Table::default();
    }
    let (tree, faults) = DeTable::parse_recoverable(text);
    let mut last_line = None;
    errors.extend(faults.into_iter().take(100).filter_map(|fault| {
        let end = text.trim_end().len();
        let at = fault.span().unwrap_or(end..end);
        let mut reason = fault.message().to_owned();
        // What follows the first fault of a line is mostly its consequence.
        let line = text.get(..at.start).map(|before| before.matches('\n').count());
        if line == last_line {
            return None;
        }
        last_line = line;
        if let (true, Some(key)) = (reason == "duplicate key", text.get(at.clone())) {
            reason = format!("duplicate key `{key}`");
        }
        let help = syntax_help(&reason, text, at.start);
        Some(InputError::new(Problem::Syntax { reason }, Span::new(source, at)).help(help))
    }));
    table(source, tree.get_ref(), tree.span())
}

fn syntax_help(reason: &str, text: &str, at: usize) -> &'static str {
    let line = text
        .get(..at)
        .map_or("", |before| before.rsplit('\n').next().unwrap_or(before));
    if reason.contains("duplicate") {
        "keep one of the two"
    } else if line.contains('=') {
        "write strings and quantities with a unit in quotes: timestep = \"2 fs\"; numbers bare: steps = 100"
    } else {
        "each line of an input is `[section]`, `key = value` or a comment after #"
    }
}

/// The place of a run of dots that would nest tables too deeply.
fn too_deep(text: &str) -> Option<usize> {
    let mut dots = 0;
    let mut comment = false;
    let mut at_start = true;
    for (at, c) in text.bytes().enumerate() {
        match c {
            b'\n' => (dots, comment, at_start) = (0, false, true),
            b'#' if at_start => comment = true,
            b'=' | b'[' | b']' | b'{' | b'}' | b',' | b'#' => dots = 0,
            b'.' if !comment => {
                dots += 1;
                if dots > DEEPEST {
                    return Some(at);
                }
            }
            _ => {}
        }
        at_start &= c == b'\n' || c.is_ascii_whitespace();
    }
    None
}

fn table(source: usize, tree: &DeTable<'_>, range: std::ops::Range<usize>) -> Table {
    let mut entries: Vec<Entry> = tree
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().clone().into_owned(),
            key_at: Span::new(source, key.span()),
            node: node(source, value),
        })
        .collect();
    entries.sort_by_key(|e| e.key_at);
    Table {
        at: Span::new(source, range),
        entries,
    }
}

fn node(source: usize, value: &Spanned<DeValue<'_>>) -> Node {
    let at = Span::new(source, value.span());
    let value = match value.get_ref() {
        DeValue::String(s) => Value::Text(s.clone().into_owned()),
        DeValue::Integer(i) => Value::Integer(decimal(i.as_str(), i.radix())),
        DeValue::Float(f) => Value::Float(f.as_str().to_owned()),
        DeValue::Boolean(b) => Value::Flag(*b),
        DeValue::Datetime(_) => Value::Date,
        DeValue::Array(list) => Value::List(list.iter().map(|v| node(source, v)).collect()),
        DeValue::Table(t) => Value::Table(table(source, t, value.span())),
    };
    Node { at, value }
}

fn decimal(digits: &str, radix: u32) -> String {
    if radix == 10 {
        return digits.to_owned();
    }
    i128::from_str_radix(digits, radix).map_or_else(|_| "9".repeat(50), |n| n.to_string())
}

/// Parses the value of a key that is not in any text, such as a default.
pub(super) fn constant(text: &str, at: Span) -> Option<Node> {
    let parsed = DeValue::parse(text).ok()?;
    let mut node = node(at.source, &parsed);
    node.at = at;
    Some(node)
}

/// Lays `key.sub=value` over the table.
pub(super) fn override_with(base: &mut Table, source: usize, text: &str, errors: &mut Vec<InputError>) {
    let whole = Span::new(source, 0..text.len());
    let refuse = |reason: String, at: Span, help: String| InputError::new(Problem::Override { reason }, at).help(help);
    let Some((key, value)) = text.split_once('=') else {
        let reason = format!("the override `{text}` has no `=`");
        errors.push(refuse(reason, whole, "write it as --set run.steps=100".to_owned()));
        return;
    };
    let mut own = Vec::new();
    let mut tree = parse(source, text, &mut own);
    if !own.is_empty() && !value.trim_start().starts_with(['"', '\'', '[', '{']) && !value.trim().is_empty() {
        // The shell eats quotes: what is no TOML value is taken as a string.
        let quoted = format!("{key}={}", toml::Value::String(value.to_owned()));
        let mut again = Vec::new();
        let retried = parse(source, &quoted, &mut again);
        if again.is_empty() {
            tree = retried;
            own.clear();
            respan(&mut tree, Span::new(source, key.len() + 1..text.len()));
        }
    }
    if own.is_empty() {
        merge(base, tree, &mut own);
    }
    errors.append(&mut own);
}

/// Places of values parsed from the quoted text, in the text as given.
fn respan(table: &mut Table, value_at: Span) {
    table.at.end = table.at.end.min(value_at.end);
    for entry in &mut table.entries {
        match &mut entry.node.value {
            Value::Table(inner) => {
                respan(inner, value_at);
                entry.node.at.end = entry.node.at.end.min(value_at.end);
            }
            _ => entry.node.at = value_at,
        }
    }
}

fn merge(base: &mut Table, over: Table, errors: &mut Vec<InputError>) {
    for entry in over.entries {
        match base.entries.iter_mut().find(|e| e.key == entry.key) {
            None => base.entries.push(entry),
            Some(old) => merge_node(&mut old.node, &mut old.key_at, entry, errors),
        }
    }
}

fn merge_node(old: &mut Node, key_at: &mut Span, new: Entry, errors: &mut Vec<InputError>) {
    match (&mut old.value, new.node.value) {
        (Value::Table(base), Value::Table(over)) => merge(base, over, errors),
        (Value::List(list), Value::Table(over)) => {
            for entry in over.entries {
                match element(list, &entry.key) {
                    Some(node) => merge_node(node, &mut Span::default(), entry, errors),
                    None => errors.push(
                        InputError::new(
                            Problem::Override {
                                reason: format!("`{}` has no element `{}`", new.key, entry.key),
                            },
                            entry.key_at,
                        )
                        .help(format!(
                            "it has {} elements: name one by its label, or by its number from 0 on",
                            list.len()
                        )),
                    ),
                }
            }
        }
        (_, value) => {
            *old = Node { at: new.node.at, value };
            *key_at = new.key_at;
        }
    }
}

/// An element of a list by number, or a table in it by its `label` or `kind`.
fn element<'a>(list: &'a mut [Node], name: &str) -> Option<&'a mut Node> {
    if let Ok(k) = name.parse::<usize>() {
        return list.get_mut(k);
    }
    list.iter_mut().find(|n| match &n.value {
        Value::Table(t) => ["label", "kind"]
            .iter()
            .any(|key| match t.get(key).map(|e| &e.node.value) {
                Some(Value::Text(text)) => text == name,
                _ => false,
            }),
        _ => false,
    })
}

/// The name of an override in messages.
pub(super) fn override_source(text: &str) -> Source {
    Source {
        name: "--set".to_owned(),
        text: text.to_owned(),
        first_line: 1,
    }
}
