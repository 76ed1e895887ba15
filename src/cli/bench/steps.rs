//! The whole loop of a run, and where its time goes.

use super::Task;
use super::measure::{name, on_threads};
use super::table::{Row, Section};
use crate::bench::{Times, Work, field, interleaved};
use crate::cli::CliError;
use crate::dynamics::Forces;
use crate::run::{Run, RunError};
use admd_engine::{Configuration, EngineError, Evaluation, ForceField, Precision, Request};
use core::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;

/// The evaluations of one round \[s\].
#[derive(Clone, Default)]
struct Bill {
    /// Without a list build.
    plain: Times,
    /// Number and total of those without, and of those with a list build.
    count: [usize; 2],
    total: [f64; 2],
    /// The whole round.
    round: f64,
}

impl Bill {
    /// What the evaluations with a build took longer than the others \[s\].
    fn lists(&self) -> f64 {
        let [plain, building] = self.count;
        if plain == 0 || building == 0 {
            return 0.0;
        }
        (self.total[1] - building as f64 * self.plain.median()).max(0.0)
    }

    /// Forces, lists, and the rest \[s\].
    fn shares(&self) -> [f64; 3] {
        let evaluations: f64 = self.total.iter().sum();
        let lists = self.lists();
        [evaluations - lists, lists, (self.round - evaluations).max(0.0)]
    }
}

/// A force field with a stopwatch that knows which evaluations built a list.
struct Watched {
    field: ForceField,
    bill: Rc<RefCell<Bill>>,
}

impl Forces for Watched {
    fn evaluate(&mut self, c: &Configuration, request: Request, out: &mut Evaluation) -> Result<(), EngineError> {
        let builds = self.field.statistics().builds;
        let begin = Instant::now();
        self.field.evaluate(c, request, out)?;
        let seconds = begin.elapsed().as_secs_f64();
        let built = usize::from(self.field.statistics().builds > builds);
        let mut bill = self.bill.borrow_mut();
        bill.count[built] += 1;
        bill.total[built] += seconds;
        if built == 0 {
            bill.plain.push(seconds);
        }
        Ok(())
    }
}

/// A run that goes on, round by round.
struct Loop {
    run: Run<Watched>,
    bill: Rc<RefCell<Bill>>,
    /// The bills of the rounds, the one that warms up first.
    rounds: Vec<Bill>,
}

impl Loop {
    fn new(task: &Task, precision: Precision) -> Result<Self, CliError> {
        let bill = Rc::default();
        let run = task.melt.run(Watched {
            field: field(precision)?,
            bill: Rc::clone(&bill),
        })?;
        Ok(Self {
            run,
            bill,
            rounds: Vec::new(),
        })
    }

    fn round(&mut self, task: &Task) -> Result<(), RunError> {
        self.bill.take();
        let begin = Instant::now();
        self.run.advance(task.steps(), task.interrupt)?;
        let mut bill = self.bill.take();
        bill.round = begin.elapsed().as_secs_f64();
        self.rounds.push(bill);
        Ok(())
    }
}

/// Steps of the loop in either precision.
pub(super) fn whole(task: &Task) -> Result<Section, CliError> {
    let precisions = [Precision::Double, Precision::Mixed];
    let [mut double, mut mixed] = [Loop::new(task, precisions[0])?, Loop::new(task, precisions[1])?];
    let failure = Cell::new(None);
    let run = |l: &mut Loop| {
        if let Err(error) = l.round(task) {
            failure.set(Some(error));
        }
    };
    let work: [Work; 2] = [&mut || run(&mut double), &mut || run(&mut mixed)];
    let times = interleaved(task.rounds, || task.stopped() || failed(&failure), work);
    if let Some(error) = failure.take() {
        return Err(error.into());
    }
    let mut rows = Vec::new();
    let mut notes = Vec::new();
    for ((l, whole), precision) in [double, mixed].iter().zip(&times).zip(precisions.map(name)) {
        let counted = l.rounds.get(1..).unwrap_or_default();
        let mut row = |key: &str, name: String, times: Times| {
            rows.push(Row {
                key: format!("{key}_{precision}"),
                name,
                atoms: task.atoms() as f64 * task.steps() as f64,
                ratio: None,
                extra: Some(100.0 * times.ratio(whole)),
                times,
            });
        };
        row("step", format!("{precision}, whole step"), whole.clone());
        let parts = [
            ("forces", "  forces and refresh"),
            ("list", "  list builds, over all steps"),
            ("integration", "  integration and watchdog"),
        ];
        for (k, (key, words)) in parts.into_iter().enumerate() {
            row(key, words.into(), counted.iter().map(|b| b.shares()[k]).collect());
        }
        let builds: usize = l.rounds.iter().map(|b| b.count[1]).sum();
        let steps = l.rounds.len() as f64 * task.steps() as f64;
        let key = if precision == "double" {
            "steps_per_build_double"
        } else {
            "steps_per_build_mixed"
        };
        let each = steps / builds.max(1) as f64;
        notes.push((
            key,
            each,
            format!(
                "{precision}: one list build in {each:.1} steps, {} steps a round",
                task.steps()
            ),
        ));
    }
    Ok(Section {
        key: "step",
        title: format!("whole loop, {}", on_threads()),
        rate: true,
        extra: Some(("percent_of_step", "share, %", 1)),
        rows,
        notes,
    })
}

/// Is there something in it? It stays there.
fn failed(failure: &Cell<Option<RunError>>) -> bool {
    let error = failure.take();
    let is = error.is_some();
    failure.set(error);
    is
}
