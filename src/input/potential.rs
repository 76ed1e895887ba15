//! A potential file: units, species and potentials, without atoms. `admd evaluate` reads it.

use super::build::{Files, finish, open};
use super::diagnostics::{InputErrors, Source};
use super::document::{Table, Value};
use super::keys::POTENTIAL_FILE;
use super::pair_potential::{Names, bind_all};
use super::species;

use super::walker::{Context, View};
use admd_potentials::form::binding::PairBinding;
use admd_potentials::form::units::UnitSystem;
use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// Potentials that wait for atoms.
#[derive(Clone, Debug)]
pub struct PotentialFile {
    /// One line about it.
    pub title: Option<String>,
    /// The unit system of its numbers and of what is computed with it.
    pub units: &'static UnitSystem,
    /// The species that it speaks of.
    pub species: Vec<String>,
    /// Masses that it declares \[mass\], by species.
    pub masses: Vec<(String, f64)>,
    /// The potentials, bound to [`PotentialFile::species`].
    pub bindings: Vec<PairBinding>,
    /// The text of the file.
    pub text: String,
    root: Table,
    sources: Vec<Source>,
    folder: PathBuf,
}

/// Reads a potential file.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(path: &Path) -> Result<PotentialFile, InputErrors> {
    let text = super::build::text_of(path, "the potential file")?;
    parse(&text, path)
}

/// Reads a potential file from its text; `path` names it in messages.
///
/// ```
/// let text = r#"
/// units = "metal"
/// [[potential]]
/// kind = "lj"
/// cutoff = "8.5 Angstrom"
/// parameters.Ar = { epsilon = "120 kB K", sigma = "3.4 Angstrom" }
/// "#;
/// let file = admd::input::potential::parse(text, "argon.toml".as_ref()).unwrap();
/// assert!((file.bindings[0].leaves[0].value - 0.0103408).abs() < 1e-7);
/// assert!(file.bind(&["Ar".to_owned(), "Kr".to_owned()]).is_err());
/// ```
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(text: &str, path: &Path) -> Result<PotentialFile, InputErrors> {
    let (cx, tree) = open(text, path, &[], Files::Refused)?;
    of_tree(text, cx, tree)
}

/// The potentials of an input that names no files, such as the resolved one that a trajectory records; `path` names it in
/// messages.
///
/// # Errors
/// Everything that is wrong with them.
pub fn of_input(text: &str, path: &Path) -> Result<PotentialFile, InputErrors> {
    let (cx, mut tree) = open(text, path, &[], Files::Refused)?;
    tree.entries.retain(|e| POTENTIAL_FILE.iter().any(|k| k.name == e.key));
    of_tree(text, cx, tree)
}

fn of_tree(text: &str, cx: Context, tree: Table) -> Result<PotentialFile, InputErrors> {
    let root = View::open(&cx, "the potential file", POTENTIAL_FILE, &tree);
    let declared = species::declared(&root);
    let names = species::names(&declared, named(&tree).iter().map(String::as_str));
    let potentials = root.sections("potential");
    let all = Names {
        known: &names,
        bound: &names,
        needed: &|_, _| None,
    };
    let bindings = bind_all(&potentials, &all);
    let title = root.text("title").map(|t| t.value);
    let masses = declared
        .iter()
        .filter_map(|d| Some((d.name.clone(), d.mass?)))
        .collect();
    let (units, folder) = (cx.units, cx.folder.clone());
    let sources = finish(cx)?;
    Ok(PotentialFile {
        title,
        units,
        species: names,
        masses,
        bindings,
        text: text.to_owned(),
        root: tree,
        sources,
        folder,
    })
}

impl PotentialFile {
    /// The potentials bound to the species of a structure, in their order. Parameters of other species are left out.
    ///
    /// # Errors
    /// A pair of species that no potential covers.
    pub fn bind(&self, species: &[String]) -> Result<Vec<PairBinding>, InputErrors> {
        let cx = Context {
            units: self.units,
            folder: self.folder.clone(),
            sources: RefCell::new(self.sources.clone()),
            errors: RefCell::default(),
        };
        let root = View::open(&cx, "the potential file", POTENTIAL_FILE, &self.root);
        let mut known = self.species.clone();
        known.extend(species.iter().filter(|s| !self.species.contains(s)).cloned());
        let names = Names {
            known: &known,
            bound: species,
            needed: &|_, _| Some(String::new()),
        };
        let bindings = bind_all(&root.sections("potential"), &names);
        finish(cx)?;
        Ok(bindings)
    }
}

/// Species that the potentials speak of, in the order of the text.
pub(super) fn named(root: &Table) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        if !name.is_empty() && !list.iter().any(|n| n == name) {
            list.push(name.to_owned());
        }
    };
    let Some(Value::List(potentials)) = root.get("potential").map(|e| &e.node.value) else {
        return list;
    };
    for key in ["parameters", "pairs"] {
        for node in potentials {
            let Value::Table(table) = &node.value else { continue };
            let Some(Value::Table(names)) = table.get(key).map(|e| &e.node.value) else {
                continue;
            };
            for entry in &names.entries {
                if key == "parameters" {
                    add(&entry.key);
                } else if let Some((a, b)) = entry.key.split_once('-') {
                    add(a);
                    add(b);
                }
            }
        }
    }
    list
}
