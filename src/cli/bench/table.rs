//! Sections of the results, as a table and as JSON.

use crate::bench::Times;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// A piece of work and its times.
pub(super) struct Row {
    /// The name in JSON.
    pub(super) key: String,
    /// The name in the table.
    pub(super) name: String,
    pub(super) times: Times,
    /// Atoms that one round handles, each as often as it is handled.
    pub(super) atoms: f64,
    /// Time over that of the row that it is compared with.
    pub(super) ratio: Option<f64>,
    /// The number of the section's last column.
    pub(super) extra: Option<f64>,
}

impl Row {
    fn ns(&self, seconds: f64) -> f64 {
        1e9 * seconds / self.atoms
    }

    /// Atoms in a second [1/s].
    fn rate(&self) -> f64 {
        self.atoms / self.times.median()
    }
}

/// Rows with common columns.
pub(super) struct Section {
    /// The name in JSON.
    pub(super) key: &'static str,
    /// The name in the table.
    pub(super) title: String,
    /// Are the rows steps, so that atom-steps in a second mean something?
    pub(super) rate: bool,
    /// The last column: its name in JSON and in the table, and its digits.
    pub(super) extra: Option<(&'static str, &'static str, usize)>,
    pub(super) rows: Vec<Row>,
    /// Other numbers: the name in JSON, the number, and the words in the table.
    pub(super) notes: Vec<(&'static str, f64, String)>,
}

impl Section {
    /// At most 96 columns wide.
    pub(super) fn text(&self) -> String {
        let mut out = format!("\n{:<40}{:>9}  {:<18}", self.title, "ns/atom", "");
        let ratios = self.rows.iter().any(|r| r.ratio.is_some());
        if self.rate {
            out += " M steps/s";
        }
        if ratios {
            out += "   ratio";
        }
        if let Some((_, name, _)) = self.extra {
            let _ = write!(out, "{name:>9}");
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
        for row in &self.rows {
            let range = format!("({:.1} .. {:.1})", row.ns(row.times.min()), row.ns(row.times.max()));
            let _ = write!(
                out,
                "  {:<38}{:>9.1}  {range:<18}",
                row.name,
                row.ns(row.times.median())
            );
            if self.rate {
                let _ = write!(out, "{:>10.2}", 1e-6 * row.rate());
            }
            if ratios {
                let ratio = row.ratio.map_or(String::new(), |r| format!("{r:.3}"));
                let _ = write!(out, "{ratio:>8}");
            }
            if let Some(((_, _, digits), x)) = self.extra.zip(row.extra) {
                let _ = write!(out, "{x:>9.digits$}");
            }
            out.truncate(out.trim_end().len());
            out.push('\n');
        }
        for (_, _, words) in &self.notes {
            let _ = writeln!(out, "  {words}");
        }
        out
    }

    /// The largest median over its least time: more than a little on a machine that has other things to do.
    pub(super) fn unrest(&self) -> f64 {
        let each = self.rows.iter().map(|r| r.times.median() / r.times.min());
        each.filter(|x| x.is_finite()).fold(1.0, f64::max)
    }

    pub(super) fn json(&self) -> Value {
        let mut rows = Map::new();
        for row in &self.rows {
            let t = &row.times;
            let mut object = json!({
                "ns_per_atom": { "median": row.ns(t.median()), "min": row.ns(t.min()), "max": row.ns(t.max()) },
            });
            if self.rate {
                object["atom_steps_per_second"] = row.rate().into();
            }
            if let Some(ratio) = row.ratio {
                object["ratio"] = ratio.into();
            }
            if let Some(((name, _, _), x)) = self.extra.zip(row.extra) {
                object[name] = x.into();
            }
            rows.insert(row.key.clone(), object);
        }
        let mut object = json!({ "rows": rows });
        for (name, x, _) in &self.notes {
            object[*name] = (*x).into();
        }
        object
    }
}
