//! The report as one page that needs nothing else: tables, and plots of what was predicted.

use super::fitted::{Fitted, unit};
use super::plot;
use super::text::{UNSCALED, agreement, cell, error_in_words, is_vague, not_identifiable, tagged};
use crate::fit::Known;
use crate::input::FitPlan;
use crate::run::format::significant;
use std::fmt::Write as _;
use std::path::Path;

/// Colours of a light and of a dark screen; plots are drawn with the same.
const STYLE: &str = include_str!("page.css");

/// Heads of columns of words.
const WORDS: [&str; 3] = ["unit", "largest in", "SHA-256"];

/// The page.
pub(super) fn html(plan: &FitPlan, end: &Fitted, input: &Path) -> String {
    let title = plan
        .title
        .clone()
        .unwrap_or_else(|| format!("Fit of {}", input.display()));
    let title = escaped(&title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    let _ = writeln!(
        out,
        "<p class=\"end\">{}; loss {}. {}</p>",
        escaped(&end.ending.sentence()),
        significant(end.loss, 6),
        if end.starts.len() > 1 {
            escaped(&format!("{}.", agreement(end)))
        } else {
            String::new()
        }
    );
    if let Some(s) = &end.statistics {
        let _ = writeln!(
            out,
            "<p class=\"end\">chi2 {} with {} degrees of freedom; errors: {}; {}.</p>",
            significant(s.chi2, 6),
            s.degrees_of_freedom,
            plan.errors.name(),
            plan.method.name()
        );
        if s.known.contains(&Known::Unscaled) {
            let _ = writeln!(out, "<p class=\"warn\">{}</p>", escaped(UNSCALED));
        }
    }
    for p in end.parameters.iter().filter(|p| is_vague(p)) {
        let _ = writeln!(
            out,
            "<p class=\"warn\">{} is hardly known: its interval is wider than twice itself.</p>",
            escaped(&p.name)
        );
    }
    let names: Vec<&str> = plan.variables.list.iter().map(|v| v.name.as_str()).collect();
    for null in end.statistics.iter().flat_map(|s| &s.null) {
        let _ = writeln!(
            out,
            "<p class=\"warn\">{}</p>",
            escaped(&not_identifiable(null, &names))
        );
    }
    for note in &end.notes {
        let _ = writeln!(out, "<p>{}.</p>", escaped(note));
    }
    parameters(end, &mut out);
    out.push_str("<h2>Predicted against observed</h2>\n");
    if !plan.validation.is_empty() {
        out.push_str(
            "<p><span class=\"key fitted\"></span> fitted &nbsp; <span class=\"key validation\"></span> validation</p>\n",
        );
    }
    out.push_str("<div class=\"plots\">\n");
    for (p, picture) in end.parity.iter().filter_map(|p| Some((p, plot::parity(p)?))) {
        let caption = plot::left_out(p).map_or(String::new(), |c| format!("<figcaption>{c}</figcaption>"));
        let _ = writeln!(
            out,
            "<figure><h3>{}</h3>\n{picture}{caption}</figure>",
            p.quantity.name()
        );
    }
    out.push_str("</div>\n");
    deviations(plan, end, &mut out);
    if let Some(s) = &end.statistics {
        out.push_str("<h2>Correlations</h2>\n");
        matrix(
            &names,
            &names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>(),
            &s.correlation,
            cell,
            &mut out,
        );
        out.push_str("<h2>Where what is known of each variable comes from (%)</h2>\n");
        let rows: Vec<String> = s.information.iter().map(|i| tagged(i.quantity, &i.tag)).collect();
        let shares: Vec<Vec<f64>> = s.information.iter().map(|i| i.shares.clone()).collect();
        matrix(&names, &rows, &shares, |x| format!("{:.1}", 100.0 * x), &mut out);
    }
    sources(plan, end, input, &mut out);
    out.push_str("</body>\n</html>\n");
    out
}

fn parameters(end: &Fitted, out: &mut String) {
    out.push_str("<h2>Parameters</h2>\n<div class=\"wide\"><table>\n");
    head(&["parameter", "start", "fitted", "error", "95 % interval", "unit"], out);
    for p in &end.parameters {
        let (error, interval) = error_in_words(p);
        let cells = [significant(p.start, 8), significant(p.value, 10), error, interval];
        row(&p.name, &cells, &[&p.unit], out);
    }
    out.push_str("</table></div>\n");
}

fn deviations(plan: &FitPlan, end: &Fitted, out: &mut String) {
    out.push_str("<h2>Deviations</h2>\n<div class=\"wide\"><table>\n");
    head(
        &[
            "quantity",
            "set",
            "rows",
            "rmse",
            "mae",
            "largest",
            "rms of r",
            "unit",
            "largest in",
        ],
        out,
    );
    for (set, list) in ["fitted", "validation"].iter().zip(&end.deviations) {
        for d in list {
            let own = plan.units.to_coherent(d.quantity.dimension());
            let mut cells = vec![(*set).to_owned(), d.rows.to_string()];
            cells.extend([d.rmse, d.mae, d.most].map(|x| significant(x / own, 4)));
            cells.push(significant(d.of_sigma, 3));
            let unit = unit(plan, d.quantity);
            row(&tagged(d.quantity, &d.tag), &cells, &[&unit, &d.worst], out);
        }
    }
    out.push_str("</table></div>\n<p>r is the deviation in units of sigma, times the root of the weight.</p>\n");
}

fn matrix(names: &[&str], rows: &[String], cells: &[Vec<f64>], of: impl Fn(f64) -> String, out: &mut String) {
    out.push_str("<div class=\"wide\"><table>\n");
    let mut all = vec![""];
    all.extend(names);
    head(&all, out);
    for (name, line) in rows.iter().zip(cells) {
        let line: Vec<String> = line.iter().map(|x| of(*x)).collect();
        row(name, &line, &[], out);
    }
    out.push_str("</table></div>\n");
}

fn sources(plan: &FitPlan, end: &Fitted, input: &Path, out: &mut String) {
    let c = end.cost;
    let _ = writeln!(
        out,
        "<h2>Source</h2>\n<p>admd {}, {}. {} evaluations of all predictions, {} products with the Jacobian, {} with its \
         transpose.</p>",
        super::super::version::short(),
        escaped(&input.display().to_string()),
        c.evaluations,
        c.pushes,
        c.pulls
    );
    if !plan.sources.is_empty() {
        out.push_str("<div class=\"wide\"><table>\n");
        head(&["file", "SHA-256"], out);
        for (path, sum) in &plan.sources {
            row(&path.display().to_string(), &[], &[sum], out);
        }
        out.push_str("</table></div>\n");
    }
}

fn head(names: &[&str], out: &mut String) {
    let cell = |n: &&str| {
        let class = if WORDS.contains(n) { " class=\"word\"" } else { "" };
        format!("<th{class}>{}</th>", escaped(n))
    };
    let cells: String = names.iter().map(cell).collect();
    let _ = writeln!(out, "<tr>{cells}</tr>");
}

/// A name, numbers, words.
fn row(name: &str, numbers: &[String], words: &[&str], out: &mut String) {
    let numbers: String = numbers.iter().map(|n| format!("<td>{}</td>", escaped(n))).collect();
    let words: String = words
        .iter()
        .map(|w| format!("<td class=\"word\">{}</td>", escaped(w)))
        .collect();
    let _ = writeln!(out, "<tr><td>{}</td>{numbers}{words}</tr>", escaped(name));
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
