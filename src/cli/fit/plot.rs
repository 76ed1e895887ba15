//! Predicted against observed numbers as a picture in a page (SVG).

use super::fitted::Parity;
use crate::run::format::short;
use std::fmt::Write as _;

/// Points that a page can carry; of more, evenly chosen ones are shown, and those farthest off.
const MOST_POINTS: usize = 3000;
/// Of these, how many are those farthest off.
const FARTHEST: usize = 100;
/// Fewer points are no picture: the table has them.
const LEAST_POINTS: usize = 3;
/// Width and height of the frame, and the room around it.
const SIZE: f64 = 300.0;
const LEFT: f64 = 76.0;
const BELOW: f64 = 44.0;
const ABOVE: f64 = 10.0;
/// Ticks along an axis, about.
const TICKS: f64 = 4.0;

/// The plot of one quantity; `None` where there is nothing to see.
pub(super) fn parity(p: &Parity) -> Option<String> {
    if p.points.len() < LEAST_POINTS {
        return None;
    }
    let all = || p.points.iter().flat_map(|(a, b, _)| [*a, *b]);
    let (low, high) = (
        all().fold(f64::INFINITY, f64::min),
        all().fold(f64::NEG_INFINITY, f64::max),
    );
    let room = if high > low {
        0.05 * (high - low)
    } else {
        0.5 * low.abs().max(1.0)
    };
    let (low, high) = (low - room, high + room);
    let x = |v: f64| LEFT + (v - low) / (high - low) * SIZE;
    let y = |v: f64| ABOVE + (high - v) / (high - low) * SIZE;
    let mut out = String::new();
    let (width, height) = (LEFT + SIZE + 12.0, ABOVE + SIZE + BELOW);
    let _ = writeln!(
        out,
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}: predicted against observed\">",
        p.quantity.name()
    );
    let _ = writeln!(
        out,
        "<rect class=\"frame\" fill=\"none\" stroke=\"#6b7686\" x=\"{LEFT}\" y=\"{ABOVE}\" width=\"{SIZE}\" height=\"{SIZE}\"/>"
    );
    for tick in ticks(low, high) {
        let (h, v) = (x(tick), y(tick));
        let bottom = ABOVE + SIZE;
        let text = short(tick);
        let _ = writeln!(
            out,
            "<path class=\"tick\" stroke=\"#6b7686\" d=\"M{h:.1} {bottom}v-5M{LEFT} {v:.1}h5\"/>"
        );
        let _ = writeln!(
            out,
            "<text x=\"{h:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>",
            bottom + 16.0
        );
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
            LEFT - 6.0,
            v + 4.0
        );
    }
    let _ = writeln!(
        out,
        "<path class=\"equal\" stroke=\"#d5dae2\" d=\"M{:.1} {:.1}L{:.1} {:.1}\"/>",
        x(low),
        y(low),
        x(high),
        y(high)
    );
    for (observed, predicted, fitted) in shown(p) {
        // the colours of a light page, for viewers that do not know its style
        let (class, fill) = if *fitted {
            ("fitted", "#2563a8")
        } else {
            ("validation", "#c2570c")
        };
        let _ = writeln!(
            out,
            "<circle class=\"{class}\" fill=\"{fill}\" fill-opacity=\"0.55\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.5\"/>",
            x(*observed),
            y(*predicted)
        );
    }
    let unit = if p.unit.is_empty() {
        String::new()
    } else {
        format!(" ({})", p.unit)
    };
    let middle = LEFT + 0.5 * SIZE;
    let _ = writeln!(
        out,
        "<text x=\"{middle}\" y=\"{:.1}\" text-anchor=\"middle\">observed{unit}</text>",
        ABOVE + SIZE + 36.0
    );
    let up = ABOVE + 0.5 * SIZE;
    let _ = writeln!(
        out,
        "<text x=\"14\" y=\"{up}\" text-anchor=\"middle\" transform=\"rotate(-90 14 {up})\">predicted{unit}</text>"
    );
    out.push_str("</svg>\n");
    Some(out)
}

/// The points that are shown, in their order.
fn shown(p: &Parity) -> Vec<&(f64, f64, bool)> {
    let count = p.points.len();
    if count <= MOST_POINTS {
        return p.points.iter().collect();
    }
    let off = |k: usize| (p.points[k].1 - p.points[k].0).abs();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|a, b| off(*b).total_cmp(&off(*a)));
    let mut keep: Vec<usize> = order[..FARTHEST].to_vec();
    let rest = MOST_POINTS - FARTHEST;
    keep.extend((0..rest).map(|k| k * count / rest));
    keep.sort_unstable();
    keep.dedup();
    keep.into_iter().map(|k| &p.points[k]).collect()
}

/// How many of them are shown, where not all are.
pub(super) fn left_out(p: &Parity) -> Option<String> {
    let count = p.points.len();
    (count > MOST_POINTS).then(|| format!("about {MOST_POINTS} of {count} points, with the {FARTHEST} farthest off"))
}

/// Round numbers between two.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let rough = (high - low) / TICKS;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .map(|m| m * power)
        .into_iter()
        .find(|s| *s >= rough)
        .unwrap_or(rough);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last).map(|k| k as f64 * step).collect()
}
