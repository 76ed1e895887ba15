//! What a run did and what it cost.

use super::LineFit;
use super::format::{counted, duration, short, si, significant};
use admd_engine::NeighborStatistics;
use admd_potentials::form::units::UnitSystem;
use serde_json::{Value, json};

/// Where the wall time went \[s\].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TimeShares {
    /// Forces and neighbour lists.
    pub forces: f64,
    /// Kicks, drifts and the watchdog.
    pub integration: f64,
    /// Everything else: observers and files.
    pub output: f64,
}

/// How far the conserved quantity is from where it started.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EnergyChange {
    /// Last less first \[energy\].
    pub value: f64,
    /// Its size over the kinetic energy of the start or of the end, whichever is larger: a crystal at rest may begin to
    /// move. Zero where nothing moves.
    pub of_kinetic: f64,
}

impl EnergyChange {
    /// A change of more than this share of the kinetic energy is no rounding and no fluctuation.
    pub const LIMIT: f64 = 0.1;

    /// From conserved and kinetic energy of start and end \[energy\].
    ///
    /// ```
    /// use admd::run::EnergyChange;
    /// let change = EnergyChange::between([-5.0, 2.0], [-4.5, 2.2]);
    /// assert_eq!(change.value, 0.5);
    /// assert!(change.is_large());
    /// assert!(!EnergyChange::between([-5.0, 2.0], [-4.9, 2.0]).is_large());
    /// ```
    pub fn between(start: [f64; 2], end: [f64; 2]) -> Self {
        let value = end[0] - start[0];
        let kinetic = start[1].max(end[1]);
        Self {
            value,
            of_kinetic: if kinetic > 0.0 { value.abs() / kinetic } else { 0.0 },
        }
    }

    /// Is it more than [`EnergyChange::LIMIT`]?
    pub fn is_large(self) -> bool {
        self.of_kinetic > Self::LIMIT
    }
}

/// The bill of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Number of atoms.
    pub atoms: usize,
    /// Steps done.
    pub steps: u64,
    /// Length of a step \[time\].
    pub timestep: f64,
    /// Wall time \[s\].
    pub wall: f64,
    /// Where it went.
    pub shares: TimeShares,
    /// What the neighbour list did, where there is one.
    pub neighbors: Option<NeighborStatistics>,
    /// What became of the conserved quantity, where the first energy is known.
    pub energy_change: Option<EnergyChange>,
    /// The units of input and output.
    pub units: &'static UnitSystem,
}

impl Summary {
    /// Atoms times steps over wall time [1/s].
    pub fn rate(&self) -> f64 {
        if self.wall > 0.0 {
            self.atoms as f64 * self.steps as f64 / self.wall
        } else {
            0.0
        }
    }

    /// Simulated time per day of wall time, and its unit: ns, or the unit of time of a reduced system.
    pub fn per_day(&self) -> (f64, &'static str) {
        let steps = if self.wall > 0.0 {
            86_400.0 * self.steps as f64 / self.wall
        } else {
            0.0
        };
        let time = steps * self.timestep;
        if self.units.is_reduced() {
            (time, self.units.time.symbol)
        } else {
            (time * self.units.time.si / 1e-9, "ns")
        }
    }

    /// Steps between list builds and neighbours of an atom, where there was a list. A step may have more evaluations
    /// than one, and an energy that is asked for later has one of its own: steps are counted, not evaluations.
    fn list(&self) -> Option<(NeighborStatistics, f64, f64)> {
        let n = self.neighbors.filter(|n| n.builds > 0)?;
        let neighbors = n.entries as f64 / self.atoms.max(1) as f64;
        Some((n, self.steps as f64 / n.builds as f64, neighbors))
    }

    /// A warning, if the energy was not conserved.
    pub fn warning(&self) -> Option<String> {
        let change = self.energy_change.filter(|c| c.is_large())?;
        let u = self.units;
        Some(format!(
            "the conserved energy changed by {:.3e} {}, {:.0} % of the kinetic energy: the result is not to be trusted; try a \
             time step smaller than {} {}, and a truncation without jumps",
            change.value,
            u.energy.symbol,
            100.0 * change.of_kinetic,
            short(self.timestep),
            u.time.symbol
        ))
    }

    /// A few lines for people.
    pub fn lines(&self, drift: &LineFit) -> Vec<String> {
        let u = self.units;
        let (time, unit) = self.per_day();
        let mut lines = vec![
            format!(
                "{}, {} of {} {}",
                counted(self.atoms as u64, "atom"),
                counted(self.steps, "step"),
                short(self.timestep),
                u.time.symbol
            ),
            format!(
                "{} wall time, {} atom-steps/s, {} {unit}/day",
                duration(self.wall),
                si(self.rate()),
                significant(time, 4)
            ),
        ];
        if let Some((n, steps, neighbors)) = self.list() {
            let dangerous = if n.dangerous > 0 {
                format!(
                    ", {} of them one step after another: a larger skin would be faster",
                    n.dangerous
                )
            } else {
                String::new()
            };
            lines.push(format!(
                "{}, one in {steps:.1} steps, {neighbors:.1} neighbours per atom with the skin{dangerous}",
                counted(n.builds, "neighbour list")
            ));
        }
        let share = |x: f64| if self.wall > 0.0 { 100.0 * x / self.wall } else { 0.0 };
        let s = self.shares;
        lines.push(format!(
            "time: forces and lists {:.1} %, integration {:.1} %, output {:.1} %",
            share(s.forces),
            share(s.integration),
            share(s.output)
        ));
        if let (Some((slope, error)), Some(rms)) = (drift.slope(), drift.rms()) {
            let n = self.atoms.max(1) as f64;
            let (energy, time) = (u.energy.symbol, u.time.symbol);
            lines.push(format!(
                "energy drift {:.2e} +- {:.1e} {energy}/atom/{time}, rms fluctuation {:.2e} {energy}/atom",
                slope / n,
                error / n,
                rms / n
            ));
        }
        lines.extend(self.warning().map(|w| format!("warning: {w}")));
        lines
    }

    /// The same for programs.
    pub fn json(&self, drift: &LineFit) -> Value {
        let (time, unit) = self.per_day();
        let n = self.atoms.max(1) as f64;
        let s = self.shares;
        json!({
            "atoms": self.atoms,
            "steps": self.steps,
            "timestep": self.timestep,
            "wall_seconds": self.wall,
            "atom_steps_per_second": self.rate(),
            "simulated_per_day": { "value": time, "unit": unit },
            "seconds": { "forces": s.forces, "integration": s.integration, "output": s.output },
            "neighbors": self.list().map(|(list, steps, neighbors)| json!({
                "builds": list.builds,
                "steps_per_build": steps,
                "per_atom": neighbors,
                "dangerous": list.dangerous,
            })),
            "energy_change": self.energy_change.map(|c| json!({ "value": c.value, "of_kinetic": c.of_kinetic })),
            "warning": self.warning(),
            "energy_drift_per_atom": drift.slope().map(|(slope, error)| json!({
                "slope": slope / n,
                "standard_error": error / n,
                "rms_fluctuation": drift.rms().map(|r| r / n),
                "points": drift.count(),
            })),
        })
    }
}
