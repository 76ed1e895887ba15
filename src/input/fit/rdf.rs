//! A radial distribution function as a text file: columns r, g and perhaps the error of g.

use super::observation::without_effect;
use super::rdf_bins::RdfBins;
use crate::dynamics::Rdf;
use crate::fit::Observation;
use crate::input::diagnostics::{InputError, Problem, nearest};
use crate::input::include::{Unreadable, read_text};
use crate::input::text_file::TextFile;
use crate::input::walker::View;

/// Middles of bins may be off by this fraction of a bin: files are printed with few digits.
const OFF: f64 = 0.01;
/// More bins than these are no histogram of distances.
const MOST_BINS: usize = 10_000;

/// A line of numbers: its number, from 1, with r, g and perhaps the error.
type Row = (usize, Vec<f64>);

/// Reads the file that the key `rdf` names; what is wrong is reported with its line. The simulation has these species, with
/// these indices.
pub(super) fn read(view: &View<'_>, species: &[String], indices: &[u16]) -> Option<(Rdf, Vec<Observation>)> {
    let pair = pair(view, species, indices);
    let file = TextFile::new(view, "rdf", "the radial distribution function")?;
    let text = match read_text(&file.path) {
        Ok(text) => text,
        Err(Unreadable { reason, help }) => {
            file.unreadable(
                reason,
                help.unwrap_or("paths are relative to the folder of the input file"),
            );
            return None;
        }
    };
    let rows = rows(&file, &text)?;
    let Some((last_number, last)) = rows.last() else {
        let help = "write lines with r and g(r), and perhaps the error of g(r)";
        file.wrong_line(0, |_| 0..0, "the file holds no numbers", help);
        return None;
    };
    if rows.len() > MOST_BINS {
        let reason = format!("{} bins are more than {MOST_BINS}", rows.len());
        file.wrong_line(0, |_| 0..0, &reason, "make the bins wider");
        return None;
    }
    let whole = |line: &str| 0..line.len();
    let width = last[0] / (rows.len() as f64 - 0.5);
    for (k, (number, row)) in rows.iter().enumerate() {
        let middle = (k as f64 + 0.5) * width;
        if !(width > 0.0 && (row[0] - middle).abs() <= OFF * width) {
            let reason = format!("r is {}, and the middle of bin {k} would be {middle:.6}", row[0]);
            let help = "r must be the middles of equal bins that begin at 0: h/2, 3h/2, 5h/2, ...";
            file.wrong_line(*number, whole, &reason, help);
            return None;
        }
    }
    let own = last.len() == 3;
    if own {
        without_effect(view, "rdf_sigma", "the file has errors of its own", "remove this key");
    } else if !view.has("rdf_sigma") {
        let reason = "g(r) has no error".to_owned();
        let help = "add rdf_sigma = 0.02, or a third column to the file";
        view.conflict(view.key_at("rdf"), reason, "known how well?", help);
        return None;
    }
    let sigma = view.quantity("rdf_sigma").map(|s| s.value.own);
    let mut list = Vec::with_capacity(rows.len());
    for (number, row) in &rows {
        let sigma = if own { row[2] } else { sigma? };
        if sigma <= 0.0 {
            let reason = format!("the error of g is {sigma}");
            file.wrong_line(*number, whole, &reason, "errors are positive, also where g is 0");
            return None;
        }
        list.push(Observation { value: row[1], sigma });
    }
    let kind = RdfBins::named(&view.text("rdf_bins")?.value);
    let bins = rows.len().saturating_sub(kind.lost());
    if bins == 0 {
        let help = "write more lines, or rdf_bins = \"smooth\" where the bins are those of this program";
        file.wrong_line(
            *last_number,
            whole,
            "a bin alone cannot be compared with smooth ones",
            help,
        );
        return None;
    }
    // The unit of lengths is the same inside of the program.
    let rdf = Rdf::new(width * bins as f64, bins);
    Some((pair?.map_or(rdf, |[a, b]| rdf.between(a, b)), kind.smooth(&list)))
}

/// The lines with numbers; all have as many as the first.
fn rows(file: &TextFile<'_, '_>, text: &str) -> Option<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    for (k, line) in text.lines().enumerate() {
        let numbers = line.split('#').next().unwrap_or_default();
        let words = numbers.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
        let mut row = Vec::new();
        for word in words.filter(|w| !w.is_empty()) {
            match word.parse::<f64>() {
                Ok(x) if x.is_finite() => row.push(x),
                _ => {
                    let at = word.as_ptr() as usize - line.as_ptr() as usize;
                    let range = |shown: &str| at.min(shown.len())..(at + word.len()).min(shown.len());
                    let shown: String = word.chars().take(40).collect();
                    let reason = format!("`{shown}` is no finite number");
                    file.wrong_line(k + 1, range, &reason, "lines that are no numbers begin with #");
                    return None;
                }
            }
        }
        if row.is_empty() {
            continue;
        }
        let columns = rows.first().map_or(row.len(), |(_, first)| first.len());
        if row.len() != columns || !(2..=3).contains(&columns) {
            let reason = format!("the line has {} numbers", row.len());
            let help = if row.len() == columns {
                "give r and g(r), and perhaps the error of g(r)".to_owned()
            } else {
                format!("the lines above have {columns}")
            };
            file.wrong_line(k + 1, |line| 0..line.len(), &reason, &help);
            return None;
        }
        rows.push((k + 1, row));
    }
    Some(rows)
}

/// The species of the two atoms, if the input says; the outer `None` is a fault that was reported.
fn pair(view: &View<'_>, species: &[String], indices: &[u16]) -> Option<Option<[u16; 2]>> {
    let Some(entry) = view.table.get("rdf_pair") else {
        return Some(None);
    };
    let names = view.texts("rdf_pair")?;
    let mut pair = [0; 2];
    for (place, name) in pair.iter_mut().zip(&names) {
        let Some(k) = species.iter().position(|s| s == name) else {
            let help = match nearest(name, species.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the species are {}", species.join(", ")),
            };
            let problem = Problem::UnknownSpecies { name: name.clone() };
            let error = InputError::new(problem, entry.node.at).label("no atom is of this species");
            view.cx.report(error.help(help));
            return None;
        };
        *place = indices[k];
    }
    Some(Some(pair))
}
