//! `[validation]`, and which frame energies are compared with.

use super::quantities::{Compared, Relative};
use crate::fit::DataFrame;
use crate::input::diagnostics::{InputError, Problem, nearest};
use crate::input::randomness::{counts, mixture};
use crate::input::walker::View;

/// The frames that are fitted to and the others, each ascending; `None` where that was reported, or where the data are
/// not known.
pub(super) fn read(view: Option<&View<'_>>, data: Option<&[DataFrame]>, seed: u64) -> Option<(Vec<usize>, Vec<usize>)> {
    let Some(view) = view else {
        return Some(((0..data?.len()).collect(), Vec::new()));
    };
    let fraction = fraction(view);
    match (view.has("fraction"), view.has("tags")) {
        (true, true) => {
            let reason = "`fraction` and `tags` both choose frames".to_owned();
            view.conflict(view.key_at("tags"), reason, "a second choice", "keep one of the two");
            return None;
        }
        (false, false) => {
            let reason = "[validation] chooses no frames".to_owned();
            let help = "add fraction = 0.2, or tags = [\"surface\"]";
            view.conflict(view.table.at, reason, "neither `fraction` nor `tags`", help);
            return None;
        }
        _ => {}
    }
    let data = data?;
    if data.is_empty() {
        let reason = "[validation] has no frames to choose from".to_owned();
        view.conflict(view.table.at, reason, "no data", "add [[data]], or remove this section");
        return None;
    }
    let (key, apart): (&str, Vec<bool>) = if view.has("fraction") {
        let fraction = fraction?;
        let number = counts(&[1.0 - fraction, fraction], data.len());
        ("fraction", mixture(&number, seed).into_iter().map(|s| s == 1).collect())
    } else {
        let tags = view.texts("tags")?;
        known(view, &tags, data)?;
        ("tags", data.iter().map(|f| tags.contains(&f.tag)).collect())
    };
    let (validation, training): (Vec<usize>, Vec<usize>) = (0..data.len()).partition(|k| apart[*k]);
    if training.is_empty() || validation.is_empty() {
        let words = if training.is_empty() { "all" } else { "none" };
        let reason = format!("`{key}` takes {words} of the {} frames for validation", data.len());
        let help = "leave frames on both sides, or remove this section";
        view.conflict(view.at(key), reason, "no split", help);
        return None;
    }
    Some((training, validation))
}

fn fraction(view: &View<'_>) -> Option<f64> {
    let fraction = view.quantity("fraction")?;
    if fraction.value.own >= 1.0 {
        let problem = Problem::OutOfRange {
            key: "fraction".to_owned(),
            value: fraction.value.own.to_string(),
            bounds: "above 0 and below 1".to_owned(),
        };
        let error = InputError::new(problem, fraction.at).label("a fraction of the frames");
        view.cx.report(error.help(view.for_example("fraction", "0.2")));
        return None;
    }
    Some(fraction.value.own)
}

/// Reports tags that no frame has.
fn known(view: &View<'_>, tags: &[String], data: &[DataFrame]) -> Option<()> {
    let mut all: Vec<&str> = data.iter().map(|f| f.tag.as_str()).filter(|t| !t.is_empty()).collect();
    all.sort_unstable();
    all.dedup();
    let unknown: Vec<&String> = tags.iter().filter(|t| !all.contains(&t.as_str())).collect();
    for tag in &unknown {
        let help = match (nearest(tag, all.iter().copied()), all.is_empty()) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, true) => "no frame has a tag: give [[data]] one, or the frames the key `tag`".to_owned(),
            (None, false) => format!("the tags are {}", all.join(", ")),
        };
        let reason = format!("no frame has the tag `{tag}`");
        view.conflict(view.at("tags"), reason, "among these", &help);
    }
    unknown.is_empty().then_some(())
}

/// Sets the frame that the energy of each is compared with: that of the lowest energy, of those that are fitted to where
/// there are any, so that nothing is learned from a frame that is kept apart.
pub(super) fn relate(data: &mut [DataFrame], training: &[usize], compared: &Compared<'_>) {
    if compared.relative == Relative::None {
        return;
    }
    let per_atom = compared.quantities.per_atom;
    let energy = |f: &DataFrame| {
        let atoms = if per_atom { f.configuration.len() as f64 } else { 1.0 };
        f.energy.map(|e| e / atoms)
    };
    let lowest = |alike: &dyn Fn(&DataFrame) -> bool| {
        let all = (0..data.len()).filter(|k| alike(&data[*k]) && data[*k].energy.is_some());
        let (fitted, apart): (Vec<usize>, Vec<usize>) = all.partition(|k| training.binary_search(k).is_ok());
        let from = if fitted.is_empty() { apart } else { fitted };
        from.into_iter()
            .filter_map(|k| Some((k, energy(&data[k])?)))
            .min_by(|(_, a), (_, b)| a.total_cmp(b))
            .map(|(k, _)| k)
    };
    let found: Vec<Option<usize>> = match compared.relative {
        Relative::All => {
            let one = lowest(&|_| true);
            data.iter().map(|_| one).collect()
        }
        _ => {
            let mut known: std::collections::HashMap<&str, Option<usize>> = std::collections::HashMap::new();
            data.iter()
                .map(|f| *known.entry(&f.tag).or_insert_with(|| lowest(&|g| g.tag == f.tag)))
                .collect()
        }
    };
    for (frame, relative) in data.iter_mut().zip(found) {
        frame.relative_to = relative.filter(|_| frame.energy.is_some());
    }
}
