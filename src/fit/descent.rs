//! A fit from one or several starts.

use super::{FitError, Method, Problem, State, Status, Transform, Variable, Variables};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// How a descent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// Nothing would move by more than the tolerance.
    Converged,
    /// Wherever it would end, targets that are prepared anew there lead on.
    Wandering,
    /// Of Adam: all passes were made. Whether the loss is at its least it does not know.
    Passes,
    /// No step lowers the loss any more although its slope is not zero.
    Stuck,
    /// All steps that were allowed were made.
    Iterations,
}

/// The way from one start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Descent {
    /// Steps so far.
    pub iteration: usize,
    /// How it ended, if it did.
    pub finish: Option<Finish>,
    /// Ends that were taken back because targets, prepared anew there, led on.
    pub confirmed: usize,
    /// Where it is.
    pub state: State,
    /// What the targets had prepared then ([`Problem::memory`]).
    pub memory: Vec<Vec<f64>>,
}

/// Ends that may be taken back: predictions whose errors lead it about for so long say no more.
const MOST_CONFIRMED: usize = 20;

impl Descent {
    /// At the beginning.
    pub fn new(method: Method, x: Vec<f64>) -> Self {
        Self {
            iteration: 0,
            finish: None,
            confirmed: 0,
            state: State::new(method, x),
            memory: Vec::new(),
        }
    }

    /// Takes back an end that more steps than before would not have been.
    pub fn allow_more(&mut self, method: Method) {
        if self.finish == Some(Finish::Iterations) && self.iteration < method.iterations() {
            self.finish = None;
        }
    }

    /// Goes on to the end, or until `go_on` says no after some step. Targets are refreshed before each step.
    ///
    /// ```
    /// # use admd::fit::*;
    /// # fn main() -> Result<(), FitError> {
    /// let variable = Variable {
    ///     name: "a".into(), members: vec![(0, 1.0)], start: 5.0, bounds: [f64::NEG_INFINITY, f64::INFINITY],
    ///     transform: Transform::None, prior: Some(Prior { mean: 2.0, sigma: 0.1 }),
    /// };
    /// let variables = Variables { list: vec![variable], theta: vec![5.0] };
    /// let mut problem = Problem::new(variables.clone(), vec![], Robust::Square)?;
    /// let method = Method::LevenbergMarquardt { iterations: 20, tolerance: 1e-12 };
    /// let mut descent = Descent::new(method, variables.start());
    /// descent.run(&mut problem, method, 1, &mut |_| true)?;
    /// assert_eq!(descent.finish, Some(Finish::Converged));
    /// assert!((descent.state.x()[0] - 2.0).abs() < 1e-12);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of the targets; the descent is then where it was before the step.
    pub fn run(
        &mut self,
        problem: &mut Problem,
        method: Method,
        seed: u64,
        go_on: &mut dyn FnMut(&Self) -> bool,
    ) -> Result<(), FitError> {
        if self.finish.is_some() {
            return Ok(());
        }
        problem.recall(&self.memory)?;
        while self.finish.is_none() {
            if self.iteration >= method.iterations() {
                let all_passes = matches!(method, Method::Adam { .. });
                self.finish = Some(if all_passes { Finish::Passes } else { Finish::Iterations });
                break;
            }
            if problem.refresh(self.state.x())? {
                self.state.renew();
            }
            self.memory = problem.memory();
            let mut status = self.state.step(problem, method, seed)?;
            self.iteration += 1;
            if status != Status::Going && problem.confirm(self.state.x())? {
                self.confirmed += 1;
                self.state.renew();
                self.memory = problem.memory();
                status = Status::Going;
            }
            self.finish = match status {
                Status::Going if self.confirmed > MOST_CONFIRMED => Some(Finish::Wandering),
                Status::Going => None,
                Status::Converged => Some(Finish::Converged),
                Status::Stuck => Some(Finish::Stuck),
            };
            if !go_on(self) {
                break;
            }
        }
        Ok(())
    }
}

/// The starts of a fit: the given one, and others around it that the seed draws. Numbers that are relative are drawn within a
/// factor 1 + spread of the start, others within their bounds.
pub fn starts(variables: &Variables, count: usize, spread: f64, seed: u64) -> Vec<Vec<f64>> {
    let given = variables.start();
    let drawn = |start: usize| -> Vec<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(start as u64);
        let each = variables.list.iter().zip(&given);
        each.map(|(v, x)| draw(v, *x, spread, rng.random_range(-1.0..1.0)))
            .collect()
    };
    (0..count.max(1))
        .map(|k| if k == 0 { given.clone() } else { drawn(k) })
        .collect()
}

fn draw(v: &Variable, x: f64, spread: f64, u: f64) -> f64 {
    let [low, high] = v.bounds;
    let between = |u: f64| low + (high - low) * 0.5 * (1.0 + u);
    let bounded = (high - low).is_finite();
    let drawn = match v.transform {
        Transform::Log => x + (1.0 + spread).ln() * u,
        Transform::Bounded => v.inverse(between(u)),
        Transform::None if x != 0.0 => x * (1.0 + spread).powf(u),
        Transform::None if bounded => between(u),
        Transform::None => u,
    };
    let [least, most] = v.range();
    drawn.clamp(least, most)
}

/// Descents from all starts, in parallel, each with predictions of its own. `watch` is told of every step, by the number of
/// the start, and says whether to go on. The answer is what ended each of them early; such a one is [`Finish::Stuck`] where it is.
pub fn descend(
    problem: &mut Problem,
    descents: &mut [Descent],
    (method, seed): (Method, u64),
    watch: &(dyn Fn(usize, &Descent) -> bool + Sync),
) -> Vec<Option<FitError>> {
    let run = |(k, descent): (usize, &mut Descent), problem: &mut Problem| {
        let error = descent.run(problem, method, seed, &mut |d| watch(k, d)).err();
        if error.is_some() {
            descent.finish = Some(Finish::Stuck);
        }
        error
    };
    let Some((first, others)) = descents.split_first_mut() else {
        return Vec::new();
    };
    let mut work: Vec<(usize, &mut Descent, Problem)> = (others.iter_mut().enumerate())
        .map(|(k, descent)| (k + 1, descent, problem.fork()))
        .collect();
    let (of_first, of_others) = rayon::join(
        || run((0, first), problem),
        || {
            let each = work
                .par_iter_mut()
                .map(|(k, descent, problem)| run((*k, descent), problem));
            each.collect::<Vec<_>>()
        },
    );
    work.into_iter()
        .for_each(|(_, _, other)| problem.add_cost(other.cost()));
    core::iter::once(of_first).chain(of_others).collect()
}

/// The descent with the least loss; of equal ones the first.
pub fn best(descents: &[Descent]) -> usize {
    let mut best = 0;
    for (k, d) in descents.iter().enumerate() {
        let better = d.state.loss() < descents[best].state.loss();
        if better || (descents[best].state.loss().is_nan() && !d.state.loss().is_nan()) {
            best = k;
        }
    }
    best
}
