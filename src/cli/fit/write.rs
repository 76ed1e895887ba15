//! The files of a fit: the potential with its provenance, and the page.

use super::fitted::Fitted;
use super::text::{error_in_words, not_identifiable};
use super::{CliError, page};
use crate::input::{FitPlan, potential_text};
use crate::io::write_whole;
use crate::run::format::significant;
use admd_engine::Configuration;
use std::path::{Path, PathBuf};

/// Writes them, each whole or not at all: those that are written, and what went wrong with one that is not.
pub(super) fn all(plan: &FitPlan, end: &Fitted, input: &Path) -> (Vec<PathBuf>, Result<(), CliError>) {
    // a pair that meets somewhere has a potential, or was excluded
    let met = |a: usize, b: usize| {
        let configurations = (plan.data.iter().map(|f| &f.configuration))
            .chain(plan.crystals.iter().map(|c| &c.configuration))
            .chain(plan.relaxed.iter().map(|r| &r.configuration))
            .chain(plan.simulations.iter().map(|s| &s.configuration));
        let has = |c: &Configuration, s: usize| c.species.iter().any(|x| usize::from(*x) == s);
        configurations.into_iter().any(|c| has(c, a) && has(c, b))
    };
    let about = about(plan, end, input);
    let text = potential_text(&end.bindings, &plan.species, plan.units, &about, &met);
    let page = plan
        .output
        .report
        .as_ref()
        .map(|path| (path, page::html(plan, end, input)));
    let mut files = Vec::new();
    for (path, text) in core::iter::once((&plan.output.potential, text)).chain(page) {
        match whole(path, &text, &plan.output.checkpoint) {
            Ok(()) => files.push(path.clone()),
            Err(error) => return (files, Err(error)),
        }
    }
    (files, Ok(()))
}

fn whole(path: &Path, text: &str, checkpoint: &Path) -> Result<(), CliError> {
    write_whole(path, text).map_err(|e| {
        let from = if checkpoint.exists() {
            format!(
                ", and go on from the checkpoint {} with --resume (name it with --set output.checkpoint=... where the potential \
                 gets another name)",
                checkpoint.display()
            )
        } else {
            String::new()
        };
        CliError::System(format!("cannot write {}: {e}; make room{from}", path.display()))
    })
}

/// Where the numbers come from, for the head of the potential file.
fn about(plan: &FitPlan, end: &Fitted, input: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(plan.title.clone());
    lines.push(format!(
        "Fitted by admd {} from {}",
        super::super::version::short(),
        input.display()
    ));
    for (path, sum) in &plan.sources {
        lines.push(format!("  {}  sha256 {sum}", path.display()));
    }
    lines.push(format!("{}; loss {}", end.ending.sentence(), significant(end.loss, 6)));
    if let Some(s) = &end.statistics {
        lines.push(format!(
            "chi2 {} with {} degrees of freedom",
            significant(s.chi2, 6),
            s.degrees_of_freedom
        ));
    }
    for p in &end.parameters {
        let (error, interval) = error_in_words(p);
        let interval = if interval.is_empty() {
            interval
        } else {
            format!("  ({interval})")
        };
        lines.push(format!(
            "  {} = {} +- {error}{interval} {}",
            p.name,
            significant(p.value, 10),
            p.unit
        ));
    }
    if end.parameters.iter().any(|p| p.name.starts_with("reference.")) {
        lines.push(
            "The energies of the data are those of this potential and, for each atom, its reference energy.".to_owned(),
        );
    }
    let names: Vec<&str> = plan.variables.list.iter().map(|v| v.name.as_str()).collect();
    if let Some(s) = &end.statistics {
        lines.extend(s.null.iter().map(|n| not_identifiable(n, &names)));
    }
    lines
}
