//! The pieces of a step by themselves.

use super::Task;
use super::table::{Row, Section};
use crate::bench::{CUTOFF, SKIN, Times, Work, field, interleaved};
use crate::cli::CliError;
use crate::dynamics::{Forces, Integrator, Moment, VelocityVerlet};
use crate::io::h5md::{Header, TrajectoryWriter, WriterOptions};
use crate::run::{self, Contents};
use admd_engine::laboratory::{Laboratory, Pairs};
use admd_engine::{Configuration, Direction, EngineError, Evaluation, Precision, Request, Species};
use admd_potentials::form::units::LJ;
use core::cell::{Cell, RefCell};
use rayon::current_num_threads;

const PRECISIONS: [Precision; 2] = [Precision::Double, Precision::Mixed];

/// The name of a precision in keys and in the table.
pub(super) fn name(precision: Precision) -> &'static str {
    match precision {
        Precision::Double => "double",
        Precision::Mixed => "mixed",
    }
}

/// "on 1 thread" and the like.
pub(super) fn on_threads() -> String {
    match current_num_threads() {
        1 => "on 1 thread".into(),
        n => format!("on {n} threads"),
    }
}

fn laboratories(task: &Task) -> Result<[RefCell<Laboratory>; 2], CliError> {
    let isa = field(Precision::Double)?.isa();
    let [a, b] = PRECISIONS.map(|p| Laboratory::new(task.melt.configuration(), CUTOFF, SKIN, isa, p));
    Ok([a?.into(), b?.into()])
}

/// The force loop with both evaluators, and the copies of coordinates that it starts with.
pub(super) fn kernel(task: &Task) -> Result<Section, CliError> {
    let c = task.melt.configuration();
    let laboratories = laboratories(task)?;
    let [double, mixed] = &laboratories;
    let entries = double.borrow_mut().rebuild(c)? as f64;
    let run = |l: &RefCell<Laboratory>, pairs| l.borrow_mut().lennard_jones(pairs);
    let work: [Work; 8] = [
        &mut || run(double, Pairs::ByHand),
        &mut || run(mixed, Pairs::ByHand),
        &mut || run(double, Pairs::Automatic),
        &mut || run(mixed, Pairs::Automatic),
        &mut || run(double, Pairs::WithEnergy),
        &mut || run(mixed, Pairs::WithEnergy),
        &mut || double.borrow_mut().copy(),
        &mut || mixed.borrow_mut().copy(),
    ];
    let times = interleaved(task.rounds, || task.stopped(), work);
    let words = [
        ("by_hand", "derivative by hand"),
        ("automatic", "automatic"),
        ("with_energy", "automatic, with energy, virial"),
        ("copies", "copies of coordinates alone"),
    ];
    let mut rows = Vec::new();
    for (p, precision) in PRECISIONS.into_iter().map(name).enumerate() {
        for (k, (key, words)) in words.into_iter().enumerate() {
            let t = &times[2 * k + p];
            rows.push(Row {
                key: format!("{key}_{precision}"),
                name: format!("{precision}, {words}"),
                times: t.clone(),
                atoms: c.len() as f64,
                ratio: Some(t.ratio(&times[p])),
                extra: Some(1e9 * t.median() / entries),
            });
        }
    }
    let difference = difference(&mut double.borrow_mut());
    Ok(Section {
        key: "kernel",
        title: "force kernel, on 1 thread".into(),
        rate: true,
        extra: Some(("ns_per_entry", "ns/entry", 3)),
        rows,
        notes: vec![
            (
                "entries_per_atom",
                entries / c.len() as f64,
                format!("{:.1} entries of the full list an atom", entries / c.len() as f64),
            ),
            (
                "largest_difference",
                difference,
                format!("forces by hand and automatic, double, differ by {difference:.1e} at most"),
            ),
        ],
    })
}

/// The largest difference between forces by hand and automatic ones.
fn difference(laboratory: &mut Laboratory) -> f64 {
    let [hand, automatic] = [Pairs::ByHand, Pairs::Automatic].map(|pairs| {
        laboratory.lennard_jones(pairs);
        laboratory.result()
    });
    let each = hand.iter().zip(automatic).map(|(a, b)| (a - b).norm());
    each.fold(0.0, f64::max)
}

/// List build, and the refresh of coordinates between builds.
pub(super) fn list(task: &Task) -> Result<Section, CliError> {
    let c = task.melt.configuration();
    let laboratories = laboratories(task)?;
    let [double, mixed] = &laboratories;
    let build = |l: &RefCell<Laboratory>| drop(l.borrow_mut().rebuild(c));
    let refresh = |l: &RefCell<Laboratory>| {
        l.borrow_mut().refresh(c);
    };
    let work: [Work; 4] = [
        &mut || build(double),
        &mut || build(mixed),
        &mut || refresh(double),
        &mut || refresh(mixed),
    ];
    let times = interleaved(task.rounds, || task.stopped(), work);
    let words = ["build, double", "build, mixed", "refresh, double", "refresh, mixed"];
    Ok(Section {
        key: "list",
        title: format!("neighbour list, {}", on_threads()),
        rate: false,
        extra: None,
        rows: rows(words.into_iter().zip(times), c.len()),
        notes: Vec::new(),
    })
}

/// Rows without other columns; keys are the names with underscores.
fn rows<'a>(times: impl IntoIterator<Item = (&'a str, Times)>, atoms: usize) -> Vec<Row> {
    let row = |(name, times): (&str, Times)| Row {
        key: name.replace(", ", "_").replace([' ', '-'], "_"),
        name: name.into(),
        times,
        atoms: atoms as f64,
        ratio: None,
        extra: None,
    };
    times.into_iter().map(row).collect()
}

/// Whole evaluations of the force field, by what is asked for.
pub(super) fn evaluation(task: &Task) -> Result<Section, CliError> {
    let c = task.melt.configuration();
    let along = [Direction {
        positions: c.positions.iter().map(|r| r.map(f64::sin)).collect(),
        ..Direction::default()
    }];
    let mut with_parameter = along[0].clone();
    with_parameter.parameters = vec![1.0, -1.0];
    let several = vec![with_parameter; 4];
    let gradient = Request {
        gradient: true,
        ..Request::FORCES
    };
    let hessian = Request {
        tangents: &along,
        ..Request::FORCES
    };
    let tangents = |count: usize| Request {
        tangents: &several[..count],
        ..Request::FORCES
    };
    let fields = [field(Precision::Double)?, field(Precision::Mixed)?].map(RefCell::new);
    let out = RefCell::new(Evaluation::default());
    let failure = Cell::new(None);
    let run = |k: usize, request: Request| {
        let done = fields[k].borrow_mut().evaluate(c, request, &mut out.borrow_mut());
        if let Err(error) = done {
            failure.set(Some(error));
        }
    };
    let work: [Work; 8] = [
        &mut || run(0, Request::FORCES),
        &mut || run(0, Request::ENERGY),
        &mut || run(0, gradient),
        &mut || run(0, hessian),
        &mut || run(0, tangents(1)),
        &mut || run(0, tangents(4)),
        &mut || run(1, Request::FORCES),
        &mut || run(1, Request::ENERGY),
    ];
    let times = interleaved(task.rounds, || task.stopped(), work);
    if let Some(error) = failure.take() {
        return Err(error.into());
    }
    let words = [
        "forces",
        "forces, energy, virial",
        "forces, parameter gradient",
        "forces, Hessian-vector product",
        "forces, tangent, parameters move",
        "forces, four such tangents",
        "forces, mixed",
        "forces, energy, virial, mixed",
    ];
    let keys = [
        "forces",
        "energy",
        "gradient",
        "hessian_vector",
        "tangent",
        "tangents_4",
        "forces_mixed",
        "energy_mixed",
    ];
    let first = times[0].clone();
    let mut rows = rows(words.into_iter().zip(times), c.len());
    for (row, key) in rows.iter_mut().zip(keys) {
        row.key = key.into();
        row.ratio = Some(row.times.ratio(&first));
    }
    Ok(Section {
        key: "evaluation",
        title: format!("whole evaluation, {}", on_threads()),
        rate: true,
        extra: None,
        rows,
        notes: Vec::new(),
    })
}

/// Forces that stay as they are: what is left of a step is the integrator.
struct Frozen;

impl Forces for Frozen {
    fn evaluate(&mut self, _: &Configuration, _: Request, _: &mut Evaluation) -> Result<(), EngineError> {
        Ok(())
    }
}

fn moment(task: &Task, request: Request) -> Result<Moment, CliError> {
    let mut evaluation = Evaluation::default();
    field(Precision::Double)?.evaluate(task.melt.configuration(), request, &mut evaluation)?;
    Ok(Moment {
        state: task.melt.state.clone(),
        evaluation,
    })
}

/// Two kicks, a drift, and the look at the velocities.
pub(super) fn integrator(task: &Task) -> Result<Section, CliError> {
    let now = moment(task, Request::FORCES)?;
    let mut next = now.clone();
    let mut verlet = VelocityVerlet {
        timestep: crate::bench::TIMESTEP,
    };
    let mut failure = None;
    let work: [Work; 1] = [&mut || {
        failure = verlet.step(&now, &mut next, &mut Frozen, Request::FORCES).err();
    }];
    let times = interleaved(task.rounds, || task.stopped(), work);
    if let Some(error) = failure {
        return Err(CliError::System(format!(
            "the integrator failed: {error}; please report it"
        )));
    }
    let [times] = times;
    let mut rows = rows([("kicks and drift", times)], task.atoms());
    rows[0].key = "kick_drift".into();
    Ok(Section {
        key: "integrator",
        title: format!("velocity Verlet, {}", on_threads()),
        rate: false,
        extra: None,
        rows,
        notes: Vec::new(),
    })
}

/// Bytes that a round writes, about, and with --quick.
const BYTES: [usize; 2] = [64_000_000, 8_000_000];
/// Rounds of the writer at most: each is a whole file.
const FILES: usize = 5;

/// Trajectories from the first frame to the closed file.
pub(super) fn writer(task: &Task) -> Result<Section, CliError> {
    let moment = moment(task, Request::ENERGY)?;
    let folder = tempfile::tempdir().map_err(|e| {
        CliError::System(format!(
            "no folder for temporary files: {e}; set TMPDIR to one that can be written"
        ))
    })?;
    let contents = [false, true].map(|all| Contents {
        velocities: all,
        forces: all,
    });
    let vectors = [1, 3];
    let frames = vectors.map(|v| (BYTES[usize::from(task.quick)] / (24 * v * task.atoms())).clamp(2, 1000) as u64);
    let bytes = [Cell::new(0), Cell::new(0)];
    let failure = Cell::new(None);
    let write = |k: usize| {
        let path = folder.path().join("bench.h5md");
        let made = write_file(&path, &moment, contents[k], frames[k]);
        let _ = std::fs::remove_file(&path);
        match made {
            Ok(n) => bytes[k].set(n),
            Err(error) => failure.set(Some(error)),
        }
    };
    let work: [Work; 2] = [&mut || write(0), &mut || write(1)];
    let times = interleaved(task.rounds.min(FILES), || task.stopped(), work);
    if let Some(error) = failure.take() {
        return Err(error);
    }
    let words = ["positions", "positions, velocities, forces"];
    let mut rows = rows(words.into_iter().zip(times), task.atoms());
    for (k, row) in rows.iter_mut().enumerate() {
        row.key = ["positions", "all"][k].into();
        row.atoms = task.atoms() as f64 * frames[k] as f64;
        row.extra = Some(1e-6 * bytes[k].get() as f64 / row.times.median());
    }
    Ok(Section {
        key: "writer",
        title: "trajectory, a frame".into(),
        rate: false,
        extra: Some(("mb_per_second", "MB/s", 0)),
        rows,
        notes: Vec::new(),
    })
}

/// Writes and closes a file, and gives its size in bytes.
fn write_file(path: &std::path::Path, moment: &Moment, contents: Contents, frames: u64) -> Result<u64, CliError> {
    let header = Header {
        units: &LJ,
        title: None,
        species: vec![Species {
            name: "A".into(),
            mass: 1.0,
            atomic_number: 0,
        }],
        atoms: moment.state.configuration.species.clone(),
        periodic: [true; 3],
        velocities: contents.velocities,
        forces: contents.forces,
        seed: 0,
        threads: current_num_threads(),
        isa: String::new(),
        precision: "double".into(),
        parameters: Vec::new(),
        sensitivity: None,
        ensemble: None,
        adjoint: None,
        provenance: Default::default(),
    };
    let verlet = VelocityVerlet {
        timestep: crate::bench::TIMESTEP,
    };
    let mut row = run::thermo_row(moment, &verlet, &LJ);
    let mut writer = TrajectoryWriter::create(path, header, WriterOptions::default())?;
    for step in 0..frames {
        row.step = step;
        row.time = step as f64 * verlet.timestep;
        writer.frame(run::frame(moment, &row, &LJ, contents))?;
    }
    Ok(writer.finish()?.bytes)
}
