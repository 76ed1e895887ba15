//! `[output]` of a fit: what is written, and whether it may be.

use super::plan::FitOutput;
use crate::input::outputs::{Obstacle, report_obstacle};
use crate::input::walker::View;
use crate::io::same_file;
use std::path::{Path, PathBuf};

/// What an input is read for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Intent {
    /// To look at it, on whatever machine.
    Look,
    /// To fit here and now.
    Run {
        /// May existing files be replaced, whatever the input says?
        overwrite: bool,
    },
}

/// Reads the section.
pub(super) fn read(view: &View<'_>) -> Option<FitOutput> {
    let path = |key: &str| Some(view.cx.folder.join(view.text(key)?.value));
    let potential = path("potential")?;
    let report = path("report");
    if let Some(report) = &report
        && report.extension().is_none_or(|e| e != "html")
    {
        let reason = "the report is a page, and its name does not end with .html".to_owned();
        view.conflict(
            view.at("report"),
            reason,
            "not a page",
            "for example report = \"fit.html\"",
        );
    }
    let checkpoint = path("checkpoint").unwrap_or_else(|| {
        let mut name = potential.clone().into_os_string();
        name.push(".checkpoint.toml");
        PathBuf::from(name)
    });
    Some(FitOutput {
        potential,
        report,
        checkpoint,
        overwrite: view.flag("overwrite").unwrap_or(false),
    })
}

/// Reports outputs that are one file, or one of those that are read, and for a run those that cannot be written.
pub(super) fn check(view: &View<'_>, output: &mut FitOutput, inputs: &[&Path], intent: Intent) {
    if let Intent::Run { overwrite } = intent {
        output.overwrite |= overwrite;
    }
    let mut all = vec![("potential", output.potential.as_path())];
    all.extend(output.report.as_deref().map(|p| ("report", p)));
    all.push(("checkpoint", output.checkpoint.as_path()));
    for (k, (key, path)) in all.iter().enumerate() {
        let at = view.at(if view.has(key) { key } else { "potential" });
        if let Some((other, _)) = all[..k].iter().find(|(_, p)| p == path || same_file(p, path)) {
            let reason = format!("the {key} and the {other} are one file");
            view.conflict(at, reason, "the same file", "give one of the two another name");
        }
        if let Some(input) = inputs.iter().find(|p| same_file(p, path)) {
            let reason = format!("the {key} would replace `{}`, which is read", input.display());
            view.conflict(at, reason, "an input", "give it another name");
        } else if matches!(intent, Intent::Run { .. }) {
            // A checkpoint is there to go on from: what becomes of it is for the fit to say.
            let overwrite = output.overwrite || *key == "checkpoint";
            if let Some(obstacle) = Obstacle::at(path, overwrite) {
                report_obstacle(view.cx, &obstacle, key, at);
            }
        }
    }
}
