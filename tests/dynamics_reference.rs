//! A trajectory of another program: LAMMPS, 864 Lennard-Jones atoms, cut and shifted, 100 steps.

mod dynamics_support;

use admd::dynamics::VelocityVerlet;
use admd::engine::{Cell, Vec3};
use admd::io::h5md::ThermoRow;
use admd::run::{Every, Interrupt, Observer, Run, RunError, Stop, View};
use admd_potentials::form::truncation::Truncation;
use admd_potentials::form::units::LJ;
use dynamics_support::*;
use std::sync::{Arc, Mutex};

/// Printed digits are full doubles; what differs is the order of sums, and 100 steps grow it a few thousand times.
const TOLERANCE: f64 = 1e-9;

/// Keeps every tenth row and its positions.
#[derive(Clone, Default)]
struct Rows(Arc<Mutex<Vec<Row>>>);

/// What is compared at a step.
type Row = (ThermoRow, Vec<Vec3>);

impl Observer for Rows {
    fn due(&self, step: u64) -> bool {
        Every(10).due(step)
    }

    fn observe(&mut self, view: View) -> Result<(), RunError> {
        let positions = view.moment.state.configuration.positions.clone();
        self.0.lock().unwrap().push((view.thermo.clone(), positions));
        Ok(())
    }
}

fn vectors(value: &serde_json::Value) -> Vec<Vec3> {
    let rows: Vec<[f64; 3]> = serde_json::from_value(value.clone()).unwrap();
    rows.into_iter().map(Vec3::from).collect()
}

#[test]
fn trajectory_of_lammps_is_reproduced() {
    let data: serde_json::Value = serde_json::from_str(include_str!("data/nve_lj_shift_864.json")).unwrap();
    let edges = vectors(&data["cell"]);
    let mut start = at_rest(
        Cell::new([edges[0], edges[1], edges[2]], [true; 3]).unwrap(),
        vectors(&data["positions"]),
    );
    start.velocities = vectors(&data["velocities"]);
    let timestep = data["dt"].as_f64().unwrap();

    let field = lennard_jones(1.0, 1.0, 2.5, Truncation::Shifted);
    let mut run = Run::start(start, field, Box::new(VelocityVerlet { timestep }), &LJ).unwrap();
    let rows = Rows::default();
    run.observe(Box::new(rows.clone()));
    assert_eq!(run.advance(100, &Interrupt::default()).unwrap(), Stop::Finished);

    let rows = rows.0.lock().unwrap();
    let trace: Vec<[f64; 6]> = serde_json::from_value(data["trace"].clone()).unwrap();
    assert_eq!(rows.len(), trace.len());
    for ((row, positions), [step, pe, ke, etotal, temperature, pressure]) in rows.iter().zip(trace) {
        assert_eq!(row.step as f64, step);
        assert_eq!(row.time, step * timestep);
        let pairs = [
            ("pe", row.potential_energy, pe),
            ("ke", row.kinetic_energy, ke),
            ("etotal", row.conserved_energy, etotal),
            ("temp", row.temperature, temperature),
            ("press", row.pressure.unwrap(), pressure),
        ];
        for (name, ours, theirs) in pairs {
            assert!(
                (ours / theirs - 1.0).abs() < TOLERANCE,
                "step {step} {name}: {ours} {theirs}"
            );
        }
        if let Some(snapshot) = data["snapshots"].get(row.step.to_string()) {
            let cell = Cell::new([edges[0], edges[1], edges[2]], [true; 3]).unwrap();
            let theirs = vectors(snapshot);
            let modulo: Vec<Vec3> = positions
                .iter()
                .zip(&theirs)
                .map(|(a, b)| b + cell.minimum_image(a - b))
                .collect();
            assert!(deviation(&modulo, &theirs) < TOLERANCE, "step {step}");
        }
    }
}
