//! Parameters by their names, with the report of patterns that choose none.

use super::diagnostics::{InputError, Problem};
use super::walker::View;
use admd_potentials::form::select::select_any;

/// Indices of the names that the patterns of a key choose; `help` says what to do about a pattern that is known to choose
/// none.
pub(super) fn choose(
    view: &View<'_>,
    key: &str,
    names: &[&str],
    help: impl Fn(&str) -> Option<String>,
) -> Option<Vec<usize>> {
    let misses = match select_any(names, &view.texts(key)?) {
        Ok(chosen) => return Some(chosen),
        Err(misses) => misses,
    };
    for miss in misses {
        let reason = format!("no parameter matches `{}`", miss.pattern);
        let text = miss.to_string();
        let near = text.strip_prefix(&reason).unwrap_or_default();
        let near = near.trim_start_matches("; ").to_owned();
        let error = InputError::new(Problem::Conflict(reason), view.at(key)).label("among these");
        view.cx.report(error.help(help(&miss.pattern).unwrap_or(near)));
    }
    None
}
