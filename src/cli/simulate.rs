//! `admd simulate`: the main job.

use super::estimators::{Estimators, descent, digits, sampling};
use super::threads::Threads;
use super::{CliError, check, forecast, terminal, version};
use crate::input::{self, Plan, precision_name};
use crate::io::Overwrite;
use crate::io::h5md::{AdjointHeader, Header, SensitivityHeader, ThermoRow, WriterOptions};
use crate::run::format::{counted, significant};
use crate::run::{
    Adjoint, EnergyDrift, EnsembleAverages, Every, Interrupt, LineFit, Outcome, Progress, Run, RunError, Sensitivities,
    Stop, ThermoTable, TrajectoryFile,
};
use crate::sensitivity::Variable;
use admd_engine::{ForceField, Precision};
use admd_potentials::form::units::{Dimension, UnitSystem};
use clap::{Args, ValueHint};
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Run a simulation
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  admd simulate inputs/argon.toml
  admd simulate inputs/argon.toml --steps 200 --overwrite --threads 4
  admd simulate inputs/argon.toml --set 'integrator.timestep=\"4 fs\"' --set output.every=10
  admd simulate inputs/argon.toml --set run.precision=mixed
  admd simulate inputs/argon.toml --dry-run
  admd simulate inputs/argon.toml --json > run.json

Ctrl-C, SIGTERM and SIGHUP finish the step, write the last frame and close the file (exit codes
130, 143 and 129); a second signal stops at once; under nohup SIGHUP is ignored. Steps, times
and units are those of the input; every result is printed with its unit.

run.precision = \"mixed\" is faster: pairs, and the sum over one atom's neighbours, in f32 on
positions relative to the middle of about 500 atoms; every other sum and the state in f64.
Forces are then good to about 6 digits of the largest pair force, energies to 1e-6.")]
pub(super) struct Simulate {
    /// The input
    #[arg(value_name = "INPUT.toml", value_hint = ValueHint::FilePath)]
    input: PathBuf,
    /// Override a key of the input, recorded in the trajectory; may be repeated
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Input")]
    set: Vec<String>,
    /// Number of steps: short for --set run.steps=COUNT
    #[arg(long, value_name = "COUNT", help_heading = "Input")]
    steps: Option<u64>,
    /// Replace an existing trajectory
    #[arg(long, help_heading = "Output")]
    overwrite: bool,
    /// Print what would be run and what it would cost, and stop
    #[arg(long, help_heading = "Output", conflicts_with_all = ["json", "quiet", "threads"])]
    dry_run: bool,
    /// Print nothing but errors
    #[arg(long, short, help_heading = "Output", conflicts_with = "json")]
    quiet: bool,
    /// Print one JSON object with the result to standard output, and nothing else there
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
    #[command(flatten)]
    threads: Threads,
}

impl Simulate {
    fn overrides(&self) -> Vec<String> {
        let steps = self.steps.map(|n| format!("run.steps={n}"));
        self.set.iter().cloned().chain(steps).collect()
    }
}

/// Reads the input and runs it.
pub(super) fn run(a: &Simulate) -> Result<u8, CliError> {
    if super::is_fit(&a.input) {
        let input = a.input.display();
        return Err(CliError::Usage(format!(
            "{input} is the input of a fit; run `admd fit {input}`"
        )));
    }
    let overrides = a.overrides();
    let mut plan = input::read_for_run(&a.input, &overrides, a.overwrite)?;
    if a.dry_run {
        return terminal::print(&check::describe(&plan));
    }
    plan.provenance.arguments = std::env::args().collect();
    // From here on a signal ends the run cleanly.
    let interrupt =
        Interrupt::on_signals().map_err(|e| CliError::System(format!("cannot catch Ctrl-C and SIGTERM: {e}")))?;
    let pool = a.threads.pool()?;
    pool.install(|| simulate(a, plan, &interrupt))
}

fn simulate(a: &Simulate, plan: Plan, interrupt: &Interrupt) -> Result<u8, CliError> {
    let Plan { units, steps, .. } = plan;
    if let Some(forecast) = forecast::adjoint(&plan).filter(|_| !(a.json || a.quiet)) {
        terminal::print(&format!("# {forecast}\n"))?;
    }
    let integrator = plan.integrator.integrator();
    let conserved = integrator.conserved_name();
    let degrees_of_freedom = integrator.degrees_of_freedom(plan.start.masses.len());
    let mut field = ForceField::new(plan.bindings.clone(), plan.settings)?;
    let sampling = sampling(&plan, integrator.as_ref(), &mut field)?;
    let header = Header {
        ensemble: sampling
            .as_ref()
            .map(|s| s.header(&plan.start.configuration.cell, units)),
        ..header(&plan, &field)
    };
    let descent = descent(&plan)?;
    let cell = plan.start.configuration.cell.clone();
    let mut run = Run::start(plan.start, field, integrator, units)?;

    let thermo = Every(plan.output.thermo_every);
    // Without an interval there is no table at all, not even the last row that every observer sees.
    let measured = plan.output.thermo_every > 0;
    // The file is made only when the start is known to be sound.
    let file = plan.output.trajectory.map(|t| {
        let overwrite = Overwrite::when(t.overwrite);
        let file = TrajectoryFile::create(
            t.path,
            header,
            WriterOptions {
                overwrite,
                ..WriterOptions::default()
            },
        )?;
        Ok::<_, CliError>((file, Every(t.every)))
    });
    let file = file.transpose()?;
    let own_file = || file.as_ref().map(|(f, _)| f.clone());
    let mut estimators = Estimators::default();
    // before the file, which is closed when they have written
    if let Some(sampling) = sampling {
        let averages = EnsembleAverages::new(sampling, units, own_file());
        run.observe(averages.observer(units)?);
        estimators.averages = Some((averages, cell));
    }
    if let Some(descent) = descent {
        if let Some(every) = Adjoint::renewal(descent.memory) {
            run.renew_lists(every);
        }
        let bar = !(a.json || a.quiet) && std::io::stderr().is_terminal();
        let (adjoint, observer) = Adjoint::new(descent, run.moment(), own_file(), (interrupt, bar))?;
        run.observe(observer);
        estimators.adjoint = Some(adjoint);
    }
    let file = file.map(|(file, every)| {
        run.observe(file.frames(every));
        if measured {
            run.observe(file.thermo(thermo));
        }
        file
    });
    let digits = digits(plan.settings.precision);
    let timestep = plan.integrator.timestep() / units.to_coherent(Dimension::TIME);
    let along = plan.sensitivity.and_then(|s| Some((s.variables, s.tangent?)));
    estimators.tangents = along.map(|(variables, plan)| {
        let all = Sensitivities::new(
            variables,
            degrees_of_freedom,
            digits,
            timestep,
            (plan.velocities, file.clone()),
        );
        run.observe(all.rows(thermo));
        if file.is_some() {
            run.observe(all.frames(Every(plan.every)));
        }
        all
    });
    let (drift, fit) = EnergyDrift::new(thermo);
    if measured {
        run.observe(Box::new(drift));
    }
    if !(a.json || a.quiet) {
        let progress = Progress::new(run.moment().state.masses.len(), steps, thermo);
        let out = std::io::stdout();
        if measured {
            let recorded = file.is_some();
            run.observe(Box::new(ThermoTable::new(
                thermo,
                out,
                progress.bar(),
                conserved,
                recorded,
            )));
        }
        run.observe(Box::new(progress));
    }

    let mut outcome = run.complete(steps, interrupt)?;
    if let (Some(signal), Some(adjoint), Ok(Stop::Finished)) = (interrupt.signal(), &estimators.adjoint, &outcome.end)
        && !adjoint.is_found()
    {
        // on the way back
        outcome.end = Ok(Stop::Interrupted(signal));
    }
    // the bill is of the run; the way back is told beside it
    let back = estimators.adjoint.as_ref().map_or(0.0, Adjoint::seconds);
    outcome.summary.wall -= back;
    outcome.summary.shares.output = (outcome.summary.shares.output - back).max(0.0);
    report(a, outcome, &fit, (file.as_ref(), &estimators), plan.settings.precision)
}

/// What is known before the first step, for the trajectory.
pub(super) fn header(plan: &Plan, field: &ForceField) -> Header {
    let leaves = field.parameters();
    let t = plan.output.trajectory.as_ref();
    let along = plan.sensitivity.as_ref().and_then(|s| Some((s, s.tangent?)));
    Header {
        units: plan.units,
        title: plan.title.clone(),
        species: plan.species.clone(),
        atoms: plan.start.configuration.species.clone(),
        periodic: plan.start.configuration.cell.periodic(),
        velocities: t.is_some_and(|t| t.velocities),
        forces: t.is_some_and(|t| t.forces),
        seed: plan.seed,
        threads: rayon::current_num_threads(),
        isa: field.isa().to_string(),
        precision: precision_name(plan.settings.precision).to_owned(),
        parameters: leaves
            .map(|l| (l.name.clone(), plan.units.symbol(l.spec.dimension), l.value))
            .collect(),
        provenance: plan.provenance.clone(),
        sensitivity: along.map(|(s, tangent)| SensitivityHeader {
            variables: announced(&s.variables, plan.units),
            velocities: tangent.velocities,
        }),
        ensemble: None,
        adjoint: plan.sensitivity.as_ref().and_then(|s| {
            let of = s.adjoint.as_ref()?;
            Some(AdjointHeader {
                loss: of.name.clone(),
                dimension: of.dimension,
                variables: announced(&s.variables, plan.units),
            })
        }),
    }
}

/// Name, unit and value of variables, for the trajectory.
fn announced(variables: &[Variable], units: &UnitSystem) -> Vec<(String, String, f64)> {
    let each = variables
        .iter()
        .map(|v| (v.name.clone(), units.symbol(v.dimension), v.value));
    each.collect()
}

/// Says how it ended, on standard error or as JSON, and gives the exit code.
fn report(
    a: &Simulate,
    outcome: Outcome,
    fit: &Arc<Mutex<LineFit>>,
    (file, estimators): (Option<&TrajectoryFile>, &Estimators),
    precision: Precision,
) -> Result<u8, CliError> {
    let fit = *fit.lock().unwrap_or_else(PoisonError::into_inner);
    let Outcome { summary, thermo, end } = outcome;
    let written = file.and_then(TrajectoryFile::summary);
    let end = end.map_err(CliError::from);
    let code = match &end {
        Ok(Stop::Finished) => 0,
        Ok(Stop::Interrupted(signal)) => signal.exit_code(),
        Err(error) => error.code(),
    };
    if a.json {
        let (name, message) = match &end {
            Ok(Stop::Finished) => ("finished", None),
            Ok(Stop::Interrupted(signal)) => ("interrupted", Some(signal.name().to_owned())),
            Err(error @ CliError::Run(RunError::BlowUp(_))) => ("blow_up", Some(error.to_string())),
            Err(error) => ("failed", Some(error.to_string())),
        };
        let object = json!({
            "program": format!("admd {}", version::short()),
            "input": a.input,
            "stop": name,
            "message": message,
            "exit_code": code,
            "precision": precision_name(precision),
            "units": {
                "system": summary.units.name,
                "energy": summary.units.energy.symbol,
                "length": summary.units.length.symbol,
                "time": summary.units.time.symbol,
                "temperature": summary.units.temperature.symbol,
                "pressure": summary.units.pressure.symbol,
            },
            "last": row(&thermo),
            "summary": summary.json(&fit),
            "sensitivity": estimators.json(summary.units),
            "trajectory": written.as_ref().map(|w| json!({
                "path": w.path, "frames": w.frames, "rows": w.rows, "bytes": w.bytes,
            })),
        });
        terminal::print(&format!("{object:#}\n"))?;
        if let Err(error) = &end {
            terminal::say(&format!("error: {error}"));
        }
        return Ok(code);
    }
    if !a.quiet {
        let mut lines = summary.lines(&fit);
        if precision == Precision::Mixed {
            lines[0] += ", mixed precision";
        }
        lines.extend(estimators.lines(summary.units));
        if let Some(w) = &written {
            let size = significant(w.bytes as f64 / 1e6, 3);
            lines.push(format!(
                "trajectory {}: {}, {size} MB",
                w.path.display(),
                counted(w.frames, "frame")
            ));
        }
        if let Ok(Stop::Interrupted(signal)) = &end {
            lines.push(format!(
                "stopped by {} after step {}; the state is complete",
                signal.name(),
                thermo.step
            ));
        }
        // As comments, so that the table above stays readable for programs.
        let text: String = lines.iter().map(|l| format!("# {l}\n")).collect();
        match terminal::print(&text) {
            // What was computed is in the trajectory.
            Err(error) if file.is_some() => {
                terminal::say(&format!("warning: the summary goes here, as {error}\n{text}"))
            }
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
    end.map(|_| code)
}

fn row(t: &ThermoRow) -> Value {
    let stress = t.stress.map(|s| [0, 1, 2].map(|i| [0, 1, 2].map(|j| s[(i, j)])));
    json!({
        "step": t.step,
        "time": t.time,
        "potential_energy": t.potential_energy,
        "kinetic_energy": t.kinetic_energy,
        "conserved_energy": t.conserved_energy,
        "temperature": t.temperature,
        "pressure": t.pressure,
        "stress": stress,
        "volume": t.volume,
    })
}
