//! What comes out of a fit, before it is printed in one way or another.

use super::Ending;
use super::problem::validation;
use crate::fit::{
    Cost, Descent, Deviations, Finish, FitError, Group, Known, Problem, Quantity, Row, Statistics, Target, Which,
    deviations, statistics,
};
use crate::input::FitPlan;
use admd_potentials::form::binding::PairBinding;
use admd_potentials::form::units::Dimension;

/// Rows times variables of a fit that was stopped, for which errors are made still: they take less than a second.
const MOST_WHEN_STOPPED: usize = 1_000_000;

/// The unit of a quantity as it is compared.
pub(super) fn unit(plan: &FitPlan, quantity: Quantity) -> String {
    let symbol = plan.units.symbol(quantity.dimension());
    match quantity {
        Quantity::Energy if plan.quantities.per_atom => format!("{symbol}/atom"),
        Quantity::CohesiveEnergy | Quantity::MeanEnergy => format!("{symbol}/atom"),
        _ => symbol,
    }
}

/// One descent of several.
pub(super) struct Start {
    pub(super) loss: f64,
    pub(super) steps: usize,
    pub(super) finish: Option<Finish>,
}

/// A parameter of the potentials, or a reference energy, that was fitted.
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) unit: String,
    /// Numbers in this unit.
    pub(super) start: f64,
    pub(super) value: f64,
    pub(super) known: Option<Known>,
    /// The index of its variable.
    pub(super) variable: usize,
}

/// Observed and predicted numbers of a quantity, in its unit.
pub(super) struct Parity {
    pub(super) quantity: Quantity,
    pub(super) unit: String,
    /// Observed, predicted, and whether it was fitted to.
    pub(super) points: Vec<(f64, f64, bool)>,
}

/// The result.
pub(super) struct Fitted {
    pub(super) ending: Ending,
    pub(super) loss: f64,
    pub(super) chosen: usize,
    pub(super) starts: Vec<Start>,
    pub(super) parameters: Vec<Parameter>,
    /// The potentials with the fitted parameters.
    pub(super) bindings: Vec<PairBinding>,
    pub(super) statistics: Option<Statistics>,
    /// Of what was fitted to, and of the rest.
    pub(super) deviations: [Vec<Deviations>; 2],
    pub(super) parity: Vec<Parity>,
    pub(super) cost: Cost,
    /// How predictions were made.
    pub(super) notes: Vec<String>,
}

impl Fitted {
    pub(super) fn new(
        problem: &mut Problem,
        plan: &FitPlan,
        (descents, chosen): (&[Descent], usize),
        ending: Ending,
    ) -> Result<Self, FitError> {
        let cost = problem.cost();
        let x = descents[chosen].state.x().to_vec();
        let predicted = problem.predictions(&x, Which::All)?;
        // who stops a large fit does not wait for its errors
        let large = problem.len() * x.len() > MOST_WHEN_STOPPED;
        let statistics = match ending {
            Ending::Interrupted(_) if large => None,
            _ => statistics(problem, &x, plan.errors)?,
        };
        let mut parity = Vec::new();
        let mut parts: Vec<(&[Row], &[Group], &[f64])> = Vec::new();
        let mut rest = predicted.as_slice();
        for target in problem.targets() {
            let (own, others) = rest.split_at(target.rows().len());
            rest = others;
            collect(&mut parity, target.rows(), own, plan, true);
            parts.push((target.rows(), target.groups(), own));
        }
        let of_training = deviations(&parts);
        let theta = plan.variables.theta(&x);
        let of_validation = match validation(plan)? {
            None => Vec::new(),
            Some(mut frames) => {
                let own = frames.evaluate(&theta, Which::All)?;
                collect(&mut parity, frames.rows(), &own, plan, false);
                deviations(&[(frames.rows(), frames.groups(), &own)])
            }
        };
        let start = |d: &Descent| Start {
            loss: d.state.loss(),
            steps: d.iteration,
            finish: d.finish,
        };
        Ok(Self {
            ending,
            loss: descents[chosen].state.loss(),
            chosen,
            starts: descents.iter().map(start).collect(),
            parameters: parameters(plan, &theta, statistics.as_ref()),
            bindings: bindings(plan, &theta),
            statistics,
            deviations: [of_training, of_validation],
            parity,
            cost,
            notes: problem.notes(&x)?,
        })
    }
}

/// Adds pairs of observed and predicted numbers.
fn collect(parity: &mut Vec<Parity>, rows: &[Row], predicted: &[f64], plan: &FitPlan, fitted: bool) {
    for (row, value) in rows
        .iter()
        .zip(predicted)
        .filter(|(r, _)| r.quantity != Quantity::Prior && r.scale > 0.0)
    {
        let k = match parity.iter().position(|p| p.quantity == row.quantity) {
            Some(k) => k,
            None => {
                parity.push(Parity {
                    quantity: row.quantity,
                    unit: unit(plan, row.quantity),
                    points: Vec::new(),
                });
                parity.len() - 1
            }
        };
        let own = plan.units.to_coherent(row.quantity.dimension());
        parity[k].points.push((row.observed / own, value / own, fitted));
    }
}

/// Name and dimension of each entry of θ.
pub(super) fn names(plan: &FitPlan) -> Vec<(String, Dimension)> {
    let leaves = plan.bindings.iter().flat_map(|b| &b.leaves);
    let leaves = leaves.map(|l| (l.name.clone(), l.spec.dimension));
    leaves
        .chain(plan.references.iter().map(|r| (r.name(), Dimension::ENERGY)))
        .collect()
}

fn parameters(plan: &FitPlan, theta: &[f64], statistics: Option<&Statistics>) -> Vec<Parameter> {
    let names = names(plan);
    let start = plan.variables.theta(&plan.variables.start());
    let mut all = Vec::new();
    for (variable, v) in plan.variables.list.iter().enumerate() {
        for (k, factor) in &v.members {
            let (name, dimension) = &names[*k];
            let own = plan.units.to_coherent(*dimension);
            // what is known is known of the variable
            let known = statistics.map(|s| match s.known[variable] {
                Known::Error { error, interval } => {
                    let [a, b] = interval.map(|x| x * factor / own);
                    Known::Error {
                        error: error * factor.abs() / own,
                        interval: [a.min(b), a.max(b)],
                    }
                }
                other => other,
            });
            all.push(Parameter {
                name: name.clone(),
                unit: plan.units.symbol(*dimension),
                start: start[*k] / own,
                value: theta[*k] / own,
                known,
                variable,
            });
        }
    }
    all
}

/// The potentials with these parameters.
fn bindings(plan: &FitPlan, theta: &[f64]) -> Vec<PairBinding> {
    let mut values = theta.iter();
    let mut all = plan.bindings.clone();
    for leaf in all.iter_mut().flat_map(|b| &mut b.leaves) {
        leaf.value = *values.next().unwrap_or(&f64::NAN);
    }
    all
}
