//! The result for people, as comments beside a table.

use super::fitted::{Fitted, Parameter, unit};
use crate::fit::{Deviations, ErrorModel, Finish, Known, NullDirection, Problem, Quantity};
use crate::input::FitPlan;
use crate::run::format::{counted, significant};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

/// More variables than this have their correlations in the page and the JSON only.
const MOST_CORRELATED: usize = 12;

/// What is fitted to what.
pub(super) fn announce(plan: &FitPlan, problem: &Problem) -> String {
    let mut out = String::new();
    if let Some(title) = &plan.title {
        let _ = writeln!(out, "# {title}");
    }
    let mut rows: BTreeMap<Quantity, usize> = BTreeMap::new();
    for (_, row) in problem.rows().filter(|(_, row)| row.scale > 0.0) {
        *rows.entry(row.quantity).or_default() += 1;
    }
    let each: Vec<String> = rows
        .iter()
        .map(|(q, n)| {
            if *n == 1 {
                format!("1 {}", q.one())
            } else {
                format!("{n} {}", q.plural())
            }
        })
        .collect();
    let _ = writeln!(
        out,
        "# {} fitted to {}, least loss by {} from {}",
        counted(plan.variables.len() as u64, "variable"),
        each.join(", "),
        plan.method.name(),
        counted(plan.starts as u64, "start"),
    );
    if !plan.validation.is_empty() {
        let frames = counted(plan.validation.len() as u64, "frame");
        let _ = writeln!(out, "# {frames} of {} are compared only", plan.data.len());
    }
    let names = super::fitted::names(plan);
    let _ = writeln!(
        out,
        "# {:<28} {:>14} {:>14} {:>14}  unit",
        "variable", "start", "low", "high"
    );
    for v in &plan.variables.list {
        let Some((k, _)) = v.members.first() else { continue };
        let (name, dimension) = &names[*k];
        let own = plan.units.to_coherent(*dimension);
        let [low, high] = v.bounds.map(|b| {
            if b.is_finite() {
                significant(b / own, 6)
            } else {
                "-".to_owned()
            }
        });
        let tied = match v.members.len() {
            1 => String::new(),
            n => format!(", tied to {} more", n - 1),
        };
        let _ = writeln!(
            out,
            "# {name:<28} {:>14} {low:>14} {high:>14}  {}{tied}",
            significant(v.start / own, 8),
            plan.units.symbol(*dimension)
        );
    }
    out
}

/// What came out.
pub(super) fn result(plan: &FitPlan, end: &Fitted, files: &[PathBuf]) -> String {
    let mut out = String::new();
    let steps: usize = end.starts.iter().map(|s| s.steps).sum();
    let (steps, loss) = (counted(steps as u64, "step"), significant(end.loss, 6));
    let _ = writeln!(out, "# {}\n# {steps}, loss {loss}", end.ending.sentence());
    if end.starts.len() > 1 {
        let _ = writeln!(out, "# {}", agreement(end));
    }
    if let Some(s) = &end.statistics {
        let _ = writeln!(
            out,
            "# chi2 {} with {} degrees of freedom; errors {}",
            significant(s.chi2, 6),
            s.degrees_of_freedom,
            errors_in_words(plan.errors)
        );
    } else {
        let _ = writeln!(
            out,
            "# no standard errors: the Jacobian of so many rows and variables was not made"
        );
    }
    let _ = writeln!(
        out,
        "{:<30} {:>16} {:>12}  {:<29} unit",
        "# parameter", "value", "error", "95 % interval"
    );
    for p in &end.parameters {
        let (error, interval) = error_in_words(p);
        let value = significant(p.value, 10);
        let _ = writeln!(out, "{:<30} {value:>16} {error:>12}  {interval:<29} {}", p.name, p.unit);
    }
    let names: Vec<&str> = plan.variables.list.iter().map(|v| v.name.as_str()).collect();
    if let Some(s) = &end.statistics {
        for null in &s.null {
            let _ = writeln!(out, "# {}", not_identifiable(null, &names));
        }
        if s.known.contains(&Known::Unscaled) {
            let _ = writeln!(out, "# {UNSCALED}");
        }
        for p in end.parameters.iter().filter(|p| is_vague(p)) {
            let _ = writeln!(
                out,
                "# {} is hardly known: its interval is wider than twice itself; more data, a prior, or leave it out",
                p.name
            );
        }
        if names.len() > 1 && names.len() <= MOST_CORRELATED {
            let _ = writeln!(out, "# {:<30}{}", "correlation", heads(&names));
            for (name, row) in names.iter().zip(&s.correlation) {
                let cells: String = row.iter().map(|c| format!(" {:>7}", cell(*c))).collect();
                let _ = writeln!(out, "#   {name:<28}{cells}");
            }
        }
        let few = names.len() <= MOST_CORRELATED;
        if few {
            let _ = writeln!(out, "# {:<30}{}", "known from (%)", heads(&names));
        }
        for part in s.information.iter().filter(|_| few) {
            let cells: String = part.shares.iter().map(|x| format!(" {:>7.1}", 100.0 * x)).collect();
            let _ = writeln!(out, "#   {:<28}{cells}", tagged(part.quantity, &part.tag));
        }
    }
    for (set, list) in ["fitted", "validation"].iter().zip(&end.deviations) {
        table(set, list, plan, &mut out);
    }
    for note in &end.notes {
        let _ = writeln!(out, "# {note}");
    }
    let c = end.cost;
    let _ = writeln!(
        out,
        "# {} evaluations, {} products with the Jacobian, {} with its transpose",
        c.evaluations, c.pushes, c.pulls
    );
    for file in files {
        let _ = writeln!(out, "# {} written", file.display());
    }
    out
}

fn table(set: &str, list: &[Deviations], plan: &FitPlan, out: &mut String) {
    if list.is_empty() {
        return;
    }
    let head = format!("# {set}");
    let _ = writeln!(
        out,
        "{head:<30} {:>7} {:>12} {:>12} {:>12} {:>9}  {:<18} largest in",
        "rows", "rmse", "mae", "largest", "of sigma", "unit"
    );
    for d in list {
        let own = plan.units.to_coherent(d.quantity.dimension());
        let [rmse, mae, most] = [d.rmse, d.mae, d.most].map(|x| significant(x / own, 4));
        let _ = writeln!(
            out,
            "#   {:<26} {:>7} {rmse:>12} {mae:>12} {most:>12} {:>9}  {:<18} {}",
            tagged(d.quantity, &d.tag),
            d.rows,
            significant(d.of_sigma, 3),
            unit(plan, d.quantity),
            d.worst
        );
    }
}

/// What errors lack that have no scale.
pub(super) const UNSCALED: &str = "errors cannot be scaled to residuals where no number is left over; give more data, or believe \
                                   sigma with optimizer.errors = \"absolute\"";

/// The last parts of names, over columns.
fn heads(names: &[&str]) -> String {
    let last = |name: &&str| {
        name.rsplit('.')
            .next()
            .unwrap_or_default()
            .chars()
            .take(7)
            .collect::<String>()
    };
    names.iter().map(|n| format!(" {:>7}", last(n))).collect()
}

/// How many starts came to the same loss.
pub(super) fn agreement(end: &Fitted) -> String {
    // a loss of rounding is as good as another
    let same = |loss: f64| (loss - end.loss).abs() <= 1e-6 * end.loss.abs() + 1e-12;
    let count = end.starts.iter().filter(|s| same(s.loss)).count();
    let converged = end
        .starts
        .iter()
        .filter(|s| s.finish == Some(Finish::Converged))
        .count();
    format!(
        "{count} of {} starts came to this loss, {converged} converged; the given one {}",
        end.starts.len(),
        if end.chosen == 0 || same(end.starts[0].loss) {
            "did"
        } else {
            "did not"
        }
    )
}

fn errors_in_words(model: ErrorModel) -> &'static str {
    match model {
        ErrorModel::Scaled => "scaled to the residuals",
        ErrorModel::Absolute => "from sigma as given",
        ErrorModel::Sandwich => "from the residuals of whole groups",
    }
}

/// Is its interval so wide that the data hardly know it?
pub(super) fn is_vague(p: &Parameter) -> bool {
    matches!(p.known, Some(Known::Error { interval: [a, b], .. }) if b - a > 2.0 * p.value.abs())
}

/// Error and interval of a parameter.
pub(super) fn error_in_words(p: &Parameter) -> (String, String) {
    match p.known {
        None => ("-".to_owned(), String::new()),
        Some(Known::AtBound) => ("at its bound".to_owned(), String::new()),
        Some(Known::Unscaled) => ("unknown".to_owned(), "no scale".to_owned()),
        Some(Known::NotIdentifiable) => ("unknown".to_owned(), "not identifiable".to_owned()),
        Some(Known::Error {
            error,
            interval: [a, b],
        }) => (
            significant(error, 3),
            format!("{} .. {}", significant(a, 8), significant(b, 8)),
        ),
    }
}

/// Which variables cannot be told apart.
pub(super) fn not_identifiable(null: &NullDirection, names: &[&str]) -> String {
    let each: Vec<&str> = null.changes.iter().map(|(k, _)| names[*k]).collect();
    let changes: Vec<String> = null.changes.iter().map(|(_, c)| format!("{c:+.3}")).collect();
    match each.as_slice() {
        [one] => format!("{one} is not identifiable: nothing in this data changes with it"),
        [first @ .., last] => format!(
            "{} and {last} cannot be told apart by this data: when they change together by {} (relative to themselves), all \
             predictions stay as they are; fix or tie one of them, or add data or a prior",
            first.join(", "),
            changes.join(" : ")
        ),
        [] => String::new(),
    }
}

/// A quantity with a tag.
pub(super) fn tagged(quantity: Quantity, tag: &str) -> String {
    if tag.is_empty() {
        quantity.name().to_owned()
    } else {
        format!("{} ({tag})", quantity.name())
    }
}

/// A correlation.
pub(super) fn cell(c: f64) -> String {
    if c.is_nan() { "-".to_owned() } else { format!("{c:.3}") }
}
