//! `[[potential]] file = "..."`: the potentials of another file take the place of the line that names it.

use super::diagnostics::{InputError, Problem, Source, Span};
use super::document::{self, Entry, Node, Table, Value};
use super::keys::POTENTIAL_FILE;
use super::walker::{Context, View};
use std::io::Read;
use std::path::Path;

/// Why a text cannot be read, and what to do about it.
pub(super) struct Unreadable {
    pub(super) reason: String,
    /// `None` where the path is to be looked at.
    pub(super) help: Option<&'static str>,
}

/// Reads a text file; anything that is wrong with it as a sentence.
pub(super) fn read_text(path: &Path) -> Result<String, Unreadable> {
    const LONGEST: u64 = 64 << 20;
    let refused = |reason: String, help| Unreadable { reason, help };
    let missing = |e: std::io::Error| refused(e.to_string(), None);
    let size = std::fs::metadata(path).map_err(missing)?;
    if size.is_dir() {
        return Err(refused("it is a folder".to_owned(), Some("name a file in it")));
    }
    // A device or a pipe tells no length, and a file may grow: what counts is what comes.
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(missing)?;
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(missing)?;
    if bytes.len() as u64 > LONGEST {
        let reason = format!("more than {LONGEST} bytes are too many for a TOML file");
        return Err(refused(reason, Some("check that the path names a TOML file")));
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let line = 1 + e.as_bytes()[..e.utf8_error().valid_up_to()]
            .iter()
            .filter(|b| **b == b'\n')
            .count();
        let reason = format!("line {line} is not UTF-8 text");
        refused(
            reason,
            Some("save it as UTF-8, or check that the path names a text file"),
        )
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// Replaces every potential that names a file.
pub(super) fn expand(cx: &Context, root: &mut Table) {
    let mut species = Vec::new();
    if let Some(Entry { node, .. }) = root.entries.iter_mut().find(|e| e.key == "potential")
        && let Value::List(list) = &mut node.value
    {
        let mut expanded = Vec::new();
        for item in list.drain(..) {
            match &item.value {
                Value::Table(table) if table.get("file").is_some() => {
                    expanded.extend(included(cx, table, &mut species).unwrap_or_default());
                }
                _ => expanded.push(item),
            }
        }
        *list = expanded;
    }
    add_species(root, species);
}

/// The potentials of the file that the table names; its species are added to the list.
fn included(cx: &Context, table: &Table, species: &mut Vec<Entry>) -> Option<Vec<Node>> {
    let entry = table.get("file")?;
    for other in table.entries.iter().filter(|e| e.key != "file") {
        let problem = Problem::Conflict(format!("`{}` has no meaning beside `file`", other.key));
        let error = InputError::new(problem, other.key_at).label("does not apply here");
        cx.report(
            error
                .also(entry.key_at, "the potential is in this file")
                .help("change it in the file, or copy the potential from there"),
        );
    }
    let Value::Text(name) = &entry.node.value else {
        let problem = Problem::WrongType {
            key: "file".to_owned(),
            expected: "a string".to_owned(),
            found: entry.node.value.kind().to_owned(),
        };
        cx.report(
            InputError::new(problem, entry.node.at)
                .label("expected a path")
                .help("for example file = \"argon.toml\""),
        );
        return None;
    };
    let path = cx.folder.join(name);
    let text = match read_text(&path) {
        Ok(text) => text,
        Err(Unreadable { reason, help }) => {
            let problem = Problem::Unreadable {
                what: "the potential file",
                path: path.display().to_string(),
                reason,
            };
            let error = InputError::new(problem, entry.node.at).label("not readable");
            cx.report(error.help(help.unwrap_or("paths are relative to the folder of the input file")));
            return None;
        }
    };
    let source = cx.add_source(Source {
        name: path.display().to_string(),
        text: text.clone(),
        first_line: 1,
    });
    let mut errors = Vec::new();
    let root = document::parse(source, &text, &mut errors);
    let broken = !errors.is_empty();
    errors.into_iter().for_each(|e| cx.report(e));
    if broken {
        return None;
    }
    View::open(cx, "the potential file", POTENTIAL_FILE, &root);
    same_units(cx, &root)?;
    let mut list = Vec::new();
    for entry in root.entries {
        match entry.node.value {
            Value::List(potentials) if entry.key == "potential" => list = potentials,
            Value::Table(table) if entry.key == "species" => species.extend(table.entries),
            _ => {}
        }
    }
    refuse_nested(cx, &list);
    Some(list)
}

fn same_units(cx: &Context, root: &Table) -> Option<()> {
    let entry = root.get("units")?;
    match &entry.node.value {
        Value::Text(name) if name == cx.units.name => Some(()),
        Value::Text(name) => {
            let problem = Problem::Conflict(format!(
                "the file has units = \"{name}\", and the input has \"{}\"",
                cx.units.name
            ));
            let error = InputError::new(problem, entry.node.at).label("other units");
            cx.report(error.help("use one unit system; quantities in quotes may carry any unit"));
            None
        }
        _ => None,
    }
}

/// A potential file names no other file: reports those that it names, and takes them out of its tree.
pub(super) fn refuse(cx: &Context, root: &mut Table) {
    if let Some(Entry { node, .. }) = root.entries.iter_mut().find(|e| e.key == "potential")
        && let Value::List(list) = &mut node.value
    {
        refuse_nested(cx, list);
        list.retain(|node| !matches!(&node.value, Value::Table(table) if table.get("file").is_some()));
    }
}

fn refuse_nested(cx: &Context, potentials: &[Node]) {
    for node in potentials {
        if let Value::Table(table) = &node.value
            && let Some(entry) = table.get("file")
        {
            let problem = Problem::Conflict("a potential file cannot name another potential file".to_owned());
            let error = InputError::new(problem, entry.key_at).label("not here");
            cx.report(
                error.help(
                    "copy the potentials here, or name both files in an input, each in a [[potential]] of its own",
                ),
            );
        }
    }
}

/// Species of included files, unless the input declares them itself.
fn add_species(root: &mut Table, species: Vec<Entry>) {
    if species.is_empty() {
        return;
    }
    if root.get("species").is_none() {
        let at = Span::default();
        root.entries.push(Entry {
            key: "species".to_owned(),
            key_at: at,
            node: Node {
                at,
                value: Value::Table(Table::default()),
            },
        });
    }
    if let Some(Entry { node, .. }) = root.entries.iter_mut().find(|e| e.key == "species")
        && let Value::Table(table) = &mut node.value
    {
        for entry in species {
            if table.get(&entry.key).is_none() {
                table.entries.push(entry);
            }
        }
    }
}
