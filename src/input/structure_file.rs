//! `[structure]` with `file`: a frame of an extended XYZ file, and its errors with the line of the file.

use super::diagnostics::{InputError, Problem};
use super::species::{self, Declared};
use super::structure::{Raw, cell, edges, periodic, refuse_beside, resolve};
use super::text_file::TextFile;
use super::walker::View;
use crate::io::xyz::{XyzError, XyzFrame, XyzProblem, XyzReader, box_around};
use admd_engine::{Mat3, Species};
use std::collections::HashMap;
use std::collections::VecDeque;
use std::path::Path;

/// Reads the frame; `None` when something is wrong, which is then reported.
pub(super) fn read(view: &View<'_>, declared: &[Declared]) -> Option<(Raw, Vec<Species>, Option<XyzFrame>)> {
    let lattice_keys = [
        "constant",
        "c_over_a",
        "density",
        "repeat",
        "species",
        "composition",
        "shear",
    ];
    refuse_beside(view, &lattice_keys, "file", "it belongs to a `lattice`: remove it");
    let frame = frame(view)?;
    let masses = masses(view, &frame)?;
    let mut seen: Vec<&str> = Vec::new();
    for s in &frame.species {
        // Files list like atoms together, mostly: the last name is the likely one.
        if seen.last() != Some(&s.as_str()) && !seen.contains(&s.as_str()) {
            seen.push(s);
            if seen.len() > 1000 {
                break;
            }
        }
    }
    let names = species::names(declared, seen);
    let species = resolve(view, declared, &names, &masses, "file")?;
    let index: HashMap<&str, u16> = names.iter().enumerate().map(|(k, n)| (n.as_str(), k as u16)).collect();
    let types = frame
        .species
        .iter()
        .map(|s| index.get(s.as_str()).copied().unwrap_or(0))
        .collect();
    let cell = cell_of(view, &frame)?;
    let raw = Raw {
        types,
        positions: frame.positions.clone(),
        cell,
    };
    Some((raw, species, Some(frame)))
}

/// The frame that the keys `file` and `frame` choose.
pub(super) fn frame(view: &View<'_>) -> Option<XyzFrame> {
    let file = TextFile::new(view, "file", "the structure file")?;
    let path = file.path.as_path();
    let wanted = match view.integer("frame") {
        Some(n) => n.value,
        None if view.has("frame") => return None,
        None => -1,
    };
    let frame = match select(path, wanted) {
        Ok(Ok(frame)) => frame,
        Ok(Err(frames)) => {
            let problem = Problem::Structure {
                reason: format!("there is no frame {wanted} in `{}`, which has {frames}", path.display()),
            };
            let error = InputError::new(problem, view.at("frame")).label("no such frame");
            view.cx.report(error.help("frames count from 0, or from -1 backwards"));
            return None;
        }
        Err(error) => {
            file.wrong(&error);
            return None;
        }
    };
    if frame.is_empty() {
        let problem = Problem::Structure {
            reason: format!("`{}` has no atoms", path.display()),
        };
        view.cx.report(
            InputError::new(problem, file.at)
                .label("empty")
                .help("a run needs at least one atom"),
        );
        return None;
    }
    Some(frame)
}

/// The frame of that number, or how many there are.
fn select(path: &Path, wanted: i128) -> Result<Result<XyzFrame, usize>, XyzError> {
    let reader = XyzReader::open(path)?;
    let mut count = 0;
    let keep = usize::try_from(-wanted).unwrap_or(1).max(1);
    let mut last = VecDeque::new();
    for frame in reader {
        let frame = frame?;
        if wanted == count as i128 {
            return Ok(Ok(frame));
        }
        count += 1;
        if wanted < 0 {
            last.push_back(frame);
            if last.len() > keep {
                last.pop_front();
            }
        }
    }
    if count == 0 {
        return Err(XyzError {
            file: path.display().to_string(),
            line: 0,
            column: 0,
            problem: XyzProblem::Empty,
        });
    }
    Ok(if last.len() == keep {
        last.pop_front().ok_or(count)
    } else {
        Err(count)
    })
}

/// The mass of each species in the file, if it has masses.
fn masses(view: &View<'_>, frame: &XyzFrame) -> Option<Vec<(String, f64)>> {
    let Some(masses) = &frame.masses else {
        return Some(Vec::new());
    };
    let mut known: HashMap<&str, f64> = HashMap::new();
    for (atom, (name, mass)) in frame.species.iter().zip(masses).enumerate() {
        let first = *known.entry(name.as_str()).or_insert(*mass);
        if first == *mass && *mass > 0.0 {
            continue;
        }
        let line = frame.line + 2 + atom;
        let (reason, help) = if *mass <= 0.0 {
            (
                format!("line {line} of the structure file gives atom {atom} the mass {mass}"),
                "masses must be positive",
            )
        } else {
            (
                format!(
                    "line {line} of the structure file gives atom {atom} ({name}) the mass {mass}, and others {first}"
                ),
                "atoms of one species have one mass: rename the species of the others",
            )
        };
        let error = InputError::new(Problem::Structure { reason }, view.at("file")).label("in this file");
        view.cx.report(error.help(help));
        return None;
    }
    Some(known.into_iter().map(|(name, m)| (name.to_owned(), m)).collect())
}

/// The cell of the file, of the key `edges`, or for open boundaries a box around the atoms.
fn cell_of(view: &View<'_>, frame: &XyzFrame) -> Option<admd_engine::Cell> {
    if let Some(columns) = frame.cell {
        refuse_beside(view, &["edges"], "file", "the file has a cell already");
        return cell(
            view,
            Mat3::from_columns(&columns),
            periodic(view, frame.periodic),
            "file",
        );
    }
    if view.has("edges") {
        return cell(view, edges(view)?, periodic(view, [true; 3]), "edges");
    }
    let open = periodic(view, [false; 3]);
    if open.contains(&true) {
        let problem = Problem::Structure {
            reason: "the structure file has no cell, so nothing can be periodic".to_owned(),
        };
        let error = InputError::new(problem, view.at("periodic")).label("periodic with which period?");
        view.cx
            .report(error.help("add `edges` to [structure], or Lattice=\"...\" to the second line of the file"));
        return None;
    }
    let edges = box_around(&frame.positions);
    cell(view, edges, open, "file")
}
