//! The result for programs.

use super::fitted::{Fitted, Parameter, unit};
use super::text::not_identifiable;
use crate::fit::{Deviations, Finish, Known};
use crate::input::FitPlan;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// One object; numbers that mean nothing are null.
pub(super) fn text(plan: &FitPlan, end: &Fitted, input: &Path, files: &[PathBuf]) -> String {
    let names: Vec<&str> = plan.variables.list.iter().map(|v| v.name.as_str()).collect();
    let statistics = end.statistics.as_ref();
    let vague = statistics.map(|s| {
        let each = s.null.iter().map(|n| {
            json!({
                "variables": n.changes.iter().map(|(k, _)| names[*k]).collect::<Vec<_>>(),
                "relative_changes": n.changes.iter().map(|(_, c)| *c).collect::<Vec<_>>(),
                "message": not_identifiable(n, &names),
            })
        });
        each.collect::<Vec<Value>>()
    });
    let information = statistics.map(|s| {
        let each = s
            .information
            .iter()
            .map(|i| json!({ "quantity": i.quantity.name(), "tag": i.tag, "rows": i.rows, "shares": i.shares }));
        each.collect::<Vec<Value>>()
    });
    let starts = end.starts.iter().map(|s| {
        let finish = s.finish.map(|f| match f {
            Finish::Converged => "converged",
            Finish::Passes => "passes",
            Finish::Wandering => "wandering",
            Finish::Stuck => "stuck",
            Finish::Iterations => "iterations",
        });
        json!({ "loss": s.loss, "steps": s.steps, "end": finish })
    });
    let object = json!({
        "program": format!("admd {}", super::super::version::short()),
        "input": input,
        "stop": end.ending.word(),
        "message": end.ending.sentence(),
        "exit_code": end.ending.code(),
        "units": { "system": plan.units.name, "energy": plan.units.energy.symbol, "length": plan.units.length.symbol },
        "title": plan.title,
        "seed": plan.seed,
        "method": plan.method.name(),
        "errors": plan.errors.name(),
        "sources": plan.sources.iter().map(|(path, sum)| json!({ "file": path, "sha256": sum })).collect::<Vec<_>>(),
        "loss": end.loss,
        "chi2": statistics.map(|s| s.chi2),
        "degrees_of_freedom": statistics.map(|s| s.degrees_of_freedom),
        "variables": names,
        "parameters": end.parameters.iter().map(parameter).collect::<Vec<_>>(),
        "correlation": statistics.map(|s| s.correlation.clone()),
        "not_identifiable": vague,
        "information": information,
        "deviations": {
            "fitted": deviations(&end.deviations[0], plan),
            "validation": deviations(&end.deviations[1], plan),
        },
        "notes": end.notes,
        "best_start": end.chosen,
        "starts": starts.collect::<Vec<_>>(),
        "cost": {
            "evaluations": end.cost.evaluations,
            "jacobian_products": end.cost.pushes,
            "transpose_products": end.cost.pulls,
        },
        "files": files,
    });
    format!("{object:#}\n")
}

fn parameter(p: &Parameter) -> Value {
    let (state, error, interval) = match p.known {
        None => ("no statistics", None, None),
        Some(Known::AtBound) => ("at bound", None, None),
        Some(Known::Unscaled) => ("no scale", None, None),
        Some(Known::NotIdentifiable) => ("not identifiable", None, None),
        Some(Known::Error { error, interval }) => ("known", Some(error), Some(interval)),
    };
    json!({
        "name": p.name,
        "unit": p.unit,
        "start": p.start,
        "value": p.value,
        "state": state,
        "error": error,
        "interval": interval,
        "variable": p.variable,
    })
}

fn deviations(list: &[Deviations], plan: &FitPlan) -> Vec<Value> {
    let each = list.iter().map(|d| {
        let own = plan.units.to_coherent(d.quantity.dimension());
        json!({
            "quantity": d.quantity.name(),
            "tag": d.tag,
            "rows": d.rows,
            "unit": unit(plan, d.quantity),
            "rmse": d.rmse / own,
            "mae": d.mae / own,
            "largest": d.most / own,
            "largest_in": d.worst,
            "rms_of_sigma": d.of_sigma,
        })
    });
    each.collect()
}
